//! Steps with `uncorrelate`: from one `uncorrelate` to the next, the map is linear and acts on a product of marginals.
//!
//! After an `uncorrelate` the state is ⊗ ρ_g. Each ρ_g has trace 1, so it is given by its D_g² − 1 coefficients in the
//! Hermitian basis without the first. The coefficients of the marginals at the next `uncorrelate` are polynomials in
//! these coefficients, with at most one factor from each group: a small real matrix times the vector of monomials. The
//! same holds for all linear readouts. The density matrix of all slots is never computed, and the traces are 1 by
//! construction.

use std::collections::BTreeMap;

use super::heisenberg::{Observables, Sparse, Work};
use super::read_off;
use super::readout::Readout;
use super::stretch::{Placed, Reading, Refusal, Stretch, is_nonlinear, postselection, read, unread};
use crate::backend::exec::OVERHEAD;
use crate::backend::{Density, Halt, StateBackend, Stopped, Watch, execute};
use crate::ir::{Layout, OpKind, Slot};

/// The most basis elements of the product of all marginals.
const MOST_PRODUCTS: usize = 4096;

/// The most basis elements of one marginal.
const MOST_IN_A_MARGINAL: usize = 256;

/// A step with `uncorrelate`, and the marginals that it acts on.
#[derive(Debug)]
pub struct MarginalMap {
    readouts: Vec<Readout>,
    /// The stages from the last `uncorrelate` of one collision to the last of the next collision.
    stages: Vec<Stage>,
    /// The observables that are read after the last `uncorrelate`.
    tail: Polynomials,
    /// The coefficients of the marginals after the last `uncorrelate`.
    marginals: Vec<f64>,
    /// The values of the observables.
    values: Vec<f64>,
    scratch: Vec<f64>,
}

/// The part of a step from one `uncorrelate` to the next.
#[derive(Debug)]
struct Stage {
    /// The coefficients of the next marginals.
    next: Polynomials,
    /// The observables that are read in between.
    reads: Polynomials,
}

/// Real polynomials in the coefficients of marginals, with shared monomials.
#[derive(Debug, Default)]
struct Polynomials {
    /// The factors of each monomial, as indices into the coefficients.
    monomials: Vec<Vec<usize>>,
    /// For each monomial, its coefficient in every polynomial.
    columns: Vec<f64>,
    /// The index in the output of each polynomial's value.
    targets: Vec<usize>,
}

impl MarginalMap {
    /// Checks whether the step has a marginal map, as far as this depends on the step alone.
    ///
    /// # Errors
    /// [`Refusal`]
    pub(super) fn check(stretch: Stretch<'_>) -> Result<(), Refusal> {
        stretch.check()?;
        cuts(stretch)?;
        if postselection(&stretch.step.ops).is_some() { Err(Refusal::Postselected) } else { Ok(()) }
    }

    /// The number of coefficients of all marginals.
    #[must_use]
    pub fn coefficients(&self) -> usize {
        self.marginals.len()
    }

    /// The number of monomials from which the coefficients of the next marginals are computed.
    #[must_use]
    pub fn monomials(&self) -> usize {
        self.stages.iter().map(|stage| stage.next.monomials.len()).sum()
    }

    /// The multiply-adds of a collision, without its readouts.
    #[must_use]
    pub fn cost(&self) -> u128 {
        self.work() as u128
    }

    /// The bytes of the polynomials.
    #[must_use]
    pub fn memory(&self) -> u128 {
        let all = self.stages.iter().flat_map(|s| [&s.next, &s.reads]).chain([&self.tail]);
        8 * all.map(|p| p.columns.len() + 4 * p.monomials.len()).sum::<usize>() as u128
    }

