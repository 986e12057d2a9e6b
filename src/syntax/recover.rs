//! Finds the mistakes in a text that does not parse as a whole.
//!
//! Contract: takes a text that `layout` has prepared, and splits it into statements at newlines, `;` and braces. Each
//! statement is parsed alone, with `{}` in place of its blocks; the blocks are then split in the same way. Each bad
//! statement gives one message. There is no message for a good statement, for one that `layout` has already reported,
//! or for the contents of a block that begins with an unknown word.

use pest::Parser;

use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::layout::item_at;
use super::messages::{self, Context};
use super::scan::{Kind, Scanner, Token, scan};
use super::{MAX_ERRORS, Place, only, words};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceId;

/// All mistakes: those already `reported` and those of the pieces. If there are none, the error of the `whole` text.
pub(super) fn problems(
    source: SourceId,
    text: &str,
    reported: Vec<Diagnostic>,
    whole: &pest::error::Error<Rule>,
) -> Vec<Diagnostic> {
    let mut splitter = Splitter { text, tokens: scan(text).peekable() };
    let pieces = splitter.file();
    let mut recovery = Recovery { source, text, problems: reported };
    recovery.items(&pieces);
    if recovery.problems.is_empty() {
        recovery.problems.push(messages::of_error(whole, text, &Place::whole(source), Context::Item));
    }
    recovery.problems
}

/// A statement: its blocks, and the byte ranges of the text around them. The braces belong to the text around them.
#[derive(Default)]
struct Piece {
    parts: Vec<(usize, usize)>,
    blocks: Vec<Vec<Piece>>,
}

impl Piece {
    fn start(&self) -> usize {
        self.parts.first().map_or(0, |part| part.0)
    }

    fn contains(&self, byte: usize) -> bool {
        self.parts.iter().any(|&(start, end)| (start..end).contains(&byte))
    }
}

struct Splitter<'t> {
    text: &'t str,
    tokens: std::iter::Peekable<Scanner<'t>>,
}

impl<'t> Splitter<'t> {
    fn file(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while self.tokens.peek().is_some() {
            pieces.extend(self.statements(false));
            // An unmatched `}`, which `layout` has reported.
            self.tokens.next_if(|token| token.text == "}");
        }
        pieces
    }

    /// The statements up to a `}` or the end of the text. In a block that was never closed, a line that begins an item
    /// ends them too.
    fn statements(&mut self, in_block: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(&token) = self.tokens.peek() {
            match token {
                Token { text: "}", .. } => break,
                token if is_end(token) => {
                    self.tokens.next();
                }
                token if in_block && self.begins_item(token) => break,
                _ => pieces.push(self.statement()),
            }
        }
        pieces
    }

    /// Whether a token is the first on its line and begins an item.
    fn begins_item(&self, token: Token<'_>) -> bool {
        self.text[..token.start].ends_with('\n') && item_at(self.text, token.start)
    }

    fn statement(&mut self) -> Piece {
        let mut piece = Piece::default();
        let mut part: Option<(usize, usize)> = None;
        while let Some(&token) = self.tokens.peek() {
            let part_so_far = part.map_or((token.start, token.end()), |(start, _)| (start, token.end()));
            if token.text == "}" || (is_end(token) && !self.else_follows(&piece, part)) {
                break;
            }
            self.tokens.next();
            if is_end(token) {
                // Skip the whole run at once: looking ahead from each newline would take quadratic time.
                while self.tokens.next_if(|token| token.kind == Kind::Newline).is_some() {}
                continue;
            }
            part = Some(part_so_far);
            if token.text != "{" {
                continue;
            }
            piece.parts.push(part_so_far);
            piece.blocks.push(self.statements(true));
            part = self.tokens.next_if(|token| token.text == "}").map(|token| (token.start, token.end()));
            if part.is_none() {
                break;
            }
        }
        piece.parts.extend(part);
        piece
    }

    /// Whether the newline here is between the `}` of a block and its `else`.
    fn else_follows(&mut self, piece: &Piece, part: Option<(usize, usize)>) -> bool {
        let after_block = !piece.blocks.is_empty() && part.is_some_and(|(start, end)| &self.text[start..end] == "}");
        after_block
            && self.tokens.clone().find(|token| token.kind != Kind::Newline).is_some_and(|token| token.text == "else")
    }
}

