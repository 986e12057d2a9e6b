//! Distributes gates and channels over passes through memory.
//!
//! A tile holds the digits of a few subsystems, and one pass suffices for all consecutive actions on these subsystems.
//! An action may move to an earlier pass only if it shares no slot with the actions that it overtakes, so that it
//! commutes with them.

use crate::backend::Action;
use crate::backend::axes::Axes;
use crate::ir::Slot;

/// The least number of neighbours in memory that a tile includes, if there is room: several cache lines.
const LINE: usize = 16;

/// One pass: the subsystems of its tile, and its actions.
#[derive(Debug)]
pub(in crate::backend) struct Pass {
    /// The subsystems of its tile.
    pub(in crate::backend) tile: Vec<Slot>,
    /// Its actions, as indices into the list.
    pub(in crate::backend) actions: Vec<usize>,
}

/// Distributes actions over passes. The passes in order have the same effect as the list in order. A tile has at most
/// `limit` basis states, unless a single action has more.
pub(in crate::backend) fn schedule(axes: &Axes, actions: &[Action<'_>], limit: usize) -> Vec<Pass> {
    if axes.size() <= limit {
        return vec![Pass { tile: axes.slots().to_vec(), actions: (0..actions.len()).collect() }];
    }
    let size = |slots: &[Slot]| slots.iter().map(|&slot| axes.dim(slot)).product::<usize>();
    let line = fill(axes, vec![], |tile, slot| size(tile) < LINE && axes.dim(slot) < limit);
    let mut waiting: Vec<usize> = (0..actions.len()).collect();
    let mut passes = Vec::new();
    while let Some(&first) = waiting.first() {
        let mut pass = Pass { tile: actions[first].targets.to_vec(), actions: vec![] };
        let mut blocked: Vec<Slot> = Vec::new();
        waiting.retain(|&at| {
            let targets = actions[at].targets;
            let wider = union(&pass.tile, targets);
            let fits = at == first || size(&union(&wider, &line)) <= limit;
            if fits && targets.iter().all(|slot| !blocked.contains(slot)) {
                pass.tile = wider;
                pass.actions.push(at);
                return false;
            }
            blocked.extend(targets);
            true
        });
        pass.tile = fill(axes, pass.tile, |tile, slot| size(tile) * axes.dim(slot) <= limit);
        passes.push(pass);
    }
    passes
}

fn union(tile: &[Slot], slots: &[Slot]) -> Vec<Slot> {
    let new = slots.iter().filter(|slot| !tile.contains(slot));
    tile.iter().chain(new).copied().collect()
}

/// Adds subsystems whose basis states are neighbours in memory, the closest first, while there is room.
fn fill(axes: &Axes, mut tile: Vec<Slot>, room: impl Fn(&[Slot], Slot) -> bool) -> Vec<Slot> {
    for &slot in axes.slots().iter().rev() {
        if !tile.contains(&slot) {
            if !room(&tile, slot) {
                break;
            }
            tile.push(slot);
        }
    }
    tile
}
