//! One pass over memory: what is done to each tile, made ready once for all of them.
//!
//! A unitary maps a tile to U·T·U†. Those that follow each other act from the left first, all of them, on the rows; then
//! the tile is transposed, and their conjugates act on what were its columns: A T A† = (A* (A T)ᵀ)ᵀ. So every gate works
//! on contiguous numbers. A channel on few dimensions is one real matrix on entries of the tile; on more, it is the sum
//! of what its Kraus operators do.

use super::gates::{Gate, Gates};
use super::round_robin::Question;
use super::schedule;
use super::tile::{LANES, Rows, Runs, Tile};
use crate::backend::Action;
use crate::backend::axes::{Axes, Plan};
use crate::quantum::{C64, CMat};

/// Channels up to this dimension act as a matrix on entries, of (2d²)² real numbers.
const SUPEROPERATOR: usize = 4;

/// A gate on a whole tile of this side or more takes milliseconds: the question whether to stop is put within the tile too.
const WIDE: usize = 128;

/// What a pass does, in terms of places in a tile.
#[derive(Debug)]
pub(super) struct Pass {
    /// The basis states of the tile and of the digits outside, as offsets into the basis of the whole.
    pub(super) plan: Plan,
    /// Length of the runs of neighbours in a tile.
    run: usize,
    starts: Vec<usize>,
    stages: Vec<Stage>,
    gates: Gates,
}

/// What happens to a tile at once.
#[derive(Debug)]
enum Stage {
    /// T → A T A† for a product A of gates.
    Product(Sandwich),
    /// T → Σ K T K† as a matrix on entries: for each column at which it begins, on vectors or on single numbers.
    Entries { gate: Gate, columns: Vec<usize>, vectors: bool },
    /// T → Σ K T K†, one operator after another.
    Sum(Vec<Sandwich>),
}

/// Gates from the left, and their conjugates for the transposed tile.
#[derive(Debug, Default)]
struct Sandwich {
    left: Vec<Gate>,
    right: Vec<Gate>,
}

/// The buffers of one worker.
#[derive(Debug, Clone, Default)]
pub(super) struct Bench {
    tile: Tile,
    term: Tile,
    sum: Tile,
}

impl Pass {
    pub(super) fn new(axes: &Axes, actions: &[Action<'_>], planned: &schedule::Pass) -> Self {
        let inner = axes.only(&planned.tile);
        let mut plan = Plan::default();
        axes.split(inner.slots(), &mut plan);
        let run = plan.targets.iter().enumerate().take_while(|(i, offset)| i == *offset).count();
        let starts = plan.targets.iter().copied().step_by(run).collect();
        let mut tile = Tile::default();
        tile.shape(plan.targets.len());
        let mut pass = Self { plan, run, starts, stages: Vec::new(), gates: Gates::default() };
        for &at in &planned.actions {
            pass.add(&inner, &tile, &actions[at]);
        }
        pass
    }

    fn add(&mut self, inner: &Axes, tile: &Tile, action: &Action<'_>) {
        let mut within = Plan::default();
        inner.split(action.targets, &mut within);
        match action.kraus {
            [u] => {
                if !matches!(self.stages.last(), Some(Stage::Product(_))) {
                    self.stages.push(Stage::Product(Sandwich::default()));
                }
                let Some(Stage::Product(product)) = self.stages.last_mut() else { unreachable!("it was just pushed") };
                product.add(&mut self.gates, u, &within, tile);
            }
            kraus if within.targets.len() <= SUPEROPERATOR => {
                let stage = entries(&mut self.gates, kraus, &within, tile);
                self.stages.push(stage);
            }
            kraus => {
                let term = |k| {
                    let mut term = Sandwich::default();
                    term.add(&mut self.gates, k, &within, tile);
                    term
                };
                let terms = kraus.iter().map(term).collect();
                self.stages.push(Stage::Sum(terms));
            }
        }
    }

    /// Does everything to the tile of two different values of the digits outside.
    #[inline(always)]
    pub(super) fn across(
        &self,
        at: [usize; 2],
        (row, column): (Rows<'_, '_>, Rows<'_, '_>),
        bench: &mut Bench,
        question: &Question<'_>,
    ) {
        bench.tile.shape(self.plan.targets.len());
        bench.tile.gather(self.runs(), at, row, column);
        self.work(bench, question);
        bench.tile.scatter(self.runs(), at, row, column);
    }

    /// Does everything to the tile of one value.
    #[inline(always)]
    pub(super) fn diagonal(&self, rows: Rows<'_, '_>, bench: &mut Bench, question: &Question<'_>) {
        bench.tile.shape(self.plan.targets.len());
        bench.tile.gather_diagonal(self.runs(), rows);
        self.work(bench, question);
        bench.tile.scatter_diagonal(self.runs(), rows);
    }

    fn runs(&self) -> Runs<'_> {
        Runs { starts: &self.starts, length: self.run }
    }

