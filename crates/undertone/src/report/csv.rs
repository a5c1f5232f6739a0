//! CSV: one row per span, and one for every recording that has none.

use super::label::fixed;
use crate::analysis::{Analysis, Label, Report, Span};
use crate::emotion::Emotion;
use crate::error::{Error, Result, WarningCode};

/// The columns before the posteriors.
const COLUMNS: [&str; 12] = [
    "path",
    "start",
    "end",
    "channel",
    "speaker",
    "emotion",
    "label",
    "ambiguous",
    "intensity",
    "agreement",
    "valence",
    "arousal",
];

/// The spans of all recordings: path, times, speaker, emotion, label, intensity, agreement, affect and one column a class; then
/// `status`: `ok`, or `no-speech` or `error` in the one row of a recording without spans, and `message`: why.
///
/// Texts are written as they are, for programs. For spreadsheets there is [`csv_excel`].
///
/// # Errors
/// `Io` where writing fails.
pub fn csv(report: &Report) -> Result<String> {
    Dialect { delimiter: b',', decimal: '.', spreadsheet: false }.table(report)
}

/// [`csv()`] for spreadsheets, which open it by a double click where the decimal separator is a comma: a byte order mark, columns apart
/// by semicolons, decimal commas. A text that would be taken for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a line break)
/// begins with an apostrophe instead.
///
/// # Errors
/// As [`csv()`].
pub fn csv_excel(report: &Report) -> Result<String> {
    let table = Dialect { delimiter: b';', decimal: ',', spreadsheet: true }.table(report)?;
    Ok(format!("\u{feff}{table}"))
}

/// How cells are written.
struct Dialect {
    delimiter: u8,
    decimal: char,
    spreadsheet: bool,
}

impl Dialect {
    fn table(&self, report: &Report) -> Result<String> {
        let mut writer = ::csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        let broken = |error: ::csv::Error| Error::from(std::io::Error::other(error));
        let classes = Emotion::ALL.map(|emotion| format!("posterior_{emotion}"));
        let columns = COLUMNS.iter().copied().chain(classes.iter().map(String::as_str));
        writer.write_record(columns.chain(["status", "message"])).map_err(broken)?;
        for recording in &report.recordings {
            for span in &recording.spans {
                writer.write_record(self.span(recording, span)).map_err(broken)?;
            }
            if let Some((status, message)) = no_spans(recording) {
                let mut row = vec![self.text(&recording.path.display().to_string())];
                row.resize(COLUMNS.len() + Emotion::ALL.len(), String::new());
                row.extend([status.to_string(), self.text(message)]);
                writer.write_record(row).map_err(broken)?;
            }
        }
        let bytes =
            writer.into_inner().map_err(|error| Error::from(std::io::Error::other(error.to_string())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn span(&self, recording: &Analysis, span: &Span) -> Vec<String> {
        let classes = span.posterior().classes();
        let posterior = |emotion: &Emotion| match classes.contains(*emotion) {
            true => self.number(span.posterior().of_class(*emotion).into(), 4),
            false => String::new(),
        };
        let optional = |value: Option<f32>| value.map_or(String::new(), |value| self.number(value.into(), 3));
        let mut row = vec![
            self.text(&recording.path.display().to_string()),
            self.number(span.start, 3),
            self.number(span.end, 3),
            span.channel.to_string(),
            self.text(span.speaker.as_deref().unwrap_or_default()),
            span.emotion.to_string(),
            Label::from(span).emotion.to_string(),
            span.ambiguous.to_string(),
            optional(span.prediction.intensity),
            optional(span.prediction.agreement),
            self.number(span.valence.into(), 3),
            self.number(span.arousal.into(), 3),
        ];
        row.extend(Emotion::ALL.iter().map(posterior));
        row.extend(["ok".to_string(), String::new()]);
        row
    }

    /// Names and messages, which come from outside.
    fn text(&self, text: &str) -> String {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        if self.spreadsheet && formula { format!("'{text}") } else { text.to_string() }
    }

    fn number(&self, value: f64, digits: usize) -> String {
        fixed(value, digits).replace('.', self.decimal.encode_utf8(&mut [0; 4]))
    }
}

/// The status of a recording that has no rows of its own, and why it has none.
fn no_spans(recording: &Analysis) -> Option<(&'static str, &str)> {
    if let Some(error) = &recording.error {
        return Some(("error", &error.message));
    }
    let why = recording.warnings.iter().find(|warning| warning.code == WarningCode::NoSpeech);
    let why = why.map_or("nobody speaks", |warning| warning.message.as_str());
    recording.spans.is_empty().then_some(("no-speech", why))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{report, sample, silent};
    use super::*;
    use crate::error::ErrorKind;

    /// What a reader finds: the header's names, and rows of as many cells.
    fn read(text: &str, delimiter: u8) -> Vec<Vec<String>> {
        let mut reader =
            ::csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect()
    }

    fn failed() -> Analysis {
        Analysis::failed(
            "@b.wav".into(),
            &Error::new(ErrorKind::Malformed, "no sound; a \"letter\"\nof two lines"),
        )
    }

    #[test]
    fn recordings_without_spans_have_a_row_that_says_why() {
        let rows = read(&csv(&report(vec![sample(), silent(), failed()])).unwrap(), b',');
        assert_eq!(rows.len(), 1 + 4 + 1 + 1);
        assert!(rows.iter().all(|row| row.len() == 22), "{rows:?}");
        let ends = |row: &[String]| row[20..].to_vec();
        assert_eq!(ends(&rows[0]), ["status", "message"]);
        assert_eq!(ends(&rows[1]), ["ok", ""]);
        assert_eq!(ends(&rows[5]), ["no-speech", "nobody speaks"]);
        assert_eq!(ends(&rows[6]), ["error", "no sound; a \"letter\"\nof two lines"]);
        assert_eq!((rows[5][0].as_str(), rows[6][0].as_str()), ("silence.wav", "@b.wav"));
        assert!(rows[5..].iter().all(|row| row[1..20].iter().all(String::is_empty)));
        assert_eq!(rows[1][1..8], ["0.500", "3.100", "0", "agent", "angry", "angry", "false"]);
    }

    #[test]
    fn spreadsheets_get_a_mark_semicolons_decimal_commas_and_no_formulas() {
        let mut recording = sample();
        for (span, name) in recording.spans.iter_mut().zip(["=1+1", "+49 30", "-a", "\tx"]) {
            span.speaker = Some(name.to_string());
        }
        let whole = report(vec![recording, failed()]);
        let text = csv_excel(&whole).unwrap();
        let rows = read(text.strip_prefix('\u{feff}').unwrap(), b';');
        let column = |at: usize| rows[1..].iter().map(|row| row[at].as_str()).collect::<Vec<_>>();
        assert_eq!(column(4), ["'=1+1", "'+49 30", "'-a", "'\tx", ""]);
        assert_eq!(column(0)[4], "'@b.wav");
        assert_eq!(rows[1][1..3], ["0,500", "3,100"]);
        assert!(column(10)[0].starts_with("-0,"), "a number is no formula: {}", column(10)[0]);
        let plain = read(&csv(&whole).unwrap(), b',');
        assert_eq!(
            (plain[1][4].as_str(), plain[5][0].as_str()),
            ("=1+1", "@b.wav"),
            "programs get names as they are"
        );
    }
}
