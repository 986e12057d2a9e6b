//! Maps from an initial to a later state, given by their Choi matrices.
//!
//! Contract: the Choi matrix of a map Λ on a system of dimension d is J = Σ_jk |j⟩⟨k| ⊗ Λ(|j⟩⟨k|), of dimension d²
//! and trace d, with the initial state as the more significant index (Choi, Linear Algebra Appl. 10, 285 (1975)).

use super::linalg::{C64, CMat, eigenvalues_hermitian, inverse, product, singular_values};

/// What a measure computes from a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfMap {
    /// The entries of the Choi matrix.
    Choi,
    /// The least eigenvalue of the Choi matrix of the map since the previous collision.
    Divisibility,
}

/// A map counts as singular if its smallest singular value is below this fraction of the largest. The intermediate map
/// then has less than half of the digits of a double.
const SINGULAR: f64 = 1e-8;

/// The least eigenvalue of the Choi matrix of the intermediate map Λ₂Λ₁⁻¹, given the Choi matrices of Λ₁ and Λ₂; NaN if
/// Λ₁ is singular. The map Λ₂Λ₁⁻¹ is completely positive if and only if the value is not negative (Rivas, Huelga,
/// Plenio, Phys. Rev. Lett. 105, 050403 (2010)).
///
/// The rounding error of the inverse grows with the condition number κ of Λ₁. A value within 64·d²·ε·κ of zero counts
/// as zero, so that the sign is that of the map.
#[must_use]
pub fn least_intermediate(before: &CMat, after: &CMat, dim: usize) -> f64 {
    if before.iter().chain(after).any(|z| !z.is_finite()) {
        return f64::NAN;
    }
    let first = transfer(before, dim);
    let singular = singular_values(&first);
    let (largest, smallest) = (singular[0], singular[singular.len() - 1]);
    if smallest < SINGULAR * largest {
        return f64::NAN;
    }
    let between = product(&transfer(after, dim), &inverse(&first));
    let choi = choi_of(&between, dim);
    let hermitian = (&choi + choi.adjoint()) * C64::from(0.5);
    let least = eigenvalues_hermitian(&hermitian)[0];
    let rounding = 64.0 * (dim * dim) as f64 * f64::EPSILON * largest / smallest;
    if least.abs() <= rounding { 0.0 } else { least }
}

/// The matrix T with Λ(ρ)_ab = Σ_jk T_(ab)(jk) ρ_jk of the map with the Choi matrix J_(ja)(kb) = T_(ab)(jk).
fn transfer(choi: &CMat, dim: usize) -> CMat {
    CMat::from_fn(dim * dim, dim * dim, |row, col| {
        let ((a, b), (j, k)) = ((row / dim, row % dim), (col / dim, col % dim));
        choi[(j * dim + a, k * dim + b)]
    })
}

/// The Choi matrix of the map with the matrix T of [`transfer`].
fn choi_of(transfer: &CMat, dim: usize) -> CMat {
    CMat::from_fn(dim * dim, dim * dim, |row, col| {
        let ((j, a), (k, b)) = ((row / dim, row % dim), (col / dim, col % dim));
        transfer[(a * dim + b, j * dim + k)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// J of amplitude damping with the amplitude x of |1⟩: |1⟩⟨1| → |x|²|1⟩⟨1| + (1 − |x|²)|0⟩⟨0|, |0⟩⟨1| → x*|0⟩⟨1|.
    fn damping(x: f64) -> CMat {
        let mut j = CMat::zeros(4, 4);
        for (row, col, value) in [(0, 0, 1.0), (0, 3, x), (3, 0, x), (2, 2, 1.0 - x * x), (3, 3, x * x)] {
            j[(row, col)] = C64::from(value);
        }
        j
    }

    #[test]
    fn the_intermediate_map_of_damping_is_damping_by_the_quotient() {
        for (a, b) in [(0.9, 0.5), (0.5, 0.9), (0.3, -0.6), (0.7, 0.7), (0.7, 0.0)] {
            let x: f64 = b / a;
            let least = least_intermediate(&damping(a), &damping(b), 2);
            assert!((least - (1.0 - x * x).min(0.0)).abs() < 1e-13, "{a} {b}: {least}");
            assert_eq!(least < 0.0, x.abs() > 1.0, "{a} {b}: {least}");
        }
        assert!(least_intermediate(&damping(0.0), &damping(0.5), 2).is_nan());
    }

    #[test]
    fn a_choi_matrix_and_its_transfer_matrix_give_each_other() {
        let j = CMat::from_fn(9, 9, |row, col| C64::new(row as f64, col as f64));
        assert_eq!(choi_of(&transfer(&j, 3), 3), j);
        assert_ne!(transfer(&j, 3), j);
        // The identity map has the transfer matrix 1.
        assert_eq!(transfer(&damping(1.0), 2), CMat::identity(4, 4));
    }
}
