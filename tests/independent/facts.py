"""What records say, beyond their places (docs/evidence-format.md, sections 4.5, 9, 10 and 17.13)."""

import selections
from crypto import key_id, spki, tagged
from strict_json import Refused, digest, exactly, flag, hexes, integer, jcs, list_of, null_or, only, text, whole


def facts(record):
    """Section 4.5: whether a fact that a verifier needs is missing or of another form, and what is read of them."""
    reader = _FACTS.get(record.kind)
    try:
        commitments(record)
        return False, reader(record, record.facts) if reader else None
    except (Refused, KeyError, TypeError, AttributeError):
        # A rotation that can't be read is one that doesn't hold (17.12).
        return record.kind != "key_rotated", None


def _optional(said, name, shape):
    return shape(said[name]) if name in said else None


def _control(record, action, disposition):
    """Section 4.5: OCSF's words for what was decided."""
    only(action)(record.event["action_id"])
    only(disposition)(record.event["disposition_id"])


def _log_opened(record, said):
    only(0)(record.sequence)
    return {"key": spki(said["spki"]), "nonce16": hexes(16)(said["nonce16"])}


def _key_added(record, said):
    role = only("log", "case", "release", "reviewer")(said["role"])
    key = spki(said["spki"])
    only(key.id)(said["key_id"])
    # Section 4.5: OCSF's own member has the name.
    named = record.event.get("user", {}).get("name")
    return {"role": role, "key": key, "owner": _optional(said, "owner_uid", text), "owner_name": named}


def _key_rotated(record, said):
    """Section 11.6."""
    only("log")(said["role"])
    only(record.sequence + 1)(said["from_size"])
    only("sys")(record.stream)
    return {
        "old": spki(said["old_spki"]),
        "new": spki(said["new_spki"]),
        "from_size": said["from_size"],
        "statement_sha256": digest(said["statement_sha256"]),
    }


def _call_decided(record, said):
    effect = only("allow", "deny", "hold")(said["effect"])
    _control(record, *{"allow": (1, 1), "deny": (2, 2), "hold": (99, 14)}[effect])
    item, until = _optional(said, "item_uid", text), _optional(said, "expires_ms", integer)
    if (item is not None) != (effect == "hold") or (until is not None) != (effect == "hold"):
        raise Refused("what is held has an item and an end, and nothing else has")
    action_digest = _optional(said, "action_digest", digest)
    document = tagged("action", jcs(said["action"])) if "action" in said else None
    return {
        "effect": effect,
        "tier": whole(said["tier"]),
        "policy": digest(said["policy_sha256"]),
        "sponsor": text(said["sponsor"]["uid"]),
        "author": _optional(said, "policy_author", text),
        "action_digest": action_digest,
        "action_holds": action_digest == document,
        "item": item,
        "contents": commitments(record),
        "view": next((c for _, slot, c in commitments(record) if slot == "view"), None),
    }


def _item_decided(record, said):
    person = record.event["actor"]["user"]
    decision = only("approve", "deny")(said["decision"])
    _control(record, *{"approve": (1, 8), "deny": (2, 25)}[decision])
    return {
        "approved": decision == "approve",
        "reviewer": text(person["uid"]),
        "reviewer_name": text(person["name"]),
        "item": text(said["item_uid"]),
        "payload": digest(said["payload_sha256"]),
        "key_id": key_id(said["key_id"]),
        "sole_operator": flag(said["sole_operator"]),
        "tier": whole(said["tier"]),
        "action_digest": digest(said["action_digest"]),
        "view_c": digest(said["view_c"]),
        "reason_c": _optional(said, "reason_c", digest),
        "policy": digest(said["policy_sha256"]),
    }


def _item_expired(record, said):
    only("undecided", "lapsed", "void")(said["expiry"])
    _control(record, 2, 2)
    return {"item": text(said["item_uid"]), "action_digest": digest(said["action_digest"])}


def _released(record, said):
    _control(record, 1, 1)
    return {
        "item": text(said["item_uid"]),
        "jti": text(said["jti"]),
        "action_digest": digest(said["action_digest"]),
        "approvals": list_of(digest)(said["approvals"]),
    }


def _call_finished(_, said):
    outcome = only(
        "answered", "upstream_error", "cut", "unreachable", "timed_out", "client_gone", "malformed", "halted",
        "circuit_open", "not_sent", "unknown"
    )(said["outcome"])
    return {"known": outcome != "unknown", "action_digest": _optional(said, "action_digest", digest)}


