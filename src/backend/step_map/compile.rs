//! Compiles a step to the part of its map that the observables depend on.
//!
//! Observables are propagated backwards through the step: first the observables that are read, then every basis element
//! that occurs in the result, until no new elements occur. These elements are closed under the adjoint of the step, so
//! the map on them is exact. Elements that the initial state never reaches are then left out, and the rest is divided
//! into blocks that do not couple. The zeros of the map determine which elements couple; entries up to
//! [`SNAP`](super::basis::SNAP) are set to zero.

use super::basis::{SNAP, coefficients};
use super::block::{Block, blocks};
use super::heisenberg::{Observables, Sparse, Work};
use super::readout::Readout;
use super::rows::Rows;
use super::stretch::{Norms, Placed, Reading, Refusal, Stretch, is_nonlinear, postselection, read};
use crate::backend::Stopped;
use crate::ir::{Slot, cost};
use crate::quantum::CMat;

/// The most coefficients in a batch of observables that are propagated together.
const MOST_ENTRIES: u128 = 1 << 21;

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
    let start = coefficients(start, &dims, rows.strings());
    let begin = (0..rows.len()).filter(|&i| start[i].abs() > SNAP).collect();
    let components = rows.components(&rows.reached(begin, work.watch)?, work.watch)?;
    let blocks = blocks(&components, &rows, &probes, &start, work.watch)?;
    let whole = whole(stretch);
    Ok(Compiled { readouts, norms, observables: probes.len(), blocks, whole, seen: rows.len() })
}

/// The number of basis elements of the carried state, D².
pub(super) fn whole(stretch: Stretch<'_>) -> usize {
    stretch.layout.dims(&stretch.step.entry).iter().map(|d| d * d).product()
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
        for (to, row) in probes[first..].iter_mut().zip(observables.over(&step.entry, layout, work.watch)?) {
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
) -> Result<Rows, Refusal> {
    let peak = cost(stretch.step, stretch.layout).peak_dim;
    let at_once = usize::try_from(MOST_ENTRIES / peak.saturating_mul(peak).min(MOST_ENTRIES)).expect("a small number");
    let observed = || probes.iter().flatten().map(|(string, _)| *string);
    let too_large = |needed| Err(Refusal::TooLarge { needed, allowed });
    // The elements of the last map are most likely needed again, and then all rows are computed in one batch.
    let whole = whole(stretch);
    let likely = work.tables.seen.iter().copied().filter(|string| *string < whole).take(allowed);
    let mut known = vec![false; whole];
    let mut new: Vec<usize> = unknown(observed().chain(likely), &mut known).collect();
    let guessed = new.len();
    let mut rows: Vec<(usize, Sparse)> = Vec::new();
    while !new.is_empty() {
        if rows.len() + new.len() > allowed + guessed {
            return too_large(rows.len() + new.len());
        }
        let mut found = Vec::new();
        for strings in new.chunks(at_once) {
            for (&string, row) in strings.iter().zip(rows_of(stretch, strings, work)?) {
                work.watch.spend(row.len())?;
                found.extend(unknown(row.iter().map(|(string, _)| *string), &mut known));
                rows.push((string, row));
            }
        }
        new = found;
    }
    let rows = Rows::new(rows, work.watch)?;
    let observed = observed().filter_map(|string| rows.number(string)).collect();
    let seen = rows.seen(observed, work.watch)?;
    let rows = rows.restricted(&seen, work.watch)?;
    if rows.len() > allowed {
        return too_large(rows.len());
    }
    work.tables.seen = rows.strings().to_vec();
    Ok(rows)
}

/// The strings that are not yet known, which are known from then on.
fn unknown(strings: impl Iterator<Item = usize>, known: &mut [bool]) -> impl Iterator<Item = usize> {
    strings.filter(|&string| !std::mem::replace(&mut known[string], true))
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
    let mut rows = observables.over(&step.entry, layout, work.watch)?;
    // Without post-selection, every operation preserves the trace exactly; any deviation is rounding.
    if postselection(&step.ops).is_none()
        && let Some(at) = strings.iter().position(|string| *string == 0)
    {
        rows[at] = vec![(0, 1.0)];
    }
    Ok(rows)
}
