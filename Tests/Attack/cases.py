"""What is tried: each function writes the files of one case into its folder and says what to run."""

import copy
import dataclasses
import json
import os
import re
import stat
import struct

import movies
import values
from ground import ELAN, EXPORT, RECORD, safetensors


@dataclasses.dataclass
class Case:
    arguments: list
    # Files that must be absent, whole, or as before.
    outputs: list = dataclasses.field(default_factory=list)
    # What stood in the place of an output.
    earlier: bytes = b""
    stdin: str = ""


def options(rng, folder, ground):
    """Sound commands with an option or two of a value that nobody thought of."""
    model, movie = ground.path("model.safetensors"), ground.path("sound.mp4")
    commands = {
        "label": (["label", movie, "-m", model, "-o", "out.jsonl"], [
            "--window", "--hop", "--min-duration", "--threshold", "--top", "--views", "--timeout",
            "--threads", "--seed", "--shard", "--shard-count", "--format", "--precision",
            "--sort-into", "--report", "--doubtful", "--group-by", "-o"]),
        "frames": (["frames", movie, "-o", "out.png"], [
            "--frames", "--size", "--fps", "--at", "--index", "--start", "--end", "--stream",
            "--threads", "-o"]),
        "info": (["info", movie], ["--stream", "--threads", "--seed"]),
        "check": (["check", ground.clips, "--fix-list", "out.csv"], [
            "--val", "--group-by", "--class-depth", "--background", "--val-groups", "--threads",
            "--classes", "--add", "--fix-list"]),
        "eval": (["eval", ground.clips, "-m", model, "--split", "all", "--no-baselines",
                  "--predictions", "out.csv"], [
            "--split", "--views", "--batch-size", "--top", "--threads", "--seed", "--group-by",
            "--precision", "--report", "--threshold-for", "--cost", "--thresholds-out", "--plots",
            "--against"]),
        "train": (ground.training_arguments("out.safetensors") + ["--dry-run"], [
            "--frames", "--size", "--fps", "--stride", "--clips-per-video", "--epochs",
            "--batch-size", "--lr", "--warmup", "--weight-decay", "--label-smoothing", "--dropout",
            "--ema", "--early-stop", "--val", "--group-by", "--class-depth", "--val-groups",
            "--folds", "--freeze", "--init-from", "--rnn", "--head", "--arch", "--add", "--threads", "-o"]),
        "merge": (["merge", "records.jsonl", "-o", "out.csv"], ["--format", "--expect", "-o"]),
        "export": (["export", model, "--to", "onnx", "-o", "out.onnx"], ["--to", "-o"]),
    }
    (folder / "records.jsonl").write_text(RECORD + "\n")
    arguments, names = commands[rng.choice(list(commands))]
    arguments = list(arguments)
    for name in rng.sample(names, rng.choice([1, 1, 2])):
        value = values.argument(rng)
        # An absolute path would leave the case's folder.
        if name in ("-o", "--sort-into", "--report", "--fix-list", "--thresholds-out", "--plots") and value.startswith(("/", "~", "..")):
            value = "./" + value.replace("/", "_")
        arguments += [f"{name}={value}" if name.startswith("--") else name]
        if not name.startswith("--"):
            arguments.append(value)
    return Case(arguments, ["out.jsonl", "out.png", "out.csv", "out.onnx"])


def json_damage(rng, text: str) -> str:
    """A JSON text with a value replaced, a member doubled, or bytes changed."""
    places = [match.span(1) for match in re.finditer(
        r'[:\[,]\s*("(?:[^"\\]|\\.)*"|-?[0-9.eE+-]+|true|false|null)(?=\s*[,\]}])', text)]
    for _ in range(rng.choice([1, 1, 2])):
        if not places:
            break
        start, end = rng.choice(places)
        match rng.randrange(5):
            case 0 | 1 | 2:
                text = text[:start] + values.json_value(rng) + text[end:]
            case 3:
                members = re.findall(r'"[a-z_]+":\s*(?:"[^"]*"|[0-9.]+)', text)
                if members:
                    double = rng.choice(members)
                    text = text.replace(double, f"{double},{double.split(':')[0]}:"
                                        + values.json_value(rng), 1)
            case 4:
                text = values.damaged(rng, text.encode()).decode(errors="replace")
        places = []
    return text


