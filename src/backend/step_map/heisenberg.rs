//! Linear functionals of the state, taken back through a gate sequence: the Heisenberg picture.
//!
//! A functional f(ρ') = Σ_i f_i Tr B_i ρ' of the state behind an operation E is one of the state before it, f(E(ρ)). It
//! speaks of few subsystems: on all others it is the trace, which every gate, channel and partial trace leaves alone. So
//! nothing is done until an operation meets a subsystem that it speaks of. Many functionals go back together.

use std::collections::HashMap;
use std::sync::Arc;

use super::basis::{Basis, SNAP, Transfer};
use crate::backend::axes::{Axes, Plan};
use crate::ir::{Layout, Op, OpKind, Slot};
use crate::quantum::CMat;

/// Functionals on the same slots, any number of them at once.
#[derive(Debug, Clone)]
pub(super) struct Functionals {
    /// The digits are basis elements, d² a slot.
    axes: Axes,
    /// How many there are.
    batch: usize,
    /// f_i of each, by string i; those of one string stand together.
    data: Vec<f64>,
}

/// A functional by its entries that are not zero: string of the basis over some slots, and value.
pub(super) type Sparse = Vec<(usize, f64)>;

/// Bases and transfer matrices that were made before: a gate that did not change since the last map is not made again.
#[derive(Debug, Default)]
pub(super) struct Tables {
    bases: Vec<Arc<Basis>>,
    /// By place in the sequence: the operators, their dimensions, their transfer matrix.
    transfers: HashMap<usize, (Kraus, Vec<usize>, Arc<Transfer>)>,
    /// The strings that the last map had rows for.
    pub(super) seen: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kraus {
    Unitary(Arc<CMat>),
    Channel(Arc<Vec<CMat>>),
}

impl Kraus {
    fn operators(&self) -> &[CMat] {
        match self {
            Self::Unitary(u) => std::slice::from_ref(&**u),
            Self::Channel(kraus) => kraus,
        }
    }
}

impl Tables {
    /// The product basis of these dimensions.
    pub(super) fn basis(&mut self, dims: &[usize]) -> Arc<Basis> {
        if let Some(basis) = self.bases.iter().find(|b| b.dims() == dims) {
            return basis.clone();
        }
        let basis = Arc::new(Basis::new(dims));
        self.bases.push(basis.clone());
        basis
    }

    fn transfer(&mut self, place: usize, kraus: Kraus, dims: Vec<usize>) -> Arc<Transfer> {
        if let Some((known, at, transfer)) = self.transfers.get(&place)
            && *known == kraus
            && *at == dims
        {
            return transfer.clone();
        }
        let transfer = Arc::new(self.basis(&dims).transfer(kraus.operators()));
        self.transfers.insert(place, (kraus, dims, transfer.clone()));
        transfer
    }
}

impl Functionals {
    /// So many functionals on these slots, all zero.
    pub(super) fn zero(slots: &[Slot], layout: &Layout, batch: usize) -> Self {
        let mut axes = Axes::default();
        let sizes = squares(&layout.dims(slots));
        axes.append(slots, &sizes);
        Self { axes, batch, data: vec![0.0; sizes.iter().product::<usize>() * batch] }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.batch
    }

    /// Gives functional number `which` its entry at a string over the slots, in the order of [`zero`](Self::zero).
    pub(super) fn set(&mut self, which: usize, string: usize, value: f64) {
        self.data[string * self.batch + which] = value;
    }

    /// Adds Σ_i v_i Tr B_i ρ_S to functional number `which`: v over the strings of some of its slots S, in their order.
    pub(super) fn add(&mut self, which: usize, slots: &[Slot], v: &[f64]) {
        let mut plan = Plan::default();
        self.axes.split(slots, &mut plan);
        for (string, value) in plan.targets.iter().zip(v) {
            self.data[string * self.batch + which] += value;
        }
    }

    /// The same functionals, with slots that have other names.
    pub(super) fn renamed(mut self, name: impl Fn(Slot) -> Slot) -> Self {
        let pairs: Vec<(Slot, Slot)> = self.axes.slots().iter().map(|&slot| (slot, name(slot))).collect();
        self.axes.relabel(&pairs);
        self
    }

    /// Takes them back through the operations, the last first.
    pub(super) fn pull(&mut self, ops: &[Op], layout: &Layout, tables: &mut Tables) {
        self.pull_numbered(ops, 0, layout, tables);
    }

    /// The same; the first operation has number `first` in the tables.
    pub(super) fn pull_numbered(&mut self, ops: &[Op], first: usize, layout: &Layout, tables: &mut Tables) {
        let places: Vec<usize> =
            ops.iter().scan(first, |at, op| Some(std::mem::replace(at, *at + weight(op)))).collect();
        for (op, place) in ops.iter().zip(places).rev() {
            self.pull_one(op, place, layout, tables);
        }
    }

