#!/usr/bin/env python3
"""Holds verify_case.py against another verifier's verdicts on files that were written beside them.

fixtures.py FOLDER    each NAME.case.zip, with NAME.json: {"verdict", "findings": {id: status}, "pins", "seen"}
"""

import json
import pathlib
import sys

from case import pins
from memory import seen
from mutate import differing
from verify_case import verify


def main():
    folder = pathlib.Path(sys.argv[1])
    differences, count = [], 0
    for said in sorted(folder.glob("*.json")):
        count += 1
        theirs = json.loads(said.read_text())
        theirs["findings"] = [{"id": id_, "status": status} for id_, status in theirs["findings"].items()]
        pinned = pins(json.dumps(theirs.pop("pins")).encode())
        remembered = seen(json.dumps(theirs.pop("seen", [])).encode())
        mine = verify(said.with_suffix(".case.zip").read_bytes(), pinned, remembered)
        differences += differing(said.stem, mine, theirs)
    for line in differences:
        print("differs", line)
    print(f"{count} files, {len(differences)} differences")
    return 1 if differences or not count else 0


if __name__ == "__main__":
    sys.exit(main())
