//! `carom plot`: draws figures from the files of a finished run, without running it again.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Exit;
use super::console::Console;
use super::recorded::Recorded;
use super::run::{draw, parameters};
use super::script::{open, select, with_sweeps};
use crate::check::Experiment;
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::read_back::read_back;
use crate::output::parameter_json;
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of an experiment, such as out/karpat2019/fig2, or a folder that contains several.
    dir: PathBuf,
    /// The script, if it has moved since the run.
    #[arg(long, value_name = "FILE")]
    script: Option<String>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let mut dirs: Vec<PathBuf> =
        if args.dir.join("run.json").is_file() { vec![args.dir.clone()] } else { below(&args.dir) };
    dirs.sort();
    if dirs.is_empty() {
        let d = Diagnostic::nowhere(Code::CannotRead, format!("there is no finished run in `{}`", args.dir.display()));
        console.report(&[d.help("name the folder of an experiment, which contains its `run.json`")], &SourceMap::new());
        return Exit::Failed;
    }
    dirs.iter().map(|dir| one(dir, args.script.as_deref(), console)).max().unwrap_or_default()
}

fn below(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|e| e.path()).filter(|p| p.join("run.json").is_file()).collect()
}

fn one(dir: &Path, script: Option<&str>, console: &mut Console) -> Exit {
    let Recorded { experiment: name, mut origin, parameters: known, .. } = match Recorded::read(&dir.join("run.json")) {
        Ok(recorded) => recorded,
        Err(d) => {
            console.report(&[*d], &SourceMap::new());
            return Exit::Failed;
        }
    };
    if let Some(script) = script {
        origin.script = script.to_string();
    } else if origin.script == "-" {
        let message = format!("the script of `{}` came from standard input", dir.display());
        let d =
            Diagnostic::nowhere(Code::CannotRead, message).help("save it to a file and name that with `--script FILE`");
        console.report(&[d], &SourceMap::new());
        return Exit::Failed;
    }
    let drawn = open(&origin.script, &origin.set, console).and_then(|mut opened| {
        let chosen = select(&opened, std::slice::from_ref(&name), console)?.into_iter().cloned().collect();
        let chosen = with_sweeps(&mut opened, chosen, &origin.sweep, console)?;
        let experiment = &chosen[0];
        let tables = |other: &Experiment| {
            // The folder of the experiment may have been renamed; those of other experiments are next to it.
            let place =
                if other.name.text == experiment.name.text { dir } else { &dir.join("..").join(&other.name.text) };
            read_back(&opened.program, other, &opened.settings, &opened.sources, place).map(Cow::Owned)
        };
        let same = parameters(&opened, experiment).and_then(|now| same_parameters(&known, &now, dir));
        same.and_then(|()| draw(&opened, experiment, &opened.settings, dir, &tables)).map_err(|errors| {
            console.report(&errors, &opened.sources);
            Exit::Failed
        })
    });
    match drawn {
        Ok(drawn) => {
            drawn.files.iter().for_each(|f| console.line(&format!("→ {}", f.display())));
            Exit::Done
        }
        Err(exit) => {
            if script.is_none() {
                console.note(&format!(
                    "the run in `{}` used `{}`; if the script has moved, name it with `--script FILE`",
                    dir.display(),
                    origin.script
                ));
            }
            exit
        }
    }
}

/// Checks that the run used the parameters that the script has now, because the figures would show other data
/// otherwise.
fn same_parameters(then: &Value, now: &[(String, String)], dir: &Path) -> Result<(), Vec<Diagnostic>> {
    let other = |(name, value): &&(String, String)| then.get(name) != Some(&parameter_json(value));
    let Some((name, value)) = now.iter().find(other) else { return Ok(()) };
    let message = match then.get(name) {
        Some(old) => {
            let old = old.as_str().map_or_else(|| old.to_string(), ToString::to_string);
            format!("`{name}` was {old} in the run in `{}`, and is {value} in the script", dir.display())
        }
        None => format!("the run in `{}` had no parameter `{name}`", dir.display()),
    };
    Err(vec![Diagnostic::nowhere(Code::CannotRead, message).help("run the experiment again")])
}
