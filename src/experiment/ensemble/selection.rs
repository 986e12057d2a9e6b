//! Trajectories that a `postselect` ends.

use super::merged::Merged;
use super::samples::Samples;
use crate::check::{Case, Experiment, Program, SUCCESS, SeriesId};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::Column;

/// The series that tell whether the post-selections of a trajectory have succeeded so far, one for each case; none without
/// `postselect`.
pub(super) fn success(program: &Program, experiment: &Experiment) -> Vec<SeriesId> {
    if program.records.iter().all(|(name, _)| name.key != SUCCESS) {
        return Vec::new();
    }
    if experiment.cases.is_empty() {
        return vec![SeriesId(experiment.first_series(program, SUCCESS))];
    }
    let in_case = |(k, case): (usize, &Case)| {
        let (run, program) = experiment.run_of(k, program);
        SeriesId(case.first + run.first_series(program, SUCCESS))
    };
    experiment.cases.iter().enumerate().map(in_case).collect()
}

/// A warning for each case in which no trajectory is left. `columns` are those of a run, and `first` is the collision of
/// their first value.
pub(super) fn all_lost(samples: &Samples<'_>, merged: &Merged, columns: &[Column], first: u64) -> Vec<Diagnostic> {
    let of = success(samples.program, samples.experiment);
    let cases = samples.experiment.cases.iter().map(|case| format!(" of case `{}`", case.name.text));
    let cases = cases.chain(std::iter::once(String::new()));
    let lost = |(id, case): (&SeriesId, String)| {
        let column = columns.iter().position(|c| c.id == Some(*id))?;
        let row = (0..samples.rows).find(|row| merged.moments.mean(column * samples.rows + row) == 0.0)?;
        let n = first + row as u64;
        // An earlier collision may have left none, if it was not read.
        let when = if row == 0 && n > 1 { format!("by collision {n}") } else { format!("in collision {n}") };
        Some(last_lost(samples, merged.done, &case, &when))
    };
    of.iter().zip(cases).filter_map(lost).collect()
}

fn last_lost(samples: &Samples<'_>, count: u64, case: &str, when: &str) -> Diagnostic {
    let message = format!(
        "{when}, the last of {count} trajectories{case} fails the post-selection; the values from there on are missing"
    );
    let place = samples.program.records.iter().find(|(name, _)| name.key == SUCCESS).map(|(name, _)| name.span);
    let d = Diagnostic::nowhere(Code::NeverSelected, message);
    let d = if let Some(place) = place { d.label(place, "no trajectory is left") } else { d };
    d.help(
        "the series `success` is the fraction of trajectories that are left; use more trajectories, select outcomes that \
         are more probable, or shorten the run",
    )
}
