//! Models side by side as one: all read the same spectrogram, `frames` and `pooled` hold those of all, and the logits are the mean of
//! theirs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use undertone::model::{Conditions, Metadata, Population};
use undertone::{Error, ErrorKind, Result};

use super::graph::{Builder, Value};
use super::{ModelFile, trunk};
use undertone_encoders::onnx::{Attribute, Graph};

/// One of them.
struct Member<'a> {
    graph: &'a Graph,
    metadata: &'a Metadata,
    /// Number of nodes up to `spectrogram`, `frames` and `pooled`, each included.
    upto: [usize; 3],
}

/// One model file of several, as yet without temperatures, thresholds and figures.
///
/// # Errors
/// `Config` where there are fewer than two or they do not go together (other classes, another front end): it says which, counted
/// from 1.
pub fn ensemble(models: &[ModelFile], [name, version]: [&str; 2]) -> Result<ModelFile> {
    let members: Vec<Member> = models.iter().map(Member::of).collect();
    let Some((first, others)) = members.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err(Error::new(ErrorKind::Config, "an ensemble needs two or more models"));
    };
    for (at, other) in others.iter().enumerate() {
        if let Some(differ) = first.differs(other) {
            let message = format!("model {} cannot stand beside the first: its {differ}", at + 2);
            return Err(Error::new(ErrorKind::Config, message));
        }
    }
    let metadata = together(&members, name, version);
    let mut graph = Builder::default();
    let (frames, pooled) = (metadata.pooled.to_string(), metadata.pooled);
    let waveform = graph.input("waveform", &["batch", "samples"]);
    let adaptation = ["speaker_mean", "speaker_scale"].map(|name| graph.input(name, &["speakers", &frames]));
    graph.input("speaker_weight", &["speakers", "1"]);
    let shared = |name: &str| {
        if [&*waveform, "spectrogram"].contains(&name) { name.into() } else { format!("front_{name}") }
    };
    graph.adopt(first.graph, 0..first.upto[0], shared);
    let widths: Vec<usize> = members.iter().map(|member| member.metadata.pooled / 2).collect();
    let mut halves = [Vec::new(), Vec::new()];
    for (at, (member, &width)) in members.iter().zip(&widths).enumerate() {
        let own = |name: &str| if name == "spectrogram" { name.into() } else { theirs(at, name) };
        graph.adopt(member.graph, member.upto[0]..member.upto[1], own);
        let frames = own("frames");
        halves[0].push(graph.slice(&frames, 2, 0, width));
        halves[1].push(graph.slice(&frames, 2, width, 2 * width));
    }
    let all: Vec<&Value> = halves.iter().flatten().collect();
    let all = graph.named("frames", "Concat", &all, vec![Attribute::int("axis", 2)]);
    let embedding = trunk::pooled(&mut graph, pooled / 2, &all);
    let mut from = 0;
    for (at, (member, &width)) in members.iter().zip(&widths).enumerate() {
        let own = [&embedding, &adaptation[0], &adaptation[1]].map(|all| {
            let halves = [0, pooled / 2].map(|half| graph.slice(all, 1, half + from, half + from + width));
            graph.node("Concat", &[&halves[0], &halves[1]], vec![Attribute::int("axis", 1)])
        });
        graph.adopt(member.graph, member.upto[2]..member.graph.node.len(), |name| match name {
            "pooled" => own[0].clone(),
            "speaker_mean" => own[1].clone(),
            "speaker_scale" => own[2].clone(),
            "speaker_weight" => name.into(),
            name => theirs(at, name),
        });
        from += width;
    }
    let votes = |member: &Member<'_>| member.graph.output.iter().any(|output| output.name == "agreement");
    let agreement = members.iter().all(votes).then_some("agreement");
    let classes = metadata.classes.len().to_string();
    for name in ["logits", "intensity"].into_iter().chain(agreement) {
        mean(&mut graph, name, members.len());
        graph.output(name, &["batch", if name == "logits" { &classes } else { "1" }]);
    }
    graph.output("spectrogram", &["batch", "time", "128"]);
    graph.output("frames", &["batch", "frames", &frames]);
    graph.output("pooled", &["batch", &frames]);
    Ok(ModelFile::new(graph, metadata))
}

