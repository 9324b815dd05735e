"""Small movies in every container, and the fields in them that tell times."""

import pathlib
import random
import struct
import subprocess

from values import damaged, word

# Name, codec and options of ffmpeg.
FORMS = {
    "ivf": ["-c:v", "libvpx", "-b:v", "100k"],
    "mp4": ["-c:v", "mpeg4", "-g", "4"],
    "mkv": ["-c:v", "mpeg4", "-bf", "1"],
    "avi": ["-c:v", "mjpeg"],
    "ts": ["-c:v", "mpeg2video", "-r", "25"],
    "ogv": ["-c:v", "libtheora"],
    "webm": ["-c:v", "libvpx", "-b:v", "100k"],
    "gif": [],
}


def make(folder: pathlib.Path):
    """Writes one movie of each form that this ffmpeg can write, by extension."""
    made = {}
    for extension, options in FORMS.items():
        path = folder / f"sound.{extension}"
        done = subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
             "testsrc=size=32x32:rate=10:duration=1", "-pix_fmt",
             {"avi": "yuvj420p", "gif": "pal8"}.get(extension, "yuv420p"), *options,
             "-fflags", "+bitexact", str(path)], capture_output=True)
        if done.returncode == 0:
            made[extension] = path.read_bytes()
    return made


def patched(rng: random.Random, extension: str, data: bytes) -> bytes:
    """The movie with other times in it."""
    patch = {"ivf": ivf, "mp4": mp4, "mkv": matroska, "webm": matroska, "avi": avi, "ts": mpegts,
             "ogv": ogg}.get(extension)
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        if patch is None:
            return damaged(rng, bytes(data))
        patch(rng, data)
    return bytes(data)


def put(rng, data, place, size, order):
    if 0 <= place and place + size <= len(data):
        data[place:place + size] = word(rng, size * 8).to_bytes(size, order)


def ivf(rng, data):
    """The time base, the number of frames, or a frame's timestamp."""
    if rng.random() < 0.5:
        put(rng, data, rng.choice([16, 20, 24]), 4, "little")
    frames, place = [], 32
    while place + 12 <= len(data):
        frames.append(place + 4)
        place += 12 + struct.unpack_from("<I", data, place)[0]
    put(rng, data, rng.choice(frames), 8, "little")


def mp4(rng, data):
    """Fields of boxes that tell times and counts."""
    box = rng.choice([b"mvhd", b"mdhd", b"tkhd", b"stts", b"elst", b"ctts", b"stsz", b"stss",
                      b"stsc", b"trun", b"hdlr"])
    place = data.find(box)
    if place >= 0:
        put(rng, data, place + 4 + 4 * rng.randrange(1, 12), rng.choice([4, 4, 8]), "big")


def matroska(rng, data):
    """TimestampScale, Duration, DefaultDuration, a cluster's or a block's time."""
    ids = [b"\x2a\xd7\xb1", b"\x44\x89", b"\x23\xe3\x83", b"\xe7", b"\xa3", b"\x9b", b"\xfb"]
    wanted = rng.choice(ids)
    places = [place for place in range(len(data) - 12) if data.startswith(wanted, place)]
    if places:
        place = rng.choice(places) + len(wanted)
        length = data[place] & 0x7F
        if 1 <= length <= 8 and wanted != b"\xa3":
            put(rng, data, place + 1, length, "big")
        else:
            put(rng, data, place + 2, 2, "big")


def avi(rng, data):
    """Rates and counts of the two headers."""
    box, fields = rng.choice([(b"avih", 10), (b"strh", 12), (b"idx1", 8)])
    place = data.find(box)
    if place >= 0:
        put(rng, data, place + 8 + 4 * rng.randrange(fields), 4, "little")


def mpegts(rng, data):
    """The timestamps of a packet, or its clock reference."""
    starts = [place for place in range(0, len(data) - 188, 188) if data[place + 1] & 0x40]
    place = rng.choice(starts)
    found = data.find(b"\0\0\1\xe0", place, place + 188)
    if found >= 0:
        for offset in rng.sample(range(9, 19), rng.randrange(1, 6)):
            if found + offset < len(data):
                data[found + offset] = rng.choice([0, 0xFF, 0x31, 0x21, rng.getrandbits(8)])
    else:
        put(rng, data, place + 6, 4, "big")


def ogg(rng, data):
    """A page's granule position, or the rate in Theora's header; with sound checksums."""
    pages, place = [], 0
    while data.startswith(b"OggS", place):
        segments = data[place + 26]
        size = 27 + segments + sum(data[place + 27:place + 27 + segments])
        pages.append((place, size))
        place += size
    if not pages:
        return
    if rng.random() < 0.4:
        rate = data.find(b"\x80theora") + 22
        put(rng, data, rate + rng.choice([0, 4]), 4, "big")
        page, size = pages[0]
    else:
        page, size = rng.choice(pages)
        put(rng, data, page + 6, 8, "little")
    data[page + 22:page + 26] = bytes(4)
    data[page + 22:page + 26] = struct.pack("<I", ogg_checksum(data[page:page + size]))


def ogg_checksum(data) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value
