//! Source texts and byte ranges in them.
//!
//! Contract: a [`Span`] is a byte range of one text of a [`SourceMap`], and both ends are character boundaries. Every
//! message of a later stage refers to a script by such spans.

use std::sync::Arc;

/// Identifies a text of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A byte range of one source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text that contains the range.
    pub source: SourceId,
    /// The first byte, from 0.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The text, the first byte and the end as numbers.
    pub(crate) fn numbers(self) -> [u32; 3] {
        [self.source.0, self.start, self.end]
    }

    /// The span with these [`numbers`](Self::numbers).
    pub(crate) fn from_numbers([source, start, end]: [u32; 3]) -> Self {
        Self { source: SourceId(source), start, end }
    }

    /// Whether `other` lies within this range.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that covers both. If they lie in different texts, the result is `self`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A source text and the name that messages use for it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as the user wrote it, or `<shipped>/name.carom`, `<stdin>`, `<--set>`, `<--sweep>`.
    pub name: String,
    /// The complete text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// The names of the texts that come from command-line options.
    const OPTIONS: [&str; 2] = ["<--set>", "<--sweep>"];

    /// Whether the text is a command-line option rather than part of the script.
    #[must_use]
    pub fn is_option(&self) -> bool {
        Self::OPTIONS.contains(&self.name.as_str())
    }
}

/// All texts of one program: the script, the protocols that it uses, and the command-line options.
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

    /// Adds a text and returns its id. The caller has already limited the text to 1 MiB.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).expect("fewer than 2^32 sources"));
        self.files.push(SourceFile { name: name.into(), text: text.into() });
        id
    }

    /// The file with this id.
    #[must_use]
    pub fn file(&self, id: SourceId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The id of the text that was added first, which is the script. `None` if the map is empty.
    #[must_use]
    pub fn first(&self) -> Option<SourceId> {
        (!self.files.is_empty()).then_some(SourceId(0))
    }

    /// The ids of all files in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        let count = u32::try_from(self.files.len()).expect("fewer than 2^32 sources");
        (0..count).map(SourceId)
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// Whether a span is a range of one of the texts.
    pub(crate) fn has(&self, Span { source, start, end }: Span) -> bool {
        self.files.get(source.0 as usize).is_some_and(|file| file.text.get(start as usize..end as usize).is_some())
    }

    /// The text that a span covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.source).text[span.start as usize..span.end as usize]
    }

    /// The line and column of a span's start. Both count from 1; columns are in characters.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let before = &self.file(span.source).text[..span.start as usize];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
