//! The sweeps of `carom run`: their journal, their tables, their progress.

use std::path::Path;
use std::time::Duration;

use super::progress::Progress;
use super::{Finished, Origin, Product, RunInfo, cannot_write};
use crate::check::Experiment;
use crate::cli::Exit;
use crate::cli::console::{Console, on_terminal};
use crate::cli::interrupt::interrupted;
use crate::cli::script::Opened;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::files::{Format, write};
use crate::experiment::sweep::{Keeping, Sweep};
use crate::experiment::{Control, Options};
use crate::storage::set_aside;

/// How sweeps are run, from the command line.
pub(super) struct How {
    pub(super) threads: usize,
    pub(super) resume: bool,
    /// Whether to start a sweep of more than an hour from a terminal.
    pub(super) yes: bool,
    pub(super) quiet: bool,
    pub(super) format: Format,
}

/// A sweep that would take longer starts from a terminal only with `--yes`.
const LONG: Duration = Duration::from_secs(3600);

/// Runs a sweep and writes its table into a folder that exists and is locked.
pub(super) fn run(
    opened: &Opened,
    experiment: &Experiment,
    options: &Options,
    (dir, origin): (&Path, &Origin),
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
    let journal = dir.join(format!("{}.journal", experiment.name.text));
    // Also what is not a regular file: the sweep says so.
    if !how.resume && journal.is_file() {
        match set_aside(&journal) {
            Ok(kept) => console.note(&format!(
                "a sweep that was stopped is kept as {}; `--resume` would have continued it",
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
        let kept = format!("{done} of {all} points are kept; `--resume` goes on with them");
        out.errors.push(fault.clone().help(kept));
        out.exit = Exit::Failed;
    } else if outcome.interrupted() {
        console.note(&format!(
            "{}: stopped after {done} of {all} points; the same command with --resume goes on",
            experiment.name.text
        ));
        out.exit = Exit::Interrupted;
    } else {
        let written = write(&outcome, dir, how.format).and_then(|files| {
            origin.write(opened, &RunInfo::of(&outcome), &files, dir)?;
            Ok(files)
        });
        match written {
            Ok(files) => {
                out.files = files;
                // Only now is the journal no longer needed.
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

/// An hour on a terminal is probably a slip.
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
        .help("say `--yes` if that is meant, or take fewer points")
    })
}
