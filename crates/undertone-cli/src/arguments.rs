//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use undertone::Emotion;
use undertone::speakers::Count;
use undertone_encoders::{Preset, Source};
use undertone_eval::predict::Condition;

use crate::format::Format;

/// Recognises emotion in speech: who sounded how, when, how strongly, with calibrated confidence.
#[derive(Parser)]
#[command(name = "undertone", version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  undertone analyze interview.m4a                  one recording, as text
  undertone analyze calls/ --json --output r.json  a folder, as JSON
  undertone analyze call.wav --channels split --speakers agent,caller --html call.html
  undertone analyze calls/ --html report/          a page per recording, and an index
  undertone analyze calls/ --format srt --output captions/
  undertone enroll agent calm.wav --neutral        an agent's speaker profile: agent.profile.json
  undertone analyze call.wav --channels split --adapt agent.profile.json
  undertone analyze calls/ --jsonl --output r.jsonl --resume   continue an interrupted run
  ffmpeg -i URL -f wav - | undertone analyze - --follow        live audio
  undertone model info                             training data, results and limits of the model
  undertone model pull whisper-base                fetch a speech encoder; analyze then uses the model over it
  undertone model list                             models and encoders that are there
  undertone config                                 options from configuration files and the environment
  undertone completions bash                       shell completions; undertone man: the manual page

Options of analyze that are not typed come from the environment (UNDERTONE_FORMAT=json), then from the file that --config
names, ./undertone.toml, the user's config.toml, and last from the defaults; 'undertone config' lists them.

Exit status: 0 success; 1 some inputs failed, all others were processed; 2 usage or fatal error; 130
interrupted by Ctrl-C: results so far are written (a second Ctrl-C ends immediately).";

#[derive(Subcommand)]
pub enum Command {
    /// Recognise emotions over time in recordings.
    Analyze(Analyze),
    /// Create a speaker profile, for analyze --adapt.
    Enroll(Enroll),
    /// Write the embeddings of recordings, as NumPy arrays.
    Embed(Embed),
    /// Describe the model: licence, training data, results; fetch, import and list speech encoders.
    #[command(subcommand)]
    Model(Model),
    /// Check, split and compose corpora of labelled recordings.
    #[command(subcommand)]
    Corpus(Corpus),
    /// Measure predictions: UAR, WA, F1, calibration, prediction sets, with intervals over speakers.
    Evaluate(Evaluate),
    /// Train a model (runs the program undertone-train, installed beside this one).
    #[command(disable_help_flag = true)]
    Train(Train),
    /// Print every option of analyze that a configuration file or the environment can set, its value and where it comes from.
    Config(ConfigFiles),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page (roff).
    Man,
}