/// The name in the ensemble's graph of a value of one member's own.
fn theirs(member: usize, name: &str) -> Value {
    format!("m{member}_{name}")
}

/// The mean of the members' values of one name.
fn mean(graph: &mut Builder, name: &str, members: usize) {
    let mut sum = theirs(0, name);
    for at in 1..members {
        sum = graph.node("Add", &[&sum, &theirs(at, name)], Vec::new());
    }
    let share = graph.constant(&[1], &[1.0 / members as f32]);
    graph.named(name, "Mul", &[&sum, &share], Vec::new());
}

impl Member<'_> {
    fn of(model: &ModelFile) -> Member<'_> {
        let (graph, metadata) = (model.graph(), model.metadata());
        let upto = ["spectrogram", "frames", "pooled"].map(|value| graph.end_of(value));
        Member { graph, metadata, upto }
    }

    /// What keeps the two apart, if anything.
    fn differs(&self, other: &Member<'_>) -> Option<&'static str> {
        let about = |member: &Member<'_>| {
            let Metadata { classes, rate, frame_seconds, kappa, kappa_scale, .. } = member.metadata.clone();
            (classes, rate, frame_seconds, kappa, kappa_scale)
        };
        if about(self) != about(other) {
            return Some("classes, rate, frames or adaptations differ");
        }
        (self.front_end() != other.front_end()).then_some("front end differs")
    }

    /// All that makes the spectrogram, its values named by the order in which they first come.
    fn front_end(&self) -> Graph {
        let names = RefCell::new(BTreeMap::new());
        let mut graph = Builder::default();
        graph.adopt(self.graph, 0..self.upto[0], |name| {
            let mut names = names.borrow_mut();
            let next = names.len();
            names.entry(name.to_string()).or_insert(next).to_string()
        });
        graph.finish("")
    }
}

/// What the ensemble says of itself.
fn together(members: &[Member<'_>], name: &str, version: &str) -> Metadata {
    let each = || members.iter().map(|member| member.metadata);
    let first = members[0].metadata;
    // All means, then all deviations, as in `pooled`.
    let beside = |of: fn(&Metadata) -> &[f32]| -> Vec<f32> {
        let half = |second: bool| {
            each()
                .map(of)
                .flat_map(move |own| if second { &own[own.len() / 2..] } else { &own[..own.len() / 2] })
        };
        half(false).chain(half(true)).copied().collect()
    };
    let offset = beside(|own| &own.neutral_offset);
    let pooled = each().map(|own| own.pooled).sum();
    let mut joined = Metadata {
        name: name.into(),
        version: version.into(),
        embedding_space: String::new(),
        pooled,
        temperature: Conditions { unadapted: 1.0, adapted: 1.0 },
        thresholds: Conditions::default(),
        calibrated_on: Vec::new(),
        thresholds_fitted_on: Vec::new(),
        population: Population {
            mean: beside(|own| &own.population.mean),
            scale: beside(|own| &own.population.scale),
        },
        neutral_offset: if offset.len() == pooled { offset } else { Vec::new() },
        // Fitted to the ensemble's own embeddings and heads, when there are any.
        adaptation: None,
        results: Vec::new(),
        parameters: each().map(|own| own.parameters).sum(),
        revision: each()
            .map(|own| &*own.revision)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", "),
        ..first.clone()
    };
    for own in each().skip(1) {
        // A speaker is held out of the whole where no member learned from them.
        joined.held_out.retain(|held| own.held_out.contains(held));
        for corpus in &own.corpora {
            match joined.corpora.iter_mut().find(|there| there.name == corpus.name) {
                Some(there) => there.clips = there.clips.max(corpus.clips),
                None => joined.corpora.push(corpus.clone()),
            }
        }
        for teacher in &own.teachers {
            if !joined.teachers.contains(teacher) {
                joined.teachers.push(teacher.clone());
            }
        }
    }
    joined
}
