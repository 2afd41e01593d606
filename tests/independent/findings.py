"""The findings about records, the log and the file as a whole (docs/evidence-format.md, section 17)."""

import math

import copies
import rotations
import selections
from crypto import Key, base64_strict, origin_of, tagged
from records import ALTERED, AS_SIGNED
from strict_json import Refused

ATTESTATIONS = ("attestation.dsse.json", copies.BUNDLE)
PASS, FAIL, OPEN = "pass", "fail", "not_established"
REQUIRED = [
    "format",
    "record.fingerprint",
    "record.facts",
    "record.order",
    "stream.complete",
    "log.inclusion",
    "log.checkpoint",
    "export.record",
    "case.manifest",
    "attestation.signature",
    "attestation.files",
]


class Fails(Exception):
    """A finding fails; the text says why."""

    status = FAIL


class NotEstablished(Fails):
    status = OPEN


def finding(id_, judge, *args):
    """What `judge` comes to: it gives a sentence and passes, or raises. A `judge` that gives nothing has no finding."""
    try:
        sentence, status, named = judge(*args), PASS, []
    except Fails as error:
        sentence, status, named = error.args[0], error.status, [place for place in error.args[1:] if place is not None]
    return sentence and {"id": id_, "status": status, "sentence": sentence, "records": named}


def fingerprint(case):
    of = len(case.lines)
    if of == 0:
        raise Fails("There is no record in the file.")
    altered = [line for line in case.lines if line.standing == ALTERED]
    if altered:
        numbers = ", ".join(str(line.number) for line in altered)
        first = altered[0]
        own, sealed = (value.hex() if value else "unknown" for value in (first.own, first.sealed))
        why = f" It can't be read as a record: {first.why}." if first.why else ""
        raise Fails(
            f"Record {numbers} of {of} is not the record that was signed: "
            f"{first.number} hashes to {own}, signed was {sealed}.{why}",
            *[line.place for line in altered],
        )
    if any(line.standing != AS_SIGNED for line in case.lines):
        raise NotEstablished("Not every record is shown to be the one that was sealed in its place.")
    return f"Each of {of} hashes to the fingerprint that the log sealed in its place."


def says(case):
    """Section 17.14."""
    malformed = [record for record in case.proved if record.malformed]
    if malformed:
        first = malformed[0]
        raise Fails(
            f"The record at sequence {first.sequence} doesn't say what a {first.kind} must.",
            *[record.sequence for record in malformed],
        )
    if not case.lines or len(case.proved) < len(case.lines):
        raise NotEstablished("Not every record is the one that was signed, so what those say isn't known.")
    return "Each has the facts that its kind wants, in their form."


def order(case):
    """Section 17.1."""
    before, streams, unread = None, {}, False
    for line in case.lines:
        problem = _out_of_order(line, before, streams)
        if problem:
            raise Fails(f"Record {line.number} {problem}.", line.place)
        before, unread = line, unread or line.record is None
        if line.record:
            streams[line.record.stream] = line
    if unread:
        raise NotEstablished("A record that can't be read names no predecessor.")
    return "Each names its predecessor, where that one is here too."


def _out_of_order(line, before, streams):
    if before and line.place is not None and before.place is not None and line.place <= before.place:
        return "isn't after the one before it"
    record = line.record
    if not record:
        return None
    if before and record.prev and before.place == record.sequence - 1:
        if before.linked and before.linked != record.prev["fingerprint"]["value"]:
            return "names another predecessor than the record before it"
        if before.record and before.record.uid != record.prev["uid"]:
            return "names another predecessor's uid"
    earlier = streams.get(record.stream)
    if earlier:
        if earlier.record.stream_seq + 1 == record.stream_seq and earlier.linked != record.stream_prev:
            return "names another predecessor in its stream"
        if earlier.record.stream_seq >= record.stream_seq:
            return "has a number in its stream that an earlier record has passed"
    if before and before.record and before.record.logged > record.logged:
        return "was logged earlier than the record before it"
    return None


