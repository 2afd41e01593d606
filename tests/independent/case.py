"""A case file, read but not judged (docs/evidence-format.md, sections 14 and 16)."""

import functools
import hashlib
import re

import copies
import rotations
import selections
from crypto import Checkpoint, Envelope, key_id, on_the_left, origin, root_of_range, sha256, spki, statement
from facts import committed
from records import Line, settle
from strict_json import Refused, canonical, digest, exactly, hexes, integer, list_of, null_or, only, parse, text, whole

ALWAYS = [
    "README.txt",
    "attestation.dsse.json",
    "checkpoint.txt",
    "keys.json",
    "manifest.json",
    "proofs/inclusion.jsonl",
    "records.jsonl",
]
SKELETON = ["proofs/range.json", "proofs/skeleton.bin"]
FURTHER = [copies.BUNDLE, copies.PEM, copies.SINCE, copies.CONSISTENCY, *copies.PAGES]

_NAMED = exactly(name=text, uid=text)
_MANIFEST = {
    "kind": only("urn:countersign:case:v1"),
    "origin": origin,
    "size": whole,
    "root": digest,
    "tenant": _NAMED,
    "records": whole,
    "export_record": whole,
    "files": list_of(exactly(bytes=whole, name=text, sha256=digest)),
}
_FIRST = exactly(v=only(1), agent=_NAMED, from_ms=null_or(integer), to_ms=null_or(integer), **_MANIFEST)
_SECOND = exactly(
    v=only(2),
    selection=selections.selection,
    disclosure=selections.disclosure,
    since=selections.since,
    **_MANIFEST,
)
_KEYS = exactly(
    keys=list_of(
        exactly(
            key_id=key_id,
            owner_uid=null_or(text),
            record=whole,
            role=only("log", "case", "release", "reviewer"),
            spki=text,
        )
    )
)
_RANGE = exactly(first=whole, left=list_of(digest), size=whole)
_OPENING_FILE = exactly(content_uid=text, length=whole, media_type=text, salt=text, slot=text)
_OPENING = exactly(content_uid=text, length=whole, media_type=text, salt=hexes(32), slot=text)
_CASE = statement(
    "urn:countersign:case:v1",
    origin=origin,
    tenant_uid=text,
    tree_size=whole,
    root=digest,
    checkpoint_sha256=digest,
    manifest_sha256=digest,
    export_fp=digest,
)
_PINS_KEY = {
    "origin": origin,
    "role": only("log", "case"),
    "spki": spki,
    "name": text,
    "source": text,
    "pinned_ms": integer,
}


def pins(data):
    """Section 15: {(origin, role): [(key, whose)]}, of one file."""
    out = {}
    for read in exactly(pins=list_of(exactly(**_PINS_KEY)))(parse(data))["pins"]:
        if (read["origin"], read["role"]) in out:
            raise Refused("two keys for one log and role")
        out[read["origin"], read["role"]] = [(read["spki"], read["name"])]
    return out


class Seal:
    """The checkpoint's words, and the skeleton once it leads to its root."""

    def __init__(self, checkpoint):
        self.origin, self.size, self.root = checkpoint.origin, checkpoint.size, checkpoint.root
        self.first, self.left, self.entries = None, [], []

    def entry(self, sequence):
        if self.first is None or not self.first <= sequence < self.first + len(self.entries):
            return None
        return self.entries[sequence - self.first]


    def take(self, said, data):
        """Section 14.4."""
        entries = [data[at : at + 48] for at in range(0, len(data), 48)]
        if len(data) % 48 or said["size"] != self.size or said["first"] + len(entries) != self.size:
            raise Refused("it doesn't end at the checkpoint")
        if root_of_range(said["first"], said["left"], entries) != self.root:
            raise Refused("its leaves don't lead to the checkpoint's root")
        self.first, self.left, self.entries = said["first"], said["left"], entries


class Tags:
    def __init__(self):
        self.hinted, self.proved = {}, {}


