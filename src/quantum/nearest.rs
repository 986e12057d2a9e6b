//! The nearest unitary or trace-preserving channel to matrices with a small error, and powers of unitaries and
//! channels.
//!
//! The operators K of a channel ρ → Σ KρK†, stacked below each other, form a matrix V with V†V = Σ K†K. The nearest V
//! with V†V = 1 is the isometry V(V†V)^(-1/2) of the polar decomposition; a unitary is the case of a single K. One step
//! of the Newton–Schulz iteration, V − V(V†V − 1)/2, reduces the deviation to 3/8 of its square (Higham, *Functions of
//! Matrices*, 2008, §8.3). V†V − 1 is computed in twice the working precision, so that only the rounding of the entries
//! remains.

use std::slice::from_ref;

use super::linalg::{C64, CMat, coupled, eigh, product};
use super::precise::PreciseSum;

/// The nearest unitary to a square matrix, by one Newton step. It reduces a deviation U†U − 1 of at most 1e-8 to
/// rounding.
#[must_use]
pub fn nearest_unitary(u: &CMat) -> CMat {
    nearest_channel(from_ref(u)).remove(0)
}

/// The Kraus operators K(Σ K†K)^(-1/2) of the nearest trace-preserving channel, by one Newton step. It reduces a
/// deviation Σ K†K − 1 of at most 1e-8 to rounding.
#[must_use]
pub fn nearest_channel(kraus: &[CMat]) -> Vec<CMat> {
    kraus.iter().zip(correction_to_nearest(kraus)).map(|(k, correction)| k + correction).collect()
}

/// The corrections −K(Σ K†K − 1)/2 that [`nearest_channel`] adds to the Kraus operators K. If the operators violate
/// Σ K†K = 1 by rounding, the unrounded sums K + correction violate it by 1e-31.
#[must_use]
pub fn correction_to_nearest(kraus: &[CMat]) -> Vec<CMat> {
    let half = overlap_deviation(kraus) * C64::from(-0.5);
    kraus.iter().map(|k| product(k, &half)).collect()
}

/// The unitary Uᵏ of a U that is unitary within rounding. A Newton step follows every product, so that Uᵏ is unitary
/// within rounding for any k. The error of its phases is k times that of the phases of U.
#[must_use]
pub fn unitary_power(u: &CMat, k: u64) -> CMat {
    let one = CMat::identity(u.nrows(), u.ncols());
    power(nearest_unitary(u), one, k, |a, b| nearest_unitary(&product(a, b)))
}

/// Kraus operators of a channel applied k times: at most d² operators for dimension d. They preserve the trace within
/// rounding.
///
/// The superoperator S\[ab, a'b'\] = Σ K\[a, a'\] K\[b, b'\]* is raised to the power k, and the operators follow from
/// its Choi matrix. The cost grows as d⁶ log k.
#[must_use]
pub fn channel_power(kraus: &[CMat], k: u64) -> Vec<CMat> {
    let d = kraus.first().map_or(0, CMat::ncols);
    let term = |k: &CMat| k.kronecker(&k.conjugate());
    let once = kraus.iter().map(term).fold(CMat::zeros(d * d, d * d), |sum, term| sum + term);
    let diagonal: Vec<usize> = (0..d).map(|a| a * d + a).collect();
    let s = power(once, CMat::identity(d * d, d * d), k, |a, b| {
        let mut next = product(a, b);
        restore_trace(&mut next, &diagonal);
        next
    });
    channel_of(&s, d)
}

/// Kraus operators of a completely positive, trace-preserving superoperator S\[ab, a'b'\], from the eigenvectors of its
/// Choi matrix C\[aa', bb'\] = S\[ab, a'b'\] (Choi 1975).
pub(super) fn channel_of(s: &CMat, d: usize) -> Vec<CMat> {
    let choi = CMat::from_fn(d * d, d * d, |row, col| s[(row / d * d + col / d, row % d * d + col % d)]);
    nearest_channel(&kraus_of(&choi, d))
}

/// aᵏ by repeated squaring.
fn power(a: CMat, one: CMat, mut k: u64, times: impl Fn(&CMat, &CMat) -> CMat) -> CMat {
    let (mut square, mut result) = (a, one);
    while k > 0 {
        if k & 1 == 1 {
            result = times(&square, &result);
        }
        k >>= 1;
        if k > 0 {
            square = times(&square, &square);
        }
    }
    result
}

/// Subtracts from a superoperator its rounding error of the trace, which each squaring would double. `diagonal` are the
/// rows of the populations.
pub(super) fn restore_trace(s: &mut CMat, diagonal: &[usize]) {
    for column in 0..s.ncols() {
        let exact = if diagonal.contains(&column) { C64::ONE } else { C64::ZERO };
        let trace: C64 = diagonal.iter().map(|row| s[(*row, column)]).sum();
        diagonal.iter().for_each(|row| s[(*row, column)] -= (trace - exact) / diagonal.len() as f64);
    }
}

