//! `undertone embed`: recordings → embeddings in an NPZ file.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use undertone::audio::Source;
use undertone::engine::{Embedding, EmbeddingUnit, Options};
use undertone::segments::GivenSegment;
use undertone::{Engine, Result};
use undertone_eval::corpus::{Corpus, Utterance};

use crate::analyze;
use crate::arguments::{Embed, Per};
use crate::interrupt::{Interrupt, STATUS};
use crate::model;
use crate::npz::{Array, npz};
use crate::output::{Output, with_causes};
use crate::progress::Progress;

/// A recording, the parts of it that are asked for (all of it where none are), and their speakers.
struct Item {
    path: PathBuf,
    segments: Vec<GivenSegment>,
}

/// One row of the arrays.
struct Row {
    path: PathBuf,
    speaker: String,
    embedding: Embedding,
}

pub fn run(typed: Embed) -> Result<ExitCode> {
    let (items, mut failed) = items(&typed.inputs)?;
    let mut output = Output::open(Some(&typed.output))?;
    let engine = engine(&typed)?;
    let unit = match typed.per {
        Per::Clip => EmbeddingUnit::Clip,
        Per::Segment => EmbeddingUnit::Segment,
    };
    let interrupt = Interrupt::watch()?;
    let paths: Vec<PathBuf> = items.iter().map(|item| item.path.clone()).collect();
    let mut progress = Progress::over(&paths, typed.quiet);
    let mut rows = Vec::new();
    for item in items {
        progress.begin(&item.path);
        let (hearing, own, path) = (progress.clone(), engine.clone(), item.path.clone());
        let found = interrupt.unless_pressed(move || embed(&own, item, unit, &hearing)).transpose();
        let Some(found) = found else {
            progress.finish();
            return Ok(ExitCode::from(STATUS));
        };
        match found {
            Ok(found) if found.is_empty() => progress.aside(|| {
                eprintln!("undertone: {}: no speech is heard, so it has no embedding", path.display())
            }),
            Ok(found) => rows.extend(found),
            Err(error) => {
                failed = true;
                progress.aside(|| eprintln!("undertone: {}", with_causes(&error.at(&path))));
            }
        }
    }
    progress.finish();
    output.write_bytes(&npz(&arrays(&engine, &rows))?)?;
    output.finish()?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn engine(typed: &Embed) -> Result<Engine> {
    let options = Options {
        channels: typed.channels.into(),
        ffmpeg: typed.ffmpeg,
        ffmpeg_fallback: true,
        ..Options::default()
    };
    let mut builder = Engine::builder().model(model::chosen(&typed.model.name)?).options(options);
    if let Some(threads) = typed.threads {
        builder = builder.threads(threads);
    }
    builder.build()
}

/// What is typed, manifests by their rows; and whether a folder could not be read.
fn items(typed: &[PathBuf]) -> Result<(Vec<Item>, bool)> {
    let (mut items, mut failed) = (Vec::new(), false);
    for path in typed {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            items.extend(of_manifest(Corpus::from_manifest(path)?.utterances));
            continue;
        }
        let found = analyze::inputs(std::slice::from_ref(path))?;
        found.unread.iter().for_each(|error| eprintln!("undertone: {error}"));
        failed |= !found.unread.is_empty();
        items.extend(found.files.into_iter().map(|path| Item { path, segments: Vec::new() }));
    }
    Ok((items, failed))
}

/// A manifest's recordings in the order of their first rows, each with its parts.
fn of_manifest(utterances: Vec<Utterance>) -> Vec<Item> {
    let (mut items, mut places) = (Vec::<Item>::new(), BTreeMap::new());
    for Utterance { path, segment, speaker, .. } in utterances {
        let (start, end) = segment.map_or((0.0, f64::MAX), |segment| (segment.start.0, segment.end.0));
        let mut given = GivenSegment::new(start, end);
        given.speaker = Some(speaker.split_once('/').map_or(speaker.as_str(), |(_, own)| own).to_string());
        let place = *places.entry(path.clone()).or_insert(items.len());
        if place == items.len() {
            items.push(Item { path, segments: Vec::new() });
        }
        items[place].segments.push(given);
    }
    items
}

/// The rows of one recording.
fn embed(engine: &Engine, item: Item, unit: EmbeddingUnit, progress: &Progress) -> Result<Vec<Row>> {
    let Item { path, segments } = item;
    let source = match path == Path::new("-") {
        true => Source::Reader(Box::new(std::io::stdin())),
        false => Source::from(path.as_path()),
    };
    // A recording with one row and no times is embedded as a folder's are.
    let whole = matches!(&segments[..], [only] if only.end == f64::MAX);
    let given = (!segments.is_empty() && !whole).then(|| segments.clone());
    let engine = engine.with_options(Options { segments: given, ..engine.options().clone() })?;
    let found = engine.embed(source, unit, |at| {
        progress.heard(at.heard, at.whole);
        ControlFlow::Continue(())
    })?;
    let row = |embedding: Embedding| {
        let speaker = segments.get(embedding.segment.unwrap_or(0)).and_then(|one| one.speaker.clone());
        Row { path: path.clone(), speaker: speaker.unwrap_or_default(), embedding }
    };
    Ok(found.into_iter().map(row).collect())
}

fn arrays(engine: &Engine, rows: &[Row]) -> Vec<(&'static str, Array)> {
    let metadata = engine.model().metadata();
    let values = rows.iter().flat_map(|row| row.embedding.vector.iter().copied()).collect();
    vec![
        ("embeddings", Array::rows(values, metadata.pooled)),
        ("file", Array::Text(rows.iter().map(|row| row.path.display().to_string()).collect())),
        ("start", Array::F64(rows.iter().map(|row| row.embedding.start).collect())),
        ("end", Array::F64(rows.iter().map(|row| row.embedding.end).collect())),
        ("channel", Array::I64(rows.iter().map(|row| row.embedding.channel as i64).collect())),
        ("speaker", Array::Text(rows.iter().map(|row| row.speaker.clone()).collect())),
        ("space", Array::Text(vec![metadata.embedding_space.clone()])),
        ("model", Array::Text(vec![format!("{} {}", metadata.name, metadata.version)])),
    ]
}
