//! Attaches each unit immediately before its first use.
//!
//! ρ → ρ ⊗ σ commutes with every operation that does not mention its slots. It also moves past an `Uncorrelate` that
//! has all of its slots in one group, and the slots are then removed from that group: fresh units are not correlated
//! with others. If the slots are in different groups, the `Uncorrelate` removes correlations of σ, so the `Attach`
//! stays before it.

use super::remove_from_groups;
use crate::ir::{Op, OpKind, Slot};

/// Moves every `Attach` down to the first operation that needs one of its slots. An `Attach` is removed if no operation
/// needs its slots and none of them is in `exit`.
pub(super) fn late_attach(ops: Vec<Op>, exit: &[Slot]) -> Vec<Op> {
    let mut tail = Vec::with_capacity(ops.len()); // the operations that follow, in reverse order
    for op in ops.into_iter().rev() {
        if matches!(op.kind, OpKind::Attach { .. }) {
            move_down(&mut tail, op, exit);
        } else {
            tail.push(op);
        }
    }
    tail.reverse();
    tail
}

fn move_down(tail: &mut Vec<Op>, attach: Op, exit: &[Slot]) {
    let OpKind::Attach { slots, .. } = &attach.kind else { unreachable!("only an Attach is moved down") };
    let mut at = tail.len();
    while at > 0 && let_pass(&mut tail[at - 1], slots) {
        at -= 1;
    }
    if at == 0 && !slots.iter().any(|slot| exit.contains(slot)) {
        return;
    }
    // keep the order of units attached at the same place
    while tail.get(at).is_some_and(|op| matches!(op.kind, OpKind::Attach { .. })) {
        at += 1;
    }
    tail.insert(at, attach);
}

/// Whether the units may be attached after the operation; if so, the operation no longer mentions them.
fn let_pass(op: &mut Op, slots: &[Slot]) -> bool {
    if let OpKind::Uncorrelate { groups } = &mut op.kind {
        let together = groups.iter().any(|group| slots.iter().all(|slot| group.contains(slot)));
        if together {
            remove_from_groups(groups, slots);
        }
        return together;
    }
    let mentioned = op.mentioned();
    !slots.iter().any(|slot| mentioned.contains(slot))
}
