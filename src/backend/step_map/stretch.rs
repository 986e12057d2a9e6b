//! What is to be compiled: a step that ends as it begins, and what is read in it.

use std::collections::BTreeSet;

use super::functionals::{Functionals, Tables};
use super::readout::{Asked, Readout};
use crate::ir::{Layout, Op, OpKind, Scalar, Slot, Step};

/// Why there is no map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// `uncorrelate` in the step; for a product of marginals, inside a block of it.
    Nonlinear,
    /// No `uncorrelate` in the step.
    Linear,
    /// The step ends with other slots than it begins with.
    NotSettled,
    /// More basis elements are needed than are worth it; so many were asked for, at least.
    TooLarge {
        /// How many.
        needed: usize,
        /// How many are allowed.
        allowed: usize,
    },
}

/// A step that is to be compiled: from its beginning to its end and on as the next one.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The step; it ends with the slots alive with which it begins.
    pub step: &'a Step,
    /// Its slots.
    pub layout: &'a Layout,
    /// What is observed behind it.
    pub observables: &'a [Scalar],
}

impl Stretch<'_> {
    /// # Errors
    /// [`Refusal::NotSettled`]
    pub(super) fn check_settled(&self) -> Result<(), Refusal> {
        let mut next: Vec<Slot> = self.step.advance.iter().map(|(_, new)| *new).collect();
        next.sort_unstable();
        if next == self.step.entry { Ok(()) } else { Err(Refusal::NotSettled) }
    }

    /// What a slot of the next step is called in this one.
    pub(super) fn exit_of(&self, next: Slot) -> Slot {
        let pair = self.step.advance.iter().find(|(_, new)| *new == next);
        pair.expect("every slot of the next step was alive in this one").0
    }
}

/// Whether an operation, or one nested in it, is no linear map of the state.
pub(super) fn is_nonlinear(op: &Op) -> bool {
    match &op.kind {
        OpKind::Uncorrelate { .. } => true,
        OpKind::Mix { then, otherwise, .. } => then.iter().chain(otherwise).any(is_nonlinear),
        OpKind::Repeat { body, .. } => body.iter().any(is_nonlinear),
        _ => false,
    }
}

/// Functionals of the state before operation `at` of the step.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) at: usize,
    /// The number of the first.
    pub(super) first: usize,
    pub(super) functionals: Functionals,
}

/// What is read in a collision.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Observables first, then records.
    pub(super) readouts: Vec<Readout>,
    /// How many functionals they speak of.
    pub(super) count: usize,
    /// These, where they stand.
    pub(super) asked: Vec<Placed>,
}

/// What is read, and the functionals that are needed for it.
pub(super) fn read(stretch: Stretch<'_>, tables: &mut Tables) -> Reading {
    let Stretch { step, layout, observables } = stretch;
    let mut out = Reading::default();
    let mut alive: BTreeSet<Slot> = step.entry.iter().copied().collect();
    let mut asked = Asked::new(layout, &alive, 0);
    for scalar in observables {
        out.readouts.push(Readout { formula: asked.formula(scalar, tables), origin: None });
    }
    out.place(step.ops.len(), asked.functionals().map(|f| f.renamed(|slot| stretch.exit_of(slot))));
    for (at, op) in step.ops.iter().enumerate() {
        if let OpKind::Record { value, .. } = &op.kind {
            let mut asked = Asked::new(layout, &alive, out.count);
            out.readouts.push(Readout { formula: asked.formula(value, tables), origin: Some(op.origin) });
            out.place(at, asked.functionals());
        }
        op.update_alive(&mut alive);
    }
    out
}

impl Reading {
    fn place(&mut self, at: usize, functionals: Option<Functionals>) {
        if let Some(functionals) = functionals {
            let first = self.count;
            self.count += functionals.len();
            self.asked.push(Placed { at, first, functionals });
        }
    }
}
