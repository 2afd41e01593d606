"""The findings about people's decisions, releases and contents (docs/evidence-format.md, 17.8 to 17.10)."""

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


def _of(case, kind):
    return [record for record in case.proved if record.kind == kind and record.fact]


def _first(found, wanted):
    return next((record for record in found if wanted(record)), None)


def approval(case, sequence, data):
    """Section 17.8: gives words on one approval, or raises."""
    # 1
    decided = _first(_of(case, "item_decided"), lambda record: record.sequence == sequence)
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
        if not added or added.sequence >= sequence or added.fact["owner"] != said["reviewer"]:
            raise Refused("its key wasn't registered as this reviewer's before")
        # 4
        signed = _APPROVAL(canonical(envelope.verify(added.fact["key"])))
        if len(signed["subject"]) != 1 or signed["subject"][0]["name"] != "action":
            raise Refused("its subject isn't one action")
    except Refused as error:
        raise Fails(str(error), sequence) from error
    # 5
    held = _first(
        _of(case, "call_decided"),
        lambda r: r.fact["effect"] == "hold" and r.fact["item"] == said["item"] and r.stream == decided.stream,
    )
    if not held or held.correlation != decided.correlation or held.sequence >= sequence:
        kind = NotEstablished if case.begins_late() else Fails
        raise kind("the record that held the item isn't here as it was signed", sequence)
    _compare(case, decided, held.fact, signed["predicate"], signed["subject"][0]["digest"]["sha256"])
    return f"{said['reviewer_name']}: {signed['predicate']['decision']}"


def _compare(case, decided, held, signed, action):
    said, seen = decided.fact, signed["seen_checkpoint"]
    manifest, seal = case.manifest, case.seal
    rules = {
        # 6
        "about another action": held["action_holds"] and held["action_digest"] == action == said["action_digest"],
        # 7
        "another decision": (signed["decision"] == "approve") == said["approved"],
        "another reviewer": signed["reviewer_uid"] == said["reviewer"],
        "another view": signed["view_c"] == said["view_c"],
        "another reason": signed["reason_c"] == said["reason_c"],
        "another policy": signed["policy_sha256"] == said["policy"] == held["policy"],
        "another request": signed["request_uid"] == decided.correlation,
        "another log": bool(seal) and signed["origin"] == seal.origin,
        "another tenant": bool(manifest) and signed["tenant_uid"] == manifest["tenant"]["uid"],
        # 8
        "more than one release": signed["scope"] == "once" and signed["uses"] == 1,
        "run out": signed["expires_ms"] > decided.logged,
        # 9
        "a checkpoint that the log didn't have": seen["size"] <= decided.sequence,
        # 10
        "a sole operator beyond tier 2": not (said["approved"] and said["sole_operator"] and said["tier"] > 2),
    }
    for problem, holds in rules.items():
        if not holds:
            raise Fails(f"it is {problem}", decided.sequence)


def judge_approvals(case):
    """{sequence: "holds", "fails" or "beyond"}, with words."""
    out = {}
    for sequence, data in case.approvals.items():
        try:
            out[sequence] = ("holds", approval(case, sequence, data))
        except NotEstablished as error:
            out[sequence] = ("beyond", error.args[0])
        except Fails as error:
            out[sequence] = ("fails", error.args[0])
    return out


def approvals(case, judged):
    expected = {record.sequence for record in _of(case, "item_decided") if case.within(record)}
    if not expected | judged.keys():
        return None
    for sequence, (how, words) in sorted(judged.items()):
        if how == "fails":
            raise Fails(f"approvals/{sequence}.dsse.json doesn't hold: {words}.", sequence)
    absent = sorted(expected - judged.keys())
    if absent:
        raise Fails(f"The signed statement of the decision at {absent[0]} isn't here.", *absent)
    if any(how == "beyond" for how, _ in judged.values()):
        raise NotEstablished("What an approval was about lies before the interval.")
    return "; ".join(words for _, words in judged.values()) + "."


