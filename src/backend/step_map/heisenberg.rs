//! Observables in the Heisenberg picture: readouts after a gate sequence as observables of the state before it.
//!
//! An observable F = Σ_i f_i B_i of the state ρ' = E(ρ) after an operation is the observable E†(F) of the state before
//! it, Tr F E(ρ) = Tr E†(F) ρ, with E† the adjoint channel (E†(F) = U†FU for a unitary U). An observable acts on few
//! subsystems: on all others it is the identity, which the adjoint of every gate, channel and partial trace preserves.
//! So nothing is computed until an operation acts on a subsystem of an observable. Many observables are propagated
//! backwards together.

use std::collections::HashMap;
use std::sync::Arc;

use super::basis::{Basis, SNAP, Transfer};
use crate::backend::axes::{Axes, Plan};
use crate::backend::exec::OVERHEAD;
use crate::backend::{Stopped, Watch};
use crate::ir::{Event, Instrument, Layout, Op, OpKind, Slot, Weight};
use crate::quantum::CMat;

/// A batch of observables on the same slots.
#[derive(Debug, Clone)]
pub(super) struct Observables {
    /// The slots; the digits count basis elements, d² per slot.
    axes: Axes,
    /// The number of observables.
    batch: usize,
    /// The coefficients f_i, string by string: the coefficients of one string i for all observables are neighbours.
    data: Vec<f64>,
}

/// An observable as a list of its nonzero coefficients: the string i of the basis over some slots, and f_i.
pub(super) type Sparse = Vec<(usize, f64)>;

/// Bases and transfer matrices of earlier maps. The transfer matrix of an unchanged gate is reused.
#[derive(Debug, Default)]
pub struct Tables {
    bases: Vec<Arc<Basis>>,
    /// For each place in the sequence: the Kraus operators, the dimensions of their targets, and their transfer matrix.
    transfers: HashMap<usize, (Kraus, Vec<usize>, Arc<Transfer>)>,
    /// The strings of the rows of the last map.
    pub(super) seen: Vec<usize>,
}

/// The tools for compiling a step.
pub struct Work<'a> {
    /// Tables that are kept from map to map.
    pub tables: &'a mut Tables,
    /// The check for an interrupt.
    pub watch: &'a Watch<'a>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kraus {
    Unitary(Arc<CMat>),
    Channel(Arc<Vec<CMat>>),
}

/// A measurement, to be propagated through.
struct Measured<'a> {
    targets: &'a [Slot],
    register: Slot,
    instrument: &'a Instrument,
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

    fn transfer(
        &mut self,
        place: usize,
        kraus: Kraus,
        dims: Vec<usize>,
        watch: &Watch<'_>,
    ) -> Result<Arc<Transfer>, Stopped> {
        if let Some((known, at, transfer)) = self.transfers.get(&place)
            && *known == kraus
            && *at == dims
        {
            return Ok(transfer.clone());
        }
        let transfer = Arc::new(self.basis(&dims).transfer(kraus.operators(), watch)?);
        self.transfers.insert(place, (kraus, dims, transfer.clone()));
        Ok(transfer)
    }
}

impl Observables {
    /// A batch of observables on these slots, all zero.
    pub(super) fn zero(slots: &[Slot], layout: &Layout, batch: usize) -> Self {
        let mut axes = Axes::default();
        let sizes = squares(&layout.dims(slots));
        axes.append(slots, &sizes);
        Self { axes, batch, data: vec![0.0; sizes.iter().product::<usize>() * batch] }
    }

    /// The number of observables.
    pub(super) fn len(&self) -> usize {
        self.batch
    }

    /// Sets the coefficient of observable `which` for a string over the slots, in the order of [`zero`](Self::zero).
    pub(super) fn set(&mut self, which: usize, string: usize, value: f64) {
        self.data[string * self.batch + which] = value;
    }

    /// Adds Σ_i v_i B_i to observable `which`; i runs over the strings of `slots`, in that order.
    pub(super) fn add(&mut self, which: usize, slots: &[Slot], v: &[f64]) {
        let mut plan = Plan::default();
        self.axes.split(slots, &mut plan);
        for (string, value) in plan.targets.iter().zip(v) {
            self.data[string * self.batch + which] += value;
        }
    }

    /// The same observables with their slots renamed.
    pub(super) fn renamed(mut self, name: impl Fn(Slot) -> Slot) -> Self {
        let pairs: Vec<(Slot, Slot)> = self.axes.slots().iter().map(|&slot| (slot, name(slot))).collect();
        self.axes.relabel(&pairs);
        self
    }

    /// Propagates the observables backwards through the operations, beginning with the last.
    pub(super) fn pull(&mut self, ops: &[Op], layout: &Layout, work: &mut Work<'_>) -> Result<(), Stopped> {
        self.pull_numbered(ops, 0, layout, work)
    }

