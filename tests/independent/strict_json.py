"""Signed JSON, read strictly, and its one canonical form (docs/evidence-format.md, section 2)."""

import re

MOST = 2**53 - 1  # the largest magnitude of an integer
DEEPEST = 64  # arrays and objects within each other

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?![0-9.eE])")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}


class Refused(Exception):
    """The bytes aren't what they should be; the text says what is wrong."""


class _Reader:
    def __init__(self, text):
        self.text, self.at = text, 0

    def fail(self, what):
        raise Refused(f"{what} at character {self.at}")

    def blank(self):
        while self.at < len(self.text) and self.text[self.at] in " \t\n\r":
            self.at += 1

    def next(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def want(self, sign):
        if self.next() != sign:
            self.fail(f"`{sign}` is wanted")
        self.at += 1

    def value(self, depth):
        sign = self.next()
        if sign in ("{", "["):
            if depth == DEEPEST:
                self.fail("nested too deeply")
            return self.members(depth + 1) if sign == "{" else self.items(depth + 1)
        if sign == '"':
            return self.string()
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.number()

    def number(self):
        found = _NUMBER.match(self.text, self.at)
        if not found or found.group() == "-0":
            self.fail("not a value, or not a plain integer")
        if len(found.group()) > 17 or abs(int(found.group())) > MOST:
            self.fail("too large a number")
        self.at = found.end()
        return int(found.group())

    def string(self):
        self.want('"')
        out = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            out.append(plain.group())
            self.at = plain.end()
            if self.next() == '"':
                self.at += 1
                return "".join(out)
            if self.next() != "\\":
                self.fail("an unescaped control character, or the text ends")
            self.at += 1
            if self.next() == "u":
                out.append(self.unicode())
            elif self.next() in _ESCAPES and self.next():
                out.append(_ESCAPES[self.next()])
                self.at += 1
            else:
                self.fail("an unknown escape")

    def four(self):
        digits = re.compile(r"u([0-9a-fA-F]{4})").match(self.text, self.at)
        if not digits:
            self.fail("not four hex digits")
        self.at = digits.end()
        return int(digits.group(1), 16)

    def unicode(self):
        first = self.four()
        if not 0xD800 <= first < 0xE000:
            return chr(first)
        if first >= 0xDC00 or not self.text.startswith("\\u", self.at):
            self.fail("a lone surrogate")
        self.at += 1
        second = self.four()
        if not 0xDC00 <= second < 0xE000:
            self.fail("a lone surrogate")
        return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))

    def items(self, depth):
        self.at += 1
        out = []
        self.blank()
        if self.next() == "]":
            self.at += 1
            return out
        while True:
            self.blank()
            out.append(self.value(depth))
            self.blank()
            if self.next() == ",":
                self.at += 1
                continue
            self.want("]")
            return out

    def members(self, depth):
        self.at += 1
        out = {}
        self.blank()
        if self.next() == "}":
            self.at += 1
            return out
        while True:
            self.blank()
            key = self.string()
            if key in out:
                self.fail(f"the key `{key}` twice")
            self.blank()
            self.want(":")
            self.blank()
            out[key] = self.value(depth)
            self.blank()
            if self.next() == ",":
                self.at += 1
                continue
            self.want("}")
            return out


def parse(data):
    """Signed JSON, in any layout."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise Refused("a byte order mark")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    reader = _Reader(text)
    reader.blank()
    value = reader.value(0)
    reader.blank()
    if reader.at != len(text):
        reader.fail("something follows the value")
    return value


_SHORT = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\"}
_ESCAPED = {code: _SHORT.get(code, f"\\u{code:04x}") for code in [*range(0x20), 0x22, 0x5C]}


def _string(text):
    return '"' + text.translate(_ESCAPED) + '"'


def _write(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if abs(value) > MOST:
            raise Refused("too large a number")
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(_string(key) + ":" + _write(value[key]) for key in keys) + "}"


def jcs(value):
    """The canonical bytes of a value."""
    return _write(value).encode("utf-8")


def canonical(data):
    """Canonical JSON: signed JSON in its one form."""
    value = parse(data)
    if jcs(value) != data:
        raise Refused("not in canonical form")
    return value


# Shapes: what a section's table of members says, as functions that give the value or refuse it.


def text(value):
    if not isinstance(value, str):
        raise Refused("not a text")
    return value


def integer(value):
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("not an integer")
    return value


def whole(value):
    if integer(value) < 0:
        raise Refused("negative")
    return value


def flag(value):
    if not isinstance(value, bool):
        raise Refused("neither true nor false")
    return value


def hexes(length):
    def read(value):
        if not re.fullmatch("[0-9a-f]*", text(value)) or len(value) != 2 * length:
            raise Refused(f"not {length} bytes in hex")
        return bytes.fromhex(value)

    return read


digest = hexes(32)


def only(*allowed):
    def read(value):
        if not any(value == one and type(value) is type(one) for one in allowed):
            raise Refused(f"not one of {allowed}")
        return value

    return read


def null_or(shape):
    return lambda value: None if value is None else shape(value)


def list_of(shape):
    def read(value):
        if not isinstance(value, list):
            raise Refused("not a list")
        return [shape(item) for item in value]

    return read


def exactly(**members):
    """An object with all of these members and no others; gives them read."""

    def read(value):
        if not isinstance(value, dict) or set(value) != set(members):
            raise Refused("a member too many or too few")
        out = {}
        for name, shape in members.items():
            try:
                out[name] = shape(value[name])
            except Refused as error:
                raise Refused(f"`{name}`: {error}") from error
        return out

    return read
