//! Prints, as Markdown, what unlabelled everyday speech is named by `analyze`, in shares of its time.

use std::collections::BTreeMap;
use std::path::Path;

use undertone::analysis::Label;
use undertone::{Emotion, Engine, Result};
use undertone_eval::corpus::{Corpus, Utterance};

/// What is measured: the manifest, what it holds, and what its rows are added up in.
const SPEECH: [(&str, &str, &str); 5] = [
    ("speechocean762", "read sentences, learners of English", READ),
    ("librispeech3", "read books", READ),
    ("voxceleb_sample", "interviews", TALK),
    ("ami_excerpts", "meetings", TALK),
    ("call_sample", "a phone call, both voices on one channel", TALK),
];
const READ: &str = "**read speech**";
const TALK: &str = "**interviews, meetings, call**";

/// Seconds by the label they were given.
type Times = BTreeMap<Emotion, f64>;

/// Analyses the recordings of each manifest in a folder, with the built-in model and default options.
pub fn run(folder: &Path) -> Result<()> {
    let engine = Engine::builder().build()?;
    println!("| speech | recordings | minutes of speech | neutral or calm % | {} |", others());
    println!("|---|---|---|---|{}", "---|".repeat(OTHERS.len()));
    for sum in [READ, TALK] {
        let (mut whole, mut count) = (Times::new(), 0);
        for (name, what, _) in SPEECH.iter().filter(|(.., group)| *group == sum) {
            let corpus = Corpus::from_manifest(&folder.join(format!("{name}.csv")))?;
            let own: Vec<&Utterance> = corpus.utterances.iter().filter(|one| is_reserved(one)).collect();
            let times = times(&engine, &own)?;
            print_row(&format!("{what} (`{name}`)"), own.len(), &times);
            count += own.len();
            times.into_iter().for_each(|(emotion, time)| *whole.entry(emotion).or_default() += time);
        }
        print_row(sum, count, &whole);
    }
    Ok(())
}

/// Of speechocean762 the speakers of odd numbers are kept for evaluation; of the others all.
fn is_reserved(utterance: &Utterance) -> bool {
    utterance.corpus != "speechocean762" || utterance.speaker.ends_with(['1', '3', '5', '7', '9'])
}

/// The time of each label in some recordings.
fn times(engine: &Engine, recordings: &[&Utterance]) -> Result<Times> {
    let mut times = Times::new();
    for recording in recordings {
        for span in &engine.analyze_path(&recording.path)?.spans {
            *times.entry(Label::from(span).emotion).or_default() += span.end - span.start;
        }
    }
    Ok(times)
}

fn print_row(what: &str, recordings: usize, times: &Times) {
    let whole: f64 = times.values().sum();
    let share = |emotion: Emotion| 100.0 * times.get(&emotion).copied().unwrap_or(0.0) / whole;
    let calm = share(Emotion::Neutral) + share(Emotion::Calm);
    let rest: Vec<String> = OTHERS.map(|emotion| format!("{:.0}", share(emotion))).into();
    println!("| {what} | {recordings} | {:.1} | {calm:.0} | {} |", whole / 60.0, rest.join(" | "));
}

/// All emotions but neutral and calm.
const OTHERS: [Emotion; 6] =
    [Emotion::Happy, Emotion::Sad, Emotion::Angry, Emotion::Fearful, Emotion::Disgust, Emotion::Surprised];

fn others() -> String {
    OTHERS.map(|emotion| format!("{emotion} %")).join(" | ")
}
