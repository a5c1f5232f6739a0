//! Headers that lie: whatever they claim, what is in the file is heard, and what is no sound is refused.

use undertone::audio::{Channels, Options, Recording, Source};
use undertone::{ErrorKind, Result, WarningCode};

use crate::sound::{float_wav, noise, voice, wav};

/// Channels at 16 kHz, and the codes of the warnings.
type Sound = (Vec<Vec<f32>>, Vec<WarningCode>);

fn heard_of(source: impl Into<Source>, options: &Options) -> Result<Sound> {
    let mut recording = Recording::open(source, options)?;
    let mut channels = vec![Vec::new(); recording.channels()];
    while let Some(chunk) = recording.next_chunk()? {
        channels.iter_mut().zip(&chunk.channels).for_each(|(all, part)| all.extend(part));
    }
    Ok((channels, recording.warnings().iter().map(|warning| warning.code).collect()))
}

/// The same from memory and from a pipe: (samples at 16 kHz, warnings).
fn heard(bytes: &[u8]) -> (Vec<f32>, Vec<WarningCode>) {
    let options = Options::default();
    let (mut samples, warnings) = heard_of(bytes.to_vec(), &options).unwrap();
    let pipe = Source::Reader(Box::new(std::io::Cursor::new(bytes.to_vec())));
    let (piped, _) = heard_of(pipe, &options).unwrap();
    assert_eq!(samples, piped, "a pipe gives the same");
    (samples.remove(0), warnings)
}

fn refused(bytes: Vec<u8>) -> undertone::Error {
    heard_of(bytes, &Options::default()).expect_err("no recording")
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/audio/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn close(got: &[f32], want: &[f32]) -> bool {
    got.len() == want.len() && got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-3)
}

/// A chunk of RIFF; its size may be a lie.
fn chunk(name: &[u8; 4], body: &[u8], size: Option<u32>) -> Vec<u8> {
    let size = size.unwrap_or(body.len() as u32);
    let pad = &[0][..body.len() % 2];
    [name.as_slice(), &size.to_le_bytes(), body, pad].concat()
}

fn riff(body: &[u8], size: Option<u32>) -> Vec<u8> {
    let size = size.unwrap_or(body.len() as u32 + 4);
    [b"RIFF".as_slice(), &size.to_le_bytes(), b"WAVE", body].concat()
}

/// A format chunk's body: tag, bytes of a sample; 16 kHz, mono; with so many zeros behind.
fn format(tag: u16, width: u16, extra: usize) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(tag.to_le_bytes());
    body.extend(1u16.to_le_bytes());
    body.extend(16_000u32.to_le_bytes());
    body.extend((16_000 * u32::from(width)).to_le_bytes());
    body.extend(width.to_le_bytes());
    body.extend((8 * width).to_le_bytes());
    body.extend(vec![0; extra]);
    body
}

/// Half a second of sound, as 16-bit integers and as the bytes of them.
fn half_a_second() -> (Vec<f32>, Vec<u8>) {
    let integers: Vec<i16> = voice(0.5).iter().map(|x| (x * 30_000.0) as i16).collect();
    let bytes = integers.iter().flat_map(|x| x.to_le_bytes()).collect();
    (integers.iter().map(|&x| f32::from(x) / 32_768.0).collect(), bytes)
}

#[test]
fn a_wav_format_chunk_of_any_length_is_read() {
    let (want, data) = half_a_second();
    let floats: Vec<u8> = want.iter().flat_map(|x| x.to_le_bytes()).collect();
    for extra in [0, 2, 4, 24, 100] {
        let file = |format: Vec<u8>, data: &[u8]| {
            riff(&[chunk(b"fmt ", &format, None), chunk(b"data", data, None)].concat(), None)
        };
        assert!(close(&heard(&file(format(1, 2, extra), &data)).0, &want), "PCM, {extra} bytes more");
        assert!(close(&heard(&file(format(3, 4, extra), &floats)).0, &want), "float, {extra} bytes more");
        for tag in [6, 7] {
            let (got, _) = heard(&file(format(tag, 1, extra), &data[..8000]));
            assert_eq!(got.len(), 8000, "G.711, {extra} bytes more");
        }
        // The extensible form names the codec in its tail.
        let mut extensible = format(0xfffe, 2, 24);
        extensible[24] = 1;
        assert!(close(&heard(&file(extensible, &data)).0, &want));
        let mut law = format(0xfffe, 1, 24);
        law[24] = 7;
        assert_eq!(heard(&file(law, &data[..8000])).0.len(), 8000);
    }
}

