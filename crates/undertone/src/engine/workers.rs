//! The threads of one engine: networks run on these and no others.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::Worker;

/// So many threads that networks run on.
#[derive(Debug)]
pub(super) struct Workers {
    all: Vec<(Worker, AtomicUsize)>,
}

impl Workers {
    /// `threads` of them, at least one; without the feature `parallel` one.
    pub(super) fn new(threads: usize) -> Workers {
        let threads = if cfg!(feature = "parallel") { threads.max(1) } else { 1 };
        Workers { all: (0..threads).map(|_| (Worker::new(), AtomicUsize::new(0))).collect() }
    }

    /// As many threads as there are cores.
    pub(super) fn of_cores() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Does some work on the thread that has least to do; others may be waiting for it too.
    pub(super) fn one<T: Send>(&self, work: impl FnOnce(&Worker) -> T + Send) -> T {
        let least = self.all.iter().min_by_key(|(_, busy)| busy.load(Ordering::Relaxed));
        // There is always one.
        let (worker, busy) = least.unwrap_or(&self.all[0]);
        busy.fetch_add(1, Ordering::Relaxed);
        let result = worker.run(|| work(worker));
        busy.fetch_sub(1, Ordering::Relaxed);
        result
    }

    /// Does some work for each item, side by side, an item a thread at a time; gives the results in the items' order.
    pub(super) fn each<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        work: impl Fn(T, &Worker) -> R + Sync + Send,
    ) -> Vec<R> {
        #[cfg(feature = "parallel")]
        if self.count() > 1 && items.len() > 1 {
            return self.side_by_side(items, &work);
        }
        items.into_iter().map(|item| self.one(|worker| work(item, worker))).collect()
    }

    #[cfg(feature = "parallel")]
    fn side_by_side<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        work: &(impl Fn(T, &Worker) -> R + Sync + Send),
    ) -> Vec<R> {
        use std::sync::{Mutex, PoisonError};
        let callers = self.count().min(items.len());
        let waiting = Mutex::new(items.into_iter().enumerate());
        let done = Mutex::new(Vec::new());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let call = || {
            while let Some((number, item)) = next() {
                let result = self.one(|worker| work(item, worker));
                done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
            }
        };
        std::thread::scope(|scope| {
            (1..callers).for_each(|_| drop(scope.spawn(call)));
            call();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// The threads they have run on.
    #[cfg(test)]
    pub(super) fn ran(&self) -> std::collections::HashSet<std::thread::ThreadId> {
        self.all.iter().flat_map(|(worker, _)| worker.ran()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_items_order_from_no_more_threads_than_there_are() {
        for threads in [1, 2, 3] {
            let workers = Workers::new(threads);
            let got = workers
                .each((0..50).collect(), |i, worker| (2 * i, worker.run(|| std::thread::current().id())));
            assert!(got.iter().enumerate().all(|(i, (twice, _))| *twice == 2 * i));
            let ran: std::collections::HashSet<_> = got.into_iter().map(|(_, thread)| thread).collect();
            assert!(ran.len() <= threads && ran.is_subset(&workers.ran()));
        }
    }
}
