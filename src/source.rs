//! Source texts and places in them.
//!
//! Contract: a [`Span`] is a byte range of one text of a [`SourceMap`], on character boundaries. Everything that a
//! later stage says about a script points here.

use std::sync::Arc;

/// Which text of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A byte range of one source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Whether another range lies in this one.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that covers both; both must lie in one text, else `self` is returned.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One text with the name that messages give it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as the user wrote it, or `<shipped>/name.carom`, `<stdin>`, `<--set>`, `<--sweep>`.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// The names of what was given on the command line.
    const OPTIONS: [&str; 2] = ["<--set>", "<--sweep>"];

    /// Whether it was given on the command line, and is no part of the script.
    #[must_use]
    pub fn is_option(&self) -> bool {
        Self::OPTIONS.contains(&self.name.as_str())
    }
}

/// All texts of one program: the script, what it uses, and the options given on the command line.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text and returns its id. Texts are bounded to 1 MiB before they come here.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).expect("fewer than 2^32 sources"));
        self.files.push(SourceFile { name: name.into(), text: text.into() });
        id
    }

    /// The file behind an id.
    #[must_use]
    pub fn file(&self, id: SourceId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text that was added first: the script itself.
    #[must_use]
    pub fn first(&self) -> Option<SourceId> {
        (!self.files.is_empty()).then_some(SourceId(0))
    }

    /// All files, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.source).text[span.start as usize..span.end as usize]
    }

    /// Line and column (both from 1, columns in characters) of a span's start.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let before = &self.file(span.source).text[..span.start as usize];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
