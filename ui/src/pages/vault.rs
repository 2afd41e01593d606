//! The vault: model providers, which of them answers, and their keys, sealed.

use contract::{
    Credential, CredentialRef, Credentials, Empty, NewCredential, NewUpstream, Upstream, UpstreamRef, Upstreams,
    WireFormat,
};
use leptos::prelude::*;

use crate::components::{Dialog, Failure, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// What is asked and under way in the place.
#[derive(Clone, Copy)]
struct Keeping {
    upstreams: Fetched<Upstreams>,
    credentials: Fetched<Credentials>,
    /// Whose key is being set.
    setting: RwSignal<Option<String>>,
    /// Whose key is being removed.
    removing: RwSignal<Option<String>>,
    /// Which upstream is about to answer.
    using: RwSignal<Option<String>>,
}

/// The place.
#[component]
pub(crate) fn Vault() -> impl IntoView {
    let console = console();
    let keeping = Keeping {
        upstreams: Fetched::new(),
        credentials: Fetched::new(),
        setting: RwSignal::new(None),
        removing: RwSignal::new(None),
        using: RwSignal::new(None),
    };
    let fetch = move || {
        keeping.upstreams.ask(calls::upstreams(Empty {}));
        keeping.credentials.ask(calls::credentials(Empty {}));
    };
    Effect::new(move |_| {
        console.changes.upstreams.track();
        fetch();
    });
    let adding = RwSignal::new(false);
    let store = move || {
        console
            .status
            .value
            .with(|status| status.as_ref().map(|status| status.key_store.clone()))
    };
    view! {
        <div class="page">
            <div class="column">
                <header class="page-head">
                    <div class="stack tight grow">
                        <h1 class="says large">"Keys that agents never hold"</h1>
                        <p class="lead">
                            "A provider’s key is sealed here and put on a call only after its decision is on disk. The vault’s own key is in the "
                            {move || store().unwrap_or_else(|| "key store".to_owned())} "."
                        </p>
                    </div>
                    <button class="button primary" data-test="upstream-add" on:click=move |_| adding.set(true)>"Add an upstream…"</button>
                </header>
                <section class="stack">
                    <h2 class="head">"Upstreams"</h2>
                    <Failure error=keeping.upstreams.error again=move |()| fetch() />
                    <Failure error=keeping.credentials.error />
                    <Show when=move || keeping.upstreams.busy.get() && keeping.upstreams.value.with(Option::is_none)>
                        <Waiting what="Reading the vault" />
                    </Show>
                    <ul class="table">
                        {move || {
                            let credentials = keeping.credentials.value.get().map(|all| all.credentials).unwrap_or_default();
                            keeping
                                .upstreams
                                .value
                                .get()
                                .map(|all| all.upstreams)
                                .unwrap_or_default()
                                .into_iter()
                                .map(|upstream| {
                                    let credential = credentials.iter().find(|credential| credential.upstream == upstream.name).cloned();
                                    view! { <Row keeping upstream credential /> }
                                })
                                .collect_view()
                        }}
                    </ul>
                </section>
            </div>
            <AddUpstream open=adding />
            <SetKey upstream=keeping.setting />
            <Asking
                about=keeping.removing
                title="Destroy this key?"
                says="Calls to this upstream are denied until another key is set. The provider still accepts the key: revoke it there as well."
                does="Destroy"
                danger=true
                act=|upstream: String| async { calls::credential_remove(CredentialRef { upstream }).await.map(|_| ()) }
            />
            <Asking
                about=keeping.using
                title="Send calls here?"
                says="From now on this upstream answers every released call of its kind. The change is a record."
                does="Use it"
                danger=false
                act=|name: String| async { calls::upstream_use(UpstreamRef { name }).await.map(|_| ()) }
            />
        </div>
    }
}

fn format_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "OpenAI",
        WireFormat::Anthropic => "Anthropic",
        WireFormat::Gemini => "Gemini",
    }
}

