//! The table of series functions: completion, hover, the reference page, the checker and the tests read its rows.

use super::error::AnalysisError;
use super::series::Series;
use super::thresholds::Side;
use super::{arithmetic, averages, conditions, extrema, spectrum, thresholds, windows};

/// What is given to a series function.
#[derive(Debug, Clone, Copy)]
pub enum Argument<'a> {
    /// A series.
    Series(&'a Series),
    /// A number; NaN is a missing one.
    Number(f64),
}

/// What a series function gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A series.
    Series(Series),
    /// A number; NaN is a missing one.
    Number(f64),
}

/// A value, and what the user should know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The result.
    pub value: Value,
    /// Warnings, one sentence each: why a result is missing, what was left out.
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

    /// Adds a note when `x` has missing values that `function` has skipped.
    pub(super) fn skipping(self, x: &Series, function: &str) -> Self {
        match x.missing() {
            0 => self,
            missing => {
                let all = x.analysed_values().len();
                self.note(format!("`{function}` skips {missing} of {all} values: they are missing"))
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

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A series.
    Series,
    /// A real number.
    Number,
    /// A condition on each value of a series: a series of 1, 0 and missing.
    Condition,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultKind {
    /// A series.
    Series,
    /// A real number.
    Number,
}

/// Which values of its first series a function looks at: a run computes no others where nothing else asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Any of them.
    All,
    /// The last one.
    Last,
    /// The one at the collision that the second argument names.
    At,
    /// The one at the same collision, for each of its own.
    Each,
    /// For each of its own, the one at the same collision and the one before it.
    Before,
    /// For each of its own, those of the window that begins there; parameters `width` and `overlap`.
    Window,
}

/// One parameter of a series function.
#[derive(Debug)]
pub struct Parameter {
    /// By which it may be given: `width = 140`.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// What a number is when it is not given.
    pub default: Option<f64>,
}

/// A series function.
#[derive(Debug)]
pub struct FunctionRow {
    /// Its name.
    pub name: &'static str,
    /// Other names for the same function.
    pub aliases: &'static [&'static str],
    /// How it is called, for help.
    pub signature: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub result: ResultKind,
    /// What it looks at.
    pub reads: Reads,
    /// What it computes, with conventions.
    pub help: &'static str,
    /// A call in a protocol that observes series x1 and x2.
    pub example: &'static str,
    /// Computes it. The arguments stand in the order of `parameters`, all of them, each of its kind (anything else
    /// panics: the checker has seen to it).
    pub apply: fn(&[Argument<'_>]) -> Result<Outcome, AnalysisError>,
}

/// The row of a function, by its name or an alias.
#[must_use]
pub fn function(name: &str) -> Option<&'static FunctionRow> {
    FUNCTIONS.iter().find(|row| row.name == name || row.aliases.contains(&name))
}

/// A number that counts something, as a size; rounding (1e-9) is forgiven.
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
        Argument::Number(number) => panic!("argument {i} is the number {number}; the row asks for a series"),
    }
}

