"""One run of the program, and whether it kept its promises."""

import json
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess
import threading

# All done, could not, some inputs unreadable, wrong usage, and interrupted.
EXIT_CODES = (0, 1, 3, 64, 130, 143)
MEMORY = 1 << 30
LONGEST_LINE = 8192
TEMPORARY = re.compile(r"^\..*\.[0-9]+-[0-9a-f]+\.tmp$|\.part$|^\.probe$")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
# A trap of the program's own code; what FFmpeg does to its process is contained, not mended.
TRAPPED = re.compile(r"crashed \(signal (4|5)\)")


class Run:
    """How the program ended, what it said and what it took."""

    def __init__(self, program, case, folder, seconds):
        stdin = open(folder / case.stdin, "rb") if case.stdin else subprocess.DEVNULL
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            child = subprocess.Popen(
                [program, *case.arguments], stdin=stdin, stdout=out, stderr=err, cwd=folder,
                env={**os.environ, "TMPDIR": str(folder), "SWIFT_BACKTRACE": "enable=no",
                     "NO_COLOR": "1"})
        resource.prlimit(child.pid, resource.RLIMIT_CORE, (0, 0))
        self.was_hung = False
        timer = threading.Timer(seconds, self.end, [child.pid])
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        if case.stdin:
            stdin.close()
        child.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.memory = usage.ru_maxrss << 10
        self.out = (folder / "stdout").read_bytes()
        self.message = (folder / "stderr").read_bytes()

    def end(self, identifier):
        self.was_hung = True
        os.kill(identifier, signal.SIGKILL)

    def flaw(self, case, folder):
        """What it did wrong, or nothing."""
        if self.was_hung:
            return "hung"
        if self.code < 0:
            return f"died of {signal.Signals(-self.code).name}"
        if self.code not in EXIT_CODES:
            return f"ended with {self.code}"
        if self.memory > MEMORY:
            return f"took {self.memory >> 20} MiB"
        return self.flaw_of_message() or flaw_of_files(case, folder)

    def flaw_of_message(self):
        try:
            text = self.message.decode()
        except UnicodeDecodeError:
            return "said something that is not UTF-8"
        if TRAPPED.search(text) or TRAPPED.search(self.out.decode(errors="replace")):
            return "trapped in a decoder process"
        if "Fatal error" in text:
            return "said Fatal error"
        errors = [line for line in text.splitlines() if re.match(r"(vidclass: error|Error): ", line)]
        if self.code in (1, 64) and not errors:
            return "failed without an error"
        if self.code == 1 and any(len(line.encode()) > LONGEST_LINE for line in errors):
            return "said a line without end"
        if CONTROLS.search(text):
            return "sent control characters to the terminal"
        return None


def flaw_of_files(case, folder):
    """What is wrong with the files it left."""
    for path in folder.rglob("*"):
        if TEMPORARY.search(path.name):
            return f"left {path.relative_to(folder)}"
    for name in case.outputs:
        path = folder / name
        if not path.is_file() or path.stat().st_size == 0:
            continue
        data = path.read_bytes()
        if data == case.earlier:
            continue
        try:
            check(path.suffix, data)
        except (ValueError, struct.error, AssertionError) as error:
            return f"left {name} in pieces ({error})"
    return None


def check(suffix, data):
    """Raises where a file is not whole."""
    match suffix:
        case ".json":
            json.loads(data)
        case ".jsonl":
            assert data.endswith(b"\n"), "a last line without its end"
            for line in data.splitlines():
                json.loads(line)
        case ".csv" | ".tsv" | ".txt" | ".srt":
            assert data.decode().endswith("\n"), "a last line without its end"
        case ".vtt":
            assert data.startswith(b"WEBVTT"), "no WEBVTT"
        case ".html":
            assert data.rstrip().endswith(b"</html>"), "no end"
        case ".png":
            assert data.startswith(b"\x89PNG") and b"IEND" in data[-12:], "no end"
        case ".safetensors":
            length, = struct.unpack("<Q", data[:8])
            header = json.loads(data[8:8 + length])
            ends = [value["data_offsets"][1] for key, value in header.items()
                    if key != "__metadata__"]
            assert max(ends, default=0) + 8 + length == len(data), "its size is wrong"
        case _:
            assert data, "empty"


def tree(folder: pathlib.Path):
    """Every file below a folder with its size, as a listing for people."""
    return sorted(f"{path.relative_to(folder)} {path.lstat().st_size}"
                  for path in folder.rglob("*") if path.is_symlink() or path.is_file())
