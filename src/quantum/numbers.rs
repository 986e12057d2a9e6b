//! The table of functions of numbers.
//!
//! Contract: `function` takes as many numbers as `arity` allows. Multivalued functions give their principal branch. A
//! number whose imaginary part is a zero of either sign counts as real: √(−1) is i, never −i. For a real argument in
//! the domain of the real function, the result is that of the real function, with imaginary part 0. Where a function is
//! not defined, the result is NaN or infinite; no function panics. A row with `real_only` uses only the real parts; the
//! caller checks that the numbers are real.

use std::f64::consts::PI;
use std::ops::RangeInclusive;

use super::linalg::C64;

/// The largest imaginary part that is attributed to rounding, relative to the real part or to 1, whichever is larger.
/// It is several thousand times the rounding error of one operation, so that a formula of many terms whose value is
/// real counts as real.
const REAL_TOLERANCE: f64 = 1e-12;

/// The real part of a number that is real within rounding; `None` for a complex number. A missing real number stays
/// NaN.
#[must_use]
pub fn as_real(z: C64) -> Option<f64> {
    (z.im.abs() <= REAL_TOLERANCE * z.re.abs().max(1.0)).then_some(z.re)
}

/// A function of numbers that a script may call.
#[derive(Debug)]
pub struct NumberRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Number of arguments.
    pub arity: RangeInclusive<usize>,
    /// Whether it is defined for real numbers only.
    pub real_only: bool,
    /// Help text of one sentence.
    pub help: &'static str,
    /// Example of a call.
    pub example: &'static str,
    /// Computes its value; the number of arguments must be in `arity`.
    pub function: fn(&[C64]) -> C64,
}

/// A function of one real or complex number.
macro_rules! complex {
    ($name:literal, $aliases:expr, $example:literal, $function:expr, $help:literal) => {
        NumberRow {
            name: $name,
            aliases: &$aliases,
            arity: 1..=1,
            real_only: false,
            help: $help,
            example: $example,
            function: |z| $function(unsigned_zero(z[0])),
        }
    };
}

/// A function of a slice of real numbers.
macro_rules! real {
    ($name:literal, $arity:expr, $example:literal, $function:expr, $help:literal) => {
        NumberRow {
            name: $name,
            aliases: &[],
            arity: $arity,
            real_only: true,
            help: $help,
            example: $example,
            function: |z| C64::from($function(z)),
        }
    };
}

/// The name of the remainder, which is periodic in its first argument.
pub const REMAINDER: &str = "mod";

