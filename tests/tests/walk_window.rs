//! The whole way in the real window, with the real SDK, the real keychain and a real file drop: an agent's call is held,
//! countersigned, recorded, exported and verified.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use product_tests::{Desk, Sdk, SdkCall, Window, alter_one_record, export_case, first_start, open_waiting_item, until};

const QUESTION: &str = "What are your opening hours?";
const REFUND: &str = "Order 1007 came back. Refund 49.90 euros.";

#[tokio::test]
async fn one_call_held_countersigned_recorded_exported_and_verified() -> Result<()> {
    let walk = Walk {
        desk: Desk::new("walk").await?,
        sdk: Sdk::ready()?,
    };
    let window = walk.desk.open_console().await?;
    walk.desk.keep_what_failed(walk.all_of_it(&window).await)?;
    window.close().await
}

struct Walk {
    desk: Desk,
    sdk: Sdk,
}

impl Walk {
    async fn all_of_it(&self, window: &Window) -> Result<()> {
        let key = self.a_newcomer_starts(window).await?;
        self.an_allowed_call_is_answered(window, &key).await?;
        self.a_held_call_appears_at_once_and_is_countersigned(window, &key)
            .await?;
        self.a_denied_call_is_told_why(window, &key).await?;
        self.a_practice_call_needs_no_code(window).await?;
        self.the_audit_viewer_opens_a_record_and_verifies_the_chain(window)
            .await?;
        let case = export_case(window, "first-agent").await.context("exporting")?;
        self.the_dropped_case_file_verifies(window, Path::new(&case)).await?;
        self.the_altered_case_file_fails_and_names_the_record(window, Path::new(&case))
            .await
    }

    async fn a_newcomer_starts(&self, window: &Window) -> Result<String> {
        window.find("first-run").await?;
        self.desk.screenshot("1-first-run")?;
        let key = first_start(window).await?;
        window.says("gateway-state", &window.address.port().to_string()).await?;
        Ok(key)
    }

    async fn an_allowed_call_is_answered(&self, window: &Window, key: &str) -> Result<()> {
        let call = SdkCall::saying(&window.base_url(), key, QUESTION);
        for call in [call.clone(), call.streamed()] {
            let outcome = self.sdk.call(&self.desk.home, &call).await?.answered()?;
            ensure!(
                outcome.model.is_some_and(|model| model.starts_with("practice/")),
                "the practice upstream poses"
            );
            ensure!(outcome.receipt.is_some(), "no receipt came with the answer");
        }
        Ok(())
    }

    async fn a_held_call_appears_at_once_and_is_countersigned(&self, window: &Window, key: &str) -> Result<()> {
        window.click("nav-inbox").await?;
        let call = SdkCall::saying(&window.base_url(), key, REFUND)
            .offering_a_tool()
            .streamed();
        let mut waiting = self.sdk.start(&self.desk.home, &call)?;
        open_waiting_item(window).await?;
        ensure!(waiting.waits()?, "the call didn't wait for a person");

        let item = window.text("item").await?;
        for shown in [REFUND, "refund", "first-agent", "Ada Novak"] {
            ensure!(item.contains(shown), "the item doesn't show `{shown}`: {item}");
        }
        window.says("reason", "offered tools that act").await?;
        window.find("not-established").await?;
        window.find("sole-operator").await?;
        self.desk.screenshot("2-held")?;

        window.click("approve").await?;
        window.fill("reason-text", "The parcel is back in the shop.").await?;
        self.desk.screenshot("3-countersign")?;
        window.click("confirm").await?;
        let outcome = waiting.outcome().await?.answered()?;
        assert_eq!(outcome.tool.as_deref(), Some("refund"));
        window.says("ended", "released, once").await?;
        self.desk.screenshot("4-released")?;
        Ok(())
    }

    async fn a_denied_call_is_told_why(&self, window: &Window, key: &str) -> Result<()> {
        const REASON: &str = "No parcel came back for this order.";
        let call = SdkCall::saying(&window.base_url(), key, "Refund order 1008, quickly.").offering_a_tool();
        let waiting = self.sdk.start(&self.desk.home, &call)?;
        open_waiting_item(window).await?;
        window.click("deny").await?;
        window.fill("reason-text", REASON).await?;
        window.click("confirm").await?;
        let refusal = waiting.outcome().await?.refusal()?;
        assert_eq!(
            (refusal.class.as_str(), refusal.status),
            ("PermissionDeniedError", Some(403))
        );
        ensure!(
            refusal.message.contains(REASON),
            "the agent isn't told the reason: {}",
            refusal.message
        );
        window.says("ended", "Denied").await?;
        Ok(())
    }

    async fn a_practice_call_needs_no_code(&self, window: &Window) -> Result<()> {
        window.click("nav-inbox").await?;
        window.click("show-waiting").await?;
        window.click("practice-call").await?;
        open_waiting_item(window).await?;
        window.click("approve").await?;
        window.click("confirm").await?;
        window.says("ended", "released, once").await?;
        Ok(())
    }

    async fn the_audit_viewer_opens_a_record_and_verifies_the_chain(&self, window: &Window) -> Result<()> {
        window.click("nav-audit").await?;
        window.find("audit-row").await?;
        let places: Vec<u64> = serde_json::from_value(
            window
                .script(
                    "return [...document.querySelectorAll('[data-test=audit-row]')].map(r => Number(r.dataset.seq))",
                )
                .await?,
        )?;
        ensure!(
            places.iter().zip(places.iter().skip(1)).all(|(a, b)| a > b),
            "not newest first: {places:?}"
        );

        window.click("audit-row").await?;
        window.find("record-sentence").await?;
        assert_eq!(window.attribute("fingerprint", "data-equal").await?, "true");
        window.click("stored-bytes").await?;
        let raw: serde_json::Value = serde_json::from_str(&window.text("record-bytes").await?)?;
        ensure!(raw.get("class_uid").is_some(), "not an OCSF event: {raw}");

        window.click("verify-chain").await?;
        until("the chain to be verified", async || {
            Ok((window.attribute("verification", "data-state").await? == "verified").then_some(()))
        })
        .await?;
        window.says("chain-state", "Chain verified").await?;
        self.desk.screenshot("5-audit")?;
        Ok(())
    }

    async fn the_dropped_case_file_verifies(&self, window: &Window, case: &Path) -> Result<()> {
        ensure!(case.is_file(), "{} isn't there", case.display());
        window.click("nav-verify").await?;
        window.find("drop-zone").await?;
        self.desk.drop_files(&[case]).await?;
        window.find("verdict[data-verdict=\"verified\"]").await?;
        let failed = window.count("finding[data-status=\"fail\"]").await?;
        assert_eq!(failed, 0, "a verified file has failed findings");
        self.desk.screenshot("6-verified")?;
        Ok(())
    }

    async fn the_altered_case_file_fails_and_names_the_record(&self, window: &Window, case: &Path) -> Result<()> {
        let altered = case.with_file_name("altered.case.zip");
        let sequence = alter_one_record(case, &altered)?;
        self.desk.drop_files(&[&altered]).await?;
        window.find("verdict[data-verdict=\"failed\"]").await?;
        window.find(&format!("as-found[data-seq=\"{sequence}\"]")).await?;
        self.desk.screenshot("7-altered")?;
        Ok(())
    }
}
