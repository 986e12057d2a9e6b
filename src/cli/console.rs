//! The two output streams: results go to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use super::Exit;
use crate::diagnostic::{Code, Diagnostic, Style, escape_controls, is_deceptive, render};
use crate::output::coloured;
use crate::source::SourceMap;

/// The output of a command. A closed pipe (`carom list | head`) is not an error; a full disk is.
///
/// Output may quote a script, a file name or an argument, so control characters are escaped.
pub(crate) struct Console {
    /// Whether results are coloured.
    colour_out: bool,
    style_err: Style,
    /// The first error in writing results.
    broken: Option<io::Error>,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Nowhere.
    Never,
}

impl Console {
    pub(crate) fn new() -> Self {
        let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && std::env::var("TERM").is_ok_and(|t| t != "dumb");
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(100, |(w, _)| usize::from(w.0));
        Self {
            colour_out: colour && io::stdout().is_terminal(),
            style_err: Style { colour: colour && io::stderr().is_terminal(), width: width.clamp(40, 120) },
            broken: None,
        }
    }

    /// Colours output as the command line demands.
    pub(crate) fn set_color(&mut self, when: Color) {
        let colour = match when {
            Color::Auto => return,
            Color::Always => true,
            Color::Never => false,
        };
        (self.colour_out, self.style_err.colour) = (colour, colour);
    }

    /// Prints a line of results.
    pub(crate) fn line(&mut self, text: &str) {
        self.text(&format!("{text}\n"));
    }

    /// Prints results without adding a newline.
    pub(crate) fn text(&mut self, text: &str) {
        self.exactly(&coloured(&escape_controls(text), self.colour_out));
    }

    /// Prints text verbatim. It must not quote user input.
    pub(crate) fn exactly(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        if let Err(e) = written
            && e.kind() != io::ErrorKind::BrokenPipe
        {
            self.broken.get_or_insert(e);
        }
    }

    /// Prints a JSON text. A string in it may quote user input.
    pub(crate) fn json(&mut self, text: &str) {
        self.exactly(&plain_json(text));
    }

    /// The final status of a command: [`Exit::Failed`] or worse if results could not be printed, otherwise `exit`.
    pub(crate) fn end(&mut self, exit: Exit) -> Exit {
        let Some(e) = self.broken.take() else { return exit };
        let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot write to standard output: {e}"));
        self.report(&[d], &SourceMap::new());
        exit.max(Exit::Failed)
    }

    /// Width of standard output in columns, from 40 to 120; 100 if it is not a terminal.
    pub(crate) fn width() -> usize {
        terminal_size::terminal_size_of(io::stdout()).map_or(100, |(w, _)| usize::from(w.0)).clamp(40, 120)
    }

    /// Width of standard output in columns, from 20 to 160, for output that adapts to narrow terminals.
    pub(crate) fn columns() -> usize {
        terminal_size::terminal_size_of(io::stdout()).map_or(100, |(w, _)| usize::from(w.0)).clamp(20, 160)
    }

    /// Whether results are printed in colour.
    pub(crate) fn coloured(&self) -> bool {
        self.colour_out
    }

    /// Prints a line of progress to standard error; any thread may call this.
    pub(crate) fn progress(text: &str) {
        drop(writeln!(io::stderr().lock(), "{}", escape_controls(text)));
    }

    /// Prints a line that is not a result.
    pub(crate) fn note(&mut self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{}", escape_controls(text)));
    }

    /// Prints diagnostics, and the number of errors if there are several.
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

/// Escapes the control characters that JSON permits in strings, such as U+009B, as `\u009b`.
fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut units = [0; 2];
        if is_deceptive(c) {
            out.extend(c.encode_utf16(&mut units).iter().map(|u| format!("\\u{u:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether standard output and standard error both go to a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}
