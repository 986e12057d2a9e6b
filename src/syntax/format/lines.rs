//! Groups pieces into lines, each with its indentation and its trailing comment.
//!
//! Contract: every piece except `;` and line ends is in exactly one line, in order. A line ends where the author ended
//! it, and also at the braces and after each `;` of a block that spans several lines. A `##` comment stays with the
//! definition that it documents: at the end of its first or last line, or directly above it.

use super::pieces::{Piece, Role};
use crate::syntax::highlight::is_doc;
use crate::syntax::words::ELSE;

const SEMICOLON: Piece<'_> = Piece { text: ";", role: Role::Semicolon, blanks: 0, in_path: false };

/// A comment at the end of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrailingComment<'t> {
    /// The text of the comment, with its `#`.
    pub(super) text: &'t str,
    /// The author's column for it, from 0; `None` if its source line has been split into several lines.
    pub(super) column: Option<usize>,
}

/// A line of the formatted text.
#[derive(Debug, Default)]
pub(super) struct Line<'t> {
    /// The pieces of the line. A line that is only a comment has that comment as its single piece.
    pub(super) pieces: Vec<Piece<'t>>,
    /// The number of levels of indentation, four spaces each.
    pub(super) indent: usize,
    /// Whether to write an empty line before it.
    pub(super) gap: bool,
    /// Whether it begins a statement rather than continuing one.
    pub(super) begins: bool,
    /// The comment at the end of the line.
    pub(super) comment: Option<TrailingComment<'t>>,
}

/// The lines of the formatted text.
pub(super) fn lines<'t>(pieces: &[Piece<'t>]) -> Vec<Line<'t>> {
    let mut writer = Writer { begins: true, bare: true, ..Writer::default() };
    let goes_on = operator_follows(pieces);
    for (i, piece) in pieces.iter().enumerate() {
        match piece.role {
            Role::Newline => writer.newline(goes_on[i]),
            _ => writer.piece(piece, &pieces[i + 1..]),
        }
    }
    writer.end_line();
    writer.lines
}

#[derive(Default)]
struct Writer<'t> {
    lines: Vec<Line<'t>>,
    line: Line<'t>,
    /// For each open block, whether it spans several lines.
    blocks: Vec<bool>,
    /// The number of round and square brackets that are open.
    round: usize,
    /// Whether the next piece begins a statement.
    begins: bool,
    /// Whether the statement continues after the last piece, even if comments intervene.
    goes_on: bool,
    /// Whether only `;` precedes the next piece on its source line.
    bare: bool,
    /// The number of line ends since the last piece.
    newlines: usize,
    /// Whether the current source line has been split into several lines.
    split: bool,
    /// The index of the line that opened the current item's block, if it was opened on the current source line.
    opened: Option<usize>,
}

