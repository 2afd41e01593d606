"""What an operator with every key can lie in a log that it seals and signs, each by its name and the findings that must not pass.

The first few are no lies at all: they show that the operator's tool makes files that verify, so that an attack fails by what it is about.
"""

import copy

from crypto import sha256, tagged
from forge import Operator, ours
from strict_json import jcs

LIES = []
HELD, ANSWERED = 9, 12  # places in the story: the held call, and its outcome


def lie(*findings, name=None, right=("failed",)):
    def register(function):
        LIES.append((name or function.__name__, findings, function, right))
        return function

    return register


def attacks(sample):
    for name, findings, tell, right in LIES:
        operator = Operator(sample)
        tell(operator)
        data = operator.case()
        yield name, findings, data, operator.pins(), right


# No lies.


@lie(right=("verified",))
def the_story_as_it_is(_):
    pass


@lie(right=("verified",))
def no_skeleton(operator):
    operator.with_skeleton = False


@lie(right=("verified",))
def contents_withheld(operator):
    def withhold(o):
        o.files = {name: data for name, data in o.files.items() if not name.startswith("contents/")}

    operator.lie("files", withhold)


@lie(right=("verified",))
def policy_withheld(operator):
    def withhold(o):
        o.files = {name: data for name, data in o.files.items() if not name.startswith("policies/")}

    operator.lie("files", withhold)


def interval(operator, first, last):
    """The file is about the agent's records from one place to before another."""
    times = [event["metadata"]["logged_time"] for event in operator.events]
    for at in range(len(times)):
        operator.events[at]["metadata"]["logged_time"] = times[0] + at
    bounds = {"from_ms": times[0] + first, "to_ms": times[0] + last}
    operator.manifest |= bounds
    ours(operator.events[-1])["facts"]["filter"] |= bounds

    def choose(o, event, _):
        if ours(event)["kind"] == "exported":
            chosen = o.entries[first:last]
            said = {"selected": len(chosen), "selection": tagged("selection", b"".join(e[16:] for e in chosen)).hex()}
            ours(event)["facts"] |= said

    operator.lie("record", choose)
    withheld = ("contents/", "approvals/14")
    operator.lie("files", lambda o: [o.files.pop(name) for name in list(o.files) if name.startswith(withheld)])


@lie(right=("verified",))
def an_interval_with_its_neighbours(operator):
    interval(operator, 9, 13)
    operator.lie("left_out", lambda o: {6, 7, 14})


@lie(right=("verified",))
def an_interval_without_its_neighbours_is_intact_but_not_bounded(operator):
    interval(operator, 9, 13)
    operator.lie("left_out", lambda o: {6, 7, 8, 13, 14})


@lie("stream.complete")
def an_interval_with_a_record_left_out_of_its_middle(operator):
    interval(operator, 9, 13)
    operator.lie("left_out", lambda o: {6, 7, 11, 14})


# Approvals: the statement is about something else than the log says.

for _title, _change in {
    "another_log": {"origin": "countersign/log/" + "00" * 32},
    "another_tenant": {"tenant_uid": "x"},
    "another_request": {"request_uid": "x"},
    "another_reviewer": {"reviewer_uid": "x"},
    "the_other_decision": {"decision": "deny"},
    "another_policy": {"policy_sha256": "00" * 32},
    "another_view": {"view_c": "00" * 32},
    "another_reason": {"reason_c": None},
    "more_uses": {"uses": 2},
    "a_wider_scope": {"scope": "always"},
    "a_time_that_had_run_out": {"expires_ms": 1795219292000},
    "a_checkpoint_of_the_future": {"seen_checkpoint": {"root": "00" * 32, "size": 15}},
    "a_further_member": {"quorum": 1},
}.items():

    def _lie(operator, change=_change):
        def changed(o, predicate):
            if predicate["decision"] == "approve":
                predicate |= change

        operator.lie("approval", changed)

    lie("approval.signature", "release.single", name=f"approval_with_{_title}")(_lie)


