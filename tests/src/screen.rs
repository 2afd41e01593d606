//! A screen nobody looks at, save through photographs.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::{Home, Running, until};

/// No decorations, and the console fills the screen: what is photographed is the product. The drag source keeps the
/// size it asks for, above the console.
const OPENBOX: &str = r#"<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <applications>
    <application type="normal"><decor>no</decor><maximized>yes</maximized></application>
    <application title="drag source">
      <maximized>no</maximized><layer>above</layer><focus>no</focus>
      <position force="yes"><x>0</x><y>0</y></position>
    </application>
  </applications>
</openbox_config>
"#;

/// An X screen of 1440 × 900 with a window manager.
#[derive(Debug)]
pub struct Screen {
    _server: Running,
    _window_manager: Running,
}

impl Screen {
    /// Opens a screen on a free display, and points the home's programs at it.
    ///
    /// # Errors
    /// Where Xvfb or openbox doesn't start.
    pub async fn open(home: &mut Home) -> Result<Self> {
        // The server finds the free display itself and says which, once it takes connections.
        let mut xvfb = home.command("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"]);
        let (server, display) = Running::start_announced(&mut xvfb, home.logs(), "xvfb")?;
        home.set("DISPLAY", format!(":{display}"));
        home.set("GDK_BACKEND", "x11");
        home.set("WEBKIT_DISABLE_COMPOSITING_MODE", "1");

        let (config, ready) = (home.path().join("openbox.xml"), home.path().join("openbox.ready"));
        fs::write(&config, OPENBOX)?;
        let mut openbox = home.command("openbox");
        openbox
            .arg("--config-file")
            .arg(&config)
            .arg("--startup")
            .arg(format!("touch {}", ready.display()));
        let window_manager = Running::start(&mut openbox, home.logs(), "openbox")?;
        until("a window manager", async || Ok(ready.exists().then_some(()))).await?;
        Ok(Self {
            _server: server,
            _window_manager: window_manager,
        })
    }

    /// Photographs the whole screen, as a person sees it.
    ///
    /// # Errors
    /// Where the photograph can't be taken or written.
    pub fn photograph(&self, home: &Home, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let status = home.command("import").args(["-window", "root"]).arg(path).status()?;
        ensure!(
            status.success(),
            "`import` couldn't photograph the screen into {}",
            path.display()
        );
        Ok(())
    }
}