def records(rng, folder, ground):
    """Records with values that no movie can have, merged into every format."""
    lines = [RECORD, json_damage(rng, RECORD.replace("a.mp4", "b.mp4")),
             RECORD.replace("a.mp4", "c.mp4")]
    rng.shuffle(lines)
    text = "[" + ",".join(lines) + "]" if rng.random() < 0.3 else "\n".join(lines) + "\n"
    (folder / "in.jsonl").write_text(text)
    form, suffix = rng.choice([
        ("jsonl", "jsonl"), ("json", "json"), ("csv", "csv"), ("labelstudio", "json"),
        ("megadetector", "json"), ("elan", "tsv"), ("boris", "tsv"), ("vtt", "vtt"), ("table", "txt")])
    if form == "vtt":
        (folder / "in.jsonl").write_text(lines[0] + "\n")
    return Case(["merge", "in.jsonl", "-f", form, "-o", f"out.{suffix}"], [f"out.{suffix}"])


def journals(rng, folder, ground):
    """A batch that goes on in a file that is torn, foreign or full of odd records."""
    journal = "\n".join([RECORD, json_damage(rng, RECORD), RECORD]) + "\n"
    data = journal.encode() if rng.random() < 0.5 else values.damaged(rng, journal.encode())
    (folder / "out.jsonl").write_bytes(data)
    return Case(["label", ground.path("sound.mp4"), "-m", ground.path("model.safetensors"),
                 "-o", "out.jsonl"], [], data)


def table_damage(rng, text: str) -> str:
    """A table with a field replaced, a line or column doubled, or bytes changed."""
    lines = text.splitlines()
    for _ in range(rng.choice([1, 1, 2, 4])):
        row = rng.randrange(len(lines))
        fields = lines[row].split(",")
        match rng.randrange(5):
            case 0 | 1:
                fields[rng.randrange(len(fields))] = values.text(rng)
            case 2:
                lines.insert(row, lines[row])
                continue
            case 3:
                fields.insert(rng.randrange(len(fields)), rng.choice(fields))
            case 4:
                del fields[rng.randrange(len(fields))]
        lines[row] = ",".join(fields)
    text = "\n".join(lines) + "\n"
    if rng.random() < 0.2:
        text = values.damaged(rng, text.encode()).decode("latin-1")
    return text


def predictions(rng, folder, ground):
    text = table_damage(rng, ground.predictions)
    (folder / "in.csv").write_bytes(text.encode(rng.choice(["utf-8", "utf-16"]), "replace"))
    more = rng.choice([
        [], ["--from", ground.path("predictions.csv")], ["--against", ground.path("predictions.csv")],
        ["--threshold-for", "precision=0.9", "--thresholds-out", "out.json"],
        ["--cost", "missed=3,false=1"], ["--plots", "plots"]])
    return Case(["eval", "--from", "in.csv", "--json", "--report", "out.html"] + more,
                ["out.html", "out.json"])


def thresholds(rng, folder, ground):
    text = '{"goal": "precision=0.95", "model": "sha256:0", "thresholds": {"x": 0.7, "y": null}}'
    data = json_damage(rng, text).encode("utf-8", "replace")
    if rng.random() < 0.3:
        data = values.damaged(rng, data)
    (folder / "in.json").write_bytes(data)
    return Case(["label", ground.path("sound.mp4"), "-m", ground.path("model.safetensors"),
                 "--thresholds", "in.json", "-o", "out.jsonl"], ["out.jsonl"])


def splits(rng, folder, ground):
    text = table_damage(rng, ground.split.replace("group\n", "group,start,end\n", 1))
    (folder / "in.csv").write_bytes(text.encode("utf-8", "replace"))
    return Case(["eval", ground.clips, "-m", ground.path("model.safetensors"), "--split-file",
                 "in.csv", "--no-baselines", "--predictions", "out.csv"], ["out.csv"])


