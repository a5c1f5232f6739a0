//! The curves of recordings as a table: one row per moment.

use crate::analysis::Report;
use crate::emotion::Emotion;
use crate::error::{Error, Result};

/// CSV: `path,time,channel,speaker,valence,arousal,posterior_<emotion>…`, one row per moment of each curve.
///
/// # Errors
/// `Io` where writing fails.
pub fn curve_csv(report: &Report) -> Result<String> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let broken = |error: ::csv::Error| Error::from(std::io::Error::other(error));
    let fixed = ["path", "time", "channel", "speaker", "valence", "arousal"].map(String::from);
    let classes = Emotion::ALL.map(|emotion| format!("posterior_{emotion}"));
    writer.write_record(fixed.iter().chain(&classes)).map_err(broken)?;
    for recording in &report.recordings {
        let path = recording.path.display().to_string();
        for point in recording.curve.iter().flatten() {
            let fixed = [
                path.clone(),
                format!("{:.3}", point.time),
                point.channel.to_string(),
                point.speaker.clone().unwrap_or_default(),
                format!("{:.3}", point.valence),
                format!("{:.3}", point.arousal),
            ];
            let posterior = |emotion: &Emotion| match point.posterior.classes().contains(*emotion) {
                true => format!("{:.4}", point.posterior.of_class(*emotion)),
                false => String::new(),
            };
            writer
                .write_record(fixed.into_iter().chain(Emotion::ALL.iter().map(posterior)))
                .map_err(broken)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Error::from(std::io::Error::other(error.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