def complete(case):
    """Section 17.3."""
    said = case.manifest
    if not said:
        raise Fails("Without a manifest the file doesn't say whose records it should have.")
    said = said["selection"]
    if said["kind"] == "range":
        return _complete_range(case, said)
    if said["kind"] != "agent":
        raise NotEstablished("Nothing is claimed of what was left out: each record is proved at its own place.")
    interval, agent = selections.Interval(case), said["agent"]["uid"]
    tag, chain = case.tags.proved.get(agent), interval.chain
    absent = _absent(case, tag)
    first = chain[0].record.sequence if said["from_ms"] is not None and chain else 0
    last = chain[-1].record.sequence if said["to_ms"] is not None and chain else math.inf
    missing = [at for at in absent if first <= at <= last]
    if missing:
        raise Fails(f"The log has records of this agent at {missing}, and the file doesn't.", *missing)
    _no_gap(interval, said)
    export = case.export()
    if not export:
        raise Fails("The record of this export isn't here as it was signed, so nothing says where the records end.")
    _not_cut(interval, said, export, agent)
    begins, ends = _ends(interval, head_of(export, agent))
    if not interval.selected and not (begins and ends):
        raise NotEstablished("No record of this agent is here, and nothing shows that it has none in this interval.")
    covered = tag and case.seal.first is not None and (not chain or case.seal.first <= chain[0].record.sequence)
    return _claimed(interval) + _beside(covered, absent)


def _absent(case, tag):
    """The leaves that the skeleton has under this tag and that no line of the file is."""
    here = {line.place for line in case.lines}
    entries = enumerate(case.seal.entries, start=case.seal.first or 0) if tag else []
    return [at for at, entry in entries if entry[:16] == tag and at not in here]


def _claimed(interval):
    """No more than the numbers that are here: what comes after may have been cut off."""
    of = "lies in this interval"
    if interval.selected:
        first, last = (interval.selected[at].record.stream_seq for at in (0, -1))
        of = f"is missing from its number {first} to number {last}"
    return f"In the chain ending at the head that the operator named, nothing of this agent {of}."


def _beside(covered, absent):
    if not covered:
        return " Without a skeleton this doesn't exclude a second chain."
    more = f" Leaves at {absent} have its tag, too, outside of what is claimed." if absent else ""
    return more + " Whose the leaves under other tags are isn't shown."


def _complete_range(case, said):
    export = case.export()
    if not export:
        raise Fails("The record of this export isn't here as it was signed, so nothing says where the log ended.")
    missing = selections.missing_of_range(case, said, export)
    if missing is None:
        raise Fails("No record of the range is here.")
    if missing:
        raise Fails(f"The log has records at {missing[:8]} in this range, and the file doesn't.", *missing)
    places = [line.place for line in selections.chosen(case)]
    return f"Every record that the log committed from sequence {places[0]} to {places[-1]} is here."


def _no_gap(interval, said):
    last = None
    for index, line in enumerate(interval.chain):
        if not line.as_signed:
            continue
        number = line.record.stream_seq
        if last and number > last[0] + index - last[1]:
            raise Fails(f"Between number {last[0]} and number {number} of the stream something can't be found here.")
        if not last and not interval.before and number > index and said["from_ms"] is None:
            raise Fails(f"The first {number - index} of the stream can't be found here.")
        last = (number, index)


def head_of(export, agent):
    return next(((number, d) for stream, number, d in export.fact["heads"] if stream == agent), None)


