//! Conditions on each value of a series, and functions of conditions. In the table of a sweep, a column is a series
//! over the points, so the same functions also find the part of a phase diagram in which a condition holds.
//!
//! A condition is a series of 1 (it holds), 0 (it does not hold) and missing values (it depends on a missing value).

use super::error::AnalysisError;
use super::series::Series;
use super::table::{Argument, Outcome};

/// A comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// x < y
    Less,
    /// x ≤ y
    LessEqual,
    /// x > y
    Greater,
    /// x ≥ y
    GreaterEqual,
    /// x = y
    Equal,
    /// x ≠ y
    NotEqual,
}

impl Comparison {
    /// Whether it holds between two numbers. If one is NaN, only ≠ holds.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "the script requests exact equality")]
    pub fn holds(self, x: f64, y: f64) -> bool {
        match self {
            Self::Less => x < y,
            Self::LessEqual => x <= y,
            Self::Greater => x > y,
            Self::GreaterEqual => x >= y,
            Self::Equal => x == y,
            Self::NotEqual => x != y,
        }
    }
}

/// Compares value by value; a number acts as a constant series. At least one side is a series. The result is missing
/// where a value is.
///
/// # Errors
/// Two series with different indices.
pub fn compare(comparison: Comparison, x: Argument<'_>, y: Argument<'_>) -> Result<Outcome, AnalysisError> {
    pairwise("a comparison", x, y, |a, b| (!a.is_nan() && !b.is_nan()).then(|| comparison.holds(a, b)))
}

/// Whether |x − y| ≤ tolerance.
#[must_use]
pub fn is_near(x: f64, y: f64, tolerance: f64) -> bool {
    (x - y).abs() <= tolerance
}

/// Whether x and y differ by at most `tolerance`, value by value; a number acts as a constant series. At least one side
/// is a series. The result is missing where a value is.
///
/// # Errors
/// As [`compare`].
pub fn approx(x: Argument<'_>, y: Argument<'_>, tolerance: f64) -> Result<Outcome, AnalysisError> {
    pairwise("`≈`", x, y, |a, b| (!a.is_nan() && !b.is_nan()).then(|| is_near(a, b, tolerance)))
}

/// Whether both conditions hold; missing where this depends on a missing value.
///
/// # Errors
/// As [`compare`].
pub fn both(x: Argument<'_>, y: Argument<'_>) -> Result<Outcome, AnalysisError> {
    pairwise("`and`", x, y, |a, b| if a == 0.0 || b == 0.0 { Some(false) } else { (a + b == 2.0).then_some(true) })
}

/// Whether at least one of two conditions holds; missing where this depends on a missing value.
///
/// # Errors
/// As [`compare`].
pub fn either(x: Argument<'_>, y: Argument<'_>) -> Result<Outcome, AnalysisError> {
    pairwise("`or`", x, y, |a, b| if a == 1.0 || b == 1.0 { Some(true) } else { (a + b == 0.0).then_some(false) })
}

/// The negation of a condition; missing values stay missing.
#[must_use]
pub fn negate(x: &Series) -> Series {
    Series { index: x.index.clone(), values: x.values.iter().map(|v| 1.0 - v).collect(), scale: 1.0 }
}

fn pairwise(
    operation: &'static str,
    x: Argument<'_>,
    y: Argument<'_>,
    f: impl Fn(f64, f64) -> Option<bool>,
) -> Result<Outcome, AnalysisError> {
    let index = match (x, y) {
        (Argument::Series(a), Argument::Series(b)) if a.index != b.index => {
            return Err(AnalysisError::DifferentIndices { operation, left: a.index.clone(), right: b.index.clone() });
        }
        (Argument::Series(s), _) | (_, Argument::Series(s)) => s.index.clone(),
        (Argument::Number(_), Argument::Number(_)) => unreachable!("two numbers are compared as numbers"),
    };
    let value = |a: Argument<'_>, i: usize| match a {
        Argument::Series(s) => s.values[i],
        Argument::Number(v) => v,
    };
    let values =
        (0..index.len).map(|i| f(value(x, i), value(y, i)).map_or(f64::NAN, |b| f64::from(u8::from(b)))).collect();
    Ok(Outcome::series(Series { index, values, scale: 1.0 }))
}

