//! Files that a run leaves: tables of numbers, and where they came from; and text in tones for a terminal.
//!
//! Contract: files are written through [`storage`](crate::storage), complete or not at all. The csv crate is used here and nowhere else.

mod csv;
pub mod figure;
mod npz;
mod number;
mod provenance;
mod style;

pub use csv::{ReadColumns, cell_text, read_csv, write_csv};
pub use npz::{Array, Numbers, series_arrays, write_npz};
pub use number::format_number;
pub use provenance::Provenance;
pub use style::{Tone, coloured, tone};
