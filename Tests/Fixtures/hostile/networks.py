"""Hostile ONNX files, written field by field of protobuf."""

import struct

MIB = 1 << 20
FLOAT, INT64 = 1, 7


# Protobuf.


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


# ONNX.


def tensor(name, dims, data=None, kind=FLOAT, rest=b""):
    raw = b"" if data is None else block(9, data)
    return b"".join(number(1, size) for size in dims) + number(2, kind) + block(8, name) + raw + rest


def integers(name, values, dims=None):
    return tensor(name, [len(values)] if dims is None else dims,
                  struct.pack(f"<{len(values)}q", *values), INT64)


def ints(name, values):
    return block(5, block(1, name) + b"".join(number(8, value) for value in values) + number(20, 7))


def whole(name, value):
    return block(5, block(1, name) + number(3, value) + number(20, 2))


def value_attribute(content, name="value"):
    return block(5, block(1, name) + block(5, content) + number(20, 4))


def node(op, inputs, outputs, *attributes, name=""):
    return block(1, b"".join(block(1, text) for text in inputs) + b"".join(
        block(2, text) for text in outputs) + (block(3, name) if name else b"") + block(4, op)
        + b"".join(attributes))


def value(name, dims, kind=FLOAT):
    shape = b"".join(
        block(1, block(2, size) if isinstance(size, str) else number(1, size)) for size in dims)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))


def graph(nodes=(), initializers=(), inputs=None, outputs=None):
    inputs = [value("x", ["n", 4, 3, 8, 8])] if inputs is None else inputs
    outputs = [value("y", ["n", 2])] if outputs is None else outputs
    return (b"".join(nodes) + block(2, "g") + b"".join(block(5, each) for each in initializers)
            + b"".join(block(11, each) for each in inputs)
            + b"".join(block(12, each) for each in outputs))


def model(content, opset=17, rest=b""):
    return number(1, 8) + block(7, content) + block(8, number(2, opset)) + rest


def frames(*more, initializers=(), inputs=None, outputs=None, result="f"):
    """A picture network for vidclass: Flatten and Gemm, with `more` before them."""
    weight = tensor("w", [2, 192], bytes(4 * 384))
    return model(graph(
        [*more, node("Flatten", [result], ["h"]), node("Gemm", ["h", "w"], ["y"], whole("transB", 1))],
        [weight, *initializers], [value("x", ["n", 3, 8, 8])] if inputs is None else inputs, outputs))


def external(location, offset="0", length=None, dims=(2, 192)):
    entries = {"location": location, "offset": offset}
    if length is not None:
        entries["length"] = length
    rest = number(14, 1) + b"".join(
        block(13, block(1, key) + block(2, text)) for key, text in entries.items())
    return model(graph(
        [node("Flatten", ["x"], ["h"]), node("Gemm", ["h", "w"], ["y"], whole("transB", 1))],
        [tensor("w", dims, rest=rest)], [value("x", ["n", 3, 8, 8])]))