@lie("approval.signature")
def approval_of_another_action(operator):
    operator.lie("approval", lambda o, predicate: {"action": sha256(b"other")})


@lie("approval.signature")
def approval_by_a_key_that_is_not_registered(operator):
    operator.lie("approval", lambda o, predicate: {"signer": o.signers["stranger"]})


@lie("approval.signature")
def approval_by_a_key_of_another_role(operator):
    operator.lie("approval", lambda o, predicate: {"signer": o.signers["case"]})


@lie("approval.signature")
def approval_by_anothers_key(operator):
    def another(o):
        o.events[3]["user"]["uid"] = ours(o.events[3])["facts"]["owner_uid"] = "op-eve"

    operator.lie("story", another)


@lie("approval.signature")
def approval_by_a_key_registered_later(operator):
    operator.lie("story", lambda o: o.events.insert(-1, o.events.pop(3)))


@lie("approval.signature")
def approval_by_a_key_that_an_agents_record_registers(operator):
    operator.lie("story", lambda o: ours(o.events[3]).update(stream="agent-x", tag="11" * 16))


@lie("approval.signature")
def approval_by_a_sole_operator_beyond_tier_2(operator):
    operator.lie("story", lambda o: ours(o.event("item_decided"))["facts"].update(tier=3))


@lie("approval.signature", "release.single")
def approval_whose_statement_is_not_here(operator):
    operator.lie("files", lambda o: o.files.pop("approvals/10.dsse.json"))


@lie("approval.signature")
def approval_of_an_item_that_was_never_held(operator):
    operator.lie("story", lambda o: ours(o.events[HELD])["facts"].update(effect="allow"))


@lie("approval.signature")
def action_document_that_does_not_give_the_digest(operator):
    def other_agent(o, event, sequence):
        if sequence == HELD:
            ours(event)["facts"]["action"]["agent_uid"] = "other"

    operator.lie("record", other_agent)


# Releases.


@lie("release.single")
def approval_released_twice(operator):
    def twice(o):
        at = o.events.index(o.event("released"))
        o.events.insert(at + 1, o.copy_of(o.events[at], jti="another"))

    operator.lie("story", twice)


@lie("release.single")
def released_without_an_approval(operator):
    operator.lie("story", lambda o: ours(o.event("released"))["facts"].update(approvals=[]))


@lie("release.single")
def released_by_a_denial(operator):
    def by_denial(o):
        denied = ours(o.event("item_decided", 1))["facts"]
        ours(o.event("released"))["facts"]["approvals"] = [denied["payload_sha256"]]

    operator.lie("story", by_denial)


@lie("release.single")
def held_call_that_ended_without_a_release(operator):
    operator.lie("story", lambda o: o.events.remove(o.event("released")))


@lie("release.single")
def denied_call_that_ended(operator):
    operator.lie("story", lambda o: ours(o.event("call_decided"))["facts"].update(effect="deny"))


@lie("release.single")
def released_before_its_approval(operator):
    def before(o):
        at = o.events.index(o.event("item_decided"))
        o.events[at], o.events[at + 1] = o.events[at + 1], o.events[at]

    operator.lie("story", before)


# Records and their places.


def at_place(sequence, change):
    def changed(o, event, here):
        if here == sequence:
            change(event)

    return changed


def attested(event):
    return event["attestation_list"][0]


