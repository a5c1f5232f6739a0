//! What every container gives, whoever reads it: its audio tracks, and packet after packet.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::{Error as Symphonia, Result};
use symphonia::core::formats::{FormatReader, Track, TrackFlags};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::{matroska, names};
use crate::units::Seconds;

/// What was tolerated while reading.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Damage {
    pub skipped: u64,
    pub truncated: bool,
}

/// An audio track.
pub(super) struct Sound {
    pub id: u32,
    /// What its decoder has to know, or the name of a codec that is not read here.
    pub codec: std::result::Result<AudioCodecParameters, String>,
    /// What the packets' time stamps count; none where they are not followed.
    pub base: Option<TimeBase>,
    pub duration: Option<Seconds>,
    /// Whether the container prefers it.
    pub default: bool,
    /// Whether the codec's decoder here gives less than there is: HE-AAC, of which it hears half the band.
    pub partial: bool,
}

impl Sound {
    /// The only track of a plain stream.
    pub(super) fn only(codec: std::result::Result<AudioCodecParameters, String>) -> Sound {
        Sound { id: 0, codec, base: None, duration: None, default: true, partial: false }
    }
}

/// A container that is being read.
pub(super) trait Demux: Send + Sync {
    /// The container's short name.
    fn name(&self) -> &'static str;

    /// The audio tracks; others after [`Symphonia::ResetRequired`].
    fn sounds(&self) -> &[Sound];

    /// The next packet of any track, none at the end.
    ///
    /// # Errors
    /// [`Symphonia::ResetRequired`] where the codec's parameters change; everything else ends the recording.
    fn next(&mut self) -> Result<Option<Packet>>;

    /// When the container's clock starts, in seconds; none where it does not count.
    fn start(&self) -> Option<f64> {
        None
    }

    /// What is wrong with it, so far.
    fn damage(&self) -> Damage {
        Damage::default()
    }
}

/// A container read by the library.
pub(super) struct Library {
    format: Box<dyn FormatReader>,
    sounds: Vec<Sound>,
    /// The time bases of all tracks, sound or not.
    bases: Vec<(u32, TimeBase)>,
    start: Option<f64>,
    /// Samples that its header claims, and samples that came.
    claimed: Option<u64>,
    came: u64,
    short: bool,
}

impl Library {
    /// A container whose first codec is called `unread` where the library knows no sound in it.
    pub(super) fn new(format: Box<dyn FormatReader>, unread: &str) -> Library {
        let sounds = sounds(format.as_ref(), unread);
        let bases =
            format.tracks().iter().filter_map(|track| track.time_base.map(|base| (track.id, base))).collect();
        Library { format, sounds, bases, start: None, claimed: None, came: 0, short: false }
    }

    /// Says how many samples there should be.
    pub(super) fn claims(mut self, samples: Option<u64>) -> Library {
        self.claimed = samples;
        if let (Some(samples), Some(sound)) = (samples, self.sounds.first_mut()) {
            let rate = sound.codec.as_ref().ok().and_then(|params| params.sample_rate);
            sound.duration = rate.map(|rate| Seconds(samples as f64 / f64::from(rate.max(1))));
        }
        self
    }

    /// Adds what the head of a Matroska file says of its tracks.
    pub(super) fn described(mut self, entries: Vec<matroska::Entry>) -> Library {
        let mut known = std::mem::take(&mut self.sounds);
        for entry in entries.into_iter().filter(|entry| entry.sound) {
            let at = known.iter().position(|sound| sound.id == entry.number);
            let mut sound = at.map_or_else(
                || Sound { id: entry.number, ..Sound::only(Err(names::matroska(&entry.codec))) },
                |at| known.remove(at),
            );
            sound.default = entry.default;
            if entry.encrypted {
                sound.codec = Err(names::ENCRYPTED.to_owned());
            }
            self.sounds.push(sound);
        }
        self.sounds.append(&mut known);
        self
    }
}

fn sounds(format: &dyn FormatReader, unread: &str) -> Vec<Sound> {
    let sound = |track: &Track| {
        let Some(CodecParameters::Audio(params)) = &track.codec_params else { return None };
        Some(Sound {
            id: track.id,
            codec: Ok(params.clone()),
            base: track.time_base,
            duration: track
                .time_base
                .zip(track.duration)
                .and_then(|(base, duration)| base.calc_duration(duration))
                .map(|time| Seconds(time.as_secs_f64())),
            default: track.flags.contains(TrackFlags::DEFAULT),
            partial: false,
        })
    };
    let mut sounds: Vec<Sound> = format.tracks().iter().filter_map(sound).collect();
    if sounds.is_empty() && !unread.is_empty() {
        sounds.push(Sound::only(Err(unread.to_owned())));
    }
    sounds
}

impl Demux for Library {
    fn name(&self) -> &'static str {
        self.format.format_info().short_name
    }

    fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    fn next(&mut self) -> Result<Option<Packet>> {
        match self.format.next_packet() {
            Ok(Some(packet)) => {
                let base = self.bases.iter().find(|(id, _)| *id == packet.track_id).map(|(_, base)| *base);
                if let Some(time) = base.and_then(|base| base.calc_time(packet.pts)) {
                    let time = time.as_secs_f64();
                    self.start = Some(self.start.map_or(time, |start| start.min(time)));
                }
                self.came = self.came.saturating_add(packet.dur.get());
                Ok(Some(packet))
            }
            Err(Symphonia::ResetRequired) => {
                self.sounds = sounds(self.format.as_ref(), "");
                self.start = None;
                Err(Symphonia::ResetRequired)
            }
            other => {
                self.short = self.claimed.is_some_and(|claimed| self.came < claimed);
                other
            }
        }
    }

    fn start(&self) -> Option<f64> {
        self.start
    }

    fn damage(&self) -> Damage {
        Damage { skipped: 0, truncated: self.short }
    }
}
