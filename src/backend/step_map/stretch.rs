//! The input of a compilation: a step whose live slots at the end are those at the beginning, and its readouts.

use std::collections::BTreeSet;
use std::ops::Range;

use super::heisenberg::{Observables, Tables};
use super::readout::{Formula, Readout, Requested};
use crate::backend::Stopped;
use crate::ir::{Collision, Layout, Measure, Op, OpKind, Origin, Period, Scalar, Slot, Step, Weight};
use crate::quantum::CMat;

/// Why a step has no map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The step contains `uncorrelate`; for a marginal map, inside a block.
    Nonlinear,
    /// The step contains no `uncorrelate`, so a marginal map does not apply.
    Linear,
    /// The step contains `postselect`, so the state is divided by a probability.
    Postselected,
    /// The live slots at the end of the step differ from those at its beginning.
    NotSettled,
    /// A gate, state or measure acts on subsystems of dimension d > [`WIDEST`]: its matrix on the Hermitian basis would
    /// have d⁴ entries.
    TooWide {
        /// d
        dimension: usize,
    },
    /// The map needs more basis elements than allowed.
    TooLarge {
        /// The number of elements found to be needed so far.
        needed: usize,
        /// The number of elements allowed.
        allowed: usize,
    },
    /// The compilation was interrupted.
    Stopped,
}

impl From<Stopped> for Refusal {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

/// A step to be compiled, which repeats in every collision.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The step; its live slots at the end are those at the beginning.
    pub step: &'a Step,
    /// The dimensions and labels of its slots.
    pub layout: &'a Layout,
    /// The observables to evaluate within the step, after as many operations. They name the slots of the step.
    pub within: &'a [(usize, Vec<Scalar>)],
    /// The observables to evaluate after the step. They name the slots of the next step.
    pub observables: &'a [Scalar],
}

impl<'a> From<&'a Collision> for Stretch<'a> {
    fn from(Collision { step, layout, observables, .. }: &'a Collision) -> Self {
        Self { step, layout, within: &[], observables }
    }
}

impl<'a> From<&'a Period> for Stretch<'a> {
    fn from(Period { collision, within }: &'a Period) -> Self {
        Self { within, ..Self::from(&**collision) }
    }
}

/// The largest dimension of the subsystems of a gate or measure: its matrix on the Hermitian basis then takes 8 MB.
pub const WIDEST: usize = 32;

impl Stretch<'_> {
    /// # Errors
    /// [`Refusal::NotSettled`], [`Refusal::TooWide`]
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let mut next: Vec<Slot> = self.step.advance.iter().map(|(_, new)| *new).collect();
        next.sort_unstable();
        if next != self.step.entry {
            return Err(Refusal::NotSettled);
        }
        let within = self.within.iter().flat_map(|(_, observables)| observables);
        let observed = within.chain(self.observables).map(|scalar| self.width_of(scalar));
        let dimension = observed.chain(self.step.ops.iter().map(|op| self.width(op))).max().unwrap_or(1);
        if dimension <= WIDEST { Ok(()) } else { Err(Refusal::TooWide { dimension }) }
    }

    /// The dimension of the largest matrix of an operation, including nested operations.
    fn width(&self, op: &Op) -> usize {
        let widest = |ops: &[Op]| ops.iter().map(|op| self.width(op)).max().unwrap_or(1);
        match &op.kind {
            OpKind::Attach { state, .. } => state.nrows(),
            OpKind::Unitary { matrix, .. } => matrix.nrows(),
            OpKind::Channel { kraus, .. } => kraus.first().map_or(1, CMat::nrows),
            OpKind::Record { value, .. } => self.width_of(value),
            OpKind::Measure { instrument, .. } => instrument.dim().max(instrument.outcomes.len()),
            OpKind::Mix { weight, then, otherwise } => {
                let registers = if let Weight::Event(event) = weight { event.occurs.len() } else { 1 };
                registers.max(widest(then)).max(widest(otherwise))
            }
            OpKind::Repeat { body, .. } => widest(body),
            OpKind::Postselect { event, .. } => event.occurs.len(),
            OpKind::Discard { .. } | OpKind::Uncorrelate { .. } => 1,
        }
    }

    fn width_of(&self, scalar: &Scalar) -> usize {
        match scalar {
            Scalar::Constant(_) | Scalar::Recorded { .. } => 1,
            Scalar::Measure(Measure::Expectation { terms, .. }) => {
                terms.iter().map(|(_, a)| a.nrows()).max().unwrap_or(1)
            }
            Scalar::Measure(Measure::Reduced { slots, .. }) => self.layout.dims(slots).iter().product(),
            Scalar::Apply { args, .. } => args.iter().map(|arg| self.width_of(arg)).max().unwrap_or(1),
        }
    }

    /// The name in this step of a slot of the next step.
    pub(super) fn exit_of(&self, next: Slot) -> Slot {
        let pair = self.step.advance.iter().find(|(_, new)| *new == next);
        pair.expect("every slot of the next step was alive in this one").0
    }
}

/// Whether an operation, or an operation nested in it, is not a linear map of the state.
pub(super) fn is_nonlinear(op: &Op) -> bool {
    match &op.kind {
        OpKind::Uncorrelate { .. } => true,
        OpKind::Mix { then, otherwise, .. } => then.iter().chain(otherwise).any(is_nonlinear),
        OpKind::Repeat { body, .. } => body.iter().any(is_nonlinear),
        _ => false,
    }
}

