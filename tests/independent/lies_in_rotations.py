"""What an operator can lie about the log's keys taking one another's place, and what a pin then establishes."""

from forge import Signer, envelope, ours, statement
from crypto import sha256
from telling import lie


def rotate(o, old, new, **said):
    """The record of a rotation, before the export's. `said` changes what it says, and what is signed."""
    for name in (old, new):
        o.signers.setdefault(name, Signer())
    at = len(o.events) - 1
    retired, next_ = o.signers[old], o.signers[new]
    predicate = {
        "origin": o.origin,
        "role": "log",
        "old_spki": retired.spki,
        "new_spki": next_.spki,
        "from_size": at + 1,
    } | said.get("both", {})
    recorded = {name: value for name, value in predicate.items() if name != "origin"}
    predicate |= said.get("signed", {})
    payload = statement("rotation", [("key", sha256(next_.key.spki))], predicate)
    event = o.copy_of(o.event("exported"))
    event["metadata"]["uid"] = f"{at:08x}" + event["metadata"]["uid"][8:]
    event |= {"activity_id": 5, "type_uid": 100805}
    ours(event)["kind"] = "key_rotated"
    ours(event)["facts"] = recorded | {
        "old_key_id": retired.key.id,
        "new_key_id": next_.key.id,
        "statement_sha256": sha256(payload).hex(),
    }
    ours(event)["stream"] = said.get("stream", "sys")
    o.events.insert(at, event)
    o.rotated = getattr(o, "rotated", []) + [at]
    signers = [o.signers[name] for name in said.get("by", (old, new))]
    for by, signer in zip(("old", "new"), signers):
        o.envelopes = getattr(o, "envelopes", {}) | {f"rotations/{at}.{by}.dsse.json": envelope(payload, signer)}


def told(o, *rotations, seal="second", drop=()):
    """These rotations, and the checkpoint by the key of this name; `drop` names files that are left out."""

    def story(operator):
        for old, new, said in rotations:
            rotate(operator, old, new, **said)

    def files(operator):
        kept = {name: data for name, data in operator.envelopes.items() if not name.endswith(tuple(drop) or ("\n",))}
        operator.files |= kept
        operator.sign_checkpoint(operator.signers[seal])

    return o.lie("story", story).lie("files", files)


def pin(o, name):
    o.pins = lambda: {(o.origin, "log"): [(o.signers[name].key, "Example Ltd")]}


ONE, TWO = ("log", "second", {}), ("second", "third", {})


@lie(right=("verified",))
def the_logs_key_is_rotated(o):
    told(o, ONE)


@lie(right=("verified",))
def the_logs_key_is_rotated_twice(o):
    told(o, ONE, TWO, seal="third")


for _name in ("log", "second", "third"):

    @lie(name=f"the_{_name}_key_of_three_is_pinned", right=("verified",))
    def _(o, name=_name):
        pin(told(o, ONE, TWO, seal="third"), name)


@lie("signer.pinned", right=("signer_not_established",))
def a_later_key_is_pinned_than_the_file_has(o):
    o.signers["second"] = Signer()
    pin(o, "second")


@lie("log.checkpoint", "signer.pinned", "log.rotation")
def a_stranger_forges_a_rotation(o):
    pin(told(o, ("log", "second", {"by": ("second", "second")})), "log")


for _name, _said in {
    "by_the_old_key_only": {"by": ("log", "log")},
    "by_the_new_key_only": {"by": ("second", "second")},
    "by_each_in_the_others_place": {"by": ("second", "log")},
    "from_another_size": {"signed": {"from_size": 3}},
    "of_another_log": {"signed": {"origin": "countersign/log/" + "00" * 32}},
    "in_another_role": {"signed": {"role": "case"}},
    "of_no_key": {"signed": {"new_spki": ""}},
    "with_a_further_member": {"signed": {"reason": "x"}},
}.items():

    @lie("log.rotation", "log.checkpoint", name=f"a_rotation_is_signed_{_name}")
    def _(o, said=_said):
        told(o, ("log", "second", said))


@lie("log.rotation")
def a_rotation_says_another_place_than_its_own(o):
    told(o, ("log", "second", {"both": {"from_size": 3}}))


@lie("log.rotation")
def a_rotation_is_of_another_role(o):
    told(o, ("log", "second", {"both": {"role": "case"}}), seal="log")


@lie("log.rotation")
def a_rotation_is_filed_under_an_agent(o):
    told(o, ("log", "second", {"stream": o.agent}))


@lie("log.rotation")
def two_rotations_stand_in_the_other_order(o):
    told(o, TWO, ONE, seal="third")


@lie("log.rotation")
def a_key_is_rotated_to_itself(o):
    told(o, ("log", "log", {}), seal="log")


for _by in ("old", "new"):

    @lie("log.rotation", name=f"what_the_{_by}_key_signed_is_left_out")
    def _(o, by=_by):
        told(o, ONE, drop=[f".{by}.dsse.json"])


@lie("log.checkpoint")
def a_retired_key_seals(o):
    told(o, ONE, seal="log")


@lie("log.checkpoint")
def a_key_seals_before_it_was_handed_the_log(o):
    o.signers["second"] = Signer()
    o.lie("files", lambda operator: operator.sign_checkpoint(operator.signers["second"]))


@lie("log.checkpoint", "log.rotation")
def the_record_of_a_rotation_is_left_out(o):
    told(o, ONE).lie("left_out", lambda operator: set(operator.rotated))


@lie("log.checkpoint")
def a_rotation_is_left_out_altogether(o):
    told(o, ONE, drop=[".dsse.json"]).lie("left_out", lambda operator: set(operator.rotated))


@lie("log.rotation")
def a_file_of_a_rotation_has_no_record(o):
    o.lie("files", lambda operator: operator.files.update({"rotations/3.old.dsse.json": b"{}"}))


# Several pins for one log and role, from several files.


def pins(o, role, *names):
    o.signers["second"] = Signer()
    o.pins = lambda: {(o.origin, role): [(o.signers[name].key, name) for name in names]}


for _role in ("case", "log"):

    @lie(name=f"the_{_role}_key_is_pinned_before_another", right=("verified",))
    def _(o, role=_role):
        pins(o, role, role, "second")

    @lie(name=f"the_{_role}_key_is_pinned_after_another", right=("verified",))
    def _(o, role=_role):
        pins(o, role, "second", role)


@lie("signer.pinned")
def two_other_keys_are_pinned(o):
    pins(o, "case", "second", "stranger")


@lie("signer.pinned", right=("signer_not_established",))
def two_other_keys_of_the_log_are_pinned(o):
    pins(o, "log", "second", "stranger")


@lie("signer.pinned")
def another_key_is_pinned_beside_the_logs(o):
    o.pins = lambda: {
        (o.origin, "case"): [(o.signers["stranger"].key, "another")],
        (o.origin, "log"): [(o.signers["log"].key, "Example Ltd")],
    }
