//! Sweeps and trajectories of `carom run`, with their journals and progress.

use std::time::Duration;

use super::{Finished, Product, RunInfo, Target, cannot_write};
use crate::check::Experiment;
use crate::cli::Exit;
use crate::cli::console::{Console, on_terminal};
use crate::cli::interrupt::interrupted;
use crate::cli::progress::{Progress, Work};
use crate::cli::script::Opened;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::files::write;
use crate::experiment::sweep::{Keeping, Sweep};
use crate::experiment::{Control, Options, Outcome, Setup, Trajectories};
use crate::storage::set_aside;

/// The options of the command line that affect sweeps and trajectories.
pub(super) struct How {
    /// Number of threads; 0 means one per core.
    pub(super) threads: usize,
    /// Whether to continue from an existing journal.
    pub(super) resume: bool,
    /// Whether to start from a terminal even if it would take longer than [`LONG`].
    pub(super) yes: bool,
    /// Whether to show no progress.
    pub(super) quiet: bool,
}

/// Wall time above which the work starts from a terminal only with `--yes`.
const LONG: Duration = Duration::from_secs(3600);

/// Work that is divided into parts.
enum Divided<'p> {
    Sweep(Box<Sweep<'p>>),
    Trajectories(Trajectories<'p>),
}

impl<'p> Divided<'p> {
    fn new(opened: &'p Opened, experiment: &'p Experiment, options: &'p Options) -> Result<Self, Vec<Diagnostic>> {
        let setup = Setup::new(&opened.program, experiment, options, &opened.sources);
        Ok(if experiment.sweep.is_empty() {
            Self::Trajectories(Trajectories::new(setup)?)
        } else {
            Self::Sweep(Box::new(Sweep::new(setup)?))
        })
    }

    /// What its parts are called.
    fn noun(&self) -> &'static str {
        match self {
            Self::Sweep(_) => "points",
            Self::Trajectories(_) => "trajectories",
        }
    }

    fn parts(&self) -> u64 {
        match self {
            Self::Sweep(sweep) => sweep.grid().len() as u64,
            Self::Trajectories(trajectories) => trajectories.count(),
        }
    }

    /// The time that the first part takes.
    fn time_a_part(&self) -> Duration {
        match self {
            Self::Sweep(sweep) => sweep.time_a_point(),
            Self::Trajectories(trajectories) => trajectories.time_one().unwrap_or_default(),
        }
    }

    fn run(&self, keeping: Keeping<'_>, control: &Control<'_>) -> Result<Outcome, Vec<Diagnostic>> {
        match self {
            Self::Sweep(sweep) => sweep.run(keeping, control),
            Self::Trajectories(trajectories) => trajectories.run(keeping, control),
        }
    }
}

/// The number of finished parts of an outcome.
fn done(outcome: &Outcome) -> u64 {
    let points = outcome.coverage.as_ref().map(|c| c.done as u64);
    points.or(outcome.sampled.as_ref().map(|s| s.done)).unwrap_or(0)
}

/// Runs a sweep or trajectories, and writes the results to `target`.
pub(super) fn run(
    opened: &Opened,
    experiment: &Experiment,
    options: &Options,
    target: &Target<'_>,
    how: &How,
    console: &mut Console,
) -> Finished {
    let failed = |errors| Finished::failed(errors, &opened.sources);
    let work = match Divided::new(opened, experiment, options) {
        Ok(work) => work,
        Err(errors) => return failed(errors),
    };
    if let Some(d) = too_long(&work, experiment, how) {
        return failed(vec![d]);
    }
    let journal = target.dir.join(format!("{}.journal", experiment.name.text));
    // If the journal is not a regular file, the work reports that.
    if !how.resume && journal.is_file() {
        match set_aside(&journal) {
            Ok(kept) => console.note(&format!(
                "the journal of a stopped run was moved to {}; `--resume` would have continued that run",
                kept.display()
            )),
            Err(e) => return failed(vec![cannot_write(&e)]),
        }
    }
    let mut progress = Progress::new(Work::one(&experiment.name.text, work.noun()), how.quiet);
    let keeping = Keeping { journal: &journal, resume: how.resume, threads: how.threads };
    let result = {
        let tell = |done, total| progress.tell(done, total);
        work.run(keeping, &Control { interrupted: &interrupted, progress: &tell })
    };
    progress.finish();
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(errors) => return failed(errors),
    };
    let (done, all, noun) = (done(&outcome), work.parts(), work.noun());
    let mut out = Finished::default();
    if let Some(fault) = outcome.fault() {
        let kept = format!("{done} of {all} {noun} are kept; run the same command with `--resume` to continue");
        out.errors.push(fault.clone().help(kept));
        out.exit = Exit::Failed;
    } else if outcome.interrupted() {
        console.note(&format!(
            "{}: stopped after {done} of {all} {noun}; run the same command with --resume to continue",
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

/// The fewest parts of work that is timed before it starts.
const FEWEST_TIMED: u64 = 100;

/// An error if the work is estimated to take longer than [`LONG`] and was started from a terminal without `--yes`.
fn too_long(work: &Divided<'_>, experiment: &Experiment, how: &How) -> Option<Diagnostic> {
    let (parts, noun) = (work.parts(), work.noun());
    if how.yes || parts < FEWEST_TIMED || !on_terminal() {
        return None;
    }
    let threads =
        if how.threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { how.threads };
    let estimate = work.time_a_part().mul_f64(parts as f64 / threads as f64);
    (estimate > LONG).then(|| {
        let hours = estimate.as_secs_f64() / 3600.0;
        let swept = experiment.sweep.first().map(|(_, values)| (values.span, "this sweep"));
        let sampled = experiment.trajectories.as_ref().map(|t| (t.span, "these trajectories"));
        let (span, label) = swept.or(sampled).expect("a sweep or trajectories");
        let message = format!("{parts} {noun} on {threads} threads would take about {hours:.1} hours");
        Diagnostic::new(Code::LongSweep, message, span, label)
            .help(format!("add `--yes` to start it anyway, or use fewer {noun}"))
    })
}
