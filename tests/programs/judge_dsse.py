"""Whether each DSSE envelope on standard input is signed by its key, by securesystemslib (in-toto's own library).

One JSON object a line: {"envelope", "spki"}, the key as base64 of SubjectPublicKeyInfo. Prints `signed` or why it isn't.
"""

import base64
import json
import sys

from cryptography.hazmat.primitives.serialization import load_der_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

for line in sys.stdin:
    asked = json.loads(line)
    envelope = json.loads(asked["envelope"])
    keyid = envelope["signatures"][0]["keyid"]
    key = SSlibKey.from_crypto(load_der_public_key(base64.b64decode(asked["spki"])), keyid=keyid)
    try:
        Envelope.from_dict(envelope).verify([key], 1)
        print("signed")
    except VerificationError as error:
        print(f"refused: {error}".splitlines()[0])
