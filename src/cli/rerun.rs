//! `carom rerun`: runs an experiment again from its `run.json` alone, and compares the numbers.

use std::fs;
use std::path::{Path, PathBuf};

use super::Exit;
use super::console::Console;
use super::recorded::{Recorded, damaged};
use super::run::{self, Again, fingerprint_of_run, parameters};
use super::script::open_script;
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{Tone, tone};
use crate::source::SourceMap;
use crate::storage::temporary_folder;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run.json of an experiment, or the folder that contains it.
    run: PathBuf,
    /// Folder for the results [default: rerun/<protocol>].
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of points or trajectories computed in parallel [default: one per core].
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Do not draw figures.
    #[arg(long)]
    no_plots: bool,
    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let path = if args.run.is_dir() { args.run.join("run.json") } else { args.run.clone() };
    let mut sources = SourceMap::new();
    again(args, &path, &mut sources, console).unwrap_or_else(|errors| {
        console.report(&errors, &sources);
        Exit::of(&errors, &sources).max(Exit::Failed)
    })
}

fn again(args: &Args, path: &Path, sources: &mut SourceMap, console: &mut Console) -> Result<Exit, Vec<Diagnostic>> {
    let one = |d: Box<Diagnostic>| vec![*d];
    let recorded = Recorded::read(path).map_err(one)?;
    let folder = args.out.clone().unwrap_or_else(|| Path::new("rerun").join(&recorded.protocol));
    let target = folder.join(&recorded.experiment);
    if target.join("run.json").exists() {
        let message = format!("`{}` contains a run already", target.display());
        let d = Diagnostic::nowhere(Code::CannotWrite, message);
        return Err(vec![d.help("choose another folder with `--out DIR`")]);
    }
    let unpacked = temporary_folder().map_err(|e| {
        let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot create a temporary folder: {e}"));
        vec![d.help("set TMPDIR to a folder that you can write to")]
    })?;
    let script = recorded.unpack(unpacked.path()).map_err(one)?;
    let opened = match open_script(sources, &script, &recorded.origin.set) {
        Ok(opened) => opened,
        Err(errors) => {
            let now = env!("CARGO_PKG_VERSION");
            let version = &recorded.version;
            console.note(&format!("the script of {} ran with carom {version}; this is carom {now}", path.display()));
            return Err(errors);
        }
    };
    let Some(experiment) = opened.program.experiment(&recorded.experiment) else { return Err(one(damaged(path))) };
    if experiment.run.is_none() {
        let message = format!("`{}` only arranges other experiments' figures", recorded.experiment);
        let d = Diagnostic::nowhere(Code::OnlyPanels, message);
        return Err(vec![d.help("rerun the experiments that its `panels` line names")]);
    }
    let parameters = parameters(&opened, experiment)?;
    if fingerprint_of_run(&opened, &parameters) != recorded.sha256 {
        let message = format!("the script in `{}` is not the one that ran: its hash is another", path.display());
        let d = Diagnostic::nowhere(Code::CannotRead, message);
        let help = format!("the file has been changed, or carom {} had other data", recorded.version);
        return Err(vec![d.help(help)]);
    }
    let how = Again { out: folder, threads: args.threads, no_plots: args.no_plots, quiet: args.quiet };
    let exit = run::again(&recorded, opened, how, console).ok_or_else(|| one(damaged(path)))?;
    if exit >= Exit::Usage {
        return Ok(exit);
    }
    Ok(exit.max(compare(&recorded, &target, args.quiet, console)))
}

/// Compares the numbers of both runs, byte by byte. Files that are no longer next to `run.json` are left out.
fn compare(recorded: &Recorded, target: &Path, quiet: bool, console: &mut Console) -> Exit {
    let old = recorded.path.parent().unwrap_or(Path::new(""));
    let mut exit = Exit::Done;
    for name in &recorded.files {
        let Ok(before) = fs::read(old.join(name)) else { continue };
        let same = fs::read(target.join(name)).is_ok_and(|now| now == before);
        let (mark, words) =
            if same { (tone(Tone::Good, "✓"), "the same bytes") } else { (tone(Tone::Bad, "✗"), "other numbers") };
        if !same {
            exit = Exit::Expectation;
        }
        if !quiet || !same {
            console.line(&format!("  {mark} {name}: {words}"));
        }
    }
    exit
}
