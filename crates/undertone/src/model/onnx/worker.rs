//! Threads that networks run on.

use std::fmt;
use std::sync::Arc;

use rten::ThreadPool;

/// One thread, or several, that networks run on; in WebAssembly the caller's. Copies are the same threads.
#[derive(Clone)]
pub(crate) struct Worker {
    pool: Arc<ThreadPool>,
    #[cfg(test)]
    ran: Arc<std::sync::Mutex<std::collections::HashSet<std::thread::ThreadId>>>,
}

impl Worker {
    /// A thread of its own.
    pub(crate) fn new() -> Worker {
        Worker::of_threads(1)
    }

    /// So many threads, on which one network is run in parts.
    pub(super) fn of_threads(threads: usize) -> Worker {
        Worker {
            pool: Arc::new(ThreadPool::with_num_threads(threads)),
            #[cfg(test)]
            ran: Arc::default(),
        }
    }

    /// Does some work there and waits for it; networks that are run in it by this worker run in the same thread.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.run(|| {
            #[cfg(test)]
            self.note();
            work()
        })
    }

    pub(super) fn pool(&self) -> Arc<ThreadPool> {
        Arc::clone(&self.pool)
    }

    #[cfg(test)]
    fn note(&self) {
        if let Ok(mut ran) = self.ran.lock() {
            ran.insert(std::thread::current().id());
        }
    }

    /// The threads it has run on.
    #[cfg(test)]
    pub(crate) fn ran(&self) -> std::collections::HashSet<std::thread::ThreadId> {
        self.ran.lock().map(|ran| ran.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}
