"""What a case file is about, and what may be claimed of it by kind (docs/evidence-format.md, 14.1, 14.9, 17.2 to 17.5)."""

import re

from strict_json import Refused, digest, exactly, integer, list_of, null_or, only, text, whole

_NAMED = exactly(name=text, uid=text)
_SPAN = {"from_ms": null_or(integer), "to_ms": null_or(integer)}
_KINDS = {
    "agent": exactly(kind=only("agent"), agent=_NAMED, **_SPAN),
    "range": exactly(kind=only("range"), **_SPAN),
    "correlation": exactly(kind=only("correlation"), correlation_uid=text),
    "approval": exactly(kind=only("approval"), item_uid=text, correlation_uid=text),
    "records": exactly(kind=only("records"), sequences=list_of(whole)),
}
_SINCE = exactly(size=whole, root=digest)
REASONS = ("disclosure_reason", "withholding_reason")


def _rises(items):
    return all(a < b for a, b in zip(items, items[1:]))


def selection(value):
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Refused("not a kind of selection")
    said = _KINDS[kind](value)
    if kind in ("agent", "range"):
        good = said["from_ms"] is None or said["to_ms"] is None or said["from_ms"] < said["to_ms"]
    elif kind == "records":
        good = 0 < len(said["sequences"]) <= 10_000 and _rises(said["sequences"])
    else:
        good = all(said[name] for name in said)
    if not good:
        raise Refused("a selection in another than its one form")
    return said


def disclosure(value):
    said = exactly(slots=list_of(text), disclosed=list_of(text), withheld=list_of(text))(value)
    both = set(said["disclosed"]) & set(said["withheld"])
    encoded = [[one.encode() for one in listed] for listed in said.values()]
    few = len(said["disclosed"]) + len(said["withheld"]) <= 5_000
    if both or not few or not all(_rises(listed) for listed in encoded):
        raise Refused("a disclosure in another than its one form")
    return said


def since(value):
    return null_or(_SINCE)(value)


def of_agent(agent, said):
    """What version 1 says."""
    return {"kind": "agent", "agent": _NAMED(agent)} | {name: shape(said.get(name)) for name, shape in _SPAN.items()}


def asked(facts):
    """Section 14.9: what the record of the export was asked for."""
    filter_ = facts["filter"]
    if "kind" not in filter_:
        agent = {"name": filter_["agent_name"], "uid": filter_["agent_uid"]}
        return {"selection": of_agent(agent, filter_), "disclosure": None, "since": None}
    return {
        "selection": selection(filter_),
        "disclosure": disclosure(facts["disclosure"]),
        "since": since(facts.get("since")),
    }


def selects(said, record):
    """Whether a record belongs to the selection by what it says of itself."""
    if said["kind"] in ("agent", "range"):
        inside = (said["from_ms"] is None or record.logged >= said["from_ms"]) and (
            said["to_ms"] is None or record.logged < said["to_ms"]
        )
        return inside and (said["kind"] == "range" or record.stream == said["agent"]["uid"])
    if said["kind"] == "records":
        return record.sequence in said["sequences"]
    return record.correlation == said["correlation_uid"]


def chosen(case):
    """Section 17.2, of every kind but an agent's: the lines that are selected."""
    end = case.seal.size - 1 if case.seal else 0
    said = case.manifest["selection"]
    return [line for line in case.lines if line.record and line.record.sequence < end and selects(said, line.record)]


class Interval:
    """Section 17.2."""

    def __init__(self, case):
        said = case.manifest["selection"]
        self.before, self.selected, self.after = None, [], None
        for line in case.lines:
            if not line.record or line.record.stream != said["agent"]["uid"]:
                continue
            if said["from_ms"] is not None and line.record.logged < said["from_ms"]:
                self.before = line
            elif said["to_ms"] is not None and line.record.logged >= said["to_ms"]:
                self.after = self.after or line
            else:
                self.selected.append(line)
        first = self.selected[0] if self.selected else self.after
        if self.before and first and not _adjacent(self.before, first):
            self.before = None
        last = self.selected[-1] if self.selected else self.before
        if self.after and last and not _adjacent(last, self.after):
            self.after = None
        self.chain = [line for line in [self.before, *self.selected, self.after] if line]


