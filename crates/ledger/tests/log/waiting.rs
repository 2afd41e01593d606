//! A key store that doesn't answer, because it asks a person: who needs it waits a while and is refused, and no key is
//! changed behind the back of whoever it answers in the end.

use std::sync::Arc;
use std::time::Duration;

use ledger::{AppendError, EraseError, Ledger, Options};
use parking_lot::{Condvar, Mutex};
use vault::{KeyStore, KeyStoreError};
use zeroize::Zeroizing;

use crate::fixture::{AGENTS, Decided, Place};

/// A key store that can be made to hang.
struct Hanging {
    store: Arc<dyn KeyStore>,
    hangs: Mutex<bool>,
    changed: Condvar,
}

impl Hanging {
    fn set_hanging(&self, hangs: bool) {
        *self.hangs.lock() = hangs;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let mut hangs = self.hangs.lock();
        while *hangs {
            self.changed.wait(&mut hangs);
        }
    }
}

impl KeyStore for Hanging {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.wait();
        self.store.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        self.wait();
        self.store.set(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        self.wait();
        self.store.remove(name)
    }

    fn kind(&self) -> &'static str {
        self.store.kind()
    }
}

fn opened(place: &Place) -> (Ledger, Arc<Hanging>) {
    let store = Arc::new(Hanging {
        store: Arc::clone(&place.store),
        hangs: Mutex::new(false),
        changed: Condvar::new(),
    });
    let options = Options {
        key_store_wait: Duration::from_millis(20),
        ..Options::default()
    };
    let for_ledger: Arc<dyn KeyStore> = Arc::clone(&store) as Arc<dyn KeyStore>;
    (
        Ledger::open(place.lock(), for_ledger, &options, |_, _| {}).unwrap(),
        store,
    )
}

fn is_silent(error: &AppendError) -> bool {
    error.to_string().contains("didn't answer within")
}

fn uid(n: u64) -> String {
    Decided::full(AGENTS[0], n).contents[0].header().content_uid.clone()
}

/// The whole of a group is erased while a refused caller's thread still waits for that group's key: had the erasure not
/// waited for it, the thread would bring back a key that is destroyed, and what came next would be sealed for nobody.
#[tokio::test]
async fn an_erasure_waits_for_the_thread_that_a_refused_caller_left_at_the_key_store() {
    let place = Place::new();
    let ledger = place.create();
    for n in 0..3 {
        let _durable = ledger.append(Decided::full(AGENTS[0], n)).await.unwrap();
    }
    ledger.close().await.unwrap();
    drop(ledger);
    let (ledger, store) = opened(&place);
    store.set_hanging(true);

    let refused = ledger.append(Decided::full(AGENTS[0], 10)).await.unwrap_err();
    assert!(is_silent(&refused), "{refused}");
    let all = [uid(0), uid(1), uid(2)];
    let waits = ledger.erase(Decided::plain(AGENTS[0], 900), &all).await.unwrap_err();
    assert!(
        matches!(&waits, EraseError::Append(error) if is_silent(error)),
        "{waits}"
    );
    // What needs no key needs no key store.
    let _durable = ledger.append(Decided::plain(AGENTS[1], 11)).await.unwrap();

    store.set_hanging(false);
    let _erased = ledger.erase(Decided::plain(AGENTS[0], 901), &all).await.unwrap();
    ledger.finish_erasing().await.unwrap();
    let _durable = ledger.append(Decided::full(AGENTS[0], 12)).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);

    let ledger = place.open().unwrap();
    assert_eq!(ledger.content(&uid(0)).unwrap(), None);
    assert!(
        ledger.content(&uid(10)).unwrap().is_none(),
        "the refused one isn't there"
    );
    // What came next opens.
    let kept = ledger.content(&uid(12)).unwrap().unwrap();
    assert_eq!(kept.bytes, *Decided::full(AGENTS[0], 12).contents[0].bytes());
}

/// An erasure that itself waits at the key store stops nobody for longer than the key store may.
#[tokio::test]
async fn calls_are_refused_and_not_left_waiting_while_an_erasure_waits_for_the_key_store() {
    let place = Place::new();
    let ledger = place.create();
    let _durable = ledger.append(Decided::full(AGENTS[0], 0)).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    let (ledger, store) = opened(&place);
    let ledger = Arc::new(ledger);
    store.set_hanging(true);

    let erasing = tokio::spawn({
        let ledger = Arc::clone(&ledger);
        async move { ledger.erase(Decided::plain(AGENTS[0], 900), &[uid(0)]).await.map(drop) }
    });
    // It comes to where it waits.
    while ledger.append(Decided::plain(AGENTS[1], 1)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let refused = ledger.append(Decided::full(AGENTS[1], 2)).await.unwrap_err();
    assert!(is_silent(&refused), "{refused}");

    store.set_hanging(false);
    erasing.await.unwrap().unwrap();
    let _durable = ledger.append(Decided::full(AGENTS[1], 3)).await.unwrap();
}
