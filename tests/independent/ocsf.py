"""Whether an event is valid by the OCSF table (docs/evidence-format.md, Appendix A; the table itself is ocsf.txt)."""

import ipaddress
import pathlib
import re

from strict_json import Refused

_ATTRIBUTE = re.compile(r"(\w+)(!?):(<?)(\w+)>?(\[\])?(?:@(\w+))?(?:\{([\d,-]+)\})?")


class _Attribute:
    def __init__(self, found):
        _, required, is_object, kind, many, self.profile, values = found.groups()
        self.required, self.is_object, self.kind, self.many = bool(required), bool(is_object), kind, bool(many)
        self.values = None
        if values:
            bounds = [part.split("-") for part in values.split(",")]
            self.values = {n for bound in bounds for n in range(int(bound[0]), int(bound[-1]) + 1)}


class _Shape:
    def __init__(self, head, attributes):
        self.one_of = head.split(" one of ")[1].split() if " one of " in head else []
        self.attributes = dict(attributes)


def _table():
    text = (pathlib.Path(__file__).parent / "ocsf.txt").read_text()
    profiles, every, classes, objects = set(), {}, {}, {}
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, _, body = block.partition("\n")
        attributes = {found.group(1): _Attribute(found) for found in map(_ATTRIBUTE.fullmatch, body.split())}
        word, _, rest = head.partition(" ")
        if word == "profiles":
            profiles = set(rest.split())
        elif head == "every class":
            every = attributes
        elif word == "class":
            uid, _, category = rest.split()[:3]
            classes[int(uid)] = (int(category), _Shape(head, {**every, **attributes}))
        else:
            objects[rest.split()[0]] = _Shape(head, attributes)
    return profiles, classes, objects


PROFILES, CLASSES, OBJECTS = _table()


def _is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_address(value):
    try:
        return isinstance(value, str) and "%" not in value and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _has_type(value, kind):
    if kind == "json":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "long", "timestamp"):
        return _is_integer(value)
    if kind == "port":
        return _is_integer(value) and 0 <= value <= 65535
    return _is_address(value) if kind == "ip" else isinstance(value, str)


def check(event):
    """Refuses an event that isn't valid."""
    if not isinstance(event, dict):
        raise Refused("not an object")
    uid = event.get("class_uid")
    if not _is_integer(uid) or uid not in CLASSES:
        raise Refused("`class_uid` isn't a class that records use")
    category, shape = CLASSES[uid]
    activity = event.get("activity_id")
    if (
        event.get("category_uid") != category
        or not _is_integer(activity)
        or event.get("type_uid") != uid * 100 + activity
    ):
        raise Refused("`category_uid` or `type_uid` isn't the class's")
    metadata = event.get("metadata")
    named = metadata.get("profiles") if isinstance(metadata, dict) else None
    profiles = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    if len(set(profiles)) != len(profiles) or not PROFILES.issuperset(profiles):
        raise Refused("`metadata.profiles` names an unknown profile, or one twice")
    _object(event, shape, set(profiles), "")


def _object(members, shape, profiles, path):
    for name, value in members.items():
        attribute, at = shape.attributes.get(name), f"{path}{name}"
        if attribute is None:
            raise Refused(f"`{at}` isn't an attribute that belongs here")
        if attribute.profile and attribute.profile not in profiles:
            raise Refused(f"`{at}` belongs to a profile that isn't named")
        stem = name.removesuffix("_id")
        if name != stem and value == 99 and _is_integer(value) and stem in shape.attributes and stem not in members:
            raise Refused(f"`{at}` is 99 without the text beside it")
        if attribute.many and not (isinstance(value, list) and value):
            raise Refused(f"`{at}` isn't a list with something in it")
        for item in value if attribute.many else [value]:
            _value(item, attribute, profiles, at)
    for name, attribute in shape.attributes.items():
        if attribute.required and name not in members and (not attribute.profile or attribute.profile in profiles):
            raise Refused(f"`{path}{name}` is required and absent")
    if shape.one_of and not set(shape.one_of) & set(members):
        raise Refused(f"`{path}` needs one of {shape.one_of}")


def _value(value, attribute, profiles, at):
    if attribute.is_object:
        if not isinstance(value, dict):
            raise Refused(f"`{at}` isn't an object")
        if attribute.kind in OBJECTS:
            _object(value, OBJECTS[attribute.kind], profiles, at + ".")
        return
    if not _has_type(value, attribute.kind):
        raise Refused(f"`{at}` isn't of the type {attribute.kind}")
    if attribute.values is not None and not (_is_integer(value) and value in attribute.values):
        raise Refused(f"`{at}` isn't one of the values that OCSF defines")
