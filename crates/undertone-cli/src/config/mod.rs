//! The command line, completed: options that were not typed come from the environment, configuration files and defaults.

mod file;
mod layers;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use undertone::{Error, Result};

use crate::arguments::{Arguments, Command as Typed, ConfigFiles};
use crate::output::Output;
use file::{Key, Value};
use layers::{Layer, layers, variable};

/// The command whose options can be set. `enroll` takes those of [`SHARED`].
const SETTABLE: &str = "analyze";
/// Options that mean the same to both.
const SHARED: [&str; 3] = ["model", "ffmpeg", "quiet"];
/// Options that are short for a value of another, are gone, or say where options come from.
const NOT_SET: [&str; 7] = ["json", "jsonl", "csv", "csv-excel", "speaker-file", "config", "no-config"];

/// An option, what it is set to, and where.
struct Setting {
    name: String,
    value: Value,
    source: String,
}

/// What was typed, completed. Where that is no command line, this ends the program as `clap` does.
///
/// # Errors
/// As [`layers`]; `Config` where an option does not take its value.
pub fn arguments() -> Result<Arguments> {
    let mut typed: Vec<OsString> = std::env::args_os().collect();
    let arguments = Arguments::command();
    let matches = arguments.clone().get_matches_from(&typed);
    let first = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let files = match &first.command {
        Typed::Analyze(typed) => &typed.files,
        Typed::Enroll(typed) => &typed.files,
        _ => return Ok(first),
    };
    let (Some((name, matches)), true) = (matches.subcommand(), typed.len() >= 2) else { return Ok(first) };
    let Some(command) = arguments.find_subcommand(name) else { return Ok(first) };
    let settings = settings(files)?;
    let shared = |name: &str| command.get_name() == SETTABLE || SHARED.contains(&name);
    let more = settings.iter().filter(|one| shared(&one.name) && is_open(&one.name, command, matches));
    let more: Vec<OsString> = more.filter_map(|one| typed_as(&one.name, &one.value)).collect();
    // The command's name is the first word: there are no options before it.
    typed.splice(2..2, more);
    Ok(<Arguments as clap::Parser>::parse_from(typed))
}

/// `undertone config`: every option that can be set, its value and where it comes from, as a file that can be used.
pub fn show(files: &ConfigFiles) -> Result<ExitCode> {
    let user = layers::user().map_or(String::new(), |path| format!(", {}", path.display()));
    let mut out = format!(
        "# Options of 'undertone analyze' that are not typed; the first place that sets one decides:\n# the environment, --config FILE, \
         ./{}{user}, the default.\n",
        layers::HERE
    );
    let settings = settings(files)?;
    for arg in &options() {
        let name = long(arg);
        let set = settings.iter().find(|setting| setting.name == name);
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let line = match set {
            Some(Setting { value: Value::Flag(on), .. }) => format!("{name} = {on}"),
            Some(Setting { value: Value::Text(text), .. }) => format!("{name} = {}", toml_value(text)),
            None if !defaults.is_empty() => format!("{name} = {}", toml_value(&defaults.join(","))),
            None if !arg.get_action().takes_values() => format!("{name} = false"),
            None => format!("# {name} is not set"),
        };
        let source = set.map_or("default", |setting| setting.source.as_str());
        out += &format!("{line:<32} # {source}; {}\n", variable(name));
    }
    Output::Standard.write(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// The options that are set, each by the first place that does.
fn settings(files: &ConfigFiles) -> Result<Vec<Setting>> {
    let options = options();
    let key = |arg: &Arg| Key { name: long(arg).to_string(), flag: !arg.get_action().takes_values() };
    let keys: Vec<Key> = options.iter().map(key).collect();
    let layers = layers(files, &keys)?;
    let found = keys.iter().filter_map(|key| {
        let of = |layer: &Layer| {
            let (name, value) = layer.entries.iter().find(|(name, _)| *name == key.name)?.clone();
            Some(Setting { name, value, source: layer.source.clone() })
        };
        layers.iter().find_map(of)
    });
    found.map(|setting| check(&setting).map(|()| setting)).collect()
}

/// Whether an option takes its value.
fn check(setting: &Setting) -> Result<()> {
    let Some(word) = typed_as(&setting.name, &setting.value) else { return Ok(()) };
    let words = ["undertone".into(), SETTABLE.into(), word, "-".into()];
    let Err(error) = Arguments::command().try_get_matches_from(words) else { return Ok(()) };
    let text = error.to_string();
    let first: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    Err(Error::config(format!("{}: {}", setting.source, first.join(" ").trim_start_matches("error: "))))
}

/// The options that can be set.
fn options() -> Vec<Arg> {
    let arguments = Arguments::command();
    let command = arguments.find_subcommand(SETTABLE).map(Command::get_arguments);
    let settable = |arg: &&Arg| arg.get_long().is_some_and(|name| !NOT_SET.contains(&name));
    command.into_iter().flatten().filter(settable).cloned().collect()
}

fn long(arg: &Arg) -> &str {
    arg.get_long().unwrap_or_default()
}

/// Whether neither an option nor one that it conflicts with was typed.
fn is_open(name: &str, command: &Command, matches: &ArgMatches) -> bool {
    let was_typed = |arg: &Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let Some(arg) = command.get_arguments().find(|arg| arg.get_long() == Some(name)) else { return false };
    let conflict =
        |a: &Arg, b: &Arg| command.get_arg_conflicts_with(a).iter().any(|c| c.get_id() == b.get_id());
    let taken = |other: &Arg| {
        let same = other.get_id() == arg.get_id();
        (same || conflict(arg, other) || conflict(other, arg)) && was_typed(other)
    };
    !command.get_arguments().any(taken)
}

/// An option as one word of the command line; none for one that is off.
fn typed_as(name: &str, value: &Value) -> Option<OsString> {
    match value {
        Value::Flag(on) => on.then(|| format!("--{name}").into()),
        Value::Text(text) => Some(format!("--{name}={text}").into()),
    }
}

/// A value as TOML: numbers as they are, all else in quotation marks.
fn toml_value(text: &str) -> String {
    match text.parse::<f64>().is_ok_and(|_| text.chars().all(|c| c.is_ascii_digit() || c == '.')) {
        true => text.to_string(),
        false => toml::Value::from(text).to_string(),
    }
}
