#!/usr/bin/env python3
"""Gives every command of vidclass values and files that were made to do harm.

Each case is drawn from a grammar by its number and the seed alone, so that any of them can be run
again. A case passes when the program ends by itself, in time and within 1 GiB, with one of its
documented exit codes, says in a line what was wrong where it fails, and leaves every output absent,
whole, or as it was before.

  Tests/Attack/attack.py --cases 20000 --seed 1
  Tests/Attack/attack.py --seed 1 --case 4711        one of them again, with all that it says

The folders of cases that fail are kept, each with its command line.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import shlex
import shutil
import sys
import tempfile
import time

import cases
from ground import Ground
from program import Run, tree

HERE = pathlib.Path(__file__).resolve().parent.parent.parent


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="how many (default: 20000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all of them (default: 1)")
    parser.add_argument("--only", choices=list(cases.KINDS), action="append", metavar="KIND",
                        help="only cases of this kind; may be given again: " + ", ".join(cases.KINDS))
    parser.add_argument("--case", type=int, help="only the case of this number, in full")
    parser.add_argument("--seconds", type=float, default=15, help="for one case (default: 15)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases at once")
    parser.add_argument("--program", type=pathlib.Path, default=HERE / ".build/release/vidclass")
    parser.add_argument("--keep", type=pathlib.Path, default=HERE / ".build/attack",
                        help="where failing cases are kept (default: .build/attack)")
    return parser.parse_args()


class Attack:
    """A run over many cases."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.ground = Ground(options.program, folder / "ground")
        (folder / "ground" / "predictions.csv").write_text(self.ground.predictions)
        self.kinds = options.only or list(cases.KINDS)

    def run(self, number):
        """The kind of a case, its exit code, and what was wrong with it or nothing."""
        rng = random.Random(f"{self.options.seed} {number}")
        kind = self.kinds[number % len(self.kinds)]
        folder = self.folder / f"case{number}"
        folder.mkdir()
        try:
            case = cases.KINDS[kind](rng, folder, self.ground)
            # A zero byte ends an argument, and a lone surrogate has no bytes.
            case.arguments = [
                argument.replace("\0", "").encode("utf-8", "replace") for argument in case.arguments]
            run = Run(self.options.program, case, folder, self.options.seconds)
            flaw = run.flaw(case, folder)
            command = shlex.join(os.fsdecode(argument) for argument in case.arguments)
            if self.options.case is not None:
                print(command, run.message.decode(errors="replace"), *tree(folder), sep="\n")
                print(f"ended with {run.code}, {run.memory >> 20} MiB")
            if flaw:
                self.keep(kind, number, folder, command, flaw, run)
            return kind, run.code, flaw
        finally:
            shutil.rmtree(folder, onerror=self.unlock)

    @staticmethod
    def unlock(function, path, _):
        os.chmod(os.path.dirname(path), 0o700)
        function(path)

    def keep(self, kind, number, folder, command, flaw, run):
        last = run.message.decode(errors="replace").strip().splitlines()[-1:] or [""]
        print(f"case {number} ({kind}): {flaw}: vidclass {command[:300]}\n    {last[0][:300]}",
              flush=True)
        place = self.options.keep / f"{self.options.seed}-{number}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "command.txt").write_bytes(
            f"vidclass {command}\n{flaw}\n".encode("utf-8", "surrogateescape"))
        for path in folder.iterdir():
            # Not the pipes, nor files that only look large.
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 24:
                shutil.copy(path, place)


def main():
    options = arguments()
    if not options.program.exists():
        sys.exit(f"{options.program} is missing; build it with: make build")
    options.program = options.program.resolve()
    numbers = range(options.cases) if options.case is None else [options.case]
    began = time.monotonic()
    counts, codes, flaws = collections.Counter(), collections.Counter(), 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="attack"))
    try:
        attack = Attack(options, folder)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for kind, code, flaw in pool.map(attack.run, numbers):
                counts[kind] += 1
                codes[code] += 1
                flaws += flaw is not None
    finally:
        shutil.rmtree(folder, onerror=Attack.unlock)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    print(", ".join(f"{count} ended with {code}" for code, count in sorted(codes.items())))
    print(f"{sum(counts.values())} cases, {flaws} flaws, {time.monotonic() - began:.0f} s")
    sys.exit(1 if flaws else 0)


if __name__ == "__main__":
    main()