#[derive(Args)]
pub struct Analyze {
    /// Recordings, folders of recordings, or - for standard input.
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub inputs: Vec<PathBuf>,
    /// Output format: text, markdown, json, jsonl (one recording per line, as it completes), csv (one row per span), csv-excel (for
    /// spreadsheets), audformat (table of segments), rttm; and with one file per recording: srt, vtt, textgrid (Praat), eaf (ELAN),
    /// audacity (labels), rcs (one line per turn, for a voice agent's language model).
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
    /// CSV for spreadsheets where the decimal separator is a comma: byte order mark, semicolons, decimal commas, no formulas. Short for
    /// --format csv-excel.
    #[arg(long, conflicts_with_all = ["format", "json", "jsonl", "csv"])]
    pub csv_excel: bool,
    /// Write to a file instead of standard output; a folder for several recordings in a format with one file per recording.
    #[arg(long, short, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,
    /// Also write an HTML page with plots (FILE.html); or, for several recordings, a folder with a page for each and an index.html to
    /// sort and filter them.
    #[arg(long, value_name = "FILE|DIR")]
    pub html: Option<PathBuf>,
    /// How pages play recordings: embed (inside the page: those of up to 20 MB that browsers play, others are linked), link, or
    /// none [default: embed for one page, link for a folder].
    #[arg(long, value_enum, hide_possible_values = true, value_name = "embed|link|none", requires = "html")]
    pub sound: Option<SoundChoice>,
    /// Also write the plots as SVG files.
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Restrict the result to these emotions (happy,sad,angry,neutral).
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub emotions: Vec<Emotion>,
    /// Nominal coverage of the prediction sets: 0.80, 0.90 or 0.95.
    #[arg(long, default_value_t = 0.9, value_name = "SHARE")]
    pub coverage: f32,
    /// Average the channels, or analyse each on its own (split: agent and caller).
    #[arg(long, value_enum, default_value_t = Channels::Average)]
    pub channels: Channels,
    /// Speakers: names, one per channel (agent,caller); or diarize one channel into this many speakers (2; auto, the default for one channel).
    #[arg(long, value_delimiter = ',', value_name = "NAMES|NUMBER|auto")]
    pub speakers: Vec<String>,
    /// Answer the segments of a file instead of spans that are found, once each: captions (SRT, WebVTT), Whisper JSON, TextGrid, RTTM, or
    /// CSV with start,end and perhaps speaker,channel,text; or a folder with such a file for each recording, of the same name.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "follow")]
    pub segments: Option<PathBuf>,
    /// The tier of a TextGrid to read; several, each a speaker.
    #[arg(long, value_name = "NAME", requires = "segments")]
    pub tier: Vec<String>,
    /// Replaced by --segments.
    #[arg(long, hide = true)]
    pub speaker_file: Option<PathBuf>,
    /// Also a curve: the posterior every STEP seconds of speech (0.02 to 10), each from the 2.4 s around it alone; in JSON, or in
    /// the file that --curve-file names.
    #[arg(long, value_name = "STEP")]
    pub curve: Option<f64>,
    /// Write the curves of all recordings to a table: FILE.csv or FILE.npz.
    #[arg(long, value_name = "FILE", requires = "curve")]
    pub curve_file: Option<PathBuf>,
    /// Speaker adaptation: estimated from the recording itself (auto), none, or by profiles (.json, of undertone enroll) or
    /// recordings of neutral speech, one per channel; auto or an empty name leaves a channel to the recording.
    #[arg(
        long,
        alias = "enroll",
        value_delimiter = ',',
        default_value = "auto",
        value_name = "auto|none|PROFILE|AUDIO"
    )]
    pub adapt: Vec<PathBuf>,
    /// How common emotions are before anything is heard: even; conversation (mostly neutral); a file (JSON: {"neutral": 0.8,
    /// "angry": 0.2}); or auto: even for a single utterance, with more speech conversation, then what the recording shows.
    #[arg(long, default_value = "auto", value_name = "auto|even|conversation|FILE")]
    pub prior: PathBuf,
    /// Continue an interrupted run with the same --jsonl --output FILE. Recordings are identified by path; those that failed or
    /// changed since are analysed again. Use the same options: the lines do not record them.
    #[arg(long)]
    pub resume: bool,
    /// Print each span as soon as it is complete, for live audio: text, --jsonl, or captions by --format srt or vtt.
    #[arg(long)]
    pub follow: bool,
    /// Analyse singing over music instead of speech. Experimental: see docs/guide/songs.md.
    #[arg(long)]
    pub song: bool,
    /// Audio track, counted from 0.
    #[arg(long, value_name = "NUMBER")]
    pub track: Option<usize>,
    /// Decode with an installed ffmpeg.
    #[arg(long)]
    pub ffmpeg: bool,
    #[command(flatten)]
    pub model: ModelName,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<usize>,
    /// Show no progress on standard error.
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub files: ConfigFiles,
}

#[derive(Args)]
pub struct ModelName {
    /// The model: auto (a released head whose encoder was fetched, whisper-base before whisper-tiny.en; else default), a built-in one
    /// (default; large: more accurate, slower; model list: all), a model file, or a fetched encoder with a head in its folder. Speaker
    /// profiles are valid for one model only.
    #[arg(long = "model", id = "model", default_value = "auto", value_name = "auto|NAME|FILE")]
    pub name: PathBuf,
}

