//! How far a sweep is: a bar on a terminal, a line every ten seconds otherwise.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::console::{Console, on_terminal};

/// Time between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// The progress of one sweep, on standard error.
pub(in crate::cli) enum Progress {
    Silent,
    Bar(ProgressBar),
    Lines { name: String, last: Mutex<(Instant, Instant)> },
}

impl Progress {
    pub(in crate::cli) fn new(name: &str, quiet: bool) -> Self {
        if quiet {
            return Self::Silent;
        }
        if !on_terminal() {
            let now = Instant::now();
            return Self::Lines { name: name.to_string(), last: Mutex::new((now, now)) };
        }
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} points, {per_sec}, {eta} left");
        bar.set_style(style.expect("a template of ours").progress_chars("━━ "));
        bar.set_prefix(name.to_string());
        Self::Bar(bar)
    }

    /// So many of so many points are done.
    pub(in crate::cli) fn tell(&self, done: u64, total: u64) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Self::Lines { name, last } => {
                let Ok(mut last) = last.lock() else { return };
                if last.1.elapsed() >= EVERY {
                    last.1 = Instant::now();
                    let left = last.0.elapsed().mul_f64((total - done) as f64 / done.max(1) as f64);
                    Console::progress(&format!("{name}: {done} of {total} points, about {} s left", left.as_secs()));
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
