#!/usr/bin/env python3
"""Pictures as people keep them: sequences of other formats, stacks, zipped folders, good and forged.

    make-picture-clips.py FOLDER
"""
import pathlib
import struct
import subprocess
import sys
import zipfile

if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    print(__doc__.strip())
    sys.exit(0 if "--help" in sys.argv else 2)
folder = pathlib.Path(sys.argv[1])
WIDTH, HEIGHT, COUNT = 40, 24, 12


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, words)], check=True)


source = ["-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r=10:d={COUNT / 10}", "-pix_fmt"]
for name, words in {"png": ["rgb24"], "bmp": ["bgr24"], "tif": ["rgb24"],
                    "webp": ["bgra", "-c:v", "libwebp", "-lossless", "1"]}.items():
    (folder / name).mkdir(parents=True, exist_ok=True)
    ffmpeg(*source, *words, "-f", "image2", folder / name / f"frame_%04d.{name}")
ffmpeg(*source, "rgb24", "-plays", "0", folder / "moving.apng")
ffmpeg(*source, "yuv420p", "-c:v", "rv20", folder / "old.rm")


def stack(path, order):
    """Pages of raw RGB in one TIFF file; `order` is < or >."""
    raw = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", *source, "rgb24", "-f", "rawvideo", "-"], check=True,
        capture_output=True).stdout
    size = WIDTH * HEIGHT * 3
    data = bytearray(b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for page in range(COUNT):
        fields = [(256, 3, 1, WIDTH), (257, 3, 1, HEIGHT), (258, 3, 3, 0), (259, 3, 1, 1),
                  (262, 3, 1, 2), (273, 4, 1, 0), (277, 3, 1, 3), (278, 3, 1, HEIGHT),
                  (279, 4, 1, size)]
        start = len(data)
        extra = start + 2 + 12 * len(fields) + 4
        values = {258: extra, 273: extra + 6}
        data += struct.pack(order + "H", len(fields))
        for tag, kind, count, value in fields:
            value = values.get(tag, value)
            data += struct.pack(order + "HHI", tag, kind, count)
            data += (struct.pack(order + "HH", value, 0) if kind == 3 and count == 1
                     else struct.pack(order + "I", value))
        end = extra + 6 + size
        data += struct.pack(order + "I", end if page + 1 < COUNT else 0)
        data += struct.pack(order + "HHH", 8, 8, 8) + raw[page * size:(page + 1) * size]
    path.write_bytes(data)


stack(folder / "stack.tif", "<")
stack(folder / "motorola.tiff", ">")
circle = bytearray((folder / "stack.tif").read_bytes())
circle[8 + 2 + 12 * 9:8 + 2 + 12 * 9 + 4] = struct.pack("<I", 8)
(folder / "circle.tif").write_bytes(circle)
(folder / "cut.tif").write_bytes((folder / "stack.tif").read_bytes()[:5000])

pictures = sorted((folder / "png").iterdir())
for name, method in [("deflated", zipfile.ZIP_DEFLATED), ("stored", zipfile.ZIP_STORED)]:
    with zipfile.ZipFile(folder / f"{name}.zip", "w", method) as archive:
        archive.writestr("clip/", "")
        archive.writestr("__MACOSX/clip/._frame_0001.png", b"nothing")
        archive.writestr("clip/notes.txt", "not a picture")
        for picture in pictures:
            archive.write(picture, f"clip/{picture.name}")
with zipfile.ZipFile(folder / "climbing.zip", "w") as archive:
    for picture in pictures:
        archive.write(picture, f"../../../{picture.name}")
with zipfile.ZipFile(folder / "two.zip", "w") as archive:
    for place in "ab":
        archive.write(pictures[0], f"{place}/1.png")
with zipfile.ZipFile(folder / "none.zip", "w") as archive:
    archive.writestr("readme.txt", "nothing to see")
(folder / "text.zip").write_text("no archive at all\n" * 9)
(folder / "short.zip").write_bytes((folder / "deflated.zip").read_bytes()[:2000])


def forge(name, change, entry=b"frame_0003.png"):
    """The deflated archive with the two headers of one entry changed: change(header, is_local)."""
    data = bytearray((folder / "deflated.zip").read_bytes())
    for signature, at, is_local in [(b"PK\3\4", 30, True), (b"PK\1\2", 46, False)]:
        start = data.index(b"clip/" + entry, data.index(signature)) - at
        while data[start:start + 4] != signature:
            start = data.index(b"clip/" + entry, start + at + 1) - at
        change(data, start, is_local)
    (folder / f"{name}.zip").write_bytes(data)


def put(offset_local, offset_central, code, value):
    def change(data, start, is_local):
        struct.pack_into(code, data, start + (offset_local if is_local else offset_central), value)
    return change


forge("locked", put(6, 8, "<H", 1))
forge("checksum", put(14, 16, "<I", 7))
forge("swelling", put(22, 24, "<I", 10))
forge("huge", put(22, 24, "<I", 3 << 30))
forge("method", put(8, 10, "<H", 12))
