//! The CSV files of a run and of a sweep: which there are, and what stands in each.

use std::path::{Path, PathBuf};

use super::sweep::{AxisValue, Swept, Table};
use super::{LetValue, Outcome, SpectralView, column_names};
use crate::analysis::Series;
use crate::backend::Mode;
use crate::check::{Analysis, Experiment, Program, Setting, Type};
use crate::output::{format_number, write_rows, write_series};
use crate::storage::FileError;

/// Files that were written.
type Files = Result<Vec<PathBuf>, FileError>;

/// A file of series with one index: its stem, and its columns.
pub type SeriesFile<'o> = (&'o str, Vec<(String, &'o Series)>);

/// The files of a run: `series` with all series of one index, then one for each `let` with an index of its own.
#[must_use]
pub fn series_files(outcome: &Outcome) -> Vec<SeriesFile<'_>> {
    let mut main: Vec<(String, &Series)> = outcome.series.iter().map(|(n, s)| (n.clone(), s)).collect();
    let index = main.first().map(|(_, s)| s.index.clone());
    let mut others = Vec::new();
    for (name, value) in &outcome.lets {
        let LetValue::Series(s) = value else { continue };
        if index.as_ref() == Some(&s.index) {
            main.push((name.clone(), s));
        } else {
            others.push((name.as_str(), vec![(name.clone(), s)]));
        }
    }
    let first = (!main.is_empty()).then_some(("series", main));
    first.into_iter().chain(others).collect()
}

/// Writes what `save` of the experiment names.
///
/// # Errors
/// A file cannot be written.
pub fn write_saves(outcome: &Outcome, dir: &Path) -> Files {
    let one = |(file, columns): &(String, Vec<(String, Series)>)| {
        let columns: Vec<(String, &Series)> = columns.iter().map(|(n, s)| (n.clone(), s)).collect();
        write_series(dir, file, &columns)
    };
    outcome.saves.iter().map(one).collect()
}

/// Writes all CSV files of a run.
///
/// # Errors
/// A file cannot be written.
pub fn write_run(outcome: &Outcome, dir: &Path) -> Files {
    let series = series_files(outcome);
    let files: Files = series.iter().map(|(stem, c)| write_series(dir, &format!("{stem}.csv"), c)).collect();
    let mut files = files?;
    files.extend(write_saves(outcome, dir)?);
    files.extend(write_spectrum(outcome, dir)?);
    Ok(files)
}

/// Writes `spectrum.csv`, if the spectrum was asked for: a row a mode (of a conjugate pair, the one with Im λ > 0) with its
/// amplitude and phase in every series that is linear in the state, the slowest of each sector first; at the end of a
/// sector the eigenvalues that have fewer eigenvectors than they are, without amplitudes.
///
/// # Errors
/// A file cannot be written.
pub fn write_spectrum(outcome: &Outcome, dir: &Path) -> Result<Option<PathBuf>, FileError> {
    let Some(view) = &outcome.spectrum else { return Ok(None) };
    let linear: Vec<usize> = (0..view.seen.len()).filter(|r| view.spectrum.linear[*r]).collect();
    let own = ["sector", "re", "im", "modulus", "decay", "frequency", "eigenvalues", "eigenvectors"];
    let of_series =
        linear.iter().flat_map(|r| ["amplitude", "phase"].map(|what| format!("{}_{what}", view.seen[*r].name)));
    let header: Vec<String> = own.into_iter().map(String::from).chain(of_series).collect();
    let row = |sector: usize, mode: &Mode, eigenvectors: usize| {
        let numbers = [mode.value.re, mode.value.im, mode.value.norm(), mode.decay(), mode.frequency()];
        let counts = [mode.count.to_string(), eigenvectors.to_string()];
        let start = std::iter::once((sector + 1).to_string());
        start.chain(numbers.map(format_number)).chain(counts).collect::<Vec<String>>()
    };
    let rows = view.spectrum.sectors.iter().enumerate().flat_map(|(number, sector)| {
        let modes = sector.modes.iter().map(|mode| {
            let seen = linear.iter().flat_map(|r| amplitude_and_phase(view, mode, *r));
            row(number, mode, mode.count).into_iter().chain(seen.map(format_number)).collect()
        });
        let defects = sector.defects.iter().map(|d| {
            let alone = Mode { value: d.value, count: d.count, coefficients: Vec::new() };
            let blank = std::iter::repeat_n(String::new(), 2 * linear.len());
            row(number, &alone, d.vectors).into_iter().chain(blank).collect()
        });
        modes.chain(defects).collect::<Vec<Vec<String>>>()
    });
    write_rows(dir, "spectrum.csv", &header, rows).map(Some)
}

/// 0 and a missing phase where a mode is not seen.
fn amplitude_and_phase(view: &SpectralView, mode: &Mode, readout: usize) -> [f64; 2] {
    if view.is_visible(mode, readout) { [mode.amplitude(readout), mode.phase(readout)] } else { [0.0, f64::NAN] }
}

/// Writes the table of a sweep, or the series of its points.
///
/// # Errors
/// A file cannot be written.
pub fn write_sweep(
    program: &Program,
    experiment: &Experiment,
    settings: &[Setting],
    swept: &Swept,
    dir: &Path,
) -> Files {
    if experiment.has_table() {
        table(swept, dir)
    } else {
        series_table(program, experiment, settings, &swept.table, dir)
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

/// `NAME.reasons.csv`: why points have missing values; only if some have.
///
/// # Errors
/// A file cannot be written.
pub fn write_reasons(swept: &Swept, dir: &Path) -> Result<Option<PathBuf>, FileError> {
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
fn series_table(program: &Program, experiment: &Experiment, settings: &[Setting], t: &Table, dir: &Path) -> Files {
    let mut names = column_names(program, experiment, settings);
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
) -> Result<PathBuf, FileError> {
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