class Case:
    def __init__(self, files):
        self.files = files
        self.sha256 = {name: hashlib.sha256(data).digest() for name, data in files.items()}
        self.faults = []
        self._check_names()
        # Section 16, step 2.
        self.manifest = self._read("manifest.json", _manifest)
        self.keys = self._read("keys.json", lambda data: _KEYS(canonical(data))["keys"])
        self.attestation = self._read("attestation.dsse.json", Envelope)
        self.checkpoint = self._read("checkpoint.txt", Checkpoint)
        self.since = self._read(copies.SINCE, Checkpoint)
        self.consistency = self._read(copies.CONSISTENCY, copies.consistency_file)
        self.range = self._read("proofs/range.json", _range)
        self.seal = Seal(self.checkpoint) if self.checkpoint else None
        self.statement = self._statement()
        # Step 3.
        if self.seal and self.range and SKELETON[1] in files:
            self._read(SKELETON[1], lambda data: self.seal.take(self.range, data))
        # Step 4.
        self.tags = Tags()
        self.lines = self._lines()
        settle(self.lines)
        self.proved = [line.record for line in self.lines if line.as_signed]
        # Step 5.
        self.commitments, self.committed_at, self.twofold = {}, {}, []
        for record in self.proved:
            for uid, slot, c in committed(record):
                self.committed_at.setdefault(uid, record.sequence)
                if self.commitments.setdefault(uid, (slot, c)) != (slot, c):
                    self.twofold.append((uid, record.sequence))
        second = self.manifest and self.manifest["disclosure"] is not None
        if second and copies.BUNDLE not in files:
            self.faults.append(f"{copies.BUNDLE} is missing.")
        self.approvals = {}
        for name in files:
            if found := re.fullmatch(r"approvals/(0|[1-9][0-9]*)\.dsse\.json", name):
                self.approvals[int(found.group(1))] = files[name]

    def _read(self, name, shape):
        if name not in self.files:
            return None
        try:
            return shape(self.files[name])
        except Refused as error:
            self.faults.append(f"{name} can't be read: {error}.")
            return None

    def _check_names(self):
        """Section 14: which files belong in it."""
        self.faults += [f"{name} is missing." for name in ALWAYS if name not in self.files]
        if len([name for name in SKELETON if name in self.files]) == 1:
            self.faults.append("Only one of the skeleton's two files is here.")
        for name, digest_ in self.sha256.items():
            policy = re.fullmatch(r"policies/([0-9a-f]{64})\.cedar", name)
            if policy and policy.group(1) != digest_.hex():
                self.faults.append(f"{name} isn't the policy that it is called.")
            other = r"approvals/(0|[1-9][0-9]*)\.dsse\.json|contents/[^/]*\.(json|bin)|" + rotations.NAME.pattern
            other += "|" + copies.TLOG.pattern
            if name not in ALWAYS + SKELETON + FURTHER and not policy and not re.fullmatch(other, name):
                self.faults.append(f"{name} doesn't belong in a case file.")
            if re.fullmatch(r"contents/[^/]*\.json", name):
                self._read(name, lambda data: _OPENING_FILE(canonical(data)))

    def _statement(self):
        """Section 11.4."""
        try:
            said = _CASE(canonical(self.attestation.payload)) if self.attestation else None
        except Refused:
            return None
        names = [subject["name"] for subject in said["subject"]] if said else []
        return said if names and all(a.encode() < b.encode() for a, b in zip(names, names[1:])) else None

    def _lines(self):
        data, proofs = self.files.get("records.jsonl", b""), self.files.get("proofs/inclusion.jsonl", b"")
        data, proofs = (re.findall(rb"[^\n]*\n|[^\n]+", whole) for whole in (data, proofs))
        if len(proofs) > len(data):
            self.faults.append("There are more proofs than records.")
        proofs += [b""] * (len(data) - len(proofs))
        pairs = enumerate(zip(data, proofs), start=1)
        return [Line(number, record, proof, self.seal, self.tags) for number, (record, proof) in pairs]

    # What findings ask for.

    def opened_log(self):
        """Record 0, where it is the first line and stands as signed."""
        first = self.lines[0] if self.lines else None
        is_it = first and first.as_signed and first.record.kind == "log_opened" and first.record.sequence == 0
        return first.record.fact if is_it else None

    def key_added(self, role, id_):
        """The first record in `sys` that registers this key in this role."""
        for record in self.proved:
            fact = record.fact
            if (
                record.kind == "key_added"
                and record.stream == "sys"
                and fact
                and (fact["role"], fact["key"].id) == (role, id_)
            ):
                return record
        return None

    @functools.cached_property
    def goes_on(self):
        """Section 17.17: whether the log goes on from the checkpoint of `since`."""
        return bool(self.since and self.consistency) and copies.goes_on(self) is None

    def root_at(self, size):
        """Section 6.4."""
        if not self.seal or size == self.seal.size:
            return self.seal and self.seal.root
        if size == 0:
            return sha256(b"")
        first, left, entries = self.last_leaves
        if first is not None and first <= size < self.seal.size:
            return root_of_range(first, left, entries[: size - first])
        since = self.manifest and self.manifest["since"]
        return since["root"] if self.goes_on and since["size"] == size else None

    @functools.cached_property
    def last_leaves(self):
        """Section 6.4: the skeleton, or the leaves of the last lines: (first, left, entries)."""
        seal, first, entries = self.seal, None, []
        if seal.first is not None:
            return seal.first, seal.left, seal.entries
        for line in reversed(self.lines):
            if not line.as_signed or line.outside or first and line.place + 1 != first.place:
                break
            first = line
            entries.append(self.tags.hinted[line.record.stream] + line.record.claimed)
        entries.reverse()
        if not first or first.place + len(entries) != seal.size:
            return None, [], []
        left = on_the_left(first.place, seal.size, first.proof["path"])
        return (first.place, left, entries) if root_of_range(first.place, left, entries) == seal.root else (None, [], [])

    def export(self):
        """The export record (section 17.3)."""
        last = self.lines[-1] if self.lines and self.seal else None
        if not last or not last.as_signed or last.record.kind != "exported" or not last.record.fact:
            return None
        return last.record if last.record.sequence == self.seal.size - 1 else None

    def within(self, record):
        """Section 17.2: whether a record is judged with the selected ones."""
        said = self.manifest["selection"] if self.manifest else None
        if said and said["kind"] == "agent":
            said = said | {"kind": "range"}
        return said is None or selections.selects(said, record)

    @functools.cached_property
    def begins_late(self):
        return selections.begins_late(self)

    def erased_by(self, record, uid, c):
        """Section 17.10: whether this record says that the content committed to earlier was erased."""
        known = self.commitments.get(uid, (None, None))[1] == c
        return known and self.committed_at[uid] < record.sequence

    def opening(self, uid):
        """Header, salt and bytes of a disclosed content."""
        said = _OPENING(canonical(self.files[f"contents/{uid}.json"]))
        return said, said.pop("salt"), self.files[f"contents/{uid}.bin"]


def _range(data):
    said = _RANGE(canonical(data))
    if said["first"] > said["size"] or len(said["left"]) != bin(said["first"]).count("1"):
        raise Refused("`left` isn't what belongs before `first`")
    return said


def _manifest(data):
    """Section 14.1, of either version."""
    value = canonical(data)
    if isinstance(value, dict) and value.get("v") == 2:
        return _SECOND(value)
    said = _FIRST(value)
    return said | {"selection": selections.of_agent(said["agent"], said), "disclosure": None, "since": None}
