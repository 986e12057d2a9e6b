//! One pass over memory: the gates and channels that are applied to each tile while it is in the cache.
//!
//! A unitary maps a tile T to U T U†. Consecutive unitaries first act from the left, one after the other, on the rows.
//! Then the tile is transposed, and their complex conjugates act on the former columns: A T A† = (A* (A T)ᵀ)ᵀ. So every
//! gate works on contiguous numbers. A channel of small dimension is one real matrix on the entries of the tile; a
//! larger channel is the sum of the terms of its Kraus operators.

use super::tile::{Rows, Runs, Tile};
use crate::backend::Action;
use crate::backend::axes::{Axes, Plan};
use crate::backend::passes::exact::{Exact, ROUNDING, exact};
use crate::backend::passes::gates::{Gate, Gates, Placement};
use crate::backend::passes::question::Question;
use crate::backend::passes::{LANES, schedule};
use crate::quantum::{C64, CMat, PreciseSum};

/// Channels up to this dimension d act as a matrix on entries, with (2d²)² real numbers.
const SUPEROPERATOR: usize = 4;

/// In a tile of this side or more a gate takes milliseconds, so an interrupt is checked for within the tile too.
const WIDE: usize = 128;

/// The actions of a pass, compiled to operations on positions in a tile.
#[derive(Debug)]
pub(super) struct Pass {
    /// The basis states of the tile and those of the subsystems outside it, as offsets into the basis of all slots.
    pub(super) plan: Plan,
    /// The length of the runs of consecutive basis states in a tile.
    run: usize,
    /// The first basis state of each run.
    starts: Vec<usize>,
    stages: Vec<Stage>,
    gates: Gates,
}

/// One application of a pass.
#[derive(Clone, Copy)]
pub(super) struct Application<'p> {
    pub(super) pass: &'p Pass,
    /// The entries of the gates, rounded for this application.
    factors: &'p [f64],
    pub(super) question: &'p Question<'p>,
}

/// One stage of the work on a tile.
#[derive(Debug)]
enum Stage {
    /// T → A T A† for a product A of gates.
    Product(Sandwich),
    /// T → Σ K T K† as a matrix on entries. It applies at each of `columns`, to vectors of numbers or to single
    /// numbers.
    Entries { gate: Gate, columns: Vec<usize>, vectors: bool },
    /// T → Σ K T K†, one operator after another.
    Sum(Vec<Sandwich>),
}

/// Gates from the left, and their complex conjugates for the transposed tile.
#[derive(Debug, Default)]
struct Sandwich {
    left: Vec<Gate>,
    right: Vec<Gate>,
}

/// The buffers of one thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
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
            [_] => {
                if !matches!(self.stages.last(), Some(Stage::Product(_))) {
                    self.stages.push(Stage::Product(Sandwich::default()));
                }
                let Some(Stage::Product(product)) = self.stages.last_mut() else { unreachable!("it was just pushed") };
                for u in exact(action.kraus) {
                    product.add(&mut self.gates, &u, &within, tile);
                }
            }
            kraus if within.targets.len() <= SUPEROPERATOR => {
                let stage = entries(&mut self.gates, kraus, &within, tile);
                self.stages.push(stage);
            }
            kraus => {
                let term = |k: Exact<'_>| {
                    let mut term = Sandwich::default();
                    term.add(&mut self.gates, &k, &within, tile);
                    term
                };
                let terms = exact(kraus).into_iter().map(term).collect();
                self.stages.push(Stage::Sum(terms));
            }
        }
    }

    /// Rounds the entries of the gates to doubles.
    pub(super) fn round(&self, seed: u64, factors: &mut Vec<f64>) {
        self.gates.factors.round(seed, factors);
    }

    /// An application of the pass with `factors` from [`round`](Self::round).
    pub(super) fn with<'p>(&'p self, factors: &'p [f64], question: &'p Question<'p>) -> Application<'p> {
        Application { pass: self, factors, question }
    }

    fn runs(&self) -> Runs<'_> {
        Runs { starts: &self.starts, length: self.run }
    }
}

