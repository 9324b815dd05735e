#!/usr/bin/env python3
"""Runs the recipes for clusters on this machine and holds what comes out to one run's, byte for byte.

    python3 -m venv .venv
    .venv/bin/pip install pyspark ray pyyaml kubernetes-validate        # Spark needs Java
    make clusters PYTHON=.venv/bin/python

Movies of clips/ are labelled once; then in 1, 3 and 7 shards in any order, one of them killed and done
again: by GNU parallel, as an array of Slurm (its script, with the variables that Slurm would set), as
an indexed job of Kubernetes (the command of its manifest, which is held to the schema), through Spark's
pipe and by tasks of Ray. Each ends with `vidclass merge --expect`. What is not installed is named and
passed over; ends with 1 where bytes differ.

Options: --vidclass PROGRAM, --model FILE, --movies N, --only RECIPE… (slurm, kubernetes, parallel, spark,
spark_table, ray), --require (anything missing is an error).
"""
import argparse
import importlib.util
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPES = ROOT / "Sources/Examples/clusters"


class Missing(Exception):
    """A program or package is not installed."""


def need(*names):
    for name in names:
        if not shutil.which(name):
            raise Missing(name)


def need_package(name):
    if not importlib.util.find_spec(name):
        raise Missing(f"Python package {name}")


