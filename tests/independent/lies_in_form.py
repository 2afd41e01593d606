"""What an operator with every key can lie about records, their places, and the file as a whole."""

import copy

from forge import ours
from strict_json import jcs
from telling import ZEROS, at_place, attested, lie

# Records and their places.


for _title, _place, _change, _findings in [
    (
        "names_another_predecessor",
        8,
        lambda e: attested(e)["prev_event"]["fingerprint"].update(value=ZEROS),
        ["record.order"],
    ),
    (
        "names_another_predecessors_uid",
        8,
        lambda e: attested(e)["prev_event"].update(uid=e["metadata"]["uid"]),
        ["record.order"],
    ),
    ("names_another_predecessor_in_its_stream", 8, lambda e: ours(e).update(stream_prev=ZEROS), ["record.order"]),
    ("skips_a_number_of_its_stream", 8, lambda e: ours(e).update(stream_seq=4), ["stream.complete"]),
    ("repeats_a_number_of_its_stream", 8, lambda e: ours(e).update(stream_seq=1), ["record.order"]),
    ("was_logged_before_its_predecessor", 8, lambda e: e["metadata"].update(logged_time=1), ["record.order"]),
    (
        "is_of_another_log",
        8,
        lambda e: attested(e).update(chain_uid="countersign/log/" + ZEROS, authority_uid="countersign/log/" + ZEROS),
        ["log.inclusion"],
    ),
    ("is_of_another_tenant", 8, lambda e: e["metadata"].update(tenant_uid="x"), ["case.manifest"]),
    (
        "tells_its_neighbours_class",
        8,
        lambda e: attested(e)["prev_event"].update(type_uid=600301),
        ["record.fingerprint"],
    ),
    (
        "has_two_attestations",
        8,
        lambda e: e["attestation_list"].append(copy.deepcopy(attested(e))),
        ["record.fingerprint"],
    ),
    ("carries_a_signature", 8, lambda e: attested(e).update(signatures=[{}]), ["record.fingerprint"]),
    ("has_another_authority", 8, lambda e: attested(e).update(authority_uid="x"), ["record.fingerprint"]),
    ("is_not_ocsf", 8, lambda e: e.update(surprise=1), ["record.fingerprint"]),
    ("lacks_what_ocsf_requires", 8, lambda e: e.pop("api"), ["record.fingerprint"]),
    (
        "uses_a_profile_without_naming_it",
        8,
        lambda e: e["metadata"].update(profiles=["record_integrity"]),
        ["record.fingerprint"],
    ),
    ("has_another_type_uid", 8, lambda e: e.update(type_uid=600302), ["record.fingerprint"]),
    (
        "lacks_its_integrity_profile",
        8,
        lambda e: e["metadata"]["profiles"].remove("record_integrity"),
        ["record.fingerprint"],
    ),
    (
        "has_a_uid_of_another_version",
        8,
        lambda e: e["metadata"].update(uid="59a9cb1c-61c9-1081-bde5-4841f40e50dc"),
        ["record.fingerprint"],
    ),
    (
        "has_a_uid_in_capitals",
        8,
        lambda e: e["metadata"].update(uid="59A9CB1C-61C9-4081-BDE5-4841F40E50DC"),
        ["record.fingerprint"],
    ),
    ("has_a_stream_that_is_no_name", 8, lambda e: ours(e).update(stream="a b"), ["record.fingerprint"]),
    ("opens_its_stream_without_a_tag", 5, lambda e: ours(e).pop("tag"), ["record.fingerprint"]),
    ("carries_a_tag_within_its_stream", 8, lambda e: ours(e).update(tag="22" * 16), ["record.fingerprint"]),
    ("is_of_another_version", 8, lambda e: ours(e).update(v=2), ["record.fingerprint"]),
    ("has_a_sequence_of_its_own", 8, lambda e: e["metadata"].update(sequence=9), ["record.fingerprint"]),
    ("has_a_short_nonce", 8, lambda e: ours(e).update(nonce="00"), ["record.fingerprint"]),
]:

    def _lie(operator, place=_place, change=_change):
        operator.lie("record", at_place(place, change))

    lie(*_findings, name=f"record_that_{_title}")(_lie)


@lie("record.fingerprint")
def record_that_states_another_fingerprint(operator):
    operator.lie("sealed", at_place(8, lambda e: attested(e)["fingerprint"].update(value=ZEROS)))


@lie("log.inclusion")
def leaf_under_another_streams_tag(operator):
    def moved(o, event, tags, d):
        return tags["sys"] + d if event["metadata"]["sequence"] == 8 else None

    operator.lie("entry", moved)


@lie("stream.complete")
def record_of_the_agent_left_out_by_its_operator(operator):
    operator.lie("left_out", lambda o: {8})


@lie("stream.complete")
def record_of_the_agent_left_out_where_there_is_no_skeleton(operator):
    operator.with_skeleton = False
    operator.lie("left_out", lambda o: {8})


