//! The population of the highest level of each `boson(d)`, which a run watches: where it is not small, the truncation to d
//! levels changes the dynamics.
//!
//! It is read once a collision for each subsystem: after the step, unless the last of its `reset` and `discard` statements is
//! a `reset`, or a `discard` that leaves no unit alive; then before that statement, or before the outermost block that contains
//! it. These numbers follow the records of the script; they belong to no series.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::StepLowering;
use crate::check::SubsystemId;
use crate::ir::{Layout, Measure, Op, OpKind, Origin, Scalar, Slot};
use crate::quantum::{C64, CMat};

/// A subsystem before a `discard` or a `reset`.
pub(super) struct LastSeen {
    subsystem: SubsystemId,
    /// The units of it that are alive then.
    slots: Vec<Slot>,
    /// The number of operations before it.
    at: usize,
    /// Whether it lives on in a new state.
    is_reset: bool,
}

impl StepLowering<'_, '_> {
    /// Notes that a unit is about to be discarded.
    pub(super) fn leaves(&mut self, slot: Slot) {
        self.last_seen(slot, false);
    }

    /// Notes that a subsystem is about to be reset, or that this happens in the open block.
    pub(super) fn starts_anew(&mut self, slot: Slot) {
        match self.block {
            Some(_) => drop(self.reset_in_block.insert(slot)),
            None => self.last_seen(slot, true),
        }
    }

    /// Notes what is discarded or reset in the block whose operations are about to be added.
    pub(super) fn block_ends(&mut self, gone: Vec<Slot>) {
        gone.into_iter().for_each(|slot| self.leaves(slot));
        if self.block.is_none() {
            std::mem::take(&mut self.reset_in_block).into_iter().for_each(|slot| self.last_seen(slot, true));
        }
    }

    fn last_seen(&mut self, slot: Slot, is_reset: bool) {
        let (subsystem, _) = self.ev.slots.borrow().unit_of(slot);
        if self.block.is_none() && self.watched.contains(&subsystem) {
            let slots = self.alive_of(subsystem).into_iter().chain([slot]).collect::<BTreeSet<_>>();
            self.last_seen.retain(|seen| seen.subsystem != subsystem);
            let (slots, at) = (slots.into_iter().collect(), self.ops.len());
            self.last_seen.push(LastSeen { subsystem, slots, at, is_reset });
        }
    }

    fn alive_of(&self, subsystem: SubsystemId) -> Vec<Slot> {
        let slots = self.ev.slots.borrow();
        self.alive.iter().copied().filter(|slot| slots.unit_of(*slot).0 == subsystem).collect()
    }

    /// Adds one record for each watched subsystem, with indices from `first`.
    pub(super) fn read_top_levels(&mut self, first: usize) {
        let end = self.ops.len();
        let layout = self.ev.slots.borrow().layout.clone();
        let mut placed: Vec<(usize, OpKind)> = Vec::new();
        for (rank, subsystem) in self.watched.iter().enumerate() {
            let alive = self.alive_of(*subsystem);
            let decides = |seen: &&LastSeen| seen.subsystem == *subsystem && (seen.is_reset || alive.is_empty());
            let seen = self.last_seen.iter().find(decides);
            let (at, slots) = seen.map_or((end, &alive), |seen| (seen.at, &seen.slots));
            let value = largest(slots, &layout);
            placed.push((at, OpKind::Record { index: first + rank, label: "top level".into(), value }));
        }
        placed.sort_by_key(|(at, _)| *at);
        for (at, kind) in placed.into_iter().rev() {
            // What it reads has no statement of its own: it counts as the operation before it.
            let origin = self.ops[..at].last().map_or(Origin(0), |op| op.origin);
            self.ops.insert(at, Op { origin, kind });
        }
    }
}

/// max ⟨d−1|ρ|d−1⟩ over the slots; missing without slots.
fn largest(slots: &[Slot], layout: &Layout) -> Scalar {
    let population = |slot: &Slot| {
        let dim = layout.dim(*slot);
        let mut top = CMat::zeros(dim, dim);
        top[(dim - 1, dim - 1)] = C64::ONE;
        Scalar::Measure(Measure::Expectation { terms: vec![(vec![*slot], Arc::new(top))], label: "top level".into() })
    };
    let mut args: Vec<Scalar> = slots.iter().map(population).collect();
    match args.len() {
        0 => Scalar::Constant(C64::from(f64::NAN)),
        1 => args.swap_remove(0),
        _ => Scalar::Apply { name: "max", function: maximum, args },
    }
}

fn maximum(populations: &[C64]) -> C64 {
    C64::from(populations.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max))
}