/// Whether a token ends a statement. In a prepared text every newline does.
fn is_end(token: Token<'_>) -> bool {
    token.kind == Kind::Newline || token.text == ";"
}

struct Recovery<'t> {
    source: SourceId,
    text: &'t str,
    problems: Vec<Diagnostic>,
}

impl Recovery<'_> {
    /// Checks the items of the file. If a block has no `{`, its lines are skipped, and its `}` is not a mistake.
    fn items(&mut self, pieces: &[Piece]) {
        let mut headless: Option<usize> = None;
        for piece in pieces {
            if let Some(start) = headless {
                if !words::TOP_LEVEL.contains(&self.word(piece)) || self.word(piece) == "set" {
                    continue;
                }
                self.forgive_closing(start, piece.start());
            }
            self.piece(piece, Context::Item);
            let python = piece.parts.last().is_some_and(|&(start, end)| self.text[start..end].ends_with(':'));
            let has_block = python || matches!(self.word(piece), "step" | "rule" | "sequence" | "experiment");
            headless = (has_block && piece.blocks.is_empty()).then_some(piece.start());
        }
        if let Some(start) = headless {
            self.forgive_closing(start, self.text.len());
        }
    }

    /// Removes the reports by `layout` of a `}` between these bytes.
    fn forgive_closing(&mut self, start: usize, end: usize) {
        let text = self.text;
        self.problems.retain(|problem| {
            let at = problem.labels.first().map_or(0, |(span, _)| span.start as usize);
            !(problem.code == Code::UnclosedBracket && (start..end).contains(&at) && text[at..].starts_with('}'))
        });
    }

    fn piece(&mut self, piece: &Piece, context: Context) {
        if self.problems.len() >= MAX_ERRORS {
            return;
        }
        // After a block that was never closed, a word that begins an item really begins one.
        let context =
            if context == Context::Statement && self.follows_open_block(piece) { Context::Item } else { context };
        let known = self.problems.iter().flat_map(|problem| problem.labels.first());
        if !known.into_iter().any(|(span, _)| piece.contains(span.start as usize)) {
            self.parse(piece, context);
        }
        let inside = match self.word(piece) {
            // An experiment has no loops, so nothing in this one is a statement of a step.
            "repeat" | "for" if context == Context::Experiment => return,
            "step" | "rule" | "sequence" | "repeat" | "for" | "with" | "when" => Context::Statement,
            "experiment" | "case" => Context::Experiment,
            "plot" | "inset" => Context::Plot,
            _ => return,
        };
        for block in piece.blocks.iter().flatten() {
            self.piece(block, inside);
        }
    }

    fn follows_open_block(&self, piece: &Piece) -> bool {
        let word = self.word(piece);
        let open = |problem: &Diagnostic| {
            let at = problem.labels.first().map_or(0, |(span, _)| span.start as usize);
            problem.code == Code::UnclosedBracket && at < piece.start() && self.text[at..].starts_with('{')
        };
        words::TOP_LEVEL.contains(&word) && !words::STEP.contains(&word) && self.problems.iter().any(open)
    }

    /// Parses a piece on its own.
    fn parse(&mut self, piece: &Piece, context: Context) {
        let mut text = String::new();
        let mut place = Place { source: self.source, pieces: Vec::new() };
        for &(start, end) in &piece.parts {
            place.pieces.push((text.len(), start));
            text.push_str(&self.text[start..end]);
        }
        match Grammar::parse(context.rule(), &text) {
            Err(error) => self.problems.push(messages::of_error(&error, &text, &place, context)),
            Ok(pairs) => {
                let builder = Builder::new(&place);
                let pair = only(only(pairs).into_inner());
                match context {
                    Context::Item => drop(builder.item(pair)),
                    Context::Statement => drop(builder.statement(pair)),
                    Context::Experiment => drop(builder.experiment_item(pair)),
                    Context::Plot => drop(builder.plot_item(pair)),
                    Context::Expression => drop(builder.expr(pair)),
                }
                self.problems.extend(builder.problems());
            }
        }
    }

    /// The word that a piece begins with, not counting `redefine`.
    fn word(&self, piece: &Piece) -> &str {
        let Some(&(start, end)) = piece.parts.first() else { return "" };
        let mut tokens = scan(&self.text[start..end]);
        tokens.find(|token| token.text != "redefine").map_or("", |token| token.text)
    }
}
