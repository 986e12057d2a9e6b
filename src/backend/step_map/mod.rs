//! A linear step as a real matrix on the Hermitian operator basis, its sectors and its powers.
//!
//! The state carried from collision to collision is the real vector r_i = Tr B_i ρ over a basis of Hermitian matrices,
//! and a step without `uncorrelate` is one real matrix on it. [`StepMap::compile`] builds only the part of the matrix
//! that the observables depend on and the initial state reaches. [`StepMap::jump`] skips collisions by powers;
//! [`StepMap::series`] reads every collision. [`Density`](super::Density) computes the same numbers and shares no
//! kernel with this module.

mod basis;
mod block;
mod compile;
mod conditional;
mod eigenspaces;
mod engine;
mod heisenberg;
mod marginals;
mod powers;
mod readout;
mod rows;
mod spectrum;
#[cfg(test)]
mod spectrum_tests;
mod steady;
mod stretch;
#[cfg(test)]
mod tests;

pub use eigenspaces::Defect;
pub(super) use engine::{linear, marginal};
pub use heisenberg::{Tables, Work};
pub use marginals::MarginalMap;
pub use spectrum::{Mode, Sector, Spectrum, Undamped};
pub use steady::{Conserved, NoSteady, Several, Steady};
pub use stretch::{Refusal, Stretch, WIDEST};

use super::{Fault, Halt, Place, Stopped, Watch};
use crate::quantum::CMat;
use compile::Compiled;
use nalgebra::DMatrix;
use powers::{COLUMNS, Conserves, Flow, cheapest_stride, jump_cost, series_cost};
use rayon::prelude::*;
use readout::Readout;
use stretch::Norms;

/// A linear step and the state that it acts on.
#[derive(Debug, Clone)]
pub struct StepMap {
    readouts: Vec<Readout>,
    /// How the values are normalised, if the step has post-selection.
    norms: Option<Norms>,
    /// The probability that every post-selection so far succeeded.
    success: f64,
    observables: usize,
    flows: Vec<Flow>,
    whole: usize,
    seen: usize,
}

/// The size of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// The number of elements D² of the Hermitian basis of the carried state.
    pub whole: usize,
    /// The number of elements that the observables depend on.
    pub seen: usize,
    /// The sizes of the blocks, which do not couple; only elements that the initial state reaches are counted.
    pub blocks: Vec<usize>,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept: usize = self.blocks.iter().sum();
        write!(f, "{kept} of {} basis elements", self.whole)?;
        match self.blocks.as_slice() {
            [] | [_] => Ok(()),
            blocks => {
                let sizes: Vec<String> = blocks.iter().map(ToString::to_string).collect();
                write!(f, " in blocks of {}", sizes.join(", "))
            }
        }
    }
}

