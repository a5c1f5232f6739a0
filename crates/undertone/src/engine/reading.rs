//! A recording that is read: where it is asked for, or some seconds ahead on a thread of its own.

use crate::audio::{Chunk, Info, Recording};
#[cfg(feature = "parallel")]
use crate::error::Error;
use crate::error::{Result, Warning};

/// Chunks of a quarter of a second that are decoded ahead.
#[cfg(feature = "parallel")]
const CHUNKS_AHEAD: usize = 64;

/// A recording that is read chunk by chunk.
pub(super) enum Reading {
    Here(Box<Recording>),
    #[cfg(feature = "parallel")]
    Ahead(Ahead),
}

#[cfg(feature = "parallel")]
pub(super) struct Ahead {
    info: Info,
    chunks: std::sync::mpsc::Receiver<Chunk>,
    /// None once it was asked for.
    decoding: Option<std::thread::JoinHandle<Result<Vec<Warning>>>>,
    warnings: Vec<Warning>,
}

impl Reading {
    /// Read where it is asked for.
    pub(super) fn here(recording: Recording) -> Reading {
        Reading::Here(Box::new(recording))
    }

    /// Read some seconds ahead; without the feature `parallel` where it is asked for.
    pub(super) fn ahead(recording: Recording) -> Reading {
        #[cfg(feature = "parallel")]
        return Reading::Ahead(Ahead::new(recording));
        #[cfg(not(feature = "parallel"))]
        Reading::here(recording)
    }

    pub(super) fn info(&self) -> &Info {
        match self {
            Reading::Here(recording) => recording.info(),
            #[cfg(feature = "parallel")]
            Reading::Ahead(ahead) => &ahead.info,
        }
    }

    /// # Errors
    /// As [`Recording::next_chunk`].
    pub(super) fn next(&mut self) -> Result<Option<Chunk>> {
        match self {
            Reading::Here(recording) => recording.next_chunk(),
            #[cfg(feature = "parallel")]
            Reading::Ahead(ahead) => ahead.next(),
        }
    }

    /// What was tolerated; complete after the last chunk.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        match self {
            Reading::Here(recording) => recording.warnings().to_vec(),
            #[cfg(feature = "parallel")]
            Reading::Ahead(ahead) => ahead.warnings.clone(),
        }
    }
}

#[cfg(feature = "parallel")]
impl Ahead {
    fn new(mut recording: Recording) -> Ahead {
        let (sender, chunks) = std::sync::mpsc::sync_channel(CHUNKS_AHEAD);
        let info = recording.info().clone();
        let decoding = std::thread::spawn(move || {
            while let Some(chunk) = recording.next_chunk()? {
                // Nobody asks any more.
                if sender.send(chunk).is_err() {
                    break;
                }
            }
            Ok(recording.warnings().to_vec())
        });
        Ahead { info, chunks, decoding: Some(decoding), warnings: Vec::new() }
    }

    fn next(&mut self) -> Result<Option<Chunk>> {
        if let Ok(chunk) = self.chunks.recv() {
            return Ok(Some(chunk));
        }
        if let Some(decoding) = self.decoding.take() {
            self.warnings =
                decoding.join().unwrap_or_else(|_| Err(Error::malformed("it cannot be decoded")))?;
        }
        Ok(None)
    }
}
