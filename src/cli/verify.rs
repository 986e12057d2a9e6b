//! `carom verify`: a line for each claim.

use super::Exit;
use super::console::{Console, Tone, tone};
use super::run::{catch_interrupts, claim_line, interrupted};
use super::script::{Opened, open};
use crate::experiment::{self, Control, Options};
use crate::shipped::SHIPPED;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts or names of shipped protocols (all shipped ones, when none is named).
    files: Vec<String>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let files: Vec<String> =
        if args.files.is_empty() { SHIPPED.iter().map(|s| s.name.to_string()).collect() } else { args.files.clone() };
    catch_interrupts();
    let (mut exit, mut held, mut failed) = (Exit::Done, 0, 0);
    for file in &files {
        match open(file, &[], console) {
            Ok(opened) => exit = exit.max(protocol(&opened, console, &mut held, &mut failed)),
            Err(worse) => exit = exit.max(worse),
        }
        if interrupted() {
            return Exit::Interrupted;
        }
    }
    let verdict = if failed == 0 { Tone::Good } else { Tone::Bad };
    console.line(&tone(verdict, &format!("{held} of {} expectations hold", held + failed)));
    exit
}

fn protocol(opened: &Opened, console: &mut Console, held: &mut usize, failed: &mut usize) -> Exit {
    let mut exit = Exit::Done;
    let control = Control { interrupted: &interrupted, progress: &|_, _| {} };
    for e in opened.program.experiments.iter().filter(|e| e.name.own) {
        let title = e.title.as_deref().unwrap_or("");
        let head = tone(Tone::Strong, &format!("{} {}", opened.protocol, e.name.text));
        console.line(format!("{head}  {title}").trim_end());
        match experiment::run(&opened.program, e, &Options::default(), &opened.sources, &control) {
            Err(errors) => {
                console.report(&errors, &opened.sources);
                exit = exit.max(Exit::of(&errors, &opened.sources));
            }
            Ok(outcome) => {
                if let Some(fault) = &outcome.fault {
                    console.report(std::slice::from_ref(fault), &opened.sources);
                    exit = exit.max(Exit::Failed);
                }
                for claim in &outcome.claims {
                    console.line(&format!("  {}", claim_line(claim)));
                    *(if claim.holds { &mut *held } else { &mut *failed }) += 1;
                    if !claim.holds {
                        exit = exit.max(Exit::Expectation);
                    }
                }
                if outcome.interrupted {
                    return Exit::Interrupted;
                }
            }
        }
    }
    exit
}
