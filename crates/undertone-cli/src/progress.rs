//! Progress of a long job on standard error: how far, how fast against real time, how long still.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use undertone::units::Seconds;

/// Steps of the bar.
const STEPS: u64 = 1000;

/// Progress over recordings that are done one after the other. Cheap to copy: all copies draw the same line.
#[derive(Clone)]
pub struct Progress {
    bar: ProgressBar,
    pace: Pace,
    begun: Instant,
    count: usize,
    number: usize,
    current: u64,
}

/// What has been done and what is still to do; by bytes, as the length of a recording is not known before it is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pace {
    /// Seconds of audio heard in all.
    heard: f64,
    /// Bytes of recordings that are done.
    done: f64,
    /// Bytes of all recordings; 0 where unknown.
    all: f64,
}

impl Progress {
    /// Over these recordings; hidden where it is not wanted or standard error is no terminal.
    pub fn over(recordings: &[PathBuf], quiet: bool) -> Progress {
        let bar = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressBar::hidden(),
            false => {
                let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}");
                ProgressBar::new(STEPS).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            }
        };
        let all = recordings.iter().map(|path| size(path) as f64).sum();
        let pace = Pace { all, ..Pace::default() };
        Progress { bar, pace, begun: Instant::now(), count: recordings.len(), number: 0, current: 0 }
    }

    /// The next recording begins.
    pub fn begin(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or(path.as_os_str()).display();
        self.number += 1;
        self.current = size(path);
        self.bar.set_prefix(match self.count {
            0 | 1 => name.to_string(),
            count => format!("{}/{count} {name}", self.number),
        });
    }

    /// So much of the recording has been heard, of its whole length where that is known.
    pub fn heard(&self, heard: Seconds, whole: Option<Seconds>) {
        let part = whole.map_or(0.0, |whole| (heard.0 / whole.0.max(1e-9)).min(1.0));
        let Pace { heard: before, done, all } = self.pace;
        let pace = Pace { heard: before + heard.0, done: done + part * self.current as f64, all };
        self.bar.set_position((pace.part() * STEPS as f64) as u64);
        self.bar.set_message(pace.text(self.begun.elapsed()));
    }

    /// The recording is done and was so long.
    pub fn end(&mut self, seconds: f64) {
        self.pace.heard += seconds;
        self.pace.done += self.current as f64;
    }

    /// Does something else on the terminal while the line is away.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Pace {
    /// How much is done, 0…1.
    fn part(self) -> f64 {
        if self.all > 0.0 { (self.done / self.all).min(1.0) } else { 0.0 }
    }

    /// `12× real time, 3:05 left`; no time left where the whole is unknown or hardly begun.
    fn text(self, elapsed: Duration) -> String {
        let elapsed = elapsed.as_secs_f64();
        if elapsed <= 0.0 {
            return String::new();
        }
        let speed = self.heard / elapsed;
        let speed = format!("{speed:.*}× real time", usize::from(speed < 10.0));
        match self.part() {
            part if part >= 0.001 => format!("{speed}, {} left", clock(elapsed * (1.0 - part) / part)),
            _ => format!("{speed}, {} heard", clock(self.heard)),
        }
    }
}

/// Bytes of a file; 0 for what has none.
fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| if data.is_file() { data.len() } else { 0 })
}

/// `m:ss`, or `h:mm:ss` from an hour on.
fn clock(seconds: f64) -> String {
    let seconds = seconds.round().max(0.0) as u64;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_what_the_rest_takes_at_this_pace() {
        let pace = Pace { heard: 600.0, done: 25.0, all: 100.0 };
        assert_eq!(pace.text(Duration::from_secs(60)), "10× real time, 3:00 left");
        assert_eq!(pace.text(Duration::from_secs(2400)), "0.2× real time, 2:00:00 left");
        assert_eq!(Pace { done: 100.0, ..pace }.text(Duration::from_secs(60)), "10× real time, 0:00 left");
    }

    #[test]
    fn a_stream_of_unknown_length_says_how_much_was_heard() {
        let pace = Pace { heard: 90.0, ..Pace::default() };
        assert_eq!(pace.text(Duration::from_secs(60)), "1.5× real time, 1:30 heard");
        assert_eq!(pace.text(Duration::ZERO), "");
    }

    #[test]
    fn nothing_is_drawn_where_there_is_no_terminal_or_no_wish() {
        assert!(Progress::over(&[], true).bar.is_hidden());
    }
}
