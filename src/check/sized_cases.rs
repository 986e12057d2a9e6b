//! Cases that set a parameter on which the size of an array depends.
//!
//! Contract: such a case has a program of its own, to which the ids of its runs refer. It is checked first, with nothing but
//! the runs of the experiment; from its program, the experiment knows which series the case has.

use std::sync::Arc;

use super::arrays::{SeriesArray, base};
use super::branches::{Branch, Case};
use super::experiments::series_keys;
use super::numbers::{Given, Numbers, Sets};
use super::program::{Experiment, Program, SeriesId, SetAside};
use super::steady::GAP;
use crate::ast::{ExperimentItem, ExperimentItemKind};
use crate::diagnostic::Diagnostic;

/// The cases with sizes of their own, by index, each with the program that was checked for them.
pub(super) type Programs = [(usize, Arc<Program>)];

/// What is checked of an experiment whose cases have different sizes.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// The runs of one case, for its sizes.
    Case(usize),
    /// Everything else, for the sizes of the experiment.
    Rest(&'a Programs),
}

impl Part<'_> {
    /// Whether a statement of the experiment belongs to this part.
    pub(super) fn contains(self, item: &ExperimentItem) -> bool {
        use ExperimentItemKind::{Case, Draw, Observe, Run, Set, Start, Steady, Trajectories};
        matches!(self, Self::Rest(_))
            || matches!(
                item.kind,
                Case { .. } | Draw(_) | Observe(_) | Run { .. } | Set(_) | Start(_) | Steady | Trajectories { .. }
            )
    }
}

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

/// The keys of the series of a run of a case with its ids, and the number of its series.
pub(super) fn series(program: &Program) -> (Vec<(String, SeriesId)>, usize) {
    let Some(experiment) = program.experiments.first() else { return (Vec::new(), 0) };
    let recorded = program.records.iter().map(|(name, shape)| (name, *shape));
    let model = program.observables.iter().map(|o| (&o.name, o.shape)).chain(recorded);
    let all = model.chain(experiment.observables.iter().map(|o| (&o.name, o.shape)));
    let mut keys: Vec<String> = all.flat_map(|(name, shape)| series_keys(&name.key, shape)).collect();
    let count = keys.len() + usize::from(experiment.is_steady());
    if experiment.is_steady() && !program.names.contains_key(GAP) {
        keys.push(GAP.to_string());
    }
    (keys.into_iter().enumerate().map(|(at, key)| (key, SeriesId(at))).collect(), count)
}

/// Arrays with those of their elements that are among the series of a case.
pub(super) fn arrays(all: &[SeriesArray], series: &[(String, SeriesId)]) -> Vec<SeriesArray> {
    let index = |key: &str| key.split_once('[')?.1.split_once(']')?.0.parse::<i64>().ok();
    let in_case = |array: &SeriesArray| {
        let own = series.iter().filter(|(key, _)| base(key) == array.name.key);
        let mut indices: Vec<i64> = own.filter_map(|(key, _)| index(key)).collect();
        indices.dedup();
        SeriesArray { indices, ..array.clone() }
    };
    all.iter().map(in_case).collect()
}

/// Checks an experiment alone for some sizes.
type At<'a> = &'a dyn Fn(&Given, Part<'_>) -> Result<Program, Vec<Diagnostic>>;

/// Checks an experiment for sizes that differ from those of the program, or between its cases, and inserts it at its place.
/// An inherited experiment that has mistakes in a case is set aside.
///
/// # Errors
/// The mistakes in the script at these sizes.
pub(super) fn insert(
    program: &mut Program,
    place: usize,
    (experiment, sizes, cases): (Experiment, &Given, &[(usize, Given)]),
    at: At<'_>,
) -> Result<(), Vec<Diagnostic>> {
    let of_case = |(k, sizes): &(usize, Given)| {
        let mut own = at(sizes, Part::Case(*k))?;
        let reasons = own.set_aside.pop().map_or_else(Vec::new, |aside| aside.reasons);
        if reasons.is_empty() { Ok((*k, Arc::new(own))) } else { Err(reasons) }
    };
    let mut programs = Vec::new();
    for case in cases {
        match of_case(case) {
            Ok(own) => programs.push(own),
            Err(errors) => {
                let reasons = in_case(errors, &experiment.cases[case.0].name.text);
                if experiment.name.own {
                    return Err(reasons);
                }
                program.set_aside.push(SetAside { name: experiment.name, title: experiment.title, reasons });
                return Ok(());
            }
        }
    }
    let mut own = at(sizes, Part::Rest(&programs))?;
    program.set_aside.append(&mut own.set_aside);
    // A parameter from which only a case computes its sizes was not read.
    let unread = sizes.iter().filter(|(id, _)| own.sizes.iter().all(|(read, _)| read != *id));
    let unread: Vec<_> = unread.map(|(id, x)| (*id, *x)).collect();
    own.sizes.extend(unread);
    if let Some(mut experiment) = own.experiments.pop() {
        programs.iter().for_each(|(case, program)| replace(&mut experiment, *case, program));
        let place = place.min(program.experiments.len());
        program.experiments.insert(place, Experiment { within: Some(Arc::new(own)), ..experiment });
    }
    Ok(())
}

/// Errors that a script has at the sizes of a case.
fn in_case(mut errors: Vec<Diagnostic>, case: &str) -> Vec<Diagnostic> {
    errors.iter_mut().for_each(|d| d.message = format!("case `{case}`: {}", d.message));
    errors
}

/// Replaces the runs of a case, and the states that are compared in it, by those of its own program.
fn replace(experiment: &mut Experiment, case: usize, own: &Arc<Program>) {
    let Some(sized) = own.experiments.first() else { return };
    let of_case = |branch: &Branch| branch.case == Some(case);
    let runs = experiment.branches.iter_mut().filter(|branch| of_case(branch));
    for (run, sized) in runs.zip(sized.branches.iter().filter(|branch| of_case(branch))) {
        *run = Branch { within: Some(Arc::clone(own)), ..sized.clone() };
    }
    for (comparison, sized) in experiment.comparisons.iter_mut().zip(&sized.comparisons) {
        for (part, sized) in comparison.parts.iter_mut().zip(&sized.parts).filter(|(part, _)| part.case == case) {
            part.clone_from(sized);
        }
    }
}

impl Branch {
    /// The program to which the ids of the run refer: that of the experiment, or that for the sizes of its case.
    #[must_use]
    pub fn program<'p>(&'p self, of: &'p Program) -> &'p Program {
        self.within.as_deref().unwrap_or(of)
    }
}

impl Experiment {
    /// The run of a case and the program to which its ids refer; `of` is that of the experiment.
    #[must_use]
    pub fn run_of<'p>(&'p self, case: usize, of: &'p Program) -> (&'p Self, &'p Program) {
        let branch = self.branches.iter().find(|branch| branch.case == Some(case));
        branch.map_or((self, of), |branch| (&branch.experiment, branch.program(of)))
    }

    /// The run to which an observed or recorded series belongs, its program, and the index of the series in the run.
    #[must_use]
    pub fn locate<'p>(&'p self, id: SeriesId, of: &'p Program) -> (&'p Self, &'p Program, usize) {
        let Some(case) = self.cases.iter().rposition(|case| case.first <= id.0) else { return (self, of, id.0) };
        let (run, program) = self.run_of(case, of);
        (run, program, id.0 - self.cases[case].first)
    }
}
