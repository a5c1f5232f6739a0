//! Where a training is: bars on the terminal, log and learning curve in the run's folder.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::data::clip::Clip;
use crate::nn::network::Network;
use crate::train::curve;
use crate::train::epoch::Epoch;
use crate::train::score;
use crate::train::training::Watch;
use undertone_eval::atomic_file;

/// Held-out speakers are scored after every so many epochs, and after the last.
const SCORE_EVERY: usize = 4;

/// A bar for so many steps.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Shows where the training is, and keeps its log.
pub struct Progress<'a> {
    /// Of the epoch.
    pub bar: ProgressBar,
    /// Epochs of the training.
    pub epochs: usize,
    /// The run's folder, for log and curve.
    pub folder: &'a Path,
    /// Scores the averaged network on held-out speakers.
    pub score: &'a dyn Fn(&Network) -> score::Outputs,
    /// The clips of these.
    pub dev: &'a [Clip],
}

impl Watch for Progress<'_> {
    fn step(&mut self, epoch: usize, step: usize, steps: usize, loss: f64) {
        self.bar.set_length((self.epochs * steps) as u64);
        self.bar.set_position((epoch * steps + step) as u64);
        self.bar.set_message(format!("{}/{} loss {loss:.3}", epoch + 1, self.epochs));
    }

    fn epoch(&mut self, number: usize, epoch: &mut Epoch, average: &Network) {
        let due = number.is_multiple_of(SCORE_EVERY) || number == self.epochs;
        if due && !self.dev.is_empty() {
            let outputs = (self.score)(average);
            let mean = |outputs: &[Vec<f32>]| score::score(self.dev, outputs).mean();
            epoch.dev = Some([mean(&outputs.unadapted), mean(&outputs.adapted)]);
        }
    }

    fn saved(&mut self, epochs: &[Epoch]) {
        let mut log =
            "epoch,loss,speaker,distillation,intensity,seconds,dev_unadapted,dev_adapted\n".to_string();
        for (i, Epoch { loss, speaker, distillation, intensity, seconds, dev }) in epochs.iter().enumerate() {
            let dev = dev.map_or(",".to_string(), |[a, b]| format!("{a:.4},{b:.4}"));
            let line = format!(
                "{},{loss:.4},{speaker:.4},{distillation:.4},{intensity:.4},{seconds:.1},{dev}\n",
                i + 1
            );
            log.push_str(&line);
        }
        // Log and curve are conveniences: a full disk shows at the checkpoint.
        let _ = atomic_file::write(&self.folder.join("log.csv"), log.as_bytes());
        let _ = atomic_file::write(&self.folder.join("curve.svg"), curve::svg(epochs).as_bytes());
    }
}
