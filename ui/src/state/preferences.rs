//! What a person chose for this window: appearance, and which single keys do what (WCAG 2.1.4).

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

const STORED_AS: &str = "countersign.preferences";

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// What a single key can do. Arrow keys, Enter and Escape do what they do everywhere and can't be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    /// The next row.
    Next,
    /// The row before.
    Previous,
    /// Begin to countersign the open item.
    Approve,
    /// Begin to deny the open item.
    Deny,
    /// Show or hide exact bytes.
    Bytes,
    /// Into the filter.
    Filter,
    /// Filter the log by what the row says.
    Narrow,
    /// First of two keys: go to a place.
    Go,
    /// Show the keys.
    Help,
}

impl Command {
    /// All, with the key they have unless a person moved them, and what they do.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::Next, "j", "Next row"),
        (Self::Previous, "k", "Previous row"),
        (Self::Approve, "1", "Countersign the open item (asks once more)"),
        (Self::Deny, "3", "Deny the open item (asks for the reason)"),
        (Self::Bytes, "b", "Show or hide the exact bytes"),
        (Self::Filter, "/", "Filter the list"),
        (Self::Narrow, "f", "Filter the log by the row"),
        (Self::Go, "g", "Go to a place: g, then its letter"),
        (Self::Help, "?", "Show these keys"),
    ];

    fn usual_key(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(command, ..)| *command == self)
            .map_or("", |(_, key, _)| key)
    }
}

/// What a person chose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Preferences {
    /// Light or dark.
    pub(crate) theme: Theme,
    /// Whether single keys do nothing.
    pub(crate) single_keys_off: bool,
    /// Keys that were moved.
    pub(crate) moved: BTreeMap<Command, String>,
}

impl Preferences {
    /// What was chosen before, or the usual.
    pub(crate) fn stored() -> Self {
        window()
            .local_storage()
            .ok()
            .flatten()
            .and_then(|storage| storage.get_item(STORED_AS).ok().flatten())
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Keeps them for the next start. Where the system forbids it they last as long as the window.
    pub(crate) fn store(&self) {
        let storage = window().local_storage().ok().flatten();
        if let (Some(storage), Ok(text)) = (storage, serde_json::to_string(self))
            && storage.set_item(STORED_AS, &text).is_err()
        {
            leptos::logging::warn!("the preferences can't be kept beyond this window");
        }
        let Some(root) = document().document_element() else {
            return;
        };
        let set = match self.theme {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light => root.set_attribute("data-theme", "light"),
            Theme::Dark => root.set_attribute("data-theme", "dark"),
        };
        if set.is_err() {
            leptos::logging::warn!("the theme can't be set");
        }
    }

    /// The key of a command.
    pub(crate) fn key(&self, command: Command) -> String {
        self.moved
            .get(&command)
            .cloned()
            .unwrap_or_else(|| command.usual_key().to_owned())
    }

    /// What a pressed key commands.
    pub(crate) fn command(&self, key: &str) -> Option<Command> {
        if self.single_keys_off {
            return None;
        }
        Command::ALL
            .iter()
            .map(|(command, ..)| *command)
            .find(|command| self.key(*command) == key)
    }

    /// Moves a command to another key.
    ///
    /// # Errors
    /// What is wrong with the key, in words.
    pub(crate) fn move_to(&mut self, command: Command, key: &str) -> Result<(), String> {
        if key.chars().count() != 1 || key.chars().any(char::is_whitespace) {
            return Err("Choose one character that is typed with one key.".to_owned());
        }
        if let Some(other) = Command::ALL
            .iter()
            .find(|(other, ..)| *other != command && self.key(*other) == key)
        {
            return Err(format!("That key is taken: {}.", other.2));
        }
        if key == command.usual_key() {
            self.moved.remove(&command);
        } else {
            self.moved.insert(command, key.to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_key_commands_and_its_old_place_no_longer_does() {
        let mut preferences = Preferences::default();
        assert_eq!(preferences.move_to(Command::Approve, "y"), Ok(()));
        assert_eq!(preferences.command("y"), Some(Command::Approve));
        assert_eq!(preferences.command("1"), None);
    }

    #[test]
    fn two_commands_never_share_a_key() {
        let mut preferences = Preferences::default();
        assert!(preferences.move_to(Command::Approve, "3").is_err());
        assert!(preferences.move_to(Command::Approve, "").is_err());
        assert!(preferences.move_to(Command::Approve, "ab").is_err());
        assert_eq!(preferences, Preferences::default());
    }

    #[test]
    fn switched_off_no_single_key_commands() {
        let preferences = Preferences {
            single_keys_off: true,
            ..Preferences::default()
        };
        for (_, key, _) in Command::ALL {
            assert_eq!(preferences.command(key), None);
        }
    }
}
