//! The table of series functions. Completion, hover, the reference page, the checker and the tests read its rows.

use super::error::AnalysisError;
use super::series::Series;
use super::thresholds::Side;
use super::{arithmetic, averages, conditions, extrema, spectrum, thresholds, windows};

/// An argument of a series function.
#[derive(Debug, Clone, Copy)]
pub enum Argument<'a> {
    /// A series.
    Series(&'a Series),
    /// A number; NaN is a missing value.
    Number(f64),
}

/// The result of a series function.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A series.
    Series(Series),
    /// A number; NaN is a missing value.
    Number(f64),
}

/// A value, with notes for the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The result.
    pub value: Value,
    /// Warnings, one sentence each: why a result is missing, or which values were skipped.
    pub notes: Vec<String>,
}

impl Outcome {
    pub(super) fn number(value: f64) -> Self {
        Self { value: Value::Number(value), notes: Vec::new() }
    }

    pub(super) fn series(value: Series) -> Self {
        Self { value: Value::Series(value), notes: Vec::new() }
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a note if `x` has missing values, which `function` skips.
    pub(super) fn skipping(self, x: &Series, function: &str) -> Self {
        match x.missing() {
            0 => self,
            missing => {
                let all = x.analysed_values().len();
                self.note(format!("`{function}` skips missing values: {missing} of {all}"))
            }
        }
    }
}

#[cfg(test)]
impl Outcome {
    pub(super) fn unwrap_number(self) -> f64 {
        let Value::Number(number) = self.value else { panic!("not a number: {self:?}") };
        number
    }

    pub(super) fn unwrap_series(self) -> Series {
        let Value::Series(series) = self.value else { panic!("not a series: {self:?}") };
        series
    }
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A series.
    Series,
    /// A real number.
    Number,
    /// A condition on each value of a series: a series of 1, 0 and missing values.
    Condition,
}

/// The type of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultKind {
    /// A series.
    Series,
    /// A real number.
    Number,
}

/// The values of its first series that a function reads. A run need not compute values that nothing reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// All values.
    All,
    /// The last value.
    Last,
    /// The value at the collision that the second argument gives.
    At,
    /// For each value of the result, the value at the same collision.
    Each,
    /// For each value of the result, the value at the same collision and the one before it.
    Before,
    /// For each value of the result, the values of the window that begins at the same collision, with the parameters
    /// `width` and `overlap`.
    Window,
}

/// One parameter of a series function.
#[derive(Debug)]
pub struct Parameter {
    /// Name, which a call can use: `width = 140`.
    pub name: &'static str,
    /// Type of the argument.
    pub kind: ParamKind,
    /// Default of a number; `None` if the argument is required.
    pub default: Option<f64>,
}

/// A series function.
#[derive(Debug)]
pub struct FunctionRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Form of a call, shown in help.
    pub signature: &'static str,
    /// Parameters, in order.
    pub parameters: &'static [Parameter],
    /// Type of the result.
    pub result: ResultKind,
    /// The values of its first series that it reads.
    pub reads: Reads,
    /// Help text: what it computes, and its conventions.
    pub help: &'static str,
    /// Example of a call in a protocol that observes the series x1 and x2.
    pub example: &'static str,
    /// Computes the result. The arguments must be complete, in the order of `parameters` and of the right kinds, which
    /// the checker ensures; anything else panics.
    pub apply: fn(&[Argument<'_>]) -> Result<Outcome, AnalysisError>,
}

/// The row whose name or alias is exactly `name`.
#[must_use]
pub fn function(name: &str) -> Option<&'static FunctionRow> {
    FUNCTIONS.iter().find(|row| row.name == name || row.aliases.contains(&name))
}

