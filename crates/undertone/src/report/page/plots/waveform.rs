//! The waveform's outline, one panel per channel.

use std::fmt::Write;

use super::frame::Panel;
use super::pieces::MOST;
use crate::analysis::Analysis;
use crate::report::text::clock;

/// Pixels.
const HEIGHT: f64 = 56.0;
/// Units across and from the middle up, inside the drawing.
const ACROSS: f64 = 10_000.0;
const UP: f32 = 100.0;
/// A recording quieter than this is not made to look loud.
const LEAST_PEAK: f32 = 0.01;

/// One panel a channel, all to one scale; none where no sound was kept.
pub fn panels(recording: &Analysis) -> Vec<Panel> {
    let envelope = &recording.envelope;
    let channels = envelope.channels();
    let peak = channels.iter().flatten().map(|step| step[1].max(-step[0])).fold(LEAST_PEAK, f32::max);
    let named = channels.len() > 1;
    let panel = |(number, steps): (usize, &Vec<[f32; 2]>)| Panel {
        caption: if named { channel(recording, number) } else { String::new() },
        words: format!("The outline of the sound over {}.", clock(recording.seconds)),
        height: HEIGHT,
        square: false,
        body: outline(steps, envelope.step().0, recording.seconds, peak),
    };
    channels.iter().enumerate().filter(|(_, steps)| !steps.is_empty()).map(panel).collect()
}

/// A channel's name: its only speaker's, or its number.
fn channel(recording: &Analysis, number: usize) -> String {
    let mut here = recording.speakers.iter().filter(|speaker| speaker.channel == number);
    match (here.next(), here.next()) {
        (Some(one), None) => crate::report::label::line(&one.id),
        _ => format!("channel {}", number + 1),
    }
}

/// The largest samples from left to right and the smallest back; steps join where there are more than can be seen.
fn outline(steps: &[[f32; 2]], step: f64, seconds: f64, peak: f32) -> String {
    let size = steps.len().div_ceil(MOST);
    let join = |group: &[[f32; 2]]| {
        group.iter().fold([f32::MAX, f32::MIN], |all, one| [all[0].min(one[0]), all[1].max(one[1])])
    };
    let joined: Vec<[f32; 2]> = steps.chunks(size).map(join).collect();
    let x =
        |at: usize| ((at as f64 + 0.5) * size as f64 * step / seconds.max(1e-9) * ACROSS).min(ACROSS).round();
    let y = |value: f32| (UP - UP * value / peak).round();
    let mut path = String::new();
    for (at, one) in joined.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if at == 0 { 'M' } else { 'L' }, x(at), y(one[1]) - 0.5);
    }
    for (at, one) in joined.iter().enumerate().rev() {
        let _ = write!(path, "L{} {}", x(at), y(one[0]) + 0.5);
    }
    format!(
        "<line x1=\"0\" x2=\"100%\" y1=\"50%\" y2=\"50%\" class=\"zero\"/><svg width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 \
         {ACROSS} {}\" preserveAspectRatio=\"none\"><path d=\"{path}Z\" class=\"wave\"/></svg>",
        2.0 * UP
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_goes_over_the_tops_and_back_under_the_bottoms() {
        let drawn = outline(&[[-0.5, 1.0], [-1.0, 0.0]], 1.0, 2.0, 1.0);
        assert!(drawn.contains("d=\"M2500 -0.5L7500 99.5L7500 200.5L2500 150.5Z\""), "{drawn}");
        let long = vec![[-0.1, 0.1]; 4000];
        assert!(outline(&long, 1.0, 4000.0, 0.1).matches('L').count() <= 2 * MOST);
    }
}
