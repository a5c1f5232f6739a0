//! Undertone hears the emotion in speech: any recording in, who sounded how, when, how strongly and how surely out.
//!
//! The whole pipeline, *bytes → samples → segments → posteriors → report*:
//!
//! ```
//! use undertone::{Analyzer, audio::Source, report};
//!
//! // Bytes of any recording: here half a second of silence as WAV.
//! let mut wav = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\xff\xff\xff\xff".to_vec();
//! wav.extend([0; 16_000]);
//!
//! let analyzer = Analyzer::embedded()?;                                  // the model that is built in
//! let result = analyzer.analyze(Source::Bytes(wav), &mut |_, _| {})?;   // or analyze_path("interview.m4a")
//! for span in &result.spans {
//!     println!("{:.1}–{:.1} s {} {:.2}", span.start, span.end, span.emotion, span.posterior[&span.emotion]);
//! }
//! assert!(result.spans.is_empty(), "nobody speaks");
//! println!("{}", report::json(&analyzer.report(vec![result]))?);
//! # Ok::<(), undertone::Error>(())
//! ```
#![doc = include_str!("../docs/tour.md")]

pub mod analysis;
pub mod analyzer;
pub mod audio;
pub mod corpus;
pub mod corrupt;
pub mod emotion;
pub mod error;
pub mod eval;
pub mod features;
pub mod model;
pub mod predict;
pub mod report;
pub mod speakers;
pub mod speech;
pub mod units;

pub use analyzer::Analyzer;
pub use emotion::{Emotion, EmotionSet};
pub use error::{Error, ErrorKind, Result, Warning};
