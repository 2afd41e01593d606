//! `traceparent`, as W3C Trace Context (level 1, §3.2) has it: by which one request's way through many programs is known.
//!
//! ```text
//! 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//! version-trace id-id of the sender's span-flags
//! ```

use std::fmt;

/// Version, trace id, span id and flags, with a dash between each.
const LENGTH: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

/// Whoever sent the request records it.
const SAMPLED: u8 = 1;

/// A request's place in a trace. Written, it is of version 00, with no flag but `sampled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace that it is part of; never all zero.
    pub trace_id: [u8; 16],
    /// The span that it was sent in; never all zero.
    pub span_id: [u8; 8],
    /// Whether the sender records it.
    pub sampled: bool,
}

impl TraceParent {
    /// The header's name.
    pub const HEADER: &str = "traceparent";

    /// Reads one. A later version counts as far as this one goes (§3.2.4): it may have more behind a further dash.
    ///
    /// Nothing where it is no valid one: then it isn't to be passed on either, nor the `tracestate` beside it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, further) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let [version] = hex_of(parts.next()?)?;
        let trace_id: [u8; 16] = hex_of(parts.next()?)?;
        let span_id: [u8; 8] = hex_of(parts.next()?)?;
        let [flags] = hex_of(parts.next()?)?;
        let whole = match version {
            0 => further.is_empty(),
            0xff => false,
            _ => further.is_empty() || further.starts_with('-'),
        };
        let valid = whole && parts.next().is_none() && trace_id != [0; 16] && span_id != [0; 8];
        valid.then_some(Self {
            trace_id,
            span_id,
            sampled: flags & SAMPLED != 0,
        })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (hex::encode(self.trace_id), hex::encode(self.span_id));
        write!(f, "00-{trace}-{span}-{:02x}", u8::from(self.sampled) * SAMPLED)
    }
}

/// Lower-case hexadecimal digits, exactly as many as are wanted.
fn hex_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn what_is_read_is_written_the_same() {
        for flags in ["00", "01"] {
            let text = format!("00-{TRACE}-{SPAN}-{flags}");
            let read = TraceParent::parse(&text).map(|parent| (parent.sampled, parent.to_string()));
            assert_eq!(read, Some((flags == "01", text)));
        }
    }

    #[test]
    fn a_later_version_counts_as_far_as_this_one_goes() {
        for later in [
            format!("01-{TRACE}-{SPAN}-01"),
            format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"),
            format!("fe-{TRACE}-{SPAN}-ff-"),
            format!("00-{TRACE}-{SPAN}-ff"),
        ] {
            let read = TraceParent::parse(&later).map(|parent| parent.to_string());
            assert_eq!(read, Some(format!("00-{TRACE}-{SPAN}-01")), "{later}");
        }
    }

    #[test]
    fn what_is_no_valid_one_is_none() {
        for invalid in [
            String::new(),
            "00-1-2-01".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-010"),
            format!("01-{TRACE}-{SPAN}-01.more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{}-01", SPAN.to_uppercase()),
            format!("0A-{TRACE}-{SPAN}-01"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01 "),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("00-{TRACE}{SPAN}--01"),
            format!("00-{}g-{SPAN}-01", TRACE.get(1..).unwrap_or_default()),
            format!("00-{TRACE}-{SPAN}-0\u{e9}"),
            format!("00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(TraceParent::parse(&invalid), None, "{invalid}");
        }
    }
}
