//! `carom run`: experiments to files and a summary.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::Exit;
use super::console::{Console, Tone, tone};
use super::script::{Opened, open, select};
use crate::analysis::Series;
use crate::check::Experiment;
use crate::diagnostic::{Code, Diagnostic, escape_controls};
use crate::experiment::{self, Backend, Claim, Control, LetValue, Options, Outcome};
use crate::output::{OutputError, Provenance, ensure_dir, fingerprint, format_number, write_series};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script, the name of a shipped protocol, or `-` for standard input.
    file: String,
    /// Experiments to run (all of the script's own, when none is named).
    experiments: Vec<String>,
    /// Give a parameter a value (also a rule): --set 'γ = 0.5π/2'. Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Run so many collisions, whatever the script says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=experiment::MAX_COLLISIONS))]
    collisions: Option<u64>,
    /// Where results go [default: out/<protocol>].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Experiments run at once [default: one a core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// What runs the gate sequence.
    #[arg(long, value_enum, default_value_t = BackendArg::Density)]
    backend: BackendArg,
    /// Do not draw figures.
    #[arg(long)]
    no_plots: bool,
    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum BackendArg {
    /// In-place kernels on a density matrix.
    Density,
    /// Dense matrices over all subsystems: slow and obvious, for comparison.
    Reference,
}

/// Set by Ctrl-C; asked before every collision.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The first Ctrl-C ends the run and keeps what was computed; the second ends the process.
pub(super) fn catch_interrupts() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Without a handler the run works all the same; it only cannot keep a half-done series.
    drop(ctrlc::set_handler(handler));
}

pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// One experiment's result and files, or why there is none.
struct Finished {
    exit: Exit,
    outcome: Option<Outcome>,
    files: Vec<PathBuf>,
    errors: Vec<Diagnostic>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let opened = match open(&args.file, &args.set, console) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let chosen = match select(&opened, &args.experiments, console) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    catch_interrupts();
    let folder = args.out.clone().unwrap_or_else(|| Path::new("out").join(&opened.protocol));
    let options = Options {
        settings: opened.settings.clone(),
        collisions: args.collisions,
        backend: match args.backend {
            BackendArg::Density => Backend::Density,
            BackendArg::Reference => Backend::Reference,
        },
    };
    let made = missing(&folder);
    let all = || chosen.par_iter().map(|e| one(&opened, e, &options, &folder)).collect::<Vec<_>>();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads.map_or(0, usize::from)).build();
    let finished =
        pool.map_or_else(|_| chosen.iter().map(|e| one(&opened, e, &options, &folder)).collect(), |p| p.install(all));
    // What was made for results that did not come; a folder with something in it stays.
    made.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
    let mut summaries = Vec::new();
    let mut told: Vec<Diagnostic> = Vec::new();
    for (f, experiment) in finished.iter().zip(&chosen) {
        // What is wrong with the model is wrong in every experiment, and told once.
        let same = |a: &Diagnostic, b: &Diagnostic| a.message == b.message && a.labels == b.labels;
        let new: Vec<Diagnostic> = f.errors.iter().filter(|d| !told.iter().any(|t| same(t, d))).cloned().collect();
        console.report(&new, &opened.sources);
        told.extend(new);
        let Some(outcome) = &f.outcome else {
            if args.json {
                summaries.push(json!({"experiment": experiment.name.text, "errors": messages(&f.errors)}));
            }
            continue;
        };
        if !args.quiet {
            console.report(&outcome.warnings, &opened.sources);
        }
        if args.json {
            summaries.push(summary_json(outcome, f));
        } else if !args.quiet {
            print_summary(&opened.protocol, outcome, &f.files, console);
        }
        if outcome.has_plots && !args.no_plots && !args.quiet {
            console.note(&format!(
                "{}: figures are not drawn by this version; their numbers are in the CSV files",
                outcome.name
            ));
        }
    }
    if args.json {
        let text = serde_json::to_string_pretty(&Json::Array(summaries)).expect("a tree of strings and numbers");
        console.exactly(&format!("{}\n", plain_json(&text)));
    }
    finished.iter().map(|f| f.exit).max().unwrap_or(Exit::Done)
}

