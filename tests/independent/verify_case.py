#!/usr/bin/env python3
"""Verifies a Countersign case file, from docs/evidence-format.md alone; comments cite its sections.

    verify_case.py FILE [--pin PINS]... [--seen SEEN] [--json]

Exit codes (section 18): 0 verified, 1 failed, 2 not a case file, 3 intact but signer not established.
Needs Python 3.11 and `cryptography` from PyPI.
"""

import argparse
import hashlib
import json
import sys

import decisions
import findings
import memory
import releases
from case import Case, pins
from findings import FAIL, PASS, REQUIRED, finding
from strict_json import Refused
from zip_profile import NotACase, Unreadable, unpack

EXIT = {"verified": 0, "failed": 1, "not_a_case_file": 2, "signer_not_established": 3}


def no_outsider(_case):
    raise findings.NotEstablished("The file carries no timestamp or witness signature: times are the operator's claim.")


def judge(files, departure, pinned, remembered):
    """Section 17: the findings, in its order."""
    case = Case(files)
    judged = decisions.judge_approvals(case)
    found = [
        finding("record.fingerprint", findings.fingerprint, case),
        finding("record.facts", findings.says, case),
        finding("record.order", findings.order, case),
        finding("stream.complete", findings.complete, case),
        finding("stream.boundary", findings.boundary, case),
        finding("log.inclusion", findings.inclusion, case),
        finding("log.rotation", findings.rotation, case),
        finding("log.checkpoint", findings.checkpoint, case),
        finding("export.record", findings.export, case),
        finding("attestation.signature", findings.signature, case),
        finding("signer.pinned", findings.pinned, case, pinned),
        finding("attestation.files", findings.files, case),
        finding("attestation.copies", findings.other_forms, case),
        finding("log.consistency", findings.goes_on, case),
        finding("log.memory", memory.memory, case, remembered),
        finding("call.binding", decisions.calls, case),
        finding("approval.signature", decisions.approvals, case, judged),
        finding("release.single", releases.releases, case, judged),
        finding("policy.text", decisions.policies, case),
        finding("content.opening", decisions.contents, case),
        finding("export.disclosure", findings.disclosure, case),
        finding("case.manifest", findings.manifest, case),
        finding("format", findings.form, case, departure),
        finding("pages.unchecked", findings.pages, case),
        finding("time.outside", no_outsider, case),
    ]
    return [one for one in found if one], case


def verdict(found, case):
    """Section 18."""
    status = {one["id"]: one["status"] for one in found}
    claims = not case.manifest or case.manifest["selection"]["kind"] in ("agent", "range")
    required = [id_ for id_ in REQUIRED if claims or id_ != "stream.complete"]
    if FAIL in status.values() or any(status.get(id_) != PASS for id_ in required):
        return "failed"
    return "verified" if status.get("signer.pinned") == PASS else "signer_not_established"


def verify(data, pinned, remembered=None):
    """The report on a file's bytes; `pinned` as `case.pins` gives them, `remembered` as `case.seen` does."""
    report = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "findings": []}
    try:
        files, departure = unpack(data)
        report["findings"], case = judge(files, departure, pinned, remembered or {})
        report["verdict"] = verdict(report["findings"], case)
    except NotACase as error:
        report |= {"verdict": "not_a_case_file", "sentence": str(error)}
    except Unreadable as error:
        # Section 13: readers could differ on what is in it, so nothing else is said.
        said = {"id": "format", "status": FAIL, "sentence": str(error), "records": []}
        report |= {"verdict": "failed", "findings": [said]}
    return report


def main():
    parser = argparse.ArgumentParser(description="Verifies a Countersign case file.")
    parser.add_argument("file")
    parser.add_argument("--pin", action="append", default=[], metavar="FILE", help="a file of pins")
    parser.add_argument("--seen", metavar="FILE", help="what was seen of logs before")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    args = parser.parse_args()
    pinned, remembered = {}, {}
    try:
        if args.seen:
            with open(args.seen, "rb") as file:
                remembered = memory.seen(file.read())
        for path in args.pin:
            with open(path, "rb") as file:
                for of, keys in pins(file.read()).items():
                    pinned.setdefault(of, []).extend(keys)
        with open(args.file, "rb") as file:
            report = {"file": args.file} | verify(file.read(), pinned, remembered)
    except (OSError, Refused) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(report["verdict"].replace("_", " "), report.get("sentence", ""))
        for one in report["findings"]:
            print(f"  {one['status'].replace('_', ' '):<15}  {one['id']:<22} {one['sentence']}")
    return EXIT[report["verdict"]]


if __name__ == "__main__":
    sys.exit(main())
