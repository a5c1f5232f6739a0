//! `model pull`, `import` and `list`: what the command says and where it puts things.

use std::path::Path;
use std::process::{Output, Stdio};

use undertone_models::MODELS;

use super::{EXAMPLE, command, file, json, stderr, stdout, text};

/// The command with a cache folder, and a hub that nobody runs.
fn with_cache(cache: &Path, arguments: &[&str]) -> Output {
    let mut command = command();
    command.env("UNDERTONE_CACHE", cache).env("UNDERTONE_HUB", "http://127.0.0.1:9").env_remove("HF_TOKEN");
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let cache = tempfile::tempdir().unwrap();
    let output = with_cache(cache.path(), arguments);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    stderr(&output)
}

#[test]
fn an_empty_cache_says_how_to_fill_it_and_where_it_is() {
    let cache = tempfile::tempdir().unwrap();
    let output = with_cache(cache.path(), &["model", "list"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains("undertone model pull whisper-base"), "{shown}");
    assert!(shown.contains(text(cache.path())), "{shown}");
}

#[test]
fn without_a_network_pull_says_what_to_fetch_by_hand() {
    let said = refused(&["model", "pull", "whisper-tiny.en"]);
    assert!(said.contains("openai/whisper-tiny.en/resolve/main/model.safetensors"), "{said}");
    assert!(said.contains("undertone model pull whisper-tiny.en --from FOLDER"), "{said}");
}

#[test]
fn names_and_files_that_are_none_are_refused_with_what_there_is() {
    let said = refused(&["model", "pull", "whisper-huge"]);
    assert!(said.contains("whisper-base or whisper-tiny.en"), "{said}");
    let (_folder, path) = file("net.onnx", b"RIFF");
    let said = refused(&["model", "import", text(&path)]);
    assert!(said.contains("net.onnx: cannot be read as ONNX"), "{said}");
    let said = refused(&["model", "import", text(&path), "--preset", "whisperer"]);
    assert!(said.contains("audeering-dim"), "{said}");
    let said = refused(&["model", "import", "missing.onnx"]);
    assert!(said.contains("missing.onnx: no such file"), "{said}");
}

#[test]
fn a_description_that_cannot_be_used_is_listed_with_the_reason() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("mine");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("model.toml"), "format = \"undertone-encoder/1\"\nhop = 3\n").unwrap();
    let shown = stdout(&with_cache(cache.path(), &["model", "list"]));
    assert!(shown.contains("mine") && shown.contains("unknown field `hop`"), "{shown}");
}

/// A folder of a cache that looks like an encoder of this name, and is none.
fn broken(cache: &Path, name: &str) {
    let folder = cache.join(name);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("model.toml"), "rate = 8000\n").unwrap();
}

fn analyzed(model: &str, cache: &Path) -> String {
    let output = with_cache(cache, &["analyze", EXAMPLE, "--model", model]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    stderr(&output)
}

#[test]
fn an_encoder_that_was_not_fetched_and_one_without_a_head_are_refused_with_the_command_to_run() {
    let cache = tempfile::tempdir().unwrap();
    let error = analyzed("mine", cache.path());
    assert!(error.contains("'default'") && error.contains("undertone model pull"), "{error}");
    broken(cache.path(), "mine");
    let error = analyzed("mine", cache.path());
    assert!(error.contains("no head over it") && error.contains("undertone train head"), "{error}");
    let error = analyzed("../mine", &cache.path().join("mine"));
    assert!(error.contains("no such model"), "a path is no encoder's name: {error}");
}

#[test]
fn without_an_encoder_auto_is_the_default_and_the_list_says_so() {
    let cache = tempfile::tempdir().unwrap();
    for arguments in [&["analyze", EXAMPLE, "--json"][..], &["analyze", EXAMPLE, "--json", "--model", "auto"]]
    {
        assert_eq!(json(&with_cache(cache.path(), arguments))["model"]["name"], "undertone-default");
    }
    // An encoder that no released head stands on changes nothing.
    broken(cache.path(), "mine");
    assert_eq!(
        json(&with_cache(cache.path(), &["analyze", EXAMPLE, "--json"]))["model"]["name"],
        "undertone-default"
    );
    let shown = stdout(&with_cache(cache.path(), &["model", "list"]));
    let default = shown.lines().find(|line| line.starts_with("default")).unwrap();
    assert!(default.ends_with("answers where no --model is named"), "{shown}");
}

#[test]
fn a_released_head_names_the_command_that_fetches_its_encoder() {
    for head in MODELS.iter().filter(|model| model.encoder.is_some()) {
        let cache = tempfile::tempdir().unwrap();
        let (name, encoder) = (head.name, head.encoder.unwrap());
        let fetch = format!("undertone model pull {encoder}");
        let error = analyzed(name, cache.path());
        assert!(
            error.contains(&format!("over the encoder '{encoder}'")) && error.contains(&fetch),
            "{error}"
        );
        // What it is can be read without the encoder; other models say what it would bring.
        let info = stdout(&with_cache(cache.path(), &["model", "info", "--model", name]));
        assert!(info.contains("AI Act") && info.contains(&format!("missing; fetch it: {fetch}")), "{info}");
        let info = stdout(&with_cache(cache.path(), &["model", "info"]));
        assert!(info.contains(&fetch), "{info}");
        let list = stdout(&with_cache(cache.path(), &["model", "list"]));
        assert!(list.contains(&format!("needs an encoder: {fetch}")), "{list}");
        // An encoder that is there is not passed over in silence where it cannot be used.
        broken(cache.path(), encoder);
        let error = analyzed("auto", cache.path());
        assert!(error.contains("model.toml") && error.contains("--model default"), "{error}");
        assert!(!analyzed(name, cache.path()).contains("--model default"));
        let default = json(&with_cache(cache.path(), &["analyze", EXAMPLE, "--json", "--model", "default"]));
        assert_eq!(default["model"]["name"], "undertone-default");
    }
}
