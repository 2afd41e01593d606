"""What an operator with every key can lie about in a file that begins late, or ends early: what isn't there is excused
only where it may rightly be absent (docs/evidence-format.md, 17.2, 17.3, 17.8, 17.9 and 17.13)."""

import copy

from forge import ours
from telling import ANSWERED, HELD, ZEROS, at_place, interval, lie

APPROVED, RELEASED = HELD + 1, HELD + 2
HELD_AGAIN, DENIED = HELD + 4, HELD + 5  # another call, and its end
DAY = 86_400_000
RANGE = {"kind": "range"}
ALL = (
    ("agent", lambda o, first, **further: interval(o, first, **further)),
    ("range", lambda o, first, **further: interval(o, first, selection=RANGE, **further)),
)


def picked(operator, *sequences):
    """A file of these records, and no others but those that bear them out."""
    operator.selection = {"kind": "records", "sequences": list(sequences)}


# No lies: so a file is told that begins late, is about a range, or has picked records.


for _kind, _about in ALL:

    @lie(name=f"everything_as_the_{_kind}s_interval", right=("verified",))
    def _(o, about=_about):
        about(o, 0)

    @lie(name=f"an_interval_of_the_{_kind}_from_a_held_call_on", right=("verified",))
    def _(o, about=_about):
        about(o, HELD)


@lie(right=("verified",))
def picked_records(operator):
    picked(operator, HELD, APPROVED, RELEASED, ANSWERED)


@lie("release.single", right=("verified",))
def picked_records_without_the_release_between(operator):
    picked(operator, HELD, ANSWERED)
    operator.hidden = {APPROVED, RELEASED}


# An approval that no record has.


def by_no_approval(operator):
    operator.lie("story", lambda o: ours(o.event("released"))["facts"].update(approvals=[ZEROS]))


for _kind, _about in ALL:
    # Nothing comes before the first record of all.
    @lie("release.single", name=f"release_by_no_approval_in_an_interval_of_the_{_kind}_that_is_everything")
    def _(o, about=_about):
        about(o, 0)
        by_no_approval(o)

    # What lies between hold and release lies in the interval.
    @lie("release.single", name=f"release_by_no_approval_of_what_the_interval_of_the_{_kind}_saw_held")
    def _(o, about=_about):
        about(o, HELD)
        by_no_approval(o)

    # No record says that there was none: it may lie before.
    @lie("release.single", name=f"release_by_an_approval_before_the_interval_of_the_{_kind}", right=("verified",))
    def _(o, about=_about):
        about(o, RELEASED, hidden={APPROVED})

    # What an answer rests on is judged wherever the interval begins.
    @lie("release.single", name=f"release_before_the_interval_of_the_{_kind}_by_an_approval_that_is_not_here", right=("verified",))
    def _(o, about=_about):
        about(o, ANSWERED, hidden={APPROVED})

    @lie("release.single", name=f"release_that_names_no_approval_before_the_interval_of_the_{_kind}")
    def _(o, about=_about):
        about(o, ANSWERED)
        o.lie("story", lambda operator: ours(operator.event("released"))["facts"].update(approvals=[]))

    # A record that is here can't be excused as absent.
    @lie("release.single", name=f"release_by_what_was_a_denial_before_the_interval_of_the_{_kind}")
    def _(o, about=_about):
        def told(operator):
            said = ours(operator.event("item_decided"))["facts"]
            operator.event("item_decided").update(action_id=2, disposition_id=25)
            # Of another item, so that nothing else says that this one was denied.
            said.update(decision="deny", item_uid="another")

        about(o, RELEASED)
        o.lie("story", told).lie("files", lambda operator: operator.files.pop(f"approvals/{APPROVED}.dsse.json"))


# An approval that is used twice, or too late.


def twice(operator):
    at = operator.events.index(operator.event("released"))
    operator.events.insert(at + 1, operator.copy_of(operator.events[at], jti="another"))


for _kind, _about in ALL:

    @lie("release.single", name=f"approval_used_again_in_an_interval_of_the_{_kind}_after_its_use")
    def _(o, about=_about):
        about(o, RELEASED + 1)
        o.lie("story", twice)


@lie("release.single")
def approval_used_again_after_the_interval(operator):
    interval(operator, HELD, RELEASED + 1)
    operator.lie("story", twice)


@lie("release.single")
def approval_used_again_in_an_interval_that_shows_neither_hold_nor_approval(operator):
    interval(operator, RELEASED + 1, hidden={HELD, APPROVED})
    operator.lie("story", twice)


def after_its_end(operator, late_ms):
    """The release is recorded so long after its approval ran out, and all that follows with it."""

    def later(o):
        for event in o.events[RELEASED:]:
            event["metadata"]["logged_time"] += DAY

    def until(o, predicate):
        if predicate["decision"] == "approve":
            predicate["expires_ms"] = o.event("released")["metadata"]["logged_time"] - late_ms
        else:
            predicate["expires_ms"] += DAY

    operator.lie("story", later).lie("approval", until)


