//! The verifier page from outside: one file, opened from disk in real browsers, judged against the command line.

use std::fs;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::task::Poll;

use anyhow::{Context as _, Result, ensure};
use contract::{FindingStatus, Report};
use product_tests::{Browser, Cli, Engine, Home, KeyStore, SHOWN, Screen, Shown, named, root, until};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

/// A verdict on a file that was dropped on the page, once it is there.
async fn verdict(browser: &Browser, file: &Path) -> Result<Shown> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    browser.choose_files("files", &[file]).await?;
    browser.find(&format!("verdict[data-file=\"{name}\"]")).await?;
    shown(browser).await
}

/// What the page shows, but for what it saw of the log before: that is told by the page's own tests.
async fn shown(browser: &Browser) -> Result<Shown> {
    let script = format!("{SHOWN} done(shown());");
    let mut shown: Shown = serde_json::from_value(browser.script_done(&script).await?)?;
    shown.findings.retain(|finding| finding.id != "log.memory");
    Ok(shown)
}

/// The same file by the command line.
fn by_command_line(cli: &Cli<'_>, file: &Path, pins: &[&str]) -> Result<Shown> {
    let file = file.display().to_string();
    let outcome = cli.run(&[&["verify", "--no-memory", file.as_str(), "--json"], pins].concat())?;
    let report: Report =
        serde_json::from_str(&outcome.stdout).with_context(|| format!("`verify {file}` said {outcome:?}"))?;
    Ok(report.into())
}

/// The page, made by `cargo xtask verifier-page`.
fn page() -> Result<PathBuf> {
    let page = root().join("dist-verifier/verifier.html");
    ensure!(
        page.is_file(),
        "the verifier page isn't built: run `cargo xtask verifier-page`"
    );
    Ok(page)
}

fn sample(name: &str) -> PathBuf {
    root().join("assets/samples").join(name)
}

/// Files that are good, altered, cut off, packed again, and none at all; each under a name of its own.
fn fixtures(home: &Home) -> Result<Vec<PathBuf>> {
    let (intact, altered) = (sample("intact.case.zip"), sample("altered.case.zip"));
    let bytes = fs::read(&intact)?;
    let made = |name: &str, bytes: &[u8]| -> Result<PathBuf> {
        let path = home.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    };
    let repacked = home.path().join("repacked_and_altered.case.zip");
    product_tests::alter_one_record(&intact, &repacked)?;
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    if let Some(byte) = flipped.get_mut(middle) {
        *byte ^= 1;
    }
    Ok(vec![
        made("cut_off.case.zip", bytes.get(..bytes.len() / 2).unwrap_or_default())?,
        made("trailing_bytes.case.zip", &[&bytes[..], b"and more"].concat())?,
        made("one_bit_flipped.case.zip", &flipped)?,
        made("no_zip_at_all.case.zip", b"Dear auditor, all is well.")?,
        made("empty.case.zip", b"")?,
        repacked,
        intact,
        altered,
    ])
}

#[tokio::test]
async fn in_chromium_the_page_finds_what_the_command_line_finds_and_reaches_nobody() -> Result<()> {
    let home = Home::new("verifier-chromium")?;
    in_a_browser(&home, Engine::Chromium).await?;
    the_page_in_a_case_file_verifies_the_file_that_it_came_in(&home).await
}

#[tokio::test]
async fn in_firefox_the_page_finds_what_the_command_line_finds_and_reaches_nobody() -> Result<()> {
    in_a_browser(&Home::new("verifier-firefox")?, Engine::Firefox).await
}

#[tokio::test]
async fn in_webkit_the_page_finds_what_the_command_line_finds_and_reaches_nobody() -> Result<()> {
    let mut home = Home::new("verifier-webkit")?;
    let _screen = Screen::open(&mut home).await?;
    in_a_browser(&home, Engine::WebKit).await
}

