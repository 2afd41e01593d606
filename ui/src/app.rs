//! The window: the rail, the place that is open, and what lies over both.

use contract::Serving;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::components::{Failure, Help, Rail, Waiting};
use crate::ipc::shell::StartState;
use crate::pages::{
    Agents, Audit, Day, FirstKey, FirstRun, Inbox, Policies, Refused, Settings, Traffic, Vault, Verify,
};
use crate::route::{PLACES, Route};
use crate::state::{Command, Console, Press};

/// The whole page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let console = Console::new();
    provide_context(console);
    provide_context(report::Announcer::new(move |words| console.say(words)));
    console.begin();
    let hashes = window_event_listener(ev::hashchange, move |_| {
        let route = Route::parse(&window().location().hash().unwrap_or_default());
        if console.route.get_untracked() != route {
            console.route.set(route);
        }
    });
    let pressed = StoredValue::new(false);
    let keys = window_event_listener(ev::keydown, move |event| press(console, pressed, &event));
    on_cleanup(move || {
        hashes.remove();
        keys.remove();
    });
    let verifying = Memo::new(move |_| console.route.with(|route| *route == Route::Verify));
    view! {
        <a class="button skip" href="#main" on:click=skip>"Skip to the place’s content"</a>
        {move || match console.start.value.get() {
            None => view! { <Beginning /> }.into_any(),
            Some(start) if start.state == StartState::Ready => view! { <Shell /> }.into_any(),
            // Verifying needs no tenant, no key store and no log.
            Some(_) if verifying.get() => view! { <VerifyAlone /> }.into_any(),
            Some(start) if start.state == StartState::FirstRun => view! { <FirstRun message=start.message /> }.into_any(),
            Some(start) => view! { <Refused start /> }.into_any(),
        }}
        <p class="unseen" role="status" aria-live="polite" data-test="said">{move || console.said.get()}</p>
        <Help />
        <Show when=move || console.verifying.over.get()>
            <div class="over" aria-hidden="true"><p class="says large">"Drop to verify"</p></div>
        </Show>
    }
}

#[component]
fn Beginning() -> impl IntoView {
    let console = crate::state::console();
    let failed = move || console.start.error.with(Option::is_some);
    view! {
        <main id="main" class="beginning" tabindex="-1">
            <Show
                when=failed
                fallback=|| view! { <Waiting what="Opening the key store and checking the log to its head" /> }
            >
                <Failure error=console.start.error again=move |()| console.ask_start() />
            </Show>
        </main>
    }
}

/// The Verify place on a machine where nothing is set up, or where the gateway can't be opened.
#[component]
fn VerifyAlone() -> impl IntoView {
    view! {
        <div class="alone">
            <nav class="alone-bar" aria-label="Places">
                <a href="#/inbox" data-test="leave-verify">"‹ Back"</a>
                <span class="muted">"Verifying works without a gateway."</span>
            </nav>
            <main id="main" class="place-body" tabindex="-1"><Verify /></main>
        </div>
    }
}

/// The rail and the open place; or, as long as it hasn't been put away, the first agent's key.
#[component]
fn Shell() -> impl IntoView {
    let console = crate::state::console();
    let denied = move || {
        console
            .status
            .value
            .with(|status| match status.as_ref().map(|status| &status.serving) {
                Some(Serving::No { reason }) => Some(reason.clone()),
                _ => None,
            })
    };
    // By place, not by address: an item opened within a place doesn't build the place anew.
    let place = Memo::new(move |_| console.route.with(|route| route.place()));
    view! {
        <Show
            when=move || console.first_key.with(Option::is_none) || place.get() == "verify"
            fallback=move || console.first_key.get().map(|added| view! { <FirstKey added /> })
        >
            <div class="shell">
                <Rail />
                <main id="main" class="place" tabindex="-1">
                    {move || {
                        denied()
                            .map(|reason| {
                                view! {
                                    <p class="denying" role="alert" data-test="denying">
                                        <strong>"Every call is denied. "</strong>
                                        {reason}
                                    </p>
                                }
                            })
                    }}
                    <div class="place-body">
                        {move || match place.get() {
                            "traffic" => view! { <Traffic /> }.into_any(),
                            "day" => view! { <Day /> }.into_any(),
                            "audit" => view! { <Audit /> }.into_any(),
                            "verify" => view! { <Verify /> }.into_any(),
                            "agents" => view! { <Agents /> }.into_any(),
                            "policies" => view! { <Policies /> }.into_any(),
                            "vault" => view! { <Vault /> }.into_any(),
                            "settings" => view! { <Settings /> }.into_any(),
                            _ => view! { <Inbox /> }.into_any(),
                        }}
                    </div>
                </main>
            </div>
        </Show>
    }
}

