//! Corrections: edits of a script after which the mistake is gone.

use super::Diagnostic;
use crate::source::{SourceMap, Span};

/// The longest corrected line that a message shows, in bytes.
const MAX_SHOWN: usize = 200;

impl Diagnostic {
    /// Adds an edit to the correction: this text replaces the span.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix.push((span, text.into()));
        self
    }

    /// Adds the remedy that another word was meant, and the correction that puts it there. The message does not repeat it as
    /// a corrected line.
    #[must_use]
    pub fn did_you_mean(self, span: Span, word: &str) -> Self {
        Self { names_fix: true, ..self.help(format!("did you mean `{word}`?")).fix(span, word) }
    }

    /// All remedies as a message shows them: the sentences, then the corrected line, unless a sentence already names the
    /// correction.
    #[must_use]
    pub fn remedies(&self, sources: &SourceMap) -> Vec<String> {
        let line = self.corrected(sources).filter(|_| !self.names_fix);
        self.help.iter().cloned().chain(line.map(|line| format!("write `{line}`"))).collect()
    }

    /// The line with its correction, to be pasted over the line of the script. `None` without a correction, or if it
    /// does not fit on one line.
    #[must_use]
    pub fn corrected(&self, sources: &SourceMap) -> Option<String> {
        let (first, _) = self.fix.first()?;
        let text = &sources.file(first.source).text;
        if self.fix.iter().any(|(span, _)| span.source != first.source) {
            return None;
        }
        let start = self.fix.iter().map(|(span, _)| span.start as usize).min()?;
        let end = self.fix.iter().map(|(span, _)| span.end as usize).max()?;
        let from = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let to = text[end..].find('\n').map_or(text.len(), |i| end + i);
        let line = edited(&text[from..to], from, &self.fix);
        let line = line.trim();
        (!line.contains('\n') && line.len() <= MAX_SHOWN).then(|| line.to_owned())
    }
}

/// A text after edits, which do not overlap. The text begins at byte `offset` of its source.
#[must_use]
pub fn edited(text: &str, offset: usize, edits: &[(Span, String)]) -> String {
    let mut edits: Vec<&(Span, String)> = edits.iter().collect();
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (span, new) in edits {
        let (start, end) = (span.start as usize - offset, span.end as usize - offset);
        out.push_str(&text[at.min(start)..start]);
        out.push_str(new);
        at = end;
    }
    out.push_str(&text[at..]);
    out
}
