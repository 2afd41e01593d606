"""Whether each compact JWS on standard input is signed by its key, by jwcrypto.

One JSON object a line: {"jws", "spki"}, the key as base64 of SubjectPublicKeyInfo. Prints `signed` and the header's and the
claims' JSON, or why it isn't.
"""

import base64
import json
import sys

from cryptography.hazmat.primitives.serialization import load_der_public_key
from jwcrypto import jwk, jws

for line in sys.stdin:
    asked = json.loads(line)
    key = jwk.JWK.from_pyca(load_der_public_key(base64.b64decode(asked["spki"])))
    token = jws.JWS()
    token.allowed_algs = ["ES256"]
    try:
        token.deserialize(asked["jws"], key)
        print("signed", token.payload.decode())
    except jws.InvalidJWSSignature as error:
        print(f"refused: {error}".splitlines()[0])
