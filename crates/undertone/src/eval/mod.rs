//! Predictions → numbers: pure functions. Truth first, prediction second, in every argument list.

mod bootstrap;
mod calibration;
mod recall;

pub use bootstrap::interval;
pub use calibration::{ece, fit_temperature, fit_threshold};
pub use recall::{uar, wa};
