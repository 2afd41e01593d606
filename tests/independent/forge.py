"""A dishonest operator: a whole log and case file under keys of its own, with any lie in it, sealed and signed.

The story is that of a case file of the first version (version-1/intact.case.zip), told anew: other keys, another origin, every digest recomputed.
It is written from docs/evidence-format.md as the verifier is, so a file without a lie must verify.
"""

import base64
import copy
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from copies import BUNDLE, bundle
from crypto import IN_TOTO, ORDER, Key, leaf, node, origin_of, sha256, tagged
from strict_json import canonical, jcs
from zip_profile import pack, unpack


class Signer:
    """A private key that signs with a low s."""

    def __init__(self):
        self._private = ec.generate_private_key(ec.SECP256R1())
        form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key = Key(self._private.public_key().public_bytes(*form))
        self.spki = base64.b64encode(self.key.spki).decode()

    def sign(self, message):
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256())))
        return encode_dss_signature(r, min(s, ORDER - s))


def envelope(payload, signer, keyid=None):
    """Section 11.1."""
    pae = f"DSSEv1 {len(IN_TOTO)} {IN_TOTO} {len(payload)} ".encode() + payload
    signature = {"keyid": keyid or signer.key.id, "sig": base64.b64encode(signer.sign(pae)).decode()}
    whole = {"payload": base64.b64encode(payload).decode(), "payloadType": IN_TOTO, "signatures": [signature]}
    return jcs(whole)


def statement(kind, subjects, predicate):
    """Section 11.2."""
    listed = [{"digest": {"sha256": d.hex()}, "name": name} for name, d in subjects]
    kind = f"urn:countersign:{kind}:v1"
    return jcs(
        {"_type": "https://in-toto.io/Statement/v1", "predicate": predicate, "predicateType": kind, "subject": listed}
    )


def tree(entries):
    """Section 6."""
    if len(entries) == 1:
        return leaf(entries[0])
    k = 1 << ((len(entries) - 1).bit_length() - 1)
    return node(tree(entries[:k]), tree(entries[k:]))


def path(entries, index):
    """The inclusion path, nearest sibling first."""
    if len(entries) == 1:
        return []
    k = 1 << ((len(entries) - 1).bit_length() - 1)
    if index < k:
        return path(entries[:k], index) + [tree(entries[k:])]
    return path(entries[k:], index - k) + [tree(entries[:k])]


def frontier(entries):
    """Section 6.3: `left` for a range that begins after these entries."""
    out, at = [], 0
    for bit in reversed(range(len(entries).bit_length())):
        if len(entries) >> bit & 1:
            out.append(tree(entries[at : at + (1 << bit)]))
            at += 1 << bit
    return out


def ours(event):
    return event["unmapped"]["countersign"]


def fingerprint_json(d):
    return {"algorithm_id": 3, "encoding_id": 1, "serialization_id": 2, "value": d.hex()}


def seal(event):
    """Section 4.2: writes the record's own fingerprint; gives d."""
    event["attestation_list"][0].pop("fingerprint", None)
    d = sha256(jcs(event))
    event["attestation_list"][0]["fingerprint"] = fingerprint_json(d)
    return d


