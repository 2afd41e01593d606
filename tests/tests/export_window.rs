//! The export's wizard in the real window: every kind of selection, contents disclosed and withheld, and the files that
//! come of it; and what is known of a person, for that person to have.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use evidence::casefile::{Disclosure, Manifest, Selection, unpack};
use product_tests::{Agent, Desk, Window, first_start, open_waiting_item};
use serde_json::Value;

const ESCAPE: &str = "\u{e00c}";

#[tokio::test]
async fn case_files_of_every_kind_are_put_together_previewed_and_saved() -> Result<()> {
    let desk = Desk::new("export").await?;
    let window = desk.open_console().await?;
    desk.keep_what_failed(walk(&desk, &window).await)?;
    window.close().await
}

async fn walk(desk: &Desk, window: &Window) -> Result<()> {
    let key = first_start(window).await?;
    let mut agent = Agent::new(window.address, &key);
    for text in ["What are your opening hours?", "And on Sundays?"] {
        ensure!(agent.say(text).await?.status == 200, "an allowed call wasn't answered");
    }
    window.click("nav-inbox").await?;
    window.click("practice-call").await?;
    let item = open_waiting_item(window).await?;
    window.click("approve").await?;
    window.click("confirm").await?;
    window.says("ended", "released, once").await?;

    an_item_of_the_inbox_brings_its_approval(desk, window, &item).await?;
    an_agents_contents_are_disclosed_by_slot_and_one_by_one(desk, window).await?;
    picked_records_are_a_file_of_their_own(desk, window).await?;
    a_whole_time_is_exported(window).await?;
    what_is_known_of_a_person_is_saved_and_checked(desk, window).await
}

/// The files of a case file that was saved.
fn saved(path: &str) -> Result<(Manifest, BTreeMap<String, Vec<u8>>)> {
    let files: BTreeMap<String, Vec<u8>> = unpack(&fs::read(path)?)?.into_iter().collect();
    let manifest = files.get("manifest.json").context("no manifest")?;
    Ok((Manifest::parse(manifest)?, files))
}

async fn save(window: &Window) -> Result<String> {
    window.find("export-preview").await?;
    window.click("export-save").await?;
    let path = window.text("export-path").await?;
    Ok(path)
}

async fn an_item_of_the_inbox_brings_its_approval(desk: &Desk, window: &Window, item: &str) -> Result<()> {
    window.click("export-approval").await?;
    window.find("export-dialog").await?;
    ensure!(window.attribute("export-item", "id").await? == "export-item");
    window.settle().await?;
    desk.screenshot("1-what")?;
    window.click("export-next").await?;
    // Nothing is disclosed by default.
    window.find("export-slot-view").await?;
    window.click("export-next").await?;
    window
        .says(
            "export-preview",
            "Nothing is claimed of records that aren't in the file",
        )
        .await?;
    window.settle().await?;
    desk.screenshot("2-preview")?;
    let path = save(window).await?;
    window.settle().await?;
    desk.screenshot("3-done")?;
    window.click("export-close").await?;
    let (manifest, files) = saved(&path)?;
    ensure!(
        matches!(&manifest.selection, Selection::Approval { item_uid, .. } if item_uid == item),
        "{:?}",
        manifest.selection
    );
    ensure!(
        !files.keys().any(|name| name.starts_with("contents/")),
        "something is disclosed"
    );
    Ok(())
}

