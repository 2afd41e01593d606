//! Adding an upstream. What goes beyond the rule needs a written reason, which is recorded.

use contract::{NewUpstream, Upstream, UpstreamException, WireFormat};
use leptos::prelude::*;

use crate::components::{Dialog, Failure};
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// Each exception, with what to say about it.
const EXCEPTIONS: [(UpstreamException, &str, &str); 3] = [
    (
        UpstreamException::PrivateNetwork,
        "upstream-private",
        "It may be at a private address (RFC 1918, RFC 4193, RFC 6598)",
    ),
    (
        UpstreamException::Plaintext,
        "upstream-plaintext",
        "It may be asked over plain HTTP there: whoever listens there reads calls and the key",
    ),
    (
        UpstreamException::LongSilence,
        "upstream-silence",
        "It may be silent for more than ten minutes, up to an hour",
    ),
];

/// What is being written.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    url: RwSignal<String>,
    format: RwSignal<WireFormat>,
    exceptions: RwSignal<Vec<UpstreamException>>,
    silence: RwSignal<String>,
    why: RwSignal<String>,
}

impl Draft {
    fn new() -> Self {
        Self {
            name: RwSignal::new(String::new()),
            url: RwSignal::new("https://".to_owned()),
            format: RwSignal::new(WireFormat::Openai),
            exceptions: RwSignal::new(Vec::new()),
            silence: RwSignal::new("3600".to_owned()),
            why: RwSignal::new(String::new()),
        }
    }

    fn permits(self, exception: UpstreamException) -> bool {
        self.exceptions.with(|exceptions| exceptions.contains(&exception))
    }

    fn wanted(self) -> NewUpstream {
        let exceptions = self.exceptions.get_untracked();
        // Whatever isn't a number is refused by the gateway, as 0 is.
        let silence_s = exceptions.contains(&UpstreamException::LongSilence).then(|| {
            self.silence
                .with_untracked(|silence| silence.trim().parse().unwrap_or(0))
        });
        NewUpstream {
            name: self.name.with_untracked(|name| name.trim().to_owned()),
            format: self.format.get_untracked(),
            base_url: self.url.with_untracked(|url| url.trim().to_owned()),
            silence_s,
            justification: match exceptions.is_empty() {
                true => String::new(),
                false => self.why.get_untracked(),
            },
            exceptions,
        }
    }

    fn clear(self) {
        let Self {
            name,
            url,
            format,
            exceptions,
            silence,
            why,
        } = Self::new();
        self.name.set(name.get_untracked());
        self.url.set(url.get_untracked());
        self.format.set(format.get_untracked());
        self.exceptions.set(exceptions.get_untracked());
        self.silence.set(silence.get_untracked());
        self.why.set(why.get_untracked());
    }
}

/// The dialog.
#[component]
pub(super) fn AddUpstream(open: RwSignal<bool>) -> impl IntoView {
    let console = console();
    let draft = Draft::new();
    let added = Fetched::<Upstream>::new();
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        added.ask_then(calls::upstream_add(draft.wanted()), move |upstream| {
            console.say(format!("{} is added. Set its key, then use it.", upstream.name));
            draft.clear();
            console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
            open.set(false);
        });
    };
    view! {
        <Dialog open title="Add an upstream" test="upstream-dialog" wide=true>
            <p class="lead">"A model provider that calls may go to. An agent can never name one by its address."</p>
            <form class="form" on:submit=add>
                <div class="field">
                    <label for="upstream-name">"Name"</label>
                    <input id="upstream-name" data-test="upstream-name" autocomplete="off" maxlength="64" pattern="[a-z0-9\\-]+" required prop:value=move || draft.name.get() on:input:target=move |event| draft.name.set(event.target().value()) />
                    <span class="help">"Small letters, digits and hyphens"</span>
                </div>
                <Speaks draft />
                <div class="field">
                    <label for="upstream-url">"Address"</label>
                    <input id="upstream-url" class="mono" data-test="upstream-url" type="url" autocomplete="off" required prop:value=move || draft.url.get() on:input:target=move |event| draft.url.set(event.target().value()) />
                    <span class="help">{move || example(draft.format.get())} " Plain http only on this machine, unless it is permitted below."</span>
                </div>
                <Exceptions draft />
                <Failure error=added.error />
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                    <button type="submit" class="button primary" data-test="upstream-save" disabled=move || added.busy.get()>"Add"</button>
                </div>
            </form>
        </Dialog>
    }
}

/// Up to where an address goes in this format.
fn example(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "Up to and with the version: https://api.openai.com/v1.",
        WireFormat::Anthropic => "Up to and with the version: https://api.anthropic.com/v1.",
        WireFormat::Gemini => "Up to and with the version: https://generativelanguage.googleapis.com/v1beta.",
    }
}

#[component]
fn Speaks(draft: Draft) -> impl IntoView {
    let chosen = move |event: String| {
        draft.format.set(match event.as_str() {
            "anthropic" => WireFormat::Anthropic,
            "gemini" => WireFormat::Gemini,
            _ => WireFormat::Openai,
        });
    };
    let is = move |format: WireFormat| move || draft.format.get() == format;
    view! {
        <div class="field">
            <label for="upstream-format">"Speaks"</label>
            <select id="upstream-format" data-test="upstream-format" on:change:target=move |event| chosen(event.target().value())>
                <option value="openai" prop:selected=is(WireFormat::Openai)>"OpenAI’s API"</option>
                <option value="anthropic" prop:selected=is(WireFormat::Anthropic)>"Anthropic’s API"</option>
                <option value="gemini" prop:selected=is(WireFormat::Gemini)>"Google’s Gemini API"</option>
            </select>
        </div>
    }
}

/// What may be permitted, and why it is.
#[component]
fn Exceptions(draft: Draft) -> impl IntoView {
    let any = move || draft.exceptions.with(|exceptions| !exceptions.is_empty());
    let choice = move |(exception, test, says): (UpstreamException, &'static str, &'static str)| {
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    data-test=test
                    prop:checked=move || draft.permits(exception)
                    on:change:target=move |event| {
                        let permitted = event.target().checked();
                        draft
                            .exceptions
                            .update(|exceptions| {
                                exceptions.retain(|other| *other != exception);
                                if permitted {
                                    exceptions.push(exception);
                                }
                            });
                    }
                />
                <span>{says}</span>
            </label>
        }
    };
    view! {
        <div class="field" role="group" aria-labelledby="upstream-exceptions">
            <span class="label" id="upstream-exceptions">"Permit beyond the rule: most upstreams need none of it"</span>
            <div class="choices">{EXCEPTIONS.into_iter().map(choice).collect_view()}</div>
        </div>
        <Show when=move || draft.permits(UpstreamException::LongSilence)>
            <div class="field">
                <label for="upstream-seconds">"Longest silence, in seconds"</label>
                <input id="upstream-seconds" data-test="upstream-seconds" type="number" min="1" max="3600" required prop:value=move || draft.silence.get() on:input:target=move |event| draft.silence.set(event.target().value()) />
            </div>
        </Show>
        <Show when=any>
            <div class="field">
                <label for="upstream-why">"Why"</label>
                <textarea id="upstream-why" data-test="upstream-why" rows="2" minlength="10" maxlength="2000" required prop:value=move || draft.why.get() on:input:target=move |event| draft.why.set(event.target().value())></textarea>
                <span class="help">"Recorded under your name, shown beside the upstream, and to auditors. At least ten characters."</span>
            </div>
        </Show>
    }
}
