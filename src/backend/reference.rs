//! The slow and obvious backend: dense D × D gates and explicit loops over basis states and their digits.
//!
//! A gate costs O(D³), without any optimisation that could be wrong. Tests compare the fast backends with it.

use super::{Action, FaultKind, StateBackend, Stopped, Watch};
use crate::ir::{Event, Slot};
use crate::quantum::{C64, CMat};

/// A density matrix over the slots, in the order in which they were attached.
#[derive(Debug, Clone)]
pub struct Reference {
    slots: Vec<Slot>,
    dims: Vec<usize>,
    rho: CMat,
}

/// The digits of a basis index in mixed radix, most significant first.
fn digits(mut index: usize, dims: &[usize]) -> Vec<usize> {
    let mut digits = vec![0; dims.len()];
    for (digit, dim) in digits.iter_mut().zip(dims).rev() {
        *digit = index % dim;
        index /= dim;
    }
    digits
}

/// The basis index of the chosen digits.
fn index_of(digits: &[usize], dims: &[usize], chosen: &[usize]) -> usize {
    chosen.iter().fold(0, |index, &at| index * dims[at] + digits[at])
}

impl Reference {
    fn positions(&self, slots: &[Slot]) -> Vec<usize> {
        let position = |slot| self.slots.iter().position(|s| s == slot).expect("a checked sequence names live slots");
        slots.iter().map(position).collect()
    }

    fn others(&self, positions: &[usize]) -> Vec<usize> {
        (0..self.slots.len()).filter(|at| !positions.contains(at)).collect()
    }

    /// A ⊗ 1 on all slots: ⟨row| A ⊗ 1 |column⟩ for every pair of basis states.
    fn full(&self, targets: &[Slot], matrix: &CMat) -> CMat {
        let (targets, dims) = (self.positions(targets), &self.dims);
        let rest = self.others(&targets);
        CMat::from_fn(self.rho.nrows(), self.rho.ncols(), |row, column| {
            let (row, column) = (digits(row, dims), digits(column, dims));
            if rest.iter().any(|&at| row[at] != column[at]) {
                return C64::ZERO;
            }
            matrix[(index_of(&row, dims, &targets), index_of(&column, dims, &targets))]
        })
    }

    fn marginal(&self, slots: &[Slot]) -> CMat {
        let (kept, dims) = (self.positions(slots), &self.dims);
        let traced = self.others(&kept);
        let size = kept.iter().map(|&at| dims[at]).product();
        let mut reduced = CMat::zeros(size, size);
        for row in 0..self.rho.nrows() {
            for column in 0..self.rho.ncols() {
                let (i, j) = (digits(row, dims), digits(column, dims));
                if traced.iter().all(|&at| i[at] == j[at]) {
                    reduced[(index_of(&i, dims, &kept), index_of(&j, dims, &kept))] += self.rho[(row, column)];
                }
            }
        }
        reduced
    }

    fn keep(&mut self, slots: &[Slot]) {
        self.rho = self.marginal(slots);
        self.dims = self.positions(slots).iter().map(|&at| self.dims[at]).collect();
        self.slots = slots.to_vec();
    }
}

impl StateBackend for Reference {
    fn new() -> Self {
        Self { slots: vec![], dims: vec![], rho: CMat::identity(1, 1) }
    }

    fn attach(&mut self, slots: &[Slot], dims: &[usize], state: &CMat, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.slots.extend(slots);
        self.dims.extend(dims);
        self.rho = self.rho.kronecker(state);
        watch.spend(self.rho.len())
    }

    fn act(&mut self, actions: &[Action<'_>], watch: &Watch<'_>) -> Result<(), Stopped> {
        for Action { targets, kraus } in actions {
            let mut sum = CMat::zeros(self.rho.nrows(), self.rho.ncols());
            for k in *kraus {
                watch.spend(2 * self.rho.len() * self.rho.nrows())?;
                let k = self.full(targets, k);
                sum += &k * &self.rho * k.adjoint();
            }
            self.rho = sum;
        }
        Ok(())
    }

    fn discard(&mut self, slots: &[Slot], watch: &Watch<'_>) -> Result<(), FaultKind> {
        let kept: Vec<Slot> = self.slots.iter().copied().filter(|slot| !slots.contains(slot)).collect();
        self.keep(&kept);
        Ok(watch.spend(self.rho.len())?)
    }

    fn uncorrelate(&mut self, groups: &[Vec<Slot>], watch: &Watch<'_>) -> Result<(), Stopped> {
        let mut product = CMat::identity(1, 1);
        for group in groups {
            let marginal = self.marginal(group);
            let trace = marginal.trace();
            product = product.kronecker(&(marginal / trace));
        }
        let order: Vec<Slot> = groups.concat();
        self.dims = self.positions(&order).iter().map(|&at| self.dims[at]).collect();
        self.slots = order;
        self.rho = product;
        watch.spend(self.rho.len())
    }

    fn restrict(&mut self, event: &Event, watch: &Watch<'_>) -> Result<(), Stopped> {
        watch.spend(2 * self.rho.len() * self.rho.nrows())?;
        let projector = self.full(&event.registers, &event.projector());
        self.rho = &projector * &self.rho * &projector;
        Ok(())
    }

    fn scale(&mut self, factor: f64, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.rho *= C64::from(factor);
        watch.spend(self.rho.len())
    }

    fn add(&mut self, mut other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        other.keep(&self.slots);
        self.rho += &other.rho;
        watch.spend(self.rho.len())
    }

    fn mix(&mut self, probability: f64, mut other: Self, watch: &Watch<'_>) -> Result<(), Stopped> {
        other.keep(&self.slots);
        self.rho = &self.rho * C64::from(probability) + &other.rho * C64::from(1.0 - probability);
        watch.spend(self.rho.len())
    }

    fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        for slot in &mut self.slots {
            *slot = pairs.iter().find(|(old, _)| old == slot).map_or(*slot, |&(_, new)| new);
        }
    }

    fn reduced(&self, slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped> {
        watch.spend(self.rho.len())?;
        Ok(self.marginal(slots))
    }

    fn alive(&self) -> &[Slot] {
        &self.slots
    }

    fn trace(&self) -> f64 {
        self.rho.trace().re
    }
}
