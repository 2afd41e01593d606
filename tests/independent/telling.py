"""How a dishonest operator's lies are told: each is registered by its name, with the findings that must not pass."""

from forge import Operator

LIES = []
ZEROS = "00" * 32
HELD, ANSWERED = 9, 12  # places in the story: the held call, and its outcome


def lie(*findings, name=None, right=("failed",)):
    def register(function):
        LIES.append((name or function.__name__, findings, function, right))
        return function

    return register


def at_place(sequence, change):
    def changed(o, event, here):
        if here == sequence:
            change(event)

    return changed


def without(*beginnings):
    """Leaves out the files whose names begin so."""

    def left_out(operator):
        operator.files = {name: data for name, data in operator.files.items() if not name.startswith(beginnings)}

    return left_out


def interval(operator, first, last=None, hidden=(), selection=None):
    """The file is about what lies from one place on and before another, and counts nothing that is hidden."""
    operator.interval, operator.hidden, operator.selection = (first, last), set(hidden), selection


def attested(event):
    return event["attestation_list"][0]


def attacks(sample):
    for name, findings, tell, right in LIES:
        operator = Operator(sample)
        tell(operator)
        data = operator.case()
        yield name, findings, data, operator.pins(), right
