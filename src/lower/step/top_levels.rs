//! The population of the highest level of each `boson(d)`, which a run watches: where it is not small, the truncation to d
//! levels changes the dynamics.
//!
//! It is read once a collision for each subsystem: after the step for what is alive then, else before the last `discard`,
//! or before the block that contains it. These numbers follow the records of the script; they belong to no series.

use std::sync::Arc;

use super::StepLowering;
use crate::check::SubsystemId;
use crate::ir::{Layout, Measure, Op, OpKind, Origin, Scalar, Slot};
use crate::quantum::{C64, CMat};

/// A unit before its discard.
pub(super) struct LastSeen {
    subsystem: SubsystemId,
    slot: Slot,
    /// The number of operations before its discard.
    at: usize,
}

impl StepLowering<'_, '_> {
    /// Notes that a unit is about to be discarded.
    pub(super) fn leaves(&mut self, slot: Slot) {
        let (subsystem, _) = self.ev.slots.borrow().unit_of(slot);
        if self.block.is_none() && self.watched.contains(&subsystem) {
            self.last_seen.retain(|seen| seen.subsystem != subsystem);
            self.last_seen.push(LastSeen { subsystem, slot, at: self.ops.len() });
        }
    }

    /// Adds one record for each watched subsystem, with indices from `first`.
    pub(super) fn read_top_levels(&mut self, first: usize) {
        let end = self.ops.len();
        let layout = self.ev.slots.borrow().layout.clone();
        let mut placed: Vec<(usize, OpKind)> = Vec::new();
        for (rank, subsystem) in self.watched.iter().enumerate() {
            let of_it = |slot: &&Slot| self.ev.slots.borrow().unit_of(**slot).0 == *subsystem;
            let alive: Vec<Slot> = self.alive.iter().filter(of_it).copied().collect();
            let seen = self.last_seen.iter().find(|seen| seen.subsystem == *subsystem && alive.is_empty());
            let (at, slots) = seen.map_or((end, alive), |seen| (seen.at, vec![seen.slot]));
            let value = largest(&slots, &layout);
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
