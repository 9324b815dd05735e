"""The grammar of hostile values: what a field of text may hold that its writer never thought of."""

import random

INTEGERS = [
    "0", "-0", "1", "-1", "2", "127", "128", "255", "256", "32767", "32768", "65535", "65536",
    "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296", "9007199254740992",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551615", "18446744073709551616", "9" * 40, "-" + "9" * 40,
]
FLOATS = [
    "0.0", "-0.0", "0.5", "1.5", "1e-9", "1e-300", "4.9e-324", "1e-400", "-1e-300", "1e9", "1e15",
    "1e16", "1e18", "1e19", "3.5e10", "3.6e10", "3.7e10", "3.4e38", "3.5e38", "1e300", "1e308",
    "1.8e308", "1e309", "-1e300", "-1e309", "1e999999999", "0x1p1023", "0x10", "1_000", "1,5",
    "." , "1.", ".5", "+5", "1e", "1e+", "--1",
]
NOT_FINITE = ["nan", "NaN", "-nan", "inf", "Infinity", "-inf", "-Infinity", "nan(1)", "snan"]
TEXTS = [
    "", " ", "\t", "-", "--", "=", "/", ".", "..", "../..", "~", "*", "%s%n", "\\", "\"", "'",
    "a\nb", "a\rb", "\u0000", "\u0007", "\u001b[31m", "\u2028", "\ufeff", "\u202e", "e\u0301",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "null", "true", "[]", "{}", "[[", "0:99:99",
    "999999999:59:59", "1:1e1", "a,b", "a;b", "x" * 300, "ü" * 200, "y" * 5000,
]
NUMBERS = INTEGERS + FLOATS + NOT_FINITE

JSON_VALUES = INTEGERS[:-2] + [
    "9" * 40, "1e300", "-1e300", "1e308", "1e-300", "1.5", "-1.5", "1e309", "-1e309", "NaN",
    "Infinity", "null", "true", "false", '""', '"a"', '"1"', '"\\u0000"', '"\\ud800"', '"a\\nb"',
    "[]", "{}", "[1e300]", '{"a":1}', "[" * 100 + "]" * 100, "[" * 100_000, '{"a":' * 5000,
    '"' + "x" * 100_000 + '"', "1" * 10_000, "0." + "0" * 10_000 + "1", "01", "-", "+1", "1.", ".1",
]


def number(rng: random.Random) -> str:
    return rng.choice(NUMBERS)


def text(rng: random.Random) -> str:
    return rng.choice(TEXTS + NUMBERS)


def argument(rng: random.Random) -> str:
    """A text that can be an argument of a program: no zero byte."""
    return text(rng).replace("\0", "")


def json_value(rng: random.Random) -> str:
    return rng.choice(JSON_VALUES)


def word(rng: random.Random, bits: int) -> int:
    """An unsigned integer near an edge of something, or anywhere."""
    top = (1 << bits) - 1
    edges = [0, 1, 2, 3, top, top - 1, top >> 1, (top >> 1) + 1, (top >> 1) - 1, 1 << (bits // 2),
             (1 << (bits // 2)) - 1, 1000, 90_000, 1_000_000]
    if rng.random() < 0.7:
        return rng.choice(edges) & top
    return rng.getrandbits(bits) >> rng.randrange(bits)


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Bytes cut off, flipped, doubled or overwritten."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 20])):
        if not data:
            break
        place = rng.randrange(len(data))
        match rng.randrange(6):
            case 0:
                del data[place:]
            case 1:
                data[place] ^= 1 << rng.randrange(8)
            case 2:
                data[place] = rng.choice([0, 0x7F, 0x80, 0xFF, 0x0A, 0x22, 0x7B, 0x5B])
            case 3:
                end = min(len(data), place + rng.randrange(1, 64))
                data[place:place] = data[place:end]
            case 4:
                size = rng.choice([2, 4, 8])
                value = word(rng, size * 8)
                data[place:place + size] = value.to_bytes(size, rng.choice(["little", "big"]))
            case 5:
                del data[place:place + rng.randrange(1, 64)]
    return bytes(data)
