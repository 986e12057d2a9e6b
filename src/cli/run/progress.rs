//! The progress of a sweep or of trajectories: a bar on a terminal, otherwise a line every ten seconds.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::console::{Console, on_terminal};

/// Time between two lines if the output is not a terminal.
const EVERY: Duration = Duration::from_secs(10);

/// The state of progress printed as lines.
pub(in crate::cli) struct Lines {
    /// Start of the work.
    start: Instant,
    /// Time of the last line, or the start.
    last: Instant,
    /// Number of parts that the journal contained; `None` until the first report.
    known: Option<u64>,
}

/// The progress of one sweep or of the trajectories of one experiment, on standard error.
pub(in crate::cli) enum Progress {
    Silent,
    Bar(ProgressBar),
    Lines { name: String, noun: &'static str, state: Mutex<Lines> },
}

impl Progress {
    /// The progress of `name`, whose parts are called `noun`.
    pub(in crate::cli) fn new(name: &str, noun: &'static str, quiet: bool) -> Self {
        if quiet {
            return Self::Silent;
        }
        if !on_terminal() {
            let now = Instant::now();
            let state = Mutex::new(Lines { start: now, last: now, known: None });
            return Self::Lines { name: name.to_string(), noun, state };
        }
        let bar = ProgressBar::new(0);
        let template = format!("{{prefix}} [{{bar:30}}] {{pos}}/{{len}} {noun}, {{per_sec}}, {{eta}} left");
        let style = ProgressStyle::with_template(&template);
        bar.set_style(style.expect("the template is valid").progress_chars("━━ "));
        bar.set_prefix(name.to_string());
        Self::Bar(bar)
    }

    /// Reports that `done` of `total` parts are done.
    pub(in crate::cli) fn tell(&self, done: u64, total: u64) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Self::Lines { name, noun, state } => {
                let Ok(mut state) = state.lock() else { return };
                let known = *state.known.get_or_insert(done.saturating_sub(1));
                if state.last.elapsed() >= EVERY {
                    state.last = Instant::now();
                    let parts = Parts { noun, known, done, total };
                    Console::progress(&line(name, &parts, state.start.elapsed()));
                }
            }
        }
    }

    pub(in crate::cli) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// Numbers of parts.
struct Parts<'n> {
    /// What they are called.
    noun: &'n str,
    /// Parts that the journal contained at the start.
    known: u64,
    /// Parts that are done, including those of the journal.
    done: u64,
    /// All parts.
    total: u64,
}

/// The line of progress after the wall time `taken`, with an estimate of the time left.
fn line(name: &str, &Parts { noun, known, done, total }: &Parts<'_>, taken: Duration) -> String {
    let left = taken.mul_f64((total - done) as f64 / (done - known).max(1) as f64).as_secs();
    let left = match left {
        0..100 => format!("{left} s"),
        100..6000 => format!("{} min", left.div_ceil(60)),
        _ => format!("{:.1} h", left as f64 / 3600.0),
    };
    format!("{name}: {done} of {total} {noun}, about {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_estimates_the_time_left() {
        let after = |done, seconds| {
            line("map", &Parts { noun: "points", known: 0, done, total: 100 }, Duration::from_secs(seconds))
        };
        assert_eq!(after(50, 10), "map: 50 of 100 points, about 10 s left");
        assert_eq!(after(10, 100), "map: 10 of 100 points, about 15 min left");
        assert_eq!(after(1, 3600), "map: 1 of 100 points, about 99.0 h left");
        assert_eq!(after(100, 10), "map: 100 of 100 points, about 0 s left");
        // The points of the journal took no time.
        let resumed = Parts { noun: "points", known: 90, done: 95, total: 100 };
        assert_eq!(line("map", &resumed, Duration::from_secs(10)), "map: 95 of 100 points, about 10 s left");
        // Before the first point is done, the estimate must not divide by zero.
        assert_eq!(after(0, 1), "map: 0 of 100 points, about 2 min left");
    }
}
