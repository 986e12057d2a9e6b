//! Diagnostics: messages to the user with a code, places, a reason and a remedy. Only [`render`] draws them.

mod codes;
mod fix;
mod render;

pub use codes::{Code, CodeRow};
pub use fix::edited;
pub use render::{Style, escape_controls, is_deceptive, render, render_all};

use crate::source::Span;

/// Whether a diagnostic stops the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The script or the run is wrong.
    Error,
    /// The command continues, but the user should know.
    Warning,
}

/// One message to the user.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The stable code, whose row has the long explanation.
    pub code: Code,
    /// Error or warning, determined by the code.
    pub severity: Severity,
    /// What is wrong, in one sentence, with the numbers or types involved.
    pub message: String,
    /// Places in the scripts, the main one first, each with a note that may be empty.
    pub labels: Vec<(Span, String)>,
    /// Remedies, one sentence each.
    pub help: Vec<String>,
    /// The correction: texts that replace spans of one source. Empty if there is more than one way to correct it.
    pub fix: Vec<(Span, String)>,
    /// Whether a remedy already names the correction, so that the corrected line is not shown.
    pub names_fix: bool,
}

impl Diagnostic {
    /// A diagnostic at a place. `label` is the note shown there and may be empty.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        let mut d = Self::nowhere(code, message);
        d.labels.push((span, label.into()));
        d
    }

    /// A diagnostic without a place in a script (a file that cannot be read, a full disk).
    #[must_use]
    pub fn nowhere(code: Code, message: impl Into<String>) -> Self {
        let severity = if code.row().id.starts_with('W') { Severity::Warning } else { Severity::Error };
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            fix: Vec::new(),
            names_fix: false,
        }
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
