//! The cost of a step on a density matrix or a state vector, computed before anything runs, and the lifetimes of its
//! slots.
//!
//! A script can describe a state that is larger than any machine's memory, so sizes are `u128` and saturate.

use std::collections::BTreeSet;

use super::{Instrument, Layout, Measure, Op, OpKind, Scalar, Slot, Step};

/// Bytes of a complex number.
const ENTRY: u128 = 16;
/// Floating-point operations of a complex multiply-add.
const MULTIPLY_ADD: u128 = 8;
/// A measure decomposes a d × d matrix, with about this many times d³ multiply-adds.
const DECOMPOSITION: u128 = 20;

/// Largest side of a tile, the part of ρ that stays in the cache during one pass over memory. A tile of 256 × 256
/// complex numbers, stored as real and imaginary planes, takes 1 MiB. Gates up to this dimension act inside one tile.
pub(crate) const MAX_TILE_SIDE: usize = 256;

/// Number of entries in the upper triangle of a D × D matrix, including the diagonal: D(D + 1)/2. They determine a
/// Hermitian matrix.
fn triangle(dim: u128) -> u128 {
    product(&[dim.div_ceil(2), (dim / 2).saturating_mul(2).saturating_add(1)])
}

/// The cost of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Largest number of slots alive at once.
    pub peak_slots: usize,
    /// Largest dimension D of the state; its density matrix is D × D.
    pub peak_dim: u128,
    /// Largest number of bytes in matrices at once, at 16 bytes per entry: the upper triangle of the state or its
    /// amplitudes, those of other states while a `Mix` runs a branch or a `Measure` adds its outcomes, and the marginals
    /// of an `Uncorrelate` or a measure. Gates and channels work in place, except those larger than a tile.
    pub peak_bytes: u128,
    /// Whether the step is a linear map of the state, that is, has no `Uncorrelate`.
    pub linear: bool,
    /// Whether the step divides the state by a probability, that is, has a `Postselect`.
    pub normalised: bool,
    /// Estimated number of floating-point operations of one step.
    pub flops: u128,
}

/// One lifetime of a slot within a step. A slot that is reset has two. Operations are given by their index in the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifetime {
    /// The slot that lives.
    pub slot: Slot,
    /// The operation that attaches the slot; `None` if it is alive when the step begins.
    pub born: Option<usize>,
    /// The operation that traces out the slot; `None` if it is alive when the step ends.
    pub dies: Option<usize>,
    /// The first operation, other than a `Discard`, that mentions the slot during this lifetime; `None` if it is
    /// unused.
    pub first_use: Option<usize>,
    /// The last such operation.
    pub last_use: Option<usize>,
}

/// The representation of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Representation {
    /// The upper triangle of a density matrix: D(D + 1)/2 entries.
    Matrix,
    /// The D amplitudes of a pure state.
    Vector,
}

/// Computes the cost of a step on a density matrix.
#[must_use]
pub fn cost(step: &Step, layout: &Layout) -> Cost {
    cost_on(Representation::Matrix, step, layout)
}

/// Computes the cost of a step on a representation of the state.
#[must_use]
pub fn cost_on(representation: Representation, step: &Step, layout: &Layout) -> Cost {
    let start = Cost { peak_slots: 0, peak_dim: 1, peak_bytes: 0, linear: true, normalised: false, flops: 0 };
    let alive = step.entry.iter().copied().collect();
    let mut meter = Meter { representation, layout, alive, held: 0, cost: start };
    meter.note_peak(0);
    let flops = meter.sequence(&step.ops);
    Cost { flops, ..meter.cost }
}

