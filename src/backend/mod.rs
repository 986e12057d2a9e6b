//! Backends and engines: they run a gate sequence on a state.
//!
//! Contract: a sequence is checked before it gets here (see [`Step`](crate::ir::Step)), so a backend meets only live
//! slots and matrices of matching dimension; anything else is a bug in Carom. A backend knows no names and no source
//! places. A state is a density matrix over the live slots. [`plan`] is the one place that chooses among the engines, a
//! table of implementations of [`Engine`]. All engines give the same numbers within rounding. The engine on
//! [`Reference`] is slow and obvious; the others are tested against it and share no kernel with it.

mod axes;
mod density;
#[cfg(test)]
mod drift_tests;
mod engine;
mod exec;
#[cfg(test)]
mod interrupt_tests;
#[cfg(test)]
mod large_tests;
mod passes;
mod plan;
mod pure;
#[cfg(test)]
pub(crate) mod random;
mod reference;
mod samples;
mod step_map;
mod stepping;
#[cfg(test)]
mod tests;
mod watch;

pub use density::Density;
pub use engine::{Engine, Halt, Host, State};
pub use exec::{Fault, FaultKind, Place, ReducedCache, evaluate, execute};
pub use plan::{Backend, Estimate, Form, Plan, Planned, Refused, Request, Start, States, Steps, Why, about, plan};
pub use pure::{Impurity, Pure};
pub use reference::Reference;
pub use samples::{Chance, Samples};
pub use step_map::{
    Conserved, Defect, MarginalMap, Mode, NoSteady, Refusal, Sector, Several, Size, Spectrum, Steady, StepMap, Stretch,
    Tables, Undamped, WIDEST, Work,
};
pub use watch::{Stopped, Watch};

use crate::ir::{Event, OpKind, Slot};
use crate::quantum::CMat;

/// A probability of post-selection up to this size cannot be distinguished from zero: it is of the order of rounding errors.
const IMPOSSIBLE: f64 = 1e-14;

/// A channel on some slots, given by its Kraus operators. A single operator is a unitary.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    /// The slots it acts on; the first is the most significant digit of the matrix indices.
    pub targets: &'a [Slot],
    /// ρ → Σ K ρ K†
    pub kraus: &'a [CMat],
}

/// A state over a changing set of slots, with the operations of a gate sequence on its density matrix ρ.
///
/// A matrix acts on the slots given with it, in that order: the first is the most significant factor of the Kronecker
/// product. The state itself may hold its slots in any order. ρ is Hermitian. Nothing assumes that it is positive or
/// has trace 1, so linear steps may act on a basis of matrices; only [`uncorrelate`](Self::uncorrelate) needs a nonzero
/// trace.
///
/// An operation on a large state checks its [`Watch`] along the way. If the operation is stopped, the state is
/// undefined.
pub trait StateBackend: Clone {
    /// The state of no subsystem: ρ = \[1\].
    fn new() -> Self;

    /// Why the state cannot undergo an operation in a run with these samples; `None` if it can, or if that depends on the
    /// state.
    fn refuses(&self, _: &OpKind, _: Samples) -> Option<FaultKind> {
        None
    }

    /// A copy of the state. Unlike `clone`, it checks the watch on the way if the state is large.
    ///
    /// # Errors
    /// [`Stopped`]
    fn copy(&self, _: &Watch<'_>) -> Result<Self, Stopped> {
        Ok(self.clone())
    }

    /// ρ → ρ ⊗ σ: adds slots of these dimensions in the joint state σ.
    ///
    /// # Errors
    /// [`Stopped`]
    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// Applies unitaries and channels in order.
    ///
    /// # Errors
    /// [`Stopped`]
    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped>;

    /// Partial trace over the slots.
    ///
    /// # Errors
    /// `Interrupted`; `Impure` if the state is pure and would become mixed.
    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), FaultKind>;

    /// Removes slots whose state is sampled: the number `at`, uniform in [0, 1), decides which eigenstate of their reduced
    /// state they are found in. The mean over `at` is the partial trace, with which a density matrix replaces it.
    ///
    /// # Errors
    /// As [`discard`](Self::discard); `NotFinite`.
    fn forget(&mut self, slots: &[Slot], _at: f64, watch: &Watch<'_>) -> Result<(), FaultKind> {
        self.discard(slots, watch)
    }

    /// ρ → ⊗ ρ_g / Tr ρ_g over the marginals ρ_g of the groups. Each live slot is in exactly one group.
    ///
    /// The traces are divided out with the imaginary part of their rounding errors. Every marginal has the trace of ρ,
    /// so with k groups an error ε of the trace would otherwise become kε and reach order 1 within about forty
    /// collisions.
    ///
    /// # Errors
    /// [`Stopped`]
    fn uncorrelate(&mut self, groups: &[Vec<Slot>], watch: &Watch<'_>) -> Result<(), Stopped>;

    /// ρ → PρP, with the projector P of an event.
    ///
    /// # Errors
    /// [`Stopped`]
    fn restrict(&mut self, event: &Event, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// ρ → cρ
    ///
    /// # Errors
    /// [`Stopped`]
    fn scale(&mut self, factor: f64, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// ρ → ρ + other; both have the same live slots, in any order.
    ///
    /// # Errors
    /// [`Stopped`]
    fn add(&mut self, other: Self, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// ρ → pρ + (1−p)·other; both have the same live slots, in any order.
    ///
    /// # Errors
    /// [`Stopped`]
    fn mix(&mut self, probability: f64, other: Self, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// Renames slots simultaneously, by pairs `(old, new)`. Slots that are not listed keep their names.
    fn relabel(&mut self, pairs: &[(Slot, Slot)]);

    /// The reduced density matrix of the slots, the first the most significant. Without slots it is the 1 × 1 matrix
    /// \[Tr ρ\].
    ///
    /// # Errors
    /// [`Stopped`]
    fn reduced(&self, slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped>;

    /// The live slots, in the order in which the state holds them.
    fn alive(&self) -> &[Slot];

    /// Re Tr ρ
    fn trace(&self) -> f64;
}
