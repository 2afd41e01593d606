//! The names that entries may have.

/// The longest name, in bytes.
pub(super) const LONGEST: usize = 200;

/// Whether `name` is one that every system reads alike and that stays within its folder.
///
/// A single trailing `/` is let through here; it marks a directory, which the walk reports by itself.
pub(super) fn is_plain(name: &[u8]) -> bool {
    let name = name.strip_suffix(b"/").unwrap_or(name);
    !name.is_empty() && name.len() <= LONGEST && name.split(|byte| *byte == b'/').all(is_component)
}

fn is_component(part: &[u8]) -> bool {
    // A trailing dot is dropped by Windows, so `a.` and `a` would be one file there.
    !part.is_empty()
        && !part.ends_with(b".")
        && part
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// For messages: the name with everything but visible ASCII escaped.
pub(super) fn printable(name: &[u8]) -> String {
    name.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn names_that_stay_within_their_folder_and_no_others() {
        for good in [
            "README.txt",
            "proofs/skeleton.bin",
            "approvals/12.dsse.json",
            "a..b",
            ".hidden",
            "proofs/",
        ] {
            assert!(is_plain(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "C:/x",
            "a\\b",
            "a\0b",
            "a.",
            "é",
            "a b",
            "..",
            "a:b",
        ] {
            assert!(!is_plain(bad.as_bytes()), "{bad}");
        }
        assert!(!is_plain(&[b'a'; 201]));
    }
}
