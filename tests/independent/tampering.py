"""What somebody without any key can do to a case file, each by its name and the findings that must not pass.

An attack gets the sample's files (or its bytes) and gives the tampered file's bytes.
"""

import base64
import io
import re
import zipfile

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from crypto import ORDER
from forge import seal
from strict_json import canonical, jcs
from zip_profile import pack, unpack

ATTACKS = []


def attack(*findings, name=None):
    """Registers an attack that must fail; each of these findings must not pass. Without any, the verdict is enough."""

    def register(function):
        ATTACKS.append((name or function.__name__, findings, function))
        return function

    return register


def lines_of(files, name="records.jsonl"):
    return files[name].split(b"\n")[:-1]


def put(files, lines, name="records.jsonl"):
    files[name] = b"".join(line + b"\n" for line in lines)


def edit(files, change, at=14, refresh=False):
    """Changes the record of a line, and makes its fingerprint anew as a careful forger would."""
    lines = lines_of(files)
    event = canonical(lines[at])
    change(event)
    if refresh:
        seal(event)
    lines[at] = jcs(event)
    put(files, lines)


def approved(event):
    event["disposition_id"] = 8


@attack("record.fingerprint", "attestation.files")
def record_edited(files):
    edit(files, approved)


@attack("record.fingerprint")
def record_edited_and_its_fingerprint_made_anew(files):
    edit(files, approved, refresh=True)


@attack("record.fingerprint")
def record_edited_and_no_skeleton(files):
    edit(files, approved, refresh=True)
    del files["proofs/range.json"], files["proofs/skeleton.bin"]


@attack("record.fingerprint")
def only_the_stated_fingerprint_edited(files):
    def change(event):
        event["attestation_list"][0]["fingerprint"]["value"] = "00" * 32

    edit(files, change)


@attack("record.fingerprint")
def sequence_edited(files):
    edit(files, lambda event: event["metadata"].update(sequence=13), refresh=True)


@attack("stream.complete")
def record_removed_with_its_proof(files):
    for name in ("records.jsonl", "proofs/inclusion.jsonl"):
        put(files, lines_of(files, name)[:9] + lines_of(files, name)[10:], name)


@attack("stream.complete")
def last_record_of_the_agent_removed(files):
    for name in ("records.jsonl", "proofs/inclusion.jsonl"):
        put(files, lines_of(files, name)[:14] + lines_of(files, name)[15:], name)


@attack("export.record")
def record_of_the_export_removed(files):
    for name in ("records.jsonl", "proofs/inclusion.jsonl"):
        put(files, lines_of(files, name)[:-1], name)


@attack("log.checkpoint")
def record_0_removed(files):
    for name in ("records.jsonl", "proofs/inclusion.jsonl"):
        put(files, lines_of(files, name)[1:], name)


@attack("record.order")
def two_records_swapped(files):
    for name in ("records.jsonl", "proofs/inclusion.jsonl"):
        lines = lines_of(files, name)
        lines[8], lines[9] = lines[9], lines[8]
        put(files, lines, name)


@attack("record.order")
def record_doubled(files):
    for name in ("records.jsonl", "proofs/inclusion.jsonl"):
        lines = lines_of(files, name)
        put(files, lines[:9] + lines[8:], name)


@attack("log.inclusion")
def two_proofs_swapped(files):
    lines = lines_of(files, "proofs/inclusion.jsonl")
    lines[8], lines[9] = lines[9], lines[8]
    put(files, lines, "proofs/inclusion.jsonl")


def bend_proof(change):
    def bent(files):
        lines = lines_of(files, "proofs/inclusion.jsonl")
        proof = canonical(lines[8])
        change(proof)
        lines[8] = jcs(proof)
        put(files, lines, "proofs/inclusion.jsonl")

    return bent


