//! The chain, always in sight: its head, the last checkpoint, the last verification, the key in use.

use contract::{ChainState, Empty, Verification, VerificationState};
use leptos::prelude::*;

use crate::components::{Digest, Failure};
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Fetched, console};

/// The line under the log. A verification that runs goes on whatever place is open.
#[component]
pub(super) fn Chain() -> impl IntoView {
    let console = console();
    let asked = Fetched::<Verification>::new();
    let chain = Memo::new(move |_| {
        console
            .status
            .value
            .with(|status| status.as_ref().map(|status| status.chain.clone()))
    });
    let broken = move || {
        chain.with(|chain| {
            chain
                .as_ref()
                .is_some_and(|chain| chain.verification.state == VerificationState::Broken)
        })
    };
    // A button that is drawn anew with each record can't be clicked in a busy log.
    let runs = Memo::new(move |_| {
        chain.with(|chain| {
            let chain = chain.as_ref()?;
            Some(chain.verification.state == VerificationState::Running)
        })
    });
    let begin = move |_| {
        asked.ask_then(calls::log_verify(Empty {}), move |verification| {
            console.status.value.update(|status| {
                if let Some(status) = status {
                    status.chain.verification = verification.clone();
                }
            });
        });
    };
    view! {
        <footer class="chain" class:broken=broken aria-label="The chain" data-test="chain">
            {move || chain.get().map(|chain| view! { <Standing chain /> })}
            <div class="audit-failure"><Failure error=asked.error /></div>
            {move || {
                runs.get()
                    .map(|runs| {
                        if runs {
                            let running = move || chain.get().map(|chain| view! { <Running of=chain.verification /> });
                            running.into_any()
                        } else {
                            view! {
                                <button class="button little" data-test="verify-chain" disabled=move || asked.busy.get() on:click=begin>
                                    "Verify whole chain"
                                </button>
                            }
                                .into_any()
                        }
                    })
            }}
        </footer>
    }
}

#[component]
fn Standing(chain: ChainState) -> impl IntoView {
    let now = console().now.get_untracked();
    let head = chain.head.clone();
    let checkpoint = chain.checkpoint.clone();
    view! {
        <dl>
            <div>
                <dt>"Head"</dt>
                <dd data-test="chain-head">
                    <span class="figures">{format::count(chain.size.saturating_sub(1))}</span>
                    {head.map(|head| view! { " " <Digest value=head /> })}
                </dd>
            </div>
            <div>
                <dt>"Checkpoint"</dt>
                <dd data-test="chain-checkpoint">
                    {match checkpoint {
                        Some(checkpoint) => {
                            let covered = checkpoint.size.saturating_sub(1);
                            view! {
                                <a class="figures" href=Route::Audit(Some(covered)).hash() title=format!("Root {}", checkpoint.root)>
                                    {format::count(checkpoint.size)} " records"
                                </a>
                                <span class="muted figures" title=format::exact_moment(checkpoint.signed_ms)>
                                    {format::column_moment(checkpoint.signed_ms, now)}
                                </span>
                            }
                                .into_any()
                        }
                        None => view! { <span class="muted">"none yet"</span> }.into_any(),
                    }}
                </dd>
            </div>
            <div>
                <dt>"Key"</dt>
                <dd><Digest value=chain.log_key_id.clone() /></dd>
            </div>
            <Verified of=chain.verification />
        </dl>
    }
}

#[component]
fn Verified(of: Verification) -> impl IntoView {
    let now = console().now.get_untracked();
    let (dot, state) = match of.state {
        VerificationState::Verified => ("dot proved", "verified"),
        VerificationState::Broken => ("dot refused", "broken"),
        VerificationState::Running => ("dot waiting", "running"),
        VerificationState::NotRun => ("dot open", "not_run"),
    };
    let broken_at = of.broken_at;
    view! {
        <div class="grow verification" data-test="verification" data-state=state>
            <dt class="unseen">"Verification"</dt>
            <dd>
                <i class=dot></i>
                <span class="clip" title=of.sentence.clone()>
                    {if of.sentence.is_empty() { "Not verified since it was opened.".to_owned() } else { of.sentence.clone() }}
                </span>
                {of.ended_ms
                    .map(|at| {
                        view! {
                            <span class="muted figures" title=format::exact_moment(at)>{format::column_moment(at, now)}</span>
                        }
                    })}
                {broken_at
                    .map(|at| {
                        view! {
                            <a data-test="broken-at" href=Route::Audit(Some(at)).hash()>"Open record " {format::count(at)}</a>
                        }
                    })}
            </dd>
        </div>
    }
}

#[component]
fn Running(of: Verification) -> impl IntoView {
    view! {
        <span class="verifying" data-test="verifying" title="It goes on while you do other things.">
            <progress max=of.of.max(1) value=of.verified aria-label="Verifying the chain"></progress>
            <span class="small muted figures">{format::count(of.verified)} " of " {format::count(of.of)}</span>
        </span>
    }
}
