//! Shared test helpers: a small deterministic random number generator, and random matrices.

use super::linalg::{C64, CMat, CVec, product};

/// A 64-bit linear congruential generator (Knuth's MMIX constants), which gives the same numbers on every machine.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 32
    }

    /// Uniform in (−1, 1).
    pub(super) fn real(&mut self) -> f64 {
        (self.next() as f64 + 0.5) / f64::from(1u32 << 31) - 1.0
    }

    /// Uniform in 0, …, n − 1.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next()).unwrap() % n
    }

    fn complex(&mut self) -> C64 {
        C64::new(self.real(), self.real())
    }

    pub(super) fn matrix(&mut self, rows: usize, cols: usize) -> CMat {
        CMat::from_fn(rows, cols, |_, _| self.complex())
    }

    pub(super) fn hermitian(&mut self, n: usize) -> CMat {
        let a = self.matrix(n, n);
        &a + a.adjoint()
    }

    /// A normalised ket.
    pub(super) fn ket(&mut self, n: usize) -> CVec {
        let ket = CVec::from_fn(n, |_, _| self.complex());
        let norm = ket.norm();
        ket / C64::from(norm)
    }

    /// A density matrix of the given rank.
    pub(super) fn density(&mut self, n: usize, rank: usize) -> CMat {
        let a = self.matrix(n, rank);
        let rho = product(&a, &a.adjoint());
        let trace = rho.trace();
        rho / trace
    }
}

pub(super) fn identity(n: usize) -> CMat {
    CMat::identity(n, n)
}