def wire():
    """Broken protobuf."""
    yield "empty", b""
    yield "zeros", bytes(1000)
    yield "ones", b"\xff" * 1000
    yield "varint-overflow", b"\x08" + b"\xff" * 9 + b"\x7f"
    yield "varint-endless", b"\x08" + b"\x80" * MIB
    yield "varint-cut", b"\x08\xff"
    yield "length-all-bits", b"\x3a" + b"\xff" * 9 + b"\x01"
    yield "length-2-31", b"\x3a" + varint(1 << 31)
    yield "length-2-62", b"\x3a" + varint(1 << 62) + b"abc"
    yield "field-zero", b"\x00\x01"
    yield "field-huge", varint(1 << 40) + b"\x01"
    yield "wire-type-6", b"\x0e\x01"
    yield "groups-deep", b"\x3b" * 100_000
    yield "groups-closed", b"\x3b" * 50_000 + b"\x3c" * 50_000
    deep = b""
    for _ in range(2000):
        deep = block(6, block(1, block(5, block(1, "then_branch") + deep) + block(4, "If")))
    yield "subgraphs-deep", model(block(1, block(5, block(1, "then_branch") + deep) + block(4, "If")))
    yield "graph-twice", model(graph()) + block(7, graph())
    yield "graph-missing", number(1, 8) + block(8, number(2, 17))
    yield "graph-empty", model(b"")
    yield "opset-missing", number(1, 8) + block(7, graph())
    yield "opset-huge", model(graph(), (1 << 63) - 1)
    yield "opset-negative", model(graph(), -1)
    yield "opset-twice", model(graph(), rest=block(8, number(2, 16)))
    yield "opsets-many", model(graph(), rest=b"".join(
        block(8, block(1, str(index)) + number(2, 1)) for index in range(99_000)))
    yield "domain-foreign", model(graph([block(1, block(4, "Evil") + block(7, "evil.example"))]))
    yield "functions", frames(node("Evil", ["x"], ["f"])) + block(25, block(1, "Evil"))
    yield "name-megabyte", model(graph([node("Relu", ["x"], ["y"], name="n" * MIB)]))
    yield "name-longest", frames(node("R" * 4000, ["x" * 4000], ["f"], name="n" * 4000))
    yield "name-control", frames(node("Relu\x1b[2J\n", ["x"], ["f"], name="\x1b]0;owned\x07\u2028"))
    yield "name-not-utf8", model(graph([block(1, block(4, b"\xff\xfe"))]))
    yield "documentation-long", model(b"", rest=block(6, "d" * 8 * MIB))
    yield "documentation-longer", model(b"", rest=block(6, "d" * 20 * MIB))
    yield "unknown-fields-million", model(b"", rest=(varint(1000 << 3) + b"\x01") * MIB)
    yield "metadata-million", model(b"", rest=block(14, b"") * MIB)
    yield "metadata-many", model(b"", rest=b"".join(
        block(14, block(1, f"{index}") + block(2, "")) for index in range(99_000)))
    yield "text-file", b"This is not an ONNX file.\n" * 100
    yield "external-list-million", model(block(5, number(2, 1) + block(13, b"") * MIB))


def tensors():
    def one(content):
        return frames(initializers=[content], result="x")

    yield "dims-overflow", one(tensor("v", [1 << 62, 1 << 62], bytes(8)))
    yield "dims-wrap", one(tensor("v", [(1 << 62) + 1, 4], bytes(16)))
    yield "dims-negative", one(tensor("v", [-2, -2], bytes(16)))
    yield "dims-zero-hides", one(tensor("v", [0, 1 << 62, 1 << 62], b""))
    yield "dims-zero-hides-flattened", frames(
        node("Flatten", ["v"], ["u"], whole("axis", 1)), node("Add", ["x", "u"], ["f"]),
        initializers=[tensor("v", [0, 1 << 62, 1 << 62], b"")])
    yield "dims-many", one(tensor("v", [1] * 500_000, bytes(4)))
    yield "dims-too-many", one(tensor("v", [1] * 1_100_000, bytes(4)))
    packed = block(1, b"\x01" * 900_000)
    yield "dims-packed", one(packed + number(2, FLOAT) + block(8, "v") + block(9, bytes(4)))
    yield "raw-shorter", one(tensor("v", [10], bytes(39)))
    yield "raw-longer", one(tensor("v", [10], bytes(4 * MIB)))
    yield "raw-none", one(tensor("v", [1 << 30]))
    yield "raw-2-40", one(tensor("v", [1 << 40], bytes(4)))
    yield "raw-and-floats", one(tensor("v", [1], bytes(4), rest=block(4, bytes(4))))
    yield "floats-short", one(tensor("v", [1 << 20], rest=block(4, bytes(4))))
    yield "varints-long", one(tensor("v", [10], kind=INT64, rest=block(7, b"\x80" * 100)))
    yield "varints-cut", one(tensor("v", [1], kind=INT64, rest=block(7, b"\x80")))
    yield "type-unknown", one(tensor("v", [1], bytes(4), 99))
    yield "type-negative", one(tensor("v", [1], bytes(4), -1))
    yield "name-twice", one(tensor("w", [1], bytes(4)))
    yield "segment", one(tensor("v", [1], bytes(4), rest=block(3, number(1, 0))))
    yield "nan-weights", frames(result="x").replace(bytes(400), b"\xff" * 400)
    for title, place in {
        "passwd": "/etc/passwd", "above": "../../../../../../etc/passwd", "self": ".",
        "device": "/dev/zero", "hidden-above": "a/../../../etc/passwd", "nul": "w\0.bin",
        "empty": "", "missing": "missing.bin", "url": "http://example.com/w", "folder": "a/",
        "long": "d/" * 2000, "control": "\x1b[2J\n",
    }.items():
        yield f"external-{title}", external(place, length="1536")
    # The file itself as its weights.
    yield "external-itself-beyond", external("onnx-external-itself-beyond.onnx", offset="10000")
    yield "external-offset-huge", external("missing.bin", offset=str(1 << 63))
    yield "external-offset-negative", external("missing.bin", offset="-1")
    yield "external-length-lies", external("missing.bin", length="99999999999")
    yield "external-terabytes", external("missing.bin", dims=(1 << 20, 1 << 18))
    yield "external-location-missing", model(graph(initializers=[
        tensor("w", [1], rest=number(14, 1))]))
    yield "external-million", external("missing.bin", offset="0" * MIB)


