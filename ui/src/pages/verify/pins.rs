//! Pinned signers: keys that this machine trusts for a log, because a person got them from their owner.

use contract::{OperatorError, PinnedKey};
use leptos::prelude::*;

use crate::components::{Dialog, Digest, Failure};
use crate::format;
use crate::ipc::shell;
use crate::state::{Fetched, console};

/// The pins, and the form to add one.
#[derive(Clone, Copy)]
pub(super) struct Pins {
    list: Fetched<Vec<PinnedKey>>,
    changing: Fetched<Vec<PinnedKey>>,
    open: RwSignal<bool>,
    /// The signer of the report that the form was opened from: origin and key id.
    signer: RwSignal<(Option<String>, Option<String>)>,
    text: RwSignal<String>,
    name: RwSignal<String>,
    source: RwSignal<String>,
}

impl Pins {
    pub(super) fn new() -> Self {
        Self {
            list: Fetched::new(),
            changing: Fetched::new(),
            open: RwSignal::new(false),
            signer: RwSignal::new((None, None)),
            text: RwSignal::new(String::new()),
            name: RwSignal::new(String::new()),
            source: RwSignal::new(String::new()),
        }
    }

    pub(super) fn fetch(self) {
        self.list.ask(shell::pins());
    }

    /// Opens the form for a report's signer.
    pub(super) fn establish(self, signer: (Option<String>, Option<String>)) {
        self.signer.set(signer);
        self.changing.forget();
        self.open.set(true);
    }

    /// The keys as pasted, completed by what was typed.
    fn read(self, now: i64) -> Result<Vec<PinnedKey>, String> {
        let text = self.text.get_untracked();
        let text = text.trim();
        let typed =
            |field: RwSignal<String>| Some(field.get_untracked().trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_empty() {
            return Err("Paste the key.".to_owned());
        }
        if text.starts_with('{') {
            let pasted: Pasted =
                serde_json::from_str(text).map_err(|error| format!("That is not an exported pin: {error}."))?;
            return Ok(pasted
                .pins
                .into_iter()
                .map(|pin| PinnedKey {
                    name: typed(self.name).unwrap_or(pin.name),
                    source: typed(self.source).unwrap_or(pin.source),
                    pinned_ms: now,
                    ..pin
                })
                .collect());
        }
        Ok(vec![PinnedKey {
            origin: self
                .signer
                .get_untracked()
                .0
                .ok_or("A bare key doesn’t say for which log: paste the whole exported pin, or open this from a file’s report.")?,
            role: "case".to_owned(),
            spki: text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect(),
            name: typed(self.name).ok_or("Say whose key it is.")?,
            source: typed(self.source).unwrap_or_default(),
            pinned_ms: now,
        }])
    }
}

/// What `countersign export-pin` prints.
#[derive(serde::Deserialize)]
struct Pasted {
    pins: Vec<PinnedKey>,
}

/// Pins one key after the other; gives the list after the last.
async fn add_all(pins: Vec<PinnedKey>) -> Result<Vec<PinnedKey>, OperatorError> {
    let mut list = Vec::new();
    for pin in pins {
        list = shell::pin_add(pin).await?;
    }
    Ok(list)
}

/// The list of pins, and the dialog that adds one.
#[component]
pub(super) fn Pin(pins: Pins) -> impl IntoView {
    let remove = move |pin: PinnedKey| {
        pins.changing.ask_then(shell::pin_remove(pin), move |list| {
            pins.list.value.set(Some(list.clone()))
        });
    };
    view! {
        <section class="stack pins" data-test="pins">
            <div class="row">
                <h2 class="head grow">"Signers that this machine trusts"</h2>
                <button class="button little" data-test="pin-add" on:click=move |_| pins.establish((None, None))>"Pin a signer…"</button>
            </div>
            <Failure error=pins.list.error again=move |()| pins.fetch() />
            <Failure error=pins.changing.error />
            {move || {
                let list = pins.list.value.get()?;
                if list.is_empty() {
                    return Some(
                        view! {
                            <p class="muted">
                                "None yet. A file can prove that it is intact; that it comes from whom you think, only a key that you got from them can show."
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
                                    view! {
                                        <li class="pin-row" data-test="pin" data-origin=pin.origin.clone() data-role=pin.role.clone()>
                                            <span class="strong">{pin.name}</span>
                                            <span class="muted">{pin.role.clone()} " key of " <Digest value=pin.origin.clone() /></span>
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
                <PinForm pins />
            </Dialog>
        </section>
    }
}

#[component]
fn PinForm(pins: Pins) -> impl IntoView {
    let console = console();
    let tried = RwSignal::new(None::<String>);
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match pins.read(console.now.get_untracked()) {
            Err(why) => tried.set(Some(why)),
            Ok(keys) => {
                tried.set(None);
                pins.changing.ask_then(add_all(keys), move |list| {
                    pins.list.value.set(Some(list.clone()));
                    pins.open.set(false);
                    for field in [pins.text, pins.name, pins.source] {
                        field.set(String::new());
                    }
                    console.say("Pinned. Drop the file again to verify it with this key.");
                });
            }
        }
    };
    let typed = Signal::derive(move || tried.get().map(|why| OperatorError::new(contract::Code::Invalid, why)));
    view! {
        <p class="lead">
            "Get the key from its owner by another way than the file: their website, a letter, a call in which you compare the key’s id. A key taken from the file itself proves nothing about who."
        </p>
        {move || {
            pins.signer
                .get()
                .1
                .map(|key_id| {
                    view! {
                        <p class="small">"The file is signed with " <Digest value=key_id /> ". The owner’s key must have this id."</p>
                    }
                })
        }}
        <form class="form" on:submit=add>
            <div class="field">
                <label for="pin-text">"The key"</label>
                <textarea id="pin-text" class="mono" data-test="pin-text" rows="5" spellcheck="false" prop:value=move || pins.text.get() on:input:target=move |event| pins.text.set(event.target().value())></textarea>
                <span class="help">"What " <code>"countersign export-pin"</code> " printed, or the public key alone (PEM or base64)."</span>
            </div>
            <div class="row top">
                <div class="field grow">
                    <label for="pin-name">"Whose it is"</label>
                    <input id="pin-name" data-test="pin-name" autocomplete="off" prop:value=move || pins.name.get() on:input:target=move |event| pins.name.set(event.target().value()) />
                </div>
                <div class="field grow">
                    <label for="pin-source">"Where you got it"</label>
                    <input id="pin-source" data-test="pin-source" autocomplete="off" placeholder="their website, 3 Feb" prop:value=move || pins.source.get() on:input:target=move |event| pins.source.set(event.target().value()) />
                </div>
            </div>
            <Failure error=typed />
            <Failure error=pins.changing.error />
            <div class="actions">
                <button type="button" class="button" on:click=move |_| pins.open.set(false)>"Close"</button>
                <button type="submit" class="button primary" data-test="pin-save" disabled=move || pins.changing.busy.get()>"Pin this key"</button>
            </div>
        </form>
    }
}