def releases(case, judged):
    """Section 17.9."""
    of, beyond, problems = 0, 0, []
    items, ids = set(), set()
    for record in filter(case.within, case.proved):
        if record.kind == "released" and record.fact:
            of += 1
            said = record.fact
            used = said["item"] in items or said["jti"] in ids
            items.add(said["item"])
            ids.add(said["jti"])
            decided = [
                _first(_of(case, "item_decided"), lambda r, d=d: r.fact["payload"] == d) for d in said["approvals"]
            ]
            checkable = all(r and (case.within(r) or r.sequence in judged) for r in decided)
            if used:
                problems.append((record.sequence, "its approval had been used already"))
            elif case.begins_late() and not checkable and not _had_ended(case, record):
                beyond += 1
            elif not said["approvals"] or not all(_fits(r, record, judged) for r in decided):
                problems.append((record.sequence, "an approval of this action isn't here, earlier, and rightly signed"))
            elif _had_ended(case, record):
                problems.append((record.sequence, "what it released had been denied, or had run out"))
        elif record.kind in ("call_finished", "execution_reported") and record.fact and record.fact.get("known", True):
            problem = _unreleased(case, record)
            if problem:
                of += 1
                problems.append((record.sequence, problem))
    if of == 0:
        return None
    if problems:
        sequence, why = problems[0]
        raise Fails(f"The record at sequence {sequence} stands without approval: {why}.", *[at for at, _ in problems])
    if beyond:
        raise NotEstablished("An approval that was used lies before the interval.")
    return "Each names the approval that it used, and none is used twice."


def _fits(decided, released, judged):
    if not decided:
        return False
    said, used = decided.fact, released.fact
    return (
        said["approved"]
        and (said["item"], said["action_digest"]) == (used["item"], used["action_digest"])
        and (decided.correlation, decided.stream) == (released.correlation, released.stream)
        and decided.sequence < released.sequence
        and judged.get(decided.sequence, ("fails",))[0] != "fails"
    )


def _had_ended(case, released):
    ends = [r for r in _of(case, "item_decided") if not r.fact["approved"]] + _of(case, "item_expired")
    place = (released.stream, released.fact["item"])
    return any((r.stream, r.fact["item"]) == place and r.sequence < released.sequence for r in ends)


def _unreleased(case, finished):
    place = (finished.stream, finished.correlation)
    if finished.correlation is None:
        return None
    story = [r for r in case.proved if (r.stream, r.correlation) == place and r.sequence < finished.sequence and r.fact]
    asked = _first(story, lambda r: r.kind == "call_decided")
    if not asked:
        return None
    if asked.fact["effect"] == "deny":
        return "the call was denied, and yet it ended"
    if asked.fact["effect"] == "hold" and case.within(asked) and not any(r.kind == "released" for r in story):
        return "the call was held, and ended without having been released"
    return None


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
        call = _first(earlier, lambda r: r.kind == "call_decided")
    else:
        # The item's first, in any request: it must be this one's.
        held = _first(
            _of(case, "call_decided"), lambda r: r.stream == record.stream and r.fact["item"] == said["item"]
        )
        call = held if held in earlier else None
    if not call:
        raise (NotEstablished if case.begins_late() else Fails)("no record here decided on its call before")
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
    named = {r.fact["policy"] for r in _of(case, "call_decided") if case.within(r)}
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
        raise Fails(f"The record at {sequence} commits to the content {uid} otherwise than an earlier one.", sequence)
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
    erased = {uid for r in _of(case, "contents_erased") for uid, c in r.fact["erased"] if case.erased_by(r, uid, c)} & away
    gone = f"{len(erased)} contents are erased and {len(away - erased)} withheld."
    if not disclosed:
        raise NotEstablished(f"Nothing was disclosed; {gone}")
    return f"{len(disclosed)} contents open to the recorded commitments; {gone}"
