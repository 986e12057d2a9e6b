//! Whether to stop: asked often enough that an interrupt is answered within some tens of milliseconds, and seldom enough
//! that the question costs nothing.

use std::cell::Cell;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Multiply-adds between two questions: a few milliseconds on one core. Code that is watched reports its work at
/// least this often.
pub(super) const BETWEEN: u64 = 1 << 22;

/// How often a calculation on a thread of its own is asked about: half a frame of a screen.
const POLL: Duration = Duration::from_millis(10);

/// The work was stopped on request; what it worked on is in no defined state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// A question whether to stop, and how much was done since it was last put.
pub struct Watch<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    /// Multiply-adds since the last question.
    spent: Cell<u64>,
    /// The most multiply-adds between two questions so far.
    #[cfg(test)]
    longest: Cell<u64>,
}

impl<'a> Watch<'a> {
    /// Work that ends early once `stop` returns true.
    #[must_use]
    pub fn new(stop: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self {
            stop,
            spent: Cell::new(0),
            #[cfg(test)]
            longest: Cell::new(0),
        }
    }

    /// Work that runs to its end.
    #[must_use]
    pub fn never() -> Watch<'static> {
        Watch::new(&|| false)
    }

    /// Puts the question.
    ///
    /// # Errors
    /// The answer was to stop.
    pub fn ask(&self) -> Result<(), Stopped> {
        #[cfg(test)]
        self.longest.set(self.longest.get().max(self.spent.get()));
        self.spent.set(0);
        if (self.stop)() { Err(Stopped) } else { Ok(()) }
    }

    /// Counts work, in multiply-adds, and puts the question when some millions of them were done since the last time.
    ///
    /// # Errors
    /// The answer was to stop.
    #[inline]
    pub fn spend(&self, work: usize) -> Result<(), Stopped> {
        let spent = self.spent.get().saturating_add(work as u64);
        self.spent.set(spent);
        if spent < BETWEEN { Ok(()) } else { self.ask() }
    }

    /// The question itself, for work on several threads.
    pub fn stop(&self) -> &'a (dyn Fn() -> bool + Sync) {
        self.stop
    }

    /// A calculation of about `work` multiply-adds inside of a library that cannot be stopped. A long one runs on a
    /// thread of its own; when the answer is to stop, that thread is abandoned: it ends by itself, or with the process.
    ///
    /// # Errors
    /// The answer was to stop.
    ///
    /// # Panics
    /// The calculation panicked.
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

    /// The most multiply-adds between two questions.
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
    fn the_question_is_put_once_per_quantum() {
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) == 2;
        let watch = Watch::new(&stop);
        let piece = BETWEEN / 8;
        let done = (1..).find(|_| watch.spend(usize::try_from(piece).unwrap()).is_err());
        assert_eq!((done, asked.load(Ordering::Relaxed), watch.longest()), (Some(24), 3, BETWEEN));
    }

    #[test]
    fn a_calculation_that_cannot_be_stopped_is_abandoned() {
        let (sender, receiver) = channel::<()>();
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) == 3;
        // It waits until the test is over.
        let stopped = Watch::new(&stop).aside(BETWEEN, move || receiver.recv().is_ok());
        assert_eq!(stopped, Err(Stopped));
        drop(sender);
        assert_eq!(Watch::never().aside(BETWEEN, || 3), Ok(3));
        assert_eq!(Watch::never().aside(0, || 3), Ok(3));
    }

    #[test]
    #[should_panic(expected = "a defect")]
    fn a_panic_of_a_calculation_is_passed_on() {
        let _ = Watch::never().aside(BETWEEN, || panic!("a defect"));
    }
}
