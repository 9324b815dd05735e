"""Hostile zip archives around sound pickles."""

import struct

import pickles
from ziparchive import Entry, archive

MIB = 1 << 20
FULL = 0xFFFF_FFFF


def wide_end(position, directory, count, size, offset, **fields):
    """Zip64 end record and its locator, to stand at `position`."""
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", fields.get("length", 44), 45, 45, 0, 0, count, count, size, offset)
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, fields.get("locator", position), 1)


def wide(*values):
    """The extra field of zip64."""
    return struct.pack("<HH", 1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)


def files(marker):
    sound = pickles.program(pickles.dictionary(pickles.tensor()))
    evil = pickles.program(pickles.call("os", "system", pickles.text(f"touch {marker}")))
    data = Entry("a/data/0", bytes(24))

    def both(**fields):
        return archive([Entry("a/data.pkl", sound, **fields), data])

    yield "archive-bomb.pth", archive([
        Entry("a/data.pkl", sound), Entry("a/data/0", bytes(256 * MIB), method=8)])
    yield "archive-bomb-pickle.pth", archive([
        Entry("a/data.pkl", sound + bytes(64 * MIB), method=8), data])
    yield "archive-bomb-nested.pth", archive([Entry(
        "a/data.pkl", archive([Entry("a/data.pkl", bytes(64 * MIB), method=8)]), method=8)])
    # As 42.zip is made: one small entry that many names of the directory lie over.
    kernel = archive([Entry("a/data/0", bytes(16 * MIB), method=8)])
    yield "archive-overlapping.pth", archive(
        [Entry("a/data.pkl", sound)] + [Entry("a/data/0", bytes(24))]
        + [Entry(f"a/data/{index}", b"", header=0, size=24, stored=24) for index in range(1, 2000)])
    yield "archive-quine.pth", kernel + kernel
    yield "archive-twice.pth", archive([Entry("a/data.pkl", sound), data, Entry("a/data.pkl", evil)])
    yield "archive-storage-twice.pth", archive([Entry("a/data.pkl", sound), data, data])
    yield "archive-two-tops.pth", archive([Entry("a/data.pkl", sound), data, Entry("b/data.pkl", evil)])
    yield "archive-same-header.pth", archive([
        Entry("a/data.pkl", sound), data, Entry("a/data/1", bytes(24), header=0)])
    yield "archive-without-pickle.pth", archive([data])
    yield "archive-empty.pth", archive([])
    yield "archive-end-alone.pth", archive([], count=1)
    yield "archive-count-more.pth", archive([Entry("a/data.pkl", sound), data], count=3)
    yield "archive-count-less.pth", archive([Entry("a/data.pkl", sound), data], count=1)
    yield "archive-count-most.pth", archive([Entry("a/data.pkl", sound), data], count=0xFFFF)
    yield "archive-directory-size.pth", archive([Entry("a/data.pkl", sound), data], size=FULL - 1)
    yield "archive-directory-offset.pth", archive([Entry("a/data.pkl", sound), data], offset=FULL - 1)
    yield "archive-directory-offset-zero.pth", archive([Entry("a/data.pkl", sound), data], offset=0)
    yield "archive-several-disks.pth", archive([Entry("a/data.pkl", sound), data], disks=1)
    yield "archive-size-most.pth", both(size=FULL - 1)
    yield "archive-size-beyond.pth", both(size=MIB, stored=MIB)
    yield "archive-size-two.pth", both(stored=10)
    yield "archive-header-beyond.pth", both(header=FULL - 1)
    yield "archive-header-in-data.pth", both(header=7)
    yield "archive-header-in-directory.pth", both(header=150)
    yield "archive-local-name.pth", both(local_name=b"a/evil.pkl")
    yield "archive-local-size.pth", both(local_size=3)
    yield "archive-local-method.pth", both(local_method=8)
    yield "archive-encrypted.pth", both(flags=1)
    yield "archive-method-lzma.pth", both(method=14)
    yield "archive-name-traversal.pth", archive([
        Entry("../../data.pkl", sound), Entry("../../data/0", bytes(24))])
    yield "archive-name-absolute.pth", archive([
        Entry("/etc/data.pkl", sound), Entry("/etc/data/0", bytes(24))])
    yield "archive-name-nul.pth", archive([Entry("a\0b/data.pkl", evil), data])
    yield "archive-name-not-utf8.pth", archive([Entry(b"\xff\xfe/data.pkl", sound), data])
    yield "archive-name-control.pth", archive([
        Entry("\x1b[2J\n\r/data.pkl", sound), Entry("\x1b[2J\n\r/data/1", bytes(24))])
    yield "archive-name-long.pth", archive([
        Entry("n" * 60_000 + "/data.pkl", sound, method=8), data])
    yield "archive-names-long.pth", archive(
        [Entry(f"{index}".ljust(60_000, "n"), b"") for index in range(64)])
    yield "archive-entries-many.pth", archive(
        [Entry(f"a/data/{index}", b"") for index in range(60_000)])
    yield "archive-entries-and-sound.pth", archive(
        [Entry("a/data.pkl", sound)]
        + [Entry(f"b{index}", b"") for index in range(60_000)])
    yield "archive-big-endian.pth", archive([
        Entry("a/data.pkl", sound), data, Entry("a/byteorder", b"big")])
    yield "archive-byteorder-long.pth", archive([
        Entry("a/data.pkl", sound), data, Entry("a/byteorder", b"little" * 10_000)])
    yield "archive-pickle-trailing.pth", archive([Entry("a/data.pkl", sound + evil), data])
    yield "archive-directory-trailing.pth", archive([Entry("a/data.pkl", sound), data], after=b"abc")
    whole = archive([Entry("a/data.pkl", sound), data])
    for cut in (2, 4, 30, len(whole) // 2, len(whole) - 22, len(whole) - 1):
        yield f"archive-cut-{cut}.pth", whole[:cut]
    yield "archive-comment-hides-another.pth", archive(
        [Entry("a/data.pkl", sound), data], comment=archive([Entry("a/data.pkl", evil)])[:60_000])
    yield "archive-before-another.pth", archive([Entry("a/data.pkl", evil)]) + bytes(10)
    yield "archive-magic-alone.pth", b"PK\3\4" + b"\xff" * 100
    yield "archive-end-records-only.pth", b"PK" + b"PK\5\6" * 20_000

    # Zip64.
    end = whole[-22:]
    body, position = whole[:-22], len(whole) - 22
    size, offset = struct.unpack("<II", end[12:20])
    full_end = end[:8] + b"\xff" * 12 + end[20:]
    yield "archive-wide-missing.pth", body + full_end
    yield "archive-wide-count.pth", body + wide_end(position, body, 1 << 60, size, offset) + full_end
    yield "archive-wide-size.pth", body + wide_end(position, body, 2, 1 << 62, offset) + full_end
    yield "archive-wide-offset.pth", body + wide_end(position, body, 2, size, (1 << 64) - 1) + full_end
    yield "archive-wide-all.pth", body + wide_end(
        position, body, (1 << 64) - 1, (1 << 64) - 1, (1 << 64) - 1) + full_end
    yield "archive-wide-length.pth", body + wide_end(
        position, body, 2, size, offset, length=(1 << 64) - 1) + full_end
    yield "archive-wide-locator.pth", body + wide_end(
        position, body, 2, size, offset, locator=(1 << 64) - 1) + full_end
    yield "archive-wide-contradicts.pth", body + wide_end(position, body, 1, size, offset) + end
    yield "archive-wide-entry-size.pth", archive([
        Entry("a/data.pkl", sound), Entry("a/data/0", bytes(24), size=FULL, stored=FULL,
                                          extra=wide((1 << 64) - 1, (1 << 64) - 1))])
    yield "archive-wide-entry-header.pth", archive([
        Entry("a/data.pkl", sound), Entry("a/data/0", bytes(24), header=FULL,
                                          extra=wide((1 << 63) - 5))])
    yield "archive-wide-entry-lacks.pth", archive([
        Entry("a/data.pkl", sound), Entry("a/data/0", bytes(24), size=FULL, stored=FULL)])
    yield "archive-wide-extra-lies.pth", archive([
        Entry("a/data.pkl", sound, extra=struct.pack("<HH", 1, 0xFFFF)), data])
