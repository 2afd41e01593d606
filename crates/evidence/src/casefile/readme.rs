//! `README.txt`: for whoever opens the zip without knowing what it is.

use super::selection::Selection;

/// The largest case file that `verifier.html` reads, in bytes. It holds the file in memory whole, beside what it finds in
/// it, and its memory ends at 256 MB. Of records it reads those of [`Limits::page`](crate::verifier::Limits::page).
pub const PAGE_BYTES: u64 = 96_000_000;

/// The text, for a file of this selection; whether `verifier.html` is in it.
pub(super) fn text(selection: &Selection, with_page: bool) -> String {
    let mut text = format!("{}{}{}{HOW}", OPENING, about(selection), CHECKING);
    text.push_str(if with_page { WITH_PAGE } else { WITHOUT_PAGE });
    text.push_str(OTHER_TOOLS);
    text.push_str(FILES);
    text
}

const OPENING: &str = "\
A CASE FILE OF COUNTERSIGN

Countersign stands between AI agents and what they may do. It decides by rules and by people's signatures what
goes out, and keeps a log of it. Whoever holds an earlier checkpoint or receipt of that log sees whether anything
before it was changed. This zip holds
";

/// What is in it, and what may be claimed of it (docs/evidence-format.md, 19).
fn about(selection: &Selection) -> String {
    match selection {
        Selection::Agent { agent, .. } => format!(
            "what the log has of one agent, {}, in some interval. That nothing of this agent is missing there is
part of what can be checked. Nothing excludes acts that were filed under another agent, or never recorded.
",
            agent.name.replace(['\n', '\r'], " ")
        ),
        Selection::Range { .. } => "\
every record that the log has of some interval, whatever it is about. That every record the log committed in
that interval is here is part of what can be checked. Nothing excludes acts that were never recorded.
"
        .to_owned(),
        Selection::Correlation { .. } => PICKED.replace("WHAT", "the records of one request"),
        Selection::Approval { .. } => PICKED.replace("WHAT", "the records of one approval by a person"),
        Selection::Records { .. } => PICKED.replace("WHAT", "records that somebody picked one by one"),
    }
}

const PICKED: &str = "\
WHAT. Each record is proved at its own place in the log. Nothing is claimed
of records that aren't here: there may be others that belong to the matter.
";

const CHECKING: &str = "
report.html is for reading and printing. Neither that page nor this text proves anything: both come from whoever
made the file. What counts is what a verifier finds.

";

const HOW: &str = "\
HOW TO CHECK IT

Take the verifier from somewhere else than this zip: the program `countersign` or its page verifier.html, as they
are published with each release of Countersign. Then drop the whole zip on the page, or run

    countersign verify FILE

The page reads files of up to 96 MB and 200,000 records; a larger one needs the program, as above. Neither needs an
account, a network or a secret. Both say what was proved, what failed, and what isn't established.
To know whose file it is, get the signer's public key from the signer by some other way than this file, and pin it
first: a key that comes with the file proves nothing about who signed.

Don't pack it again: an archive that another program wrote fails, even if every file in it is the same.

";

const WITH_PAGE: &str = "\
verifier.html in this zip works in any browser without a network, for files of up to that size. But a verifier that
comes inside a stranger's zip could lie. For a verdict that counts, take it from elsewhere, or compare this one's
digest with the one that stands in the file SHA256SUMS of the Countersign release that it is from:

    sha256sum verifier.html

";

const WITHOUT_PAGE: &str = "\
There is no verifier.html in this zip: the program that made it was built without one.

";

const OTHER_TOOLS: &str = "\
WITHOUT OUR PROGRAMS

Unpack the zip into an empty folder and go there. These check the signature over all files, and each file against
it. case-key.pem is the key that the file names: take the signer's from elsewhere if you can, and put it in its place.
They don't check the records' places in the log; docs/evidence-format.md of Countersign says all that there is to check.

With openssl and a shell (signature, then files):

    sed 's/.*\"payload\":\"\\([^\"]*\\)\".*/\\1/' attestation.dsse.json | base64 -d > payload.json
    sed 's/.*\"sig\":\"\\([^\"]*\\)\".*/\\1/' attestation.dsse.json | base64 -d > payload.sig
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < payload.json); cat payload.json; } > payload.signed
    openssl dgst -sha256 -verify case-key.pem -signature payload.sig payload.signed &&
      awk '{ gsub(/},{/, \"\\n\") } 1' payload.json | sed -n 's/.*\"sha256\":\"\\([0-9a-f]*\\)\"},\"name\":\"\\([^\"]*\\)\".*/\\1  \\2/p' > payload.sums &&
      sha256sum --check --quiet payload.sums && echo 'All files are as signed'

With Python 3 and its package `cryptography` (signature and files):

    python3 - <<'END'
    import base64, hashlib, json
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    envelope = json.load(open('attestation.dsse.json'))
    payload = base64.b64decode(envelope['payload'])
    signed = b'DSSEv1 28 application/vnd.in-toto+json %d ' % len(payload) + payload
    key = serialization.load_pem_public_key(open('case-key.pem', 'rb').read())
    key.verify(base64.b64decode(envelope['signatures'][0]['sig']), signed, ec.ECDSA(hashes.SHA256()))
    for file in json.loads(payload)['subject']:
        found = hashlib.sha256(open(file['name'], 'rb').read()).hexdigest()
        assert found == file['digest']['sha256'], file['name']
    print('All files are as signed')
    END

With cosign 2.4 or later (one file at a time; manifest.json names the others with their digests):

    cosign verify-blob-attestation --key case-key.pem --bundle attestation.sigstore.json --new-bundle-format \\
      --insecure-ignore-tlog --type urn:countersign:case:v1 manifest.json

";

const FILES: &str = "\
WHAT IS IN IT

report.html              what happened, who decided, what is proved and what isn't: for reading and printing
manifest.json            what the file is about, and every other file's SHA-256
records.jsonl            the records, one a line: OCSF 1.9.0 events in canonical JSON (RFC 8785)
proofs/                  for each record, its place in the log's hash tree (RFC 6962); for the decisions of people and
                         for this export also as C2SP tlog-proof; since.txt and consistency.json where the file goes
                         on from a checkpoint that was seen before
checkpoint.txt           the log's signed statement of its size and root (C2SP tlog-checkpoint)
keys.json                the public keys, as the records register them
case-key.pem             the key that signed this file, for other tools
rotations/               where the log's key was rotated: what both keys signed (DSSE envelopes, in-toto statements)
approvals/               what reviewers signed (DSSE envelopes, in-toto statements)
policies/                the texts of the policies that decided (Cedar)
contents/                what was disclosed of prompts, answers and reasons, and why; the rest is withheld, and
                         records carry commitments to it
attestation.dsse.json    the signature over all of it, and as a Sigstore bundle in attestation.sigstore.json
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::Limits;

    #[test]
    fn what_the_page_reads_is_said_as_it_is() {
        assert_eq!((PAGE_BYTES, Limits::page().records), (96_000_000, 200_000));
        assert!(HOW.contains("up to 96 MB and 200,000 records"));
    }
}
