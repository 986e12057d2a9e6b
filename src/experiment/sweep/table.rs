//! The tables of a sweep while its points arrive, and the encoding of a point as a record.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Record;
use super::grid::Grid;
use super::survey::Survey;
use crate::analysis::{Cells, Index, Role, Series, Table, TableColumn, TableKind};
use crate::check::{Analysis, Experiment, Type};
use crate::eval::Value;
use crate::experiment::analyse::{Analysed, Claim};
use crate::experiment::outcome::Coverage;
use crate::experiment::tables::{Header, Let, run_tables};
use crate::source::SourceMap;

/// The results that are kept of each point of a sweep.
#[derive(Debug, Clone)]
pub(super) enum Contents {
    /// Collected numbers with these names.
    Numbers(Vec<Arc<str>>),
    /// Whole runs: observed and recorded series, and the values of `let`s.
    Runs { headers: Vec<Header>, lets: Vec<LetType> },
}

/// Name and type of a `let`.
#[derive(Debug, Clone)]
pub(super) struct LetType {
    name: Arc<str>,
    ty: Type,
}

impl Contents {
    /// The results that an experiment keeps of each point; `headers` are those of its series.
    pub(super) fn of(experiment: &Experiment, headers: Vec<Header>) -> Self {
        if experiment.has_table() {
            return Self::Numbers(experiment.collect.iter().map(|(n, _)| n.text.as_str().into()).collect());
        }
        let lets = experiment.analysis.iter().filter_map(|a| match a {
            Analysis::Let { name, ty, .. } => Some(LetType { name: name.text.as_str().into(), ty: *ty }),
            _ => None,
        });
        Self::Runs { headers, lets: lets.collect() }
    }
}

/// The results of a sweep, gathered in any order.
#[derive(Debug)]
pub(super) struct Gathered {
    contents: Contents,
    pub(super) coverage: Coverage,
    /// Collected numbers, one column per `collect`.
    numbers: Vec<Vec<f64>>,
    /// The tables of whole runs and the truth of each claim, by point.
    runs: BTreeMap<usize, PointRun>,
    pub(super) survey: Survey,
}

/// A whole run at one point.
#[derive(Debug)]
struct PointRun {
    tables: Vec<Table>,
    held: Vec<bool>,
}

impl Gathered {
    pub(super) fn new(grid: Grid, contents: Contents) -> Self {
        let columns = if let Contents::Numbers(names) = &contents { names.len() } else { 0 };
        let numbers = vec![vec![f64::NAN; grid.len()]; columns];
        let coverage = Coverage { grid, done: 0, resumed: 0, collisions: 0..=0, reasons: BTreeMap::new() };
        Self { contents, coverage, numbers, runs: BTreeMap::new(), survey: Survey::default() }
    }

    /// Adds the record of a new point.
    pub(super) fn put(&mut self, record: Record) {
        self.coverage.done += 1;
        match &self.contents {
            Contents::Numbers(_) => {
                for (column, value) in self.numbers.iter_mut().zip(&record.values) {
                    column[record.point] = *value;
                }
            }
            Contents::Runs { headers, lets } => {
                if let Some(mut run) = decode(&record.values, headers, lets) {
                    let keys = self.coverage.grid.keys(record.point);
                    run.tables.iter_mut().for_each(|t| t.keys.clone_from(&keys));
                    self.runs.insert(record.point, run);
                }
            }
        }
        self.survey.add(record.point, record.remarks);
        if !record.reason.is_empty() {
            self.coverage.reasons.insert(record.point, record.reason);
        }
    }

    /// Whether [`put`](Self::put) can take a record read from a journal: it belongs to a point of the grid, and has as
    /// many numbers as are collected or the complete series of a run.
    pub(super) fn accepts(&self, record: &Record) -> bool {
        let fits = match &self.contents {
            Contents::Numbers(names) => record.values.len() == names.len(),
            Contents::Runs { headers, lets } => {
                // A point that failed has no numbers, and one with a failed `let` has fewer series.
                !record.reason.is_empty() || decode(&record.values, headers, lets).is_some()
            }
        };
        record.point < self.coverage.grid.len() && fits
    }

