//! Multiplies neighbouring unitaries if the slots of one are a subset of the slots of the other.
//!
//! Two unitaries are neighbours if no operation between them mentions a slot of the smaller one, which can therefore
//! move to the larger one. The product acts on the slots of the larger one, in their order, so no matrix becomes
//! larger.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::matrices::embed;
use crate::ir::{Layout, Op, OpKind, Origin, Slot};
use crate::quantum::{CMat, nearest_unitary};

/// Fuses until no neighbours remain.
pub(super) fn fuse(mut ops: Vec<Op>, layout: &Layout) -> Vec<Op> {
    loop {
        let before = ops.len();
        ops = sweep(ops, layout);
        if ops.len() == before {
            return ops; // fusing two gates can make other gates neighbours, so repeat until nothing changes
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

/// A unitary to be added to the sequence.
struct Gate {
    origin: Origin,
    targets: Vec<Slot>,
    matrix: Arc<CMat>,
}

impl Gate {
    /// Searches back from the end of `out`: absorbs each neighbour on a subset of its slots, and merges into the first
    /// neighbour whose slots include its own.
    fn place(mut self, out: &mut Vec<Op>, layout: &Layout) {
        let mut blocked = BTreeSet::new(); // slots that the operations passed so far mention
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
