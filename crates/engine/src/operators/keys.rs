//! The log's keys, listed and rotated.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{Code, LogKey, LogKeys, OperatorError, RotateKey, RotatedKey, RotatingKey};
use ledger::{AppendError, RotateError};

use super::contents::given_reason;
use crate::{
    Engine,
    operators::{fault, sentence},
};

impl Engine {
    pub(crate) fn list_keys(&self) -> LogKeys {
        let keys = self.ledger.log_keys();
        let key = |(from_size, key): (u64, &evidence::PublicKey)| LogKey {
            key_id: key.key_id().to_string(),
            spki: STANDARD.encode(key.spki_der()),
            from_size,
        };
        LogKeys {
            origin: self.ledger.origin().to_string(),
            log: keys.all().map(key).collect(),
            mac_epoch: self.ledger.head().epoch,
        }
    }

    pub(crate) async fn rotate_key(&self, request: RotateKey) -> Result<RotatedKey, OperatorError> {
        let operator = self.acting_operator()?;
        let reason = request.reason.filter(|reason| !reason.trim().is_empty());
        let reason = reason.map(|reason| given_reason(&reason, "A rotation")).transpose()?;
        let cause = self.acting(&operator).cause(reason);
        let _changing = self.changing.lock().await;
        let rotated = match request.role {
            RotatingKey::Log => self.ledger.rotate_log_key(cause).await,
            RotatingKey::Mac => self.ledger.rotate_mac(cause).await,
        };
        let receipt = rotated.map_err(|error| self.not_rotated(error))?;
        let keys = self.list_keys();
        let sentence = match request.role {
            RotatingKey::Log => format!(
                "The log's key was replaced: from {} records on, {} signs its checkpoints. The old private key is destroyed.",
                self.ledger.log_keys().newest_from(),
                self.ledger.log_key().key_id()
            ),
            RotatingKey::Mac => format!(
                "The operators' MAC key was replaced: from record {} on, the log is in epoch {}.",
                receipt.sequence.saturating_add(1),
                keys.mac_epoch
            ),
        };
        Ok(RotatedKey {
            role: request.role,
            record: receipt.sequence,
            sentence,
            keys,
        })
    }

    fn not_rotated(&self, error: RotateError) -> OperatorError {
        match error {
            RotateError::Append(error @ (AppendError::Moved | AppendError::Busy | AppendError::Stopped(_))) => {
                self.nothing_changed(&error)
            }
            RotateError::Unsealed(_) => OperatorError::new(Code::Internal, sentence(error.to_string())),
            error => fault(error),
        }
    }
}
