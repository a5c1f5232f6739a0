//! Ctrl-C: the first leaves what is done, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signal_hook::consts::SIGINT;
use undertone::{Error, ErrorKind, Result};

/// The exit status of a program that was interrupted.
pub const STATUS: u8 = 130;
/// How often work under way is looked after.
const LOOK: Duration = Duration::from_millis(50);

/// Whether Ctrl-C was pressed.
#[derive(Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes Ctrl-C over from the system, once for the whole program.
    pub fn watch() -> Result<Interrupt> {
        static PRESSED: OnceLock<Interrupt> = OnceLock::new();
        if let Some(watched) = PRESSED.get() {
            return Ok(watched.clone());
        }
        let pressed = Arc::new(AtomicBool::new(false));
        // In this order: the press that sets the flag does not see it set.
        signal_hook::flag::register_conditional_shutdown(SIGINT, i32::from(STATUS), Arc::clone(&pressed))?;
        signal_hook::flag::register(SIGINT, Arc::clone(&pressed))?;
        Ok(PRESSED.get_or_init(|| Interrupt(pressed)).clone())
    }

    /// Whether it was pressed.
    pub fn pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does `work` on a thread of its own and waits for it; none where Ctrl-C came first: the work is left behind, even in the
    /// middle of a read that may never end, and goes when the program does.
    ///
    /// # Errors
    /// What the work answers; `Io` where it panicked.
    pub fn unless_pressed<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let (done, waiting) = channel();
        std::thread::spawn(move || {
            // Nobody waits any more where Ctrl-C came first.
            let _ = done.send(work());
        });
        loop {
            match waiting.recv_timeout(LOOK) {
                Ok(Ok(answer)) => return Ok(Some(answer)),
                // The terminal sends Ctrl-C to an ffmpeg too, which then fails.
                Ok(Err(_)) if self.pressed() => return Ok(None),
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) if self.pressed() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(
                        ErrorKind::Io,
                        "the analysis ended unexpectedly; please report it",
                    ));
                }
            }
        }
    }
}
