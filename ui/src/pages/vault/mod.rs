//! The vault: model providers, which of them answers, their keys, sealed, and the names that stand for their models.

mod add;
mod aliases;
mod asking;
mod key;
mod upstream;

use contract::{Alias, AliasRef, Aliases as AllAliases, CredentialRef, Credentials, Empty, UpstreamRef, Upstreams};
use leptos::prelude::*;

use crate::components::{Failure, Waiting};
use crate::ipc::calls;
use crate::state::{Fetched, console};

use add::AddUpstream;
use aliases::{AddAlias, Aliases};
use asking::Asking;
use key::SetKey;
use upstream::Row;

/// What is asked and under way in the place.
#[derive(Clone, Copy)]
struct Keeping {
    upstreams: Fetched<Upstreams>,
    credentials: Fetched<Credentials>,
    aliases: Fetched<AllAliases>,
    /// Whose key is being set.
    setting: RwSignal<Option<String>>,
    /// Whose key is being destroyed.
    destroying: RwSignal<Option<String>>,
    /// Which upstream is about to answer.
    using: RwSignal<Option<String>>,
    /// Which upstream is about to be taken away.
    removing: RwSignal<Option<String>>,
    /// Which alias is about to be taken away.
    unnaming: RwSignal<Option<String>>,
}

impl Keeping {
    fn new() -> Self {
        Self {
            upstreams: Fetched::new(),
            credentials: Fetched::new(),
            aliases: Fetched::new(),
            setting: RwSignal::new(None),
            destroying: RwSignal::new(None),
            using: RwSignal::new(None),
            removing: RwSignal::new(None),
            unnaming: RwSignal::new(None),
        }
    }

    fn fetch(self) {
        self.upstreams.ask(calls::upstreams(Empty {}));
        self.credentials.ask(calls::credentials(Empty {}));
        self.aliases.ask(calls::aliases(Empty {}));
    }

    /// The names that stand for models of this upstream.
    fn aliases_of(self, upstream: &str) -> Vec<Alias> {
        self.aliases.value.with(|all| {
            let of = all.iter().flat_map(|all| &all.aliases);
            of.filter(|alias| alias.upstream == upstream).cloned().collect()
        })
    }

    /// What taking an upstream away will do, or what has to be done before.
    fn removal(self, upstream: &str) -> String {
        let in_use = self.upstreams.value.with(|all| {
            let mut all = all.iter().flat_map(|all| &all.upstreams);
            all.any(|other| other.name == upstream && other.in_use)
        });
        let aliases: Vec<String> = self.aliases_of(upstream).into_iter().map(|alias| alias.name).collect();
        if in_use {
            "calls go to it now. Let another upstream of its kind answer first, then take it away.".to_owned()
        } else if !aliases.is_empty() {
            format!("{} stands for its models. Remove that first.", aliases.join(", "))
        } else {
            format!(
                "calls that ask for {upstream}/MODEL are refused from now on, what is held for it can’t be released any more, and its key is destroyed. \
                 The provider still accepts that key: revoke it there as well."
            )
        }
    }
}

/// The place.
#[component]
pub(crate) fn Vault() -> impl IntoView {
    let console = console();
    let keeping = Keeping::new();
    Effect::new(move |_| {
        console.changes.upstreams.track();
        keeping.fetch();
    });
    let (adding, naming) = (RwSignal::new(false), RwSignal::new(false));
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
                    <Failure error=keeping.upstreams.error again=move |()| keeping.fetch() />
                    <Failure error=keeping.credentials.error />
                    <Show when=move || keeping.upstreams.busy.get() && keeping.upstreams.value.with(Option::is_none)>
                        <Waiting what="Reading the vault" />
                    </Show>
                    <List keeping />
                </section>
                <section class="stack">
                    <div class="row">
                        <h2 class="head grow">"Names that stand for a model"</h2>
                        <button class="button little" data-test="alias-add" on:click=move |_| naming.set(true)>"Add a name…"</button>
                    </div>
                    <Failure error=keeping.aliases.error again=move |()| keeping.fetch() />
                    <Aliases keeping />
                </section>
            </div>
            <AddUpstream open=adding />
            <AddAlias open=naming keeping />
            <SetKey upstream=keeping.setting />
            <Changes keeping />
        </div>
    }
}

#[component]
fn List(keeping: Keeping) -> impl IntoView {
    let rows = move || {
        let credentials = keeping
            .credentials
            .value
            .get()
            .map(|all| all.credentials)
            .unwrap_or_default();
        let upstreams = keeping
            .upstreams
            .value
            .get()
            .map(|all| all.upstreams)
            .unwrap_or_default();
        let row = |upstream: contract::Upstream| {
            let credential = credentials
                .iter()
                .find(|credential| credential.upstream == upstream.name);
            let credential = credential.cloned();
            view! { <Row keeping upstream credential /> }
        };
        upstreams.into_iter().map(row).collect_view()
    };
    view! { <ul class="table">{rows}</ul> }
}

/// What is asked once more.
#[component]
fn Changes(keeping: Keeping) -> impl IntoView {
    view! {
        <Asking
            about=keeping.destroying
            title="Destroy this key?"
            says=|_: &str| {
                "calls to this upstream are denied until another key is set. The provider still accepts the key: revoke it there as well.".to_owned()
            }
            does="Destroy"
            danger=true
            act=|upstream: String| async { calls::credential_remove(CredentialRef { upstream }).await.map(|_| ()) }
        />
        <Asking
            about=keeping.using
            title="Send calls here?"
            says=|_: &str| "from now on this upstream answers every released call of its kind. The change is a record.".to_owned()
            does="Use it"
            danger=false
            act=|name: String| async { calls::upstream_use(UpstreamRef { name }).await.map(|_| ()) }
        />
        <Asking
            about=keeping.removing
            title="Take this upstream away?"
            says=move |name: &str| keeping.removal(name)
            does="Take it away"
            danger=true
            act=|name: String| async { calls::upstream_remove(UpstreamRef { name }).await.map(|_| ()) }
        />
        <Asking
            about=keeping.unnaming
            title="Remove this name?"
            says=|name: &str| format!("agents that ask for {name} are refused from now on, unless an upstream in use knows a model of that name.")
            does="Remove"
            danger=true
            act=|name: String| async { calls::alias_remove(AliasRef { name }).await.map(|_| ()) }
        />
    }
}
