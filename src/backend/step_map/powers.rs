//! Evolution in time: powers of a block of the map, and series of the observables.
//!
//! A jump over k collisions is a product of powers S^(2^i), computed once by squaring. A series is computed by a few
//! long products: with W the rows w, wS, …, wS^(b−1) for every observable w and V the c columns r, S^b r, S^(2b) r, …,
//! the product WV holds b·c values of each observable. b is the power of two that costs least.
//!
//! If the step is unitary, its map is orthogonal on every block, SᵀS = 1. Squaring doubles the rounding error of SᵀS,
//! and the purity would drift by about 1e-16 per collision. So each squaring is followed by a Newton step to the
//! nearest orthogonal matrix (Higham, *Functions of Matrices*, 2008, §8.3), and the norm of r is kept.

use nalgebra::{DMatrix, DVector};

use super::block::Block;
use crate::backend::watch::BETWEEN;
use crate::backend::{Stopped, Watch};

/// The number of stretches of collisions, one per column, whose values are computed by one product.
pub(super) const COLUMNS: usize = 32;

/// The least number of rows in a panel of a product: fewer rows are multiplied by a slower loop.
const LEAST_ROWS: usize = 16;

/// The most collisions in a column.
const LONGEST_COLUMN: usize = 256;

/// A block of the map with its current state.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    block: Block,
    /// S^(2^i), from i = 0. If the map conserves nothing, each but the first is divided by its largest entry.
    powers: Vec<DMatrix<f64>>,
    /// The logarithms of the factors by which the powers were divided.
    logarithms: Vec<f64>,
    r: DVector<f64>,
    /// The logarithm of the factor by which r was divided in the last jump.
    logarithm: f64,
    conserves: Conserves,
    /// |r|, if the step is unitary and conserves it.
    norm: Option<f64>,
}

/// What a map conserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conserves {
    /// The trace, and the norm of r, because the step is unitary.
    Norm,
    /// The trace.
    Trace,
    /// Nothing, because the step has post-selection.
    Nothing,
}

/// The factors of a series that are computed once for a block and a number b of collisions per column.
#[derive(Debug)]
pub(super) struct Strides {
    /// (b·p) × m: the rows of the observables at delay 0, then at delay 1, …
    rows: DMatrix<f64>,
    /// The index of S^b among the powers.
    power: usize,
}

impl Flow {
    pub(super) fn new(block: Block, conserves: Conserves) -> Self {
        let (r, first) = (DVector::from_column_slice(&block.start), block.matrix.clone());
        let norm = (conserves == Conserves::Norm).then(|| r.norm());
        Self { block, powers: vec![first], logarithms: vec![0.0], r, logarithm: 0.0, conserves, norm }
    }

    pub(super) fn block(&self) -> &Block {
        &self.block
    }

