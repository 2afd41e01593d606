//! A screen nobody looks at, save through photographs.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

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

/// A part of the screen, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From its left edge.
    pub left: u64,
    /// From its upper edge.
    pub top: u64,
    /// So wide.
    pub width: u64,
    /// So high.
    pub height: u64,
}

/// An X screen of 1440 × 900 with a window manager.
#[derive(Debug)]
pub struct Screen {
    /// What it shows at this moment, as the X server keeps it: an XWD file.
    frame: PathBuf,
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
        let frames = home.path().join("screen");
        fs::create_dir_all(&frames)?;
        xvfb.args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
            .arg("-fbdir")
            .arg(&frames);
        let (server, display) = Running::start_announced(&mut xvfb, home.logs(), "xvfb")?;
        home.set("DISPLAY", format!(":{display}"));
        home.set("GDK_BACKEND", "x11");

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
            frame: frames.join("Xvfb_screen0"),
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

    /// How many colours a part of the screen shows at this moment, read without asking anybody: whoever draws isn't held
    /// up.
    ///
    /// # Errors
    /// Where the X server's file isn't what X11/XWDFile.h says.
    pub fn colours(&self, part: Part) -> Result<usize> {
        let frame = fs::File::open(&self.frame)?;
        let number = |field: u64| -> Result<u64> {
            let mut bytes = [0; 4];
            frame.read_exact_at(&mut bytes, field * 4)?;
            Ok(u32::from_be_bytes(bytes).into())
        };
        // header_size, bits_per_pixel, bytes_per_line and ncolors, each of the latter of twelve bytes.
        let (header, bits, line, colours) = (number(0)?, number(11)?, number(12)?, number(19)?);
        ensure!(bits == 32, "a pixel has {bits} bits");
        let pixels = header + colours * 12;
        let mut row = vec![0; usize::try_from(part.width * 4)?];
        let mut seen = BTreeSet::new();
        for y in part.top..part.top + part.height {
            frame
                .read_exact_at(&mut row, pixels + y * line + part.left * 4)
                .context("a part beyond the screen's edge")?;
            let shown = row.as_chunks::<4>().0;
            seen.extend(shown.iter().copied());
        }
        Ok(seen.len())
    }
}
