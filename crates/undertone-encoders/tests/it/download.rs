//! Downloads: redirections, parts, refusals, checksums.

use std::path::Path;

use tempfile::TempDir;
use undertone_encoders::Source;
use undertone_encoders::hub::Download;

use crate::server::Server;

const PATH: &str = "org/repo/resolve/main/model.bin";

fn bytes() -> Vec<u8> {
    (0..200_000_u32).map(|x| (x.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn download(server: &Server, folder: &Path) -> undertone::Result<Option<Download>> {
    let source: Source = "hf:org/repo".parse().unwrap();
    server.hub().download(&source, "model.bin", folder, &mut |_, _| {})
}

fn failure(server: &Server, folder: &Path) -> String {
    download(server, folder).unwrap_err().to_string()
}

fn started() -> (Server, TempDir) {
    let server = Server::start();
    server.stored(PATH, &bytes());
    (server, tempfile::tempdir().unwrap())
}

#[test]
fn a_file_comes_through_a_redirection_with_its_checksum_commit_and_progress() {
    let (server, folder) = started();
    let source: Source = "hf:org/repo".parse().unwrap();
    let mut last = (0, None);
    let done =
        server.hub().download(&source, "model.bin", folder.path(), &mut |done, whole| last = (done, whole));
    let done = done.unwrap().unwrap();
    assert_eq!(std::fs::read(&done.path).unwrap(), bytes());
    assert_eq!(done.sha256, server.state.lock().unwrap().files[PATH].sha256);
    assert_eq!((done.commit.as_deref(), done.checked), (Some("0123abcd"), true));
    server.plain("org/repo/resolve/main/model.bin", "no checksum");
    assert!(!download(&server, folder.path()).unwrap().unwrap().checked);
    assert_eq!(last, (200_000, Some(200_000)));
}

#[test]
fn a_download_that_is_cut_off_goes_on_where_it_was() {
    let (server, folder) = started();
    server.state.lock().unwrap().cuts = vec![50_000, 70_000];
    let done = download(&server, folder.path()).unwrap().unwrap();
    assert_eq!(std::fs::read(done.path).unwrap(), bytes());
    let ranges: Vec<u64> = server
        .ranges()
        .iter()
        .map(|range| range["bytes=".len()..].trim_end_matches('-').parse().unwrap())
        .collect();
    assert!(ranges.contains(&50_000) && ranges.contains(&120_000), "{ranges:?}");
}

#[test]
fn a_later_run_goes_on_with_what_an_earlier_one_left() {
    let (server, folder) = started();
    server.state.lock().unwrap().cuts = [vec![30_000], vec![0; 10]].concat();
    let error = failure(&server, folder.path());
    assert!(error.contains("byte 30000") && error.contains("run the command again"), "{error}");
    server.state.lock().unwrap().cuts.clear();
    server.state.lock().unwrap().requests.clear();
    let done = download(&server, folder.path()).unwrap().unwrap();
    assert_eq!(std::fs::read(done.path).unwrap(), bytes());
    assert_eq!(server.ranges().first().map(String::as_str), Some("bytes=30000-"));
}

#[test]
fn a_server_that_cannot_answer_in_part_sends_the_whole_again() {
    let (server, folder) = started();
    {
        let mut state = server.state.lock().unwrap();
        state.ranges = false;
        state.cuts = vec![50_000];
    }
    let done = download(&server, folder.path()).unwrap().unwrap();
    assert_eq!(std::fs::read(done.path).unwrap(), bytes());
}

#[test]
fn a_wrong_checksum_is_refused_and_the_file_removed() {
    let (server, folder) = started();
    server.state.lock().unwrap().files.get_mut(PATH).unwrap().bytes[7] ^= 1;
    let error = failure(&server, folder.path());
    assert!(error.contains("wrong checksum") && error.contains("run the command again"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn another_version_does_not_go_on_with_the_file_of_an_earlier_one() {
    let (server, folder) = started();
    server.state.lock().unwrap().cuts = [vec![30_000], vec![0; 10]].concat();
    failure(&server, folder.path());
    server.state.lock().unwrap().cuts.clear();
    let newer: Vec<u8> = bytes().into_iter().rev().collect();
    server.stored(PATH, &newer);
    let done = download(&server, folder.path()).unwrap().unwrap();
    assert_eq!(std::fs::read(done.path).unwrap(), newer);
}

#[test]
fn refusals_name_the_remedy() {
    let (server, folder) = started();
    for (status, says) in [(401, "HF_TOKEN"), (403, "accept its terms"), (429, "later"), (500, "later")] {
        server.state.lock().unwrap().refuse = Some(status);
        let error = failure(&server, folder.path());
        assert!(error.contains(says) && error.contains("org/repo"), "{status}: {error}");
    }
    server.state.lock().unwrap().refuse = None;
    server.state.lock().unwrap().files.clear();
    assert!(download(&server, folder.path()).unwrap().is_none(), "404 of a file: there is none");
    for missing in ["RevisionNotFound", "RepoNotFound"] {
        server.state.lock().unwrap().missing = missing;
        let error = failure(&server, folder.path());
        assert!(error.contains("no revision 'main', or does not exist"), "{error}");
    }
}