def lists(rng, folder, ground):
    """Manifests, text lists and exports of other programs."""
    for name in "ab":
        (folder / f"{name}.mp4").write_bytes(ground.movie)
    manifest = ("filepath,label,start,end,split,group\na.mp4,x,0,0.5,train,1\n"
                "a.mp4,y,0.5,0.9,val,2\nb.mp4,x,0.1,0.4,train,1\nb.mp4,y,0.5,0.8,train,2\n")
    kind = rng.randrange(6)
    if kind == 0 or kind == 1:
        name, text = "list.csv", table_damage(rng, manifest)
    elif kind == 2:
        name, text = "list.txt", table_damage(rng, "a.mp4 x\nb.mp4 y\n".replace(" ", ","))
        text = text.replace(",", " ")
    elif kind == 3:
        name, text = "list.json", json_damage(rng, json.dumps([EXPORT]))
    elif kind == 4:
        number = values.text(rng)
        name = "list.eaf"
        text = ELAN.replace(rng.choice(['"300"', '"700"', '"ts2"']), f'"{number}"', 1)
        if rng.random() < 0.4:
            text = values.damaged(rng, text.encode()).decode(errors="replace")
    else:
        name = "list.csv"
        text = table_damage(rng, "metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,"
                            "metadata\n1,a.mp4,0,[0;0.5],[],x\n2,a.mp4,0,[0.5;0.9],[],y\n")
        text = text.replace(";", ",")
    (folder / name).write_bytes(text.encode("utf-8", "replace"))
    command = rng.choice([["check", name, "--fix-list", "out.csv"],
                          ["check", name, "--background", "none"],
                          ["train", name, "--dry-run", "--arch", ground.path("arch.json"),
                           "--precision", "fp32", "-o", "out.safetensors"],
                          ["check", ground.clips, "--add", name, "--fix-list", "out.csv"],
                          ["label", "--files-from", name, "-m", ground.path("model.safetensors"),
                           "-o", "out.jsonl"]])
    return Case(command, ["out.csv", "out.safetensors", "out.jsonl"])


def crafted_movies(rng, folder, ground):
    """Movies whose containers tell times that no recording has."""
    extension = rng.choice(list(ground.movies))
    data = movies.patched(rng, extension, ground.movies[extension])
    if rng.random() < 0.2:
        data = values.damaged(rng, data)
    name = f"in.{extension}"
    (folder / name).write_bytes(data)
    model = ground.path("model.safetensors")
    commands = [
        ["info", name], ["check", name, "--json"], ["frames", name, "--list"],
        ["frames", name, "--fps", rng.choice(["5", "0.001", "1000"]), "-o", "out.png"],
        ["frames", name, "--frames", "4", "-o", "out.png"],
        ["frames", name, "--start", "0.2", "--end", "1e9", "-o", "out.png"],
        ["label", name, "-m", model, "-o", "out.jsonl"],
        ["label", name, "-m", model, "-f", rng.choice(["csv", "labelstudio", "boris", "vtt", "table"]),
         "-o", "out"],
        ["label", name, "-m", model, "--no-timeline", "-o", "out.jsonl"],
    ]
    return Case(rng.choice(commands), ["out.png", "out.jsonl"])


def damaged_models(rng, folder, ground):
    """Models cut, flipped, or with metadata that asks for the impossible."""
    match rng.randrange(3):
        case 0:
            data = values.damaged(rng, ground.model)
        case 1:
            metadata = copy.deepcopy(ground.metadata)
            key = rng.choice(list(metadata))
            value = metadata[key]
            metadata[key] = (values.text(rng) if isinstance(value, str)
                             else json_damage(rng, json.dumps(value)))
            data = safetensors(metadata, ground.fields, ground.data)
        case _:
            tensors = bytearray(ground.data)
            for _ in range(rng.choice([1, 4, 40])):
                place = rng.randrange(len(tensors) // 4) * 4
                tensors[place:place + 4] = struct.pack("<f", rng.choice([
                    float("nan"), float("inf"), 3.4e38, -3.4e38, 1e-45, 1e20, 0.0]))
            data = safetensors(ground.metadata, ground.fields, bytes(tensors))
    (folder / "in.safetensors").write_bytes(data)
    movie = ground.path("sound.mp4")
    command = rng.choice([
        ["info", "in.safetensors"], ["info", "in.safetensors", "--json"],
        ["label", movie, "-m", "in.safetensors", "-o", "out.jsonl"],
        ["frames", movie, "-m", "in.safetensors", "-o", "out.png"],
        ["export", "in.safetensors", "--to", "onnx", "-o", "out.onnx"],
        ["eval", ground.clips, "-m", "in.safetensors", "--split", "all", "--no-baselines", "--json"],
        ground.training_arguments("out.safetensors") + ["--init-from", "in.safetensors", "--dry-run"],
    ])
    return Case(command, ["out.jsonl", "out.png", "out.onnx", "out.safetensors"])


def architectures(rng, folder, ground):
    (folder / "arch.json").write_text(json_damage(rng, json.dumps(ground.architecture)))
    arguments = ground.training_arguments("out.safetensors") + ["--dry-run"]
    arguments[arguments.index("--arch") + 1] = "arch.json"
    return Case(arguments, ["out.safetensors"])


def checkpoints(rng, folder, ground):
    """A training that goes on from a checkpoint that is torn or says odd things of itself."""
    run = folder / "out.run"
    run.mkdir()
    for name, data in ground.training.items():
        (run / name).write_bytes(data)
    place = run / "checkpoint.safetensors"
    data = place.read_bytes()
    if rng.random() < 0.4:
        place.write_bytes(values.damaged(rng, data))
    else:
        length, = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + length])
        strings = header.pop("__metadata__")
        key = rng.choice([key for key in strings if "." in key])
        strings[key] = json_damage(rng, strings[key])
        place.write_bytes(safetensors(strings, header, data[8 + length:]))
    return Case(ground.training_arguments("out.safetensors") + ["--resume"],
                ["out.safetensors", "out.run/checkpoint.safetensors", "out.run/metrics.csv",
                 "out.run/report.html", "out.run/split.csv"], place.read_bytes())


