//! The output of a run: tables, figures and their provenance as files, and styled text for a terminal.
//!
//! Contract: files are written through [`storage`](crate::storage), completely or not at all. Only this module uses the
//! csv crate.

mod column;
mod csv;
pub mod figure;
mod npz;
mod number;
mod provenance;
mod style;

pub use column::{Column, ColumnError, column_of, read_column};
pub use csv::{ReadColumns, cell_text, read_csv, write_csv};
pub use npz::{Array, Numbers, series_arrays, write_npz};
pub use number::format_number;
pub use provenance::{Provenance, RUN_FORMAT, RunOptions, parameter_json, parameters_json, utc};
pub use style::{Tone, coloured, tone};