    #[inline(always)]
    fn work(&self, bench: &mut Bench, question: &Question<'_>) {
        let Bench { tile, term, sum } = bench;
        for stage in &self.stages {
            match stage {
                Stage::Product(product) => product.apply(&self.gates, tile, question),
                Stage::Entries { gate, columns, vectors: true } => {
                    for &column in columns {
                        self.gates.apply::<LANES>(gate, &mut tile.numbers, column);
                    }
                }
                Stage::Entries { gate, columns, vectors: false } => {
                    for &column in columns {
                        self.gates.apply::<1>(gate, &mut tile.numbers, column);
                    }
                }
                Stage::Sum(terms) => {
                    sum.clone_from(tile);
                    sum.numbers.fill(0.0);
                    for sandwich in terms {
                        term.clone_from(tile);
                        sandwich.apply(&self.gates, term, question);
                        sum.numbers.iter_mut().zip(&term.numbers).for_each(|(sum, x)| *sum += x);
                    }
                    std::mem::swap(tile, sum);
                }
            }
        }
    }
}

impl Sandwich {
    fn add(&mut self, gates: &mut Gates, k: &CMat, within: &Plan, tile: &Tile) {
        let rows: Vec<usize> = within.targets.iter().map(|t| t * tile.stride()).collect();
        let starts = || within.rest.iter().map(|rest| rest * tile.stride());
        self.left.push(gates.add(|i, j| k[(i, j)], &rows, tile.plane(), starts()));
        self.right.push(gates.add(|i, j| k[(i, j)].conj(), &rows, tile.plane(), starts()));
    }

    #[inline(always)]
    fn apply(&self, gates: &Gates, tile: &mut Tile, question: &Question<'_>) {
        for side in [&self.left, &self.right] {
            // a strip of columns stays in the first-level cache while all gates act on it
            for column in (0..tile.padded()).step_by(LANES) {
                if tile.padded() >= WIDE && question.ends() {
                    return;
                }
                for gate in side {
                    gates.apply::<LANES>(gate, &mut tile.numbers, column);
                }
            }
            tile.transpose();
        }
    }
}

/// The channel as a matrix on entries: S\[ab, a'b'\] = Σ K\[a, a'\] K\[b, b'\]*.
fn entries(gates: &mut Gates, kraus: &[CMat], within: &Plan, tile: &Tile) -> Stage {
    let (d, targets) = (within.targets.len(), &within.targets);
    let matrix = CMat::from_fn(d * d, d * d, |to, from| {
        let term = |k: &CMat| k[(to / d, from / d)] * k[(to % d, from % d)].conj();
        kraus.iter().map(term).sum::<C64>()
    });
    let offsets: Vec<usize> = (0..d * d).map(|ab| targets[ab / d] * tile.stride() + targets[ab % d]).collect();
    let starts = within.rest.iter().map(|rest| rest * tile.stride());
    let gate = gates.add(|i, j| matrix[(i, j)], &offsets, tile.plane(), starts);
    // the digits below the lowest target are neighbours
    let neighbours = targets.get(1..).and_then(|t| t.iter().min()).copied().unwrap_or(1);
    let vectors = neighbours % LANES == 0;
    let step = if vectors { LANES } else { 1 };
    Stage::Entries { gate, columns: within.rest.iter().copied().step_by(step).collect(), vectors }
}
