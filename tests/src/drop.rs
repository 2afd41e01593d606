//! A real file, dropped on the real window by a pointer that moves.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::{Home, Running, places, until};

/// Drags files from a window of another program and drops them in the middle of the screen.
///
/// # Errors
/// Where the drag source or the pointer can't be moved.
pub async fn drop_files(home: &Home, files: &[&Path]) -> Result<()> {
    let ready = home.path().join("drag-source.ready");
    if ready.exists() {
        std::fs::remove_file(&ready)?;
    }
    let mut source = home.command("/usr/bin/python3");
    source
        .arg("-B")
        .arg(places::root().join("tests/programs/drag_source.py"))
        .arg(&ready)
        .args(files);
    let mut source = Running::start(&mut source, home.logs(), "drag-source")?;
    until("the drag source's window", async || {
        ensure!(source.ended()?.is_none(), "the drag source ended: {}", source.said());
        Ok(ready.exists().then_some(()))
    })
    .await?;

    // GTK wants to see the pointer travel, and a moment's rest over the target: as a hand does it.
    let mut pointer = home.command("xdotool");
    pointer.args([
        "mousemove",
        "80",
        "40",
        "sleep",
        "0.2",
        "mousedown",
        "1",
        "sleep",
        "0.1",
    ]);
    for step in 1..=20 {
        let (x, y) = (80 + step * 37, 40 + step * 23);
        pointer.args(["mousemove", &x.to_string(), &y.to_string(), "sleep", "0.03"]);
    }
    let moved = pointer.args(["sleep", "0.4", "mouseup", "1"]).status()?;
    ensure!(moved.success(), "`xdotool` couldn't move the pointer");
    source.end().await?;
    Ok(())
}
