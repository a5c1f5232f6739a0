//! `undertone model pull` and `import`: encoders of others, into the cache folder.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use undertone::Result;
use undertone::model::InputKind;
use undertone_encoders::import::{Choice, Installed};
use undertone_encoders::pull::Event;
use undertone_encoders::{Cache, Hub, Preset, Source};

/// Fetches an encoder; what is said of it.
pub fn pull(source: &Source, from: &[PathBuf], quiet: bool) -> Result<String> {
    let bar = Bar::new(quiet);
    let installed =
        undertone_encoders::pull(source, from, &Cache::open()?, &Hub::open()?, &mut |event| bar.show(event));
    bar.0.finish_and_clear();
    Ok(described(&installed?))
}

/// Imports an ONNX file; what was found in it.
pub fn import(
    file: &Path,
    preset: Option<Preset>,
    layers: Vec<String>,
    name: Option<String>,
) -> Result<String> {
    let choice = Choice { name, preset, layers };
    Ok(described(&undertone_encoders::import(file, &choice, &Cache::open()?)?))
}

fn described(installed: &Installed) -> String {
    let Installed { folder, spec, work, notes, .. } = installed;
    let mut out = String::new();
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "{name:<12} {text}");
    };
    row("encoder", format!("{} ({})", spec.name, spec.preset));
    row("source", spec.source.clone());
    row("licence", spec.licence.clone());
    let kind = match spec.input_kind {
        InputKind::LogMel => "log-mel spectrogram",
        _ => "waveform",
    };
    row("input", format!("{}: {kind} at {} Hz, up to {} s", spec.input, spec.rate, spec.longest_seconds));
    let outputs = spec.layers.iter().zip(&spec.widths).map(|(name, width)| format!("{name} ({width})"));
    let rows = match spec.frame_seconds {
        Some(seconds) => format!("one row every {:.0} ms", 1000.0 * seconds),
        None => "one embedding of the whole input".to_string(),
    };
    row("outputs", format!("{}; {rows}", outputs.collect::<Vec<_>>().join(", ")));
    row("speed", format!("{work:.3} s for a second of sound, all cores"));
    row("folder", folder.display().to_string());
    for note in notes {
        row("note", note.clone());
    }
    out
}

/// Progress of downloads on standard error.
struct Bar(ProgressBar);

impl Bar {
    fn new(quiet: bool) -> Bar {
        if quiet || !std::io::stderr().is_terminal() {
            return Bar(ProgressBar::hidden());
        }
        let style = "{prefix} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(style);
        Bar(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    fn show(&self, event: Event<'_>) {
        match event {
            Event::Licence(licence) => self.0.suspend(|| eprintln!("licence of the weights: {licence}")),
            Event::Progress { file, done, whole } => {
                self.0.set_prefix(file.to_string());
                self.0.set_length(whole.unwrap_or(done));
                self.0.set_position(done);
            }
            _ => self.0.set_prefix("converting"),
        }
    }
}
