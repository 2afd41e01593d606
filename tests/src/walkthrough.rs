//! What several walks through the window have in common.

use anyhow::Result;

use crate::Window;

/// The first start, as a newcomer sees it: names the organisation and the operator, puts the first agent's key away,
/// and gives that key.
///
/// # Errors
/// Where the window shows something else.
pub async fn first_start(window: &Window) -> Result<String> {
    first_start_with(window, async || Ok(())).await
}

/// The first start, with something done while the first agent's key is shown.
///
/// # Errors
/// Where the window shows something else.
pub async fn first_start_with(window: &Window, meanwhile: impl AsyncFnOnce() -> Result<()>) -> Result<String> {
    window.find("first-run").await?;
    window.fill("tenant-name", "Norwind Trading").await?;
    window.fill("operator-name", "Ada Novak").await?;
    window.click("first-run-create").await?;
    let key = window.text("runtime-key-text").await?;
    meanwhile().await?;
    window.click("first-key-kept").await?;
    window.find("nav-inbox").await?;
    Ok(key)
}

/// Opens the one item that waits and gives its uid.
///
/// # Errors
/// Where none comes.
pub async fn open_waiting_item(window: &Window) -> Result<String> {
    window.click("nav-inbox").await?;
    window.click("show-waiting").await?;
    let uid = window.attribute("inbox-row", "data-uid").await?;
    window.click("inbox-row").await?;
    window.find(&format!("item[data-uid=\"{uid}\"]")).await?;
    Ok(uid)
}

/// Exports the case file of the agent that the console offers first, and gives its path.
///
/// # Errors
/// Where the window shows something else.
pub async fn export_case(window: &Window, agent: &str) -> Result<String> {
    window.click("nav-audit").await?;
    window.click("export").await?;
    window.choose("export-agent", agent).await?;
    window.click("export-next").await?;
    // Nothing is disclosed unless somebody chooses to.
    window.find("export-slot-request").await?;
    window.click("export-next").await?;
    window.click("export-save").await?;
    let path = window.text("export-path").await?;
    window.press("\u{e00c}").await?;
    Ok(path)
}