/// A walk through the page as an auditor would go it.
async fn in_a_browser(home: &Home, engine: Engine) -> Result<()> {
    let browser = Browser::open(home, engine, &page()?).await?;
    every_fixture_reads_as_on_the_command_line(&browser, home).await?;
    the_altered_record_is_named_and_opens_with_its_proof(&browser).await?;
    a_record_opens_with_its_proof_and_closes_again(&browser).await?;
    several_files_are_dropped_at_once(&browser).await?;
    files_of_one_log_are_held_against_each_other(&browser).await?;
    what_happened_is_told_part_by_part(&browser, home).await?;
    what_is_called_off_gives_no_verdict(&browser).await?;
    the_page_answers_while_it_works(&browser).await?;
    a_file_beyond_its_memory_is_refused_with_the_reason(&browser).await?;
    no_connection_leaves_the_page(&browser).await?;
    let frame = no_frame_is_loaded(&browser).await?;
    a_signer_is_established_only_by_a_pin(&browser, home).await?;
    a_dropped_page_shows_its_digest(&browser).await?;
    browser.close().await?;
    nothing_was_said(&frame).await
}

async fn every_fixture_reads_as_on_the_command_line(browser: &Browser, home: &Home) -> Result<()> {
    let cli = Cli::new(home, KeyStore::SealedFile)?;
    for file in fixtures(home)? {
        let (on_page, on_line) = (verdict(browser, &file).await?, by_command_line(&cli, &file, &[])?);
        assert_eq!(on_page, on_line, "{}", file.display());
    }
    Ok(())
}

async fn the_altered_record_is_named_and_opens_with_its_proof(browser: &Browser) -> Result<()> {
    let shown = verdict(browser, &sample("altered.case.zip")).await?;
    assert_eq!(shown.verdict, "failed");
    assert!(shown.sentence.contains("Record 17 of 18 "), "{}", shown.sentence);
    let failed: Vec<_> = shown.timeline.iter().filter(|entry| entry.status == "fail").collect();
    let [altered] = failed.as_slice() else {
        anyhow::bail!("one record was altered, and {failed:?} fail");
    };
    browser
        .find(&format!("as-found[data-seq=\"{}\"]", altered.sequence))
        .await?;
    browser
        .says("recomputed", "isn’t the fingerprint that was signed")
        .await?;
    browser.says("as-found-bytes", "\"sequence\"").await?;
    browser
        .script("document.querySelector('[data-test=\"record-proof\"]').open = true")
        .await?;
    browser.says("record-proof-result", "It doesn’t hold").await?;
    Ok(())
}

/// By a click, and by the keyboard.
async fn a_record_opens_with_its_proof_and_closes_again(browser: &Browser) -> Result<()> {
    let sequence = match verdict(browser, &sample("intact.case.zip")).await?.timeline.get(1) {
        Some(entry) => entry.sequence,
        None => anyhow::bail!("the sample has no second record"),
    };
    assert_eq!(
        browser.count("as-found").await?,
        0,
        "a record is open that nobody opened"
    );
    let record = format!("timeline-entry[data-seq=\"{sequence}\"] button");
    browser.click(&record).await?;
    browser.find(&format!("as-found[data-seq=\"{sequence}\"]")).await?;
    browser.find(&format!("{record}[aria-pressed=\"true\"]")).await?;
    browser.says("recomputed", "is the fingerprint that was signed").await?;
    browser.click("record-proof").await?;
    browser
        .says("record-proof-result", "It leads to the sealed root")
        .await?;
    browser
        .script(&format!(
            "document.querySelector('[data-test=\"timeline-entry\"][data-seq=\"{sequence}\"] button').focus()"
        ))
        .await?;
    browser.press("\u{e007}").await?;
    browser.find(&format!("{record}[aria-pressed=\"false\"]")).await?;
    assert_eq!(browser.count("as-found").await?, 0, "it is still open");
    Ok(())
}

