"""Records: read, and how each stands to what the log sealed (docs/evidence-format.md, sections 4 and 16.1)."""

import re

import ocsf
from crypto import includes, origin, sha256
from facts import contradiction, facts
from strict_json import Refused, canonical, digest, exactly, hexes, integer, jcs, list_of, only, parse, text, whole

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
AS_SIGNED, ALTERED, UNPROVED = "as signed", "altered", "unproved"

PROOF = exactly(path=list_of(digest), sequence=whole)
_FINGERPRINT = exactly(algorithm_id=only(3), encoding_id=only(1), serialization_id=only(2), value=digest)


def uuid4(value):
    if not UUID4.fullmatch(text(value)):
        raise Refused("not a UUIDv4")
    return value


def stream_name(value):
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", text(value)):
        raise Refused("not a stream's name")
    return value


def _optional(members, name, shape):
    return shape(members[name]) if name in members else None


def _object(value):
    if not isinstance(value, dict):
        raise Refused("not an object")
    return value


class Record:
    """Section 4.4: bytes that are a record. Its fingerprint may be another than its bytes give."""

    def __init__(self, data):
        event = canonical(data)
        ocsf.check(event)
        # 4.1
        metadata = event["metadata"]
        if "record_integrity" not in metadata.get("profiles", []):
            raise Refused("`metadata.profiles` lacks record_integrity")
        self.event = event
        self.sequence, self.logged = whole(metadata.get("sequence")), integer(metadata.get("logged_time"))
        self.uid, self.tenant = uuid4(metadata.get("uid")), metadata.get("tenant_uid")
        self.correlation = metadata.get("correlation_uid")
        # 4.3
        ours = _object(_object(event.get("unmapped")).get("countersign"))
        only(1)(ours.get("v"))
        hexes(16)(ours.get("nonce"))
        self.stream, self.stream_seq = stream_name(ours.get("stream")), whole(ours.get("stream_seq"))
        self.stream_prev = _optional(ours, "stream_prev", digest)
        self.tag = _optional(ours, "tag", hexes(16))
        self.kind, self.facts = text(ours.get("kind")), _object(ours.get("facts"))
        # 4.2
        attestations = event.get("attestation_list")
        if not isinstance(attestations, list) or len(attestations) != 1:
            raise Refused("not exactly one attestation")
        members = {"authority_uid": origin, "chain_uid": origin, "fingerprint": _FINGERPRINT}
        if "prev_event" in attestations[0]:
            members["prev_event"] = exactly(fingerprint=_FINGERPRINT, uid=uuid4)
        attestation = exactly(**members)(attestations[0])
        self.origin, self.prev = attestation["chain_uid"], attestation.get("prev_event")
        if attestation["authority_uid"] != self.origin:
            raise Refused("authority_uid isn't chain_uid")
        self.claimed, self.own = attestation["fingerprint"]["value"], fingerprint(event)
        # 4.4: the place is possible.
        if (self.sequence == 0) != (self.prev is None) or (self.sequence == 0 and self.stream != "sys"):
            raise Refused("record 0, and no other, has no predecessor and is in `sys`")
        if not (self.stream_seq == 0) == (self.stream_prev is None) == (self.tag is not None):
            raise Refused("a stream's record 0, and no other, has its tag and no predecessor in it")
        if self.stream_seq > self.sequence:
            raise Refused("a stream is no longer than its log")
        self.malformed, self.fact = facts(self)
        self.contradiction = contradiction(self)


def fingerprint(event):
    """Section 4.2: d."""
    attestation = {name: value for name, value in event["attestation_list"][0].items() if name != "fingerprint"}
    return sha256(jcs({**event, "attestation_list": [attestation]}))


def _line(data):
    """Section 16, step 4: a line is ended by a line feed."""
    if not data.endswith(b"\n"):
        raise Refused("its line isn't ended by a line feed")
    return data[:-1]