@lie("release.single")
def released_a_day_after_its_approval_ran_out(operator):
    after_its_end(operator, DAY - 1)


@lie("release.single")
def released_just_more_than_a_minute_after_its_approval_ran_out(operator):
    after_its_end(operator, 60_001)


@lie(right=("verified",))
def released_within_the_minute_after_its_approval_ran_out(operator):
    after_its_end(operator, 60_000)


@lie("release.single", "approval.signature")
def released_long_after_its_end_by_an_approval_whose_hold_is_absent(operator):
    interval(operator, APPROVED, hidden={HELD})

    def until(o, predicate):
        if predicate["decision"] == "approve":
            predicate["expires_ms"] = o.event("item_decided")["metadata"]["logged_time"] + 1

    def later(o, event, sequence):
        if sequence >= RELEASED:
            event["metadata"]["logged_time"] += 100_000

    operator.lie("approval", until).lie("record", later)


# Outcomes of calls that weren't let go.


def of_the_denied_call(o, event):
    """The same event of another call than the one that was released, at the end of the story."""
    decided, event = o.events[HELD_AGAIN], o.copy_of(event)
    event["metadata"]["correlation_uid"] = decided["metadata"]["correlation_uid"]
    event["metadata"]["logged_time"] = o.events[-1]["metadata"]["logged_time"]
    event["api"]["request"] = copy.deepcopy(decided["api"]["request"])
    said = ours(event)["facts"]
    said["action_digest"] = ours(decided)["facts"]["action_digest"]
    said.pop("contents", None)
    o.events.insert(-1, event)
    return said


def answer(o):
    of_the_denied_call(o, o.event("call_finished", 1))


def let_go(o):
    denied = ours(o.events[DENIED])["facts"]
    said = of_the_denied_call(o, o.event("released"))
    said |= {"item_uid": denied["item_uid"], "approvals": [denied["payload_sha256"]], "jti": "another"}
    answer(o)


def run_out(o):
    """What was denied had run out, and nobody decided."""
    event = o.events[DENIED]
    event |= {"action_id": 2, "disposition_id": 2}
    said = ours(event)
    kept = {name: said["facts"][name] for name in ("item_uid", "action_digest", "operation")}
    said |= {"kind": "item_expired", "facts": kept | {"expiry": "undecided"}}
    answer(o)


def undecided(o):
    o.events.pop(DENIED)
    answer(o)


for _kind, _about in ALL:

    @lie("release.single", name=f"denied_before_the_interval_of_the_{_kind}_and_answered_in_it")
    def _(o, about=_about):
        about(o, DENIED + 1)
        o.lie("story", answer)

    @lie("release.single", name=f"denied_and_released_before_the_interval_of_the_{_kind}_and_answered_in_it")
    def _(o, about=_about):
        about(o, DENIED + 2)
        o.lie("story", let_go)

    @lie("release.single", name=f"run_out_before_the_interval_of_the_{_kind}_and_answered_in_it")
    def _(o, about=_about):
        about(o, DENIED + 1)
        o.lie("story", run_out)

    # It may have been released before the interval, too: that isn't shown.
    @lie("release.single", name=f"held_before_the_interval_of_the_{_kind}_and_answered_in_it", right=("verified",))
    def _(o, about=_about):
        about(o, DENIED)
        o.lie("story", undecided)

    @lie("release.single", name=f"held_and_answered_in_the_interval_of_the_{_kind}_without_a_release")
    def _(o, about=_about):
        about(o, HELD)
        o.lie("story", lambda operator: operator.events.remove(operator.event("released")))


@lie("release.single")
def denied_and_answered_among_picked_records(operator):
    picked(operator, HELD_AGAIN, DENIED, DENIED + 1)
    operator.lie("story", answer)


# What a decision is about.


def under_another_request(event):
    event["metadata"]["correlation_uid"] = event["api"]["request"]["uid"] = "another"


def of_the_denial(**change):
    def changed(o, predicate):
        if predicate["decision"] == "deny":
            predicate |= change

    return changed


