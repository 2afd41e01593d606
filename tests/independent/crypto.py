"""Digests, keys, signatures, the tree, notes and envelopes (docs/evidence-format.md, sections 1, 3, 5 to 7, 11)."""

import base64
import binascii
import hashlib
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from strict_json import MOST, Refused, canonical, digest, exactly, list_of, only, text

IN_TOTO = "application/vnd.in-toto+json"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def sha256(data):
    return hashlib.sha256(data).digest()


def tagged(tag, data):
    """Section 1: H(t, x)."""
    return sha256(b"countersign/" + tag.encode() + b"/v1\x00" + data)


def base64_strict(value):
    """Section 1: only the one text that encoding gives."""
    try:
        data = base64.b64decode(text(value).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused("not base64") from error
    if base64.b64encode(data).decode() != value:
        raise Refused("not base64 in its one form")
    return data


class Key:
    """Section 3: a public key, by its SubjectPublicKeyInfo."""

    def __init__(self, spki):
        if len(spki) != 91 or not spki.startswith(SPKI_HEAD):
            raise Refused("not a P-256 key in its one form")
        try:
            self._key = serialization.load_der_public_key(spki)
        except ValueError as error:
            raise Refused("not a point on the curve") from error
        self.spki = spki

    @property
    def id(self):
        string = lambda data: struct.pack(">I", len(data)) + data
        wire = string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(self.spki[26:])
        return "SHA256:" + base64.b64encode(sha256(wire)).decode().rstrip("=")

    def verify(self, message, signature):
        """DER, exact, with a low s."""
        try:
            r, s = decode_dss_signature(signature)
        except ValueError as error:
            raise Refused("the signature isn't DER") from error
        if not (1 <= r < ORDER and 1 <= s <= (ORDER - 1) // 2) or encode_dss_signature(r, s) != signature:
            raise Refused("the signature isn't in its one form (exact DER, low s)")
        try:
            self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise Refused("the signature isn't this key's over these bytes") from error


def spki(value):
    return Key(base64_strict(value))


def key_id(value):
    """The text of a key id, in its one form."""
    rest = text(value).removeprefix("SHA256:")
    if rest == value or len(rest) != 43 or len(base64_strict(rest + "=")) != 32:
        raise Refused("not a key id")
    return value


def origin(value):
    """Section 5: the text of an origin."""
    if not text(value).startswith("countersign/log/"):
        raise Refused("not an origin")
    digest(value.removeprefix("countersign/log/"))
    return value


def origin_of(key, nonce16):
    return "countersign/log/" + tagged("log", key.spki + nonce16).hex()


# Section 6: the tree.


def leaf(entry):
    return sha256(b"\x00" + entry)


def node(left, right):
    return sha256(b"\x01" + left + right)


def includes(entry, index, size, path, root):
    """Section 6.1."""
    if index >= size:
        return False
    hash_, at, last, path = leaf(entry), index, size - 1, list(path)
    while last > 0:
        if at & 1 or at < last:
            if not path:
                return False
            sibling = path.pop(0)
            hash_ = node(sibling, hash_) if at & 1 else node(hash_, sibling)
        at, last = at >> 1, last >> 1
    return not path and hash_ == root


def on_the_left(index, size, path):
    """Section 6.4: the digests of a path that stand on its left, the last of them first."""
    at, last, path, left = index, size - 1, list(path), []
    while last > 0:
        if at & 1 or at < last:
            sibling = path.pop(0)
            left += [sibling] if at & 1 else []
        at, last = at >> 1, last >> 1
    return left[::-1]


def root_of_range(first, left, entries):
    """Section 6.3."""
    stack, size = list(left), first
    for entry in entries:
        hash_, index = leaf(entry), size
        while index & 1:
            hash_, index = node(stack.pop(), hash_), index >> 1
        stack.append(hash_)
        size += 1
    if not stack:
        return sha256(b"")
    root = stack.pop()
    while stack:
        root = node(stack.pop(), root)
    return root


class Checkpoint:
    """Section 7: a signed note, read strictly."""

    def __init__(self, data):
        try:
            note = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("it isn't text") from error
        if not note.endswith("\n"):
            raise Refused("its last line isn't ended")
        lines = note[:-1].split("\n")
        if len(lines) < 5 or lines[3] != "" or len(lines) > 4 + 16:
            raise Refused("it hasn't the lines of a checkpoint")
        self.origin = origin(lines[0])
        if not (lines[1].isascii() and lines[1].isdigit()) or str(int(lines[1])) != lines[1] or int(lines[1]) > MOST:
            raise Refused("line 2 isn't a size")
        self.size, self.root = int(lines[1]), base64_strict(lines[2])
        if len(self.root) != 32:
            raise Refused("line 3 isn't a root")
        self.text = "".join(line + "\n" for line in lines[:3]).encode()
        self.signatures = {}
        for line in lines[4:]:
            name, _, coded = line.removeprefix("— ").partition(" ")
            bytes_ = base64_strict(coded)
            odd = [sign for sign in name if sign.isspace() or sign == "+" or ord(sign) < 32 or 127 <= ord(sign) < 160]
            if not line.startswith("— ") or not name or odd or len(bytes_) < 5 or (name, bytes_[:4]) in self.signatures:
                raise Refused("a signature line isn't one")
            self.signatures[name, bytes_[:4]] = bytes_[4:]

    def verify(self, key):
        signature = self.signatures.get((self.origin, sha256(key.spki)[:4]))
        if signature is None:
            raise Refused("it carries no signature under this key")
        key.verify(self.text, signature)


_ENVELOPE = exactly(
    payload=base64_strict,
    payloadType=text,
    signatures=list_of(exactly(keyid=key_id, sig=base64_strict)),
)


class Envelope:
    """Section 11.1: DSSE with one signature, in its one form."""

    def __init__(self, data):
        read = _ENVELOPE(canonical(data))
        if len(read["signatures"]) != 1:
            raise Refused("not exactly one signature")
        self.payload, self.type = read["payload"], read["payloadType"]
        self.key_id, self.signature = read["signatures"][0]["keyid"], read["signatures"][0]["sig"]

    def verify(self, key):
        if self.type != IN_TOTO or self.key_id != key.id:
            raise Refused("another payload type or key")
        head = f"DSSEv1 {len(self.type.encode())} {self.type} {len(self.payload)} ".encode()
        key.verify(head + self.payload, self.signature)
        return self.payload


def statement(kind, **predicate):
    """Section 11.2: a reader of statements of one kind."""
    return exactly(
        _type=only("https://in-toto.io/Statement/v1"),
        predicate=exactly(**predicate),
        predicateType=only(kind),
        subject=list_of(exactly(digest=exactly(sha256=digest), name=text)),
    )
