//! What is told of programs and results, as text in tones: the command line prints it, and so does a session.
//!
//! Contract: nothing here computes a result or writes a file; what comes out are lines for a reader.

mod explain;
mod list;
mod spectrum;
mod summary;

pub use explain::{equations, explain};
pub use list::{contents, shipped_protocols, table};
pub use spectrum::spectrum_page;
pub use summary::{claim_line, head, seconds, short, summary};

/// Lines for a reader.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// Adds a line.
    pub fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The lines, each with its end.
    #[must_use]
    pub fn text(self) -> String {
        self.text
    }
}
