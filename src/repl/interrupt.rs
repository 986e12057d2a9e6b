//! Ctrl-C. At the prompt it is a key, and the line editor sees it; while something runs it is a signal, and sets a flag that
//! the run looks at between two gates.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::places;
use crate::experiment::Control;

/// Set by a signal, asked by the run.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether something runs.
static BUSY: AtomicBool = AtomicBool::new(false);

/// The session's script, for the recovery file of a process that is told to end.
static SCRIPT: Mutex<String> = Mutex::new(String::new());

/// What a signal does. While something runs it stops that; at the prompt no key sends one, so that it comes from outside
/// and means the end: the script is kept first.
pub fn on_signal() {
    if BUSY.load(Ordering::SeqCst) {
        INTERRUPTED.store(true, Ordering::SeqCst);
        return;
    }
    if let Ok(script) = SCRIPT.lock() {
        drop(places::keep(&script, "recovery.carom"));
    }
    std::process::exit(130);
}

/// Something runs until this is dropped.
pub(super) struct Busy(());

/// Says that something begins to run, with the script as it is before.
pub(super) fn begin(script: &str) -> Busy {
    remember(script);
    INTERRUPTED.store(false, Ordering::SeqCst);
    BUSY.store(true, Ordering::SeqCst);
    Busy(())
}

/// Keeps the script for a signal at the prompt.
pub(super) fn remember(script: &str) {
    if let Ok(mut kept) = SCRIPT.lock() {
        script.clone_into(&mut kept);
    }
}

impl Busy {
    /// What a run asks between two gates.
    pub(super) fn control<'c>(&self, progress: &'c (dyn Fn(u64, u64) + Sync)) -> Control<'c> {
        Control { interrupted: &|| INTERRUPTED.load(Ordering::Relaxed), progress }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::SeqCst);
    }
}
