//! What this gateway is, and how its chain stands.

use contract::{ChainState, Checkpoint, Operator, OperatorError, Status, WireFormat};

use crate::{Engine, operators::fault};

impl Engine {
    pub(crate) fn tell_status(&self) -> Result<Status, OperatorError> {
        let chain = self.chain_state()?;
        let serving = self.serving();
        let waiting = self.items.waiting();
        let books = self.books.read();
        let upstream = books.upstream_in_use(WireFormat::Openai);
        let operator = |row: &crate::books::OperatorRow| Operator {
            uid: row.uid.clone(),
            name: row.name.clone(),
            key_id: row.key_id.clone(),
            registered_at: row.registered_at,
        };
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tenant_uid: books.tenant.uid.clone(),
            tenant_name: books.tenant.name.clone(),
            agents_url: self.about.agents_url.read().clone(),
            serving,
            chain,
            operators: books.operators.values().map(operator).collect(),
            waiting,
            openai_upstream: upstream.map(|upstream| upstream.name.clone()).unwrap_or_default(),
            practice: upstream.is_some_and(|upstream| upstream.practice),
            key_store: self.keys.kind().to_owned(),
            data_dir: self.about.data_dir.display().to_string(),
        })
    }

    fn chain_state(&self) -> Result<ChainState, OperatorError> {
        let head = self.ledger.head();
        let checkpoint = self.ledger.last_checkpoint().map_err(fault)?.map(|sealed| Checkpoint {
            size: sealed.checkpoint.claimed().size,
            root: sealed.checkpoint.claimed().root.to_string(),
            signed_ms: sealed.signed_ms,
        });
        Ok(ChainState {
            origin: self.ledger.origin().to_string(),
            size: head.size,
            head: (head.size > 0).then(|| head.fingerprint.to_string()),
            log_key_id: self.ledger.log_key().key_id().to_string(),
            log_key_from: self.ledger.log_keys().newest_from(),
            mac_epoch: head.epoch,
            checkpoint,
            verification: self.verification.lock().clone(),
        })
    }
}
