"""The sound files that cases start from, made once for a run: movies, clips, a model, a training."""

import copy
import json
import os
import pathlib
import struct
import subprocess
import sys

import movies

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Fixtures" / "hostile"))

import models  # noqa: E402  (the model of the fixtures of hostile weights)

RECORD = (
    '{"path":"a.mp4","status":"ok","label":"x","score":0.9,"scores":{"x":0.9,"y":0.1},'
    '"duration":12.5,"fps":25.0,"frames":312,"segments":[{"start":0.0,"end":7.2,"label":"x",'
    '"score":0.95}],"decoded_until":7.2,"warnings":[],"model":"sha256:00","settings":"1","size":8,'
    '"mtime":1760000000.1}')

EXPORT = {
    "id": 1, "data": {"video": "a.mp4"},
    "annotations": [{"result": [
        {"type": "timelinelabels",
         "value": {"ranges": [{"start": 1, "end": 5}], "timelinelabels": ["x"]}},
        {"type": "timelinelabels",
         "value": {"ranges": [{"start": 6, "end": 9}], "timelinelabels": ["y"]}}]}],
}

ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT><HEADER><MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4"/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="300"/><TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="700"/>
</TIME_ORDER><TIER TIER_ID="t">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE>y</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER></ANNOTATION_DOCUMENT>
"""


def safetensors(metadata, fields, data) -> bytes:
    strings = {key: value if isinstance(value, str) else json.dumps(value)
               for key, value in metadata.items()}
    header = json.dumps({"__metadata__": strings, **fields}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data


class Ground:
    """Sound inputs in a folder of their own."""

    def __init__(self, program, folder: pathlib.Path):
        self.folder = folder
        self.program = program
        (folder / "clips").mkdir(parents=True)
        self.movies = movies.make(folder)
        self.movie = self.movies["mp4"]
        for number in range(8):
            place = folder / "clips" / "xy"[number % 2] / f"s{number // 2}_{number}.mp4"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(self.movie)
        self.clips = str(folder / "clips")
        self.metadata = models.metadata()
        self.metadata["classes"] = ["x", "y"]
        self.fields, self.data = models.header_and_data()
        self.model = safetensors(self.metadata, self.fields, self.data)
        (folder / "model.safetensors").write_bytes(self.model)
        self.architecture = copy.deepcopy(models.ARCHITECTURE)
        (folder / "arch.json").write_text(json.dumps(self.architecture))
        self.predictions = "filepath,label,x,y\na.mp4,x,0.9,0.1\nb.mp4,y,0.2,0.8\nc.mp4,x,0.4,0.6\n"
        self.split = "filepath,label,split,group\n" + "".join(
            f"{'xy'[n % 2]}/s{n // 2}_{n}.mp4,{'xy'[n % 2]},{'train' if n < 6 else 'val'},s{n // 2}\n"
            for n in range(8))
        self.training = self.trained()

    def path(self, name) -> str:
        return str(self.folder / name)

    def training_arguments(self, output) -> list:
        """A training that takes a moment."""
        return ["train", self.clips, "--arch", self.path("arch.json"), "--group-by", "s([0-9])",
                "--epochs", "1", "--val", "0.25", "--augment", "none", "--precision", "fp32",
                "--seed", "1", "-o", output]

    def trained(self) -> dict:
        """The files of a run folder, by name."""
        subprocess.run([self.program, *self.training_arguments("trained.safetensors")],
                       cwd=self.folder, capture_output=True, check=True,
                       env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        return {path.name: path.read_bytes()
                for path in (self.folder / "trained.run").iterdir() if path.is_file()}