def special_path(rng, folder) -> str:
    """Something that is no regular file, or hardly one."""
    kind = rng.randrange(14)
    path = folder / "special"
    match kind:
        case 0 | 1 | 2 | 3:
            return ["/dev/zero", "/dev/full", "/dev/null", "/dev/stdin"][kind]
        case 4:
            os.mkfifo(path)
        case 5:
            os.mknod(path, stat.S_IFSOCK | 0o600)
        case 6:
            path.mkdir()
        case 7:
            path.symlink_to("nowhere")
        case 8:
            path.symlink_to("special")
        case 9:
            path.write_bytes(b"")
        case 10:
            path.write_bytes(b"x")
            path.chmod(0)
        case 11:
            # Larger than any list, and next to nothing on the disk.
            with open(path, "wb") as file:
                file.truncate(1 << 34)
        case 12:
            path.mkdir()
            (path / "again").symlink_to("..")
        case 13:
            return "/proc/self/mem"
    return "special"


def specials(rng, folder, ground):
    """Devices, pipes, sockets, folders and links where a file is expected, to read or to write."""
    model, movie = ground.path("model.safetensors"), ground.path("sound.mp4")
    odd = special_path(rng, folder)
    (folder / "records.jsonl").write_text(RECORD + "\n")
    name = rng.choice(["n" * 251 + ".csv", "ü" * 124 + ".csv", "m" * 300 + ".csv"])
    command = rng.choice([
        ["train", odd, "--dry-run"], ["check", odd], ["info", odd], ["eval", "--from", odd],
        ["eval", odd, "-m", model], ["label", odd, "-m", model, "-o", "out.jsonl"],
        ["label", movie, "-m", odd, "-o", "out.jsonl"],
        ["label", movie, "-m", model, "--thresholds", odd, "-o", "out.jsonl"],
        ["label", "--files-from", odd, "-m", model, "-o", "out.jsonl"],
        ["label", "--files-from0", odd, "-m", model, "-o", "out.jsonl"],
        ["label", movie, "-m", model, "-o", odd],
        ["label", movie, "-m", model, "-f", rng.choice(["vtt", "csv", "json"]), "-o", odd],
        ["label", movie, "-m", model, "--sort-into", odd, rng.choice(["--copy", "--link"])],
        ["merge", odd, "-o", "out.csv"], ["merge", "records.jsonl", "--expect", odd, "-o", "out.csv"],
        ["merge", "records.jsonl", "-o", odd], ["merge", "records.jsonl", "-o", name],
        ["import", odd, "--arch", "c3d", "-o", "out.safetensors"],
        ["import", odd, "-o", "out.safetensors"], ["export", odd, "--to", "onnx", "-o", "out.onnx"],
        ["export", model, "--to", "onnx", "-o", odd], ["export", model, "--to", "pytorch", "-o", odd],
        ["frames", odd, "-o", "out.png"], ["frames", movie, "-o", odd], ["frames", movie, "-m", odd],
        ["check", ground.clips, "--fix-list", odd],
        ["eval", ground.clips, "-m", model, "--split-file", odd],
        ["eval", ground.clips, "-m", model, "--split", "all", "--no-baselines", "--predictions", odd],
        ["eval", "--from", ground.path("predictions.csv"), "--report", odd],
        ["eval", "--from", ground.path("predictions.csv"), "--plots", odd],
        ["eval", "--from", ground.path("predictions.csv"), "--against", odd],
        ["eval", "--from", ground.path("predictions.csv"), "--cost", "missed=2", "--thresholds-out", odd],
        ["train", ground.clips, "--arch", odd, "--dry-run"],
        ["train", ground.clips, "--classes", odd, "--dry-run"],
        ground.training_arguments(odd) + ["--dry-run"],
        ground.training_arguments("out.safetensors") + ["--init-from", odd, "--dry-run"],
    ])
    return Case(command, ["out.jsonl", "out.csv", "out.safetensors", "out.onnx", "out.png"])