attack("log.inclusion", name="proof_with_a_hash_flipped")(bend_proof(lambda p: p["path"].__setitem__(0, "00" * 32)))
attack("log.inclusion", name="proof_too_short")(bend_proof(lambda p: p["path"].pop()))
attack("log.inclusion", name="proof_too_long")(bend_proof(lambda p: p["path"].append("00" * 32)))
attack("log.inclusion", name="proof_for_another_place")(bend_proof(lambda p: p.update(sequence=16)))
attack("log.inclusion", name="proof_with_a_further_member")(bend_proof(lambda p: p.update(size=23)))


@attack("format")
def one_proof_more_than_records(files):
    files["proofs/inclusion.jsonl"] += lines_of(files, "proofs/inclusion.jsonl")[0] + b"\n"


def replace(name, old, new):
    def replaced(files):
        assert old in files[name], old
        files[name] = files[name].replace(old, new, 1)

    return replaced


for _title, _name, _old, _new, _findings in [
    (
        "record_with_a_duplicate_key",
        "records.jsonl",
        b'{"activity_id":6',
        b'{"activity_id":6,"activity_id":6',
        ["record.fingerprint"],
    ),
    ("record_with_a_fraction", "records.jsonl", b'"class_uid":1008', b'"class_uid":1008.0', ["record.fingerprint"]),
    ("record_with_white_space", "records.jsonl", b'{"activity_id":6', b'{"activity_id": 6', ["record.fingerprint"]),
    (
        "record_with_an_escape_too_many",
        "records.jsonl",
        b'"Countersign"',
        b'"\\u0043ountersign"',
        ["record.fingerprint"],
    ),
    (
        "records_with_a_byte_order_mark",
        "records.jsonl",
        b'{"activity_id":6',
        b'\xef\xbb\xbf{"activity_id":6',
        ["record.fingerprint"],
    ),
    ("records_with_carriage_returns", "records.jsonl", b"}\n", b"}\r\n", ["record.fingerprint"]),
    ("records_with_an_empty_line", "records.jsonl", b"\n", b"\n\n", ["record.fingerprint"]),
    ("manifest_with_a_duplicate_key", "manifest.json", b'"v":1', b'"v":1,"v":1', ["format", "case.manifest"]),
    ("manifest_with_white_space", "manifest.json", b'"v":1', b'"v": 1', ["format"]),
    ("manifest_of_another_version", "manifest.json", b'"v":1', b'"v":2', ["format"]),
    (
        "manifest_names_another_agent",
        "manifest.json",
        b"support-bot",
        b"harmless-bot",
        ["export.record", "attestation.signature"],
    ),
    (
        "manifest_with_another_interval",
        "manifest.json",
        b'"from_ms":null',
        b'"from_ms":1795219292000',
        ["export.record"],
    ),
    ("key_list_with_another_owner", "keys.json", b'"owner_uid":null', b'"owner_uid":"x"', ["case.manifest"]),
    ("policy_text_edited", "policies/{policy}.cedar", b"permit", b"Permit", ["format"]),
    ("checkpoint_of_another_size", "checkpoint.txt", b"\n23\n", b"\n22\n", ["log.checkpoint"]),
    ("checkpoint_with_an_extension", "checkpoint.txt", b"\n\n", b"\nextension\n\n", ["format", "log.checkpoint"]),
    ("checkpoint_with_a_leading_zero", "checkpoint.txt", b"\n23\n", b"\n023\n", ["format"]),
    ("checkpoint_with_a_hyphen_for_the_dash", "checkpoint.txt", "—".encode(), b"-", ["format"]),
    ("readme_edited", "README.txt", b"Countersign", b"countersign", ["attestation.files"]),
    ("envelope_with_a_duplicate_key", "attestation.dsse.json", b'{"payload":', b'{"payload":"","payload":', ["format"]),
    ("envelope_with_white_space", "attestation.dsse.json", b'","payloadType', b'", "payloadType', ["format"]),
    ("envelope_with_a_line_feed", "attestation.dsse.json", b"}]}", b"}]}\n", ["format"]),
    (
        "envelope_of_another_type",
        "attestation.dsse.json",
        b"vnd.in-toto+json",
        b"vnd.in-toto+jsom",
        ["attestation.signature"],
    ),
    ("envelope_with_a_further_member", "attestation.dsse.json", b'"sig":', b'"role":"case","sig":', ["format"]),
    ("envelope_names_another_key", "attestation.dsse.json", b"SHA256:7", b"SHA256:8", ["attestation.signature"]),
]:

    def _replaced(files, name=_name, old=_old, new=_new):
        policy = next(re.findall(r"policies/(.*)\.cedar", n)[0] for n in files if n.startswith("policies/"))
        replace(name.replace("{policy}", policy), old, new)(files)

    attack(*_findings, name=_title)(_replaced)


