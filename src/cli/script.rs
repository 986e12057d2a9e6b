//! What several commands do with a script: open it, check it, read `--set`.

use super::Exit;
use super::console::Console;
use crate::check::{Experiment, Program, Script, Setting, add_sweep, check, setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;

/// A checked script with its texts.
pub(crate) struct Opened {
    pub(crate) protocol: String,
    pub(crate) program: Program,
    pub(crate) sources: SourceMap,
    pub(crate) settings: Vec<Setting>,
}

/// Opens and checks a script; on failure reports it and says how the command ends.
pub(crate) fn open(file: &str, sets: &[String], console: &mut Console) -> Result<Opened, Exit> {
    let mut sources = SourceMap::new();
    match checked(file, sets, &mut sources) {
        Ok((protocol, program, settings)) => Ok(Opened { protocol, program, sources, settings }),
        Err(errors) => {
            console.report(&errors, &sources);
            Err(Exit::of(&errors, &sources))
        }
    }
}

fn checked(
    file: &str,
    sets: &[String],
    sources: &mut SourceMap,
) -> Result<(String, Program, Vec<Setting>), Vec<Diagnostic>> {
    let script = Script::open(file).map_err(|d| vec![d])?;
    let program = check(&script, sources)?;
    let (mut settings, mut errors) = (Vec::new(), Vec::new());
    for text in sets {
        match setting(text, &program, sources) {
            Ok(s) => settings.push(s),
            Err(e) => errors.extend(e),
        }
    }
    if errors.is_empty() { Ok((script.protocol, program, settings)) } else { Err(errors) }
}

impl Opened {
    /// Says which inherited experiments no longer fit the script.
    pub(crate) fn note_set_aside(&self, console: &mut Console) {
        console.report(&self.program.notes(), &self.sources);
    }
}

/// Adds what `--sweep` says to every experiment of the program that runs, so that panels find them as they are run, and
/// returns the chosen ones with it.
pub(crate) fn with_sweeps(
    opened: &mut Opened,
    chosen: Vec<Experiment>,
    sweeps: &[String],
    console: &mut Console,
) -> Result<Vec<Experiment>, Exit> {
    let mut all = opened.program.experiments.clone();
    for e in all.iter_mut().filter(|e| e.run.is_some()) {
        let add = |text: &String| add_sweep(text, &opened.program, e, &mut opened.sources).err().unwrap_or_default();
        let errors: Vec<Diagnostic> = sweeps.iter().flat_map(add).collect();
        if !errors.is_empty() {
            console.report(&errors, &opened.sources);
            return Err(Exit::of(&errors, &opened.sources));
        }
    }
    opened.program.experiments = all;
    let swept = |e: Experiment| opened.program.experiment(&e.name.text).cloned().unwrap_or(e);
    Ok(chosen.into_iter().map(swept).collect())
}

/// The experiments of that name, or the script's own when none is named.
pub(crate) fn select<'p>(
    opened: &'p Opened,
    names: &[String],
    console: &mut Console,
) -> Result<Vec<&'p Experiment>, Exit> {
    let mut errors = Vec::new();
    let mut chosen: Vec<&Experiment> = Vec::new();
    for name in names {
        match opened.program.experiment(name) {
            Some(e) if chosen.iter().any(|c| std::ptr::eq(*c, e)) => {}
            Some(e) => chosen.push(e),
            None => match opened.program.reasons_set_aside(name) {
                Some(reasons) => errors.extend_from_slice(reasons),
                None => errors.push(unknown_experiment(&opened.program, name)),
            },
        }
    }
    if names.is_empty() {
        chosen.extend(opened.program.experiments.iter().filter(|e| e.name.own));
        if chosen.is_empty() {
            errors.push(nothing_to_run(&opened.program));
        }
    }
    if errors.is_empty() {
        return Ok(chosen);
    }
    console.report(&errors, &opened.sources);
    Err(Exit::of(&errors, &opened.sources))
}

fn unknown_experiment(program: &Program, name: &str) -> Diagnostic {
    let d = Diagnostic::nowhere(Code::UnknownExperiment, format!("there is no experiment `{name}`"));
    if let Some(near) = program.nearest_experiment(name) {
        return d.help(format!("did you mean `{near}`?"));
    }
    let all: Vec<&str> = program.experiments.iter().map(|e| e.name.text.as_str()).collect();
    if all.is_empty() {
        d.help("this script has no experiments")
    } else {
        d.help(format!("experiments: {}", all.join(", ")))
    }
}

fn nothing_to_run(program: &Program) -> Diagnostic {
    let d = Diagnostic::nowhere(Code::NoExperiment, "this script has no experiment of its own");
    let used: Vec<&str> = program.experiments.iter().map(|e| e.name.text.as_str()).collect();
    if used.is_empty() {
        d.help("write one: `experiment NAME { run 2000 }`")
    } else {
        d.help(format!("name one that it uses: {}", used.join(", ")))
    }
}
