#!/usr/bin/env python3
"""The parts of docs/evidence-format.md that are computed: the worked example and the OCSF table.

document.py            says whether they are up to date (exit code 1 if not)
document.py --write    writes them, and ocsf.txt, after the samples or the records' OCSF classes changed
"""

import json
import pathlib
import re
import sys
import textwrap

from example import example

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/evidence-format.md"
TABLE = pathlib.Path(__file__).parent / "ocsf.txt"
SCHEMA = ROOT / "crates/evidence/src/ocsf/schema.json"
SAMPLE = ROOT / "assets/samples/intact.case.zip"


def _values(ids):
    """`0-4,99` for [0, 1, 2, 3, 4, 99]."""
    runs = []
    for number in ids:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _attribute(name, said):
    kind = f"<{said['object']}>" if "object" in said else said["type"].removesuffix("_t")
    return (
        name
        + ("!" if said.get("required") else "")
        + f":{kind}"
        + ("[]" if said.get("array") else "")
        + (f"@{said['profile']}" if "profile" in said else "")
        + (f"{{{_values(said['ids'])}}}" if "ids" in said else "")
    )


def _block(head, shape, leave_out=()):
    if shape.get("at_least_one"):
        head += " one of " + " ".join(shape["at_least_one"])
    named = [
        _attribute(name, shape["attributes"][name]) for name in sorted(shape["attributes"]) if name not in leave_out
    ]
    indent = {"initial_indent": "  ", "subsequent_indent": "  "}
    return [head, *textwrap.wrap(" ".join(named), 112, break_long_words=False, break_on_hyphens=False, **indent)]


def table():
    """Appendix A, from the schema that records are checked by when they are written."""
    schema = json.loads(SCHEMA.read_text())
    classes = sorted(schema["classes"].items(), key=lambda item: int(item[0]))
    first = classes[0][1]["attributes"]
    same = {name for name in first if all(shape["attributes"].get(name) == first[name] for _, shape in classes)}
    lines = ["profiles " + " ".join(schema["profiles"])]
    lines += _block("every class", {"attributes": {name: first[name] for name in same}})
    for uid, shape in classes:
        lines += _block(f"class {uid} category {shape['category_uid']}", shape, same)
    for name, shape in sorted(schema["objects"].items()):
        lines += _block(f"object {name}", shape)
    return "\n".join(lines) + "\n"


def _put(text, name, part):
    whole = re.compile(rf"(<!-- {name}: begin .*? -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    assert len(whole.findall(text)) == 1, f"one place for {name} is wanted"
    return whole.sub(lambda found: found.group(1) + part + "\n" + found.group(2), text)


def document():
    """The document as it should be."""
    text = _put(DOCUMENT.read_text(), "example", example(SAMPLE.read_bytes()))
    return _put(text, "ocsf", "```text\n" + table() + "```")


def main():
    stale = [path for path, text in [(DOCUMENT, document()), (TABLE, table())] if path.read_text() != text]
    if sys.argv[1:] == ["--write"]:
        TABLE.write_text(table())
        DOCUMENT.write_text(document())
    elif stale:
        print("Out of date, see document.py --write:", *stale)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