ZEROS = "00" * 32
for _title, _place, _change, _findings in [
    ("names_another_predecessor", 8, lambda e: attested(e)["prev_event"]["fingerprint"].update(value=ZEROS), ["record.order"]),
    ("names_another_predecessors_uid", 8, lambda e: attested(e)["prev_event"].update(uid=e["metadata"]["uid"]), ["record.order"]),
    ("names_another_predecessor_in_its_stream", 8, lambda e: ours(e).update(stream_prev=ZEROS), ["record.order"]),
    ("skips_a_number_of_its_stream", 8, lambda e: ours(e).update(stream_seq=4), ["stream.complete"]),
    ("repeats_a_number_of_its_stream", 8, lambda e: ours(e).update(stream_seq=1), ["record.order"]),
    ("was_logged_before_its_predecessor", 8, lambda e: e["metadata"].update(logged_time=1), ["record.order"]),
    ("is_of_another_log", 8, lambda e: attested(e).update(chain_uid="countersign/log/" + ZEROS, authority_uid="countersign/log/" + ZEROS), ["log.inclusion"]),
    ("is_of_another_tenant", 8, lambda e: e["metadata"].update(tenant_uid="x"), ["case.manifest"]),
    ("tells_its_neighbours_class", 8, lambda e: attested(e)["prev_event"].update(type_uid=600301), ["record.fingerprint"]),
    ("has_two_attestations", 8, lambda e: e["attestation_list"].append(copy.deepcopy(attested(e))), ["record.fingerprint"]),
    ("carries_a_signature", 8, lambda e: attested(e).update(signatures=[{}]), ["record.fingerprint"]),
    ("has_another_authority", 8, lambda e: attested(e).update(authority_uid="x"), ["record.fingerprint"]),
    ("is_not_ocsf", 8, lambda e: e.update(surprise=1), ["record.fingerprint"]),
    ("lacks_what_ocsf_requires", 8, lambda e: e.pop("api"), ["record.fingerprint"]),
    ("uses_a_profile_without_naming_it", 8, lambda e: e["metadata"].update(profiles=["record_integrity"]), ["record.fingerprint"]),
    ("has_another_type_uid", 8, lambda e: e.update(type_uid=600302), ["record.fingerprint"]),
    ("lacks_its_integrity_profile", 8, lambda e: e["metadata"]["profiles"].remove("record_integrity"), ["record.fingerprint"]),
    ("has_a_uid_of_another_version", 8, lambda e: e["metadata"].update(uid="59a9cb1c-61c9-1081-bde5-4841f40e50dc"), ["record.fingerprint"]),
    ("has_a_uid_in_capitals", 8, lambda e: e["metadata"].update(uid="59A9CB1C-61C9-4081-BDE5-4841F40E50DC"), ["record.fingerprint"]),
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
    "names_a_later_head": {"heads": [{"fp": ZEROS, "stream": "7aeab53d-b601-4f1e-808c-62659d19de0f", "stream_seq": 10}]},
    "is_about_another_interval": {"filter": {"agent_name": "support-bot", "agent_uid": "7aeab53d-b601-4f1e-808c-62659d19de0f", "from_ms": 1, "to_ms": None}},
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
    names = ["v", "kind", "origin", "tenant", "agent", "from_ms", "to_ms", "records", "export_record", "size", "root", "files"]
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


# Contents.


@lie("content.opening")
def content_that_no_record_commits_to(operator):
    operator.lie("files", lambda o: o.commit("request", b"never asked"))


def disclosed(operator, **changed):
    """A response of the operator's own making, committed to and disclosed."""

    def tell(o):
        said = o.commit("response", b"an answer") | changed
        ours(o.events[ANSWERED])["facts"]["contents"] = [said]
        o.files = {n: data for n, data in o.files.items() if not n.startswith("contents/") or said["content_uid"] in n or "5e3f" in n}

    operator.lie("story", tell)


@lie(right=("verified",))
def content_of_its_own(operator):
    disclosed(operator)


@lie("content.opening")
def content_in_another_slot(operator):
    disclosed(operator, slot="view")


@lie("content.opening")
def content_under_another_uid(operator):
    disclosed(operator, content_uid="5e3f7f0a-5bd8-4d36-9a7e-0a3f7d8b6c12")


@lie("content.opening")
def two_contents_that_share_a_salt(operator):
    def tell(o):
        one, other = (o.commit("response", b"x", f"5e3f7f0a-5bd8-4d36-9a7e-0a3f7d8b6c1{n}") for n in (1, 2))
        ours(o.events[ANSWERED])["facts"]["contents"] = [one, other]
        o.files = {n: data for n, data in o.files.items() if not n.startswith("contents/") or "5e3f" in n}

    operator.lie("story", tell)
