//! Segments of a file analysed while the file is still read.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use super::segment::{Analysed, Waiting, analyse};
use super::setup::Setup;
use crate::error::Result;

/// A thread that has segments analysed, in the order in which they come.
pub(super) struct Background {
    sender: Option<SyncSender<Waiting>>,
    results: Receiver<Result<Vec<(usize, Analysed)>>>,
}

impl Background {
    pub(super) fn new(setup: Arc<Setup>) -> Background {
        let (sender, waiting) = sync_channel::<Waiting>(1);
        let (done, results) = channel();
        std::thread::spawn(move || {
            for some in waiting {
                let result = analyse(&setup, some);
                let failed = result.is_err();
                if done.send(result).is_err() || failed {
                    break;
                }
            }
        });
        Background { sender: Some(sender), results }
    }

    /// Hands segments over; waits while others are under way.
    pub(super) fn send(&self, waiting: Waiting) {
        if let Some(sender) = &self.sender {
            // A thread that has gone left an error behind, which comes with the results.
            let _ = sender.send(waiting);
        }
    }

    /// What is done so far.
    pub(super) fn done(&self) -> Vec<Result<Vec<(usize, Analysed)>>> {
        self.results.try_iter().collect()
    }

    /// Waits for all that was handed over.
    pub(super) fn finish(mut self) -> Vec<Result<Vec<(usize, Analysed)>>> {
        self.sender = None;
        self.results.iter().collect()
    }
}
