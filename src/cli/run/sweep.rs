//! The sweeps of `carom run`: their journal, their tables, their progress.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::progress::Progress;
use super::{Finished, Format, Origin, Result, cannot_write};
use crate::analysis::Series;
use crate::check::{Analysis, Experiment, Type};
use crate::cli::Exit;
use crate::cli::console::{Console, on_terminal};
use crate::cli::interrupt::interrupted;
use crate::cli::script::Opened;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::sweep::{AxisValue, Keeping, Sweep, Swept, Table};
use crate::experiment::{Control, Options, column_names};
use crate::output::{Array, ArrayData, OutputError, format_number, write_npz, write_rows};

/// Files of a table.
type Files = std::result::Result<Vec<PathBuf>, OutputError>;

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
    if !how.resume && journal.exists() {
        put_aside(&journal, console);
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
    let mut files =
        if experiment.has_table() { table(swept, dir)? } else { series_table(opened, experiment, &swept.table, dir)? };
    if format == Format::Npz && experiment.has_table() {
        files.push(write_npz(dir, &format!("{}.npz", swept.name), &arrays(&swept.table))?);
    }
    files.extend(reasons(swept, dir)?);
    let about = (swept.name.as_str(), swept.parameters.as_slice(), swept.collisions, swept.backend, swept.wall);
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

/// A journal that is not gone on with is kept, once, under another name.
fn put_aside(journal: &Path, console: &mut Console) {
    let aside = journal.with_extension("journal.old");
    if std::fs::rename(journal, &aside).is_ok() {
        console.note(&format!(
            "a sweep that was stopped is kept as {}; `--resume` would have gone on with it",
            aside.display()
        ));
    }
}

fn axis_names(table: &Table) -> Vec<String> {
    table.grid.axes.iter().map(|a| a.name.clone()).collect()
}

fn place(table: &Table, point: usize) -> Vec<String> {
    table.grid.values(point).into_iter().map(AxisValue::text).collect()
}

/// `NAME.csv`: the swept parameters, then what is collected; a row a point.
fn table(swept: &Swept, dir: &Path) -> Files {
    let t = &swept.table;
    let header: Vec<String> = axis_names(t).into_iter().chain(t.collected.clone()).collect();
    let rows = (0..t.grid.len()).map(|p| {
        let mut row = place(t, p);
        row.extend(t.row(p).iter().map(|x| format_number(*x)));
        row
    });
    Ok(vec![write_rows(dir, &format!("{}.csv", swept.name), &header, rows)?])
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

/// `NAME.reasons.csv`: why points have missing values; only if some have.
fn reasons(swept: &Swept, dir: &Path) -> std::result::Result<Option<PathBuf>, OutputError> {
    let t = &swept.table;
    let file = format!("{}.reasons.csv", swept.name);
    if t.reasons.is_empty() {
        // One of an earlier run would speak of other results.
        drop(std::fs::remove_file(dir.join(&file)));
        return Ok(None);
    }
    let header: Vec<String> = axis_names(t).into_iter().chain(["reason".to_string()]).collect();
    let rows = t.reasons.iter().map(|(p, reason)| {
        let mut row = place(t, *p);
        row.push(reason.clone());
        row
    });
    write_rows(dir, &file, &header, rows).map(Some)
}

/// The series of every point, one under the other: the swept parameters, then `n`, then the series. Those with an index of
/// their own have a file of their own, as in a single run.
fn series_table(opened: &Opened, experiment: &Experiment, t: &Table, dir: &Path) -> Files {
    let mut names = column_names(&opened.program, experiment, &opened.settings);
    let observed = names.len();
    names.extend(experiment.analysis.iter().filter_map(|a| match a {
        Analysis::Let { name, ty: Type::Series, .. } => Some(name.text.clone()),
        _ => None,
    }));
    let all: Vec<Vec<Series>> = (0..t.grid.len()).map(|p| t.series(p)).collect();
    let Some(example) = all.iter().find(|s| s.len() == names.len()) else { return Ok(Vec::new()) };
    let main = &example[0].index;
    let together =
        |i: &usize| *i < observed || (example[*i].index.start, example[*i].index.stride) == (main.start, main.stride);
    let (first, own): (Vec<usize>, Vec<usize>) = (0..names.len()).partition(together);
    let mut files = vec![long_form(t, &all, &names, &first, dir, "series.csv")?];
    for i in own {
        files.push(long_form(t, &all, &names, &[i], dir, &format!("{}.csv", names[i]))?);
    }
    Ok(files)
}

fn long_form(
    t: &Table,
    all: &[Vec<Series>],
    names: &[String],
    which: &[usize],
    dir: &Path,
    file: &str,
) -> std::result::Result<PathBuf, OutputError> {
    let mut header = axis_names(t);
    header.push("n".into());
    header.extend(which.iter().map(|i| names[*i].clone()));
    let rows = all.iter().enumerate().filter(|(_, series)| series.len() == names.len()).flat_map(|(p, series)| {
        let index = &series[which[0]].index;
        (0..index.len).map(move |k| {
            let mut row = place(t, p);
            row.push(index.at(k).to_string());
            row.extend(which.iter().map(|i| series[*i].values.get(k).map_or_else(String::new, |x| format_number(*x))));
            row
        })
    });
    write_rows(dir, file, &header, rows)
}
