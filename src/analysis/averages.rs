//! Single values, averages, differences and the running sum of a series.

use super::error::AnalysisError;
use super::series::Series;
use super::sum::{Sum, sum};
use super::table::{Outcome, count};

/// The value at the last collision n ≥ 1; missing if that value is missing or does not exist.
pub(super) fn last(x: &Series) -> Outcome {
    Outcome::number(x.analysed_values().last().copied().unwrap_or(f64::NAN))
}

/// The value at the first collision n ≥ 1; missing if that value is missing or does not exist.
pub(super) fn first(x: &Series) -> Outcome {
    Outcome::number(x.analysed_values().first().copied().unwrap_or(f64::NAN))
}

/// The value at collision n, where n = 0 is the initial state; missing if n is missing (an event that did not occur).
///
/// # Errors
/// n is not a whole number, or the series has no value at n.
pub(super) fn at(x: &Series, n: f64) -> Result<Outcome, AnalysisError> {
    if n.is_nan() {
        return Ok(Outcome::number(f64::NAN).note("`at` has no value: its collision is missing"));
    }
    let n = count("at", "n", n)? as u64;
    let i = x.index.position(n).ok_or_else(|| AnalysisError::NoSuchCollision { n, index: x.index.clone() })?;
    Ok(Outcome::number(x.values[i]))
}

/// The arithmetic mean over n ≥ 1; missing values are skipped.
pub(super) fn mean(x: &Series) -> Outcome {
    let present = present(x);
    Outcome::number(sum(present.iter().copied()) / present.len() as f64).skipping(x, "mean")
}

/// Σ x over the present values at n ≥ 1; NaN if there is none.
pub(super) fn total(x: &Series) -> Outcome {
    let present = present(x);
    let total = if present.is_empty() { f64::NAN } else { sum(present.iter().copied()) };
    Outcome::number(total).skipping(x, "sum")
}

/// √(Σ x²/k) over the k present values at n ≥ 1; missing values are skipped.
pub(super) fn rms(x: &Series) -> Outcome {
    let present = present(x);
    // In units of the largest value, no square overflows or underflows.
    let unit = present.iter().fold(0.0, |unit: f64, v| unit.max(v.abs()));
    let value = match unit {
        0.0 if present.is_empty() => f64::NAN,
        0.0 => 0.0,
        _ => unit * (sum(present.iter().map(|v| (v / unit).powi(2))) / present.len() as f64).sqrt(),
    };
    Outcome::number(value).skipping(x, "rms")
}

fn present(x: &Series) -> Vec<f64> {
    x.analysed_values().iter().copied().filter(|v| !v.is_nan()).collect()
}

/// The differences x(n) − x(n−1) of neighbouring values in the index, where the initial state n = 0 counts as a
/// neighbour. The first entry is missing, and so is a difference with a missing value. The scale doubles.
pub(super) fn diff(x: &Series) -> Outcome {
    let differences = x.values.windows(2).map(|w| w[1] - w[0]);
    let values = std::iter::once(f64::NAN).chain(differences).take(x.values.len()).collect();
    Outcome::series(Series { values, scale: 2.0 * x.scale, ..x.clone() })
}

/// The compensated sum Σ x(m) over 1 ≤ m ≤ n; 0 at n = 0, and missing from the first missing value onwards. The scale
/// is multiplied by the number of terms.
pub(super) fn cumsum(x: &Series) -> Outcome {
    let first = x.first_analysed();
    let mut total = Sum::default();
    let sums = x.analysed_values().iter().map(|&v| {
        total.add(v);
        total.value()
    });
    let values = std::iter::repeat_n(0.0, first).chain(sums).collect();
    let terms = x.analysed_values().len() as f64;
    let outcome = Outcome::series(Series { values, scale: x.scale * terms.max(1.0), ..x.clone() });
    match x.analysed().find(|(_, v)| v.is_nan()) {
        Some((n, _)) => {
            outcome.note(format!("`cumsum` has no value from n = {n} onwards: the value at n = {n} is missing"))
        }
        None => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NAN, run};
    use super::*;
    use crate::analysis::Index;

    #[test]
    fn single_values_ignore_the_initial_state() {
        let x = run(&[9.0, 1.0, 2.0, 3.0]);
        assert_eq!((first(&x).unwrap_number(), last(&x).unwrap_number()), (1.0, 3.0));
        assert_eq!(at(&x, 0.0).unwrap().unwrap_number(), 9.0);
        assert_eq!(at(&x, 2.0).unwrap().unwrap_number(), 2.0);
        assert!(at(&x, NAN).unwrap().unwrap_number().is_nan());
        assert_eq!(at(&x, 4.0).unwrap_err(), AnalysisError::NoSuchCollision { n: 4, index: x.index.clone() });
        assert!(matches!(at(&x, 1.5), Err(AnalysisError::NotACount { .. })));
        assert!(matches!(at(&x, -1.0), Err(AnalysisError::NotACount { .. })));
        assert!(last(&run(&[9.0])).unwrap_number().is_nan());
        assert!(last(&run(&[9.0, 1.0, NAN])).unwrap_number().is_nan());
    }

    #[test]
    fn averages_skip_missing_values_and_say_so() {
        let x = run(&[100.0, 3.0, NAN, 5.0]);
        assert_eq!(mean(&x).unwrap_number(), 4.0);
        assert!((rms(&x).unwrap_number() - 17f64.sqrt()).abs() < 1e-15);
        assert_eq!(mean(&x).notes, ["`mean` skips missing values: 1 of 3"]);
        let none = run(&[1.0, NAN]);
        assert!(mean(&none).unwrap_number().is_nan() && rms(&none).unwrap_number().is_nan());
        assert_eq!(rms(&run(&[1.0, 0.0, 0.0])).unwrap_number(), 0.0);
        assert_eq!(rms(&run(&[0.0, 1e300, -1e300])).unwrap_number(), 1e300);
    }

    #[test]
    fn sums_and_differences_undo_each_other() {
        let x = run(&[0.5, 1.0, 4.0, 9.0, 16.0]);
        let difference = diff(&x).unwrap_series();
        assert!(difference.values[0].is_nan());
        assert_eq!(difference.values[1..], [0.5, 3.0, 5.0, 7.0]);
        assert_eq!(difference.index, x.index);
        let total = cumsum(&difference).unwrap_series();
        assert_eq!(total.values, [0.0, 0.5, 3.5, 8.5, 15.5]);
        assert_eq!(diff(&cumsum(&x).unwrap_series()).unwrap_series().values[1..], x.values[1..]);
        assert!(diff(&run(&[])).unwrap_series().values.is_empty());
    }

    #[test]
    fn a_running_sum_ends_at_a_missing_value() {
        let x = Series {
            index: Index { start: 3, stride: 2, len: 4 },
            values: vec![1.0, 2.0, NAN, 4.0].into(),
            scale: 1.0,
        };
        let outcome = cumsum(&x);
        assert!(outcome.notes[0].contains("n = 7"));
        let total = outcome.unwrap_series();
        assert_eq!(total.values[..2], [1.0, 3.0]);
        assert!(total.values[2].is_nan() && total.values[3].is_nan());
    }
}
