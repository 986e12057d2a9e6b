//! Tokens of the raw text, for the passes that do not use the grammar: layout, size limits, splitting, hints.
//!
//! Contract: accepts any text. The tokens are in order, do not overlap, and leave out only white space. The kinds are
//! as coarse as these uses allow; only the grammar knows what a sequence of tokens means.

use super::names::{is_name_char, is_name_start};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of a line.
    Newline,
    /// `# …` without the newline.
    Comment,
    /// `"…"`
    Text,
    /// `"…` without a closing quote on its line.
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
    /// An invisible character: a control character, byte order mark, zero-width or direction mark.
    Invisible,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// The kind of the token.
    pub(super) kind: Kind,
    /// The byte offset of the token in the scanned text.
    pub(super) start: usize,
    /// The text of the token; never empty.
    pub(super) text: &'t str,
}

impl Token<'_> {
    /// The byte offset just past the token.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether the token can end an operand, so that an operator after it is infix or postfix.
    pub(super) fn ends_operand(&self) -> bool {
        match self.kind {
            Kind::Word => !matches!(self.text, "and" | "or" | "not"),
            Kind::Text | Kind::Number | Kind::Ket | Kind::Bra | Kind::Close => true,
            Kind::Symbol => matches!(self.text, ">" | "⟩" | "†" | "'" | "’" | "′"),
            _ => false,
        }
    }

    /// Whether a statement can continue after this token on a next line that begins with an infix operator.
    pub(super) fn may_go_on(self) -> bool {
        self.ends_operand() && self.text != "}"
    }

    /// Whether the token is an infix operator that cannot begin a statement, so that its line continues the statement
    /// before it. `<` is excluded because it can also open an expectation value.
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
        // A carriage return is blank before a line feed and is a newline elsewhere.
        let lone_return = rest[..skipped].char_indices().find(|&(i, c)| c == '\r' && !rest[i + 1..].starts_with('\n'));
        let start = self.at + lone_return.map_or(skipped, |(i, _)| i);
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let (kind, length) = token_at(rest, first);
        self.at = start + length;
        Some(Token { kind, start, text: &self.text[start..self.at] })
    }
}

/// Whether a character is white space within a line.
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

/// The kind and length of a text, which must end on its line. Without a closing quote, the brackets at the end of the
/// line are not part of the text, because they close something.
fn text_at(rest: &str) -> (Kind, usize) {
    let end = rest[1..].find(['"', '\n', '\r']).map_or(rest.len(), |i| i + 1);
    if rest[end..].starts_with('"') {
        return (Kind::Text, end + 1);
    }
    let content = rest[1..end].trim_end_matches(|c: char| matches!(c, ')' | ']' | '}' | ';') || is_blank(c));
    (Kind::UnclosedText, 1 + content.len())
}

/// The length of a number: digits with `_` and one decimal point, and an exponent if it has digits.
fn number_length(rest: &str) -> usize {
    let digits =
        |from: usize| from + rest[from..].find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len() - from);
    let mut end = digits(0);
    if rest[end..].starts_with('.') && !rest[end..].starts_with("..") {
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

/// The length in bytes of a ket or bra, if its label consists of digits, signs, `i` and commas.
pub(super) fn ket_length(rest: &str, closing: &[char]) -> Option<usize> {
    let (i, end) = rest
        .char_indices()
        .skip(1)
        .find(|&(_, c)| !matches!(c, '0'..='9' | '+' | '-' | '−' | 'i' | ',' | ' ' | '\t'))?;
    let label = rest[..i].trim_start_matches(['|', '<', '⟨']).trim();
    (closing.contains(&end) && !label.is_empty() && !label.starts_with(['i', ','])).then_some(i + end.len_utf8())
}

/// The length of an operator or mark. Some operators have two characters.
fn symbol_length(rest: &str, first: char) -> usize {
    const PAIRS: [&str; 10] = ["==", "!=", "<=", ">=", "~=", "+-", "**", "//", "--", ".."];
    PAIRS.iter().find(|pair| rest.starts_with(**pair)).map_or(first.len_utf8(), |pair| pair.len())
}

/// Whether a character is a control character, the byte order mark, or a zero-width or direction mark.
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
    fn ranges() {
        let range = [(Kind::Number, "1"), (Kind::Symbol, ".."), (Kind::Number, "3.5")];
        assert_eq!(kinds("1..3.5"), range);
        assert_eq!(kinds("1 .. 3.5"), range);
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
