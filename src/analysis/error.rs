//! Questions that cannot be asked of a series.

use std::fmt;

use super::series::Index;

/// Why a series function cannot be computed. [`Display`](fmt::Display) gives the reason with the numbers,
/// [`remedy`](AnalysisError::remedy) what to do.
#[derive(Debug, Clone, PartialEq)]
pub enum AnalysisError {
    /// A number that counts something is negative, broken or missing.
    NotACount {
        /// The function.
        function: &'static str,
        /// Its parameter.
        parameter: &'static str,
        /// What was given.
        value: f64,
    },
    /// A window of fewer than two values has no correlation.
    WidthTooSmall {
        /// The width given.
        width: usize,
    },
    /// Windows that overlap by their whole width never advance.
    OverlapNotBelowWidth {
        /// The width given.
        width: usize,
        /// The overlap given.
        overlap: usize,
    },
    /// No window fits.
    WidthAboveLength {
        /// The width given.
        width: usize,
        /// How many values the series has at n ≥ 1.
        available: usize,
    },
    /// Two series do not have their values at the same collisions.
    DifferentIndices {
        /// What was to be done: `x + y`, `pearson(x, y)`.
        operation: &'static str,
        /// Where the values of the first stand.
        left: Index,
        /// Where the values of the second stand.
        right: Index,
    },
    /// The series has no value at the collision asked for.
    NoSuchCollision {
        /// The collision.
        n: u64,
        /// Where the values stand.
        index: Index,
    },
    /// Too few values for a spectrum.
    TooShort {
        /// The function.
        function: &'static str,
        /// How many values it needs.
        needed: usize,
        /// How many the series has at n ≥ 1.
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
                write!(f, "a window of width {width} has no correlation: it takes at least 2 values")
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
                write!(f, "the series has no value at n = {n}: its values stand at {index}")
            }
            Self::TooShort { function, needed, available } => {
                write!(f, "`{function}` needs at least {needed} values and the series has {available} (n ≥ 1)")
            }
        }
    }
}

impl std::error::Error for AnalysisError {}

impl AnalysisError {
    /// What to do about it, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NotACount { value, .. } if value.is_nan() => "find out why the number has no value".to_owned(),
            Self::NotACount { value, .. } if *value > 0.0 && value.is_finite() => {
                format!("write {}, or round it with `floor(…)`", value.round())
            }
            Self::NotACount { .. } => "give a whole number, 0 or more".to_owned(),
            Self::WidthTooSmall { .. } => "let a window hold a few periods of the signal".to_owned(),
            Self::OverlapNotBelowWidth { width, .. } => {
                format!("give an overlap of at most {} (width − 1)", width - 1)
            }
            Self::WidthAboveLength { width, available } => {
                format!("give a width of at most {available}, or run at least {width} collisions")
            }
            Self::DifferentIndices { .. } => {
                "combine series of the same run and, for windowed ones, of the same width and overlap".to_owned()
            }
            Self::NoSuchCollision { .. } => "ask for one of its collisions, or use `last(x)`".to_owned(),
            Self::TooShort { needed, .. } => format!("run at least {needed} collisions"),
        }
    }
}
