//! The fast backend for up to about fourteen qubits: one density matrix, changed in place.
//!
//! ρ = ρ†, so only the upper triangle is stored, in one buffer ([`packed`]); no gate needs a second buffer. New
//! subsystems are appended as the least significant digits of the basis index. No gate is ever extended beyond its
//! targets: the digits of the other subsystems only select a tile. A pass ([`pass`]; see [`passes`](super::passes))
//! takes one tile after another ([`tile`]) through the cache, on all threads ([`round_robin`]). Operations that change
//! the size of the state are in [`resize`].

mod packed;
mod pass;
mod resize;
mod round_robin;
mod tile;

use packed::Packed;
use pass::{Buffers, Pass};

use super::axes::{Axes, Plan};
use super::passes::prepared::Preparations;
use super::passes::rounding;
use super::{Action, FaultKind, StateBackend, Stopped, Watch};
use crate::ir::{Event, MAX_TILE_SIDE, Slot};
use crate::quantum::{C64, CMat};

/// A density matrix over the live slots.
#[derive(Debug, Clone)]
pub struct Density {
    axes: Axes,
    rho: Packed,
    /// A buffer that operations reuse, like `row`, `factors` and `buffers`; its content does not outlive an operation.
    plan: Plan,
    row: Vec<C64>,
    factors: Vec<f64>,
    buffers: Vec<Buffers>,
    /// Passes that are kept for later collisions.
    prepared: Preparations<Pass>,
}

/// A state up to this dimension is one tile, on one thread: it fits into the second-level cache, and moving it to more
/// tiles takes longer than the gates.
const WHOLE: usize = 256;
/// The least side of the tiles of a larger state. Smaller tiles would take more passes for the same gates.
const SMALLEST: usize = 128;
/// The least number of tiles per row of a state whose tiles are larger than that, so that all threads have work.
const TILES: usize = 8;

impl Density {
    /// Replaces every entry by a function of it and of the entry of another state on the same slots.
    fn merge(&mut self, other: Self, f: impl Fn(C64, C64) -> C64, watch: &Watch<'_>) -> Result<(), Stopped> {
        let Self { axes, mut plan, rho, prepared, .. } = other;
        self.prepared.join(prepared);
        axes.split(self.axes.slots(), &mut plan); // the positions in `other` of this state's basis states
        for (r, row) in self.rho.rows_mut().enumerate() {
            watch.spend(2 * row.len())?;
            for (entry, column) in row.iter_mut().zip(&plan.targets[r..]) {
                *entry = f(*entry, rho.get(plan.targets[r], *column));
            }
        }
        Ok(())
    }
}

impl StateBackend for Density {
    fn new() -> Self {
        let (axes, plan, prepared) = (Axes::default(), Plan::default(), Preparations::new());
        Self { axes, rho: Packed::one(), plan, row: Vec::new(), factors: Vec::new(), buffers: Vec::new(), prepared }
    }

    fn copy(&self, watch: &Watch<'_>) -> Result<Self, Stopped> {
        let (axes, prepared) = (self.axes.clone(), self.prepared.clone());
        Ok(Self { axes, rho: self.rho.copy(watch)?, prepared, ..Self::new() })
    }

    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped> {
        debug_assert_eq!(dims.iter().product::<usize>(), state.nrows(), "a state has the dimension of its slots");
        // The first state attached is where a run begins or continues, so it is not rounded.
        let seed = (!self.axes.slots().is_empty()).then(|| rounding::seed(&self.rho.entries));
        self.axes.append(slots, dims);
        resize::attach(&mut self.rho, &resize::prepared(state, seed), &mut self.row, watch)
    }

    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped> {
        let size = self.axes.size();
        let limit = if size <= WHOLE { size } else { (size / TILES).clamp(SMALLEST, MAX_TILE_SIDE) };
        let prepared = self.prepared.get(&self.axes, actions, limit, Pass::new);
        for pass in &prepared.passes {
            pass.round(rounding::seed(&self.rho.entries), &mut self.factors);
            round_robin::apply(pass, &self.factors, &mut self.rho, &mut self.buffers, watch)?;
        }
        Ok(())
    }

    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), FaultKind> {
        self.axes.split(slots, &mut self.plan);
        resize::discard(&mut self.rho, &self.plan, watch)?;
        self.axes.remove(slots);
        Ok(())
    }

    fn uncorrelate(&mut self, groups: &[Vec<Slot>], watch: &Watch<'_>) -> Result<(), Stopped> {
        let marginal = |group: &Vec<Slot>| {
            let reduced = self.reduced(group, watch)?;
            let trace = reduced.trace();
            let dims: Vec<usize> = group.iter().map(|&slot| self.axes.dim(slot)).collect();
            Ok((dims, reduced / trace))
        };
        let marginals = groups.iter().map(marginal).collect::<Result<Vec<_>, Stopped>>()?;
        self.axes.clear();
        self.rho.entries.clear();
        self.rho.entries.push(C64::ONE);
        self.rho.size = 1;
        for (group, (dims, state)) in groups.iter().zip(&marginals) {
            self.attach(group, dims, state, watch)?;
        }
        Ok(())
    }

    fn restrict(&mut self, event: &Event, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.axes.split(&event.registers, &mut self.plan);
        let mut kept = vec![false; self.rho.size];
        for (level, _) in self.plan.targets.iter().zip(&event.occurs).filter(|(_, occurs)| **occurs) {
            self.plan.rest.iter().for_each(|rest| kept[level + rest] = true);
        }
        for (r, row) in self.rho.rows_mut().enumerate() {
            watch.spend(row.len())?;
            let outside = row.iter_mut().zip(&kept[r..]).filter(|(_, column)| !(kept[r] && **column));
            outside.for_each(|(entry, _)| *entry = C64::ZERO);
        }
        Ok(())
    }

    fn scale(&mut self, factor: f64, watch: &Watch<'_>) -> Result<(), Stopped> {
        for row in self.rho.rows_mut() {
            watch.spend(row.len())?;
            row.iter_mut().for_each(|entry| *entry *= factor);
        }
        Ok(())
    }

    fn add(&mut self, other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.merge(other, |entry, other| entry + other, watch)
    }

    fn mix(&mut self, probability: f64, other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        // This avoids pρ + (1 − p)ρ', because p and the rounded 1 − p need not add up to 1.
        self.merge(other, |entry, other| other + (entry - other) * probability, watch)
    }

    fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        self.axes.relabel(pairs);
    }

    fn reduced(&self, slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped> {
        let mut plan = Plan::default();
        self.axes.split(slots, &mut plan);
        let (kept, traced) = (&plan.targets, &plan.rest);
        let mut reduced = CMat::zeros(kept.len(), kept.len());
        for i in 0..kept.len() {
            watch.spend((kept.len() - i) * traced.len())?;
            for j in i..kept.len() {
                let sum: C64 = traced.iter().map(|t| self.rho.get(kept[i] + t, kept[j] + t)).sum();
                reduced[(i, j)] = sum;
                reduced[(j, i)] = sum.conj();
            }
        }
        Ok(reduced)
    }

    fn alive(&self) -> &[Slot] {
        self.axes.slots()
    }

    fn trace(&self) -> f64 {
        self.rho.trace()
    }
}