/// The Kraus operators of a Choi matrix: √λ times each eigenvector, written as a d × d operator. Uncoupled blocks of
/// the matrix are diagonalised one by one, so that exact zeros remain. An eigenvalue at the level of rounding gives no
/// operator.
fn kraus_of(choi: &CMat, d: usize) -> Vec<CMat> {
    let choi = (choi + choi.adjoint()) * C64::from(0.5);
    let rounding = f64::EPSILON * d as f64;
    let mut kraus = Vec::new();
    for block in coupled(&choi) {
        let part = CMat::from_fn(block.len(), block.len(), |row, col| choi[(block[row], block[col])]);
        let (weights, vectors) = eigh(&part);
        for (weight, vector) in weights.iter().zip(vectors.column_iter()).filter(|(weight, _)| **weight > rounding) {
            let mut k = CMat::zeros(d, d);
            block.iter().zip(vector.iter()).for_each(|(&at, z)| k[(at / d, at % d)] = z * weight.sqrt());
            kraus.push(k);
        }
    }
    kraus
}

/// Σ K†K − 1 in twice the working precision, rounded once.
fn overlap_deviation(kraus: &[CMat]) -> CMat {
    let n = kraus.first().map_or(0, CMat::ncols);
    let mut deviation = CMat::zeros(n, n);
    for i in 0..n {
        for j in 0..=i {
            let (mut re, mut im) = (PreciseSum::default(), PreciseSum::default());
            re.add(if i == j { -1.0 } else { 0.0 });
            for k in kraus {
                let (left, right) = (&k.as_slice()[i * k.nrows()..], &k.as_slice()[j * k.nrows()..]);
                let pairs = left.iter().zip(right).take(k.nrows());
                for (a, b) in pairs.filter(|(a, b)| **a != C64::ZERO && **b != C64::ZERO) {
                    re.add_product(a.re, b.re);
                    re.add_product(a.im, b.im);
                    if i != j {
                        im.add_product(a.re, b.im);
                        im.add_product(-a.im, b.re);
                    }
                }
            }
            deviation[(i, j)] = C64::new(re.value(), im.value());
            deviation[(j, i)] = deviation[(i, j)].conj();
        }
    }
    deviation
}

#[cfg(test)]
mod tests {
    use super::super::channels::ChannelRow;
    use super::super::linalg::{exp_i, max_abs, trace_preserving_deviation, unitary_deviation};
    use super::super::testing::{Random, identity};
    use super::*;

    #[test]
    fn the_nearest_unitary_is_unitary_and_near() {
        let mut random = Random::new(3);
        for n in 1..10 {
            let u = exp_i(&random.hermitian(n), 1.0);
            let off = &u + random.matrix(n, n) * C64::from(1e-10);
            let corrected = nearest_unitary(&off);
            assert!(unitary_deviation(&corrected).by < 2e-15, "{n}");
            assert!(max_abs(&(&corrected - &off)) < 3e-10 * n as f64);
            let scaled = nearest_unitary(&(&u * C64::from(1.0 + 4e-11)));
            assert!(max_abs(&(scaled - &u)) < 2e-15, "a scale factor is removed");
        }
        assert_eq!(nearest_unitary(&identity(4)), identity(4));
    }

    #[test]
    fn powers_of_unitaries_stay_unitary() {
        let mut random = Random::new(4);
        for n in [1, 2, 4, 9] {
            let h = random.hermitian(n);
            let u = exp_i(&h, 0.01);
            let mut slow = identity(n);
            for k in 0..20 {
                assert!(max_abs(&(unitary_power(&u, k) - &slow)) < 1e-15 * (n as f64) * (k + 1) as f64, "{n}, {k}");
                slow = product(&slow, &u);
            }
            for k in [1_000, 1_000_000, 1 << 40, u64::MAX] {
                assert!(unitary_deviation(&unitary_power(&u, k)).by < 2e-15, "{n}, {k}");
            }
            let long = unitary_power(&u, 10_000);
            assert!(max_abs(&(long - exp_i(&h, 100.0))) < 1e-11, "{n}");
        }
        let swap = CMat::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0].map(C64::from));
        assert_eq!(unitary_power(&swap, u64::MAX), swap);
    }

    #[test]
    fn powers_of_channels_agree_with_repeated_application() {
        let mut random = Random::new(5);
        let apply = |kraus: &[CMat], rho: &CMat| {
            kraus.iter().map(|k| k * rho * k.adjoint()).fold(CMat::zeros(rho.nrows(), rho.ncols()), |a, b| a + b)
        };
        for (name, parameters) in
            [("damping", &[0.01][..]), ("depolarizing", &[0.02]), ("generalized_damping", &[0.03, 0.2])]
        {
            let kraus = (ChannelRow::find(name).unwrap().kraus)(parameters).unwrap();
            let start = random.density(2, 2);
            let mut rho = start.clone();
            for k in 0..50 {
                let at_once = channel_power(&kraus, k);
                assert!(at_once.len() <= 4);
                assert!(max_abs(&(apply(&at_once, &start) - &rho)) < 1e-14, "{name}, {k}");
                rho = apply(&kraus, &rho);
            }
            assert!(trace_preserving_deviation(&channel_power(&kraus, u64::MAX)).by < 2e-15, "{name}");
        }
        // Weak damping is not lost in rounding: |1⟩ decays with probability 1 − (1 − 1e-7)².
        let weak = channel_power(&(ChannelRow::find("damping").unwrap().kraus)(&[1e-7]).unwrap(), 2);
        let excited = CMat::from_row_slice(2, 2, &[0.0, 0.0, 0.0, 1.0].map(C64::from));
        assert!((apply(&weak, &excited)[(0, 0)].re - (2e-7 - 1e-14)).abs() < 1e-21);
    }
}