impl StepMap {
    /// Compiles a step. `start` is the density matrix before it, over the step's entry slots in order. At most
    /// `allowed` basis elements of the carried state are used.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn compile(stretch: Stretch<'_>, start: &CMat, allowed: usize, work: &mut Work<'_>) -> Result<Self, Refusal> {
        let Compiled { readouts, norms, observables, blocks, whole, seen } =
            compile::compile(stretch, start, allowed, work)?;
        let unitary = stretch.step.ops.iter().all(stretch::is_unitary);
        let conserves = if unitary {
            Conserves::Norm
        } else if norms.is_none() {
            Conserves::Trace
        } else {
            Conserves::Nothing
        };
        let flows = blocks.into_iter().map(|block| Flow::new(block, conserves)).collect();
        Ok(Self { readouts, norms, success: 1.0, observables, flows, whole, seen })
    }

    /// The size of the map.
    #[must_use]
    pub fn size(&self) -> Size {
        let blocks = self.flows.iter().map(|flow| flow.block().strings.len()).collect();
        Size { whole: self.whole, seen: self.seen, blocks }
    }

    /// The multiply-adds of a jump over `skipped` collisions and a series of `read` collisions.
    #[must_use]
    pub fn cost(&self, skipped: u64, read: u64) -> u128 {
        let b = self.stride(read);
        let cost = |flow: &Flow| {
            let (m, p) = (flow.block().strings.len(), flow.block().seen.len());
            jump_cost(m, skipped) + series_cost(m, p, read, b)
        };
        self.flows.iter().map(cost).sum()
    }

    /// The bytes of the powers and of the factors of a series, for a jump over `skipped` collisions and a series of
    /// `read` collisions.
    #[must_use]
    pub fn memory(&self, skipped: u64, read: u64) -> u128 {
        let b = self.stride(read);
        let powers = (u64::BITS - skipped.leading_zeros()).max(b.trailing_zeros() + 1) as usize;
        let numbers = |flow: &Flow| {
            let (m, p) = (flow.block().strings.len(), flow.block().seen.len());
            // The rows of a stride are built by doubling. The products of a stretch hold b numbers per observable and
            // column.
            (powers + 1) * m * m + 2 * b * p * m + COLUMNS * (b * p + m)
        };
        let all: usize = self.flows.iter().map(numbers).sum();
        (all + COLUMNS * b * self.readouts.len().max(1)) as u128 * 8
    }

    /// Advances by k collisions without reading anything. Returns an estimate of the error: the largest difference in
    /// the coefficients of the state between two ways of multiplying powers to the exponent k.
    ///
    /// # Errors
    /// [`Halt::Fault`]: an interrupt, or a post-selection that has no probability left.
    pub fn jump(&mut self, k: u64, watch: &Watch<'_>) -> Result<f64, Halt> {
        let error = self.flows.iter_mut().try_fold(0.0, |most: f64, flow| Ok(flow.jump(k, watch)?.max(most)));
        let error = error.map_err(|stopped: Stopped| Halt::from(stopped))?;
        if self.norms.is_some() { self.normalise(error) } else { Ok(error) }
    }

    /// The number of collisions per column in a series of `count` collisions.
    fn stride(&self, count: u64) -> usize {
        if self.norms.is_some() {
            return 1; // the state is normalised after each collision
        }
        let largest = self.flows.iter().map(|f| (f.block().strings.len(), f.block().seen.len())).max();
        largest.map_or(1, |(m, p)| cheapest_stride(m, p, count))
    }

    /// Advances by `count` collisions and passes the numbers of each to `sink`: observables after the step, then
    /// records. Consumes the map, because the state advances by whole stretches of collisions.
    ///
    /// # Errors
    /// The first [`Fault`], or the error of the sink.
    pub fn series(
        mut self,
        count: u64,
        watch: &Watch<'_>,
        mut sink: impl FnMut(&[f64]) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        if let Some(norms) = self.norms.take() {
            return self.conditional_series(&norms, count, watch, sink);
        }
        let b = self.stride(count);
        let strides = self.flows.iter_mut().map(|flow| flow.strides(b, watch)).collect::<Result<Vec<_>, Stopped>>()?;
        let width = self.readouts.len().max(1); // at least 1, because a step without readouts still has collisions
        let mut numbers = Vec::new();
        let mut left = usize::try_from(count).expect("a series fits into memory");
        while left > 0 {
            let columns = COLUMNS.min(left.div_ceil(b));
            let stretch = left.min(columns * b);
            let flows = self.flows.iter_mut().zip(&strides);
            let read = flows
                .map(|(flow, strides)| flow.values(strides, columns, watch))
                .collect::<Result<Vec<_>, Stopped>>()?;
            numbers.clear();
            numbers.resize(stretch * width, 0.0);
            let faults = self.numbers(&read, b, &mut numbers, watch);
            for (at, fault) in faults.into_iter().enumerate() {
                fault?;
                sink(&numbers[at * width..][..self.readouts.len()])?;
            }
            left -= left.min(columns * b);
        }
        Ok(())
    }
}

impl StepMap {
    /// The numbers of a stretch of collisions, one row per collision, computed from the products, which hold the values
    /// of the observables for `b` collisions per column. Runs on all threads if eigenvalues are needed.
    fn numbers(
        &self,
        read: &[DMatrix<f64>],
        b: usize,
        numbers: &mut [f64],
        watch: &Watch<'_>,
    ) -> Vec<Result<(), Fault>> {
        let one = |values: &mut Vec<f64>, (at, row): (usize, &mut [f64])| {
            values.clear();
            values.resize(self.observables, 0.0);
            for (flow, read) in self.flows.iter().zip(read) {
                let seen = &flow.block().seen;
                let first = (at % b) * seen.len();
                for (k, &which) in seen.iter().enumerate() {
                    values[which] += read[(first + k, at / b)];
                }
            }
            read_off(&self.readouts, values, row)
        };
        let width = self.readouts.len().max(1);
        if self.readouts.iter().any(|readout| readout.formula.is_costly()) {
            let stop = watch.stop();
            let one = |values: &mut Vec<f64>, item: (usize, &mut [f64])| {
                if stop() { Err(Stopped.into()) } else { one(values, item) }
            };
            return numbers.par_chunks_mut(width).enumerate().map_init(Vec::new, one).collect();
        }
        let mut values = Vec::new();
        numbers.chunks_mut(width).enumerate().map(|item| one(&mut values, item)).collect()
    }
}

/// Computes the numbers of one collision from the values of its observables.
fn read_off(readouts: &[Readout], values: &[f64], row: &mut [f64]) -> Result<(), Fault> {
    for (number, (to, Readout { formula, origin })) in row.iter_mut().zip(readouts).enumerate() {
        let place = origin.map_or(Place::Observable(number), Place::Statement);
        *to = formula.evaluate(values).map_err(|kind| Fault { place: Some(place), kind })?;
    }
    Ok(())
}
