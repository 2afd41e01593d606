//! Checkpoints brought to where this machine's owner can't take them back: a folder on another machine, an HTTP address.
//!
//! Only the newest goes: a checkpoint covers all records before it. What fails is tried again, and shown meanwhile.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use contract::{CheckpointPlace, CheckpointPlaceRef, CheckpointPlaces, Code, Happening, OperatorError};
use evidence::SignedCheckpoint;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    Engine, OutgoingCheckpoint,
    books::{CheckpointPlaceRow, Kept as _},
    clock::now_ms,
    operators::{capital, checked_https, fault, sentence},
    steps::Noted,
};

/// How long after a failure the next try is; it doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(300);
/// How long closing waits for the last checkpoint to arrive.
const AT_THE_END: Duration = Duration::from_secs(5);

/// How far each place has got, in this process.
#[derive(Default)]
pub(crate) struct Publishing {
    arrived: Mutex<HashMap<String, Arrival>>,
    /// A place was added.
    changed: Notify,
    /// One round at a time.
    going: tokio::sync::Mutex<()>,
}

#[derive(Default, Clone)]
struct Arrival {
    newest: Option<(u64, i64)>,
    failure: Option<String>,
}

fn invalid(message: impl Into<String>) -> OperatorError {
    OperatorError::new(Code::Invalid, message)
}

fn is_http(address: &str) -> bool {
    address.starts_with("https:") || address.starts_with("http:")
}

impl Engine {
    pub(crate) fn list_places(&self) -> CheckpointPlaces {
        let books = self.books.read();
        CheckpointPlaces {
            places: books.places.keys().map(|address| self.place(address)).collect(),
        }
    }

    fn place(&self, address: &str) -> CheckpointPlace {
        let arrival = self.publishing.arrived.lock().get(address).cloned().unwrap_or_default();
        CheckpointPlace {
            address: address.to_owned(),
            size: arrival.newest.map(|(size, _)| size),
            delivered_ms: arrival.newest.map(|(_, at)| at),
            failure: arrival.failure,
        }
    }

    pub(crate) async fn add_place(&self, wanted: CheckpointPlaceRef) -> Result<CheckpointPlace, OperatorError> {
        let address = self.checked_place(&wanted.address)?;
        let operator = self.acting_operator()?;
        let changing = self.changing.lock().await;
        if self.books.read().places.contains_key(&address) {
            let message = format!("Checkpoints go to `{address}` already.");
            return Err(OperatorError::new(Code::Conflict, message));
        }
        let row = CheckpointPlaceRow {
            address: address.clone(),
        };
        let draft = self.acting(&operator).checkpoint_place(&address, true);
        self.note(Noted::alone(draft).with([row.put().map_err(fault)?])).await?;
        self.books.write().places.insert(address.clone(), row);
        drop(changing);
        self.ledger.checkpoint().await.map_err(fault)?;
        self.publishing.changed.notify_one();
        self.publish_newest().await;
        Ok(self.place(&address))
    }