#[test]
fn wrong_sizes_in_a_wav_header_end_nothing() {
    let (want, data) = half_a_second();
    let format = chunk(b"fmt ", &format(1, 2, 0), None);
    let samples = chunk(b"data", &data, None);
    let list = |body: &[u8], size: Option<u32>| chunk(b"LIST", body, size);
    let comment = [b"INFOICMT".as_slice(), &1500u32.to_le_bytes(), &[b'x'; 1500]].concat();
    let odd = [b"LIST".as_slice(), &15u32.to_le_bytes(), b"INFOISFT", &3u32.to_le_bytes(), b"abc"].concat();
    let plain = [format.clone(), samples.clone()].concat();
    let bodies: [(&str, Vec<u8>); 12] = [
        ("RIFF size 0", riff(&plain, Some(0))),
        ("RIFF size 8 short", riff(&plain, Some(plain.len() as u32 - 4))),
        ("RIFF size too large", riff(&plain, Some(1 << 30))),
        ("RIFF size 2", riff(&plain, Some(2))),
        ("LIST without padding", riff(&[format.clone(), odd, samples.clone()].concat(), None)),
        (
            "LIST entry too long",
            riff(&[format.clone(), list(b"INFOISFT\x90\x01\0\0abcd", None), samples.clone()].concat(), None),
        ),
        (
            "LIST too long",
            riff(
                &[format.clone(), list(b"INFOISFT\x04\0\0\0abcd", Some(60)), samples.clone()].concat(),
                None,
            ),
        ),
        (
            "LIST beyond the end",
            riff(
                &[format.clone(), list(b"INFOISFT\x04\0\0\0abcd", Some(1 << 29)), samples.clone()].concat(),
                None,
            ),
        ),
        (
            "LIST too short",
            riff(&[format.clone(), list(b"INFOISFT\x04\0\0\0abcd", Some(6)), samples.clone()].concat(), None),
        ),
        (
            "sizes 0 behind 1.5 kB",
            riff(&[format.clone(), list(&comment, None), chunk(b"data", &data, Some(0))].concat(), Some(0)),
        ),
        (
            "data size not known",
            riff(&[format.clone(), chunk(b"data", &data, Some(u32::MAX))].concat(), None),
        ),
        ("data size too small", riff(&[format.clone(), chunk(b"data", &data, Some(4000))].concat(), None)),
    ];
    for (name, bytes) in bodies {
        let mut recording = Recording::open(bytes.clone(), &Options::default()).unwrap();
        let mut got = Vec::new();
        while let Some(part) = recording.next_chunk().unwrap() {
            got.extend(&part.channels[0]);
        }
        assert!(close(&got, &want), "{name}: {} samples", got.len());
        assert_eq!(recording.warnings(), [], "{name}");
    }
    let cut = riff(&[format.clone(), chunk(b"data", &data, Some(1 << 20))].concat(), None);
    let (got, warnings) = heard(&cut);
    assert!(close(&got, &want));
    assert_eq!(warnings, [WarningCode::Truncated]);
    // What follows the samples is no sound.
    let behind = riff(&[plain, list(&comment, None)].concat(), None);
    assert!(close(&heard(&behind).0, &want));
}