def graphs():
    relu = node("Relu", ["x"], ["f"])
    yield "cycle", frames(node("Add", ["x", "f"], ["b"]), node("Relu", ["b"], ["f"]))
    yield "cycle-of-one", frames(node("Relu", ["f"], ["f"]))
    yield "output-twice", frames(relu, node("Tanh", ["x"], ["f"]))
    yield "output-shadows-input", frames(node("Relu", ["x"], ["x"]), relu)
    yield "input-missing", frames(node("Relu", ["nothing"], ["f"]))
    yield "initializer-missing", frames(node("Conv", ["x", "nothing"], ["f"]))
    yield "no-inputs", frames(node("Relu", [], ["f"]))
    yield "no-outputs", frames(node("Relu", ["x"], []), relu.replace(b"f", b"g"))
    yield "no-nodes", model(graph())
    yield "no-graph-inputs", model(graph([relu], inputs=[]))
    yield "no-graph-outputs", model(graph([relu], outputs=[]))
    yield "inputs-many", frames(relu, inputs=[value(f"x{i}", [1]) for i in range(50_000)])
    yield "nodes-million", model(graph([node("Relu", ["x"], ["x"])] * MIB))
    yield "nodes-60-thousand", frames(*[
        node("Relu", [f"a{index}" if index else "x"], [f"a{index + 1}"]) for index in range(60_000)],
        result="a60000")
    yield "nodes-fan", frames(node("Concat", ["x"] * 100_000, ["f"], whole("axis", 0)))
    yield "doubling", frames(*[
        node("Concat", [f"a{index}" if index else "x"] * 2, [f"a{index + 1}"], whole("axis", 2))
        for index in range(60)], result="a60")
    yield "doubling-channels", frames(*[
        node("Concat", [f"a{index}" if index else "x"] * 2, [f"a{index + 1}"], whole("axis", 1))
        for index in range(25)], result="a25")
    yield "unknown-operator", frames(node("Evil", ["x"], ["f"]))
    yield "if", frames(node("If", ["x"], ["f"], block(
        5, block(1, "then_branch") + block(6, graph([relu])) + number(20, 5))))
    yield "loop", frames(node("Loop", ["", "", "x"], ["f"], block(
        5, block(1, "body") + block(6, graph([relu])) + number(20, 5))))
    for title, size in {
        "negative": -1, "zero": 0, "2-62": 1 << 62, "2-63": -(1 << 63), "2-40": 1 << 40,
        "2-20": 1 << 20, "name": "width",
    }.items():
        yield f"input-width-{title}", frames(relu, inputs=[value("x", ["n", 3, 8, size])])
        yield f"input-channels-{title}", frames(relu, inputs=[value("x", ["n", size, 8, 8])])
    yield "input-axes-many", frames(relu, inputs=[value("x", [1] * 100_000)])
    yield "input-axes-none", frames(relu, inputs=[value("x", [])])
    yield "input-all-2-31", frames(relu, inputs=[value("x", [1 << 31] * 5)])
    kernel = tensor("k", [3, 3, 3, 3], bytes(4 * 81))
    for title, attributes in {
        "pads-2-62": [ints("pads", [1 << 62] * 4)], "pads-negative": [ints("pads", [-1 << 62] * 4)],
        "pads-few": [ints("pads", [1])], "strides-zero": [ints("strides", [0, 0])],
        "strides-negative": [ints("strides", [-1, -1])], "strides-2-62": [ints("strides", [1 << 62] * 2)],
        "dilations-2-62": [ints("dilations", [1 << 62] * 2)], "group-zero": [whole("group", 0)],
        "group-lowest": [whole("group", -(1 << 63))], "kernel-lies": [ints("kernel_shape", [1 << 40] * 2)],
        "attributes-twice": [ints("pads", [1] * 4), ints("pads", [1] * 4)],
        "pads-million": [ints("pads", [1] * 300_000)],
    }.items():
        yield f"convolution-{title}", frames(
            node("Conv", ["x", "k"], ["f"], *attributes), initializers=[kernel])
    for title, attributes in {
        "kernel-2-62": [ints("kernel_shape", [1 << 62] * 2)], "kernel-zero": [ints("kernel_shape", [0, 0])],
        "kernel-none": [], "pads-2-40": [ints("kernel_shape", [2, 2]), ints("pads", [1 << 40] * 4)],
    }.items():
        yield f"pooling-{title}", frames(node("MaxPool", ["x"], ["f"], *attributes))
    for title, wanted in {
        "2-62": [1 << 62, 1 << 62], "lowest": [-(1 << 63), 1], "two-open": [-1, -1], "zero": [0] * 20,
        "many": [1] * 100_000,
    }.items():
        yield f"reshape-{title}", frames(
            node("Reshape", ["x", "s"], ["f"]), initializers=[integers("s", wanted)])
    yield "transpose-lies", frames(node("Transpose", ["x"], ["f"], ints("perm", [0, 0, 1 << 62, -1])))
    yield "slice-2-63", frames(node("Slice", ["x", "a", "b", "c", "d"], ["f"]), initializers=[
        integers("a", [-(1 << 63)]), integers("b", [(1 << 63) - 1]), integers("c", [(1 << 63) - 1]),
        integers("d", [-(1 << 63)])])
    yield "lstm-lies", frames(node("LSTM", ["x", "w", "w"], ["f"], whole("hidden_size", 1 << 62)))
    yield "gather-2-63", frames(node("Gather", ["x", "i"], ["f"], whole("axis", -(1 << 63))),
                                initializers=[integers("i", [-(1 << 63)])])


