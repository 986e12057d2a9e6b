//! Lines, comments and brackets: the pass between the raw text and the grammar.
//!
//! Contract: takes any text within the limits. The text that comes out has the same length in bytes, and every character
//! that is left stands where it stood. Comments, odd white space and a leading byte order mark are spaces. A newline
//! inside ( ) or [ ], after an operator or comma, or before a line that begins with an infix operator, is a space; every other newline is `\n` and ends a statement. The
//! `##` texts stand aside by line. Brackets without partner, texts without closing quote and invisible characters are
//! reported; one forgotten bracket gives one report, because its reach ends where a statement begins.

use super::scan::{Kind, Token, is_blank, scan, scan_from};
use super::words;
use super::{MAX_ERRORS, Place};
use crate::diagnostic::{Code, Diagnostic};

/// See the module.
pub(super) struct Layout {
    /// The text for the grammar.
    pub(super) text: String,
    /// The `##` comments in order.
    pub(super) docs: Vec<Doc>,
    /// The first byte of each line.
    pub(super) lines: Vec<usize>,
    /// What is wrong already.
    pub(super) problems: Vec<Diagnostic>,
}

/// One `##` comment.
pub(super) struct Doc {
    /// Its line, from 0.
    pub(super) line: usize,
    /// Whether nothing stands before it on the line.
    pub(super) whole_line: bool,
    /// Its text without `##` and the space behind it.
    pub(super) text: String,
}

/// Lays a text out.
pub(super) fn lay_out(place: &Place, text: &str) -> Layout {
    let mut pass = Pass {
        place,
        text,
        open: Vec::new(),
        last: None,
        bare_line: true,
        invisible_until: None,
        ahead: None,
        layout: Layout {
            text: String::with_capacity(text.len()),
            docs: Vec::new(),
            lines: vec![0],
            problems: Vec::new(),
        },
    };
    for token in scan(text) {
        pass.blank_until(token.start);
        pass.token(token);
    }
    pass.blank_until(text.len());
    pass.end_round_brackets();
    pass.end_blocks();
    pass.layout
}

/// Whether a statement of the language begins at this byte, and with which word: a word that begins statements, a space,
/// and something that cannot follow a name inside an expression.
pub(super) fn statement_at(text: &str, at: usize) -> Option<&str> {
    let mut tokens = scan_from(text, at);
    let word = tokens.next().filter(|t| t.kind == Kind::Word && words::begins_a_statement(t.text))?;
    let next = tokens.next().filter(|t| t.start > word.end())?;
    let follows = match next.kind {
        Kind::Word => !matches!(next.text, "and" | "or"),
        Kind::Open => next.text == "{",
        Kind::Text | Kind::Number => true,
        _ => false,
    };
    follows.then_some(word.text)
}

/// Whether an item begins at this byte, the first of a line, so that every block before it must have ended. An indented
/// word is rather one that stands in the wrong block.
pub(super) fn item_at(text: &str, at: usize) -> bool {
    !text[at..].starts_with(is_blank) && statement_at(text, at).is_some_and(words::begins_only_items)
}

struct Pass<'t> {
    place: &'t Place,
    text: &'t str,
    open: Vec<Token<'t>>,
    last: Option<Token<'t>>,
    bare_line: bool,
    /// The end of the last run of invisible characters.
    invisible_until: Option<usize>,
    /// The first token after the last newline that is not a comment or a newline.
    ahead: Option<Token<'t>>,
    layout: Layout,
}

impl<'t> Pass<'t> {
    fn token(&mut self, token: Token<'t>) {
        match token.kind {
            Kind::Newline => return self.newline(token),
            Kind::Comment => return self.comment(token),
            Kind::Invisible => return self.invisible(token),
            Kind::UnclosedText => self.report(
                self.problem(Code::UnclosedText, "this text has no closing `\"` on its line", token, "begins here")
                    .help("end the text with `\"`"),
            ),
            Kind::Open => self.open.push(token),
            Kind::Close => self.close(token),
            Kind::Symbol if token.text == ";" => self.end_round_brackets(),
            _ => {}
        }
        self.layout.text.push_str(token.text);
        self.last = Some(token);
        self.bare_line = false;
    }

    /// Spaces up to a byte of the text.
    fn blank_until(&mut self, end: usize) {
        let blanks = end - self.layout.text.len();
        self.layout.text.extend(std::iter::repeat_n(' ', blanks));
    }

    fn newline(&mut self, token: Token<'t>) {
        self.layout.lines.push(token.end());
        self.bare_line = true;
        let head = statement_at(self.text, token.end());
        if head.is_some() {
            self.end_round_brackets();
        }
        if item_at(self.text, token.end()) {
            self.end_blocks();
        }
        let in_brackets = self.open.last().is_some_and(|open| open.text != "{");
        let space =
            head.is_none() && (in_brackets || self.last.is_some_and(continues) || self.operator_follows(token.end()));
        self.layout.text.push(if space { ' ' } else { '\n' });
        if !space {
            self.last = None;
        }
    }

