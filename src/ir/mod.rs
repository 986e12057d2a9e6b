//! The gate sequence: what runs, with all numbers in place and no names left.
//!
//! Contract of a [`Step`]: every slot that an operation mentions is alive there (carried in from the step before, or
//! attached earlier and not yet discarded); every matrix acts on its targets in their order, the first target the most
//! significant index of the Kronecker product; unitaries are unitary, channels preserve the trace and states have
//! trace 1 within rounding (all checked when the sequence was made); `Uncorrelate` names each slot alive there once.

mod cost;
mod liveness;
mod passes;
mod print;

use std::sync::Arc;

pub(crate) use cost::MAX_TILE_SIDE;
pub use cost::{Cost, Lifetime, cost, lifetimes};
pub use passes::optimise;
pub use print::print;

use crate::quantum::{C64, CMat, StateFunction};

/// A subsystem of the gate sequence: an index into a [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// What is known of each slot: its dimension, and the label that the printer writes (backends do not read it).
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// By slot number.
    pub slots: Vec<SlotInfo>,
}

/// One subsystem of a [`Layout`].
#[derive(Debug, Clone)]
pub struct SlotInfo {
    /// Dimension of its Hilbert space, at least 2 (1 is allowed for a truncated trivial space).
    pub dim: usize,
    /// `s1`, `e1'`, `e[-2]`
    pub label: String,
}

impl Layout {
    /// The dimension of a slot.
    #[must_use]
    pub fn dim(&self, slot: Slot) -> usize {
        self.slots[slot.0 as usize].dim
    }

    /// The dimensions of several slots, in their order.
    #[must_use]
    pub fn dims(&self, slots: &[Slot]) -> Vec<usize> {
        slots.iter().map(|&s| self.dim(s)).collect()
    }

    /// The label of a slot.
    #[must_use]
    pub fn label(&self, slot: Slot) -> &str {
        &self.slots[slot.0 as usize].label
    }
}

/// Which statement an operation came from; whoever made the sequence maps it back to a place in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(pub u32);

/// One operation of the gate sequence.
#[derive(Debug, Clone)]
pub struct Op {
    /// The statement that it came from (of several fused ones, the first).
    pub origin: Origin,
    /// What it does.
    pub kind: OpKind,
}

/// What an operation does to the density matrix.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum OpKind {
    /// ρ → ρ ⊗ σ: the slots come into being in the joint state σ (basis order: that of `slots`).
    Attach { slots: Vec<Slot>, state: Arc<CMat> },
    /// ρ → UρU†
    Unitary { targets: Vec<Slot>, matrix: Arc<CMat> },
    /// ρ → Σ K ρ K†
    Channel { targets: Vec<Slot>, kraus: Arc<Vec<CMat>> },
    /// Partial trace over the slots.
    Discard { slots: Vec<Slot> },
    /// ρ → ⊗ of the marginals of the groups, each normalised to trace 1. Nonlinear.
    Uncorrelate { groups: Vec<Vec<Slot>> },
    /// Reads a number off the state, into series `index` of the step's records.
    Record { index: usize, label: String, value: Scalar },
    /// ρ → p·then(ρ) + (1−p)·otherwise(ρ). Both branches end with the same slots alive; neither records.
    Mix { probability: f64, then: Vec<Op>, otherwise: Vec<Op> },
    /// The body `count` times. It ends with the slots alive with which it began, and does not record.
    Repeat { count: u64, body: Vec<Op> },
}

/// A number that depends on the state: measures, and arithmetic on them.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum Scalar {
    /// A constant.
    Constant(C64),
    /// A number read off the state; missing (NaN) where one of its slots is not alive.
    Measure(Measure),
    /// A function of numbers, with its name for the printer.
    Apply { name: &'static str, function: fn(&[C64]) -> C64, args: Vec<Scalar> },
}

/// A number read off the state.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum Measure {
    /// Tr ρA for A a sum of terms, each a matrix on the slots that it names. A term without slots is a 1 × 1 matrix, a
    /// multiple of the identity.
    Expectation { terms: Vec<(Vec<Slot>, Arc<CMat>)>, label: String },
    /// A function of the reduced density matrix of `slots` (basis order: that of `slots`).
    Reduced { slots: Vec<Slot>, function: StateFunction },
}

/// One step of the protocol, for one set of slots that are alive when it begins.
#[derive(Debug, Clone)]
pub struct Step {
    /// The operations, in order.
    pub ops: Vec<Op>,
    /// The slots alive before the first operation, in increasing order.
    pub entry: Vec<Slot>,
    /// The slots alive after the last operation, in increasing order, before the streams advance.
    pub exit: Vec<Slot>,
    /// How the streams advance: each slot alive at the end, and the slot that it is when the next step begins.
    pub advance: Vec<(Slot, Slot)>,
}

/// A collision that is ready to run: its gate sequence, and what is observed after it.
#[derive(Debug, Clone)]
pub struct Collision {
    /// The step as the script says it.
    pub written: Step,
    /// The step after the passes.
    pub step: Step,
    /// The slots that the steps and the observables mention.
    pub layout: Layout,
    /// What is observed after the step: one scalar a column.
    pub observables: Vec<Scalar>,
    /// How many numbers the step records.
    pub records: usize,
    /// The slots alive when the next step begins, in increasing order.
    pub next: Vec<Slot>,
}