#[test]
fn families_of_wav_are_read() {
    let (want, data) = half_a_second();
    let format = format(1, 2, 0);
    let long = [&28u64.to_le_bytes()[..], &(data.len() as u64).to_le_bytes(), &[0; 12]].concat();
    let rf64 = [
        b"RF64\xff\xff\xff\xffWAVE".as_slice(),
        &chunk(b"ds64", &long, None),
        &chunk(b"fmt ", &format, None),
        &chunk(b"data", &data, Some(u32::MAX)),
        &chunk(b"LIST", b"INFO", None),
    ]
    .concat();
    let (got, _) = heard(&rf64);
    assert!(close(&got, &want), "{} samples, {:?} for {:?}", got.len(), &got[..4], &want[..4]);
    let swapped: Vec<u8> = data.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    let word = |x: u32| x.to_be_bytes();
    let au = [
        b".snd".as_slice(),
        &word(32),
        &word(u32::MAX),
        &word(3),
        &word(16_000),
        &word(1),
        &[0; 8],
        &swapped,
    ];
    assert!(close(&heard(&au.concat()).0, &want));
    // AIFF whose FORM says nothing, and whose sound claims more than there is.
    let common = [&[0, 1][..], &word(8000), &[0, 16], &[0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0]].concat();
    let aiff = [
        b"FORM\0\0\0\0AIFFCOMM".as_slice(),
        &word(18),
        &common,
        b"SSND",
        &word(swapped.len() as u32 + 8),
        &[0; 8],
        &swapped,
    ];
    assert!(close(&heard(&aiff.concat()).0, &want));
}

#[test]
fn joined_wav_files_of_two_rates_are_both_heard() {
    let first = wav(&voice(0.5), 16_000, 1);
    let second = wav(&voice(1.0), 8_000, 1);
    let (got, warnings) = heard(&[first.clone(), second].concat());
    assert!(got.len().abs_diff(16_000 / 2 + 32_000) < 400, "{} samples", got.len());
    assert_eq!(warnings, [WarningCode::RateChange]);
    let (got, warnings) = heard(&[first.clone(), wav(&voice(0.5), 16_000, 2)].concat());
    assert!(got.len().abs_diff(8_000 + 4_000) < 10, "{} samples", got.len());
    assert_eq!(warnings, []);
}

#[test]
fn samples_that_were_never_scaled_are_scaled() {
    let want = voice(0.5);
    for scale in [32_768.0, 2_147_483_648.0] {
        let (got, warnings) =
            heard(&float_wav(&want.iter().map(|x| x * scale).collect::<Vec<f32>>(), 16_000));
        assert!(close(&got, &want), "{scale}");
        assert_eq!(warnings, [WarningCode::Unscaled]);
    }
    let hot: Vec<f32> = want.iter().map(|x| 4.0 * x).collect();
    assert_eq!(heard(&float_wav(&hot, 16_000)).0.len(), want.len());
}

/// Where the count of frames stands in the header of an MP3 file.
fn frame_count(bytes: &[u8]) -> usize {
    let at = bytes.windows(4).position(|four| four == b"Xing" || four == b"Info").unwrap();
    at + 8
}

#[test]
fn mp3_goes_on_behind_the_frames_that_its_header_counts() {
    let whole = fixture("mp3.mp3");
    let (want, warnings) = heard(&whole);
    assert_eq!(warnings, []);
    let at = frame_count(&whole);
    let count = u32::from_be_bytes(whole[at..at + 4].try_into().unwrap());
    for claim in [0, 1, count / 2] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&claim.to_be_bytes());
        let (got, warnings) = heard(&bytes);
        assert!(got.len() >= want.len(), "{claim} frames claimed: {} samples", got.len());
        assert_eq!(warnings, []);
    }
    let (joined, warnings) = heard(&[whole.clone(), whole.clone()].concat());
    assert!(joined.len().abs_diff(2 * want.len()) < 1200, "{} of {}", joined.len(), 2 * want.len());
    assert_eq!(warnings, []);
    let (_, warnings) = heard(&whole[..whole.len() * 6 / 10]);
    assert_eq!(warnings, [WarningCode::Truncated]);
}

