//! An upstream that does what the model's name says: answers, errs, is silent, stalls, hangs up halfway. It counts its calls.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What it says where it answers.
pub const SAID: &str = "The answer of a model.";

/// A running one; it stops when this is dropped.
#[derive(Debug)]
pub struct FaultyUpstream {
    address: SocketAddr,
    calls: Calls,
    serving: JoinHandle<()>,
}

type Calls = Arc<Mutex<BTreeMap<String, u32>>>;

impl FaultyUpstream {
    /// Starts one on a free loopback port.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let calls = Calls::default();
        let counted = Arc::clone(&calls);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                // A gateway that went away needs no answer.
                tokio::spawn(async move { drop(serve(stream, &counted).await) });
            }
        });
        Ok(Self {
            address,
            calls,
            serving,
        })
    }

    /// Its base address.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How many calls came for each model.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u32> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for FaultyUpstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One call of each connection: every answer says that the connection closes.
async fn serve(mut stream: TcpStream, calls: &Calls) -> Result<()> {
    let (path, body) = asked(&mut stream).await?;
    let model = body
        .get("model")
        .and_then(Value::as_str)
        .context("it names no model")?
        .to_owned();
    *calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(model.clone())
        .or_default() += 1;
    let speech = Speech {
        anthropic: path.ends_with("/messages"),
        streams: body.get("stream") == Some(&json!(true)),
        model: &model,
    };
    if model.contains("silent") {
        // Until the gateway hangs up.
        drop(stream.read(&mut [0; 1]).await);
        return Ok(());
    }
    if model.contains("stalls") {
        stream.write_all(speech.beginning().as_bytes()).await?;
        drop(stream.read(&mut [0; 1]).await);
        return Ok(());
    }
    stream.write_all(speech.answer().as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

async fn asked(stream: &mut TcpStream) -> Result<(String, Value)> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or_default() {
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                return Ok((path, serde_json::from_str(body)?));
            }
        }
        anyhow::ensure!(stream.read_buf(&mut read).await? > 0, "it hung up");
    }
}

/// What it says to one call.
struct Speech<'a> {
    anthropic: bool,
    streams: bool,
    model: &'a str,
}

impl Speech<'_> {
    fn answer(&self) -> String {
        let status = [
            ("400", "400 Bad Request"),
            ("429", "429 Too Many Requests"),
            ("500", "500 Internal Server Error"),
        ];
        if let Some((_, status)) = status.iter().find(|(name, _)| self.model.contains(name)) {
            return whole(status, &self.error());
        }
        let cut = self.model.contains("cut");
        if !self.streams {
            let mut answer = whole("200 OK", &self.message());
            if cut {
                answer.truncate(answer.len() - 20);
            }
            return answer;
        }
        let mut events = self.events();
        if cut {
            events.truncate(events.len() / 2);
        }
        streamed(&events)
    }

    /// The first event of a stream.
    fn beginning(&self) -> String {
        let mut events = self.events();
        events.truncate(1);
        streamed(&events)
    }

    fn error(&self) -> Value {
        let error = json!({"type": "upstreams_own", "message": "The upstream's own words.", "code": "upstreams_own", "param": null});
        match self.anthropic {
            true => json!({"type": "error", "error": error, "request_id": "req_upstream"}),
            false => json!({ "error": error }),
        }
    }

    fn message(&self) -> Value {
        if self.anthropic {
            let usage = json!({"input_tokens": 3, "output_tokens": 5});
            return json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "stop_reason": "end_turn",
                "stop_sequence": null, "content": [{"type": "text", "text": SAID}], "usage": usage,
            });
        }
        let message = json!({"role": "assistant", "content": SAID, "refusal": null});
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": self.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        })
    }

    fn events(&self) -> Vec<String> {
        let words = SAID.split_inclusive(' ');
        if self.anthropic {
            let event = |data: Value, name: &str| {
                let data = with(data, "type", json!(name));
                format!("event: {name}\ndata: {data}\n\n")
            };
            let message = with(self.message(), "content", json!([]));
            let mut events = vec![
                event(json!({"message": message}), "message_start"),
                event(
                    json!({"index": 0, "content_block": {"type": "text", "text": ""}}),
                    "content_block_start",
                ),
            ];
            events.extend(words.map(|word| {
                let delta = json!({"type": "text_delta", "text": word});
                event(json!({"index": 0, "delta": delta}), "content_block_delta")
            }));
            events.push(event(json!({"index": 0}), "content_block_stop"));
            let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
            events.push(event(
                json!({"delta": delta, "usage": {"output_tokens": 5}}),
                "message_delta",
            ));
            events.push(event(json!({}), "message_stop"));
            return events;
        }
        let chunk = |delta: Value, finish: Value| {
            let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
            let data = json!({
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": self.model, "choices": [choice],
            });
            format!("data: {data}\n\n")
        };
        let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
        events.extend(words.map(|word| chunk(json!({"content": word}), Value::Null)));
        events.push(chunk(json!({}), json!("stop")));
        events.push("data: [DONE]\n\n".to_owned());
        events
    }
}

fn with(mut data: Value, name: &str, value: Value) -> Value {
    if let Some(data) = data.as_object_mut() {
        data.insert(name.to_owned(), value);
    }
    data
}

fn streamed(events: &[String]) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{}",
        events.concat()
    )
}

fn whole(status: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