def _not_cut(interval, said, export, agent):
    head = head_of(export, agent)
    if not head:
        raise Fails("The record of this export names no head of the agent.")
    if interval.after:
        return
    if not interval.chain:
        if said["to_ms"] is None:
            raise Fails("The agent has records, and none is here.")
        return
    last = interval.chain[-1]
    if last.as_signed and last.record.stream_seq != head[0] and said["to_ms"] is None:
        raise Fails(f"The records end at number {last.record.stream_seq}, and the log's own at {head[0]}.")
    if last.as_signed and last.record.stream_seq == head[0] and last.own != head[1]:
        raise Fails("The last record isn't the head that the record of this export names.")


def boundary(case):
    """Section 17.4."""
    if not case.manifest:
        return None
    said = case.manifest["selection"]
    if said["kind"] not in ("agent", "range"):
        return None
    if said["kind"] == "range":
        if not all(selections.bounds_of_range(case, said)):
            raise NotEstablished("Not both boundaries of the interval are established.")
        return "The records before and after the interval, or the log's own ends, bound it."
    export = case.export()
    if not all(_ends(selections.Interval(case), export and head_of(export, said["agent"]["uid"]))):
        raise NotEstablished("Not both boundaries of the interval are established.")
    return "The records before and after the interval, or the stream's own ends, bound it."


def _ends(interval, head):
    """Of an agent's interval: whether its beginning and its end are established."""
    first = interval.selected[0] if interval.selected else interval.after
    last = interval.chain[-1] if interval.chain else None
    begins = (
        interval.before.as_signed if interval.before else first and first.as_signed and first.record.stream_seq == 0
    )
    if interval.after:
        return begins, interval.after.as_signed
    return begins, last and last.as_signed and head == (last.record.stream_seq, last.own)


def inclusion(case):
    if not case.seal or not case.lines:
        raise Fails("There is no checkpoint or no record.")
    outside = [line for line in case.lines if line.outside]
    moved = [line for line in outside if line.standing != ALTERED]
    places = [line.place for line in outside]
    if moved:
        first = moved[0]
        raise Fails(f"Record {first.number} isn't in the log as sealed: {first.outside}.", *places)
    if outside:
        raise NotEstablished("An altered record can't be proved to be in the log as it stands.", *places)
    return f"Each is in checkpoint {case.seal.size}, root {case.seal.root.hex()}, by a proof of its own."


def rotation(case):
    """Section 17.12."""
    here, stray = rotations.recorded(case), rotations.names(case)
    stray -= {record.sequence for record in here}
    if not here and not stray:
        return None
    if not case.opened_log():
        raise Fails("Record 0, which carries the log's first key, isn't here as it was signed.")
    keys, broken = rotations.followed(case)
    if broken:
        raise Fails(f"The rotation at sequence {broken[0]} doesn't hold: {broken[1]}.", broken[0])
    if stray:
        raise Fails("A file of a rotation is here, and no record rotates a key at that place.", min(stray))
    return f"{len(keys) - 1} rotations lead to the key in use, each signed by both its keys."


def checkpoint(case):
    if not case.checkpoint:
        raise Fails("There is no checkpoint that can be read.")
    opened = case.opened_log()
    if not opened:
        raise Fails("Record 0, which carries the log's key, isn't here as it was signed.")
    if origin_of(opened["key"], opened["nonce16"]) != case.checkpoint.origin:
        raise Fails("It is the checkpoint of another log than the one that record 0 founds.")
    try:
        rotations.sealed(case.checkpoint, rotations.followed(case)[0])
    except Refused as error:
        raise Fails(f"It isn't signed by the log's key of its size: {error}.") from error
    return "The log's key of its size signed its size and its root."


def export(case):
    """Section 17.5."""
    said, record = case.manifest, case.export()
    if not said or not record:
        raise Fails("The last record under the checkpoint isn't here as the record of this export.")
    fact = record.fact
    if fact["asked"] != {name: said[name] for name in ("selection", "disclosure", "since")}:
        raise Fails("It tells of an export of another agent, interval or selection than the manifest does.")
    if fact["size"] != record.sequence or said["export_record"] != record.sequence:
        raise Fails("It isn't the record that follows the head at export.")
    digests = [line.linked for line in selections.selected(case)]
    if fact["selected"] != len(digests) or fact["selection"] != tagged("selection", b"".join(digests)):
        raise Fails("The records that it says were selected aren't those that are here.")
    other = None if said["selection"]["kind"] == "agent" else selections.unlike(case, fact)
    if other:
        raise Fails(other)
    return f"The record at sequence {record.sequence} names {len(digests)} records, and they are those that are here."