async fn an_agents_contents_are_disclosed_by_slot_and_one_by_one(desk: &Desk, window: &Window) -> Result<()> {
    window.click("nav-audit").await?;
    window.click("export").await?;
    window.click("export-kind-agent").await?;
    window.choose("export-agent", "practice-agent").await?;
    window.click("export-next").await?;
    window.click("export-slot-view").await?;
    window.click("export-slot-request").await?;
    // It doesn't go on without a reason.
    window.says("export-missing", "Say why contents are disclosed").await?;
    window
        .fill("export-reason", "The regulator asked what was shown.")
        .await?;
    window.fill("export-withholding", "Answers name customers.").await?;
    window.click("export-one-by-one").await?;
    let withheld = window
        .attribute("export-content[data-slot=\"request\"]", "data-uid")
        .await?;
    window
        .click(&format!("export-content[data-uid=\"{withheld}\"]"))
        .await?;
    window.settle().await?;
    desk.screenshot("4-contents")?;
    window.click("export-next").await?;
    window.find("export-preview").await?;
    window.settle().await?;
    desk.screenshot("5-preview-disclosed")?;
    let path = save(window).await?;
    window.click("export-close").await?;
    let (manifest, files) = saved(&path)?;
    let disclosure = manifest.disclosure.context("no disclosure")?;
    let wanted = Disclosure {
        slots: vec!["request".into(), "view".into()],
        disclosed: vec![],
        withheld: vec![withheld.clone()],
    };
    assert_eq!(disclosure, wanted);
    ensure!(
        !files.contains_key(&format!("contents/{withheld}.bin")),
        "it was withheld"
    );
    let page = String::from_utf8(files.get("report.html").context("no report")?.clone())?;
    ensure!(page.contains("The regulator asked what was shown.") && page.contains("Answers name customers."));
    Ok(())
}

async fn picked_records_are_a_file_of_their_own(desk: &Desk, window: &Window) -> Result<()> {
    window.click("nav-audit").await?;
    let newest: u64 = window.attribute("audit-row", "data-seq").await?.parse()?;
    let mut picked = Vec::new();
    for sequence in [newest, newest - 2] {
        window.click(&format!("audit-row[data-seq=\"{sequence}\"]")).await?;
        window.find(&format!("record[data-seq=\"{sequence}\"]")).await?;
        window.click("pick").await?;
        picked.push(sequence);
        window.says("picked", &format!("{} picked", picked.len())).await?;
    }
    window.settle().await?;
    desk.screenshot("6-picked")?;
    window.click("export").await?;
    window.says("export-picked", "2 records").await?;
    window.click("export-next").await?;
    window.click("export-next").await?;
    let path = save(window).await?;
    window.click("export-close").await?;
    let (manifest, _) = saved(&path)?;
    picked.sort_unstable();
    assert_eq!(manifest.selection, Selection::Records { sequences: picked });
    Ok(())
}

async fn a_whole_time_is_exported(window: &Window) -> Result<()> {
    window.click("export").await?;
    window.click("export-kind-range").await?;
    window.fill("export-to", "no time").await?;
    window.says("export-missing", "is no time").await?;
    window.fill("export-to", " ").await?;
    window.click("export-next").await?;
    window.click("export-next").await?;
    window
        .says("export-preview", "every record of the log in this time is there")
        .await?;
    let path = save(window).await?;
    window.press(ESCAPE).await?;
    let (manifest, files) = saved(&path)?;
    assert_eq!(
        manifest.selection,
        Selection::Range {
            from_ms: None,
            to_ms: None
        }
    );
    // The seal that the file rests on is the newest, and in sight.
    let checkpoint = files.get("checkpoint.txt").context("no checkpoint")?;
    let size = str::from_utf8(checkpoint)?.lines().nth(1).context("no size")?;
    window
        .says("chain-checkpoint", &format!("{size} records"))
        .await
        .map(drop)
}

async fn what_is_known_of_a_person_is_saved_and_checked(desk: &Desk, window: &Window) -> Result<()> {
    window.click("nav-settings").await?;
    window.fill("person-text", "And on Sundays?").await?;
    window.fill("person-reason", "Asked for on 3 May.").await?;
    window.click("person-save").await?;
    let path = window.text("person-path").await?;
    window.settle().await?;
    desk.screenshot("7-person")?;
    let document: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let records = document
        .get("records")
        .and_then(Value::as_array)
        .context("no records")?;
    ensure!(
        records
            .iter()
            .any(|record| record.to_string().contains("And on Sundays?")),
        "what was said isn't in it: {document}"
    );
    let checked = desk.command_line()?.run(&["dsar", "check", &path])?;
    ensure!(checked.code == 0, "{checked:?}");
    fs::write(&path, document.to_string().replace("Sundays", "Mondays"))?;
    let altered = desk.command_line()?.run(&["dsar", "check", &path])?;
    ensure!(altered.code == 1, "{altered:?}");
    Ok(())
}