class Trial:
    def __init__(self, options):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.program = pathlib.Path(options.vidclass).resolve()
        self.model = pathlib.Path(options.model).resolve()
        clips = sorted(ROOT.glob("clips/*/*.mp4"))
        for number, clip in enumerate(clips[:: max(1, len(clips) // options.movies)][: options.movies]):
            place = self.folder / f"movies/day {number % 3}" / clip.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(clip, place)
        # One that fails: a record as well, and no reason to stop.
        (self.folder / "movies/broken.mp4").write_text("no movie")
        self.paths = sorted(map(str, self.folder.glob("movies/**/*.mp4")))
        self.list = self.folder / "all-movies.txt"
        self.list.write_text("".join(path + "\n" for path in self.paths))
        self.environment = os.environ | {
            "VIDCLASS": str(self.program), "MODEL": str(self.model), "MOVIES": str(self.folder / "movies"),
            # The recipes name the program as users do.
            "PATH": f"{self.program.parent}:{os.environ['PATH']}"}
        self.run(3, self.program, "label", self.folder / "movies", "-m", self.model, "-q",
                 "-o", self.folder / "one.jsonl")
        self.expected = self.merged(self.folder / "one.jsonl")

    def run(self, code, *command, **more):
        environment = self.environment | more
        run = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, cwd=self.folder)
        if run.returncode != code:
            raise AssertionError(f"{' '.join(map(str, command))[:200]} ended with {run.returncode}:\n{run.stderr[-2000:]}")
        return run.stdout

    def merged(self, *inputs):
        # 3: the broken movie.
        self.run(3, self.program, "merge", *inputs, "-o", self.folder / "merged.jsonl", "--expect", self.list)
        return (self.folder / "merged.jsonl").read_bytes()

    def compare(self, name, *inputs):
        same = self.merged(*inputs) == self.expected
        print(f"{name}: {'the same bytes' if same else 'OTHER BYTES'}", flush=True)
        return same

    def output(self, name):
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir()
        return folder

    def kill(self, output, *command, **more):
        """Starts a task, and kills all of it as soon as it has written something."""
        process = subprocess.Popen(
            list(map(str, command)), env=self.environment | more, cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not any(f.stat().st_size for f in output.glob("*.jsonl")):
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tasks(count, seed):
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return order


def slurm(trial, count):
    output = trial.output(f"slurm {count}")
    order = tasks(count, count)

    def variables(task):
        return {"OUT": str(output), "SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": "0",
                "SLURM_ARRAY_TASK_MAX": str(count - 1), "SLURM_ARRAY_TASK_COUNT": str(count)}
    trial.kill(output, "sh", RECIPES / "slurm.sh", **variables(order[0]))
    for task in order[1:] + order[:1]:
        trial.run(0, "sh", RECIPES / "slurm.sh", **variables(task))
    return trial.compare(f"Slurm array of {count}, one killed and done again", output)


def kubernetes(trial, count):
    need_package("yaml")
    import yaml
    text = (RECIPES / "job.yaml").read_text()
    manifest = yaml.safe_load(text)
    if importlib.util.find_spec("kubernetes_validate"):
        import kubernetes_validate
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
    else:
        print("the manifest is not held to the schema: Python package kubernetes-validate is not installed")
    output = trial.output(f"kubernetes {count}")
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    command = [*container["command"], *container["args"]]
    for ours, theirs in [("/data/movies", f"'{trial.folder}/movies'"), ("/data/model.safetensors", str(trial.model)),
                         ("/data/out/", f"{output}/"), ("--shard-count 7", f"--shard-count {count}")]:
        assert ours in command[-1], ours
        command[-1] = command[-1].replace(ours, theirs)
    order = tasks(count, 100 + count)
    trial.kill(output, *command, JOB_COMPLETION_INDEX=str(order[0]))
    for task in order[1:] + order[:1]:
        trial.run(0, *command, JOB_COMPLETION_INDEX=str(task))
    return trial.compare(f"Kubernetes job of {count}, one killed and done again", output)


def parallel(trial, count):
    need("parallel")
    output = trial.output(f"parallel {count}")
    words = ["label", trial.folder / "movies", "-m", trial.model, "-q", "-o", f"{output}/"]
    trial.kill(output, trial.program, *words, "--shard", f"0/{count}")
    # As many as failed: those with the broken movie.
    trial.run(1, "parallel", "--will-cite", "--jobs", "2", "--shuf", trial.program, *words, "--shard", f"{{}}/{count}",
              ":::", *range(count))
    return trial.compare(f"GNU parallel, {count} shards, one killed and done again", output)


def spark(trial, count):
    need("java")
    need_package("pyspark")
    output = trial.folder / f"spark-{count}"
    trial.run(0, sys.executable, RECIPES / "spark_label.py", trial.list, trial.model, output, count,
              PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    return trial.compare(f"Spark, {count} partitions", *sorted(output.glob("part-*")))


def spark_table(trial):
    need("java")
    need_package("pyspark")
    print(trial.run(0, sys.executable, RECIPES / "spark_table.py", trial.folder / "one.jsonl",
                    PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1").strip())
    return True


def ray(trial, count):
    need_package("ray")
    output = trial.folder / f"ray-{count}.jsonl"
    trial.run(0, sys.executable, RECIPES / "ray_label.py", trial.list, trial.model, output, count,
              RAY_USAGE_STATS_ENABLED="0")
    return trial.compare(f"Ray, {count} tasks", output)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidclass", default=ROOT / ".build/release/vidclass")
    parser.add_argument("--model", default=ROOT / "models/clips.safetensors")
    parser.add_argument("--movies", type=int, default=24)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    trial = Trial(options)
    passed = failed = missing = 0
    trials = [(recipe, [count]) for recipe in [slurm, kubernetes, parallel, spark, ray] for count in [1, 3, 7]]
    for recipe, words in trials + [(spark_table, [])]:
        if options.only and recipe.__name__ not in options.only:
            continue
        try:
            if recipe(trial, *words):
                passed += 1
            else:
                failed += 1
        except Missing as reason:
            print(f"{recipe.__name__}: passed over, not installed: {reason}", flush=True)
            missing += 1
        except AssertionError as reason:
            print(f"{recipe.__name__}: {reason}", flush=True)
            failed += 1
    shutil.rmtree(trial.folder)
    print(f"{passed} passed, {failed} failed, {missing} skipped")
    return 1 if failed or options.require and missing else 0


if __name__ == "__main__":
    sys.exit(main())
