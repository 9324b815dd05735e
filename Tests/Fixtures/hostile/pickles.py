"""Hostile pickles, in PyTorch's older format and in the zip format around them."""

import struct

from ziparchive import Entry, archive

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
VERSION = b"\x80\x02M\xe9\x03."
SYSTEM = b"\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."


# Opcodes.


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value):
    """LONG1 of as few bytes as the number needs."""
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def name(module, function):
    return f"c{module}\n{function}\n".encode()


def numbers(values):
    return b"(" + b"".join(integer(value) for value in values) + b"t"


def call(module, function, *arguments):
    return name(module, function) + b"(" + b"".join(arguments) + b"tR"


def storage(key="0", kind="FloatStorage", count=6, extra=b""):
    fields = text("storage") + name("torch", kind) + text(key) + text("cpu") + integer(count)
    return b"(" + fields + extra + b"tQ"


def tensor(store=None, offset=0, size=(2, 3), stride=(3, 1)):
    return call(
        "torch._utils", "_rebuild_tensor_v2", store or storage(), integer(offset), numbers(size),
        numbers(stride), b"\x89", b"N")


def dictionary(value, key="w"):
    return b"}" + text(key) + value + b"s"


def program(body, protocol=2):
    return b"\x80" + bytes([protocol]) + body + b"."


# Files.


def zipped(pickle, data=bytes(24), key="0", **options):
    return archive([Entry("a/data.pkl", pickle), Entry(f"a/data/{key}", data)], **options)


def older(pickle, data=bytes(24), count=6, keys=("0",)):
    listed = program(b"](" + b"".join(text(key) for key in keys) + b"e")
    stored = struct.pack("<Q", count & (1 << 64) - 1) + data
    return MAGIC + VERSION + SYSTEM + pickle + listed + stored


def executing(marker):
    """Values of which each makes `marker` where Python unpickles it."""
    touch = f"touch {marker}"
    python = f"open({marker!r}, 'w')"
    yield "os-system", call("os", "system", text(touch))
    yield "posix-system", call("posix", "system", text(touch))
    yield "nt-system", call("nt", "system", text(touch))
    yield "subprocess", call("subprocess", "check_output", b"(" + text("touch") + text(marker) + b"l")
    yield "subprocess-list", call("subprocess", "call", b"](" + text("touch") + text(marker) + b"e")
    yield "builtins-eval", call("builtins", "eval", text(python))
    yield "builtins-exec", call("builtins", "exec", text(python))
    yield "python2-eval", call("__builtin__", "eval", text(python))
    yield "open", call("builtins", "open", text(marker), text("w"))
    yield "compile", call(
        "builtins", "exec", call("builtins", "compile", text(python), text("x"), text("exec")))
    yield "getattr", call(
        "builtins", "getattr", call("builtins", "__import__", text("os")), text("system")
    ) + b"(" + text(touch) + b"tR"
    yield "attrgetter", call("operator", "attrgetter", text("system")) + b"(" + call(
        "importlib", "import_module", text("os")) + b"tR(" + text(touch) + b"tR"
    yield "methodcaller", call("operator", "methodcaller", text("system"), text(touch)) + b"(" + (
        call("importlib", "import_module", text("os"))) + b"tR"
    yield "map", call("builtins", "list", call(
        "builtins", "map", name("os", "system"), b"](" + text(touch) + b"e"))
    yield "partial", call("functools", "partial", name("os", "system"), text(touch)) + b")R"
    yield "copyreg-reconstructor", call(
        "copyreg", "_reconstructor", name("subprocess", "Popen"), name("builtins", "object"), b"N")
    yield "copyreg-newobj", call(
        "copyreg", "__newobj__", name("subprocess", "Popen"),
        b"](" + text("touch") + text(marker) + b"e")
    yield "newobj", name("subprocess", "Popen") + b"](" + text("touch") + text(marker) + b"e\x85\x81"
    yield "newobj-ex", name("subprocess", "Popen") + b"](" + text("touch") + text(marker) + (
        b"e\x85}\x92")
    yield "build-setstate", call("copyreg", "_reconstructor", name("torch.nn", "Module"),
                                 name("builtins", "object"), b"N") + dictionary(
        call("os", "system", text(touch)), "__setstate__") + b"b"
    yield "stack-global", text("os") + text("system") + b"\x93(" + text(touch) + b"tR"
    yield "dotted", text("torch") + text("os.system") + b"\x93(" + text(touch) + b"tR"
    yield "inst", b"(" + text(touch) + b"ios\nsystem\n"
    yield "obj", b"(" + name("os", "system") + text(touch) + b"o"
    yield "extension", b"\x82\x01(" + text(touch) + b"tR"
    yield "torch-load", call("torch", "load", text(marker))
    yield "torch-hub", call("torch.hub", "load", text("evil/evil"), text("evil"))
    yield "rebuild-lookalike", call("torch._utils", "_rebuild_tensor_v2.__globals__", text(touch))
    yield "runpy", call("runpy", "_run_code", text(python), b"}")
    yield "timeit", call("timeit", "main", b"](" + text(python) + b"e")
    yield "ordered-dict-subclass", call(
        "collections", "OrderedDict.fromkeys", b"](" + text(touch) + b"e")
    yield "parameter-of-call", call(
        "torch._utils", "_rebuild_parameter", call("os", "system", text(touch)), b"\x89", b"N")
    yield "storage-of-call", tensor(store=call("os", "system", text(touch)))
    yield "persistent-id-of-call", call("os", "system", text(touch)) + b"Q"


