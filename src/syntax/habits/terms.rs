//! Habits inside formulas: `h.c.`, subscripts and exponents in braces, `A^†`.

use super::super::scan::{Kind, Token, scan};
use super::Habit;

/// The byte after the bracket that closes the `{` or `(` at this byte, on the same line.
pub(super) fn closing(text: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, c) in text[at..].char_indices().take_while(|(_, c)| *c != '\n') {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + i + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `A + h.c.`
pub(super) fn conjugate(text: &str, token: Token<'_>, before: Option<Token<'_>>) -> Option<Habit> {
    let rest = text[token.start..].get(..4).filter(|rest| rest.eq_ignore_ascii_case("h.c."));
    let short = text[token.start..].get(..3).filter(|rest| rest.eq_ignore_ascii_case("h.c"));
    let end = token.start + rest.or(short)?.len();
    let help = "the Hermitian conjugate of A is `dag(A)`: write `A + dag(A)`";
    let message = "`h.c.` has no meaning in a script".to_owned();
    let plus = before.filter(|b| b.text == "+");
    let edits = plus.and_then(|plus| term(text, plus.start)).map(|term| (token.start, end, format!("dag({term})")));
    Some(Habit { end, message, help, space: false, edits: edits.into_iter().collect() })
}

/// The only term between the beginning of the formula and the `+` at this byte. With several terms, it is not known
/// which of them have a conjugate.
fn term(text: &str, plus: usize) -> Option<&str> {
    let from = text[..plus].rfind('\n').map_or(0, |i| i + 1);
    let mut open: Vec<usize> = vec![from];
    let mut several = false;
    for token in scan(&text[from..plus]) {
        let end = from + token.end();
        match token.kind {
            Kind::Open => open.push(end),
            Kind::Close => drop(open.pop()),
            Kind::Symbol if token.text == "=" && open.len() == 1 => open = vec![end],
            Kind::Word if token.text == "evolve" => open = vec![end],
            _ => {}
        }
    }
    let term = text[*open.last()?..plus].trim();
    let mut depth = 0_i32;
    for (i, token) in scan(term).enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            Kind::Symbol if depth == 0 && i > 0 => several |= matches!(token.text, "+" | "-" | "−"),
            _ => {}
        }
    }
    (!several && !term.is_empty()).then_some(term)
}

/// `s_{1}` and `e_{n+1}`
pub(super) fn subscript(text: &str, token: Token<'_>) -> Option<Habit> {
    let stem = token.text.strip_suffix('_').filter(|_| text[token.end()..].starts_with('{'))?;
    let end = closing(text, token.end())?;
    let index: String = text[token.end() + 1..end - 1].split_whitespace().collect();
    let new = match index.as_str() {
        "n" => stem.to_owned(),
        "n+1" => format!("{stem}'"),
        "n+2" => format!("{stem}''"),
        _ => match index.strip_prefix('n') {
            Some(ahead) if ahead.starts_with(['+', '-']) => format!("{stem}[{}]", ahead.trim_start_matches('+')),
            _ if index.chars().all(char::is_alphanumeric) => format!("{stem}_{index}"),
            _ => format!("{stem}[{index}]"),
        },
    };
    let help = "a name has no braces: in a step `e` is the present unit, `e'` the next and `e[-1]` the last one; `s[k]` is an element of an array";
    let message = format!("`{}` is not a name", &text[token.start..end]);
    Some(Habit::replace(token.start, end, new, message, help))
}

/// `A^†`, `A^\dagger` and `x^{2}`
pub(super) fn exponent(text: &str, token: Token<'_>) -> Option<Habit> {
    const DAGGERS: &[&str] = &["†", "\\dagger", "\\dag", "{\\dagger}", "{\\dag}", "{†}", "dagger", "dag"];
    let rest = &text[token.end()..];
    if let Some(dagger) = DAGGERS.iter().find(|dagger| rest.starts_with(**dagger)) {
        let after = &rest[dagger.len()..];
        if !after.starts_with(|c: char| c.is_alphanumeric() || c == '_') && !after.starts_with('(') {
            let end = token.end() + dagger.len();
            let message = format!("`{}` is not a power", &text[token.start..end]);
            return Some(Habit::replace(token.start, end, "†", message, "the adjoint of A is `A†`, or `dag(A)`"));
        }
    }
    if let Some(after) = rest.strip_prefix('+') {
        let ends = after.trim_start_matches(' ').is_empty()
            || after.trim_start_matches(' ').starts_with(['*', ')', '\n', ',', '+', '-']);
        if ends {
            let help = "the adjoint of A is `A†`, or `dag(A)`";
            return Some(Habit::replace(token.start, token.end() + 1, "†", "`^+` is not a power".into(), help));
        }
    }
    let after = rest.strip_prefix('{').map(|_| closing(text, token.end()))??;
    let power = text[token.end() + 1..after - 1].trim();
    let new = if power.chars().all(char::is_alphanumeric) { format!("^{power}") } else { format!("^({power})") };
    let message = format!("`{}` is LaTeX", &text[token.start..after]);
    Some(Habit::replace(token.start, after, new, message, "an exponent is in round brackets, or is a single value"))
}
