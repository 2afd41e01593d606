//! The whole way through the command line, with the real SDK: once with a sealed file, as on a server, and once with a
//! real keychain.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use contract::{
    AddedAgent, Agent, Decided, Decision, FindingStatus, HeldItem, InboxPage, ItemState, LogPage, PolicyInForce,
    RecordDetail, Report, Verdict, Verification, VerificationState,
};
use product_tests::{Cli, Desk, Home, KeyStore, Sdk, SdkCall, Serving, alter_one_record, until};
use serde::Deserialize;
use serde_json::json;

const QUESTION: &str = "What are your opening hours?";
const REFUND: &str = "Order 1007 came back. Refund 49.90 euros.";

#[tokio::test]
async fn the_whole_way_with_a_sealed_file() -> Result<()> {
    let home = Home::new("walk-cli-sealed")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    walk(&home, &cli).await
}

#[tokio::test]
async fn the_whole_way_with_a_keychain() -> Result<()> {
    let desk = Desk::new("walk-cli-keychain").await?;
    walk(&desk.home, &desk.command_line()?).await
}

async fn walk(home: &Home, cli: &Cli<'_>) -> Result<()> {
    let first = cli.init()?;
    let serving = cli.serve().await?;
    let calls = Calls {
        home,
        sdk: Sdk::ready()?,
        base_url: serving.base_url(),
        key: first.runtime_key.clone(),
    };

    an_allowed_call_is_answered(&calls).await?;
    a_stranger_is_refused(&calls).await?;
    a_forbidden_call_is_denied(&calls).await?;
    a_held_call_waits_and_is_released_once(cli, &calls).await?;
    a_denied_call_is_told_why(cli, &calls).await?;
    a_published_policy_decides_from_the_next_call_on(cli, &calls).await?;
    the_log_tells_all_of_it(cli, &first)?;
    a_case_file_proves_it_to_others(home, cli, &first)?;
    a_disabled_agent_is_refused(cli, &calls, &first).await?;
    it_stops_in_order(serving).await
}

/// What every call of this walk has in common.
struct Calls<'home> {
    home: &'home Home,
    sdk: Sdk,
    base_url: String,
    key: String,
}

impl Calls<'_> {
    fn saying(&self, text: &str) -> SdkCall {
        SdkCall::saying(&self.base_url, &self.key, text)
    }
}

async fn an_allowed_call_is_answered(calls: &Calls<'_>) -> Result<()> {
    for call in [calls.saying(QUESTION), calls.saying(QUESTION).streamed()] {
        let outcome = calls.sdk.call(calls.home, &call).await?.answered()?;
        let model = outcome.model.context("no model in the answer")?;
        ensure!(
            model.starts_with("practice/"),
            "the practice upstream poses as `{model}`"
        );
        ensure!(
            outcome.answer.is_some_and(|text| text.contains("practice")),
            "the answer doesn't say what it is"
        );
        ensure!(outcome.receipt.is_some(), "no receipt came with the answer");
        ensure!(!call.stream || outcome.chunks > 1, "a stream in one chunk");
    }
    Ok(())
}

async fn a_stranger_is_refused(calls: &Calls<'_>) -> Result<()> {
    for key in ["csk_0000000000000000000000000000000000000000", "sk-live", "x"] {
        let call = SdkCall::saying(&calls.base_url, key, QUESTION);
        let refusal = calls.sdk.call(calls.home, &call).await?.refusal()?;
        assert_eq!(
            (refusal.class.as_str(), refusal.status),
            ("AuthenticationError", Some(401))
        );
    }
    Ok(())
}

async fn a_forbidden_call_is_denied(calls: &Calls<'_>) -> Result<()> {
    let call = calls.saying(QUESTION).with(json!({"store": true}));
    let refusal = calls.sdk.call(calls.home, &call).await?.refusal()?;
    assert_eq!(
        (refusal.class.as_str(), refusal.status),
        ("PermissionDeniedError", Some(403))
    );
    ensure!(
        refusal.message.contains("state kept at the provider"),
        "no reason: {}",
        refusal.message
    );
    Ok(())
}

