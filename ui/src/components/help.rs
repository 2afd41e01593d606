//! The keys, at `?`.

use leptos::prelude::*;

use super::Dialog;
use crate::route::PLACES;
use crate::state::{Command, console};

/// What the keys do.
#[component]
pub(crate) fn Help() -> impl IntoView {
    let console = console();
    let key = move |command| console.preferences.with(|preferences| preferences.key(command));
    view! {
        <Dialog open=console.help title="Keys" test="keys">
            <Show when=move || console.preferences.with(|preferences| preferences.single_keys_off)>
                <p class="lead">"Single keys are switched off in Settings. Arrow keys, Enter and Escape still work."</p>
            </Show>
            <dl class="keys">
                {Command::ALL
                    .into_iter()
                    .filter(|(command, ..)| *command != Command::Go)
                    .map(|(command, _, does)| view! { <dt><kbd>{move || key(command)}</kbd></dt><dd>{does}</dd> })
                    .collect_view()}
                <dt><kbd>"↑"</kbd> <kbd>"↓"</kbd></dt>
                <dd>"Row before, next row"</dd>
                <dt><kbd>{move || key(Command::Go)}</kbd> <kbd>"g"</kbd> <kbd>"G"</kbd></dt>
                <dd>"First row, last row"</dd>
                <dt><kbd>"Enter"</kbd></dt>
                <dd>"Open the row"</dd>
                <dt><kbd>"Esc"</kbd></dt>
                <dd>"Back, or close"</dd>
                {PLACES
                    .into_iter()
                    .map(|(_, name, letter)| {
                        view! {
                            <dt><kbd>{move || key(Command::Go)}</kbd> <kbd>{letter}</kbd></dt>
                            <dd>{name}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
            <div class="form">
                <div class="actions">
                    <button class="button" on:click=move |_| console.help.set(false)>"Close"</button>
                </div>
            </div>
        </Dialog>
    }
}
