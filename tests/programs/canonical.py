"""The canonical form of each line of JSON on standard input, by a library that others wrote; one hex line each."""

import json
import sys

import rfc8785

for line in sys.stdin:
    print(rfc8785.dumps(json.loads(line)).hex())