    /// Compiles a step. `before` is the state before a collision; the map starts from the marginals after the last
    /// `uncorrelate` of that collision, so it continues with the next collision.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn compile(stretch: Stretch<'_>, before: &Density, work: &mut Work<'_>) -> Result<Self, Refusal> {
        stretch.check()?;
        let cuts = cuts(stretch)?;
        let Reading { readouts, count, requested, .. } = read(stretch, work.tables);
        let mut stages = Vec::new();
        for (at, cut) in cuts.iter().enumerate() {
            let from = &cuts[(at + cuts.len() - 1) % cuts.len()];
            let back = Back { stretch, from, across: at == 0 };
            let reads = requested.iter().filter(|p| p.at < cut.at && (at == 0 || p.at > from.at));
            stages.push(Stage { next: back.marginals(cut, work)?, reads: back.reads(reads, work)? });
        }
        let last = cuts.last().expect("a nonlinear step has a cut");
        let back = Back { stretch, from: last, across: false };
        let tail = back.reads(requested.iter().filter(|p| p.at > last.at), work)?;
        let marginals = start(stretch, last, before, work)?;
        Ok(Self { readouts, stages, tail, marginals, values: vec![0.0; count], scratch: Vec::new() })
    }

    /// The multiply-adds of a collision, without its readouts.
    fn work(&self) -> usize {
        self.stages.iter().map(|s| s.next.columns.len() + 2 * s.next.monomials.len()).sum()
    }

    /// Advances by k collisions without reading anything.
    ///
    /// # Errors
    /// [`Stopped`]
    pub fn skip(&mut self, k: u64, watch: &Watch<'_>) -> Result<(), Stopped> {
        let work = self.work();
        for _ in 0..k {
            watch.spend(work)?;
            for stage in &self.stages {
                stage.next.evaluate_in_place(&mut self.marginals, &mut self.scratch);
            }
        }
        Ok(())
    }

    /// Advances by `count` collisions and passes the numbers of each to `sink`: observables after the step, then
    /// records.
    ///
    /// # Errors
    /// The first `Fault`, or the error of the sink.
    pub fn series(
        mut self,
        count: u64,
        watch: &Watch<'_>,
        mut sink: impl FnMut(&[f64]) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let mut row = vec![0.0; self.readouts.len()];
        let work = self.work();
        for _ in 0..count {
            watch.spend(work + OVERHEAD)?;
            for stage in &self.stages {
                stage.reads.evaluate(&self.marginals, &mut self.scratch, &mut self.values);
                stage.next.evaluate_in_place(&mut self.marginals, &mut self.scratch);
            }
            self.tail.evaluate(&self.marginals, &mut self.scratch, &mut self.values);
            read_off(&self.readouts, &self.values, &mut row)?;
            sink(&row)?;
        }
        Ok(())
    }
}

/// An `uncorrelate` of the step.
struct Cut {
    /// The index of the operation in the step.
    at: usize,
    groups: Vec<Vec<Slot>>,
    /// D² of each group.
    sizes: Vec<usize>,
}

impl Cut {
    fn slots(&self) -> Vec<Slot> {
        self.groups.concat()
    }

    /// The factors of the monomial that belongs to a string over the groups' slots: the index of each group's
    /// coefficient. A group's first coefficient has no index, because it is the trace, 1.
    fn factors(&self, mut string: usize) -> Vec<usize> {
        let mut digits = vec![0; self.sizes.len()];
        for (digit, size) in digits.iter_mut().zip(&self.sizes).rev() {
            *digit = string % size;
            string /= size;
        }
        let (mut factors, mut first) = (Vec::new(), 0);
        for (digit, size) in digits.into_iter().zip(&self.sizes) {
            factors.extend((digit > 0).then(|| first + digit - 1));
            first += size - 1;
        }
        factors
    }
}

/// The `uncorrelate` operations of a step, in order.
fn cuts(stretch: Stretch<'_>) -> Result<Vec<Cut>, Refusal> {
    let mut out = Vec::new();
    for (at, op) in stretch.step.ops.iter().enumerate() {
        let OpKind::Uncorrelate { groups } = &op.kind else {
            if is_nonlinear(op) {
                return Err(Refusal::Nonlinear);
            }
            continue;
        };
        let size = |group: &Vec<Slot>| stretch.layout.dims(group).iter().map(|d| d * d).product::<usize>();
        let sizes: Vec<usize> = groups.iter().map(size).collect();
        let (whole, largest) = (sizes.iter().product::<usize>(), sizes.iter().copied().max().unwrap_or(1));
        for (needed, allowed) in [(whole, MOST_PRODUCTS), (largest, MOST_IN_A_MARGINAL)] {
            if needed > allowed {
                return Err(Refusal::TooLarge { needed, allowed });
            }
        }
        out.push(Cut { at, groups: groups.clone(), sizes });
    }
    if out.is_empty() { Err(Refusal::Linear) } else { Ok(out) }
}

