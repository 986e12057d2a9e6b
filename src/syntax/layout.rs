//! Lines, comments and brackets: the pass between the raw text and the grammar.
//!
//! Contract: accepts any text within the limits. The output has the same length in bytes, and every character that is
//! kept is at the same offset. Comments, unusual white space and a leading byte order mark become spaces. A newline
//! becomes a space inside ( ) or [ ], after an operator or comma, and before a line that begins with an infix operator;
//! every other newline becomes `\n` and ends a statement. The `##` comments are collected by line. Unmatched brackets,
//! texts without a closing quote, invisible characters and [`habits`] are reported. One forgotten bracket gives one report, because
//! a bracket reaches at most to the beginning of the next statement.

use super::habits;
use super::scan::{Kind, Token, is_blank, scan, scan_from};
use super::words;
use super::{MAX_ERRORS, Place};
use crate::diagnostic::{Code, Diagnostic};

/// A text prepared for the grammar; see the module documentation.
pub(super) struct Layout {
    /// The text for the grammar.
    pub(super) text: String,
    /// The `##` comments in source order.
    pub(super) docs: Vec<Doc>,
    /// The byte offset at which each line begins.
    pub(super) lines: Vec<usize>,
    /// The mistakes found so far.
    pub(super) problems: Vec<Diagnostic>,
}

/// One `##` comment.
pub(super) struct Doc {
    /// The line that it is on, from 0.
    pub(super) line: usize,
    /// Whether the comment has the line to itself.
    pub(super) whole_line: bool,
    /// The text without `##` and the space after it.
    pub(super) text: String,
}