#[test]
fn joined_streams_are_heard_to_their_end() {
    let streams = ["mp3.mp3", "aac.aac", "opus.opus", "vorbis.ogg", "flac.flac"];
    let containers = ["aac.m4a", "alac.m4a", "pcm.mov", "fragments.mp4", "opus.mkv", "vorbis.webm"];
    for name in streams.into_iter().chain(containers) {
        let bytes = fixture(name);
        let (want, _) = heard(&bytes);
        let (got, warnings) = heard(&[bytes.clone(), bytes].concat());
        assert!(got.len().abs_diff(2 * want.len()) < 2500, "{name}: {} of {}", got.len(), 2 * want.len());
        assert_eq!(warnings, [], "{name}");
    }
    // Another codec in the second half.
    let (opus, vorbis) = (fixture("opus.opus"), fixture("vorbis.ogg"));
    let wanted = heard(&opus).0.len() + heard(&vorbis).0.len();
    let (got, _) = heard(&[opus, vorbis].concat());
    assert!(got.len().abs_diff(wanted) < 1500, "{} of {wanted}", got.len());
}

#[test]
fn channels_that_change_on_the_way_are_all_heard() {
    let bytes = fixture("channels_change.mp3");
    let (got, warnings) = heard(&bytes);
    assert!(got.len().abs_diff(16_000) < 3000, "{} samples", got.len());
    assert_eq!(warnings, []);
    let split = Options { channels: Channels::Split, ..Options::default() };
    let (channels, _) = heard_of(bytes, &split).unwrap();
    assert_eq!(channels.len(), 2);
    assert!(channels.iter().all(|channel| channel.len() == got.len()));
}

/// A box of mp4.
fn part(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
}

/// Where a box begins, by its name.
fn find(bytes: &[u8], name: &[u8; 4]) -> usize {
    bytes.windows(4).position(|four| four == name).unwrap() - 4
}

