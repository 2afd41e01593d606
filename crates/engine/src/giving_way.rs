//! Work on a thread that every other thread goes before: a call never waits for it, nor does a window that opens.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Starts `work` on a thread of its own, and gives what it came to once it has ended.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn giving_way<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<oneshot::Receiver<T>> {
    let (tell, ended) = oneshot::channel();
    let work = move || {
        give_way();
        // Nobody may wait for it.
        drop(tell.send(work()));
    };
    thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(ended)
}

/// Lets every other thread go first. Only Linux does this for a single thread without more ado (nice(2)).
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "a thread in the background has everybody's priority");
    }
}
