//! `carom repl`: an interactive session on a terminal, or lines from a pipe or from options.

use std::io::{self, IsTerminal};

use super::Exit;
use super::console::Console;
use crate::diagnostic::Diagnostic;
use crate::repl::{self, Ended, Options, Screen};
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol to load first.
    file: Option<String>,
    /// Run a line and exit: -e 'set γ=0' -e 'run fig2'. Repeatable.
    #[arg(long = "eval", short = 'e', value_name = "LINE")]
    eval: Vec<String>,
    /// With -e or piped lines: continue after a line that failed.
    #[arg(long)]
    keep_going: bool,
    /// Edit lines with the key bindings of vi.
    #[arg(long)]
    vi: bool,
    /// Do not run the lines of the init file.
    #[arg(long)]
    no_init: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let options = Options {
        file: args.file.clone(),
        lines: args.eval.clone(),
        keep_going: args.keep_going,
        interactive: args.eval.is_empty() && io::stdin().is_terminal() && io::stdout().is_terminal(),
        vi: args.vi,
        no_init: args.no_init,
    };
    // Without a handler the session still works, but Ctrl-C ends it.
    drop(ctrlc::set_handler(repl::on_signal));
    let mut speaker = Speaker { console, exit: Exit::Done };
    repl::run(&options, &mut speaker);
    // Mistakes at the prompt have been reported there and do not affect the exit status.
    if options.interactive { Exit::Done } else { speaker.exit }
}

/// The console as the screen of a REPL.
struct Speaker<'c> {
    console: &'c mut Console,
    /// The most severe exit status so far.
    exit: Exit,
}

impl Screen for Speaker<'_> {
    fn text(&mut self, text: &str) {
        self.console.text(text);
    }

    fn note(&mut self, text: &str) {
        self.console.note(text);
    }

    fn report(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        self.console.report(diagnostics, sources);
        self.exit = self.exit.max(Exit::of(diagnostics, sources));
    }

    fn ended(&mut self, how: Ended) {
        self.exit = self.exit.max(match how {
            Ended::Unexpected => Exit::Expectation,
            Ended::Interrupted => Exit::Interrupted,
            Ended::Bug => Exit::Failed,
        });
    }

    fn width(&self) -> usize {
        Console::columns()
    }

    fn coloured(&self) -> bool {
        self.console.coloured()
    }
}
