//! Recordings: any bytes, and damaged files of every format we ship a fixture of.

use std::path::PathBuf;

use undertone::audio::{self, Source};

fn fixtures() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/audio");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn any_bytes() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = audio::read(Source::Bytes(bytes.to_vec()));
    });
}

#[test]
fn damaged_files() {
    let fixtures = fixtures();
    bolero::check!().with_type::<(u8, Vec<(u16, u8)>, Option<u16>)>().for_each(|(which, flips, cut)| {
        let mut bytes = fixtures[usize::from(*which) % fixtures.len()].clone();
        let length = bytes.len();
        for (at, value) in flips {
            bytes[usize::from(*at) % length] ^= value;
        }
        if let Some(cut) = cut {
            bytes.truncate(usize::from(*cut) % length);
        }
        let _ = audio::read(Source::Bytes(bytes));
    });
}
