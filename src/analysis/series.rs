//! A series: numbers at equally spaced collisions.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Variations below this fraction of a series' [`scale`](Series::scale) are attributed to rounding.
///
/// The expectation value of an observable with spectral radius r has an error of about 1e-16·r per collision, which
/// does not grow for a damped step; 1e-13 leaves a margin of a factor of a thousand.
pub const ROUNDING: f64 = 1e-13;

/// The collisions of the values of a [`Series`]: start, start + stride, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The collision of the first value.
    pub start: u64,
    /// Number of collisions from one value to the next, at least 1.
    pub stride: u64,
    /// Number of values.
    pub len: usize,
}

impl Index {
    /// The collisions 1 … n; `None` if n does not fit in a `usize`.
    #[must_use]
    pub fn of_collisions(n: u64) -> Option<Self> {
        Some(Self { start: 1, stride: 1, len: usize::try_from(n).ok()? })
    }

    /// The collision of the last value.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.len.checked_sub(1).map(|i| self.at(i))
    }

    /// The collision of value `i`.
    #[must_use]
    pub fn at(&self, i: usize) -> u64 {
        self.start + self.stride * i as u64
    }

    /// The position of the value at collision `n`, if there is one.
    #[must_use]
    pub fn position(&self, n: u64) -> Option<usize> {
        let distance = n.checked_sub(self.start)?;
        let i = usize::try_from(distance / self.stride).ok()?;
        (distance.is_multiple_of(self.stride) && i < self.len).then_some(i)
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len {
            0 => write!(f, "no collision"),
            1 => write!(f, "n = {}", self.start),
            2 => write!(f, "n = {}, {}", self.start, self.at(1)),
            len => write!(f, "n = {}, {}, …, {}", self.start, self.at(1), self.at(len - 1)),
        }
    }
}

/// The numbers of a series or of a column. Clones share them, so that a table, a figure and an analysis store the
/// numbers of a run only once. Changing a shared clone copies its numbers first.
#[derive(Clone, Default)]
pub struct Values(Arc<Vec<f64>>);

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Self(Arc::new(values))
    }
}

impl FromIterator<f64> for Values {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self::from(values.into_iter().collect::<Vec<f64>>())
    }
}

impl<'v> IntoIterator for &'v Values {
    type Item = &'v f64;
    type IntoIter = std::slice::Iter<'v, f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Deref for Values {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.0
    }
}

impl DerefMut for Values {
    fn deref_mut(&mut self) -> &mut [f64] {
        Arc::make_mut(&mut self.0).as_mut_slice()
    }
}

impl AsRef<[f64]> for Values {
    fn as_ref(&self) -> &[f64] {
        &self.0
    }
}

impl<T: AsRef<[f64]> + ?Sized> PartialEq<T> for Values {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Numbers at equally spaced collisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Collisions of the values.
    pub index: Index,
    /// The values, `index.len` of them; each is finite or missing (NaN).
    pub values: Values,
    /// The largest absolute value that the observable can have: the spectral radius of an operator, 1 if nothing else
    /// is known. Changes below [`ROUNDING`] times the scale have no physical meaning.
    pub scale: f64,
}

impl Series {
    /// The series of a run: `values[n]` is the value at collision n, where n = 0 is the initial state (missing for a
    /// record).
    #[must_use]
    pub fn of_run(values: Vec<f64>, scale: f64) -> Self {
        Self::part_of_run(0, values, scale)
    }

    /// A part of the series of a run that begins at collision `first`.
    #[must_use]
    pub fn part_of_run(first: u64, values: Vec<f64>, scale: f64) -> Self {
        Self { index: Index { start: first, stride: 1, len: values.len() }, values: values.into(), scale }
    }

    /// The position of the first value at a collision n ≥ 1; the number of values if there is none.
    #[must_use]
    pub fn first_analysed(&self) -> usize {
        usize::from(self.index.start == 0).min(self.values.len())
    }

    /// The values at the collisions n ≥ 1.
    #[must_use]
    pub fn analysed_values(&self) -> &[f64] {
        &self.values[self.first_analysed()..]
    }

    /// The collisions n ≥ 1 with their values, in order.
    pub fn analysed(&self) -> impl DoubleEndedIterator<Item = (u64, f64)> + '_ {
        let first = self.first_analysed();
        self.analysed_values().iter().enumerate().map(move |(i, &value)| (self.index.at(first + i), value))
    }

    /// Number of missing values at n ≥ 1.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.analysed_values().iter().filter(|v| v.is_nan()).count()
    }
}

/// Whether the values vary by rounding only: their peak-to-peak variation is zero or below [`ROUNDING`]·`scale`.
/// Missing values are ignored.
pub(super) fn only_rounding(values: &[f64], scale: f64) -> bool {
    let spread = peak_to_peak(values);
    spread < ROUNDING * scale || spread == 0.0
}

/// The largest minus the smallest value; 0 if there are no values.
pub(super) fn peak_to_peak(values: &[f64]) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (high - low).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_invert_collisions() {
        let index = Index { start: 1, stride: 15, len: 4 };
        for i in 0..4 {
            assert_eq!(index.position(index.at(i)), Some(i));
        }
        assert_eq!([0, 2, 61].map(|n| index.position(n)), [None; 3]);
    }

    #[test]
    fn the_initial_state_is_not_analysed() {
        let run = Series::of_run(vec![f64::NAN, 2.0, 3.0], 1.0);
        assert_eq!(run.analysed().collect::<Vec<_>>(), [(1, 2.0), (2, 3.0)]);
        assert_eq!(run.missing(), 0);
        let later = Series { index: Index { start: 4, stride: 2, len: 2 }, values: vec![5.0, 6.0].into(), scale: 1.0 };
        assert_eq!(later.analysed().collect::<Vec<_>>(), [(4, 5.0), (6, 6.0)]);
        assert_eq!(Series::of_run(Vec::new(), 1.0).analysed().count(), 0);
    }

    #[test]
    fn an_index_is_printed_with_its_ends() {
        let print = |len| Index { start: 1, stride: 15, len }.to_string();
        assert_eq!([0, 1, 2, 4].map(print), ["no collision", "n = 1", "n = 1, 16", "n = 1, 16, …, 46"]);
    }
}
