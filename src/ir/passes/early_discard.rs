//! Traces out each unit immediately after its last use.
//!
//! A partial trace over d commutes with every operation that does not mention d. It also moves past an `Uncorrelate` if
//! d is removed from its group: Tr_d (ρ_A ⊗ ρ_Bd) = ρ_A ⊗ ρ_B. If it reaches the `Attach` of d, both are replaced by an
//! `Attach` of the marginal on the other slots, or removed if there are no other slots. If the register of a measurement
//! is traced out directly after it, the measurement becomes a channel; but not if the sequence is sampled, because the
//! state of a trajectory depends on its outcomes, whether they are read or not.

use std::sync::Arc;

use super::matrices::marginal;
use super::remove_from_groups;
use crate::ir::{Layout, Op, OpKind, Origin, Slot};

/// Moves the `Discard` of each slot up to directly after the last operation that needs the slot.
pub(super) fn early_discard(ops: Vec<Op>, layout: &Layout, sampled: bool) -> Vec<Op> {
    let mut out = Vec::with_capacity(ops.len());
    for op in ops {
        if let OpKind::Discard { slots } = op.kind {
            for slot in slots {
                move_up(&mut out, op.origin, slot, (layout, sampled));
            }
        } else {
            out.push(op);
        }
    }
    out
}

fn move_up(ops: &mut Vec<Op>, origin: Origin, slot: Slot, (layout, sampled): (&Layout, bool)) {
    let mut at = ops.len();
    while at > 0 && let_pass(&mut ops[at - 1], slot) {
        at -= 1;
    }
    if at > 0 && remove_from_attach(&mut ops[at - 1], slot, layout) {
        if matches!(&ops[at - 1].kind, OpKind::Attach { slots, .. } if slots.is_empty()) {
            ops.remove(at - 1);
        }
        return;
    }
    if at > 0 && !sampled && forget_outcome(&mut ops[at - 1], slot) {
        return;
    }
    // keep the order of discards at the same place
    while ops.get(at).is_some_and(|op| matches!(op.kind, OpKind::Discard { .. })) {
        at += 1;
    }
    ops.insert(at, Op { origin, kind: OpKind::Discard { slots: vec![slot] } });
}

/// Whether the trace over the slot may be taken before the operation; if so, the operation no longer mentions it.
fn let_pass(op: &mut Op, slot: Slot) -> bool {
    if let OpKind::Uncorrelate { groups } = &mut op.kind {
        remove_from_groups(groups, &[slot]);
        return true;
    }
    !op.mentions(slot)
}

/// Removes a slot from the joint state of an `Attach`; returns false for any other operation.
fn remove_from_attach(op: &mut Op, slot: Slot, layout: &Layout) -> bool {
    let OpKind::Attach { slots, state } = &mut op.kind else { return false };
    *state = Arc::new(marginal(state, slots, slot, layout));
    slots.retain(|&other| other != slot);
    true
}

/// Replaces a `Measure` into this register by the channel of all its outcomes; returns false for any other operation.
fn forget_outcome(op: &mut Op, slot: Slot) -> bool {
    match &op.kind {
        OpKind::Measure { targets, register, instrument } if *register == slot => {
            op.kind = OpKind::Channel { targets: targets.clone(), kraus: Arc::new(instrument.unread()) };
            true
        }
        _ => false,
    }
}
