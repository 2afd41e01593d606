//! Every system package, in one place, with what needs it.

use super::Purpose;

/// A Debian or Ubuntu package and what needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    /// The package's name.
    pub(crate) package: &'static str,
    /// What needs it, for a person.
    pub(crate) why: &'static str,
    /// The program that it is wanted for, where others than Debian package it too: if that is there, it is enough.
    pub(crate) program: Option<&'static str>,
}

const fn need(package: &'static str, why: &'static str) -> Need {
    Need {
        package,
        why,
        program: None,
    }
}

const fn need_program(package: &'static str, why: &'static str) -> Need {
    Need {
        package,
        why,
        program: Some(package),
    }
}

/// Building and running the window.
const RUN: &[Need] = &[
    need("pkg-config", "finds the libraries below"),
    need("libgtk-3-dev", "the window"),
    need("libwebkit2gtk-4.1-dev", "the web view inside the window"),
];

/// Driving the real window, with the real keychain and the real SDKs.
const TEST: &[Need] = &[
    need("xvfb", "a screen nobody has to look at"),
    need(
        "openbox",
        "a window manager on that screen, so that drops and focus are real",
    ),
    need("webkit2gtk-driver", "clicks in the window through WebDriver"),
    need("chromium", "opens the verifier page as an auditor's browser does"),
    need("chromium-driver", "clicks in that browser through WebDriver"),
    need(
        "firefox-esr",
        "opens the verifier page as another auditor's browser does",
    ),
    need("xdotool", "moves the pointer, for a real file drop"),
    need("python3-gi", "the drag source of that drop"),
    need("gir1.2-gtk-3.0", "the drag source of that drop"),
    need("imagemagick", "photographs the screen"),
    need("dbus", "the session bus that the keychain answers on"),
    need("gnome-keyring", "a real Secret Service keychain"),
    need(
        "strace",
        "makes an fsync fail; records what a log does to the disk, to lose power in between",
    ),
    need("faketime", "sets the clock back and forth"),
    need("nodejs", "runs what is used from npm: Sigstore's own verifier"),
    need_program("npm", "installs it"),
    need(
        "python3-venv",
        "a home for what is used from PyPI: the OpenAI SDK, an independent canonical JSON",
    ),
];

/// Measuring.
const BENCH: &[Need] = &[
    need("pkg-config", "finds libraries"),
    need(
        "nginx",
        "the yardstick: a bare reverse proxy (its packaged service isn't used)",
    ),
    need("nodejs", "runs Portkey's gateway, to measure beside ours"),
    need_program("npm", "installs it"),
    need("python3-venv", "a home for LiteLLM, to measure beside ours"),
];

/// What a purpose needs, each package once.
pub(crate) fn needed_for(purpose: Purpose) -> Vec<Need> {
    match purpose {
        Purpose::Run => RUN.to_vec(),
        Purpose::Test => [RUN, TEST].concat(),
        Purpose::Bench => BENCH.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_package_is_listed_twice_for_one_purpose() {
        for purpose in [Purpose::Run, Purpose::Test, Purpose::Bench] {
            let mut names: Vec<_> = needed_for(purpose).iter().map(|need| need.package).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{purpose:?}");
        }
    }
}