    /// Whether the statement goes on after this newline, because the next line begins with an infix operator.
    fn operator_follows(&mut self, at: usize) -> bool {
        if !self.last.is_some_and(Token::may_go_on) {
            return false;
        }
        // Of a run of empty lines and comments, each asks for the same token.
        if self.ahead.is_none_or(|ahead| ahead.start < at) {
            self.ahead = scan_from(self.text, at).find(|t| !matches!(t.kind, Kind::Newline | Kind::Comment));
        }
        self.ahead.is_some_and(|ahead| ahead.start >= at && ahead.goes_on_with())
    }

    fn comment(&mut self, token: Token<'t>) {
        self.blank_until(token.end());
        let Some(text) = token.text.strip_prefix("##").filter(|text| !text.starts_with('#')) else { return };
        let text = text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned();
        self.layout.docs.push(Doc { line: self.layout.lines.len() - 1, whole_line: self.bare_line, text });
    }

    fn invisible(&mut self, token: Token<'t>) {
        self.blank_until(token.end());
        if token.start == 0 && token.text == "\u{feff}" {
            return;
        }
        // A binary file is full of them: a run of them is one mistake.
        let span = self.place.span(token.start, token.end());
        let goes_on = self.invisible_until.replace(token.end()) == Some(token.start);
        if goes_on && let Some((run, _)) = self.layout.problems.last_mut().and_then(|d| d.labels.first_mut()) {
            if run.end == span.start {
                *run = run.to(span);
            }
            return;
        }
        let code = token.text.chars().next().map_or(0, u32::from);
        let message = format!("an invisible character (U+{code:04X}) stands here");
        self.report(self.problem(Code::UnexpectedText, message, token, "here").help("delete it"));
    }

    fn close(&mut self, token: Token<'t>) {
        if token.text == "}" {
            self.end_round_brackets();
        }
        let partner = match token.text {
            ")" => "(",
            "]" => "[",
            _ => "{",
        };
        match self.open.last().copied() {
            Some(open) if open.text == partner => {
                self.open.pop();
            }
            Some(open) if open.text != "{" => {
                self.open.pop();
                let message = format!("`{}` stands where `{}` is to be closed", token.text, open.text);
                let closing = if open.text == "(" { ")" } else { "]" };
                let problem = self.problem(Code::UnclosedBracket, message, token, "closes nothing");
                let problem = problem.label(self.place.span(open.start, open.end()), "opened here");
                self.report(problem.help(format!("write `{closing}` before it, or instead of it")));
                // It closes its own partner, if that is open behind the forgotten one: one mistake, not two.
                if self.open.last().is_some_and(|open| open.text == partner) {
                    self.open.pop();
                }
            }
            _ => {
                let message = format!("`{}` closes nothing: no `{partner}` is open here", token.text);
                let problem = self.problem(Code::UnclosedBracket, message, token, "no partner");
                self.report(problem.help(format!("delete it, or open `{partner}` before it")));
            }
        }
    }

    /// Ends the reach of the ( and [ that are open in the innermost block.
    fn end_round_brackets(&mut self) {
        let block = self.open.iter().rposition(|open| open.text == "{").map_or(0, |i| i + 1);
        self.unclosed(block);
    }

    /// Ends the reach of all blocks.
    fn end_blocks(&mut self) {
        self.unclosed(0);
    }

    /// Reports the outermost bracket from that level on, and forgets them all.
    fn unclosed(&mut self, level: usize) {
        if let Some(&open) = self.open.get(level) {
            let closing = match open.text {
                "(" => ")",
                "[" => "]",
                _ => "}",
            };
            let message = format!("`{}` is never closed", open.text);
            let problem = self.problem(Code::UnclosedBracket, message, open, "opened here");
            self.report(problem.help(format!("write `{closing}` where it ends")));
            self.open.truncate(level);
        }
    }

    /// Keeps a problem, if not too many are known: a megabyte of `)` is not a million messages.
    fn report(&mut self, problem: Diagnostic) {
        if self.layout.problems.len() < MAX_ERRORS {
            self.layout.problems.push(problem);
        }
    }

    fn problem(&self, code: Code, message: impl Into<String>, token: Token<'_>, label: &str) -> Diagnostic {
        Diagnostic::new(code, message, self.place.span(token.start, token.end()), label)
    }
}

/// Whether an expression goes on behind this token on the next line. `>` ends kets and expectation values, and the `|`
/// of a bra belongs to its token: neither asks for more.
pub(super) fn continues(token: Token<'_>) -> bool {
    match token.kind {
        Kind::Word => matches!(token.text, "and" | "or" | "not"),
        Kind::Symbol => matches!(
            token.text,
            "+" | "-"
                | "−"
                | "*"
                | "×"
                | "·"
                | "⋅"
                | "/"
                | "^"
                | "√"
                | "⊗"
                | ","
                | "|"
                | "="
                | "=="
                | "!="
                | "≠"
                | "<"
                | "<="
                | ">="
                | "≤"
                | "≥"
                | "~="
                | "≈"
                | "±"
                | "+-"
        ),
        _ => false,
    }
}
