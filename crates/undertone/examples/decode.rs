//! Decodes recordings and prints their length: `cargo run --release --example decode -- FILE…`
#![allow(clippy::print_stdout)]

fn main() {
    for path in std::env::args().skip(1) {
        match undertone::audio::read(path.as_str()) {
            Ok(waveform) => {
                let rms = waveform.samples().iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
                let n = waveform.samples().len();
                println!("{path} {n} {:.6}", (rms / n as f64).sqrt());
            }
            Err(error) => println!("{error}"),
        }
    }
}
