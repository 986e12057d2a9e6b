//! Pieces to lines: where each line ends, how far in it stands, and which comment stands behind it.
//!
//! Contract: every piece but `;` and line ends is in one line, in order. A line ends where the author ended it, and around
//! the braces and behind the `;` of a block that spans lines. A `##` comment stays with the definition that it documents:
//! behind its first or last line, or directly above it.

use super::pieces::{Piece, Role};
use crate::syntax::highlight::is_doc;
use crate::syntax::words::ELSE;

const SEMICOLON: Piece<'_> = Piece { text: ";", role: Role::Semicolon, blanks: 0, in_path: false };

/// A comment behind a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behind<'t> {
    /// Its text.
    pub(super) text: &'t str,
    /// In which column the author wrote it; none if its line has become several.
    pub(super) column: Option<usize>,
}

/// A line of the formatted text.
#[derive(Debug, Default)]
pub(super) struct Line<'t> {
    /// Its pieces; none if it is only a comment.
    pub(super) pieces: Vec<Piece<'t>>,
    /// How many levels it stands in.
    pub(super) indent: usize,
    /// Whether an empty line stands before it.
    pub(super) gap: bool,
    /// Whether it begins a statement, and does not go on with one.
    pub(super) begins: bool,
    /// The comment behind it.
    pub(super) comment: Option<Behind<'t>>,
}

/// The lines of a text.
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
    /// For each open block, whether it spans lines.
    blocks: Vec<bool>,
    /// Round and square brackets open in the innermost block.
    round: usize,
    /// Whether the next piece begins a statement.
    begins: bool,
    /// Whether the statement goes on behind the last piece, whatever comments stand between.
    goes_on: bool,
    /// Whether nothing but `;` stands before the next piece on its line of the source.
    bare: bool,
    /// Line ends since the last piece.
    newlines: usize,
    /// Whether the present line of the source has become several.
    split: bool,
    /// The line that opened the present item's block, if it was opened on this line of the source.
    opened: Option<usize>,
}

impl<'t> Writer<'t> {
    fn piece(&mut self, piece: &Piece<'t>, behind: &[Piece<'t>]) {
        match piece.role {
            Role::Comment { column: Some(column) } => return self.comment_behind(piece.text, column),
            Role::Comment { column: None } => {
                self.start();
                self.line.pieces.push(*piece);
                return self.end_line();
            }
            Role::Semicolon => return self.semicolon(behind),
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
            Role::OpenBlock => self.open_block(behind),
            Role::CloseBlock => self.begins = true,
            _ => {}
        }
    }

    /// Begins a line: an empty line stays where statements are apart, but not at the edge of a block.
    fn start(&mut self) {
        let at_edge =
            self.lines.last().is_none_or(|line| line.pieces.last().is_some_and(|p| p.role == Role::OpenBlock));
        self.line.gap = self.newlines > 1 && self.begins && !at_edge;
        self.line.begins = self.begins;
        self.line.indent = self.blocks.len() + if self.begins { 0 } else { self.round.max(1) };
        self.newlines = 0;
    }

    /// Ends the line that has begun, where the author has not.
    fn split(&mut self) {
        self.split = true;
        self.end_line();
    }

    /// Ends the line that has begun, if one has.
    fn end_line(&mut self) {
        if !self.line.pieces.is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }

    /// `operator_follows`: whether the statement goes on with an operator on the next line.
    fn newline(&mut self, operator_follows: bool) {
        self.opened = None;
        (self.bare, self.split) = (true, false);
        self.newlines += 1;
        self.begins = self.round == 0 && !self.goes_on && !operator_follows;
        self.end_line();
    }

    /// `else` goes on behind the brace, if no comment stands between.
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

    /// A comment behind pieces of the same line of the source; these may have become several lines.
    fn comment_behind(&mut self, text: &'t str, column: usize) {
        let comment = Some(Behind { text, column: (!self.split).then_some(column) });
        let last = self.lines.len();
        match self.opened.filter(|_| is_doc(text) && !self.blocks.is_empty()) {
            // It documents the item that begins on this line of the source.
            Some(opened) if opened < last => self.lines[opened].comment = comment,
            _ if !self.line.pieces.is_empty() => self.line.comment = comment,
            _ => {
                if let Some(line) = self.lines.last_mut() {
                    line.comment = comment;
                }
            }
        }
    }

    fn semicolon(&mut self, behind: &[Piece<'t>]) {
        if self.blocks.last() == Some(&false) {
            let edge = |p: Option<&Piece<'_>>| {
                p.is_none_or(|p| matches!(p.role, Role::Semicolon | Role::OpenBlock | Role::CloseBlock))
            };
            let first = self.line.pieces.last().is_none_or(|p| matches!(p.role, Role::OpenBlock | Role::Semicolon));
            if !first && !edge(behind.first()) {
                self.line.pieces.push(SEMICOLON);
            }
        } else if self.bare && behind.first().is_some_and(|p| matches!(p.role, Role::Comment { .. })) {
            // A comment behind nothing else documents nothing: it must not come to stand behind something.
            self.start();
            self.line.pieces.push(SEMICOLON);
        } else {
            self.split();
        }
        self.begins = true;
    }

    fn open_block(&mut self, behind: &[Piece<'t>]) {
        let spans = spans_lines(behind);
        self.blocks.push(spans);
        self.begins = true;
        if spans {
            // A comment directly behind the brace has its line for itself.
            let alone = behind.first().is_some_and(|p| matches!(p.role, Role::Comment { .. }));
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

/// For each piece, whether an infix operator follows it, comments and line ends left out.
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

/// Whether a line ends before the brace that closes the block that has just been opened.
fn spans_lines(behind: &[Piece<'_>]) -> bool {
    let mut depth = 1;
    for piece in behind {
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
