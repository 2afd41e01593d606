//! What the page can't show by itself, and how to check without it.

use leptos::prelude::*;

use crate::session::Page;

/// A page of HTML that was dropped: its digest, to compare.
#[component]
pub(crate) fn DroppedPage(
    /// The page, where there is one.
    page: RwSignal<Option<Page>>,
) -> impl IntoView {
    move || {
        page.get().map(|dropped| {
            let sha256 = dropped.sha256.clone();
            view! {
                <section class="stack tight dropped-page" data-test="dropped-page" data-sha256=sha256>
                    <div class="row">
                        <h2 class="strong grow">{dropped.name} " is a page, not a case file"</h2>
                        <button class="button quiet little" on:click=move |_| page.set(None)>"Close"</button>
                    </div>
                    <p>"Its SHA-256 is " <span class="mono whole">{dropped.sha256}</span></p>
                    <p class="small muted">
                        "If it is a verifier, compare this with the line for verifier.html in the file SHA256SUMS of the Countersign release that it is from, or with what your own build prints. "
                        "A page can lie about itself: let the commands below say its digest, or a verifier that you trust already."
                    </p>
                </section>
            }
        })
    }
}

/// How far this page may be believed, and how to do without it.
#[component]
pub(crate) fn Guide() -> impl IntoView {
    view! {
        <section class="stack guide" data-test="guide">
            <h2 class="head">"Where did this page come from?"</h2>
            <p class="lead">
                "A page that came inside a stranger’s zip, or with the file it is to judge, could lie: it could show “Verified” whatever the file says. "
                "For a verdict that counts, take the verifier from elsewhere, and compare its digest with the one in the file SHA256SUMS of the Countersign release that it is from:"
            </p>
            <pre class="commands" tabindex="0">
                "sha256sum verifier.html                      Linux\n"
                "shasum -a 256 verifier.html                  macOS\n"
                "certutil -hashfile verifier.html SHA256      Windows"
            </pre>
            <p class="lead">
                "Its build is reproducible: " <code>"cargo xtask verifier-page"</code>
                " in the sources of the same version makes the same bytes and prints their digest."
            </p>
            <details>
                <summary>"Without this page"</summary>
                <pre class="commands" tabindex="0">
                    "# The command line of Countersign: the same findings, and an exit code.\n"
                    "countersign verify FILE.case.zip --pin PINS.json\n\n"
                    "# Whose signature: only OpenSSL, and Python's standard library to cut the file open.\n"
                    "python3 - FILE.case.zip <<'END'\n"
                    "import base64, json, sys, zipfile\n"
                    "e = json.loads(zipfile.ZipFile(sys.argv[1]).read('attestation.dsse.json'))\n"
                    "body, kind = base64.b64decode(e['payload']), e['payloadType'].encode()\n"
                    "open('pae.bin', 'wb').write(b'DSSEv1 %d %s %d %s' % (len(kind), kind, len(body), body))\n"
                    "open('sig.der', 'wb').write(base64.b64decode(e['signatures'][0]['sig']))\n"
                    "for s in json.loads(body)['subject']: print(s['digest']['sha256'] + '  ' + s['name'])\n"
                    "END\n"
                    "openssl dgst -sha256 -verify OWNERS-KEY.pem -signature sig.der pae.bin\n"
                    "# It must say “Verified OK”, and the printed lines are what `sha256sum -c` takes in the unpacked folder.\n\n"
                    "# With cosign 2.4 or later, in the unpacked folder of a file that holds a Sigstore bundle (one file at a time;\n"
                    "# manifest.json names the others with their digests).\n"
                    "cosign verify-blob-attestation --key OWNERS-KEY.pem --bundle attestation.sigstore.json --new-bundle-format \\\n"
                    "  --insecure-ignore-tlog --type urn:countersign:case:v1 manifest.json"
                </pre>
            </details>
            <p class="small faint">
                "Countersign verifier " {env!("CARGO_PKG_VERSION")} ". What a verdict means, finding by finding: docs/verifier.md in the sources."
            </p>
        </section>
    }
}
