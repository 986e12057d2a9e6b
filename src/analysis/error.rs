//! Errors of series functions.

use std::fmt;

use super::series::Index;

/// The reason why a series function cannot be computed. [`Display`](fmt::Display) gives the reason with the numbers,
/// and [`remedy`](AnalysisError::remedy) says what to do.
#[derive(Debug, Clone, PartialEq)]
pub enum AnalysisError {
    /// A count is negative, missing or not a whole number.
    NotACount {
        /// Name of the function.
        function: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// The value given.
        value: f64,
    },
    /// A window of fewer than two values has no correlation.
    WidthTooSmall {
        /// The width given, in values.
        width: usize,
    },
    /// Windows that overlap by at least their whole width never advance.
    OverlapNotBelowWidth {
        /// The width given, in values.
        width: usize,
        /// The overlap given, in values.
        overlap: usize,
    },
    /// The window is longer than the series.
    WidthAboveLength {
        /// The width given, in values.
        width: usize,
        /// Number of values of the series at n ≥ 1.
        available: usize,
    },
    /// Two series have values at different collisions.
    DifferentIndices {
        /// The operation: `x + y`, `pearson(x, y)`.
        operation: &'static str,
        /// Collisions of the first series.
        left: Index,
        /// Collisions of the second series.
        right: Index,
    },
    /// The series has no value at the requested collision.
    NoSuchCollision {
        /// The requested collision.
        n: u64,
        /// Collisions of the series.
        index: Index,
    },
    /// The series has too few values for a spectrum.
    TooShort {
        /// Name of the function.
        function: &'static str,
        /// Number of values that it needs.
        needed: usize,
        /// Number of values of the series at n ≥ 1.
        available: usize,
    },
}

impl fmt::Display for AnalysisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACount { function, parameter, value } if value.is_nan() => {
                write!(f, "`{parameter}` of `{function}` is a missing value")
            }
            Self::NotACount { function, parameter, value } => {
                write!(f, "`{parameter}` of `{function}` is {value}; it must be a whole number, 0 or more")
            }
            Self::WidthTooSmall { width } => {
                write!(f, "a window of width {width} has no correlation: at least 2 values are needed")
            }
            Self::OverlapNotBelowWidth { width, overlap } => {
                write!(f, "windows of width {width} that overlap by {overlap} never advance")
            }
            Self::WidthAboveLength { width, available } => {
                write!(f, "a window of width {width} does not fit into a series of {available} values (n ≥ 1)")
            }
            Self::DifferentIndices { operation, left, right } => {
                write!(
                    f,
                    "`{operation}` needs values at the same collisions: the first series has {left}, the second {right}"
                )
            }
            Self::NoSuchCollision { n, index } => {
                write!(f, "the series has no value at n = {n}: its values are at {index}")
            }
            Self::TooShort { function, needed, available } => {
                write!(f, "`{function}` needs at least {needed} values, but the series has {available} (n ≥ 1)")
            }
        }
    }
}

impl std::error::Error for AnalysisError {}

impl AnalysisError {
    /// The remedy, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NotACount { value, .. } if value.is_nan() => "find out why this number is missing".to_owned(),
            Self::NotACount { value, .. } if *value > 0.0 && value.is_finite() => {
                format!("write {}, or round it with `floor(…)`", value.round())
            }
            Self::NotACount { .. } => "give a whole number, 0 or more".to_owned(),
            Self::WidthTooSmall { .. } => {
                "choose a width of at least 2, ideally a few periods of the signal".to_owned()
            }
            Self::OverlapNotBelowWidth { width, .. } => {
                format!("give an overlap of at most {} (width − 1)", width - 1)
            }
            Self::WidthAboveLength { width, available } => {
                format!("give a width of at most {available}, or run at least {width} collisions")
            }
            Self::DifferentIndices { .. } => {
                "combine series of the same run and, for windowed ones, of the same width and overlap".to_owned()
            }
            Self::NoSuchCollision { .. } => "choose one of these collisions, or write `last(x)`".to_owned(),
            Self::TooShort { needed, .. } => format!("run at least {needed} collisions"),
        }
    }
}
