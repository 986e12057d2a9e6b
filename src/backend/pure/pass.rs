//! One pass over a state vector: the gates that are applied to each tile while it is in the cache.

use rayon::prelude::*;

use super::blocks::{Blocks, Group};
use crate::backend::axes::{Axes, Plan};
use crate::backend::passes::exact::exact;
use crate::backend::passes::gates::{Gate, Gates, Placement};
use crate::backend::passes::question::Question;
use crate::backend::passes::{LANES, rounding, schedule};
use crate::backend::{Action, Stopped, Watch};
use crate::quantum::C64;

/// The most basis states of a tile: with all lanes, a tile of 1024 takes up 128 KiB, a part of the second-level cache.
const LARGEST_TILE: usize = 1024;

/// A tile of this many basis states is allowed for any state.
const SMALLEST_TILE: usize = 32;

/// The least dimension of a state whose passes run on several threads; a smaller pass ends before another thread wakes
/// up.
const MIN_THREADED_DIM: usize = 1 << 14;

/// The number of groups of tiles for each thread, so that no thread waits long for the others.
const GROUPS_PER_THREAD: usize = 4;

/// In a tile of this side or more a gate can take milliseconds, so an interrupt is checked for before each gate.
const WIDE: usize = 256;

/// The most basis states of a tile in a state of dimension `size`: its tiles fill the lanes, if it has so many.
pub(super) fn limit(size: usize) -> usize {
    (size / LANES).clamp(SMALLEST_TILE, LARGEST_TILE)
}

/// The gates of a pass, compiled to operations on the rows of a tile.
#[derive(Debug)]
pub(super) struct Pass {
    blocks: Blocks,
    list: Vec<Gate>,
    gates: Gates,
}

/// Buffers that passes reuse.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
    tile: Vec<f64>,
    factors: Vec<f64>,
}

impl Pass {
    /// Compiles a scheduled pass. Each action has one operator.
    pub(super) fn new(axes: &Axes, actions: &[Action<'_>], planned: &schedule::Pass) -> Self {
        let (inner, blocks) = (axes.only(&planned.tile), Blocks::new(axes, &planned.tile));
        let (mut gates, mut within) = (Gates::default(), Plan::default());
        let mut add = |&at: &usize| {
            let Action { targets, kraus } = actions[at];
            inner.split(targets, &mut within);
            let offsets: Vec<usize> = within.targets.iter().map(|target| target * LANES).collect();
            let starts = within.rest.iter().map(|rest| rest * LANES);
            let place = Placement { offsets: &offsets, plane: blocks.side() * LANES, starts };
            let operators = exact(kraus);
            let [operator] = &operators[..] else { unreachable!("a pure state undergoes one operator") };
            gates.add(|i, j| operator.entry(i, j), place)
        };
        let list = planned.actions.iter().map(&mut add).collect();
        Self { blocks, list, gates }
    }

    /// Applies the pass to a state vector.
    ///
    /// # Errors
    /// [`Stopped`]; checked before every few tiles.
    pub(super) fn apply(&self, entries: &mut [C64], buffers: &mut Buffers, watch: &Watch<'_>) -> Result<(), Stopped> {
        let Buffers { tile, factors } = buffers;
        self.gates.factors.round(rounding::seed(entries), factors);
        let question = Question::new(watch);
        let threads = if entries.len() < MIN_THREADED_DIM { 1 } else { rayon::current_num_threads() };
        if threads == 1 {
            for group in self.blocks.groups(entries, 1) {
                self.work(group, factors, tile, &question);
            }
        } else {
            let groups = self.blocks.groups(entries, GROUPS_PER_THREAD * threads);
            groups.into_par_iter().for_each_init(Vec::new, |tile, group| self.work(group, factors, tile, &question));
        }
        question.answer()
    }

    fn work(&self, group: Group<&mut [C64]>, factors: &[f64], tile: &mut Vec<f64>, question: &Question<'_>) {
        let vectors = pulp::Arch::new(); // the widest vectors available; sums keep their order, and so their bits
        self.blocks.each(group, &mut |parts| vectors.dispatch(|| self.block(parts, factors, tile, question)));
    }

    #[inline(always)]
    fn block(&self, parts: &mut [&mut [C64]], factors: &[f64], tile: &mut Vec<f64>, question: &Question<'_>) {
        for tiles in self.blocks.lanes() {
            if question.ends() {
                return;
            }
            self.blocks.gather(parts, tiles, tile);
            for gate in &self.list {
                if self.blocks.side() >= WIDE && question.ends() {
                    return;
                }
                self.gates.apply::<LANES>(gate, factors, tile, 0);
            }
            self.blocks.scatter(parts, tiles, tile);
        }
    }
}