/// All functions of numbers.
pub static NUMBERS: &[NumberRow] = &[
    complex!("sqrt", [], "sqrt(2)", sqrt, "Square root, principal branch: sqrt(-1) is i."),
    complex!(
        "exp",
        [],
        "exp(1)",
        |z| real_or(z, any, f64::exp, C64::exp),
        "Exponential function; exp(1) is Euler's number."
    ),
    complex!("log", ["ln"], "log(2)", ln, "Natural logarithm, principal branch: log(-1) is iπ."),
    complex!(
        "log10",
        [],
        "log10(1000)",
        |z| real_or(z, positive, f64::log10, |z| z.ln() / 10f64.ln()),
        "Logarithm to base 10, principal branch."
    ),
    complex!(
        "log2",
        [],
        "log2(8)",
        |z| real_or(z, positive, f64::log2, |z| z.ln() / 2f64.ln()),
        "Logarithm to base 2, principal branch."
    ),
    complex!("sin", [], "sin(pi/6)", |z| real_or(z, any, f64::sin, C64::sin), "Sine of an angle in radians."),
    complex!("cos", [], "cos(pi/3)", |z| real_or(z, any, f64::cos, C64::cos), "Cosine of an angle in radians."),
    complex!("tan", [], "tan(pi/4)", |z| real_or(z, any, f64::tan, C64::tan), "Tangent of an angle in radians."),
    complex!(
        "asin",
        [],
        "asin(0.5)",
        |z| real_or(z, within_one, f64::asin, C64::asin),
        "Inverse sine in radians, principal branch: between −π/2 and π/2 for a real number in [−1, 1]."
    ),
    complex!(
        "acos",
        [],
        "acos(0.5)",
        |z| real_or(z, within_one, f64::acos, C64::acos),
        "Inverse cosine in radians, principal branch: between 0 and π for a real number in [−1, 1]."
    ),
    complex!(
        "atan",
        [],
        "atan(1)",
        |z| real_or(z, any, f64::atan, C64::atan),
        "Inverse tangent in radians, principal branch: between −π/2 and π/2 for a real number."
    ),
    real!(
        "atan2",
        2..=2,
        "atan2(1, -1)",
        |z: &[C64]| z[0].re.atan2(z[1].re),
        "The angle in radians, between −π and π, of the point with ordinate x and abscissa y: the ordinate comes first."
    ),
    complex!("sinh", [], "sinh(1)", |z| real_or(z, any, f64::sinh, C64::sinh), "Hyperbolic sine."),
    complex!("cosh", [], "cosh(1)", |z| real_or(z, any, f64::cosh, C64::cosh), "Hyperbolic cosine."),
    complex!("tanh", [], "tanh(1)", |z| real_or(z, any, f64::tanh, C64::tanh), "Hyperbolic tangent."),
    complex!("abs", [], "abs(3 + 4i)", |z: C64| C64::from(z.norm()), "Modulus |z|."),
    complex!("re", [], "re(3 + 4i)", |z: C64| C64::from(z.re), "Real part."),
    complex!("im", [], "im(3 + 4i)", |z: C64| C64::from(z.im), "Imaginary part."),
    complex!("conj", [], "conj(3 + 4i)", |z: C64| z.conj(), "Complex conjugate."),
    complex!(
        "arg",
        [],
        "arg(i)",
        |z: C64| C64::from(z.arg()),
        "Argument (phase angle) of a complex number in radians, in (−π, π]; π for a negative real number."
    ),
    real!("min", 2..=usize::MAX, "min(1, 2, 3)", |z| extreme(z, f64::min), "The smallest of several numbers."),
    real!("max", 2..=usize::MAX, "max(1, 2, 3)", |z| extreme(z, f64::max), "The largest of several numbers."),
    real!(
        "positive",
        1..=1,
        "positive(-0.5)",
        |z: &[C64]| if z[0].re < 0.0 { 0.0 } else { z[0].re },
        "The positive part of a number, max(x, 0): sum(positive(diff(D))) adds up the increases of a series."
    ),
    real!("floor", 1..=1, "floor(2.7)", |z: &[C64]| z[0].re.floor(), "The largest whole number not greater than x."),
    real!("ceil", 1..=1, "ceil(2.2)", |z: &[C64]| z[0].re.ceil(), "The smallest whole number not less than x."),
    real!(
        "round",
        1..=1,
        "round(2.5)",
        |z: &[C64]| z[0].re.round(),
        "The nearest whole number; halves are rounded away from zero."
    ),
    real!(
        "mod",
        2..=2,
        "mod(7, 3)",
        |z: &[C64]| z[0].re.rem_euclid(z[1].re),
        "mod(x, m): the remainder of x divided by m, at least 0 and less than |m|; missing for m = 0."
    ),
];

/// Replaces an imaginary part −0 by +0: −1 − 0i, which is the result of −(1 + 0i), lies on the other side of a branch
/// cut from −1 + 0i.
fn unsigned_zero(z: C64) -> C64 {
    if z.im == 0.0 { C64::from(z.re) } else { z }
}

/// Applies the real function to a real number in its domain, and the complex function otherwise. On real numbers the
/// complex functions lose digits, or give NaN when infinity is multiplied by an imaginary zero.
fn real_or(z: C64, domain: fn(f64) -> bool, real: fn(f64) -> f64, complex: fn(C64) -> C64) -> C64 {
    if z.im == 0.0 && domain(z.re) { C64::from(real(z.re)) } else { complex(z) }
}

fn any(_: f64) -> bool {
    true
}

fn positive(x: f64) -> bool {
    x >= 0.0
}

fn within_one(x: f64) -> bool {
    x.abs() <= 1.0
}

fn sqrt(z: C64) -> C64 {
    if z.im == 0.0 && z.re < 0.0 { C64::new(0.0, (-z.re).sqrt()) } else { real_or(z, positive, f64::sqrt, C64::sqrt) }
}

fn ln(z: C64) -> C64 {
    if z.im == 0.0 && z.re < 0.0 { C64::new((-z.re).ln(), PI) } else { real_or(z, positive, f64::ln, C64::ln) }
}

