//! audformat: a table of segments that `audformat.utils.read_csv` reads.

use super::label::fixed;
use crate::analysis::Analysis;
use crate::emotion::{Emotion, EmotionSet};
use crate::error::{Error, Result};

/// The spans of recordings: `file,start,end` (seconds), the posterior with a column a class, and `predicted`, the most probable class.
///
/// The columns are those of the classes that compete somewhere, all eight where nobody speaks. Recordings without spans have no rows,
/// and names are written as they are: they are what the segments are found by.
///
/// # Errors
/// `Io` where writing fails.
///
/// ```
/// let table = undertone::report::audformat([])?;
/// assert_eq!(table, "file,start,end,neutral,calm,happy,sad,angry,fearful,disgust,surprised,predicted\n");
/// # Ok::<(), undertone::Error>(())
/// ```
pub fn audformat<'a>(recordings: impl IntoIterator<Item = &'a Analysis>) -> Result<String> {
    let recordings: Vec<&Analysis> = recordings.into_iter().collect();
    let spans = recordings.iter().flat_map(|recording| &recording.spans);
    let competing: EmotionSet = spans.flat_map(|span| span.posterior().classes().iter()).collect();
    let classes: Vec<Emotion> =
        Emotion::ALL.into_iter().filter(|class| competing.is_empty() || competing.contains(*class)).collect();
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let broken = |error: ::csv::Error| Error::from(std::io::Error::other(error));
    let names = classes.iter().map(|class| class.name());
    writer
        .write_record(["file", "start", "end"].into_iter().chain(names).chain(["predicted"]))
        .map_err(broken)?;
    for recording in recordings {
        for span in &recording.spans {
            let mut row =
                vec![recording.path.display().to_string(), fixed(span.start, 3), fixed(span.end, 3)];
            let known = span.posterior().classes();
            row.extend(classes.iter().map(|&class| match known.contains(class) {
                true => fixed(span.posterior().of_class(class).into(), 4),
                false => String::new(),
            }));
            row.push(span.emotion.to_string());
            writer.write_record(row).map_err(broken)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Error::from(std::io::Error::other(error.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{sample, silent};
    use super::*;

    #[test]
    fn every_span_is_a_row_of_the_classes_that_compete() {
        let mut recording = sample();
        recording.path = "calls/=a.wav".into();
        let table = audformat([&silent(), &recording]).unwrap();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "file,start,end,neutral,calm,happy,sad,angry,predicted");
        assert_eq!(lines[1], "calls/=a.wav,0.500,3.100,0.1800,,,,0.8200,angry");
        assert_eq!(lines[4], "calls/=a.wav,8.000,9.200,0.4000,0.5000,,0.1000,,calm");
        assert_eq!(lines.len(), 5, "a recording without speech has no row");
    }
}
