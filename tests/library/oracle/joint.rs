//! The joint state of all live subsystems.

use super::matrix::{I, Matrix, marginal, real, sandwiched, times};

/// A system (unit 0) or one unit of a stream; unit 1 belongs to the first collision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Label {
    pub(crate) subsystem: usize,
    pub(crate) unit: i64,
}

/// An operator on some subsystems, in that order. Without subsystems it is a number.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    pub(crate) on: Vec<Label>,
    pub(crate) dims: Vec<usize>,
    pub(crate) matrix: Matrix,
}

/// A density matrix with its subsystems, in order.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    pub(crate) labels: Vec<Label>,
    dims: Vec<usize>,
    rho: Matrix,
}

impl Joint {
    pub(crate) fn empty() -> Self {
        Self { labels: vec![], dims: vec![], rho: Matrix::identity(1, 1) }
    }

    pub(crate) fn holds(&self, labels: &[Label]) -> bool {
        labels.iter().all(|label| self.labels.contains(label))
    }

    fn places(&self, labels: &[Label]) -> Vec<usize> {
        let place = |label: &Label| self.labels.iter().position(|l| l == label).expect("a live subsystem");
        labels.iter().map(place).collect()
    }

    /// The reduced state of these subsystems, in this order.
    pub(crate) fn reduced(&self, labels: &[Label]) -> Matrix {
        marginal(&self.rho, &self.dims, &self.places(labels))
    }

    /// The dimensions of these subsystems.
    pub(crate) fn dims(&self, labels: &[Label]) -> Vec<usize> {
        self.places(labels).into_iter().map(|at| self.dims[at]).collect()
    }

    /// ρ ⊗ σ
    pub(crate) fn attach(&mut self, labels: &[Label], dims: &[usize], sigma: &Matrix) {
        self.labels.extend(labels);
        self.dims.extend(dims);
        self.rho = self.rho.kronecker(sigma);
    }

    /// Traces out those of the subsystems that are live.
    pub(crate) fn discard(&mut self, gone: &[Label]) {
        let kept: Vec<Label> = self.labels.iter().copied().filter(|l| !gone.contains(l)).collect();
        *self = self.ordered(&kept);
    }

    /// The reduced state of these subsystems as a joint state, in this order.
    fn ordered(&self, labels: &[Label]) -> Self {
        Self { labels: labels.to_vec(), dims: self.dims(labels), rho: self.reduced(labels) }
    }

    /// Σ K ρ K†
    pub(crate) fn apply(&mut self, kraus: &[Operator]) {
        let terms = kraus.iter().map(|k| sandwiched(&k.matrix, &self.places(&k.on), &self.rho, &self.dims));
        self.rho = terms.sum();
    }

    /// exp(tL) ρ with L(ρ) = −i[H, ρ] + Σ (KρK† − (K†Kρ + ρK†K)/2), by a Taylor series over durations with ‖L‖t ≤ 1.
    pub(crate) fn dissipate(&mut self, h: &Operator, jumps: &[Operator], t: f64) {
        let rate = 2.0 * h.matrix.norm() + jumps.iter().map(|k| 2.0 * k.matrix.norm_squared()).sum::<f64>();
        let pieces = (rate * t).ceil().max(1.0);
        let mut left = pieces;
        while left > 0.0 {
            let mut term = self.rho.clone();
            for order in 1..=20 {
                term = self.change(h, jumps, &term) * real(t / pieces / f64::from(order));
                self.rho += &term;
            }
            left -= 1.0;
        }
    }

    /// L(σ), the sum of KσK† and of Gσ + σG† with G = −iH − ΣK†K/2.
    fn change(&self, h: &Operator, jumps: &[Operator], sigma: &Matrix) -> Matrix {
        let drift = |sigma: &Matrix| {
            let left = |on: &[Label], matrix: &Matrix| times(matrix, &self.places(on), sigma, &self.dims);
            let decay = |k: &Operator| left(&k.on, &(k.matrix.adjoint() * &k.matrix)) * real(0.5);
            jumps.iter().fold(left(&h.on, &h.matrix) * -I, |drift, k| drift - decay(k))
        };
        let jumped = jumps.iter().map(|k| sandwiched(&k.matrix, &self.places(&k.on), sigma, &self.dims));
        jumped.fold(drift(sigma) + drift(&sigma.adjoint()).adjoint(), |sum, term| sum + term)
    }

    /// Bρ
    pub(crate) fn multiply(&mut self, b: &Operator) {
        self.rho = times(&b.matrix, &self.places(&b.on), &self.rho, &self.dims);
    }

    /// Another matrix of the same subsystems.
    pub(crate) fn replace(&mut self, rho: &Matrix) {
        assert_eq!(rho.shape(), self.rho.shape(), "the same subsystems");
        self.rho.clone_from(rho);
    }

    /// The product of the groups' marginals, each normalised to trace 1. Subsystems that are not live are left out.
    pub(crate) fn uncorrelate(&mut self, groups: &[Vec<Label>]) {
        let mut out = Self::empty();
        for group in groups {
            let alive: Vec<Label> = group.iter().copied().filter(|l| self.labels.contains(l)).collect();
            let rho = self.reduced(&alive);
            let trace = rho.trace();
            out.attach(&alive, &self.dims(&alive), &(rho / trace));
        }
        assert_eq!(out.labels.len(), self.labels.len(), "the groups must name every live subsystem");
        *self = out;
    }

    /// The sum of states on the same subsystems.
    pub(crate) fn sum<'j>(mut all: impl Iterator<Item = &'j Self>) -> Self {
        let first = all.next().expect("there is a state").clone();
        all.fold(first, |sum, other| {
            let other = other.ordered(&sum.labels);
            assert_eq!(other.rho.nrows(), sum.rho.nrows(), "all branches must end with the same subsystems");
            Self { rho: sum.rho + other.rho, ..sum }
        })
    }

    pub(crate) fn scale(&mut self, factor: f64) {
        self.rho *= real(factor);
    }

    pub(crate) fn trace(&self) -> f64 {
        self.rho.trace().re
    }

    /// p ρ + (1 − p) σ
    pub(crate) fn mixed_with(&self, other: &Self, p: f64) -> Self {
        let other = other.ordered(&self.labels);
        assert_eq!(other.rho.nrows(), self.rho.nrows(), "both branches must end with the same subsystems");
        Self { rho: &self.rho * real(p) + other.rho * real(1.0 - p), ..self.clone() }
    }
}
