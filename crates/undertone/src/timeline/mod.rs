//! Predictions over time: windows of a segment → cells → smoothed cells → spans.

mod cell;
mod smooth;
mod span;
mod window;

pub use cell::{Cell, cells};
pub use smooth::smooth;
pub use span::{Span, spans};
pub use window::{HOP, WINDOW, WindowPrediction, windows};