    pub(crate) async fn remove_place(&self, named: CheckpointPlaceRef) -> Result<(), OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let row = self.books.read().places.get(&named.address).cloned().ok_or_else(|| {
            let message = format!("No checkpoints go to `{}`.", named.address);
            OperatorError::new(Code::NotFound, message)
        })?;
        let draft = self.acting(&operator).checkpoint_place(&row.address, false);
        self.note(Noted::alone(draft).with([row.remove()])).await?;
        self.books.write().places.remove(&row.address);
        self.publishing.arrived.lock().remove(&row.address);
        self.events.tell(Happening::Chain);
        Ok(())
    }

    fn checked_place(&self, address: &str) -> Result<String, OperatorError> {
        let address = address.trim();
        if is_http(address) {
            return checked_https(address, "A checkpoint place");
        }
        let folder = Path::new(address);
        if !folder.is_absolute() {
            return Err(invalid(
                "Give a folder's whole path, or an address that begins with `https://`.",
            ));
        }
        if !folder.is_dir() {
            return Err(invalid(format!(
                "`{address}` isn't a folder that is there; make it, or mount it, first."
            )));
        }
        let inside = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if inside(folder).starts_with(inside(&self.about.data_dir)) {
            return Err(invalid(
                "That is inside the gateway's own data; whoever can change the log could change the checkpoints. Choose a folder on another machine.",
            ));
        }
        Ok(address.to_owned())
    }

    /// Brings each new checkpoint to every place, for as long as the engine is there.
    pub(crate) fn publish_as_sealed(self: &Arc<Self>) {
        let (me, mut sealed) = (self.me.clone(), self.ledger.sealed());
        tokio::spawn(async move {
            let mut wait = FIRST;
            loop {
                let Some(all) = published(&me).await else { return };
                wait = if all { FIRST } else { (wait * 2).min(LONGEST) };
                let Some(engine) = me.upgrade() else { return };
                let publishing = Arc::clone(&engine.publishing);
                drop(engine);
                tokio::select! {
                    changed = sealed.changed() => match (changed, me.upgrade()) {
                        // Whoever looks at the log sees the new seal, wherever it goes then.
                        (Ok(()), Some(engine)) => engine.events.tell(Happening::Chain),
                        _ => return,
                    },
                    () = publishing.changed.notified() => {}
                    () = tokio::time::sleep(wait), if !all => {}
                }
            }
        });
    }

    /// Brings the last checkpoint everywhere, if that doesn't take long.
    pub(crate) async fn publish_at_the_end(&self) {
        if tokio::time::timeout(AT_THE_END, self.publish_newest()).await.is_err() {
            tracing::warn!("the last checkpoint didn't arrive everywhere before the end; the next start brings it");
        }
    }

    /// Brings the newest checkpoint to every place that hasn't got it; whether all have it then.
    async fn publish_newest(&self) -> bool {
        let _one = self.publishing.going.lock().await;
        let addresses: Vec<String> = self.books.read().places.keys().cloned().collect();
        if addresses.is_empty() {
            return true;
        }
        let newest = match self.ledger.last_checkpoint() {
            Ok(Some(newest)) => newest.checkpoint,
            Ok(None) => return true,
            Err(error) => {
                tracing::warn!(%error, "the newest checkpoint can't be read, so it goes nowhere yet");
                return false;
            }
        };
        let mut all = true;
        for address in addresses {
            all &= self.bring(&address, &newest).await;
        }
        self.events.tell(Happening::Chain);
        all
    }

    async fn bring(&self, address: &str, checkpoint: &SignedCheckpoint) -> bool {
        let size = checkpoint.claimed().size;
        let there = self
            .publishing
            .arrived
            .lock()
            .get(address)
            .and_then(|arrival| arrival.newest);
        if there.is_some_and(|(newest, _)| newest >= size) {
            return true;
        }
        let brought = if is_http(address) {
            let sent = self.egress.publish(address, OutgoingCheckpoint::new(checkpoint)).await;
            sent.map_err(|error| error.to_string())
        } else {
            let (folder, checkpoint) = (PathBuf::from(address), checkpoint.clone());
            let written = tokio::task::spawn_blocking(move || write(&folder, &checkpoint)).await;
            match written {
                Ok(written) => written.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        };
        let mut arrived = self.publishing.arrived.lock();
        let arrival = arrived.entry(address.to_owned()).or_default();
        match brought {
            Ok(()) => {
                *arrival = Arrival {
                    newest: Some((size, now_ms())),
                    failure: None,
                };
                true
            }
            Err(error) => {
                tracing::warn!(%error, address, "a checkpoint didn't arrive; it is tried again");
                arrival.failure = Some(sentence(capital(&error)));
                false
            }
        }
    }
}

async fn published(me: &Weak<Engine>) -> Option<bool> {
    let engine = me.upgrade()?;
    Some(engine.publish_newest().await)
}

/// Why a checkpoint isn't in its folder.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("the folder can't be written ({0}); see whether it is mounted and may be written")]
    Io(#[from] io::Error),
    /// Two histories under one name.
    #[error(
        "`{}` holds another checkpoint of the same log and size; one of the two logs isn't the one that was published",
        .0.display()
    )]
    Other(PathBuf),
}

/// Writes `ORIGIN-SIZE.checkpoint`, once: a file that is there is never replaced.
fn write(folder: &Path, checkpoint: &SignedCheckpoint) -> Result<(), WriteError> {
    let claimed = checkpoint.claimed();
    let origin: String = claimed.origin.digest().to_string().chars().take(16).collect();
    let path = folder.join(format!("{origin}-{:012}.checkpoint", claimed.size));
    if path.exists() {
        let there = std::fs::read_to_string(&path)?;
        // Signing twice gives the same text; another line, such as a witness's, may have been added since.
        return match SignedCheckpoint::parse(&there) {
            Ok(there) if there.claimed() == claimed => Ok(()),
            _ => Err(WriteError::Other(path)),
        };
    }
    let unfinished = folder.join(format!(".{origin}-{:012}.new", claimed.size));
    std::fs::write(&unfinished, checkpoint.to_string())?;
    std::fs::File::open(&unfinished)?.sync_all()?;
    Ok(std::fs::rename(&unfinished, &path)?)
}
