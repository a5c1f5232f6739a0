//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use undertone::Emotion;
use undertone::predict::Condition;
use undertone::speakers::Count;

use crate::format::Format;

/// Hears the emotion in speech: any recording in, who sounded how, when, how strongly and how surely out.
#[derive(Parser)]
#[command(name = "undertone", version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  undertone analyze interview.m4a                  one recording, for reading
  undertone analyze calls/ --json --output r.json  a folder, for programs
  undertone analyze call.wav --channels split --speakers agent,caller --html call.html
  undertone analyze calls/ --format srt --output captions/
  undertone enroll agent calm.wav --neutral        an agent's usual voice, kept in agent.profile.json
  undertone analyze call.wav --channels split --enroll agent.profile.json
  undertone analyze calls/ --jsonl --output r.jsonl --resume   goes on where it was ended
  ffmpeg -i URL -f wav - | undertone analyze - --follow        whatever ffmpeg reads, live
  undertone model info                             what the model was trained on, and its figures

Exit status: 0 done; 1 some inputs failed, the others are done; 2 usage or fatal; 130 Ctrl-C: what was
done until then is written (a second Ctrl-C ends at once).";

#[derive(Subcommand)]
pub enum Command {
    /// Emotions over time in recordings.
    Analyze(Analyze),
    /// Keeps a speaker's usual voice in a small file, for analyze --enroll.
    Enroll(Enroll),
    /// The model and its figures.
    #[command(subcommand)]
    Model(Model),
    /// Labelled recordings.
    #[command(subcommand)]
    Corpus(Corpus),
    /// Figures of predictions, whoever made them: UAR, WA, F1, calibration, sets, with intervals over speakers.
    Evaluate(Evaluate),
    /// Trains a model, by the program undertone-train beside this one.
    #[command(disable_help_flag = true)]
    Train(Train),
    /// Writes completions for a shell.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Writes the manual page.
    #[command(hide = true)]
    Man,
}

