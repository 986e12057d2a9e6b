//! Habits from paper, LaTeX and other languages: what to write instead.
//!
//! Contract: finds text that has no meaning anywhere in the language, such as `°`, `\frac{1}{2}` or `// …`, while the
//! text is laid out, before the grammar sees it. Each has edits after which the line is valid. The tables have one row
//! for each habit. [`words`] has the words that begin no statement.

pub(super) mod kets;
mod latex;
mod methods;
mod statement;
mod terms;
mod tokens;
pub(super) mod words;

use super::scan::{Kind, Token, scan_from};

/// Text without a meaning.
pub(super) struct Habit {
    /// The end of the text, in bytes; nothing before it is looked at again.
    pub(super) end: usize,
    /// What is wrong.
    pub(super) message: String,
    /// What the language writes instead, in general.
    pub(super) help: &'static str,
    /// Whether the text stands for a space, as a comment does, and not for a part of the statement.
    pub(super) space: bool,
    /// The edits: first byte, end, and new text.
    pub(super) edits: Vec<(usize, usize, String)>,
}

impl Habit {
    /// A habit whose text is replaced as a whole.
    fn replace(start: usize, end: usize, new: impl Into<String>, message: String, help: &'static str) -> Self {
        Self { end, message, help, space: false, edits: vec![(start, end, new.into())] }
    }
}

/// Characters without a meaning: the character, what to write instead, and why. A new text of letters is set off by
/// spaces.
const GLYPHS: &[(&str, &str, &str)] = &[
    ("–", "-", "this is an en dash; subtraction is written with a hyphen `-` or a minus sign `−`"),
    ("—", "-", "this is an em dash; subtraction is written with a hyphen `-` or a minus sign `−`"),
    ("‐", "-", "this is a typographic hyphen; subtraction is written with `-` or `−`"),
    ("‑", "-", "this is a non-breaking hyphen; subtraction is written with `-` or `−`"),
    ("∧", "and", "conditions are combined with `and`, `or`, `not`"),
    ("∨", "or", "conditions are combined with `and`, `or`, `not`"),
    ("¬", "not", "conditions are combined with `and`, `or`, `not`"),
    ("&&", "and", "conditions are combined with `and`, `or`, `not`"),
    ("&", "and", "conditions are combined with `and`, `or`, `not`"),
    ("@", "*", "multiply operators with `*`; on different subsystems this is their tensor product"),
    ("°", "*π/180", "angles are in radians"),
    ("º", "*π/180", "angles are in radians"),
    ("∞", "inf", "infinity is written `inf`"),
    ("∗", "*", "multiplication is written `*`, `×` or `·`"),
    ("•", "*", "multiplication is written `*`, `×` or `·`"),
    ("∙", "*", "multiplication is written `*`, `×` or `·`"),
    ("∘", "*", "operators are multiplied with `*`"),
    ("÷", "/", "division is written `/`"),
    ("∕", "/", "division is written `/`"),
    ("⁄", "/", "division is written `/`"),
    ("½", "0.5", "fractions are written `1/2` or `0.5`"),
    ("¼", "0.25", "fractions are written `1/4` or `0.25`"),
    ("¾", "0.75", "fractions are written `3/4` or `0.75`"),
    ("≃", "≈", "an approximate comparison is `a ≈ b ± tolerance`"),
    ("≅", "≈", "an approximate comparison is `a ≈ b ± tolerance`"),
    ("∼", "≈", "an approximate comparison is `a ≈ b ± tolerance`"),
    ("≡", "==", "two values are compared with `==`, and a definition has `=`"),
    ("≔", "=", "a definition has `=`"),
    ("∈", "in", "an index and its range are written `k in 1..L`"),
    ("…", "..", "a range is written `1..L`"),
    ("（", "(", "brackets are the ASCII characters `(` and `)`"),
    ("）", ")", "brackets are the ASCII characters `(` and `)`"),
    ("，", ",", "a comma is the ASCII character `,`"),
    ("〉", ">", "a ket is written `|0>` or `|0⟩`"),
    ("〈", "<", "a bra is written `<0|` or `⟨0|`"),
    ("❘", "|", "a ket is written `|0>` or `|0⟩`"),
    ("∣", "|", "a ket is written `|0>` or `|0⟩`"),
];

/// Opening quotes of typography, with the quotes that close them. The apostrophe `’` also marks the next unit.
const QUOTES: &[(&str, &[&str])] = &[
    ("“", &["”", "“", "\""]),
    ("”", &["”", "“", "\""]),
    ("„", &["“", "”"]),
    ("«", &["»"]),
    ("‘", &["’", "‘"]),
    ("‟", &["”"]),
];

/// Superscript characters with their plain spelling.
const SUPERSCRIPTS: &[(char, char)] = &[
    ('⁰', '0'),
    ('¹', '1'),
    ('²', '2'),
    ('³', '3'),
    ('⁴', '4'),
    ('⁵', '5'),
    ('⁶', '6'),
    ('⁷', '7'),
    ('⁸', '8'),
    ('⁹', '9'),
    ('⁻', '-'),
    ('⁺', '+'),
];

/// The habit that begins with this token; `before` is the token before it in the same statement.
pub(super) fn at(text: &str, token: Token<'_>, before: Option<Token<'_>>) -> Option<Habit> {
    match token.kind {
        Kind::Symbol => symbol(text, token, before),
        Kind::Word => terms::conjugate(text, token, before)
            .or_else(|| methods::module(text, token))
            .or_else(|| terms::subscript(text, token)),
        _ => None,
    }
}

