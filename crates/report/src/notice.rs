//! Waiting, and failing: every wait shows that it goes on, every failure says what happened and what to do.

use contract::{Code, OperatorError};
use leptos::prelude::*;

/// Something is under way.
#[component]
pub fn Waiting(
    /// What is under way: `Reading the log`.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    view! {
        <p class="under-way" role="status">
            <span class="under-way-line" aria-hidden="true"></span>
            {what} "…"
        </p>
    }
}

/// A failed call: its message, and a way on.
#[component]
pub fn Failure(
    /// The failure, where there is one.
    #[prop(into)]
    error: Signal<Option<OperatorError>>,
    /// What to do again.
    #[prop(optional, into)]
    again: Option<Callback<()>>,
) -> impl IntoView {
    move || {
        error.get().map(|error| {
            view! {
                <div class="failure" role="alert" data-test="failure" data-code=code_name(error.code)>
                    <p>{error.message}</p>
                    {again
                        .map(|again| {
                            view! {
                                <button class="button little" data-test="again" on:click=move |_| again.run(())>
                                    "Try again"
                                </button>
                            }
                        })}
                </div>
            }
        })
    }
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Invalid => "invalid",
        Code::NotFound => "not_found",
        Code::Conflict => "conflict",
        Code::Refused => "refused",
        Code::Expired => "expired",
        Code::Unauthenticated => "unauthenticated",
        Code::LogStopped => "log_stopped",
        Code::KeyStore => "key_store",
        Code::Unreachable => "unreachable",
        Code::Internal => "internal",
    }
}
