//! The progress of long work on standard error: a bar on a terminal, otherwise a line every ten seconds.
//!
//! A thread of its own shows the progress, so that it also moves while a single collision or point takes long.

use std::io::IsTerminal;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::console::Console;

/// Shorter work shows no bar.
const MOMENT: Duration = Duration::from_secs(1);
/// Time between two updates of the bar.
const FRAME: Duration = Duration::from_millis(100);
/// Time between two lines if standard error is not a terminal.
const EVERY: Duration = Duration::from_secs(10);

/// The progress of a piece of work, shown until it is dropped.
pub(super) struct Progress {
    shared: Arc<Shared>,
    shown_by: Option<JoinHandle<()>>,
}

/// What is being done.
pub(super) struct Work {
    /// Name of the experiment, or number of experiments.
    pub(super) name: String,
    /// What its parts are called: points, trajectories or collisions.
    pub(super) noun: &'static str,
    /// What happens before the first part, such as `computing the spectrum`.
    pub(super) before: &'static str,
    /// The number of tasks that report their parts separately.
    pub(super) tasks: usize,
}

impl Work {
    /// One task whose parts are counted.
    pub(super) fn one(name: &str, noun: &'static str) -> Self {
        Self { name: name.to_string(), noun, before: "preparing", tasks: 1 }
    }
}

struct Shared {
    work: Work,
    start: Instant,
    /// The counts of each task; `None` before its first report.
    counts: Mutex<Vec<Option<Counts>>>,
    ended: Mutex<bool>,
    wake: Condvar,
}

/// Numbers of parts.
#[derive(Debug, Clone, Copy)]
struct Counts {
    /// Parts that were done at the first report, because a journal held them.
    known: u64,
    /// Parts that are done, including those.
    done: u64,
    /// All parts.
    total: u64,
    /// The time of the first report.
    since: Instant,
}

impl Progress {
    /// Begins to show the progress of work, unless `quiet`.
    pub(super) fn new(work: Work, quiet: bool) -> Self {
        let counts = Mutex::new(vec![None; work.tasks]);
        let shared =
            Arc::new(Shared { work, start: Instant::now(), counts, ended: Mutex::new(false), wake: Condvar::new() });
        let show = || {
            let shared = shared.clone();
            // Without a thread the work still runs, without progress.
            std::thread::Builder::new().spawn(move || shared.show(std::io::stderr().is_terminal())).ok()
        };
        Self { shown_by: if quiet { None } else { show() }, shared }
    }

    /// Reports that `done` of `total` parts of the only task are done.
    pub(super) fn tell(&self, done: u64, total: u64) {
        self.tell_of(0, done, total);
    }

    /// Reports that `done` of `total` parts of a task are done.
    pub(super) fn tell_of(&self, task: usize, done: u64, total: u64) {
        let mut counts = locked(&self.shared.counts);
        let count = counts[task].get_or_insert_with(|| Counts { known: done, done, total, since: Instant::now() });
        // Several threads report; the last report need not be the largest.
        (count.done, count.total) = (count.done.max(done), total);
    }