/// To the content without leaving the place: the address after `#` is the place's.
fn skip(event: ev::MouseEvent) {
    event.prevent_default();
    if let Some(main) = document().get_element_by_id("main")
        && let Ok(main) = main.dyn_into::<web_sys::HtmlElement>()
        && main.focus().is_err()
    {
        leptos::logging::warn!("the content can't take the focus");
    }
}

/// One key, anywhere in the window. Single keys do nothing while a person types, in a dialog, or with a modifier.
fn press(console: Console, going: StoredValue<bool>, event: &ev::KeyboardEvent) {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    if document().query_selector("dialog[open]").ok().flatten().is_some() || typing(event) {
        return;
    }
    let key = event.key();
    if going.get_value() {
        going.set_value(false);
        // g g, as in a pager: to the first row; G below: to the last.
        if key == "g" && tell(console, Press::First) {
            event.prevent_default();
        } else if let Some((route, ..)) = PLACES.into_iter().find(|(.., letter)| *letter == key) {
            event.prevent_default();
            console.go(route);
        }
        return;
    }
    let command = console
        .preferences
        .with_untracked(|preferences| preferences.command(&key));
    let heard = match (command, key.as_str()) {
        (Some(Command::Help), _) => {
            console.help.set(true);
            true
        }
        (Some(Command::Go), _) => {
            going.set_value(true);
            true
        }
        (Some(command), _) => tell(console, Press::Command(command)),
        (None, "ArrowDown") => in_list(event) && tell(console, Press::Command(Command::Next)),
        (None, "ArrowUp") => in_list(event) && tell(console, Press::Command(Command::Previous)),
        (None, "ArrowLeft") => in_list(event) && tell(console, Press::Earlier),
        (None, "ArrowRight") => in_list(event) && tell(console, Press::Later),
        (None, "Home") => in_list(event) && tell(console, Press::First),
        (None, "G") if command_keys(console) => tell(console, Press::Last),
        (None, "End") => in_list(event) && tell(console, Press::Last),
        (None, "Enter") => in_list(event) && tell(console, Press::Open),
        (None, "Escape") => tell(console, Press::Back),
        _ => false,
    };
    if heard {
        event.prevent_default();
    }
}

/// Whether single keys do anything.
fn command_keys(console: Console) -> bool {
    !console
        .preferences
        .with_untracked(|preferences| preferences.single_keys_off)
}

fn tell(console: Console, press: Press) -> bool {
    console.ear.get_value().is_some_and(|ear| ear.run(press))
}

fn target(event: &ev::KeyboardEvent) -> Option<web_sys::Element> {
    event.target()?.dyn_into().ok()
}

/// Whether the key goes into a field.
fn typing(event: &ev::KeyboardEvent) -> bool {
    target(event).is_some_and(|element| {
        element
            .closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")
            .ok()
            .flatten()
            .is_some()
    })
}

/// Whether the key is the list's: it has the focus, or nothing else that would take the key has.
fn in_list(event: &ev::KeyboardEvent) -> bool {
    target(event).is_none_or(|element| {
        element
            .closest("a, button, input, summary, pre, .scrolls")
            .ok()
            .flatten()
            .is_none()
    })
}
