//! Which gates and channels share a pass over memory.
//!
//! A pass holds the digits of a few subsystems in its tile, and everything that acts on those alone needs no other pass.
//! An action goes into an earlier pass only where it commutes with what is left for later: it shares no slot with it.

use crate::backend::Action;
use crate::backend::axes::Axes;
use crate::ir::{MAX_TILE_SIDE, Slot};

/// A state up to this size is one tile.
const SMALLEST: usize = 32;
/// A large state has at least this many tiles in a row, for the threads to share.
const TILES: usize = 8;
/// Neighbours in memory that a tile takes at least, where there is room: a cache line.
const LINE: usize = 16;

/// What one pass does.
#[derive(Debug)]
pub(super) struct Pass {
    /// The subsystems of its tile.
    pub(super) tile: Vec<Slot>,
    /// Its actions, by their place in the list.
    pub(super) actions: Vec<usize>,
}

/// Distributes actions over passes; together they mean the same as the list in its order.
pub(super) fn schedule(axes: &Axes, actions: &[Action<'_>]) -> Vec<Pass> {
    if axes.size() <= SMALLEST {
        return vec![Pass { tile: axes.slots().to_vec(), actions: (0..actions.len()).collect() }];
    }
    let limit = (axes.size() / TILES).clamp(SMALLEST, MAX_TILE_SIDE);
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

/// Adds the subsystems whose states are neighbours in memory, the closest first, while there is room.
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
