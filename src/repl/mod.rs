//! The REPL: a [`Session`] on a terminal, or driven by a script. Only this module uses rustyline.
//!
//! Contract: the session stays intact whatever is typed, pasted or piped in. A line that fails changes nothing, Ctrl-C stops a
//! run and keeps the series computed so far, and a panic in Carom costs only the line that caused it.

mod editor;
mod external;
mod guard;
mod interrupt;
mod places;
mod progress;
mod script;
mod terminal;

use crate::diagnostic::Diagnostic;
use crate::session::{Failure, Reply, Session};
use crate::source::SourceMap;

pub use interrupt::on_signal;

/// The largest number of mistakes of one line that are shown in full; the rest are counted. They usually have one
/// cause, and a screen is small.
const MAX_MISTAKES: usize = 3;

/// The output of a REPL.
pub trait Screen {
    /// Prints results, with their tones.
    fn text(&mut self, text: &str);
    /// Prints a line that is not a result.
    fn note(&mut self, text: &str);
    /// Prints errors and warnings.
    fn report(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap);
    /// Records that a line failed although it reported no error.
    fn ended(&mut self, how: Ended);
    /// Width for results, in columns.
    fn width(&self) -> usize;
    /// Whether results are coloured.
    fn coloured(&self) -> bool;
}

/// How a line can fail without reporting an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// An expectation of an experiment failed.
    Unexpected,
    /// The line was interrupted.
    Interrupted,
    /// A panic in Carom stopped the line.
    Bug,
}

/// The options of a REPL.
#[derive(Debug, Default)]
pub struct Options {
    /// The script or shipped protocol to start from.
    pub file: Option<String>,
    /// Lines to run instead of reading them.
    pub lines: Vec<String>,
    /// Whether a script continues after a line that failed.
    pub keep_going: bool,
    /// Whether the lines are typed on a terminal.
    pub interactive: bool,
    /// Whether the line editor uses vi keys.
    pub vi: bool,
    /// Whether the init file is skipped.
    pub no_init: bool,
}

/// Runs a REPL until it ends.
pub fn run(options: &Options, screen: &mut dyn Screen) {
    guard::install();
    let session = match options.file.as_deref().map_or_else(|| Ok(Session::new()), Session::open) {
        Ok(session) => session,
        Err(failure) => {
            screen.report(&failure.diagnostics, &failure.sources);
            if !options.interactive {
                return;
            }
            Session::new()
        }
    };
    if !options.lines.is_empty() {
        script::lines(session, options, screen);
    } else if options.interactive {
        terminal::run(session, options, screen);
    } else {
        script::piped(session, options, screen);
    }
}

/// Evaluates one input, shows the result, and returns the reply, or `None` after a failure. A panic in Carom leaves the session
/// unchanged and saves its script in a file.
fn take(session: &mut Session, input: &str, screen: &mut dyn Screen) -> Option<Reply> {
    session.set_width(screen.width());
    let outcome = guard::guarded(|| {
        let progress = progress::Progress::new(screen.coloured());
        let reply = session.eval(input, &interrupt::control(&|done, all| progress.tell(done, all)));
        progress.finish();
        reply
    });
    match outcome {
        Ok(result) => show(result, screen),
        Err(panic) => {
            guard::report(&panic, session, screen);
            None
        }
    }
}

/// Shows the result of a line.
fn show(result: Result<Reply, Failure>, screen: &mut dyn Screen) -> Option<Reply> {
    match result {
        Ok(reply) => {
            screen.text(&reply.text);
            screen.report(&reply.diagnostics, &reply.sources);
            if reply.unexpected {
                screen.ended(Ended::Unexpected);
            }
            if reply.interrupted {
                screen.ended(Ended::Interrupted);
            }
            Some(reply)
        }
        Err(failure) => {
            let shown = &failure.diagnostics[..failure.diagnostics.len().min(MAX_MISTAKES)];
            screen.report(shown, &failure.sources);
            let more = failure.diagnostics.len() - shown.len();
            if more > 0 {
                screen.note(&format!("… and {more} more"));
            }
            None
        }
    }
}
