//! LaTeX in a script.

use super::super::names::greek_of;
use super::terms::closing;
use super::{Habit, begins_operand};

/// Commands with the text that stands for them. Other commands keep their name, without the backslash.
const COMMANDS: &[(&str, &str)] = &[
    ("cdot", "*"),
    ("times", "*"),
    ("otimes", "⊗"),
    ("dagger", "†"),
    ("dag", "†"),
    ("pm", "±"),
    ("approx", "≈"),
    ("simeq", "≈"),
    ("leq", "<="),
    ("le", "<="),
    ("geq", ">="),
    ("ge", ">="),
    ("neq", "!="),
    ("ne", "!="),
    ("land", "and"),
    ("lor", "or"),
    ("infty", "inf"),
    ("hbar", "1"),
    ("langle", "<"),
    ("rangle", ">"),
    ("mid", "|"),
    ("ln", "log"),
    ("left", ""),
    ("right", ""),
    ("quad", ""),
    ("displaystyle", ""),
    ("varepsilon", "ε"),
    ("varphi", "φ"),
    ("vartheta", "ϑ"),
];

/// Commands whose argument stands for them.
const DECORATIONS: &[&str] =
    &["mathrm", "text", "textrm", "operatorname", "mathit", "mathbf", "mathcal", "mathbb", "hat", "tilde", "bar"];

/// The command that begins with the `\` at this byte, with its arguments.
pub(super) fn command(text: &str, at: usize) -> Habit {
    let (mut new, end) = translated(text, at);
    let written = &text[at..end];
    let ends_operand = |c: char| c.is_alphanumeric() || matches!(c, ')' | '>' | '†');
    let called = text[end..].starts_with('(') && new.ends_with(char::is_alphanumeric);
    let operator = matches!(new.as_str(), "and" | "or");
    let mut rest = end;
    if new.ends_with(ends_operand) && !called && !operator && begins_operand(&text[end..]) {
        new.push('*');
        rest = text.len() - text[end..].trim_start_matches(' ').len();
    }
    let help = "a script is plain text: write γ or `gamma`, `a/b`, `√x`, `|0>`, `A†`";
    Habit::replace(at, rest, new, format!("`{}` is LaTeX", name_of(written)), help)
}

/// The command without its arguments, for the message.
fn name_of(written: &str) -> &str {
    let letters = written[1..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(written.len() - 1);
    &written[..(1 + letters).max(written.len().min(2))]
}

/// What stands for the command at this byte, and where it ends.
fn translated(text: &str, at: usize) -> (String, usize) {
    let rest = &text[at + 1..];
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (name, end) = (&rest[..letters], at + 1 + letters);
    if name.is_empty() {
        // `\,`, `\;` and `\!` are spaces.
        let next = rest.chars().next().filter(|c| matches!(c, ',' | ';' | '!' | ':' | ' '));
        return (String::new(), end + next.map_or(0, char::len_utf8));
    }
    match name {
        "frac" | "tfrac" | "dfrac" => {
            let (above, end) = argument(text, end);
            let (below, end) = argument(text, end);
            (format!("({}/{})", atom(&above), atom(&below)), end)
        }
        "sqrt" => {
            let (inside, end) = argument(text, end);
            (format!("√({inside})"), end)
        }
        "ket" => wrapped(text, end, ("|", ">")),
        "bra" => wrapped(text, end, ("<", "|")),
        "expval" | "ev" => wrapped(text, end, ("<", ">")),
        _ if DECORATIONS.contains(&name) => argument(text, end),
        _ => symbol(text, name, end),
    }
}

/// A letter with its subscript, or a command without arguments.
fn symbol(text: &str, name: &str, end: usize) -> (String, usize) {
    if let Some((_, new)) = COMMANDS.iter().find(|(command, _)| *command == name) {
        return ((*new).to_owned(), end);
    }
    let letter = greek_of(name).map_or_else(|| name.to_owned(), String::from);
    let Some(rest) = text[end..].strip_prefix('_') else { return (letter, end) };
    let (index, end) = if rest.starts_with('{') { argument(text, end + 1) } else { first(text, end + 1) };
    match (name, index.as_str()) {
        ("sigma", "+") => ("splus".to_owned(), end),
        ("sigma", "-") => ("sminus".to_owned(), end),
        ("sigma", "x" | "y" | "z") => (format!("{letter}{index}"), end),
        _ => (format!("{letter}_{index}"), end),
    }
}

fn wrapped(text: &str, end: usize, (open, close): (&str, &str)) -> (String, usize) {
    let (inside, end) = argument(text, end);
    (format!("{open}{inside}{close}"), end)
}

/// The argument at this byte, translated: `{…}` or one character.
fn argument(text: &str, at: usize) -> (String, usize) {
    if !text[at..].starts_with('{') {
        return first(text, at);
    }
    let end = closing(text, at).unwrap_or(at + 1);
    (plain(&text[at + 1..end.max(at + 2) - 1]), end)
}

fn first(text: &str, at: usize) -> (String, usize) {
    match text[at..].chars().next().filter(|c| !c.is_whitespace()) {
        Some('\\') => translated(text, at),
        Some(c) => (c.to_string(), at + c.len_utf8()),
        None => (String::new(), at),
    }
}

/// A text with all of its commands translated.
fn plain(text: &str) -> String {
    let (mut out, mut at) = (String::new(), 0);
    while let Some(i) = text[at..].find('\\') {
        out.push_str(&text[at..at + i]);
        let habit = command(text, at + i);
        habit.edits.iter().for_each(|(_, _, new)| out.push_str(new));
        at = habit.end.max(at + i + 1);
    }
    out.push_str(&text[at..]);
    out.trim().to_owned()
}

/// A part of a fraction, in brackets unless it is a single name or number.
fn atom(text: &str) -> String {
    let single = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    if single { text.to_owned() } else { format!("({text})") }
}