def stacks():
    """Programs that wear out stack, memo and nesting."""
    yield "marks", program(b"(" * 100_000)
    yield "marks-million", program(b"(" * MIB + b"t" * MIB)
    yield "tuples-deep", program(b")" + b"\x85" * 900_000)
    yield "lists-deep", program(b"]" * 200_000 + b"a" * 199_999)
    yield "dicts-deep", program(b"}" + b"".join(text("a") + b"}" for _ in range(100_000))
                                + b"s" * 100_000)
    yield "empty-dicts", program(b"}" * MIB)
    yield "empty-lists", program(b"]" * 1_000_000)
    yield "empty-lists-kept", program(b"](" + b"]" * 900_000 + b"e")
    yield "empty-dicts-kept", program(b"](" + b"}" * 900_000 + b"e")
    yield "tuples-kept", program(b"](" + b"N\x85" * 500_000 + b"e")
    yield "one-byte-texts", program(b"](" + b"\x8c\x01a" * 900_000 + b"e", 4)
    yield "sixteen-byte-texts", program(b"](" + b"\x8c\x10abcdefghijklmnop" * 500_000 + b"e", 4)
    yield "texts-popped", program((b"\x8c\x10abcdefghijklmnop0") * 500_000 + b"N", 4)
    yield "long-texts", program(b"](" + (text(b"a" * 65_000)) * 200 + b"e")
    yield "texts-memoized", program(b"\x8c\x10abcdefghijklmnop\x940" * 500_000 + b"N", 4)
    yield "ones-kept", program(b"](" + b"K\x01" * MIB + b"e")
    yield "nones-kept", program(b"](" + b"N" * 1_000_000 + b"e")
    yield "nones-beyond", program(b"](" + b"N" * (2 * MIB) + b"e")
    yield "long-integers", program(b"](" + (b"\x8a\xff" + b"\x7f" * 255) * 40_000 + b"e")
    yield "nine-byte-integers", program(b"](" + (b"\x8a\x09" + b"\x7f" * 9) * 500_000 + b"e")
    yield "globals-kept", program(b"](" + name("a", "b") * 900_000 + b"e")
    yield "opaque-kept", program(b"](" + b"cabcdefghijk\nlmnopqrst\n)R" * 300_000 + b"e")
    yield "bytes-kept", program(b"](" + b"C\x00" * 900_000 + b"e", 3)
    yield "memo-million", program(b"]" + b"\x94" * 2_000_000, 4)
    yield "memo-spread", program(b"]" + b"".join(
        b"r" + struct.pack("<I", index * 4001 & 0xFFFF_FFFF) for index in range(400_000)))
    yield "memo-huge-index", program(b"]r\xff\xff\xff\xff" + b"j\xfe\xff\xff\xff")
    yield "memo-missing", program(b"h\x07")
    yield "memo-doubling", program(b"]q\x00" + b"".join(
        b"(" + b"h" + bytes([level]) + b"h" + bytes([level]) + b"tq" + bytes([level + 1])
        for level in range(200)) + b"\x85" * 3)
    yield "memo-self", program(b"]q\x00h\x00a")
    yield "memo-self-dictionary", program(b"}q\x00X\x01\x00\x00\x00ah\x00s")
    # A list appended to itself, doubled: the same list is named again and again.
    yield "ordered-dict-repeated", program(
        b"](" + b"](NNe" * 1000 + b"eq\x00" + (name("collections", "OrderedDict") + b"h\x00\x85R0")
        * 20_000 + b"N")
    yield "state-shared", program(b"}q\x000" + b"](" + b"h\x00" * 500_000 + b"e")
    yield "pop-empty", program(b"0")
    yield "pop-mark-missing", program(b"1")
    yield "below-mark", program(b"N(\x86")
    yield "append-nothing", program(b"a")
    yield "append-to-number", program(b"K\x01K\x01a")
    yield "set-odd", program(b"}(NNNu")
    yield "stop-at-once", program(b"")
    yield "no-stop", b"\x80\x02}"
    yield "second-proto", program(b"\x80\x02}")
    yield "frame-beyond", program(b"\x95" + b"\xff" * 8 + b"}", 4)
    yield "long4-2gib", program(b"\x8b" + struct.pack("<I", 2 * GIB))
    yield "long4-negative", program(b"\x8b\xff\xff\xff\xff")
    yield "long4-quadratic", program(b"\x8b" + struct.pack("<I", MIB) + b"\x7f" * MIB)
    yield "text8-beyond", program(b"\x8d" + b"\xff" * 8, 4)
    yield "text8-4gib", program(b"\x8d" + struct.pack("<Q", 4 * GIB) + b"abc", 4)
    yield "bytes8-beyond", program(b"\x8e" + struct.pack("<Q", 1 << 62), 4)
    yield "bytearray8", program(b"\x96" + struct.pack("<Q", 1 << 40), 5)
    yield "text-beyond", program(b"X\xff\xff\xff\x7f")
    yield "text-not-utf8", program(dictionary(tensor(), key=b"\xff\xfe\xc0\x80"))
    yield "text-surrogate", program(dictionary(tensor(), key=b"\xed\xa0\x80"))
    yield "decimal-text-number", program(b"I" + b"9" * 1_000_000 + b"\n")
    yield "global-long", program(b"c" + b"a" * MIB + b"\nb\n")
    yield "global-without-end", b"\x80\x02c" + b"a" * 1000
    yield "global-lines", program(b"c\n\n")
    yield "global-control", program(b"c\x1b[2J\x07\nb\x1b]0;owned\x07\n")
    yield "protocol-0", b"(dp0\nS'w'\np1\nI1\ns."
    yield "protocol-200", b"\x80\xc8}."
    yield "unknown-opcode", program(b"\xff")


