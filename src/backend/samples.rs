//! What a run takes one of at random, in place of the mean.

use crate::chance::{Stream, Trajectory, pick};
use crate::quantum::{C64, CMat, eigh};

/// What a run samples; it averages over the rest exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// Nothing: the run computes the mean.
    Nothing,
    /// The outcomes of measurements and the branches of mixtures.
    Outcomes,
    /// Also the Kraus operators of channels, the eigenstates of attached units, and those of what is traced out, so that a
    /// pure state stays pure. Only numbers that are linear in the state then have the right mean.
    Everything,
}

/// The random numbers of a trajectory that decide during its run.
#[derive(Debug)]
pub struct Chance {
    pub(super) samples: Samples,
    stream: Stream,
}

impl Chance {
    /// The random numbers of a trajectory that samples more than nothing.
    #[must_use]
    pub fn of(trajectory: Trajectory, samples: Samples) -> Self {
        Self { samples, stream: trajectory.outcomes() }
    }

    /// Whether an event of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.stream.happens(probability)
    }

    /// A number that is uniform in [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        self.stream.uniform()
    }

    /// The projector on an eigenstate of a density matrix, with the probability of its eigenvalue.
    pub(super) fn eigenstate(&mut self, state: &CMat) -> CMat {
        let (weights, states) = eigh(state);
        let ket = states.columns(pick(self.uniform(), &weights), 1);
        ket * ket.adjoint()
    }
}

/// Σ_j Tr M_j ρ M_j†, the probability of an outcome with these operators. Zeros of the operators cost nothing.
pub(super) fn born(operators: &[CMat], rho: &CMat) -> f64 {
    let of_row = |operator: &CMat, row: usize| {
        let entries: Vec<(usize, C64)> = (0..operator.ncols()).map(|j| (j, operator[(row, j)])).collect();
        let entries: Vec<(usize, C64)> = entries.into_iter().filter(|(_, z)| *z != C64::ZERO).collect();
        let term = |(i, a): &(usize, C64)| entries.iter().map(|(j, b)| a * rho[(*i, *j)] * b.conj()).sum::<C64>();
        entries.iter().map(term).sum::<C64>().re
    };
    operators.iter().flat_map(|operator| (0..operator.nrows()).map(move |row| of_row(operator, row))).sum()
}
