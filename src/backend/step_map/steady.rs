//! The steady state of a linear step: the fixed point of its map, found by solving.
//!
//! The state r of the carried slots obeys r = S r. In the basis, the first element is the trace, which is 1: without
//! its row and column, x = S'x + b with b the column of the trace. Only the part of the map that the observables depend
//! on and the initial state reaches is solved, block by block. A block without the trace has the fixed point 0, unless
//! it has an eigenvalue 1: then the step conserves a quantity, and there is more than one steady state.

use std::sync::Arc;

use super::Size;
use super::block::Block;
use super::compile::{Compiled, compile};
use super::eigenspaces::decomposition;
use super::heisenberg::Work;
use super::read_off;
use super::spectrum::{UNIT, before_settled};
use super::stretch::{Refusal, Stretch, is_nonlinear};
use crate::backend::{Fault, Start, Stopped, Watch};
use crate::ir::{Collision, Op, OpKind, Slot, Step};
use crate::quantum::{C64, RMat, eigenvalues_real, left_null_space, solve_real};

/// Coefficients of a conserved quantity up to this size, relative to the largest, are rounding.
const ROUNDING: f64 = 1e-9;

/// The steady state of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Steady {
    /// The numbers of a collision in the steady state: observables after the step, then records.
    pub numbers: Vec<f64>,
    /// −ln|λ₂| of the slowest mode that the observables see and the initial state reaches, in inverse collisions; 0 for
    /// an undamped mode, +∞ if there is none.
    pub gap: f64,
    /// The frequencies arg λ, in radians per collision, of modes that oscillate without damping: |λ| = 1, λ ≠ 1.
    pub undamped: Vec<f64>,
    /// The largest coefficient of S r − r.
    pub residual: f64,
    /// The size of the map that was solved.
    pub size: Size,
}

/// Why no steady state was computed.
#[derive(Debug, Clone, PartialEq)]
pub enum NoSteady {
    /// The step has no map of an accepted size, or the computation was stopped.
    Refused(Refusal),
    /// The map has several fixed points.
    Several(Several),
    /// A number of the steady state could not be computed.
    Fault(Fault),
}

/// The fixed points of a step that has more than one.
#[derive(Debug, Clone, PartialEq)]
pub struct Several {
    /// The dimension of the space spanned by the fixed points.
    pub count: usize,
    /// Quantities, besides the trace, that the step conserves.
    pub conserved: Vec<Conserved>,
}

/// A linear combination of products of basis elements, as terms: the slots on which a product acts, each with the
/// number of its basis element, and the coefficient. The first largest coefficient is 1.
pub type Conserved = Vec<(Vec<(Slot, usize)>, f64)>;

impl From<Refusal> for NoSteady {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Stopped> for NoSteady {
    fn from(stopped: Stopped) -> Self {
        Self::Refused(stopped.into())
    }
}

impl Steady {
    /// The steady state of the last of the steps, which repeats. At most `allowed` basis elements are used. The last
    /// `watched` records of a collision do not count as observed.
    ///
    /// # Errors
    /// [`NoSteady`]
    pub fn of_settled(
        start: &Start,
        steps: &[Arc<Collision>],
        (allowed, watched): (usize, usize),
        work: &mut Work<'_>,
    ) -> Result<Self, NoSteady> {
        let settled = steps.last().expect("there is a first step");
        let stretch = Stretch::from(&**settled);
        stretch.check()?;
        if settled.step.ops.iter().any(is_nonlinear) {
            return Err(Refusal::Nonlinear.into());
        }
        let start = before_settled(start, steps, work.watch)?;
        let Compiled { readouts, norms, observables, blocks, whole, seen } = compile(stretch, &start, allowed, work)?;
        if norms.is_some() {
            return Err(Refusal::Nonlinear.into());
        }
        let own = without_records(&settled.step, settled.records - watched);
        let observed = match watched {
            0 => None,
            _ => Some(compile(Stretch { step: &own, ..stretch }, &start, allowed, work)?.blocks),
        };
        let observed = observed.as_ref().unwrap_or(&blocks);
        let modes = Modes::of(observed, work.watch)?;
        if modes.conserved.iter().any(|count| *count > 0) {
            return Err(NoSteady::Several(several(stretch, observed, &modes.conserved, work.watch)?));
        }
        let size = Size { whole, seen, blocks: blocks.iter().map(|block| block.strings.len()).collect() };
        let (mut values, mut residual) = (vec![0.0; observables], 0.0);
        for block in blocks.iter().filter(|block| has_trace(block)) {
            let state = fixed_point(block, work.watch)?;
            residual = (&block.matrix * &state - &state).amax();
            let read = &block.probes * state;
            block.seen.iter().zip(read.iter()).for_each(|(&which, x)| values[which] = *x);
        }
        let mut numbers = vec![0.0; readouts.len()];
        read_off(&readouts, &values, &mut numbers).map_err(NoSteady::Fault)?;
        Ok(Self { numbers, gap: modes.gap, undamped: modes.undamped, residual, size })
    }

