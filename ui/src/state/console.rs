//! The page's root state, and how it learns what happens.

use contract::{AddedAgent, Empty, Event, Happening, OperatorError, Status};
use futures_util::join;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Case, Command, Fetched, Inbox, Log, Preferences, Soon, Traffic, Verifying};
use crate::format;
use crate::ipc::{Dragged, calls, events, listen, shell};
use crate::route::Route;

/// What the keyboard asks of the place that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    /// A single key's command.
    Command(Command),
    /// Enter, with nothing focused that takes it.
    Open,
    /// Escape, likewise.
    Back,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// To what was before, by the left arrow key.
    Earlier,
    /// To what came after, by the right arrow key.
    Later,
}

/// How often something of a kind changed: places that show it ask anew.
#[derive(Clone, Copy)]
pub(crate) struct Changes {
    pub(crate) agents: RwSignal<u32>,
    pub(crate) upstreams: RwSignal<u32>,
    pub(crate) policy: RwSignal<u32>,
}

/// The page's root state. Copied freely; every copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Console {
    pub(crate) route: RwSignal<Route>,
    pub(crate) start: Fetched<shell::Start>,
    /// The first agent's key, as long as it is shown.
    pub(crate) first_key: RwSignal<Option<AddedAgent>>,
    pub(crate) status: Fetched<Status>,
    /// ms UTC, once a second.
    pub(crate) now: RwSignal<i64>,
    /// The last thing said to a screen reader.
    pub(crate) said: RwSignal<String>,
    pub(crate) preferences: RwSignal<Preferences>,
    pub(crate) help: RwSignal<bool>,
    pub(crate) changes: Changes,
    pub(crate) inbox: Inbox,
    pub(crate) log: Log,
    pub(crate) traffic: Traffic,
    /// The case file that is put together.
    pub(crate) case: Case,
    pub(crate) verifying: Verifying,
    /// A policy text that is being written, kept while a person looks elsewhere.
    pub(crate) policy_draft: RwSignal<Option<String>>,
    /// The open place's ear for the keyboard.
    pub(crate) ear: StoredValue<Option<Callback<Press, bool>>>,
    status_soon: Soon,
    /// The log's size as it was told last, and its newest record's fingerprint.
    appended: StoredValue<(u64, String)>,
    appended_soon: Soon,
}

/// The root state, from anywhere below [`crate::app::App`].
pub(crate) fn console() -> Console {
    expect_context::<Console>()
}

impl Console {
    /// Reads the address and the preferences, asks nothing yet.
    pub(crate) fn new() -> Self {
        let preferences = Preferences::stored();
        preferences.store();
        Self {
            route: RwSignal::new(Route::parse(&address())),
            start: Fetched::new(),
            first_key: RwSignal::new(None),
            status: Fetched::new(),
            now: RwSignal::new(clock()),
            said: RwSignal::new(String::new()),
            preferences: RwSignal::new(preferences),
            help: RwSignal::new(false),
            changes: Changes {
                agents: RwSignal::new(0),
                upstreams: RwSignal::new(0),
                policy: RwSignal::new(0),
            },
            inbox: Inbox::new(),
            log: Log::new(),
            traffic: Traffic::new(),
            case: Case::new(),
            verifying: Verifying::new(),
            policy_draft: RwSignal::new(None),
            ear: StoredValue::new(None),
            status_soon: Soon::new(),
            appended: StoredValue::new((0, String::new())),
            appended_soon: Soon::new(),
        }
    }

    /// Goes to a place.
    pub(crate) fn go(self, route: Route) {
        if window().location().set_hash(&route.hash()).is_err() {
            leptos::logging::warn!("the address can't be set");
        }
        if self.route.get_untracked() != route {
            self.route.set(route);
        }
    }

    /// Says something to a screen reader, even the same thing twice.
    pub(crate) fn say(self, words: impl Into<String>) {
        let words = words.into();
        self.said.update(|said| {
            let again = *said == words;
            *said = words;
            if again {
                said.push('\u{a0}');
            }
        });
    }

