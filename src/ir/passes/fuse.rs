//! Makes one matrix of neighbouring unitaries of which one acts on a part of the other's slots.
//!
//! Two unitaries are neighbours when nothing between them mentions a slot of the smaller one, which can then move to the
//! larger one. The product acts on the larger one's slots in their order, so no matrix grows beyond what was there.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::matrices::embed;
use crate::ir::{Layout, Op, OpKind, Origin, Slot};
use crate::quantum::{CMat, nearest_unitary};

/// Fuses until no two neighbours are left.
pub(super) fn fuse(mut ops: Vec<Op>, layout: &Layout) -> Vec<Op> {
    loop {
        let before = ops.len();
        ops = sweep(ops, layout);
        if ops.len() == before {
            return ops; // taking a gate away may have made neighbours of others, so look until nothing changes
        }
    }
}

fn sweep(ops: Vec<Op>, layout: &Layout) -> Vec<Op> {
    let mut out = Vec::with_capacity(ops.len());
    for op in ops {
        match op.kind {
            OpKind::Unitary { targets, matrix } => {
                let gate = Gate { origin: op.origin, targets, matrix };
                gate.place(&mut out, layout);
            }
            kind => out.push(Op { origin: op.origin, kind }),
        }
    }
    out
}

/// A unitary on its way into the sequence.
struct Gate {
    origin: Origin,
    targets: Vec<Slot>,
    matrix: Arc<CMat>,
}

impl Gate {
    /// Walks back from the end of `out`: takes in each smaller neighbour, goes into the first one that is as large.
    fn place(mut self, out: &mut Vec<Op>, layout: &Layout) {
        let mut blocked = BTreeSet::new(); // what the operations walked over mention
        for at in (0..out.len()).rev() {
            let mentioned = out[at].mentioned();
            if let OpKind::Unitary { targets, matrix } = &mut out[at].kind {
                let within = self.targets.iter().all(|slot| mentioned.contains(slot));
                if within && self.targets.iter().all(|slot| !blocked.contains(slot)) {
                    let product = embed(&self.matrix, &self.targets, targets, layout) * &**matrix;
                    *matrix = Arc::new(nearest_unitary(&product));
                    return;
                }
                let around = mentioned.iter().all(|slot| self.targets.contains(slot));
                if around && mentioned.is_disjoint(&blocked) {
                    let product = &*self.matrix * embed(matrix, targets, &self.targets, layout);
                    self.matrix = Arc::new(nearest_unitary(&product));
                    self.origin = out.remove(at).origin;
                    continue;
                }
            }
            blocked.extend(mentioned);
            if self.targets.iter().all(|slot| blocked.contains(slot)) {
                break;
            }
        }
        out.push(Op { origin: self.origin, kind: OpKind::Unitary { targets: self.targets, matrix: self.matrix } });
    }
}
