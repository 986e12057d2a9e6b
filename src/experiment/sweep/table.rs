//! What a sweep leaves: collected numbers a point, or the series of every point.

use std::collections::BTreeMap;

use super::grid::Grid;
use super::journal::Record;
use crate::analysis::{Index, Series};
use crate::check::{Analysis, Experiment};
use crate::eval::Value;
use crate::experiment::analyse::{Analysed, Claim, LetValue};
use crate::lower::Column;
use crate::source::SourceMap;

/// The results of a sweep, in row-major order of its grid.
#[derive(Debug)]
pub struct Table {
    /// The points.
    pub grid: Grid,
    /// Names of the collected columns; empty when every point's series are kept.
    pub collected: Vec<String>,
    /// Why points have missing values.
    pub reasons: BTreeMap<usize, String>,
    /// Collected numbers, point by point.
    values: Vec<f64>,
    /// The records of whole runs, by point.
    runs: BTreeMap<usize, Vec<f64>>,
    done: Vec<bool>,
}

impl Table {
    pub(super) fn new(grid: Grid, collected: Vec<String>) -> Self {
        let points = grid.len();
        let values = vec![f64::NAN; points * collected.len()];
        Self { grid, collected, reasons: BTreeMap::new(), values, runs: BTreeMap::new(), done: vec![false; points] }
    }

    /// Takes a point's record in.
    pub(super) fn put(&mut self, record: Record) {
        let (point, width) = (record.point, self.collected.len());
        self.done[point] = true;
        if !record.reason.is_empty() {
            self.reasons.insert(point, record.reason);
        }
        if width == 0 {
            self.runs.insert(point, record.values);
        } else if record.values.len() == width {
            self.values[point * width..(point + 1) * width].copy_from_slice(&record.values);
        }
    }

    /// Whether a record read from a journal is one that [`put`](Self::put) can take: a point of the grid, with as many
    /// numbers as are collected, or with the whole series of a run.
    pub(super) fn accepts(&self, record: &Record) -> bool {
        let fits = match self.collected.len() {
            0 => record.values.is_empty() || decode(&record.values).is_some(),
            width => record.values.len() == width,
        };
        record.point < self.grid.len() && fits
    }

    /// How many points are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.done.iter().filter(|d| **d).count()
    }

    /// Whether every point is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.done.iter().all(|d| *d)
    }

    /// Whether any point has a result.
    #[must_use]
    pub fn has_results(&self) -> bool {
        self.values.iter().any(|x| x.is_finite()) || (0..self.grid.len()).any(|p| !self.series(p).is_empty())
    }

    /// A collected column over all points; missing where a point failed.
    #[must_use]
    pub fn column(&self, c: usize) -> Vec<f64> {
        self.values.iter().skip(c).step_by(self.collected.len().max(1)).copied().collect()
    }

    /// The collected numbers of a point.
    #[must_use]
    pub fn row(&self, point: usize) -> &[f64] {
        let width = self.collected.len();
        &self.values[point * width..(point + 1) * width]
    }

    /// The series of a point, in the order in which a run has them; none where it failed.
    #[must_use]
    pub fn series(&self, point: usize) -> Vec<Series> {
        self.runs.get(&point).and_then(|v| decode(v)).map(|(series, _)| series).unwrap_or_default()
    }

    /// Each `expect` of an experiment without `collect` must hold at every point.
    pub(super) fn point_claims(&self, experiment: &Experiment, sources: &SourceMap) -> Vec<Claim> {
        let spans = experiment.analysis.iter().filter_map(|a| match a {
            Analysis::Expect { span, condition } => Some((*span, condition.span)),
            _ => None,
        });
        let held: Vec<Vec<bool>> = (0..self.grid.len())
            .map(|p| self.runs.get(&p).and_then(|v| decode(v)).map(|(_, held)| held).unwrap_or_default())
            .collect();
        let claim = |(i, (span, condition))| {
            let count = held.iter().filter(|h| h.get(i) == Some(&true)).count();
            let text = sources.text(condition).split_whitespace().collect::<Vec<_>>().join(" ");
            let measured = format!("holds at {count} of {} points", held.len());
            Claim { text, measured, holds: count == held.len(), span }
        };
        spans.enumerate().map(claim).collect()
    }
}

/// The record of a whole run: how many series, then start, stride, length and values of each, then 1 or 0 for each claim.
pub(super) fn whole_run(point: usize, columns: &[Column], series: &[Value], analysed: &Analysed) -> Record {
    let observed = series.iter().filter_map(|v| if let Value::Series(s) = v { Some(s) } else { None });
    let lets = analysed.lets.iter().filter_map(|(_, v)| if let LetValue::Series(s) = v { Some(s) } else { None });
    let all: Vec<&Series> = observed.chain(lets).collect();
    debug_assert!(all.len() >= columns.len());
    let mut values = vec![all.len() as f64];
    for s in all {
        values.extend([s.index.start as f64, s.index.stride as f64, s.index.len as f64]);
        values.extend(&s.values);
    }
    values.extend(analysed.claims.iter().map(|c| f64::from(u8::from(c.holds))));
    let reason = analysed.errors.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; ");
    Record { point, values, reason }
}

/// Series and claims of a record, or `None` if the numbers are not those of [`whole_run`] (those of a point that failed are
/// not).
fn decode(values: &[f64]) -> Option<(Vec<Series>, Vec<bool>)> {
    let (count, mut rest) = values.split_first()?;
    let mut out = Vec::new();
    for _ in 0..whole(*count)? {
        let ([start, stride, len], values) = rest.split_first_chunk::<3>()?;
        let index = Index { start: whole(*start)?, stride: whole(*stride)?, len: usize::try_from(whole(*len)?).ok()? };
        // As in every series, and the last index is a number of collisions, too.
        if index.stride == 0 {
            return None;
        }
        index.stride.checked_mul(index.len as u64)?.checked_add(index.start).filter(|end| *end <= MAX_WHOLE)?;
        let (values, others) = values.split_at_checked(index.len)?;
        rest = others;
        out.push(Series { index, values: values.to_vec(), scale: 1.0 });
    }
    Some((out, rest.iter().map(|x| *x == 1.0).collect()))
}

/// Every whole number up to here is exact as a double.
const MAX_WHOLE: u64 = 1 << 53;

/// A count that was written as a number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and not too large")]
fn whole(x: f64) -> Option<u64> {
    (x >= 0.0 && x <= MAX_WHOLE as f64 && x.fract() == 0.0).then_some(x as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_run_are_not_decoded() {
        let (series, claims) = decode(&[1.0, 0.0, 1.0, 2.0, 0.5, 0.25, 1.0, 0.0]).expect("two values, two claims");
        assert_eq!((series[0].values.as_slice(), claims.as_slice()), (&[0.5, 0.25][..], &[true, false][..]));
        for wrong in [
            &[][..],
            &[f64::NAN],
            &[-1.0],
            &[1e300],
            &[1.0, 0.0, 1.0],
            &[1.0, 0.0, 1.0, 1e300],
            &[1.0, 0.0, 1.0, 9007199254740992.0],
            &[1.0, 0.0, 1.0, 3.0, 0.5, 0.25],
            &[1.0, 0.5, 1.0, 1.0, 0.5],
            &[1.0, 0.0, 0.0, 1.0, 0.5],
            &[1.0, 0.0, 1e300, 1.0, 0.5],
            &[1.0, 0.0, 9007199254740992.0, 2.0, 0.5, 0.25],
            &[2.0, 0.0, 1.0, 1.0, 0.5],
        ] {
            assert!(decode(wrong).is_none(), "{wrong:?}");
        }
    }
}