    fn pull_one(&mut self, op: &Op, place: usize, layout: &Layout, tables: &mut Tables) {
        match &op.kind {
            OpKind::Unitary { targets, matrix } => {
                self.through(targets, Kraus::Unitary(matrix.clone()), place, layout, tables);
            }
            OpKind::Channel { targets, kraus } => {
                self.through(targets, Kraus::Channel(kraus.clone()), place, layout, tables);
            }
            OpKind::Attach { slots, state } => {
                if self.speaks_of(slots) {
                    let sigma = tables.basis(&layout.dims(slots)).vector(state);
                    self.contract(slots, &sigma, layout);
                }
            }
            OpKind::Mix { probability, then, otherwise } => {
                let mut other = self.clone();
                self.pull_numbered(then, place + 1, layout, tables);
                other.pull_numbered(otherwise, place + 1 + weight_of(then), layout, tables);
                self.mix(*probability, other, layout);
            }
            OpKind::Repeat { count, body } => {
                (0..*count).for_each(|_| self.pull_numbered(body, place + 1, layout, tables));
            }
            OpKind::Discard { .. } | OpKind::Record { .. } => {}
            OpKind::Uncorrelate { .. } => unreachable!("only linear stretches are taken back"),
        }
    }

    /// As functionals of the state over `slots`, to which all they speak of must belong.
    pub(super) fn over(&self, slots: &[Slot], layout: &Layout) -> Vec<Sparse> {
        let mut whole = Axes::default();
        whole.append(slots, &squares(&layout.dims(slots)));
        let mut plan = Plan::default();
        whole.split(self.axes.slots(), &mut plan);
        // On a slot that they do not speak of they are the trace, which is the first coefficient.
        let mut out = vec![Sparse::new(); self.batch];
        for (entries, string) in self.data.chunks_exact(self.batch).zip(&plan.targets) {
            for (row, &value) in out.iter_mut().zip(entries) {
                if value.abs() > SNAP {
                    row.push((*string, value));
                }
            }
        }
        out.iter_mut().for_each(|row| row.sort_unstable_by_key(|(string, _)| *string));
        out
    }

    fn speaks_of(&self, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| self.axes.slots().contains(slot))
    }

    /// Back through a unitary or channel: f_j ← Σ_i f_i R_ij on the digits of the targets.
    fn through(&mut self, targets: &[Slot], kraus: Kraus, place: usize, layout: &Layout, tables: &mut Tables) {
        if !self.speaks_of(targets) {
            return;
        }
        self.extend(targets, layout);
        let transfer = tables.transfer(place, kraus, layout.dims(targets));
        let mut plan = Plan::default();
        self.axes.split(targets, &mut plan);
        let batch = self.batch;
        let mut tile = vec![0.0; plan.targets.len() * batch];
        for rest in &plan.rest {
            tile.fill(0.0);
            let mut any = false;
            for (row, offset) in transfer.rows.iter().zip(&plan.targets) {
                let from = &self.data[(rest + offset) * batch..][..batch];
                if from.iter().all(|x| *x == 0.0) {
                    continue;
                }
                any = true;
                for &(j, r) in row {
                    for (to, from) in tile[j * batch..][..batch].iter_mut().zip(from) {
                        *to += r * from;
                    }
                }
            }
            if any {
                for (from, offset) in tile.chunks_exact(batch).zip(&plan.targets) {
                    self.data[(rest + offset) * batch..][..batch].copy_from_slice(from);
                }
            }
        }
    }

    /// Back through the coming into being of slots in the state σ: Σ_t f_t σ_t on their digits.
    fn contract(&mut self, slots: &[Slot], sigma: &[f64], layout: &Layout) {
        self.extend(slots, layout);
        let mut plan = Plan::default();
        self.axes.split(slots, &mut plan);
        let batch = self.batch;
        let mut out = vec![0.0; plan.rest.len() * batch];
        for (to, rest) in out.chunks_exact_mut(batch).zip(&plan.rest) {
            for (&s, offset) in sigma.iter().zip(&plan.targets).filter(|(s, _)| **s != 0.0) {
                for (to, from) in to.iter_mut().zip(&self.data[(rest + offset) * batch..][..batch]) {
                    *to += s * from;
                }
            }
        }
        self.data = out;
        self.axes.remove(slots);
    }

    /// Speaks of these slots too: the trace over one is its first coefficient.
    fn extend(&mut self, slots: &[Slot], layout: &Layout) {
        for &slot in slots {
            if self.axes.slots().contains(&slot) {
                continue;
            }
            let d = layout.dim(slot);
            let mut data = vec![0.0; self.data.len() * d * d];
            for (to, from) in data.chunks_exact_mut(d * d * self.batch).zip(self.data.chunks_exact(self.batch)) {
                to[..self.batch].copy_from_slice(from);
            }
            self.data = data;
            self.axes.append(&[slot], &[d * d]);
        }
    }

    /// p·self + (1 − p)·other
    fn mix(&mut self, p: f64, mut other: Self, layout: &Layout) {
        let (mine, others) = (self.axes.slots().to_vec(), other.axes.slots().to_vec());
        self.extend(&others, layout);
        other.extend(&mine, layout);
        let mut plan = Plan::default();
        other.axes.split(self.axes.slots(), &mut plan); // where the other holds the strings of this one
        for (to, from) in self.data.chunks_exact_mut(self.batch).zip(&plan.targets) {
            for (to, from) in to.iter_mut().zip(&other.data[from * self.batch..]) {
                *to = *to * p + from * (1.0 - p);
            }
        }
    }
}

fn squares(dims: &[usize]) -> Vec<usize> {
    dims.iter().map(|d| d * d).collect()
}

/// How many places an operation takes, with those nested in it.
fn weight(op: &Op) -> usize {
    match &op.kind {
        OpKind::Mix { then, otherwise, .. } => 1 + weight_of(then) + weight_of(otherwise),
        OpKind::Repeat { body, .. } => 1 + weight_of(body),
        _ => 1,
    }
}

fn weight_of(ops: &[Op]) -> usize {
    ops.iter().map(weight).sum()
}
