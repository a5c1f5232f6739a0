//! CSV: one row per span.

use crate::analysis::{Label, Report};
use crate::emotion::Emotion;
use crate::error::{Error, Result};

/// The spans of all recordings: path, times, speaker, emotion, label, intensity, agreement, affect and one column a class.
///
/// # Errors
/// `Io` where writing fails.
pub fn csv(report: &Report) -> Result<String> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let broken = |error: ::csv::Error| Error::from(std::io::Error::other(error));
    let fixed = [
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
    let classes = Emotion::ALL.map(|emotion| format!("posterior_{emotion}"));
    writer.write_record(fixed.iter().copied().chain(classes.iter().map(String::as_str))).map_err(broken)?;
    for recording in &report.recordings {
        for span in &recording.spans {
            let classes = span.posterior().classes();
            let posterior = |emotion: &Emotion| match classes.contains(*emotion) {
                true => format!("{:.4}", span.posterior().of_class(*emotion)),
                false => String::new(),
            };
            let fixed = [
                recording.path.display().to_string(),
                format!("{:.3}", span.start),
                format!("{:.3}", span.end),
                span.channel.to_string(),
                span.speaker.clone().unwrap_or_default(),
                span.emotion.to_string(),
                Label::from(span).emotion.to_string(),
                span.ambiguous.to_string(),
                span.prediction.intensity.map_or(String::new(), |intensity| format!("{intensity:.3}")),
                span.prediction.agreement.map_or(String::new(), |agreement| format!("{agreement:.3}")),
                format!("{:.3}", span.valence),
                format!("{:.3}", span.arousal),
            ];
            writer
                .write_record(fixed.into_iter().chain(Emotion::ALL.iter().map(posterior)))
                .map_err(broken)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Error::from(std::io::Error::other(error.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
