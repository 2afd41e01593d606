//! The Verify place of the real window: a folder is dropped before anything is set up, a signer is pinned, and once there
//! is a log, it records whom its people trust.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use contract::LogPage;
use product_tests::{Desk, Window, first_start, root, until, with_more_records};

#[tokio::test]
async fn a_stranger_verifies_without_set_up_and_pins_are_recorded_once_there_is_a_log() -> Result<()> {
    let walk = Walk {
        desk: Desk::new("verify").await?,
    };
    let window = walk.desk.open_console().await?;
    walk.desk.keep_what_failed(walk.all_of_it(&window).await)?;
    window.close().await
}

struct Walk {
    desk: Desk,
}

fn sample(name: &str) -> PathBuf {
    root().join("assets/samples").join(name)
}

impl Walk {
    async fn all_of_it(&self, window: &Window) -> Result<()> {
        window.find("first-run").await?;
        window.click("only-verify").await?;
        window.find("drop-zone").await?;
        let id = self.a_folder_is_dropped_and_each_file_has_its_verdict(window).await?;
        self.the_signers_id_establishes_the_signer(window, &id).await?;
        self.what_was_verified_is_remembered(window).await?;
        self.a_file_that_tells_nothing_leaves_the_rest_readable(window).await?;
        self.what_happened_is_told_part_by_part(window).await?;
        window.click("leave-verify").await?;
        first_start(window).await?;
        window.click("nav-verify").await?;
        self.unpinning_is_recorded_and_the_verdict_goes_with_the_pin(window)
            .await?;
        self.pinning_is_recorded(window).await
    }

    /// Gives the id of the key that the intact file is signed with.
    async fn a_folder_is_dropped_and_each_file_has_its_verdict(&self, window: &Window) -> Result<String> {
        let folder = self.desk.home.path().join("from the stranger");
        fs::create_dir_all(folder.join("more"))?;
        fs::copy(sample("altered.case.zip"), folder.join("altered.case.zip"))?;
        fs::copy(sample("intact.case.zip"), folder.join("more/intact.case.zip"))?;
        fs::write(folder.join("letter.txt"), "Dear auditor, all is well.")?;
        self.desk.drop_files(&[&folder]).await?;

        window.find("verified-file[data-verdict=\"failed\"]").await?;
        window
            .click("verified-file[data-verdict=\"signer_not_established\"]")
            .await?;
        window.find("verdict[data-file=\"intact.case.zip\"]").await?;
        window.settle().await?;
        self.desk.screenshot("1-intact")?;
        window.click("establish").await?;
        window.text("signed-with").await
    }

    async fn the_signers_id_establishes_the_signer(&self, window: &Window, id: &str) -> Result<()> {
        window.fill("pin-text", id).await?;
        window.fill("pin-name", "Example Ltd").await?;
        window.fill("pin-source", "a call with their counsel").await?;
        window.click("pin-save").await?;
        // Nothing is dropped again: a verdict follows the pins.
        window.find("verdict[data-verdict=\"verified\"]").await?;
        assert_eq!(window.count("pin").await?, 1);
        window.settle().await?;
        self.desk.screenshot("2-verified")?;
        Ok(())
    }

    async fn what_was_verified_is_remembered(&self, window: &Window) -> Result<()> {
        window.find("history-row[data-verdict=\"verified\"]").await?;
        window.find("history-row[data-verdict=\"failed\"]").await?;
        assert_eq!(window.count("history-row").await?, 2);
        let kept = fs::read_to_string(self.desk.home.data().join("verified.json"))?;
        ensure!(
            kept.contains("intact.case.zip") && kept.contains("altered.case.zip"),
            "{kept}"
        );
        Ok(())
    }

    /// A report without a timeline is as high as its findings: what stands below it begins where it ends.
    async fn a_file_that_tells_nothing_leaves_the_rest_readable(&self, window: &Window) -> Result<()> {
        let cut = self.desk.home.path().join("cut.case.zip");
        let mut bytes = fs::read(sample("intact.case.zip"))?;
        bytes.truncate(1000);
        fs::write(&cut, &bytes)?;
        self.desk.drop_files(&[&cut]).await?;
        window
            .find("verdict[data-file=\"cut.case.zip\"][data-verdict=\"not_a_case_file\"]")
            .await?;
        assert_eq!(window.count("timeline").await?, 0);
        let script = "const edges = (selector) => document.querySelector(selector).getBoundingClientRect();
             const last = [...document.querySelector('.report').children].at(-1).getBoundingClientRect();
             return edges('[data-test=pins]').top - last.bottom";
        let between = window.script(script).await?.as_f64().context("no distance")?;
        ensure!(
            (0.0..100.0).contains(&between),
            "{between} px between the report and what stands below it"
        );
        Ok(())
    }

    /// More records than are told at once; the history is forgotten after, with what was seen of the log.
    async fn what_happened_is_told_part_by_part(&self, window: &Window) -> Result<()> {
        let file = self.desk.home.path().join("long.case.zip");
        fs::write(&file, with_more_records(&sample("intact.case.zip"), 5000, "")?)?;
        self.desk.drop_files(&[&file]).await?;
        window.find("verdict[data-file=\"long.case.zip\"]").await?;
        window
            .find("finding[data-id=\"log.memory\"][data-status=\"pass\"]")
            .await?;
        window.says("told", "Records 1 to ").await?;
        window.click("tell").await?;
        window.says("told", "Records 4").await?;
        window
            .find("verdict[data-file=\"long.case.zip\"][data-verdict=\"failed\"]")
            .await?;
        window.settle().await?;
        self.desk.screenshot("3-told-further")?;
        let seen = self.desk.home.data().join("seen.json");
        ensure!(
            fs::read_to_string(&seen)?.contains("countersign/log/"),
            "nothing is kept in mind"
        );
        window.click("history-forget").await?;
        until("an empty history", async || {
            Ok((window.count("history-row").await? == 0).then_some(()))
        })
        .await?;
        assert_eq!(fs::read_to_string(&seen)?.trim(), "[]");
        // The file that the rest of the walk is about.
        self.desk.drop_files(&[&sample("intact.case.zip")]).await?;
        window.find("verdict[data-file=\"intact.case.zip\"]").await?;
        Ok(())
    }

    async fn unpinning_is_recorded_and_the_verdict_goes_with_the_pin(&self, window: &Window) -> Result<()> {
        window.find("verdict[data-verdict=\"verified\"]").await?;
        let own = window.count("pin").await?;
        ensure!(own > 1, "a log's own keys are pinned when it is made");
        window.click("pin-remove").await?;
        window.find("verdict[data-verdict=\"signer_not_established\"]").await?;
        assert_eq!(self.recorded("signer_unpinned")?, 1);
        Ok(())
    }

    async fn pinning_is_recorded(&self, window: &Window) -> Result<()> {
        window.click("pin-add").await?;
        window
            .fill("pin-text", fs::read_to_string(sample("sample-pins.json"))?.trim())
            .await?;
        window.click("pin-save").await?;
        window.find("verdict[data-verdict=\"verified\"]").await?;
        assert_eq!(self.recorded("signer_pinned")?, 2, "the log's key and the case key");
        window
            .script("document.querySelector('[data-test=history]').scrollIntoView({ block: 'end' })")
            .await?;
        window.settle().await?;
        self.desk.screenshot("3-recorded")?;
        Ok(())
    }

    fn recorded(&self, kind: &str) -> Result<usize> {
        let cli = self.desk.command_line()?;
        let page: LogPage = cli.json(&["log", "list", &format!("kind:{kind}")])?;
        Ok(page.rows.len())
    }
}
