//! Single runs of `carom run`.

use super::{Finished, Product, RunInfo, Target, cannot_write};
use crate::check::Experiment;
use crate::cli::Exit;
use crate::cli::interrupt::interrupted;
use crate::cli::script::Opened;
use crate::experiment::files::write;
use crate::experiment::{self, Control, Options, Outcome, Setup};

/// Runs an experiment once and writes its results to `target`. Tells the collisions done and requested.
pub(super) fn run(
    opened: &Opened,
    experiment: &Experiment,
    options: &Options,
    target: &Target<'_>,
    tell: &(dyn Fn(u64, u64) + Sync),
) -> Finished {
    let control = Control { interrupted: &interrupted, progress: tell };
    let outcome = match experiment::run(Setup::new(&opened.program, experiment, options, &opened.sources), &control) {
        Ok(outcome) => outcome,
        Err(errors) => return Finished::failed(errors, &opened.sources),
    };
    let mut out = Finished { exit: exit_of(&outcome), ..Finished::default() };
    out.errors.extend(outcome.fault().cloned());
    let written = write(&outcome, target.dir, target.format).and_then(|files| {
        target.origin.write(opened, &RunInfo::of(&outcome), &files, target.dir)?;
        Ok(files)
    });
    match written {
        Ok(files) => out.files = files,
        Err(e) => {
            out.errors.push(cannot_write(&e));
            out.exit = Exit::Failed;
        }
    }
    out.product = Product::Outcome(Box::new(outcome));
    out
}

pub(super) fn exit_of(outcome: &Outcome) -> Exit {
    if outcome.interrupted() {
        Exit::Interrupted
    } else if outcome.fault().is_some() {
        Exit::Failed
    } else if outcome.claims.iter().any(|c| !c.holds) {
        Exit::Expectation
    } else {
        Exit::Done
    }
}