impl Application<'_> {
    /// Applies the pass to the tile in the rows of one value of the outer digits and the columns of another.
    #[inline(always)]
    pub(super) fn across(&self, at: [usize; 2], row: Rows<'_, '_>, column: Rows<'_, '_>, buffers: &mut Buffers) {
        buffers.tile.shape(self.pass.plan.targets.len());
        buffers.tile.gather(self.pass.runs(), at, row, column);
        self.work(buffers, Tile::transpose);
        buffers.tile.scatter(self.pass.runs(), at, row, column);
    }

    /// Applies the pass to the tile in the rows and columns of the same value of the outer digits.
    #[inline(always)]
    pub(super) fn diagonal(&self, rows: Rows<'_, '_>, buffers: &mut Buffers) {
        buffers.tile.shape(self.pass.plan.targets.len());
        buffers.tile.gather_diagonal(self.pass.runs(), rows);
        // The tile is Hermitian before and after each stage, so its transpose is its conjugate.
        self.work(buffers, Tile::conjugate);
        buffers.tile.scatter_diagonal(self.pass.runs(), rows);
    }

    /// Carries out all stages on the tile. `turn` transposes the result of a product.
    #[inline(always)]
    fn work(&self, buffers: &mut Buffers, turn: impl Fn(&mut Tile)) {
        let Buffers { tile, term, sum } = buffers;
        for stage in &self.pass.stages {
            match stage {
                Stage::Product(product) => self.product(product, tile, &turn),
                Stage::Entries { gate, columns, vectors: true } => {
                    for &column in columns {
                        self.apply::<LANES>(gate, tile, column);
                    }
                }
                Stage::Entries { gate, columns, vectors: false } => {
                    for &column in columns {
                        self.apply::<1>(gate, tile, column);
                    }
                }
                Stage::Sum(terms) => {
                    sum.clone_from(tile);
                    sum.numbers.fill(0.0);
                    for sandwich in terms {
                        term.clone_from(tile);
                        self.product(sandwich, term, &turn);
                        sum.numbers.iter_mut().zip(&term.numbers).for_each(|(sum, x)| *sum += x);
                    }
                    std::mem::swap(tile, sum);
                }
            }
        }
    }

    #[inline(always)]
    fn product(&self, sandwich: &Sandwich, tile: &mut Tile, turn: impl Fn(&mut Tile)) {
        self.on_rows(&sandwich.left, tile);
        tile.transpose();
        self.on_rows(&sandwich.right, tile);
        turn(tile);
    }

    /// Applies gates to the rows. A strip of columns stays in the first-level cache while all gates act on it.
    #[inline(always)]
    fn on_rows(&self, gates: &[Gate], tile: &mut Tile) {
        for column in (0..tile.padded()).step_by(LANES) {
            if tile.padded() >= WIDE && self.question.ends() {
                return;
            }
            for gate in gates {
                self.apply::<LANES>(gate, tile, column);
            }
        }
    }

    #[inline(always)]
    fn apply<const W: usize>(&self, gate: &Gate, tile: &mut Tile, column: usize) {
        self.pass.gates.apply::<W>(gate, self.factors, &mut tile.numbers, column);
    }
}

impl Sandwich {
    fn add(&mut self, gates: &mut Gates, k: &Exact<'_>, within: &Plan, tile: &Tile) {
        let offsets: Vec<usize> = within.targets.iter().map(|t| t * tile.stride()).collect();
        let place = || {
            let starts = within.rest.iter().map(|rest| rest * tile.stride());
            Placement { offsets: &offsets, plane: tile.plane(), starts }
        };
        let conjugate = |(high, low): (C64, C64)| (high.conj(), low.conj());
        self.left.push(gates.add(|i, j| k.entry(i, j), place()));
        self.right.push(gates.add(|i, j| conjugate(k.entry(i, j)), place()));
    }
}

/// The channel as a matrix on entries, S\[ab, a'b'\] = Σ K\[a, a'\] K\[b, b'\]*. The rounding error of the trace in
/// each column is corrected in the largest entry that contributes to the trace.
fn entries(gates: &mut Gates, kraus: &[CMat], within: &Plan, tile: &Tile) -> Stage {
    let (d, targets) = (within.targets.len(), &within.targets);
    let matrix = CMat::from_fn(d * d, d * d, |to, from| {
        let term = |k: &CMat| k[(to / d, from / d)] * k[(to % d, from % d)].conj();
        kraus.iter().map(term).sum::<C64>()
    });
    let parts: [fn(&C64) -> f64; 2] = [|z| z.re, |z| z.im];
    let deficits: Vec<[Deficit; 2]> =
        (0..d * d).map(|column| parts.map(|part| Deficit::of(&matrix, d, column, part))).collect();
    let rounding = deficits.iter().flatten().all(|deficit| deficit.by.abs() < ROUNDING);
    let entry = |to: usize, from: usize| {
        let [re, im] = deficits[from].map(|deficit| if rounding && deficit.row == to { deficit.by } else { 0.0 });
        (matrix[(to, from)], C64::new(re, im))
    };
    let offsets: Vec<usize> = (0..d * d).map(|ab| targets[ab / d] * tile.stride() + targets[ab % d]).collect();
    let starts = within.rest.iter().map(|rest| rest * tile.stride());
    let gate = gates.add(entry, Placement { offsets: &offsets, plane: tile.plane(), starts });
    // The subsystems after the last target are neighbours in memory.
    let neighbours = targets.get(1..).and_then(|t| t.iter().min()).copied().unwrap_or(1);
    let vectors = neighbours % LANES == 0;
    let step = if vectors { LANES } else { 1 };
    Stage::Entries { gate, columns: within.rest.iter().copied().step_by(step).collect(), vectors }
}

/// The deficit of a superoperator's column a'b' in Σ_a S\[aa, a'b'\] = δ_a'b', in its real or imaginary part.
#[derive(Clone, Copy)]
struct Deficit {
    /// The right side minus the left side.
    by: f64,
    /// The row aa of the largest entry.
    row: usize,
}

impl Deficit {
    fn of(s: &CMat, d: usize, column: usize, part: fn(&C64) -> f64) -> Self {
        let mut sum = PreciseSum::default();
        let trace = C64::from(if column / d == column % d { 1.0 } else { 0.0 });
        sum.add(part(&trace));
        let (mut row, mut largest) = (0, 0.0);
        for at in (0..d).map(|a| a * d + a) {
            let x = part(&s[(at, column)]);
            sum.add(-x);
            if x.abs() > largest {
                (row, largest) = (at, x.abs());
            }
        }
        Self { by: sum.value(), row }
    }
}