    /// The claims of an experiment without `collect`. Each `expect` must hold at every point.
    pub(super) fn point_claims(&self, experiment: &Experiment, sources: &SourceMap) -> Vec<Claim> {
        let conditions = experiment.analysis.iter().filter_map(|a| match a {
            Analysis::Expect { span, condition } => Some((*span, condition.span)),
            _ => None,
        });
        let points = self.coverage.grid.len();
        let claim = |(i, (span, condition))| {
            let count = self.runs.values().filter(|r| r.held.get(i) == Some(&true)).count();
            let text = sources.text(condition).split_whitespace().collect::<Vec<_>>().join(" ");
            let measured = format!("holds at {count} of {points} points");
            Claim { text, measured, holds: count == points, span }
        };
        conditions.enumerate().map(claim).collect()
    }

    /// The table of the points, or the tables of every point; and the coverage of the grid.
    pub(super) fn finish(self, name: &str) -> (Vec<Table>, Coverage) {
        let Self { contents, coverage, numbers, runs, .. } = self;
        let tables = match contents {
            Contents::Numbers(names) => vec![points_table(name, &coverage.grid, &names, numbers)],
            Contents::Runs { .. } => runs.into_values().flat_map(|r| r.tables).collect(),
        };
        (tables, coverage)
    }
}

/// A table with one row per point: the swept parameters, then the collected numbers.
pub(in crate::experiment) fn points_table(
    name: &str,
    grid: &Grid,
    names: &[Arc<str>],
    numbers: Vec<Vec<f64>>,
) -> Table {
    let real = |(name, values): (&Arc<str>, Vec<f64>)| TableColumn {
        name: name.clone(),
        role: Role::Computed,
        scale: 1.0,
        cells: Cells::Real(values.into()),
    };
    let columns = axes(grid).into_iter().chain(names.iter().zip(numbers).map(real)).collect();
    Table { name: name.into(), kind: TableKind::Points, keys: Vec::new(), columns }
}

/// The axes of a grid as columns over its points.
fn axes(grid: &Grid) -> Vec<TableColumn> {
    let column = |(i, a): (usize, &super::Axis)| TableColumn {
        name: a.name.clone(),
        role: Role::Index,
        scale: 1.0,
        cells: Cells::of_axis(grid.cells(i)),
    };
    grid.axes.iter().enumerate().map(column).collect()
}

impl Coverage {
    /// The reasons for missing values, one row per point with the swept parameters and the reason; `None` if no value
    /// is missing.
    #[must_use]
    pub fn reasons_table(&self, name: &str) -> Option<Table> {
        if self.reasons.is_empty() {
            return None;
        }
        let axis = |(i, a): (usize, &super::Axis)| TableColumn {
            name: a.name.clone(),
            role: Role::Index,
            scale: 1.0,
            cells: Cells::of_axis(self.reasons.keys().map(move |p| self.grid.values(*p)[i])),
        };
        let reasons = self.reasons.values().map(|r| r.as_str().into()).collect();
        let reason =
            TableColumn { name: "reason".into(), role: Role::Computed, scale: 1.0, cells: Cells::Words(reasons) };
        let columns = self.grid.axes.iter().enumerate().map(axis).chain([reason]).collect();
        Some(Table { name: format!("{name}.reasons").into(), kind: TableKind::Points, keys: Vec::new(), columns })
    }
}

/// Encodes a whole run as a record: the number of series; start, stride, length, scale and values of each; the `let`s
/// that are numbers or booleans (1 or 0); and 1 or 0 for each claim. Also returns why values are missing.
pub(super) fn whole_run(series: &[Series], analysed: &Analysed) -> (Vec<f64>, String) {
    let lets = analysed.lets.iter().filter_map(|l| if let Value::Series(s) = &l.value { Some(s) } else { None });
    let all: Vec<&Series> = series.iter().chain(lets).collect();
    let mut values = vec![all.len() as f64];
    for s in all {
        values.extend([s.index.start as f64, s.index.stride as f64, s.index.len as f64, s.scale]);
        values.extend(&s.values);
    }
    values.extend(analysed.lets.iter().filter_map(|l| match &l.value {
        Value::Number(z) => Some(z.re),
        Value::Bool(b) => Some(f64::from(u8::from(*b == Some(true)))),
        _ => None,
    }));
    values.extend(analysed.claims.iter().map(|c| f64::from(u8::from(c.holds))));
    let reason = analysed.errors.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; ");
    (values, reason)
}

