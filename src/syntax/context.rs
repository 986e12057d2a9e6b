//! The syntactic context of a position in a text, determined from the tokens before it. Completion and signature help
//! use it.
//!
//! Contract: accepts any text, including one that does not parse, and any byte position on a character boundary.

use super::layout::continues;
use super::scan::{Kind, Token, scan};
use super::statements::Statements;

/// The syntactic context of a position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context<'t> {
    /// The part of a word that ends at the position; empty if no word does.
    pub prefix: &'t str,
    /// The first word of the statement, or `None` if a statement begins at the position.
    pub head: Option<&'t str>,
    /// The first word of the statement whose block contains the position; `None` at the top level.
    pub block: Option<&'t str>,
    /// The innermost call whose brackets contain the position.
    pub call: Option<Call<'t>>,
    /// Whether the position follows a complete operand, so that an operator or a word of the language comes next.
    pub after_operand: bool,
    /// Whether the position is in a comment or in quotes.
    pub quoted: bool,
}

/// A call whose brackets are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'t> {
    /// The name of the called function.
    pub name: &'t str,
    /// The index of the argument at the position, from 0.
    pub argument: usize,
}

/// The context of byte position `at` in a text.
#[must_use]
pub fn context(text: &str, at: usize) -> Context<'_> {
    let mut reader = Reader::default();
    let before = &text[..at];
    for token in scan(before) {
        let open_end = matches!(token.kind, Kind::Comment | Kind::UnclosedText);
        if token.end() == at && (open_end || token.kind == Kind::Word) {
            let prefix = if open_end { "" } else { token.text };
            return Context { prefix, quoted: open_end, ..reader.context() };
        }
        reader.token(token);
    }
    reader.context()
}

/// Where `NAME[` or `NAME[12` begins, if the text ends with one: the beginning of an element of an array.
#[must_use]
pub fn element(before: &str) -> Option<usize> {
    let name = before.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('[')?;
    let stem = name.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    (stem.len() < name.len()).then_some(stem.len())
}

#[derive(Default)]
struct Reader<'t> {
    statements: Statements<'t>,
    /// For each open bracket, the call that it belongs to, if any.
    calls: Vec<Option<Call<'t>>>,
    /// The last token that is not a comment, and whether it is a keyword.
    last: Option<(Token<'t>, bool)>,
}

impl<'t> Reader<'t> {
    fn token(&mut self, token: Token<'t>) {
        let keyword = self.statements.is_keyword(token);
        match token.kind {
            Kind::Comment | Kind::Invisible => return,
            Kind::Open => {
                let name = self.last.filter(|(last, keyword)| last.kind == Kind::Word && !keyword && token.text == "(");
                self.calls.push(name.map(|(last, _)| Call { name: last.text, argument: 0 }));
            }
            Kind::Close => drop(self.calls.pop()),
            Kind::Symbol if matches!(token.text, "," | "|") => {
                if let Some(Some(call)) = self.calls.last_mut() {
                    call.argument += 1;
                }
            }
            _ => {}
        }
        self.last = Some((token, keyword));
    }

    fn context(&self) -> Context<'t> {
        let operand = |(token, keyword): (Token<'_>, bool)| token.ends_operand() && !keyword && !continues(token);
        Context {
            prefix: "",
            head: self.statements.head().filter(|head| *head != "}"),
            block: self.statements.block(),
            call: self.calls.iter().rev().find_map(|call| *call),
            after_operand: self.last.is_some_and(operand) && self.statements.head().is_some(),
            quoted: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_mark(text: &str) -> Context<'_> {
        context(text.split('¦').next().expect("a part before the mark"), text.find('¦').expect("a mark"))
    }

    #[test]
    fn statements_and_blocks() {
        let c = at_mark("step {\n    ev¦");
        assert_eq!((c.prefix, c.head, c.block, c.after_operand), ("ev", None, Some("step"), false));
        let c = at_mark("experiment x {\n    plot { line x ¦");
        assert_eq!((c.prefix, c.head, c.block, c.after_operand), ("", Some("line"), Some("plot"), true));
        let c = at_mark("step { evolve H for t }\nparam x = ¦");
        assert_eq!((c.head, c.block, c.after_operand), (Some("param"), None, false));
        assert!(at_mark("param x = 1 # so¦").quoted && at_mark("save \"a¦").quoted && !at_mark("param ¦").quoted);
    }

    #[test]
    fn elements() {
        for (text, found) in
            [("<Z(s[", Some("s[")), ("X(s1)*Z(τ_2[1", Some("τ_2[1")), ("s[1]", None), ("x = [", None), ("[", None)]
        {
            assert_eq!(element(text).map(|at| &text[at..]), found, "{text}");
        }
    }

    #[test]
    fn calls() {
        let call = |text| at_mark(text).call.map(|c| (c.name, c.argument));
        assert_eq!(call("let C = pearson(x, (y + 1), wid¦"), Some(("pearson", 2)));
        assert_eq!(call("observe I = mutual_information(a | ¦"), Some(("mutual_information", 1)));
        assert_eq!(call("let C = f(g(1, 2), (¦"), Some(("f", 1)));
        assert_eq!(call("let C = f(g(1, 2))¦"), None);
        assert_eq!(call("expect (¦"), None);
    }

    #[test]
    fn any_position_of_any_text_is_accepted() {
        let text = "})(param γ = \"\u{0} |0> # c\r\n{ line ; }} else {(((, |";
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let _ = context(text, at);
        }
    }
}