/// What a stranger is sent: the page that lies in the case file, which verifies that very file.
async fn the_page_in_a_case_file_verifies_the_file_that_it_came_in(home: &Home) -> Result<()> {
    let cli = Cli::new(home, KeyStore::SealedFile)?;
    cli.init()?;
    let sent = home.path().join("sent.case.zip");
    let made = cli.run(&["case", "export", "--all", "--out", &sent.display().to_string()])?;
    ensure!(made.code == 0, "{}", made.stderr);
    let files = evidence::casefile::unpack(&fs::read(&sent)?)?;
    let (_, inside) = files
        .into_iter()
        .find(|(name, _)| name == "verifier.html")
        .context("the case file carries no verifier")?;
    ensure!(inside == fs::read(page()?)?, "it carries another page than was built");
    let opened = home.path().join("verifier.html");
    fs::write(&opened, inside)?;
    let browser = Browser::open(home, Engine::Chromium, &opened).await?;
    assert_eq!(verdict(&browser, &sent).await?.verdict, "signer_not_established");
    browser.close().await
}

async fn several_files_are_dropped_at_once(browser: &Browser) -> Result<()> {
    browser
        .drop_files(&[&sample("altered.case.zip"), &sample("intact.case.zip")])
        .await?;
    browser
        .find("verified-file[data-verdict=\"failed\"][aria-pressed=\"true\"]")
        .await?;
    browser
        .click("verified-file[data-verdict=\"signer_not_established\"]")
        .await?;
    browser.find("verdict[data-file=\"intact.case.zip\"]").await?;
    Ok(())
}

/// Reports of ten such files don't fit into the page's memory together. Each verdict stays; what happened in one is found
/// out once more when somebody looks.
#[tokio::test]
async fn the_page_keeps_within_its_memory_however_many_files_were_verified() -> Result<()> {
    let home = Home::new("verifier-memory")?;
    let files = (0..10).map(|number| large(&home, number)).collect::<Result<Vec<_>>>()?;
    let browser = Browser::open(&home, Engine::Chromium, &page()?).await?;
    for file in &files {
        assert_eq!(verdict(&browser, file).await?.verdict, "failed");
        assert!(browser.count("timeline-entry").await? > 0);
    }
    assert_eq!(
        browser.count("verified-file[data-verdict=\"failed\"]").await?,
        files.len()
    );
    browser
        .script("[...document.querySelectorAll('[data-test=verified-file]')].at(-1).click()")
        .await?;
    browser.find("verdict[data-file=\"0.case.zip\"]").await?;
    until("what happened in the first file", async || {
        Ok((browser.count("timeline-entry").await? > 0).then_some(()))
    })
    .await?;
    browser.close().await
}

/// A case file with some 30 MB of altered records, unlike every other number's.
fn large(home: &Home, number: usize) -> Result<PathBuf> {
    let said = format!("{number} {}", "and more ".repeat(900));
    let path = home.path().join(format!("{number}.case.zip"));
    fs::write(
        &path,
        product_tests::with_more_records(&sample("intact.case.zip"), 3700, &said)?,
    )?;
    Ok(path)
}

/// Until the page is loaded anew it knows what it saw of a log.
async fn files_of_one_log_are_held_against_each_other(browser: &Browser) -> Result<()> {
    browser.reload().await?;
    verdict(browser, &sample("altered.case.zip")).await?;
    assert_eq!(browser.count("finding[data-id=\"log.memory\"]").await?, 0);
    verdict(browser, &sample("intact.case.zip")).await?;
    browser
        .find("finding[data-id=\"log.memory\"][data-status=\"pass\"]")
        .await?;
    Ok(())
}

