//! Files that are not recordings: models, predictions, segments, projections, configuration.

// The command is no library; its reader of configuration files depends on nothing else of it.
#[allow(dead_code)]
#[path = "../../crates/undertone-cli/src/config/file.rs"]
mod configuration;

use configuration::{Key, Value};
use undertone::model::Model;
use undertone::segments;
use undertone::speakers::SpeakerProjection;
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

/// Bytes after a beginning that each format is told by.
fn any_bytes_as_segments(heads: &[&str], tiers: &[String]) {
    bolero::check!().for_each(|bytes: &[u8]| {
        for head in heads {
            if let Ok(found) = segments::parse(&[head.as_bytes(), bytes].concat(), tiers) {
                assert!(segments::check(&found).is_ok());
            }
        }
    });
}

#[test]
fn any_bytes_as_a_table_or_turns() {
    any_bytes_as_segments(&["", "start,end,speaker,channel,text\n", "start;end\n", "SPEAKER a 1 "], &[]);
}

#[test]
fn any_bytes_as_captions() {
    any_bytes_as_segments(
        &["1\n00:00:01,000 --> ", "WEBVTT\n\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v "],
        &[],
    );
}

#[test]
fn any_bytes_as_a_recognisers_json() {
    any_bytes_as_segments(&["[", "{\"segments\": [", "{\"transcription\": [{\"offsets\": {\"from\": "], &[]);
}

#[test]
fn any_bytes_as_a_textgrid() {
    let head = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n0\n9\n<exists>\n";
    let tier = format!("{head}1\n\"IntervalTier\"\n\"a\"\n0\n9\n");
    any_bytes_as_segments(&[head, &tier], &[]);
    any_bytes_as_segments(&[&tier], &["a".to_string()]);
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
    let keys = [key("format", false), key("curve-file", false), key("song", true)];
    bolero::check!().for_each(|bytes: &[u8]| {
        for head in ["", "format = ", "format = \"", "format = [", "song = ", "curve_file = ", "[format]\n"] {
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
