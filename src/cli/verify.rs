//! `carom verify`: checks the claims of all experiments and prints a line for each.

use super::Exit;
use super::console::Console;
use super::interrupt::{catch_interrupts, interrupted};
use super::run::Progress;
use super::script::{Opened, open, open_with_known};
use crate::check::Experiment;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::sweep::{Keeping, Sweep};
use crate::experiment::{self, Claim, Control, Ending, Options, Setup};
use crate::output::{Tone, tone};
use crate::report::claim_line;
use crate::shipped::SHIPPED;
use crate::source::SourceMap;
use crate::storage::temporary_folder;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts or names of shipped protocols [default: all shipped protocols].
    files: Vec<String>,
    /// Set a parameter to a value or a rule, as in `run`: --set points=11 makes diagrams faster. Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let files: Vec<String> =
        if args.files.is_empty() { SHIPPED.iter().map(|s| s.name.to_string()).collect() } else { args.files.clone() };
    catch_interrupts();
    let (mut exit, mut count) = (Exit::Done, Count::default());
    let mut used = vec![false; args.set.len()];
    for file in &files {
        // A parameter of one protocol need not be one of the others.
        let opened = if files.len() > 1 {
            open_with_known(file, &args.set, &mut used, console)
        } else {
            open(file, &args.set, console)
        };
        match opened {
            Ok(opened) => {
                opened.note_set_aside(console);
                exit = exit.max(protocol(&opened, console, &mut count));
            }
            Err(worse) => exit = exit.max(worse),
        }
        if interrupted() {
            return Exit::Interrupted;
        }
    }
    let unused = args.set.iter().zip(&used).filter(|(_, used)| files.len() > 1 && !**used);
    for (set, _) in unused {
        let d = Diagnostic::nowhere(Code::UnknownParameter, format!("no protocol has the parameter of `--set {set}`"));
        let d = d.help("`carom list FILE` shows the parameters of a protocol");
        console.report(&[d], &SourceMap::new());
        exit = exit.max(Exit::Usage);
    }
    let Count { held, failed } = count;
    if held + failed == 0 && exit > Exit::Done {
        return exit;
    }
    let verdict = if failed == 0 { Tone::Good } else { Tone::Bad };
    console.line(&tone(verdict, &format!("{held} of {} expectations hold", held + failed)));
    exit
}

/// Numbers of claims that hold and that fail.
#[derive(Default)]
struct Count {
    held: usize,
    failed: usize,
}

fn protocol(opened: &Opened, console: &mut Console, count: &mut Count) -> Exit {
    let mut exit = Exit::Done;
    // An experiment without a run only arranges the figures of others and has no claims.
    for e in opened.program.experiments.iter().filter(|e| e.name.own && e.run.is_some()) {
        let title = e.title.as_deref().unwrap_or("");
        let head = tone(Tone::Strong, &format!("{} {}", opened.protocol, e.name.text));
        console.line(format!("{head}  {title}").trim_end());
        let verified = if e.sweep.is_empty() { single(opened, e) } else { sweep(opened, e, console) };
        let verified = verified.unwrap_or_else(|errors| Verified {
            exit: Exit::of(&errors, &opened.sources),
            errors,
            claims: Vec::new(),
        });
        console.report(&verified.errors, &opened.sources);
        for claim in &verified.claims {
            console.line(&format!("  {}", claim_line(claim)));
            *(if claim.holds { &mut count.held } else { &mut count.failed }) += 1;
            if !claim.holds {
                exit = exit.max(Exit::Expectation);
            }
        }
        exit = exit.max(verified.exit);
        if exit == Exit::Interrupted {
            break;
        }
    }
    exit
}

/// The claims of an experiment, and the errors of its run.
struct Verified {
    exit: Exit,
    claims: Vec<Claim>,
    errors: Vec<Diagnostic>,
}

fn options(opened: &Opened) -> Options {
    Options { settings: opened.settings.clone(), ..Options::default() }
}

fn single(opened: &Opened, e: &Experiment) -> Result<Verified, Vec<Diagnostic>> {
    let control = Control { interrupted: &interrupted, progress: &|_, _| {} };
    let outcome = experiment::run(Setup::new(&opened.program, e, &options(opened), &opened.sources), &control)?;
    let exit = match outcome.ending {
        Ending::Interrupted => Exit::Interrupted,
        Ending::Fault(_) => Exit::Failed,
        Ending::Complete | Ending::Condition => Exit::Done,
    };
    Ok(Verified { exit, errors: outcome.fault().into_iter().cloned().collect(), claims: outcome.claims })
}

/// Runs every point of a sweep on all cores. The journal is temporary.
fn sweep(opened: &Opened, e: &Experiment, console: &mut Console) -> Result<Verified, Vec<Diagnostic>> {
    let options = options(opened);
    let sweep = Sweep::new(Setup::new(&opened.program, e, &options, &opened.sources))?;
    let points = sweep.grid().len();
    console.line(&tone(Tone::Faint, &format!("  {points} points")));
    let folder = temporary_folder().map_err(|e| {
        let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot create a temporary folder: {e}"));
        vec![d.help("set TMPDIR to a folder that you can write to; the journal of a sweep is kept there")]
    })?;
    let progress = Progress::new(&e.name.text, "points", false);
    let tell = |done, total| progress.tell(done, total);
    let control = Control { interrupted: &interrupted, progress: &tell };
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 0 };
    let swept = sweep.run(keeping, &control);
    progress.finish();
    let swept = swept?;
    let reasons = swept.coverage.iter().flat_map(|c| c.reasons.values());
    let failed = reasons.clone().count();
    if let Some(reason) = reasons.clone().next() {
        console.line(&format!("  {failed} of {points} points have missing values, the first: {reason}"));
    }
    let errors: Vec<Diagnostic> = swept.fault().into_iter().cloned().collect();
    let exit = if swept.interrupted() { Exit::Interrupted } else { Exit::of(&errors, &opened.sources) };
    Ok(Verified { exit, claims: swept.claims, errors })
}