class Operator:
    """Tells the sample's story; the hooks below are where lies go."""

    def __init__(self, sample):
        self.files, _ = unpack(sample)
        self.events = [canonical(line) for line in self.files["records.jsonl"].split(b"\n")[:-1]]
        self.manifest = canonical(self.files["manifest.json"])
        self.agent = self.manifest["agent"]["uid"]
        self.signers = {role: Signer() for role in ("log", "case", "release", "reviewer", "stranger")}
        self.with_skeleton = True
        self.interval = None  # the places that it begins at and ends before; nothing is no bound
        self.selection = None  # another than the agent's, without its bounds: then the file is of version 2
        self.hidden = set()  # places that the file leaves out, and the record of the export doesn't count
        self.lie_in = {}  # hook name → function

    def lie(self, hook, function):
        self.lie_in[hook] = function
        return self

    def _hook(self, hook, *args):
        return self.lie_in.get(hook, lambda *_: None)(*args)

    def case(self):
        """The case file's bytes."""
        self._own_keys()
        self._hook("story", self)
        self._bound()
        self._place()
        self._write()
        self._hook("files", self)
        self._attest()
        self._hook("signed", self)
        return pack(self.files)

    def pins(self):
        return {(self.origin, role): [(self.signers[role].key, "Example Ltd")] for role in ("log", "case")}

    def event(self, kind, nth=0):
        return [event for event in self.events if ours(event)["kind"] == kind][nth]

    def _bound(self):
        """The interval and the selection. A millisecond lies between two records, so that places are times."""
        bounds = {}
        if self.interval:
            begun = self.events[0]["metadata"]["logged_time"]
            for at, event in enumerate(self.events):
                event["metadata"]["logged_time"] = begun + at
            bounds = dict(zip(("from_ms", "to_ms"), (at if at is None else begun + at for at in self.interval)))
        told = ours(self.event("exported"))["facts"]
        if self.selection:
            for name in ("agent", "from_ms", "to_ms"):
                del self.manifest[name]
            rules = {"disclosure": {"disclosed": [], "slots": [], "withheld": []}}
            self.manifest |= {"v": 2, "selection": self.selection | bounds, "since": None} | rules
            told |= {"filter": self.selection | bounds} | rules
        else:
            self.manifest |= bounds
            told["filter"] |= bounds
        if self.selection or self.interval:
            self.files = {name: data for name, data in self.files.items() if not name.startswith("contents/")}

    def _selects(self, event, sequence):
        """Section 14.9."""
        said = self.selection or {"kind": "agent"}
        if said["kind"] == "records":
            return sequence in said["sequences"]
        first, last = self.interval or (None, None)
        within = (first is None or first <= sequence) and (last is None or sequence < last)
        return within and (said["kind"] == "range" or ours(event)["stream"] == self.agent)

    def _own_keys(self):
        opened = ours(self.events[0])["facts"]
        old, replaced = self.manifest["origin"], {}
        self.origin = origin_of(self.signers["log"].key, bytes.fromhex(opened["nonce16"]))
        for event in self.events:
            said = ours(event)["facts"]
            if "spki" in said:
                signer = self.signers[said.get("role", "log")]
                replaced |= {said["spki"]: signer.spki, said["key_id"]: signer.key.id}
        self.replaced = replaced | {old: self.origin}
        text = jcs(self.events).decode()
        for was, now in self.replaced.items():
            text = text.replace(was, now)
        self.events = canonical(text.encode())

    def _approve(self, event, sequence):
        """Section 11.3, anew for this log; puts its digest into the decision and whatever released by it."""
        name = next(name for name in self.old_approvals if self._is_about(name, event))
        predicate = canonical(base64.b64decode(canonical(self.files[name])["payload"]))["predicate"]
        said = ours(event)["facts"]
        predicate |= {"origin": self.origin, "seen_checkpoint": {"root": sha256(b"").hex(), "size": 0}}
        action = bytes.fromhex(said["action_digest"])
        changed = self._hook("approval", self, predicate) or {}
        payload = statement("approval", [("action", changed.get("action", action))], predicate)
        was, said["payload_sha256"] = said["payload_sha256"], sha256(payload).hex()
        for other in self.events:
            listed = ours(other)["facts"].get("approvals", [])
            listed[:] = [said["payload_sha256"] if d == was else d for d in listed]
        signer = changed.get("signer", self.signers["reviewer"])
        said["key_id"] = signer.key.id
        self.approvals[f"approvals/{sequence}.dsse.json"] = envelope(payload, signer)

    def _is_about(self, name, event):
        payload = canonical(base64.b64decode(canonical(self.files[name])["payload"]))
        return payload["predicate"]["request_uid"] == event["metadata"]["correlation_uid"]

    def _place(self):
        """Section 4: places, links and fingerprints, in the order of the events."""
        self.old_approvals = [name for name in self.files if name.startswith("approvals/")]
        self.approvals, self.entries, digests, before, streams, tags = {}, [], [], None, {}, {}
        # First of all: what names an action may stand before what decided on it.
        for said in (ours(event)["facts"] for event in self.events):
            if "action" in said:
                self._renew_action(said)
        for sequence, event in enumerate(self.events):
            mine = ours(event)
            if mine["kind"] == "item_decided":
                self._approve(event, sequence)
            if mine["kind"] == "exported":
                self._renew_export(mine["facts"], sequence, digests)
            number, last = streams.get(mine["stream"], (-1, None))
            mine |= {"stream_seq": number + 1}
            mine.pop("stream_prev", None)
            if last:
                mine["stream_prev"] = last.hex()
                mine.pop("tag", None)
            event["metadata"] |= {"sequence": sequence}
            attestation = {"authority_uid": self.origin, "chain_uid": self.origin}
            if before:
                attestation["prev_event"] = {"fingerprint": fingerprint_json(before[1]), "uid": before[0]}
            event["attestation_list"] = [attestation]
            self._hook("record", self, event, sequence)
            d = seal(event)
            self._hook("sealed", self, event, sequence)
            tags.setdefault(mine["stream"], bytes.fromhex(mine.get("tag", "00" * 16)))
            entry = self._hook("entry", self, event, tags, d)
            self.entries.append(entry or tags[mine["stream"]] + d)
            digests.append((mine["stream"], number + 1, d))
            before, streams[mine["stream"]] = (event["metadata"]["uid"], d), (number + 1, d)

    def _renew_action(self, said):
        was = said["action_digest"]
        said["action_digest"] = now = tagged("action", jcs(said["action"])).hex()
        for event in self.events:
            if ours(event)["facts"].get("action_digest") == was:
                ours(event)["facts"]["action_digest"] = now

    def _renew_export(self, said, sequence, digests):
        chosen = [at for at in range(sequence) if self._selects(self.events[at], at) and at not in self.hidden]
        heads = {stream: (number, d) for stream, number, d in digests}
        of = sorted({digests[at][0] for at in chosen} if self.selection else {self.agent})
        said["heads"] = [{"fp": heads[one][1].hex(), "stream": one, "stream_seq": heads[one][0]} for one in of]
        said |= {"selected": len(chosen), "size": sequence}
        said["selection"] = tagged("selection", b"".join(digests[at][2] for at in chosen)).hex()

    def _write(self):
        for name in self.old_approvals:
            del self.files[name]
        size = len(self.entries)
        left_out = self.hidden | (self._hook("left_out", self) or set())
        away = {f"approvals/{at}.dsse.json" for at in self.hidden}
        self.files |= {name: data for name, data in self.approvals.items() if name not in away}
        kept = [at for at in range(size) if at not in left_out]
        self.files["records.jsonl"] = b"".join(jcs(self.events[at]) + b"\n" for at in kept)
        proofs = [{"path": [d.hex() for d in path(self.entries, at)], "sequence": at} for at in kept]
        self.files["proofs/inclusion.jsonl"] = b"".join(jcs(proof) + b"\n" for proof in proofs)
        first = min(at for at, event in enumerate(self.events) if ours(event)["stream"] == self.agent)
        left = [d.hex() for d in frontier(self.entries[:first])]
        if self.with_skeleton:
            self.files["proofs/range.json"] = jcs({"first": first, "left": left, "size": size})
            self.files["proofs/skeleton.bin"] = b"".join(self.entries[first:])
        else:
            del self.files["proofs/range.json"], self.files["proofs/skeleton.bin"]
        self.root = tree(self.entries)
        self.sign_checkpoint(self.signers["log"])
        registering = [e for e in self.events if "spki" in ours(e)["facts"]]
        self.files["keys.json"] = jcs({"keys": [_key_entry(event) for event in registering]})
        own = {
            "origin": self.origin,
            "size": size,
            "root": self.root.hex(),
            "records": len(kept),
            "export_record": size - 1,
        }
        self.manifest |= own

    def sign_checkpoint(self, signer):
        text = f"{self.origin}\n{len(self.entries)}\n{base64.b64encode(self.root).decode()}\n"
        signed = base64.b64encode(sha256(signer.key.spki)[:4] + signer.sign(text.encode())).decode()
        self.files["checkpoint.txt"] = f"{text}\n— {self.origin} {signed}\n".encode()

    def _attest(self):
        own = ("manifest.json", "attestation.dsse.json", BUNDLE)
        names = sorted(name for name in self.files if name not in own)
        listed = [{"bytes": len(self.files[n]), "name": n, "sha256": sha256(self.files[n]).hex()} for n in names]
        self.manifest["files"] = listed
        self._hook("manifest", self, self.manifest)
        self.files["manifest.json"] = self.lie_in.get("manifest_bytes", jcs)(self.manifest)
        predicate = {
            "origin": self.origin,
            "tenant_uid": self.manifest["tenant"]["uid"],
            "tree_size": len(self.entries),
            "root": self.root.hex(),
            "checkpoint_sha256": sha256(self.files["checkpoint.txt"]).hex(),
            "manifest_sha256": sha256(self.files["manifest.json"]).hex(),
            "export_fp": self.entries[-1][16:].hex(),
        }
        signer = self._hook("attestation", self, predicate) or self.signers["case"]
        subjects = sorted((n, sha256(data)) for n, data in self.files.items() if n != "attestation.dsse.json")
        self.files["attestation.dsse.json"] = envelope(statement("case", subjects, predicate), signer)
        if self.selection:
            self.files[BUNDLE] = bundle(self.files["attestation.dsse.json"])

    def commit(self, slot, data, uid=None, salt=bytes(31) + b"\x07"):
        """A new content in the file; gives what a record says of it (section 9)."""
        uid = uid or "5e3f7f0a-5bd8-4d36-9a7e-0a3f7d8b6c11"
        header = {"content_uid": uid, "length": len(data), "media_type": "text/plain", "slot": slot}
        self.files[f"contents/{uid}.json"] = jcs(header | {"salt": salt.hex()})
        self.files[f"contents/{uid}.bin"] = data
        h = jcs(header)
        return {
            "c": tagged("content", salt + struct.pack(">I", len(h)) + h + data).hex(),
            "content_uid": uid,
            "slot": slot,
        }

    def copy_of(self, event, **facts):
        """The same event once more, with another uid and other facts."""
        again = copy.deepcopy(event)
        uid = event["metadata"]["uid"]
        again["metadata"]["uid"] = ("0" if uid[0] != "0" else "1") + uid[1:]
        ours(again)["facts"] |= facts
        return again


def _key_entry(event):
    said = ours(event)["facts"]
    return {
        "key_id": said["key_id"],
        "owner_uid": said.get("owner_uid"),
        "record": event["metadata"]["sequence"],
        "role": said.get("role", "log"),
        "spki": said["spki"],
    }