for _kind, _about in ALL:

    @lie("approval.signature", "call.binding", name=f"denial_under_another_request_in_an_interval_of_the_{_kind}")
    def _(o, about=_about):
        about(o, HELD_AGAIN)
        o.lie("record", at_place(DENIED, under_another_request))
        o.lie("approval", of_the_denial(request_uid="another"))

    # The hold before the interval is here as a record that bears others out.
    @lie("approval.signature", "call.binding", name=f"denial_after_the_{_kind}s_interval_began_under_another_request")
    def _(o, about=_about):
        about(o, DENIED)
        o.lie("record", at_place(DENIED, under_another_request))
        o.lie("approval", of_the_denial(request_uid="another"))

    @lie("approval.signature", "call.binding", name=f"denial_before_its_hold_in_an_interval_of_the_{_kind}")
    def _(o, about=_about):
        about(o, HELD_AGAIN)
        o.lie("story", lambda operator: operator.events.insert(HELD_AGAIN, operator.events.pop(DENIED)))

    @lie("approval.signature", name=f"denial_whose_hold_lies_before_the_{_kind}s_interval", right=("verified",))
    def _(o, about=_about):
        about(o, DENIED, hidden={HELD_AGAIN})

    # All that can be checked without the hold is checked.
    for _title, _change in {
        "had_run_out": {"expires_ms": 0},
        "is_of_another_policy": {"policy_sha256": ZEROS},
        "is_of_another_request": {"request_uid": "another"},
        "saw_another_history": {"seen_checkpoint": {"root": ZEROS, "size": DENIED}},
        "saw_the_future": {"seen_checkpoint": {"root": ZEROS, "size": DENIED + 1}},
    }.items():

        @lie("approval.signature", name=f"denial_that_{_title}_and_whose_hold_lies_before_the_{_kind}s_interval")
        def _(o, about=_about, change=_change):
            about(o, DENIED, hidden={HELD_AGAIN})
            o.lie("approval", of_the_denial(**change))

    @lie("approval.signature", name=f"denial_over_another_action_whose_hold_lies_before_the_{_kind}s_interval")
    def _(o, about=_about):
        about(o, DENIED, hidden={HELD_AGAIN})
        o.lie("approval", lambda operator, p: {"action": bytes(32)} if p["decision"] == "deny" else {})

    @lie("call.binding", name=f"outcome_before_its_call_was_decided_on_in_an_interval_of_the_{_kind}")
    def _(o, about=_about):
        def before(operator):
            answer(operator)
            operator.events.insert(HELD_AGAIN, operator.events.pop(-2))

        about(o, HELD_AGAIN)
        o.lie("story", before)


@lie("release.single", "approval.signature", right=("verified",))
def release_by_an_approval_whose_hold_lies_before_the_interval(operator):
    interval(operator, APPROVED, hidden={HELD})


@lie("release.single", "call.binding")
def release_under_another_request_than_its_hold(operator):
    interval(operator, RELEASED, hidden={APPROVED})
    operator.lie("record", at_place(RELEASED, under_another_request))


# Whatever isn't here.

OF_THE_AGENT = set(range(5, 15))

for _title, _skeleton in (("with", True), ("without", False)):

    @lie("stream.complete", "stream.boundary", name=f"all_of_the_agent_withheld_{_title}_a_skeleton")
    def _(o, skeleton=_skeleton):
        o.with_skeleton = skeleton
        interval(o, 7, 13, hidden=OF_THE_AGENT)

    @lie("stream.complete", "stream.boundary", name=f"all_withheld_{_title}_a_skeleton_but_the_agents_first")
    def _(o, skeleton=_skeleton):
        o.with_skeleton = skeleton
        interval(o, 7, 13, hidden=OF_THE_AGENT - {5})

    @lie("stream.complete", "stream.boundary", name=f"all_withheld_{_title}_a_skeleton_but_what_follows")
    def _(o, skeleton=_skeleton):
        o.with_skeleton = skeleton
        interval(o, 7, 13, hidden=OF_THE_AGENT - {5, 13})

    # Nothing is claimed beyond the last number that is here.
    @lie("stream.boundary", name=f"the_end_of_an_interval_cut_off_{_title}_a_skeleton", right=("verified",))
    def _(o, skeleton=_skeleton):
        o.with_skeleton = skeleton
        interval(o, 7, 15, hidden={13, 14})

    @lie(name=f"an_interval_{_title}_a_skeleton_in_which_nothing_happened", right=("verified",))
    def _(o, skeleton=_skeleton):
        o.with_skeleton = skeleton
        interval(o, 13, 14)
        # A record of the log's own stands where the agent has none.
        o.lie("story", lambda told: told.events.insert(13, told.copy_of(told.event("policy_published"))))


@lie("stream.complete")
def a_record_of_a_range_left_out(operator):
    interval(operator, 7, 13, hidden={11}, selection=RANGE)


@lie("stream.complete")
def all_of_a_range_left_out(operator):
    interval(operator, 7, 13, hidden=set(range(7, 13)), selection=RANGE)


@lie("stream.boundary", right=("verified",))
def the_end_of_a_range_cut_off(operator):
    interval(operator, 7, 15, hidden={13, 14}, selection=RANGE)


@lie("case.manifest")
def the_agent_under_another_name(operator):
    operator.manifest["agent"] = operator.manifest["agent"] | {"name": "payments-bot"}
    ours(operator.events[-1])["facts"]["filter"]["agent_name"] = "payments-bot"
