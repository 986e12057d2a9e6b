//! `carom check`: reports all mistakes that can be found in a script without running it.

use super::Exit;
use super::console::Console;
use super::script::open;
use crate::diagnostic::Diagnostic;
use crate::experiment::check_all;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, names of shipped protocols, or `-`.
    #[arg(required = true)]
    files: Vec<String>,
    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let mut exit = Exit::Done;
    for file in &args.files {
        let opened = match open(file, &[], console) {
            Ok(opened) => opened,
            Err(worse) => {
                exit = exit.max(worse);
                continue;
            }
        };
        let mut found = check_all(&opened.program, &opened.sources);
        let is_wrong = found.iter().any(Diagnostic::is_error);
        found.retain(|d| d.is_error() || !args.quiet);
        console.report(&found, &opened.sources);
        if is_wrong {
            exit = exit.max(Exit::of(&found, &opened.sources));
        } else if !args.quiet {
            opened.note_set_aside(console);
            let own = opened.program.experiments.iter().filter(|e| e.name.own).count();
            console.line(&format!("{file}: no mistakes found; {own} experiment{}", if own == 1 { "" } else { "s" }));
        }
    }
    exit
}