impl<'t> Writer<'t> {
    fn piece(&mut self, piece: &Piece<'t>, rest: &[Piece<'t>]) {
        match piece.role {
            Role::Comment { column: Some(column) } => return self.trailing_comment(piece.text, column),
            Role::Comment { column: None } => {
                self.start();
                self.line.pieces.push(*piece);
                return self.end_line();
            }
            Role::Semicolon => return self.semicolon(rest),
            Role::CloseBlock => self.close_block(),
            Role::Keyword if piece.text == ELSE => self.join_else(),
            _ => {}
        }
        if self.line.pieces.is_empty() {
            self.start();
            self.line.indent -= usize::from(piece.role == Role::Close && self.line.indent > 0);
        }
        self.line.pieces.push(*piece);
        (self.begins, self.bare, self.goes_on) = (false, false, piece.goes_on());
        self.newlines = 0;
        match piece.role {
            Role::Open => self.round += 1,
            Role::Close => self.round = self.round.saturating_sub(1),
            Role::OpenBlock => self.open_block(rest),
            Role::CloseBlock => self.begins = true,
            _ => {}
        }
    }

    /// Begins a line. An empty line between statements is kept, but not at the edges of a block.
    fn start(&mut self) {
        let at_edge =
            self.lines.last().is_none_or(|line| line.pieces.last().is_some_and(|p| p.role == Role::OpenBlock));
        self.line.gap = self.newlines > 1 && self.begins && !at_edge;
        self.line.begins = self.begins;
        self.line.indent = self.blocks.len() + if self.begins { 0 } else { self.round.max(1) };
        self.newlines = 0;
    }

    /// Ends the current line where the author did not.
    fn split(&mut self) {
        self.split = true;
        self.end_line();
    }

    /// Ends the current line, if it has any pieces.
    fn end_line(&mut self) {
        if !self.line.pieces.is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }

    /// Processes a line end. `operator_follows`: whether the next line continues the statement with an operator.
    fn newline(&mut self, operator_follows: bool) {
        self.opened = None;
        (self.bare, self.split) = (true, false);
        self.newlines += 1;
        self.begins = self.round == 0 && !self.goes_on && !operator_follows;
        self.end_line();
    }

    /// Puts `else` on the line of the closing brace before it, if no comment intervenes.
    fn join_else(&mut self) {
        let brace = |line: &mut Line<'t>| {
            line.comment.is_none() && line.pieces.last().is_some_and(|p| p.role == Role::CloseBlock)
        };
        if self.line.pieces.is_empty()
            && let Some(line) = self.lines.pop_if(brace)
        {
            self.line = line;
        }
    }

    /// Attaches a comment that follows other pieces on its source line. These may have been split into several lines.
    fn trailing_comment(&mut self, text: &'t str, column: usize) {
        let comment = Some(TrailingComment { text, column: (!self.split).then_some(column) });
        let last = self.lines.len();
        match self.opened.filter(|_| is_doc(text) && !self.blocks.is_empty()) {
            // It documents the item that begins on this source line.
            Some(opened) if opened < last => self.lines[opened].comment = comment,
            _ if !self.line.pieces.is_empty() => self.line.comment = comment,
            _ => {
                if let Some(line) = self.lines.last_mut() {
                    line.comment = comment;
                }
            }
        }
    }

    fn semicolon(&mut self, rest: &[Piece<'t>]) {
        if self.blocks.last() == Some(&false) {
            let edge = |p: Option<&Piece<'_>>| {
                p.is_none_or(|p| matches!(p.role, Role::Semicolon | Role::OpenBlock | Role::CloseBlock))
            };
            let first = self.line.pieces.last().is_none_or(|p| matches!(p.role, Role::OpenBlock | Role::Semicolon));
            if !first && !edge(rest.first()) {
                self.line.pieces.push(SEMICOLON);
            }
        } else if self.bare && rest.first().is_some_and(|p| matches!(p.role, Role::Comment { .. })) {
            // A comment with only `;` before it documents nothing, so it must not end up after another statement.
            self.start();
            self.line.pieces.push(SEMICOLON);
        } else {
            self.split();
        }
        self.begins = true;
    }

    fn open_block(&mut self, rest: &[Piece<'t>]) {
        let spans = spans_lines(rest);
        self.blocks.push(spans);
        self.begins = true;
        if spans {
            // A comment directly after the brace has that line to itself.
            let alone = rest.first().is_some_and(|p| matches!(p.role, Role::Comment { .. }));
            let split = self.split || !alone;
            self.split();
            self.split = split;
            if self.blocks.len() == 1 {
                self.opened = Some(self.lines.len() - 1);
            }
        }
    }

    fn close_block(&mut self) {
        if self.blocks.last() == Some(&true) && !self.line.pieces.is_empty() {
            self.split();
        }
        self.blocks.pop();
        self.begins = true;
        self.newlines = self.newlines.min(1);
    }
}

/// For each piece, whether the next piece that is not a comment or line end is an infix operator.
fn operator_follows(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut follows = false;
    let mut out: Vec<bool> = pieces
        .iter()
        .rev()
        .map(|piece| {
            let before = follows;
            if !matches!(piece.role, Role::Newline | Role::Comment { .. }) {
                follows = piece.is_infix();
            }
            before
        })
        .collect();
    out.reverse();
    out
}

/// Whether the block that has just been opened spans several lines.
fn spans_lines(rest: &[Piece<'_>]) -> bool {
    let mut depth = 1;
    for piece in rest {
        match piece.role {
            Role::Newline => return true,
            Role::OpenBlock => depth += 1,
            Role::CloseBlock => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return false;
        }
    }
    true
}
