//! Ctrl-C while something runs.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C; read before every collision.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The first Ctrl-C ends the run and keeps what was computed; the second ends the process.
pub(super) fn catch_interrupts() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Without a handler the run works all the same; it only cannot keep a half-done series.
    drop(ctrlc::set_handler(handler));
}

pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
