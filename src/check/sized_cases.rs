//! Cases that set a parameter on which the size of an array depends.
//!
//! Contract: such a case has a program of its own, to which the ids of its runs refer. Its runs have the same series as
//! those of the other cases, so that an expression may name the series of any case.

use std::sync::Arc;

use super::branches::{Branch, Case};
use super::numbers::{Given, Numbers, Sets};
use super::program::{Experiment, Program, SetAside};
use crate::diagnostic::{Code, Diagnostic};

/// The values that determine the sizes of arrays in each case in which they differ from those of the experiment, with the
/// index of the case.
pub(super) fn resized(sets: &Sets, cases: &[Case], numbers: &Numbers) -> Vec<(usize, Given)> {
    let all = |case: &Case| sets.iter().chain(&case.sets).cloned().collect::<Vec<_>>();
    // Evaluate every case first, so that all parameters that any case reads are known.
    cases.iter().for_each(|case| drop(numbers.values_read_with(&all(case))));
    let Some(here) = numbers.values_with(sets) else { return Vec::new() };
    let of = |(k, case): (usize, &Case)| Some((k, numbers.values_with(&all(case)).filter(|there| *there != here)?));
    cases.iter().enumerate().filter_map(of).collect()
}

/// The indices of the other cases.
pub(super) fn others(count: usize, resized: &[(usize, Given)]) -> Vec<usize> {
    (0..count).filter(|k| resized.iter().all(|(other, _)| other != k)).collect()
}

/// Checks a program with a single experiment for given sizes and the cases that have them.
type At<'a> = &'a dyn Fn(&Given, &[usize]) -> Result<Program, Vec<Diagnostic>>;

/// Gives each of the cases of an experiment the program for its sizes. An inherited experiment that does not fit is set
/// aside.
///
/// # Errors
/// The script has a mistake at the sizes of a case, or the case has other series than the experiment.
pub(super) fn join(
    program: &mut Program,
    key: &str,
    cases: Vec<(usize, Given)>,
    at: At<'_>,
) -> Result<(), Vec<Diagnostic>> {
    let Some(place) = program.experiments.iter().position(|e| e.name.key == key) else { return Ok(()) };
    let mut experiment = program.experiments[place].clone();
    let joined = cases.into_iter().try_for_each(|(case, sizes)| {
        let name = experiment.cases[case].name.text.clone();
        let own = at(&sizes, &[case]).map_err(|errors| in_case(errors, &name))?;
        replace(program, &mut experiment, case, own)
    });
    match joined {
        Ok(()) => program.experiments[place] = experiment,
        Err(reasons) if !experiment.name.own => {
            program.experiments.remove(place);
            program.set_aside.push(SetAside { name: experiment.name, title: experiment.title, reasons });
        }
        Err(errors) => return Err(errors),
    }
    Ok(())
}

/// Errors that a script has at the sizes of a case.
fn in_case(mut errors: Vec<Diagnostic>, case: &str) -> Vec<Diagnostic> {
    errors.iter_mut().for_each(|d| d.message = format!("case `{case}`: {}", d.message));
    errors
}

/// Replaces the runs of a case, and the states that are compared in it, by those of `own`.
fn replace(
    program: &Program,
    experiment: &mut Experiment,
    case: usize,
    mut own: Program,
) -> Result<(), Vec<Diagnostic>> {
    if let Some(aside) = own.set_aside.pop() {
        return Err(in_case(aside.reasons, &experiment.cases[case].name.text));
    }
    let Some(sized) = own.experiments.first().cloned() else { return Ok(()) };
    let (here, there) = (names(program.of(experiment), experiment), names(&own, &sized));
    if here != there {
        return Err(vec![other_series(&experiment.cases[case], &here, &there)]);
    }
    let own = Arc::new(own);
    let of_case = |branch: &Branch| branch.case == Some(case);
    let runs = experiment.branches.iter_mut().filter(|branch| of_case(branch));
    for (run, sized) in runs.zip(sized.branches.iter().filter(|branch| of_case(branch))) {
        *run = Branch { within: Some(Arc::clone(&own)), ..sized.clone() };
    }
    for (comparison, sized) in experiment.comparisons.iter_mut().zip(&sized.comparisons) {
        for (part, sized) in comparison.parts.iter_mut().zip(&sized.parts).filter(|(part, _)| part.case == case) {
            part.clone_from(sized);
        }
    }
    Ok(())
}

/// The names of the series of a run of an experiment, each with the number of its components.
fn names(program: &Program, experiment: &Experiment) -> Vec<(String, usize)> {
    let recorded = program.records.iter().map(|(name, shape)| (name, *shape));
    let model = program.observables.iter().map(|o| (&o.name, o.shape)).chain(recorded);
    let all = model.chain(experiment.observables.iter().map(|o| (&o.name, o.shape)));
    all.map(|(name, shape)| (name.text.clone(), shape.series())).collect()
}

fn other_series(case: &Case, here: &[(String, usize)], there: &[(String, usize)]) -> Diagnostic {
    let only = |a: &[(String, usize)], b: &[(String, usize)]| {
        let name = a.iter().find(|series| !b.contains(series)).map(|(name, _)| name.clone());
        name.map(|name| format!("`{name}`"))
    };
    let name = &case.name.text;
    let message = match (only(here, there), only(there, here)) {
        (_, Some(series)) => {
            format!("the case `{name}` has a series {series}, which the experiment does not have at its own sizes")
        }
        (Some(series), None) => {
            format!("the case `{name}` has no series {series}, which the experiment has at its own sizes")
        }
        (None, None) => format!("the series of the case `{name}` differ from those of the experiment"),
    };
    let place = case.sets.first().map_or(case.span, |(_, value)| value.span);
    let array = only(there, here).or_else(|| only(here, there)).unwrap_or_default();
    let array = array.trim_matches('`').split('[').next().unwrap_or_default().to_string();
    Diagnostic::new(Code::SizeFixed, message, place, "changes the size of an array").help(format!(
        "all cases must have the same series: observe the same elements in each, as in `observe {array}[k in 1..2] = …`; or sweep the parameter and collect numbers"
    ))
}

impl Branch {
    /// The program to which the ids of the run refer: that of the experiment, or that for the sizes of its case.
    #[must_use]
    pub fn program<'p>(&'p self, of: &'p Program) -> &'p Program {
        self.within.as_deref().unwrap_or(of)
    }
}
