//! The single runs of `carom run` and their files.

use std::path::{Path, PathBuf};

use super::{Finished, Format, Origin, Result, cannot_write};
use crate::check::Experiment;
use crate::cli::Exit;
use crate::cli::interrupt::interrupted;
use crate::cli::script::Opened;
use crate::experiment::files::{series_files, write_saves, write_spectrum};
use crate::experiment::{self, Control, Options, Outcome};
use crate::storage::FileError;

/// Runs an experiment once and writes its series into `dir`, which exists and is locked.
pub(super) fn run(
    opened: &Opened,
    experiment: &Experiment,
    options: &Options,
    dir: &Path,
    (origin, format): (&Origin, Format),
) -> Finished {
    let control = Control { interrupted: &interrupted, progress: &|_, _| {} };
    let mut outcome = match experiment::run(&opened.program, experiment, options, &opened.sources, &control) {
        Ok(outcome) => outcome,
        Err(errors) => return Finished::failed(errors, &opened.sources),
    };
    let mut out = Finished { exit: exit_of(&outcome), ..Finished::default() };
    out.errors.extend(outcome.fault.take());
    match write(opened, &outcome, dir, (origin, format)) {
        Ok(files) => out.files = files,
        Err(e) => {
            out.errors.push(cannot_write(&e));
            out.exit = Exit::Failed;
        }
    }
    out.result = Result::Run(Box::new(outcome));
    out
}

fn exit_of(outcome: &Outcome) -> Exit {
    if outcome.interrupted {
        Exit::Interrupted
    } else if outcome.fault.is_some() {
        Exit::Failed
    } else if outcome.claims.iter().any(|c| !c.holds) {
        Exit::Expectation
    } else {
        Exit::Done
    }
}

/// `series.csv`, a file for each series with an index of its own, what `save` names, and `run.json`.
fn write(
    opened: &Opened,
    outcome: &Outcome,
    dir: &Path,
    (origin, format): (&Origin, Format),
) -> std::result::Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    for (stem, columns) in series_files(outcome) {
        files.extend(format.series(dir, stem, &columns)?);
    }
    files.extend(write_saves(outcome, dir)?);
    files.extend(write_spectrum(outcome, dir)?);
    let ran = outcome.ran.to_string();
    let about = (outcome.name.as_str(), outcome.parameters.as_slice(), outcome.collisions, ran.as_str(), outcome.wall);
    origin.write(opened, about, &files, dir)?;
    Ok(files)
}