#[component]
fn Row(keeping: Keeping, upstream: Upstream, credential: Option<Credential>) -> impl IntoView {
    let (set, remove, turn) = (upstream.name.clone(), upstream.name.clone(), upstream.name.clone());
    let practice = upstream.practice;
    let sealed = credential.is_some();
    let says = match &credential {
        Some(credential) => view! {
            <span class="muted">
                "key " <code>{credential.fingerprint.clone()}</code> ", set " {format::day(credential.set_ms)}
            </span>
        }
        .into_any(),
        None if practice => view! { <span class="muted">"on this machine; makes its own key"</span> }.into_any(),
        None => view! { <span class="waiting">"no key: calls to it are denied"</span> }.into_any(),
    };
    view! {
        <li class="upstream-row" data-test="upstream" data-name=upstream.name.clone() data-in-use=upstream.in_use.to_string()>
            <span class="strong row">
                {upstream.name.clone()}
                {upstream.in_use.then(|| view! { <span class="pill proved">"answers"</span> })}
            </span>
            <span class="muted clip" title=upstream.base_url.clone()>
                {format_name(upstream.format)} " · "
                <code>{upstream.base_url.clone()}</code>
            </span>
            {says}
            <span class="row end">
                {(!upstream.in_use)
                    .then(|| {
                        view! { <button class="button little" data-test="upstream-use" on:click=move |_| keeping.using.set(Some(turn.clone()))>"Use…"</button> }
                    })}
                {(!practice)
                    .then(|| {
                        view! {
                            <button class="button little" data-test="credential-set" on:click=move |_| keeping.setting.set(Some(set.clone()))>
                                {if sealed { "Replace key…" } else { "Set key…" }}
                            </button>
                        }
                    })}
                {(sealed && !practice)
                    .then(|| {
                        view! { <button class="button quiet little" data-test="credential-remove" on:click=move |_| keeping.removing.set(Some(remove.clone()))>"Destroy…"</button> }
                    })}
            </span>
        </li>
    }
}

#[component]
fn AddUpstream(open: RwSignal<bool>) -> impl IntoView {
    let console = console();
    let name = RwSignal::new(String::new());
    let url = RwSignal::new("https://".to_owned());
    let format = RwSignal::new(WireFormat::Openai);
    let added = Fetched::<Upstream>::new();
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wanted = NewUpstream {
            name: name.get_untracked().trim().to_owned(),
            format: format.get_untracked(),
            base_url: url.get_untracked().trim().to_owned(),
            silence_s: None,
            exceptions: Vec::new(),
            justification: String::new(),
        };
        added.ask_then(calls::upstream_add(wanted), move |upstream| {
            console.say(format!("{} is added. Set its key, then use it.", upstream.name));
            name.set(String::new());
            url.set("https://".to_owned());
            console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
            open.set(false);
        });
    };
    view! {
        <Dialog open title="Add an upstream" test="upstream-dialog">
            <p class="lead">"A model provider that calls may go to. An agent can never name one by its address."</p>
            <form class="form" on:submit=add>
                <div class="field">
                    <label for="upstream-name">"Name"</label>
                    <input id="upstream-name" data-test="upstream-name" autocomplete="off" maxlength="64" pattern="[a-z0-9\\-]+" required prop:value=move || name.get() on:input:target=move |event| name.set(event.target().value()) />
                    <span class="help">"Small letters, digits and hyphens"</span>
                </div>
                <div class="field">
                    <label for="upstream-format">"Speaks"</label>
                    <select
                        id="upstream-format"
                        data-test="upstream-format"
                        on:change:target=move |event| {
                            format.set(match event.target().value().as_str() {
                                "anthropic" => WireFormat::Anthropic,
                                "gemini" => WireFormat::Gemini,
                                _ => WireFormat::Openai,
                            });
                        }
                    >
                        <option value="openai">"OpenAI’s API"</option>
                        <option value="anthropic">"Anthropic’s API"</option>
                        <option value="gemini">"Google’s Gemini API"</option>
                    </select>
                </div>
                <div class="field">
                    <label for="upstream-url">"Address"</label>
                    <input id="upstream-url" class="mono" data-test="upstream-url" type="url" autocomplete="off" required prop:value=move || url.get() on:input:target=move |event| url.set(event.target().value()) />
                    <span class="help">"Up to and with the version: https://api.openai.com/v1. Plain http only on this machine."</span>
                </div>
                <Failure error=added.error />
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                    <button type="submit" class="button primary" data-test="upstream-save" disabled=move || added.busy.get()>"Add"</button>
                </div>
            </form>
        </Dialog>
    }
}

