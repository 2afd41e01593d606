//! A whole gateway over a directory of its own, its operator, and an agent that speaks plain HTTP/1.1 to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use client::Client;
use contract::{
    Decided, Empty, HeldItem, InboxQuery, ItemRef, ItemState, Operators, RecordRef, ReviewerDecision, StatementRequest,
};
use engine::{NewTenant, Stores, Tenant};
use futures_util::StreamExt as _;
use gateway::{Gateway, GatewayOptions, serve};
use reviewer::Reviewer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vault::{KeyStore, Scope, StoreChoice};

pub(crate) struct House {
    pub(crate) gateway: Option<Gateway>,
    pub(crate) desk: Client,
    pub(crate) reviewer: Reviewer,
    pub(crate) runtime_key: String,
    keys: Arc<dyn KeyStore>,
    data: tempfile::TempDir,
}

fn sealed() -> StoreChoice {
    StoreChoice::SealedFile {
        passphrase: "correct horse battery staple".to_owned().into(),
    }
}

pub(crate) const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_over(|keys| keys).await
    }

    /// Over a key store that something stands in front of.
    pub(crate) async fn open_over(front: impl FnOnce(Arc<dyn KeyStore>) -> Arc<dyn KeyStore>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let keys = front(vault::open(&sealed(), data.path(), Scope::Gateway).unwrap());
        let reviewer = Reviewer::create(&vault::open(&sealed(), data.path(), Scope::Person).unwrap()).unwrap();
        let new = NewTenant {
            name: "Example Ltd".to_owned(),
            operator: "Robin Example".to_owned(),
            operator_uid: reviewer.uid().to_owned(),
            reviewer_key: reviewer.public(),
            agent: "support-bot".to_owned(),
        };
        let stores = || Stores {
            data_dir: data.path().to_owned(),
            keys: Arc::clone(&keys),
        };
        let possess = |origin: &str| reviewer.possession(origin).map_err(|error| error.to_string());
        let created = Tenant::create(&stores(), new, possess).await.unwrap();
        let gateway = serve(GatewayOptions::new(stores()).agents_at(ANYWHERE)).await.unwrap();
        let desk = client::connect(data.path()).await.unwrap();
        let runtime_key = created.first_agent.runtime_key;
        Self {
            gateway: Some(gateway),
            desk,
            reviewer,
            runtime_key,
            keys,
            data,
        }
    }

    pub(crate) fn stores(&self) -> Stores {
        Stores {
            data_dir: self.data_dir().to_owned(),
            keys: Arc::clone(&self.keys),
        }
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.data.path()
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway().agents_address()
    }

    pub(crate) async fn restart(&mut self) {
        self.gateway.take().unwrap().shut_down().await.unwrap();
        self.start().await;
    }

    pub(crate) async fn start(&mut self) {
        self.gateway = Some(self.try_start().await.unwrap());
    }

    pub(crate) async fn try_start(&self) -> Result<Gateway, gateway::ServeError> {
        serve(GatewayOptions::new(self.stores()).agents_at(ANYWHERE)).await
    }

    pub(crate) async fn log_size(&self) -> u64 {
        self.desk.status(Empty {}).await.unwrap().chain.size
    }

    /// The items in this state, newest first.
    pub(crate) async fn items(&self, state: ItemState) -> Vec<contract::InboxItem> {
        let query = InboxQuery {
            states: vec![state],
            ..InboxQuery::default()
        };
        self.desk.inbox(query).await.unwrap().items
    }

    /// Waits until an item satisfies `wanted`.
    pub(crate) async fn item_when(&self, wanted: impl Fn(&contract::InboxItem) -> bool) -> contract::InboxItem {
        let mut events = self.desk.events(None).await.unwrap();
        loop {
            let page = self.desk.inbox(InboxQuery::default()).await.unwrap();
            if let Some(item) = page.items.into_iter().find(&wanted) {
                return item;
            }
            // Any event may be the one; without one, whoever runs the tests stops them in the end.
            drop(tokio::time::timeout(std::time::Duration::from_millis(100), events.next()).await);
        }
    }

    /// Decides as the console does: read, ask for the statement, sign, hand in.
    pub(crate) async fn decide(&self, uid: &str, decision: ReviewerDecision, reason: &str) -> Decided {
        let item: HeldItem = self.desk.inbox_item(ItemRef { uid: uid.to_owned() }).await.unwrap();
        let key_id = self.reviewer.key_id().to_string();
        let request = StatementRequest {
            uid: uid.to_owned(),
            decision,
            reason: reason.to_owned(),
            key_id,
        };
        let statement = self.desk.inbox_statement(request).await.unwrap();
        let signed = self.reviewer.sign(&item, &statement, decision, reason).unwrap();
        self.desk.inbox_decide(signed).await.unwrap()
    }

    /// What the agent gets for a path that it asks for without a body.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        let mut head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
            self.address(),
            self.runtime_key,
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Sent::to(self.address(), &format!("{head}\r\n")).await.end().await
    }

    /// A call by the agent, to the end of its answer.
    pub(crate) async fn call(&self, headers: &[(&str, &str)], body: &Value) -> Answered {
        self.begin(headers, body).await.end().await
    }

    /// A call by the agent, sent.
    pub(crate) async fn begin(&self, headers: &[(&str, &str)], body: &Value) -> Sent {
        self.begin_at("/v1/chat/completions", headers, body).await
    }

    /// A call by the agent of any route, to the end of its answer.
    pub(crate) async fn call_at(&self, path: &str, body: &Value) -> Answered {
        self.begin_at(path, &[], body).await.end().await
    }

    /// A call by the agent of any route, sent.
    pub(crate) async fn begin_at(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Sent {
        let body = body.to_string();
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n",
            self.address(),
            self.runtime_key,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Sent::to(self.address(), &format!("{head}\r\n{body}")).await
    }
}

