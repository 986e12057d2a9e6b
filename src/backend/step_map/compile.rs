//! Compiles a step to the part of its map that the observables depend on.
//!
//! Observables are propagated backwards through the step: first the observables that are read, then every basis element
//! that occurs in the result, until no new elements occur. These elements are closed under the adjoint of the step, so
//! the map on them is exact. Elements that the initial state never reaches are then left out, and the rest is divided
//! into blocks that do not couple. The zeros of the map determine which elements couple; entries up to
//! [`SNAP`](super::basis::SNAP) are set to zero.

use std::collections::{BTreeMap, BTreeSet};

use super::basis::coefficients;
use super::heisenberg::{Observables, Sparse, Work};
use super::readout::Readout;
use super::sectors::Graph;
use super::stretch::{Norms, Placed, Reading, Refusal, Stretch, is_nonlinear, postselection, read};
use crate::backend::Stopped;
use crate::ir::{Slot, cost};
use crate::quantum::CMat;
use nalgebra::DMatrix;

/// The most coefficients in a batch of observables that are propagated together.
const MOST_ENTRIES: u128 = 1 << 21;

/// An invariant block of the map.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The strings of its basis elements over the carried slots, in increasing order.
    pub(super) strings: Vec<usize>,
    /// r(n) = S r(n − 1)
    pub(super) matrix: DMatrix<f64>,
    /// The indices of the observables of r(n − 1) that are read in collision n and depend on this block.
    pub(super) seen: Vec<usize>,
    /// The coefficients of these observables, one row each.
    pub(super) probes: DMatrix<f64>,
    /// The initial r.
    pub(super) start: Vec<f64>,
}

/// A compiled step.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) readouts: Vec<Readout>,
    /// How the values of the observables are normalised, if the step has post-selection.
    pub(super) norms: Option<Norms>,
    /// The number of observables from which the readouts are computed.
    pub(super) observables: usize,
    pub(super) blocks: Vec<Block>,
    /// The number of basis elements of the carried state, D².
    pub(super) whole: usize,
    /// The number of basis elements that the observables depend on.
    pub(super) seen: usize,
}

/// Compiles a step. `start` is the state before it, over the step's entry slots in order.
///
/// # Errors
/// [`Refusal`]; in particular if more than `allowed` basis elements are needed.
pub(super) fn compile(
    stretch: Stretch<'_>,
    start: &CMat,
    allowed: usize,
    work: &mut Work<'_>,
) -> Result<Compiled, Refusal> {
    let Probes { readouts, norms, observables: probes } = probes(stretch, work)?;
    let rows = closure(stretch, &probes, allowed, work)?;
    let dims = stretch.layout.dims(&stretch.step.entry);
    let whole = dims.iter().map(|d| d * d).product();
    let strings: Vec<usize> = rows.keys().copied().collect();
    let values = coefficients(start, &dims, &strings);
    let begin = strings.iter().zip(&values).filter(|(_, x)| x.abs() > super::basis::SNAP).map(|(s, _)| *s);
    let graph = Graph::new(&rows);
    let kept = graph.reached(begin);
    let value_of: BTreeMap<usize, f64> = strings.into_iter().zip(values).collect();
    let blocks = graph.components(&kept);
    let blocks = blocks.into_iter().map(|strings| block(strings, &rows, &probes, &value_of)).collect();
    Ok(Compiled { readouts, norms, observables: probes.len(), blocks, whole, seen: rows.len() })
}

/// The readouts of a collision, and the observables of the state before it from which they are computed.
pub(super) struct Probes {
    pub(super) readouts: Vec<Readout>,
    pub(super) norms: Option<Norms>,
    pub(super) observables: Vec<Sparse>,
}

/// The readouts of a collision, with their observables.
///
/// # Errors
/// [`Refusal`]: the step has no map.
pub(super) fn probes(stretch: Stretch<'_>, work: &mut Work<'_>) -> Result<Probes, Refusal> {
    let Stretch { step, layout, .. } = stretch;
    stretch.check()?;
    if step.ops.iter().any(is_nonlinear) {
        return Err(Refusal::Nonlinear);
    }
    let Reading { readouts, count, requested, norms } = read(stretch, work.tables);
    let mut probes = vec![Sparse::new(); count];
    for Placed { at, first, mut observables } in requested {
        observables.pull(&step.ops[..at], layout, work)?;
        for (to, row) in probes[first..].iter_mut().zip(observables.over(&step.entry, layout)) {
            *to = row;
        }
    }
    Ok(Probes { readouts, norms, observables: probes })
}

