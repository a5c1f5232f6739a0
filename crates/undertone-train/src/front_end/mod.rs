//! The ways a network can look at the signal: the house's spectrogram, or a learned bank of filters over the waveform.

mod bank;
mod cut;

use burn::prelude::*;
use serde::{Deserialize, Serialize};
use undertone::Result;

use crate::material::{Material, Place};
use crate::network::{Network, Size};
use crate::population::Level;
pub use bank::{Bank, FILTERS, Half};
pub use cut::{BEFORE, Cut, Frames};

/// What a network reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrontEnd {
    /// The house's log-mel and pitch view.
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

/// What a bank makes of a whole clip, standardised by `views`: `[1, frames, 128]`.
pub fn whole(bank: &Bank, material: &Material, place: Place, views: &Level, device: &Device) -> Tensor<3> {
    let cut = Cut::new(material.samples(place), 0, place.frames, 1.0);
    let [scale, shift] = views.affine().map(|row| {
        let width = row.len();
        Tensor::<3>::from_data(TensorData::new(row, [1, 1, width]), device)
    });
    bank.forward(Frames::stack(vec![cut], device)) * scale + shift
}
