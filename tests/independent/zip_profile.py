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
    return (
        bool(_NAME.fullmatch(name))
        and len(name) <= 200
        and not any(part.endswith(".") for part in name.split("/"))
    )


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


def _directory(data):
    """(name, offset of its header, method, packed size, size) for each entry of the directory; and whether it ends well."""
    end = _end_of(data)
    disk, _, count, total, size, offset, _ = struct.unpack("<HHHHIIH", data[end + 4 : end + 22])
    if disk or count != total or count == 0xFFFF or offset + size > end or data[max(0, end - 20) :].startswith(b"PK\x06\x07"):
        raise NotACase("its directory can't be read")
    at, shift, found = end - size, end - size - offset, []
    while len(found) < count:
        if data[at : at + 4] != b"PK\x01\x02" or at + 46 > end:
            break
        method, _, _, _, packed, length, name, extra, comment = struct.unpack("<HHHIIIHHH", data[at + 10 : at + 34])
        header = struct.unpack("<I", data[at + 42 : at + 46])[0] + shift
        found.append((data[at + 46 : at + 46 + name].decode("latin-1"), header, method, packed, length))
        at += 46 + name + extra + comment
    return found, len(found) == count and at == end


def _bytes_of(data, name, header, method, packed, length):
    fixed = data[header : header + 30]
    if len(fixed) < 30 or fixed[:4] != b"PK\x03\x04":
        raise Unreadable(f"{name}: no entry where the directory says")
    flags, local_method = struct.unpack("<HH", fixed[6:10])
    name_length, extra = struct.unpack("<HH", fixed[26:30])
    start = header + 30 + name_length + extra
    raw = data[start : start + packed]
    if flags & 1 or local_method != method or data[header + 30 : header + 30 + name_length] != name.encode("latin-1"):
        raise Unreadable(f"{name}: entry and directory disagree, or it is encrypted")
    if method == 8 and length <= 64 << 20:
        try:
            raw = zlib.decompressobj(-15).decompress(raw, length + 1)
        except zlib.error as error:
            raise Unreadable(f"{name}: can't be expanded") from error
    elif method != 0:
        raise Unreadable(f"{name}: method {method}")
    if len(raw) != length:
        raise Unreadable(f"{name}: not as long as it says")
    return raw


def unpack(data):
    """The files, and what departs from the form (nothing, or one sentence).

    It reads on in an archive that was packed again, so that an altered record can be named; the departure stays.
    """
    found, whole = _directory(data)
    names = [name for name, *_ in found if not name.endswith("/")]
    if not TELLING & set(names):
        raise NotACase("it has no manifest, records or attestation of a case file")
    if not whole:
        raise Unreadable("the directory is damaged")
    if len({name.rstrip("/").lower() for name, *_ in found}) != len(found):
        raise Unreadable("two names are equal, give or take case")
    if not all(is_plain(name.removesuffix("/")) for name, *_ in found):
        raise Unreadable("a name isn't allowed")
    files = {entry[0]: _bytes_of(data, *entry) for entry in found if not entry[0].endswith("/")}
    # Section 13: written anew, it must be the same bytes. That leaves no gap, order, flag or field unchecked.
    departure = None if pack(files) == data else "The archive isn't in the one form of a case file: it was packed again or changed."
    return files, departure
