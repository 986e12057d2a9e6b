//! The REPL: a [`Session`] on a terminal, or fed by a script. rustyline lives here and nowhere else.
//!
//! Contract: whatever is typed, pasted or piped in, the session behind the prompt stays intact: a line that fails changes
//! nothing, Ctrl-C stops what runs and keeps what was computed, and a panic of ours costs the line that caused it.

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

/// Of more mistakes in one line the rest is counted: they have one cause, and a screen is small.
const MAX_MISTAKES: usize = 3;

/// Where a REPL speaks; the command line is one.
pub trait Screen {
    /// Results, in tones.
    fn text(&mut self, text: &str);
    /// A line beside the results.
    fn note(&mut self, text: &str);
    /// Mistakes and warnings.
    fn report(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap);
    /// Something that ended otherwise than well, although no mistake was reported.
    fn ended(&mut self, how: Ended);
    /// Columns for results.
    fn width(&self) -> usize;
    /// Whether colours are wanted and shown.
    fn coloured(&self) -> bool;
}

/// How a line may end beside well and with a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// An expectation of an experiment failed.
    Unexpected,
    /// It was interrupted.
    Interrupted,
    /// A panic of ours stopped it.
    Bug,
}

/// What a REPL is asked to be.
#[derive(Debug, Default)]
pub struct Options {
    /// A script or shipped protocol to begin with.
    pub file: Option<String>,
    /// Lines to run instead of asking for them.
    pub lines: Vec<String>,
    /// Whether a script goes on after a line that failed.
    pub keep_going: bool,
    /// Whether somebody types.
    pub interactive: bool,
    /// Whether lines are edited as in vi.
    pub vi: bool,
    /// Whether the init file is left alone.
    pub no_init: bool,
}

/// Runs a REPL to its end.
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

/// Takes one input: evaluates it, shows what it gave, and says what is left to do. A panic of ours leaves the session as it
/// was, and its script in a file.
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

/// Shows what a line gave.
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