def _execution_reported(_, said):
    only("success", "failure")(said["outcome"])
    return {"late": flag(said["late"]), "action_digest": digest(said["action_digest"])}


def _policy_published(_, said):
    return {"policy": digest(said["policy_sha256"])}


def _contents_erased(_, said):
    return {"erased": [(text(gone["content_uid"]), digest(gone["c"])) for gone in list_of(_any)(said["erased"])]}


def _any(value):
    return value


def _exported(_, said):
    heads = [(text(head["stream"]), whole(head["stream_seq"]), digest(head["fp"])) for head in said["heads"]]
    return {
        "asked": selections.asked(said),
        "heads": heads,
        "size": whole(said["size"]),
        "selected": whole(said["selected"]),
        "selection": digest(said["selection"]),
    }


_FACTS = {
    "log_opened": _log_opened,
    "key_added": _key_added,
    "key_rotated": _key_rotated,
    "call_decided": _call_decided,
    "item_decided": _item_decided,
    "item_expired": _item_expired,
    "released": _released,
    "call_finished": _call_finished,
    "execution_reported": _execution_reported,
    "policy_published": _policy_published,
    "contents_erased": _contents_erased,
    "exported": _exported,
}


_COMMITMENT = exactly(content_uid=text, slot=text, c=digest)


def committed(record):
    """The same, of a record that may be malformed: nothing where the list has another form."""
    try:
        return commitments(record)
    except Refused:
        return []


def commitments(record):
    """Section 9: (content_uid, slot, c) for each content that the record commits to."""
    listed = list_of(_COMMITMENT)(record.facts.get("contents", []))
    return [(item["content_uid"], item["slot"], item["c"]) for item in listed]


# Section 17.13: what one record says twice.

_ACTION = exactly(
    v=only(1),
    origin=text,
    tenant_uid=text,
    agent_uid=text,
    request_uid=text,
    kind=only("model_call", "proposed_action"),
    subject_c=digest,
    tool_schema_sha256=null_or(digest),
    policy_sha256=digest,
    risk_sha256=only(None),
    contents=list_of(exactly(c=digest, slot=only("request"))),
)
CALLS = ("call_decided", "item_decided", "item_expired", "released", "call_finished", "execution_reported")


def contradiction(record):
    """Section 17.13, its first part: what a record says of its call otherwise than it says elsewhere; or nothing."""
    if record.kind not in CALLS or not record.fact:
        return None
    event = record.event
    if event.get("ai_agent", {}).get("uid") != record.stream:
        return "it is filed under another agent than it names"
    if record.correlation is None or event["api"].get("request", {}).get("uid") != record.correlation:
        return "it is filed under another request than it names"
    if record.kind == "call_decided":
        return _of_call(record, record.fact)
    if record.kind == "item_decided":
        reason = record.fact["reason_c"]
        if [(slot, c) for _, slot, c in commitments(record)] != ([("reason", reason)] if reason else []):
            return "it names another reason than it carries"
    return None


def _of_call(record, said):
    if "action" not in record.facts:
        good = said["action_digest"] is None and said["effect"] == "deny"
        return None if good else "it carries no action"
    try:
        action = _ACTION(record.facts["action"])
    except Refused:
        return "its action isn't an action's document"
    proposed = action["kind"] == "proposed_action"
    if len(action["contents"]) != 1 or proposed != (action["tool_schema_sha256"] is not None):
        return "its action isn't an action's document"
    if said["action_digest"] is None or not said["action_holds"]:
        return "its action doesn't give the digest that it names"
    same = {
        "origin": record.origin,
        "tenant_uid": record.tenant,
        "agent_uid": record.stream,
        "request_uid": record.correlation,
        "policy_sha256": said["policy"],
    }
    for name, value in same.items():
        if action[name] != value:
            return f"its action has another {name}"
    here = {slot: c for _, slot, c in said["contents"]}
    meant = {"subject": action["subject_c"], "request": action["contents"][0]["c"]}
    if len(here) != len(said["contents"]):
        return "two contents in one slot"
    if ("view" in here) != (said["effect"] == "hold"):
        return "it is held without a view, or carries one and isn't held"
    here.pop("view", None)
    return None if here == meant else "its action is over other contents than it carries"
