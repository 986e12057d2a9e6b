//! Finds where statements begin, and which words are keywords there, from the tokens alone.
//!
//! Contract: takes the tokens of any text in order, including one that does not parse. In a text that parses, every
//! keyword found here is also a keyword for the grammar.

use super::layout::continues;
use super::scan::{Kind, Token};
use super::words;

/// Follows a text from statement to statement and distinguishes keywords from names.
#[derive(Debug, Default)]
pub(super) struct Statements<'t> {
    /// The open brackets, each with the first word of the statement that contains it.
    open: Vec<(&'t str, Option<&'t str>)>,
    /// The first word of the current statement, if it has begun.
    head: Option<&'t str>,
    /// The first word of the statement that the last newline ended, if no token has followed yet.
    ended: Option<&'t str>,
    /// The last token that is not a comment.
    last: Option<Token<'t>>,
    /// The two tokens before it, the later one first.
    before: [Option<Token<'t>>; 2],
}

impl<'t> Statements<'t> {
    /// The first word of the current statement, if it has begun.
    pub(super) fn head(&self) -> Option<&'t str> {
        self.head
    }

    /// The first word of the statement that opened the innermost block.
    pub(super) fn block(&self) -> Option<&'t str> {
        self.open.iter().rev().find(|(open, _)| *open == "{").and_then(|(_, head)| *head)
    }

    /// Processes a token and returns whether it is a keyword here.
    pub(super) fn is_keyword(&mut self, token: Token<'t>) -> bool {
        if !matches!(token.kind, Kind::Comment | Kind::Invisible | Kind::Newline)
            && let Some(head) = self.ended.take()
            && token.goes_on_with()
            && self.last.is_some_and(Token::may_go_on)
        {
            self.head = Some(head);
        }
        let keyword = match token.kind {
            Kind::Comment | Kind::Invisible => return false,
            Kind::Word => self.word(token),
            _ => false,
        };
        match token.kind {
            Kind::Newline => return self.newline(),
            Kind::Symbol if token.text == ";" => self.head = None,
            Kind::Open => {
                self.open.push((token.text, self.head));
                self.head = if token.text == "{" { None } else { self.head.or(Some(token.text)) };
            }
            Kind::Close => self.close(token.text),
            // The word after `redefine` determines the kind of the statement.
            _ if keyword && token.text == "redefine" => {}
            _ => self.head = self.head.or(Some(token.text)),
        }
        self.before = [self.last, self.before[0]];
        self.last = Some(token);
        keyword
    }

    fn word(&mut self, token: Token<'t>) -> bool {
        if words::LOGIC.contains(&token.text) || token.text == "in" && self.follows_an_index() {
            return true;
        }
        // After a block comes `else` or another statement.
        if self.head == Some("}") && token.text != words::ELSE {
            self.head = None;
        }
        match self.head {
            None => words::begins_a_statement(token.text),
            Some("}") => true,
            Some(head) => {
                // The word directly after the first word is a name, except in `with probability`.
                let follows_operand = self.last.is_some_and(|last| {
                    let factor = last.kind == Kind::Number && last.end() == token.start;
                    last.ends_operand() && !factor && (last.text != head || head == "with")
                });
                follows_operand && words::inside(head).contains(&token.text)
            }
        }
    }

    /// Whether the last tokens are the beginning of `sum(k in …)` or `product(k in …)`, up to the index.
    fn follows_an_index(&self) -> bool {
        matches!((self.last, self.before), (Some(index), [Some(open), Some(function)])
            if index.kind == Kind::Word && open.text == "(" && words::REDUCERS.contains(&function.text))
    }

    fn newline(&mut self) -> bool {
        let round = self.open.last().is_some_and(|(open, _)| *open != "{");
        // `else` may be on a line of its own.
        if !round && !self.last.is_some_and(continues) && self.head != Some("}") {
            self.ended = self.head.take().or(self.ended);
        }
        false
    }

    fn close(&mut self, bracket: &'t str) {
        let partner = match bracket {
            ")" => "(",
            "]" => "[",
            _ => "{",
        };
        // Brackets left open inside a block end with the block. An unmatched bracket closes nothing.
        if let Some(at) = self.open.iter().rposition(|(open, _)| *open == partner || *open == "{")
            && self.open[at].0 == partner
        {
            self.open.truncate(at);
        }
        if bracket == "}" {
            self.head = Some("}");
        }
    }
}