    /// Like [`pull`](Self::pull), with the first operation at place `first` in the tables.
    pub(super) fn pull_numbered(
        &mut self,
        ops: &[Op],
        first: usize,
        layout: &Layout,
        work: &mut Work<'_>,
    ) -> Result<(), Stopped> {
        let places: Vec<usize> =
            ops.iter().scan(first, |at, op| Some(std::mem::replace(at, *at + weight(op)))).collect();
        ops.iter().zip(places).rev().try_for_each(|(op, place)| self.pull_one(op, place, layout, work))
    }

    fn pull_one(&mut self, op: &Op, place: usize, layout: &Layout, work: &mut Work<'_>) -> Result<(), Stopped> {
        work.watch.spend(OVERHEAD)?;
        match &op.kind {
            OpKind::Unitary { targets, matrix } => {
                self.through(targets, Kraus::Unitary(matrix.clone()), place, layout, work)
            }
            OpKind::Channel { targets, kraus } => {
                self.through(targets, Kraus::Channel(kraus.clone()), place, layout, work)
            }
            OpKind::Attach { slots, state } => {
                if self.acts_on(slots) {
                    let sigma = work.tables.basis(&layout.dims(slots)).vector(state);
                    self.contract(slots, &sigma, layout, work.watch)?;
                }
                Ok(())
            }
            OpKind::Measure { targets, register, instrument } => {
                let measured = Measured { targets, register: *register, instrument };
                self.before_measurement(&measured, place, layout, work)
            }
            OpKind::Postselect { event, .. } => self.restrict(event, place, layout, work),
            OpKind::Mix { weight, then, otherwise } => {
                let mut other = self.clone();
                let second = place + 1 + weight_of(then);
                self.pull_numbered(then, place + 1, layout, work)?;
                other.pull_numbered(otherwise, second, layout, work)?;
                match weight {
                    Weight::Probability(p) => self.combine([*p, 1.0 - p], other, layout, work.watch),
                    Weight::Event(event) => {
                        let last = second + weight_of(otherwise);
                        self.restrict(event, last, layout, work)?;
                        other.restrict(&event.complement(), last + 1, layout, work)?;
                        self.combine([1.0, 1.0], other, layout, work.watch)
                    }
                }
            }
            OpKind::Repeat { count, body } => {
                (0..*count).try_for_each(|_| self.pull_numbered(body, place + 1, layout, work))
            }
            OpKind::Discard { .. } | OpKind::Record { .. } => Ok(()),
            OpKind::Uncorrelate { .. } => unreachable!("only linear parts are propagated backwards"),
        }
    }

