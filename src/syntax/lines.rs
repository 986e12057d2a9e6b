//! Finds where statements end in a text that is still being typed.

use std::ops::Range;

use super::layout::continues;
use super::scan::{Kind, Token, scan, scan_from};

/// Whether the text is incomplete: a bracket is open, or the last token is an operator or comma.
#[must_use]
pub fn is_open(text: &str) -> bool {
    let mut open = Openness::default();
    text.lines().for_each(|line| open.feed(line));
    open.is_open()
}

/// Tracks whether a text that arrives line by line is incomplete. No token spans two lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Openness {
    depth: usize,
    continues: bool,
}

impl Openness {
    /// Processes the next line.
    pub fn feed(&mut self, line: &str) {
        let mut lines = Lines { depth: self.depth, ..Lines::default() };
        scan(line).for_each(|token| lines.take(token));
        self.depth = lines.depth;
        // A line without tokens changes nothing, as in the language.
        self.continues = lines.last.map_or(self.continues, continues);
    }

    /// Whether the text so far is incomplete.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.depth > 0 || self.continues
    }
}

/// The byte ranges of the statements of a text. Statements are separated by newlines and `;` outside of brackets, and
/// each includes the comments before it and after it on its line. A statement continues on the next line if its line
/// ends in an operator or comma, or if the next line begins with an infix operator.
#[must_use]
pub fn statements(text: &str) -> Vec<Range<usize>> {
    let (mut out, mut lines) = (Vec::new(), Lines::default());
    let mut ahead: Option<Token<'_>> = None;
    for token in scan(text) {
        let open = lines.depth > 0 || lines.last.is_some_and(continues);
        let ends = token.kind == Kind::Newline || token.text == ";";
        let goes_on = token.kind == Kind::Newline && lines.last.is_some_and(Token::may_go_on) && {
            if ahead.is_none_or(|ahead| ahead.start < token.end()) {
                ahead = scan_from(text, token.end()).find(|t| !matches!(t.kind, Kind::Newline | Kind::Comment));
            }
            ahead.is_some_and(|ahead| ahead.start >= token.end() && ahead.goes_on_with())
        };
        if goes_on {
            continue;
        }
        if ends && !open {
            out.extend(lines.end());
        } else if !ends || open {
            lines.take(token);
        }
    }
    out.extend(lines.end());
    out
}

#[derive(Default)]
struct Lines<'t> {
    depth: usize,
    /// The last token that is neither comment nor newline.
    last: Option<Token<'t>>,
    range: Option<Range<usize>>,
}

impl<'t> Lines<'t> {
    fn take(&mut self, token: Token<'t>) {
        match token.kind {
            Kind::Newline => return,
            Kind::Open => self.depth += 1,
            Kind::Close => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let start = self.range.as_ref().map_or(token.start, |r| r.start);
        self.range = Some(start..token.end());
        if token.kind != Kind::Comment {
            self.last = Some(token);
        }
    }

    /// The range of the statement that ends here. Comments alone are kept for the statement after them.
    fn end(&mut self) -> Option<Range<usize>> {
        self.last.take()?;
        self.range.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        statements(text).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn brackets_and_operators_keep_a_text_open() {
        for open in
            ["step {", "rule keep { discard e1,", "f(1", "1 +", "param x =", "a\n* ", "step {\n evolve H for 1\n"]
        {
            assert!(is_open(open), "{open}");
        }
        for closed in ["", "1 + 2", "step { discard e }", "x)", "|0>", "a # (", "<X(s)>", "\"(\""] {
            assert!(!is_open(closed), "{closed}");
        }
    }

    #[test]
    fn statements_end_at_newlines_and_semicolons_outside_of_brackets() {
        assert_eq!(split("set a = 1; run fig2\nlast(x)"), ["set a = 1", "run fig2", "last(x)"]);
        assert_eq!(split("rule r { discard e; discard f }\n\n1 +\n2"), ["rule r { discard e; discard f }", "1 +\n2"]);
        assert_eq!(split("## doc\nparam x = 1 ## more\n# only a comment"), ["## doc\nparam x = 1 ## more"]);
        assert_eq!(split(" ; \n"), Vec::<&str>::new());
        assert_eq!(split("a\n + b\n\n# note\n- c\nd\n<X>"), ["a\n + b\n\n# note\n- c", "d", "<X>"]);
    }
}
