//! The two streams of a terminal: results on one, everything else on the other.

use std::io::{self, IsTerminal, Write};

use super::Exit;
use crate::diagnostic::{Code, Diagnostic, Style, escape_controls, render};
use crate::output::coloured;
use crate::source::SourceMap;

/// Where a command speaks. A reader that has gone (`carom list | head`) is no error; a full disk is.
///
/// What is printed may quote a script, a file name or an argument: no control character of theirs gets through.
pub(crate) struct Console {
    colour_out: bool,
    style_err: Style,
    /// The first failure to write results.
    broken: Option<io::Error>,
}

impl Console {
    pub(crate) fn new() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && std::env::var("TERM").is_ok_and(|t| t != "dumb");
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(100, |(w, _)| usize::from(w.0));
        Self {
            colour_out: wanted && io::stdout().is_terminal(),
            style_err: Style { colour: wanted && io::stderr().is_terminal(), width: width.clamp(40, 120) },
            broken: None,
        }
    }

    /// A line of results.
    pub(crate) fn line(&mut self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// Results without a line's end of their own.
    pub(crate) fn text(&mut self, text: &str) {
        self.exactly(&coloured(&escape_controls(text), self.colour_out));
    }

    /// Prints a text that quotes no user input, such as a shell's script, to the letter.
    pub(crate) fn exactly(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        if let Err(e) = written
            && e.kind() != io::ErrorKind::BrokenPipe
        {
            self.broken.get_or_insert(e);
        }
    }

    /// How a command ends: results that could not be printed are a failure, as those that could not be written.
    pub(crate) fn end(&mut self, exit: Exit) -> Exit {
        let Some(e) = self.broken.take() else { return exit };
        let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot write to standard output: {e}"));
        self.report(&[d], &SourceMap::new());
        exit.max(Exit::Failed)
    }

    /// Columns of the terminal that results go to; 100 where it is none.
    pub(crate) fn width() -> usize {
        terminal_size::terminal_size_of(io::stdout()).map_or(100, |(w, _)| usize::from(w.0)).clamp(40, 120)
    }

    /// Columns of the terminal however narrow it is, for output that adapts to it.
    pub(crate) fn columns() -> usize {
        terminal_size::terminal_size_of(io::stdout()).map_or(100, |(w, _)| usize::from(w.0)).clamp(20, 160)
    }

    /// Whether results are coloured.
    pub(crate) fn coloured(&self) -> bool {
        self.colour_out
    }

    /// A line on how far something is, from any thread.
    pub(crate) fn progress(text: &str) {
        drop(writeln!(io::stderr().lock(), "{}", escape_controls(text)));
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
}

/// Whether both streams go to a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}
