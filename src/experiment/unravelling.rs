//! What the trajectories of an experiment sample, and the numbers that have no meaning if they sample everything.

use std::collections::BTreeSet;

use super::joined::Source;
use super::{Backend, Options, Prepared, Ready};
use crate::backend::{FaultKind, Impurity, Pure, Request, Samples, StateBackend};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Op, OpKind, Scalar, Slot, Step};
use crate::lower::{Column, ColumnKind, Model};
use crate::source::Span;

impl Ready<'_> {
    /// The runs of the gate sequence.
    fn runs(&self) -> Vec<&Prepared<'_>> {
        match self {
            Self::One(prepared) => vec![&**prepared],
            Self::Several(runs) => runs.all().collect(),
            Self::Ensemble(_) => Vec::new(),
        }
    }

    /// What the runs of a trajectory sample, in words.
    pub(super) fn sampled(&self) -> Vec<String> {
        let runs = self.runs();
        let numbers = runs.iter().any(|run| run.model.draws_numbers());
        let has = |wanted: fn(&OpKind) -> bool| {
            let in_run = |run: &&Prepared<'_>| {
                run.request.steps.first.iter().flat_map(|c| &c.step.ops).any(|op| op.contains(wanted))
            };
            runs.iter().any(in_run)
        };
        let all: Vec<&Prepared<'_>> =
            runs.iter().copied().filter(|run| run.request.samples() == Samples::Everything).collect();
        let written = |wanted: fn(&OpKind) -> bool| {
            let steps = all.iter().flat_map(|run| run.request.steps.first.iter().flat_map(|c| &c.written.ops));
            all.iter().flat_map(|run| &run.request.start.ops).chain(steps).any(|op| op.contains(wanted))
        };
        let discards = all.iter().any(|run| run.request.steps.first.iter().any(|c| discards(&c.written)));
        let found = [
            (numbers, "random numbers of the step"),
            (has(OpKind::is_mixture), "`with probability`"),
            (has(|kind| matches!(kind, OpKind::Measure { .. })), "outcomes of measurements"),
            (written(|kind| matches!(impurity(kind), Some(Impurity::Channel { .. }))), "channels"),
            (written(|kind| matches!(impurity(kind), Some(Impurity::MixedState { .. }))), "mixed states"),
            (discards, "discarded subsystems"),
        ];
        found.iter().filter(|(found, _)| *found).map(|(_, words)| (*words).to_string()).collect()
    }
}

/// Adds to the error for a density matrix that does not fit the hint that trajectories can run on state vectors.
pub(super) fn or_sample(d: Diagnostic, options: &Options) -> Diagnostic {
    if options.trajectory.is_none() || options.backend == Backend::Pure {
        return d;
    }
    d.help(
        "or run the trajectories on state vectors with `--backend pure`, which samples discarded subsystems too and refuses nonlinear measures",
    )
}

/// Why an operation makes the state of a trajectory mixed.
fn impurity(kind: &OpKind) -> Option<Impurity> {
    match Pure::new().refuses(kind, Samples::Outcomes) {
        Some(FaultKind::Impure(why)) => Some(why),
        _ => None,
    }
}

/// Whether a step discards anything but the registers of its measurements.
fn discards(step: &Step) -> bool {
    let register = |op: &Op| if let OpKind::Measure { register, .. } = op.kind { Some(register) } else { None };
    let registers: BTreeSet<Slot> = step.ops.iter().filter_map(register).collect();
    step.ops.iter().any(|op| match &op.kind {
        OpKind::Discard { slots } => slots.iter().any(|slot| !registers.contains(slot)),
        _ => op.contains(|kind| matches!(kind, OpKind::Discard { .. })),
    })
}

/// Refuses numbers that are not linear in the state, if the run samples everything.
///
/// # Errors
/// E623 for each series.
pub(super) fn refuse_nonlinear(
    model: &Model<'_>,
    columns: &[Column],
    request: &Request,
) -> Result<(), Vec<Diagnostic>> {
    if request.samples() != Samples::Everything {
        return Ok(());
    }
    let of_kind = |kind| columns.iter().filter(move |c| c.kind == kind);
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut refuse = |name: &str, place: Option<Span>, value: &Scalar| {
        let d = not_linear(name, place);
        if !value.is_linear() && !errors.iter().any(|known| known.labels == d.labels) {
            errors.push(d);
        }
    };
    let steps = || request.steps.first.iter();
    for observables in [&request.start.observables].into_iter().chain(steps().map(|c| &c.observables)) {
        of_kind(ColumnKind::Observed).zip(observables).for_each(|(c, value)| refuse(&c.name, c.place, value));
    }
    for op in steps().flat_map(|c| &c.step.ops) {
        // After the records of the script, a step records the highest levels of bosons.
        if let OpKind::Record { index, value, .. } = &op.kind
            && let Some(column) = of_kind(ColumnKind::Recorded).nth(*index)
        {
            refuse(&column.name, Some(model.place(op.origin)), value);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Refuses comparisons of the states of two cases, if a run samples everything.
///
/// # Errors
/// E623 for each comparison.
pub(super) fn refuse_comparisons<'r, 'p: 'r>(
    columns: &[Column],
    sources: &[Source],
    mut runs: impl Iterator<Item = &'r Prepared<'p>>,
) -> Result<(), Vec<Diagnostic>> {
    if !runs.any(|run| run.request.samples() == Samples::Everything) {
        return Ok(());
    }
    let compared = columns.iter().zip(sources).filter(|(_, source)| matches!(source, Source::Comparison { .. }));
    let errors: Vec<Diagnostic> = compared.map(|(c, _)| not_linear(&c.name, c.place)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn not_linear(name: &str, place: Option<Span>) -> Diagnostic {
    let message = format!(
        "`{name}` is not linear in the state: its mean over state vectors would depend on how channels, mixed states and \
         discarded subsystems are sampled"
    );
    let d = Diagnostic::nowhere(Code::NotLinear, message);
    let d = if let Some(place) = place { d.label(place, "not linear in the state") } else { d };
    d.help(
        "leave out `--backend pure`: a density matrix averages over them exactly; or observe expectation values and \
         populations, such as `<Z(s)>`",
    )
}
