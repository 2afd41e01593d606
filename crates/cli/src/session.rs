//! A way to the operators' calls: the gateway that runs, or, where none does, the log itself for the moment.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use client::ConnectError;
use contract::Operators;
use engine::{Credential, Egress, Engine, OutgoingCheckpoint, Released, Reply, SendError, Stores, Tenant};
use vault::Scope;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::keys;

/// Does something with the operators' calls, and leaves everything closed in order.
pub(crate) async fn with<T>(
    context: &Context,
    act: impl AsyncFnOnce(&dyn Operators) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some(client) = attached(&context.data_dir).await? {
        return act(&client).await;
    }
    let engine = Tenant::open(stores(context).await?, Arc::new(NoWayOut), |_, _| {}).await?;
    if let Some(page) = reviewer::verifier_page() {
        engine.has_verifier_page(page);
    }
    finished(&engine, act(engine.as_ref()).await).await
}

/// As [`with`], for what only reads: where no gateway runs, nothing is recorded.
pub(crate) async fn reading<T>(
    context: &Context,
    act: impl AsyncFnOnce(&dyn Operators) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some(client) = attached(&context.data_dir).await? {
        return act(&client).await;
    }
    let engine = Tenant::open_to_read(stores(context).await?, Arc::new(NoWayOut), |_, _| {}).await?;
    finished(&engine, act(engine.as_ref()).await).await
}

async fn finished<T>(engine: &Engine, result: Result<T, Failure>) -> Result<T, Failure> {
    let closed = engine.close().await;
    let result = result?;
    closed?;
    Ok(result)
}

/// The gateway that runs on this data directory, if one does.
pub(crate) async fn attached(data_dir: &Path) -> Result<Option<client::Client>, Failure> {
    match client::connect(data_dir).await {
        Ok(client) => Ok(Some(client)),
        Err(ConnectError::NoGateway { .. }) => Ok(None),
        Err(error) => Err(Failure::with(Exit::NoGateway, error)),
    }
}

/// The gateway that runs on this data directory, which must.
pub(crate) async fn running(context: &Context) -> Result<client::Client, Failure> {
    attached(&context.data_dir).await?.ok_or_else(|| {
        let dir = context.data_dir.display();
        let message = format!("no gateway runs on `{dir}`; start one with `countersign serve`, or open the console");
        Failure::with(Exit::NoGateway, message)
    })
}

/// The data directory and the gateway's keys.
pub(crate) async fn stores(context: &Context) -> Result<Stores, Failure> {
    if !Tenant::exists(&context.data_dir) {
        return Err(keys::no_tenant(&context.data_dir));
    }
    let keys = context.keys.open(&context.data_dir, Scope::Gateway).await?;
    Ok(Stores {
        data_dir: context.data_dir.clone(),
        keys,
    })
}

/// Nothing leaves the machine while no gateway runs.
struct NoWayOut;

#[async_trait]
impl Egress for NoWayOut {
    async fn send(&self, _: Released, _: Credential) -> Result<Reply, SendError> {
        Err(SendError::Unreachable(
            "no gateway runs; the command line itself sends nothing".to_owned(),
        ))
    }

    async fn publish(&self, _: &str, _: OutgoingCheckpoint) -> Result<(), SendError> {
        Err(SendError::Unreachable(
            "no gateway runs; the command line itself sends nothing".to_owned(),
        ))
    }
}
