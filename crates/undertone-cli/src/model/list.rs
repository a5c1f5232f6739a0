//! `undertone model list`: the models that are built in, and the encoders in the cache folder.

use std::fmt::Write;

use undertone::Result;
use undertone_encoders::Cache;
use undertone_models::{Embedded, MODELS};

use super::choice::{best, pulled};

/// The text of it.
pub fn list() -> Result<String> {
    let mut out = "models, built in:\n".to_string();
    for Embedded { name, bytes, spdx, encoder, .. } in MODELS {
        let needs = match encoder {
            Some(encoder) if pulled(encoder) => format!("  over the encoder {encoder}"),
            Some(encoder) => format!("  needs an encoder: undertone model pull {encoder}"),
            None => String::new(),
        };
        let auto = if *name == best().name { "  answers where no --model is named" } else { "" };
        let _ = writeln!(out, "{name:<20} {:>8}  {spdx:<15}{needs}{auto}", megabytes(bytes.len() as u64));
    }
    out += "\nencoders of others, fetched:\n";
    let cache = Cache::open()?;
    let encoders = cache.list()?;
    for (folder, described) in &encoders {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).display().to_string();
        let _ = match described {
            Ok(spec) => {
                let size = std::fs::metadata(spec.onnx(folder)).map_or(0, |data| data.len());
                let layers = spec.layers.join(", ");
                writeln!(
                    out,
                    "{name:<20} {:>8}  {:<15}  {}: {layers}",
                    megabytes(size),
                    spec.licence,
                    spec.preset
                )
            }
            Err(error) => writeln!(out, "{name:<20} cannot be used: {error}"),
        };
    }
    if encoders.is_empty() {
        let _ = writeln!(out, "no encoders; fetch one: undertone model pull whisper-base");
    }
    let _ = writeln!(out, "\nin {}", cache.root().display());
    Ok(out)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
