//! The gate sequence, which the backends run: operations with numerical matrices, without parameters or names.
//!
//! Contract of a [`Step`]: every slot that an operation mentions is alive there (carried over from the previous step,
//! or attached earlier and not yet discarded). Every matrix acts on its targets in their order; the first target is the
//! most significant index of the Kronecker product. Within rounding, unitaries are unitary, channels preserve the
//! trace, and states have trace 1; lowering has checked this. `Uncorrelate` names each live slot exactly once.

mod cost;
mod linear;
mod liveness;
mod measurement;
mod passes;
mod period;
mod print;
mod recurrence;
mod rename;

use std::sync::Arc;

pub(crate) use cost::MAX_TILE_SIDE;
pub use cost::{Cost, Lifetime, Representation, cost, cost_on, lifetimes};
pub use measurement::{Event, Instrument, Outcome};
pub use passes::{optimise, optimise_sampled};
pub use period::Period;
pub use print::print;
pub use recurrence::Recurrence;

use crate::quantum::{C64, CMat, StateFunction};

/// A subsystem of the gate sequence: an index into a [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// The dimension of each slot, and its label, which only the printer uses.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Indexed by slot number.
    pub slots: Vec<SlotInfo>,
}

/// One subsystem of a [`Layout`].
#[derive(Debug, Clone)]
pub struct SlotInfo {
    /// Dimension of the Hilbert space, at least 2 (or 1 for a trivial space after truncation).
    pub dim: usize,
    /// Name and offset as in a script, such as `s1`, `e1'` or `e[-2]`.
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

/// Number of the statement that an operation came from. The builder of the sequence maps it to a place in the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(pub u32);

/// One operation of the gate sequence.
#[derive(Debug, Clone)]
pub struct Op {
    /// The statement that the operation came from; for fused operations, the first.
    pub origin: Origin,
    /// The action on the density matrix.
    pub kind: OpKind,
}

/// The action of an operation on the density matrix ρ.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum OpKind {
    /// ρ → ρ ⊗ σ: attaches the slots in their joint state σ = `state` (basis order: that of `slots`).
    Attach { slots: Vec<Slot>, state: Arc<CMat> },
    /// ρ → UρU†, with U = `matrix` on `targets`.
    Unitary { targets: Vec<Slot>, matrix: Arc<CMat> },
    /// ρ → Σ K ρ K†, with the operators K of `kraus` on `targets`.
    Channel { targets: Vec<Slot>, kraus: Arc<Vec<CMat>> },
    /// Partial trace over the slots.
    Discard { slots: Vec<Slot> },
    /// ρ → the tensor product of its marginals on the `groups`, each normalised to trace 1. Nonlinear.
    Uncorrelate { groups: Vec<Vec<Slot>> },
    /// Writes a number computed from the state to record `index` of the step; `label` is for the printer.
    Record { index: usize, label: String, value: Scalar },
    /// ρ → Σ_k Σ_j M_kj ρ M_kj† ⊗ |k⟩⟨k|, with the operators M_kj of outcome k of the `instrument` on `targets`. Attaches
    /// the slot `register`, whose level is the outcome; every later operation leaves the state diagonal in it.
    Measure { targets: Vec<Slot>, register: Slot, instrument: Arc<Instrument> },
    /// ρ → PρP / Tr PρP, with the projector P of the `event`, at the top level only. Multiplies record `success`, if it is
    /// requested, by the probability Tr PρP.
    Postselect { event: Event, success: Option<usize> },
    /// ρ → then(ρ₁) + otherwise(ρ₂), where the `weight` divides ρ into the two shares ρ₁ and ρ₂. Both branches end with
    /// the same live slots, and contain no `Record`, `Measure` or `Postselect`.
    Mix { weight: Weight, then: Vec<Op>, otherwise: Vec<Op> },
    /// The `body`, applied `count` times. It ends with the live slots that it begins with, and contains no `Record`.
    Repeat { count: u64, body: Vec<Op> },
}

/// How a `Mix` divides a state between its branches.
#[derive(Debug, Clone, PartialEq)]
pub enum Weight {
    /// pρ and (1−p)ρ: the first branch is taken with probability p.
    Probability(f64),
    /// PρP and (1−P)ρ(1−P), with the projector P of the event: the first branch is taken if the event occurs. The
    /// branches leave its registers as they are.
    Event(Event),
}

/// A number that depends on the state: a measure, or a function of measures and constants.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum Scalar {
    /// A constant.
    Constant(C64),
    /// A number computed from the state; NaN (missing) where one of its slots is not alive.
    Measure(Measure),
    /// The value that record `index` of the same step has read before; `label` is its name and `scale` its largest
    /// possible absolute value.
    Recorded { index: usize, label: String, scale: f64 },
    /// The value of `function` at `args`; `name` is for the printer.
    Apply { name: &'static str, function: fn(&[C64]) -> C64, args: Vec<Scalar> },
}

/// A number computed from the state.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum Measure {
    /// Tr ρA, where A is a sum of `terms`, each a matrix on some slots. A term without slots is a 1 × 1 matrix and
    /// stands for a multiple of the identity.
    Expectation { terms: Vec<(Vec<Slot>, Arc<CMat>)>, label: String },
    /// A `function` of the reduced density matrix of `slots` (basis order: that of `slots`).
    Reduced { slots: Vec<Slot>, function: StateFunction },
}

/// One step of the protocol, for a given set of slots alive at its beginning.
#[derive(Debug, Clone)]
pub struct Step {
    /// The operations, in order.
    pub ops: Vec<Op>,
    /// The slots alive before the first operation, in increasing order.
    pub entry: Vec<Slot>,
    /// The slots alive after the last operation, in increasing order, before the streams advance.
    pub exit: Vec<Slot>,
    /// How the streams advance: each slot alive at the end, paired with its slot at the beginning of the next step.
    pub advance: Vec<(Slot, Slot)>,
}

/// A collision, ready to run: its gate sequence, and the observables after it.
#[derive(Debug, Clone)]
pub struct Collision {
    /// The step as written in the script.
    pub written: Step,
    /// The optimised step, which runs.
    pub step: Step,
    /// The slots that the steps and the observables mention.
    pub layout: Layout,
    /// The observables after the step, one scalar per column.
    pub observables: Vec<Scalar>,
    /// Number of values that the step records.
    pub records: usize,
    /// The slots alive when the next step begins, in increasing order.
    pub next: Vec<Slot>,
}
