//! Handling of Ctrl-C during a run.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C; read before every collision.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler: the first Ctrl-C ends the run and keeps the results so far, the second ends the process.
pub(super) fn catch_interrupts() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Without a handler the run still works, but Ctrl-C discards the series.
    drop(ctrlc::set_handler(handler));
}

pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
