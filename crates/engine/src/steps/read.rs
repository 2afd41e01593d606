//! What is asked: the exact bytes, read as a model call.

use action::model_call::{self, Format, ModelCall, ReadError};
use bytes::Bytes;
use contract::WireFormat;
use evidence::content;
use ledger::NewContent;

use crate::{
    Caller, Engine,
    books::UpstreamRow,
    clock::{random, timed_uid},
    refusal::Refusal,
    routes::{Route, Via},
};

/// A model call as it came in.
#[derive(Debug)]
pub struct ModelRequest {
    /// The format it speaks.
    pub format: Format,
    /// The model, where the format names it in the path.
    pub model: Option<String>,
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
    pub(crate) via: Via,
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

/// The wire format that a format's upstreams speak.
pub(crate) fn wire(format: Format) -> WireFormat {
    match format.wire() {
        "anthropic" => WireFormat::Anthropic,
        "gemini" => WireFormat::Gemini,
        _ => WireFormat::Openai,
    }
}

impl Engine {
    /// Reads a call, and finds where it goes. A call that names its upstream, or an alias, goes out with the model's own
    /// name in that place and every other byte as it came; from here on these are its exact bytes.
    ///
    /// # Errors
    /// [`RefusalKind::Invalid`](crate::RefusalKind::Invalid) where the body isn't one unambiguous call: recorded like any
    /// other denial.
    pub async fn read(&self, caller: Caller, request: ModelRequest) -> Result<Asked, Refusal> {
        let format = request.format;
        match self.read_routed(&request) {
            Ok((call, body, route)) => {
                let subject = call.subject(&route.upstream.name, &route.upstream.base_url);
                let subject = new_content("subject", "application/json", subject.to_bytes())?;
                let request_content = new_content("request", "application/json", body.clone())?;
                Ok(Asked {
                    caller,
                    call,
                    body,
                    headers: request.headers,
                    upstream: route.upstream,
                    via: route.via,
                    subject,
                    request: request_content,
                })
            }
            Err((rule, message)) => Err(self.refuse_unread(&caller, format, request.body, rule, &message).await),
        }
    }

    fn read_routed(&self, request: &ModelRequest) -> Result<(ModelCall, Bytes, Route), (&'static str, String)> {
        let unreadable = |error: ReadError| {
            let message = format!("The body can't be read as one unambiguous call: {error}");
            ("unreadable", message)
        };
        let (format, body) = (request.format, &request.body);
        let named = match &request.model {
            Some(model) => model.clone(),
            None => model_call::named_model(format, body).map_err(unreadable)?,
        };
        let route = self.books.read().route(wire(format), &named).ok_or_else(|| {
            let message = "No upstream is configured for this route. The gateway's operator can add one.";
            ("no-upstream", message.to_owned())
        })?;
        let body = match route.via {
            Via::Default => body.clone(),
            Via::Named | Via::Alias(_) => {
                let renamed = model_call::with_model(format, body, &route.model).map_err(unreadable)?;
                Bytes::from(renamed)
            }
        };
        let in_path = request.model.as_ref().map(|_| route.model.as_str());
        let call = model_call::read(format, in_path, &body).map_err(unreadable)?;
        Ok((call, body, route))
    }
}
