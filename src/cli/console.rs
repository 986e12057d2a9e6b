//! The two streams of a terminal: results on one, everything else on the other.

use std::io::{self, IsTerminal, Write};

use crate::diagnostic::{Diagnostic, Style, escape_controls, render};
use crate::source::SourceMap;

/// Where a command speaks. A reader that has gone (`carom list | head`) is no error.
pub(crate) struct Console {
    colour_out: bool,
    style_err: Style,
}

/// What a piece of text is, so that it can be coloured on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Strong,
    Faint,
    Good,
    Bad,
}

impl Console {
    pub(crate) fn new() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && std::env::var("TERM").is_ok_and(|t| t != "dumb");
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(100, |(w, _)| usize::from(w.0));
        Self {
            colour_out: wanted && io::stdout().is_terminal(),
            style_err: Style { colour: wanted && io::stderr().is_terminal(), width: width.clamp(40, 120) },
        }
    }

    /// A line of results.
    pub(crate) fn line(&mut self, text: &str) {
        drop(writeln!(io::stdout().lock(), "{text}"));
    }

    /// Results as they are, without a line's end of their own.
    pub(crate) fn text(&mut self, text: &str) {
        drop(write!(io::stdout().lock(), "{text}"));
    }

    /// A line beside the results.
    pub(crate) fn note(&mut self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{}", escape_controls(text)));
    }

    /// Diagnostics, all together.
    pub(crate) fn report(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let mut err = io::stderr().lock();
        for d in diagnostics {
            drop(writeln!(err, "{}", render(d, sources, self.style_err)));
        }
        let errors = diagnostics.iter().filter(|d| d.is_error()).count();
        if errors > 1 {
            drop(writeln!(err, "{errors} errors"));
        }
    }

    /// Text for standard output in a tone.
    pub(crate) fn tone(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Bad => "31",
        };
        if self.colour_out { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}
