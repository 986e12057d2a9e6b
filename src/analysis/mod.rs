//! Series functions: what is computed from the numbers that a run leaves, one a collision.
//!
//! Contract: arguments are series whose values are finite or missing (NaN, which has no other meaning here), and
//! plain numbers; the row of [`FUNCTIONS`] says which are expected. Nothing here knows of states, scripts or files.
//! Analyses use the collisions n ≥ 1; n = 0, the initial state, is read only where a function says so. A result that
//! is not defined is missing, with a note that says why; a question that cannot be asked is an [`AnalysisError`].

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
pub use table::{Argument, FUNCTIONS, FunctionRow, Outcome, ParamKind, Parameter, Reads, ResultKind, Value, function};
pub use windows::pearson;

#[cfg(test)]
mod testing;
