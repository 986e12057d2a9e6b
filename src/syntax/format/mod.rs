//! The formatter: a script as everybody writes it.
//!
//! Contract: takes a text that parses. What comes out has the same tree and the same comments in the same order, and
//! formatting it again changes nothing. Names, numbers, texts and comments keep their spelling. The author decides where
//! an expression is broken, whether a short block stands on one line, and whether `*` and `/` have spaces; the rest is
//! settled here: a statement a line, four spaces a block, at most one empty line, signs and comments below each other.
//!
//! In between: the text becomes pieces with a role each (`pieces`), the pieces lines (`lines`), and the lines text
//! (`spacing`, `columns`).

mod columns;
mod lines;
mod pieces;
mod spacing;

use crate::diagnostic::Diagnostic;
use crate::source::SourceId;

/// The text as everybody writes it; `source` is where messages say that it stands.
///
/// # Errors
/// What [`parse`](super::parse) says of a text with a syntax error.
pub fn format(source: SourceId, text: &str) -> Result<String, Vec<Diagnostic>> {
    super::parse(source, text)?;
    Ok(columns::write(&lines::lines(&pieces::pieces(text))))
}
