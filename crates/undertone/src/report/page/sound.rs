//! A recording's sound for the page: embedded, linked, or absent.

use std::path::{Component, Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::report::markup::url;

/// Larger files stay outside the page.
const MOST_BYTES: u64 = 20_000_000;
/// What browsers play, by the file's extension.
const PLAYED: [(&str, &str); 12] = [
    ("wav", "audio/wav"),
    ("wave", "audio/wav"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("m4b", "audio/mp4"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("ogg", "audio/ogg"),
    ("oga", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("flac", "audio/flac"),
    ("webm", "video/webm"),
];

/// How a page plays a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// What the player plays: the recording itself as a `data:` URI, or a link to it.
    pub source: Option<String>,
    /// Where the recording lies, seen from the page; none where it is inside or nowhere.
    pub link: Option<String>,
    /// A sentence for the reader: where the recording is.
    pub note: String,
}

impl Sound {
    /// The recording at `path` for a page at `page`: inside it where browsers play its kind and it has at most 20 MB, else a link.
    ///
    /// A file that cannot be read is linked too; standard input (`-`) has no sound.
    pub fn of(path: &Path, page: &Path) -> Sound {
        if path == Path::new("-") {
            return Sound {
                note: "The recording came by standard input and is not kept.".into(),
                ..Sound::default()
            };
        }
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if let (Some(kind), true) = (kind(path), size <= MOST_BYTES)
            && let Ok(bytes) = std::fs::read(path)
        {
            let source = Some(format!("data:{kind};base64,{}", STANDARD.encode(bytes)));
            return Sound { source, link: None, note: "The recording is embedded in this page.".into() };
        }
        Sound::linked(path, page)
    }

    /// A link to the recording at `path` for a page at `page`; standard input (`-`) has no sound.
    pub fn linked(path: &Path, page: &Path) -> Sound {
        if path == Path::new("-") {
            return Sound::of(path, page);
        }
        let link = relative(path, page);
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let size = format!("{:.1} MB", size as f64 / 1e6);
        let note = match kind(path) {
            Some(_) => format!("The recording ({size}) is not embedded in this page; it is played from"),
            None => format!("The recording ({size}) is of a kind that browsers do not play; it lies at"),
        };
        Sound { source: kind(path).map(|_| link.clone()), link: Some(link), note }
    }
}

/// The media type of a recording that browsers play.
fn kind(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_string_lossy().to_lowercase();
    PLAYED.iter().find(|(known, _)| extension == *known).map(|kind| kind.1)
}

/// The way from the folder of `page` to `path`, as a URL.
fn relative(path: &Path, page: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let (path, page) = (absolute(path), absolute(page));
    let folder: Vec<Component> = page.parent().unwrap_or(Path::new("")).components().collect();
    let there: Vec<Component> = path.components().collect();
    let shared = folder.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let mut way = PathBuf::new();
    folder[shared..].iter().for_each(|_| way.push(".."));
    there[shared..].iter().for_each(|part| way.push(part));
    // A first part with a colon would be taken for a scheme; url() has encoded it.
    format!("./{}", url(&way))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_browsers_play_is_inside_and_the_rest_beside() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, bytes) in [("a.WAV", 3), ("b c.aiff", 3), ("d.flac", 20_000_001)] {
            std::fs::File::create(at(name)).unwrap().set_len(bytes).unwrap();
        }
        let page = at("pages/of/day.html");
        assert_eq!(Sound::of(&at("a.WAV"), &page).source.unwrap(), "data:audio/wav;base64,AAAA");
        let aiff = Sound::of(&at("b c.aiff"), &page);
        assert_eq!((aiff.source, aiff.link.unwrap().as_str()), (None, "./../../b%20c.aiff"));
        assert_eq!(Sound::linked(&at("a.WAV"), &page).source.unwrap(), "./../../a.WAV");
        assert_eq!(Sound::linked(Path::new("-"), &page), Sound::of(Path::new("-"), &page));
        let flac = Sound::of(&at("d.flac"), &at("day.html"));
        assert_eq!(flac.source.as_deref(), Some("./d.flac"));
        assert!(flac.note.contains("20.0 MB"), "{}", flac.note);
        assert_eq!(Sound::of(Path::new("-"), &page).source, None);
    }
}
