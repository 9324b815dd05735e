"""Hostile architectures, as `vidclass train --arch FILE` reads them."""

import copy
import json

from models import ARCHITECTURE, NUMBERS, setting

MIB = 1 << 20
INPUT = {"frames": 4, "height": 16, "width": 16, "channels": 3}
FIELDS = {
    "conv1d": {"filters": 4, "kernel": 3, "stride": 1, "padding": 1, "dilation": 1, "groups": 1},
    "conv3d": {"filters": 4, "kernel": [1, 3, 3], "stride": [1, 1, 1], "padding": [0, 1, 1]},
    "maxpool3d": {"window": [1, 2, 2]}, "lstm": {"hidden": 4}, "gru": {"hidden": 4},
    "dense": {"outputs": 2}, "dropout": {"rate": 0.5}, "groupnorm": {"groups": 1},
}


def network(change=None, layers=None):
    made = copy.deepcopy({**ARCHITECTURE, "input": INPUT})
    if layers is not None:
        made["layers"] = layers
    if change:
        change(made)
    return json.dumps(made).encode()


def convolution(name, filters, **changes):
    return {"type": "conv3d", "name": name, "filters": filters, "kernel": [1, 3, 3],
            "stride": [1, 1, 1], "padding": [0, 1, 1], "bias": False, **changes}


END = [{"type": "spatialmean"}, {"type": "timepooling", "mode": "last"},
       {"type": "dense", "name": "head", "outputs": 2}]


def numbers():
    for title, number in NUMBERS.items():
        for key in ("frames", "height", "width", "channels"):
            yield f"input-{key}-{title}", network(setting("input", key, number))
        yield f"classes-{title}", network(setting("classes", number))
        yield f"filters-{title}", network(setting("layers", 0, "filters", number))
        for key in ("kernel", "stride", "padding"):
            yield f"{key}-{title}", network(setting("layers", 0, key, [1, number, 1]))
            yield f"{key}-all-{title}", network(setting("layers", 0, key, [number] * 3))
            yield f"{key}-itself-{title}", network(setting("layers", 0, key, number))
        for key in ("dilation", "groups"):
            yield f"{key}-{title}", network(setting(
                "layers", 0, key, [1, number, 1] if key == "dilation" else number))
        yield f"window-{title}", network(setting("layers", 3, "window", [1, 2, number]))
        yield f"hidden-{title}", network(setting("layers", 5, "hidden", number))
        yield f"outputs-{title}", network(setting("layers", 7, "outputs", number))
        yield f"rate-{title}", network(setting(
            "layers", 6, {"type": "dropout", "rate": number}))
        yield f"name-{title}", network(setting("layers", 0, "name", number))
        yield f"inputs-{title}", network(setting("layers", 1, "inputs", number))
        yield f"inputs-list-{title}", network(setting("layers", 1, "inputs", [number]))
        yield f"type-{title}", network(setting("layers", 1, "type", number))
        yield f"layers-{title}", network(setting("layers", number))
        yield f"layer-{title}", network(setting("layers", 1, number))
        yield f"reshape-{title}", network(layers=[
            {"type": "reshape", "shape": [4, number]}, *END])
        yield f"slice-{title}", network(layers=[
            {"type": "slicetime", "start": number, "count": number, "step": number}, *END])
        yield f"group-norm-{title}", network(setting(
            "layers", 1, {"type": "groupnorm", "name": "norm", "groups": number, "epsilon": number}))
    for title, number in {"NaN": "NaN", "Infinity": "Infinity", "minus-Infinity": "-Infinity",
                          "hexadecimal": "0x10", "plus": "+1", "dot": ".5", "1e999": "1e999",
                          "minus-zero": "-0", "leading-zero": "08", "long": "9" * MIB,
                          "exponent-long": "1e" + "9" * MIB, "fraction-long": "0." + "3" * MIB}.items():
        yield f"digits-{title}", network().replace(
            b'"filters": 2', b'"filters": ' + number.encode())