/// Whether an operation, with its nested operations, maps ρ to UρU† for a unitary U, or records a number.
pub(super) fn is_unitary(op: &Op) -> bool {
    match &op.kind {
        OpKind::Unitary { .. } | OpKind::Record { .. } => true,
        OpKind::Repeat { body, .. } => body.iter().all(is_unitary),
        _ => false,
    }
}

/// The first post-selection of a step, which is at its top level; `None` if it preserves the trace.
pub(super) fn postselection(ops: &[Op]) -> Option<&Op> {
    ops.iter().find(|op| matches!(op.kind, OpKind::Postselect { .. }))
}

/// The operations without records, which occur at the top level only.
pub(super) fn unread(ops: &[Op]) -> Vec<Op> {
    ops.iter().filter(|op| !matches!(op.kind, OpKind::Record { .. })).cloned().collect()
}

/// Observables of the state before operation `at` of the step.
#[derive(Debug)]
pub(super) struct Placed {
    /// The index of the operation; the length of the step for the state after it.
    pub(super) at: usize,
    /// The index of the first of the observables among all observables of the reading.
    pub(super) first: usize,
    pub(super) observables: Observables,
}

/// The readouts of a collision, and the observables from which they are computed.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The readouts: those of the observables first, in the order of their places, then those of the records in the order
    /// of their indices.
    pub(super) readouts: Vec<Readout>,
    /// The number of observables from which the readouts are computed.
    pub(super) count: usize,
    /// These observables, grouped by their place in the step.
    pub(super) requested: Vec<Placed>,
    /// For a step with post-selection: how the values are normalised.
    pub(super) norms: Option<Norms>,
}

/// In a step with post-selection, the map gives expectation values in a state whose trace is not 1: they are divided by the
/// trace at their place.
#[derive(Debug, Default, Clone)]
pub(super) struct Norms {
    /// The observables at one place, and the index of the trace there.
    pub(super) groups: Vec<(Range<usize>, usize)>,
    /// The index of the trace after the step.
    pub(super) end: usize,
    /// The index of the value that holds the product of all probabilities so far.
    pub(super) success: usize,
    /// The statement of the first post-selection.
    pub(super) origin: Option<Origin>,
}

/// Collects the readouts of a step, and the observables from which they are computed.
pub(super) fn read(stretch: Stretch<'_>, tables: &mut Tables) -> Reading {
    let Stretch { step, layout, observables, .. } = stretch;
    let mut out = Reading::default();
    out.read_within(stretch, tables);
    let mut alive: BTreeSet<Slot> = step.entry.iter().copied().collect();
    let mut requested = Requested::new(layout, &alive, out.count);
    for scalar in observables {
        out.readouts.push(Readout { formula: requested.formula(scalar, tables), origin: None });
    }
    let first = postselection(&step.ops);
    let mut norms = first.map(|op| Norms { end: requested.trace(), origin: Some(op.origin), ..Norms::default() });
    out.place(step.ops.len(), requested.observables().map(|f| f.renamed(|slot| stretch.exit_of(slot))));
    if let Some(norms) = &mut norms {
        norms.groups.push((0..out.count, norms.end));
    }
    let mut records = Vec::new();
    for (at, op) in step.ops.iter().enumerate() {
        if let OpKind::Record { index, value, .. } = &op.kind {
            let first = out.count;
            let mut requested = Requested::new(layout, &alive, first).after(&records);
            records.push((*index, Readout { formula: requested.formula(value, tables), origin: Some(op.origin) }));
            let norm = norms.as_mut().map(|_| requested.trace());
            out.place(at, requested.observables());
            if let (Some(norms), Some(norm)) = (&mut norms, norm) {
                norms.groups.push((first..out.count, norm));
            }
        }
        op.update_alive(&mut alive);
    }
    if let Some(norms) = &mut norms {
        norms.success = out.count;
        let formula = || Formula::Linear { re: out.count, im: None };
        let index = step
            .ops
            .iter()
            .find_map(|op| if let OpKind::Postselect { success, .. } = op.kind { success } else { None });
        records.extend(index.map(|index| (index, Readout { formula: formula(), origin: norms.origin })));
    }
    out.norms = norms;
    records.sort_by_key(|(index, _)| *index);
    out.readouts.extend(records.into_iter().map(|(_, readout)| readout));
    out
}

impl Reading {
    /// Collects the observables within the step.
    fn read_within(&mut self, Stretch { step, layout, within, .. }: Stretch<'_>, tables: &mut Tables) {
        let mut alive: BTreeSet<Slot> = step.entry.iter().copied().collect();
        let mut done = 0;
        for (at, observables) in within {
            step.ops[done..*at].iter().for_each(|op| op.update_alive(&mut alive));
            done = *at;
            let mut requested = Requested::new(layout, &alive, self.count);
            let formulas = observables.iter().map(|scalar| requested.formula(scalar, tables));
            self.readouts.extend(formulas.map(|formula| Readout { formula, origin: None }));
            let placed = requested.observables();
            self.place(*at, placed);
        }
    }

    fn place(&mut self, at: usize, observables: Option<Observables>) {
        if let Some(observables) = observables {
            let first = self.count;
            self.count += observables.len();
            self.requested.push(Placed { at, first, observables });
        }
    }
}