class Line:
    """One line of records.jsonl, and how it stands (section 16.1)."""

    def __init__(self, number, data, proof, seal, tags):
        """`data` and `proof` with their line feeds."""
        self.number, self.record, self.why, self.sealed = number, None, None, None
        try:
            self.proof = PROOF(canonical(_line(proof)))
        except Refused:
            self.proof = None
        try:
            self.record = Record(_line(data))
        except Refused as error:
            self._unreadable(data, seal, str(error))
            return
        self.place, self.own = self.record.sequence, self.record.own
        self._judge(seal, tags)

    def _unreadable(self, data, seal, why):
        self.standing, self.outside, self.why, self.own = ALTERED, "it can't be read as a record", why, None
        try:
            event = parse(_line(data))
            said = event["metadata"]["sequence"]
            self.own = fingerprint(event)
        except (Refused, KeyError, TypeError, AttributeError, IndexError):
            said = None
        self.place = self.proof["sequence"] if self.proof else said
        entry = seal.entry(self.place) if seal and isinstance(self.place, int) else None
        self.sealed = entry and entry[16:]

    def _judge(self, seal, tags):
        record, own, claimed = self.record, self.record.own, self.record.claimed
        self.standing = UNPROVED
        if seal is None:
            self.outside = "there is no checkpoint to prove it against"
            return
        if record.tag:
            tags.hinted.setdefault(record.stream, record.tag)
        entry = seal.entry(record.sequence)
        known = tags.proved.get(record.stream) or tags.hinted.get(record.stream)
        tag = record.tag or known or (entry and entry[:16])
        if not tag:
            self.outside = f"the record that opens the stream `{record.stream}` isn't here"
            return
        own_included, claimed_included = (self._included(seal, tag, d) for d in (own, claimed))
        self.sealed = entry[16:] if entry else own if own_included else claimed if claimed_included else None
        if tags.hinted.get(record.stream) == tag and (own_included or claimed_included):
            tags.proved.setdefault(record.stream, tag)
        if self.sealed == own == claimed:
            self.standing = AS_SIGNED
        elif self.sealed or claimed != own:
            self.standing = ALTERED
        self._name_by_proof(seal, tag)
        self.outside = None if own_included else "its inclusion proof doesn't lead to the sealed root"
        if record.origin != seal.origin:
            self.outside = "it says that it belongs to another log"
        elif entry and entry[:16] != tag:
            self.outside = "its leaf is filed under another stream"

    def _name_by_proof(self, seal, tag):
        """Section 16.2: a record whose sequence was edited is named by the place that its proof is about."""
        if not self.proof or self.as_signed or self.proof["sequence"] == self.record.sequence:
            return
        at, claimed = self.proof["sequence"], self.record.claimed
        entry = seal.entry(at)
        there = includes(tag + claimed, at, seal.size, self.proof["path"], seal.root)
        sealed = claimed if there else entry[16:] if entry and entry[:16] == tag else None
        if sealed and sealed != self.own:
            self.place, self.standing, self.sealed = at, ALTERED, sealed

    def _included(self, seal, tag, d):
        proof, sequence = self.proof, self.record.sequence
        if not proof or proof["sequence"] != sequence:
            return False
        return includes(tag + d, sequence, seal.size, proof["path"], seal.root)

    @property
    def as_signed(self):
        return self.standing == AS_SIGNED

    @property
    def linked(self):
        """Section 16.2."""
        if self.standing == ALTERED and self.sealed:
            return self.sealed
        return self.record.claimed if self.record else None


def settle(lines):
    """Section 16.2: what was sealed, by what later records say of their predecessors."""
    by_log, by_stream = {}, {}
    for record in (line.record for line in lines if line.as_signed):
        if record.prev:
            by_log[record.sequence - 1] = record.prev["fingerprint"]["value"]
        if record.stream_prev:
            by_stream[record.stream, record.stream_seq - 1] = record.stream_prev
    for line in lines:
        said = by_log.get(line.place)
        if said is None and line.record:
            said = by_stream.get((line.record.stream, line.record.stream_seq))
        if said and not line.as_signed and line.sealed is None and line.own != said:
            line.standing, line.sealed = ALTERED, said
