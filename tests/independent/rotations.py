"""The log's keys, one after another (docs/evidence-format.md, sections 7.1, 11.6 and 17.12)."""

import re

from crypto import Envelope, origin, sha256, spki, statement
from strict_json import Refused, canonical, only, whole

NAME = re.compile(r"rotations/(0|[1-9][0-9]*)\.(old|new)\.dsse\.json")
_ROTATION = statement(
    "urn:countersign:rotation:v1",
    origin=origin,
    role=only("log", "case", "release", "reviewer"),
    old_spki=spki,
    new_spki=spki,
    from_size=whole,
)


def recorded(case):
    return [record for record in case.proved if record.kind == "key_rotated"]


def followed(case):
    """The keys that rotations which hold lead to, each with the size from which on it signs; and the first that
    doesn't hold, as (sequence, why)."""
    keys = [(0, case.opened_log()["key"])]
    for record in recorded(case):
        try:
            keys.append(_follow(case, record, keys[-1]))
        except Refused as error:
            return keys, (record.sequence, str(error))
    return keys, None


def _follow(case, record, newest):
    said = record.fact
    if not said:
        raise Refused("its record doesn't say what the record of a rotation says")
    for by in ("old", "new"):
        _signed(case, record, by, said)
    if said["old"].spki != newest[1].spki:
        raise Refused("it retires another key than the one in use")
    return said["from_size"], said["new"]


def _signed(case, record, by, said):
    name = f"rotations/{record.sequence}.{by}.dsse.json"
    if name not in case.files:
        raise Refused(f"{name} isn't here")
    payload = Envelope(case.files[name]).verify(said[by])
    signed = _ROTATION(canonical(payload))
    predicate, subject = signed["predicate"], signed["subject"]
    if [(one["name"], one["digest"]["sha256"]) for one in subject] != [("key", sha256(predicate["new_spki"].spki))]:
        raise Refused("the statement's subject isn't the new key")
    same = (
        predicate["origin"] == record.origin
        and predicate["role"] == "log"
        and predicate["old_spki"].spki == said["old"].spki
        and predicate["new_spki"].spki == said["new"].spki
        and predicate["from_size"] == said["from_size"]
    )
    if not same or said["old"].spki == said["new"].spki or sha256(payload) != said["statement_sha256"]:
        raise Refused(f"the statement that the {by} key signed isn't what the record says")


def sealed(checkpoint, keys):
    """Section 7.1: refuses a checkpoint that isn't signed as one of its size has to be."""
    size, ends = checkpoint.size, [from_size for from_size, _ in keys[1:]]
    for (_, key), end in zip(keys, ends):
        if size > end and _signs(checkpoint, key):
            raise Refused(f"it is signed by a key that was retired from size {end} on")
        if size == end:
            checkpoint.verify(key)
    checkpoint.verify([key for from_size, key in keys if from_size <= size][-1])


def _signs(checkpoint, key):
    try:
        checkpoint.verify(key)
    except Refused:
        return False
    return True


def names(case):
    """The sequences that files of rotations are named by."""
    return {int(found.group(1)) for found in map(NAME.fullmatch, case.files) if found}
