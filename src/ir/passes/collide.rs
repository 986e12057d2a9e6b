//! Replaces a unit that is attached, collides and is discarded by one channel on the slots that it collides with.
//!
//! Let σ = Σ p_k |k⟩⟨k| be the state of the unit, and U the product of the gates on it and on the slots that it meets.
//! The effect on those slots is ρ → Σ K ρ K† with the Kraus operators K_jk = √p_k ⟨j|U|k⟩, so the unit need not be
//! stored. This is done only for units that meet few slots, because the channel acts on all of them at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::matrices::embed;
use crate::ir::{Layout, Op, OpKind, Slot};
use crate::quantum::{C64, CMat, eigh, nearest_channel};

/// Largest total dimension of the slots that a unit may meet: two qubits.
const MAX_DIM: usize = 4;

/// Replaces every such unit by a channel.
pub(super) fn collide(mut ops: Vec<Op>, layout: &Layout) -> Vec<Op> {
    let mut at = 0;
    while at < ops.len() {
        if let Some(collision) = Collision::find(&ops, at, layout) {
            ops = collision.replace(ops);
        } else {
            at += 1;
        }
    }
    ops
}

/// The operations of one unit, from its `Attach` to its `Discard`s.
struct Collision {
    /// Indices of its `Attach`, of all operations on it or on slots that it has met, and of its `Discard`s.
    places: BTreeSet<usize>,
    /// The slots that it meets, in the order of the first operation on each.
    met: Vec<Slot>,
    kraus: Vec<CMat>,
}

impl Collision {
    /// The collision of the unit that the operation at index `at` attaches; `None` if that is not an `Attach`, or if a
    /// channel cannot replace the unit or would not be cheaper.
    fn find(ops: &[Op], at: usize, layout: &Layout) -> Option<Self> {
        let OpKind::Attach { slots: unit, state } = &ops[at].kind else { return None };
        let ends: Vec<usize> = unit.iter().map(|&slot| end(ops, at, slot)).collect::<Option<_>>()?;
        let last = *ends.iter().max()?;
        // every operation on the unit, or on a slot that it has met, belongs to the collision
        let mut slots: BTreeSet<Slot> = unit.iter().copied().collect();
        let mut inside = BTreeSet::new();
        loop {
            let more = (at + 1..last).filter(|place| !ends.contains(place) && !inside.contains(place));
            let more: Vec<usize> = more.filter(|&place| !ops[place].mentioned().is_disjoint(&slots)).collect();
            if more.is_empty() {
                break;
            }
            for place in more {
                slots.extend(acts_on(&ops[place])?);
                inside.insert(place);
            }
        }
        let mut met: Vec<Slot> = Vec::new();
        for &place in &inside {
            met.extend(acts_on(&ops[place])?.iter().filter(|slot| !unit.contains(slot)));
        }
        let met: Vec<Slot> = dedup(met);
        let dim: usize = layout.dims(&met).iter().product();
        if met.is_empty() || dim > MAX_DIM {
            return None;
        }
        let kraus = operators(inside.iter().map(|&place| &ops[place].kind), unit, state, &met, layout);
        let worth = kraus.len() <= dim * dim;
        let places = inside.into_iter().chain(ends).chain([at]).collect();
        worth.then_some(Self { places, met, kraus })
    }

    /// The sequence with the channel in place of the collision's last operation.
    fn replace(self, ops: Vec<Op>) -> Vec<Op> {
        let last = *self.places.last().expect("a collision has an attach and a discard");
        let origin = *self.places.iter().nth(1).expect("there is an operation after the attach");
        let origin = ops[origin].origin;
        let kind = OpKind::Channel { targets: self.met, kraus: Arc::new(self.kraus) };
        let mut channel = Some(Op { origin, kind });
        let kept = |(place, op)| {
            if place == last {
                return channel.take();
            }
            (!self.places.contains(&place)).then_some(op)
        };
        ops.into_iter().enumerate().filter_map(kept).collect()
    }
}

/// Index of the `Discard` of this slot alone after index `at`.
fn end(ops: &[Op], at: usize, slot: Slot) -> Option<usize> {
    let found = ops[at + 1..].iter().position(|op| matches!(&op.kind, OpKind::Discard { slots } if *slots == [slot]));
    found.map(|offset| at + 1 + offset)
}

/// The targets of a unitary or channel; `None` for any other operation.
fn acts_on(op: &Op) -> Option<&[Slot]> {
    match &op.kind {
        OpKind::Unitary { targets, .. } | OpKind::Channel { targets, .. } => Some(targets),
        _ => None,
    }
}

fn dedup(slots: Vec<Slot>) -> Vec<Slot> {
    let mut seen = BTreeSet::new();
    slots.into_iter().filter(|slot| seen.insert(*slot)).collect()
}

/// The nonzero Kraus operators K_jk of all operations, applied in order.
fn operators<'o>(
    ops: impl Iterator<Item = &'o OpKind>,
    unit: &[Slot],
    state: &CMat,
    met: &[Slot],
    layout: &Layout,
) -> Vec<CMat> {
    let whole: Vec<Slot> = met.iter().chain(unit).copied().collect();
    let dim: usize = layout.dims(met).iter().product();
    let one = CMat::identity(dim, dim);
    let mut maps: Vec<CMat> = kets(state).iter().map(|ket| one.kronecker(ket)).collect();
    for op in ops {
        let (targets, factors) = match op {
            OpKind::Unitary { targets, matrix } => (targets, std::slice::from_ref(&**matrix)),
            OpKind::Channel { targets, kraus } => (targets, &kraus[..]),
            _ => unreachable!("a collision consists of unitaries and channels"),
        };
        let factors: Vec<CMat> = factors.iter().map(|k| embed(k, targets, &whole, layout)).collect();
        maps = maps.iter().flat_map(|map| factors.iter().map(move |k| k * map)).collect();
    }
    let size = state.nrows();
    let project = |map: &CMat, j: usize| CMat::from_fn(dim, dim, |row, column| map[(row * size + j, column)]);
    let all = maps.iter().flat_map(|map| (0..size).map(move |j| project(map, j)));
    let kraus: Vec<CMat> = all.filter(|k| k.iter().any(|z| *z != C64::ZERO)).collect();
    nearest_channel(&kraus)
}

/// √p_k |k⟩ for the eigenstates of a density matrix whose weight exceeds rounding.
///
/// A diagonal state, such as a thermal one, keeps its exact zeros, which make the operators sparse.
fn kets(state: &CMat) -> Vec<CMat> {
    let diagonal = (0..state.ncols()).all(|j| (0..state.nrows()).all(|i| i == j || state[(i, j)] == C64::ZERO));
    let (weights, states) = if diagonal {
        (state.diagonal().iter().map(|p| p.re).collect(), CMat::identity(state.nrows(), state.ncols()))
    } else {
        eigh(state)
    };
    let weighted = weights.iter().enumerate().filter(|(_, p)| **p > f64::EPSILON);
    weighted.map(|(k, p)| states.columns(k, 1) * C64::from(p.sqrt())).collect()
}
