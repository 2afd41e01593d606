"""The worked example of docs/evidence-format.md (section 20), computed from assets/samples/intact.case.zip."""

import base64
import struct

from crypto import Checkpoint, Envelope, Key, leaf, node, sha256, tagged
from records import fingerprint
from strict_json import canonical, jcs
from zip_profile import unpack


def _wrap(text, indent=4, width=104):
    return "\n".join(" " * indent + text[at : at + width] for at in range(0, len(text), width))


def _path(entry, index, size, path):
    """Section 6.1, with every hash on the way."""
    hash_, at, last, path = leaf(entry), index, size - 1, list(path)
    lines = [f"  leaf  {hash_.hex()}"]
    while last > 0:
        if at & 1 or at < last:
            sibling = bytes.fromhex(path.pop(0))
            side = "left " if at & 1 else "right"
            hash_ = node(sibling, hash_) if at & 1 else node(hash_, sibling)
            lines.append(f"  with {sibling.hex()[:16]}… on its {side}: {hash_.hex()}")
        at, last = at >> 1, last >> 1
    return lines


def example(archive):
    """The section's text."""
    files, _ = unpack(archive)
    lines = files["records.jsonl"].split(b"\n")[:-1]
    events = [canonical(line) for line in lines]
    return "\n".join(
        [
            *_head(archive, files),
            *_record(lines[0], events[0]),
            *_log(files, events),
            *_decision(files, events),
            *_export(files, events),
            "```",
        ]
    )


def _head(archive, files):
    end = archive[-22:]
    at = struct.unpack("<I", end[16:20])[0]
    first = sorted(files)[0]
    return [
        "## 20 A worked example",
        "",
        "All values are of [assets/samples/intact.case.zip](../assets/samples/intact.case.zip). Long ones",
        "are broken into lines here that have no breaks in the file.",
        "",
        "```text",
        f"the file (13): {len(archive)} bytes, {len(files)} entries, SHA-256 {sha256(archive).hex()}",
        f"  its first entry, {first}:",
        _wrap(archive[: 30 + len(first)].hex(" ")),
        f"  its first directory entry, at {at}:",
        _wrap(archive[at : at + 46 + len(first)].hex(" ")),
        "  its end record:",
        _wrap(end.hex(" ")),
        "",
    ]


def _record(line, event):
    said = event["unmapped"]["countersign"]["facts"]
    key = Key(base64.b64decode(said["spki"]))
    unsigned = [{name: value for name, value in event["attestation_list"][0].items() if name != "fingerprint"}]
    hashed = jcs({**event, "attestation_list": unsigned}).decode()
    return [
        f"the log's key (3), from record 0's facts.spki ({len(key.spki)} bytes):",
        _wrap(key.spki.hex()),
        f"  its key id: {key.id}",
        f"  its id in a note (7): {sha256(key.spki)[:4].hex()}",
        f'the origin (5): H("log", the key ‖ {said["nonce16"]}) =',
        f"    {tagged('log', key.spki + bytes.fromhex(said['nonce16'])).hex()}",
        "",
        f"record 0 (4): {len(line)} bytes; without its fingerprint {len(hashed)} bytes:",
        _wrap(hashed),
        f"  d = SHA-256 of these = {fingerprint(event).hex()}",
        "",
    ]


def _log(files, events):
    tag = bytes.fromhex(events[0]["unmapped"]["countersign"]["tag"])
    checkpoint = Checkpoint(files["checkpoint.txt"])
    proof = canonical(files["proofs/inclusion.jsonl"].split(b"\n")[0])
    signature = next(iter(checkpoint.signatures.values()))
    said = canonical(files["proofs/range.json"])
    return [
        f"its entry (5): {tag.hex()} ‖ d; its inclusion (6.1) at 0 of {checkpoint.size}:",
        *_path(tag + fingerprint(events[0]), 0, checkpoint.size, proof["path"]),
        "  which is the checkpoint's root.",
        "",
        f"the checkpoint (7): its text has {len(checkpoint.text)} bytes, SHA-256 {sha256(checkpoint.text).hex()}",
        "  signature under the log's key (DER):",
        _wrap(signature.hex()),
        "",
        f"the skeleton (14.4): sequences {said['first']} to {said['size'] - 1}, {len(said['left'])} digests before it;",
        "  its first entry:",
        _wrap(files["proofs/skeleton.bin"][:48].hex()),
        "",
    ]


def _decision(files, events):
    facts = [(event["metadata"]["sequence"], event["unmapped"]["countersign"]) for event in events]
    sequence, decided = next(
        (at, said) for at, said in facts if said["kind"] == "item_decided" and said["facts"]["decision"] == "approve"
    )
    item = decided["facts"]["item_uid"]
    held_at, held = next(
        (at, said) for at, said in facts if said["facts"].get("item_uid") == item and said["kind"] == "call_decided"
    )
    document = jcs(held["facts"]["action"])
    reason = decided["facts"]["contents"][0]
    header = canonical(files[f"contents/{reason['content_uid']}.json"])
    salt, data = header.pop("salt"), files[f"contents/{reason['content_uid']}.bin"]
    h = jcs(header)
    envelope = Envelope(files[f"approvals/{sequence}.dsse.json"])
    head = f"DSSEv1 {len(envelope.type)} {envelope.type} {len(envelope.payload)} "
    c = tagged("content", bytes.fromhex(salt) + struct.pack(">I", len(h)) + h + data)
    return [
        f"the action's document (10), in the record at sequence {held_at} ({len(document)} bytes):",
        _wrap(document.decode()),
        f"  action_digest = {tagged('action', document).hex()}",
        "",
        f"the reason (9), a content of the record at sequence {sequence}: salt {salt}",
        f"  h ({len(h)} bytes):",
        _wrap(h.decode()),
        f"  its {len(data)} bytes: {data.decode()}",
        f"  C = {c.hex()}",
        "",
        f"the approval (11), approvals/{sequence}.dsse.json: a payload of {len(envelope.payload)} bytes, SHA-256",
        f"    {sha256(envelope.payload).hex()}",
        f'  what is signed begins with "{head}" and has SHA-256',
        f"    {sha256(head.encode() + envelope.payload).hex()}",
        f"  signature under {envelope.key_id} (DER):",
        _wrap(envelope.signature.hex()),
        "",
    ]


def _export(files, events):
    agent = canonical(files["manifest.json"])["selection"]["agent"]["uid"]
    selected = [fingerprint(event) for event in events if event["unmapped"]["countersign"]["stream"] == agent]
    envelope = Envelope(files["attestation.dsse.json"])
    subjects = canonical(envelope.payload)["subject"]
    return [
        f'the selection (14.9): H("selection", {len(selected)} fingerprints) =',
        f"    {tagged('selection', b''.join(selected)).hex()}",
        f"the record of the export, the last line: d = {fingerprint(events[-1]).hex()}",
        "",
        f"the attestation (14.8): {len(subjects)} subjects, a payload of {len(envelope.payload)} bytes, SHA-256",
        f"    {sha256(envelope.payload).hex()}",
        f"  signature under {envelope.key_id} (DER):",
        _wrap(envelope.signature.hex()),
    ]
