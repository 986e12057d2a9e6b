//! Series functions: analyses of the time series of a run, which have one value per collision.
//!
//! Contract: arguments are plain numbers and series whose values are finite or missing (NaN, which has no other meaning
//! here); the row of [`FUNCTIONS`] says which are expected. This module is independent of states, scripts and files.
//! Analyses use the collisions n ≥ 1; a function uses n = 0, the initial state, only if it says so. An undefined result
//! is missing, with a note that gives the reason; invalid arguments give an [`AnalysisError`].

mod arithmetic;
mod asymptotics;
mod averages;
mod columns;
mod conditions;
mod error;
mod extrema;
mod series;
mod spectrum;
mod sum;
mod table;
mod thresholds;
mod windows;

pub use arithmetic::{Operation, combine, map};
pub use asymptotics::{LatePearson, MINOR, Oscillation, Unsettled, late_pearson};
pub use columns::{Cell, Cells, Key, Role, Table, TableColumn, TableKind};
pub use conditions::{Comparison, approx, both, compare, either, is_near, negate};
pub use error::AnalysisError;
pub use series::{Index, ROUNDING, Series, Values};
pub use spectrum::complex_spectrum;
pub use table::{Argument, FUNCTIONS, FunctionRow, Outcome, ParamKind, Parameter, Reads, ResultKind, Value, function};
pub use windows::pearson;

#[cfg(test)]
mod testing;
