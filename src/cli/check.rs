//! `carom check`: everything that can be said of a script without running it.

use super::Exit;
use super::console::Console;
use super::script::open;
use crate::diagnostic::Diagnostic;
use crate::experiment::{self, Options};

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
        let errors = problems(&opened);
        console.report(&errors, &opened.sources);
        if !errors.is_empty() {
            exit = exit.max(Exit::of(&errors, &opened.sources));
        } else if !args.quiet {
            let own = opened.program.experiments.iter().filter(|e| e.name.own).count();
            console.line(&format!("{file}: no mistakes found; {own} experiment{}", if own == 1 { "" } else { "s" }));
        }
    }
    exit
}

/// What is wrong with the model at its defaults and with each of the script's own experiments, each mistake once.
fn problems(opened: &super::script::Opened) -> Vec<Diagnostic> {
    let mut errors = experiment::check_model(&opened.program, &[]).err().unwrap_or_default();
    for e in opened.program.experiments.iter().filter(|e| e.name.own) {
        let found =
            experiment::check(&opened.program, e, &Options::default(), &opened.sources).err().unwrap_or_default();
        for d in found {
            if !errors.iter().any(|o| o.message == d.message && o.labels.first() == d.labels.first()) {
                errors.push(d);
            }
        }
    }
    errors
}
