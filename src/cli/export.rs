//! `carom export`: the model or a figure for other programs.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Exit;
use super::console::Console;
use super::script::{Opened, open, select, with_sweeps};
use crate::analysis::Table;
use crate::check::Experiment;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::figures::figures;
use crate::experiment::read_back::read_back;
use crate::report::{RunTables, matplotlib, section};
use crate::storage::write_file;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol.
    file: String,
    /// The experiment to export.
    experiment: String,
    /// What to write.
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Format,
    /// Set a parameter to a value or a rule, as in `run`. Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Sweep a parameter, as in `run`. Repeatable.
    #[arg(long, value_name = "NAME=LIST")]
    sweep: Vec<String>,
    /// The folder of the run whose figures are drawn [default: out/<protocol>/<experiment>].
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The model as a section of a LaTeX document.
    Latex,
    /// A Python script that draws the figures of a run with matplotlib.
    Matplotlib,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let mut opened = match open(&args.file, &args.set, console) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let chosen = match select(&opened, std::slice::from_ref(&args.experiment), console) {
        Ok(chosen) => chosen.into_iter().take(1).cloned().collect(),
        Err(exit) => return exit,
    };
    let chosen = match with_sweeps(&mut opened, chosen, &args.sweep, console) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    let experiment = &chosen[0];
    let text = match args.to {
        Format::Latex => section(&opened.protocol, &opened.program, experiment, &opened.settings),
        Format::Matplotlib => script(args, &opened, experiment),
    };
    let written = text.and_then(|text| match &args.out {
        None => {
            console.exactly(&text);
            Ok(())
        }
        Some(path) => write_file(path, |w| w.write_all(text.as_bytes()))
            .map(|()| console.line(&format!("→ {}", path.display())))
            .map_err(|e| vec![Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())]),
    });
    match written {
        Ok(()) => Exit::Done,
        Err(errors) => {
            console.report(&errors, &opened.sources);
            Exit::of(&errors, &opened.sources)
        }
    }
}

/// The script that draws the figures of a run. The tables of the run tell which column a curve shows.
fn script(args: &Args, opened: &Opened, experiment: &Experiment) -> Result<String, Vec<Diagnostic>> {
    let own = &experiment.name.text;
    let dir = args.run.clone().unwrap_or_else(|| Path::new("out").join(&opened.protocol).join(own));
    // The tables of the experiment and of those whose panels it arranges, by name.
    let read: RefCell<BTreeMap<String, Vec<Table>>> = RefCell::default();
    let tables = |other: &Experiment| {
        let name = &other.name.text;
        let place = if name == own { dir.clone() } else { dir.join("..").join(name) };
        let tables = read_back(&opened.program, other, &opened.settings, &opened.sources, &place)?;
        read.borrow_mut().insert(name.clone(), tables.clone());
        Ok(Cow::Owned(tables))
    };
    let drawn = figures(&opened.program, experiment, &opened.settings, &opened.sources, &tables)?;
    if drawn.is_empty() {
        let message = format!("`{own}` has no figure");
        return Err(vec![Diagnostic::nowhere(Code::BadOption, message).help("add a `plot { … }` to the experiment")]);
    }
    let read = read.into_inner();
    let folder = |name: &String| if name == own { String::new() } else { format!("../{name}") };
    let runs: Vec<RunTables<'_>> =
        read.iter().map(|(name, tables)| RunTables { folder: folder(name), tables }).collect();
    Ok(matplotlib(own, &dir.to_string_lossy(), &drawn, &runs))
}
