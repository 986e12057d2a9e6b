//! Sweeps of `carom run`, with their journals and progress.

use std::time::Duration;

use super::progress::Progress;
use super::{Finished, Product, RunInfo, Target, cannot_write};
use crate::check::Experiment;
use crate::cli::Exit;
use crate::cli::console::{Console, on_terminal};
use crate::cli::interrupt::interrupted;
use crate::cli::script::Opened;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::files::write;
use crate::experiment::sweep::{Keeping, Sweep};
use crate::experiment::{Control, Options};
use crate::storage::set_aside;

/// The options of the command line that affect sweeps.
pub(super) struct How {
    /// Number of threads; 0 means one per core.
    pub(super) threads: usize,
    /// Whether to continue from an existing journal.
    pub(super) resume: bool,
    /// Whether to start a sweep from a terminal even if it would take longer than [`LONG`].
    pub(super) yes: bool,
    /// Whether to show no progress.
    pub(super) quiet: bool,
}

/// Wall time above which a sweep starts from a terminal only with `--yes`.
const LONG: Duration = Duration::from_secs(3600);

/// Runs a sweep and writes its tables to `target`.
pub(super) fn run(
    opened: &Opened,
    experiment: &Experiment,
    options: &Options,
    target: &Target<'_>,
    how: &How,
    console: &mut Console,
) -> Finished {
    let failed = |errors| Finished::failed(errors, &opened.sources);
    let sweep = match Sweep::new(&opened.program, experiment, options, &opened.sources) {
        Ok(sweep) => sweep,
        Err(errors) => return failed(errors),
    };
    if let Some(d) = too_long(&sweep, experiment, how) {
        return failed(vec![d]);
    }
    let journal = target.dir.join(format!("{}.journal", experiment.name.text));
    // If the journal is not a regular file, the sweep reports that.
    if !how.resume && journal.is_file() {
        match set_aside(&journal) {
            Ok(kept) => console.note(&format!(
                "the journal of a stopped sweep was moved to {}; `--resume` would have continued that sweep",
                kept.display()
            )),
            Err(e) => return failed(vec![cannot_write(&e)]),
        }
    }
    let progress = Progress::new(&experiment.name.text, how.quiet);
    let tell = |done, total| progress.tell(done, total);
    let control = Control { interrupted: &interrupted, progress: &tell };
    let result = sweep.run(Keeping { journal: &journal, resume: how.resume, threads: how.threads }, &control);
    progress.finish();
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(errors) => return failed(errors),
    };
    let (done, all) = (outcome.coverage.as_ref().map_or(0, |c| c.done), sweep.grid().len());
    let mut out = Finished::default();
    if let Some(fault) = outcome.fault() {
        let kept = format!("{done} of {all} points are kept; run the same command with `--resume` to continue");
        out.errors.push(fault.clone().help(kept));
        out.exit = Exit::Failed;
    } else if outcome.interrupted() {
        console.note(&format!(
            "{}: stopped after {done} of {all} points; run the same command with --resume to continue",
            experiment.name.text
        ));
        out.exit = Exit::Interrupted;
    } else {
        let written = write(&outcome, target.dir, target.format).and_then(|files| {
            target.origin.write(opened, &RunInfo::of(&outcome), &files, target.dir)?;
            Ok(files)
        });
        match written {
            Ok(files) => {
                out.files = files;
                // Remove the journal only after the tables have been written.
                drop(std::fs::remove_file(journal));
            }
            Err(e) => out = failed(vec![cannot_write(&e)]),
        }
        if outcome.claims.iter().any(|c| !c.holds) {
            out.exit = out.exit.max(Exit::Expectation);
        }
        if !outcome.has_results() {
            out.exit = out.exit.max(Exit::Failed);
        }
    }
    out.product = Product::Outcome(Box::new(outcome));
    out
}

/// An error if the sweep is estimated to take longer than [`LONG`] and was started from a terminal without `--yes`.
fn too_long(sweep: &Sweep<'_>, experiment: &Experiment, how: &How) -> Option<Diagnostic> {
    let points = sweep.grid().len();
    if how.yes || points < 100 || !on_terminal() {
        return None;
    }
    let threads =
        if how.threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { how.threads };
    let estimate = sweep.time_a_point().mul_f64(points as f64 / threads as f64);
    (estimate > LONG).then(|| {
        let hours = estimate.as_secs_f64() / 3600.0;
        let span = experiment.sweep[0].1.span;
        Diagnostic::new(
            Code::LongSweep,
            format!("{points} points on {threads} threads would take about {hours:.1} hours"),
            span,
            "this sweep",
        )
        .help("add `--yes` to start it anyway, or use fewer points")
    })
}
