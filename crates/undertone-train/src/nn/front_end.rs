//! What a network reads: the built-in spectrogram, or the waveform through a learned bank of filters.

use burn::prelude::*;
use serde::{Deserialize, Serialize};
use undertone::Result;

use crate::nn::filter_bank::Bank;
use crate::nn::network::{Network, Size};

/// What a network reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrontEnd {
    /// Log-mel and pitch view.
    #[default]
    Spectrogram,
    /// The waveform, by filters that begin as those two views and are trained with the network.
    Waveform,
}

impl FrontEnd {
    /// A network with random weights and, where it is to read waveforms, a bank. `teacher` as in [`Network::new`]. The weights
    /// beside the bank are the same for both ways.
    ///
    /// # Errors
    /// As [`Bank::new`].
    pub fn network(self, size: &Size, teacher: Option<usize>, device: &Device) -> Result<Network> {
        let mut network = Network::new(size, teacher, device);
        if self == FrontEnd::Waveform {
            network.bank = Some(Bank::new(device)?);
        }
        Ok(network)
    }
}