/// The lifetimes of the slots of a step, in the order in which they begin. Indices are those of top-level operations:
/// an operation inside a `Mix` or `Repeat` counts as the enclosing operation.
#[must_use]
pub fn lifetimes(step: &Step) -> Vec<Lifetime> {
    let new = |slot, born| Lifetime { slot, born, dies: None, first_use: None, last_use: None };
    let mut alive: BTreeSet<Slot> = step.entry.iter().copied().collect();
    let mut lives: Vec<Lifetime> = alive.iter().map(|&slot| new(slot, None)).collect();
    for (index, op) in step.ops.iter().enumerate() {
        let before = alive.clone();
        op.update_alive(&mut alive);
        for life in lives.iter_mut().filter(|life| life.dies.is_none()) {
            if !alive.contains(&life.slot) {
                life.dies = Some(index);
            }
            if !matches!(op.kind, OpKind::Discard { .. }) && op.mentions(life.slot) {
                life.first_use.get_or_insert(index);
                life.last_use = Some(index);
            }
        }
        lives.extend(alive.difference(&before).map(|&slot| new(slot, Some(index))));
    }
    lives
}

struct Meter<'a> {
    representation: Representation,
    layout: &'a Layout,
    alive: BTreeSet<Slot>,
    /// Bytes of the copies of the state that the enclosing `Mix` operations hold.
    held: u128,
    cost: Cost,
}

