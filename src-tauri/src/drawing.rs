//! How the window is drawn where the machine has no graphics device.
//!
//! WebKitGTK has Mesa emulate one then: the first picture comes a second later, and each scroll costs more. What it draws by
//! itself is there sooner. It asks the environment, before it starts its processes; its setting
//! (`hardware-acceleration-policy`) comes after.

use std::env;
use std::ffi::OsStr;
use std::path::Path;

/// What WebKitGTK asks; whoever has set it, to anything, has chosen.
const WITHOUT_A_DEVICE: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Has WebKit draw by itself where there is no device. To be called before the process has a second thread, for the
/// environment is everybody's.
pub(crate) fn choose() {
    if env::var_os(WITHOUT_A_DEVICE).is_none()
        && !has_device(Path::new("/dev"))
        && let Err(error) = glib::setenv(WITHOUT_A_DEVICE, OsStr::new("1"), false)
    {
        tracing::warn!(%error, "the window may take long to appear");
    }
}

/// Whether there is a device to draw with: one that renders, NVIDIA's own, or the one that Windows lends to its Linux.
fn has_device(devices: &Path) -> bool {
    let renders = |name: &OsStr| name.to_string_lossy().starts_with("renderD");
    let dri = devices.join("dri").read_dir();
    dri.is_ok_and(|entries| entries.flatten().any(|entry| renders(&entry.file_name())))
        || ["nvidiactl", "dxg"].iter().any(|name| devices.join(name).exists())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

    use std::fs;

    use super::*;

    #[test]
    fn a_device_to_draw_with_is_told_from_a_display_without_one() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!has_device(devices.path()));
        fs::create_dir(devices.path().join("dri")).unwrap();
        fs::write(devices.path().join("dri/card0"), "").unwrap();
        assert!(!has_device(devices.path()), "a card that shows, and renders nothing");
        fs::write(devices.path().join("dri/renderD128"), "").unwrap();
        assert!(has_device(devices.path()));

        for other in ["nvidiactl", "dxg"] {
            let devices = tempfile::tempdir().unwrap();
            fs::write(devices.path().join(other), "").unwrap();
            assert!(has_device(devices.path()), "{other}");
        }
    }
}
