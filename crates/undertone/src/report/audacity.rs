//! Audacity's label track: start, end and label, separated by tabs.

use std::fmt::Write;

use super::label::spoken;
use crate::analysis::Analysis;
use crate::error::Result;

/// A line a span, times in seconds: for *File → Import → Labels*.
///
/// # Errors
/// None today.
pub fn audacity(recording: &Analysis) -> Result<String> {
    let mut out = String::new();
    for span in &recording.spans {
        let _ = writeln!(out, "{:.6}\t{:.6}\t{}", span.start, span.end, spoken(span));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent};
    use super::*;

    #[test]
    fn every_line_has_three_fields_whatever_names_hold() {
        let want = "0.500000\t3.100000\tagent: angry 82 %\n\
                    2.000000\t4.250000\tAnn <b>&\"'\\ x: sad 70 %\n\
                    4.250000\t6.000000\tAnn <b>&\"'\\ x: happy 90 %\n\
                    8.000000\t9.200000\tagent: neutral 90 %\n";
        assert_eq!(audacity(&sample()).unwrap(), want);
        assert_eq!(audacity(&silent()).unwrap(), "");
    }
}
