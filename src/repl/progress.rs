//! A progress bar for work that takes more than a moment.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shorter work shows no bar.
const MOMENT: Duration = Duration::from_millis(700);

/// A progress bar on standard error that appears only when it is needed.
pub(super) struct Progress {
    enabled: bool,
    start: Instant,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    pub(super) fn new(enabled: bool) -> Self {
        Self { enabled, start: Instant::now(), bar: OnceLock::new() }
    }

    /// Shows that `done` of `all` collisions or points are done.
    pub(super) fn tell(&self, done: u64, all: u64) {
        if !self.enabled || self.start.elapsed() < MOMENT {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::new(all);
            let style = ProgressStyle::with_template("[{bar:30}] {pos} of {len}, {eta} left; Ctrl-C stops");
            bar.set_style(style.expect("a template of ours").progress_chars("━━ "));
            bar
        });
        bar.set_length(all);
        bar.set_position(done);
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
