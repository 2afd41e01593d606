"""What an operator with every key can lie about calls: records that contradict themselves or their story, or don't say
what they must (docs/evidence-format.md, 17.13 and 17.14)."""

from forge import ours
from telling import ANSWERED, HELD, ZEROS, at_place, lie, without

# The held call's record.

for _title, _change in {
    "over_another_request": {"contents": [{"c": ZEROS, "slot": "request"}]},
    "over_nothing": {"contents": []},
    "on_another_subject": {"subject_c": ZEROS},
    "of_another_agent": {"agent_uid": "other"},
    "of_another_request": {"request_uid": "other"},
    "of_another_tenant": {"tenant_uid": "other"},
    "of_another_log": {"origin": "countersign/log/" + ZEROS},
    "under_another_policy": {"policy_sha256": ZEROS},
    "of_another_version": {"v": 2},
    "with_a_further_member": {"amount": 1},
    "with_one_slot_twice": {"contents": [{"c": ZEROS, "slot": "request"}] * 2},
    "of_another_kind": {"kind": "payment"},
    "of_a_kind_that_has_a_definition_and_none_is_named": {"kind": "proposed_action"},
    "of_a_model_with_the_definition_of_a_tool": {"tool_schema_sha256": ZEROS},
    "with_a_risk": {"risk_sha256": ZEROS},
}.items():

    def _lie(operator, change=_change):
        # Digests and approvals are made anew over it: everything else agrees.
        operator.lie("story", lambda o: ours(o.events[HELD])["facts"]["action"].update(change))

    lie("call.binding", name=f"action_{_title}")(_lie)


@lie(right=("verified",))
def action_of_a_kind_with_its_definition(operator):
    told = {"kind": "proposed_action", "tool_schema_sha256": ZEROS}
    operator.lie("story", lambda o: ours(o.events[HELD])["facts"]["action"].update(told))


@lie("call.binding")
def action_that_leaves_out_what_is_null(operator):
    operator.lie("story", lambda o: ours(o.events[HELD])["facts"]["action"].pop("risk_sha256"))


@lie("call.binding")
def call_let_go_without_an_action(operator):
    def change(o):
        for name in ("action", "action_digest"):
            ours(o.event("call_decided"))["facts"].pop(name)

    operator.lie("story", change)


def carried(change):
    """Changes the commitments that the held call's record carries."""

    def told(o):
        change(ours(o.events[HELD])["facts"]["contents"])

    return told


def more(slot):
    return {"c": ZEROS, "content_uid": "5e3f7f0a-5bd8-4d36-9a7e-0a3f7d8b6c19", "slot": slot}


@lie("call.binding")
def held_without_a_view(operator):
    operator.lie("story", carried(lambda contents: contents.pop()))


@lie("call.binding")
def two_contents_in_one_slot(operator):
    operator.lie("story", carried(lambda contents: contents.append(more("request"))))


@lie("call.binding")
def content_that_the_action_is_not_over(operator):
    operator.lie("story", carried(lambda contents: contents.append(more("attachment"))))


def over(operator, change):
    """The held call's record carries what its action is over, and the action is over something else than a request."""

    def told(o):
        said = ours(o.events[HELD])["facts"]
        change(said["action"]["contents"], said["contents"])

    operator.lie("story", told)


@lie("call.binding")
def action_over_nothing_and_nothing_carried(operator):
    def change(named, carried_):
        named.clear()
        carried_[:] = [one for one in carried_ if one["slot"] != "request"]

    over(operator, change)
    operator.lie("files", without("contents/"))


@lie("call.binding")
def action_over_a_content_in_another_slot(operator):
    def change(named, carried_):
        for one in [*named, *carried_]:
            one["slot"] = "attachment" if one["slot"] == "request" else one["slot"]

    over(operator, change)
    operator.lie("files", without("contents/"))


@lie("call.binding")
def action_over_a_content_beside_its_request(operator):
    def change(named, carried_):
        named.insert(0, {"c": ZEROS, "slot": "attachment"})
        carried_.append(more("attachment"))

    over(operator, change)


# The records after it.


@lie("call.binding")
def view_that_is_not_the_one_held_with_the_call(operator):
    operator.lie("story", lambda o: ours(o.event("item_decided"))["facts"].update(view_c=ZEROS))
    operator.lie("approval", lambda o, predicate: predicate["decision"] == "approve" and predicate.update(view_c=ZEROS))