/// More records than are told at once: one after another part of them is, and the verdict stays what it is.
async fn what_happened_is_told_part_by_part(browser: &Browser, home: &Home) -> Result<()> {
    let file = home.path().join("long.case.zip");
    fs::write(
        &file,
        product_tests::with_more_records(&sample("intact.case.zip"), 5000, "")?,
    )?;
    let first = verdict(browser, &file).await?;
    let told = browser.text("told").await?;
    ensure!(told.starts_with("Records 1 to "), "{told}");
    let next: u64 = browser
        .script("return document.querySelector('[data-test=tell-from]').value")
        .await?
        .as_str()
        .context("a number")?
        .parse()?;
    browser.click("tell").await?;
    let further = until("the next part", async || {
        let now = browser.text("told").await?;
        Ok((now != told).then_some(now))
    })
    .await?;
    // Digits stand in groups.
    let begins: String = further
        .split(" to ")
        .take(1)
        .flat_map(str::chars)
        .filter(char::is_ascii_digit)
        .collect();
    assert_eq!(begins.parse::<u64>()?, next, "{further}");
    let second = shown(browser).await?;
    assert_eq!((&second.findings, &second.sentence), (&first.findings, &first.sentence));
    let told = first.timeline.len() + second.timeline.len();
    ensure!(told > 5000, "{told} records are told, and 5000 were added");
    browser.fill("tell-from", "0").await?;
    browser.find("tell[disabled]").await?;
    browser.fill("tell-from", "1").await?;
    browser.click("tell").await?;
    browser.says("told", "Records 1 to ").await?;
    assert_eq!(shown(browser).await?, first);
    Ok(())
}

/// The script drops a file and calls it off before the page can have had a turn.
async fn what_is_called_off_gives_no_verdict(browser: &Browser) -> Result<()> {
    let script = r#"
const dropped = new DataTransfer();
dropped.items.add(new File(['Dear auditor'], 'called_off.case.zip'));
document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
done(true);
"#;
    browser.script_done(script).await?;
    let next = verdict(browser, &sample("altered.case.zip")).await?;
    assert_eq!(next.verdict, "failed");
    let shown = browser
        .script("return document.body.textContent.includes('called_off')")
        .await?;
    assert_eq!(shown, Value::Bool(false), "a file that was called off is shown");
    Ok(())
}

/// While sixteen megabytes are gone through, other tasks of the page have their turn, and it says how far it is.
async fn the_page_answers_while_it_works(browser: &Browser) -> Result<()> {
    let script = r#"
const dropped = new DataTransfer();
dropped.items.add(new File([new Uint8Array(16 << 20)], 'long.case.zip'));
document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
let turns = 0;
let told = 0;
const look = () => {
  if (document.querySelector('[data-test="verdict"][data-file="long.case.zip"]')) return done([turns, told]);
  turns += 1;
  told += document.querySelector('[data-test="verify-progress"] progress') ? 1 : 0;
  setTimeout(look);
};
look();
"#;
    let counted: (u64, u64) = serde_json::from_value(browser.script_done(script).await?)?;
    assert!(counted.0 >= 3 && counted.1 >= 1, "turns and progress: {counted:?}");
    Ok(())
}

async fn a_file_beyond_its_memory_is_refused_with_the_reason(browser: &Browser) -> Result<()> {
    let script = r#"
const dropped = new DataTransfer();
dropped.items.add(new File([new Uint8Array(97 << 20)], 'huge.case.zip'));
document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
done(true);
"#;
    browser.script_done(script).await?;
    let said = browser.says("failure", "huge.case.zip").await?;
    assert!(
        said.contains("256 MB of memory") && said.contains("countersign verify"),
        "{said}"
    );
    Ok(())
}

/// The policy refuses each kind of connection itself: it isn't that nobody answers.
async fn no_connection_leaves_the_page(browser: &Browser) -> Result<()> {
    const ATTEMPT: &str = r#"
const [url] = arguments;
const refused = [];
document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
new Image().src = url;
const script = document.createElement('script');
script.src = url;
document.body.append(script);
try { new WebSocket(url.replace('http', 'ws')); } catch (refusedAtOnce) { /* or refused later */ }
fetch(url).then(() => done('let through'), () => setTimeout(() => done(refused.sort()), 200));
"#;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let refused = browser.script_done_with(ATTEMPT, vec![url(&listener)?]).await?;
    for directive in ["connect-src", "img-src", "script-src-elem"] {
        let mut names = refused.as_array().into_iter().flatten().filter_map(Value::as_str);
        assert!(
            names.any(|name| name == directive),
            "{directive} isn't refused: {refused}"
        );
    }
    assert!(accepted(&listener).await?.is_none(), "somebody connected");
    Ok(())
}