def standard_input(rng, folder, ground):
    """Lists of paths through standard input."""
    if rng.random() < 0.3:
        source = rng.choice(["/dev/zero", "/dev/null", "/dev/full"])
    else:
        source = "stdin"
        (folder / "a.mp4").write_bytes(ground.movie)
        # A folder above would be searched with all that is in it.
        paths = [values.text(rng).lstrip("/.") for _ in range(rng.randrange(4))] + ["a.mp4"]
        data = rng.choice(["\n", "\0"]).join(paths).encode("utf-8", "replace")
        (folder / source).write_bytes(data if rng.random() < 0.5 else values.damaged(rng, data))
    arguments = rng.choice([["-"], ["--files-from", "-"], ["--files-from0", "-"]])
    return Case(["label", *arguments, "-m", ground.path("model.safetensors"), "-o", "out.jsonl"],
                ["out.jsonl"], stdin=source)


def folders(rng, folder, ground):
    """Folders with links in circles, long and odd names, and movies of one name."""
    root = os.fsencode(folder / "in")
    for part in (b"x", b"y"):
        os.makedirs(root + b"/" + part)
        for number in range(rng.randrange(1, 3)):
            name = rng.choice([b"a.mp4", b"n" * 251 + b".mp4", "ü".encode() * 124 + b".mp4",
                               b"\xff\xfe.mp4", b"a\nb.mp4", b"\x1b[31m.mp4", b"-o.mp4", b" .mp4",
                               b"a.mkv", b"b.MP4", b"%s.mp4", b"a.mp4.vtt.mp4"])
            content = ground.movie if rng.random() < 0.8 else rng.choice([b"", b"x", ground.movie[:900]])
            with open(root + b"/" + part + b"/" + name, "wb") as file:
                file.write(content + b"\0" * number)
    for _ in range(rng.randrange(3)):
        link, target = rng.choice([(b"x/up", b".."), (b"x/self", b"self"), (b"y/other", b"../x"),
                                   (b"gone", b"nowhere"), (b"y/gone.mp4", b"nowhere.mp4")])
        if not os.path.lexists(root + b"/" + link):
            os.symlink(target, root + b"/" + link)
    model = ground.path("model.safetensors")
    command = rng.choice([
        ["label", "in", "-m", model, "-o", "out.jsonl"],
        ["label", "in", "-m", model, "-f", rng.choice(["vtt", "srt"]), "-o", "out"],
        ["label", "in", "-m", model, "--sort-into", "out", rng.choice(["--copy", "--link", "--move"])],
        ["check", "in", "--fix-list", "out.csv"], ["check", "in", "--json"],
        ["train", "in", "--dry-run", "--arch", ground.path("arch.json"), "--precision", "fp32",
         "-o", "out.safetensors"],
        ["eval", "in", "-m", model, "--split", "all", "--no-baselines", "--predictions", "out.csv"]])
    return Case(command, ["out.jsonl", "out.csv", "out.safetensors"])


KINDS = {
    "options": options, "records": records, "journals": journals, "predictions": predictions,
    "splits": splits, "thresholds": thresholds, "lists": lists, "movies": crafted_movies, "models": damaged_models,
    "architectures": architectures, "checkpoints": checkpoints, "specials": specials,
    "stdin": standard_input, "folders": folders,
}
