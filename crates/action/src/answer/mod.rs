//! What a model's answer says, read as it comes: what it used, how it ended, which tools it asks for.
//!
//! The bytes go on to the agent as they are. [`AnswerReader`] looks at them on the way, holds no more than the one event
//! under way, and tells where the event begins that ends a stream, so that it can be kept back until the outcome is
//! recorded. What it gives is the provider's claim, and no proof.

mod anthropic;
mod facts;
mod frames;
mod gemini;
mod openai;

use frames::{Event, Frames};

use facts::Gathered;
pub use facts::{AnswerFacts, ToolAsked, Usage};

use crate::model_call::Format;

/// The longest whole answer that is read, in bytes.
pub const LONGEST_WHOLE: usize = 32 << 20;

/// Reads one answer.
#[derive(Debug)]
pub struct AnswerReader {
    format: Format,
    form: Form,
    gathered: Gathered,
    ends_at: Option<u64>,
}

#[derive(Debug)]
enum Form {
    Stream(Frames),
    Whole { body: Vec<u8>, pushed: u64 },
}

impl AnswerReader {
    /// A reader of an answer to a call in `format`. `is_stream`: it is a stream of events (`text/event-stream`), and not
    /// one JSON document.
    #[must_use]
    pub fn new(format: Format, is_stream: bool) -> Self {
        let form = if is_stream {
            Form::Stream(Frames::default())
        } else {
            Form::Whole {
                body: Vec::new(),
                pushed: 0,
            }
        };
        Self {
            format,
            form,
            gathered: Gathered::default(),
            ends_at: None,
        }
    }

    /// Takes the answer's next bytes. Where they are cut makes no difference to what is read.
    pub fn push(&mut self, chunk: &[u8]) {
        let Self {
            format,
            form,
            gathered,
            ends_at,
        } = self;
        match form {
            Form::Stream(frames) => frames.push(chunk, |event| take(*format, &event, gathered, ends_at)),
            Form::Whole { body, pushed } => {
                *pushed += chunk.len() as u64;
                if *pushed <= LONGEST_WHOLE as u64 {
                    body.extend_from_slice(chunk);
                } else {
                    *body = Vec::new();
                }
            }
        }
    }

    /// Whether the event that ends a stream has come: `[DONE]`, `response.completed`, `message_stop`, or an error. Never
    /// for Gemini, whose streams end with the connection, and never for a whole answer.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ends_at.is_some()
    }

    /// At which of the pushed bytes that event begins. A client acts upon it when the empty line has come that ends it, and
    /// that line is always in the piece that was pushed last: to keep back what of the piece stands from here on, until
    /// the outcome is recorded, is enough.
    #[must_use]
    pub fn ends_at(&self) -> Option<u64> {
        self.ends_at
    }

    /// What the answer said, now that no more comes.
    #[must_use]
    pub fn finish(self) -> AnswerFacts {
        let Self {
            format,
            form,
            mut gathered,
            ends_at,
        } = self;
        match form {
            Form::Stream(frames) => {
                // What an event says that no empty line has ended is told, but clients don't act upon it: it ends nothing.
                frames.finish(|event| take(format, &event, &mut gathered, &mut { ends_at }));
                // A Gemini stream has no last event, but its last chunk says why it is the last.
                let is_whole = if format.names_model_in_path() {
                    gathered.facts.finish_reason.is_some() || gathered.facts.error.is_some()
                } else {
                    ends_at.is_some()
                };
                gathered.facts.malformed |= !is_whole;
                gathered.facts()
            }
            Form::Whole { pushed, .. } if pushed > LONGEST_WHOLE as u64 => {
                gathered.facts.skipped += 1;
                gathered.facts()
            }
            Form::Whole { body, .. } => facts_of(format, &body),
        }
    }
}

/// What a whole answer says that is there already: one JSON document.
#[must_use]
pub fn facts_of(format: Format, body: &[u8]) -> AnswerFacts {
    let mut gathered = Gathered::default();
    let readable = match format {
        Format::OpenAiChat | Format::OpenAiEmbeddings => openai::whole_chat(body, &mut gathered),
        Format::OpenAiResponses => openai::whole_response(body, &mut gathered),
        Format::AnthropicMessages | Format::AnthropicCountTokens => anthropic::whole(body, &mut gathered),
        Format::GeminiGenerate | Format::GeminiStream | Format::GeminiCountTokens => gemini::whole(body, &mut gathered),
    };
    gathered.facts.malformed = !readable;
    gathered.facts()
}

/// What an event does to the stream.
enum Step {
    /// It goes on.
    On,
    /// This was its last.
    End,
    /// The event isn't JSON.
    Unreadable,
}

fn take(format: Format, event: &Event<'_>, gathered: &mut Gathered, ends_at: &mut Option<u64>) {
    if ends_at.is_some() {
        return;
    }
    gathered.facts.skipped += u64::from(event.too_long);
    let step = match format {
        // OpenAI's last event. Relays put it at the end of the others' streams, too, where it says nothing.
        _ if event.data.starts_with(b"[DONE]") => match format.wire() {
            "openai" => Step::End,
            _ => Step::On,
        },
        Format::OpenAiChat | Format::OpenAiEmbeddings => openai::chat_event(event, gathered),
        Format::OpenAiResponses => openai::response_event(event, gathered),
        Format::AnthropicMessages | Format::AnthropicCountTokens => anthropic::event(event, gathered),
        Format::GeminiGenerate | Format::GeminiStream | Format::GeminiCountTokens => gemini::event(event, gathered),
    };
    match step {
        Step::On => {}
        Step::End => *ends_at = Some(event.begins),
        Step::Unreadable => gathered.facts.malformed = true,
    }
}
