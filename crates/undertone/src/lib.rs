//! Speech emotion recognition: who sounded how, when, how strongly, with calibrated confidence.
//!
//! ```
//! use undertone::{Engine, report};
//!
//! let engine = Engine::embedded()?;                            // the model that is built in
//! let samples = vec![0.0; 8_000];                              // half a second of silence …
//! let analysis = engine.analyze_samples(&samples, 16_000)?;    // … or analyze_path("interview.m4a")
//! for span in &analysis.spans {
//!     println!("{:.1}–{:.1} s {} {:.2}", span.start, span.end, span.emotion, span.probability());
//! }
//! assert!(analysis.spans.is_empty(), "nobody speaks");
//! println!("{}", report::json(&engine.report(vec![analysis]))?);
//! # Ok::<(), undertone::Error>(())
//! ```
#![doc = include_str!("../docs/tour.md")]
#![warn(missing_debug_implementations)]

pub mod analysis;
pub mod audio;
pub mod emotion;
pub mod engine;
pub mod error;
pub mod features;
pub mod model;
pub mod prior;
pub mod report;
pub mod segments;
pub mod speakers;
pub mod speech;
pub mod timeline;
pub mod units;

pub use analysis::Analysis;
pub use emotion::{Emotion, EmotionSet};
pub use engine::Engine;
pub use error::{Error, ErrorKind, Result, Warning, WarningCode};
