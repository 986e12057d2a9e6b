//! The script of a session as text, and what a typed definition does to it.
//!
//! Contract: an edit gives a new text and where in it the typed text stands, so that a message can point at what was typed.
//! A definition of the script itself is changed in its place, as one would in an editor; one that comes from a protocol
//! that it uses is redefined at the end.

use std::ops::Range;

use crate::ast::{FunctionRole, Item, ItemKind, Role, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceMap, Span};
use crate::syntax;

/// What an item of a script is about: two items about the same thing replace each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Use(String),
    Set(String),
    Param(String),
    Subsystems(Role, Vec<String>),
    Function(FunctionRole, String),
    Sequence(bool, String),
    Step,
    Observe(String),
    Experiment(String),
}

impl Target {
    pub(super) fn of(item: &Item) -> Self {
        match &item.kind {
            ItemKind::Use { path, .. } => Self::Use(path.clone()),
            ItemKind::Set(a) => Self::Set(a.name.key.clone()),
            ItemKind::Param { name, .. } => Self::Param(name.key.clone()),
            ItemKind::Subsystems(d) => Self::Subsystems(d.role, d.names.iter().map(|n| n.key.clone()).collect()),
            ItemKind::Function(f) => Self::Function(f.role, f.name.key.clone()),
            ItemKind::Sequence(s) => Self::Sequence(s.is_rule, s.name.key.clone()),
            ItemKind::Step { .. } => Self::Step,
            ItemKind::Observe { name, .. } => Self::Observe(name.key.clone()),
            ItemKind::Experiment(e) => Self::Experiment(e.name.key.clone()),
        }
    }

    /// Whether it is about this name; experiments have names of their own.
    pub(super) fn has_name(&self, key: &str) -> bool {
        match self {
            Self::Param(k) | Self::Function(_, k) | Self::Sequence(_, k) | Self::Observe(k) | Self::Experiment(k) => {
                k == key
            }
            Self::Subsystems(_, keys) => keys.iter().any(|k| k == key),
            Self::Step => key == "step",
            Self::Use(_) | Self::Set(_) => false,
        }
    }

    /// Whether a definition of `other` may hold the same names.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Subsystems(_, keys), other) => keys.iter().any(|k| other.has_name(k)),
            (Self::Use(_) | Self::Set(_), _) => false,
            (Self::Experiment(a), Self::Experiment(b)) => a == b,
            _ => self == other,
        }
    }
}

/// A piece of typed text in the new script.
#[derive(Debug, Clone)]
struct Piece {
    /// Where it stands in the script.
    script: Range<usize>,
    /// Where it begins in what was typed.
    typed: usize,
}

/// A changed script.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) text: String,
    /// What was changed, for the reader: `Hss redefined`.
    pub(super) told: Vec<String>,
    pieces: Vec<Piece>,
}