    /// Lets the open place hear the keyboard until it is left.
    pub(crate) fn hear(self, ear: impl Fn(Press) -> bool + Send + Sync + 'static) {
        self.ear.set_value(Some(Callback::new(ear)));
        on_cleanup(move || {
            self.ear.try_set_value(None);
        });
    }

    /// Asks the shell how to start, and begins to listen.
    pub(crate) fn begin(self) {
        spawn_local(async move {
            // All of it before the start: nothing that happens from then on may be missed.
            join!(
                listen(events::HAPPENING, move |event: Event| self.happened(event)),
                listen(events::DROP, move |dragged: Dragged| self.verifying.dragged(&dragged)),
                listen(events::VERIFY_PROGRESS, move |progress| self.verifying.told(progress)),
                listen(events::CASE_PROGRESS, move |progress| self
                    .case
                    .progress
                    .set(Some(progress))),
                listen(events::VERIFIED, move |checked: contract::Checked| {
                    self.say(self.verifying.take(checked));
                    self.go(Route::Verify);
                }),
                listen(events::UNREADABLE, move |error: OperatorError| {
                    self.verifying.failed(error);
                    self.go(Route::Verify);
                }),
            );
            self.ask_start();
        });
        set_interval(move || self.now.set(clock()), std::time::Duration::from_secs(1));
    }

    /// Asks the shell how to start, once more.
    pub(crate) fn ask_start(self) {
        self.start.ask_then(shell::start(), move |start| {
            self.first_key.set(start.first_agent.clone());
            if start.state == shell::StartState::Ready {
                self.fetch_all();
            }
        });
    }

    /// Asks everything that the shell's frame and the inbox show.
    pub(crate) fn fetch_all(self) {
        self.fetch_status();
        self.inbox.fetch();
        self.log.fetch_ahead();
        for changed in [self.changes.agents, self.changes.upstreams, self.changes.policy] {
            changed.update(|times| *times = times.wrapping_add(1));
        }
    }

    /// Asks how the gateway stands.
    pub(crate) fn fetch_status(self) {
        self.status.ask_then(calls::status(Empty {}), move |status| {
            self.log.grew(status.chain.size);
            self.traffic.grew(status.chain.size);
        });
    }

    fn happened(self, event: Event) {
        let bump = |changed: RwSignal<u32>| changed.update(|times| *times = times.wrapping_add(1));
        match event.happening {
            Happening::Inbox { uid, state } => {
                self.inbox.changed(uid, state, move |many, first| {
                    self.say(match first {
                        Some(item) if many == 1 => {
                            format!("New in the inbox: {}, from {}", item.title, item.agent_name)
                        }
                        _ => format!(
                            "{} in the inbox.",
                            format::counted(many as u64, "new item", "new items")
                        ),
                    });
                });
                self.status_soon.want(move || self.fetch_status());
            }
            Happening::Appended { size, head } => {
                self.appended.set_value((size, head));
                self.appended_soon.want(move || self.grew());
            }
            Happening::Chain => self.fetch_status(),
            Happening::Verification(verification) => {
                if verification.ended_ms.is_some() {
                    self.say(format!(
                        "{} {}",
                        verification.sentence,
                        format::counted(verification.verified, "record", "records")
                    ));
                }
                self.status.value.update(|status| {
                    if let Some(status) = status {
                        status.chain.verification = verification;
                    }
                });
            }
            Happening::Agents => bump(self.changes.agents),
            Happening::Upstreams | Happening::Credentials => {
                bump(self.changes.upstreams);
                self.fetch_status();
            }
            Happening::Policy => bump(self.changes.policy),
            Happening::Lagged => self.fetch_all(),
        }
    }
}

impl Console {
    /// Records were appended: a rail and lists that follow the head needn't follow each of them.
    fn grew(self) {
        let (size, head) = self.appended.get_value();
        self.log.grew(size);
        self.traffic.grew(size);
        self.status.value.update(|status| {
            if let Some(status) = status {
                status.chain.size = size;
                status.chain.head = Some(head);
            }
        });
    }
}

/// The address's part after `#`, with it.
pub(crate) fn address() -> String {
    window().location().hash().unwrap_or_default()
}

/// ms UTC.
fn clock() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    let now = js_sys::Date::now() as i64;
    now
}
