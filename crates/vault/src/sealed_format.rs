//! The sealed file's header: what a passphrase has to be stretched with, in one line of ASCII.
//!
//! ```text
//! countersign-sealed/v1 scope=gateway argon2id m=65536 t=3 p=4 salt=<32 hex> check=<32 hex>⏎
//! nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)
//! ```
//!
//! The header is the additional data of the sealed part, so no digit of it can be changed unnoticed.

/// What the passphrase is stretched with (RFC 9106), and how to know that it was the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// `gateway` or `person`: one's file doesn't open in the other's place.
    pub(crate) scope: String,
    /// Memory, KiB.
    pub(crate) memory: u32,
    /// Passes.
    pub(crate) passes: u32,
    /// Lanes.
    pub(crate) lanes: u32,
    /// Random for each file.
    pub(crate) salt: [u8; 16],
    /// Tells a wrong passphrase from a damaged file. It helps a guesser no more than the tag does.
    pub(crate) check: [u8; 16],
}

/// The longest header that is looked at.
const LONGEST: usize = 256;

impl Header {
    /// RFC 9106 section 4, second recommended option: 64 MiB, three passes, four lanes.
    pub(crate) const MEMORY: u32 = 64 * 1024;
    pub(crate) const PASSES: u32 = 3;
    pub(crate) const LANES: u32 = 4;

    /// The line, with its line feed.
    pub(crate) fn print(&self) -> String {
        format!(
            "countersign-sealed/v1 scope={} argon2id m={} t={} p={} salt={} check={}\n",
            self.scope,
            self.memory,
            self.passes,
            self.lanes,
            hex::encode(self.salt),
            hex::encode(self.check)
        )
    }

    /// Splits a file into its header and its sealed part.
    ///
    /// # Errors
    /// What isn't as it must be. Only what [`Header::print`] writes is taken, and parameters only within bounds, so
    /// that a file made by another can't use up memory or time.
    pub(crate) fn parse(file: &[u8]) -> Result<(Self, &[u8]), &'static str> {
        let end = file
            .iter()
            .take(LONGEST)
            .position(|&b| b == b'\n')
            .ok_or("it has no header line")?;
        let (line, rest) = file.split_at_checked(end + 1).ok_or("it has no header line")?;
        let line = std::str::from_utf8(line).map_err(|_| "its header isn't text")?;
        let mut words = line.trim_end_matches('\n').split(' ');
        let mut word = |prefix: &str| words.next().and_then(|w| w.strip_prefix(prefix));
        if word("countersign-sealed/v1") != Some("") {
            return Err("it isn't a sealed file of version 1");
        }
        let scope = word("scope=").ok_or("its header names no scope")?.to_owned();
        if word("argon2id") != Some("") {
            return Err("its header names no argon2id");
        }
        let memory = number(word("m="), 8 * 1024..=256 * 1024).ok_or("its memory parameter is out of bounds")?;
        let passes = number(word("t="), 1..=16).ok_or("its passes parameter is out of bounds")?;
        let lanes = number(word("p="), 1..=16).ok_or("its lanes parameter is out of bounds")?;
        let salt = bytes(word("salt=")).ok_or("its salt isn't 16 bytes of hex")?;
        let check = bytes(word("check=")).ok_or("its check isn't 16 bytes of hex")?;
        let header = Self {
            scope,
            memory,
            passes,
            lanes,
            salt,
            check,
        };
        // Leading zeros, upper case, trailing words: whatever isn't exactly what we write.
        if header.print() == line {
            Ok((header, rest))
        } else {
            Err("its header isn't in the one form it has")
        }
    }
}

fn number(word: Option<&str>, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
    word?.parse().ok().filter(|n| bounds.contains(n))
}

fn bytes(word: Option<&str>) -> Option<[u8; 16]> {
    hex::decode(word?).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]
    use super::*;

    fn header() -> Header {
        Header {
            scope: "person".into(),
            memory: 65536,
            passes: 3,
            lanes: 4,
            salt: [7; 16],
            check: [0xab; 16],
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same_header_and_leaves_the_rest() {
        let mut file = header().print().into_bytes();
        file.extend_from_slice(b"sealed\nbytes");
        assert_eq!(Header::parse(&file).unwrap(), (header(), b"sealed\nbytes".as_slice()));
    }

    #[test]
    fn anything_but_the_one_form_is_refused() {
        let good = header().print();
        for (attack, file) in [
            ("empty", String::new()),
            ("cut_before_the_line_feed", good.trim_end().to_owned()),
            ("next_version", good.replace("/v1", "/v2")),
            ("version_with_a_tail", good.replace("/v1", "/v1x")),
            ("argon2i", good.replace("argon2id", "argon2i")),
            (
                "memory_that_would_take_the_machine",
                good.replace("m=65536", "m=4194304"),
            ),
            ("memory_of_next_to_nothing", good.replace("m=65536", "m=8")),
            ("passes_for_a_week", good.replace("t=3", "t=4000000")),
            ("no_passes", good.replace("t=3", "t=0")),
            ("leading_zero", good.replace("t=3", "t=03")),
            ("plus_sign", good.replace("t=3", "t=+3")),
            ("upper_case_hex", good.replace("ab", "AB")),
            ("short_salt", good.replace("salt=07", "salt=")),
            ("trailing_word", good.replace('\n', " x\n")),
            ("double_space", good.replace(" t=", "  t=")),
            ("carriage_return", good.replace('\n', "\r\n")),
            ("order_changed", good.replace("t=3 p=4", "p=4 t=3")),
            ("a_line_too_long", format!("{}{good}", " ".repeat(300))),
        ] {
            assert!(Header::parse(file.as_bytes()).is_err(), "{attack}");
        }
    }
}
