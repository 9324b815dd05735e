"""Hostile safetensors files: headers that lie, and models whose metadata asks for the impossible."""

import copy
import json
import struct

MIB = 1 << 20
INPUT = {"frames": 2, "height": 8, "width": 8, "channels": 1}
ARCHITECTURE = {
    "name": "tiny", "input": INPUT, "classes": 2,
    "layers": [
        {"type": "conv3d", "name": "conv", "filters": 2, "kernel": [1, 3, 3], "stride": [1, 1, 1],
         "padding": [0, 1, 1], "bias": False},
        {"type": "batchnorm", "name": "norm"}, {"type": "relu"},
        {"type": "maxpool3d", "window": [1, 2, 2]}, {"type": "spatialmean"},
        {"type": "lstm", "name": "lstm", "hidden": 2}, {"type": "timepooling", "mode": "last"},
        {"type": "dense", "name": "head", "outputs": 2},
    ],
}
PREPROCESSING = {
    "choice": {"uniform": {}}, "color": "gray", "frames": 2, "height": 8, "width": 8,
    "motion": "none", "normalization": {"fixed": {"mean": [0.5], "std": [0.25]}},
    "resizeHeight": 8, "resizeWidth": 8,
}
TENSORS = {
    "conv.weight": [2, 1, 1, 3, 3], "norm.weight": [2], "norm.bias": [2], "norm.running_mean": [2],
    "norm.running_var": [2], "norm.num_batches_tracked": [], "lstm.weight_ih_l0": [8, 2],
    "lstm.weight_hh_l0": [8, 2], "lstm.bias_ih_l0": [8], "lstm.bias_hh_l0": [8],
    "head.weight": [2, 2], "head.bias": [2],
}


def metadata():
    return {
        "format": "pt", "format_version": "1", "architecture": ARCHITECTURE, "classes": ["a", "b"],
        "preprocessing": PREPROCESSING, "temperature": "1.0", "clip_seconds": "1.0",
        "training": {"epochs": "1"}, "dataset_hash": "d", "split_hash": "s", "program_version": "0",
    }


def product(sizes):
    count = 1
    for size in sizes:
        count *= size
    return count


def header_and_data():
    """The fields of the header of a sound model, and its data."""
    fields, data = {}, b""
    for name, shape in sorted(TENSORS.items(), key=lambda pair: pair[0] != "norm.num_batches_tracked"):
        kind, size = ("I64", 8) if name.endswith("tracked") else ("F32", 4)
        value = struct.pack("<f", 0.5) if kind == "F32" else bytes(8)
        content = value * product(shape)
        fields[name] = {
            "dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return fields, data


def file(header, data, length=None):
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(content) if length is None else length) + content + data


def model(change=None, **texts):
    """A sound model but for what `change` does to its metadata and for metadata given as text."""
    fields, data = header_and_data()
    values = metadata()
    if change:
        values = copy.deepcopy(values)
        change(values)
    strings = {key: value if isinstance(value, str) else json.dumps(value)
               for key, value in values.items() if value is not None}
    strings.update({key: value for key, value in texts.items() if value is not None})
    return file({"__metadata__": strings, **fields}, data)


def setting(*path):
    """A change that sets one value of nested JSON: keys, then the value."""
    def change(values):
        place = values
        for key in path[:-2]:
            place = place[key]
        place[path[-2]] = path[-1]
    return change


