//! Opening scripts, shared by the commands: check the script, parse `--set` and `--sweep`, select experiments.

use std::path::PathBuf;

use super::Exit;
use super::console::Console;
use crate::check::{Experiment, Program, Script, Setting, add_sweep, check, setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::syntax::canonical;

/// A checked script with its source texts and the settings of the command line.
pub(crate) struct Opened {
    /// Name of the protocol.
    pub(crate) protocol: String,
    /// The folder of the script; `None` for shipped protocols and standard input.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) program: Program,
    pub(crate) sources: SourceMap,
    /// The parameters set by `--set`.
    pub(crate) settings: Vec<Setting>,
}

/// Opens and checks a script. On failure it reports the errors and returns the exit status of the command.
pub(crate) fn open(file: &str, sets: &[String], console: &mut Console) -> Result<Opened, Exit> {
    let mut sources = SourceMap::new();
    open_from(&mut sources, file, sets).map_err(|errors| {
        console.report(&errors, &sources);
        Exit::of(&errors, &sources)
    })
}

/// Like [`open`], but leaves out the settings of parameters that the script does not have. Marks those that are used.
pub(crate) fn open_with_known(
    file: &str,
    sets: &[String],
    used: &mut [bool],
    console: &mut Console,
) -> Result<Opened, Exit> {
    let plain = open(file, &[], console)?;
    let has = |set: &String| {
        let name = canonical(set.split('=').next().unwrap_or_default().trim());
        plain.program.params.iter().any(|p| p.name.key == name)
    };
    let known: Vec<bool> = sets.iter().map(has).collect();
    used.iter_mut().zip(&known).for_each(|(used, known)| *used |= known);
    let sets: Vec<String> = sets.iter().zip(&known).filter(|(_, known)| **known).map(|(set, _)| set.clone()).collect();
    if sets.is_empty() { Ok(plain) } else { open(file, &sets, console) }
}

/// Opens and checks a script. `sources` receives its texts, also if there are errors.
pub(crate) fn open_from(sources: &mut SourceMap, file: &str, sets: &[String]) -> Result<Opened, Vec<Diagnostic>> {
    let script = Script::open(file).map_err(|d| vec![d])?;
    open_script(sources, &script, sets)
}

/// Checks a script, as [`open_from`].
pub(crate) fn open_script(
    sources: &mut SourceMap,
    script: &Script,
    sets: &[String],
) -> Result<Opened, Vec<Diagnostic>> {
    let Checked { program, settings } = checked(script, sets, sources)?;
    let (protocol, folder) = (script.protocol.clone(), script.folder.clone());
    Ok(Opened { protocol, folder, program, sources: sources.clone(), settings })
}

/// A checked script without its sources.
struct Checked {
    program: Program,
    settings: Vec<Setting>,
}

fn checked(script: &Script, sets: &[String], sources: &mut SourceMap) -> Result<Checked, Vec<Diagnostic>> {
    let program = check(script, sources)?;
    let (mut settings, mut errors) = (Vec::new(), Vec::new());
    for text in sets {
        match setting(text, &program, sources) {
            Ok(s) => settings.push(s),
            Err(e) => errors.extend(e),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let program = program.with_settings(&settings)?.unwrap_or(program);
    Ok(Checked { program, settings })
}

impl Opened {
    /// Reports the inherited experiments that no longer fit the script.
    pub(crate) fn note_set_aside(&self, console: &mut Console) {
        console.report(&self.program.notes(), &self.sources);
    }
}

/// Adds the sweeps of `--sweep` to every experiment of the program that has a run, so that figures that arrange
/// experiments see them as they are run. Returns the chosen experiments with these sweeps.
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

/// Selects the experiments with the given names or patterns, or the script's own experiments if there are none. In a
/// pattern, `*` stands for any characters and `?` for one.
pub(crate) fn select<'p>(
    opened: &'p Opened,
    names: &[String],
    console: &mut Console,
) -> Result<Vec<&'p Experiment>, Exit> {
    let mut errors = Vec::new();
    let mut chosen: Vec<&Experiment> = Vec::new();
    for name in names {
        if name.contains(['*', '?']) {
            let before = chosen.len();
            let fits = |e: &&Experiment| matches(name, &e.name.text);
            let mut any = false;
            for e in opened.program.experiments.iter().filter(fits) {
                any = true;
                if !chosen[..before].iter().any(|c| std::ptr::eq(*c, e)) {
                    chosen.push(e);
                }
            }
            if !any {
                errors.push(no_match(&opened.program, name));
            }
            continue;
        }
        match opened.program.select(name) {
            Ok(e) if chosen.iter().any(|c| std::ptr::eq(*c, e)) => {}
            Ok(e) => chosen.push(e),
            Err(reasons) => errors.extend(reasons),
        }
    }
    if names.is_empty() {
        chosen.extend(opened.program.experiments.iter().filter(|e| e.name.own));
        if chosen.is_empty() {
            errors.push(opened.program.nothing_to_run());
        }
    }
    if errors.is_empty() {
        return Ok(chosen);
    }
    console.report(&errors, &opened.sources);
    Err(Exit::of(&errors, &opened.sources))
}

/// Whether a name fits a pattern.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // fits[j]: whether the pattern so far fits the first j characters of the name.
    let mut fits: Vec<bool> = std::iter::once(true).chain(name.iter().map(|_| false)).collect();
    for p in pattern {
        let mut next = vec![p == '*' && fits[0]];
        for (j, c) in name.iter().enumerate() {
            next.push(if p == '*' { fits[j + 1] || next[j] } else { fits[j] && (p == '?' || p == *c) });
        }
        fits = next;
    }
    fits[name.len()]
}

fn no_match(program: &Program, pattern: &str) -> Diagnostic {
    let d = Diagnostic::nowhere(Code::UnknownExperiment, format!("no experiment matches `{pattern}`"));
    d.help(all_experiments(program))
}

fn all_experiments(program: &Program) -> String {
    let all: Vec<&str> = program.experiments.iter().map(|e| e.name.text.as_str()).collect();
    if all.is_empty() { "this script has no experiments".into() } else { format!("experiments: {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, fits) in [
            ("fig3*", "fig3a", true),
            ("fig3*", "fig3", true),
            ("fig3*", "afig3", false),
            ("fig?", "fig2", true),
            ("fig?", "fig", false),
            ("*3*c", "fig3abc", true),
            ("*3*c", "fig3ab", false),
            ("*", "γ", true),
            ("?", "γ", true),
            ("**", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
