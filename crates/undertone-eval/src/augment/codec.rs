//! A low-bit-rate speech codec: through Opus and back.

use ropus::{Application, Bitrate, Channels, DecodeMode, Decoder, Encoder};

/// Samples of a frame: 20 ms at 16 kHz.
const FRAME: usize = 320;
/// Bytes of the largest packet.
const PACKET: usize = 1500;

/// Through Opus (RFC 6716, for voice, 20 ms frames) at so many kilobits per second, its delay taken out. A waveform that the
/// codec refuses comes back as it is.
pub(super) fn through(waveform: &[f32], kilobits: f32) -> Vec<f32> {
    coded(waveform, kilobits).unwrap_or_else(|| waveform.to_vec())
}

fn coded(waveform: &[f32], kilobits: f32) -> Option<Vec<f32>> {
    let bits = Bitrate::Bits((kilobits * 1000.0) as u32);
    let mut encoder =
        Encoder::builder(16_000, Channels::Mono, Application::Voip).bitrate(bits).build().ok()?;
    let mut decoder = Decoder::new(16_000, Channels::Mono).ok()?;
    let delay = encoder.lookahead() as usize;
    let mut packet = [0; PACKET];
    let mut out = Vec::with_capacity(waveform.len() + 2 * FRAME);
    for start in (0..waveform.len() + delay).step_by(FRAME) {
        let mut frame = [0.0; FRAME];
        let inside = waveform.iter().skip(start).take(FRAME);
        frame.iter_mut().zip(inside).for_each(|(to, from)| *to = from.clamp(-1.0, 1.0));
        let bytes = encoder.encode_float(&frame, &mut packet).ok()?;
        let mut decoded = [0.0; FRAME];
        decoder.decode_float(&packet[..bytes], &mut decoded, DecodeMode::Normal).ok()?;
        out.extend(decoded);
    }
    out.drain(..delay.min(out.len()));
    out.truncate(waveform.len());
    Some(out)
}