/// The row of the map for every basis element that the observables depend on, after any number of steps.
pub(super) fn closure(
    stretch: Stretch<'_>,
    probes: &[Sparse],
    allowed: usize,
    work: &mut Work<'_>,
) -> Result<BTreeMap<usize, Sparse>, Refusal> {
    let peak = cost(stretch.step, stretch.layout).peak_dim;
    let at_once = usize::try_from(MOST_ENTRIES / peak.saturating_mul(peak).min(MOST_ENTRIES)).expect("a small number");
    let observed = || probes.iter().flatten().map(|(string, _)| *string);
    let too_large = |needed| Err(Refusal::TooLarge { needed, allowed });
    // The elements of the last map are most likely needed again, and then all rows are computed in one batch.
    let whole: usize = stretch.layout.dims(&stretch.step.entry).iter().map(|d| d * d).product();
    let likely = work.tables.seen.iter().copied().filter(|string| *string < whole).take(allowed);
    let mut rows: BTreeMap<usize, Sparse> = BTreeMap::new();
    let mut new: BTreeSet<usize> = observed().chain(likely).collect();
    let guessed = new.len();
    while !new.is_empty() {
        if rows.len() + new.len() > allowed + guessed {
            return too_large(rows.len() + new.len());
        }
        let strings: Vec<usize> = new.into_iter().collect();
        let mut found = BTreeSet::new();
        for strings in strings.chunks(at_once) {
            let made = rows_of(stretch, strings, work)?;
            found.extend(made.iter().flatten().map(|(string, _)| *string));
            rows.extend(strings.iter().copied().zip(made));
        }
        found.retain(|string| !rows.contains_key(string));
        new = found;
    }
    let seen = Graph::new(&rows).seen(observed());
    rows.retain(|string, _| seen.contains(string));
    if rows.len() > allowed {
        return too_large(rows.len());
    }
    work.tables.seen = seen.into_iter().collect();
    Ok(rows)
}

/// Rows of the map: each basis element after the step as an observable of the state before it.
///
/// # Errors
/// [`Stopped`]
fn rows_of(stretch: Stretch<'_>, strings: &[usize], work: &mut Work<'_>) -> Result<Vec<Sparse>, Stopped> {
    let Stretch { step, layout, .. } = stretch;
    let exit: Vec<Slot> = step.entry.iter().map(|&slot| stretch.exit_of(slot)).collect();
    let mut observables = Observables::zero(&exit, layout, strings.len());
    strings.iter().enumerate().for_each(|(which, &string)| observables.set(which, string, 1.0));
    observables.pull(&step.ops, layout, work)?;
    let mut rows = observables.over(&step.entry, layout);
    // Without post-selection, every operation preserves the trace exactly; any deviation is rounding.
    if postselection(&step.ops).is_none()
        && let Some(at) = strings.iter().position(|string| *string == 0)
    {
        rows[at] = vec![(0, 1.0)];
    }
    Ok(rows)
}

/// The block of the strings of one connected component: its part of the map, of the observables and of the initial
/// state.
pub(super) fn block(
    strings: Vec<usize>,
    rows: &BTreeMap<usize, Sparse>,
    probes: &[Sparse],
    start: &BTreeMap<usize, f64>,
) -> Block {
    let position = |string: usize| strings.binary_search(&string).ok();
    let dense = |row: &Sparse| {
        let mut out = nalgebra::RowDVector::zeros(strings.len());
        row.iter().for_each(|(string, x)| {
            if let Some(at) = position(*string) {
                out[at] = *x;
            }
        });
        out
    };
    let matrix = strings.iter().map(|string| dense(&rows[string])).collect::<Vec<_>>();
    let sees = |row: &Sparse| row.iter().any(|(string, _)| position(*string).is_some());
    let seen: Vec<usize> = (0..probes.len()).filter(|&which| sees(&probes[which])).collect();
    let probes: Vec<_> = seen.iter().map(|&which| dense(&probes[which])).collect();
    let size = strings.len();
    let stacked = |rows: &[nalgebra::RowDVector<f64>]| {
        if rows.is_empty() { DMatrix::zeros(0, size) } else { DMatrix::from_rows(rows) }
    };
    Block {
        matrix: stacked(&matrix),
        probes: stacked(&probes),
        seen,
        start: strings.iter().map(|string| start[string]).collect(),
        strings,
    }
}
