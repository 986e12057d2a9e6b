//! Token classes for syntax highlighting in the REPL, the language server and the grammars of editors.
//!
//! Contract: accepts any text, including one that does not parse, and looks only at its tokens. The ranges are in
//! order, do not overlap, and leave out white space and invisible characters. A word of the language is a keyword only
//! where the language allows it. A definition in the text hides the built-in with the same name.

use std::collections::HashSet;
use std::ops::Range;

use super::canonical;
use super::scan::{Kind, Token, scan};
use super::statements::Statements;
use crate::builtins::{self, Builtin};

/// The class of a token, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// A word of the language, where the language allows it.
    Keyword,
    /// A gate, operator, channel, measure, function or constant.
    Builtin,
    /// Any other name.
    Name,
    /// `0.95`
    Number,
    /// `"text"`
    Text,
    /// `# …`
    Comment,
    /// `## …`, the documentation of a definition.
    Doc,
    /// `|01>` or `<01|`
    Ket,
    /// An operator or mark.
    Operator,
    /// `( ) [ ] { }`
    Bracket,
}

impl TokenClass {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Keyword,
        Self::Builtin,
        Self::Name,
        Self::Number,
        Self::Text,
        Self::Comment,
        Self::Doc,
        Self::Ket,
        Self::Operator,
        Self::Bracket,
    ];
}

/// The classes of a text's tokens, with their byte ranges.
#[must_use]
pub fn classify(text: &str) -> Vec<(Range<usize>, TokenClass)> {
    let own = defined(text);
    let mut statements = Statements::default();
    // Whether the next token is the name of an experiment. Such a name hides no built-in and is not one either.
    let mut experiment = false;
    let mut out = Vec::new();
    for token in scan(text) {
        let keyword = statements.is_keyword(token);
        let named = std::mem::replace(&mut experiment, keyword && token.text == "experiment");
        match class(token, keyword, &own) {
            Some(TokenClass::Builtin) if named => out.push((token.start..token.end(), TokenClass::Name)),
            Some(class) => out.push((token.start..token.end(), class)),
            None => {}
        }
    }
    out
}

fn class(token: Token<'_>, keyword: bool, own: &HashSet<String>) -> Option<TokenClass> {
    Some(match token.kind {
        Kind::Newline | Kind::Invisible => return None,
        Kind::Comment if is_doc(token.text) => TokenClass::Doc,
        Kind::Comment => TokenClass::Comment,
        Kind::Text | Kind::UnclosedText => TokenClass::Text,
        Kind::Word if keyword => TokenClass::Keyword,
        Kind::Word => {
            let key = canonical(token.text);
            // γ is a letter, although its name is that of a distribution.
            let means = |b: &Builtin| !matches!(b, Builtin::Distribution(_)) || key == token.text;
            let builtin = !own.contains(&key) && builtins::lookup(&key).is_some_and(|b| means(&b));
            if builtin { TokenClass::Builtin } else { TokenClass::Name }
        }
        Kind::Number => TokenClass::Number,
        Kind::Ket | Kind::Bra => TokenClass::Ket,
        Kind::Open | Kind::Close => TokenClass::Bracket,
        Kind::Symbol => TokenClass::Operator,
    })
}

/// Whether a comment is a documentation comment: it begins with exactly two `#`.
pub(super) fn is_doc(comment: &str) -> bool {
    comment.starts_with("##") && !comment.starts_with("###")
}

/// Words that a defined name follows, and whether further names may follow after commas.
const DEFINING: &[(&str, bool)] = &[
    ("param", false),
    ("input", false),
    ("system", true),
    ("environment", true),
    ("hamiltonian", false),
    ("gate", false),
    ("def", false),
    ("rule", false),
    ("sequence", false),
    ("observe", false),
    ("record", false),
    ("let", false),
    ("collect", false),
];

