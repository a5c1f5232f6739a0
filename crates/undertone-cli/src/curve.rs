//! `--curve-file`: the curves of all recordings as a table, CSV or NPZ.

use undertone::analysis::{Analysis, CurvePoint};
use undertone::emotion::Emotion;
use undertone::{Engine, Error, ErrorKind, Result, report};

use crate::arguments::Analyze;
use crate::format::Format;
use crate::npz::{Array, npz};
use crate::output::Output;

/// The file of curves, and the curves so far.
pub struct Curves {
    output: Output,
    is_npz: bool,
    kept: Vec<Analysis>,
}

impl Curves {
    /// Opens the file, where one is asked for.
    pub fn open(typed: &Analyze, format: Format) -> Result<Option<Curves>> {
        let refuse = |message: &str| Err(Error::new(ErrorKind::Config, message));
        let Some(path) = &typed.curve_file else {
            return match typed.curve {
                Some(_) if !matches!(format, Format::Json | Format::Jsonl) => refuse(
                    "--curve goes into JSON or a file of its own: add --json, or --curve-file FILE.csv or FILE.npz",
                ),
                _ => Ok(None),
            };
        };
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let is_npz = match extension.as_deref() {
            Some("npz") => true,
            Some("csv") => false,
            _ => return refuse("--curve-file is FILE.csv or FILE.npz"),
        };
        Ok(Some(Curves { output: Output::open(Some(path))?, is_npz, kept: Vec::new() }))
    }

    /// Keeps a recording's curve.
    pub fn take(&mut self, result: &Analysis) {
        let mut kept = Analysis::default();
        kept.path.clone_from(&result.path);
        kept.curve.clone_from(&result.curve);
        self.kept.push(kept);
    }

    /// Writes the file.
    pub fn finish(mut self, engine: &Engine) -> Result<()> {
        match self.is_npz {
            true => self.output.write_bytes(&npz(&arrays(&self.kept, engine))?)?,
            false => self.output.write(&report::curve_csv(&engine.report(self.kept))?)?,
        }
        self.output.finish()
    }
}

/// A row per moment: `file`, `time`, `channel`, `speaker`, `posterior` (a column per class of `classes`), `valence`, `arousal`; and `step`.
fn arrays(recordings: &[Analysis], engine: &Engine) -> Vec<(&'static str, Array)> {
    let points = recordings.iter().flat_map(|one| one.curve.iter().flatten().map(move |point| (one, point)));
    let points: Vec<(&Analysis, &CurvePoint)> = points.collect();
    let mut classes: Vec<Emotion> = engine.model().metadata().classes.clone();
    classes.retain(|class| engine.options().emotions.contains(*class));
    let posterior =
        points.iter().flat_map(|(_, point)| classes.iter().map(|class| point.posterior.of_class(*class)));
    let step = engine.options().curve.map_or(0.0, |step| step.0);
    vec![
        ("posterior", Array::rows(posterior.collect(), classes.len())),
        ("time", Array::F64(points.iter().map(|(_, point)| point.time).collect())),
        ("file", Array::Text(points.iter().map(|(one, _)| one.path.display().to_string()).collect())),
        ("channel", Array::I64(points.iter().map(|(_, point)| point.channel as i64).collect())),
        (
            "speaker",
            Array::Text(points.iter().map(|(_, point)| point.speaker.clone().unwrap_or_default()).collect()),
        ),
        ("valence", Array::F64(points.iter().map(|(_, point)| f64::from(point.valence)).collect())),
        ("arousal", Array::F64(points.iter().map(|(_, point)| f64::from(point.arousal)).collect())),
        ("classes", Array::Text(classes.iter().map(ToString::to_string).collect())),
        ("step", Array::F64(vec![step])),
    ]
}
