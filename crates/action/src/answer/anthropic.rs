//! Anthropic's answers: messages, whole and as streams.

use serde::Deserialize;

use super::Step;
use super::facts::{Gathered, Maybe, Problem, document, set, sum};
use super::frames::Event;

/// A message, or an error in its place.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    model: Maybe<String>,
    content: Option<Vec<Block>>,
    stop_reason: Maybe<String>,
    usage: Option<Used>,
    error: Option<Maybe<Problem>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block {
    r#type: Maybe<String>,
    id: Maybe<String>,
    name: Maybe<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Used {
    input_tokens: Maybe<u64>,
    cache_creation_input_tokens: Maybe<u64>,
    cache_read_input_tokens: Maybe<u64>,
    output_tokens: Maybe<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Streamed {
    r#type: Maybe<String>,
    message: Option<Message>,
    content_block: Option<Block>,
    delta: Option<Delta>,
    usage: Option<Used>,
    error: Option<Maybe<Problem>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta {
    stop_reason: Maybe<String>,
}

/// An event of a message's stream.
pub(super) fn event(event: &Event<'_>, gathered: &mut Gathered) -> Step {
    let read = match event.data {
        _ if event.too_long => Streamed::default(),
        [] => Streamed::default(),
        data => match document::<Streamed>(data) {
            Some(read) => read,
            None => return Step::Unreadable,
        },
    };
    let kind = read.r#type.get().unwrap_or_default();
    // Clients go by the event's name, others by the type in its data: either ends the stream.
    let is = |name: &str| kind == name || event.name == name.as_bytes();
    if let Some(start) = read.message {
        message(start, gathered);
    }
    if let Some(block) = read.content_block {
        asked(block, gathered);
    }
    used(read.usage, gathered);
    gathered.ended(read.delta.and_then(|delta| delta.stop_reason.get()));
    if is("error") {
        gathered.failed(read.error.and_then(Maybe::get));
        return Step::End;
    }
    if is("message_stop") { Step::End } else { Step::On }
}

/// A whole message; a counting of tokens says nothing that is gathered.
pub(super) fn whole(body: &[u8], gathered: &mut Gathered) -> bool {
    document::<Message>(body)
        .map(|answer| message(answer, gathered))
        .is_some()
}

fn message(message: Message, gathered: &mut Gathered) {
    gathered.model(message.model);
    for block in message.content.into_iter().flatten() {
        asked(block, gathered);
    }
    used(message.usage, gathered);
    gathered.ended(message.stop_reason.get());
    if let Some(problem) = message.error {
        gathered.failed(problem.get());
    }
}

fn asked(block: Block, gathered: &mut Gathered) {
    let is_call = block
        .r#type
        .get()
        .is_some_and(|kind| kind == "tool_use" || kind.ends_with("_tool_use"));
    if is_call {
        gathered.tool(block.name.get(), block.id.get());
    }
}

/// What was used: the counts are of the whole message so far, and later ones replace earlier ones.
fn used(used: Option<Used>, gathered: &mut Gathered) {
    let Some(used) = used else { return };
    let [input, written, read] = &mut gathered.input;
    set(input, used.input_tokens.get());
    set(written, used.cache_creation_input_tokens.get());
    set(read, used.cache_read_input_tokens.get());
    let usage = &mut gathered.facts.usage;
    set(&mut usage.completion_tokens, used.output_tokens.get());
    usage.prompt_tokens = sum(&gathered.input);
    usage.total_tokens = match (usage.prompt_tokens, usage.completion_tokens) {
        (Some(prompt), Some(completion)) => Some(prompt.saturating_add(completion)),
        _ => None,
    };
}
