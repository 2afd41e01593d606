//! A day by agent, or by model: a small table, with the calls drawn beside the names.

use contract::DayPart;
use leptos::prelude::*;

use super::show_calls;
use crate::format;
use crate::state::console;

/// The table.
#[component]
pub(super) fn Parts(
    title: &'static str,
    /// What stands where there is no name.
    nameless: &'static str,
    parts: Vec<DayPart>,
) -> impl IntoView {
    let console = console();
    let most = parts.iter().map(|part| part.sums.calls).max().unwrap_or(0).max(1);
    let row = move |part: DayPart| {
        let DayPart { name, filter, sums } = part;
        #[expect(clippy::cast_precision_loss, reason = "drawn, to a pixel")]
        let wide = 100.0 * sums.calls as f64 / most as f64;
        let named = if filter.is_empty() {
            view! { <span class="muted">{nameless}</span> }.into_any()
        } else {
            let of = filter.clone();
            view! {
                <button class="link clip" data-test="day-part" data-filter=filter title="Show these calls" on:click=move |_| show_calls(console, &of)>
                    {name}
                </button>
            }
            .into_any()
        };
        view! {
            <tr>
                <th scope="row">{named}</th>
                <td class="day-bar" aria-hidden="true"><i style:width=format!("{wide:.1}%")></i></td>
                <td>{format::count(sums.calls)}</td>
                <td>{format::count(sums.held)}</td>
                <td>{format::count(sums.refused)}</td>
                <td>{format::count(sums.tokens_in.saturating_add(sums.tokens_out))}</td>
            </tr>
        }
    };
    view! {
        <section class="stack tight">
            <h2 class="head">{title}</h2>
            <table class="day-table figures">
                <thead class="small faint">
                    <tr>
                        <th><span class="unseen">"Name"</span></th>
                        <td aria-hidden="true"></td>
                        <th>"Calls"</th><th>"Waited"</th><th>"Denied"</th><th>"Tokens"</th>
                    </tr>
                </thead>
                <tbody>{parts.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}
