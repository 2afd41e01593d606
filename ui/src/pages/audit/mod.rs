//! The log: every record, newest first; one of them opened; the chain's state; case files.

mod begin;
mod chain;
mod density;
mod export;
mod list;
mod menu;
mod record;
mod toolbar;

use contract::{FindQuery, Found, RecordDetail, RecordRef, VerificationState};
use leptos::prelude::*;

use crate::components::{Scroller, focus, moved};
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Command, Console, Fetched, Press, console, once_drawn};

use chain::Chain;
use density::Density;
use export::Export;
use list::List;
use menu::Asked;
use record::Record;
use toolbar::Toolbar;

/// A line of the list, as audit.css has it, in CSS pixels.
const ROW: f64 = 33.0;

/// What the parts of the place share.
#[derive(Clone, Copy)]
struct Reading {
    /// The sequence under the list's cursor.
    cursor: RwSignal<Option<u64>>,
    /// The open record's sequence.
    opened: Memo<Option<u64>>,
    record: Fetched<RecordDetail>,
    /// Where the open record stands in a filtered list.
    found: Fetched<Found>,
    /// Whether the stored event is shown rather than the hashed bytes.
    stored: RwSignal<bool>,
    scroller: Scroller,
    /// Whether rows are on the screen. What nobody waits for is asked then: sooner it would take the processors from drawing.
    drawn: RwSignal<bool>,
    /// The line that a person wants to filter by.
    asked: RwSignal<Option<Asked>>,
}

/// The place.
#[component]
pub(crate) fn Audit() -> impl IntoView {
    let console = console();
    let opened = Memo::new(move |_| {
        console.route.with(|route| match route {
            Route::Audit(sequence) => *sequence,
            _ => None,
        })
    });
    let reading = Reading {
        cursor: RwSignal::new(opened.get_untracked()),
        opened,
        record: Fetched::new(),
        found: Fetched::new(),
        stored: RwSignal::new(false),
        scroller: Scroller::new(ROW),
        drawn: RwSignal::new(false),
        asked: RwSignal::new(None),
    };
    Effect::new(move |_| {
        if console.log.answered.get() {
            once_drawn(move || {
                reading.drawn.try_set(true);
            });
        }
    });
    // What a broken log says now isn't what was fetched from it before.
    let broken = Memo::new(move |_| {
        console.status.value.with(|status| {
            status
                .as_ref()
                .is_some_and(|status| status.chain.verification.state == VerificationState::Broken)
        })
    });
    Effect::new(move |before: Option<bool>| {
        let broken = broken.get();
        if broken && before == Some(false) {
            console.log.narrow(console.log.filter.get_untracked());
        }
        broken
    });
    Effect::new(move |_| {
        broken.track();
        if let Some(sequence) = opened.get() {
            reading.cursor.set(Some(sequence));
            reading.record.ask(calls::log_record(RecordRef { sequence }));
        } else {
            reading.record.forget();
        }
    });
    // The newest come into sight by themselves as long as nobody reads further down or has a record open.
    Effect::new(move |_| {
        let grown = console.log.size.get() > console.log.shown.get_untracked();
        let idle = opened.get().is_none() && reading.scroller.at_top();
        if grown && (idle || console.log.shown.get_untracked() == 0) {
            console.log.show_newest();
        }
    });
    console.hear(move |press| heard(console, reading, press));
    view! {
        <div class="audit" class:reading=move || opened.with(Option::is_some)>
            <Toolbar />
            <Density reading />
            <List reading />
            <Record reading />
            <Chain />
            <Export />
        </div>
    }
}

impl Reading {
    /// Offers what the line at this place says to filter by; whether there is such a line.
    fn ask_about(self, console: Console, index: u64) -> bool {
        let row = untrack(|| console.log.row(index));
        if row.is_some() {
            self.scroller.reveal(index, console.log.rows_untracked());
        }
        self.asked.set(row.map(|row| Asked { row, index }));
        self.asked.with_untracked(Option::is_some)
    }

    /// Brings a record into sight, wherever in the list it is.
    fn reveal(self, console: Console, sequence: u64) {
        if let Some(at) = console.log.place(sequence) {
            self.scroller.reveal(at, console.log.rows_untracked());
            return;
        }
        let log = console.log;
        let query = FindQuery {
            wanted: sequence.to_string(),
            filter: log.filter.with_untracked(ToString::to_string),
            size: Some(log.shown.get_untracked()),
        };
        self.found.ask_then(calls::log_find(query), move |found| {
            if let Some(at) = found.at {
                self.scroller.reveal(at, log.rows_untracked());
            }
        });
    }
}

fn heard(console: Console, reading: Reading, press: Press) -> bool {
    let rows = console.log.rows_untracked();
    let at = reading
        .cursor
        .get_untracked()
        .and_then(|sequence| console.log.place(sequence));
    if let Some(to) = moved(&press, at, rows) {
        reading.scroller.reveal(to, rows);
        if let Some(sequence) = console.log.sequence_at(to) {
            reading.cursor.set(Some(sequence));
        }
        return true;
    }
    match press {
        Press::Open => {
            let under = reading.cursor.get_untracked();
            if let Some(sequence) = under {
                console.go(Route::Audit(Some(sequence)));
            }
            under.is_some()
        }
        Press::Back => {
            console.go(Route::Audit(None));
            true
        }
        Press::Command(Command::Bytes) => {
            reading.stored.update(|stored| *stored = !*stored);
            true
        }
        Press::Command(Command::Filter) => {
            focus("find");
            true
        }
        Press::Command(Command::Narrow) => at.is_some_and(|index| reading.ask_about(console, index)),
        _ => false,
    }
}
