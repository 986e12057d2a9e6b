//! Experiments of a used protocol that no longer make sense after the script's redefinitions.
//!
//! Contract: afterwards no error lies in an inherited experiment. An inherited experiment with errors is moved,
//! together with its errors, to [`Program::set_aside`], and so is an inherited figure that shows it. Errors anywhere
//! else, including the experiments of the script itself, remain errors.

use super::program::{Experiment, PlotEntry, Program, SetAside};
use crate::diagnostic::{Code, Diagnostic};

/// Sets aside the inherited experiments that contain errors. Call this after each stage that may find errors.
pub(super) fn set_aside(program: &mut Program, errors: &mut Vec<Diagnostic>) {
    let mut kept = Vec::new();
    for e in std::mem::take(&mut program.experiments) {
        let inside = |d: &mut Diagnostic| d.labels.iter().any(|(span, _)| e.body.contains(*span));
        let reasons: Vec<Diagnostic> = if e.name.own { Vec::new() } else { errors.extract_if(.., inside).collect() };
        if reasons.is_empty() {
            kept.push(e);
        } else {
            program.set_aside.push(SetAside { name: e.name, title: e.title, reasons });
        }
    }
    program.experiments = kept;
    figures(program, errors);
}

/// Sets aside each inherited figure with a panel that is set aside, until none is left. In a figure of the script
/// itself, such a panel is an error.
fn figures(program: &mut Program, errors: &mut Vec<Diagnostic>) {
    let figure = |program: &Program| {
        program.experiments.iter().enumerate().find_map(|(at, e)| Some((at, missing_panel(program, e)?)))
    };
    while let Some((at, error)) = figure(program) {
        let e = program.experiments.remove(at);
        if e.name.own {
            errors.push(error);
        } else {
            program.set_aside.push(SetAside { name: e.name, title: e.title, reasons: vec![error] });
        }
    }
}

/// The error of a figure with a panel that is set aside, with the place of the first mistake in the panel.
fn missing_panel(program: &Program, e: &Experiment) -> Option<Diagnostic> {
    let panels =
        e.plots.iter().flatten().filter_map(|p| if let PlotEntry::Panels(keys) = p { Some(keys) } else { None });
    let missing = panels.flatten().find_map(|key| program.set_aside.iter().find(|s| s.name.key == *key))?;
    let (name, panel) = (&e.name.text, &missing.name.text);
    let reason = missing.reasons.first()?;
    let message = format!("`{name}` shows `{panel}`, which is set aside: {}", reason.message);
    let mut d = Diagnostic::new(Code::UnknownExperiment, message, e.name.span, "a panel of this figure is missing");
    if let Some((place, _)) = reason.labels.first() {
        d = d.label(*place, format!("`{panel}` no longer fits here"));
    }
    Some(d.help(format!(
        "redefine the panel with `redefine experiment {panel} {{ … }}`, or the figure with `redefine experiment {name} {{ … }}`"
    )))
}

impl SetAside {
    /// The warning for a script that inherits the experiment.
    #[must_use]
    pub fn note(&self) -> Diagnostic {
        let name = &self.name.text;
        let reason = self.reasons.first().map_or("", |d| d.message.as_str());
        let message = format!("the experiment `{name}` no longer fits and is set aside: {reason}");
        let mut d = Diagnostic::nowhere(Code::ExperimentSetAside, message);
        d.labels = self.reasons.first().and_then(|d| d.labels.first().cloned()).into_iter().collect();
        d.help(format!(
            "everything else runs; to restore it, write `redefine experiment {name} {{ … }}`, or define what it needs"
        ))
    }
}

impl Program {
    /// The errors of the experiment with this name, in any spelling, if it is set aside.
    #[must_use]
    pub fn reasons_set_aside(&self, name: &str) -> Option<&[Diagnostic]> {
        let key = crate::syntax::canonical(name);
        self.set_aside.iter().find(|s| s.name.key == key).map(|s| s.reasons.as_slice())
    }

    /// The experiment with this name, in any spelling.
    ///
    /// # Errors
    /// There is none, or it is set aside for these reasons.
    pub fn select(&self, name: &str) -> Result<&Experiment, Vec<Diagnostic>> {
        if let Some(experiment) = self.experiment(name) {
            return Ok(experiment);
        }
        if let Some(reasons) = self.reasons_set_aside(name) {
            return Err(reasons.to_vec());
        }
        let d = Diagnostic::nowhere(Code::UnknownExperiment, format!("there is no experiment `{name}`"));
        let all: Vec<&str> = self.experiments.iter().map(|e| e.name.text.as_str()).collect();
        let begins: Vec<&str> = all.iter().copied().filter(|other| other.starts_with(name)).collect();
        Err(vec![match self.nearest_experiment(name) {
            _ if !begins.is_empty() => {
                d.help(format!("these begin with `{name}`, name one or more of them: {}", begins.join(" ")))
            }
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None if all.is_empty() => d.help("this script has no experiments"),
            None => d.help(format!("experiments: {}", all.join(", "))),
        }])
    }

    /// The error for a script without an experiment of its own.
    #[must_use]
    pub fn nothing_to_run(&self) -> Diagnostic {
        let d = Diagnostic::nowhere(Code::NoExperiment, "this script has no experiment of its own");
        let used: Vec<&str> = self.experiments.iter().map(|e| e.name.text.as_str()).collect();
        if used.is_empty() {
            d.help("write one: `experiment NAME { run 2000 }`")
        } else {
            d.help(format!("name one of the experiments that it uses: {}", used.join(", ")))
        }
    }

    /// A warning for each experiment that is set aside.
    #[must_use]
    pub fn notes(&self) -> Vec<Diagnostic> {
        self.set_aside.iter().map(SetAside::note).collect()
    }
}
