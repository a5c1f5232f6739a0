//! `--html` with a folder: a page per recording, an index that links to them, and sound by choice.

use std::path::{Path, PathBuf};

use crate::{EXAMPLE, stderr, text, undertone};

/// Two seconds of the example.
fn short(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, &std::fs::read(EXAMPLE).unwrap()[..44 + 2 * 2 * 16_000]).unwrap();
}

/// The values of an attribute in a page, unescaped where it matters here.
fn values(page: &str, attribute: &str) -> Vec<String> {
    let opening = format!(" {attribute}=\"");
    page.split(&opening).skip(1).map(|rest| rest.split('"').next().unwrap().to_string()).collect()
}

/// Where a link of `page` leads.
fn target(page: &Path, link: &str) -> PathBuf {
    let link = link.split('#').next().unwrap();
    assert!(!link.contains(['?', ' ', '&']), "{link}");
    let (mut bytes, mut rest) = (Vec::new(), link.as_bytes());
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match first {
            b'%' => (u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap(), &tail[2..]),
            _ => (*first, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    #[cfg(unix)]
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes).to_os_string();
    #[cfg(not(unix))]
    let name = String::from_utf8(bytes).unwrap();
    page.parent().unwrap().join(name)
}

#[test]
fn a_folder_becomes_a_page_per_recording_and_an_index_whose_links_work() {
    let folder = tempfile::tempdir().unwrap();
    let (calls, out) = (folder.path().join("calls"), folder.path().join("report"));
    let mut names = vec!["index.wav", "may/a.wav", "june/a.wav", "a.b.wav", "music & 100% 'q'.wav"];
    if cfg!(unix) {
        names.extend(["odd #1?.wav", "a\"b:c.wav", "line\nbreak.wav"]);
    }
    names.iter().for_each(|name| short(&calls.join(name)));
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        short(&calls.join(std::ffi::OsStr::from_bytes(b"caf\xe9.wav")));
        short(&calls.join(std::ffi::OsStr::from_bytes(b"caf\xe8.wav")));
    }
    std::fs::write(calls.join("broken.wav"), "Dear reader, this is no recording at all.\n").unwrap();
    // The same name in another folder that is given by itself.
    let other = folder.path().join("other/a.wav");
    short(&other);
    let output =
        undertone(&["analyze", text(&calls), text(&other), "--html", text(&out), "--json", "--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let index = out.join("index.html");
    let page = std::fs::read_to_string(&index).unwrap();
    assert!(page.contains("failed: it is text"), "the one that failed is listed");
    let mut found: Vec<PathBuf> = values(&page, "href")
        .iter()
        .filter(|link| !link.contains('#'))
        .map(|link| target(&index, link))
        .collect();
    found.sort();
    found.dedup();
    let expected = names.len() + 1 + if cfg!(unix) { 2 } else { 0 };
    assert_eq!(found.len(), expected, "{found:?}");
    for page in &found {
        let text = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{page:?}: {error}"));
        let sounds = values(&text, "src");
        assert!(sounds.len() == 1 && target(page, &sounds[0]).is_file(), "{page:?}: {sounds:?}");
        let up = target(page, &values(&text, "href")[1]);
        assert_eq!(up.canonicalize().unwrap(), index.canonicalize().unwrap(), "{page:?}");
    }
    assert!(out.join("may/a.html").is_file() && out.join("june/a.html").is_file());
}

#[test]
fn the_sound_of_pages_is_linked_embedded_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("a.wav");
    short(&sound);
    let page = |more: &[&str]| {
        let out = folder.path().join(format!("out{}/", more.len()));
        let output = undertone(&[&["analyze", text(&sound), "--html", text(&out), "--quiet"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(out.join("index.html").is_file());
        values(&std::fs::read_to_string(out.join("a.html")).unwrap(), "src")
    };
    assert_eq!(page(&[]), ["./../a.wav"]);
    assert!(page(&["--sound", "embed"])[0].starts_with("data:audio/wav;base64,UklGR"));
    assert_eq!(page(&["--sound", "none"]), [""; 0]);
    let one = folder.path().join("one.html");
    undertone(&["analyze", text(&sound), "--html", text(&one), "--sound", "link", "--quiet"]);
    assert_eq!(values(&std::fs::read_to_string(&one).unwrap(), "src"), ["./a.wav"]);
    assert_eq!(undertone(&["analyze", text(&sound), "--sound", "link"]).status.code(), Some(2));
}
