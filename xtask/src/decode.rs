//! Decodes recordings and prints their length.

/// One line or more per file.
pub fn run(files: &[String]) {
    for path in files {
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
