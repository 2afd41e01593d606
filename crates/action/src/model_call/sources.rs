//! Where the bytes of an image, a file or a sound are: in the call, at an address, at the provider.

use super::found::Found;
use super::{Capability, Source};

/// What is sent along or fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Image,
    File,
    Audio,
}

impl Media {
    /// By its media type.
    pub(super) fn of_type(media_type: &str) -> Self {
        let starts = |start: &str| {
            media_type
                .get(..start.len())
                .is_some_and(|s| s.eq_ignore_ascii_case(start))
        };
        if starts("image/") {
            Self::Image
        } else if starts("audio/") {
            Self::Audio
        } else {
            Self::File
        }
    }
}

/// Notes what a source reaches.
pub(super) fn reach(media: Media, source: &Source, state: &str, found: &mut Found) {
    found.reach(match (source, media) {
        (Source::Inline { .. }, Media::Image) => Capability::InlineImage,
        (Source::Inline { .. }, Media::File) => Capability::InlineFile,
        (Source::Inline { .. }, Media::Audio) => Capability::InlineAudio,
        (Source::Address(_), Media::Image) => Capability::RemoteImage,
        (Source::Address(_), _) => Capability::RemoteFile,
        (Source::Stored(_), _) => Capability::ServerState(state.to_owned()),
    });
}

/// The bytes in a `data:` URL, or an address. Only the plainest form is taken for inline (lower case, base64, no white
/// space): URL parsers forgive more than that, so everything else counts as an address.
pub(super) fn addressed(url: &str) -> Source {
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match inline {
        Some((media_type, data)) if is_media_type(media_type) && is_base64(data) => Source::Inline {
            media_type: media_type.to_owned(),
            characters: data.len(),
        },
        _ => Source::Address(url.to_owned()),
    }
}

/// Base64 in the call; anything else counts as an address.
pub(super) fn inline(media_type: &str, data: &str) -> Source {
    if is_base64(data) {
        Source::Inline {
            media_type: media_type.to_owned(),
            characters: data.len(),
        }
    } else {
        Source::Address(data.to_owned())
    }
}

/// Base64, or a `data:` URL; anything else counts as an address.
pub(super) fn inline_or_addressed(data: &str) -> Source {
    if is_base64(data) {
        inline("unknown", data)
    } else {
        addressed(data)
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "/.+-_".contains(c);
    text.matches('/').count() == 1 && text.chars().all(token)
}

fn is_base64(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
}
