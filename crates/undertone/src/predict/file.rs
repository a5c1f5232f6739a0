//! Predictions as CSV: `protocol,fold,clip,speaker,truth,posterior_<emotion>…[,agreement]`; see `docs/formats.md`.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use super::Prediction;
use crate::emotion::Emotion;
use crate::error::{Error, Result};

/// How far a row's posteriors may be from summing to 1.
const SUM: f64 = 1e-3;

/// Writes predictions; posteriors to six significant digits, and a column `agreement` where a row has one.
///
/// # Errors
/// `Io` where it cannot be written.
pub fn write(to: impl Write, predictions: &[Prediction]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    let broken = |error: csv::Error| Error::from(std::io::Error::other(error));
    let columns = Emotion::ALL.map(|emotion| format!("posterior_{emotion}"));
    let fixed = ["protocol", "fold", "clip", "speaker", "truth"];
    let agreement = predictions.iter().any(|row| row.agreement.is_some()).then_some("agreement");
    let header = fixed.into_iter().chain(columns.iter().map(String::as_str)).chain(agreement);
    writer.write_record(header).map_err(broken)?;
    for row in predictions {
        let posterior = row.posterior.map(|p| format!("{p:.5e}"));
        let fixed = [&row.protocol, &row.fold, &row.clip, &row.speaker, row.truth.name()];
        let agreement = agreement.map(|_| row.agreement.map_or(String::new(), |share| format!("{share:.4}")));
        let all = fixed.into_iter().chain(posterior.iter().map(String::as_str)).chain(agreement.as_deref());
        writer.write_record(all).map_err(broken)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes predictions into a file.
///
/// # Errors
/// `Io` naming the file where it cannot be written.
pub fn save(path: &Path, predictions: &[Prediction]) -> Result<()> {
    let file = File::create(path).map_err(|error| Error::from(error).at(path))?;
    write(BufWriter::new(file), predictions).map_err(|error| error.at(path))
}

/// Reads the predictions of a file.
///
/// # Errors
/// `Io` where it cannot be read, or what [`read`] answers; both name the file.
pub fn open(path: &Path) -> Result<Vec<Prediction>> {
    let file = File::open(path).map_err(|error| Error::from(error).at(path))?;
    read(file).map_err(|error| error.at(path))
}

/// Reads predictions, whoever made them. Columns besides the known ones are ignored.
///
/// # Errors
/// `Malformed` naming the row: a column that is missing, a posterior or agreement that is no share, rows that do not sum to 1 ± 10⁻³.
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
            value.ok_or_else(|| wrong(format!("'{}' is no {what}", text(at))))
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
        assert_eq!(back.agreement, row.agreement);
        let mut file = Vec::new();
        write(&mut file, &[Prediction { agreement: None, ..row }]).unwrap();
        assert!(!String::from_utf8_lossy(&file).contains("agreement"));
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
        assert!(read("a,b\n1,2\n".as_bytes()).is_err());
    }
}
