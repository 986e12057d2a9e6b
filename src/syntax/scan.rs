//! Tokens of the raw text, for what comes before the grammar: layout, size limits, splitting, hints.
//!
//! Contract: takes any text; tokens come in order, do not overlap, and leave out only white space. The kinds are as
//! coarse as these uses allow; what a sequence of tokens means is the grammar's business.

use super::names::{is_name_char, is_name_start};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of a line.
    Newline,
    /// `# …` without the newline.
    Comment,
    /// `"…"`
    Text,
    /// `"…` to the end of its line.
    UnclosedText,
    /// A name or word.
    Word,
    /// A number.
    Number,
    /// `|01>`
    Ket,
    /// `<01|`
    Bra,
    /// `(`, `[`, `{`
    Open,
    /// `)`, `]`, `}`
    Close,
    /// An operator or mark.
    Symbol,
    /// A character without a picture: control, byte order mark, direction mark.
    Invisible,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// What it is.
    pub(super) kind: Kind,
    /// Its first byte.
    pub(super) start: usize,
    /// Its text.
    pub(super) text: &'t str,
}

impl Token<'_> {
    /// One past its last byte.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it can end an operand, so that what follows is infix or postfix.
    pub(super) fn ends_operand(&self) -> bool {
        match self.kind {
            Kind::Word => !matches!(self.text, "and" | "or" | "not"),
            Kind::Text | Kind::Number | Kind::Ket | Kind::Bra | Kind::Close => true,
            Kind::Symbol => matches!(self.text, ">" | "⟩" | "†" | "'" | "’" | "′"),
            _ => false,
        }
    }

    /// Whether a statement that a newline follows here goes on if the next line begins with an infix operator.
    pub(super) fn may_go_on(self) -> bool {
        self.ends_operand() && self.text != "}"
    }

    /// Whether it is an infix operator with which no statement begins, so that it goes on with the one before. `<` is not:
    /// it opens an expectation value too.
    pub(super) fn goes_on_with(self) -> bool {
        const OPERATORS: [&str; 19] =
            ["+", "-", "−", "*", "×", "·", "⋅", "/", "^", "⊗", "==", "!=", "≠", "<=", "≤", ">=", "≥", "≈", "~="];
        match self.kind {
            Kind::Word => matches!(self.text, "and" | "or"),
            Kind::Symbol => OPERATORS.contains(&self.text) || matches!(self.text, "±" | "+-"),
            _ => false,
        }
    }
}

/// The tokens of a text.
pub(super) fn scan(text: &str) -> Scanner<'_> {
    Scanner { text, at: 0 }
}

/// The tokens of a text from a byte on.
pub(super) fn scan_from(text: &str, at: usize) -> Scanner<'_> {
    Scanner { text, at }
}

/// See [`scan`].
#[derive(Debug, Clone)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Scanner<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = &self.text[self.at..];
        let skipped = rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
        // A carriage return is blank before a line feed and a newline of its own elsewhere.
        let lone_return = rest[..skipped].char_indices().find(|&(i, c)| c == '\r' && !rest[i + 1..].starts_with('\n'));
        let start = self.at + lone_return.map_or(skipped, |(i, _)| i);
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let (kind, length) = token_at(rest, first);
        self.at = start + length;
        Some(Token { kind, start, text: &self.text[start..self.at] })
    }
}

/// White space inside a line.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// The kind and length in bytes of the token at the start of `rest`.
fn token_at(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '\n' | '\r' => (Kind::Newline, 1),
        '#' => (Kind::Comment, rest.find(['\n', '\r']).unwrap_or(rest.len())),
        '"' => text_at(rest),
        '(' | '[' | '{' => (Kind::Open, 1),
        ')' | ']' | '}' => (Kind::Close, 1),
        c if is_name_start(c) => (Kind::Word, rest.find(|c| !is_name_char(c)).unwrap_or(rest.len())),
        c if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) => {
            (Kind::Number, number_length(rest))
        }
        '|' if ket_length(rest, &['>', '⟩']).is_some() => {
            (Kind::Ket, ket_length(rest, &['>', '⟩']).expect("just measured"))
        }
        '<' | '⟨' if ket_length(rest, &['|']).is_some() => {
            (Kind::Bra, ket_length(rest, &['|']).expect("just measured"))
        }
        c if is_invisible(c) => (Kind::Invisible, c.len_utf8()),
        c => (Kind::Symbol, symbol_length(rest, c)),
    }
}

