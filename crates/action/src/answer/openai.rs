//! OpenAI's answers: chat completions (and embeddings, which say what they used alike), and responses.

use serde::Deserialize;

use super::Step;
use super::facts::{Gathered, Maybe, Problem, document, set};
use super::frames::Event;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chat {
    model: Maybe<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Used>,
    error: Option<Maybe<Problem>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    index: Maybe<u64>,
    finish_reason: Maybe<String>,
    delta: Option<Said>,
    message: Option<Said>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    tool_calls: Option<Vec<Call>>,
    function_call: Option<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call {
    index: Maybe<u64>,
    id: Maybe<String>,
    function: Option<Named>,
    custom: Option<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Maybe<String>,
}

/// What was used, by the names of both operations.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Used {
    prompt_tokens: Maybe<u64>,
    input_tokens: Maybe<u64>,
    completion_tokens: Maybe<u64>,
    output_tokens: Maybe<u64>,
    total_tokens: Maybe<u64>,
}

/// A chunk of a stream of chat completions.
pub(super) fn chat_event(event: &Event<'_>, gathered: &mut Gathered) -> Step {
    if event.too_long || event.data.is_empty() {
        return Step::On;
    }
    match document::<Chat>(event.data) {
        Some(chunk) => chat(chunk, gathered),
        None => Step::Unreadable,
    }
}

/// A whole chat completion, or whole embeddings.
pub(super) fn whole_chat(body: &[u8], gathered: &mut Gathered) -> bool {
    document::<Chat>(body).map(|answer| chat(answer, gathered)).is_some()
}

fn chat(chat: Chat, gathered: &mut Gathered) -> Step {
    gathered.model(chat.model);
    used(chat.usage, gathered);
    for (place, choice) in chat.choices.into_iter().flatten().enumerate() {
        let index = choice.index.get().unwrap_or(place as u64);
        if place == 0 {
            gathered.ended(choice.finish_reason.get());
        }
        for said in [choice.delta, choice.message].into_iter().flatten() {
            if let Some(call) = said.function_call {
                gathered.piece(Some((index, u64::MAX)), call.name.get(), None);
            }
            for call in said.tool_calls.into_iter().flatten() {
                let key = call.index.get().map(|call| (index, call));
                let named = call.function.or(call.custom).unwrap_or_default();
                gathered.piece(key, named.name.get(), call.id.get());
            }
        }
    }
    match chat.error {
        Some(problem) => {
            gathered.failed(problem.get());
            Step::End
        }
        None => Step::On,
    }
}

fn used(used: Option<Used>, gathered: &mut Gathered) {
    let used = used.unwrap_or_default();
    let usage = &mut gathered.facts.usage;
    set(
        &mut usage.prompt_tokens,
        used.prompt_tokens.get().or(used.input_tokens.get()),
    );
    set(
        &mut usage.completion_tokens,
        used.completion_tokens.get().or(used.output_tokens.get()),
    );
    set(&mut usage.total_tokens, used.total_tokens.get());
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Response {
    model: Maybe<String>,
    status: Maybe<String>,
    incomplete_details: Option<Incomplete>,
    output: Option<Vec<Item>>,
    usage: Option<Used>,
    error: Option<Maybe<Problem>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Incomplete {
    reason: Maybe<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    r#type: Maybe<String>,
    name: Maybe<String>,
    call_id: Maybe<String>,
    id: Maybe<String>,
}

/// An event of a response's stream. Its error may be the event itself, or stand in it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseEvent {
    r#type: Maybe<String>,
    response: Option<Response>,
    item: Option<Item>,
    code: Maybe<String>,
    error: Option<Maybe<Problem>>,
}

/// An event of a response's stream.
pub(super) fn response_event(event: &Event<'_>, gathered: &mut Gathered) -> Step {
    let read = match event.data {
        _ if event.too_long => ResponseEvent::default(),
        [] => ResponseEvent::default(),
        data => match document::<ResponseEvent>(data) {
            Some(read) => read,
            None => return Step::Unreadable,
        },
    };
    let kind = read.r#type.get().unwrap_or_default();
    let is = |name: &str| kind == name || (kind.is_empty() && event.name == name.as_bytes());
    let fails = is("error");
    let ends = fails || is("response.completed") || is("response.failed") || is("response.incomplete");
    if is("response.output_item.done")
        && let Some(item) = read.item
    {
        asked(item, gathered);
    }
    if let Some(answer) = read.response {
        response(answer, ends, gathered);
    }
    if fails {
        let code = read.code.get().map(Problem::of);
        gathered.failed(code.or(read.error.and_then(Maybe::get)));
    }
    if ends { Step::End } else { Step::On }
}

/// A whole response.
pub(super) fn whole_response(body: &[u8], gathered: &mut Gathered) -> bool {
    let read = document::<Response>(body);
    read.map(|answer| response(answer, true, gathered)).is_some()
}

fn response(answer: Response, is_last: bool, gathered: &mut Gathered) {
    gathered.model(answer.model);
    used(answer.usage, gathered);
    for item in answer.output.into_iter().flatten() {
        asked(item, gathered);
    }
    if let Some(problem) = answer.error {
        gathered.failed(problem.get());
    }
    if is_last {
        let reason = answer.incomplete_details.and_then(|details| details.reason.get());
        gathered.ended(reason.or(answer.status.get()));
    }
}

/// An item by which the model, or the provider for it, calls a tool. It comes when it is done, and again at the end.
fn asked(item: Item, gathered: &mut Gathered) {
    let kind = item.r#type.get().unwrap_or_default();
    if !kind.ends_with("_call") && kind != "mcp_approval_request" {
        return;
    }
    let id = item.call_id.get().or(item.id.get()).unwrap_or_default();
    let known = gathered
        .facts
        .tool_calls
        .iter()
        .any(|tool| !id.is_empty() && tool.id == id);
    if !known {
        gathered.tool(Some(item.name.get().unwrap_or(kind)), Some(id));
    }
}
