//! Powers of unitaries and channels by repeated squaring.
//!
//! A product of k rounded factors drifts: its norm by about k·ε, and after 10⁹ factors that shows. Each product is therefore
//! brought back to the unitaries, or to the maps that preserve the trace, by one step of Newton's iteration for the inverse
//! root, X ↦ X (3 − X†X)/2, which squares a deviation of order ε. What remains is the rounding of the first factor itself: a
//! phase of U^k is right to about k·ε.

use super::linalg::{C64, CMat, eigh, product};

/// U^k for a unitary U.
#[must_use]
pub fn unitary_power(u: &CMat, exponent: u64) -> CMat {
    power(u, exponent, &|x| product(&x, &half_of_three_minus(&product(&x.adjoint(), &x))))
}

/// S^k for the superoperator S of a channel (see [`superoperator`]).
#[must_use]
pub fn channel_power(superoperator: &CMat, exponent: u64) -> CMat {
    power(superoperator, exponent, &trace_preserving)
}

/// Repeated squaring, with a correction of every product.
fn power(x: &CMat, mut exponent: u64, corrected: &dyn Fn(CMat) -> CMat) -> CMat {
    let mut result: Option<CMat> = None;
    let mut square = corrected(x.clone());
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some(result) => corrected(product(&square, &result)),
            });
        }
        exponent /= 2;
        if exponent > 0 {
            square = corrected(product(&square, &square));
        }
    }
    result.unwrap_or_else(|| CMat::identity(x.nrows(), x.ncols()))
}

/// (3 − X)/2, to first order the inverse root of an X close to 1.
fn half_of_three_minus(x: &CMat) -> CMat {
    (CMat::identity(x.nrows(), x.ncols()) * C64::from(3.0) - x) * C64::from(0.5)
}

/// Σ K̄ ⊗ K: the matrix of ρ → Σ K ρ K† on vec ρ, whose entry i + jd is ρ_ij.
#[must_use]
pub fn superoperator(kraus: &[CMat]) -> CMat {
    let size = kraus[0].nrows().pow(2);
    kraus.iter().fold(CMat::zeros(size, size), |sum, k| sum + k.conjugate().kronecker(k))
}

/// The map S with M^(−1/2) before it, where Tr S(ρ) = Tr Mρ, so that it preserves the trace.
fn trace_preserving(s: CMat) -> CMat {
    let d = s.nrows().isqrt();
    let m = CMat::from_fn(d, d, |b, a| (0..d).map(|i| s[(i + i * d, a + b * d)]).sum());
    product(&s, &superoperator(&[half_of_three_minus(&m)]))
}

/// Kraus operators of a superoperator: K_ia = √λ v_(i + ad) of the eigenpairs (λ, v) of its Choi matrix. Eigenvalues that are
/// rounding are left out.
#[must_use]
pub fn kraus_operators(superoperator: &CMat) -> Vec<CMat> {
    let d = superoperator.nrows().isqrt();
    let entry = |row: usize, col: usize| superoperator[(row % d + (col % d) * d, row / d + (col / d) * d)];
    let choi = CMat::from_fn(d * d, d * d, |row, col| (entry(row, col) + entry(col, row).conj()) * 0.5);
    let (weights, vectors) = eigh(&choi);
    // Σ λ = d, so that this is a weight of ε in the channel.
    let rounding = d as f64 * f64::EPSILON;
    let kept = weights.iter().enumerate().filter(|(_, weight)| **weight > rounding);
    let kraus: Vec<CMat> =
        kept.map(|(k, weight)| CMat::from_fn(d, d, |i, a| vectors[(i + a * d, k)] * weight.sqrt())).collect();
    let sum = kraus.iter().fold(CMat::zeros(d, d), |sum, k| sum + k.adjoint() * k);
    let correction = half_of_three_minus(&sum);
    kraus.iter().map(|k| k * &correction).collect()
}

#[cfg(test)]
mod tests {
    use super::super::linalg::{exp_i, max_abs, trace_preserving_deviation, unitary_deviation};
    use super::super::testing::Random;
    use super::*;

    fn applied(kraus: &[CMat], rho: &CMat) -> CMat {
        kraus.iter().fold(CMat::zeros(rho.nrows(), rho.ncols()), |sum, k| sum + k * rho * k.adjoint())
    }

    #[test]
    fn a_power_of_a_unitary_is_an_evolution_of_that_many_times() {
        let mut random = Random::new(21);
        for k in [0_u64, 1, 2, 7, 1000, 1_000_000_000] {
            let h = random.hermitian(4);
            let found = unitary_power(&exp_i(&h, 1e-6), k);
            let off = max_abs(&(&found - exp_i(&h, 1e-6 * k as f64)));
            assert!(off < 1e-14 * (k as f64).max(10.0), "k = {k}: {off:e}");
            assert!(unitary_deviation(&found).by < 1e-14, "k = {k}");
        }
    }

    #[test]
    fn a_power_of_a_channel_is_the_channel_that_many_times() {
        let mut random = Random::new(22);
        for d in [2, 3, 4] {
            // Two blocks of an isometry are the Kraus operators of a channel.
            let u = exp_i(&random.hermitian(2 * d), 0.4);
            let kraus: Vec<CMat> = (0..2).map(|b| CMat::from_fn(d, d, |i, j| u[(b * d + i, j)])).collect();
            let rho = random.density(d, d);
            for k in [1, 2, 5, 64, 1000] {
                let looped = (0..k).fold(rho.clone(), |rho, _| applied(&kraus, &rho));
                let power = kraus_operators(&channel_power(&superoperator(&kraus), k));
                let off = max_abs(&(applied(&power, &rho) - looped));
                assert!(off < 1e-12, "d = {d}, k = {k}: {off:e}");
                assert!(trace_preserving_deviation(&power).by < 1e-14, "d = {d}, k = {k}");
            }
        }
    }

    #[test]
    fn amplitude_damping_a_billion_times_follows_its_exponential() {
        let p: f64 = 1e-9;
        let mut kraus = [CMat::identity(2, 2), CMat::zeros(2, 2)];
        kraus[0][(1, 1)] = C64::from((1.0 - p).sqrt());
        kraus[1][(0, 1)] = C64::from(p.sqrt());
        let power = kraus_operators(&channel_power(&superoperator(&kraus), 1_000_000_000));
        let mut excited = CMat::zeros(2, 2);
        excited[(1, 1)] = C64::ONE;
        let left = applied(&power, &excited);
        assert!((left[(1, 1)].re - (-1.0_f64).exp()).abs() < 1e-6);
        assert!((left.trace().re - 1.0).abs() < 1e-14);
    }
}
