//! Which subsystems of a state vector are certainly not entangled, found from the operations alone.
//!
//! The live slots are divided into groups, such that the state is a product of one vector for each group. An attached unit is
//! a group of its own. An operation on several groups joins them. A measurement each of whose operators has rank 1 leaves
//! the measured slots in a state that depends on the outcome alone, so they become a group again. A register is in the
//! level of its outcome.

use std::collections::BTreeSet;

use crate::ir::{Instrument, Op, OpKind, Slot};
use crate::quantum::{C64, CMat};

/// The groups of slots; each slot is in one of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Factors(BTreeSet<BTreeSet<Slot>>);

/// The largest deviation of a matrix from one of rank 1, relative to the square of its largest entry: rounding.
const ROUNDING: f64 = 1e-13;

impl Factors {
    /// The groups after some operations.
    ///
    /// # Errors
    /// The first operation that discards a part of a group, which may be entangled with the rest of it.
    pub(super) fn follow<'o>(&mut self, ops: &'o [Op]) -> Result<(), &'o Op> {
        ops.iter().try_for_each(|op| self.operate(op))
    }

    /// The groups after any number of repetitions of a sequence.
    ///
    /// # Errors
    /// As [`follow`](Self::follow).
    pub(super) fn repeat<'o>(&mut self, ops: &'o [Op], advance: &[(Slot, Slot)]) -> Result<(), &'o Op> {
        loop {
            let before = self.clone();
            self.follow(ops)?;
            self.relabel(advance);
            self.coarsen(&before);
            if *self == before {
                return Ok(());
            }
        }
    }

    /// Renames slots simultaneously, by pairs `(old, new)`.
    pub(super) fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        let new = |slot: &Slot| pairs.iter().find(|(old, _)| old == slot).map_or(*slot, |(_, new)| *new);
        self.0 = self.0.iter().map(|group| group.iter().map(new).collect()).collect();
    }

    fn operate<'o>(&mut self, op: &'o Op) -> Result<(), &'o Op> {
        match &op.kind {
            OpKind::Attach { slots, .. } => _ = self.0.insert(slots.iter().copied().collect()),
            OpKind::Unitary { targets, .. } | OpKind::Channel { targets, .. } => self.join(targets),
            OpKind::Measure { targets, register, instrument } => {
                self.join(targets);
                if instrument.is_complete() {
                    self.remove(targets);
                    self.0.insert(targets.iter().copied().collect());
                }
                self.0.insert(BTreeSet::from([*register]));
            }
            OpKind::Discard { slots } => {
                let whole = |group: &&BTreeSet<Slot>| group.iter().all(|slot| slots.contains(slot));
                if self.0.iter().filter(whole).map(BTreeSet::len).sum::<usize>() != slots.len() {
                    return Err(op);
                }
                self.remove(slots);
            }
            // A run takes one of the branches.
            OpKind::Mix { then, otherwise, .. } => {
                let mut other = self.clone();
                self.follow(then)?;
                other.follow(otherwise)?;
                self.coarsen(&other);
            }
            OpKind::Repeat { body, .. } => self.repeat(body, &[])?,
            OpKind::Uncorrelate { groups } => {
                self.0 = groups.iter().map(|group| group.iter().copied().collect()).collect();
            }
            OpKind::Record { .. } | OpKind::Postselect { .. } => {}
        }
        Ok(())
    }

    /// Joins the groups of some slots.
    fn join<'s>(&mut self, slots: impl IntoIterator<Item = &'s Slot>) {
        let slots: BTreeSet<Slot> = slots.into_iter().copied().collect();
        let (touched, others) = std::mem::take(&mut self.0).into_iter().partition(|group| !group.is_disjoint(&slots));
        self.0 = others;
        let touched: BTreeSet<BTreeSet<Slot>> = touched;
        self.0.insert(touched.into_iter().flatten().collect());
    }

    fn remove(&mut self, slots: &[Slot]) {
        let rest = |group: BTreeSet<Slot>| group.into_iter().filter(|slot| !slots.contains(slot)).collect();
        let groups = std::mem::take(&mut self.0).into_iter().map(rest);
        self.0 = groups.filter(|group: &BTreeSet<Slot>| !group.is_empty()).collect();
    }

    /// Joins groups until none is divided between groups of `other`, nor the other way round.
    fn coarsen(&mut self, other: &Self) {
        other.0.iter().for_each(|group| self.join(group));
    }
}

