//! The series that a point of a sweep must compute.

use std::collections::BTreeSet;

use crate::builtins::Form;
use crate::check::{Analysis, Experiment, Expr, ExprKind, Program, SeriesId, children};

/// The series that the analysis and the `until` condition of a point use; `None` if all series are needed, because they
/// are results, `settled` compares them, or `gap` is that of the slowest mode that any of them sees.
pub(in crate::experiment) fn needed(program: &Program, experiment: &Experiment) -> Option<BTreeSet<SeriesId>> {
    fn gather(e: &Expr, out: &mut BTreeSet<SeriesId>) {
        if let ExprKind::Series(id) = e.kind {
            out.insert(id);
        }
        children(e, &mut |c| gather(c, out));
    }
    let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
    if !experiment.has_table() || until.is_some_and(compares_all) {
        return None;
    }
    let mut out = BTreeSet::new();
    for a in &experiment.analysis {
        match a {
            Analysis::Let { value, .. } | Analysis::Collect { value, .. } => gather(value, &mut out),
            Analysis::Expect { .. } => {}
        }
    }
    until.into_iter().for_each(|until| gather(until, &mut out));
    let whole = experiment.gap(program).is_some_and(|gap| out.contains(&gap));
    (!whole).then_some(out)
}

/// Whether a condition of `until` contains `settled`.
fn compares_all(e: &Expr) -> bool {
    let mut found = matches!(e.kind, ExprKind::Form { form: Form::Settled, .. });
    children(e, &mut |c| found |= compares_all(c));
    found
}
