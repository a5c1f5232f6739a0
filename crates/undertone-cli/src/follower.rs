//! Spans of a recording that is still heard → standard output, each as soon as it is complete.

use undertone::Result;
use undertone::analysis::Span;
use undertone::report;

use crate::format::Format;
use crate::output::Output;

/// Writes one recording's spans while it is heard.
pub struct Follower {
    format: Format,
    told: usize,
}

impl Follower {
    /// Whether a format can be written span by span.
    pub fn knows(format: Format) -> bool {
        matches!(format, Format::Text | Format::Jsonl | Format::Srt | Format::Vtt)
    }

    /// For one recording.
    pub fn of(format: Format) -> Follower {
        Follower { format, told: 0 }
    }

    /// Writes what stands before the first span.
    pub fn begin(&self) -> Result<()> {
        match self.format {
            Format::Vtt => Output::Standard.write(&report::vtt_opening()),
            _ => Ok(()),
        }
    }

    /// Writes a span: a line, or a caption.
    pub fn tell(&mut self, span: &Span) -> Result<()> {
        self.told += 1;
        match self.format {
            Format::Jsonl => Output::Standard.write(&format!("{}\n", report::span_line(span)?)),
            Format::Srt => Output::Standard.write(&report::srt_cue(self.told, span)),
            Format::Vtt => Output::Standard.write(&report::vtt_cue(self.told, span)),
            _ => Output::Standard.write_styled(&report::span(span, Output::Standard.style())),
        }
    }
}
