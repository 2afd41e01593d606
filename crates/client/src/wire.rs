//! One request over one connection.

use std::time::Duration;

use bytes::Bytes;
use contract::{Code, OperatorError};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{Client, place};

/// The largest answer that is taken: a case file of about 700 MB in base64.
const LARGEST_ANSWER: usize = 1 << 30;

/// How long a whole call may take. A large case file takes its time; nothing else comes near.
const LONGEST_CALL: Duration = Duration::from_secs(600);

impl Client {
    /// Makes one call.
    pub(crate) async fn call<Q, A>(&self, name: &str, request: &Q) -> Result<A, OperatorError>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned,
    {
        // The body may carry a provider key: its bytes are wiped when the last owner lets go.
        let body = Zeroizing::new(serde_json::to_vec(request).map_err(|error| {
            OperatorError::new(
                Code::Invalid,
                format!("the request `{name}` can't be written as JSON: {error}"),
            )
        })?);
        let request = Request::post(format!("{}{name}", place::CALLS_PATH))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from_owner(body)));
        let exchange = async {
            let response = self.send(request).await?;
            let status = response.status();
            let body = collect(response).await?;
            if status == StatusCode::OK {
                parse(name, &body)
            } else {
                Err(failure(status, &body))
            }
        };
        let done = tokio::time::timeout(LONGEST_CALL, exchange).await;
        done.unwrap_or_else(|_| {
            Err(broken(&format!(
                "no answer to `{name}` in {} s",
                LONGEST_CALL.as_secs()
            )))
        })
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn send(
        &self,
        request: http::Result<Request<Full<Bytes>>>,
    ) -> Result<Response<Incoming>, OperatorError> {
        let mut request = request.map_err(|error| OperatorError::new(Code::Invalid, error.to_string()))?;
        let (stream, token) = self.dial().await?;
        let bearer = Zeroizing::new(format!("Bearer {}", token.as_str()));
        let mut bearer = header::HeaderValue::from_str(&bearer)
            .map_err(|_| OperatorError::new(Code::Unauthenticated, "the gateway's token file holds no token"))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        request
            .headers_mut()
            .insert(header::HOST, header::HeaderValue::from_static("operators"));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        // The connection ends with its one exchange; what went wrong on it comes back through the exchange.
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(|error| broken(&error))
    }
}

/// The whole body of an answer.
pub(crate) async fn collect(response: Response<Incoming>) -> Result<Bytes, OperatorError> {
    let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
    body.map(http_body_util::Collected::to_bytes)
        .map_err(|error| broken(&error))
}

fn parse<A: DeserializeOwned>(name: &str, body: &[u8]) -> Result<A, OperatorError> {
    serde_json::from_slice(body).map_err(|error| {
        OperatorError::new(
            Code::Internal,
            format!("the gateway's answer to `{name}` can't be read ({error}); is it of another version?"),
        )
    })
}

/// The error that a gateway answered, or what can be said of an answer that carries none.
pub(crate) fn failure(status: StatusCode, body: &[u8]) -> OperatorError {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let code = match status {
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::NOT_FOUND => Code::NotFound,
            _ => Code::Internal,
        };
        OperatorError::new(
            code,
            format!("the gateway answered {status} without saying why; is it of another version?"),
        )
    })
}

pub(crate) fn broken(what: &dyn std::fmt::Display) -> OperatorError {
    OperatorError::new(
        Code::Unreachable,
        format!("the connection to the gateway broke ({what}); see whether it still runs, then look before repeating"),
    )
}
