//! The two things that passes do to matrices: put one on more slots, and trace a slot out of a state.

use crate::ir::{Layout, Slot};
use crate::quantum::{C64, CMat};

/// What each basis state of `slots` (the first most significant) adds to the basis index of `whole`.
fn offsets(slots: &[Slot], whole: &[Slot], layout: &Layout) -> Vec<usize> {
    slots.iter().fold(vec![0], |offsets, slot| {
        let at = whole.iter().position(|other| other == slot).expect("the slots are part of the whole");
        let stride: usize = whole[at + 1..].iter().map(|&s| layout.dim(s)).product();
        offsets.iter().flat_map(|&o| (0..layout.dim(*slot)).map(move |k| o + k * stride)).collect()
    })
}

fn others(slots: &[Slot], whole: &[Slot]) -> Vec<Slot> {
    whole.iter().copied().filter(|slot| !slots.contains(slot)).collect()
}

/// The operator u ⊗ 1 on `whole` in its order; u acts on `slots`, a part of `whole`, in theirs.
pub(super) fn embed(u: &CMat, slots: &[Slot], whole: &[Slot], layout: &Layout) -> CMat {
    let inner = offsets(slots, whole, layout);
    let outer = offsets(&others(slots, whole), whole, layout);
    let size = inner.len() * outer.len();
    let mut full = CMat::from_element(size, size, C64::ZERO);
    for &rest in &outer {
        for (i, &row) in inner.iter().enumerate() {
            for (j, &column) in inner.iter().enumerate() {
                full[(rest + row, rest + column)] = u[(i, j)];
            }
        }
    }
    full
}

/// The marginal of `state`, a density matrix of `slots`, without the slot `gone`.
pub(super) fn marginal(state: &CMat, slots: &[Slot], gone: Slot, layout: &Layout) -> CMat {
    let traced = offsets(&[gone], slots, layout);
    let kept = offsets(&others(&[gone], slots), slots, layout);
    CMat::from_fn(kept.len(), kept.len(), |i, j| traced.iter().map(|t| state[(kept[i] + t, kept[j] + t)]).sum())
}
