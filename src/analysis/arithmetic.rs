//! Arithmetic between series, and functions of a number applied to every value.
//!
//! A result that is not a finite number (division by zero, √ of a negative number) is missing, with a note.
//!
//! Scales: rounding in an operand must be recognisable as rounding in the result. A sum adds the scales, a product
//! multiplies them. For every other operation, the scale is the largest value of the result or the largest change that
//! a rounding-sized change of an operand causes, in units of [`ROUNDING`], whichever is larger.

use super::error::AnalysisError;
use super::series::{ROUNDING, Series};
use super::table::{Argument, Outcome};

/// An operation between two series, or a series and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// x + y
    Add,
    /// x − y
    Subtract,
    /// x · y
    Multiply,
    /// x / y
    Divide,
    /// xʸ as a real number; missing for a negative x and a y that is not a whole number
    Power,
}

impl Operation {
    fn apply(self, x: f64, y: f64) -> f64 {
        match self {
            Self::Add => x + y,
            Self::Subtract => x - y,
            Self::Multiply => x * y,
            Self::Divide => x / y,
            Self::Power => x.powf(y),
        }
    }

    /// The symbol that a script uses.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }

    /// The expression that messages show.
    fn form(self) -> &'static str {
        match self {
            Self::Add => "x + y",
            Self::Subtract => "x - y",
            Self::Multiply => "x * y",
            Self::Divide => "x / y",
            Self::Power => "x ^ y",
        }
    }
}

/// Combines the values collision by collision, including n = 0. A number acts as a constant series; two numbers give a
/// number. The result is missing where an operand is.
///
/// # Errors
/// Two series with values at different collisions.
pub fn combine(operation: Operation, x: Argument<'_>, y: Argument<'_>) -> Result<Outcome, AnalysisError> {
    let index = match (x, y) {
        (Argument::Number(a), Argument::Number(b)) => return Ok(Outcome::number(operation.apply(a, b))),
        (Argument::Series(a), Argument::Series(b)) if a.index != b.index => {
            let (left, right) = (a.index.clone(), b.index.clone());
            return Err(AnalysisError::DifferentIndices { operation: operation.form(), left, right });
        }
        (Argument::Series(series), _) | (_, Argument::Series(series)) => series.index.clone(),
    };
    let pairs: Vec<(f64, f64)> = (0..index.len).map(|i| (value(x, i), value(y, i))).collect();
    let values = pairs.iter().map(|&(a, b)| operation.apply(a, b)).collect();
    let present = pairs.iter().filter(|(a, b)| !a.is_nan() && !b.is_nan()).count();
    let scale = combined_scale(operation, x, y, &pairs);
    Ok(finite(Series { index, values, scale }, present, operation.form()))
}

/// Applies a function of a real number to every value, including n = 0. `name` is the name of the function in a note
/// about missing results: `sqrt(x)`.
pub fn map(x: &Series, name: &str, f: impl Fn(f64) -> f64) -> Outcome {
    let values = x.values.iter().map(|&v| f(v)).collect();
    let present = x.values.iter().filter(|v| !v.is_nan()).count();
    let step = ROUNDING * x.scale;
    let scale = largest(x.values.iter().flat_map(|&v| [f(v), (f(v + step) - f(v)) / ROUNDING]));
    finite(Series { index: x.index.clone(), values, scale }, present, name)
}

/// |x| at every collision, with the scale of x.
pub(super) fn magnitude(x: &Series) -> Series {
    Series { values: x.values.iter().map(|v| v.abs()).collect(), ..x.clone() }
}

fn value(operand: Argument<'_>, i: usize) -> f64 {
    match operand {
        Argument::Series(series) => series.values[i],
        Argument::Number(number) => number,
    }
}

/// Replaces infinite results by missing values. A note gives the number of `present` operands without a finite result.
fn finite(mut series: Series, present: usize, form: &str) -> Outcome {
    for v in series.values.iter_mut().filter(|v| v.is_infinite()) {
        *v = f64::NAN;
    }
    let lost = present - series.values.iter().filter(|v| !v.is_nan()).count();
    let total = series.values.len();
    let outcome = Outcome::series(series);
    match lost {
        0 => outcome,
        _ => outcome
            .note(format!("{lost} of {total} values of `{form}` are missing: the result is not a finite real number")),
    }
}

