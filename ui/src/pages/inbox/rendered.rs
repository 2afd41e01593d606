//! The view, rendered: from exactly the text whose commitment is signed.

use contract::view::{Fact, Message, Section, Tool, View};
use leptos::prelude::*;

use crate::components::{Bytes, Claimed, Plain};

/// Reads the view from its signed text.
///
/// # Errors
/// Why it can't be read, for a person who then can't decide on it.
pub(super) fn read(text: &str) -> Result<View, String> {
    View::from_bytes(text.as_bytes()).map_err(|error| error.to_string())
}

/// The parts of an action, in reading order.
#[component]
pub(super) fn Sections(sections: Vec<Section>) -> impl IntoView {
    sections
        .into_iter()
        .map(|section| match section {
            Section::Facts { heading, facts } => view! { <Facts heading facts /> }.into_any(),
            Section::Messages { heading, messages } => view! { <Messages heading messages /> }.into_any(),
            Section::Tools { heading, tools } => view! { <Tools heading tools /> }.into_any(),
            Section::Raw {
                heading,
                media_type,
                text,
            } => view! { <Raw heading media_type text /> }.into_any(),
        })
        .collect_view()
}

#[component]
fn Facts(heading: String, facts: Vec<Fact>) -> impl IntoView {
    view! {
        <section class="part">
            <h2 class="head">{heading}</h2>
            <dl class="facts">
                {facts
                    .into_iter()
                    .map(|fact| view! { <dt>{fact.label}</dt><dd><Plain text=fact.value /></dd> })
                    .collect_view()}
            </dl>
        </section>
    }
}

#[component]
fn Messages(heading: String, messages: Vec<Message>) -> impl IntoView {
    view! {
        <section class="part">
            <h2 class="head">{heading}</h2>
            <Claimed>
                <ol class="messages">
                    {messages
                        .into_iter()
                        .map(|message| {
                            view! {
                                <li>
                                    <span class="message-role"><Plain text=message.role /></span>
                                    <div class="message-text"><Plain text=message.text /></div>
                                </li>
                            }
                        })
                        .collect_view()}
                </ol>
            </Claimed>
        </section>
    }
}

#[component]
fn Tools(heading: String, tools: Vec<Tool>) -> impl IntoView {
    view! {
        <section class="part">
            <h2 class="head">{heading}</h2>
            <Claimed by="as the agent describes them">
                <ul class="tools">
                    {tools
                        .into_iter()
                        .map(|tool| {
                            view! {
                                <li>
                                    <p><code class="tool-name"><Plain text=tool.name /></code></p>
                                    <p class="tool-says"><Plain text=tool.description /></p>
                                    {(!tool.parameters.is_empty())
                                        .then(|| view! { <Bytes text=tool.parameters test="tool-parameters" /> })}
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </Claimed>
        </section>
    }
}

#[component]
fn Raw(heading: String, media_type: String, text: String) -> impl IntoView {
    view! {
        <section class="part">
            <h2 class="head">{heading} " — " <span class="as-is">{media_type}</span></h2>
            <Claimed by="as the agent sent it">
                <Bytes text test="raw-section" />
            </Claimed>
        </section>
    }
}
