//! What the page knows while it is open. Nothing of it is stored anywhere.

use contract::{Code, OperatorError, PinnedKey, Report, SeenLog, VerifyProgress, parse_pins};
use evidence::Digest;
use evidence::verifier::{Pin, Pins, Remembered};
use leptos::prelude::*;
use leptos::task::spawn_local;
use report::PinDraft;
use web_sys::File;

use crate::held::{Held, lighten};
use crate::reading::{Unread, read};
use crate::work;

/// A page of HTML that was dropped: most likely a verifier that somebody wants to know the digest of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The file's name.
    pub(crate) name: String,
    /// Its SHA-256, hex.
    pub(crate) sha256: String,
}

/// All of it.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    /// The files that were verified, newest first.
    pub(crate) held: RwSignal<Vec<Held>, LocalStorage>,
    /// Which of them is open.
    pub(crate) open: RwSignal<usize>,
    /// How far a verification has come.
    pub(crate) progress: RwSignal<Option<VerifyProgress>>,
    /// Whether something is being done.
    pub(crate) busy: RwSignal<bool>,
    /// Whether files are held over the page.
    pub(crate) over: RwSignal<bool>,
    /// Why a file wasn't verified.
    pub(crate) error: RwSignal<Option<OperatorError>>,
    /// A page that was dropped.
    pub(crate) page: RwSignal<Option<Page>>,
    /// The keys that the person trusts, as long as the page is open.
    pub(crate) pins: RwSignal<Vec<PinnedKey>>,
    /// A pin being made.
    pub(crate) draft: PinDraft,
    /// Whether the form for it is open.
    pub(crate) pinning: RwSignal<bool>,
    /// What is said to a screen reader.
    pub(crate) said: RwSignal<String>,
    /// What was seen of logs, as long as the page is open: files of one log are held against each other.
    seen: StoredValue<Vec<SeenLog>>,
    turn: StoredValue<u32>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            held: RwSignal::new_local(Vec::new()),
            open: RwSignal::new(0),
            progress: RwSignal::new(None),
            busy: RwSignal::new(false),
            over: RwSignal::new(false),
            error: RwSignal::new(None),
            page: RwSignal::new(None),
            pins: RwSignal::new(Vec::new()),
            draft: PinDraft::default(),
            pinning: RwSignal::new(false),
            said: RwSignal::new(String::new()),
            seen: StoredValue::new(Vec::new()),
            turn: StoredValue::new(0),
        }
    }

    /// Says something to a screen reader, even the same thing twice.
    pub(crate) fn say(self, words: String) {
        self.said.update(|said| {
            let again = *said == words;
            *said = words;
            if again {
                said.push('\u{a0}');
            }
        });
    }

    /// Ends what is under way; nothing is shown of it.
    pub(crate) fn call_off(self) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.ended();
    }

    /// Takes files that were dropped or chosen: case files, files of pins, and verifier pages.
    pub(crate) fn take(self, files: Vec<File>) {
        if files.is_empty() {
            return;
        }
        let turn = self.begin();
        let mut files = files;
        // Pins that come with a file count for it.
        files.sort_by_key(|file| !matches!(kind(&file.name()), Kind::Pins));
        let pinned_before = self.pins.get_untracked();
        spawn_local(async move {
            let mut new = Vec::new();
            for file in files {
                let taken = match kind(&file.name()) {
                    Kind::Case => match self.verify(turn, &file).await {
                        Ok(report) => {
                            new.push(Held::new(file.clone(), report));
                            lighten(&mut new, 0);
                            Ok(())
                        }
                        Err(unread) => Err(unread),
                    },
                    Kind::Pins => self.take_pins(turn, &file).await,
                    Kind::Page => self.take_page(turn, &file).await,
                };
                if let Err(unread) = taken {
                    self.not_read(&file, &unread);
                }
            }
            if self.is_current(turn) {
                self.show(new);
                if self.pins.get_untracked() != pinned_before {
                    self.verify_again();
                }
            }
        });
    }

    /// Verifies every file again: the pins have changed.
    pub(crate) fn verify_again(self) {
        let files = self
            .held
            .with_untracked(|held| held.iter().map(|held| held.file.clone()).collect::<Vec<_>>());
        if files.is_empty() {
            return;
        }
        let (turn, open) = (self.begin(), self.open.get_untracked());
        spawn_local(async move {
            let mut new = Vec::new();
            for file in files {
                match self.verify(turn, &file).await {
                    Ok(report) => {
                        new.push(Held::new(file, report));
                        lighten(&mut new, open);
                    }
                    Err(unread) => self.not_read(&file, &unread),
                }
            }
            if self.is_current(turn) {
                // A verdict under other pins must not stay.
                self.held.set(Vec::new());
                self.show(new);
                self.open
                    .set(open.min(self.held.with_untracked(Vec::len).saturating_sub(1)));
            }
        });
    }

    /// Where what happened in this file was let go for others: finds it out once more, now that somebody looks.
    pub(crate) fn complete(self, at: usize) {
        if self
            .held
            .with_untracked(|held| held.get(at).is_some_and(|held| !held.whole))
        {
            self.tell(at, 1);
        }
    }

    /// Tells what happened in the open file from the record of this number on.
    pub(crate) fn tell_from(self, from: u64) {
        self.tell(self.open.get_untracked(), from);
    }

    fn tell(self, at: usize, from: u64) {
        let file = self
            .held
            .with_untracked(|held| held.get(at).map(|held| held.file.clone()));
        let Some(file) = file.filter(|_| !self.busy.get_untracked()) else {
            return;
        };
        let turn = self.begin();
        spawn_local(async move {
            let verified = self.verify_from(turn, &file, from).await;
            if !self.is_current(turn) {
                return;
            }
            self.ended();
            let open = self.open.get_untracked();
            match verified {
                Ok(report) => self.held.update(|held| {
                    if let Some(place) = held.get_mut(at) {
                        *place = Held::new(file, report);
                    }
                    lighten(held, open);
                }),
                Err(unread) => self.not_read(&file, &unread),
            }
            // Somebody looks at another file by now.
            if open != at {
                self.complete(open);
            }
        });
    }

    /// Trusts keys from now on, and verifies every file again.
    ///
    /// # Errors
    /// Another key is pinned for the same log and role.
    pub(crate) fn pin(self, keys: Vec<PinnedKey>) -> Result<(), String> {
        self.trust(keys)?;
        self.verify_again();
        Ok(())
    }

    fn trust(self, keys: Vec<PinnedKey>) -> Result<(), String> {
        let clash = self.pins.with_untracked(|pins| {
            keys.iter().find_map(|key| {
                pins.iter()
                    .find(|pin| (&pin.origin, &pin.role) == (&key.origin, &key.role) && pin.spki != key.spki)
                    .map(|pin| pin.name.clone())
            })
        });
        if let Some(name) = clash {
            return Err(format!(
                "Another key, {name}’s, is pinned for this log and role. If you know that the key was replaced, remove that pin first."
            ));
        }
        self.pins.update(|pins| {
            for key in keys {
                let known = pins
                    .iter()
                    .any(|pin| (&pin.origin, &pin.role) == (&key.origin, &key.role));
                if !known {
                    pins.push(key);
                }
            }
        });
        self.say("Pinned.".to_owned());
        Ok(())
    }

    /// Trusts a key no longer, and verifies every file again.
    pub(crate) fn unpin(self, key: &PinnedKey) {
        self.pins.update(|pins| pins.retain(|pin| pin != key));
        self.verify_again();
    }

    fn begin(self) -> u32 {
        self.call_off();
        self.busy.set(true);
        self.error.set(None);
        self.over.set(false);
        self.turn.get_value()
    }

    fn is_current(self, turn: u32) -> bool {
        self.turn.get_value() == turn
    }

    /// Says why a file wasn't verified; nothing where the person called it off.
    fn not_read(self, file: &File, unread: &Unread) {
        if let Some(words) = unread.words(&file.name()) {
            self.failed(words);
        }
    }

    fn failed(self, words: String) {
        self.error.set(Some(OperatorError::new(Code::Refused, words)));
    }

    async fn verify(self, turn: u32, file: &File) -> Result<Report, Unread> {
        self.verify_from(turn, file, 1).await
    }

    async fn verify_from(self, turn: u32, file: &File, from: u64) -> Result<Report, Unread> {
        let known = self.known();
        let told = move |progress| {
            if self.is_current(turn) {
                self.progress.set(Some(progress));
            }
        };
        let report = work::verify(file, from, &known, told, move || self.is_current(turn)).await?;
        self.seen.update_value(|seen| {
            SeenLog::learn(seen, &report);
        });
        Ok(report)
    }

    /// Whom the person trusts, and what was seen of logs, in the verifier's types.
    fn known(self) -> Pins {
        let pins = self.pins.get_untracked();
        let pins = pins.iter().filter_map(|pin| Pin::try_from(pin).ok()).collect();
        let seen = self.seen.get_value();
        let seen = seen.iter().filter_map(|log| Remembered::try_from(log).ok()).collect();
        Pins::new(pins).remembering(seen)
    }

    async fn take_pins(self, turn: u32, file: &File) -> Result<(), Unread> {
        let bytes = read(file, |_, _| {}, move || self.is_current(turn)).await?;
        let name = file.name();
        let pinned = parse_pins(&bytes).and_then(|keys| {
            let keys = keys.into_iter().map(|key| PinnedKey {
                source: name.clone(),
                ..key
            });
            self.trust(keys.collect())
        });
        if let Err(why) = pinned {
            self.failed(format!("{name} isn’t taken as pins: {why}"));
        }
        Ok(())
    }

    async fn take_page(self, turn: u32, file: &File) -> Result<(), Unread> {
        let bytes = read(file, |_, _| {}, move || self.is_current(turn)).await?;
        self.page.set(Some(Page {
            name: file.name(),
            sha256: Digest::sha256(&bytes).to_string(),
        }));
        Ok(())
    }

    /// Shows new reports, the first of them open, and says its verdict.
    fn show(self, new: Vec<Held>) {
        self.ended();
        let Some(Held { report: first, .. }) = new.first() else {
            return;
        };
        self.say(format!("{}: {}", first.file, first.headline));
        self.held.update(|held| {
            held.retain(|old| new.iter().all(|new| new.report.sha256 != old.report.sha256));
            held.splice(0..0, new);
            lighten(held, 0);
        });
        self.open.set(0);
    }

    fn ended(self) {
        self.busy.set(false);
        self.progress.set(None);
    }
}

enum Kind {
    Case,
    Pins,
    Page,
}

/// What a file is meant as. Only a name decides, so that a case file can't be taken for anything else by what is in it.
fn kind(name: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".json") {
        Kind::Pins
    } else if name.ends_with(".html") || name.ends_with(".htm") {
        Kind::Page
    } else {
        Kind::Case
    }
}
