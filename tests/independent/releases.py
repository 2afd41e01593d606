"""The finding about releases, and about calls that ended without one (docs/evidence-format.md, 17.9)."""

from decisions import earlier_in_story, first, held_with, of_kind
from findings import FAIL, OPEN, PASS, Fails, NotEstablished

# A release is recorded after it was checked that its approval hasn't run out: in between, so much may pass.
MINUTE = 60_000


def releases(case, judged):
    found = list(_judged(case, judged))
    if not found:
        return None
    wrong = [(at, why) for at, status, why in found if status == FAIL]
    if wrong:
        sequence, why = wrong[0]
        raise Fails(f"The record at sequence {sequence} stands without approval: {why}.", *[at for at, _ in wrong])
    if any(status == OPEN for _, status, _ in found):
        raise NotEstablished("An approval or a release that counted isn't here to be seen.")
    return "Each names the approval that it used, and no second use is among the records here."


def _judged(case, judged):
    """(sequence, status, why) of each release that is judged, and of each outcome that doesn't plainly hold."""
    items, ids, done = set(), set(), set()
    for record in case.proved:
        said, within = record.fact, case.within(record)
        at = record
        try:
            if record.kind == "released" and said:
                again = said["item"] in items or said["jti"] in ids
                items.add(said["item"])
                ids.add(said["jti"])
                # These two rest on records that are here, wherever the interval begins.
                if again:
                    raise Fails("its approval had been used already")
                if _had_ended(case, record, said["item"]):
                    raise Fails("what it released had been denied, or had run out")
                if within:
                    _approved(case, record, judged)
                    yield record.sequence, PASS, None
                    done.add(record.sequence)
            elif within and record.kind in ("call_finished", "execution_reported") and said and said.get("known", True):
                at = _rests_on(case, record) or record
                if at is record:
                    _let_go(case, record)
                elif not case.within(at) and at.sequence not in done:
                    _approved(case, at, judged)
        except Fails as error:
            if at.sequence not in done:
                yield at.sequence, error.status, error.args[0]
            if at.kind == "released":
                done.add(at.sequence)


def _approved(case, record, judged):
    """A release in the interval: raises where its approvals don't let it go, or can't be seen to."""
    said, held = record.fact, held_with(case, record)
    if not said["approvals"]:
        raise Fails("it names no approval")
    if held and not earlier_in_story(held, record):
        raise Fails("what it released was held in another request, or later")
    # All lies between hold and release that a release needs: where nothing of that was left out, it must be here.
    whole = held and case.within(held) and _kind(case) in ("agent", "range")
    excused = case.begins_late and not whole
    if not all([_uses(case, record, payload, judged, excused) for payload in said["approvals"]]):
        raise NotEstablished("an approval that was used isn't here")


def _uses(case, record, payload, judged, excused):
    """Whether the approval that a release names is established; raises where it isn't one that it may use."""
    decided = first(of_kind(case, "item_decided"), lambda r: r.fact["payload"] == payload)
    if decided and not _fits(decided, record):
        raise Fails("what it names isn't an earlier approval of this action")
    found = judged.get(decided.sequence) if decided else None
    if not found:
        if excused and not (decided and case.within(decided)):
            return False
        raise Fails("an approval that it names isn't here")
    if found.how == "fails":
        raise Fails("an approval that it names isn't rightly signed")
    if found.expires_ms < record.logged - MINUTE:
        raise Fails("the approval had run out")
    return found.how == "holds"


def _fits(decided, record):
    said, used = decided.fact, record.fact
    same = (said["item"], said["action_digest"]) == (used["item"], used["action_digest"])
    return said["approved"] and same and earlier_in_story(decided, record)


def _had_ended(case, record, item):
    """Whether a record here denied this item before, or ended it."""
    ends = [r for r in of_kind(case, "item_decided") if not r.fact["approved"]] + of_kind(case, "item_expired")
    place = (record.stream, item)
    return any((r.stream, r.fact["item"]) == place and r.sequence < record.sequence for r in ends)


def _story(case, record):
    """What an outcome comes after, and the decision among it."""
    if record.correlation is None:
        return [], None
    story = [r for r in case.proved if r.fact and earlier_in_story(r, record)]
    return story, first(story, lambda r: r.kind == "call_decided")


def _rests_on(case, record):
    """The release that the outcome of a held call rests on."""
    story, asked = _story(case, record)
    held = asked and asked.fact["effect"] == "hold"
    return first(story, lambda r: r.kind == "released") if held else None


def _let_go(case, record):
    """An outcome in the interval, of no release: raises where its call was never let go, or can't be seen to have been."""
    _, asked = _story(case, record)
    if not asked or asked.fact["effect"] == "allow":
        return
    if asked.fact["effect"] == "deny":
        raise Fails("the call was denied, and yet it ended")
    if case.within(asked) and _kind(case) != "records":
        raise Fails("the call was held, and ended without having been released")
    if _had_ended(case, record, asked.fact["item"]):
        raise Fails("the call was held, and denied or run out, and yet it ended")
    raise NotEstablished("the release isn't here")


def _kind(case):
    return case.manifest and case.manifest["selection"]["kind"]
