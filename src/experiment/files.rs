//! The files of a run or sweep, and the tables that each file holds.

use std::path::{Path, PathBuf};

use super::Outcome;
use super::sweep::Grid;
use crate::analysis::{Cells, Index, Table, TableColumn, TableKind};
use crate::output::{Array, Numbers, series_arrays, write_csv, write_npz};
use crate::storage::FileError;

/// The format in which numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// CSV text, which every program can read.
    #[default]
    Csv,
    /// CSV and NumPy archives, in which the entries of states are complex arrays.
    Npz,
}

/// The files that were written.
type Files = Result<Vec<PathBuf>, FileError>;

/// Writes everything that an experiment computed: its series or the table of its points, the files of `save`, the
/// spectrum, and the reasons for missing values at points of a sweep.
///
/// # Errors
/// A file cannot be written.
pub fn write(outcome: &Outcome, dir: &Path, format: Format) -> Files {
    let mut files = Vec::new();
    for tables in stacks(outcome) {
        files.push(write_csv(dir, &tables[0].name, &tables)?);
        if format == Format::Npz && tables[0].kind != TableKind::Save {
            files.push(write_npz(dir, &tables[0].name, arrays(outcome, &tables))?);
        }
    }
    if let Some(view) = &outcome.spectrum {
        files.push(write_csv(dir, "spectrum", &[&view.table()])?);
    }
    if let Some(coverage) = &outcome.coverage {
        match coverage.reasons_table(&outcome.name) {
            Some(table) => files.push(write_csv(dir, &table.name, &[&table])?),
            // A file left by an earlier run would give reasons for other results.
            None => drop(std::fs::remove_file(dir.join(format!("{}.reasons.csv", outcome.name)))),
        }
    }
    Ok(files)
}

/// The tables of each file: tables with the same name and kind share a file. The files are in the order of their first
/// tables, so the files of `save` come last.
fn stacks(outcome: &Outcome) -> Vec<Vec<&Table>> {
    let mut out: Vec<Vec<&Table>> = Vec::new();
    let written = outcome.tables.iter().filter(|t| t.kind != TableKind::Values);
    for table in written {
        match out.iter_mut().find(|s| s[0].name == table.name && s[0].kind == table.kind) {
            Some(stack) => stack.push(table),
            None => out.push(vec![table]),
        }
    }
    out
}

/// The arrays for the tables of one file.
fn arrays<'o>(outcome: &'o Outcome, tables: &[&'o Table]) -> Vec<Array<'o>> {
    let first = tables[0];
    match &outcome.coverage {
        None if first.kind == TableKind::Steady => numbers(first),
        None => of_run(first),
        Some(coverage) if first.kind == TableKind::Points => of_points(&coverage.grid, first),
        Some(coverage) => of_runs(&coverage.grid, tables),
    }
}

/// The array `n` and the series of a run.
fn of_run(table: &Table) -> Vec<Array<'_>> {
    let columns: Vec<&TableColumn> = table.data().collect();
    let names: Vec<_> = columns.iter().map(|c| c.name.clone()).collect();
    let shape = [table.rows() as u64];
    let values = |i: usize| -> Box<dyn Iterator<Item = f64>> { Box::new(real(columns[i])) };
    std::iter::once(collisions(table.index())).chain(series_arrays(&names, &shape, &values)).collect()
}

/// The numbers of a steady state, as arrays of one element.
fn numbers(table: &Table) -> Vec<Array<'_>> {
    let columns: Vec<&TableColumn> = table.data().filter(|c| c.cells.real().is_some()).collect();
    let names: Vec<_> = columns.iter().map(|c| c.name.clone()).collect();
    series_arrays(&names, &[1], &|i| Box::new(real(columns[i])))
}

/// The axes, and each collected column as an array with the shape of the grid.
fn of_points<'o>(grid: &'o Grid, table: &'o Table) -> Vec<Array<'o>> {
    let column = |c: &'o TableColumn| Array {
        name: c.name.clone(),
        shape: shape(grid),
        numbers: Numbers::Real(Box::new(real(c))),
    };
    axes(grid).into_iter().chain(table.data().map(column)).collect()
}

/// The axes, `n`, and each series as an array with the shape of the grid and the collisions as last axis. Where a point
/// has no value, the entry is NaN. If the points have values at different collisions, `n` is real and has that shape
/// too.
fn of_runs<'o>(grid: &'o Grid, tables: &[&'o Table]) -> Vec<Array<'o>> {
    let mut rest = tables.iter().copied().peekable();
    let at: Vec<Option<&Table>> = (0..grid.len()).map(|point| rest.next_if(|t| t.keys == grid.keys(point))).collect();
    let longest = tables.iter().map(|t| t.index()).max_by_key(|i| i.len).expect("a file has a table");
    let len = longest.len;
    let full: Vec<u64> = shape(grid).into_iter().chain([len as u64]).collect();
    let one_index = tables.iter().all(|t| (t.index().start, t.index().stride) == (longest.start, longest.stride));
    let n = if one_index {
        collisions(longest)
    } else {
        let padded = at.clone().into_iter().flat_map(move |t| {
            let index = t.map(Table::index);
            (0..len).map(move |i| index.as_ref().filter(|x| i < x.len).map_or(f64::NAN, |x| x.at(i) as f64))
        });
        Array { name: "n".into(), shape: full.clone(), numbers: Numbers::Real(Box::new(padded)) }
    };
    let names: Vec<_> = tables[0].data().map(|c| c.name.clone()).collect();
    let values = |k: usize| -> Box<dyn Iterator<Item = f64> + 'o> {
        let of = move |t: &'o Table| t.data().nth(k).and_then(|c| c.cells.real());
        Box::new(at.clone().into_iter().flat_map(move |t| {
            let values = t.and_then(of);
            (0..len).map(move |i| values.and_then(|v| v.get(i)).copied().unwrap_or(f64::NAN))
        }))
    };
    axes(grid).into_iter().chain([n]).chain(series_arrays(&names, &full, &values)).collect()
}

fn shape(grid: &Grid) -> Vec<u64> {
    grid.axes.iter().map(|a| a.values.len() as u64).collect()
}

/// The axes of a grid. Words are represented by their index on the axis.
fn axes(grid: &Grid) -> Vec<Array<'_>> {
    let array = |a: &super::sweep::Axis| {
        let len = a.values.len();
        let numbers = match Cells::of_axis(a.values.iter()) {
            Cells::Real(values) => Numbers::Real(Box::new((0..len).map(move |i| values[i]))),
            _ => Numbers::Whole(Box::new((0..len).map(|i| i64::try_from(i).expect("few values")))),
        };
        Array { name: a.name.clone(), shape: vec![len as u64], numbers }
    };
    grid.axes.iter().map(array).collect()
}

fn collisions(index: Index) -> Array<'static> {
    let len = index.len;
    let whole = move |i| i64::try_from(index.at(i)).expect("collisions are below 10^12");
    Array { name: "n".into(), shape: vec![len as u64], numbers: Numbers::Whole(Box::new((0..len).map(whole))) }
}

fn real(column: &TableColumn) -> impl Iterator<Item = f64> {
    column.cells.real().into_iter().flatten().copied()
}
