//! Reads the tables of a finished run back from its files, for `carom plot` and for figures that arrange other
//! experiments.
//!
//! Contract: from the files of a run of this experiment, returns the tables that the run had in memory. Any other
//! content is an error that names the place; no content makes it panic.

use std::path::Path;

use super::MAX_COLLISIONS;
use super::analyse::{Analysed, analyse, series_values};
use super::branches::columns;
use super::sweep::{Grid, points_table};
use super::tables::{Header, run_tables};
use crate::analysis::{Cell, Cells, Index, Series, Table, Values};
use crate::check::{Experiment, Program, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Value;
use crate::lower::{Column, Model};
use crate::output::{ReadColumns, read_csv};
use crate::source::SourceMap;
use crate::storage::FileError;

/// Reads the tables of an experiment from its folder. The `let`s are computed again from the series.
///
/// # Errors
/// A file is missing, or this experiment with these settings would not have written it.
pub fn read_back(
    program: &Program,
    experiment: &Experiment,
    settings: &[Setting],
    sources: &SourceMap,
    dir: &Path,
) -> Result<Vec<Table>, Box<Diagnostic>> {
    let first = |mut e: Vec<Diagnostic>| Box::new(e.swap_remove(0));
    let program = program.of(experiment);
    let mut model = Model::new(program, Some(experiment), settings).map_err(first)?;
    if experiment.sweep.is_empty() {
        let columns = columns(program, experiment, settings, &mut model).map_err(first)?;
        let file = File::read(&dir.join("series.csv"), &[])?;
        if file.columns.first().is_none_or(|(name, _)| name != "n") {
            return Err(stale(dir));
        }
        let rows = 0..file.rows();
        return Reader { model: &model, experiment, columns: &columns, sources, dir }.run(&file, rows);
    }
    let grid = Grid::new(program, experiment, &model, settings).map_err(first)?;
    if experiment.has_table() {
        let file = File::read(&dir.join(format!("{}.csv", experiment.name.text)), &words_of(&grid))?;
        return file.points(&grid, experiment).map(|table| vec![table]).ok_or_else(|| stale(dir));
    }
    let columns = columns(program, experiment, settings, &mut model).map_err(first)?;
    let file = File::read(&dir.join("series.csv"), &words_of(&grid))?;
    let reader = Reader { model: &model, experiment, columns: &columns, sources, dir };
    let mut tables = Vec::new();
    for PointRows { point, rows } in file.runs(&grid).ok_or_else(|| stale(dir))? {
        let keys = grid.keys(point);
        let mut run = reader.run(&file, rows)?;
        run.iter_mut().for_each(|t| t.keys.clone_from(&keys));
        tables.append(&mut run);
    }
    Ok(tables)
}

/// The names of the axes whose values are words.
fn words_of(grid: &Grid) -> Vec<String> {
    let words = grid.axes.iter().filter(|a| a.values.iter().any(|v| matches!(v, Cell::Word(_))));
    words.map(|a| a.name.to_string()).collect()
}

/// The columns of a CSV file.
struct File {
    columns: ReadColumns,
}

/// The rows of one point of a sweep.
struct PointRows {
    point: usize,
    rows: std::ops::Range<usize>,
}

impl File {
    fn read(path: &Path, words: &[String]) -> Result<Self, Box<Diagnostic>> {
        let columns = read_csv(path, &|name| words.iter().any(|w| w == name)).map_err(|e| cannot_read(&e))?;
        Ok(Self { columns })
    }

    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| cells.len())
    }

    fn numbers(&self, name: &str) -> Option<&Values> {
        self.columns.iter().find(|(n, _)| n == name).and_then(|(_, cells)| cells.real())
    }

    /// Whether the first columns are the axes of a grid, by name.
    fn has_axes(&self, grid: &Grid) -> bool {
        self.columns.len() >= grid.axes.len() && grid.axes.iter().zip(&self.columns).all(|(a, (n, _))| *a.name == **n)
    }

    /// Whether a row begins with the axis values of a point.
    fn is_at(&self, row: usize, grid: &Grid, point: usize) -> bool {
        grid.values(point).into_iter().zip(&self.columns).all(|(value, (_, cells))| match (value, cells) {
            (Cell::Number(x), Cells::Real(values)) => values[row] == *x,
            (Cell::Word(word), Cells::Words(words)) => words[row] == *word,
            _ => false,
        })
    }

    /// The table of a sweep with `collect`, or `None` if the rows are not the points of this grid or the columns not
    /// those that the experiment collects.
    fn points(&self, grid: &Grid, experiment: &Experiment) -> Option<Table> {
        let names: Vec<_> = experiment.collect.iter().map(|(name, _)| name.text.as_str().into()).collect();
        let collected = self.columns.get(grid.axes.len()..)?;
        let same = self.has_axes(grid)
            && self.rows() == grid.len()
            && collected.iter().map(|(n, _)| n.as_str()).eq(names.iter().map(|n: &std::sync::Arc<str>| &**n))
            && (0..self.rows()).all(|p| self.is_at(p, grid, p));
        let numbers = collected.iter().filter_map(|(_, cells)| cells.real()).map(|v| v.to_vec()).collect();
        same.then(|| points_table(&experiment.name.text, grid, &names, numbers))
    }

    /// The rows of each point of a sweep that keeps series, or `None` if they do not belong to this grid. A point that
    /// failed has no rows.
    fn runs(&self, grid: &Grid) -> Option<Vec<PointRows>> {
        let n = self.columns.get(grid.axes.len()).filter(|(n, _)| n == "n" && self.has_axes(grid))?.1.real()?;
        let mut out: Vec<PointRows> = Vec::new();
        for row in 0..self.rows() {
            let same = out.last().filter(|run| self.is_at(row, grid, run.point) && n[row] > n[row - 1]);
            if same.is_some() {
                out.last_mut()?.rows.end = row + 1;
            } else {
                let next = out.last().map_or(0, |run| run.point + 1);
                let point = (next..grid.len()).find(|p| self.is_at(row, grid, *p))?;
                out.push(PointRows { point, rows: row..row + 1 });
            }
        }
        Some(out)
    }
}

