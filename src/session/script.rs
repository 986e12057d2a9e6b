//! The script of a session as text, and the edits that typed definitions make to it.
//!
//! Contract: an edit yields the new text and the position of the typed text in it, so that messages can point at what was
//! typed. A definition of the script itself is replaced in place, as in an editor. A definition of a protocol that the
//! script uses is redefined at the end of the script.

use std::ops::Range;

use crate::ast::{FunctionRole, Item, ItemKind, Role, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceMap, Span};
use crate::syntax;

/// What an item of a script defines. A new item replaces an old one with the same target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Use(String),
    Set(String),
    Start,
    Param(String),
    Input(String),
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
            ItemKind::Start(_) => Self::Start,
            ItemKind::Param(param) => Self::Param(param.name.key.clone()),
            ItemKind::Input(d) => Self::Input(d.name.key.clone()),
            ItemKind::Subsystems(d) => Self::Subsystems(d.role, d.names.iter().map(|d| d.name.key.clone()).collect()),
            ItemKind::Function(f) => Self::Function(f.role, f.name.key.clone()),
            ItemKind::Sequence(s) => Self::Sequence(s.is_rule, s.name.key.clone()),
            ItemKind::Step { .. } => Self::Step,
            ItemKind::Observe(observe) => Self::Observe(observe.name.key.clone()),
            ItemKind::Experiment(e) => Self::Experiment(e.name.key.clone()),
        }
    }

    /// Whether it defines this name. (Experiments have a namespace of their own.)
    pub(super) fn has_name(&self, key: &str) -> bool {
        match self {
            Self::Param(k)
            | Self::Input(k)
            | Self::Function(_, k)
            | Self::Sequence(_, k)
            | Self::Observe(k)
            | Self::Experiment(k) => k == key,
            Self::Subsystems(_, keys) => keys.iter().any(|k| k == key),
            Self::Step => key == "step",
            Self::Start => key == "start",
            Self::Use(_) | Self::Set(_) => false,
        }
    }

    /// Whether it defines a name that `other` defines too.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Subsystems(_, keys), other) => keys.iter().any(|k| other.has_name(k)),
            (Self::Use(_) | Self::Set(_) | Self::Start, _) => false,
            (Self::Experiment(a), Self::Experiment(b)) => a == b,
            _ => self == other,
        }
    }
}

/// A piece of typed text in the new script.
#[derive(Debug, Clone)]
struct Piece {
    /// Its bytes in the script.
    script: Range<usize>,
    /// The byte at which it begins in the typed text.
    typed: usize,
}

/// A script with the changes made to it.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) text: String,
    /// Messages about the changes: `Hss redefined`.
    pub(super) messages: Vec<String>,
    pieces: Vec<Piece>,
}

impl Edit {
    /// An edit that changes nothing yet.
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_string(), messages: Vec::new(), pieces: Vec::new() }
    }

    /// Inserts an item of the typed text into the script. `elsewhere` lists the definitions of the protocols that it uses.
    pub(super) fn put(&mut self, typed: &str, item: &Item, elsewhere: &[Target]) {
        let target = Target::of(item);
        let range = extent(typed, item);
        let docs = &typed[range.start..item.span.start as usize];
        let begin = item.redefine.map_or(item.span.start as usize, |word| after_word(typed, word));
        let body = &typed[begin..range.end];
        if let Some(old) = items(&self.text).into_iter().rev().find(|i| Target::of(i) == target) {
            let place = if item.doc.is_some() { extent(&self.text, &old) } else { bytes(old.span) };
            let word = if old.redefine.is_some() { "redefine " } else { "" };
            self.splice(place, &format!("{docs}{word}"), body, begin);
            self.tell(&target, &old);
            return;
        }
        let known = elsewhere.iter().any(|t| target.overlaps(t));
        let word = if known || item.redefine.is_some() { "redefine " } else { "" };
        // A blank line separates definitions that take several lines.
        let apart = body.contains('\n') || self.text.trim_end().ends_with('}');
        let blank = if apart && !self.text.trim().is_empty() { "\n" } else { "" };
        let newline = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        let end = self.text.len();
        self.splice(end..end, &format!("{newline}{blank}{docs}{word}"), body, begin);
        self.text.push('\n');
        if known {
            self.messages.push(format!("{} redefined", item_name(item)));
        }
    }

    /// Appends typed text, enclosed in the generated texts `before` and `after`.
    pub(super) fn append(&mut self, before: &str, typed: &str, after: &str) {
        let end = self.text.len();
        self.splice(end..end, before, typed, 0);
        self.text.push_str(after);
    }

    /// Records that a definition was replaced. Replacing a `set` or `use` is not worth a message.
    fn tell(&mut self, target: &Target, old: &Item) {
        if !matches!(target, Target::Set(_) | Target::Use(_)) {
            self.messages.push(format!("{} redefined", item_name(old)));
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

    /// Moves the labels of diagnostics from the script to the typed text, where they lie inside it.
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

/// The items of a text; empty if it does not parse.
pub(super) fn items(text: &str) -> Vec<Item> {
    let source = SourceMap::new().add("", "");
    syntax::parse(source, text).map(|file| file.items).unwrap_or_default()
}

/// A span as a range of bytes.
pub(super) fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// The bytes of an item with its documentation, above it or at the end of its line.
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

/// The first byte after the word `redefine` and the space that follows it.
fn after_word(text: &str, word: Span) -> usize {
    let end = word.end as usize;
    end + text[end..].len() - text[end..].trim_start().len()
}

/// The name of an item, such as `Hss`, `step` or `s1, s2`.
pub(super) fn item_name(item: &Item) -> String {
    match &item.kind {
        ItemKind::Use { path, .. } => path.clone(),
        ItemKind::Set(a) => a.name.text.clone(),
        ItemKind::Param(param) => param.name.text.clone(),
        ItemKind::Input(d) => d.name.text.clone(),
        ItemKind::Observe(observe) => observe.name.text.clone(),
        ItemKind::Subsystems(d) => d.names.iter().map(|d| d.name.text.as_str()).collect::<Vec<_>>().join(", "),
        ItemKind::Function(f) => f.name.text.clone(),
        ItemKind::Sequence(s) => s.name.text.clone(),
        ItemKind::Step { .. } => "step".into(),
        ItemKind::Start(_) => "start".into(),
        ItemKind::Experiment(e) => e.name.text.clone(),
    }
}

/// The byte ranges of the statements of a step, rule or sequence; empty for other items.
pub(super) fn statements(item: &Item) -> Vec<Range<usize>> {
    let body = match &item.kind {
        ItemKind::Step { body, .. } => body,
        ItemKind::Sequence(s) => &s.body,
        _ => return Vec::new(),
    };
    body.iter().map(|s| bytes(s.span)).collect()
}

/// Whether a text is a single statement of a step, other than a call.
pub(super) fn is_statement(text: &str) -> bool {
    let wrapped = format!("step {{ {text} }}");
    let parsed = items(&wrapped);
    matches!(parsed.as_slice(), [Item { kind: ItemKind::Step { body, .. }, .. }] if body.len() == 1
        && !matches!(body[0].kind, StmtKind::Call { .. }))
}
