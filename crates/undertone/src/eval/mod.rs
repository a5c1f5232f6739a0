//! Predictions → numbers: pure functions. Truth first, prediction second, in every argument list.

mod calibration;
mod recall;

pub use calibration::{ece, fit_temperature, fit_threshold};
pub use recall::{uar, wa};
