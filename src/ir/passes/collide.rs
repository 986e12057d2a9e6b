//! Makes one channel of a unit that comes fresh, collides and is thrown away.
//!
//! With σ = Σ p_k |k⟩⟨k| the state of the unit, everything done to it and to the slots that it meets is Σ K ρ K† on those
//! slots alone, K_jk = √p_k ⟨j|U|k⟩: the unit is never stored. Only units that meet few slots are taken, because the
//! channel acts on all of them at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::matrices::embed;
use crate::ir::{Layout, Op, OpKind, Slot};
use crate::quantum::{C64, CMat, eigh, nearest_channel};

/// The largest dimension of the slots that a unit may meet: two qubits.
const MAX_DIM: usize = 4;

/// Takes out every such unit.
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

/// A unit's whole life.
struct Collision {
    /// Places of its `Attach`, of all that touches it or stands in the way, and of its `Discard`s.
    places: BTreeSet<usize>,
    /// Whom it met, in the order of the first collision.
    met: Vec<Slot>,
    kraus: Vec<CMat>,
}

impl Collision {
    /// The life of the unit that the operation at a place attaches, if it is one.
    fn find(ops: &[Op], at: usize, layout: &Layout) -> Option<Self> {
        let OpKind::Attach { slots: unit, state } = &ops[at].kind else { return None };
        let ends: Vec<usize> = unit.iter().map(|&slot| end(ops, at, slot)).collect::<Option<_>>()?;
        let last = *ends.iter().max()?;
        // whatever touches the unit, or a slot that it has met, belongs to the collision
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

    /// The sequence with the channel where the collision ended.
    fn replace(self, ops: Vec<Op>) -> Vec<Op> {
        let last = *self.places.last().expect("a collision has a beginning and an end");
        let origin = *self.places.iter().nth(1).expect("there is an operation behind the Attach");
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

/// Where a slot is discarded, on its own, behind a place.
fn end(ops: &[Op], at: usize, slot: Slot) -> Option<usize> {
    let found = ops[at + 1..].iter().position(|op| matches!(&op.kind, OpKind::Discard { slots } if *slots == [slot]));
    found.map(|behind| at + 1 + behind)
}

/// The targets of a unitary or channel; nothing for all else.
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

/// K_jk for all operations in their order; those that are zero are left out.
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

/// √p_k |k⟩ for the eigenstates of a density matrix that have a weight beyond rounding.
///
/// A diagonal state, such as a thermal one, has its exact zeros kept: they make the operators sparse.
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