def signer(case):
    """Section 17.6, first two clauses: the signing key."""
    if not case.attestation:
        raise Refused("the file carries no attestation that can be read")
    added = case.key_added("case", case.attestation.key_id)
    if not added:
        raise Refused("no record here registers the key that signed it for case files")
    case.attestation.verify(added.fact["key"])
    return added.fact["key"]


def signature(case):
    """Section 17.6."""
    try:
        key = signer(case)
    except Refused as error:
        raise Fails(f"It isn't signed as a case file must be: {error}.") from error
    said, manifest, seal = case.statement, case.manifest, case.seal
    if not said or not manifest or not seal:
        raise Fails("The signature is right, but statement, manifest or checkpoint isn't there.")
    predicate = said["predicate"]
    found = {
        "origin": seal.origin,
        "tree_size": seal.size,
        "root": seal.root,
        "tenant_uid": manifest["tenant"]["uid"],
        "checkpoint_sha256": case.sha256["checkpoint.txt"],
        "manifest_sha256": case.sha256["manifest.json"],
        "export_fp": case.lines[-1].own if case.lines else None,
    }
    for name, value in found.items():
        if predicate[name] != value:
            raise Fails(f"The signature is right, but it names another {name}.")
    return f"The key {key.id}, which a record here registers, signed it."


def pinned(case, pins):
    """Section 17.7."""
    try:
        key = signer(case)
    except Refused as error:
        raise NotEstablished("Nobody's signature over the file holds, so there is no signer.") from error
    if not case.seal:
        raise NotEstablished("Without a checkpoint the file is of no log.")
    mine = pins.get((case.seal.origin, "case"), [])
    if mine:
        name = _whose(mine, [key])
        if name is None:
            raise Fails(f"For this log you pinned another key, {mine[0][1]}'s. This file isn't theirs.")
        return f"It is signed by {name}'s key, which you pinned."
    mine = pins.get((case.seal.origin, "log"), [])
    if not mine or not case.opened_log():
        raise NotEstablished("Nobody pinned this key. The file alone can't show whose it is.")
    keys, _ = rotations.followed(case)
    name = _whose(mine, [key for _, key in keys])
    if name is None:
        raise NotEstablished(f"You pinned {mine[0][1]}'s key of this log, and nothing in this file leads to it.")
    try:
        rotations.sealed(case.checkpoint, keys)
    except Refused as error:
        raise NotEstablished("No rotation that holds leads from the pinned key to the one that seals.") from error
    return f"You pinned {name}'s key of this log, and the log registers the key that signed."


def _whose(pinned, keys):
    """Whose the first pinned key is that is among these."""
    spkis = {key.spki for key in keys}
    return next((name for pin, name in pinned if pin.spki in spkis), None)


def files(case):
    if not case.statement:
        raise Fails("Nothing that can be read says which files were signed.")
    signed = {subject["name"]: subject["digest"]["sha256"] for subject in case.statement["subject"]}
    here = {name: d for name, d in case.sha256.items() if name not in ATTESTATIONS}
    wrong = sorted(name for name in signed.keys() | here.keys() if signed.get(name) != here.get(name))
    if wrong:
        raise Fails(f"Not as signed: {', '.join(wrong)}.")
    return f"{len(here)} files with the SHA-256 that the attestation names, and no other."


