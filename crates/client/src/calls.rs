//! Every call, over the socket. A call that `contract` declares and this adapter lacks can't exist: the list is one.

use async_trait::async_trait;
use contract::*;

use crate::Client;

macro_rules! over_the_socket {
    ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
        #[async_trait]
        impl Operators for Client {
            $(async fn $name(&self, request: $request) -> Result<$response, OperatorError> {
                self.call(stringify!($name), &request).await
            })*

            async fn events(&self, since: Option<u64>) -> Result<EventStream, OperatorError> {
                self.subscribe(since).await
            }
        }
    };
}

for_each_call!(over_the_socket);
