//! What is asked: the exact bytes, read as a model call.

use action::model_call::{self, Format, ModelCall};
use bytes::Bytes;
use evidence::content;
use ledger::NewContent;

use crate::{
    Caller, Engine,
    books::UpstreamRow,
    clock::{random, timed_uid},
    refusal::Refusal,
};

/// The one operation of this slice, as records name it.
const FORMAT: Format = Format::OpenAiChat;
pub(crate) const CHAT_COMPLETIONS: &str = "chat.completions";
/// Its path under an upstream's base address.
pub(crate) const CHAT_PATH: &str = "chat/completions";

/// A model call as it came in.
#[derive(Debug)]
pub struct ModelRequest {
    /// The format it speaks.
    pub format: contract::WireFormat,
    /// The exact body.
    pub body: Bytes,
    /// The headers that may go along, already reduced by the face to those an agent may set.
    pub headers: Vec<(String, String)>,
}

/// A call that has been read: what it is, and the contents it is bound to.
pub struct Asked {
    pub(crate) caller: Caller,
    pub(crate) call: ModelCall,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) upstream: UpstreamRow,
    /// What the call is directed at: operation, upstream, model.
    pub(crate) subject: NewContent,
    /// The exact bytes.
    pub(crate) request: NewContent,
}

impl Asked {
    /// Whether the agent wants the answer as a stream.
    #[must_use]
    pub fn streams(&self) -> bool {
        self.call.stream()
    }

    /// The request's id.
    #[must_use]
    pub fn request_uid(&self) -> &str {
        &self.caller.request_uid
    }
}

/// A content under a fresh salt and uid.
pub(crate) fn new_content(
    slot: &str,
    media_type: &str,
    bytes: impl Into<Bytes>,
) -> Result<NewContent, crate::clock::NoRandomness> {
    let bytes = bytes.into();
    let header = content::Header {
        content_uid: timed_uid(),
        slot: slot.to_owned(),
        media_type: media_type.to_owned(),
        length: bytes.len() as u64,
    };
    Ok(NewContent::new(header, random()?, bytes))
}

impl Engine {
    /// Reads a call.
    ///
    /// # Errors
    /// [`RefusalKind::Invalid`] where the body isn't one unambiguous call: recorded like any other denial.
    pub async fn read(&self, caller: Caller, request: ModelRequest) -> Result<Asked, Refusal> {
        let upstream = self.books.read().upstream_in_use(request.format).cloned();
        let Some(upstream) = upstream else {
            let message = "No upstream is configured for this route. The gateway's operator can add one.";
            return Err(self.refuse_unread(&caller, request.body, "no-upstream", message).await);
        };
        let call = match model_call::read(FORMAT, &request.body) {
            Ok(call) => call,
            Err(error) => {
                let message = format!("The body can't be read as one unambiguous call: {error}");
                return Err(self.refuse_unread(&caller, request.body, "unreadable", &message).await);
            }
        };
        let subject = call.subject(&upstream.name, &upstream.base_url);
        let subject = new_content("subject", "application/json", subject.to_bytes())?;
        let request_content = new_content("request", "application/json", request.body.clone())?;
        Ok(Asked {
            caller,
            call,
            body: request.body,
            headers: request.headers,
            upstream,
            subject,
            request: request_content,
        })
    }
}
