//! The fast backend for up to about a dozen qubits: one flat density matrix, changed in place.
//!
//! ρ is row-major in one buffer whose capacity is kept, so that a step that has run once allocates nothing but marginals.
//! New subsystems come in as the least significant digits. No gate is ever built on more than its targets: the digits of
//! the others only say where the next d × d tile lies. Everything that acts on tiles is in [`kernels`], everything that
//! changes the size in [`resize`].

mod kernels;
mod resize;

use kernels::Workspace;

use super::StateBackend;
use super::axes::{Axes, Plan};
use crate::ir::Slot;
use crate::quantum::{C64, CMat};

/// A density matrix over the slots alive.
#[derive(Debug, Clone)]
pub struct Density {
    axes: Axes,
    /// D, the dimension of the Hilbert space.
    size: usize,
    /// Row-major, D × D.
    rho: Vec<C64>,
    /// Reused by every operation; holds nothing between two.
    plan: Plan,
    work: Workspace,
}

impl StateBackend for Density {
    fn new() -> Self {
        let (axes, plan, work) = (Axes::default(), Plan::default(), Workspace::default());
        Self { axes, size: 1, rho: vec![C64::ONE], plan, work }
    }

    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat) {
        debug_assert_eq!(dims.iter().product::<usize>(), state.nrows(), "a state has the dimension of its slots");
        self.axes.append(slots, dims);
        resize::attach(&mut self.rho, self.size, state, &mut self.work.row);
        self.size *= state.nrows();
    }

    fn unitary(&mut self, targets: &[Slot], u: &CMat) {
        self.axes.split(targets, &mut self.plan);
        kernels::unitary(&mut self.rho, self.size, &self.plan, u, &mut self.work);
    }

    fn channel(&mut self, targets: &[Slot], kraus: &[CMat]) {
        self.axes.split(targets, &mut self.plan);
        kernels::channel(&mut self.rho, self.size, &self.plan, kraus, &mut self.work);
    }

    fn discard(&mut self, slots: &[Slot]) {
        self.axes.split(slots, &mut self.plan);
        resize::discard(&mut self.rho, self.size, &self.plan);
        self.axes.remove(slots);
        self.size = self.plan.rest.len();
    }

    fn uncorrelate(&mut self, groups: &[Vec<Slot>]) {
        let marginal = |group: &Vec<Slot>| {
            let reduced = self.reduced(group);
            let trace = reduced.trace();
            let dims: Vec<usize> = group.iter().map(|&slot| self.axes.dim(slot)).collect();
            (dims, reduced / trace)
        };
        let marginals: Vec<_> = groups.iter().map(marginal).collect();
        self.axes.clear();
        self.rho.clear();
        self.rho.push(C64::ONE);
        self.size = 1;
        for (group, (dims, state)) in groups.iter().zip(&marginals) {
            self.attach(group, dims, state);
        }
    }

    fn mix(&mut self, probability: f64, other: Self) {
        let Self { axes, mut plan, rho, .. } = other;
        axes.split(self.axes.slots(), &mut plan); // where the other holds the basis states of this one
        let rows = self.rho.chunks_exact_mut(self.size);
        for (row, from) in rows.zip(&plan.targets) {
            for (entry, column) in row.iter_mut().zip(&plan.targets) {
                *entry = *entry * probability + rho[from * self.size + column] * (1.0 - probability);
            }
        }
    }

    fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        self.axes.relabel(pairs);
    }

    fn reduced(&self, slots: &[Slot]) -> CMat {
        let mut plan = Plan::default();
        self.axes.split(slots, &mut plan);
        let (kept, traced) = (&plan.targets, &plan.rest);
        CMat::from_fn(kept.len(), kept.len(), |row, column| {
            traced.iter().map(|t| self.rho[(kept[row] + t) * self.size + kept[column] + t]).sum()
        })
    }

    fn alive(&self) -> &[Slot] {
        self.axes.slots()
    }

    fn trace(&self) -> f64 {
        self.rho.iter().step_by(self.size + 1).map(|entry| entry.re).sum()
    }
}