def _adjacent(a, b):
    return not a.as_signed or not b.as_signed or a.record.stream_seq + 1 == b.record.stream_seq


def selected(case):
    """Section 17.2: the lines that are selected."""
    agents = case.manifest["selection"]["kind"] == "agent"
    return Interval(case).selected if agents else chosen(case)


def begins_late(case):
    """Section 17.2: whether what came before may rightly be absent. Nothing comes before the first record of all."""
    said = case.manifest["selection"] if case.manifest else {}
    if said.get("kind") == "records":
        return True
    if said.get("from_ms") is None:
        return False
    first = next(iter(selected(case)), None)
    if not first or not first.as_signed:
        return True
    return (first.record.stream_seq if said["kind"] == "agent" else first.record.sequence) > 0


def missing_of_range(case, said, export):
    """Section 17.3: the places of a range that no line has."""
    places = [line.place for line in chosen(case)]
    if not places:
        return None
    missing = list(range(places[0])) if said["from_ms"] is None else []
    for a, b in zip(places, places[1:]):
        missing += range(a + 1, b)
    if said["to_ms"] is None:
        missing += range(places[-1] + 1, export.sequence)
    return missing


def bounds_of_range(case, said):
    """Section 17.4: whether the beginning and the end are established."""
    lines, at = chosen(case), {line.place: line for line in case.lines if line.as_signed}
    if not lines:
        return False, False
    first, last, export = lines[0], lines[-1], case.export()
    before, after = at.get(first.place - 1), at.get(last.place + 1)
    begins = first.as_signed and (
        first.place == 0
        or bool(before and said["from_ms"] is not None and before.record.logged < said["from_ms"])
    )
    to_export = export and export.sequence == last.place + 1
    later = after and said["to_ms"] is not None and after.record.logged >= said["to_ms"]
    return begins, last.as_signed and bool(to_export or later)


def unlike(case, fact):
    """Section 17.5: what else the record of the export says of a selection that isn't an agent's."""
    lines, said = chosen(case), case.manifest["selection"]
    named = [stream for stream, _, _ in fact["heads"]]
    if sorted(named) != sorted({line.record.stream for line in lines}):
        return "It names the heads of other streams than those that were selected from."
    for stream, number, d in fact["heads"]:
        of = [line for line in lines if line.record.stream == stream]
        if any(
            line.record.stream_seq > number or (line.record.stream_seq == number and line.linked != d) for line in of
        ):
            return "A head that it names isn't that of the records here."
    decides = [
        line
        for line in lines
        if line.record.kind == "item_decided" and line.record.fact and line.record.fact["item"] == said.get("item_uid")
    ]
    if said["kind"] == "approval" and not decides:
        return "No record here is a person's decision on the held item."
    return None


def disclosed(case):
    """Section 17.15: (disclosed, withheld, told though withheld, absent though disclosed)."""
    said, rule = case.manifest["selection"], case.manifest["disclosure"]
    export = case.export()
    names = [re.fullmatch(r"contents/([^/]*)\.(?:json|bin)", name) for name in case.files]
    here = {found.group(1) for found in names if found}
    at = {record.sequence: record for record in case.proved}
    out = ([], [], [], [])
    for uid, (slot, c) in case.commitments.items():
        record = at[case.committed_at[uid]]
        if export and record.sequence == export.sequence:
            meant = slot in REASONS
        else:
            named = uid in rule["disclosed"] or (slot in rule["slots"] and uid not in rule["withheld"])
            meant = selects(said, record) and named
        if meant and uid not in here and _erased(case, uid, c, record):
            continue
        out[{(True, True): 0, (False, False): 1, (False, True): 2, (True, False): 3}[meant, uid in here]].append(uid)
    return out


def _erased(case, uid, c, record):
    for other in case.proved:
        listed = other.facts.get("erased") if other.kind == "contents_erased" else None
        for item in listed if isinstance(listed, list) else []:
            gone = isinstance(item, dict) and (item.get("content_uid"), item.get("c")) == (uid, c.hex())
            if gone and record.sequence < other.sequence:
                return True
    return False
