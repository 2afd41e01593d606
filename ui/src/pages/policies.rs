//! The policy: its rules in words, its text, and how another one is put in force; and the kinds of actions that it may
//! speak of.

use contract::{ActionKind, ActionKinds, Empty, PolicyInForce, PolicyProblem, PolicyReport, PolicyRule, PolicyText};
use leptos::prelude::*;

use crate::components::{Dialog, Digest, Failure, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// The place.
#[component]
pub(crate) fn Policies() -> impl IntoView {
    let console = console();
    let policy = Fetched::<PolicyInForce>::new();
    let kinds = Fetched::<ActionKinds>::new();
    let fetch = move || {
        policy.ask(calls::policy(Empty {}));
        kinds.ask(calls::action_kinds(Empty {}));
    };
    Effect::new(move |_| {
        console.changes.policy.track();
        fetch();
    });
    let editing = move || console.policy_draft.with(Option::is_some);
    view! {
        <div class="page">
            <div class="column">
                <Failure error=policy.error again=move |()| fetch() />
                <Show when=move || policy.busy.get() && policy.value.with(Option::is_none)>
                    <Waiting what="Reading the policy" />
                </Show>
                {move || {
                    policy
                        .value
                        .get()
                        .map(|policy| {
                            let text = policy.text.clone();
                            view! {
                                <Head policy=policy.clone() />
                                <Show when=move || !editing()>
                                    <Rules rules=policy.rules.clone() />
                                </Show>
                                <section class="stack">
                                    <div class="row">
                                        <h2 class="head grow">{move || if editing() { "The text you are writing" } else { "Text (Cedar)" }}</h2>
                                        <Show when=move || !editing()>
                                            <button
                                                class="button little"
                                                data-test="policy-edit"
                                                on:click={
                                                    let text = text.clone();
                                                    move |_| console.policy_draft.set(Some(text.clone()))
                                                }
                                            >
                                                "Edit"
                                            </button>
                                        </Show>
                                    </div>
                                    <Show when=editing fallback={
                                        let text = policy.text.clone();
                                        move || view! { <Text text=text.clone() /> }
                                    }>
                                        <Editor in_force=policy.sha256.clone() />
                                    </Show>
                                </section>
                            }
                        })
                }}
                <Failure error=kinds.error again=move |()| fetch() />
                {move || kinds.value.get().map(|list| view! { <Kinds kinds=list.kinds /> })}
            </div>
        </div>
    }
}

/// The kinds of actions that agents may propose. They are registered on the command line.
#[component]
fn Kinds(kinds: Vec<ActionKind>) -> impl IntoView {
    let none = kinds.is_empty();
    let row = |kind: ActionKind| {
        let (class, who) = match kind.always_held {
            true => ("pill waiting", "a person, always"),
            false => ("pill", "the policy"),
        };
        view! {
            <li class="rule-row" data-test="kind" data-name=kind.name.clone()>
                <span><span class=class>{who}</span></span>
                <code>{kind.name.clone()}</code>
                <span class="muted">{kind.category_in_words}</span>
            </li>
        }
    };
    view! {
        <section class="stack">
            <h2 class="head">"Kinds of actions that agents may propose"</h2>
            <Show when=move || none>
                <p class="lead" data-test="no-kinds">
                    "None is registered, so agents can propose nothing. " <code>"countersign kind set FILE"</code> " registers one."
                </p>
            </Show>
            <ul class="table">{kinds.into_iter().map(row).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Head(policy: PolicyInForce) -> impl IntoView {
    let says = if policy.built_in {
        "The built-in policy decides".to_owned()
    } else {
        policy.published_ms.map_or_else(
            || "Your own policy decides".to_owned(),
            |at| format!("Your own policy decides, since {}", format::moment(at)),
        )
    };
    view! {
        <header class="stack tight">
            <h1 class="says large" data-test="policy-head">{says}</h1>
            <p class="lead">
                "What no rule allows is denied. A rule that forbids beats one that holds, and one that holds beats one that allows. Every decision is recorded with the SHA-256 of this text: "
                <span data-test="policy-sha256" data-sha256=policy.sha256.clone()><Digest value=policy.sha256.clone() /></span>
            </p>
        </header>
    }
}

#[component]
fn Rules(rules: Vec<PolicyRule>) -> impl IntoView {
    view! {
        <section class="stack">
            <h2 class="head">"Rules"</h2>
            <ul class="table">
                {rules
                    .into_iter()
                    .map(|rule| {
                        let class = match rule.effect.as_str() {
                            "allow" => "pill proved",
                            "hold" => "pill waiting",
                            _ => "pill refused",
                        };
                        view! {
                            <li class="rule-row" data-test="rule" data-id=rule.id.clone()>
                                <span><span class=class>{rule.effect}</span></span>
                                <code>{rule.id.clone()}</code>
                                <span class="muted">{rule.reason}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}

fn numbers(lines: usize, wrong: &[u32]) -> Vec<(u32, bool)> {
    (1..=u32::try_from(lines).unwrap_or(u32::MAX))
        .map(|line| (line, wrong.contains(&line)))
        .collect()
}

#[component]
fn Numbers(lines: usize, #[prop(optional)] wrong: Vec<u32>) -> impl IntoView {
    view! {
        <pre class="lines-of" aria-hidden="true">
            {numbers(lines, &wrong)
                .into_iter()
                .map(|(line, wrong)| view! { <span class:wrong=wrong>{line} "\n"</span> })
                .collect_view()}
        </pre>
    }
}

#[component]
fn Text(text: String) -> impl IntoView {
    let lines = text.lines().count().max(1);
    view! {
        <div class="policy-text" data-test="policy-text">
            <Numbers lines />
            <pre tabindex="0">{text}</pre>
        </div>
    }
}

#[component]
fn Editor(in_force: String) -> impl IntoView {
    let console = console();
    let draft = console.policy_draft;
    let checked = Fetched::<PolicyReport>::new();
    let published = Fetched::<PolicyInForce>::new();
    let confirming = RwSignal::new(false);
    let text = move || draft.get().unwrap_or_default();
    let lines = Memo::new(move |_| text().split('\n').count());
    let wrong = Memo::new(move |_| {
        checked.value.with(|report| {
            report
                .iter()
                .flat_map(|report| &report.problems)
                .filter_map(|problem| problem.line)
                .collect::<Vec<_>>()
        })
    });
    let check = move || {
        checked.ask(calls::policy_check(PolicyText {
            text: draft.get_untracked().unwrap_or_default(),
        }))
    };
    let sound = move || {
        checked
            .value
            .with(|report| report.as_ref().is_some_and(|report| report.problems.is_empty()))
    };
    let same = move || {
        checked
            .value
            .with(|report| report.as_ref().is_some_and(|report| report.sha256 == in_force))
    };
    let publish = move |_| {
        let text = draft.get_untracked().unwrap_or_default();
        published.ask_then(calls::policy_publish(PolicyText { text }), move |_| {
            console.say("The policy is in force.");
            confirming.set(false);
            console.changes.policy.update(|times| *times = times.wrapping_add(1));
            draft.set(None);
        });
    };
    view! {
        <div class="policy-text">
            {move || view! { <Numbers lines=lines.get() wrong=wrong.get() /> }}
            <textarea
                data-test="policy-editor"
                aria-label="Policy text"
                spellcheck="false"
                rows=move || lines.get().max(20) + 1
                prop:value=text
                on:input:target=move |event| {
                    draft.set(Some(event.target().value()));
                    checked.forget();
                }
            ></textarea>
        </div>
        <Failure error=checked.error />
        {move || checked.value.get().map(|report| view! { <Checked report /> })}
        <div class="row">
            <button class="button" data-test="policy-check" disabled=move || checked.busy.get() on:click=move |_| check()>
                {move || if checked.busy.get() { "Checking…" } else { "Check" }}
            </button>
            <button class="button primary" data-test="policy-publish" disabled=move || !sound() || same() on:click=move |_| confirming.set(true)>"Publish…"</button>
            <button class="button quiet" data-test="policy-discard" on:click=move |_| draft.set(None)>"Discard what I wrote"</button>
            <span class="small muted grow">"What you write is kept while you look elsewhere in this window."</span>
        </div>
        <Dialog open=confirming title="Publish this policy?" test="publish-dialog">
            <p class="lead">"It decides from the next call on. Items that are held now keep the policy that held them. The publication is a record."</p>
            <div class="form">
                <Failure error=published.error />
                <div class="actions">
                    <button class="button" on:click=move |_| confirming.set(false)>"Not yet"</button>
                    <button class="button primary" data-test="confirm" disabled=move || published.busy.get() on:click=publish>"Publish"</button>
                </div>
            </div>
        </Dialog>
    }
}

#[component]
fn Checked(report: PolicyReport) -> impl IntoView {
    if report.problems.is_empty() {
        return view! {
            <p class="proved" role="status" data-test="policy-sound">
                "It can be published: " {format::counted(report.rules.len() as u64, "rule", "rules")} ", SHA-256 " <Digest value=report.sha256 />
            </p>
        }
        .into_any();
    }
    view! {
        <div class="failure" role="alert" data-test="policy-problems">
            <ul class="problems">
                {report
                    .problems
                    .into_iter()
                    .map(|PolicyProblem { line, message }| {
                        view! { <li>{line.map(|line| format!("Line {line}: "))} {message}</li> }
                    })
                    .collect_view()}
            </ul>
        </div>
    }
    .into_any()
}