def views():
    """Tensors that do not fit their storages."""
    tensors = {
        "outside": tensor(offset=1),
        "far-outside": tensor(offset=1 << 62),
        "negative-offset": tensor(offset=-1),
        "lowest-offset": tensor(offset=-(1 << 63)),
        "offset-65-bits": tensor(offset=1 << 65),
        "negative-stride": tensor(stride=(-3, 1)),
        "negative-size": tensor(size=(-2, -3)),
        "stride-overflow": tensor(stride=(1 << 62, 1 << 62)),
        "stride-wraps": tensor(size=(3, 2), stride=((1 << 63) - 1, 0)),
        "size-overflow": tensor(size=(1 << 32, 1 << 32), stride=(0, 0)),
        "size-wraps-to-six": tensor(size=((1 << 63) - 1, 6), stride=(0, 1)),
        "size-zero-hides-overflow": tensor(size=(0, 1 << 62, 1 << 62), stride=(1, 1, 1)),
        "expanded-to-gibibytes": tensor(size=(1 << 28,), stride=(0,)),
        "expanded-to-terabytes": tensor(size=(1 << 40,), stride=(0,)),
        "over-itself": tensor(size=(5, 2), stride=(1, 1)),
        "sizes-and-strides": tensor(size=(2, 3), stride=(1,)),
        "dimensions-thousand": tensor(size=(1,) * 1000, stride=(1,) * 1000),
        "size-float": call("torch._utils", "_rebuild_tensor_v2", storage(), integer(0),
                           b"G" + struct.pack(">d", float("nan")) + b"\x85", numbers([1]), b"\x89",
                           b"N"),
        "size-list": call("torch._utils", "_rebuild_tensor_v2", storage(), integer(0), b"]", b"]",
                          b"\x89", b"N"),
        "arguments-few": call("torch._utils", "_rebuild_tensor_v2", storage()),
        "arguments-none": name("torch._utils", "_rebuild_tensor_v2") + b"NR",
        "parameter-of-nothing": call("torch._utils", "_rebuild_parameter"),
        "storage-count-huge": tensor(storage(count=1 << 60)),
        "storage-count-wraps": tensor(storage(count=(1 << 62) + 6)),
        "storage-count-negative": tensor(storage(count=-6)),
        "storage-count-70-bits": tensor(storage(count=1 << 70)),
        "storage-missing": tensor(storage(key="1")),
        "storage-traversal": tensor(storage(key="../../../../etc/passwd")),
        "storage-key-control": tensor(storage(key="\x1b[31m\n\r\x00")),
        "storage-key-megabyte": tensor(storage(key="k" * 60_000)),
        "storage-unknown-type": tensor(storage(kind="EvilStorage")),
        "storage-quantized": tensor(storage(kind="QInt8Storage")),
        "storage-complex": tensor(storage(kind="ComplexFloatStorage", count=3), size=(1, 3)),
        "storage-view": tensor(storage(extra=b"(" + text("v") + integer(0) + integer(6) + b"t")),
        "persistent-none": b"NQ",
        "persistent-number": b"K\x01Q",
        "persistent-empty": b")Q",
        "persistent-text": text("storage") + b"Q",
        "persistent-list-of-lists": b"]]aQ",
        "persistent-unknown": b"(" + text("file") + text("/etc/passwd") + b"tQ",
        "persistent-module": b"(" + text("module") + name("os", "system") + text("x") + text("y") + (
            b"tQ(" + text("touch x") + b"tR"),
        "persistent-self": b"]q\x00h\x00ah\x00Q",
        "not-a-tensor": integer(7),
        "name-of-class": name("os", "system"),
    }
    for title, value in tensors.items():
        yield title, program(dictionary(value))
    yield "two-types", program(b"}(" + text("a") + tensor() + text("b")
                               + tensor(storage(kind="IntStorage")) + b"u")
    yield "name-twice", program(b"}(" + (text("a") + tensor()) * 2 + b"u")
    yield "name-reserved", program(dictionary(tensor(), key="__metadata__"))
    yield "name-empty", program(dictionary(tensor(), key=""))
    yield "name-number", program(b"}" + integer(1) + tensor() + b"s")
    yield "root-tensor", program(tensor())
    yield "root-text", program(text("hello"))
    yield "root-empty", program(b"}")
    yield "model-object", program(dictionary(call("my.module", "Net"), key="model"))
    yield "tensors-expanded-often", program(b"}(" + b"".join(
        text(f"t{index}") + tensor(size=(1 << 20,), stride=(0,)) for index in range(1000)) + b"u")
    yield "tensors-of-nothing", program(b"}(" + b"".join(
        text(f"t{index}") + tensor(size=(0, 1), stride=(1, 1)) for index in range(40_000)) + b"u")
    yield "tensor-of-gibibyte-zeros", program(dictionary(
        tensor(storage(count=1 << 28), size=(1 << 28,), stride=(1,))))
    shared = b"h\x01"
    yield "shared-expanded", program(b"}" + storage() + b"q\x010(" + b"".join(
        text(f"t{index}") + tensor(shared, size=(1 << 16, 6), stride=(0, 1))
        for index in range(500)) + b"u")


