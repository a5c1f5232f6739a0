//! What a training needs to resume after an interruption: written whole or not at all.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::store::ModuleRecord;
use serde::{Deserialize, Serialize};
use undertone::{Error, ErrorKind, Result};

use crate::nn::network::Network;
use crate::train::embedding_bank::EmbeddingBank;
use crate::train::epoch::Epoch;
use undertone_eval::atomic_file;

/// The small part of a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// The epochs that are done.
    pub epochs: Vec<Epoch>,
    seen: Vec<bool>,
}

/// What a checkpoint held, or a fresh start.
pub struct Resumed {
    /// The network in training.
    pub network: Network,
    /// Its moving average.
    pub average: Network,
    /// The optimizer's bytes; none at a fresh start.
    pub optimizer: Option<Vec<u8>>,
    /// The epochs that are done.
    pub epochs: Vec<Epoch>,
}

/// The folder of a run's checkpoints: `checkpoint-<epoch>`, of which the last whole one counts.
pub struct Checkpoints {
    folder: PathBuf,
}

fn failed(error: impl std::fmt::Display, path: &Path) -> Error {
    Error::new(ErrorKind::Io, error.to_string()).at(path)
}

/// Writes a network's weights and running statistics.
///
/// # Errors
/// `Io` where the file cannot be written.
pub fn write(network: &Network, path: &Path) -> Result<()> {
    let bytes = network.clone().into_record().into_bytes().map_err(|error| failed(error, path))?;
    atomic_file::write(path, &bytes)
}

/// Reads them into `network`.
///
/// # Errors
/// `Io`; `Malformed` where the file is of another network.
pub fn read(network: Network, path: &Path) -> Result<Network> {
    let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
    let broken = |error: burn::store::RecordError| {
        let message = format!("is no network of this recipe ({error}); remove it to begin anew");
        Error::new(ErrorKind::Malformed, message).at(path)
    };
    let record = ModuleRecord::from_bytes(burn::tensor::Bytes::from_bytes_vec(bytes)).map_err(broken)?;
    network.try_load_record(record).map_err(broken)
}

impl Checkpoints {
    /// In the folder of a run.
    pub fn new(run: &Path) -> Checkpoints {
        Checkpoints { folder: run.to_path_buf() }
    }

    fn path(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("checkpoint-{epoch}"))
    }

    /// The newest checkpoint's number of epochs.
    pub fn newest(&self) -> Option<usize> {
        let entries = std::fs::read_dir(&self.folder).ok()?;
        let number = |name: String| name.strip_prefix("checkpoint-")?.parse().ok();
        entries.flatten().filter_map(|entry| number(entry.file_name().into_string().ok()?)).max()
    }

    /// Writes a checkpoint and removes the one before.
    ///
    /// # Errors
    /// `Io` where it cannot be written; the one before is then still there.
    pub fn save(
        &self,
        network: &Network,
        average: &Network,
        optimizer: &[u8],
        embeddings: &EmbeddingBank,
        epochs: &[Epoch],
    ) -> Result<()> {
        let part = self.folder.join("checkpoint.part");
        if part.exists() {
            std::fs::remove_dir_all(&part)?;
        }
        std::fs::create_dir_all(&part)?;
        let write = |name: &str, bytes: &[u8]| -> Result<()> {
            std::fs::write(part.join(name), bytes).map_err(|error| Error::from(error).at(part.join(name)))
        };
        for (name, network) in [("network.bpk", network), ("average.bpk", average)] {
            self::write(network, &part.join(name))?;
        }
        let (pooled, seen) = embeddings.state();
        write("optimizer.bpk", optimizer)?;
        write("embeddings.f32", bytemuck::cast_slice(pooled))?;
        let state = State { epochs: epochs.to_vec(), seen: seen.to_vec() };
        write("state.json", &serde_json::to_vec(&state).map_err(|error| failed(error, &part))?)?;
        let before = self.newest();
        std::fs::rename(&part, self.path(epochs.len()))?;
        if let Some(before) = before.filter(|&before| before != epochs.len()) {
            std::fs::remove_dir_all(self.path(before))?;
        }
        Ok(())
    }

    /// Reads the newest checkpoint into both networks and the embeddings; both stay as they are where there is none.
    ///
    /// # Errors
    /// `Io` or `Malformed` where it cannot be used: remove it to begin anew.
    pub fn load(
        &self,
        network: Network,
        average: Network,
        embeddings: &mut EmbeddingBank,
    ) -> Result<Resumed> {
        let Some(epoch) = self.newest() else {
            return Ok(Resumed { network, average, optimizer: None, epochs: Vec::new() });
        };
        let path = self.path(epoch);
        let broken = |error: String| {
            let message = format!("the checkpoint cannot be used ({error}); remove it to begin anew");
            Error::new(ErrorKind::Malformed, message).at(&path)
        };
        let read = |name: &str| {
            std::fs::read(path.join(name)).map_err(|error| Error::from(error).at(path.join(name)))
        };
        let network = self::read(network, &path.join("network.bpk"))?;
        let average = self::read(average, &path.join("average.bpk"))?;
        let pooled = read("embeddings.f32")?
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let state: State =
            serde_json::from_slice(&read("state.json")?).map_err(|error| broken(error.to_string()))?;
        embeddings.restore(pooled, state.seen);
        Ok(Resumed { network, average, optimizer: Some(read("optimizer.bpk")?), epochs: state.epochs })
    }
}
