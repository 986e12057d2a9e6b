//! Shared test helpers for series functions.

use super::series::Series;

/// A missing value.
pub(super) const NAN: f64 = f64::NAN;

/// The series of a run that begins at the initial state, for an observable with spectral radius 1.
pub(super) fn run(values: &[f64]) -> Series {
    Series::of_run(values.to_vec(), 1.0)
}