/// The number of values at n ≥ 1 for which the condition holds.
pub(super) fn count(c: &Series) -> Outcome {
    Outcome::number(c.analysed_values().iter().filter(|v| **v == 1.0).count() as f64).skipping(c, "count")
}

/// The fraction of the values at n ≥ 1 for which the condition holds; missing values are excluded from both counts.
pub(super) fn fraction(c: &Series) -> Outcome {
    let known = c.analysed_values().iter().filter(|v| !v.is_nan()).count();
    let held = c.analysed_values().iter().filter(|v| **v == 1.0).count();
    Outcome::number(held as f64 / known as f64).skipping(c, "fraction")
}

/// The values of x where the condition holds, missing elsewhere.
///
/// # Errors
/// A condition with an index other than that of x.
pub(super) fn choose(x: &Series, c: &Series) -> Result<Outcome, AnalysisError> {
    same_index("where", x, c)?;
    let values = x.values.iter().zip(&c.values).map(|(v, c)| if *c == 1.0 { *v } else { f64::NAN }).collect();
    Ok(Outcome::series(Series { values, ..x.clone() }))
}

/// The values of x where u is nearest to v among the positions at which x has a value; missing elsewhere. Distances
/// count as equal if they differ by at most 1e-9 of the range of u.
///
/// # Errors
/// A u with an index other than that of x.
pub(super) fn nearest(x: &Series, u: &Series, v: f64) -> Result<Outcome, AnalysisError> {
    same_index("nearest", x, u)?;
    let reachable = u.values.iter().zip(&x.values).filter(|(_, x)| !x.is_nan());
    let best = reachable.map(|(u, _)| (u - v).abs()).fold(f64::INFINITY, f64::min);
    let (low, high) = u.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), u| (l.min(*u), h.max(*u)));
    let slack = 1e-9 * (high - low).max(0.0);
    let values = x
        .values
        .iter()
        .zip(&u.values)
        .map(|(x, u)| if (u - v).abs() <= best + slack { *x } else { f64::NAN })
        .collect();
    Ok(Outcome::series(Series { values, ..x.clone() }))
}

fn same_index(operation: &'static str, x: &Series, y: &Series) -> Result<(), AnalysisError> {
    if x.index == y.index {
        return Ok(());
    }
    Err(AnalysisError::DifferentIndices { operation, left: x.index.clone(), right: y.index.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Index;

    fn column(values: &[f64]) -> Series {
        Series { index: Index { start: 1, stride: 1, len: values.len() }, values: values.to_vec().into(), scale: 1.0 }
    }

    #[test]
    fn missing_values_are_neither_true_nor_false() {
        let x = column(&[-1.0, 0.5, f64::NAN]);
        let c = compare(Comparison::Less, Argument::Series(&x), Argument::Number(0.0)).unwrap().unwrap_series();
        assert_eq!(&c.values[..2], [1.0, 0.0]);
        assert!(c.values[2].is_nan());
        assert_eq!(count(&c).unwrap_number(), 1.0);
        assert_eq!(fraction(&c).unwrap_number(), 0.5);
        let all = either(Argument::Series(&c), Argument::Series(&negate(&c))).unwrap().unwrap_series();
        assert_eq!(&all.values[..2], [1.0, 1.0]);
        let none = both(Argument::Series(&c), Argument::Number(0.0)).unwrap().unwrap_series();
        assert_eq!(none.values, [0.0, 0.0, 0.0]);
    }

    #[test]
    fn nearest_takes_a_row_of_a_grid() {
        let u = column(&[0.0, 0.0, 0.1, 0.1]);
        let x = column(&[1.0, 2.0, 3.0, f64::NAN]);
        let row = nearest(&x, &u, 0.07).unwrap().unwrap_series();
        assert!(row.values[0].is_nan() && row.values[2] == 3.0 && row.values[3].is_nan());
        let chosen = choose(&x, &column(&[0.0, 1.0, f64::NAN, 1.0])).unwrap().unwrap_series();
        assert!(chosen.values[0].is_nan() && chosen.values[1] == 2.0 && chosen.values[2].is_nan());
    }
}
