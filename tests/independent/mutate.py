#!/usr/bin/env python3
"""Attacks the verifier: what tampering.py and the files of lies register must be refused.

Each by the finding that it is about, unless it says of itself that it is no lie.

mutate.py                      runs all attacks against verify_case.py
mutate.py --against PROGRAM    also against `countersign`, and lists where the two differ
"""

import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import lies  # noqa: F401  registers its attacks
import lies_in_calls  # noqa: F401  registers its attacks
import lies_in_form  # noqa: F401  registers its attacks
import lies_in_intervals  # noqa: F401  registers its attacks
import lies_in_rotations  # noqa: F401  registers its attacks
import tampering
import telling
from case import pins
from verify_case import EXIT, verify
from zip_profile import pack, unpack

# A file of the format's first version: what was made then has to verify, and be attacked, as ever.
SAMPLES = pathlib.Path(__file__).resolve().parent / "version-1"


def attacks():
    """(name, bytes, pins, findings that must not pass, verdicts that are right)."""
    archive = (SAMPLES / "intact.case.zip").read_bytes()
    pinned = pins((SAMPLES / "sample-pins.json").read_bytes())
    refused = ("failed",)
    for name, findings, tamper in tampering.ATTACKS:
        files, _ = unpack(archive)
        tamper(files)
        yield name, pack(files), pinned, findings, refused
    for name, data in tampering.archives(archive):
        yield name, data, pinned, ("format",), refused
    files, _ = unpack(archive)
    many = [tampering.each_file_removed(files), tampering.each_two_files_exchanged(files)]
    many += [tampering.each_byte_changed(archive), tampering.each_cut(archive)]
    for one in many:
        for name, data in one:
            yield name, data, pinned, (), ("failed", "not_a_case_file")
    for name, findings, data, own_pins, right in telling.attacks(archive):
        yield name, data, own_pins, findings, right


def judged(report):
    return {one["id"]: one["status"] for one in report["findings"]}


def named(report):
    """The records that each finding names. A report that was only written down may name none."""
    return {one["id"]: sorted(one["records"]) for one in report["findings"] if "records" in one}


def written(pinned):
    """The pins as files (section 15): one file has one key for a log and role."""
    for at in range(max(map(len, pinned.values()), default=0)):
        listed = [
            {
                "origin": origin,
                "role": role,
                "spki": base64.b64encode(keys[at][0].spki).decode(),
                "name": keys[at][1],
                "source": "",
                "pinned_ms": 0,
            }
            for (origin, role), keys in pinned.items()
            if at < len(keys)
        ]
        yield json.dumps({"pins": listed})


class Other:
    """`countersign verify`, on the same bytes."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)

    def report(self, data, pinned):
        case = self.folder / "x.case.zip"
        case.write_bytes(data)
        command = [self.program, "--json", "--data", self.folder / "data", "verify", "--no-memory", case]
        for at, text in enumerate(written(pinned)):
            pin = self.folder / f"pins-{at}.json"
            pin.write_text(text)
            command += ["--pin", pin]
        ran = subprocess.run(command, capture_output=True, check=False)
        report = json.loads(ran.stdout)
        if EXIT[report["verdict"]] != ran.returncode:
            raise SystemExit(f"exit code {ran.returncode} for {report['verdict']}")
        return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", metavar="PROGRAM")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # zipfile warns of the doubled name that is the attack
    wrong, differences, count = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        other = Other(args.against, folder) if args.against else None
        for name, data, pinned, findings, right in attacks():
            count += 1
            report = verify(data, pinned)
            found = judged(report)
            passed = [
                id_ for id_ in findings if found.get(id_) == "pass" or id_ not in found and found.keys() != {"format"}
            ]
            if report["verdict"] not in right or passed:
                wrong.append(f"{name}: {report['verdict']}, passed {passed}")
            if other:
                differences += differing(name, report, other.report(data, pinned))
    for line in wrong:
        print("NOT REFUSED AS IT SHOULD BE", line)
    for line in differences:
        print("differs", line)
    print(f"{count} attacks, {len(wrong)} not refused as they should be, {len(differences)} differences")
    return 1 if wrong or differences else 0


def differing(name, mine, theirs):
    if mine["verdict"] != theirs["verdict"]:
        yield f"{name}: verdict {mine['verdict']}, countersign {theirs['verdict']}"
    a, b = judged(mine), judged(theirs)
    for id_ in sorted(a.keys() | b.keys()):
        if a.get(id_) != b.get(id_):
            yield f"{name}: {id_} {a.get(id_)}, countersign {b.get(id_)}"
    a, b = named(mine), named(theirs)
    for id_ in sorted(a.keys() & b.keys()):
        if a[id_] != b[id_]:
            yield f"{name}: {id_} names {a[id_]}, countersign {b[id_]}"


if __name__ == "__main__":
    sys.exit(main())
