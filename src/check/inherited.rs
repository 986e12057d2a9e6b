//! Experiments of a used protocol that no longer make sense after the script's redefinitions.
//!
//! Contract: afterwards no error lies in an experiment that the script inherits. Such an experiment has left the program
//! for [`Program::set_aside`], with its errors; so has an inherited figure that shows one of them. What is wrong anywhere
//! else, and in an experiment of the script itself, stays an error.

use super::program::{Experiment, PlotEntry, Program, SetAside};
use crate::diagnostic::{Code, Diagnostic};

/// Sets aside the inherited experiments in which there are errors. To be called after each stage that finds some.
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

/// A figure of panels goes with its panels, and a figure with it that shows that one.
fn figures(program: &mut Program, errors: &mut Vec<Diagnostic>) {
    while let Some((at, reasons)) = program.experiments.iter().enumerate().find_map(|(at, e)| {
        let reasons = missing_panel(program, e)?;
        Some((at, reasons))
    }) {
        let e = program.experiments.remove(at);
        if e.name.own {
            errors.extend(reasons);
        } else {
            program.set_aside.push(SetAside { name: e.name, title: e.title, reasons });
        }
    }
}

/// What is wrong with a figure of which a panel is set aside: that, and the errors of the panel.
fn missing_panel(program: &Program, e: &Experiment) -> Option<Vec<Diagnostic>> {
    let panels =
        e.plots.iter().flatten().filter_map(|p| if let PlotEntry::Panels(keys) = p { Some(keys) } else { None });
    let missing = panels.flatten().find_map(|key| program.set_aside.iter().find(|s| s.name.key == *key))?;
    let message = format!("`{}` shows `{}`, which is set aside", e.name.text, missing.name.text);
    let d =
        Diagnostic::new(Code::UnknownExperiment, message, e.name.span, "a figure without this panel").help(format!(
            "redefine the panel, `redefine experiment {} {{ … }}`, or the figure, `redefine experiment {} {{ … }}`",
            missing.name.text, e.name.text
        ));
    Some(std::iter::once(d).chain(missing.reasons.iter().cloned()).collect())
}

impl SetAside {
    /// The warning for a script that inherits the experiment.
    #[must_use]
    pub fn note(&self) -> Diagnostic {
        let name = &self.name.text;
        let reason = self.reasons.first().map_or("", |d| d.message.as_str());
        let message = format!("the experiment `{name}` no longer fits and is set aside: {reason}");
        let mut d = Diagnostic::nowhere(Code::ExperimentSetAside, message);
        d.labels = self.reasons.first().map_or_else(Vec::new, |d| d.labels.clone());
        d.help(format!(
            "everything else runs; to have it back, replace it by `redefine experiment {name} {{ … }}`, or define what it needs"
        ))
    }
}

impl Program {
    /// The errors of a set-aside experiment of that name, in any spelling.
    #[must_use]
    pub fn reasons_set_aside(&self, name: &str) -> Option<&[Diagnostic]> {
        let key = crate::syntax::canonical(name);
        self.set_aside.iter().find(|s| s.name.key == key).map(|s| s.reasons.as_slice())
    }

    /// A warning for each experiment that is set aside.
    #[must_use]
    pub fn notes(&self) -> Vec<Diagnostic> {
        self.set_aside.iter().map(SetAside::note).collect()
    }
}