def files(marker):
    for title, value in executing(marker):
        for place, body in {
            "root": value, "value": dictionary(value),
            "state": dictionary(dictionary(tensor()) + text("b") + value + b"s", "state_dict"),
        }.items():
            yield f"zip-{title}-{place}.pth", zipped(program(body, 4))
            if place != "root":
                yield f"older-{title}-{place}.pth", older(program(body, 4))
        # In the facts of the system, which come before the tensors and are read as well.
        yield f"older-{title}-system.pth", MAGIC + VERSION + program(value, 4) + program(
            dictionary(tensor())) + program(b"]")
    # An optimiser beside the weights: it is never made, and the weights are sound.
    for title, value in executing(marker):
        if title in ("os-system", "newobj", "getattr", "build-setstate"):
            body = b"}(" + text("state_dict") + dictionary(tensor()) + text("optimizer") + value + b"u"
            yield f"harmless-beside-{title}.pth", zipped(program(body, 4))
    for title, pickle in [*stacks(), *views()]:
        yield f"zip-{title}.pth", zipped(pickle)
        yield f"older-{title}.pth", older(pickle)
    sound = program(dictionary(tensor()))
    yield "older-keys-missing.pth", MAGIC + VERSION + SYSTEM + sound
    yield "older-keys-number.pth", MAGIC + VERSION + SYSTEM + sound + program(integer(1))
    yield "older-keys-twice.pth", older(sound, keys=("0", "0"))
    yield "older-keys-unknown.pth", older(sound, keys=("1",))
    yield "older-keys-million.pth", older(sound, keys=("0",) * 100_000)
    yield "older-count-lies.pth", older(sound, count=1 << 60)
    yield "older-count-negative.pth", older(sound, count=-1)
    yield "older-cut.pth", older(sound, data=bytes(10))
    yield "older-more.pth", older(sound, data=bytes(1000))
    yield "older-magic-alone.pth", MAGIC
    yield "older-magic-wrong.pth", b"\x80\x02\x8a\x0a0123456789." + VERSION + SYSTEM + sound
    yield "older-version-wrong.pth", MAGIC + b"\x80\x02M\xe8\x03." + SYSTEM + sound
    yield "older-big-endian.pth", MAGIC + VERSION + SYSTEM.replace(b"\x88", b"\x89") + sound
    yield "older-nan.pth", older(sound, data=b"\xff" * 24)
    yield "zip-nan.pth", zipped(sound, data=b"\xff" * 24)
    double = program(dictionary(tensor(storage(kind="DoubleStorage", count=3), size=(3, 1))))
    yield "zip-double-too-large.pth", zipped(double, data=struct.pack("<3d", 1e300, 1, 2))
    yield "zip-storage-shorter.pth", zipped(sound, data=bytes(20))
    yield "zip-storage-longer.pth", zipped(sound, data=bytes(MIB))
    yield "harmless-sound-zip.pth", zipped(sound)
    yield "harmless-sound-older.pth", older(sound)