    /// The observables in sparse form over `slots`, which must contain every slot on which they act.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn over(&self, slots: &[Slot], layout: &Layout, watch: &Watch<'_>) -> Result<Vec<Sparse>, Stopped> {
        let mut whole = Axes::default();
        whole.append(slots, &squares(&layout.dims(slots)));
        let mut plan = Plan::default();
        whole.split(self.axes.slots(), &mut plan);
        // On a slot where they do not act they are the identity, the first basis element.
        let mut out = vec![Sparse::new(); self.batch];
        for (entries, string) in self.data.chunks_exact(self.batch).zip(&plan.targets) {
            watch.spend(entries.len())?;
            for (row, &value) in out.iter_mut().zip(entries) {
                if value.abs() > SNAP {
                    row.push((*string, value));
                }
            }
        }
        for row in &mut out {
            watch.spend(row.len())?;
            row.sort_unstable_by_key(|(string, _)| *string);
        }
        Ok(out)
    }

    fn acts_on(&self, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| self.axes.slots().contains(slot))
    }

    /// Propagates backwards through a unitary or channel with transfer matrix R: f_j ← Σ_i f_i R_ij on the targets'
    /// digits.
    fn through(
        &mut self,
        targets: &[Slot],
        kraus: Kraus,
        place: usize,
        layout: &Layout,
        work: &mut Work<'_>,
    ) -> Result<(), Stopped> {
        // The adjoint of a channel preserves the identity.
        if self.acts_on(targets) { self.through_each(targets, kraus, place, layout, work) } else { Ok(()) }
    }

    /// Like [`through`](Self::through), for operators that need not preserve the trace.
    fn through_each(
        &mut self,
        targets: &[Slot],
        kraus: Kraus,
        place: usize,
        layout: &Layout,
        work: &mut Work<'_>,
    ) -> Result<(), Stopped> {
        self.extend(targets, layout, work.watch)?;
        let transfer = work.tables.transfer(place, kraus, layout.dims(targets), work.watch)?;
        let mut plan = Plan::default();
        self.axes.split(targets, &mut plan);
        let batch = self.batch;
        let mut tile = vec![0.0; plan.targets.len() * batch];
        for rest in &plan.rest {
            work.watch.spend(tile.len())?;
            let mut any = false;
            for (row, offset) in transfer.rows.iter().zip(&plan.targets) {
                let from = &self.data[(rest + offset) * batch..][..batch];
                if from.iter().all(|x| *x == 0.0) {
                    continue;
                }
                any = true;
                work.watch.spend(row.len() * batch)?;
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
                tile.fill(0.0);
            }
        }
        Ok(())
    }

    /// Propagates backwards through attaching slots in the state σ: Σ_t f_t σ_t over their digits t, with σ_t = Tr B_t
    /// σ.
    fn contract(&mut self, slots: &[Slot], sigma: &[f64], layout: &Layout, watch: &Watch<'_>) -> Result<(), Stopped> {
        self.extend(slots, layout, watch)?;
        let mut plan = Plan::default();
        self.axes.split(slots, &mut plan);
        let batch = self.batch;
        let mut out = vec![0.0; plan.rest.len() * batch];
        for (to, rest) in out.chunks_exact_mut(batch).zip(&plan.rest) {
            watch.spend(sigma.len() * batch)?;
            for (&s, offset) in sigma.iter().zip(&plan.targets).filter(|(s, _)| **s != 0.0) {
                for (to, from) in to.iter_mut().zip(&self.data[(rest + offset) * batch..][..batch]) {
                    *to += s * from;
                }
            }
        }
        self.data = out;
        self.axes.remove(slots);
        Ok(())
    }

    /// Extends the observables by the identity, the first basis element, on these slots.
    fn extend(&mut self, slots: &[Slot], layout: &Layout, watch: &Watch<'_>) -> Result<(), Stopped> {
        for &slot in slots {
            if self.axes.slots().contains(&slot) {
                continue;
            }
            let d = layout.dim(slot);
            watch.spend(self.data.len() * d * d)?;
            let mut data = vec![0.0; self.data.len() * d * d];
            for (to, from) in data.chunks_exact_mut(d * d * self.batch).zip(self.data.chunks_exact(self.batch)) {
                to[..self.batch].copy_from_slice(from);
            }
            self.data = data;
            self.axes.append(&[slot], &[d * d]);
        }
        Ok(())
    }

    /// Propagates backwards through ρ → PρP, with the projector P of the event.
    fn restrict(&mut self, event: &Event, place: usize, layout: &Layout, work: &mut Work<'_>) -> Result<(), Stopped> {
        self.through_each(&event.registers, Kraus::Unitary(Arc::new(event.projector())), place, layout, work)
    }

    /// Propagates backwards through a measurement: Σ_k Σ_j M_kj† ⟨k|F|k⟩ M_kj.
    fn before_measurement(
        &mut self,
        measured: &Measured<'_>,
        place: usize,
        layout: &Layout,
        work: &mut Work<'_>,
    ) -> Result<(), Stopped> {
        let Measured { targets, register, instrument } = measured;
        if !self.acts_on(&[*register]) {
            return self.through(targets, Kraus::Channel(Arc::new(instrument.unread())), place, layout, work);
        }
        let after = self.clone();
        for (k, outcome) in instrument.outcomes.iter().enumerate() {
            let mut branch = after.clone();
            let level = work.tables.basis(&layout.dims(&[*register])).vector(&instrument.level(k));
            branch.contract(&[*register], &level, layout, work.watch)?;
            let kraus = Kraus::Channel(Arc::new(outcome.kraus.clone()));
            branch.through_each(targets, kraus, place + 1 + k, layout, work)?;
            if k == 0 {
                *self = branch;
            } else {
                self.combine([1.0, 1.0], branch, layout, work.watch)?;
            }
        }
        Ok(())
    }

    /// The sum of both, with these factors.
    fn combine(
        &mut self,
        [mine_times, other_times]: [f64; 2],
        mut other: Self,
        layout: &Layout,
        watch: &Watch<'_>,
    ) -> Result<(), Stopped> {
        let (mine, others) = (self.axes.slots().to_vec(), other.axes.slots().to_vec());
        self.extend(&others, layout, watch)?;
        other.extend(&mine, layout, watch)?;
        let mut plan = Plan::default();
        other.axes.split(self.axes.slots(), &mut plan); // the positions in `other` of the strings of `self`
        for (to, from) in self.data.chunks_exact_mut(self.batch).zip(&plan.targets) {
            watch.spend(self.batch)?;
            for (to, from) in to.iter_mut().zip(&other.data[from * self.batch..]) {
                *to = *to * mine_times + from * other_times;
            }
        }
        Ok(())
    }
}

fn squares(dims: &[usize]) -> Vec<usize> {
    dims.iter().map(|d| d * d).collect()
}

/// The number of places that an operation takes up in the tables, with its nested operations.
fn weight(op: &Op) -> usize {
    match &op.kind {
        OpKind::Measure { instrument, .. } => 1 + instrument.outcomes.len(),
        // the last two are the projectors of an event
        OpKind::Mix { then, otherwise, .. } => 3 + weight_of(then) + weight_of(otherwise),
        OpKind::Repeat { body, .. } => 1 + weight_of(body),
        _ => 1,
    }
}

fn weight_of(ops: &[Op]) -> usize {
    ops.iter().map(weight).sum()
}
