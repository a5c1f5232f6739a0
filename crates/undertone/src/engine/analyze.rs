//! Recordings → analyses: files, bytes and readers, with progress, events and an early end.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use super::Engine;
use super::event::{Event, Progress};
use super::options::{Options, StreamOptions};
use super::reading::Reading;
use super::stream::{Pace, Stream};
use crate::analysis::Analysis;
use crate::audio::{self, Recording, Source};
use crate::error::{Result, Warning, WarningCode};
use crate::units::SampleRate;

impl Engine {
    /// Analyses a file.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    ///
    /// ```no_run
    /// let analysis = undertone::Engine::embedded()?.analyze_path("interview.m4a")?;
    /// for span in &analysis.spans {
    ///     println!("{:.1}–{:.1} s: {}", span.start, span.end, span.emotion);
    /// }
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn analyze_path(&self, path: impl AsRef<Path>) -> Result<Analysis> {
        self.analyze(path.as_ref(), |_| ControlFlow::Continue(()))
    }

    /// Analyses the bytes of a whole file.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    ///
    /// ```
    /// # let received = std::fs::read("../../examples/conversation.wav")?;
    /// let analysis = undertone::Engine::embedded()?.analyze_bytes(received)?;
    /// assert!(analysis.speech_seconds > 15.0);
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn analyze_bytes(&self, bytes: impl Into<Vec<u8>>) -> Result<Analysis> {
        self.analyze(Source::Bytes(bytes.into()), |_| ControlFlow::Continue(()))
    }

    /// Analyses what is read from front to back: standard input, a socket.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    ///
    /// ```no_run
    /// let analysis = undertone::Engine::embedded()?.analyze_reader(std::io::stdin())?;
    /// println!("{}", analysis.summary.line);
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn analyze_reader(&self, reader: impl Read + Send + Sync + 'static) -> Result<Analysis> {
        self.analyze(Source::Reader(Box::new(reader)), |_| ControlFlow::Continue(()))
    }

    /// Analyses any source. `progress` is told how far it is after every quarter of a second of sound; when it answers
    /// [`ControlFlow::Break`] the analysis ends there, gives what is known so far and says so by [`WarningCode::Cancelled`].
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// # let call = std::fs::read("../../examples/conversation.wav")?;
    /// let engine = undertone::Engine::embedded()?;
    /// let analysis = engine.analyze(call, |progress| match progress.heard.0 > 5.0 {
    ///     true => ControlFlow::Break(()),
    ///     false => ControlFlow::Continue(()),
    /// })?;
    /// assert!(analysis.seconds < 6.0 && !analysis.spans.is_empty());
    /// assert_eq!(analysis.warnings[0].code, undertone::WarningCode::Cancelled);
    /// # Ok::<(), undertone::Error>(())
    /// ```
    pub fn analyze(
        &self,
        source: impl Into<Source>,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Analysis> {
        self.listen(source.into(), Pace::Whole, &mut progress, &mut |_| ControlFlow::Continue(()))
    }

    /// [`Engine::analyze`] for a source that somebody listens to: `event` is told what a live [`Stream`] tells, and may end it as
    /// `progress` does.
    ///
    /// # Errors
    /// What opening and decoding answer; see [`Recording::open`].
    pub fn follow(
        &self,
        source: impl Into<Source>,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
        mut event: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Analysis> {
        self.listen(source.into(), Pace::Live, &mut progress, &mut event)
    }

    fn listen(
        &self,
        source: Source,
        pace: Pace,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
        event: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Analysis> {
        let path = source.path().unwrap_or(Path::new("-")).to_path_buf();
        let (mut stream, mut reading) = self.opened(source, pace)?;
        let whole = reading.info().duration;
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue()
            && let Some(chunk) = reading.next().map_err(|error| error.at(&path))?
        {
            flow = stream.hear(&chunk.channels)?.into_iter().try_for_each(&mut *event);
            if flow.is_continue() {
                flow = progress(Progress { heard: stream.heard(), whole });
            }
        }
        if flow.is_break() {
            let message = format!(
                "the analysis was ended after {}; what was heard until then is in it",
                stream.heard()
            );
            stream.warn([Warning::new(WarningCode::Cancelled, message)]);
        }
        stream.warn(reading.warnings());
        let mut result = stream.finish_with(|last| {
            if flow.is_continue() {
                flow = event(last);
            }
        })?;
        result.path = path;
        Ok(result)
    }

    /// A stream, and what is read into it.
    pub(super) fn opened(&self, source: Source, pace: Pace) -> Result<(Stream, Reading)> {
        let Options { channels, track, ffmpeg, ffmpeg_fallback, .. } = *self.options();
        let options = audio::Options { channels, track, ffmpeg, ffmpeg_fallback };
        let recording = Recording::open(source, &options)?;
        let channels = recording.channels();
        let mut stream = Stream::new(self, StreamOptions { channels, rate: SampleRate::MODEL }, pace)?;
        let info = recording.info();
        stream.came_over(info.codec, info.rate);
        if self.options().channels == audio::Channels::Split && channels == 1 {
            let message = "the recording is mono: there is one channel, and nothing to split; \
                           to tell speakers apart in it use --speakers 2, or auto";
            stream.warn([Warning::new(WarningCode::Mono, message)]);
        }
        let reading = match self.threads() {
            1 => Reading::here(recording),
            _ => Reading::ahead(recording),
        };
        Ok((stream, reading))
    }
}