def manifest(case):
    """Section 17.11."""
    said, seal = case.manifest, case.seal
    if not said or not seal or case.keys is None:
        raise Fails("There is no manifest, checkpoint or list of keys that can be read.")
    if (said["origin"], said["size"], said["root"]) != (seal.origin, seal.size, seal.root):
        raise Fails("The manifest names another log, size or root than the checkpoint.")
    tenants = {line.record.tenant for line in case.lines if line.record} - {None, said["tenant"]["uid"]}
    if tenants or said["records"] != len(case.lines):
        raise Fails("The manifest names another tenant or number of records.")
    if any(_names_otherwise(line.record, said["selection"]) for line in case.lines if line.record):
        raise Fails("A record of the agent names it otherwise than the manifest does.")
    listed = {file["name"]: (file["bytes"], file["sha256"]) for file in said["files"]}
    own = {"manifest.json", *ATTESTATIONS}
    here = {name: (len(data), case.sha256[name]) for name, data in case.files.items() if name not in own}
    if len(listed) != len(said["files"]) or listed != here:
        raise Fails("The manifest lists other files than are here.")
    for entry in case.keys:
        _registered(case, entry)
    return "Manifest and list of keys say what the records, the checkpoint and the files show."


def _names_otherwise(record, selection):
    """A file that is about another name than its records say would be taken for another agent's."""
    if selection["kind"] != "agent" or record.stream != selection["agent"]["uid"]:
        return False
    said = record.event.get("ai_agent")
    return isinstance(said, dict) and said.get("uid") == record.stream and said.get("name") != selection["agent"]["name"]


def _registered(case, entry):
    try:
        key = Key(base64_strict(entry["spki"]))
    except Refused as error:
        raise Fails(f"In the list of keys: {error}.") from error
    if entry["role"] == "log":
        opened = case.opened_log()
        given = [(0, opened["key"])] if opened else []
        given += [(record.sequence, record.fact["new"]) for record in rotations.recorded(case) if record.fact]
        good = any(at == entry["record"] and given_key.spki == key.spki for at, given_key in given)
    else:
        facts = [
            r.fact for r in case.proved if r.kind == "key_added" and r.stream == "sys" and r.sequence == entry["record"]
        ]
        want = (entry["role"], key.spki, entry["owner_uid"])
        good = any(fact and (fact["role"], fact["key"].spki, fact["owner"]) == want for fact in facts)
    if not good or key.id != entry["key_id"]:
        raise Fails(f"The list of keys has {entry['key_id']}, which no record here registers so.")


def form(case, departure):
    problems = ([departure] if departure else []) + case.faults
    if problems:
        raise Fails(" ".join(problems))
    return f"{len(case.files)} files, and every byte of the archive is accounted for."


def other_forms(case):
    """Section 17.16."""
    try:
        key = signer(case)
    except Refused:
        key = None
    wrong, of = copies.differ(case, key)
    if wrong:
        raise Fails(f"{wrong[0]} doesn't say what the file itself says.")
    return f"{of} files have the same in the forms of other tools." if of else None


def goes_on(case):
    """Section 17.17."""
    named = case.manifest["since"] if case.manifest else None
    if not named and not case.since and not case.consistency:
        return None
    why = copies.goes_on(case)
    if why:
        raise Fails(why)
    return "What the earlier checkpoint sealed is the beginning of this log."


def disclosure(case):
    """Section 17.15."""
    if not case.manifest or case.manifest["disclosure"] is None:
        return None
    shown, withheld, told, absent = selections.disclosed(case)
    if told:
        raise Fails(f"The content {told[0]} is to be withheld, and is here.")
    if absent:
        raise NotEstablished(f"The content {absent[0]} is to be disclosed and isn't here.")
    return f"{len(shown)} contents are disclosed and {len(withheld)} withheld." if shown or withheld else None


def pages(case):
    """Section 17.18."""
    here = [name for name in copies.PAGES if name in case.files]
    if not here:
        return None
    raise NotEstablished(f"What {' and '.join(here)} say isn't checked.")
