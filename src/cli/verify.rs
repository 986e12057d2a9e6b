//! `carom verify`: checks the claims of all experiments and prints a line for each.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::Exit;
use super::console::Console;
use super::interrupt::{catch_interrupts, interrupted};
use super::progress::{Progress, Work};
use super::run::{expectations, messages};
use super::script::{Opened, open, open_with_known, select};
use crate::check::{Experiment, Script};
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
    /// Scripts or names of shipped protocols, each followed by the experiments to check, also as patterns like 'fig3*'
    /// [default: all experiments of all shipped protocols].
    #[arg(value_name = "FILE [EXPERIMENT]…")]
    words: Vec<String>,
    /// Set a parameter to a value or a rule, as in `run`: --set points=11 makes diagrams faster. Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Print the expectations as JSON.
    #[arg(long)]
    json: bool,
}

/// A script, and the names of the experiments to check; none means all.
struct Chosen {
    file: String,
    experiments: Vec<String>,
}

/// Assigns the experiments to the scripts that they follow. A word is a script if it is the first, a file, a shipped
/// protocol, or if it looks like a path.
fn chosen(words: &[String]) -> Vec<Chosen> {
    let mut out: Vec<Chosen> = Vec::new();
    for word in words {
        let is_script = word == "-"
            || word.ends_with(".carom")
            || word.contains(['/', '\\'])
            || Script::shipped(word).is_some()
            || Path::new(word).is_file();
        match out.last_mut().filter(|_| !is_script) {
            Some(last) => last.experiments.push(word.clone()),
            None => out.push(Chosen { file: word.clone(), experiments: Vec::new() }),
        }
    }
    if out.is_empty() {
        out.extend(SHIPPED.iter().map(|s| Chosen { file: s.name.to_string(), experiments: Vec::new() }));
    }
    out
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    catch_interrupts();
    let mut report = Report { json: args.json, held: 0, failed: 0, list: Vec::new() };
    let mut exit = Exit::Done;
    let all = chosen(&args.words);
    let several = all.len() > 1;
    let mut used = vec![false; args.set.len()];
    for Chosen { file, experiments } in all {
        // A parameter of one protocol need not be one of the others.
        let opened = if several {
            open_with_known(&file, &args.set, &mut used, console)
        } else {
            open(&file, &args.set, console)
        };
        match opened {
            Ok(opened) => {
                opened.note_set_aside(console);
                exit = exit.max(match selected(&opened, &experiments, console) {
                    Ok(chosen) => protocol(&opened, &chosen, console, &mut report),
                    Err(worse) => worse,
                });
            }
            Err(worse) => exit = exit.max(worse),
        }
        if interrupted() {
            exit = Exit::Interrupted;
            break;
        }
    }
    let unused = args.set.iter().zip(&used).filter(|(_, used)| several && !**used);
    for (set, _) in unused {
        let d = Diagnostic::nowhere(Code::UnknownParameter, format!("no protocol has the parameter of `--set {set}`"));
        let d = d.help("`carom list FILE` shows the parameters of a protocol");
        console.report(&[d], &SourceMap::new());
        exit = exit.max(Exit::Usage);
    }
    let Report { held, failed, list, .. } = report;
    if args.json {
        let text = serde_json::to_string_pretty(&Json::Array(list)).expect("a tree of strings and numbers");
        console.json(&format!("{text}\n"));
    } else if exit != Exit::Interrupted && (held + failed > 0 || exit == Exit::Done) {
        let verdict = if failed == 0 { Tone::Good } else { Tone::Bad };
        console.line(&tone(verdict, &format!("{held} of {} expectations hold", held + failed)));
    }
    exit
}

/// The experiments to check. One without a run only arranges the figures of others and has no claims.
fn selected<'p>(opened: &'p Opened, names: &[String], console: &mut Console) -> Result<Vec<&'p Experiment>, Exit> {
    let chosen = if names.is_empty() {
        opened.program.experiments.iter().filter(|e| e.name.own).collect()
    } else {
        select(opened, names, console)?
    };
    Ok(chosen.into_iter().filter(|e| e.run.is_some()).collect())
}

