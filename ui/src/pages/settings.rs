//! Appearance, keys, and what this gateway is.

use contract::Status;
use leptos::prelude::*;

use super::person::Person;
use super::places::Places;
use crate::components::{Digest, Failure};
use crate::format;
use crate::route::Route;
use crate::state::{Command, Theme, console};

/// The place.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let console = console();
    view! {
        <div class="page">
            <div class="column">
                <h1 class="says large">"Settings"</h1>
                <Appearance />
                <Keys />
                <Failure error=console.status.error again=move |()| console.fetch_status() />
                {move || console.status.value.get().map(|status| view! { <Gateway status /> })}
                <Places />
                <Person />
            </div>
        </div>
    }
}

#[component]
fn Appearance() -> impl IntoView {
    let console = console();
    let choose = move |theme| {
        console.preferences.update(|preferences| {
            preferences.theme = theme;
            preferences.store();
        });
    };
    view! {
        <section class="stack">
            <h2 class="head">"Appearance"</h2>
            <div>
                <div class="segments" role="group" aria-label="Appearance">
                    {[(Theme::System, "As the system", "theme-system"), (Theme::Light, "Light", "theme-light"), (Theme::Dark, "Dark", "theme-dark")]
                        .into_iter()
                        .map(|(theme, words, test)| {
                            view! {
                                <button
                                    data-test=test
                                    aria-pressed=move || console.preferences.with(|preferences| preferences.theme == theme).to_string()
                                    on:click=move |_| choose(theme)
                                >
                                    {words}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
            </div>
        </section>
    }
}

#[component]
fn Keys() -> impl IntoView {
    let console = console();
    let on = move || !console.preferences.with(|preferences| preferences.single_keys_off);
    view! {
        <section class="stack">
            <h2 class="head">"Single keys"</h2>
            <label class="choice">
                <input
                    type="checkbox"
                    data-test="single-keys"
                    prop:checked=on
                    on:change:target=move |event| {
                        console
                            .preferences
                            .update(|preferences| {
                                preferences.single_keys_off = !event.target().checked();
                                preferences.store();
                            });
                    }
                />
                <span>"Single keys command. They never decide by themselves: a decision always asks once more."</span>
            </label>
            <ul class="table">
                {Command::ALL
                    .into_iter()
                    .map(|(command, _, does)| view! { <Key command does on /> })
                    .collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn Key(command: Command, does: &'static str, on: impl Fn() -> bool + Copy + Send + Sync + 'static) -> impl IntoView {
    let console = console();
    let wrong = RwSignal::new(None::<String>);
    let set = move |typed: String| {
        let Some(key) = typed.chars().last() else { return };
        let result = console
            .preferences
            .try_update(|preferences| {
                let moved = preferences.move_to(command, &key.to_string());
                preferences.store();
                moved
            })
            .unwrap_or(Ok(()));
        wrong.set(result.err());
    };
    let id = format!(
        "key-{}",
        does.chars()
            .filter(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_lowercase()
    );
    view! {
        <li class="key-row">
            <input
                id=id.clone()
                data-test="key"
                data-command=format!("{command:?}").to_lowercase()
                autocomplete="off"
                maxlength="2"
                disabled=move || !on()
                prop:value=move || console.preferences.with(|preferences| preferences.key(command))
                on:input:target=move |event| {
                    set(event.target().value());
                    event.target().set_value(&console.preferences.with_untracked(|preferences| preferences.key(command)));
                }
            />
            <label for=id>{does}</label>
            <span class="refused small" role="status">{move || wrong.get()}</span>
        </li>
    }
}

#[component]
fn Gateway(status: Status) -> impl IntoView {
    let chain = status.chain;
    view! {
        <section class="stack">
            <h2 class="head">"This gateway"</h2>
            <dl class="facts">
                <dt>"Organisation"</dt>
                <dd>{status.tenant_name}</dd>
                <dt>"Version"</dt>
                <dd data-test="version">{status.version}</dd>
                <dt>"Data"</dt>
                <dd class="mono" data-test="data-dir">{status.data_dir}</dd>
                <dt>"Keys are in"</dt>
                <dd data-test="key-store">{status.key_store}</dd>
                <dt>"Log"</dt>
                <dd><Digest value=chain.origin /></dd>
                <dt>"Log’s key"</dt>
                <dd><Digest value=chain.log_key_id /></dd>
                <dt>"Records"</dt>
                <dd class="figures">{format::count(chain.size)}</dd>
                {chain
                    .checkpoint
                    .map(|checkpoint| {
                        view! {
                            <dt>"Newest checkpoint"</dt>
                            <dd class="figures">
                                {format::counted(checkpoint.size, "record", "records")} ", signed " {format::moment(checkpoint.signed_ms)}
                                ", root " <Digest value=checkpoint.root />
                            </dd>
                        }
                    })}
            </dl>
        </section>
        <section class="stack">
            <h2 class="head">"Operators"</h2>
            <dl class="facts">
                {status
                    .operators
                    .into_iter()
                    .map(|operator| {
                        view! {
                            <dt>{operator.name}</dt>
                            <dd>
                                "signs with " <Digest value=operator.key_id /> ", registered in "
                                <a href=Route::Audit(Some(operator.registered_at)).hash()>"record " {format::count(operator.registered_at)}</a>
                            </dd>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}