impl Instrument {
    /// Whether each outcome leaves the measured slots in one pure state, whatever their state before.
    fn is_complete(&self) -> bool {
        self.outcomes.iter().all(|outcome| matches!(&outcome.kraus[..], [operator] if has_rank_one(operator)))
    }
}

fn has_rank_one(matrix: &CMat) -> bool {
    let norm = |at: &(usize, usize)| matrix[*at].norm();
    let (rows, columns) = matrix.shape();
    let entries = || (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
    let Some((r, c)) = entries().max_by(|a, b| norm(a).total_cmp(&norm(b))) else { return false };
    let largest: C64 = matrix[(r, c)];
    let minor = |(i, j): (usize, usize)| (matrix[(i, j)] * largest - matrix[(i, c)] * matrix[(r, j)]).norm();
    largest != C64::ZERO && entries().all(|at| minor(at) <= ROUNDING * largest.norm_sqr())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ir::{Origin, Outcome, Weight};

    const A: Slot = Slot(0);
    const B: Slot = Slot(1);
    const C: Slot = Slot(2);
    const R: Slot = Slot(3);

    fn sequence(kinds: Vec<OpKind>) -> Vec<Op> {
        kinds.into_iter().map(|kind| Op { origin: Origin(0), kind }).collect()
    }

    fn attach(slot: Slot) -> OpKind {
        OpKind::Attach { slots: vec![slot], state: Arc::new(CMat::identity(2, 2)) }
    }

    fn gate(targets: &[Slot]) -> OpKind {
        let dim = 1 << targets.len();
        OpKind::Unitary { targets: targets.to_vec(), matrix: Arc::new(CMat::identity(dim, dim)) }
    }

    fn discard(slot: Slot) -> OpKind {
        OpKind::Discard { slots: vec![slot] }
    }

    /// A measurement of the level of a qubit, or one whose single outcome says nothing.
    fn measure(target: Slot, complete: bool) -> OpKind {
        let projector = |k: usize| CMat::from_fn(2, 2, |i, j| C64::from(f64::from(u8::from(i == k && j == k))));
        let operators = if complete { vec![projector(0), projector(1)] } else { vec![CMat::identity(2, 2)] };
        let outcome = |operator| Outcome { value: 0.0, kraus: vec![operator] };
        let instrument = Arc::new(Instrument { outcomes: operators.into_iter().map(outcome).collect() });
        OpKind::Measure { targets: vec![target], register: R, instrument }
    }

    fn follows(kinds: Vec<OpKind>) -> bool {
        Factors::default().follow(&sequence(kinds)).is_ok()
    }

    #[test]
    fn a_unit_that_has_interacted_may_be_discarded_only_after_a_complete_measurement() {
        let start = || vec![attach(A), attach(B), gate(&[A, B])];
        let with = |more: Vec<OpKind>| follows(start().into_iter().chain(more).collect());
        assert!(follows(vec![attach(A), attach(B), gate(&[B]), discard(B)]));
        assert!(!with(vec![discard(B)]));
        assert!(with(vec![measure(B, true), discard(R), discard(B)]));
        assert!(!with(vec![measure(B, false), discard(R), discard(B)]));
        assert!(!with(vec![measure(B, true), gate(&[B, A]), discard(B)]));
        assert!(with(vec![OpKind::Discard { slots: vec![B, A] }]));
    }

    #[test]
    fn either_branch_of_a_mixture_may_entangle() {
        let mix = |then, otherwise| OpKind::Mix {
            weight: Weight::Probability(0.5),
            then: sequence(then),
            otherwise: sequence(otherwise),
        };
        let with = |op| follows(vec![attach(A), attach(B), attach(C), op, discard(C)]);
        assert!(with(mix(vec![gate(&[A, B])], vec![gate(&[C])])));
        assert!(!with(mix(vec![gate(&[A, B])], vec![gate(&[B, C])])));
    }

    /// In the second repetition, C is discarded after it has interacted with A in the first.
    #[test]
    fn a_repetition_begins_with_the_groups_of_any_repetition_before_it() {
        let once = vec![discard(C), attach(C), gate(&[A, C])];
        let begin = || vec![attach(A), attach(C)];
        assert!(follows(begin().into_iter().chain(once.clone()).collect()));
        let body = sequence(once);
        assert!(!follows(begin().into_iter().chain([OpKind::Repeat { count: 2, body }]).collect()));
    }
}
