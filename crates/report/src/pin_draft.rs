//! A pin being made: what was pasted or typed, read into keys.

use contract::{PinnedKey, Report, parse_pins};
use leptos::prelude::*;

/// Who signed a file, by what the file itself shows. It proves nothing about whose key it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer {
    /// The log.
    pub origin: Option<String>,
    /// The key's id, `SHA256:…`.
    pub key_id: Option<String>,
    /// The key, SubjectPublicKeyInfo in standard base64.
    pub spki: Option<String>,
}

impl Signer {
    /// The signer that a report names.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            origin: report.origin.clone(),
            key_id: report.key_id.clone(),
            spki: report.signer.clone(),
        }
    }
}

/// What stands in the form; it outlasts the dialog.
#[derive(Clone, Copy)]
pub struct PinDraft {
    /// The signer of the report that the form was opened from.
    pub signer: RwSignal<Signer>,
    /// What `countersign export-pin` printed, the public key, or its id.
    pub text: RwSignal<String>,
    /// Whose it is.
    pub name: RwSignal<String>,
    /// Where it came from.
    pub source: RwSignal<String>,
}

impl Default for PinDraft {
    fn default() -> Self {
        Self {
            signer: RwSignal::new(Signer::default()),
            text: RwSignal::new(String::new()),
            name: RwSignal::new(String::new()),
            source: RwSignal::new(String::new()),
        }
    }
}

impl PinDraft {
    /// Empties the fields.
    pub fn clear(self) {
        for field in [self.text, self.name, self.source] {
            field.set(String::new());
        }
    }

    /// The keys that it says.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(self, now: i64) -> Result<Vec<PinnedKey>, String> {
        let typed = Typed {
            text: self.text.get_untracked(),
            name: self.name.get_untracked(),
            source: self.source.get_untracked(),
        };
        typed.read(&self.signer.get_untracked(), now)
    }
}

struct Typed {
    text: String,
    name: String,
    source: String,
}

impl Typed {
    fn read(&self, signer: &Signer, now: i64) -> Result<Vec<PinnedKey>, String> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let text = self.text.trim();
        if text.is_empty() {
            return Err("Paste the key.".to_owned());
        }
        if text.starts_with('{') {
            let pasted = parse_pins(text.as_bytes()).map_err(|why| format!("That is not an exported pin: {why}."))?;
            let complete = |pin: PinnedKey| PinnedKey {
                name: given(&self.name).unwrap_or(pin.name),
                // What stands there is where the one who exported it had it from.
                source: given(&self.source).unwrap_or_else(|| "pasted".to_owned()),
                pinned_ms: now,
                ..pin
            };
            return Ok(pasted.into_iter().map(complete).collect());
        }
        let spki = if text.starts_with("SHA256:") {
            compared(text, signer)?
        } else {
            text.lines()
                .map(str::trim)
                .filter(|line| !line.starts_with("-----"))
                .collect()
        };
        let pin = PinnedKey {
            origin: signer
                .origin
                .clone()
                .ok_or("A bare key doesn’t say for which log: paste the whole exported pin, or open this from a file’s report.")?,
            role: "case".to_owned(),
            spki,
            name: given(&self.name).ok_or("Say whose key it is.")?,
            source: given(&self.source).unwrap_or_default(),
            pinned_ms: now,
        };
        match pin.key_id() {
            Some(_) => Ok(vec![pin]),
            None => Err("That is no P-256 public key, and no exported pin.".to_owned()),
        }
    }
}

/// The file's own key, if its id is the one that was typed. An id is SHA-256 over the whole key, so equal ids are equal
/// keys; it is the person who says where the id came from.
fn compared(typed: &str, signer: &Signer) -> Result<String, String> {
    match (&signer.key_id, &signer.spki) {
        (Some(id), Some(spki)) if id == typed => Ok(spki.clone()),
        (Some(id), _) => Err(format!(
            "The file is signed with another key: {id}. If what you typed is the owner’s, the file isn’t theirs."
        )),
        (None, _) => {
            Err("A key’s id is compared with the key that signed a file: open this from a file’s report.".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../assets/samples/sample-pins.json");

    fn typed(text: &str) -> Typed {
        Typed {
            text: text.to_owned(),
            name: "Northwind".to_owned(),
            source: String::new(),
        }
    }

    fn signer() -> Signer {
        let pins = parse_pins(SAMPLE.as_bytes()).unwrap_or_default();
        let pin = pins.into_iter().find(|pin| pin.role == "case");
        Signer {
            origin: pin.as_ref().map(|pin| pin.origin.clone()),
            key_id: pin.as_ref().and_then(PinnedKey::key_id),
            spki: pin.map(|pin| pin.spki),
        }
    }

    #[test]
    fn an_exported_pin_is_taken_as_it_is() {
        let pins = typed(SAMPLE).read(&Signer::default(), 7).unwrap_or_default();
        assert!(!pins.is_empty() && pins.iter().all(|pin| pin.pinned_ms == 7 && pin.name == "Northwind"));
        assert!(
            pins.iter().all(|pin| pin.source == "pasted"),
            "where its owner had it from is nothing to us"
        );
    }

    #[test]
    fn a_typed_id_pins_the_files_key_only_where_it_is_the_files_own() {
        let signer = signer();
        let id = signer.key_id.clone().unwrap_or_default();
        let pins = typed(&id).read(&signer, 0).unwrap_or_default();
        assert_eq!(pins.first().map(|pin| &pin.spki), signer.spki.as_ref());

        let mut other = id;
        other.pop();
        assert!(typed(&other).read(&signer, 0).is_err(), "a shortened id");
        assert!(typed("SHA256:").read(&signer, 0).is_err(), "no id");
        assert!(
            typed("SHA256:x").read(&Signer::default(), 0).is_err(),
            "no file to compare with"
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "hello",
            "{}",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        ] {
            assert!(typed(text).read(&signer(), 0).is_err(), "{text}");
        }
    }
}
