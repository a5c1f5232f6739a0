//! Predictions → numbers: pure functions. Truth first, prediction second, in every argument list.
//!
//! Classes are indices, posteriors rows that sum to 1 over them; `docs/metrics.md` explains each figure to a newcomer.
//! Where a figure is not defined (no rows, nothing varies) it is NaN, and each function says when.

mod bootstrap;
mod brier;
mod calibration;
mod ccc;
mod conformal;
mod confusion;
mod divergence;
mod evaluation;
mod groups;
mod likelihood;
mod listeners;
mod rank;
mod recall;
mod risk;
mod temperature;
mod top;

pub use bootstrap::{difference, interval};
pub use brier::brier;
pub use calibration::{BINS, Bin, ece, reliability};
pub use ccc::ccc;
pub use conformal::{Sets, fit_threshold, sets};
pub use confusion::{Confusion, macro_f1};
pub use divergence::{divergence, entropy};
pub use evaluation::{AskedSets, ClassFigures, Degradation, Evaluation, Figure, FoldFigures, compare};
pub use groups::{Group, gap, groups};
pub use likelihood::nll;
pub use listeners::{Listeners, listeners};
pub use rank::spearman;
pub use recall::{uar, wa};
pub use risk::{area_under_risk, risk_coverage};
pub use temperature::fit_temperature;
pub use top::{best, top_k};