/// Decodes a record written by [`whole_run`]; `None` for any other numbers, such as those of a point that failed.
fn decode(values: &[f64], headers: &[Header], lets: &[LetType]) -> Option<PointRun> {
    let (count, mut rest) = values.split_first()?;
    let expected = headers.len() + lets.iter().filter(|l| l.ty == Type::Series).count();
    if whole(*count)? != expected as u64 {
        return None;
    }
    let mut series = Vec::new();
    for _ in 0..expected {
        let ([start, stride, len, scale], values) = rest.split_first_chunk::<4>()?;
        let index = Index { start: whole(*start)?, stride: whole(*stride)?, len: usize::try_from(whole(*len)?).ok()? };
        // A stride is never 0, and the last index must be a valid number of collisions.
        if index.stride == 0 {
            return None;
        }
        index.stride.checked_mul(index.len as u64)?.checked_add(index.start).filter(|end| *end <= MAX_WHOLE)?;
        let (values, others) = values.split_at_checked(index.len)?;
        rest = others;
        series.push(Series { index, values: values.to_vec().into(), scale: *scale });
    }
    let computed = series.split_off(headers.len());
    let mut computed = computed.into_iter();
    let mut value = |ty| {
        if ty == Type::Series {
            return computed.next().map(Value::Series);
        }
        let (x, others) = rest.split_first()?;
        rest = others;
        Some(if ty == Type::Bool { Value::Bool(Some(*x == 1.0)) } else { Value::real(*x) })
    };
    let lets: Option<Vec<Let>> = lets.iter().map(|l| Some(Let { name: l.name.clone(), value: value(l.ty)? })).collect();
    let tables = run_tables(headers, &series, &lets?);
    Some(PointRun { tables, held: rest.iter().map(|x| *x == 1.0).collect() })
}

/// Every whole number up to this one is exact as a double.
const MAX_WHOLE: u64 = 1 << 53;

/// A count that was stored as a double.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and not too large")]
fn whole(x: f64) -> Option<u64> {
    (x >= 0.0 && x <= MAX_WHOLE as f64 && x.fract() == 0.0).then_some(x as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(values: &[f64]) -> Option<PointRun> {
        decode(values, &[Header { name: "x".into(), role: Role::Observed }], &[])
    }

    #[test]
    fn only_complete_runs_are_decoded() {
        let run = decoded(&[1.0, 0.0, 1.0, 2.0, 1.0, 0.5, 0.25, 1.0, 0.0]).expect("two values, two claims");
        let values = run.tables[0].column("x").and_then(|c| c.cells.real()).expect("real numbers");
        assert!(*values == [0.5, 0.25] && run.held == [true, false], "{run:?}");
        for wrong in [
            &[][..],
            &[f64::NAN],
            &[-1.0],
            &[1e300],
            &[1.0, 0.0, 1.0],
            &[1.0, 0.0, 1.0, 1e300, 1.0],
            &[1.0, 0.0, 1.0, 9007199254740992.0, 1.0],
            &[1.0, 0.0, 1.0, 3.0, 1.0, 0.5, 0.25],
            &[1.0, 0.5, 1.0, 1.0, 1.0, 0.5],
            &[1.0, 0.0, 0.0, 1.0, 1.0, 0.5],
            &[1.0, 0.0, 1e300, 1.0, 1.0, 0.5],
            &[1.0, 0.0, 9007199254740992.0, 2.0, 1.0, 0.5, 0.25],
            &[2.0, 0.0, 1.0, 1.0, 1.0, 0.5],
        ] {
            assert!(decoded(wrong).is_none(), "{wrong:?}");
        }
    }
}
