//! What trainings and reference systems are given alike.

use std::path::Path;

use undertone_eval::corpus::Corpus;

/// Corpora, an optional teacher, and where results are kept.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Labelled recordings.
    pub corpora: &'a [Corpus],
    /// A teacher's folder, for distillation.
    pub teacher: Option<&'a Path>,
    /// Where runs and predictions are kept.
    pub folder: &'a Path,
    /// Where computed spectrograms are kept.
    pub cache: &'a Path,
}
