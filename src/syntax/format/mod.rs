//! The formatter: rewrites a script in the standard layout.
//!
//! Contract: takes a text that parses. The output has the same tree and the same comments in the same order, and
//! formatting it again changes nothing. Names, numbers, texts and comments keep their spelling. The author decides
//! where an expression is broken, whether a short block is on one line, and whether `*` and `/` have spaces. The
//! formatter decides the rest: one statement per line, four spaces per block, at most one empty line, and aligned signs
//! and comments.
//!
//! The text is split into pieces with roles (`pieces`), the pieces are grouped into lines (`lines`), and the lines are
//! written out (`spacing`, `columns`).

mod columns;
mod lines;
mod pieces;
mod spacing;

use crate::diagnostic::Diagnostic;
use crate::source::SourceId;

/// The text in the standard layout. Messages refer to it by `source`.
///
/// # Errors
/// The errors of [`parse`](super::parse), if the text does not parse.
pub fn format(source: SourceId, text: &str) -> Result<String, Vec<Diagnostic>> {
    super::parse(source, text)?;
    Ok(columns::write(&lines::lines(&pieces::pieces(text))))
}