fn size_at(bytes: &[u8], at: usize) -> usize {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Moves the offsets of an mp4's chunks.
fn moved(bytes: &mut [u8], by: i64) {
    let at = find(bytes, b"stco");
    for entry in 0..size_at(bytes, at + 12) {
        let at = at + 16 + 4 * entry;
        let offset = (size_at(bytes, at) as i64 + by) as u32;
        bytes[at..at + 4].copy_from_slice(&offset.to_be_bytes());
    }
}

/// The index in front of the media data, as of a file made for streaming.
fn index_first(bytes: &[u8]) -> Vec<u8> {
    let (moov, media) = (find(bytes, b"moov"), find(bytes, b"mdat"));
    let size = size_at(bytes, moov);
    let mut index = bytes[moov..moov + size].to_vec();
    moved(&mut index, size as i64);
    [&bytes[..media], &index, &bytes[media..moov], &bytes[moov + size..]].concat()
}

#[test]
fn an_mp4_that_is_cut_off_is_heard_as_far_as_it_goes() {
    for name in ["aac.m4a", "alac.m4a"] {
        let whole = fixture(name);
        let (want, warnings) = heard(&whole);
        assert_eq!(warnings, [], "{name}");
        let bytes = index_first(&whole);
        assert_eq!(heard(&bytes).0, want, "{name}");
        for keep in [bytes.len() * 6 / 10, bytes.len() - 1] {
            let (got, warnings) = heard(&bytes[..keep]);
            assert_eq!(warnings, [WarningCode::Truncated], "{name}");
            assert!(!got.is_empty() && got.len() < want.len() && got[..] == want[..got.len()], "{name}");
        }
        assert!(refused(whole[..whole.len() * 6 / 10].to_vec()).message().contains("cut off"));
    }
}

#[test]
fn an_mp4_without_its_first_box_or_with_wrong_sizes_is_read() {
    let whole = fixture("pcm.mov");
    let (want, _) = heard(&whole);
    let first = size_at(&whole, 0);
    let mut bytes = whole[first..].to_vec();
    moved(&mut bytes, -(first as i64));
    assert_eq!(heard(&bytes).0, want, "no ftyp");
    let front = index_first(&whole);
    let moov = find(&front, b"moov");
    let mut only = front[moov..].to_vec();
    moved(&mut only, -(moov as i64));
    assert_eq!(heard(&only).0, want, "moov first");
    let mut long = whole.clone();
    let media = find(&long, b"mdat");
    long[media..media + 4].copy_from_slice(&0x00ff_ffffu32.to_be_bytes());
    assert_eq!(heard(&long).0, want, "media data too long");
}

/// An mp4 with its index replaced by another of any length; the index stands last.
fn with_index(bytes: &[u8], change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let moov = find(bytes, b"moov");
    let size = size_at(bytes, moov);
    let body = change(bytes[moov + 8..moov + size].to_vec());
    [&bytes[..moov], &part(b"moov", &body), &bytes[moov + size..]].concat()
}

#[test]
fn what_is_no_sound_never_stops_the_sound() {
    let whole = fixture("aac.m4a");
    let (want, _) = heard(&whole);
    let entry = part(b"hvc1", &[vec![0; 78], part(b"hvcC", &[7; 4000])].concat());
    let table = part(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat());
    let handler = |kind: &[u8]| part(b"hdlr", &[&[0; 8][..], kind, &[0xff; 20]].concat());
    let media = |kind: &[u8]| {
        let inner = part(b"minf", &part(b"stbl", &table));
        part(b"trak", &part(b"mdia", &[handler(kind), inner].concat()))
    };
    for kind in [b"vide", b"text", b"tmcd"] {
        let bytes = with_index(&whole, |index| [media(kind), index, part(b"udta", &[0xff; 300])].concat());
        assert_eq!(heard(&bytes).0, want);
    }
    // FLAC with a picture and a cue sheet that are none.
    let flac = fixture("flac.flac");
    let (want, _) = heard(&flac);
    for kind in [3, 4, 5, 6, 60] {
        let block = [&[kind, 0, 1, 0][..], &[0xee; 256]].concat();
        assert_eq!(heard(&[&flac[..42], &block, &flac[42..]].concat()).0, want, "block {kind}");
    }
    // A count of samples that is too low ends nothing.
    let mut short = flac.clone();
    short[21] &= 0xf0;
    short[22..26].copy_from_slice(&100u32.to_be_bytes());
    assert_eq!(heard(&short), (want, vec![]));
}

#[test]
fn an_edit_list_says_when_the_sound_starts() {
    let whole = fixture("aac.m4a");
    let scale = size_at(&whole, find(&whole, b"mvhd") + 20) as u32;
    let edits =
        [&[0, 0, 0, 0, 0, 0, 0, 2][..], &(2 * scale).to_be_bytes(), &[0xff; 4], &[0, 1, 0, 0]].concat();
    let edits = [edits, scale.to_be_bytes().to_vec(), vec![0, 0, 0, 0], vec![0, 1, 0, 0]].concat();
    let bytes = with_index(&whole, |mut index| {
        // The old list, if there is one, no longer counts.
        if let Some(at) = index.windows(4).position(|four| four == b"edts") {
            index[at..at + 4].copy_from_slice(b"free");
        }
        let trak = find(&index, b"trak");
        let size = size_at(&index, trak);
        let body = [&index[trak + 8..trak + size], &part(b"edts", &part(b"elst", &edits))].concat();
        [&index[..trak], &part(b"trak", &body), &index[trak + size..]].concat()
    });
    let (got, warnings) = heard(&bytes);
    assert_eq!(warnings, [WarningCode::Gap]);
    assert!(got[..31_000].iter().all(|x| x.abs() < 1e-3), "two seconds of silence");
    assert!(got[34_000..36_000].iter().any(|x| x.abs() > 0.05), "then the sound");
}

#[test]
fn codecs_that_are_not_read_here_are_named() {
    let mut surround = fixture("aac.m4a");
    let config = surround.windows(3).position(|bytes| bytes[0] == 5 && bytes[1] == 0x80).unwrap();
    let channels = config + 6;
    assert_eq!(surround[channels] >> 3 & 15, 1, "the configuration says mono");
    surround[channels] = surround[channels] & 0x87 | 6 << 3;
    let error = refused(surround);
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error.message().starts_with("AAC with 6 channels") && error.message().contains("ffmpeg -i"),
        "{error}"
    );
    let mut locked = fixture("aac.m4a");
    let entry = find(&locked, b"mp4a");
    locked[entry + 4..entry + 8].copy_from_slice(b"enca");
    let error = refused(locked);
    assert!(error.kind() == ErrorKind::Malformed && error.message().contains("encrypted"), "{error}");
    let mut amr = fixture("aac.m4a");
    amr[entry + 4..entry + 8].copy_from_slice(b"samr");
    assert!(refused(amr).message().starts_with("AMR "));
    let gsm =
        riff(&[chunk(b"fmt ", &format(0x31, 1, 0), None), chunk(b"data", &[0; 650], None)].concat(), None);
    assert!(refused(gsm).message().starts_with("GSM 6.10 "));
    assert!(refused(b"wvpk\0\0\0\0".to_vec()).message().starts_with("WavPack "));
}