/// The folders that have to be made for this one, innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let named = folder.ancestors().filter(|f| !f.as_os_str().is_empty());
    named.take_while(|f| !f.exists()).map(Path::to_path_buf).collect()
}

fn one(opened: &Opened, experiment: &Experiment, options: &Options, folder: &Path) -> Finished {
    let dir = folder.join(&experiment.name.text);
    let mut out = Finished { exit: Exit::Done, outcome: None, files: Vec::new(), errors: Vec::new() };
    // An experiment that has not begun leaves what an earlier run wrote.
    if interrupted() {
        out.exit = Exit::Interrupted;
        return out;
    }
    let new = !dir.exists();
    // An output folder that cannot be made is told before the run, not after it.
    if let Err(e) = ensure_dir(&dir) {
        out.errors.push(cannot_write(&e));
        out.exit = Exit::Failed;
        return out;
    }
    let control = Control { interrupted: &interrupted, progress: &|_, _| {} };
    match experiment::run(&opened.program, experiment, options, &opened.sources, &control) {
        Err(errors) => {
            out.exit = Exit::of(&errors, &opened.sources);
            out.errors = errors;
            if new {
                drop(std::fs::remove_dir(&dir));
            }
        }
        Ok(mut outcome) => {
            out.exit = exit_of(&outcome);
            out.errors.extend(outcome.fault.take());
            match write(opened, &outcome, &dir) {
                Ok(files) => out.files = files,
                Err(e) => {
                    out.errors.push(cannot_write(&e));
                    out.exit = Exit::Failed;
                }
            }
            out.outcome = Some(outcome);
        }
    }
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

fn cannot_write(e: &OutputError) -> Diagnostic {
    Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())
}

/// `series.csv`, a file for each series with an index of its own, what `save` names, and `run.json`.
fn write(opened: &Opened, outcome: &Outcome, dir: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let mut files = Vec::new();
    let mut main: Vec<(String, &Series)> = outcome.series.iter().map(|(n, s)| (n.clone(), s)).collect();
    let index = main.first().map(|(_, s)| s.index.clone());
    let mut others = Vec::new();
    for (name, value) in &outcome.lets {
        let LetValue::Series(s) = value else { continue };
        if index.as_ref() == Some(&s.index) { main.push((name.clone(), s)) } else { others.push((name, s)) }
    }
    if !main.is_empty() {
        files.push(write_series(dir, "series.csv", &main)?);
    }
    for (name, s) in others {
        files.push(write_series(dir, &format!("{name}.csv"), &[(name.clone(), s)])?);
    }
    for (file, columns) in &outcome.saves {
        let columns: Vec<(String, &Series)> = columns.iter().map(|(n, s)| (n.clone(), s)).collect();
        files.push(write_series(dir, file, &columns)?);
    }
    let text: String = opened.sources.files().filter(|f| !f.is_option()).map(|f| f.text.to_string()).collect();
    let names = files.iter().filter_map(|f| Some(f.file_name()?.to_string_lossy().into_owned())).collect();
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").into(),
        experiment: outcome.name.clone(),
        sha256: fingerprint(&text, &outcome.parameters),
        parameters: outcome.parameters.clone(),
        collisions: outcome.collisions,
        backend: outcome.backend.name().into(),
        wall_seconds: outcome.wall.as_secs_f64(),
        files: names,
    };
    provenance.write(dir)?;
    Ok(files)
}