/// The smallest or largest real part; NaN if one is NaN. Rust's `min` and `max` ignore NaN, which would hide a missing
/// number.
fn extreme(numbers: &[C64], choose: fn(f64, f64) -> f64) -> f64 {
    let pick = |a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::NAN } else { choose(a, b) };
    numbers.iter().map(|z| z.re).reduce(pick).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Random;
    use super::*;

    fn call(name: &str, numbers: &[C64]) -> C64 {
        let row = NumberRow::find(name).unwrap();
        assert!(row.arity.contains(&numbers.len()), "{name}");
        (row.function)(numbers)
    }

    fn of(name: &str, x: f64) -> C64 {
        call(name, &[C64::from(x)])
    }

    #[test]
    fn negative_reals_lie_above_the_branch_cut_for_either_sign_of_zero() {
        for minus_one in [C64::new(-1.0, 0.0), C64::new(-1.0, -0.0), -C64::ONE] {
            assert_eq!(call("sqrt", &[minus_one]), C64::I);
            assert_eq!(call("log", &[minus_one]), C64::new(0.0, PI));
            assert_eq!(call("arg", &[minus_one]), C64::from(PI));
            assert!((call("log10", &[minus_one]) - C64::new(0.0, PI / 10f64.ln())).norm() < 1e-15);
        }
        assert_eq!(of("sqrt", -2.0), C64::new(0.0, 2f64.sqrt()));
    }

    #[test]
    fn real_arguments_give_the_values_of_the_real_functions() {
        let x = 0.37f64;
        for (name, expected) in [
            ("sqrt", x.sqrt()),
            ("exp", x.exp()),
            ("ln", x.ln()),
            ("log10", x.log10()),
            ("log2", x.log2()),
            ("sin", x.sin()),
            ("cos", x.cos()),
            ("tan", x.tan()),
            ("asin", x.asin()),
            ("acos", x.acos()),
            ("atan", x.atan()),
            ("sinh", x.sinh()),
            ("cosh", x.cosh()),
            ("tanh", x.tanh()),
            ("floor", 0.0),
            ("ceil", 1.0),
        ] {
            assert_eq!(of(name, x), C64::from(expected), "{name}");
        }
        assert_eq!(of("exp", 1e3), C64::from(f64::INFINITY));
        assert_eq!(of("log", 0.0), C64::from(f64::NEG_INFINITY));
        assert_eq!(of("round", -2.5), C64::from(-3.0));
    }

    #[test]
    fn complex_functions_invert_each_other() {
        let mut random = Random::new(1);
        for _ in 0..50 {
            let z = C64::new(random.real(), random.real());
            for (outer, inner) in [("exp", "log"), ("sin", "asin"), ("cos", "acos"), ("tan", "atan")] {
                assert!((call(outer, &[call(inner, &[z])]) - z).norm() < 1e-13, "{outer} of {inner} of {z}");
            }
            let root = call("sqrt", &[z]);
            assert!((root * root - z).norm() < 4e-15);
            assert!((call("abs", &[z]) * C64::cis(call("arg", &[z]).re) - z).norm() < 1e-15);
            assert!((call("conj", &[z]) - (call("re", &[z]) - C64::I * call("im", &[z]))).norm() < 1e-16);
        }
        assert!((of("asin", 2.0).re - PI / 2.0).abs() < 1e-15, "outside the real domain");
    }

    #[test]
    fn extremes_do_not_hide_a_missing_number() {
        let numbers = [3.0, -1.0, 2.0].map(C64::from);
        assert_eq!(call("min", &numbers), C64::from(-1.0));
        assert_eq!(call("max", &numbers), C64::from(3.0));
        assert!(call("max", &[C64::from(f64::NAN), C64::ONE]).re.is_nan());
        assert!(call("min", &[C64::ONE, C64::from(f64::NAN)]).re.is_nan());
    }

    #[test]
    fn remainders_are_not_negative_and_angles_are_in_the_right_quadrant() {
        let two = |name, x, y| call(name, &[C64::from(x), C64::from(y)]).re;
        assert_eq!(two("mod", 7.0, 3.0), 1.0);
        assert_eq!(two("mod", -7.0, 3.0), 2.0);
        assert!(two("mod", 1.0, 0.0).is_nan());
        assert!((two("atan2", 1.0, -1.0) - 0.75 * PI).abs() < 1e-15);
    }

    #[test]
    fn no_function_panics_on_numbers_that_are_not_finite() {
        for row in NUMBERS {
            for bad in [C64::from(f64::NAN), C64::from(f64::INFINITY), C64::new(f64::NEG_INFINITY, f64::NAN), C64::ZERO]
            {
                let _ = (row.function)(&vec![bad; *row.arity.start()]);
            }
        }
    }
}
