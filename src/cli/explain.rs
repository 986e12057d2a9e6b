//! `carom explain`: prints the step as a gate sequence, before and after the passes.

use super::Exit;
use super::backend::BackendArg;
use super::console::Console;
use super::progress::{Progress, Work};
use super::script::open;
use crate::experiment::{Control, Options, spectrum};
use crate::report::{equations, explain, spectrum_page};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol.
    file: String,
    /// The experiment whose parameters are used; without one, the defaults of the script.
    experiment: Option<String>,
    /// Set a parameter to a value or a rule. Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Explain a run of N collisions, regardless of the script.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    collisions: Option<u64>,
    /// Explain a run on this backend.
    #[arg(long, value_enum, default_value_t = BackendArg::Auto)]
    backend: BackendArg,
    /// Print the initial states, the operators and the step as equations in LaTeX instead.
    #[arg(long)]
    equations: bool,
    /// Print the modes of the step map instead: decay, frequency, and their amplitudes in the observables.
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
        let work = Work { before: "computing the spectrum", ..Work::one(&opened.protocol, "modes") };
        let progress = Progress::new(work, false);
        let view = spectrum(program, experiment, settings, &opened.sources);
        drop(progress);
        view.map(|view| spectrum_page(&view))
    } else {
        let backend = args.backend.into();
        let options =
            Options { settings: settings.clone(), collisions: args.collisions, backend, ..Options::default() };
        explain(program, experiment, &options, (&opened.sources, &Control::none()))
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
