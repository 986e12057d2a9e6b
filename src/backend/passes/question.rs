//! The check for an interrupt, shared by all threads.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::backend::{Stopped, Watch};

/// The check for an interrupt, shared by all threads: once one thread is told to stop, all threads stop.
pub(in crate::backend) struct Question<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    stopped: AtomicBool,
}

impl<'a> Question<'a> {
    pub(in crate::backend) fn new(watch: &Watch<'a>) -> Self {
        Self { stop: watch.stop(), stopped: AtomicBool::new(false) }
    }

    /// Whether to stop, leaving the rest undone.
    pub(in crate::backend) fn ends(&self) -> bool {
        let stopped = self.stopped.load(Ordering::Relaxed) || (self.stop)();
        if stopped {
            self.stopped.store(true, Ordering::Relaxed);
        }
        stopped
    }

    /// The end of the work.
    ///
    /// # Errors
    /// [`Stopped`], if it was left undone.
    pub(in crate::backend) fn answer(self) -> Result<(), Stopped> {
        if self.stopped.into_inner() { Err(Stopped) } else { Ok(()) }
    }
}