/// The look-up keys of the names that the text defines.
fn defined(text: &str) -> HashSet<String> {
    let mut statements = Statements::default();
    let mut keys = HashSet::new();
    // Whether the next word is a name being defined, and whether another may follow after a comma.
    let (mut expected, mut several) = (false, false);
    for token in scan(text) {
        let keyword = statements.is_keyword(token);
        match token.kind {
            Kind::Word if keyword => {
                let row = DEFINING.iter().find(|(word, _)| *word == token.text);
                (expected, several) = row.map_or((false, false), |(_, several)| (true, *several));
            }
            Kind::Word if expected => {
                keys.insert(canonical(token.text));
                expected = false;
            }
            Kind::Symbol if token.text == "," => expected = several,
            _ => (expected, several) = (false, false),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    fn of(text: &str, class: TokenClass) -> Vec<&str> {
        classify(text).into_iter().filter(|(_, c)| *c == class).map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn words_are_keywords_only_where_the_language_allows_them() {
        let text =
            "rule keep { discard e }\nstep {\n  evolve H(for, e) for t; trace keep\n  record line = <X(run)>\n}\n";
        assert_eq!(of(text, TokenClass::Keyword), ["rule", "discard", "step", "evolve", "for", "trace", "record"]);
        let text = "environment keep = |0> keep 8\nredefine param step = 1 +\nrun\nplot { line x dashed on right }";
        let words = ["environment", "keep", "redefine", "param", "plot", "line", "dashed", "on", "right"];
        assert_eq!(of(text, TokenClass::Keyword), words);
        let text = "gate g(s) = product(k in 1..3, X(s)); evolve sum(k in 1..L, in(X)) for in";
        assert_eq!(of(text, TokenClass::Keyword), ["gate", "in", "evolve", "in", "for"]);
        let text =
            "with probability p { apply X(s) }\nelse { reset s = |0> }\nwith probability 1 {}\nlet not = a and b";
        let words = ["with", "probability", "apply", "else", "reset", "with", "probability", "let", "not", "and"];
        assert_eq!(of(text, TokenClass::Keyword), words);
    }

    #[test]
    fn own_definitions_hide_builtins() {
        assert_eq!(of("param T = 0\napply T(s); apply S(s)", TokenClass::Builtin), ["S"]);
        assert_eq!(of("system X, S = |0>\napply S(X) * Y(X)", TokenClass::Builtin), ["Y"]);
        assert_eq!(of("observe σx = <σx(s) + sigmay(s) + σz(s)>", TokenClass::Builtin), ["sigmay", "σz"]);
    }

    #[test]
    fn numbers_texts_kets_and_operators_have_classes() {
        let text = "## doc\nx = \"t\" + |0><1|(s) - 2.5e-3π # c";
        let classes: Vec<_> = classify(text).into_iter().map(|(range, class)| (&text[range], class)).collect();
        use TokenClass::*;
        let expected = [
            ("## doc", Doc),
            ("x", Name),
            ("=", Operator),
            ("\"t\"", Text),
            ("+", Operator),
            ("|0>", Ket),
            ("<1|", Ket),
            ("(", Bracket),
            ("s", Name),
            (")", Bracket),
            ("-", Operator),
            ("2.5e-3", Number),
            ("π", Builtin),
            ("# c", Comment),
        ];
        assert_eq!(classes, expected);
    }

    #[test]
    fn every_word_of_the_language_is_a_keyword_somewhere() {
        for word in words::all() {
            let texts = [
                format!("{word} x"),
                format!("line x {word} y"),
                format!("input u = \"f\" {word} \"c\""),
                format!("environment e = x {word} 8"),
                format!("evolve H {word} t"),
                format!("with {word} p {{}}"),
                format!("measure Z(s) {word} m"),
                format!("run 3 {word} c"),
                format!("trajectories 3 {word} c"),
                format!("with probability p {{}} {word} {{}}"),
            ];
            assert!(texts.iter().any(|text| of(text, TokenClass::Keyword).contains(&word)), "{word}");
        }
    }

    #[test]
    fn broken_text_has_classes_too() {
        for text in ["", "}}}", "((({", "\u{feff}\0\"", "param", "redefine redefine", ")]}else{", "line x dashed }"] {
            let mut end = 0;
            for (range, _) in classify(text) {
                assert!(range.start >= end && range.end <= text.len() && !range.is_empty(), "{text:?}");
                end = range.end;
            }
        }
    }
}
