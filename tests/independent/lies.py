"""What an operator with every key can lie about decisions and contents, in a log that it seals and signs.

The first few are no lies at all: they show that the operator's tool makes files that verify, so that an attack fails by
what it is about.
"""

from crypto import sha256
from forge import ours
from telling import ANSWERED, HELD, ZEROS, at_place, interval, lie, without

# No lies.


@lie(right=("verified",))
def the_story_as_it_is(_):
    pass


@lie(right=("verified",))
def no_skeleton(operator):
    operator.with_skeleton = False


@lie(right=("verified",))
def contents_withheld(operator):
    operator.lie("files", without("contents/"))


@lie(right=("verified",))
def policy_withheld(operator):
    operator.lie("files", without("policies/"))


@lie(right=("verified",))
def an_interval_with_its_neighbours(operator):
    interval(operator, 9, 13, hidden={6, 7, 14})


@lie("stream.boundary", right=("verified",))
def an_interval_without_its_neighbours_is_intact_but_not_bounded(operator):
    interval(operator, 9, 13, hidden={6, 7, 8, 13, 14})


@lie("stream.complete")
def an_interval_with_a_record_left_out_of_its_middle(operator):
    interval(operator, 9, 13, hidden={6, 7, 11, 14})


@lie(right=("verified",))
def what_looks_like_an_attestation_among_the_facts(operator):
    def put(event):
        decoy = {"authority_uid": operator.origin, "chain_uid": operator.origin, "fingerprint": {"value": ZEROS}}
        ours(event)["facts"]["attestation_list"] = [decoy]

    operator.lie("record", at_place(8, put))


def let_go(event, effect, action_id, disposition_id):
    """The call was allowed or denied, not held."""
    event |= {"action_id": action_id, "disposition_id": disposition_id}
    said = ours(event)["facts"]
    said["effect"] = effect
    for name in ("item_uid", "expires_ms"):
        said.pop(name, None)


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
    "a_checkpoint_of_another_history": {"seen_checkpoint": {"root": "00" * 32, "size": 9}},
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


@lie("approval.signature", "release.single")
def approval_in_another_name_than_its_keys_owner(operator):
    operator.lie("story", lambda o: o.event("item_decided")["actor"]["user"].update(name="Somebody Else"))


@lie("approval.signature", "release.single")
def approval_by_a_key_that_is_registered_in_another_name(operator):
    operator.lie("story", lambda o: o.events[3]["user"].update(name="Somebody Else"))


@lie("approval.signature", "release.single")
def approval_by_a_key_that_is_registered_in_no_name(operator):
    operator.lie("story", lambda o: o.events[3]["user"].pop("name"))


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
def approval_by_the_agents_sponsor_who_is_not_the_sole_operator(operator):
    operator.lie("story", lambda o: ours(o.event("item_decided"))["facts"].update(sole_operator=False))


@lie("approval.signature", "release.single")
def approval_by_the_policys_author_who_is_not_the_sole_operator(operator):
    def authored(o):
        said = ours(o.events[HELD])["facts"]
        said["policy_author"], said["sponsor"]["uid"] = said["sponsor"]["uid"], "somebody"
        ours(o.event("item_decided"))["facts"].update(sole_operator=False)

    operator.lie("story", authored)


@lie("approval.signature", "release.single")
def approval_whose_statement_is_not_here(operator):
    operator.lie("files", lambda o: o.files.pop("approvals/10.dsse.json"))


@lie("approval.signature")
def approval_of_an_item_that_was_never_held(operator):
    operator.lie("story", lambda o: let_go(o.events[HELD], "allow", 1, 1))


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
    operator.lie("story", lambda o: let_go(o.event("call_decided"), "deny", 2, 2))


@lie("release.single")
def released_before_its_approval(operator):
    def before(o):
        at = o.events.index(o.event("item_decided"))
        o.events[at], o.events[at + 1] = o.events[at + 1], o.events[at]

    operator.lie("story", before)


# Contents.


@lie("content.opening")
def content_that_no_record_commits_to(operator):
    operator.lie("files", lambda o: o.commit("request", b"never asked"))


def disclosed(operator, **changed):
    """A response of the operator's own making, committed to and disclosed."""

    def tell(o):
        said = o.commit("response", b"an answer") | changed
        ours(o.events[ANSWERED])["facts"]["contents"] = [said]
        o.files = {
            n: data
            for n, data in o.files.items()
            if not n.startswith("contents/") or said["content_uid"] in n or "5e3f" in n
        }

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
