//! Options from configuration files and the environment: which one counts, what is refused, what is shown.

use std::path::Path;
use std::process::{Output, Stdio};

use crate::{EXAMPLE, command, stderr, stdout};

/// A current folder and a user's folder of configuration.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("user/undertone")).unwrap();
        std::fs::create_dir_all(folder.path().join("Library/Application Support/undertone")).unwrap();
        Place { folder }
    }

    fn write(&self, name: &str, text: &str) -> &Place {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    /// The user's file, where this platform looks for it.
    fn user(&self, text: &str) -> &Place {
        let names = ["user/undertone/config.toml", "Library/Application Support/undertone/config.toml"];
        for name in names {
            self.write(name, text);
        }
        self
    }

    fn run(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = command();
        command
            .env_remove("UNDERTONE_NO_CONFIG")
            .env("XDG_CONFIG_HOME", self.folder.path().join("user"))
            .env("HOME", self.folder.path())
            .env("APPDATA", self.folder.path().join("user"))
            .envs(variables.iter().copied())
            .current_dir(self.folder.path());
        command.args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// The line that `undertone config` shows of a key.
    fn shown(&self, key: &str, variables: &[(&str, &str)], more: &[&str]) -> String {
        let output = self.run(variables, &[&["config"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        let line = text.lines().find(|line| line.starts_with(&format!("{key} = "))).map(String::from);
        line.unwrap_or_else(|| panic!("no {key} in {text}"))
    }

    fn refused(&self, variables: &[(&str, &str)], words: &[&str]) {
        let output = self.run(variables, &["analyze", EXAMPLE]);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        words.iter().for_each(|word| assert!(stderr(&output).contains(word), "{word}: {}", stderr(&output)));
    }
}

fn is(line: &str, value: &str, source: &str) {
    assert!(line.contains(value) && line.contains(source), "{value}, {source}: {line}");
}

#[test]
fn the_first_place_that_sets_an_option_counts() {
    let place = Place::new();
    is(&place.shown("format", &[], &[]), "\"text\"", "# default");
    place.user("format = \"eaf\"\nthreads = 1\n");
    is(&place.shown("format", &[], &[]), "\"eaf\"", "config.toml");
    place.write("undertone.toml", "format = \"vtt\"\n");
    is(&place.shown("format", &[], &[]), "\"vtt\"", "# undertone.toml");
    is(&place.shown("threads", &[], &[]), "1", "config.toml");
    place.write("mine.toml", "format = \"srt\"\n");
    is(&place.shown("format", &[], &["--config", "mine.toml"]), "\"srt\"", "# mine.toml");
    is(&place.shown("format", &[("UNDERTONE_CONFIG", "mine.toml")], &[]), "\"srt\"", "# mine.toml");
    let variable = [("UNDERTONE_FORMAT", "json")];
    is(&place.shown("format", &variable, &["--config", "mine.toml"]), "\"json\"", "# UNDERTONE_FORMAT");
    is(&place.shown("format", &[], &["--no-config"]), "\"text\"", "# default");
    is(&place.shown("format", &[("UNDERTONE_NO_CONFIG", "1")], &[]), "\"text\"", "# default");
    is(&place.shown("song", &[("UNDERTONE_SONG", "on")], &[]), "true", "UNDERTONE_SONG");
}

#[test]
fn options_are_as_if_they_were_typed_and_what_is_typed_comes_first() {
    let place = Place::new();
    place.write("undertone.toml", "format = \"vtt\"\nemotions = [\"happy\", \"sad\"]\n");
    let typed = |variables: &[(&str, &str)], more: &[&str]| {
        let output = place.run(variables, &[&["analyze", EXAMPLE], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let captions = typed(&[], &[]);
    assert!(captions.starts_with("WEBVTT") && !captions.contains("neutral"), "{captions}");
    assert!(typed(&[], &["--format", "srt"]).starts_with("1\n00:00:"));
    // A short form is typed too, and conflicts with nothing that was not.
    assert!(typed(&[("UNDERTONE_FORMAT", "eaf")], &["--csv"]).starts_with("path,start"));
    assert!(typed(&[], &["--csv", "--emotions", "angry,neutral"]).contains("neutral"));
}

#[test]
fn a_file_that_came_with_a_folder_neither_writes_nor_runs_anything() {
    let place = Place::new();
    for (text, name) in [
        ("output = \"x.txt\"", "'output'"),
        ("html = \"x.html\"", "'html'"),
        ("svg = \"x\"", "'svg'"),
        ("ffmpeg = true", "'ffmpeg'"),
        ("resume = true", "'resume'"),
    ] {
        place
            .write("undertone.toml", text)
            .refused(&[], &["undertone.toml", name, "current folder", "--config"]);
    }
    assert!(!place.folder.path().join("x.txt").exists());
    place.write("undertone.toml", "").user("output = \"x.txt\"\n");
    assert_eq!(place.run(&[], &["analyze", EXAMPLE]).status.code(), Some(0));
    assert!(place.folder.path().join("x.txt").exists(), "the user's own file may");
}

#[test]
fn what_no_option_takes_is_refused_with_its_place() {
    let place = Place::new();
    place
        .write("undertone.toml", "fromat = \"srt\"")
        .refused(&[], &["undertone.toml", "did you mean 'format'"]);
    place
        .write("undertone.toml", "coverage = \"much\"")
        .refused(&[], &["undertone.toml", "much", "--coverage"]);
    place.write("undertone.toml", "[analyze").refused(&[], &["undertone.toml", "line 1"]);
    place.write("undertone.toml", "").refused(&[("UNDERTONE_SONG", "maybe")], &["UNDERTONE_SONG", "1 or 0"]);
    place.refused(&[("UNDERTONE_FORMAT", "doc")], &["UNDERTONE_FORMAT", "doc"]);
    let missing = place.run(&[], &["analyze", EXAMPLE, "--config", "nowhere.toml"]);
    assert!(missing.status.code() == Some(2) && stderr(&missing).contains("nowhere.toml: no such file"));
    let both = place.run(&[], &["config", "--config", "a.toml", "--no-config"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(Path::new(EXAMPLE).exists());
}