impl Meter<'_> {
    fn dim<'s>(&self, slots: impl IntoIterator<Item = &'s Slot>) -> u128 {
        slots.into_iter().fold(1, |dim: u128, &slot| dim.saturating_mul(self.layout.dim(slot) as u128))
    }

    /// Bytes of a full matrix on some slots.
    fn bytes<'s>(&self, slots: impl IntoIterator<Item = &'s Slot>) -> u128 {
        let dim = self.dim(slots);
        product(&[ENTRY, dim, dim])
    }

    /// The numbers that represent a state of dimension `dim`.
    fn entries(&self, dim: u128) -> u128 {
        match self.representation {
            Representation::Matrix => triangle(dim),
            Representation::Vector => dim,
        }
    }

    /// Bytes of a state on some slots.
    fn state_bytes<'s>(&self, slots: impl IntoIterator<Item = &'s Slot>) -> u128 {
        product(&[ENTRY, self.entries(self.dim(slots))])
    }

    fn note_peak(&mut self, beside: u128) {
        let (dim, bytes) = (self.dim(&self.alive), self.state_bytes(&self.alive));
        let cost = &mut self.cost;
        cost.peak_slots = cost.peak_slots.max(self.alive.len());
        cost.peak_dim = cost.peak_dim.max(dim);
        cost.peak_bytes = cost.peak_bytes.max(bytes.saturating_add(self.held).saturating_add(beside));
    }

    /// Counts the memory of a gate larger than a tile: it needs a full matrix of its own dimension.
    fn note_gate(&mut self, targets: &[Slot]) {
        if self.dim(targets) > MAX_TILE_SIDE as u128 {
            self.note_peak(self.bytes(targets).saturating_mul(3)); // the matrix, and two more for the sum of a channel
        }
    }

    /// Floating-point operations of a sequence.
    fn sequence(&mut self, ops: &[Op]) -> u128 {
        ops.iter().fold(0, |sum: u128, op| sum.saturating_add(self.op(op)))
    }

    fn op(&mut self, op: &Op) -> u128 {
        let before = self.dim(&self.alive);
        let entries = self.entries(before);
        match &op.kind {
            OpKind::Attach { .. } | OpKind::Discard { .. } => {
                op.update_alive(&mut self.alive);
                self.note_peak(0);
                let after = self.dim(&self.alive).max(before);
                product(&[MULTIPLY_ADD, self.entries(after)])
            }
            // U from the left, and U† from the right of a matrix, each with d multiply-adds per entry
            OpKind::Unitary { targets, .. } => {
                self.note_gate(targets);
                let sides = if self.representation == Representation::Matrix { 2 } else { 1 };
                product(&[MULTIPLY_ADD, sides, self.dim(targets), entries])
            }
            OpKind::Channel { targets, kraus } => {
                self.note_gate(targets);
                let d = self.dim(targets);
                product(&[MULTIPLY_ADD, d, d.min(2 * kraus.len() as u128), entries])
            }
            OpKind::Uncorrelate { groups } => {
                self.cost.linear = false;
                let marginals = groups.iter().fold(0, |sum: u128, group| sum.saturating_add(self.bytes(group)));
                self.note_peak(marginals);
                product(&[MULTIPLY_ADD, 2, entries])
            }
            OpKind::Record { value, .. } => self.scalar(value, before),
            OpKind::Measure { targets, instrument, .. } => self.measure(op, targets, instrument),
            OpKind::Postselect { .. } => {
                self.cost.normalised = true;
                product(&[MULTIPLY_ADD, entries])
            }
            OpKind::Mix { then, otherwise, .. } => self.mix(then, otherwise, entries),
            OpKind::Repeat { count, body, .. } => product(&[u128::from(*count), self.sequence(body)]),
        }
    }

    fn mix(&mut self, then: &[Op], otherwise: &[Op], entries: u128) -> u128 {
        let (entry, outside) = (self.alive.clone(), self.held);
        self.held = outside.saturating_add(self.state_bytes(&entry)); // a copy of the state is kept for the other branch
        let first = self.sequence(then);
        self.held = outside.saturating_add(self.state_bytes(&self.alive)); // the result of the first branch is kept
        self.alive = entry;
        self.note_peak(0);
        let second = self.sequence(otherwise);
        self.held = outside;
        first.saturating_add(second).saturating_add(product(&[MULTIPLY_ADD, entries]))
    }

    /// Each outcome acts on a copy of the state, attaches the register to it, and adds it to the sum.
    fn measure(&mut self, op: &Op, targets: &[Slot], instrument: &Instrument) -> u128 {
        self.note_gate(targets);
        let (outside, before) = (self.held, self.entries(self.dim(&self.alive)));
        self.held = outside.saturating_add(self.state_bytes(&self.alive));
        op.update_alive(&mut self.alive);
        self.held = self.held.saturating_add(self.state_bytes(&self.alive));
        self.note_peak(0);
        self.held = outside;
        let d = self.dim(targets);
        let act = |kraus: usize| product(&[d, d.min(2 * kraus as u128), before]);
        let acts =
            instrument.outcomes.iter().fold(0, |sum: u128, outcome| sum.saturating_add(act(outcome.kraus.len())));
        let sums = product(&[2, instrument.outcomes.len() as u128, self.entries(self.dim(&self.alive))]);
        product(&[MULTIPLY_ADD, acts.saturating_add(sums)])
    }

    fn scalar(&mut self, value: &Scalar, dim: u128) -> u128 {
        let read = |meter: &mut Self, slots: &[Slot], work: u128| {
            let d = meter.dim(slots);
            let bytes = meter.bytes(slots);
            meter.note_peak(bytes);
            product(&[d, dim]).saturating_add(product(&[MULTIPLY_ADD, work, d, d]))
        };
        match value {
            Scalar::Constant(_) | Scalar::Recorded { .. } => 0,
            Scalar::Measure(Measure::Reduced { slots, .. }) => {
                let work = product(&[DECOMPOSITION, self.dim(slots)]);
                read(self, slots, work)
            }
            Scalar::Measure(Measure::Expectation { terms, .. }) => {
                terms.iter().fold(0, |sum: u128, (slots, _)| sum.saturating_add(read(self, slots, 1)))
            }
            Scalar::Apply { args, .. } => {
                args.iter().fold(0, |sum: u128, arg| sum.saturating_add(self.scalar(arg, dim)))
            }
        }
    }
}