    /// Removes the bar.
    pub(super) fn finish(&mut self) {
        *locked(&self.shared.ended) = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.shown_by.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A lock that a panic elsewhere does not poison: the counts are valid at any time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Shows the progress until the work has ended.
    fn show(&self, terminal: bool) {
        let (mut wait, every) = if terminal { (MOMENT, FRAME) } else { (EVERY, EVERY) };
        let mut bar: Option<ProgressBar> = None;
        let mut ended = locked(&self.ended);
        loop {
            ended =
                self.wake.wait_timeout_while(ended, wait, |ended| !*ended).unwrap_or_else(PoisonError::into_inner).0;
            if *ended {
                break;
            }
            let counts = total(&locked(&self.counts));
            if terminal {
                self.draw(bar.get_or_insert_with(|| ProgressBar::new(0)), counts);
            } else {
                Console::progress(&line(&self.work, counts, self.start.elapsed()));
            }
            wait = every;
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }

    fn draw(&self, bar: &ProgressBar, counts: Option<Counts>) {
        let template = match counts {
            Some(_) => "{prefix} [{bar:30}] {msg}",
            None => "{prefix} {spinner} {msg}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        bar.set_style(style.progress_chars("━━ "));
        bar.set_prefix(self.work.name.clone());
        bar.set_message(status(&self.work, counts, self.start.elapsed()));
        if let Some(Counts { done, total, .. }) = counts {
            bar.set_length(total);
            bar.set_position(done);
        }
        bar.tick();
    }
}

/// The sum over the tasks that have begun; `None` before the first.
fn total(counts: &[Option<Counts>]) -> Option<Counts> {
    counts.iter().flatten().copied().reduce(|a, b| Counts {
        known: a.known + b.known,
        done: a.done + b.done,
        total: a.total.saturating_add(b.total),
        since: a.since.min(b.since),
    })
}

/// The line of progress after the wall time `taken`.
fn line(work: &Work, counts: Option<Counts>, taken: Duration) -> String {
    format!("{}: {}", work.name, status(work, counts, taken))
}

/// `50 of 100 points, 5.0/s, 10 s left`. Only the parts that this process has computed count for the rate.
fn status(work: &Work, counts: Option<Counts>, taken: Duration) -> String {
    let Some(Counts { known, done, total, since }) = counts else {
        return format!("{}, {} so far", work.before, time(taken));
    };
    let (computed, taken) = (done.saturating_sub(known), since.elapsed().min(taken));
    let parts = format!("{done} of {total} {}", work.noun);
    if computed == 0 {
        return format!("{parts}, {} so far", time(taken));
    }
    let rate = computed as f64 / taken.as_secs_f64().max(1e-9);
    let left = Duration::try_from_secs_f64(total.saturating_sub(done) as f64 / rate).unwrap_or(Duration::MAX);
    format!("{parts}, {}, about {} left", per_time(rate), time(left))
}

/// A rate with two digits: `350/s`, `1.2/s`, `5/min` or `0.2/min`.
fn per_time(rate: f64) -> String {
    match rate {
        10.0.. => format!("{rate:.0}/s"),
        1.0..10.0 => format!("{rate:.1}/s"),
        _ if rate * 60.0 >= 1.0 => format!("{:.0}/min", rate * 60.0),
        _ => format!("{:.1}/h", rate * 3600.0),
    }
}

fn time(duration: Duration) -> String {
    match duration.as_secs() {
        s @ 0..100 => format!("{s} s"),
        s @ 100..6000 => format!("{} min", s.div_ceil(60)),
        s => format!("{:.1} h", s as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line when `done` of 100 points are done after some seconds, of which `known` were in the journal.
    fn after(known: u64, done: u64, seconds: u64) -> String {
        let taken = Duration::from_secs(seconds);
        // A monotonic clock may have started less than `seconds` ago; the rate then refers to that time.
        let since = Instant::now().checked_sub(taken + Duration::from_secs(1)).expect("the machine runs for hours");
        line(&Work::one("map", "points"), Some(Counts { known, done, total: 100, since }), taken)
    }

    #[test]
    fn a_line_estimates_the_time_left() {
        assert_eq!(after(0, 50, 10), "map: 50 of 100 points, 5.0/s, about 10 s left");
        assert_eq!(after(0, 10, 100), "map: 10 of 100 points, 6/min, about 15 min left");
        assert_eq!(after(0, 1, 3600), "map: 1 of 100 points, 1.0/h, about 99.0 h left");
        assert_eq!(after(0, 100, 10), "map: 100 of 100 points, 10/s, about 0 s left");
    }

    #[test]
    fn the_rate_counts_what_this_process_has_computed() {
        assert_eq!(after(90, 95, 10), "map: 95 of 100 points, 30/min, about 10 s left");
        assert_eq!(after(90, 90, 10), "map: 90 of 100 points, 10 s so far");
    }

    #[test]
    fn before_the_first_part_there_is_no_estimate() {
        let work = Work { before: "computing the spectrum", ..Work::one("fig2", "collisions") };
        assert_eq!(line(&work, None, Duration::from_secs(12)), "fig2: computing the spectrum, 12 s so far");
    }

    #[test]
    fn tasks_add_up() {
        let progress = Progress::new(Work { tasks: 3, ..Work::one("3 experiments", "collisions") }, true);
        progress.tell_of(0, 0, 100);
        progress.tell_of(2, 0, 300);
        progress.tell_of(2, 30, 300);
        progress.tell_of(2, 20, 300);
        let Counts { known, done, total: all, .. } =
            total(&locked(&progress.shared.counts)).expect("two tasks have begun");
        assert_eq!((known, done, all), (0, 30, 400));
    }
}
