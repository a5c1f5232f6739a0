//! Predictions → numbers: pure functions. Truth first, prediction second, in every argument list.
//!
//! Classes are indices, posteriors rows that sum to 1 over them; `docs/reference/metrics.md` defines each figure.
//! Where a figure is not defined (no rows, nothing varies) it is NaN, and each function says when.

mod bootstrap;
mod brier;
mod calibration;
mod ccc;
mod conformal;
mod confusion;
mod deployed_sets;
mod der;
mod divergence;
mod eder;
mod evaluation;
mod frame_recall;
mod groups;
mod likelihood;
mod listeners;
mod pairing;
mod rank;
mod recall;
mod risk;
mod stretch;
mod temperature;
mod timeline;
mod top;

pub use bootstrap::{difference, interval};
pub use brier::brier;
pub use calibration::{BINS, Bin, ece, reliability};
pub use ccc::ccc;
pub use conformal::{Sets, fit_threshold, sets, sets_at};
pub use confusion::{Confusion, macro_f1};
pub use deployed_sets::{Unseen, UnseenSets, fit_sets, unseen_sets};
pub use der::{Der, der};
pub use divergence::{divergence, entropy};
pub use eder::{Eder, eder};
pub use evaluation::{
    COVERAGES, ClassFigures, CoverageSets, Degradation, Evaluation, Figure, FoldFigures, Thresholds,
    Unadapted, compare,
};
pub use frame_recall::{FRAME, FrameRecall, frame_recall};
pub use groups::{Group, gap, groups};
pub use likelihood::nll;
pub use listeners::{Listeners, listeners};
pub use rank::spearman;
pub use recall::{uar, wa};
pub use risk::{area_under_risk, risk_coverage};
pub use stretch::Stretch;
pub use temperature::fit_temperature;
pub use timeline::{COLLAR, TimelineFigures, TimelineScore, score_timeline, timeline_figures};
pub use top::{best, top_k};
