//! Checks for an interrupt: often enough to respond within a few tens of milliseconds, and rarely enough that the
//! checks cost nothing.

use std::cell::Cell;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Multiply-adds between two checks: a few milliseconds on one core. Watched code must report its work at least this
/// often.
pub(super) const BETWEEN: u64 = 1 << 22;

/// The time between two checks while a calculation runs on a thread of its own: about half a frame of a screen.
const POLL: Duration = Duration::from_millis(10);

/// The work was stopped on request; the data that it changes is left undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// A check for an interrupt, with a count of the work done since the last check.
pub struct Watch<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    /// Multiply-adds since the last check.
    spent: Cell<u64>,
    /// The most multiply-adds between two checks so far.
    #[cfg(test)]
    longest: Cell<u64>,
}

impl<'a> Watch<'a> {
    /// A watch over work that ends early once `stop` returns true.
    #[must_use]
    pub fn new(stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self {
            stop,
            spent: Cell::new(0),
            #[cfg(test)]
            longest: Cell::new(0),
        }
    }

    /// A watch over work that is never interrupted.
    #[must_use]
    pub fn never() -> Watch<'static> {
        Watch::new(&|| false)
    }

    /// Checks for an interrupt.
    ///
    /// # Errors
    /// [`Stopped`]
    pub fn ask(&self) -> Result<(), Stopped> {
        #[cfg(test)]
        self.longest.set(self.longest.get().max(self.spent.get()));
        self.spent.set(0);
        if (self.stop)() { Err(Stopped) } else { Ok(()) }
    }

    /// Counts work, in multiply-adds, and checks for an interrupt after every few million of them.
    ///
    /// # Errors
    /// [`Stopped`]
    #[inline]
    pub fn spend(&self, work: usize) -> Result<(), Stopped> {
        let spent = self.spent.get().saturating_add(work as u64);
        self.spent.set(spent);
        if spent < BETWEEN { Ok(()) } else { self.ask() }
    }

    /// The check itself, for work on several threads.
    pub fn stop(&self) -> &'a (dyn Fn() -> bool + Sync) {
        self.stop
    }

    /// Runs a library calculation of about `work` multiply-adds that cannot be stopped. A long calculation runs on a
    /// thread of its own. On an interrupt that thread is abandoned: it ends by itself, or with the process.
    ///
    /// # Errors
    /// [`Stopped`]
    ///
    /// # Panics
    /// If the calculation panics.
    pub fn aside<T: Send + 'static>(
        &self,
        work: u64,
        calculation: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        self.ask()?;
        if work < BETWEEN {
            return Ok(calculation());
        }
        let (sender, receiver) = channel();
        let worker = std::thread::spawn(move || drop(sender.send(calculation())));
        loop {
            match receiver.recv_timeout(POLL) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => self.ask()?,
                Err(RecvTimeoutError::Disconnected) => match worker.join() {
                    Err(panic) => std::panic::resume_unwind(panic),
                    Ok(()) => unreachable!("a worker that ends has sent its result"),
                },
            }
        }
    }

    /// The most multiply-adds between two checks.
    #[cfg(test)]
    pub(super) fn longest(&self) -> u64 {
        self.longest.get().max(self.spent.get())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn one_check_per_interval() {
        let checks = AtomicUsize::new(0);
        let stop = || checks.fetch_add(1, Ordering::Relaxed) == 2;
        let watch = Watch::new(&stop);
        let piece = BETWEEN / 8;
        let done = (1..).find(|_| watch.spend(usize::try_from(piece).unwrap()).is_err());
        assert_eq!((done, checks.load(Ordering::Relaxed), watch.longest()), (Some(24), 3, BETWEEN));
    }

    #[test]
    fn a_calculation_that_cannot_be_stopped_is_abandoned() {
        let (sender, receiver) = channel::<()>();
        let checks = AtomicUsize::new(0);
        let stop = || checks.fetch_add(1, Ordering::Relaxed) == 3;
        // The calculation waits until the end of the test.
        let stopped = Watch::new(&stop).aside(BETWEEN, move || receiver.recv().is_ok());
        assert_eq!(stopped, Err(Stopped));
        drop(sender);
        assert_eq!(Watch::never().aside(BETWEEN, || 3), Ok(3));
        assert_eq!(Watch::never().aside(0, || 3), Ok(3));
    }

    #[test]
    #[should_panic(expected = "a defect")]
    fn a_panic_of_the_calculation_propagates() {
        let _ = Watch::never().aside(BETWEEN, || panic!("a defect"));
    }
}
