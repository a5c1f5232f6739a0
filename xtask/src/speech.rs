//! Prints the speech found in recordings, as CSV.

/// One line or more per file.
pub fn run(files: &[String]) {
    println!("path,seconds,start,end");
    for path in files {
        match undertone::audio::read(path.as_str()) {
            Ok(waveform) => {
                let seconds = waveform.duration().0;
                println!("{path},{seconds:.3},,");
                for segment in undertone::speech::segments(waveform.samples(), &Default::default()) {
                    println!("{path},{seconds:.3},{:.3},{:.3}", segment.start.0, segment.end.0);
                }
            }
            Err(error) => eprintln!("{error}"),
        }
    }
}