/// The secret is held in the field alone, and cleared from it the moment it is handed over.
#[component]
fn SetKey(upstream: RwSignal<Option<String>>) -> impl IntoView {
    let console = console();
    let open = RwSignal::new(false);
    let set = Fetched::<Credential>::new();
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if upstream.with(Option::is_some) {
            set.forget();
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            upstream.set(None);
        }
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(input), Some(upstream)) = (field.get_untracked(), upstream.get_untracked()) else {
            return;
        };
        let secret = input.value().trim().to_owned();
        input.set_value("");
        set.ask_then(
            calls::credential_set(NewCredential { upstream, secret }),
            move |credential| {
                console.say(format!("The key of {} is sealed.", credential.upstream));
                console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
                open.set(false);
            },
        );
    };
    view! {
        <Dialog open title="Seal a provider’s key" test="credential-dialog">
            <p class="lead">
                "For " <span class="strong">{move || upstream.get()}</span> ". It can be replaced and destroyed, and never read back: not here, not by an agent, not by another operator."
            </p>
            <form class="form" on:submit=save autocomplete="off">
                <div class="field">
                    <label for="credential-secret">"Key"</label>
                    <input id="credential-secret" data-test="credential-secret" type="password" autocomplete="off" spellcheck="false" maxlength="4096" required node_ref=field />
                    <span class="help">"Cleared from this field as soon as it is handed over; paste it again if sealing fails."</span>
                </div>
                <Failure error=set.error />
                <div class="actions">
                    <Show when=move || set.busy.get()><Waiting what="Sealing and recording" /></Show>
                    <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                    <button type="submit" class="button primary" data-test="credential-save" disabled=move || set.busy.get()>"Seal"</button>
                </div>
            </form>
        </Dialog>
    }
}

/// Asks once more before an upstream is changed.
#[component]
fn Asking<F, A>(
    about: RwSignal<Option<String>>,
    title: &'static str,
    says: &'static str,
    does: &'static str,
    danger: bool,
    act: A,
) -> impl IntoView
where
    F: Future<Output = Result<(), contract::OperatorError>> + 'static,
    A: Fn(String) -> F + Copy + Send + Sync + 'static,
{
    let console = console();
    let open = RwSignal::new(false);
    let acting = Fetched::<()>::new();
    Effect::new(move |_| {
        if about.with(Option::is_some) {
            acting.forget();
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            about.set(None);
        }
    });
    let go = move |_| {
        if let Some(name) = about.get_untracked() {
            acting.ask_then(act(name), move |()| {
                console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
                console.fetch_status();
                open.set(false);
            });
        }
    };
    view! {
        <Dialog open title=title test="asking-dialog">
            <p class="lead"><span class="strong">{move || about.get()}</span> ": " {says}</p>
            <div class="form">
                <Failure error=acting.error />
                <div class="actions">
                    <button class="button" on:click=move |_| open.set(false)>"Leave it"</button>
                    <button class="button primary" class:danger=danger data-test="confirm" disabled=move || acting.busy.get() on:click=go>{does}</button>
                </div>
            </div>
        </Dialog>
    }
}
