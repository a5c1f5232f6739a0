//! Predictions as CSV: `protocol,fold,clip,speaker,truth,posterior_<emotion>…[,draw][,agreement]`; see `docs/reference/formats.md`. Files
//! whose name ends in `.zst` are compressed by Zstandard.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use ruzstd::encoding::{CompressionLevel, compress};

use super::Prediction;
use super::zstd::Frames;
use crate::atomic_file::AtomicFile;
use undertone::emotion::Emotion;
use undertone::error::{Error, Result};

/// How far a row's posteriors may be from summing to 1.
const SUM: f64 = 1e-3;

/// Writes predictions; posteriors to six significant digits, and columns `draw` and `agreement` where a row has one.
///
/// # Errors
/// `Io` where it cannot be written.
pub fn write(to: impl Write, predictions: &[Prediction]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    let broken = |error: csv::Error| Error::from(std::io::Error::other(error));
    let columns = Emotion::ALL.map(|emotion| format!("posterior_{emotion}"));
    let fixed = ["protocol", "fold", "clip", "speaker", "truth"];
    let agreement = predictions.iter().any(|row| row.agreement.is_some()).then_some("agreement");
    let draw = predictions.iter().any(|row| row.draw.is_some()).then_some("draw");
    let header = fixed.into_iter().chain(columns.iter().map(String::as_str)).chain(draw).chain(agreement);
    writer.write_record(header).map_err(broken)?;
    for row in predictions {
        let posterior = row.posterior.map(|p| format!("{p:.5e}"));
        let fixed = [&row.protocol, &row.fold, &row.clip, &row.speaker, row.truth.name()];
        let agreement = agreement.map(|_| row.agreement.map_or(String::new(), |share| format!("{share:.4}")));
        let draw = draw.map(|_| row.draw.map_or(String::new(), |draw| draw.to_string()));
        let posterior = posterior.iter().map(String::as_str);
        let all = fixed.into_iter().chain(posterior).chain(draw.as_deref()).chain(agreement.as_deref());
        writer.write_record(all).map_err(broken)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes predictions into a file, whole or not at all; compressed where its name ends in `.zst`.
///
/// # Errors
/// `Io` naming the file where it cannot be written.
pub fn save(path: &Path, predictions: &[Prediction]) -> Result<()> {
    AtomicFile::save(path, |file| match is_compressed(path) {
        true => {
            let mut plain = Vec::new();
            write(&mut plain, predictions)?;
            compress(plain.as_slice(), file, CompressionLevel::Fastest);
            Ok(())
        }
        false => write(file, predictions),
    })
}

/// Reads the predictions of a file, compressed (`.csv.zst`) or plain.
///
/// # Errors
/// `Io` where it cannot be read, or what [`read`] answers; both name the file.
pub fn open(path: &Path) -> Result<Vec<Prediction>> {
    let file = BufReader::new(File::open(path).map_err(|error| Error::from(error).at(path))?);
    let rows = if is_compressed(path) { read(Frames::new(file)) } else { read(file) };
    rows.map_err(|error| error.at(path))
}

/// The name of a predictions file without `.csv` and `.csv.zst`: `<protocol>.<condition>`.
pub fn name(path: &Path) -> String {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let plain = name.strip_suffix(".zst").unwrap_or(&name);
    plain.strip_suffix(".csv").unwrap_or(plain).to_string()
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zst"))
}

/// Reads predictions. Columns besides the known ones are ignored.
///
/// # Errors
/// `Malformed` naming the row: a column that is missing, a posterior or agreement outside 0…1, rows that do not sum to 1 ± 10⁻³.
pub fn read(from: impl Read) -> Result<Vec<Prediction>> {
    let mut reader = csv::Reader::from_reader(from);
    let broken = |error: csv::Error| Error::malformed(error.to_string());
    let headers = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let classes: Vec<(Emotion, usize)> = Emotion::ALL
        .iter()
        .filter_map(|&emotion| Some((emotion, column(&format!("posterior_{emotion}"))?)))
        .collect();
    let (Some(clip), Some(speaker), Some(truth)) = (column("clip"), column("speaker"), column("truth"))
    else {
        return Err(Error::malformed("expected columns clip, speaker, truth and posterior_<emotion>"));
    };
    let mut predictions = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let wrong = |what: String| Error::malformed(format!("row {}: {what}", number + 2));
        let text = |at: usize| record.get(at).unwrap_or("").to_string();
        let share = |at: usize, what: &str| {
            let value = text(at).parse::<f64>().ok().filter(|p| (0.0..=1.0 + SUM).contains(p));
            value.ok_or_else(|| wrong(format!("'{}' is not a valid {what}", text(at))))
        };
        let mut posterior = [0.0; Emotion::ALL.len()];
        for &(emotion, at) in &classes {
            posterior[emotion as usize] = share(at, "posterior")?;
        }
        let sum: f64 = posterior.iter().sum();
        if (sum - 1.0).abs() > SUM {
            return Err(wrong(format!("the posteriors sum to {sum}")));
        }
        predictions.push(Prediction {
            protocol: column("protocol").map(text).unwrap_or_default(),
            fold: column("fold").map_or_else(|| "1".to_string(), text),
            clip: text(clip),
            draw: column("draw")
                .filter(|&at| !text(at).is_empty())
                .map(|at| {
                    text(at).parse().map_err(|_| wrong(format!("'{}' is no number of a draw", text(at))))
                })
                .transpose()?,
            speaker: text(speaker),
            truth: text(truth).parse().map_err(|error: Error| wrong(error.message().to_string()))?,
            posterior,
            agreement: column("agreement")
                .filter(|&at| !text(at).is_empty())
                .map(|at| share(at, "agreement"))
                .transpose()?,
        });
    }
    Ok(predictions)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_reads_back_to_six_digits() {
        let mut posterior = [0.0; 8];
        (posterior[0], posterior[4]) = (0.123_456_7, 0.876_543_3);
        let row = Prediction {
            protocol: "emobox-ravdess".into(),
            fold: "1".into(),
            clip: "a,b".into(),
            draw: None,
            speaker: "ravdess/01".into(),
            truth: Emotion::Angry,
            posterior,
            agreement: Some(0.625),
        };
        let mut file = Vec::new();
        write(&mut file, std::slice::from_ref(&row)).unwrap();
        let back = read(file.as_slice()).unwrap().remove(0);
        assert_eq!((back.clip.as_str(), back.truth), ("a,b", Emotion::Angry));
        assert!((back.posterior[Emotion::Neutral as usize] - 0.123_456_7).abs() < 1e-6);
        assert_eq!((back.agreement, back.draw), (row.agreement, None));
        let mut file = Vec::new();
        write(&mut file, &[Prediction { agreement: None, draw: Some(3), ..row }]).unwrap();
        assert!(!String::from_utf8_lossy(&file).contains("agreement"));
        assert_eq!(read(file.as_slice()).unwrap()[0].draw, Some(3));
    }

    #[test]
    fn a_compressed_file_reads_back_and_one_that_ends_early_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("emobox-savee.unadapted.csv.zst");
        let mut text = "clip,speaker,truth,posterior_happy,posterior_sad\n".to_string();
        (0..2000).for_each(|row| text.push_str(&format!("c{row},s{},happy,0.75,0.25\n", row % 7)));
        let rows = read(text.as_bytes()).unwrap();
        save(&path, &rows).unwrap();
        assert_eq!(open(&path).unwrap(), rows);
        assert_eq!(name(&path), "emobox-savee.unadapted");
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() < text.len() / 4, "{} of {}", bytes.len(), text.len());
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(open(&path).is_err());
        std::fs::write(&path, text).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains("emobox-savee"), "{error}");
    }

    #[test]
    fn rows_that_mean_nothing_are_refused_by_number() {
        let head = "fold,clip,speaker,truth,posterior_happy,posterior_sad\n";
        for (row, word) in [
            ("1,a,s,happy,0.5,0.4\n", "sum to 0.9"),
            ("1,a,s,happy,x,0.4\n", "'x'"),
            ("1,a,s,joy,0.5,0.5\n", "joy"),
        ] {
            let error = read(format!("{head}{row}").as_bytes()).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("row 2"), "{error}");
        }
        let draw = "clip,speaker,truth,draw,posterior_happy\na,s,happy,x,1\n";
        assert!(read(draw.as_bytes()).unwrap_err().to_string().contains("'x' is no number of a draw"));
        assert!(read("a,b\n1,2\n".as_bytes()).is_err());
    }
}