/// Prepares a text for the grammar.
pub(super) fn lay_out(place: &Place, text: &str) -> Layout {
    let mut pass = Pass {
        place,
        text,
        open: Vec::new(),
        last: None,
        bare_line: true,
        invisible_until: None,
        habit: None,
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

/// The first word of the statement that begins at this byte, if one does. A statement begins with a word that begins
/// statements, a space, and a token that cannot follow a name inside an expression.
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

/// Whether an item begins at this byte, which is the first of a line. Every block before an item must have ended. An
/// indented word does not count: it is more likely to be in the wrong block.
pub(super) fn item_at(text: &str, at: usize) -> bool {
    !text[at..].starts_with(is_blank) && statement_at(text, at).is_some_and(words::begins_only_items)
}

struct Pass<'t> {
    place: &'t Place,
    text: &'t str,
    /// The brackets that are open.
    open: Vec<Token<'t>>,
    /// The last token that the grammar sees on the current logical line.
    last: Option<Token<'t>>,
    /// Whether the grammar sees nothing on the current line so far.
    bare_line: bool,
    /// The end of the last run of invisible characters.
    invisible_until: Option<usize>,
    /// The last habit: the end of its text, its line, and the index of its report.
    habit: Option<(usize, usize, usize)>,
    /// The first token after the last newline that is not a comment or a newline.
    ahead: Option<Token<'t>>,
    layout: Layout,
}

impl<'t> Pass<'t> {
    fn token(&mut self, token: Token<'t>) {
        if self.habit.is_some_and(|(end, ..)| token.start < end) || self.habit(token) {
            return;
        }
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

    /// Reports the habit that begins with a token, if one does. All habits of a line are one report, so that its
    /// correction is that of the whole line.
    fn habit(&mut self, token: Token<'t>) -> bool {
        let Some(found) = habits::at(self.text, token, self.last) else { return false };
        let line = self.layout.lines.len();
        let edits = found.edits.into_iter().map(|(start, end, new)| (self.place.span(start, end), new));
        let known = self.habit.filter(|(_, on, _)| *on == line).map(|(.., report)| report);
        let report = known.unwrap_or(self.layout.problems.len());
        match known.and_then(|report| self.layout.problems.get_mut(report)) {
            Some(problem) => problem.fix.extend(edits),
            None => {
                let span = self.place.span(token.start, found.end);
                let problem = Diagnostic::new(Code::UnexpectedText, found.message, span, "here").help(found.help);
                self.report(edits.fold(problem, |problem, (span, new)| problem.fix(span, new)));
            }
        }
        self.habit = Some((found.end, line, report));
        if found.space {
            self.blank_until(found.end);
            return true;
        }
        // The text stands for a part of the statement, so that no other mistake is found where it was.
        let length = found.end - self.layout.text.len();
        self.layout.text.extend(std::iter::repeat_n('?', length));
        self.last = Some(token);
        self.bare_line = false;
        true
    }

    /// Fills the output with spaces up to this byte of the text, unless a habit has filled it already.
    fn blank_until(&mut self, end: usize) {
        let blanks = end.saturating_sub(self.layout.text.len());
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
        // Every newline in a run of empty lines and comments needs the same token, so it is looked up only once.
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
        // A binary file is full of them, so a run of them counts as one mistake.
        let span = self.place.span(token.start, token.end());
        let goes_on = self.invisible_until.replace(token.end()) == Some(token.start);
        if goes_on && let Some((run, _)) = self.layout.problems.last_mut().and_then(|d| d.labels.first_mut()) {
            if run.end == span.start {
                *run = run.to(span);
            }
            return;
        }
        let code = token.text.chars().next().map_or(0, u32::from);
        let message = format!("there is an invisible character (U+{code:04X}) here");
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
                let message = format!("`{}` cannot close `{}`", token.text, open.text);
                let closing = if open.text == "(" { ")" } else { "]" };
                let problem = self.problem(Code::UnclosedBracket, message, token, "closes nothing");
                let problem = problem.label(self.place.span(open.start, open.end()), "opened here");
                self.report(problem.help(format!("write `{closing}` before it or instead of it")));
                // If the partner of this bracket is open as well, the bracket closes it: that is one mistake, not two.
                if self.open.last().is_some_and(|open| open.text == partner) {
                    self.open.pop();
                }
            }
            _ if self.round_ket(token) => {}
            _ => {
                let message = format!("`{}` has no matching `{partner}`", token.text);
                let problem = self.problem(Code::UnclosedBracket, message, token, "unmatched");
                self.report(problem.help(format!("delete it, or write the missing `{partner}` before it")));
            }
        }
    }

    /// Reports `|1)` as a ket with the wrong bracket.
    fn round_ket(&mut self, close: Token<'t>) -> bool {
        let Some(bar) = self.text[..close.start].rfind('|').filter(|_| close.text == ")") else { return false };
        let label = &self.text[bar + 1..close.start];
        if label.is_empty() || !label.chars().all(|c| matches!(c, '0'..='9' | '+' | '-' | 'i' | ',')) {
            return false;
        }
        let span = self.place.span(bar, close.end());
        let message = format!("the ket `|{label}` is not closed by `>`");
        let problem =
            Diagnostic::new(Code::BadKet, message, span, "no `>`").help(format!("a ket is written `|{label}>`"));
        self.report(problem.fix(span, format!("|{label}>")));
        true
    }

    /// Reports the ( and [ that are still open in the innermost block, and forgets them.
    fn end_round_brackets(&mut self) {
        let block = self.open.iter().rposition(|open| open.text == "{").map_or(0, |i| i + 1);
        self.unclosed(block);
    }

    /// Reports all brackets that are still open, and forgets them.
    fn end_blocks(&mut self) {
        self.unclosed(0);
    }

    /// Reports the outermost bracket from this level on, and forgets it and all brackets inside it.
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

    /// Records a problem, up to [`MAX_ERRORS`] of them: a megabyte of `)` must not give a million messages.
    fn report(&mut self, problem: Diagnostic) {
        if self.layout.problems.len() < MAX_ERRORS {
            self.layout.problems.push(problem);
        }
    }

    fn problem(&self, code: Code, message: impl Into<String>, token: Token<'_>, label: &str) -> Diagnostic {
        Diagnostic::new(code, message, self.place.span(token.start, token.end()), label)
    }
}

/// Whether an expression continues on the next line after this token. It does not after `>`, which ends kets and
/// expectation values. The `|` of a bra is part of the bra's token and therefore does not count either.
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
                | ".."
        ),
        _ => false,
    }
}
