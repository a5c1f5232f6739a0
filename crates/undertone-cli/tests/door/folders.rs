//! Folders of recordings: what is wrong with one of them does not end the run for the others.

use std::path::Path;
use std::process::Output;

use crate::{EXAMPLE, json, stderr, text, undertone};

/// Two seconds of the example.
fn short(path: &Path) {
    std::fs::write(path, &std::fs::read(EXAMPLE).unwrap()[..44 + 2 * 2 * 16_000]).unwrap();
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn an_output_that_cannot_be_written_is_named_and_the_others_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let (calls, grids) = (folder.path().join("calls"), folder.path().join("grids"));
    std::fs::create_dir(&calls).unwrap();
    short(&calls.join("a.wav"));
    short(&calls.join("z.wav"));
    short(&calls.join("m.wav"));
    // A folder stands where the file is to be.
    std::fs::create_dir_all(grids.join("m.TextGrid")).unwrap();
    let output =
        undertone(&["analyze", text(&calls), "--format", "textgrid", "--output", text(&grids), "--quiet"]);
    assert_eq!(status(&output), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("m.TextGrid"), "{}", stderr(&output));
    assert!(grids.join("a.TextGrid").is_file() && grids.join("z.TextGrid").is_file());
}

#[test]
#[cfg(unix)]
fn a_name_that_is_no_utf_8_is_shown_with_replacement_characters() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    short(&folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.wav")));
    short(&folder.path().join("plain.wav"));
    let output = undertone(&["analyze", text(folder.path()), "--json", "--quiet"]);
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    let report = json(&output);
    let paths: Vec<&str> =
        report["recordings"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert!(paths[0].ends_with("caf\u{fffd}.wav") && paths[1].ends_with("plain.wav"), "{paths:?}");
}

#[test]
#[cfg(unix)]
fn escape_sequences_in_a_name_stay_in_data() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, table) = (folder.path().join("esc\u{1b}[31mred.wav"), folder.path().join("r.csv"));
    short(&sound);
    let output = undertone(&["analyze", text(&sound), "--csv", "--output", text(&table), "--quiet"]);
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(&table).unwrap().contains("esc\u{1b}[31mred.wav"));
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_read_is_named_and_the_rest_is_analysed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("lost+found");
    std::fs::create_dir(&closed).unwrap();
    short(&folder.path().join("a.wav"));
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let superuser = std::fs::read_dir(&closed).is_ok();
    let output = undertone(&["analyze", text(folder.path()), "--json", "--quiet"]);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(json(&output)["recordings"].as_array().unwrap().len(), 1);
    if superuser {
        eprintln!("skipped: a superuser reads every folder");
        return;
    }
    assert_eq!(status(&output), Some(1));
    assert!(stderr(&output).contains("lost+found"), "{}", stderr(&output));
}
