//! Passes over the gate sequence.
//!
//! Contract: the input is a sequence that fulfils the contract of a [`Step`](super::Step). The output is the same map
//! on states of trace 1, within rounding, and records the same numbers in the same order. It depends only on the input.
//!
//! - No unitary acts on more slots than before, except the power that replaces a `Repeat`.
//! - A measurement whose outcome nothing depends on has become a channel, unless the sequence is sampled.
//! - A unit that is attached, interacts with at most two qubits and is discarded has become part of a channel.
//! - No unit lives longer than before.
//! - Of two neighbouring unitaries, neither acts on a subset of the other's slots.

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

/// Applies all passes, first to nested bodies and then to the sequence.
///
/// `exit` contains the slots that must be alive after the last operation. A fresh unit is removed if only an
/// `Uncorrelate` mentions it and it is not in `exit`; the step that needs it attaches it.
#[must_use]
pub fn optimise(ops: Vec<Op>, layout: &Layout, exit: &[Slot]) -> Vec<Op> {
    passes(ops, layout, exit, false)
}

/// Applies all passes to a sequence that is sampled. A mixture stays one, also inside a `Repeat`, because each repetition
/// takes a branch of its own; a measurement stays one, because the state is conditioned on its outcome.
#[must_use]
pub fn optimise_sampled(ops: Vec<Op>, layout: &Layout, exit: &[Slot]) -> Vec<Op> {
    passes(ops, layout, exit, true)
}

fn passes(ops: Vec<Op>, layout: &Layout, exit: &[Slot], sampled: bool) -> Vec<Op> {
    let mut ops: Vec<Op> = ops.into_iter().flat_map(|op| optimise_bodies(op, layout, sampled)).collect();
    loop {
        ops = fuse::fuse(shorten_lives(ops, layout, exit, sampled), layout);
        // a gate merged into its neighbour may have been the first or last use of a unit
        ops = shorten_lives(ops, layout, exit, sampled);
        let before = ops.len();
        ops = collide::collide(ops, layout);
        if ops.len() == before {
            return ops;
        }
        // after a unit is removed, other gates may have become neighbours
    }
}

fn optimise_bodies(op: Op, layout: &Layout, sampled: bool) -> Vec<Op> {
    let body = |ops: Vec<Op>| {
        let exit = made_by(&ops);
        passes(ops, layout, &exit, sampled)
    };
    let kind = match op.kind {
        OpKind::Mix { weight, then, otherwise } => OpKind::Mix { weight, then: body(then), otherwise: body(otherwise) },
        OpKind::Repeat { count, body: ops } if sampled && ops.iter().any(Op::is_random) => {
            OpKind::Repeat { count, body: body(ops) }
        }
        OpKind::Repeat { count, body: ops } => return powers::repeat(op.origin, count, body(ops), layout),
        other => other,
    };
    vec![Op { origin: op.origin, kind }]
}

/// The slots that a sequence attaches and does not discard.
fn made_by(ops: &[Op]) -> Vec<Slot> {
    let mut made = BTreeSet::new();
    ops.iter().for_each(|op| op.update_alive(&mut made));
    made.into_iter().collect()
}

fn shorten_lives(ops: Vec<Op>, layout: &Layout, exit: &[Slot], sampled: bool) -> Vec<Op> {
    let mut ops = late_attach::late_attach(early_discard::early_discard(ops, layout, sampled), exit);
    // a single group has no correlations to remove, and its state already has trace 1
    ops.retain(|op| !matches!(&op.kind, OpKind::Uncorrelate { groups } if groups.len() <= 1));
    ops
}

/// Removes slots from the groups of an `Uncorrelate`, and then empty groups.
fn remove_from_groups(groups: &mut Vec<Vec<Slot>>, slots: &[Slot]) {
    for group in groups.iter_mut() {
        group.retain(|slot| !slots.contains(slot));
    }
    groups.retain(|group| !group.is_empty());
}