fn product(factors: &[u128]) -> u128 {
    factors.iter().fold(1, |product: u128, &factor| product.saturating_mul(factor))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ir::{Origin, SlotInfo, Weight};
    use crate::quantum::{C64, CMat};

    fn layout(count: u32) -> Layout {
        Layout { slots: (0..count).map(|i| SlotInfo { dim: 2, label: format!("q{i}") }).collect() }
    }

    fn step(entry: Vec<Slot>, kinds: Vec<OpKind>) -> Step {
        let ops = (0..).zip(kinds).map(|(i, kind)| Op { origin: Origin(i), kind }).collect();
        Step { ops, exit: entry.clone(), entry, advance: vec![] }
    }

    fn attach(slot: Slot) -> OpKind {
        OpKind::Attach { slots: vec![slot], state: Arc::new(CMat::from_element(2, 2, C64::new(0.5, 0.0))) }
    }

    #[test]
    fn more_qubits_than_any_machine_holds_are_counted() {
        let forty = cost(&step((0..40).map(Slot).collect(), vec![]), &layout(40));
        assert_eq!(
            (forty.peak_slots, forty.peak_dim, forty.peak_bytes),
            (40, 1 << 40, 8 * (1 << 40) * ((1 << 40) + 1))
        );
        assert!(forty.linear);
        assert_eq!(forty.flops, 0);
        let all: Vec<Slot> = (0..200).map(Slot).collect();
        let gate = OpKind::Uncorrelate { groups: vec![all.clone()] };
        let absurd = cost(&step(all, vec![gate]), &layout(200));
        assert_eq!((absurd.peak_dim, absurd.peak_bytes, absurd.linear), (u128::MAX, u128::MAX, false));
    }

    #[test]
    fn a_vector_of_twenty_four_qubits_takes_a_quarter_of_a_gibibyte() {
        let all: Vec<Slot> = (0..24).map(Slot).collect();
        let gate = OpKind::Unitary { targets: vec![all[3], all[20]], matrix: Arc::new(CMat::identity(4, 4)) };
        let c = cost_on(Representation::Vector, &step(all, vec![gate]), &layout(24));
        assert_eq!((c.peak_bytes, c.flops), (1 << 28, 8 * 4 * (1 << 24)));
    }

    #[test]
    fn a_mix_holds_a_copy_and_a_repeat_multiplies() {
        let (s, e) = (Slot(0), Slot(1));
        let gate = |origin| Op {
            origin: Origin(origin),
            kind: OpKind::Unitary { targets: vec![s], matrix: Arc::new(CMat::identity(2, 2)) },
        };
        let branch: Vec<Op> =
            [attach(e), OpKind::Discard { slots: vec![e] }].map(|kind| Op { origin: Origin(0), kind }).to_vec();
        let mix = OpKind::Mix { weight: Weight::Probability(0.5), then: branch, otherwise: vec![] };
        let mixed = cost(&step(vec![s], vec![mix]), &layout(2));
        assert_eq!((mixed.peak_slots, mixed.peak_dim), (2, 4));
        assert_eq!(mixed.peak_bytes, 16 * (10 + 3));
        let once = cost(&step(vec![s], vec![gate(0).kind]), &layout(2)).flops;
        assert_eq!(once, 8 * 2 * 2 * 3);
        let thrice = OpKind::Repeat { count: 3, body: vec![gate(0)] };
        assert_eq!(cost(&step(vec![s], vec![thrice]), &layout(2)).flops, 3 * once);
    }

    #[test]
    fn a_reset_slot_lives_twice() {
        let (s, e) = (Slot(0), Slot(1));
        let swap = OpKind::Unitary { targets: vec![s, e], matrix: Arc::new(CMat::identity(4, 4)) };
        let out = |slot| OpKind::Discard { slots: vec![slot] };
        let lives = lifetimes(&step(vec![s], vec![attach(e), swap.clone(), out(s), out(e), attach(s)]));
        let life = |slot, born, dies, at| Lifetime { slot, born, dies, first_use: at, last_use: at };
        let expected =
            [life(s, None, Some(2), Some(1)), life(e, Some(0), Some(3), Some(1)), life(s, Some(4), None, None)];
        assert_eq!(lives, expected);
    }
}