def headers():
    fields, data = header_and_data()
    one = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'

    def tensor(**changes):
        return {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}

    yield "empty", b""
    yield "one-byte", b"\x01"
    yield "length-alone", struct.pack("<Q", 2)
    for power in (24, 31, 32, 40, 62, 63):
        yield f"length-2-{power}", file(one, bytes(8), length=1 << power)
    yield "length-all-bits", file(one, bytes(8), length=(1 << 64) - 1)
    yield "length-minus-8", file(one, bytes(8), length=(1 << 64) - 8)
    yield "length-beyond", file(one, bytes(8), length=len(one) + 9)
    yield "length-zero", file(one, bytes(8), length=0)
    yield "length-shorter", file(one, bytes(8), length=len(one) - 1)
    yield "overlapping", file({
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12))
    yield "same-bytes", file({
        f"t{index}": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for index in range(1000)},
        bytes(8))
    yield "gap", file({
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [12, 20]}}, bytes(20))
    yield "gap-before", file(tensor(data_offsets=[4, 12]), bytes(12))
    yield "bytes-after", file(one, bytes(MIB))
    yield "cut", file(one, bytes(4))
    yield "offsets-beyond", file(tensor(data_offsets=[0, 1 << 62]), bytes(8))
    yield "offsets-overflow", file(tensor(data_offsets=[0, 1 << 64]), bytes(8))
    yield "offsets-reversed", file(tensor(data_offsets=[8, 0]), bytes(8))
    yield "offsets-three", file(tensor(data_offsets=[0, 8, 8]), bytes(8))
    yield "offsets-none", file(tensor(data_offsets=[]), bytes(8))
    yield "offsets-negative", file(tensor(data_offsets=[-8, 0]), bytes(8))
    yield "offsets-fraction", file(tensor(data_offsets=[0, 8.5]), bytes(8))
    yield "shape-overflow", file(tensor(shape=[1 << 62, 1 << 62]), bytes(8))
    yield "shape-wraps", file(tensor(shape=[(1 << 62) + 1, 2]), bytes(8))
    yield "shape-zero-hides", file(tensor(shape=[0, 1 << 62, 1 << 62], data_offsets=[0, 0]), b"")
    yield "shape-64-bits", file(tensor(shape=[1 << 64]), bytes(8))
    yield "shape-negative", file(tensor(shape=[-2]), bytes(8))
    yield "shape-float", file(tensor(shape=[2.0]), bytes(8))
    yield "shape-exponent", file(b'{"w":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', bytes(8))
    yield "shape-nan", file(b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', bytes(8))
    yield "shape-infinity", file(b'{"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}', bytes(8))
    yield "shape-text", file(tensor(shape=["2"]), bytes(8))
    yield "shape-dimensions", file(tensor(shape=[1] * 100_000), bytes(4))
    yield "digits-million", file(
        b'{"w":{"dtype":"F32","shape":[' + b"1" * MIB + b'],"data_offsets":[0,8]}}', bytes(8))
    yield "dtype-unknown", file(tensor(dtype="F32\x1b[2J"), bytes(8))
    yield "dtype-megabyte", file(tensor(dtype="F" * MIB), bytes(8))
    yield "dtype-number", file(tensor(dtype=32), bytes(8))
    yield "field-unknown", file(tensor(evil=1), bytes(8))
    yield "field-megabyte", file(tensor(**{"e" * MIB: 1}), bytes(8))
    yield "field-twice", file(
        b'{"w":{"dtype":"F32","dtype":"I64","shape":[2],"data_offsets":[0,8]}}', bytes(8))
    yield "name-twice", file(one[:-1] + b"," + one[1:], bytes(8))
    yield "name-twice-escaped", file(one[:-1] + b"," + one[1:].replace(b'"w"', b'"\\u0077"'), bytes(8))
    yield "name-not-utf8", file(one.replace(b'"w"', b'"\xff\xfe"'), bytes(8))
    yield "name-half-surrogate", file(one.replace(b'"w"', b'"\\ud800"'), bytes(8))
    yield "name-control", file(one.replace(b'"w"', b'"a\nb"'), bytes(8))
    yield "name-megabyte", file(one.replace(b'"w"', b'"' + b"n" * MIB + b'"').replace(
        b"F32", b"F99"), bytes(8))
    yield "name-open", file(b'{"' + b"n" * MIB, b"")
    yield "metadata-twice", file(b'{"__metadata__":{},"__metadata__":{}}', b"")
    yield "metadata-key-twice", file(b'{"__metadata__":{"a":"1","a":"2"}}', b"")
    yield "metadata-number", file(b'{"__metadata__":{"a":1}}', b"")
    yield "metadata-nested", file(b'{"__metadata__":{"a":{"b":"c"}}}', b"")
    yield "metadata-keys-million", file(
        b'{"__metadata__":{' + b",".join(b'"%d":""' % index for index in range(MIB)) + b"}}", b"")
    yield "metadata-keys-all-escaped", file(
        b'{"__metadata__":{' + b",".join(b'"\\u0041%d":"\\u0041"' % index for index in range(500_000))
        + b"}}", b"")
    yield "nested-arrays", file(b"[" * 100_000, b"")
    yield "nested-objects", file(b'{"a":' * 100_000, b"")
    yield "nested-shape", file(b'{"w":{"dtype":"F32","shape":' + b"[" * 100_000, b"")
    yield "tensors-empty-many", file({
        f"t{index}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for index in range(99_000)},
        b"")
    yield "tensors-too-many", file({
        f"{index}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for index in range(101_000)},
        b"")
    yield "not-an-object", file(b"[]", b"")
    yield "html", b"<!DOCTYPE html><html><body>404 Not Found</body></html>" * 20
    yield "git-lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    yield "text-after", file(one + b" x", bytes(8))
    yield "spaces-only", file(b" " * MIB, b"")
    yield "spaces-million", file(one + b" " * MIB, bytes(4))
    yield "nan-weights", file(one, struct.pack("<2f", float("nan"), 1))
    yield "no-metadata", file(one, bytes(8))
    nan = dict(fields)
    yield "infinite-statistics", file(
        {"__metadata__": {key: value if isinstance(value, str) else json.dumps(value)
                          for key, value in metadata().items()}, **nan},
        data.replace(struct.pack("<f", 0.5), struct.pack("<f", float("inf"))))
    yield "negative-variances", file(
        {"__metadata__": {key: value if isinstance(value, str) else json.dumps(value)
                          for key, value in metadata().items()}, **nan},
        data.replace(struct.pack("<f", 0.5), struct.pack("<f", -0.5)))


# Numbers that no size can be.
NUMBERS = {
    "2-63": 1 << 63, "2-62": 1 << 62, "2-31": 1 << 31, "1e300": 1e300, "1e308": 1e308, "4.5": 4.5,
    "minus-1": -1, "lowest": -(1 << 63), "2-64": 1 << 64, "zero": 0, "text": "64", "null": None,
    "list": [1], "object": {}, "true": True,
}


def contents():
    """Metadata that cannot be."""
    for title, number in NUMBERS.items():
        for key in ("frames", "height", "width", "channels"):
            yield f"input-{key}-{title}", model(setting("architecture", "input", key, number))
        for key in ("frames", "height", "resizeHeight", "resizeWidth"):
            yield f"prepared-{key}-{title}", model(setting("preprocessing", key, number))
        yield f"classes-{title}", model(setting("architecture", "classes", number))
        yield f"filters-{title}", model(setting("architecture", "layers", 0, "filters", number))
        yield f"kernel-{title}", model(setting("architecture", "layers", 0, "kernel", [1, 3, number]))
        yield f"stride-{title}", model(setting("architecture", "layers", 0, "stride", [1, 1, number]))
        if number != 0:
            yield f"padding-{title}", model(
                setting("architecture", "layers", 0, "padding", [0, 1, number]))
        yield f"window-{title}", model(setting("architecture", "layers", 3, "window", [1, 2, number]))
        yield f"hidden-{title}", model(setting("architecture", "layers", 5, "hidden", number))
        yield f"outputs-{title}", model(setting("architecture", "layers", 7, "outputs", number))
        if title not in ("4.5",):
            yield f"rate-{title}", model(
                setting("preprocessing", "choice", {"rate": {"framesPerSecond": number}}),
                **({"format": "pt"} if number != 0 else {}))
        yield f"each-{title}", model(setting("preprocessing", "choice", {"stride": {"_0": number}}))
        yield f"both-sides-{title}", model(lambda values: (
            setting("architecture", "input", "height", number)(values),
            setting("preprocessing", "height", number)(values),
            setting("preprocessing", "resizeHeight", number)(values)))
    for title, value in {
        "nan": "nan", "infinity": "inf", "minus": "-1", "zero": "0", "huge": "1e308", "text": "warm",
        "long": "1" * MIB, "empty": "", "hexadecimal": "0x1p-1074",
    }.items():
        yield f"temperature-{title}", model(temperature=value)
        if title not in ("zero", "huge", "hexadecimal"):
            yield f"seconds-{title}", model(clip_seconds=value)
    for title, value in {
        "zero": "0", "minus": "-1", "huge": str(1 << 70), "next": "3", "text": "one",
        "long": "9" * MIB, "empty": "",
    }.items():
        yield f"version-{title}", model(format_version=value)
    yield "rate-1e308-uneven", model(setting(
        "preprocessing", "choice", {"rate": {"framesPerSecond": 1.7e308}}))
    yield "rate-tiny", model(setting("preprocessing", "choice", {"rate": {"framesPerSecond": 5e-324}}))
    yield "each-most", model(setting("preprocessing", "choice", {"stride": {"_0": (1 << 63) - 1}}))
    yield "choice-two", model(setting(
        "preprocessing", "choice", {"uniform": {}, "stride": {"_0": 1}}))
    yield "mean-infinite", model(setting(
        "preprocessing", "normalization", {"fixed": {"mean": [1e300], "std": [1]}}))
    yield "mean-many", model(setting(
        "preprocessing", "normalization", {"fixed": {"mean": [0.5] * 100_000, "std": [1]}}))
    yield "deviation-zero", model(setting(
        "preprocessing", "normalization", {"fixed": {"mean": [0.5], "std": [0]}}))
    yield "deviation-denormal", model(setting(
        "preprocessing", "normalization", {"fixed": {"mean": [0.5], "std": [1e-50]}}))
    for key in ("architecture", "classes", "preprocessing", "training"):
        yield f"{key}-deep-arrays", model(**{key: "[" * 10_000 + "]" * 10_000})
        yield f"{key}-deep-objects", model(**{key: '{"a":' * 10_000 + "1" + "}" * 10_000})
        yield f"{key}-deep-million", model(**{key: "[" * MIB})
        yield f"{key}-empty", model(**{key: ""})
        yield f"{key}-null-text", model(**{key: "null"})
        yield f"{key}-open", model(**{key: '{"a":"'})
        yield f"{key}-numbers", model(**{key: "[" + "1," * 2_000_000 + "1]"})
        yield f"{key}-empty-lists", model(**{key: "[" + "[]," * 1_000_000 + "[]]"})
        yield f"{key}-texts", model(**{key: "[" + '"",' * 1_000_000 + '""]'})
        yield f"{key}-long-text", model(**{key: '"' + "n" * 8 * MIB + '"'})
        yield f"{key}-long-number", model(**{key: "1" * MIB})
        yield f"{key}-exponent", model(**{key: "1e" + "9" * MIB})
        yield f"{key}-keys", model(**{key: "{" + ",".join(f'"{i}":1' for i in range(500_000)) + "}"})
        yield f"{key}-nul", model(**{key: "\0"})
        yield f"{key}-nan", model(**{key: "NaN"})
    yield "format-missing", model(setting("format_version", None))
    yield "architecture-missing", model(setting("architecture", None))
    yield "classes-twice", model(setting("classes", ["a", "a"]))
    yield "classes-empty-name", model(setting("classes", ["a", ""]))
    yield "classes-three", model(setting("classes", ["a", "b", "c"]))
    yield "classes-million", model(setting("classes", [str(index) for index in range(MIB)]))
    yield "classes-long-unequal", model(setting("classes", ["n" * MIB, "b", "n" * MIB]))
    yield "layers-none", model(setting("architecture", "layers", []))
    yield "layers-unknown", model(setting("architecture", "layers", [{"type": "eval" * 100_000}]))
    yield "layers-cycle", model(setting("architecture", "layers", 2, "inputs", ["head"]))
    yield "layers-many", model(setting("architecture", "layers", [{"type": "relu"}] * 100_000))
    yield "layer-name-long", model(setting("architecture", "layers", 0, "name", "n" * MIB))
    yield "layer-name-control", model(setting("architecture", "layers", 0, "name", "\x1b[2J\n\u2028"))
    yield "name-long", model(lambda values: (
        setting("architecture", "name", "n" * MIB)(values),
        setting("architecture", "classes", 3)(values), setting("classes", ["a", "b", "c"])(values)))
    yield "stranger-long", stranger("s" * MIB)
    yield "stranger-control", stranger("\x1b]0;owned\x07\n")


def stranger(name):
    """A sound model with one tensor too many."""
    content = model()
    length = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    header[name] = {"dtype": "U8", "shape": [1], "data_offsets": [len(data), len(data) + 1]}
    return file(header, data + b"\0")


# What does no harm: the input is as large as the numbers say, or the value means something.
HARMLESS = {
    "stride-2-63", "rate-true", "seconds-zero", "seconds-huge",
}


def files():
    for title, content in headers():
        yield f"header-{title}.safetensors", content
    for title, content in contents():
        prefix = "harmless-" if title in HARMLESS else ""
        yield f"{prefix}metadata-{title}.safetensors", content
    yield "harmless-sound.safetensors", model()
    yield "harmless-names-control.safetensors", model(setting("classes", ["\x1b[2J\n", "../../b\0"]))
    yield "harmless-training-facts.safetensors", model(setting("training", {"\x1b[2J": "n" * 1000}))
    yield "harmless-name-traversal.safetensors", model(setting("architecture", "name", "../../etc/x"))
    yield "harmless-seconds-huge.safetensors", model(clip_seconds="1e308")