@lie("call.binding")
def reason_that_is_not_the_one_carried(operator):
    operator.lie("story", lambda o: ours(o.event("item_decided"))["facts"].update(reason_c=ZEROS))
    operator.lie("approval", lambda o, predicate: predicate["decision"] == "approve" and predicate.update(reason_c=ZEROS))


@lie("call.binding")
def decision_at_a_lower_tier(operator):
    operator.lie("story", lambda o: ours(o.event("item_decided"))["facts"].update(tier=1))


@lie("call.binding", "release.single")
def release_of_another_action(operator):
    operator.lie("record", at_place(ANSWERED - 1, lambda e: ours(e)["facts"].update(action_digest=ZEROS)))


@lie("call.binding")
def outcome_of_another_action(operator):
    operator.lie("record", at_place(ANSWERED, lambda e: ours(e)["facts"].update(action_digest=ZEROS)))


@lie("call.binding")
def outcome_of_no_action(operator):
    operator.lie("record", at_place(ANSWERED, lambda e: ours(e)["facts"].pop("action_digest")))


@lie("call.binding")
def outcome_without_a_decision(operator):
    operator.lie("story", lambda o: o.events.remove(o.event("call_decided")))
    operator.lie("files", without("contents/"))


@lie("call.binding")
def outcome_twice(operator):
    def twice(o):
        at = o.events.index(o.event("call_finished"))
        o.events.insert(at + 1, o.copy_of(o.events[at]))

    operator.lie("story", twice)


@lie("call.binding")
def request_decided_on_twice(operator):
    def twice(o):
        at = o.events.index(o.event("call_decided"))
        o.events.insert(at + 1, o.copy_of(o.events[at]))

    operator.lie("story", twice)


@lie("call.binding")
def record_filed_under_another_agent(operator):
    operator.lie("record", at_place(ANSWERED, lambda e: e["ai_agent"].update(uid="other")))


@lie("call.binding")
def record_filed_under_another_request(operator):
    operator.lie("record", at_place(ANSWERED, lambda e: e["api"]["request"].update(uid="other")))


@lie("release.single")
def released_after_it_had_run_out(operator):
    def expire(o):
        at = o.events.index(o.event("released"))
        gone = o.copy_of(o.events[at])
        gone |= {"action_id": 2, "disposition_id": 2}
        said = ours(gone)
        said["kind"] = "item_expired"
        for name in ("jti", "approvals"):
            said["facts"].pop(name)
        said["facts"]["expiry"] = "lapsed"
        o.events.insert(at, gone)

    operator.lie("story", expire)


# What records must say.

for _kind, _name, _value in [
    ("call_decided", "effect", "x"),
    ("call_decided", "policy_sha256", "x"),
    ("call_decided", "tier", "x"),
    ("call_decided", "sponsor", {"uid": 1}),
    ("call_decided", "policy_author", 1),
    ("call_decided", "item_uid", "x"),
    ("call_decided", "contents", [{}]),
    ("item_decided", "view_c", "x"),
    ("item_decided", "reason_c", "x"),
    ("item_decided", "decision", "x"),
    ("item_decided", "sole_operator", 1),
    ("released", "approvals", [1]),
    ("released", "jti", 1),
    ("call_finished", "outcome", "x"),
    ("call_finished", "action_digest", "x"),
    ("key_added", "key_id", "x"),
    ("key_added", "role", "x"),
    ("key_added", "owner_uid", 1),
    ("policy_published", "policy_sha256", "x"),
    ("exported", "selected", "x"),
    ("log_opened", "nonce16", "x"),
]:

    def _lie(operator, kind=_kind, name=_name, value=_value):
        def bent(o, event, _):
            if ours(event)["kind"] == kind:
                ours(event)["facts"][name] = value

        operator.lie("record", bent)

    lie("record.facts", name=f"{_kind}_with_a_malformed_{_name}")(_lie)

for _kind in ("call_decided", "item_decided", "released"):

    def _lie(operator, kind=_kind):
        def bent(o, event, _):
            if ours(event)["kind"] == kind:
                event["disposition_id"] = 3

        operator.lie("record", bent)

    lie("record.facts", name=f"{_kind}_whose_ocsf_says_otherwise")(_lie)


# Contents.


@lie("content.opening")
def one_content_committed_to_in_two_ways(operator):
    def tell(o):
        first = ours(o.event("call_decided"))["facts"]["contents"][1]["content_uid"]
        ours(o.event("call_finished"))["facts"]["contents"][0]["content_uid"] = first

    operator.lie("story", tell)
    operator.lie("files", without("contents/"))
