#!/usr/bin/env python3
"""Reads every format of labels back by the reader of the program it is for, and holds it to the records.

    python3 -m venv .venv
    .venv/bin/pip install webvtt-py pysrt pympi-ling boris-behav-obs label-studio-sdk megadetector-utils \\
      pandas OpenTimelineIO otio-cmx3600-adapter otio-fcpx-xml-adapter
    make formats PYTHON=.venv/bin/python

Records of movies at 25, 50, 23.976 and 29.97 frames a second, with drop-frame timecode, names with
spaces, quotes, markup and bytes that are no text, a movie of 400 segments, one without and one that
failed, and those of a real movie where models/ has a model, go through `vidclass merge` into each
format: WebVTT (webvtt-py), SubRip (pysrt), ELAN documents (pympi), BORIS projects (BORIS's own loader
and its check of a project), Label Studio (its SDK: configuration, tasks, predictions), MegaDetector (its
validate_batch_results), CSV, JSON Lines and tables (pandas), SQLite (sqlite3), EDL and FCPXML
(OpenTimelineIO). Readers that are not installed are named and passed over; ends with 1 where anything
differs.

Options: --vidclass PROGRAM, --keep FOLDER (the files stay there), --require (a missing reader is an error).
"""
import argparse
import base64
import collections
import html
import importlib
import importlib.util
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import types
import urllib.parse
import xml.etree.ElementTree
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLASSES = ["walk", "run & jump", "<stand>", '"sit"']
# Movies are in a folder of their own, so that paths have to be worked out.
RATES = {"25": Fraction(25), "50": Fraction(50), "23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001)}


class Missing(Exception):
    """A reader is not installed."""


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Missing(f"{name}: {error}") from error


# MARK: Records

def segments(count, length):
    """Uneven ones, each of the next class."""
    edges = [round(length * (i + 0.13 * (i % 3 > 0)) / count, 3) for i in range(count)] + [length]
    names = CLASSES + ["unknown"]
    return [{"start": a, "end": b, "label": names[i % 5], "score": round(0.5 + 0.4999 * (i % 7) / 7, 6)}
            for i, (a, b) in enumerate(zip(edges, edges[1:]))]


def record(path, rate, length, count, **more):
    name = os.fsdecode(path)
    fields = {"path": name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")}
    if isinstance(path, bytes):
        fields["path_bytes"] = base64.b64encode(path).decode()
    return fields | {
        "status": "ok", "label": "walk", "score": 0.7,
        "scores": dict(zip(CLASSES, [0.7, 0.2, 0.07, 0.03])), "duration": length, "fps": float(rate),
        "frames": int(length * RATES[rate]), **more, "segments": segments(count, length), "warnings": [],
        "model": "sha256:" + "ab" * 32, "settings": "0123456789abcdef", "size": 1234, "mtime": 1760000000.123}


def records():
    return [
        record("movies/one.mp4", "25", 12.48, 2),
        record("movies/two/one.mp4", "50", 61.2, 7),
        record("movies/day 1/ü & <b> 'c' \"d\".mov", "29.97", 121.5, 9, timecode="01:00:00;00"),
        record("movies/film.mkv", "23.976", 7200.25, 400, timecode="10:00:00:12"),
        record("movies/whole.avi", "25", 4.0, 0),
        record(b"movies/odd\xff.mp4", "25", 10.0, 1),
        {"path": "movies/broken.avi", "status": "error",
         "error": {"code": "FORMAT", "message": "movies/broken.avi: is not a video"}, "size": 3, "mtime": 1.5},
    ]


def shown(one):
    """The segments; of a movie labelled as a whole, one as long as it."""
    if one["status"] == "error":
        return []
    whole = [{"start": 0.0, "end": one["duration"], "label": one["label"], "score": one["score"]}]
    return one["segments"] or whole


def movie(one, folder):
    raw = base64.b64decode(one["path_bytes"]) if "path_bytes" in one else os.fsencode(one["path"])
    return os.path.join(os.fsencode(folder), raw)


# MARK: The trial

class Trial:
    def __init__(self, options):
        self.program = str(pathlib.Path(options.vidclass).resolve())
        self.folder = pathlib.Path(options.keep or tempfile.mkdtemp()).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.records = records()
        for one in self.records:
            path = movie(one, self.folder)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(b"movie")
        lines = [json.dumps(one, ensure_ascii=False) for one in self.records]
        lines += self.real()
        (self.folder / "labels.jsonl").write_text("".join(line + "\n" for line in lines))
        self.records = sorted(
            map(json.loads, lines), key=lambda one: movie(one, ""))
        self.answered = [one for one in self.records if one["status"] != "error"]

    def real(self):
        """The record of a movie that is labelled now; none without a model."""
        if not (ROOT / "models/clips.safetensors").exists():
            return []
        run = subprocess.run(
            [self.program, "label", "-q", "-f", "jsonl", "-m", ROOT / "models/clips.safetensors",
             ROOT / "Tests/Fixtures/movie/motions.mp4"], check=True, capture_output=True, text=True)
        return run.stdout.splitlines()

    def merge(self, *words):
        """Runs `merge`, which ends with 3 since a movie failed."""
        run = subprocess.run([self.program, "merge", "labels.jsonl", *words], cwd=self.folder,
                             capture_output=True, text=True, errors="replace")
        if run.returncode != 3:
            raise AssertionError(f"merge {' '.join(words)} ended with {run.returncode}: {run.stderr}")

    def each(self, name, suffix):
        """The files of a format that holds one movie, each with its record."""
        self.merge("-f", name, "-o", name + "/")
        files = sorted((self.folder / name).rglob("*." + suffix))
        same(len(files), len(self.answered), "files")
        found = []
        for one in self.answered:
            below = one["path"].lstrip("/") if not one["path"].startswith("/") else os.path.basename(one["path"])
            path = (self.folder / name / below).with_suffix("." + suffix)
            found.append((path, one))
        return found


def same(ours, theirs, what):
    if ours != theirs:
        raise AssertionError(f"{what}: {str(ours)[:300]} is not {str(theirs)[:300]}")


def milliseconds(seconds):
    return int(seconds * 1000 + 0.5)


def timed(one, places):
    """Begin and end in milliseconds, label and rounded score of each segment."""
    return [(milliseconds(s["start"]), milliseconds(s["end"]), s["label"], f"{s['score'] + 1e-12:.{places}f}")
            for s in shown(one)]


# MARK: Formats

def webvtt(trial):
    reader = load("webvtt")

    def parsed(clock):
        hours, minutes, seconds = clock.split(":")
        return round((int(hours) * 60 + int(minutes)) * 60000 + float(seconds) * 1000)
    for path, one in trial.each("vtt", "vtt"):
        cues = [(parsed(c.start), parsed(c.end), *html.unescape(c.text).rsplit(" ", 1)) for c in reader.read(path)]
        same(cues, timed(one, 2), path.name)


def subrip(trial):
    reader = load("pysrt")
    for path, one in trial.each("srt", "srt"):
        cues = [(c.start.ordinal, c.end.ordinal, *c.text.rsplit(" ", 1)) for c in reader.open(str(path))]
        same(cues, timed(one, 2), path.name)


def elan(trial):
    reader = load("pympi.Elan")
    for path, one in trial.each("eaf", "eaf"):
        document = reader.Eaf(str(path))
        labels = sorted(document.get_annotation_data_for_tier("vidclass"))
        scores = sorted((a[0], a[2]) for a in document.get_ref_annotation_data_for_tier("vidclass score"))
        found = [(start, end, label, score) for (start, end, label), (_, score) in zip(labels, scores)]
        same(found, timed(one, 3), path.name)
        same(document.get_parameters_for_tier("vidclass")["LINGUISTIC_TYPE_REF"], "label", "type")
        entries = [values[0][0] for values, _ in document.get_cv_entries("vidclass").values()]
        same(entries[:len(one["scores"])], list(one["scores"]), "vocabulary")
        media = document.get_linked_files()[0]
        if "path_bytes" not in one:
            same(media["MEDIA_URL"], "file://" + os.fsdecode(movie(one, trial.folder)), "MEDIA_URL")
            near = path.parent / media["RELATIVE_MEDIA_URL"]
            same(near.resolve(), pathlib.Path(os.fsdecode(movie(one, trial.folder))), "RELATIVE_MEDIA_URL")


def boris(trial):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = importlib.util.find_spec("boris")
    if not found:
        raise Missing("boris")
    # Its modules without its window, and without the player, which is a library of the system.
    package = types.ModuleType("boris")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["boris"] = package
    for name in ["boris.mpv", "boris.mpv2"]:
        player = types.ModuleType(name)
        player.dll, player.MPV = "", object
        sys.modules[name] = player
    functions = load("boris.project_functions")
    trial.merge("-o", "project.boris")
    path = str(trial.folder / "project.boris")
    _, changed, project, message = functions.open_project_json(path)
    same((changed, message, project.get("error")), (False, "", None), "loading")
    seen = {one["path"]: one for one in trial.answered}
    same(list(project["observations"]), list(seen), "observations")
    named = {key: value for key, value in project["observations"].items() if "path_bytes" not in seen[key]}
    checked = functions.check_project_integrity(
        project | {"observations": named}, "hh:mm:ss", path, media_file_available=True)
    same(checked, "", "check_project_integrity")
    for key, observation in project["observations"].items():
        starts, intervals = {}, []
        for time, _, code, _, comment, frame in observation["events"]:
            rate = seen[key]["fps"]
            same(frame, round(float(time) * rate) if frame != "NA" else frame, "frame") if rate == 25 else None
            if code in starts:
                begin = starts.pop(code)
                intervals.append((milliseconds(float(begin)), milliseconds(float(time)), code, comment.split()[1]))
            else:
                starts[code] = time
        same(intervals, timed(seen[key], 3), key)
        information = observation["media_info"]
        media = observation["file"]["1"][0]
        same(float(information["length"][media]), seen[key]["duration"], "length")
        same(float(information["fps"][media]), seen[key]["fps"], "fps")


def label_studio(trial):
    interface = load("label_studio_sdk.label_interface").LabelInterface
    # Everything that was labelled is below the root but for a real movie of elsewhere.
    inside = os.path.commonpath([os.fsdecode(movie(one, trial.folder)) for one in trial.answered])
    trial.merge("-f", "labelstudio", "--labelstudio-root", inside, "-o", "tasks.json")
    tasks = json.loads((trial.folder / "tasks.json").read_text())
    configuration = interface((trial.folder / "tasks.xml").read_text())
    configuration.validate()
    for one, task in zip(trial.records, tasks, strict=True):
        url = task["data"]["video"]
        below = urllib.parse.unquote_to_bytes(url.removeprefix("/data/local-files/?d="))
        if one["status"] != "error":
            same(os.path.join(os.fsencode(inside), below), movie(one, trial.folder), "path")
        # The SDK holds predictions to the configuration one by one only.
        if not configuration.validate_task({"data": task["data"]}):
            raise AssertionError(f"{url}: not a task of this configuration")
        for prediction in task["predictions"]:
            same(configuration.validate_prediction(prediction, return_errors=True), [], "prediction")
        results = [r for p in task["predictions"] for r in p["result"]]
        same(len(results), len(shown(one)), "results")
        for result, segment in zip(results, shown(one)):
            frames = result["value"]["ranges"][0]
            same(result["value"]["timelinelabels"], [segment["label"]], "label")
            same(result["score"], segment["score"], "score")
            for ours, theirs in [(frames["start"] - 1, segment["start"]), (frames["end"], segment["end"])]:
                if abs(ours - theirs * one["fps"]) > 0.501:
                    raise AssertionError(f"{url}: frame {ours} at {theirs} s")


def megadetector(trial):
    checker = load("megadetector.postprocessing.validate_batch_results")
    trial.merge("-f", "megadetector", "-o", "md.json")
    options = checker.ValidateBatchResultsOptions()
    options.raise_errors = True
    options.return_data = True
    data = checker.validate_batch_results(str(trial.folder / "md.json"), options)
    same(data["validation_results"]["warnings"], [], "warnings")
    names = data["classification_categories"]
    for one, image in zip(trial.records, data["images"], strict=True):
        same(image["file"], one["path"], "file")
        detections = [(d["frame_number"], names[d["classifications"][0][0]], d["conf"])
                      for d in image["detections"] or []]
        expected = [(s["start"], s["label"], s["score"]) for s in shown(one) if s["label"] != "unknown"]
        same([d[1:] for d in detections], [e[1:] for e in expected], image["file"])
        for (frame, *_), (start, *_) in zip(detections, expected):
            if abs(frame - start * one["fps"]) > 0.501:
                raise AssertionError(f"{image['file']}: frame {frame} at {start} s")


def tables(trial):
    pandas = load("pandas")
    trial.merge("-o", "all.csv")
    frame = pandas.read_csv(trial.folder / "all.csv", index_col="filepath")
    same(list(frame.index), [one["path"] for one in trial.records], "paths")
    for (_, row), one in zip(frame.iterrows(), trial.records):
        same({k: v for k, v in row.dropna().items()}, one.get("scores", {}), one["path"])
    trial.merge("-o", "all.jsonl")
    lines = pandas.read_json(trial.folder / "all.jsonl", lines=True)
    same(list(lines["status"]), [one["status"] for one in trial.records], "status")
    same([json.loads(x) for x in (trial.folder / "all.jsonl").read_text().splitlines()], trial.records, "records")
    for name, columns in [("elan", ["File", "Begin time", "End time", "Annotation", "Score"]),
                          ("boris", ["Media file name", "Start (s)", "Stop (s)", "Behavior", "Comment start"])]:
        trial.merge("-f", name, "-o", name + ".tsv")
        found = pandas.read_csv(trial.folder / (name + ".tsv"), sep="\t", dtype=str, quoting=3)
        rows = []
        for path, start, end, label, score in found[columns].itertuples(index=False):
            def seconds(text):
                return sum(float(x) * 60 ** i for i, x in enumerate(reversed(text.split(":"))))
            rows.append((path, milliseconds(seconds(start)), milliseconds(seconds(end)), label, score.split()[-1]))
        same(rows, [(one["path"], *t) for one in trial.records for t in timed(one, 3)], name)


def sqlite(trial):
    trial.merge("--sqlite", "labels.sqlite")
    with sqlite3.connect(trial.folder / "labels.sqlite") as database:
        database.row_factory = sqlite3.Row
        same(database.execute("PRAGMA integrity_check").fetchone()[0], "ok", "integrity")
        same(database.execute("PRAGMA foreign_key_check").fetchall(), [], "foreign keys")
        for index, one in enumerate(trial.records, 1):
            row = dict(database.execute("SELECT * FROM movies WHERE id = ?", [index]).fetchone())
            raw = row.pop("path_bytes")
            same(raw and base64.b64encode(raw).decode(), one.get("path_bytes"), "path_bytes")
            row.pop("id")
            for key, value in row.items():
                same(value, one.get(key), key)
            rows = database.execute("SELECT start, end, label, score FROM segments WHERE movie = ? ORDER BY number", [index])
            same([dict(r) for r in rows], one.get("segments", []), "segments")
            rows = database.execute("SELECT label, score FROM scores WHERE movie = ? ORDER BY number", [index])
            same([tuple(r) for r in rows], list(one.get("scores", {}).items()), "scores")
            rows = database.execute("SELECT code, message FROM failures WHERE movie = ?", [index]).fetchall()
            same([dict(r) for r in rows], [one["error"]] if "error" in one else [], "failures")


# MARK: Editors

def rate(one):
    return RATES.get(f"{one['fps']:g}", Fraction(one["fps"]).limit_denominator(1001))


def frames(seconds, per_second):
    return int(seconds * per_second + Fraction(1, 2))


def first_frame(one, time):
    """Of the movie, by its timecode."""
    if "timecode" not in one:
        return 0
    return time.from_timecode(one["timecode"], float(rate(one))).to_frames()


def edl(trial):
    otio = load("opentimelineio")
    load("otio_cmx3600_adapter")
    time = otio.opentime
    for path, one in trial.each("edl", "edl"):
        text = path.read_text()
        per_second = rate(one)
        dropped = "FCM: DROP FRAME" in text
        same(dropped, per_second.denominator == 1001 and ";" in one.get("timecode", "") , path.name)

        def number(moment):
            """The frame that a timecode says; the adapter has read all as those that drop none."""
            if not dropped:
                return moment.to_frames()
            clock = time.to_timecode(moment, float(per_second), drop_frame=False)
            return time.from_timecode(clock[:-3] + ";" + clock[-2:], float(per_second)).to_frames()
        # A timecode that the dropping leaves out does not come, so lengths are taken from it as well.
        timeline = otio.adapters.read_from_string(
            text, "cmx_3600", rate=float(per_second), ignore_timecode_mismatch=dropped)
        clips = [c for c in timeline.find_clips()]
        expected = [s for s in shown(one) if frames(s["start"], per_second) < frames(s["end"], per_second)]
        same(len(clips), len(expected), "clips")
        begin = first_frame(one, time)
        for clip, segment in zip(clips, expected):
            source = clip.source_range
            same(number(source.start_time) - begin, frames(segment["start"], per_second), "start")
            same(number(source.end_time_exclusive()) - begin, frames(segment["end"], per_second), "end")
            same(clip.name, os.path.basename(one["path"]), "clip")
            marker = clip.markers[0]
            same(marker.name, f"{segment['label']} {segment['score'] + 1e-12:.2f}", "marker")
            same(number(marker.marked_range.start_time) - begin, frames(segment["start"], per_second), "marker")
            resolve = [c for c in clip.metadata["cmx_3600"]["comments"] if "|M:" in c][0]
            length = frames(segment["end"], per_second) - frames(segment["start"], per_second)
            same(int(resolve.split("|D:")[1]), length, "|D:")


def seconds(text):
    return Fraction(text.removesuffix("s"))


def fcpxml(trial):
    otio = load("opentimelineio")
    # The adapter asks for a name that Python 3.9 took away.
    xml.etree.cElementTree = xml.etree.ElementTree
    load("otio_fcpx_xml_adapter.fcpx_xml")
    trial.merge("-o", "all.fcpxml")
    text = (trial.folder / "all.fcpxml").read_text()
    root = xml.etree.ElementTree.fromstring(text)
    formats = {f.get("id"): seconds(f.get("frameDuration")) for f in root.iter("format")}
    event = root.find("library/event")
    clips, projects = event.findall("asset-clip"), event.findall("project")
    timelines = otio.adapters.read_from_string(text, "fcpx_xml")
    for one, clip, project, timeline in zip(trial.answered, clips, projects, timelines, strict=True):
        per_second = rate(one)
        asset = root.find(f"resources/asset[@id='{clip.get('ref')}']")
        same(formats[asset.get("format")], 1 / per_second, "rate")
        source = urllib.parse.urlparse(asset.find("media-rep").get("src"))
        same(urllib.parse.unquote_to_bytes(source.path), movie(one, trial.folder), "src")
        begin = seconds(asset.get("start"))
        same(begin, first_frame(one, otio.opentime) / per_second, "start")
        expected = [(frames(s["start"], per_second), frames(s["end"], per_second), s) for s in shown(one)]
        expected = [e for e in expected if e[0] < e[1]]
        keywords = [((seconds(k.get("start")) - begin) * per_second, seconds(k.get("duration")) * per_second,
                     k.get("value"), k.get("note")) for k in clip.findall("keyword")]
        same(keywords, [(a, b - a, s["label"], f"{s['score'] + 1e-12:.3f}") for a, b, s in expected], "keywords")
        sequence = project.find("sequence")
        same(sequence.get("tcFormat"), "DF" if ";" in one.get("timecode", "") else "NDF", "tcFormat")
        inner = sequence.find("spine/asset-clip")
        same(seconds(inner.get("offset")), seconds(sequence.get("tcStart")), "offset")
        markers = [((seconds(m.get("start")) - begin) * per_second, m.get("value")) for m in inner.findall("marker")]
        same(markers, [(a, f"{s['label']} {s['score'] + 1e-12:.2f}") for a, _, s in expected], "markers")
        # OpenTimelineIO cuts 29.97 to 29 frames a second; whole rates it reads as they are.
        read = next(iter(timeline.find_clips()))
        same([m.name for m in read.markers], [m[1] for m in markers], "OpenTimelineIO's markers")
        if per_second.denominator == 1:
            starts = [m.marked_range.start_time.to_frames() for m in read.markers]
            for ours, theirs in zip(starts, expected, strict=True):
                # It multiplies in floating point and cuts off.
                if not 0 <= theirs[0] + begin * per_second - ours <= 1:
                    raise AssertionError(f"marker at frame {ours}, expected {theirs[0]}")


FORMATS = collections.OrderedDict([
    ("WebVTT, by webvtt-py", webvtt), ("SubRip, by pysrt", subrip), ("ELAN document, by pympi", elan),
    ("BORIS project, by BORIS", boris), ("Label Studio, by its SDK", label_studio),
    ("MegaDetector, by its checker", megadetector), ("CSV, JSON Lines, tables, by pandas", tables),
    ("SQLite, by sqlite3", sqlite), ("EDL, by OpenTimelineIO", edl), ("FCPXML, by OpenTimelineIO", fcpxml)])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidclass", default=str(ROOT / ".build/release/vidclass"))
    parser.add_argument("--keep")
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    trial = Trial(options)
    failed = missing = 0
    for name, check in FORMATS.items():
        try:
            check(trial)
            print(f"{name}: equal", flush=True)
        except Missing as reason:
            print(f"{name}: passed over, not installed ({reason})", flush=True)
            missing += 1
        except Exception as reason:
            print(f"{name}: {type(reason).__name__}: {reason}", flush=True)
            failed += 1
    print(f"{len(FORMATS) - failed - missing} passed, {failed} failed, {missing} skipped")
    return 1 if failed or options.require and missing else 0


if __name__ == "__main__":
    sys.exit(main())