    /// An estimate of the multiply-adds of solving a map of this size.
    #[must_use]
    pub fn cost(size: &Size) -> u128 {
        size.blocks.iter().map(|m| u128::from(decomposition(*m))).sum()
    }
}

/// The step without the records from this index on.
fn without_records(step: &Step, first: usize) -> Step {
    let is_kept = |op: &&Op| !matches!(op.kind, OpKind::Record { index, .. } if index >= first);
    Step { ops: step.ops.iter().filter(is_kept).cloned().collect(), ..step.clone() }
}

fn has_trace(block: &Block) -> bool {
    block.strings.first() == Some(&0)
}

/// The eigenvalues of the blocks.
struct Modes {
    /// The number of eigenvalues 1 in each block, without that of the trace.
    conserved: Vec<usize>,
    gap: f64,
    undamped: Vec<f64>,
}

impl Modes {
    fn of(blocks: &[Block], watch: &Watch<'_>) -> Result<Self, Stopped> {
        let (mut conserved, mut undamped, mut second) = (Vec::new(), Vec::new(), 0.0f64);
        let from_one = |z: &C64| (z - C64::ONE).norm();
        for block in blocks {
            let matrix = block.matrix.clone();
            let mut values = watch.aside(decomposition(matrix.nrows()), move || eigenvalues_real(&matrix))?;
            if has_trace(block) {
                values.sort_by(|a, b| from_one(b).total_cmp(&from_one(a)));
                values.pop();
            }
            let (ones, others): (Vec<C64>, Vec<C64>) = values.into_iter().partition(|z| from_one(z) <= UNIT);
            conserved.push(ones.len());
            let lasting = others.iter().filter(|z| (z.norm() - 1.0).abs() <= UNIT && z.im >= 0.0);
            undamped.extend(lasting.map(|z| z.arg()));
            second = others.iter().map(|z| z.norm()).fold(second, f64::max);
        }
        undamped.sort_by(f64::total_cmp);
        let gap = if undamped.is_empty() { (-second.ln()).max(0.0) } else { 0.0 };
        Ok(Self { conserved, gap, undamped })
    }
}

/// The fixed point of the block that contains the trace.
fn fixed_point(block: &Block, watch: &Watch<'_>) -> Result<nalgebra::DVector<f64>, Stopped> {
    let m = block.strings.len();
    let system = RMat::identity(m - 1, m - 1) - block.matrix.view((1, 1), (m - 1, m - 1));
    let column = block.matrix.view((1, 0), (m - 1, 1)).column(0).into_owned();
    let rest = watch.aside(decomposition(m), move || solve_real(&system, &column))?;
    Ok(nalgebra::DVector::from_iterator(m, std::iter::once(1.0).chain(rest.iter().copied())))
}

/// The conserved quantities: the left null vectors of S − 1 in each block, without the trace, as sparse as elimination
/// makes them.
fn several(stretch: Stretch<'_>, blocks: &[Block], counts: &[usize], watch: &Watch<'_>) -> Result<Several, Stopped> {
    let mut conserved = Vec::new();
    for (block, count) in blocks.iter().zip(counts).filter(|(_, count)| **count > 0) {
        let (m, count) = (block.strings.len(), count + usize::from(has_trace(block)));
        let shifted = &block.matrix - RMat::identity(m, m);
        let mut rows = watch.aside(decomposition(m), move || left_null_space(&shifted, count))?;
        let pivots = eliminate(&mut rows);
        for (row, _) in pivots.iter().enumerate().filter(|(_, pivot)| block.strings[**pivot] != 0) {
            let terms = (0..m).filter(|k| rows[(row, *k)].abs() > ROUNDING);
            let terms = terms.map(|k| (digits(stretch, block.strings[k]), rows[(row, k)]));
            conserved.push(terms.collect());
        }
    }
    Ok(Several { count: 1 + counts.iter().sum::<usize>(), conserved })
}

/// Reduces the rows by elimination with the largest entry of the first possible column as pivot, and scales them.
/// Returns the pivot column of each row.
fn eliminate(rows: &mut RMat) -> Vec<usize> {
    let mut pivots = Vec::new();
    for column in 0..rows.ncols() {
        let at = pivots.len();
        let Some(best) =
            (at..rows.nrows()).max_by(|a, b| rows[(*a, column)].abs().total_cmp(&rows[(*b, column)].abs()))
        else {
            break;
        };
        if rows[(best, column)].abs() <= ROUNDING {
            continue;
        }
        rows.swap_rows(at, best);
        let pivot = rows[(at, column)];
        rows.row_mut(at).unscale_mut(pivot);
        let row = rows.row(at).into_owned();
        for other in (0..rows.nrows()).filter(|other| *other != at) {
            let factor = rows[(other, column)];
            let reduced = rows.row(other) - &row * factor;
            rows.set_row(other, &reduced);
        }
        pivots.push(column);
    }
    pivots
}

/// The basis elements other than the identity of a string over the entry slots, each with its slot.
fn digits(stretch: Stretch<'_>, mut string: usize) -> Vec<(Slot, usize)> {
    let mut out = Vec::new();
    for &slot in stretch.step.entry.iter().rev() {
        let size = stretch.layout.dim(slot).pow(2);
        if !string.is_multiple_of(size) {
            out.push((slot, string % size));
        }
        string /= size;
    }
    out.reverse();
    out
}