#[test]
fn what_is_no_recording_is_refused() {
    let bytes: Vec<u8> = noise(60_000).iter().map(|x| (x * 255.0) as i8 as u8).collect();
    let frames = fixture("mp3.mp3");
    let (one, three) = (&frames[417..417 + 288], &frames[417..417 + 3 * 144]);
    for inside in [&[][..], one, three] {
        let file = [&bytes[..20_000], inside, &bytes[20_000..]].concat();
        assert!(refused(file).message().contains("no format known here"));
    }
    for magic in [&b"\x7fELF\x02\x01\x01"[..], b"PK\x03\x04", b"!<arch>\n", b"\x1f\x8b\x08", b"%PDF-1.7"] {
        let error = refused([magic, &frames].concat());
        assert!(error.message().contains("not a recording"), "{error}");
    }
    // A little of something else before the frames is passed over.
    let (want, _) = heard(&frames);
    let (got, _) = heard(&[&[0; 700][..], &frames].concat());
    assert!(got.len().abs_diff(want.len()) < 1200);
}

#[test]
fn a_stream_of_unknown_length_that_ends_is_whole() {
    let mut webm = fixture("vorbis.webm");
    let at = webm.windows(4).position(|four| four == [0x18, 0x53, 0x80, 0x67]).unwrap() + 4;
    webm[at..at + 8].copy_from_slice(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(heard(&webm).1, []);
    let (_, data) = half_a_second();
    let piped = [chunk(b"fmt ", &format(1, 2, 0), None), chunk(b"data", &data, Some(u32::MAX))].concat();
    assert_eq!(heard(&riff(&piped, Some(u32::MAX))).1, []);
}

#[test]
fn channels_that_cancel_each_other_are_told() {
    let voice = voice(1.0);
    let both: Vec<f32> = voice.iter().flat_map(|&x| [x, -x]).collect();
    assert_eq!(heard(&wav(&both, 16_000, 2)).1, [WarningCode::OppositePhase]);
    let same: Vec<f32> = voice.iter().flat_map(|&x| [x, x]).collect();
    assert_eq!(heard(&wav(&same, 16_000, 2)).1, []);
}

#[test]
fn tables_that_claim_too_much_make_no_more_sound_than_there_are_bytes() {
    let whole = fixture("pcm.mov");
    let (want, _) = heard(&whole);
    let mut bytes = whole.clone();
    let sizes = find(&bytes, b"stsz");
    bytes[sizes + 16..sizes + 20].fill(0xff);
    let chunks = find(&bytes, b"stsc");
    bytes[chunks + 20..chunks + 24].copy_from_slice(&0x7fff_ffffu32.to_be_bytes());
    let (got, warnings) = heard(&bytes);
    assert!(got.len() >= want.len() && got.len() < 2 * want.len(), "{} of {}", got.len(), want.len());
    assert_eq!(warnings, [WarningCode::Truncated]);
    // One of the fragments says that it has four thousand million samples.
    let mut bytes = fixture("fragments.mp4");
    let run = find(&bytes, b"trun");
    bytes[run + 12..run + 16].fill(0xff);
    assert!(heard(&bytes).0.len() < 16_000);
}

#[test]
fn a_second_description_of_the_samples_is_followed() {
    // The second half of the chunks is said to be of a codec that is not read here.
    let whole = fixture("aac.m4a");
    let (want, _) = heard(&whole);
    let same = with_index(&whole, |index| second_entry(&index, b"mp4a"));
    assert!(heard(&same).0.len().abs_diff(want.len()) < 100);
    let other = with_index(&whole, |index| second_entry(&index, b"samr"));
    let (got, warnings) = heard(&other);
    assert!(got.len() < want.len() && warnings == [WarningCode::Truncated], "{} {warnings:?}", got.len());
}

/// The index with a second sample entry of this name, from the second chunk on, and every sample a chunk of its own.
fn second_entry(index: &[u8], name: &[u8; 4]) -> Vec<u8> {
    let table = |name: &[u8; 4]| {
        let at = find(index, name);
        (at, index[at..at + size_at(index, at)].to_vec())
    };
    let (stsd_at, stsd) = table(b"stsd");
    let (stsc_at, stsc) = table(b"stsc");
    let (stco_at, stco) = table(b"stco");
    let sizes = table(b"stsz").1;
    let entry = &stsd[16..];
    let mut second = entry.to_vec();
    second[4..8].copy_from_slice(name);
    let two = [&[0, 0, 0, 0, 0, 0, 0, 2][..], entry, &second].concat();
    let word = |x: usize| (x as u32).to_be_bytes();
    let runs = [word(0), word(2), word(1), word(1), word(1), word(3), word(1), word(2)].concat();
    let mut at = size_at(&stco, 16);
    let count = size_at(&sizes, 16);
    let mut offsets = [word(0), word(count)].concat();
    for sample in 0..count {
        offsets.extend(word(at));
        at += size_at(&sizes, 20 + 4 * sample);
    }
    let new = [
        (stsd_at, stsd.len(), part(b"stsd", &two)),
        (stsc_at, stsc.len(), part(b"stsc", &runs)),
        (stco_at, stco.len(), part(b"stco", &offsets)),
    ];
    // The sizes of the boxes around grow alike.
    let mut order = new.to_vec();
    order.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    let mut grown = index.to_vec();
    let more: usize = order.iter().map(|(_, old, new)| new.len() - old).sum();
    for (at, old, new) in order {
        grown.splice(at..at + old, new);
    }
    for outer in [b"trak", b"mdia", b"minf", b"stbl"] {
        let at = find(&grown, outer);
        let size = size_at(&grown, at) + more;
        grown[at..at + 4].copy_from_slice(&word(size));
    }
    grown
}

#[test]
fn he_aac_is_decoded_by_an_installed_ffmpeg_and_by_its_core_elsewhere() {
    let mut bytes = fixture("aac.m4a");
    let at = bytes.windows(3).position(|three| three == [0x56, 0xe5, 0x00]).unwrap();
    bytes[at + 2] = 0x80 | 5 << 3;
    let (_, warnings) = heard_of(bytes.clone(), &Options::default()).unwrap();
    assert_eq!(warnings, []);
    if std::process::Command::new("ffmpeg").arg("-version").output().is_err() {
        crate::skipped("he_aac_is_decoded_by_an_installed_ffmpeg_and_by_its_core_elsewhere", "ffmpeg");
        return;
    }
    let options = Options { ffmpeg_fallback: true, ..Options::default() };
    let (_, warnings) = heard_of(bytes, &options).unwrap();
    assert_eq!(warnings, [WarningCode::Ffmpeg]);
}
