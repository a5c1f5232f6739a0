//! What every container gives, whoever reads it: its audio tracks, and packet after packet.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::{Error as Symphonia, Result};
use symphonia::core::formats::{FormatReader, Track, TrackFlags, TrackType};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

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
    /// Whether its end cannot be told from its being cut off.
    endless: bool,
    /// Samples that its header claims, and samples that came.
    claimed: Option<u64>,
    came: u64,
    short: bool,
}

impl Library {
    /// `endless` says that the container does not know its own length, `unread` names a codec that the library does not know,
    /// `claimed` are the samples to come.
    pub(super) fn new(
        format: Box<dyn FormatReader>,
        endless: bool,
        unread: &str,
        claimed: Option<u64>,
    ) -> Library {
        let mut sounds = sounds(format.as_ref(), unread);
        if let (Some(claimed), Some(sound)) = (claimed, sounds.first_mut()) {
            let rate = sound.codec.as_ref().ok().and_then(|params| params.sample_rate);
            sound.duration = rate.map(|rate| Seconds(claimed as f64 / f64::from(rate.max(1))));
        }
        let bases =
            format.tracks().iter().filter_map(|track| track.time_base.map(|base| (track.id, base))).collect();
        Library { format, sounds, bases, start: None, endless, claimed, came: 0, short: false }
    }
}

fn sounds(format: &dyn FormatReader, unread: &str) -> Vec<Sound> {
    // A track whose codec the library does not know may be anything; it is sound where nothing else is.
    let known = |track: &Track| track.track_type() == Some(TrackType::Audio);
    let any = format.tracks().iter().any(known);
    let unknown = |track: &Track| !any && !unread.is_empty() && track.track_type().is_none();
    let sound = |track: &Track| Sound {
        id: track.id,
        codec: match &track.codec_params {
            Some(CodecParameters::Audio(params)) => Ok(params.clone()),
            _ => Err(unread.to_owned()),
        },
        base: track.time_base,
        duration: track
            .time_base
            .zip(track.duration)
            .and_then(|(base, duration)| base.calc_duration(duration))
            .map(|time| Seconds(time.as_secs_f64())),
        default: track.flags.contains(TrackFlags::DEFAULT),
        partial: false,
    };
    format.tracks().iter().filter(|track| known(track) || unknown(track)).map(sound).collect()
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
            Err(Symphonia::IoError(error))
                if self.endless && error.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                Ok(None)
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
