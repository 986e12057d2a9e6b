//! What runs a gate sequence.
//!
//! Contract: the sequence is checked (see [`Step`](crate::ir::Step)), so a backend meets only slots that are alive and
//! matrices that fit; it knows no names and no places, and anything else is a bug of ours. A state is a density matrix
//! over the slots alive. [`plan`] is the one place that chooses among the engines, a table of what implements [`Engine`].
//! Every engine gives the same numbers within rounding: the one on [`Reference`] is the slow and obvious one that the
//! others are tested against, and shares no kernel with them.

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
mod plan;
#[cfg(test)]
pub(crate) mod random;
mod reference;
mod step_map;
mod stepping;
#[cfg(test)]
mod tests;
mod watch;

pub use density::Density;
pub use engine::{Engine, Halt, Host, State};
pub use exec::{Fault, FaultKind, Place, ReducedCache, evaluate, execute};
pub use plan::{Backend, Estimate, Form, Plan, Planned, Refused, Request, Start, Why, about, peak, plan};
pub use reference::Reference;
pub use step_map::{
    Defect, Lasting, MarginalMap, Mode, Refusal, Sector, Size, Spectrum, StepMap, Stretch, Tables, WIDEST, Work,
};
pub use watch::{Stopped, Watch};

use crate::ir::Slot;
use crate::quantum::CMat;

/// A channel on some slots; with one Kraus operator it is a unitary.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    /// What it acts on, the first the most significant index of the matrices.
    pub targets: &'a [Slot],
    /// ρ → Σ K ρ K†
    pub kraus: &'a [CMat],
}

/// A density matrix over a changing set of slots, and what a gate sequence does to it.
///
/// A matrix acts on the slots given with it in their order, the first the most significant index of the Kronecker product.
/// The order in which the state itself holds its slots is its own affair. ρ is Hermitian; nothing assumes that it is positive
/// or has trace 1 (but [`uncorrelate`](Self::uncorrelate) needs a trace), so linear steps may act on a basis of matrices.
///
/// An operation on a large state asks its [`Watch`] on the way; after one that was stopped the state is undefined.
pub trait StateBackend: Clone {
    /// The state of no subsystem: ρ = \[1\].
    fn new() -> Self;

    /// ρ → ρ ⊗ σ: the slots, of these dimensions, come into being in the joint state σ.
    ///
    /// # Errors
    /// [`Stopped`]
    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// Several unitaries and channels, in their order.
    ///
    /// # Errors
    /// [`Stopped`]
    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped>;

    /// Partial trace over the slots.
    ///
    /// # Errors
    /// [`Stopped`]
    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), Stopped>;

    /// ρ → ⊗ ρ_g / Tr ρ_g over the marginals ρ_g of the groups, which name each slot alive once.
    ///
    /// The traces are divided out, the imaginary part of their rounding errors too: every marginal has the trace of ρ, so
    /// with k groups an error ε of it would come back as kε and reach order 1 within some forty collisions.
    ///
    /// # Errors
    /// [`Stopped`]
    fn uncorrelate(&mut self, groups: &[Vec<Slot>], watch: &Watch<'_>) -> Result<(), Stopped>;

    /// ρ → pρ + (1−p)·other; both have the same slots alive, in any order.
    ///
    /// # Errors
    /// [`Stopped`]
    fn mix(&mut self, probability: f64, other: Self, watch: &Watch<'_>) -> Result<(), Stopped>;

    /// Renames slots, all at once: `(old, new)` for each. Slots that are not named keep their names.
    fn relabel(&mut self, pairs: &[(Slot, Slot)]);

    /// The reduced density matrix of the slots, basis order as asked. Without slots it is the 1 × 1 matrix \[Tr ρ\].
    ///
    /// # Errors
    /// [`Stopped`]
    fn reduced(&self, slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped>;

    /// The slots alive, in the order in which the state holds them.
    fn alive(&self) -> &[Slot];

    /// Re Tr ρ
    fn trace(&self) -> f64;
}