fn symbol(text: &str, token: Token<'_>, before: Option<Token<'_>>) -> Option<Habit> {
    match token.text {
        "\\" => Some(latex::command(text, token.start)),
        "%" => Some(per_cent(text, token, before)),
        "//" => Some(comment(text, token)),
        "/" if text[token.end()..].starts_with('*') => Some(comment(text, token)),
        "^" => terms::exponent(text, token),
        "+" if text[token.start..].starts_with("+/-") => {
            let message = "`+/-` has no meaning in a script".to_owned();
            Some(Habit::replace(token.start, token.start + 3, "±", message, "a tolerance is written `±` or `+-`"))
        }
        "." => methods::method(text, token, before),
        _ => quoted(text, token).or_else(|| superscript(text, token)).or_else(|| glyph(text, token)),
    }
}

fn glyph(text: &str, token: Token<'_>) -> Option<Habit> {
    let rest = &text[token.start..];
    let (glyph, new, help) = GLYPHS.iter().find(|(glyph, ..)| rest.starts_with(glyph))?;
    let end = token.start + glyph.len();
    let mut new = (*new).to_owned();
    if new.starts_with(char::is_alphabetic) {
        if text[..token.start].ends_with(|c: char| c.is_alphanumeric() || c == ')') {
            new.insert(0, ' ');
        }
        if text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '(') {
            new.push(' ');
        }
    }
    // A unit of angle belongs to the number before it, also across a space.
    let start = if new.starts_with("*π") { text[..token.start].trim_end_matches(' ').len() } else { token.start };
    Some(Habit::replace(start, end, new, format!("`{glyph}` has no meaning in a script"), help))
}

fn quoted(text: &str, token: Token<'_>) -> Option<Habit> {
    let (_, closing) = QUOTES.iter().find(|(open, _)| *open == token.text)?;
    let rest = &text[token.end()..line_end(text, token.end())];
    let (message, help) = (format!("`{}` does not begin a text", token.text), "a text is in straight quotes, `\"…\"`");
    let close = closing.iter().filter_map(|close| rest.find(close).map(|i| (i, close.len()))).min();
    Some(match close {
        Some((length, quote)) => {
            let content = &rest[..length];
            let end = token.end() + length + quote;
            Habit::replace(token.start, end, format!("\"{content}\""), message, help)
        }
        None => Habit { end: token.end(), message, help, space: false, edits: Vec::new() },
    })
}

fn superscript(text: &str, token: Token<'_>) -> Option<Habit> {
    let plain = |c: char| SUPERSCRIPTS.iter().find(|(raised, _)| *raised == c).map(|(_, plain)| *plain);
    let rest = &text[token.start..];
    let power: String = rest.chars().map_while(plain).collect();
    if power.is_empty() {
        return None;
    }
    let end = token.start + rest.find(|c| plain(c).is_none()).unwrap_or(rest.len());
    let new = if power.len() == 1 { format!("^{power}") } else { format!("^({power})") };
    let message = format!("`{}` has no meaning in a script", &text[token.start..end]);
    Some(Habit::replace(token.start, end, new, message, "a power is written with `^`"))
}

/// A comment of another language, up to the end of the line.
fn comment(text: &str, token: Token<'_>) -> Habit {
    let end = line_end(text, token.start);
    let line = text[token.start..end].trim_end();
    let close = if line.starts_with("/*") { line.find("*/").unwrap_or(line.len()) } else { line.len() };
    let content = line[..close].trim_start_matches(['/', '*', '%', ' ']).trim_end();
    let message = format!("`{}` does not begin a comment", &line[..if line.starts_with('%') { 1 } else { 2 }]);
    let habit = Habit::replace(token.start, end, format!("# {content}"), message, "a comment begins with `#`");
    Habit { space: true, ..habit }
}

/// `%` as a comment, as an operator or as per cent.
fn per_cent(text: &str, token: Token<'_>, before: Option<Token<'_>>) -> Habit {
    let end = line_end(text, token.start);
    let mut after = scan_from(&text[..end], token.end()).filter(|t| t.kind != Kind::Comment);
    let (next, second) = (after.next(), after.next());
    let number = before.filter(|b| b.kind == Kind::Number && b.end() == token.start);
    let closed = |t: Option<Token<'_>>| t.is_none_or(|t| matches!(t.text, ")" | "]" | "}" | ";" | "," | "*"));
    if number.is_some() && closed(next) {
        let (message, help) = ("`%` has no meaning in a script".into(), "ten percent is 0.1, or 10/100");
        return Habit::replace(token.start, token.end(), "/100", message, help);
    }
    let operand = before.filter(|b| matches!(b.kind, Kind::Word | Kind::Number));
    let divisor = next.filter(|n| matches!(n.kind, Kind::Word | Kind::Number) && (closed(second) || n.text == "n"));
    if let (Some(operand), Some(divisor)) = (operand, divisor.filter(|d| d.kind == Kind::Number || d.text.len() < 3)) {
        let new = format!("mod({}, {})", operand.text, divisor.text);
        let (message, help) = ("`%` is not an operator".into(), "the remainder of x by y is `mod(x, y)`");
        return Habit::replace(operand.start, divisor.end(), new, message, help);
    }
    comment(text, token)
}

/// The end of the line that contains a byte.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |i| at + i)
}

/// Whether a text, after spaces, begins with an operand, so that a factor before it needs a `*`.
fn begins_operand(rest: &str) -> bool {
    let rest = rest.trim_start_matches(' ');
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let infix = ["and", "or", "in", "for", "with", "keep", "until", "as"].contains(&word.as_str());
    let operator =
        ["\\otimes", "\\cdot", "\\times", "\\dag", "\\rangle", "\\right", "\\approx", "\\le", "\\ge", "\\pm"]
            .iter()
            .any(|command| rest.starts_with(command));
    !infix && !operator && rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '(' | '|' | '\\' | '√'))
}