    /// Advances by k collisions. Returns an estimate of the error: the largest difference from S·S^(k−1) r.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn jump(&mut self, k: u64, watch: &Watch<'_>) -> Result<f64, Stopped> {
        if k == 0 {
            return Ok(0.0);
        }
        self.reach((u64::BITS - k.leading_zeros()) as usize, watch)?;
        let before = self.r.clone();
        let r = self.apply(k, before.clone(), watch)?;
        let other = self.apply(1, self.apply(k - 1, before, watch)?, watch)?;
        self.logarithm = self.logarithm_of(k);
        let ratio = (self.logarithm_of(k - 1) + self.logarithm_of(1) - self.logarithm).exp();
        self.r = r;
        Ok((&other * ratio - &self.r).amax())
    }

    /// The logarithm of the factor by which [`apply`](Self::apply) divides its result.
    fn logarithm_of(&self, k: u64) -> f64 {
        (0..).zip(&self.logarithms).filter(|(i, _)| k >> i & 1 == 1).map(|(_, logarithm)| logarithm).sum()
    }

    /// The trace, if it belongs to this block, with the logarithm of the factor by which it was divided, and the largest
    /// coefficient.
    pub(super) fn trace(&self) -> Option<(f64, f64, f64)> {
        (self.block.strings.first() == Some(&0)).then(|| (self.r[0], self.logarithm, self.r.amax()))
    }

    /// Divides the state by its trace, which was divided by the exponential of `logarithm`.
    pub(super) fn normalise(&mut self, trace: f64, logarithm: f64) {
        let factor = (self.logarithm - logarithm).exp() / trace;
        self.scale(factor);
        self.logarithm = 0.0;
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.r *= factor;
    }

    /// Advances by a collision, and adds the values of the observables to those of other blocks.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn step(&mut self, values: &mut [f64], watch: &Watch<'_>) -> Result<(), Stopped> {
        watch.spend(self.block.matrix.len() + self.block.probes.len())?;
        for (&which, value) in self.block.seen.iter().zip((&self.block.probes * &self.r).iter()) {
            values[which] += value;
        }
        self.r = &self.block.matrix * &self.r;
        Ok(())
    }

    /// S^k r, from powers that have been computed, divided by the factors of these powers.
    fn apply(&self, k: u64, mut r: DVector<f64>, watch: &Watch<'_>) -> Result<DVector<f64>, Stopped> {
        for (i, power) in self.powers.iter().enumerate() {
            if k >> i & 1 == 1 {
                watch.spend(power.len())?;
                r = power * r;
                self.keep_norm(&mut r);
            }
        }
        Ok(r)
    }

    /// Restores the norm of a state of an orthogonal block after rounding.
    fn keep_norm(&self, r: &mut DVector<f64>) {
        if let Some(norm) = self.norm.filter(|norm| *norm > 0.0) {
            *r *= norm / r.norm();
        }
    }

    /// Computes the powers S^(2^i) for i < count.
    fn reach(&mut self, count: usize, watch: &Watch<'_>) -> Result<(), Stopped> {
        while self.powers.len() < count {
            let last = self.powers.last().expect("the first is the map itself");
            let mut square = product(last, last, watch)?;
            if self.conserves != Conserves::Nothing && self.block.strings.first() == Some(&0) {
                // The trace is conserved exactly. Squaring doubles its rounding error: 1e-8 after 2^30 collisions.
                square.row_mut(0).fill(0.0);
                square[(0, 0)] = 1.0;
            }
            if self.norm.is_some() {
                let overlap = product(&square.transpose(), &square, watch)?;
                let half = (overlap - DMatrix::identity(square.nrows(), square.ncols())) * 0.5;
                square -= product(&square, &half, watch)?;
            }
            let mut logarithm = 0.0;
            if self.conserves == Conserves::Nothing {
                let largest = square.amax();
                if largest > 0.0 {
                    square /= largest;
                    logarithm = 2.0 * self.logarithms[self.logarithms.len() - 1] + largest.ln();
                }
            }
            self.logarithms.push(logarithm);
            self.powers.push(square);
        }
        Ok(())
    }

    /// Prepares a series that is read in columns of b collisions.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn strides(&mut self, b: usize, watch: &Watch<'_>) -> Result<Strides, Stopped> {
        let power = b.trailing_zeros() as usize;
        self.reach(power + 1, watch)?;
        let mut rows = self.block.probes.clone();
        for i in 0..power {
            let delayed = product(&rows, &self.powers[i], watch)?;
            let (have, size) = rows.shape();
            rows = rows.resize_vertically(2 * have, 0.0);
            rows.view_mut((have, 0), (have, size)).copy_from(&delayed);
        }
        Ok(Strides { rows, power })
    }

    /// Advances by columns·b collisions and returns the values of every observable: row d·p + w of the result is
    /// observable w at delay d, and each column is a stretch of b collisions.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn values(
        &mut self,
        strides: &Strides,
        columns: usize,
        watch: &Watch<'_>,
    ) -> Result<DMatrix<f64>, Stopped> {
        let power = &self.powers[strides.power];
        let mut states = DMatrix::zeros(self.r.len(), columns);
        let mut next = DVector::zeros(self.r.len());
        for mut column in states.column_iter_mut() {
            watch.spend(power.len())?;
            column.copy_from(&self.r);
            power.mul_to(&self.r, &mut next);
            self.keep_norm(&mut next);
            std::mem::swap(&mut self.r, &mut next);
        }
        product(&strides.rows, &states, watch)
    }
}

/// AB, with a check for an interrupt between panels of A's rows. The panels do not change the order of any sum.
///
/// # Errors
/// [`Stopped`]
fn product(a: &DMatrix<f64>, b: &DMatrix<f64>, watch: &Watch<'_>) -> Result<DMatrix<f64>, Stopped> {
    let row = a.ncols() * b.ncols();
    let panel = usize::try_from(BETWEEN).unwrap_or(usize::MAX) / row.max(1);
    let panel = panel.max(LEAST_ROWS);
    if a.nrows() < panel + LEAST_ROWS {
        watch.spend(a.nrows() * row)?;
        return Ok(a * b);
    }
    let mut out = DMatrix::zeros(a.nrows(), b.ncols());
    let mut from = 0;
    while from < a.nrows() {
        let left = a.nrows() - from;
        // A short remainder joins the last panel.
        let count = if left < panel + LEAST_ROWS { left } else { panel };
        watch.spend(count * row)?;
        out.rows_mut(from, count).gemm(1.0, &a.rows(from, count), b, 0.0);
        from += count;
    }
    Ok(out)
}

/// The cheapest number b of collisions per column, for a block of m elements, p observables and a series of `count`
/// collisions.
pub(super) fn cheapest_stride(m: usize, p: usize, count: u64) -> usize {
    let candidates = (0..).map(|i| 1usize << i).take_while(|b| *b <= LONGEST_COLUMN && *b as u64 <= count.max(1));
    candidates.min_by_key(|&b| series_cost(m, p, count, b)).unwrap_or(1)
}

/// The multiply-adds of a series.
pub(super) fn series_cost(m: usize, p: usize, count: u64, b: usize) -> u128 {
    let (m, p, b, count) = (m as u128, p as u128, b as u128, u128::from(count));
    let squarings = u128::from(b.trailing_zeros()) * m * m * m;
    squarings + p * (b - 1) * m * m + count.div_ceil(b) * m * m + count * p * m
}

/// The multiply-adds of a jump over k collisions.
pub(super) fn jump_cost(m: usize, k: u64) -> u128 {
    let (m, bits) = (m as u128, u128::from(u64::BITS - k.leading_zeros()));
    bits.saturating_sub(1) * m * m * m + 3 * bits * m * m
}
