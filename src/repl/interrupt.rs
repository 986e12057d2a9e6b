//! Ctrl-C. At the prompt it is a key for the line editor. During a run it is a signal, and sets a flag that the run checks
//! between two gates.
//!
//! Shortly before and after the prompt, Ctrl-C also sends a signal although nothing runs. Therefore a signal ends the
//! process only if no key can have sent it: the prompt has been active for a while, and is still active a moment later.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::places;
use crate::experiment::Control;

/// Set when a signal arrives; checked by the run.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The current wait for a line, or `None` while a line runs.
static WAITING: Mutex<Option<Waiting>> = Mutex::new(None);

/// A time longer than the line editor needs to take over the terminal or to give it back.
const MOMENT: Duration = Duration::from_millis(200);

/// A wait for a line.
struct Waiting {
    since: Instant,
    /// Whether lines come from a pipe, so that no key can send a signal.
    piped: bool,
    /// The session's script, for the recovery file.
    script: String,
}

/// Handles a signal, which stops a run. If nothing runs, the signal came from another process; the script is then
/// saved, and the process ends.
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

/// When the current wait began, if a signal now ends the process.
fn ends() -> Option<Instant> {
    waiting().as_ref().filter(|w| w.piped || w.since.elapsed() > MOMENT).map(|w| w.since)
}

fn waiting() -> std::sync::MutexGuard<'static, Option<Waiting>> {
    WAITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Records that the process waits for a line while the closure runs. The closure, or its caller, calls [`line_taken`]
/// when the line has arrived.
pub(super) fn while_waiting<T>(script: &str, piped: bool, wait: impl FnOnce() -> T) -> T {
    *waiting() = Some(Waiting { since: Instant::now(), piped, script: script.to_string() });
    let line = wait();
    *waiting() = None;
    line
}

/// Discards earlier interrupts: from now on each one is meant for the line that was just entered. On a terminal this is
/// called while Ctrl-C is still a key, so that no signal is lost between the line and its run.
pub(super) fn line_taken() {
    INTERRUPTED.store(false, Ordering::SeqCst);
}

/// The checks that a run makes between two gates.
pub(super) fn control<'c>(progress: &'c (dyn Fn(u64, u64) + Sync)) -> Control<'c> {
    Control { interrupted: &|| INTERRUPTED.load(Ordering::Relaxed), progress }
}
