//! A collector of traces, as OTLP over HTTP has it: what it gets is kept as bytes and read by the protocol's own messages.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::Response;
use gateway::{GatewayOptions, TraceCollector, serve};
use http::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::house::{ANYWHERE, House};

/// One that takes everything.
pub(crate) struct Collector {
    pub(crate) base: String,
    exports: mpsc::UnboundedReceiver<Export>,
}

/// What came in one request.
pub(crate) struct Export {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Collector {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind(ANYWHERE).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (tell, exports) = mpsc::unbounded_channel();
        let take = async move |request: Request| {
            let (parts, body) = request.into_parts();
            let export = Export {
                path: parts.uri.path().to_owned(),
                headers: parts.headers,
                bytes: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
            };
            drop(tell.send(export));
            Response::new(axum::body::Body::empty())
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await });
        Self { base, exports }
    }

    /// Everything that came, once the house's gateway has stopped in order.
    pub(crate) async fn got_from(&mut self, house: &mut House) -> Vec<Export> {
        house.gateway.take().unwrap().shut_down().await.unwrap();
        let mut got = Vec::new();
        while let Ok(export) = self.exports.try_recv() {
            got.push(export);
        }
        got
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> Export {
        self.exports.recv().await.unwrap()
    }
}

/// The house's gateway, anew, with its traces sent there.
pub(crate) async fn traced_to(house: &mut House, base: &str, header: Option<&str>) {
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let collector = TraceCollector {
        address: base.to_owned(),
        header: header.map(|header| header.to_owned().into()),
    };
    let options = GatewayOptions::new(house.stores())
        .agents_at(ANYWHERE)
        .observed_at(Some(ANYWHERE))
        .traced_to(Some(collector));
    house.gateway = Some(serve(options).await.unwrap());
}

/// One call's spans.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) root: Span,
    pub(crate) inner: Vec<Span>,
}

impl Trace {
    /// The traces in these exports, in the order in which their calls ended.
    pub(crate) fn all(exports: &[Export]) -> Vec<Self> {
        let requests = exports
            .iter()
            .map(|export| ExportTraceServiceRequest::decode(export.bytes.as_slice()).unwrap());
        let resources = requests.flat_map(|request| request.resource_spans);
        let scopes = resources.flat_map(|resource| {
            let named = &resource.resource.as_ref().unwrap().attributes[0];
            assert_eq!(named.key, "service.name");
            resource.scope_spans
        });
        let mut traces: Vec<Self> = Vec::new();
        for span in scopes.flat_map(|scope| scope.spans) {
            if span.kind() == SpanKind::Server {
                traces.push(Self {
                    root: span,
                    inner: Vec::new(),
                });
                continue;
            }
            let parents = |trace: &&mut Self| trace.root.span_id == span.parent_span_id;
            traces.iter_mut().find(parents).unwrap().inner.push(span);
        }
        traces.iter().for_each(Self::is_whole);
        traces
    }

    /// Every span is the root's, within its time, and has an id of its own.
    fn is_whole(&self) {
        let mut ids: Vec<_> = self
            .inner
            .iter()
            .chain([&self.root])
            .map(|span| &span.span_id)
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), self.inner.len() + 1, "{self:?}");
        for span in &self.inner {
            assert_eq!(span.trace_id, self.root.trace_id, "{self:?}");
            let (from, to) = (span.start_time_unix_nano, span.end_time_unix_nano);
            let within = self.root.start_time_unix_nano <= from && from <= to && to <= self.root.end_time_unix_nano;
            assert!(within, "{} isn't within {self:?}", span.name);
        }
    }

    /// The inner spans' names, in the order in which they began.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut inner: Vec<_> = self.inner.iter().collect();
        inner.sort_by_key(|span| (span.start_time_unix_nano, span.end_time_unix_nano));
        inner.iter().map(|span| span.name.as_str()).collect()
    }

    /// The span that went upstream, if anything did.
    pub(crate) fn client(&self) -> Option<&Span> {
        self.inner.iter().find(|span| span.kind() == SpanKind::Client)
    }

    pub(crate) fn said(&self, key: &str) -> Option<String> {
        said(&self.root, key)
    }

    /// Its agent's part of the header by which it is known: `TRACE-SPAN`.
    pub(crate) fn place(span: &Span) -> String {
        format!("{}-{}", hex::encode(&span.trace_id), hex::encode(&span.span_id))
    }
}

/// An attribute's value, as text.
pub(crate) fn said(span: &Span, key: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{key} is {other:?}"),
    }
}
