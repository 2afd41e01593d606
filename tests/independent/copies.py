"""The copies for other tools, and the checkpoint that was seen before (docs/evidence-format.md, 14.10, 14.11, 17.16, 17.17)."""

import base64
import re
import textwrap

import rotations
from crypto import includes, node
from strict_json import Refused, canonical, digest, exactly, jcs, list_of, whole

BUNDLE, PEM = "attestation.sigstore.json", "case-key.pem"
SINCE, CONSISTENCY = "proofs/since.txt", "proofs/consistency.json"
PAGES = ["README.txt", "report.html", "verifier.html"]
TLOG = re.compile(r"proofs/(0|[1-9][0-9]*)\.tlog-proof")
_CONSISTENCY = exactly(**{"from": whole, "path": list_of(digest), "size": whole})


def consistency_file(data):
    return _CONSISTENCY(canonical(data))


def bundle(envelope):
    """Section 14.10: the envelope's bytes as a Sigstore bundle."""
    whole_ = canonical(envelope)
    return jcs(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": whole_["signatures"][0]["keyid"]}},
            "dsseEnvelope": whole_,
        }
    )


def pem(key):
    lines = textwrap.wrap(base64.b64encode(key.spki).decode(), 64)
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()


def differ(case, signer):
    """The copies that say something else, by name, and how many copies there are."""
    names = [name for name in (BUNDLE, PEM) if name in case.files] + sorted(filter(TLOG.fullmatch, case.files))
    wrong = []
    for name in names:
        data = case.files[name]
        if name == BUNDLE:
            good = bool(case.attestation) and data == bundle(case.files["attestation.dsse.json"])
        elif name == PEM:
            good = bool(signer) and data == pem(signer)
        else:
            good = _proves(case, int(TLOG.fullmatch(name).group(1)), data)
        if not good:
            wrong.append(name)
    return wrong, len(names)


def _proves(case, sequence, data):
    head = f"c2sp.org/tlog-proof@v1\nindex {sequence}\n".encode()
    path, _, note = data.removeprefix(head).partition(b"\n\n")
    if path.startswith(b"\n") or not data.startswith(head) or not case.checkpoint:
        return False
    if data.startswith(head + b"\n"):
        path, note = b"", data.removeprefix(head + b"\n")
    try:
        digests = [base64.b64decode(line, validate=True) for line in path.split(b"\n") if line]
    except ValueError:
        return False
    again = head + b"".join(base64.b64encode(d) + b"\n" for d in digests) + b"\n" + case.files["checkpoint.txt"]
    if again != data or any(len(d) != 32 for d in digests) or note != case.files["checkpoint.txt"]:
        return False
    line = next((line for line in case.lines if line.place == sequence and line.as_signed), None)
    tag = line and case.tags.proved.get(line.record.stream)
    return bool(tag) and includes(tag + line.own, sequence, case.seal.size, digests, case.seal.root)


def goes_on(case):
    """Section 17.17: why the log doesn't go on from the checkpoint that was seen before; nothing where it does."""
    said, note, proof = case.manifest["since"] if case.manifest else None, case.since, case.consistency
    if not said or not note or not proof:
        return "Of the manifest's word, the earlier checkpoint and the proof, one isn't here, or can't be read."
    if not case.seal or not case.opened_log():
        return "There is no checkpoint, or no record 0, to hold it against."
    if (note.size, note.root, note.origin) != (said["size"], said["root"], case.seal.origin):
        return "The earlier checkpoint isn't the one that the manifest names, or is of another log."
    if (proof["from"], proof["size"]) != (said["size"], case.seal.size):
        return "The proof is about other sizes of the log."
    if not _consistent(said["size"], said["root"], case.seal.size, case.seal.root, proof["path"]):
        return "The log isn't the one that the earlier checkpoint was about."
    try:
        rotations.sealed(note, rotations.followed(case)[0])
    except Refused:
        return "The earlier checkpoint isn't signed by the log's key of its time."
    return None


def _consistent(first, first_root, size, root, path):
    """RFC 9162, 2.1.4.2."""
    if first == 0 or first > size:
        return False
    if first == size:
        return not path and first_root == root
    path = list(path) if first & (first - 1) else [first_root, *path]
    if not path:
        return False
    at, last = first - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    one = two = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            one, two = node(sibling, one), node(sibling, two)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            two = node(two, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and one == first_root and two == root
