//! Files that are not recordings: models, predictions, speakers, projections, configuration.

// The command is no library; its reader of configuration files depends on nothing else of it.
#[allow(dead_code)]
#[path = "../../crates/undertone-cli/src/config/file.rs"]
mod configuration;

use configuration::{Key, Value};
use undertone::model::Model;
use undertone::speakers::{SpeakerProjection, file};
use undertone::units::Seconds;
use undertone_eval::predict;

#[test]
fn any_bytes_as_a_model() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = Model::from_bytes(bytes.to_vec());
    });
}

#[test]
fn a_damaged_model() {
    let sound = undertone_models::MODELS[0].bytes;
    bolero::check!().with_type::<Vec<(u32, u8)>>().for_each(|flips| {
        let mut bytes = sound.to_vec();
        let length = bytes.len();
        // What says how the weights are to be read stands before and after them.
        flips.iter().for_each(|(at, value)| {
            let at = *at as usize % 20_000;
            bytes[if at < 10_000 { at } else { length - 1 - (at - 10_000) }] ^= value;
        });
        let _ = Model::from_bytes(bytes);
    });
}

#[test]
fn any_bytes_as_predictions() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let head: &[u8] = b"fold,clip,speaker,truth,posterior_happy,posterior_sad\n";
        let _ = predict::read([head, bytes].concat().as_slice());
        let _ = predict::read(bytes);
    });
}

#[test]
fn any_bytes_as_speakers() {
    bolero::check!().with_type::<(Vec<u8>, u16)>().for_each(|(bytes, seconds)| {
        for head in ["", "start,end,speaker\n", "SPEAKER a 1 "] {
            if let Ok(spans) = file::parse(&[head.as_bytes(), bytes].concat()) {
                let end = Seconds(f64::from(*seconds));
                let (kept, _) = file::check(&spans, end, 2);
                assert!(
                    kept.iter()
                        .all(|span| span.segment.start.0 < span.segment.end.0 && span.segment.end.0 <= end.0)
                );
            }
        }
    });
}

#[test]
fn any_bytes_as_a_speaker_projection() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let head: &[u8] = b"{\"format\":1,\"statistics\":176,\"dimensions\":1,\"speakers\":1,\"windows\":1,\"corpora\":[],\"held_out\":[]}\n";
        let _ = SpeakerProjection::from_bytes(&[head, bytes].concat());
        let _ = SpeakerProjection::from_bytes(bytes);
    });
}

#[test]
fn any_bytes_as_configuration() {
    let key = |name: &str, flag| Key { name: name.into(), flag };
    let keys = [key("format", false), key("speaker-file", false), key("song", true)];
    bolero::check!().for_each(|bytes: &[u8]| {
        for head in ["", "format = ", "format = \"", "format = [", "song = ", "speaker_file = ", "[format]\n"]
        {
            match configuration::parse(&[head.as_bytes(), bytes].concat(), &keys) {
                Ok(entries) => entries.iter().for_each(|(name, value)| {
                    let flag = keys.iter().find(|key| key.name == *name).map(|key| key.flag);
                    assert_eq!(flag, Some(matches!(value, Value::Flag(_))), "{name}");
                }),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    });
}