@attack("record.fingerprint")
def last_line_feed_cut(files):
    files["records.jsonl"] = files["records.jsonl"][:-1]


def _signed_again(name, change):
    """The same envelope with its signature written otherwise."""
    whole = canonical(name)
    signature = base64.b64decode(whole["signatures"][0]["sig"])
    whole["signatures"][0]["sig"] = base64.b64encode(change(signature)).decode()
    return jcs(whole)


def high_s(signature):
    """(r, n − s): valid by ECDSA itself."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, ORDER - s)


def padded_der(signature):
    """r with a needless zero before it, which is BER and not DER."""
    length = signature[3]
    return b"\x30" + bytes([signature[1] + 1]) + b"\x02" + bytes([length + 1]) + b"\x00" + signature[4:]


@attack("attestation.signature")
def attestation_with_high_s(files):
    files["attestation.dsse.json"] = _signed_again(files["attestation.dsse.json"], high_s)


@attack("attestation.signature")
def attestation_with_lax_der(files):
    files["attestation.dsse.json"] = _signed_again(files["attestation.dsse.json"], padded_der)


@attack("attestation.signature")
def attestation_with_a_signature_of_zeros(files):
    files["attestation.dsse.json"] = _signed_again(files["attestation.dsse.json"], lambda _: encode_dss_signature(0, 0))


@attack("approval.signature")
def approval_with_high_s(files):
    name = "approvals/17.dsse.json"
    files[name] = _signed_again(files[name], high_s)


@attack("log.checkpoint")
def checkpoint_with_high_s(files):
    text, _, line = files["checkpoint.txt"].decode().rstrip("\n").rpartition(" ")
    signed = base64.b64decode(line)
    files["checkpoint.txt"] = f"{text} {base64.b64encode(signed[:4] + high_s(signed[4:])).decode()}\n".encode()


@attack("attestation.signature", "format")
def attestation_signed_twice(files):
    whole = canonical(files["attestation.dsse.json"])
    whole["signatures"] *= 2
    files["attestation.dsse.json"] = jcs(whole)


@attack("attestation.files", "attestation.signature")
def attestation_about_another_file(files):
    whole = canonical(files["attestation.dsse.json"])
    payload = base64.b64decode(whole["payload"]).replace(b"b687ef0e", b"b687ef0f")
    whole["payload"] = base64.b64encode(payload).decode()
    files["attestation.dsse.json"] = jcs(whole)


@attack("attestation.files")
def witness_line_put_on_the_checkpoint(files):
    files["checkpoint.txt"] += f"— witness.example/w1 {base64.b64encode(bytes(76)).decode()}\n".encode()


@attack("format")
def skeleton_with_a_leaf_changed(files):
    skeleton = bytearray(files["proofs/skeleton.bin"])
    skeleton[60] ^= 1
    files["proofs/skeleton.bin"] = bytes(skeleton)


@attack("format")
def skeleton_cut(files):
    files["proofs/skeleton.bin"] = files["proofs/skeleton.bin"][:-48]


@attack("format")
def skeleton_without_its_range(files):
    del files["proofs/range.json"]


@attack("approval.signature")
def approvals_exchanged(files):
    one, other = "approvals/17.dsse.json", "approvals/21.dsse.json"
    files[one], files[other] = files[other], files[one]


@attack("approval.signature", "release.single")
def approval_removed(files):
    del files["approvals/17.dsse.json"]


def content(files, end):
    return sorted(name for name in files if name.startswith("contents/") and name.endswith(end))


@attack("content.opening")
def content_edited(files):
    files[content(files, ".bin")[0]] += b" "


@attack("content.opening")
def content_of_the_same_length(files):
    name = content(files, ".bin")[0]
    files[name] = b"x" * len(files[name])


@attack("content.opening")
def content_without_its_salt(files):
    del files[content(files, ".json")[0]]


@attack("content.opening")
def content_with_anothers_salt(files):
    one, other = content(files, ".json")[:2]
    salt = re.findall(rb'"salt":"[^"]*"', files[one])[0]
    files[other] = re.sub(rb'"salt":"[^"]*"', salt, files[other])


@attack("format", "attestation.files")
def file_put_in(files):
    files["policies/x.txt"] = b"x"


@attack("attestation.files")
def content_put_in(files):
    files["contents/aaaaaaaa-0000-4000-8000-000000000000.bin"] = b"x"


def each_file_removed(files):
    for name in files:
        yield f"without {name}", pack({n: data for n, data in files.items() if n != name})


def each_two_files_exchanged(files):
    names = sorted(files)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            if files[one] != files[other]:
                yield f"{one} and {other} exchanged", pack(files | {one: files[other], other: files[one]})


def each_byte_changed(archive, step=211):
    for at in range(0, len(archive), step):
        yield f"byte {at} changed", archive[:at] + bytes([archive[at] ^ (1 << at % 8)]) + archive[at + 1 :]


def each_cut(archive, step=997):
    for at in range(0, len(archive), step):
        yield f"cut at {at}", archive[:at]


# The archive as a whole: functions of its bytes.


def archives(archive):
    files, _ = unpack(archive)
    central = archive.index(b"PK\x01\x02")
    yield "packed_again_by_another_tool", _zipped(files, zipfile.ZIP_STORED)
    yield "packed_again_and_compressed", _zipped(files, zipfile.ZIP_DEFLATED)
    yield "byte_after_the_archive", archive + b"x"
    yield "byte_before_the_archive", b"x" + archive
    yield "comment_on_the_archive", archive[:-2] + b"\x01\x00x"
    yield "time_of_an_entry", _bytes(archive, {10: 1, central + 12: 1})
    yield "time_in_the_entry_alone", _bytes(archive, {10: 1})
    yield "attributes_of_an_entry", _bytes(archive, {central + 38: 1})
    yield "made_on_unix_as_a_link", _bytes(archive, {central + 5: 3, central + 41: 0xA0})
    yield "encrypted_flag", _bytes(archive, {6: 1, central + 8: 1})
    yield "checksum_of_an_entry", _bytes(archive, {14: archive[14] ^ 1, central + 16: archive[central + 16] ^ 1})
    yield "entries_in_another_order", _zipped(dict(reversed(files.items())), zipfile.ZIP_STORED)
    yield "one_name_twice", _zipped(files, zipfile.ZIP_STORED, "manifest.json")
    yield "one_name_in_capitals", _zipped(files, zipfile.ZIP_STORED, "MANIFEST.json")
    end = archive.rindex(b"PK\x05\x06")
    yield "zip64_counts", archive[: end + 8] + b"\xff\xff\xff\xff" + archive[end + 12 :]
    yield "zip64_locator", archive[:end] + b"PK\x06\x07" + bytes(16) + archive[end:]
    yield "several_volumes", _bytes(archive, {end + 4: 1})
    yield "directory_elsewhere", _bytes(archive, {end + 19: 0x7F})
    yield "directory_damaged", _bytes(archive, {central: 0})
    yield "climbing_name", _zipped(files, zipfile.ZIP_STORED, "../manifest.json")


def _bytes(archive, changes):
    out = bytearray(archive)
    for at, value in changes.items():
        out[at] = value
    return bytes(out)


def _zipped(files, method, more=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
        if more:
            archive.fp.flush()
            archive.NameToInfo.clear()
            archive.writestr(zipfile.ZipInfo(more), b"{}", method)
    return out.getvalue()