/// A frame that a script would put into the page stays empty. Chromium opens a connection before it asks the policy, so
/// what counts is known once the browser is closed: nothing was said over it.
async fn no_frame_is_loaded(browser: &Browser) -> Result<TcpListener> {
    const ATTEMPT: &str = r#"
const [url] = arguments;
document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
const frame = document.createElement('iframe');
frame.src = url;
document.body.append(frame);
"#;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let refused = browser.script_done_with(ATTEMPT, vec![url(&listener)?]).await?;
    assert_eq!(refused, json!("frame-src"));
    Ok(listener)
}

async fn nothing_was_said(listener: &TcpListener) -> Result<()> {
    while let Some(mut connection) = accepted(listener).await? {
        let mut said = Vec::new();
        connection.read_to_end(&mut said).await?;
        assert_eq!(String::from_utf8_lossy(&said), "");
    }
    Ok(())
}

fn url(listener: &TcpListener) -> Result<Value> {
    Ok(Value::from(format!("http://{}/", listener.local_addr()?)))
}

/// Who has connected by now, if anybody has.
async fn accepted(listener: &TcpListener) -> Result<Option<TcpStream>> {
    let connected = poll_fn(|context| match listener.poll_accept(context) {
        Poll::Ready(connected) => Poll::Ready(connected.map(Some)),
        Poll::Pending => Poll::Ready(Ok(None)),
    });
    Ok(connected.await?.map(|(connection, _)| connection))
}

async fn a_signer_is_established_only_by_a_pin(browser: &Browser, home: &Home) -> Result<()> {
    let (intact, pins) = (sample("intact.case.zip"), sample("sample-pins.json"));
    let before = verdict(browser, &intact).await?;
    assert_eq!(before.verdict, "signer_not_established");
    let signer = |shown: &Shown| {
        let found = shown.findings.iter().find(|finding| finding.id == "signer.pinned");
        found.map(|finding| finding.status.clone())
    };
    assert_eq!(signer(&before), Some(named(FindingStatus::NotEstablished)));

    // A key's id that isn't the signer's establishes nothing.
    browser.click("establish").await?;
    browser
        .fill("pin-text", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .await?;
    browser.fill("pin-name", "Somebody else").await?;
    browser.click("pin-save").await?;
    browser.says("failure", "signed with another key").await?;
    browser.press("\u{e00c}").await?;
    assert_eq!(shown(browser).await?.verdict, "signer_not_established");

    browser.choose_files("files", &[&pins]).await?;
    browser.find("verdict[data-verdict=\"verified\"]").await?;
    let cli = Cli::new(home, KeyStore::SealedFile)?;
    let pins = pins.display().to_string();
    assert_eq!(
        shown(browser).await?,
        by_command_line(&cli, &intact, &["--pin", &pins])?
    );

    // Without the pins it is open again; then the signer's own id, typed, does what the pin did.
    until("no pin to be left", async || {
        if browser.count("pin").await? == 0 {
            return Ok(Some(()));
        }
        browser.click("pin-remove").await?;
        Ok(None)
    })
    .await?;
    browser.find("verdict[data-verdict=\"signer_not_established\"]").await?;
    let report: Report = serde_json::from_str(&cli.run(&["verify", &intact.display().to_string(), "--json"])?.stdout)?;
    browser.click("establish").await?;
    browser.fill("pin-text", &report.key_id.context("no key id")?).await?;
    browser.fill("pin-name", "Northwind").await?;
    browser.click("pin-save").await?;
    browser.find("verdict[data-verdict=\"verified\"]").await?;
    Ok(())
}

async fn a_dropped_page_shows_its_digest(browser: &Browser) -> Result<()> {
    use sha2::{Digest as _, Sha256};
    let page = page()?;
    browser.choose_files("files", &[&page]).await?;
    let digest = browser.attribute("dropped-page", "data-sha256").await?;
    let expected: String = Sha256::digest(fs::read(&page)?)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(digest, expected);
    Ok(())
}