async fn a_held_call_waits_and_is_released_once(cli: &Cli<'_>, calls: &Calls<'_>) -> Result<()> {
    for call in [
        calls.saying(REFUND).offering_a_tool().streamed(),
        calls.saying(REFUND).offering_a_tool(),
    ] {
        let mut waiting = calls.sdk.start(calls.home, &call)?;
        let item = the_held_item(cli).await?;
        ensure!(waiting.waits()?, "the call didn't wait for a person");
        ensure!(
            item.view.text.contains(REFUND) && item.view.text.contains("refund"),
            "not the whole action"
        );
        ensure!(
            item.reasons.iter().any(|reason| reason.rule == "tools-need-a-person"),
            "{:?}",
            item.reasons
        );
        ensure!(
            item.sole_operator && item.barred.is_none(),
            "one operator alone may approve at tier 2"
        );

        let decided: Decided = cli.json(&["inbox", "approve", &item.item.uid, "--reason", "Seen it.", "--yes"])?;
        ensure!(
            matches!(decided.item.state, ItemState::Approved | ItemState::Released),
            "{:?}",
            decided.item.state
        );
        let outcome = waiting.outcome().await?.answered()?;
        assert_eq!(outcome.tool.as_deref(), Some("refund"));

        let again = cli.run(&["inbox", "approve", &item.item.uid, "--yes"])?;
        assert_ne!(again.code, 0, "an item was decided twice");
    }
    // The two approvals are used up: the same bytes once more are held once more.
    let waiting = calls.sdk.start(calls.home, &calls.saying(REFUND).offering_a_tool())?;
    let item = the_held_item(cli).await?;
    let _: Decided = cli.json(&["inbox", "deny", &item.item.uid, "--reason", "Twice is enough.", "--yes"])?;
    waiting.outcome().await?.refusal()?;
    Ok(())
}

async fn a_denied_call_is_told_why(cli: &Cli<'_>, calls: &Calls<'_>) -> Result<()> {
    const REASON: &str = "No parcel came back for this order.";
    for call in [
        calls.saying(REFUND).offering_a_tool(),
        calls.saying(REFUND).offering_a_tool().streamed(),
    ] {
        let streamed = call.stream;
        let waiting = calls.sdk.start(calls.home, &call)?;
        let item = the_held_item(cli).await?;
        let _: Decided = cli.json(&["inbox", "deny", &item.item.uid, "--reason", REASON, "--yes"])?;
        let refusal = waiting.outcome().await?.refusal()?;
        ensure!(
            refusal.message.contains(REASON),
            "the agent isn't told the reason: {}",
            refusal.message
        );
        // A stream has begun with 200 by then, so its error has no status; the SDK raises it all the same.
        assert_eq!(refusal.status, (!streamed).then_some(403));
        assert_eq!(refusal.code.as_deref(), Some("approval_denied"));
    }
    Ok(())
}

async fn a_published_policy_decides_from_the_next_call_on(cli: &Cli<'_>, calls: &Calls<'_>) -> Result<()> {
    let built_in: PolicyInForce = cli.json(&["policy", "show"])?;
    ensure!(built_in.built_in, "the built-in policy isn't in force at first");

    let (nothing, broken) = (
        calls.home.path().join("nothing.cedar"),
        calls.home.path().join("broken.cedar"),
    );
    fs::write(
        &nothing,
        "@id(\"nothing\")\n@reason(\"Nothing leaves today.\")\nforbid (principal, action, resource);\n",
    )?;
    fs::write(&broken, "permit (principal, action, resource")?;
    let broken = cli.run(&["policy", "publish", &broken.display().to_string()])?;
    assert_ne!(broken.code, 0, "a broken policy was published");

    let _: PolicyInForce = cli.json(&["policy", "publish", &nothing.display().to_string()])?;
    let refusal = calls.sdk.call(calls.home, &calls.saying(QUESTION)).await?.refusal()?;
    ensure!(refusal.message.contains("Nothing leaves today."), "{}", refusal.message);

    let back = calls.home.path().join("back.cedar");
    fs::write(&back, built_in.text)?;
    let _: PolicyInForce = cli.json(&["policy", "publish", &back.display().to_string()])?;
    calls.sdk.call(calls.home, &calls.saying(QUESTION)).await?.answered()?;
    Ok(())
}

fn the_log_tells_all_of_it(cli: &Cli<'_>, first: &AddedAgent) -> Result<()> {
    let page: LogPage = cli.json(&["log", "list", &format!("agent:{}", first.agent.name), "--limit", "500"])?;
    let newest_first = page
        .rows
        .iter()
        .zip(page.rows.iter().skip(1))
        .all(|(a, b)| a.sequence > b.sequence);
    ensure!(newest_first, "not newest first");
    for decision in [Decision::Allowed, Decision::Refused, Decision::Held, Decision::Signed] {
        ensure!(
            page.rows.iter().any(|row| row.decision == decision),
            "no record of a call {decision:?}"
        );
    }
    let signed = page
        .rows
        .iter()
        .find(|row| row.decision == Decision::Signed)
        .context("nothing signed")?;
    let record: RecordDetail = cli.json(&["log", "show", &signed.sequence.to_string()])?;
    assert_eq!(record.fingerprint, record.recomputed);
    ensure!(record.story.len() >= 3, "a story of {} records", record.story.len());
    ensure!(
        !record.ocsf.contains("Seen it."),
        "a person's reason stands in the permanent record"
    );

    let verification: Verification = cli.json(&["log", "verify"])?;
    assert_eq!(
        verification.state,
        VerificationState::Verified,
        "{}",
        verification.sentence
    );
    Ok(())
}

