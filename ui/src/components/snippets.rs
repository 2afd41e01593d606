//! Lines to paste into a client, one client at a time.

use contract::Snippet;
use leptos::prelude::*;

use super::CopyButton;

/// The clients, and the lines of the chosen one.
#[component]
pub(crate) fn Snippets(snippets: Vec<Snippet>) -> impl IntoView {
    let chosen = RwSignal::new(0usize);
    let titles: Vec<String> = snippets.iter().map(|snippet| snippet.title.clone()).collect();
    let all = StoredValue::new(snippets);
    view! {
        <div class="stack tight">
            <div class="shown wrap" role="group" aria-label="For which program">
                {titles
                    .into_iter()
                    .enumerate()
                    .map(|(at, title)| {
                        view! {
                            <button
                                type="button"
                                class="shown-choice"
                                data-test="snippet-choice"
                                data-title=title.clone()
                                aria-pressed=move || (chosen.get() == at).to_string()
                                on:click=move |_| chosen.set(at)
                            >
                                {title.clone()}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            {move || {
                all.with_value(|all| all.get(chosen.get()).cloned())
                    .map(|snippet| {
                        view! {
                            <div class="snippet" data-test="snippet" data-title=snippet.title.clone()>
                                <pre class="lines">{snippet.code.clone()}</pre>
                                <CopyButton text=snippet.code test="copy-snippet" />
                            </div>
                        }
                    })
            }}
        </div>
    }
}