@lie("record.fingerprint", "log.inclusion")
def the_agents_first_record_left_out_where_there_is_no_skeleton(operator):
    operator.with_skeleton = False
    operator.lie("left_out", lambda o: {5, 6})


@lie("log.checkpoint")
def record_0_with_another_nonce(operator):
    operator.lie("record", at_place(0, lambda e: ours(e)["facts"].update(nonce16="00" * 16)))


@lie("log.checkpoint")
def record_0_that_is_no_opening(operator):
    operator.lie("record", at_place(0, lambda e: ours(e).update(kind="log_started")))


@lie("log.checkpoint")
def checkpoint_by_another_key(operator):
    operator.lie("files", lambda o: o.sign_checkpoint(o.signers["stranger"]))


# The export, the manifest and the attestation.

for _title, _change in {
    "selects_other_records": {"selection": ZEROS},
    "counts_other_records": {"selected": 9},
    "tells_another_size": {"size": 14},
    "names_no_head": {"heads": []},
    "names_another_head": {"heads": [{"fp": ZEROS, "stream": "7aeab53d-b601-4f1e-808c-62659d19de0f", "stream_seq": 9}]},
    "names_a_later_head": {
        "heads": [{"fp": ZEROS, "stream": "7aeab53d-b601-4f1e-808c-62659d19de0f", "stream_seq": 10}]
    },
    "is_about_another_interval": {
        "filter": {
            "agent_name": "support-bot",
            "agent_uid": "7aeab53d-b601-4f1e-808c-62659d19de0f",
            "from_ms": 1,
            "to_ms": None,
        }
    },
}.items():

    def _lie(operator, change=_change):
        operator.lie("record", at_place(len(operator.events) - 1, lambda e: ours(e)["facts"].update(change)))

    lie("stream.complete" if "head" in _title else "export.record", name=f"export_that_{_title}")(_lie)

for _title, _change, _finding in [
    ("another_tenant", {"tenant": {"name": "Example Ltd", "uid": "x"}}, "case.manifest"),
    ("another_agent", {"agent": {"name": "support-bot", "uid": "x"}}, "export.record"),
    ("another_size", {"size": 99}, "case.manifest"),
    ("another_export", {"export_record": 14}, "export.record"),
    ("more_records", {"records": 99}, "case.manifest"),
    ("no_files", {"files": []}, "case.manifest"),
    ("a_further_member", {"note": "x"}, "format"),
]:

    def _lie(operator, change=_change):
        operator.lie("manifest", lambda o, manifest: manifest.update(change))

    lie(_finding, name=f"manifest_with_{_title}")(_lie)


@lie("format")
def manifest_that_leaves_out_what_is_null(operator):
    operator.lie("manifest", lambda o, manifest: manifest.pop("from_ms"))


@lie("format")
def manifest_as_a_list(operator):
    names = [
        "v",
        "kind",
        "origin",
        "tenant",
        "agent",
        "from_ms",
        "to_ms",
        "records",
        "export_record",
        "size",
        "root",
        "files",
    ]
    operator.lie("manifest_bytes", lambda manifest: jcs([manifest[name] for name in names]))


@lie("format")
def key_list_with_a_role_as_an_object(operator):
    def bent(o):
        o.files["keys.json"] = o.files["keys.json"].replace(b'"role":"log"', b'"role":{"log":null}')

    operator.lie("files", bent)


@lie("case.manifest")
def key_list_with_a_key_that_no_record_registers(operator):
    def bent(o):
        was, now = o.signers["case"], o.signers["stranger"]
        listed = o.files["keys.json"].replace(was.spki.encode(), now.spki.encode())
        o.files["keys.json"] = listed.replace(was.key.id.encode(), now.key.id.encode())

    operator.lie("files", bent)


@lie("format")
def file_that_does_not_belong(operator):
    operator.lie("files", lambda o: o.files.update({"contents/page.html": b"<script>"}))


@lie("attestation.files")
def file_put_in_after_signing(operator):
    operator.lie("signed", lambda o: o.files.update({"contents/aaaaaaaa-0000-4000-8000-000000000000.bin": b"x"}))


@lie("attestation.signature", right=("failed",))
def attestation_by_a_key_that_no_record_registers(operator):
    operator.lie("attestation", lambda o, predicate: o.signers["stranger"])


@lie("attestation.signature")
def attestation_by_the_reviewers_key(operator):
    operator.lie("attestation", lambda o, predicate: o.signers["reviewer"])


for _name in ("origin", "tenant_uid", "tree_size", "root", "checkpoint_sha256", "manifest_sha256", "export_fp"):

    def _lie(operator, name=_name):
        other = {"origin": "countersign/log/" + ZEROS, "tenant_uid": "x", "tree_size": 1}.get(name, ZEROS)
        operator.lie("attestation", lambda o, predicate: predicate.update({name: other}))

    lie("attestation.signature", name=f"attestation_about_another_{_name}")(_lie)
