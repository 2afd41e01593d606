//! One thread that does what others ask of it, one thing after the other.

use std::io;
use std::sync::mpsc;
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// The thread. It ends when this is dropped and what was asked is done.
pub(crate) struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let (jobs, asked) = mpsc::channel::<Job>();
        let work = move || asked.into_iter().for_each(|job| job());
        thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self { jobs })
    }

    /// Has something done there, and waits for it. None where the thread broke off.
    pub(crate) fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (tell, done) = mpsc::sync_channel(1);
        // Whoever asked waits below.
        let job = Box::new(move || drop(tell.send(work())));
        self.jobs.send(job).ok()?;
        done.recv().ok()
    }
}