#[derive(Args)]
pub struct Analyze {
    /// Recordings, folders of recordings, or - for standard input.
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub inputs: Vec<PathBuf>,
    /// What is written: text (for reading) and markdown; json, jsonl (a recording a line, as soon as it is done), csv (a row a
    /// span), rttm; and for one recording each srt, vtt, textgrid (Praat), eaf (ELAN), audacity (labels).
    #[arg(long, value_enum, default_value_t = Format::Text, hide_possible_values = true, value_name = "NAME")]
    pub format: Format,
    /// Short for --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Short for --format jsonl.
    #[arg(long, conflicts_with_all = ["format", "json"])]
    pub jsonl: bool,
    /// Short for --format csv.
    #[arg(long, conflicts_with_all = ["format", "json", "jsonl"])]
    pub csv: bool,
    /// Write to a file instead of standard output; a folder where a format holds one recording and there are several.
    #[arg(long, short, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,
    /// Write one page with plots as well; recordings of up to 20 MB that browsers play are inside it.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the plots as SVG files as well.
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Only these emotions compete (happy,sad,angry,neutral).
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub emotions: Vec<Emotion>,
    /// How often the prediction set is to hold the truth: 0.80, 0.90 or 0.95.
    #[arg(long, default_value_t = 0.9, value_name = "SHARE")]
    pub coverage: f32,
    /// Channels averaged, or apart (agent and caller).
    #[arg(long, value_enum, default_value_t = Channels::Average)]
    pub channels: Channels,
    /// Who speaks: names, channel by channel (agent,caller); or how many voices to tell apart by their sound (2, auto).
    #[arg(long, value_delimiter = ',', value_name = "NAMES|NUMBER|auto")]
    pub speakers: Vec<String>,
    /// Who speaks when, from elsewhere: RTTM, or CSV with start,end,speaker. For one recording.
    #[arg(long, value_name = "FILE", conflicts_with = "speakers")]
    pub speaker_file: Option<PathBuf>,
    /// The speakers' usual voices, channel by channel: profiles that undertone enroll wrote (.json), or recordings of neutral speech; an
    /// empty name leaves a channel out.
    #[arg(long, value_delimiter = ',', value_name = "PROFILE|AUDIO")]
    pub enroll: Vec<PathBuf>,
    /// Go on where an earlier run with the same --jsonl --output FILE was ended. A recording is known by its path; one that failed or
    /// was changed since is done anew. Use the same options: the lines do not name them.
    #[arg(long)]
    pub resume: bool,
    /// Print every span as soon as it has been heard, for streams that somebody listens to (text or --jsonl).
    #[arg(long)]
    pub follow: bool,
    /// A sung voice over music instead of speech. Experimental: see docs/benchmarks.md.
    #[arg(long)]
    pub song: bool,
    /// Which audio track, counted from 0.
    #[arg(long, value_name = "NUMBER")]
    pub track: Option<usize>,
    /// Decode by an installed ffmpeg.
    #[arg(long)]
    pub ffmpeg: bool,
    /// `large` (more exact, slower) or a model file, instead of the usual model.
    #[arg(long, value_name = "large|FILE")]
    pub model: Option<PathBuf>,
    /// Threads; one a core where not given.
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<usize>,
    /// No progress on standard error.
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct Enroll {
    /// The speaker's name.
    pub name: String,
    /// Recordings of this speaker alone, or folders of them; 5 s of speech at least, a minute of many moods is better.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub inputs: Vec<PathBuf>,
    /// Only neutral speech is in them.
    #[arg(long)]
    pub neutral: bool,
    /// The file to write; NAME.profile.json in the current folder where not given. A profile of the same model is replaced.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Decode by an installed ffmpeg.
    #[arg(long)]
    pub ffmpeg: bool,
    /// `large` (more exact, slower) or a model file, instead of the usual model; a profile serves this model only.
    #[arg(long, value_name = "large|FILE")]
    pub model: Option<PathBuf>,
    /// No progress on standard error.
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Channels {
    Average,
    Split,
}

#[derive(Subcommand)]
pub enum Model {
    /// Name, licence, training corpora, calibration and measured figures.
    Info {
        /// `large` (more exact, slower) or a model file, instead of the usual model.
        #[arg(long, value_name = "large|FILE")]
        model: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub enum Corpus {
    /// Clips, speakers, classes, duplicates, silent files, conflicting labels; and what was left out, and why.
    Check {
        /// A folder with corpora as downloaded, or a manifest (.csv).
        path: PathBuf,
    },
    /// Cuts a corpus into folds of speakers: a protocol of one's own, for undertone-train cv.
    Split {
        /// A folder with corpora as downloaded, or a manifest (.csv).
        path: PathBuf,
        /// What stays together.
        #[arg(long, value_enum, default_value_t = By::Speaker)]
        by: By,
        /// How many folds.
        #[arg(long, default_value_t = 5, value_name = "NUMBER")]
        folds: usize,
        /// Another seed, other folds.
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
        /// Write to a file (NAME.toml) instead of standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Makes dialogues of two speakers from clips, with the truth about who speaks when and how: for evaluate --dialogues.
    Dialogues {
        /// A folder with corpora as downloaded, or a manifest (.csv).
        path: PathBuf,
        /// The folder they are written to: WAV, CSV and RTTM, a folder a variant (mono, stereo, telephone, noise).
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// How many, in each variant.
        #[arg(long, default_value_t = 20, value_name = "NUMBER")]
        count: u64,
        /// Another seed, other dialogues.
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
        /// Only speakers whom these protocols test on.
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        protocol: Vec<String>,
        /// In which fold.
        #[arg(long, default_value_t = 1, value_name = "NUMBER", requires = "protocol")]
        fold: usize,
        /// Only these speakers (ravdess/04,cremad/1019).
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        speakers: Vec<String>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    Speaker,
}

#[derive(Args)]
pub struct Evaluate {
    /// Predictions (CSV: protocol,fold,clip,speaker,truth,posterior_<emotion>…); two of the same clips are compared.
    #[arg(value_name = "PREDICTIONS.csv")]
    pub files: Vec<PathBuf>,
    /// Measure what the files say together too: per clip the mean of their log posteriors.
    #[arg(long, requires = "files")]
    pub fuse: bool,
    /// Labelled recordings of one's own (CSV: path,speaker,label), scored by the model.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["files", "protocol"])]
    pub manifest: Option<PathBuf>,
    /// The test clips of a protocol's fold, scored by the model.
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    pub protocol: Option<String>,
    /// Which fold.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "protocol")]
    pub fold: usize,
    /// Recordings with a truth beside each (NAME.csv: start,end,channel,speaker,label), a row of figures a folder.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["files", "manifest", "protocol", "corpora", "condition", "corrupt", "save", "table", "html"])]
    pub dialogues: Option<PathBuf>,
    /// How many voices to tell apart by their sound in dialogues of one channel (2, auto); not told apart where not given.
    #[arg(long, value_name = "NUMBER|auto", requires = "dialogues", value_parser = crate::analyze::count)]
    pub speakers: Option<Count>,
    /// Folder of corpora: predictions are checked against their protocol, compared with listeners' votes and divided by sex,
    /// age and what else is known.
    #[arg(long, value_name = "DIR")]
    pub corpora: Option<PathBuf>,
    /// `large` (more exact, slower) or a model file, instead of the usual model.
    #[arg(long, value_name = "large|FILE")]
    pub model: Option<PathBuf>,
    /// What the model knows of a clip's speaker: unadapted, baseline-all, -k10, -k5, -k3, -neutral.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "unadapted,baseline-all")]
    pub condition: Vec<Condition>,
    /// Spoil the clips too and say what it costs (g711,white:10,babble:10,music:10,codec:8,reverb:0.6,clip:0.3,speed:1.1).
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "files")]
    pub corrupt: Vec<String>,
    /// Keep the model's predictions in a folder, those of spoiled clips too.
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    pub save: Option<PathBuf>,
    /// Count one emotion as another (calm=neutral).
    #[arg(long, value_name = "FROM=TO")]
    pub merge: Vec<String>,
    /// The table of results alone: a row a protocol, a column a condition.
    #[arg(long, conflicts_with = "json")]
    pub table: bool,
    /// JSON with every figure.
    #[arg(long)]
    pub json: bool,
    /// Write a page with plots as well.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Args)]
pub struct Train {
    /// Handed on as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}
