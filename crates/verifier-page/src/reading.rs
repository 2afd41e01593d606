//! Reads a file that a person chose or dropped, in pieces.

use evidence::casefile::PAGE_BYTES;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// Bytes read at a time.
const PIECE: u64 = 1 << 20;

/// Why a file wasn't read. None of these says anything about what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than [`PAGE_BYTES`].
    TooLarge(u64),
    /// There is no memory for it.
    NoMemory(u64),
    /// It was read, and couldn't be gone through to its end.
    Stopped(String),
    /// The browser can't read it.
    Refused,
    /// The person called it off.
    CalledOff,
}

impl Unread {
    /// In words, for a person; nothing where they called it off themselves.
    pub(crate) fn words(&self, file: &str) -> Option<String> {
        let elsewhere = "Nothing was found out about it. Use `countersign verify` on the command line, which reads files of up to 4 GB.";
        match self {
            Self::TooLarge(bytes) => Some(format!(
                "{file} has {}, and this page reads at most {}, because it keeps within 256 MB of memory. {elsewhere}",
                report::format::size(*bytes),
                report::format::size(PAGE_BYTES)
            )),
            Self::NoMemory(bytes) => Some(format!(
                "{file} has {}, and the browser gives this page no more memory. {elsewhere}",
                report::format::size(*bytes)
            )),
            Self::Stopped(why) => Some(format!(
                "{file} couldn’t be gone through to its end: {why}. {elsewhere}"
            )),
            Self::Refused => Some(format!(
                "{file} can’t be read: it was moved, changed or removed since it was chosen, or it is a folder. Choose it again."
            )),
            Self::CalledOff => None,
        }
    }
}

/// Reads the whole of a file, telling how far it has come; `go_on` is asked before each piece.
pub(crate) async fn read(
    file: &File,
    mut told: impl FnMut(u64, u64),
    go_on: impl Fn() -> bool,
) -> Result<Vec<u8>, Unread> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size is a whole number of bytes"
    )]
    let size = file.size() as u64;
    if size > PAGE_BYTES {
        return Err(Unread::TooLarge(size));
    }
    let mut bytes = Vec::new();
    let room = usize::try_from(size).map_err(|_| Unread::TooLarge(size))?;
    bytes.try_reserve_exact(room).map_err(|_| Unread::NoMemory(size))?;
    let mut from = 0;
    while from < size {
        if !go_on() {
            return Err(Unread::CalledOff);
        }
        let to = from.saturating_add(PIECE).min(size);
        let piece = piece(file, from, to).await.map_err(|_| Unread::Refused)?;
        if u64::from(piece.length()) != to - from {
            return Err(Unread::Refused);
        }
        bytes.extend_from_slice(&piece.to_vec());
        from = to;
        told(from, size);
    }
    Ok(bytes)
}

async fn piece(file: &File, from: u64, to: u64) -> Result<Uint8Array, JsValue> {
    #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^53")]
    let blob = file.slice_with_f64_and_f64(from as f64, to as f64)?;
    Ok(Uint8Array::new(&JsFuture::from(blob.array_buffer()).await?))
}
