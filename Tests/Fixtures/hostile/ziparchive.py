"""Zip archives written field by field, so that each field can lie."""

import struct
import zlib


class Entry:
    """One entry; what is None is what it should be."""

    def __init__(self, name, data, **fields):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data
        self.method = fields.pop("method", 0)
        self.flags = fields.pop("flags", 0)
        # Sizes and place in the directory, and in the entry's own header.
        self.size = fields.pop("size", None)
        self.stored = fields.pop("stored", None)
        self.header = fields.pop("header", None)
        self.local_name = fields.pop("local_name", None)
        self.local_size = fields.pop("local_size", None)
        self.local_method = fields.pop("local_method", None)
        self.extra = fields.pop("extra", b"")
        self.local_extra = fields.pop("local_extra", b"")
        assert not fields, fields


def given(value, otherwise):
    return otherwise if value is None else value


def archive(entries, comment=b"", before=b"", after=b"", **end):
    """- end: count, size and offset of the directory as its end record has them."""
    out = bytearray(before)
    directory = bytearray()
    for entry in entries:
        start = len(out)
        data = entry.data
        if entry.method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            data = packer.compress(data) + packer.flush()
        size = given(entry.size, len(entry.data))
        stored = given(entry.stored, len(data) if entry.size is None else size)
        checksum = zlib.crc32(entry.data)
        local_name = given(entry.local_name, entry.name)
        local_size = given(entry.local_size, size)
        out += struct.pack(
            "<4sHHHHHIIIHH", b"PK\3\4", 20, entry.flags, given(entry.local_method, entry.method), 0,
            0, checksum, given(entry.local_size, stored), local_size, len(local_name),
            len(entry.local_extra)) + local_name + entry.local_extra + data
        directory += struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, entry.flags, entry.method, 0, 0, checksum,
            stored, size, len(entry.name), len(entry.extra), 0, 0, 0, 0,
            given(entry.header, start)) + entry.name + entry.extra
    offset = len(out)
    out += directory + after
    count = end.get("count", len(entries))
    out += struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, end.get("disks", 0), count, count,
        end.get("size", len(directory)), end.get("offset", offset), len(comment)) + comment
    return bytes(out)
