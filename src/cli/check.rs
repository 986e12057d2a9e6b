//! `carom check`: reports all mistakes that can be found in a script without running it.

use super::Exit;
use super::console::Console;
use super::findings::{Finding, json, sarif};
use super::folders::scripts;
use super::script::open_from;
use crate::diagnostic::Diagnostic;
use crate::experiment::check_all;
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, folders that contain them, names of shipped protocols, or `-`.
    #[arg(required = true)]
    files: Vec<String>,
    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
    /// How mistakes are printed.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
}

/// The formats of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, with the lines of the script, on standard error.
    Text,
    /// A list with one object for each mistake.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// One line for each mistake, as compilers print them.
    Short,
}

/// The mistakes and notes of one script.
struct Checked {
    found: Vec<Diagnostic>,
    sources: SourceMap,
    /// The number of the script's own experiments; `None` if it could not be checked so far.
    experiments: Option<usize>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let files = match scripts(&args.files, console) {
        Ok(files) => files,
        Err(exit) => return exit,
    };
    let (mut exit, mut findings) = (Exit::Done, Vec::new());
    for file in &files {
        let Checked { mut found, sources, experiments } = checked(file);
        exit = exit.max(Exit::of(&found, &sources));
        found.retain(|d| d.is_error() || !args.quiet);
        if args.format != Format::Text {
            findings.extend(found.iter().map(|d| Finding::new(d, file, &sources)));
            continue;
        }
        console.report(&found, &sources);
        if let Some(own) = experiments.filter(|_| !args.quiet && !found.iter().any(Diagnostic::is_error)) {
            console.line(&format!("{file}: no mistakes found; {own} experiment{}", if own == 1 { "" } else { "s" }));
        }
    }
    match args.format {
        Format::Text => {}
        Format::Json => console.json(&json(&findings)),
        Format::Sarif => console.json(&sarif(&findings)),
        Format::Short => findings.iter().for_each(|f| console.line(&f.short())),
    }
    exit
}

fn checked(file: &str) -> Checked {
    let mut sources = SourceMap::new();
    match open_from(&mut sources, file, &[]) {
        Ok(opened) => {
            let mut found = check_all(&opened.program, &opened.sources);
            if !found.iter().any(Diagnostic::is_error) {
                found.extend(opened.program.notes());
            }
            let own = opened.program.experiments.iter().filter(|e| e.name.own).count();
            Checked { found, sources: opened.sources, experiments: Some(own) }
        }
        Err(found) => Checked { found, sources, experiments: None },
    }
}