#[derive(Args)]
pub struct Embed {
    /// Recordings, folders of recordings, - for standard input, or a manifest (.csv: path,speaker, optional start,end).
    #[arg(required = true, value_name = "FILE|DIR|MANIFEST.csv|-")]
    pub inputs: Vec<PathBuf>,
    /// The NPZ file to write.
    #[arg(long, short, value_name = "FILE.npz")]
    pub output: PathBuf,
    /// One embedding per clip (all speech of a recording, or of a manifest's row), or per segment of speech.
    #[arg(long, value_enum, default_value_t = Per::Clip)]
    pub per: Per,
    /// Average the channels, or embed each on its own.
    #[arg(long, value_enum, default_value_t = Channels::Average)]
    pub channels: Channels,
    /// Decode with an installed ffmpeg.
    #[arg(long)]
    pub ffmpeg: bool,
    #[command(flatten)]
    pub model: ModelName,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<usize>,
    /// Show no progress on standard error.
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Per {
    Clip,
    Segment,
}

#[derive(Args)]
pub struct Enroll {
    /// The speaker's name.
    #[arg(required_unless_present = "convert")]
    pub name: Option<String>,
    /// Recordings of this speaker alone, or folders of them: at least 5 s of speech; a minute in various moods is better.
    #[arg(required_unless_present = "convert", value_name = "FILE|DIR")]
    pub inputs: Vec<PathBuf>,
    /// Convert a profile of format 1 to the current format; it is replaced where no --output is given.
    #[arg(long, value_name = "OLD.profile.json", conflicts_with_all = ["name", "inputs", "neutral", "ffmpeg", "model"])]
    pub convert: Option<PathBuf>,
    /// The recordings contain neutral speech only.
    #[arg(long)]
    pub neutral: bool,
    /// The file to write [default: NAME.profile.json in the current folder]. A profile of the same model is replaced.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Decode with an installed ffmpeg.
    #[arg(long)]
    pub ffmpeg: bool,
    #[command(flatten)]
    pub model: ModelName,
    /// Show no progress on standard error.
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub files: ConfigFiles,
}

/// The configuration files that are read.
#[derive(Args)]
pub struct ConfigFiles {
    /// Take options that are not typed from this file (TOML: format = "json"), before ./undertone.toml and the user's file. The
    /// environment (UNDERTONE_FORMAT=json) comes before all files.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no configuration files.
    #[arg(long)]
    pub no_config: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Channels {
    Average,
    Split,
}

impl From<Channels> for undertone::audio::Channels {
    fn from(channels: Channels) -> Self {
        match channels {
            Channels::Average => Self::Average,
            Channels::Split => Self::Split,
        }
    }
}

/// How pages play recordings.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SoundChoice {
    Embed,
    Link,
    None,
}

#[derive(Subcommand)]
pub enum Model {
    /// Show name, licence, training corpora, calibration and results; and what fetching an encoder brings.
    Info {
        #[command(flatten)]
        model: ModelName,
    },
    /// Fetch a speech encoder from the Hugging Face hub, or take it from files fetched by hand, and convert it.
    Pull {
        /// whisper-base, whisper-tiny.en, or a repository of the hub at a branch, tag or commit.
        #[arg(value_name = "NAME|hf:ORG/REPO@REV")]
        name: Source,
        /// Files fetched by hand instead: a folder with model.safetensors and config.json or with a CTranslate2 model.bin, one of these
        /// files, or the parts of one in their order.
        #[arg(long, num_args = 1.., value_name = "DIR|FILE")]
        from: Vec<PathBuf>,
        /// Show no progress on standard error.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Take any speech encoder in ONNX: inspect it, try it on noise, and copy it to the cache folder.
    Import {
        /// The ONNX file; weights in files beside it are put into the copy.
        file: PathBuf,
        /// Its family: whisper, wav2vec2, hubert, wavlm, emotion2vec, audeering-dim [default: as config.json beside it says].
        #[arg(long, value_name = "NAME")]
        preset: Option<Preset>,
        /// Outputs to take, by name or number [default: all that have a row every few milliseconds].
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        layers: Vec<String>,
        /// Its name [default: the file's].
        #[arg(long)]
        name: Option<String>,
    },
    /// List the models that are built in and the encoders in the cache folder, with size and licence.
    List,
}

#[derive(Subcommand)]
pub enum Corpus {
    /// Check a corpus: clips, speakers, classes, duplicates, silent files, conflicting labels, excluded clips.
    Check {
        /// A folder with corpora as downloaded, or a manifest (.csv).
        path: PathBuf,
    },
    /// Split a corpus into folds of speakers: a custom protocol, for undertone-train cv.
    Split {
        /// A folder with corpora as downloaded, or a manifest (.csv).
        path: PathBuf,
        /// What must not be divided between folds.
        #[arg(long, value_enum, default_value_t = By::Speaker)]
        by: By,
        /// Number of folds.
        #[arg(long, default_value_t = 5, value_name = "NUMBER")]
        folds: usize,
        /// Seed of the random assignment.
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
        /// Write to a file (NAME.toml) instead of standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Compose dialogues of two speakers from clips, with reference annotations, for evaluate --dialogues.
    Dialogues {
        /// A folder with corpora as downloaded, or a manifest (.csv).
        path: PathBuf,
        /// Output folder for WAV, CSV and RTTM: one subfolder per variant (mono, stereo, telephone, noise).
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Number of dialogues in each variant.
        #[arg(long, default_value_t = 20, value_name = "NUMBER")]
        count: u64,
        /// Seed of the random composition.
        #[arg(long, default_value_t = 1, value_name = "NUMBER")]
        seed: u64,
        /// Use only test speakers of these protocols.
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        protocol: Vec<String>,
        /// Their fold.
        #[arg(long, default_value_t = 1, value_name = "NUMBER", requires = "protocol")]
        fold: usize,
        /// Use only these speakers (ravdess/04,cremad/1019).
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
    /// Predictions (.csv or .csv.zst: protocol,fold,clip,speaker,truth,posterior_<emotion>…); two files of the same clips are
    /// compared.
    #[arg(value_name = "PREDICTIONS")]
    pub files: Vec<PathBuf>,
    /// Also measure the fusion of the files: the mean of their log posteriors per clip.
    #[arg(long, requires = "files")]
    pub fuse: bool,
    /// Your labelled recordings (CSV: path,speaker,label), scored by the model.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["files", "protocol"])]
    pub manifest: Option<PathBuf>,
    /// Score the test clips of a protocol's fold by the model; ravdess-song: the songs of emobox-ravdess's actors.
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    pub protocol: Option<String>,
    /// The fold.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "protocol")]
    pub fold: usize,
    /// Recordings with a reference annotation beside each (NAME.csv: start,end,channel,speaker,label); one row per folder.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["files", "manifest", "protocol", "corpora", "condition", "corrupt", "save", "table", "html"])]
    pub dialogues: Option<PathBuf>,
    /// Diarize dialogues of one channel into this many speakers (2, auto) [default: auto].
    #[arg(long, value_name = "NUMBER|auto", requires = "dialogues", value_parser = crate::analyze::count)]
    pub speakers: Option<Count>,
    /// Folder of corpora: check predictions against their protocol, compare with listeners' votes, and report subgroups (sex,
    /// age, …).
    #[arg(long, value_name = "DIR")]
    pub corpora: Option<PathBuf>,
    #[command(flatten)]
    pub model: ModelName,
    /// Speaker adaptation: unadapted, adapted-all, adapted-k10, -k5, -k3, adapted-neutral; adapted-one and adapted-neutral80
    /// select clips and are compared with the same clips unadapted.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "unadapted,adapted-all")]
    pub condition: Vec<Condition>,
    /// How common the emotions are: even, auto (as analyze answers, each clip or adapted speaker a recording), conversation, or a
    /// file (JSON: emotion → share).
    #[arg(long, value_name = "NAME|FILE", default_value = "even", conflicts_with_all = ["files", "dialogues"])]
    pub prior: PathBuf,
    /// Also measure corrupted clips (g711,white:10,babble:10,music:10,codec:8,reverb:0.6,clip:0.3,speed:1.1).
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "files")]
    pub corrupt: Vec<String>,
    /// Save the model's predictions, including those of corrupted clips, in a folder.
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    pub save: Option<PathBuf>,
    /// Merge one emotion into another (calm=neutral).
    #[arg(long, value_name = "FROM=TO")]
    pub merge: Vec<String>,
    /// Print only the table of results: one row per protocol, one column per condition.
    #[arg(long, conflicts_with = "json")]
    pub table: bool,
    /// Print all figures as JSON.
    #[arg(long)]
    pub json: bool,
    /// Also write an HTML page with plots.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Args)]
pub struct Train {
    /// Passed to undertone-train unchanged.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}
