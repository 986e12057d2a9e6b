//! The backend of pure states: one vector of D amplitudes instead of a density matrix, changed in place.
//!
//! New subsystems are appended as the least significant digits of the basis index. Consecutive gates are distributed
//! over passes through memory (see [`passes`](super::passes)); a pass ([`pass`]) takes one group of tiles after another
//! ([`blocks`]) through the cache, on all threads. Operations that change the size of the vector are in [`resize`],
//! reduced density matrices in [`reduce`].
//!
//! A pure state stays pure under unitaries, under the attachment of pure units, and when a subsystem is traced out that
//! is not entangled with the others. [`Impurity`] lists what would make it mixed. A trajectory takes one outcome of each
//! measurement and one branch of each mixture, and stays pure; if [everything](super::Samples::Everything) is sampled, it
//! also takes one Kraus operator of a channel, one eigenstate of a mixed unit, and one of what is traced out.

mod blocks;
mod factors;
mod impurity;
mod pass;
mod reduce;
mod resize;
#[cfg(test)]
mod tests;

pub use impurity::Impurity;
pub(super) use impurity::{may_stay_pure, stays_pure};

use pass::{Buffers, Pass};

use super::axes::Axes;
use super::passes::prepared::Preparations;
use super::passes::rounding;
use super::{Action, FaultKind, Samples, StateBackend, Stopped, Watch};
use crate::chance::pick;
use crate::ir::{Event, OpKind, Slot};
use crate::quantum::{C64, CMat, eigh};

/// A state vector over the live slots.
#[derive(Debug, Clone)]
pub struct Pure {
    axes: Axes,
    entries: Vec<C64>,
    /// Passes that are kept for later collisions.
    prepared: Preparations<Pass>,
    buffers: Buffers,
}

/// A subsystem whose largest eigenvalue differs from 1 by less than this is not entangled with the others: the
/// difference is rounding.
const ENTANGLED: f64 = 1e-13;

/// At most this many amplitudes are scaled between two checks for an interrupt.
const PIECE: usize = 1 << 16;

impl Pure {
    /// ψ → ⟨φ|ψ⟩/√w on slots that are in the state φ with probability w. They are removed.
    fn collapse(&mut self, slots: &[Slot], ket: &CMat, weight: f64, watch: &Watch<'_>) -> Result<(), Stopped> {
        resize::project(&mut self.entries, &self.axes, (slots, ket), weight.sqrt(), watch)?;
        self.axes.remove(slots);
        Ok(())
    }
}

impl StateBackend for Pure {
    fn new() -> Self {
        let (axes, prepared) = (Axes::default(), Preparations::new());
        Self { axes, entries: vec![C64::ONE], prepared, buffers: Buffers::default() }
    }

    fn refuses(&self, op: &OpKind, samples: Samples) -> Option<FaultKind> {
        impurity::of(op, samples).map(FaultKind::Impure)
    }

    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped> {
        let ket = resize::rounded(&resize::ket(state), rounding::seed(&self.entries));
        self.axes.append(slots, dims);
        resize::attach(&mut self.entries, &ket, watch)
    }

    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped> {
        let prepared = self.prepared.get(&self.axes, actions, pass::limit(self.entries.len()), Pass::new);
        prepared.passes.iter().try_for_each(|pass| pass.apply(&mut self.entries, &mut self.buffers, watch))
    }

    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), FaultKind> {
        let reduced = self.reduced(slots, watch)?;
        let (weights, states) = eigh(&reduced);
        let (last, all) = (weights.len() - 1, reduced.trace().re);
        let others = 1.0 - weights[last] / all;
        if others.is_nan() || others > ENTANGLED {
            return Err(FaultKind::Impure(Impurity::Entangled { purity: purity(&reduced) / (all * all) }));
        }
        let ket = states.columns(last, 1).into_owned();
        Ok(self.collapse(slots, &ket, weights[last], watch)?)
    }

    fn forget(&mut self, slots: &[Slot], at: f64, watch: &Watch<'_>) -> Result<(), FaultKind> {
        let reduced = self.reduced(slots, watch)?;
        if reduced.iter().any(|entry| !entry.is_finite()) {
            return Err(FaultKind::NotFinite);
        }
        let (weights, states) = eigh(&reduced);
        // The largest weight comes first, so that what is not entangled does not depend on rounding.
        let shares: Vec<f64> = weights.iter().rev().copied().collect();
        let chosen = weights.len() - 1 - pick(at, &shares);
        let ket = states.columns(chosen, 1).into_owned();
        self.collapse(slots, &ket, weights[chosen] / reduced.trace().re, watch)?;
        Ok(())
    }

    fn uncorrelate(&mut self, _: &[Vec<Slot>], _: &Watch<'_>) -> Result<(), Stopped> {
        unreachable!("a pure state refuses `uncorrelate`")
    }

    fn restrict(&mut self, _: &Event, _: &Watch<'_>) -> Result<(), Stopped> {
        unreachable!("in a trajectory an event occurs or does not; a mean over outcomes is not pure")
    }

    fn scale(&mut self, factor: f64, watch: &Watch<'_>) -> Result<(), Stopped> {
        let factor = factor.sqrt();
        for piece in self.entries.chunks_mut(PIECE) {
            watch.spend(piece.len())?;
            piece.iter_mut().for_each(|entry| *entry *= factor);
        }
        Ok(())
    }

    fn add(&mut self, _: Self, _: &Watch<'_>) -> Result<(), Stopped> {
        unreachable!("a pure state takes one branch of a mixture")
    }

    fn mix(&mut self, _: f64, _: Self, _: &Watch<'_>) -> Result<(), Stopped> {
        unreachable!("a pure state refuses a mixture")
    }

    fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        self.axes.relabel(pairs);
    }

    fn reduced(&self, slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped> {
        reduce::reduced(&self.axes, &self.entries, slots, watch)
    }

    fn alive(&self) -> &[Slot] {
        self.axes.slots()
    }

    fn trace(&self) -> f64 {
        self.reduced(&[], &Watch::never()).map_or(f64::NAN, |trace| trace[(0, 0)].re)
    }
}

/// Tr ρ²
fn purity(rho: &CMat) -> f64 {
    rho.iter().map(C64::norm_sqr).sum()
}
