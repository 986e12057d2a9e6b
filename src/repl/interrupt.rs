//! Ctrl-C. At the prompt it is a key, and the line editor sees it; while something runs it is a signal, and sets a flag that
//! the run looks at between two gates.
//!
//! Between the two the terminal sends a signal although nothing runs. So a signal means the end of the process only where
//! no key can have sent it: when the prompt has stood for a while, and still stands a moment later.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::places;
use crate::experiment::Control;

/// Set by a signal, asked by the run.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What is waited for, if anything is.
static WAITING: Mutex<Option<Waiting>> = Mutex::new(None);

/// The line editor takes the terminal over, and gives it back, in less.
const MOMENT: Duration = Duration::from_millis(200);

/// Somebody is to type, or to send, a line.
struct Waiting {
    since: Instant,
    /// Whether a key cannot be what sends a signal.
    piped: bool,
    /// The session's script, for the recovery file.
    script: String,
}

/// What a signal does: it stops what runs. Where nothing runs it came from outside, and ends the process; the script is
/// kept first.
pub fn on_signal() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    let Some(since) = ends() else { return };
    std::thread::sleep(MOMENT / 4);
    if ends() != Some(since) {
        return;
    }
    if let Some(Waiting { piped: false, script, .. }) = waiting().as_ref() {
        drop(places::keep(script, "recovery.carom"));
    }
    std::process::exit(130);
}

/// Since when the process has waited, if a signal now means its end.
fn ends() -> Option<Instant> {
    waiting().as_ref().filter(|w| w.piped || w.since.elapsed() > MOMENT).map(|w| w.since)
}

fn waiting() -> std::sync::MutexGuard<'static, Option<Waiting>> {
    WAITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Registers that a line is waited for while the closure runs. The closure, or its caller, calls [`line_taken`] when the line
/// is there.
pub(super) fn while_waiting<T>(script: &str, piped: bool, wait: impl FnOnce() -> T) -> T {
    *waiting() = Some(Waiting { since: Instant::now(), piped, script: script.to_string() });
    let line = wait();
    *waiting() = None;
    line
}

/// Forgets earlier interrupts: every one from now on is meant for the line that was just entered. On a terminal this is
/// called while Ctrl-C is still a key, so that no signal is lost between the line and its run.
pub(super) fn line_taken() {
    INTERRUPTED.store(false, Ordering::SeqCst);
}

/// What a run asks between two gates.
pub(super) fn control<'c>(progress: &'c (dyn Fn(u64, u64) + Sync)) -> Control<'c> {
    Control { interrupted: &|| INTERRUPTED.load(Ordering::Relaxed), progress }
}
