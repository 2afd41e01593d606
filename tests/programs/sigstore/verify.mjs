// Sigstore's own verifier over the bundle of a case file: the key is given, and no transparency log or timestamp is asked for.
// Usage: node verify.mjs BUNDLE KEY_PEM; prints the payload's subjects, a line each, or says why not and ends with 1.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { bundleFromJSON } from "@sigstore/bundle";
import { Verifier, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const [bundlePath, keyPath] = process.argv.slice(2);
try {
  const publicKey = createPublicKey(readFileSync(keyPath));
  const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, "utf8")));
  const root = { tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] };
  const trust = toTrustMaterial(root, () => ({ publicKey, validFor: () => true }));
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0 });
  verifier.verify(toSignedEntity(bundle));
  const payload = JSON.parse(bundle.content.dsseEnvelope.payload.toString("utf8"));
  for (const { name, digest } of payload.subject) console.log(`${digest.sha256}  ${name}`);
} catch (error) {
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exit(1);
}
