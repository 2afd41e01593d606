"""The findings about people's decisions, about calls and contents (docs/evidence-format.md, 17.8, 17.10 and 17.13)."""

import dataclasses
import re
import struct

from crypto import Envelope, origin, sha256, statement, tagged
from facts import CALLS
from findings import Fails, NotEstablished
from strict_json import Refused, canonical, digest, exactly, hexes, integer, jcs, null_or, only, text, whole

_APPROVAL = statement(
    "urn:countersign:approval:v1",
    origin=origin,
    tenant_uid=text,
    request_uid=text,
    reviewer_uid=text,
    decision=only("approve", "deny"),
    scope=text,
    uses=whole,
    view_c=digest,
    reason_c=null_or(digest),
    policy_sha256=digest,
    risk_sha256=null_or(digest),
    nonce16=hexes(16),
    issued_ms=integer,
    expires_ms=integer,
    seen_checkpoint=exactly(root=digest, size=whole),
)


@dataclasses.dataclass
class Judged:
    """How an approval file was found: it "holds" or "fails", or what it is about is absent ("beyond"). Its statement's
    end, where there is a statement."""

    how: str
    words: str
    expires_ms: int | None = None


def of_kind(case, kind):
    return [record for record in case.proved if record.kind == kind and record.fact]


def first(found, wanted):
    return next((record for record in found if wanted(record)), None)


def held_with(case, record):
    """The record that held the item of this one: the item's first in the stream, in whichever request."""
    item = record.fact["item"]
    return first(of_kind(case, "call_decided"), lambda r: r.stream == record.stream and r.fact["item"] == item)


def earlier_in_story(one, record):
    """Whether one record stands before another in the same story."""
    same = (one.stream, one.correlation) == (record.stream, record.correlation)
    return same and one.sequence < record.sequence


def approval(case, sequence, data):
    """Section 17.8: how one approval is found, or raises."""
    # 1
    decided = first(of_kind(case, "item_decided"), lambda record: record.sequence == sequence)
    if not decided:
        raise Fails("no record here, as it was signed, is a person's decision at that place", sequence)
    said = decided.fact
    try:
        # 2
        envelope = Envelope(data)
        if sha256(envelope.payload) != said["payload"] or envelope.key_id != said["key_id"]:
            raise Refused("it isn't the statement whose digest and key the record holds")
        # 3
        added = case.key_added("reviewer", said["key_id"])
        owner = added and (added.fact["owner"], added.fact["owner_name"])
        if not added or added.sequence >= sequence or owner != (said["reviewer"], said["reviewer_name"]):
            raise Refused("its key wasn't registered as this reviewer's before, by uid and name")
        # 4
        signed = _APPROVAL(canonical(envelope.verify(added.fact["key"])))
        if len(signed["subject"]) != 1 or signed["subject"][0]["name"] != "action":
            raise Refused("its subject isn't one action")
    except Refused as error:
        raise Fails(str(error), sequence) from error
    # 5
    held = held_with(case, decided)
    if held and not earlier_in_story(held, decided):
        raise Fails("the item was held in another request, or later", sequence)
    if not held and not case.begins_late:
        raise Fails("the record that held the item isn't here as it was signed", sequence)
    _compare(case, decided, held and held.fact, signed["predicate"], signed["subject"][0]["digest"]["sha256"])
    until = signed["predicate"]["expires_ms"]
    if not held:
        return Judged("beyond", "the record that held the item isn't here", until)
    return Judged("holds", f"{said['reviewer_name']}: {signed['predicate']['decision']}", until)


def _compare(case, decided, held, signed, action):
    """No. 6 to 11; `held` is what the call's record says, and nothing where that isn't here."""
    said, seen = decided.fact, signed["seen_checkpoint"]
    manifest, seal = case.manifest, case.seal
    of_held = not held or held["action_holds"] and held["action_digest"] == action
    rules = {
        # 6
        "about another action": of_held and action == said["action_digest"],
        # 7
        "another decision": (signed["decision"] == "approve") == said["approved"],
        "another reviewer": signed["reviewer_uid"] == said["reviewer"],
        "another view": signed["view_c"] == said["view_c"],
        "another reason": signed["reason_c"] == said["reason_c"],
        "another policy": signed["policy_sha256"] == said["policy"] == (held or said)["policy"],
        "another request": signed["request_uid"] == decided.correlation,
        "another log": bool(seal) and signed["origin"] == seal.origin,
        "another tenant": bool(manifest) and signed["tenant_uid"] == manifest["tenant"]["uid"],
        # 8
        "more than one release": signed["scope"] == "once" and signed["uses"] == 1,
        "run out": signed["expires_ms"] > decided.logged,
        # 9
        "a checkpoint that the log didn't have": seen["size"] <= decided.sequence,
        "a checkpoint of another history": case.root_at(seen["size"]) in (None, seen["root"]),
        # 10
        "a sole operator beyond tier 2": not (said["approved"] and said["sole_operator"] and said["tier"] > 2),
        # 11
        "by one who is barred": not held or _may_approve(said, held),
    }
    for problem, holds in rules.items():
        if not holds:
            raise Fails(f"it is {problem}", decided.sequence)


def _may_approve(said, held):
    barred = said["reviewer"] in (held["sponsor"], held["author"])
    return not said["approved"] or said["sole_operator"] or not barred