impl Edit {
    /// An edit that changes nothing yet.
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_string(), told: Vec::new(), pieces: Vec::new() }
    }

    /// Puts an item of the typed text into the script. `elsewhere` are the definitions of what the script uses.
    pub(super) fn put(&mut self, typed: &str, item: &Item, elsewhere: &[Target]) {
        let target = Target::of(item);
        let range = extent(typed, item);
        let docs = &typed[range.start..item.span.start as usize];
        let begin = item.redefine.map_or(item.span.start as usize, |word| behind_word(typed, word));
        let body = &typed[begin..range.end];
        if let Some(old) = items(&self.text).into_iter().rev().find(|i| Target::of(i) == target) {
            let place = if item.doc.is_some() { extent(&self.text, &old) } else { bytes(old.span) };
            let word = if old.redefine.is_some() { "redefine " } else { "" };
            self.splice(place, &format!("{docs}{word}"), body, begin);
            self.tell(&target, &old);
            return;
        }
        let known = elsewhere.iter().any(|t| target.meets(t));
        let word = if known || item.redefine.is_some() { "redefine " } else { "" };
        // What takes several lines stands apart.
        let apart = body.contains('\n') || self.text.trim_end().ends_with('}');
        let blank = if apart && !self.text.trim().is_empty() { "\n" } else { "" };
        let newline = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        let end = self.text.len();
        self.splice(end..end, &format!("{newline}{blank}{docs}{word}"), body, begin);
        self.text.push('\n');
        if known {
            self.told.push(format!("{} redefined", item_name(item)));
        }
    }

    /// Puts typed text at the end, between two texts of ours.
    pub(super) fn append(&mut self, before: &str, typed: &str, after: &str) {
        let end = self.text.len();
        self.splice(end..end, before, typed, 0);
        self.text.push_str(after);
    }

    /// A `set` that gives another value and a new version of a definition of this session are what was asked for; that a
    /// definition was there before is worth a word.
    fn tell(&mut self, target: &Target, old: &Item) {
        if !matches!(target, Target::Set(_) | Target::Use(_)) {
            self.told.push(format!("{} redefined", item_name(old)));
        }
    }

    fn splice(&mut self, place: Range<usize>, before: &str, new: &str, typed: usize) {
        self.text.replace_range(place.clone(), &format!("{before}{new}"));
        let grown = before.len() + new.len();
        for piece in self.pieces.iter_mut().filter(|p| p.script.start >= place.end) {
            let shift = |at: usize| at - place.len() + grown;
            piece.script = shift(piece.script.start)..shift(piece.script.end);
        }
        let start = place.start + before.len();
        self.pieces.push(Piece { script: start..start + new.len(), typed });
    }

    /// Makes places in the script that were typed just now places in what was typed.
    pub(super) fn localise(&self, diagnostics: &mut [Diagnostic], typed: &str, sources: &mut SourceMap) {
        let Some(script) = sources.first() else { return };
        let input = sources.add("input", typed);
        for span in diagnostics.iter_mut().flat_map(|d| &mut d.labels).map(|(span, _)| span) {
            let here = bytes(*span);
            let piece = self.pieces.iter().find(|p| p.script.start <= here.start && here.end <= p.script.end);
            if let (true, Some(piece)) = (span.source == script, piece) {
                let at = |byte: usize| u32::try_from(byte - piece.script.start + piece.typed).expect("at most 2^20");
                *span = Span { source: input, start: at(here.start), end: at(here.end) };
            }
        }
    }
}

/// The items of a text that parses; none of one that does not.
pub(super) fn items(text: &str) -> Vec<Item> {
    let source = SourceMap::new().add("", "");
    syntax::parse(source, text).map(|file| file.items).unwrap_or_default()
}

/// The bytes of a span in its text.
pub(super) fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// An item with the documentation above it or behind it.
pub(super) fn extent(text: &str, item: &Item) -> Range<usize> {
    let Range { mut start, mut end } = bytes(item.span);
    if item.doc.is_none() {
        return start..end;
    }
    let rest = text[end..].lines().next().unwrap_or("");
    if rest.trim_start().starts_with("##") {
        end += rest.trim_end().len();
    }
    loop {
        let line = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let above = text[..line].strip_suffix('\n').map_or("", |t| &t[t.rfind('\n').map_or(0, |i| i + 1)..]);
        if !text[line..start].trim().is_empty() || !above.trim_start().starts_with("##") {
            return start..end;
        }
        start = line - 1 - above.len();
    }
}

/// The first byte behind the word `redefine` and the space after it.
fn behind_word(text: &str, word: Span) -> usize {
    let end = word.end as usize;
    end + text[end..].len() - text[end..].trim_start().len()
}

/// What an item is called: `Hss`, `step`, `s1, s2`.
pub(super) fn item_name(item: &Item) -> String {
    match &item.kind {
        ItemKind::Use { path, .. } => path.clone(),
        ItemKind::Set(a) => a.name.text.clone(),
        ItemKind::Param { name, .. } | ItemKind::Observe { name, .. } => name.text.clone(),
        ItemKind::Subsystems(d) => d.names.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(", "),
        ItemKind::Function(f) => f.name.text.clone(),
        ItemKind::Sequence(s) => s.name.text.clone(),
        ItemKind::Step { .. } => "step".into(),
        ItemKind::Experiment(e) => e.name.text.clone(),
    }
}

/// The statements of a step, rule or sequence, as places in the text of its item; none of other items.
pub(super) fn statements(item: &Item) -> Vec<Range<usize>> {
    let body = match &item.kind {
        ItemKind::Step { body, .. } => body,
        ItemKind::Sequence(s) => &s.body,
        _ => return Vec::new(),
    };
    body.iter().map(|s| bytes(s.span)).collect()
}

/// Whether a text is one statement of a step: for a word on how to use it.
pub(super) fn is_statement(text: &str) -> bool {
    let wrapped = format!("step {{ {text} }}");
    let parsed = items(&wrapped);
    matches!(parsed.as_slice(), [Item { kind: ItemKind::Step { body, .. }, .. }] if body.len() == 1
        && !matches!(body[0].kind, StmtKind::Call { .. }))
}
