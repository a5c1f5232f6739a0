//! What the answers of a recording rest on, in one line: the adaptation of each speaker, and the prior.

use super::label::line;
use super::text::clock;
use crate::analysis::{AdaptationSource, Analysis, Speaker};

/// `this recording; prior auto`, or speaker by speaker where they differ: `agent: enrolled profile of 0:34.0 of speech; caller:
/// this recording; prior even`. None where nobody speaks.
pub fn basis(recording: &Analysis) -> Option<String> {
    let speakers = &recording.speakers;
    let first = speakers.first()?.adaptation.source;
    let alike = speakers.iter().all(|speaker| speaker.adaptation.source == first);
    let prior = format!("prior {}", recording.prior.name());
    if alike && first != AdaptationSource::Enrolled {
        return Some(format!("{}; {prior}", source(&speakers[0])));
    }
    let each = speakers.iter().map(|speaker| format!("{}: {}", line(&speaker.id), source(speaker)));
    Some(each.chain([prior]).collect::<Vec<_>>().join("; "))
}

fn source(speaker: &Speaker) -> String {
    match speaker.adaptation.source {
        AdaptationSource::None => "none".to_string(),
        AdaptationSource::Recording => "this recording".to_string(),
        AdaptationSource::Enrolled => {
            format!("enrolled profile of {} of speech", clock(speaker.adaptation.seconds))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::AdaptationUsed;
    use crate::prior::Prior;

    #[test]
    fn each_speaker_is_named_only_where_they_differ() {
        let said = |sources: &[AdaptationSource], prior: Prior| {
            let speaker = |(source, id): (&AdaptationSource, &str)| Speaker {
                id: id.to_string(),
                channel: 0,
                seconds: 9.0,
                adaptation: AdaptationUsed { source: *source, seconds: 34.0 },
                prior: Default::default(),
            };
            let speakers = sources.iter().zip(["agent", "caller"]).map(speaker).collect();
            basis(&Analysis { speakers, prior, ..Analysis::default() })
        };
        use AdaptationSource::{Enrolled, None as Unadapted, Recording};
        let cases = [
            (vec![], Prior::Auto, None),
            (vec![Recording], Prior::Auto, Some("this recording; prior auto")),
            (vec![Unadapted, Unadapted], Prior::Even, Some("none; prior even")),
            (
                vec![Enrolled, Recording],
                Prior::Conversation,
                Some(
                    "agent: enrolled profile of 0:34.0 of speech; caller: this recording; prior conversation",
                ),
            ),
        ];
        for (sources, prior, want) in cases {
            assert_eq!(said(&sources, prior).as_deref(), want);
        }
    }
}
