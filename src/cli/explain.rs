//! `carom explain`: the step as a gate sequence, before and after the passes.

use super::Exit;
use super::console::Console;
use super::script::open;
use crate::experiment::spectrum;
use crate::report::{equations, explain, spectrum_page};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol.
    file: String,
    /// The experiment whose parameters are used (the defaults, when none is named).
    experiment: Option<String>,
    /// Give a parameter a value (also a rule). Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Print the step's equations in LaTeX instead.
    #[arg(long)]
    equations: bool,
    /// Print the modes of the step map instead: decay, frequency, and what each observable sees of them.
    #[arg(long, conflicts_with = "equations")]
    spectrum: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let opened = match open(&args.file, &args.set, console) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let names: Vec<String> = args.experiment.iter().cloned().collect();
    let experiment = if names.is_empty() {
        None
    } else {
        match super::script::select(&opened, &names, console) {
            Ok(chosen) => chosen.first().copied(),
            Err(exit) => return exit,
        }
    };
    let (program, settings) = (&opened.program, &opened.settings);
    let shown = if args.equations {
        equations(program, experiment, settings)
    } else if args.spectrum {
        spectrum(program, experiment, settings, &opened.sources).map(|view| spectrum_page(&view))
    } else {
        explain(program, experiment, settings, &opened.sources)
    };
    match shown {
        Ok(text) => {
            console.text(&text);
            Exit::Done
        }
        Err(errors) => {
            console.report(&errors, &opened.sources);
            Exit::of(&errors, &opened.sources)
        }
    }
}
