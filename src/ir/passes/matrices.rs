//! Embeds an operator in a larger space, and traces a slot out of a state.

use crate::ir::{Layout, Slot};
use crate::quantum::{C64, CMat};

/// The contribution of each basis state of `slots` to the basis index of `whole`; in both, the first slot is the most
/// significant.
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

/// The operator u ⊗ 1 in the basis order of `whole`. The operator u acts on `slots`, a subset of `whole`, in their own
/// order.
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

/// The partial trace of `state`, a density matrix of `slots`, over the slot `traced_out`.
pub(super) fn marginal(state: &CMat, slots: &[Slot], traced_out: Slot, layout: &Layout) -> CMat {
    let traced = offsets(&[traced_out], slots, layout);
    let kept = offsets(&others(&[traced_out], slots), slots, layout);
    CMat::from_fn(kept.len(), kept.len(), |i, j| traced.iter().map(|t| state[(kept[i] + t, kept[j] + t)]).sum())
}
