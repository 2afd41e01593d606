"""What was seen of logs before (docs/evidence-format.md, 15 and 17.19)."""

from crypto import origin
from findings import Fails, NotEstablished
from strict_json import Refused, digest, exactly, integer, list_of, parse, whole

_SEEN = exactly(origin=origin, size=whole, root=digest, seen_ms=integer)


def seen(data):
    """Section 15: {origin: (size, root)}."""
    out = {}
    for read in list_of(_SEEN)(parse(data)):
        if read["origin"] in out:
            raise Refused("one log twice")
        out[read["origin"]] = read["size"], read["root"]
    return out


def memory(case, remembered):
    """Section 17.19."""
    if not case.seal or case.seal.origin not in remembered:
        return None
    size, root = remembered[case.seal.origin]
    shown = case.root_at(size)
    if shown is None:
        raise NotEstablished(f"Nothing here shows that the log goes on from the {size} records that were seen.")
    if shown != root:
        raise Fails(f"The {size} records that were seen aren't the beginning of this log.")
    return f"The {size} records that were seen are the beginning of this log."