def judge_approvals(case):
    """{sequence: how the approval file of that name was found}."""
    out = {}
    for sequence, data in case.approvals.items():
        try:
            out[sequence] = approval(case, sequence, data)
        except Fails as error:
            out[sequence] = Judged("fails", error.args[0])
    return out


def approvals(case, judged):
    expected = {record.sequence for record in of_kind(case, "item_decided") if case.within(record)}
    if not expected | judged.keys():
        return None
    failing = sorted(sequence for sequence, one in judged.items() if one.how == "fails")
    absent = sorted(expected - judged.keys())
    if failing:
        words = judged[failing[0]].words
        raise Fails(f"approvals/{failing[0]}.dsse.json doesn't hold: {words}.", *failing, *absent)
    if absent:
        raise Fails(f"The signed statement of the decision at {absent[0]} isn't here.", *absent)
    if any(one.how == "beyond" for one in judged.values()):
        raise NotEstablished("What an approval was about lies before the interval.")
    return "; ".join(one.words for one in judged.values()) + "."


def calls(case):
    """Section 17.13."""
    mine = [record for record in case.proved if record.kind in CALLS and record.fact]
    wrong, beyond = [], False
    for record in mine:
        try:
            if record.contradiction:
                raise Fails(record.contradiction)
            if case.within(record):
                _in_its_story(case, record)
        except NotEstablished:
            beyond = True
        except Fails as error:
            wrong.append((record.sequence, error.args[0]))
    if wrong:
        sequence, why = wrong[0]
        raise Fails(f"The record at sequence {sequence} contradicts its story: {why}.", *[at for at, _ in wrong])
    if beyond:
        raise NotEstablished("A call that was decided on before the interval goes on in it.")
    return "Action, agent, request, policy and contents are the same in each story." if mine else None


def _in_its_story(case, record):
    said, kind = record.fact, record.kind
    story = (record.stream, record.correlation)
    earlier = [r for r in case.proved if (r.stream, r.correlation) == story and r.sequence < record.sequence and r.fact]
    if kind == "call_decided":
        call = said
    elif kind in ("call_finished", "execution_reported"):
        call = first(earlier, lambda r: r.kind == "call_decided")
        later = [r for r in of_kind(case, "call_decided") if (r.stream, r.correlation) == story]
        if not call and later:
            raise Fails("its call was decided on only later")
    else:
        call = held_with(case, record)
        if call and not earlier_in_story(call, record):
            raise Fails("its item was held in another request, or later")
    if not call:
        raise (NotEstablished if case.begins_late else Fails)("no record here decided on its call before")
    if kind in ("call_decided", "call_finished", "execution_reported") and any(r.kind == kind for r in earlier):
        if kind == "call_decided" or _same(said, call.fact):
            raise Fails("its request has another record of this kind before it")
    if kind != "call_decided" and not _same(said, call.fact):
        raise Fails("it names another action than the one that was decided on")
    if kind == "execution_reported" and not said["late"] and any(r.kind == "call_finished" for r in earlier):
        raise Fails("it was told in time, it says, and its outcome counted as unknown before")
    if kind == "item_decided":
        held = call.fact
        if (said["view_c"], said["policy"], said["tier"]) != (held["view"], held["policy"], held["tier"]):
            raise Fails("it names another view, policy or tier than the call was held with")


def _same(said, call):
    return said["action_digest"] is not None and said["action_digest"] == call["action_digest"]


def policies(case):
    named = {r.fact["policy"] for r in of_kind(case, "call_decided") if case.within(r)}
    if not named:
        return None
    absent = [d.hex() for d in named if case.sha256.get(f"policies/{d.hex()}.cedar") != d]
    if absent:
        raise NotEstablished(f"The text of policy {', '.join(sorted(absent))} isn't in the file.")
    return "Each text has the SHA-256 that the decisions name."


def contents(case):
    """Section 17.10."""
    names = [re.fullmatch(r"contents/([^/]*)\.(?:json|bin)", name) for name in case.files]
    disclosed = sorted({found.group(1) for found in names if found})
    if not disclosed and not case.commitments:
        return None
    salts = set()
    if case.twofold:
        uid, sequence = case.twofold[0]
        raise Fails(f"The record at {sequence} commits to the content {uid} otherwise than an earlier one.")
    for uid in disclosed:
        try:
            said, salt, data = case.opening(uid)
        except (Refused, KeyError) as error:
            raise Fails(f"The content {uid} isn't here whole.") from error
        if salt in salts:
            raise Fails(f"The content {uid} has the salt of another.")
        salts.add(salt)
        slot, c = case.commitments.get(uid, (None, None))
        header = jcs(said)
        opened = tagged("content", salt + struct.pack(">I", len(header)) + header + data)
        if (said["content_uid"], said["slot"]) != (uid, slot) or said["length"] != len(data) or opened != c:
            raise Fails(f"The content {uid} isn't what a record here commits to.")
    away = case.commitments.keys() - set(disclosed)
    erasing = of_kind(case, "contents_erased")
    erased = {uid for r in erasing for uid, c in r.fact["erased"] if case.erased_by(r, uid, c)} & away
    gone = f"{len(erased)} contents are erased and {len(away - erased)} withheld."
    if not disclosed:
        raise NotEstablished(f"Nothing was disclosed; {gone}")
    return f"{len(disclosed)} contents open to the recorded commitments; {gone}"
