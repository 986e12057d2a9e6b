//! The collisions of a period as one gate sequence.

use std::collections::HashMap;
use std::sync::Arc;

use super::rename::Renaming;
use super::{Collision, Layout, Op, Scalar, Slot, Step};

/// Consecutive collisions after which the live slots are those before them, as one collision.
///
/// Its observables are those after the last of the collisions, and its records those of all of them, one collision after
/// the other. Each collision has the same number of observables and records.
#[derive(Debug, Clone)]
pub struct Period {
    /// The collisions as one. If there are several, its step is the same as written and as run.
    pub collision: Arc<Collision>,
    /// For each collision but the last, the number of operations up to its end, and the observables there.
    pub within: Vec<(usize, Vec<Scalar>)>,
}

impl Period {
    /// Joins collisions, of which there is at least one.
    #[must_use]
    pub fn of(collisions: &[Arc<Collision>]) -> Self {
        let (last, before) = collisions.split_last().expect("a period has a collision");
        if before.is_empty() {
            return Self { collision: Arc::clone(last), within: Vec::new() };
        }
        let layout = collisions.iter().map(|c| &c.layout).max_by_key(|layout| layout.slots.len());
        let mut joining = Joining::new(&collisions[0].step.entry, layout.expect("there is a collision").clone());
        let mut within = Vec::new();
        for collision in before {
            joining.join(collision);
            let observables = joining.observables(collision);
            within.push((joining.ops.len(), observables));
            joining.advance(collision);
        }
        joining.join(last);
        let Joining { names, layout, ops, records, .. } = joining;
        let new = |slot: &Slot| names[slot];
        let mut exit: Vec<Slot> = last.step.exit.iter().map(new).collect();
        exit.sort_unstable();
        let advance = last.step.advance.iter().map(|(old, next)| (new(old), *next)).collect();
        let step = Step { ops, entry: collisions[0].step.entry.clone(), exit, advance };
        let (observables, next) = (last.observables.clone(), last.next.clone());
        let collision = Collision { written: step.clone(), step, layout, observables, records, next };
        Self { collision: Arc::new(collision), within }
    }

    /// The number of collisions.
    #[must_use]
    pub fn count(&self) -> usize {
        self.within.len() + 1
    }
}

/// A sequence of collisions while it is joined.
struct Joining {
    /// The slots of the current collision, each with its name in the whole sequence.
    names: HashMap<Slot, Slot>,
    layout: Layout,
    ops: Vec<Op>,
    records: usize,
}

impl Joining {
    /// Begins with the slots that are alive. New slots follow those of the layout, which has all slots of every collision.
    fn new(entry: &[Slot], layout: Layout) -> Self {
        let names = entry.iter().map(|slot| (*slot, *slot)).collect();
        Self { names, layout, ops: Vec::new(), records: 0 }
    }

    /// Appends the operations of a collision. A slot that is attached in it gets a new name.
    fn join(&mut self, collision: &Collision) {
        let Self { names, layout, ops, records } = self;
        let slot = |slot: Slot| *names.entry(slot).or_insert_with(|| another(layout, slot));
        let mut renaming = Renaming { slot, records: *records };
        ops.extend(collision.step.ops.iter().map(|op| renaming.op(op)));
        *records += collision.records;
    }

    /// The observables after a collision that was joined.
    fn observables(&mut self, collision: &Collision) -> Vec<Scalar> {
        let Self { names, layout, .. } = self;
        let exit_of = |next: Slot| {
            let pair = collision.step.advance.iter().find(|(_, new)| *new == next);
            // What depends on a slot that is not alive is missing; the new slot is never attached.
            pair.map_or_else(|| another(layout, next), |(old, _)| names[old])
        };
        let mut renaming = Renaming { slot: exit_of, records: 0 };
        collision.observables.iter().map(|scalar| renaming.scalar(scalar)).collect()
    }

    /// Passes on to the next collision.
    fn advance(&mut self, collision: &Collision) {
        self.names = collision.step.advance.iter().map(|(old, new)| (*new, self.names[old])).collect();
    }
}

/// A new slot of the same kind.
fn another(layout: &mut Layout, slot: Slot) -> Slot {
    layout.slots.push(layout.slots[slot.0 as usize].clone());
    Slot(u32::try_from(layout.slots.len() - 1).expect("few slots"))
}