/// Converts a count to `usize`; it may differ from a whole number by a rounding error of at most 1e-9.
pub(super) fn count(function: &'static str, parameter: &'static str, value: f64) -> Result<usize, AnalysisError> {
    let whole = value.round();
    // Up to 2^53 every whole number is a double; a comparison with NaN is false.
    if !((value - whole).abs() <= 1e-9 && (0.0..9_007_199_254_740_992.0).contains(&whole)) {
        return Err(AnalysisError::NotACount { function, parameter, value });
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number, checked to be in range")]
    let whole = whole as u64;
    usize::try_from(whole).map_err(|_| AnalysisError::NotACount { function, parameter, value })
}

fn series<'a>(arguments: &[Argument<'a>], i: usize) -> &'a Series {
    match arguments[i] {
        Argument::Series(series) => series,
        Argument::Number(number) => panic!("argument {i} is the number {number}; the row requires a series"),
    }
}

fn number(arguments: &[Argument<'_>], i: usize) -> f64 {
    match arguments[i] {
        Argument::Number(number) => number,
        Argument::Series(_) => panic!("argument {i} is a series; the row requires a number"),
    }
}

const fn series_parameter(name: &'static str) -> Parameter {
    Parameter { name, kind: ParamKind::Series, default: None }
}

const fn condition_parameter(name: &'static str) -> Parameter {
    Parameter { name, kind: ParamKind::Condition, default: None }
}

const fn number_parameter(name: &'static str, default: Option<f64>) -> Parameter {
    Parameter { name, kind: ParamKind::Number, default }
}

/// One series.
const X: &[Parameter] = &[series_parameter("x")];
/// A series and a threshold.
const XV: &[Parameter] = &[series_parameter("x"), number_parameter("v", None)];

/// A condition.
const C: &[Parameter] = &[condition_parameter("c")];

/// A row: name and aliases, signature -> result, parameters, example, computation, help, and what it reads unless
/// `All`.
macro_rules! row {
    ($name:literal $aliases:expr, $signature:literal -> $result:ident, $parameters:expr, $example:literal,
     $apply:expr, $help:literal) => {
        row!($name $aliases, $signature -> $result, $parameters, $example, $apply, $help, reads All)
    };
    ($name:literal $aliases:expr, $signature:literal -> $result:ident, $parameters:expr, $example:literal,
     $apply:expr, $help:literal, reads $reads:ident) => {
        FunctionRow {
            name: $name,
            aliases: &$aliases,
            signature: $signature,
            parameters: $parameters,
            result: ResultKind::$result,
            reads: Reads::$reads,
            help: $help,
            example: $example,
            apply: $apply,
        }
    };
}

/// Every series function.
pub static FUNCTIONS: &[FunctionRow] = &[
    row!("pearson" [], "pearson(x, y, width = w, overlap = 0)" -> Series,
        &[
            series_parameter("x"),
            series_parameter("y"),
            number_parameter("width", None),
            number_parameter("overlap", Some(0.0)),
        ],
        "pearson(x1, x2, width = 140, overlap = 125)",
        |a| {
            let width = count("pearson", "width", number(a, 2))?;
            let overlap = count("pearson", "overlap", number(a, 3))?;
            windows::pearson(series(a, 0), series(a, 1), width, overlap)
        },
        "Pearson coefficient of x and y in windows of `width` values that start at n = 1, 1 + (width − overlap), …; \
         each result is placed at the first collision of its window. +1 means in phase, −1 in antiphase. Missing where \
         a signal is constant within the window or varies by less than 1e-13 of its largest possible value.",
        reads Window),
    row!("last" [], "last(x)" -> Number, X, "last(x1)", |a| Ok(averages::last(series(a, 0))),
        "The value at the last collision; missing if that value is missing.", reads Last),
    row!("first" [], "first(x)" -> Number, X, "first(x1)", |a| Ok(averages::first(series(a, 0))),
        "The value at the first collision n ≥ 1; missing if that value is missing."),
    row!("at" [], "at(x, n)" -> Number, &[series_parameter("x"), number_parameter("n", None)], "at(x1, 5)",
        |a| averages::at(series(a, 0), number(a, 1)),
        "The value at collision n; n = 0 is the initial state.", reads At),
    row!("mean" ["average"], "mean(x)" -> Number, X, "mean(x1)", |a| Ok(averages::mean(series(a, 0))),
        "The arithmetic mean over n ≥ 1. Skips missing values."),
    row!("sum" [], "sum(x)" -> Number, X, "sum(positive(diff(x1)))", |a| Ok(averages::total(series(a, 0))),
        "The sum over n ≥ 1. Skips missing values; without any value it is missing. The sum over an index is `sum(k in 1..L, EXPR)`."),
    row!("min" [], "min(x)" -> Number, X, "min(x1)", |a| Ok(extrema::min(series(a, 0))),
        "The smallest value at n ≥ 1. Skips missing values."),
    row!("max" [], "max(x)" -> Number, X, "max(x1)", |a| Ok(extrema::max(series(a, 0))),
        "The largest value at n ≥ 1. Skips missing values."),
    row!("argmax" [], "argmax(x)" -> Number, X, "argmax(x1)", |a| Ok(extrema::argmax(series(a, 0))),
        "The collision n ≥ 1 of the largest value, the first one if there are several. Skips missing values."),
    row!("rms" [], "rms(x)" -> Number, X, "rms(x1 - mean(x1))", |a| Ok(averages::rms(series(a, 0))),
        "The root mean square over n ≥ 1. Skips missing values."),
    row!("abs" [], "abs(x)" -> Series, X, "abs(x1)",
        |a| Ok(Outcome::series(arithmetic::magnitude(series(a, 0)))),
        "The absolute value at every collision.", reads Each),
    row!("envelope" [], "envelope(x)" -> Series, X, "envelope(x1)", |a| Ok(extrema::envelope(series(a, 0))),
        "The upper envelope of |x|: its local maxima at n ≥ 1, joined by straight lines. Beyond the outermost maxima \
         the envelope is constant, unless the remaining end is longer than the longest distance between two maxima. A \
         series that does not oscillate is its own envelope. Missing where x is missing, and at n = 0."),
    row!("diff" [], "diff(x)" -> Series, X, "diff(x1)", |a| Ok(averages::diff(series(a, 0))),
        "The change x(n) − x(n−1) from the preceding value; missing at the first value. At n = 1 it is the change from \
         the initial state.", reads Before),
    row!("cumsum" [], "cumsum(x)" -> Series, X, "cumsum(x1)", |a| Ok(averages::cumsum(series(a, 0))),
        "The running sum x(1) + … + x(n); 0 at n = 0. Missing from the first missing value onwards."),
    row!("first_below" [], "first_below(x, v)" -> Number, XV, "first_below(x1, 0.5)",
        |a| Ok(thresholds::first_on(Side::Below, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 with x < v; missing if there is none."),
    row!("first_above" [], "first_above(x, v)" -> Number, XV, "first_above(x1, 0.5)",
        |a| Ok(thresholds::first_on(Side::Above, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 with x > v; missing if there is none."),
    row!("stays_below" [], "stays_below(x, v)" -> Number, XV, "stays_below(x1, 0.9)",
        |a| Ok(thresholds::stays_on(Side::Below, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 from which x < v until the end; missing if the last value is not below v. A missing \
         value counts as not below v."),
    row!("stays_above" [], "stays_above(x, v)" -> Number, XV, "stays_above(x1, -0.9)",
        |a| Ok(thresholds::stays_on(Side::Above, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 from which x > v until the end; missing if the last value is not above v. A missing \
         value counts as not above v."),
    row!("count" [], "count(c)" -> Number, C, "count(x1 > 0)", |a| Ok(conditions::count(series(a, 0))),
        "The number of values (n ≥ 1, or points of a sweep) for which the condition holds. Skips missing values."),
    row!("fraction" [], "fraction(c)" -> Number, C, "fraction(x1 > 0)", |a| Ok(conditions::fraction(series(a, 0))),
        "The fraction of the values (n ≥ 1, or points of a sweep) for which the condition holds. Skips missing \
         values."),
    row!("where" [], "where(x, c)" -> Series, &[series_parameter("x"), condition_parameter("c")], "where(x1, x2 > 0)",
        |a| conditions::choose(series(a, 0), series(a, 1)),
        "The values of x where the condition holds, missing elsewhere: `min(where(λ, C < -0.9))` is the smallest λ \
         with C < −0.9.",
        reads Each),
    row!("nearest" [], "nearest(x, u, v)" -> Series,
        &[series_parameter("x"), series_parameter("u"), number_parameter("v", None)], "nearest(x1, x2, 0.5)",
        |a| conditions::nearest(series(a, 0), series(a, 1), number(a, 2)),
        "The values of x where u is nearest to v, missing elsewhere. This selects a row or column of the table of a \
         sweep, as in `mean(nearest(nearest(C, λ, 0.1), ω2, 1.05))`."),
    row!("spectrum" [], "spectrum(x)" -> Series, X, "spectrum(x1)", |a| spectrum::spectrum(series(a, 0)),
        "One-sided amplitude spectrum of x − mean(x) over the M values at n ≥ 1: entry k = 0 … M/2 is the amplitude a \
         of the component a·cos(2πkn/M + φ), at k/M cycles per collision. Missing if any value of x is missing."),
    row!("frequency" [], "frequency(x)" -> Number, X, "frequency(x1)", |a| spectrum::frequency(series(a, 0)),
        "The frequency of the strongest spectral peak of x − mean(x) at n ≥ 1, in cycles per collision (Hann window, \
         refined by a parabola through the logarithm of the peak). Multiply it by 2π for the angular frequency per \
         collision. Missing if x does not oscillate."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        let mut seen = HashSet::new();
        for row in FUNCTIONS {
            for name in row.aliases.iter().chain([&row.name]) {
                assert!(seen.insert(*name), "{name} twice");
                assert_eq!(function(name).map(|r| r.name), Some(row.name));
            }
        }
        assert!(function("sqrt").is_none());
    }

    #[test]
    fn every_row_matches_its_description() {
        let x = Series::of_run((0..=300).map(|n| (0.2 * f64::from(n)).sin()).collect(), 1.0);
        let empty = Series::of_run(vec![1.0], 1.0);
        for row in FUNCTIONS {
            assert!(row.signature.starts_with(row.name) && row.example.contains(row.name) && row.help.ends_with('.'));
            let mut names = row.parameters.iter().map(|p| p.name);
            assert!(names.all(|name| row.signature.contains(name)), "{}", row.signature);
            let call = |x| {
                let argument = |p: &Parameter| match p.kind {
                    ParamKind::Series | ParamKind::Condition => Argument::Series(x),
                    ParamKind::Number => Argument::Number(p.default.unwrap_or(10.0)),
                };
                (row.apply)(&row.parameters.iter().map(argument).collect::<Vec<_>>())
            };
            match (call(&x).unwrap().value, row.result) {
                (Value::Series(series), ResultKind::Series) => assert_eq!(series.values.len(), series.index.len),
                (Value::Number(_), ResultKind::Number) => {}
                (value, _) => panic!("{} gives {value:?}", row.name),
            }
            // A run of no collisions gives an error or a missing value; only `count` gives a number, 0.
            if row.name != "count"
                && let Ok(Outcome { value: Value::Number(number), .. }) = call(&empty)
            {
                assert!(number.is_nan(), "{}: {number}", row.name);
            }
        }
    }

    #[test]
    fn counts_are_whole_numbers_within_rounding() {
        assert_eq!(count("pearson", "width", 0.1 * 3.0 * 100.0), Ok(30));
        assert_eq!(count("pearson", "width", 0.0), Ok(0));
        for bad in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e300] {
            let error = count("pearson", "width", bad).unwrap_err();
            assert!(error.to_string().contains("`width` of `pearson`") && !error.remedy().is_empty());
        }
        assert!(count("pearson", "width", 31.4).unwrap_err().remedy().contains("31"));
    }
}