/// A text ends on its line. Without its quote it leaves out the brackets that end the line: they close something.
fn text_at(rest: &str) -> (Kind, usize) {
    let end = rest[1..].find(['"', '\n', '\r']).map_or(rest.len(), |i| i + 1);
    if rest[end..].starts_with('"') {
        return (Kind::Text, end + 1);
    }
    let content = rest[1..end].trim_end_matches(|c: char| matches!(c, ')' | ']' | '}' | ';') || is_blank(c));
    (Kind::UnclosedText, 1 + content.len())
}

/// Digits with `_` and one point, and an exponent if digits follow it.
fn number_length(rest: &str) -> usize {
    let digits =
        |from: usize| from + rest[from..].find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len() - from);
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = rest[end + 1..].chars().next().filter(|c| matches!(c, '+' | '-' | '−')).map_or(0, char::len_utf8);
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

/// The length of a ket or bra whose label consists of digits, signs, `i` and commas.
pub(super) fn ket_length(rest: &str, closing: &[char]) -> Option<usize> {
    let (i, end) = rest
        .char_indices()
        .skip(1)
        .find(|&(_, c)| !matches!(c, '0'..='9' | '+' | '-' | '−' | 'i' | ',' | ' ' | '\t'))?;
    let label = rest[..i].trim_start_matches(['|', '<', '⟨']).trim();
    (closing.contains(&end) && !label.is_empty() && !label.starts_with(['i', ','])).then_some(i + end.len_utf8())
}

/// Operators of two characters are one token.
fn symbol_length(rest: &str, first: char) -> usize {
    const PAIRS: [&str; 9] = ["==", "!=", "<=", ">=", "~=", "+-", "**", "//", "--"];
    PAIRS.iter().find(|pair| rest.starts_with(**pair)).map_or(first.len_utf8(), |pair| pair.len())
}

/// Control characters, the byte order mark, zero-width and direction marks.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        scan(text).map(|t| (t.kind, t.text)).collect()
    }

    #[test]
    fn numbers_stop_before_names() {
        assert_eq!(
            kinds("2e 2e3 1e-3 .5x"),
            [
                (Kind::Number, "2"),
                (Kind::Word, "e"),
                (Kind::Number, "2e3"),
                (Kind::Number, "1e-3"),
                (Kind::Number, ".5"),
                (Kind::Word, "x"),
            ]
        );
    }

    #[test]
    fn kets_bras_and_bars() {
        assert_eq!(
            kinds("|+i><0| a | b"),
            [(Kind::Ket, "|+i>"), (Kind::Bra, "<0|"), (Kind::Word, "a"), (Kind::Symbol, "|"), (Kind::Word, "b"),]
        );
        assert_eq!(kinds("⟨0|")[0].0, Kind::Bra);
        assert_eq!(kinds("|psi>")[0], (Kind::Symbol, "|"));
    }

    #[test]
    fn carriage_returns() {
        assert_eq!(kinds("a\r\nb").len(), 3);
        assert_eq!(kinds("a\rb").len(), 3);
        assert_eq!(kinds("# c\r\nb")[0], (Kind::Comment, "# c"));
        assert_eq!(kinds("a \r b"), [(Kind::Word, "a"), (Kind::Newline, "\r"), (Kind::Word, "b")]);
    }

    #[test]
    fn tokens_cover_any_text_without_overlap() {
        let text = "\u{feff}a\0\"unclosed\n'\u{202e}|0⟩≈±√†";
        let mut end = 0;
        for token in scan(text) {
            assert!(token.start >= end && !token.text.is_empty());
            end = token.end();
        }
        assert_eq!(end, text.len());
    }
}
