//! `README.txt`: for whoever opens the zip without knowing what it is.

pub(super) const TEXT: &str = "\
This is a Countersign case file: what one AI agent asked for in some interval, what was decided, by which
policy and by whom, and what came of it, with the proofs that nothing of it was altered or left out.

To check it, drop the whole zip on the Verify page of Countersign, or run

    countersign verify FILE

Neither needs an account, a network or any secret. Both say what was proved, what failed, and what isn't
established. To know whose file it is, get the signer's public key from the signer by some other way than
this file, and pin it first.

Don't pack it again: an archive that another program wrote fails, even if every file in it is the same.

manifest.json            what the file is about, and every other file's SHA-256
records.jsonl            the records, one a line: OCSF 1.9.0 events in canonical JSON (RFC 8785)
proofs/                  for each record, its place in the log's hash tree (RFC 6962)
checkpoint.txt           the log's signed statement of its size and root (C2SP tlog-checkpoint)
keys.json                the public keys, as the records register them
rotations/               where the log's key was rotated: what both keys signed (DSSE envelopes, in-toto statements)
approvals/               what reviewers signed (DSSE envelopes, in-toto statements)
policies/                the texts of the policies that decided (Cedar)
contents/                what was disclosed of prompts, answers and reasons; the rest is withheld, and
                         records carry commitments to it
attestation.dsse.json    the signature over all of it
";
