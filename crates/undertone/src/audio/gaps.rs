//! Gaps in a container's clock: how much silence stands for each, and one line for all of them.

use crate::error::{Warning, WarningCode};
use crate::units::Seconds;

/// A jump of the container's clock longer than this is silence, not jitter.
const SHORTEST: Seconds = Seconds(0.1);
/// Silence that any recording may have.
const FREE: Seconds = Seconds(600.0);
/// More silence for each second of sound before it: a recorder started by sound pauses for hours, but a clock that
/// jumps by hours after a moment of sound is broken, and so are small files of nothing but gaps.
const PER_SECOND_OF_SOUND: f64 = 60.0;

/// Counts gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    /// Silence before the first sound: the track starts later than its container.
    lead: f64,
    kept: Sum,
    left_out: Sum,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    seconds: f64,
}

impl Sum {
    fn add(&mut self, gap: Seconds) {
        self.count += 1;
        self.seconds += gap.0;
    }

    fn words(&self) -> String {
        match self.count {
            1 => format!("a gap of {} was", Seconds(self.seconds)),
            n => format!("{n} gaps, {} in all, were", Seconds(self.seconds)),
        }
    }
}

impl Gaps {
    /// The silence that stands for a jump ahead of the clock, after so much sound.
    pub(super) fn silence(&mut self, gap: Seconds, sound: Seconds) -> Seconds {
        if gap <= SHORTEST {
            return Seconds(0.0);
        }
        if self.kept.seconds + gap.0 > FREE.0 + PER_SECOND_OF_SOUND * sound.0 {
            self.left_out.add(gap);
            return Seconds(0.0);
        }
        self.kept.add(gap);
        gap
    }

    /// The silence that stands before the first sound, where it starts so much later than its container.
    pub(super) fn lead(&mut self, gap: Seconds) -> Seconds {
        if gap > FREE {
            return self.silence(gap, Seconds(0.0));
        }
        self.lead = gap.0;
        gap
    }

    /// What is worth telling: one line for the gaps kept, one for those left out.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Warning> + use<> {
        let lead = (self.lead > SHORTEST.0).then(|| {
            let message =
                format!("its sound starts {} after its beginning; silence stands there", Seconds(self.lead));
            Warning::new(WarningCode::Gap, message)
        });
        let kept = (self.kept.count > 0)
            .then(|| Warning::new(WarningCode::Gap, format!("{} kept as silence", self.kept.words())));
        let left_out = (self.left_out.count > 0).then(|| {
            let message = format!(
                "{} left out: the container's clock jumps ahead further than its sound explains",
                self.left_out.words()
            );
            Warning::new(WarningCode::Clock, message)
        });
        lead.into_iter().chain(kept).chain(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_gaps_are_one_line() {
        let mut gaps = Gaps::default();
        for second in 0..100 {
            assert_eq!(gaps.silence(Seconds(0.15), Seconds(f64::from(second))).0, 0.15);
        }
        assert_eq!(gaps.silence(Seconds(0.05), Seconds(100.0)).0, 0.0);
        let told: Vec<String> = gaps.warnings().map(|warning| warning.message).collect();
        assert_eq!(told, ["100 gaps, 15.00 s in all, were kept as silence"]);
    }

    #[test]
    fn hours_of_silence_need_minutes_of_sound() {
        let mut gaps = Gaps::default();
        let hour = Seconds(3600.0);
        assert_eq!(gaps.silence(hour, Seconds(1.0)).0, 0.0);
        assert_eq!(gaps.silence(hour, Seconds(60.0)).0, 3600.0);
        assert_eq!(gaps.silence(hour, Seconds(60.0)).0, 0.0);
        let codes: Vec<WarningCode> = gaps.warnings().map(|warning| warning.code).collect();
        assert_eq!(codes, [WarningCode::Gap, WarningCode::Clock]);
    }
}