def graphs():
    yield "cycle", network(setting("layers", 1, "inputs", ["head"]))
    yield "cycle-of-two", network(layers=[
        {"type": "relu", "name": "a", "inputs": ["b"]}, {"type": "relu", "name": "b", "inputs": ["a"]},
        *END])
    yield "self-input", network(setting("layers", 1, "inputs", ["norm"]))
    yield "names-twice", network(setting("layers", 1, "name", "conv"))
    yield "name-input", network(setting("layers", 1, "name", "input"))
    yield "name-empty", network(setting("layers", 1, "name", ""))
    yield "unknown-kind", network(setting("layers", 1, {"type": "os.system", "name": "x"}))
    yield "unknown-kind-long", network(setting("layers", 1, {"type": "e" * MIB, "name": "x"}))
    yield "name-unread-long", network(setting("layers", 1, "inputs", ["n" * MIB]))
    yield "name-long-twice", network(lambda made: (
        setting("layers", 0, "name", "n" * 500_000)(made),
        setting("layers", 1, "name", "n" * 500_000)(made)))
    yield "network-name-long", network(lambda made: (
        setting("name", "n" * MIB)(made), setting("layers", 1, "name", "conv")(made)))
    yield "key-long", network(setting("layers", 1, {"k" * MIB: 1}))
    yield "inputs-none", network(setting("layers", 1, "inputs", []))
    yield "inputs-many", network(setting("layers", 1, {
        "type": "concatenate", "inputs": ["conv"] * 100_000}))
    yield "layers-none", network(layers=[])
    yield "layers-hundred-thousand", network(layers=[{"type": "relu"}] * 100_000)
    yield "layers-most", network(layers=[{"type": "relu"}] * 2040 + END)
    yield "layers-doubling", network(layers=[
        {"type": "concatenate", "name": f"a{index}",
         "inputs": [f"a{index - 1}" if index else "input"] * 64} for index in range(20)] + END)
    yield "layers-of-half-a-gibibyte", network(layers=[
        convolution(f"c{index}", 120_000, kernel=[1, 1, 1], padding=[0, 0, 0], groups=1)
        for index in range(1)] + [{"type": "relu"}] * 30 + END)
    yield "values-in-all", network(lambda made: made["input"].update(
        {"frames": 512, "height": 512, "width": 512}), layers=[{"type": "relu"}] * 2000 + END)
    yield "values-of-one", network(lambda made: made["input"].update(
        {"frames": 512, "height": 1024, "width": 1024}))
    yield "weights-in-all", network(layers=[convolution("a", 100_000), *END])
    yield "weights-of-many", network(layers=[
        convolution("first", 20_000, kernel=[1, 1, 1], padding=[0, 0, 0], stride=[4, 16, 16])] + [
        convolution(f"c{index}", 20_000, kernel=[1, 1, 1], padding=[0, 0, 0]) for index in range(20)]
        + END)
    yield "states-in-all", network(layers=[
        {"type": "spatialmean"}, {"type": "lstm", "name": "l", "hidden": 16_000},
        {"type": "timepooling", "mode": "last"}, {"type": "dense", "name": "head", "outputs": 2}])
    yield "padding-grows", network(setting("layers", 0, "padding", [1 << 20, 0, 0]))
    yield "padding-grows-all", network(setting("layers", 0, "padding", [400, 400, 400]))
    yield "kernel-huge", network(lambda made: (
        setting("layers", 0, "kernel", [1001, 1001, 1001])(made),
        setting("layers", 0, "padding", [500, 500, 500])(made)))
    yield "attention-huge", network(lambda made: made["input"].update(
        {"frames": 512, "height": 512, "width": 512}), layers=[
        {"type": "flattensteps"}, {"type": "selfattention", "name": "s", "heads": 1},
        {"type": "timepooling", "mode": "last"}, {"type": "dense", "name": "head", "outputs": 2}])
    yield "harmless-name-control", network(lambda made: setting(
        "layers", 0, "name", "\x1b[2J\x07\n\u2028")(made))
    yield "harmless-name-path", network(lambda made: (
        setting("name", "../../../../tmp/evil")(made),
        setting("layers", 0, "name", "../../etc/passwd")(made)))
    yield "name-control-twice", network(lambda made: (
        setting("layers", 0, "name", "\x1b[2J\x07\n\u2028")(made),
        setting("layers", 1, "name", "\x1b[2J\x07\n\u2028")(made)))


def texts():
    yield "empty", b""
    yield "nul", b"\0" * 1000
    yield "not-json", b"import os; os.system('touch executed')"
    yield "null", b"null"
    yield "number", b"1e308"
    yield "list", b"[]"
    yield "text", b'"architecture"'
    yield "object-empty", b"{}"
    yield "not-utf8", network().replace(b"conv", b"\xff\xfe\xc0\x80")
    yield "utf16", network().decode().encode("utf-16")
    yield "half-surrogate", network().replace(b'"conv"', b'"\\ud800"')
    yield "deep-arrays", b"[" * 100_000 + b"]" * 100_000
    yield "deep-arrays-open", b"[" * MIB
    yield "deep-objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "deep-layers", b'{"layers":' * 50_000
    yield "deep-600", b"[" * 600 + b"]" * 600
    yield "deep-within", network().replace(b'"tiny"', b"[" * 50_000 + b"]" * 50_000)
    yield "deep-ignored", network().replace(b'"name": "tiny"', b'"name": "tiny", "extra": ' + (
        b"[" * 50_000 + b"]" * 50_000))
    yield "two-values", network() + network()
    yield "cut", network()[:-20]
    yield "unclosed-text", b'{"name":"' + b"n" * MIB
    yield "numbers-many", b"[" + b"1," * 1_000_000 + b"1]"
    yield "lists-many", b"[" + b"[]," * 600_000 + b"[]]"
    yield "texts-many", b"[" + b'"",' * 600_000 + b'""]'
    yield "keys-many", b"{" + b",".join(b'"%d":1' % index for index in range(160_000)) + b"}"
    yield "key-twice", network().replace(b'"filters": 2', b'"filters": 2, "filters": 3')
    yield "megabytes", b" " * (3 * MIB) + network()
    yield "spaces", b" " * MIB


# What has a meaning, or is passed over: nothing that is asked for is large.
HARMLESS = {
    "digits-minus-zero", "classes-2-31", "classes-2-62", "classes-minus-1", "classes-lowest",
    "classes-zero", "groups-null", "groups-true", "dilation-null", "name-null", "inputs-null",
    "key-twice", "layers-most", "name-text", "outputs-2-31", "outputs-2-62", "outputs-minus-1",
    "outputs-lowest", "outputs-zero", "padding-all-zero", "padding-itself-zero",
}


def files():
    for subject in (numbers, graphs, texts):
        for title, content in subject():
            prefix = "harmless-" if title in HARMLESS else ""
            yield f"{prefix}{title}.json", content
    yield "harmless-sound.json", network()
