//! Names that agents may ask for in a model's place.

use contract::Alias;
use leptos::prelude::*;

use super::Keeping;
use crate::components::{Dialog, Failure};
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// The names there are.
#[component]
pub(super) fn Aliases(keeping: Keeping) -> impl IntoView {
    let row = move |alias: Alias| {
        let (about, name) = (alias.name.clone(), alias.name.clone());
        view! {
            <li class="alias-row" data-test="alias" data-name=name>
                <code class="strong">{alias.name}</code>
                <span class="clip"><span class="muted">"stands for "</span> <code>{alias.model}</code> <span class="muted">" of "</span> {alias.upstream}</span>
                <button class="button quiet little" data-test="alias-remove" on:click=move |_| keeping.unnaming.set(Some(about.clone()))>"Remove…"</button>
            </li>
        }
    };
    view! {
        {move || {
            keeping.aliases.value.get().map(|all| {
                if all.aliases.is_empty() {
                    view! {
                        <p class="muted" data-test="no-aliases">
                            "None. An agent asks for a model of an upstream by UPSTREAM/MODEL; a name such as “fast” can stand for one, and be pointed elsewhere without touching the agent."
                        </p>
                    }
                        .into_any()
                } else {
                    view! { <ul class="table">{all.aliases.into_iter().map(row).collect_view()}</ul> }.into_any()
                }
            })
        }}
    }
}

/// Adding a name, or pointing one elsewhere.
#[component]
pub(super) fn AddAlias(open: RwSignal<bool>, keeping: Keeping) -> impl IntoView {
    let console = console();
    let (name, model) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let upstream = RwSignal::new(String::new());
    let set = Fetched::<Alias>::new();
    let names = move || {
        let all = keeping
            .upstreams
            .value
            .get()
            .map(|all| all.upstreams)
            .unwrap_or_default();
        all.into_iter().map(|upstream| upstream.name).collect::<Vec<_>>()
    };
    Effect::new(move |_| {
        // The first is chosen where nothing is yet.
        if open.get() && upstream.with_untracked(String::is_empty) {
            upstream.set(names().into_iter().next().unwrap_or_default());
        }
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let alias = Alias {
            name: name.with_untracked(|name| name.trim().to_owned()),
            upstream: upstream.get_untracked(),
            model: model.with_untracked(|model| model.trim().to_owned()),
        };
        set.ask_then(calls::alias_set(alias), move |alias| {
            console.say(format!(
                "{} stands for {} of {}.",
                alias.name, alias.model, alias.upstream
            ));
            name.set(String::new());
            model.set(String::new());
            console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
            open.set(false);
        });
    };
    view! {
        <Dialog open title="A name that stands for a model" test="alias-dialog">
            <p class="lead">"Agents may ask for the name from now on. What goes to the provider, and what is recorded, names the model."</p>
            <form class="form" on:submit=save>
                <div class="field">
                    <label for="alias-name">"Name"</label>
                    <input id="alias-name" data-test="alias-name" autocomplete="off" maxlength="64" pattern="[a-zA-Z0-9._\\-]+" required prop:value=move || name.get() on:input:target=move |event| name.set(event.target().value()) />
                    <span class="help">"A name that is there already is pointed elsewhere."</span>
                </div>
                <div class="field">
                    <label for="alias-upstream">"Upstream"</label>
                    <select id="alias-upstream" data-test="alias-upstream" on:change:target=move |event| upstream.set(event.target().value())>
                        {move || {
                            names()
                                .into_iter()
                                .map(|name| {
                                    let this = name.clone();
                                    view! { <option value=name.clone() prop:selected=move || upstream.with(|chosen| *chosen == this)>{name.clone()}</option> }
                                })
                                .collect_view()
                        }}
                    </select>
                </div>
                <div class="field">
                    <label for="alias-model">"Model"</label>
                    <input id="alias-model" class="mono" data-test="alias-model" autocomplete="off" maxlength="128" required prop:value=move || model.get() on:input:target=move |event| model.set(event.target().value()) />
                    <span class="help">"As the upstream calls it: gpt-5.2-mini"</span>
                </div>
                <Failure error=set.error />
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                    <button type="submit" class="button primary" data-test="alias-save" disabled=move || set.busy.get()>"Let it stand"</button>
                </div>
            </form>
        </Dialog>
    }
}
