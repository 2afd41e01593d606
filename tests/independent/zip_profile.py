"""The one form of a case file's zip (docs/evidence-format.md, section 13)."""

import re
import struct
import zlib

_NAME = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
TELLING = {"manifest.json", "records.jsonl", "attestation.dsse.json"}


class NotACase(Exception):
    """Not a case file at all."""


class Unreadable(Exception):
    """An archive in which readers could differ on what it holds."""


def is_plain(name):
    return bool(_NAME.fullmatch(name)) and len(name) <= 200 and not any(part.endswith(".") for part in name.split("/"))


def pack(files):
    """The archive of these files: {name: bytes}."""
    entries, directory = bytearray(), bytearray()
    for name in sorted(files, key=str.encode):
        data, raw = files[name], name.encode()
        same = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x0021, zlib.crc32(data), len(data), len(data), len(raw), 0)
        directory += b"PK\x01\x02\x14\x00" + same + bytes(10) + struct.pack("<I", len(entries)) + raw
        entries += b"PK\x03\x04" + same + raw + data
    count = len(files)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(entries), 0)
    return bytes(entries + directory + b"PK\x05\x06" + end)


def _end_of(data):
    """Where the end record stands: the last place whose comment fits into the file."""
    furthest, at = max(0, len(data) - 22 - 65535 - 65536), len(data)
    while (at := data.rfind(b"PK\x05\x06", furthest, at + 3)) >= 0:
        if at + 22 <= len(data) and at + 22 + int.from_bytes(data[at + 20 : at + 22], "little") <= len(data):
            return at
    raise NotACase("it has no end record of a zip archive")


class _Entry:
    """An entry of the directory; `same` is what its local header must say as well."""

    def __init__(self, data, at, shift):
        (self.made_by,) = struct.unpack("<H", data[at + 4 : at + 6])
        self.same = data[at + 6 : at + 28]
        _, self.flags, self.method, _, _, _, self.packed, self.size = struct.unpack("<HHHHHIII", self.same)
        name, extra, comment, self.disk, _, self.attributes, offset = struct.unpack("<HHHHHII", data[at + 28 : at + 46])
        self.name, self.header = data[at + 46 : at + 46 + name].decode("latin-1"), offset + shift
        self.extra = data[at + 46 + name : at + 46 + name + extra]
        self.far = 0xFFFFFFFF in (self.packed, self.size, offset)
        self.next = at + 46 + name + extra + comment

    def check(self):
        """Section 13, what must not be read on."""
        if self.disk or self.far or self.flags & 0x2041 or self.method not in (0, 8):
            raise Unreadable(f"{self.name}: zip64, several volumes, encrypted, or of another method")
        if self.method == 0 and self.packed != self.size:
            raise Unreadable(f"{self.name}: two sizes")
        if self.made_by >> 8 == 3 and self.attributes >> 28 not in (0, 4, 8):
            raise Unreadable(f"{self.name}: a link or a special file")
        if self.size > 2 << 30 or self.method == 8 and self.size > 64 << 20:
            raise Unreadable(f"{self.name}: too large")
        if self.size > 1 << 20 and self.size > 100 * self.packed:
            raise Unreadable(f"{self.name}: expands beyond all measure")
        _check_extra(self.name, self.extra)

    def bytes_of(self, data, end):
        """The entry's bytes; its local header must agree."""
        at = self.header
        name, extra = struct.unpack("<HH", data[at + 26 : at + 30]) if at + 30 <= end else (0, 0)
        start = at + 30 + name + extra
        local, later = data[at + 4 : at + 26], self.same[:10] + bytes(12)
        if data[at : at + 4] != b"PK\x03\x04" or not (local == self.same or self.flags & 8 and local == later):
            raise Unreadable(f"{self.name}: entry and directory disagree")
        if data[at + 30 : at + 30 + name] != self.name.encode("latin-1") or start + self.packed > end:
            raise Unreadable(f"{self.name}: another name in the entry, or it doesn't fit")
        _check_extra(self.name, data[at + 30 + name : start])
        self.end = start + self.packed
        return data[start : self.end] if self.method == 0 else self._inflated(data[start : self.end])

    def _inflated(self, packed):
        try:
            raw = zlib.decompressobj(-15).decompress(packed, self.size + 1)
        except zlib.error as error:
            raise Unreadable(f"{self.name}: can't be expanded") from error
        if len(raw) != self.size:
            raise Unreadable(f"{self.name}: not as long as it says")
        return raw


def _check_extra(name, extra):
    while extra:
        id_, length = struct.unpack("<HH", extra[:4]) if len(extra) >= 4 else (0x7075, 0)
        if id_ in (0x7075, 0x0001) or len(extra) < 4 + length:
            raise Unreadable(f"{name}: an extra field that renames, or that is damaged")
        extra = extra[4 + length :]


def _directory(data):
    """The entries of the directory, where it begins, and whether it ends where it should."""
    end = _end_of(data)
    disk, start, count, total, size, offset, _ = struct.unpack("<HHHHIIH", data[end + 4 : end + 22])
    one_volume = (
        not disk and not start and count == total != 0xFFFF and not data[max(0, end - 20) :].startswith(b"PK\x06\x07")
    )
    if not one_volume or offset + size > end or size > count * 502:
        raise Unreadable("its directory can't be read")
    at, found = end - size, []
    while len(found) < count and data[at : at + 4] == b"PK\x01\x02" and at + 46 <= end:
        found.append(_Entry(data, at, end - size - offset))
        at = found[-1].next
    return found, end - size, len(found) == count and at == end


def unpack(data):
    """The files, and what departs from the form (nothing, or one sentence).

    It reads on in an archive that was packed again, so that an altered record can be named; the departure stays.
    """
    found, end, whole = _directory(data)
    kept = [entry for entry in found if not entry.name.endswith("/")]
    if not whole:
        raise Unreadable("the directory is damaged")
    if not TELLING & {entry.name for entry in kept}:
        raise NotACase("it has no manifest, records or attestation of a case file")
    if len({entry.name.rstrip("/").lower() for entry in found}) != len(found):
        raise Unreadable("two names are equal, give or take case")
    if not all(is_plain(entry.name.removesuffix("/")) for entry in found):
        raise Unreadable("a name isn't allowed")
    for entry in found:
        entry.check()
    files = {entry.name: entry.bytes_of(data, end) for entry in found}
    placed = sorted(found, key=lambda entry: entry.header)
    if any(one.end > other.header for one, other in zip(placed, placed[1:])):
        raise Unreadable("two entries overlap")
    files = {entry.name: files[entry.name] for entry in kept}
    # Written anew, it must be the same bytes: that leaves no gap, order, flag or field unchecked.
    departure = None if pack(files) == data else "The archive isn't in the one form: it was packed again or changed."
    return files, departure