struct Reader<'r> {
    model: &'r Model<'r>,
    experiment: &'r Experiment,
    columns: &'r [Column],
    sources: &'r SourceMap,
    dir: &'r Path,
}

impl Reader<'_> {
    /// The tables of one run, from its rows in a file.
    fn run(&self, file: &File, rows: std::ops::Range<usize>) -> Result<Vec<Table>, Box<Diagnostic>> {
        let n = file.numbers("n").ok_or_else(|| stale(self.dir))?;
        let index = index_of(&n[rows.clone()]).ok_or_else(|| stale(self.dir))?;
        let series = |c: &Column| {
            let values = file.numbers(&c.name)?;
            let whole = rows.len() == values.len();
            let values = if whole { values.clone() } else { values[rows.clone()].to_vec().into() };
            Some(Series { index: index.clone(), values, scale: c.scale })
        };
        let series: Vec<Series> =
            self.columns.iter().map(series).collect::<Option<_>>().ok_or_else(|| stale(self.dir))?;
        let values: Vec<Value> = series.iter().cloned().map(Value::Series).collect();
        let values = series_values(self.columns, &values);
        let Analysed { lets, mut errors, .. } = analyse(self.model, self.experiment, values, self.sources);
        match errors.is_empty() {
            true => Ok(run_tables(&Header::of(self.columns), &series, &lets)),
            false => Err(Box::new(errors.swap_remove(0))),
        }
    }
}

/// The index in a column `n`, or `None` if its values are not equally spaced collisions.
fn index_of(n: &[f64]) -> Option<Index> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 10^12")]
    let whole = |x: f64| ((0.0..=MAX_COLLISIONS as f64).contains(&x) && x.fract() == 0.0).then_some(x as u64);
    let start = n.first().map_or(Some(0), |x| whole(*x))?;
    let stride = n.get(1).map_or(Some(1), |x| whole(*x)?.checked_sub(start))?.max(1);
    let index = Index { start, stride, len: n.len() };
    n.iter().enumerate().all(|(i, x)| whole(*x) == Some(index.at(i))).then_some(index)
}

fn cannot_read(e: &FileError) -> Box<Diagnostic> {
    let message = format!("cannot read `{}`: {}", e.path.display(), e.source);
    let help = match e.source.kind() {
        std::io::ErrorKind::NotFound => "run the experiment first: `carom plot` draws figures from its CSV files",
        _ => "run the experiment again to rewrite this file",
    };
    Box::new(Diagnostic::nowhere(Code::CannotRead, message).help(help))
}

fn stale(dir: &Path) -> Box<Diagnostic> {
    let message = format!("the files in `{}` do not match this experiment as it is now", dir.display());
    Box::new(Diagnostic::nowhere(Code::CannotRead, message).help("run the experiment again"))
}

#[cfg(test)]
mod tests {
    use super::index_of;
    use crate::analysis::Index;

    #[test]
    fn only_equally_spaced_collisions_are_an_index() {
        assert_eq!(index_of(&[1.0, 16.0, 31.0]), Some(Index { start: 1, stride: 15, len: 3 }));
        assert_eq!(index_of(&[7.0]), Some(Index { start: 7, stride: 1, len: 1 }));
        for n in [&[0.0, 1e300, 2e300][..], &[0.0, 1.0, 3.0], &[0.5], &[-1.0], &[f64::NAN], &[1.0, 0.0], &[3.0, 3.0]] {
            assert_eq!(index_of(n), None, "{n:?}");
        }
    }
}
