//! Passes over the gate sequence.
//!
//! Contract: what comes in is a sequence as [`Step`](super::Step) promises it. What comes out means the same map
//! (on a state of trace 1, within rounding) and records the same numbers in the same order; no unitary acts on more
//! slots than before, but for the power that a `Repeat` of gates is; a unit that comes, meets at most two qubits and goes is part of a channel; no unit lives longer than before; no two neighbouring unitaries remain of which one acts on a
//! part of the other's slots. The result is a function of the input alone.

mod collide;
mod early_discard;
mod fuse;
mod late_attach;
mod matrices;
mod powers;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::{Layout, Op, OpKind, Slot};

/// Applies all passes to a sequence and, first, to the bodies nested in it.
///
/// `exit` names the slots that have to be alive after the last operation. A fresh unit that nothing but an
/// `Uncorrelate` mentions and that is not in `exit` never comes into being: the step that needs it attaches it.
#[must_use]
pub fn optimise(ops: Vec<Op>, layout: &Layout, exit: &[Slot]) -> Vec<Op> {
    let mut ops: Vec<Op> = ops.into_iter().flat_map(|op| optimise_bodies(op, layout)).collect();
    loop {
        ops = fuse::fuse(shorten_lives(ops, layout, exit), layout);
        // a gate that went into its neighbour may have been the first or the last use of a unit
        ops = shorten_lives(ops, layout, exit);
        let before = ops.len();
        ops = collide::collide(ops, layout);
        if ops.len() == before {
            return ops;
        }
        // where a unit has gone, others may have become neighbours
    }
}

fn optimise_bodies(op: Op, layout: &Layout) -> Vec<Op> {
    let body = |ops: Vec<Op>| {
        let exit = made_by(&ops);
        optimise(ops, layout, &exit)
    };
    let kind = match op.kind {
        OpKind::Mix { probability, then, otherwise } => {
            OpKind::Mix { probability, then: body(then), otherwise: body(otherwise) }
        }
        OpKind::Repeat { count, body: ops } => return powers::repeat(op.origin, count, body(ops), layout),
        other => other,
    };
    vec![Op { origin: op.origin, kind }]
}

/// The slots that a sequence attaches and leaves alive.
fn made_by(ops: &[Op]) -> Vec<Slot> {
    let mut made = BTreeSet::new();
    ops.iter().for_each(|op| op.update_alive(&mut made));
    made.into_iter().collect()
}

fn shorten_lives(ops: Vec<Op>, layout: &Layout, exit: &[Slot]) -> Vec<Op> {
    let mut ops = late_attach::late_attach(early_discard::early_discard(ops, layout), exit);
    // a single group is correlated with nothing, and its state has trace 1 already
    ops.retain(|op| !matches!(&op.kind, OpKind::Uncorrelate { groups } if groups.len() <= 1));
    ops
}

/// Takes slots out of the groups of an `Uncorrelate`; an empty group vanishes.
fn remove_from_groups(groups: &mut Vec<Vec<Slot>>, slots: &[Slot]) {
    for group in groups.iter_mut() {
        group.retain(|slot| !slots.contains(slot));
    }
    groups.retain(|group| !group.is_empty());
}
