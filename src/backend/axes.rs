//! The axes of a state: the digit of the basis index that belongs to each slot, and its stride. The digits count basis
//! states of a density matrix, or elements of an operator basis.

use crate::ir::Slot;

/// The subsystems of a state and the sizes of their digits, the most significant digit of the basis index first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Axes {
    slots: Vec<Slot>,
    dims: Vec<usize>,
}

/// Splits a basis index into a sum of two offsets: one for the digits of the targets, one for those of the rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// The offset of each basis state of the targets, in the order in which the targets were given.
    pub(super) targets: Vec<usize>,
    /// The offset of each basis state of the other subsystems, in the order of the axes.
    pub(super) rest: Vec<usize>,
}

impl Axes {
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The axes of some of the slots, in their present order.
    pub(super) fn only(&self, slots: &[Slot]) -> Self {
        let kept = |at: &usize| slots.contains(&self.slots[*at]);
        let kept: Vec<usize> = (0..self.slots.len()).filter(kept).collect();
        let (slots, dims) = kept.iter().map(|&at| (self.slots[at], self.dims[at])).unzip();
        Self { slots, dims }
    }

    /// The dimension of all slots together.
    pub(super) fn size(&self) -> usize {
        self.dims.iter().product()
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.dims.clear();
    }

    /// Adds subsystems as the least significant digits.
    pub(super) fn append(&mut self, slots: &[Slot], dims: &[usize]) {
        debug_assert!(slots.iter().all(|slot| !self.slots.contains(slot)), "a slot is attached while it is alive");
        self.slots.extend_from_slice(slots);
        self.dims.extend_from_slice(dims);
    }

    /// Removes subsystems; the others keep their order.
    pub(super) fn remove(&mut self, slots: &[Slot]) {
        for slot in slots {
            let at = self.position(*slot);
            self.slots.remove(at);
            self.dims.remove(at);
        }
    }

    /// Renames slots simultaneously, by pairs `(old, new)`.
    pub(super) fn relabel(&mut self, pairs: &[(Slot, Slot)]) {
        for slot in &mut self.slots {
            if let Some(&(_, new)) = pairs.iter().find(|(old, _)| old == slot) {
                *slot = new;
            }
        }
    }

    /// The dimension of a slot.
    pub(super) fn dim(&self, slot: Slot) -> usize {
        self.dims[self.position(slot)]
    }

    /// Fills in a plan and reuses its vectors. The cost is O(D), the number of entries; a pass costs O(D²).
    pub(super) fn split(&self, targets: &[Slot], plan: &mut Plan) {
        self.offsets(targets.iter(), &mut plan.targets);
        self.offsets(self.slots.iter().filter(|slot| !targets.contains(slot)), &mut plan.rest);
    }

    /// The offset of each basis state of some slots, in the order in which they are given.
    pub(super) fn offsets<'s>(&self, slots: impl Iterator<Item = &'s Slot>, offsets: &mut Vec<usize>) {
        offsets.clear();
        offsets.push(0);
        for &slot in slots {
            let at = self.position(slot);
            spread(offsets, self.dims[at], self.stride(at));
        }
    }

    fn position(&self, slot: Slot) -> usize {
        self.slots.iter().position(|&other| other == slot).expect("a checked sequence names live slots")
    }

    fn stride(&self, at: usize) -> usize {
        self.dims[at + 1..].iter().product()
    }
}

/// Adds a least significant digit to a list of offsets, in place: from the back, each entry becomes `dim` entries.
fn spread(offsets: &mut Vec<usize>, dim: usize, stride: usize) {
    let count = offsets.len();
    offsets.resize(count * dim, 0);
    for i in (0..count).rev() {
        let offset = offsets[i];
        for digit in (0..dim).rev() {
            offsets[i * dim + digit] = offset + digit * stride;
        }
    }
}
