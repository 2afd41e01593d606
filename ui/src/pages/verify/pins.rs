//! Pinned signers: keys that this machine trusts for a log, because a person got them from their owner.

use contract::PinnedKey;
use leptos::prelude::*;
use report::{PinDraft, PinForm, Signer};

use crate::components::{Dialog, Digest, Failure};
use crate::format;
use crate::ipc::shell;
use crate::state::{Console, Fetched, console};

/// The pins, and the form to add one.
#[derive(Clone, Copy)]
pub(super) struct Pins {
    list: Fetched<Vec<PinnedKey>>,
    changing: Fetched<Vec<PinnedKey>>,
    open: RwSignal<bool>,
    draft: PinDraft,
}

impl Pins {
    pub(super) fn new() -> Self {
        Self {
            list: Fetched::new(),
            changing: Fetched::new(),
            open: RwSignal::new(false),
            draft: PinDraft::default(),
        }
    }

    pub(super) fn fetch(self) {
        self.list.ask(shell::pins());
    }

    /// Opens the form for a report's signer.
    pub(super) fn establish(self, signer: Signer) {
        self.draft.signer.set(signer);
        self.changing.forget();
        self.open.set(true);
    }

    /// Pins keys.
    fn add(self, console: Console, keys: Vec<PinnedKey>) {
        self.changing.ask_then(shell::pin_add(keys), move |list| {
            self.list.value.set(Some(list.clone()));
            self.open.set(false);
            self.draft.clear();
            console.say("Pinned.");
            console.verifying.again();
        });
    }
}

/// The list of pins, and the dialog that adds one.
#[component]
pub(super) fn Pin(pins: Pins) -> impl IntoView {
    let console = console();
    let add = Callback::new(move |keys| pins.add(console, keys));
    let remove = move |pin: PinnedKey| {
        pins.changing.ask_then(shell::pin_remove(pin), move |list| {
            pins.list.value.set(Some(list.clone()));
            console.verifying.again();
        });
    };
    view! {
        <section class="stack pins" data-test="pins">
            <div class="row">
                <h2 class="head grow">"Signers that this machine trusts"</h2>
                <button class="button little" data-test="pin-add" on:click=move |_| pins.establish(Signer::default())>"Pin a signer…"</button>
            </div>
            <Failure error=pins.list.error again=move |()| pins.fetch() />
            <Failure error=pins.changing.error />
            {move || {
                let list = pins.list.value.get()?;
                if list.is_empty() {
                    return Some(
                        view! {
                            <p class="muted">
                                "None yet. A file can prove that it is intact; that it comes from whom you think, only a key that you got from them can show. "
                                "Pinning and unpinning are recorded where this machine has a log; without one pins are local."
                            </p>
                        }
                            .into_any(),
                    );
                }
                Some(
                    view! {
                        <ul class="table">
                            {list
                                .into_iter()
                                .map(|pin| {
                                    let gone = pin.clone();
                                    let id = pin.key_id().unwrap_or_default();
                                    view! {
                                        <li class="pin-row" data-test="pin" data-origin=pin.origin.clone() data-role=pin.role.clone()>
                                            <span class="strong">{pin.name}</span>
                                            <span class="muted">{pin.role.clone()} " key " <Digest value=id /> " of " <Digest value=pin.origin.clone() /></span>
                                            <span class="muted clip" title=pin.source.clone()>{pin.source.clone()}</span>
                                            <span class="muted figures">{format::day(pin.pinned_ms)}</span>
                                            <button class="button quiet little" data-test="pin-remove" on:click=move |_| remove(gone.clone())>"Remove"</button>
                                        </li>
                                    }
                                })
                                .collect_view()}
                        </ul>
                    }
                        .into_any(),
                )
            }}
            <Dialog open=pins.open title="Pin a signer" test="pin-dialog" wide=true>
                <PinForm
                    draft=pins.draft
                    add
                    close=Callback::new(move |()| pins.open.set(false))
                    error=pins.changing.error
                    busy=pins.changing.busy
                />
            </Dialog>
        </section>
    }
}
