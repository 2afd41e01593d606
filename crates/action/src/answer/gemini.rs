//! Gemini's answers, whole and as streams, whose chunks are answers, too.

use serde::Deserialize;

use super::Step;
use super::facts::{Gathered, Maybe, Problem, document, set, sum};
use super::frames::Event;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Used>,
    model_version: Maybe<String>,
    error: Option<Maybe<Problem>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Maybe<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Content {
    parts: Option<Vec<Part>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part {
    function_call: Option<Call>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Call {
    name: Maybe<String>,
    id: Maybe<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Feedback {
    block_reason: Maybe<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Used {
    prompt_token_count: Maybe<u64>,
    tool_use_prompt_token_count: Maybe<u64>,
    candidates_token_count: Maybe<u64>,
    thoughts_token_count: Maybe<u64>,
    total_token_count: Maybe<u64>,
}

/// A chunk of a stream.
pub(super) fn event(event: &Event<'_>, gathered: &mut Gathered) -> Step {
    if event.too_long || event.data.is_empty() {
        return Step::On;
    }
    match document::<Answer>(event.data) {
        Some(chunk) => {
            answer(chunk, gathered);
            Step::On
        }
        None => Step::Unreadable,
    }
}

/// A whole answer, or a list of them, as a stream is written that wasn't asked for as events.
pub(super) fn whole(body: &[u8], gathered: &mut Gathered) -> bool {
    let answers = if body.trim_ascii_start().starts_with(b"[") {
        document::<Vec<Answer>>(body)
    } else {
        document::<Answer>(body).map(|one| vec![one])
    };
    let readable = answers.is_some();
    for one in answers.into_iter().flatten() {
        answer(one, gathered);
    }
    readable
}

fn answer(answer: Answer, gathered: &mut Gathered) {
    gathered.model(answer.model_version);
    if let Some(used) = answer.usage_metadata {
        let usage = &mut gathered.facts.usage;
        let prompt = [used.prompt_token_count.get(), used.tool_use_prompt_token_count.get()];
        let completion = [used.candidates_token_count.get(), used.thoughts_token_count.get()];
        set(&mut usage.prompt_tokens, sum(&prompt));
        set(&mut usage.completion_tokens, sum(&completion));
        set(&mut usage.total_tokens, used.total_token_count.get());
    }
    gathered.ended(answer.prompt_feedback.and_then(|feedback| feedback.block_reason.get()));
    for (place, candidate) in answer.candidates.into_iter().flatten().enumerate() {
        if place == 0 {
            gathered.ended(candidate.finish_reason.get());
        }
        for part in candidate
            .content
            .and_then(|content| content.parts)
            .into_iter()
            .flatten()
        {
            if let Some(call) = part.function_call {
                gathered.tool(call.name.get(), call.id.get());
            }
        }
    }
    if let Some(problem) = answer.error {
        gathered.failed(problem.get());
    }
}