fn combined_scale(operation: Operation, x: Argument<'_>, y: Argument<'_>, pairs: &[(f64, f64)]) -> f64 {
    // `bound` is the largest value of an operand, `error` the size of its rounding error in units of ROUNDING.
    let bound = |operand| match operand {
        Argument::Series(series) => series.scale,
        Argument::Number(number) => number.abs(),
    };
    let error = |operand| match operand {
        Argument::Series(series) => series.scale,
        Argument::Number(_) => 0.0,
    };
    let (dx, dy) = (error(x), error(y));
    match operation {
        Operation::Add | Operation::Subtract => bound(x) + bound(y),
        Operation::Multiply => bound(x) * bound(y),
        // δ(a/b) = (δa + |a/b| δb)/|b|
        Operation::Divide => largest(pairs.iter().flat_map(|&(a, b)| [a / b, (dx + (a / b).abs() * dy) / b])),
        // The derivative of a^b has no useful bound at a = 0, so the change itself is used.
        Operation::Power => largest(pairs.iter().flat_map(|&(a, b)| {
            let changed = |da: f64, db: f64| ((a + ROUNDING * da).powf(b + ROUNDING * db) - a.powf(b)) / ROUNDING;
            [a.powf(b), changed(dx, 0.0), changed(0.0, dy)]
        })),
    }
}

/// The largest absolute value of the finite numbers; 0 if there are none.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::abs).filter(|v| v.is_finite()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NAN, run};
    use super::*;
    use crate::analysis::pearson;

    #[test]
    fn values_combine_collision_by_collision() {
        let (x, y) = (run(&[1.0, 2.0, 3.0]), run(&[4.0, 5.0, 6.0]));
        let of = |op, a: Argument<'_>, b: Argument<'_>| combine(op, a, b).unwrap().unwrap_series();
        let (sx, sy) = (Argument::Series(&x), Argument::Series(&y));
        assert_eq!(of(Operation::Add, sx, sy).values, [5.0, 7.0, 9.0]);
        assert_eq!(of(Operation::Subtract, sx, sy).values, [-3.0; 3]);
        assert_eq!(of(Operation::Multiply, sx, sy).values, [4.0, 10.0, 18.0]);
        assert_eq!(of(Operation::Divide, Argument::Number(12.0), sy).values, [3.0, 2.4, 2.0]);
        assert_eq!(of(Operation::Power, sx, Argument::Number(2.0)).values, [1.0, 4.0, 9.0]);
        assert_eq!(of(Operation::Add, sx, sy).scale, 2.0);
        assert_eq!(of(Operation::Multiply, Argument::Number(-3.0), sx).scale, 3.0);
        assert_eq!(of(Operation::Divide, sx, Argument::Number(-4.0)).scale, 0.75);
        let both = combine(Operation::Subtract, Argument::Number(1.0), Argument::Number(3.0)).unwrap();
        assert_eq!(both.unwrap_number(), -2.0);
    }

    #[test]
    fn series_at_different_collisions_are_rejected() {
        let (x, y) = (run(&[1.0, 2.0, 3.0]), run(&[4.0, 5.0]));
        let error = combine(Operation::Subtract, Argument::Series(&x), Argument::Series(&y)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`x - y` needs values at the same collisions: the first series has n = 0, 1, …, 2, the second n = 0, 1"
        );
    }

    #[test]
    fn results_that_are_not_finite_are_missing_and_counted() {
        let (x, y) = (run(&[0.0, 1.0, NAN, 8.0]), run(&[0.0, 0.0, 1.0, 2.0]));
        let outcome = combine(Operation::Divide, Argument::Series(&x), Argument::Series(&y)).unwrap();
        assert!(outcome.notes[0].starts_with("2 of 4 values of `x / y`"), "{:?}", outcome.notes);
        let values = outcome.unwrap_series().values;
        assert!(values[..3].iter().all(|v| v.is_nan()) && values[3] == 4.0);
        let roots = map(&run(&[4.0, -4.0]), "sqrt(x)", f64::sqrt);
        assert!(roots.notes[0].starts_with("1 of 2 values of `sqrt(x)`"));
    }

    #[test]
    fn rounding_stays_rounding_through_arithmetic() {
        // Series of rounding noise, and series computed from them.
        let noise = Series::of_run((0..100).map(|n| 1e-17 * f64::from(n).sin()).collect(), 1.0);
        let other = Series::of_run((0..100).map(|n| 1e-17 * (2.3 + f64::from(n).cos())).collect(), 1.0);
        let one = Argument::Number(1.0);
        let (x, y) = (Argument::Series(&noise), Argument::Series(&other));
        let made = [
            combine(Operation::Add, x, one),
            combine(Operation::Multiply, x, Argument::Number(1e17)),
            combine(Operation::Divide, x, y),
            combine(Operation::Divide, one, y),
            combine(Operation::Power, y, Argument::Number(0.5)),
            Ok(map(&other, "log(x)", f64::ln)),
        ];
        for series in made.map(|outcome| outcome.unwrap().unwrap_series()) {
            let c = pearson(&series, &series, 20, 10).unwrap().unwrap_series();
            assert!(c.values.iter().all(|v| v.is_nan()), "scale {}: {:?}", series.scale, c.values);
        }
    }
}
