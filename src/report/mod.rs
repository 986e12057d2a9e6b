//! Reports on programs and results as styled text, which the command line and sessions print.
//!
//! Contract: this module formats results as lines of text. It computes no results and writes no files.

mod explain;
mod latex;
mod list;
mod matplotlib;
mod spectrum;
mod summary;

pub use explain::explain;
pub use latex::{equations, section};
pub use list::{contents, shipped_protocols, table};
pub use matplotlib::{RunTables, matplotlib};
pub use spectrum::spectrum_page;
pub use summary::{claim_line, head, seconds, short, summary};

/// The lines of a report.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// Appends a line.
    pub fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The lines, each terminated by a newline.
    #[must_use]
    pub fn text(self) -> String {
        self.text
    }
}
