//! Splits a text into pieces: tokens, each with its role in the expression.
//!
//! Contract: takes a text that parses. The pieces are its tokens in order. Tokens that the scanner joins but the
//! grammar does not (`--`, the `>=` of `<X>==1`) are separated, and tokens that the grammar reads as one (`<0|1>`) are
//! joined. Line ends are kept; a byte order mark is dropped.

use unicode_width::UnicodeWidthStr;

use crate::syntax::scan::{Kind, Token, ket_length, scan_from};
use crate::syntax::statements::Statements;
use crate::syntax::words;

/// The role of a piece, which determines the spacing around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The end of a line.
    Newline,
    /// `# …` and its column, from 0; `None` if the comment has the line to itself.
    Comment { column: Option<usize> },
    /// A word of the language.
    Keyword,
    /// A name.
    Name,
    /// A number. White space after it matters: `2x` is a product.
    Number,
    /// A text, a ket, a bra, `<0|1>`.
    Value,
    /// `(` or `[`
    Open,
    /// `)` or `]`
    Close,
    /// `{`
    OpenBlock,
    /// `}`
    CloseBlock,
    /// `<` of an expectation value.
    OpenAngle,
    /// `>` of an expectation value.
    CloseAngle,
    /// `-` and `√` before their operand.
    Prefix,
    /// `'` and `†`
    Postfix,
    /// An operator between two values. `spaced`: whether it is written with spaces around it.
    Infix { spaced: bool },
    /// `,`
    Comma,
    /// `;`
    Semicolon,
}

/// A token with its role.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'t> {
    /// The text of the token.
    pub(super) text: &'t str,
    /// The role of the token.
    pub(super) role: Role,
    /// The number of bytes of white space before it in the source.
    pub(super) blanks: usize,
    /// Whether it is part of a `use` statement, where a path is one word.
    pub(super) in_path: bool,
}

impl Piece<'_> {
    /// Whether the statement continues on the next line after this piece.
    pub(super) fn goes_on(&self) -> bool {
        match self.role {
            Role::Infix { .. } | Role::Comma | Role::Prefix | Role::OpenAngle => true,
            Role::Keyword => words::LOGIC.contains(&self.text),
            _ => false,
        }
    }

    /// Whether it is an operator or word that joins two operands.
    pub(super) fn is_infix(&self) -> bool {
        matches!(self.role, Role::Infix { .. }) || (self.role == Role::Keyword && matches!(self.text, "and" | "or"))
    }

    /// Whether an operator after it is infix.
    fn ends_operand(&self) -> bool {
        use Role as R;
        matches!(self.role, R::Name | R::Number | R::Value | R::Close | R::CloseAngle | R::Postfix)
    }
}

/// The pieces of a text that parses.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut reader =
        Reader { text, statements: Statements::default(), levels: vec![Level::default()], out: Vec::new() };
    let mut at = 0;
    while let Some(token) = scan_from(text, at).next() {
        let token = reader.exactly(token);
        reader.piece(token, token.start - at);
        at = token.end();
    }
    reader.out
}

struct Reader<'t> {
    text: &'t str,
    statements: Statements<'t>,
    levels: Vec<Level>,
    out: Vec<Piece<'t>>,
}

/// The state of the reader at one bracket level.
#[derive(Default)]
struct Level {
    /// The number of open expectation values.
    angles: usize,
    /// Whether the brackets enclose an exponent, where `n-1` needs no spaces.
    exponent: bool,
}

impl<'t> Reader<'t> {
    fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the outermost level is never closed")
    }

    /// The last piece that is neither a comment nor a line end.
    fn last(&self) -> Option<&Piece<'t>> {
        self.out.iter().rev().find(|p| !matches!(p.role, Role::Newline | Role::Comment { .. }))
    }

    /// The token as the grammar reads it.
    fn exactly(&mut self, token: Token<'t>) -> Token<'t> {
        let part = |length: usize| Token { text: &self.text[token.start..token.start + length], ..token };
        match token.kind {
            Kind::Symbol if token.text == "--" => part(1),
            Kind::Symbol if token.text == ">=" && self.levels.last().is_some_and(|l| l.angles > 0) => part(1),
            Kind::Bra if !self.last().is_some_and(|p| p.text.starts_with('|') && p.role == Role::Value) => {
                let bar = token.text.len() - 1;
                let label = ket_length(&self.text[token.start + bar..], &['>', '⟩']);
                part(label.map_or(token.text.len(), |length| bar + length))
            }
            _ => token,
        }
    }

    fn piece(&mut self, token: Token<'t>, blanks: usize) {
        let keyword = self.statements.is_keyword(token);
        let role = match token.kind {
            Kind::Invisible => return, // the byte order mark: a text with other invisible characters does not parse
            Kind::Newline => Role::Newline,
            Kind::Comment => self.comment(token),
            Kind::Word if keyword => Role::Keyword,
            Kind::Word => Role::Name,
            Kind::Number => Role::Number,
            Kind::Text | Kind::UnclosedText | Kind::Ket | Kind::Bra => Role::Value,
            Kind::Open => self.open(token.text),
            Kind::Close => self.close(token.text),
            Kind::Symbol => self.symbol(token, blanks),
        };
        let in_path = self.statements.head() == Some("use");
        self.out.push(Piece { text: token.text, role, blanks, in_path });
    }

    fn comment(&self, token: Token<'t>) -> Role {
        let trailing = self.out.last().is_some_and(|p| p.role != Role::Newline);
        let before = &self.text[..token.start];
        let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        Role::Comment { column: trailing.then(|| before[line..].width()) }
    }

    fn open(&mut self, bracket: &str) -> Role {
        let exponent = self.last().is_some_and(|p| p.text == "^");
        self.levels.push(Level { angles: 0, exponent });
        if bracket == "{" { Role::OpenBlock } else { Role::Open }
    }

    fn close(&mut self, bracket: &str) -> Role {
        if self.levels.len() > 1 {
            self.levels.pop();
        }
        if bracket == "}" { Role::CloseBlock } else { Role::Close }
    }

    fn symbol(&mut self, token: Token<'t>, blanks: usize) -> Role {
        let infix = self.last().is_some_and(Piece::ends_operand);
        match token.text {
            "," => Role::Comma,
            ";" => {
                self.level().angles = 0;
                Role::Semicolon
            }
            "'" | "’" | "′" | "†" => Role::Postfix,
            "√" => Role::Prefix,
            "<" | "⟨" if !infix => {
                self.level().angles += 1;
                Role::OpenAngle
            }
            ">" | "⟩" if self.level().angles > 0 => {
                self.level().angles -= 1;
                Role::CloseAngle
            }
            "-" | "−" if !infix => Role::Prefix,
            operator => Role::Infix { spaced: self.spaced(operator, token, blanks) },
        }
    }

    /// Whether an infix operator has spaces on both sides. In products, quotients and exponents the author decides, but
    /// the edge of a line counts as a space. `^` and `..` never have spaces; any other operator always does.
    fn spaced(&mut self, operator: &str, token: Token<'t>, blanks: usize) -> bool {
        let free = match operator {
            "^" | ".." => return false,
            "*" | "/" | "·" | "×" | "⋅" => true,
            "+" | "-" | "−" => self.level().exponent,
            _ => false,
        };
        let begins_line = self.out.last().is_some_and(|p| p.role == Role::Newline);
        let space_after = self.text[token.end()..].starts_with(|c: char| c.is_whitespace() || c == '#');
        !free || blanks > 0 || begins_line || space_after
    }
}