fn number(arguments: &[Argument<'_>], i: usize) -> f64 {
    match arguments[i] {
        Argument::Number(number) => number,
        Argument::Series(_) => panic!("argument {i} is a series; the row asks for a number"),
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

/// A row: name and aliases, signature -> result, parameters, example, computation, help; what it reads if not all.
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
    row!("pearson" ["correlation"], "pearson(x, y, width = w, overlap = 0)" -> Series,
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
        "Pearson coefficient of x and y in windows of `width` values that start at n = 1, 1 + (width − overlap), …, \
         each value at its window's first collision. −1 is anti-phase, +1 in phase. Missing where a signal in the window \
         is constant or varies by less than 1e-13 of its largest possible value.", reads Window),
    row!("last" [], "last(x)" -> Number, X, "last(x1)", |a| Ok(averages::last(series(a, 0))),
        "The value at the last collision; missing if that value is.", reads Last),
    row!("first" [], "first(x)" -> Number, X, "first(x1)", |a| Ok(averages::first(series(a, 0))),
        "The value at the first collision n ≥ 1; missing if that value is."),
    row!("at" [], "at(x, n)" -> Number, &[series_parameter("x"), number_parameter("n", None)], "at(x1, 5)",
        |a| averages::at(series(a, 0), number(a, 1)),
        "The value at collision n; n = 0 is the initial state.", reads At),
    row!("mean" ["average"], "mean(x)" -> Number, X, "mean(x1)", |a| Ok(averages::mean(series(a, 0))),
        "The arithmetic mean over n ≥ 1. Skips missing values."),
    row!("min" [], "min(x)" -> Number, X, "min(x1)", |a| Ok(extrema::min(series(a, 0))),
        "The smallest value at n ≥ 1. Skips missing values."),
    row!("max" [], "max(x)" -> Number, X, "max(x1)", |a| Ok(extrema::max(series(a, 0))),
        "The largest value at n ≥ 1. Skips missing values."),
    row!("argmax" [], "argmax(x)" -> Number, X, "argmax(x1)", |a| Ok(extrema::argmax(series(a, 0))),
        "The collision n ≥ 1 of the largest value, the first of several. Skips missing values."),
    row!("rms" [], "rms(x)" -> Number, X, "rms(x1 - mean(x1))", |a| Ok(averages::rms(series(a, 0))),
        "The root of the mean square over n ≥ 1. Skips missing values."),
    row!("abs" [], "abs(x)" -> Series, X, "abs(x1)",
        |a| Ok(Outcome::series(arithmetic::magnitude(series(a, 0)))),
        "The absolute value at every collision.", reads Each),
    row!("envelope" [], "envelope(x)" -> Series, X, "envelope(x1)", |a| Ok(extrema::envelope(series(a, 0))),
        "The local maxima of |x| at n ≥ 1, joined by straight lines; the outermost ones are held for the time between \
         two. What does not oscillate is its own envelope. Missing where x is, and at n = 0."),
    row!("diff" [], "diff(x)" -> Series, X, "diff(x1)", |a| Ok(averages::diff(series(a, 0))),
        "The change x(n) − x(n−1) since the value before; missing at the first. At n = 1 it is the change since the \
         initial state.", reads Before),
    row!("cumsum" [], "cumsum(x)" -> Series, X, "cumsum(x1)", |a| Ok(averages::cumsum(series(a, 0))),
        "The running sum x(1) + … + x(n), 0 at n = 0. Missing from the first missing value on."),
    row!("first_below" [], "first_below(x, v)" -> Number, XV, "first_below(x1, 0.5)",
        |a| Ok(thresholds::first_on(Side::Below, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 with x < v; missing when there is none."),
    row!("first_above" [], "first_above(x, v)" -> Number, XV, "first_above(x1, 0.5)",
        |a| Ok(thresholds::first_on(Side::Above, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 with x > v; missing when there is none."),
    row!("stays_below" [], "stays_below(x, v)" -> Number, XV, "stays_below(x1, 0.9)",
        |a| Ok(thresholds::stays_on(Side::Below, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 from which on x < v until the end; missing when the last value is not below. A \
         missing value counts as not below."),
    row!("stays_above" [], "stays_above(x, v)" -> Number, XV, "stays_above(x1, -0.9)",
        |a| Ok(thresholds::stays_on(Side::Above, series(a, 0), number(a, 1))),
        "The first collision n ≥ 1 from which on x > v until the end; missing when the last value is not above. A \
         missing value counts as not above."),
    row!("count" [], "count(c)" -> Number, C, "count(x1 > 0)", |a| Ok(conditions::count(series(a, 0))),
        "How many values (n ≥ 1, or points of a sweep) the condition holds at. Skips missing values."),
    row!("fraction" [], "fraction(c)" -> Number, C, "fraction(x1 > 0)", |a| Ok(conditions::fraction(series(a, 0))),
        "Which part of the values (n ≥ 1, or points of a sweep) the condition holds at. Skips missing values."),
    row!("where" [], "where(x, c)" -> Series, &[series_parameter("x"), condition_parameter("c")], "where(x1, x2 > 0)",
        |a| conditions::choose(series(a, 0), series(a, 1)),
        "x where the condition holds, missing elsewhere: `min(where(λ, C < -0.9))` is the smallest λ with C < −0.9.",
        reads Each),
    row!("nearest" [], "nearest(x, u, v)" -> Series,
        &[series_parameter("x"), series_parameter("u"), number_parameter("v", None)], "nearest(x1, x2, 0.5)",
        |a| conditions::nearest(series(a, 0), series(a, 1), number(a, 2)),
        "x where u is nearest to v, missing elsewhere: a row or column of a sweep's table, as in \
         `mean(nearest(nearest(C, λ, 0.1), ω2, 1.05))`."),
    row!("spectrum" [], "spectrum(x)" -> Series, X, "spectrum(x1)", |a| spectrum::spectrum(series(a, 0)),
        "One-sided amplitude spectrum of x − mean(x) over the M values at n ≥ 1: entry k = 0 … M/2 is the amplitude a \
         of the part a·cos(2πkn/M + φ), at k/M cycles a collision. Missing where a value of x is."),
    row!("frequency" [], "frequency(x)" -> Number, X, "frequency(x1)", |a| spectrum::frequency(series(a, 0)),
        "Cycles a collision of the strongest spectral peak of x − mean(x) at n ≥ 1 (Hann window, a parabola through \
         the logarithm of the peak); times 2π it is the angular frequency a collision. Missing where x does not \
         oscillate."),
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
    fn every_row_keeps_what_it_says() {
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
            // A run of no collisions: a reason or a missing value, never a number but that nothing was counted.
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
