//! Where the log's checkpoints go, off this machine.

use contract::{CheckpointPlace, CheckpointPlaceRef, CheckpointPlaces, Empty};
use leptos::prelude::*;

use crate::components::{Failure, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// The list, and a field for another one.
#[component]
pub(crate) fn Places() -> impl IntoView {
    let console = console();
    let places = Fetched::<CheckpointPlaces>::new();
    let fetch = move || places.ask(calls::checkpoint_places(Empty {}));
    // Again whenever the chain's state changed: a checkpoint has arrived, or couldn't.
    Effect::new(move || {
        console.status.value.track();
        fetch();
    });
    let removed = Fetched::<Empty>::new();
    let remove = move |address: String| {
        removed.ask_then(
            calls::checkpoint_place_remove(CheckpointPlaceRef { address }),
            move |_| fetch(),
        );
    };
    view! {
        <section class="stack" data-test="places">
            <h2 class="head">"Checkpoints off this machine"</h2>
            <p class="small muted">
                "Whoever has this machine and its keychain could rewrite the log. Not what has arrived elsewhere: a signed checkpoint there shows any record before it that was changed."
            </p>
            <Failure error=places.error again=move |()| fetch() />
            <Failure error=removed.error />
            {move || {
                places
                    .value
                    .get()
                    .map(|found| match found.places.is_empty() {
                        true => view! { <p data-test="no-places">"Checkpoints stay on this machine."</p> }.into_any(),
                        false => {
                            view! {
                                <ul class="table">
                                    {found
                                        .places
                                        .into_iter()
                                        .map(|place| view! { <Place place busy=removed.busy remove /> })
                                        .collect_view()}
                                </ul>
                            }
                                .into_any()
                        }
                    })
            }}
            <Add added=move || fetch() />
        </section>
    }
}

#[component]
fn Place(
    place: CheckpointPlace,
    busy: RwSignal<bool>,
    remove: impl Fn(String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let newest = match (place.size, place.delivered_ms) {
        (Some(size), Some(at)) => format!(
            "{} there since {}",
            format::counted(size, "record", "records"),
            format::moment(at)
        ),
        _ => "Nothing arrived yet since the start".to_owned(),
    };
    let address = place.address.clone();
    let label = format!("Send no more checkpoints to {address}");
    view! {
        <li class="place-row" data-test="place">
            <div class="stack tight">
                <code>{place.address}</code>
                <span class="small muted figures" data-test="place-newest">{newest}</span>
                {place.failure.map(|why| view! { <span class="small refused" role="status" data-test="place-failure">{why} " It is tried again."</span> })}
            </div>
            <button class="button little" data-test="place-remove" aria-label=label disabled=move || busy.get() on:click=move |_| remove(address.clone())>
                "Remove"
            </button>
        </li>
    }
}

#[component]
fn Add(added: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let asked = Fetched::<CheckpointPlace>::new();
    let ready = move || !asked.busy.get() && typed.with(|typed| !typed.trim().is_empty());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if ready() {
            let address = typed.get_untracked().trim().to_owned();
            asked.ask_then(calls::checkpoint_place_add(CheckpointPlaceRef { address }), move |_| {
                typed.set(String::new());
                added();
            });
        }
    };
    view! {
        <form class="form" on:submit=add>
            <div class="field">
                <label for="place-address">"A folder on another machine, or an https address"</label>
                <input id="place-address" data-test="place-address" autocomplete="off" spellcheck="false" prop:value=move || typed.get() on:input:target=move |event| typed.set(event.target().value()) />
                <span class="help">"Each new checkpoint is written into the folder as a file of its own, or sent to the address by POST. Nothing else goes there."</span>
            </div>
            <Failure error=asked.error />
            <Show when=move || asked.busy.get()>
                <Waiting what="Sending the newest checkpoint there" />
            </Show>
            <div><button type="submit" class="button" data-test="place-add" disabled=move || !ready()>"Send checkpoints there"</button></div>
        </form>
    }
}
