//! The sweeps of `carom run`: their journal, their tables, their progress.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::progress::Progress;
use super::{Finished, Format, Origin, Result, cannot_write};
use crate::check::Experiment;
use crate::cli::Exit;
use crate::cli::console::{Console, on_terminal};
use crate::cli::interrupt::interrupted;
use crate::cli::script::Opened;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::files::{write_reasons, write_sweep};
use crate::experiment::sweep::{AxisValue, Keeping, Sweep, Swept, Table};
use crate::experiment::{Control, Options};
use crate::output::{Array, ArrayData, write_npz};
use crate::storage::{FileError, set_aside};

/// Files of a table.
type Files = std::result::Result<Vec<PathBuf>, FileError>;

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
    let mut swept = match result {
        Ok(swept) => swept,
        Err(errors) => return failed(errors),
    };
    let (done, all) = (swept.table.done(), sweep.grid().len());
    let mut out = Finished::default();
    if let Some(e) = swept.fault.take() {
        out.errors
            .push(cannot_write(&e).help(format!("{done} of {all} points are kept; `--resume` goes on with them")));
        out.exit = Exit::Failed;
    } else if swept.interrupted {
        console.note(&format!(
            "{}: stopped after {done} of {all} points; the same command with --resume goes on",
            experiment.name.text
        ));
        out.exit = Exit::Interrupted;
    } else {
        match write(opened, experiment, &swept, (dir, origin, how.format)) {
            Ok(files) => {
                out.files = files;
                // Only now is the journal no longer needed.
                drop(std::fs::remove_file(journal));
            }
            Err(e) => out = failed(vec![cannot_write(&e)]),
        }
        if swept.claims.iter().any(|c| !c.holds) {
            out.exit = out.exit.max(Exit::Expectation);
        }
        if !swept.table.has_results() {
            out.exit = out.exit.max(Exit::Failed);
        }
    }
    out.result = Result::Sweep(Box::new(swept));
    out
}

/// The table, the reasons, and `run.json`.
fn write(
    opened: &Opened,
    experiment: &Experiment,
    swept: &Swept,
    (dir, origin, format): (&Path, &Origin, Format),
) -> Files {
    let mut files = write_sweep(&opened.program, experiment, &opened.settings, swept, dir)?;
    if format == Format::Npz && experiment.has_table() {
        files.push(write_npz(dir, &format!("{}.npz", swept.name), &arrays(&swept.table))?);
    }
    files.extend(write_reasons(swept, dir)?);
    let (ran, most) = (swept.ran.to_string(), *swept.collisions.end());
    let about = (swept.name.as_str(), swept.parameters.as_slice(), most, ran.as_str(), swept.wall);
    origin.write(opened, about, &files, dir)?;
    Ok(files)
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

/// The table as arrays: an axis each, and each collected column in the shape of the grid. An axis of words is that of their
/// places.
fn arrays(t: &Table) -> Vec<Array> {
    let shape: Vec<u64> = t.grid.axes.iter().map(|a| a.values.len() as u64).collect();
    let axes = t.grid.axes.iter().map(|a| {
        let words = a.values.iter().any(|v| matches!(v, AxisValue::Word(_)));
        let data = if words {
            ArrayData::Whole((0..a.values.len()).map(|i| i64::try_from(i).expect("few values")).collect())
        } else {
            ArrayData::Real(a.values.iter().map(AxisValue::number).collect())
        };
        Array { name: a.name.clone(), shape: vec![a.values.len() as u64], data }
    });
    let columns = t.collected.iter().enumerate();
    let collected =
        columns.map(|(c, name)| Array { name: name.clone(), shape: shape.clone(), data: ArrayData::Real(t.column(c)) });
    axes.chain(collected).collect()
}