/// What is printed about the claims.
struct Report {
    /// Whether it is printed as JSON.
    json: bool,
    held: usize,
    failed: usize,
    /// The experiments as JSON.
    list: Vec<Json>,
}

fn protocol(opened: &Opened, chosen: &[&Experiment], console: &mut Console, report: &mut Report) -> Exit {
    let mut exit = Exit::Done;
    for e in chosen {
        if !report.json {
            let title = e.title.as_deref().unwrap_or("");
            let head = tone(Tone::Strong, &format!("{} {}", opened.protocol, e.name.text));
            console.line(format!("{head}  {title}").trim_end());
        }
        let mut lines = Vec::new();
        let verified = if e.sweep.is_empty() { single(opened, e) } else { sweep(opened, e, &mut lines) };
        let Verified { exit: own, claims, errors } = verified.unwrap_or_else(|errors| Verified {
            exit: Exit::of(&errors, &opened.sources),
            errors,
            claims: Vec::new(),
        });
        console.report(&errors, &opened.sources);
        let held = claims.iter().filter(|c| c.holds).count();
        report.held += held;
        report.failed += claims.len() - held;
        if report.json {
            report.list.push(json!({
                "protocol": opened.protocol,
                "experiment": e.name.text,
                "title": e.title,
                "expectations": expectations(&claims),
                "errors": messages(&errors),
            }));
        } else {
            lines.extend(claims.iter().map(|claim| format!("  {}", claim_line(claim))));
            lines.iter().for_each(|line| console.line(line));
        }
        if held < claims.len() {
            exit = exit.max(Exit::Expectation);
        }
        exit = exit.max(own);
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
    let before = if e.spectrum.is_some() { "computing the spectrum" } else { "preparing" };
    let noun = if e.trajectories.is_some() { "trajectories" } else { "collisions" };
    let progress = Progress::new(Work { before, ..Work::one(&e.name.text, noun) }, false);
    let tell = |done, total| progress.tell(done, total);
    let control = Control { interrupted: &interrupted, progress: &tell };
    let outcome = experiment::run(Setup::new(&opened.program, e, &options(opened), &opened.sources), &control)?;
    let exit = match outcome.ending {
        Ending::Interrupted => Exit::Interrupted,
        Ending::Fault(_) => Exit::Failed,
        Ending::Complete | Ending::Condition => Exit::Done,
    };
    Ok(Verified { exit, errors: outcome.fault().into_iter().cloned().collect(), claims: outcome.claims })
}

/// Runs every point of a sweep on all cores. The journal is temporary. Adds remarks about the points to `lines`.
fn sweep(opened: &Opened, e: &Experiment, lines: &mut Vec<String>) -> Result<Verified, Vec<Diagnostic>> {
    let options = options(opened);
    let sweep = Sweep::new(Setup::new(&opened.program, e, &options, &opened.sources))?;
    let points = sweep.grid().len();
    lines.push(tone(Tone::Faint, &format!("  {points} points")));
    let folder = temporary_folder().map_err(|e| {
        let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot create a temporary folder: {e}"));
        vec![d.help("set TMPDIR to a folder that you can write to; the journal of a sweep is kept there")]
    })?;
    let progress = Progress::new(Work::one(&e.name.text, "points"), false);
    let tell = |done, total| progress.tell(done, total);
    let control = Control { interrupted: &interrupted, progress: &tell };
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 0 };
    let swept = sweep.run(keeping, &control)?;
    drop(progress);
    let reasons = swept.coverage.iter().flat_map(|c| c.reasons.values());
    let failed = reasons.clone().count();
    if let Some(reason) = reasons.clone().next() {
        lines.push(format!("  {failed} of {points} points have missing values, the first: {reason}"));
    }
    let errors: Vec<Diagnostic> = swept.fault().into_iter().cloned().collect();
    let exit = if swept.interrupted() { Exit::Interrupted } else { Exit::of(&errors, &opened.sources) };
    Ok(Verified { exit, claims: swept.claims, errors })
}