/// A request that has been sent.
pub(crate) struct Sent {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Sent {
    pub(crate) async fn to(address: SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A gateway that refuses early may close before all of it is sent.
        drop(stream.write_all(request.as_bytes()).await);
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Reads until the answer holds `text`.
    pub(crate) async fn until(&mut self, text: &str) {
        while !String::from_utf8_lossy(&self.read).contains(text) {
            let read = self.stream.read_buf(&mut self.read).await.unwrap();
            assert_ne!(
                read,
                0,
                "it ended without `{text}`: {}",
                String::from_utf8_lossy(&self.read)
            );
        }
    }

    /// All that came back, however many answers it is.
    pub(crate) async fn everything(mut self) -> String {
        drop(self.stream.read_to_end(&mut self.read).await);
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// Reads to the end. A connection that is reset ends too: what was read counts.
    pub(crate) async fn end(mut self) -> Answered {
        let broken = self.stream.read_to_end(&mut self.read).await.is_err();
        Answered::parse(&String::from_utf8(self.read).unwrap(), broken)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether it broke off.
    pub(crate) broken: bool,
}

impl Answered {
    fn parse(text: &str, broken: bool) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .unwrap_or(0);
        let header = |line: &str| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        };
        let mut answered = Self {
            status,
            headers: lines.filter_map(header).collect(),
            body: body.to_owned(),
            broken,
        };
        if answered.header("transfer-encoding") == Some("chunked") {
            answered.unchunk();
        }
        answered
    }

    fn unchunk(&mut self) {
        let (mut rest, mut whole) = (self.body.as_str(), String::new());
        while let Some((size, after)) = rest.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                self.body = whole;
                return;
            }
            whole.push_str(&after[..size]);
            rest = &after[size + 2..];
        }
        (self.body, self.broken) = (whole, true);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        let body = self.json();
        let code = body.pointer("/error/code").or_else(|| body.get("code"));
        code.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The JSON of the stream's `data:` lines, less `[DONE]`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        lines
            .filter(|line| *line != "[DONE]")
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A call that the built-in policy allows.
pub(crate) fn text() -> Value {
    json!({"model": "gpt-x", "messages": [{"role": "user", "content": "Hello"}]})
}

/// A call that the built-in policy holds.
pub(crate) fn with_tool() -> Value {
    let parameters = json!({"type": "object", "properties": {"amount": {"type": "string"}}});
    let tool = json!({"type": "function", "function": {"name": "pay", "parameters": parameters}});
    json!({"model": "gpt-x", "messages": [{"role": "user", "content": "Pay the invoice"}], "tools": [tool]})
}

pub(crate) fn streaming(mut call: Value) -> Value {
    call["stream"] = json!(true);
    call
}

/// The record that a receipt names is in the log, with that fingerprint.
pub(crate) async fn has_receipt(house: &House, answered: &Answered) {
    let receipt = answered
        .header("countersign-receipt")
        .unwrap_or_else(|| panic!("no receipt: {answered:?}"));
    let parts: Vec<_> = receipt.split(' ').collect();
    let [origin, sequence, fingerprint] = parts[..] else {
        panic!("{receipt}")
    };
    assert_eq!(origin, house.desk.status(Empty {}).await.unwrap().chain.origin);
    let record = house
        .desk
        .log_record(RecordRef {
            sequence: sequence.parse().unwrap(),
        })
        .await
        .unwrap();
    assert_eq!(record.fingerprint, fingerprint);
    assert_eq!(record.row.correlation_uid.as_deref(), answered.header("x-request-id"));
}
