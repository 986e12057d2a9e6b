//! The fast backend for up to fourteen or so qubits: one density matrix, changed in place.
//!
//! ρ = ρ†, so only its upper triangle is kept, in one buffer; no operation on gates needs a second one. New subsystems come
//! in as the least significant digits. No gate is ever built on more than its targets: the digits of the others only say
//! where the next tile lies. Gates and channels that follow each other are distributed over passes ([`schedule`]), once ([`prepared`]); a
//! pass ([`pass`]) takes tile by tile ([`tile`]) through the cache, on all threads ([`round_robin`]). What changes the size
//! is in [`resize`].

mod gates;
mod packed;
mod pass;
mod prepared;
mod resize;
mod round_robin;
mod schedule;
mod tile;

use packed::Packed;
use pass::Bench;
use prepared::Preparations;

use super::axes::{Axes, Plan};
use super::{Action, StateBackend, Stopped, Watch};
use crate::ir::Slot;
use crate::quantum::{C64, CMat};

/// A density matrix over the slots alive.
#[derive(Debug, Clone)]
pub struct Density {
    axes: Axes,
    rho: Packed,
    /// Reused by every operation; holds nothing between two.
    plan: Plan,
    row: Vec<C64>,
    benches: Vec<Bench>,
    prepared: Preparations,
}

impl StateBackend for Density {
    fn new() -> Self {
        let (axes, plan, prepared) = (Axes::default(), Plan::default(), Preparations::default());
        Self { axes, rho: Packed::one(), plan, row: Vec::new(), benches: Vec::new(), prepared }
    }

    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped> {
        debug_assert_eq!(dims.iter().product::<usize>(), state.nrows(), "a state has the dimension of its slots");
        self.axes.append(slots, dims);
        resize::attach(&mut self.rho, state, &mut self.row, watch)
    }

    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped> {
        let prepared = self.prepared.get(&self.axes, actions);
        for pass in &prepared.passes {
            round_robin::play(pass, &mut self.rho, &mut self.benches, watch)?;
        }
        Ok(())
    }

    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), Stopped> {
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

    fn mix(&mut self, probability: f64, other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        let Self { axes, mut plan, rho, .. } = other;
        axes.split(self.axes.slots(), &mut plan); // where the other holds the basis states of this one
        for (r, row) in self.rho.rows_mut().enumerate() {
            watch.spend(2 * row.len())?;
            for (entry, column) in row.iter_mut().zip(&plan.targets[r..]) {
                *entry = *entry * probability + rho.get(plan.targets[r], *column) * (1.0 - probability);
            }
        }
        Ok(())
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
