//! Operators known to more digits than doubles hold.

use crate::quantum::{C64, CMat, correction_to_nearest, max_abs};

/// A deviation up to this from a unitary or trace-preserving map counts as rounding, and its effect is removed (see
/// [`rounding`](super::rounding)). Operators with a larger deviation act unchanged.
pub(in crate::backend) const ROUNDING: f64 = 1e-12;

/// A Kraus operator as an unrounded sum.
pub(in crate::backend) struct Exact<'k> {
    high: &'k CMat,
    low: CMat,
}

impl Exact<'_> {
    /// An entry as the sum high + low.
    pub(in crate::backend) fn entry(&self, i: usize, j: usize) -> (C64, C64) {
        (self.high[(i, j)], self.low[(i, j)])
    }
}

/// The operators, each with its correction to Σ K†K = 1.
pub(in crate::backend) fn exact(kraus: &[CMat]) -> Vec<Exact<'_>> {
    let mut corrections = correction_to_nearest(kraus);
    if corrections.iter().any(|low| max_abs(low) > ROUNDING) {
        corrections.iter_mut().for_each(|low| low.fill(C64::ZERO));
    }
    kraus.iter().zip(corrections).map(|(high, low)| Exact { high, low }).collect()
}