def bombs():
    """Constants that grow far beyond the file."""
    def shaped(op, *inputs, attributes=(), more=(), constants=()):
        return frames(
            *more, node(op, inputs, ["big"], *attributes), node("Add", ["x", "big"], ["f"]),
            initializers=constants)

    zero = tensor("zero", [1], bytes(4))
    ranged = [integers("start", [0], []), integers("step", [1], [])]
    for title, dims in {
        "2-40": [1 << 40], "2-31": [1 << 31], "2-28": [1 << 28], "product": [1 << 20, 1 << 20, 1 << 20],
        "negative": [-1], "lowest": [-(1 << 63)], "2-26": [1 << 26],
    }.items():
        yield f"constant-of-shape-{title}", shaped(
            "ConstantOfShape", "s", constants=[integers("s", dims)])
        yield f"expand-{title}", shaped("Expand", "zero", "s", constants=[zero, integers("s", dims)])
        yield f"tile-{title}", shaped("Tile", "zero", "s", constants=[zero, integers("s", dims)])
        if len(dims) == 1:
            yield f"range-{title}", shaped("Range", "start", "limit", "step", constants=[
                *ranged, integers("limit", dims, [])])
    yield "range-step-zero", shaped("Range", "start", "limit", "zero64", constants=[
        *ranged, integers("limit", [9], []), integers("zero64", [0], [])])
    yield "range-overflow", shaped("Range", "low", "high", "step", constants=[
        integers("low", [-(1 << 63)], []), integers("high", [(1 << 63) - 1], []), ranged[1]])
    yield "range-lowest-step", shaped("Range", "high", "low", "low", constants=[
        integers("low", [-(1 << 63)], []), integers("high", [(1 << 63) - 1], [])])
    yield "concat-doubling", shaped(
        "Concat", "c40", "c40", attributes=[whole("axis", 0)], constants=[
            tensor("c0", [1024], bytes(4096))], more=[
            node("Concat", [f"c{i}", f"c{i}"], [f"c{i + 1}"], whole("axis", 0)) for i in range(40)])
    yield "concat-fan", shaped(
        "Concat", *["c"] * 50_000, attributes=[whole("axis", 0)],
        constants=[tensor("c", [65536], bytes(4 * 65536))])
    yield "expand-then-add", shaped("Add", "e", "e", constants=[
        zero, integers("s", [1 << 27])], more=[node("Expand", ["zero", "s"], ["e"])])
    yield "expand-then-where", shaped("Where", "c", "e", "e", constants=[
        zero, integers("s", [1 << 27])], more=[
            node("Expand", ["zero", "s"], ["e"]), node("Equal", ["e", "e"], ["c"])])
    yield "expand-then-transpose", shaped(
        "Transpose", "e", attributes=[ints("perm", [1, 0])], constants=[
            zero, integers("s", [1 << 13, 1 << 14])], more=[node("Expand", ["zero", "s"], ["e"])])
    yield "expand-then-cast", shaped(
        "Cast", "e", attributes=[whole("to", 7)], constants=[zero, integers("s", [1 << 27])],
        more=[node("Expand", ["zero", "s"], ["e"])])
    yield "expand-then-gather", shaped("Gather", "zero", "i", constants=[
        zero, integers("s", [1 << 27])], more=[
            node("ConstantOfShape", ["s"], ["z"]), node("Cast", ["z"], ["i"], whole("to", 7))])
    yield "outer-product", shaped("Mul", "a", "b", constants=[
        tensor("a", [1 << 16, 1], bytes(4 << 16)), tensor("b", [1, 1 << 16], bytes(4 << 16))])
    yield "many-small", shaped("Neg", "c", constants=[tensor("c", [65536], bytes(4 * 65536))], more=[
        node("Neg", ["c"], [f"n{index}"]) for index in range(20_000)])
    yield "many-folded", shaped("Neg", "c", constants=[tensor("c", [65536], bytes(4 * 65536))], more=[
        node("Add", ["c", "c"], [f"n{index}"]) for index in range(20_000)])
    yield "divide-by-zero", shaped("Div", "a", "b", constants=[
        integers("a", [1], []), integers("b", [0], [])])
    yield "divide-lowest", shaped("Div", "a", "b", constants=[
        integers("a", [-(1 << 63)], []), integers("b", [-1], [])])
    yield "negate-lowest", shaped("Neg", "a", constants=[integers("a", [-(1 << 63)], [])])
    yield "multiply-overflow", shaped("Mul", "a", "a", constants=[integers("a", [1 << 62], [])])
    yield "reduce-overflow", shaped("ReduceProd", "a", constants=[integers("a", [1 << 40] * 4)])
    yield "cast-nan", shaped("Cast", "a", attributes=[whole("to", 7)], constants=[
        tensor("a", [1], struct.pack("<f", float("nan")))])
    yield "cast-1e38", shaped("Cast", "a", attributes=[whole("to", 7)], constants=[
        tensor("a", [1], struct.pack("<f", 1e38))])
    yield "constant-nested", shaped("Identity", "c", more=[
        node("Constant", [], ["c"], value_attribute(tensor("", [1 << 40], bytes(4))))])


# Broken data of a tensor that nothing reads, which is never looked at.
HARMLESS = {"varints-cut", "varints-long"}


def files():
    for subject in (wire, tensors, graphs, bombs):
        for title, content in subject():
            prefix = "harmless-" if title in HARMLESS else ""
            yield f"{prefix}onnx-{title}.onnx", content
    yield "harmless-onnx-sound.onnx", frames(result="x")