fn print_summary(protocol: &str, outcome: &Outcome, files: &[PathBuf], console: &mut Console) {
    let title = outcome.title.as_deref().unwrap_or("");
    let head = tone(Tone::Strong, &format!("{protocol} {}", outcome.name));
    console.line(format!("{head}  {title}").trim_end());
    let early = if outcome.stopped_early {
        ", where the condition of `until` held"
    } else if outcome.interrupted {
        ", where it was interrupted"
    } else if outcome.collisions < outcome.asked {
        ", where it failed"
    } else {
        ""
    };
    let count = if early.is_empty() {
        outcome.collisions.to_string()
    } else {
        format!("{} of {}", outcome.collisions, outcome.asked)
    };
    let run =
        format!("  {count} collisions{early}, {:.3} s, backend {}", outcome.wall.as_secs_f64(), outcome.backend.name());
    console.line(&tone(Tone::Faint, &run));
    let last = last_values(outcome);
    if !last.is_empty() {
        console.line(&format!("  last: {}", last.join(", ")));
    }
    for claim in &outcome.claims {
        console.line(&format!("  {}", claim_line(claim)));
    }
    for file in files {
        console.line(&tone(Tone::Faint, &format!("  → {}", file.display())));
    }
}

/// `✓ last(C12) < -0.98   last(C12) = -0.9907`
pub(super) fn claim_line(claim: &Claim) -> String {
    let mark = if claim.holds { tone(Tone::Good, "✓") } else { tone(Tone::Bad, "✗") };
    let measured =
        if claim.measured.is_empty() { String::new() } else { tone(Tone::Faint, &format!("   {}", claim.measured)) };
    format!("{mark} {}{measured}", claim.text)
}

fn last_values(outcome: &Outcome) -> Vec<String> {
    let series = outcome.series.iter().map(|(n, s)| (n, s.values.last().copied()));
    let lets = outcome.lets.iter().map(|(n, v)| match v {
        LetValue::Series(s) => (n, s.values.last().copied()),
        LetValue::Number(x) => (n, Some(*x)),
        LetValue::Bool(_) => (n, None),
    });
    let all: Vec<String> = series.chain(lets).filter_map(|(n, x)| Some(format!("{n} = {}", short(x?)))).collect();
    // The entries of a `state(…)` would fill the screen; they are in the file.
    if all.len() > 12 { all.into_iter().take(12).chain(std::iter::once("…".to_string())).collect() } else { all }
}

fn short(x: f64) -> String {
    if x.is_nan() {
        return "missing".into();
    }
    format_number(format!("{x:.6e}").parse().expect("a printed number parses"))
}

/// JSON leaves some control characters as they are; here they are written as `\u009b`.
fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut units = [0; 2];
        if c == '\n' || escape_controls(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut units).iter().map(|u| format!("\\u{u:04x}")));
        }
    }
    out
}

/// Code and message of each.
fn messages(diagnostics: &[Diagnostic]) -> Vec<Json> {
    diagnostics.iter().map(|d| json!({"code": d.code.row().id, "message": d.message})).collect()
}

fn summary_json(outcome: &Outcome, finished: &Finished) -> Json {
    let number = |x: f64| if x.is_finite() { json!(x) } else { Json::Null };
    let mut last = Map::new();
    for (name, s) in &outcome.series {
        last.insert(name.clone(), s.values.last().map_or(Json::Null, |x| number(*x)));
    }
    for (name, value) in &outcome.lets {
        let value = match value {
            LetValue::Series(s) => s.values.last().map_or(Json::Null, |x| number(*x)),
            LetValue::Number(x) => number(*x),
            LetValue::Bool(b) => json!(b),
        };
        last.insert(name.clone(), value);
    }
    let claims: Vec<Json> =
        outcome.claims.iter().map(|c| json!({"claim": c.text, "measured": c.measured, "holds": c.holds})).collect();
    let parameters: Map<String, Json> = outcome.parameters.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
    json!({
        "experiment": outcome.name,
        "title": outcome.title,
        "collisions": outcome.collisions,
        "interrupted": outcome.interrupted,
        "backend": outcome.backend.name(),
        "wall_seconds": outcome.wall.as_secs_f64(),
        "trace": number(outcome.trace),
        "parameters": parameters,
        "last": last,
        "expectations": claims,
        "warnings": messages(&outcome.warnings),
        "errors": messages(&finished.errors),
        "files": finished.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>(),
    })
}
