//! The services of the line editor: completion, hints, colours, and whether an input is complete.

use std::borrow::Cow;
use std::cell::RefCell;

use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::interrupt;
use crate::diagnostic::is_deceptive;
use crate::session::{COMMANDS, Words, command, is_open};
use crate::syntax::{TokenClass, classify};

/// The largest input, in bytes, that is coloured and completed while it is typed.
const LONG: usize = 20_000;

/// What the line editor knows about the session.
pub(super) struct Assistant {
    pub(super) words: Words,
    pub(super) coloured: bool,
    /// The line as it was last drawn, and the byte position of the cursor. The line editor loses both when it reads a
    /// byte that is not UTF-8.
    pub(super) drawn: RefCell<(String, usize)>,
    history: HistoryHinter,
}

impl Assistant {
    pub(super) fn new(words: Words, coloured: bool) -> Self {
        Self { words, coloured, drawn: RefCell::default(), history: HistoryHinter::new() }
    }
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        // In a block, completion looks only at the line that contains the cursor.
        let start = line[..pos].rfind('\n').map_or(0, |i| i + 1);
        if pos - start > LONG {
            return Ok((pos, Vec::new()));
        }
        let (at, words) = self.words.complete(&line[start..pos]);
        Ok((start + at, words))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<String> {
        *self.drawn.borrow_mut() = (line.to_string(), pos);
        if line.is_empty() || line.len() > LONG || pos < line.len() || line.contains('\n') {
            return None;
        }
        // The hint is the rest of an earlier line, or else the arguments of a command.
        let arguments = line.strip_suffix(' ').and_then(command).map(|row| row.arguments.to_string());
        let known = self.history.hint(line, pos, context);
        // A history file may contain anything.
        let known = known.filter(|h| !h.chars().any(is_deceptive));
        known.or(arguments).filter(|h| !h.is_empty())
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        // Enter was pressed, and Ctrl-C still arrives as a key.
        interrupt::line_taken();
        let open = is_open(context.input());
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if !self.coloured || line.len() > LONG {
            return Cow::Borrowed(line);
        }
        Cow::Owned(coloured(line, pos))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.coloured { Cow::Owned(format!("\x1b[1;36m{prompt}\x1b[0m")) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.coloured { Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        self.coloured && line.len() <= LONG
    }
}

/// A coloured line; the bracket at the cursor and its partner are highlighted.
fn coloured(line: &str, pos: usize) -> String {
    let tokens = classify(line);
    let pair = partners(line, &tokens, pos);
    let head = line.trim_start().split(' ').next().unwrap_or("");
    let is_command = COMMANDS.iter().any(|row| row.name == head);
    let (mut out, mut end) = (String::with_capacity(line.len() * 2), 0);
    for (i, (range, class)) in tokens.iter().enumerate() {
        out.push_str(&line[end..range.start]);
        end = range.end;
        let colour = match class {
            _ if pair.is_some_and(|(a, b)| a == range.start || b == range.start) => "1;33",
            _ if i == 0 && is_command => "1;34",
            TokenClass::Keyword => "1;34",
            TokenClass::Builtin => "36",
            TokenClass::Number => "33",
            TokenClass::Text => "32",
            TokenClass::Ket => "35",
            TokenClass::Comment | TokenClass::Doc => "2",
            TokenClass::Name | TokenClass::Operator | TokenClass::Bracket => "",
        };
        let text = &line[range.clone()];
        if colour.is_empty() {
            out.push_str(text);
        } else {
            out += &format!("\x1b[{colour}m{text}\x1b[0m");
        }
    }
    out.push_str(&line[end..]);
    out
}

/// The positions of the bracket at or before the cursor and of its partner.
fn partners(line: &str, tokens: &[(std::ops::Range<usize>, TokenClass)], pos: usize) -> Option<(usize, usize)> {
    let brackets: Vec<usize> =
        tokens.iter().filter(|(_, class)| *class == TokenClass::Bracket).map(|(r, _)| r.start).collect();
    let at = brackets.iter().find(|b| **b == pos).or_else(|| brackets.iter().find(|b| **b + 1 == pos))?;
    let mut open: Vec<usize> = Vec::new();
    for b in brackets.iter().copied() {
        if matches!(line.as_bytes()[b], b'(' | b'[' | b'{') {
            open.push(b);
        } else if let Some(start) = open.pop()
            && (start == *at || b == *at)
        {
            return Some((start, b));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_text() {
        for line in ["run fig2 500", "set γ = 0.95π/2 # a comment", "<σz(s1)> + |0><1|(s)", "((a)", "\u{1b}[31m\0", ""]
        {
            let plain = coloured(line, line.len());
            let mut text = String::new();
            let mut rest = plain.as_str();
            while let Some(at) = rest.find("\x1b[").filter(|_| !line.contains('\u{1b}')) {
                text.push_str(&rest[..at]);
                rest = &rest[at + rest[at..].find('m').expect("a colour ends") + 1..];
            }
            text.push_str(rest);
            assert!(text == line || line.contains('\u{1b}'), "{line}");
        }
        assert!(coloured("f(x)", 4).contains("\x1b[1;33m(\x1b[0m"));
    }

    #[test]
    fn brackets_find_their_partners() {
        let find = |line: &str, pos| partners(line, &classify(line), pos);
        assert_eq!(find("f(a[1])", 7), Some((1, 6)));
        assert_eq!(find("f(a[1])", 3), Some((3, 5)));
        assert_eq!(find("f(a", 1), None);
    }
}
