//! Splits typed text into definitions, commands and expressions.

use super::commands::{Command, command};
use crate::syntax::{self, EXPERIMENT, PLOT, STEP, TOP_LEVEL};

/// One item of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'t> {
    /// One or more definitions of the language.
    Definitions(&'t str),
    /// `redefine step 3: …`, or a statement that belongs in a step or an experiment.
    Statement(&'t str),
    /// `NAME = VALUE`
    Assignment(&'t str),
    /// A command and its arguments.
    Command(Command, &'t str),
    /// Anything else.
    Expression(&'t str),
}

/// Whether a text is incomplete, so that more lines must follow. A command always ends with its line.
#[must_use]
pub fn is_open(text: &str) -> bool {
    !matches!(kind(text.trim()), Line::Command(..)) && syntax::is_open(text)
}

/// The items of a text, in order. Consecutive definitions form one item, so that each may use the later ones.
#[must_use]
pub fn read(text: &str) -> Vec<Line<'_>> {
    let mut out: Vec<(Line<'_>, usize)> = Vec::new();
    for range in pieces(text) {
        match (kind(&text[range.clone()]), out.last_mut()) {
            (Line::Definitions(_), Some((Line::Definitions(before), start))) => *before = &text[*start..range.end],
            (line, _) => out.push((line, range.start)),
        }
    }
    out.into_iter().map(|(line, _)| line).collect()
}

/// The statements of a text. A command always ends at the end of its line or at a `;`, whatever it contains.
fn pieces(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut out: Vec<std::ops::Range<usize>> = Vec::new();
    for range in syntax::statements(text) {
        let mut start = range.start;
        // For the language, a line that ends in `/` continues; for a command it may be a path.
        while let Line::Command(..) = kind(&text[start..range.end]) {
            let piece = &text[start..range.end];
            let first = piece.len() - after_comments(piece).len();
            let Some(end) = piece[first..].find('\n').map(|end| first + end) else { break };
            out.push(start..start + end);
            start += end + 1;
            start += text[start..range.end].len() - text[start..range.end].trim_start().len();
        }
        if start < range.end {
            out.push(start..range.end);
        }
    }
    out
}

/// Classifies a statement by its first words.
fn kind(whole: &str) -> Line<'_> {
    let text = after_comments(whole);
    if let Some(word) = text.strip_prefix('?') {
        return Line::Command(Command::Help, word.trim());
    }
    let (word, rest) = first_word(text);
    let after = rest.trim_start();
    match word {
        "redefine" if numbered(after).is_some() => Line::Statement(text),
        "step" if after.starts_with('{') => Line::Definitions(whole),
        _ if TOP_LEVEL.contains(&word) && word != "step" => Line::Definitions(whole),
        _ => match command(word) {
            Some(row) if !goes_on(rest) => Line::Command(row.command, without_comment(after)),
            _ if is_assignment(after) && !word.is_empty() => Line::Assignment(text),
            None if belongs_elsewhere(word, rest) => Line::Statement(text),
            _ => Line::Expression(text),
        },
    }
}

/// The text after its leading comments. The comments before a definition belong to it.
fn after_comments(text: &str) -> &str {
    let mut text = text.trim_start();
    while text.starts_with('#') {
        text = text.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    text
}

/// Splits a text after the name at its beginning.
pub(super) fn first_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether the text after a command word makes it an expression, as in `diff(x1)` or `state + 1`.
fn goes_on(rest: &str) -> bool {
    rest.starts_with('(') || ["=", "+", "*", "^", "≈", "~=", "'"].iter().any(|op| rest.trim_start().starts_with(op))
}

fn is_assignment(rest: &str) -> bool {
    rest.starts_with('=') && !rest.starts_with("==")
}

/// Whether a word begins a statement of a step, an experiment or a plot.
fn belongs_elsewhere(word: &str, rest: &str) -> bool {
    let known = [STEP, EXPERIMENT, PLOT].iter().any(|words| words.contains(&word));
    known
        && rest.starts_with(' ')
        && rest.trim_start().starts_with(|c: char| c.is_alphanumeric() || "_\"|{<".contains(c))
}

/// The arguments of a command without a trailing comment.
fn without_comment(arguments: &str) -> &str {
    arguments.split_once(" #").map_or(arguments, |(before, _)| before).trim_end()
}

/// A change to one statement of a step, rule or sequence: `redefine … 3: TEXT`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbered<'t> {
    /// `step`, or the name of a rule or sequence.
    pub(super) name: &'t str,
    /// The kind of change.
    pub(super) how: How,
    /// The number of the statement, counted from 1.
    pub(super) number: usize,
    /// The new statement; empty for [`How::Without`].
    pub(super) text: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Replace,
    Before,
    After,
    Without,
}

/// Parses the text after `redefine`: `step 3: …`, `rule erase before 1: …`, `step without 2`.
pub(super) fn numbered(text: &str) -> Option<Numbered<'_>> {
    let (word, rest) = first_word(text.trim_start());
    let (name, rest) = match word {
        "step" => ("step", rest),
        "rule" | "sequence" => {
            let (name, rest) = first_word(rest.trim_start());
            (name, rest.strip_prefix("()").unwrap_or(rest))
        }
        _ => return None,
    };
    let rest = rest.trim_start();
    let (word, after) = first_word(rest);
    let (how, rest) = match word {
        "before" => (How::Before, after.trim_start()),
        "after" => (How::After, after.trim_start()),
        "without" => (How::Without, after.trim_start()),
        _ => (How::Replace, rest),
    };
    let (digits, rest) = first_word(rest);
    let number = digits.parse().ok()?;
    match (how, rest.trim_start().strip_prefix(':')) {
        (How::Without, None) if rest.trim().is_empty() => Some(Numbered { name, how, number, text: "" }),
        (How::Without, _) | (_, None) => None,
        (_, Some(text)) => Some(Numbered { name, how, number, text: text.trim() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_is_recognized() {
        let cases = [
            ("run fig2 500", Line::Command(Command::Run, "fig2 500")),
            ("step 5", Line::Command(Command::Step, "5")),
            ("step", Line::Command(Command::Step, "")),
            ("step { discard e }", Line::Definitions("step { discard e }")),
            ("diff", Line::Command(Command::Diff, "")),
            ("diff(x1)", Line::Expression("diff(x1)")),
            ("state s1 s2", Line::Command(Command::State, "s1 s2")),
            ("state(s1)", Line::Expression("state(s1)")),
            ("plot x1 > a.svg  # a comment", Line::Command(Command::Plot, "x1 > a.svg")),
            ("γ = 0", Line::Assignment("γ = 0")),
            ("γ == 0", Line::Expression("γ == 0")),
            ("set γ = 0", Line::Definitions("set γ = 0")),
            ("evolve Hss for 1", Line::Statement("evolve Hss for 1")),
            ("redefine step 3: evolve Hss for 1", Line::Statement("redefine step 3: evolve Hss for 1")),
            ("redefine step { discard e }", Line::Definitions("redefine step { discard e }")),
            ("?pearson", Line::Command(Command::Help, "pearson")),
            ("save /tmp/a.carom", Line::Command(Command::Save, "/tmp/a.carom")),
            ("load ../a/", Line::Command(Command::Load, "../a/")),
        ];
        for (text, line) in cases {
            assert_eq!(read(text), [line], "{text}");
        }
    }

    #[test]
    fn a_pasted_block_splits_into_lines_and_keeps_definitions_together() {
        let text = "param a = b\nparam b = 1\n\nset a = 2; run fig2\nload x/\nlast(x1)";
        let lines = [
            Line::Definitions("param a = b\nparam b = 1\n\nset a = 2"),
            Line::Command(Command::Run, "fig2"),
            Line::Command(Command::Load, "x/"),
            Line::Expression("last(x1)"),
        ];
        assert_eq!(read(text), lines);
        assert_eq!(read("# nothing\n"), []);
        assert_eq!(read("# why\nrun fig2"), [Line::Command(Command::Run, "fig2")]);
        assert_eq!(read("## what\nparam a = 1"), [Line::Definitions("## what\nparam a = 1")]);
    }

    #[test]
    fn redefine_addresses_statements_by_number() {
        let read = |text| numbered(text).map(|n| (n.name, n.how, n.number, n.text));
        assert_eq!(read("step 3: discard e"), Some(("step", How::Replace, 3, "discard e")));
        assert_eq!(read("rule erase before 1: discard e"), Some(("erase", How::Before, 1, "discard e")));
        assert_eq!(read("step without 2"), Some(("step", How::Without, 2, "")));
        assert_eq!(read("step { discard e }"), None);
        assert_eq!(read("rule keep { discard e }"), None);
    }

    #[test]
    fn open_brackets_continue_an_input_and_commands_do_not() {
        assert!(!is_open("load dir/") && !is_open("plot x1 >") && !is_open(""));
        assert!(is_open("step {") && is_open("last(") && is_open("set a = 1 +"));
    }
}