#[derive(Deserialize)]
struct Exported {
    path: String,
    records: u64,
}

fn a_case_file_proves_it_to_others(home: &Home, cli: &Cli<'_>, first: &AddedAgent) -> Result<()> {
    let path = home.path().join("support-bot.case.zip");
    let path = path.display().to_string();
    let exported: Exported = cli.json(&["case", "export", "--agent", &first.agent.name, "--out", &path])?;
    ensure!(
        exported.path == path && exported.records > 10,
        "{} records in {}",
        exported.records,
        exported.path
    );

    let own = verify(cli, &path)?;
    assert_eq!(own, (0, Verdict::Verified), "with the keys that were made here");

    // An auditor has the file, the program, and nothing of ours: no data, no keychain, no gateway.
    let elsewhere = Home::new("walk-cli-auditor")?;
    let auditor = Cli::new(&elsewhere, KeyStore::Keychain)?;
    assert_eq!(verify(&auditor, &path)?, (3, Verdict::SignerNotEstablished));

    // The operator's public keys come by a way the auditor trusts.
    let pins = home.path().join("pins.json").display().to_string();
    let handed_over = cli.run(&["export-pin", "--out", &pins])?;
    ensure!(handed_over.code == 0, "{}", handed_over.stderr);
    let pinned = auditor.run(&["pin", "add", &pins])?;
    ensure!(pinned.code == 0, "{}", pinned.stderr);
    assert_eq!(verify(&auditor, &path)?, (0, Verdict::Verified));

    let forged = home.path().join("forged.case.zip");
    let altered = alter_one_record(path.as_ref(), &forged)?;
    let forged = forged.display().to_string();
    let report = report(&auditor, &forged)?;
    assert_eq!((report.0, report.1.verdict), (1, Verdict::Failed));
    let failed: Vec<_> = report
        .1
        .findings
        .iter()
        .filter(|finding| finding.status == FindingStatus::Fail)
        .collect();
    ensure!(
        failed.iter().any(|finding| finding.records.contains(&altered)),
        "record {altered} isn't named: {failed:?}"
    );

    let other = home.path().join("other.zip");
    fs::write(&other, "no zip at all")?;
    assert_eq!(
        verify(&auditor, &other.display().to_string())?,
        (2, Verdict::NotACaseFile)
    );
    Ok(())
}

async fn a_disabled_agent_is_refused(cli: &Cli<'_>, calls: &Calls<'_>, first: &AddedAgent) -> Result<()> {
    let second: AddedAgent = cli.json(&["agent", "add", "second-bot"])?;
    let call = SdkCall::saying(&calls.base_url, &second.runtime_key, QUESTION);
    calls.sdk.call(calls.home, &call).await?.answered()?;

    let disabled: Agent = cli.json(&["agent", "halt", &first.agent.name])?;
    ensure!(!disabled.enabled, "{disabled:?}");
    let refusal = calls.sdk.call(calls.home, &calls.saying(QUESTION)).await?.refusal()?;
    assert_eq!(refusal.status, Some(401));
    calls.sdk.call(calls.home, &call).await?.answered()?;
    Ok(())
}

async fn it_stops_in_order(mut serving: Serving) -> Result<()> {
    serving.process.ask_to_end();
    let status = serving.process.end().await?;
    ensure!(
        status.success(),
        "`countersign serve` ended with {status}: {}",
        serving.process.said()
    );
    Ok(())
}

/// The one item that waits for a person.
async fn the_held_item(cli: &Cli<'_>) -> Result<HeldItem> {
    let uid = until("a held item", async || {
        let page: InboxPage = cli.json(&["inbox", "list"])?;
        Ok(page
            .items
            .into_iter()
            .find(|item| item.state == ItemState::Waiting)
            .map(|item| item.uid))
    })
    .await?;
    cli.json(&["inbox", "show", &uid])
}

fn verify(cli: &Cli<'_>, file: &str) -> Result<(i32, Verdict)> {
    let (code, report) = report(cli, file)?;
    Ok((code, report.verdict))
}

/// `countersign verify` says its findings whatever the verdict.
fn report(cli: &Cli<'_>, file: &str) -> Result<(i32, Report)> {
    let outcome = cli.run(&["verify", file, "--json"])?;
    let report = serde_json::from_str(&outcome.stdout).with_context(|| format!("no report: {outcome:?}"))?;
    Ok((outcome.code, report))
}
