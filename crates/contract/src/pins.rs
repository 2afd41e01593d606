//! Pinned keys as one person hands them to another: `{"pins": [PinnedKey, …]}`, read strictly.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::verifier::Pin;
use evidence::{PublicKey, Role};
use serde::{Deserialize, Serialize};

use crate::PinnedKey;

#[derive(Serialize, Deserialize)]
struct File {
    pins: Vec<PinnedKey>,
}

/// The pin in the verifier's types.
impl TryFrom<&PinnedKey> for Pin {
    type Error = String;

    /// # Errors
    /// Says what keeps it from being a log's key.
    fn try_from(pin: &PinnedKey) -> Result<Self, String> {
        let origin = pin
            .origin
            .parse()
            .map_err(|_| format!("`{}` is no log's origin", pin.origin))?;
        let role = match pin.role.as_str() {
            "log" => Role::Log,
            "case" => Role::Case,
            other => return Err(format!("`{other}` is neither `log` nor `case`")),
        };
        let der = STANDARD
            .decode(&pin.spki)
            .map_err(|_| "the key isn't base64".to_owned())?;
        let key = PublicKey::from_spki_der(&der).map_err(|error| error.to_string())?;
        Ok(Self {
            origin,
            role,
            key,
            name: pin.name.clone(),
        })
    }
}

impl PinnedKey {
    /// The key's id, `SHA256:…`, as `ssh-keygen -l` shows it; nothing where it isn't a key.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        Pin::try_from(self).ok().map(|pin| pin.key.key_id().to_string())
    }
}

/// Reads a file of pins: only keys, and one for each log and role.
///
/// # Errors
/// Says what keeps the bytes from being such a file.
pub fn parse_pins(bytes: &[u8]) -> Result<Vec<PinnedKey>, String> {
    let value = evidence::json::parse_signed(bytes).map_err(|error| error.to_string())?;
    let file: File = serde_json::from_value(value).map_err(|error| error.to_string())?;
    file.pins.iter().try_for_each(|pin| Pin::try_from(pin).map(drop))?;
    let places: BTreeSet<_> = file.pins.iter().map(|pin| (&pin.origin, &pin.role)).collect();
    if places.len() == file.pins.len() {
        Ok(file.pins)
    } else {
        Err("two keys for one log and role".to_owned())
    }
}

/// Writes such a file.
///
/// # Errors
/// Never for what [`parse_pins`] read.
pub fn print_pins(pins: &[PinnedKey]) -> Result<String, serde_json::Error> {
    let file = File { pins: pins.to_vec() };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../../assets/samples/sample-pins.json");

    #[test]
    fn what_was_printed_reads_back_the_same() {
        let pins = parse_pins(SAMPLE).unwrap_or_default();
        assert!(!pins.is_empty());
        let printed = print_pins(&pins).unwrap_or_default();
        assert_eq!(parse_pins(printed.as_bytes()), Ok(pins));
    }

    #[test]
    fn two_keys_for_one_log_and_role_are_refused() {
        let mut pins = parse_pins(SAMPLE).unwrap_or_default();
        let again: Vec<_> = pins.iter().take(1).cloned().collect();
        pins.extend(again);
        let printed = print_pins(&pins).unwrap_or_default();
        assert_eq!(
            parse_pins(printed.as_bytes()),
            Err("two keys for one log and role".to_owned())
        );
    }

    #[test]
    fn a_reviewers_key_pins_nothing() {
        let text = String::from_utf8_lossy(SAMPLE).replace("\"case\"", "\"reviewer\"");
        assert!(parse_pins(text.as_bytes()).is_err());
    }
}