/// The coefficients of the marginals after the last cut.
///
/// # Errors
/// [`Stopped`]
fn start(stretch: Stretch<'_>, last: &Cut, before: &Density, work: &mut Work<'_>) -> Result<Vec<f64>, Stopped> {
    let Stretch { step, layout, .. } = stretch;
    let mut state = before.clone();
    // Without records, the only possible fault is an interrupt.
    execute(&unread(&step.ops[..=last.at]), layout, &mut state, &mut [], work.watch).map_err(|_| Stopped)?;
    let mut out = Vec::new();
    for group in &last.groups {
        let marginal = state.reduced(group, work.watch)?;
        out.extend_from_slice(&work.tables.basis(&layout.dims(group)).vector(&marginal)[1..]);
    }
    Ok(out)
}

/// Propagates observables backwards from a point in the step to the cut before that point.
struct Back<'a> {
    stretch: Stretch<'a>,
    /// The cut before that point.
    from: &'a Cut,
    /// Whether that cut is in the previous collision.
    across: bool,
}

impl Back<'_> {
    fn layout(&self) -> &Layout {
        self.stretch.layout
    }

    /// Expresses observables of the state before operation `at` as observables of the product state after the cut.
    fn take(&self, mut observables: Observables, at: usize, work: &mut Work<'_>) -> Result<Vec<Sparse>, Stopped> {
        let ops = &self.stretch.step.ops;
        if self.across {
            observables.pull(&ops[..at], self.layout(), work)?;
            observables = observables.renamed(|slot| self.stretch.exit_of(slot));
            observables.pull_numbered(&ops[self.from.at + 1..], self.from.at + 1, self.layout(), work)?;
        } else {
            observables.pull_numbered(&ops[self.from.at + 1..at], self.from.at + 1, self.layout(), work)?;
        }
        observables.over(&self.from.slots(), self.layout(), work.watch)
    }

    /// The coefficients of the marginals at the cut `to`.
    fn marginals(&self, to: &Cut, work: &mut Work<'_>) -> Result<Polynomials, Stopped> {
        let mut rows = Vec::new();
        for (group, size) in to.groups.iter().zip(&to.sizes).filter(|(_, size)| **size > 1) {
            let mut observables = Observables::zero(group, self.layout(), size - 1);
            (1..*size).for_each(|string| observables.set(string - 1, string, 1.0));
            rows.extend(self.take(observables, to.at, work)?);
        }
        let targets = (0..rows.len()).collect();
        Ok(Polynomials::new(self.from, &rows, targets))
    }

    fn reads<'p>(&self, placed: impl Iterator<Item = &'p Placed>, work: &mut Work<'_>) -> Result<Polynomials, Stopped> {
        let (mut rows, mut targets) = (Vec::new(), Vec::new());
        for Placed { at, first, observables } in placed {
            let taken = self.take(observables.clone(), *at, work)?;
            targets.extend(*first..first + taken.len());
            rows.extend(taken);
        }
        Ok(Polynomials::new(self.from, &rows, targets))
    }
}

impl Polynomials {
    fn new(cut: &Cut, rows: &[Sparse], targets: Vec<usize>) -> Self {
        let mut by_string: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for (row, entries) in rows.iter().enumerate() {
            entries.iter().for_each(|(string, x)| by_string.entry(*string).or_default().push((row, *x)));
        }
        let mut columns = vec![0.0; by_string.len() * rows.len()];
        let mut monomials = Vec::new();
        for (at, (string, entries)) in by_string.into_iter().enumerate() {
            entries.into_iter().for_each(|(row, x)| columns[at * rows.len() + row] = x);
            monomials.push(cut.factors(string));
        }
        Self { monomials, columns, targets }
    }

    /// Writes the values of the polynomials to their targets in `out`.
    fn evaluate(&self, x: &[f64], scratch: &mut Vec<f64>, out: &mut [f64]) {
        self.sums(x, scratch);
        for (&target, value) in self.targets.iter().zip(scratch.iter()) {
            out[target] = *value;
        }
    }

    /// Replaces the variables by the values of the polynomials.
    fn evaluate_in_place(&self, x: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        self.sums(x, scratch);
        std::mem::swap(x, scratch);
    }

    fn sums(&self, x: &[f64], sums: &mut Vec<f64>) {
        sums.clear();
        sums.resize(self.targets.len(), 0.0);
        if sums.is_empty() {
            return;
        }
        for (factors, column) in self.monomials.iter().zip(self.columns.chunks_exact(sums.len())) {
            let monomial: f64 = factors.iter().map(|at| x[*at]).product();
            for (sum, c) in sums.iter_mut().zip(column) {
                *sum += c * monomial;
            }
        }
    }
}
