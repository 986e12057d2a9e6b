//! The blocks of a map: the parts of its matrix, of the observables and of the initial state that do not couple.

use super::heisenberg::Sparse;
use super::rows::Rows;
use crate::backend::{Stopped, Watch};
use nalgebra::DMatrix;

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

/// The index of the block of an element, and its position there; `None` if it is in no block.
type InBlock = Option<(usize, usize)>;

/// The block of each component: its part of the map, of the observables `probes` and of the initial state `start`,
/// which has one coefficient for each element of the rows.
///
/// # Errors
/// [`Stopped`]
pub(super) fn blocks(
    components: &[Vec<usize>],
    rows: &Rows,
    probes: &[Sparse],
    start: &[f64],
    watch: &Watch<'_>,
) -> Result<Vec<Block>, Stopped> {
    let mut places = vec![None; rows.len()];
    for (block, numbers) in components.iter().enumerate() {
        numbers.iter().enumerate().for_each(|(at, &number)| places[number] = Some((block, at)));
    }
    let observed = observed(components.len(), rows, probes, &places, watch)?;
    let block = |(numbers, observed): (&Vec<usize>, Vec<Observed>)| {
        let (seen, probes) = stacked(&observed, numbers.len());
        let strings = numbers.iter().map(|&number| rows.strings()[number]).collect();
        let start = numbers.iter().map(|&number| start[number]).collect();
        Ok(Block { strings, matrix: matrix(numbers, rows, &places, watch)?, seen, probes, start })
    };
    components.iter().zip(observed).map(block).collect()
}

/// The part of the map on some elements that depend on no other element with a place.
fn matrix(numbers: &[usize], rows: &Rows, places: &[InBlock], watch: &Watch<'_>) -> Result<DMatrix<f64>, Stopped> {
    let mut out = DMatrix::zeros(numbers.len(), numbers.len());
    for (at, &number) in numbers.iter().enumerate() {
        watch.spend(numbers.len())?;
        for &(j, x) in rows.row(number) {
            if let Some((_, column)) = places[j] {
                out[(at, column)] = x;
            }
        }
    }
    Ok(out)
}

/// A coefficient of an observable: the index of the observable, the position in the block, and the value.
type Observed = (usize, usize, f64);

/// The coefficients of the observables in each block, in the order of the observables.
fn observed(
    blocks: usize,
    rows: &Rows,
    probes: &[Sparse],
    places: &[InBlock],
    watch: &Watch<'_>,
) -> Result<Vec<Vec<Observed>>, Stopped> {
    let mut out = vec![Vec::new(); blocks];
    for (which, probe) in probes.iter().enumerate() {
        watch.spend(probe.len())?;
        for &(string, x) in probe {
            if let Some((block, at)) = rows.number(string).and_then(|number| places[number]) {
                out[block].push((which, at, x));
            }
        }
    }
    Ok(out)
}

/// The indices of the observables of a block of `size` elements, and their coefficients, one row each.
fn stacked(observed: &[Observed], size: usize) -> (Vec<usize>, DMatrix<f64>) {
    let mut seen: Vec<usize> = observed.iter().map(|(which, ..)| *which).collect();
    seen.dedup();
    let mut probes = DMatrix::zeros(seen.len(), size);
    for (row, of_one) in observed.chunk_by(|a, b| a.0 == b.0).enumerate() {
        of_one.iter().for_each(|(_, at, x)| probes[(row, *at)] = *x);
    }
    (seen, probes)
}
