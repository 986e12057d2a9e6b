//! States: kets, density matrices, thermal states, and the check that a matrix is a state.
//!
//! Contract: kets are columns in the basis |0⟩ … |d−1⟩. A density matrix is Hermitian, has trace 1 and is positive
//! semidefinite within the tolerances below, which allow for rounding and for parameters given to ten digits.

use std::fmt;

use super::linalg::{
    C64, CMat, CVec, Deviation, eigenvalues_hermitian, eigh, hermitian_deviation, is_finite, max_abs, product,
};

/// Largest allowed modulus of an entry of ρ − ρ† for a density matrix ρ; for a Hamiltonian, relative to its largest
/// entry.
pub const HERMITIAN_TOLERANCE: f64 = 1e-10;
/// Largest allowed deviation of the trace of a density matrix from 1.
pub const TRACE_TOLERANCE: f64 = 1e-10;
/// Largest allowed modulus of a negative eigenvalue of a density matrix.
pub const POSITIVITY_TOLERANCE: f64 = 1e-10;
/// Largest deviation of the norm of a ket from 1 that is attributed to rounding.
pub const NORM_TOLERANCE: f64 = 1e-12;

/// Energies closer than this fraction of the largest one count as degenerate: eigenvalues are not more accurate.
const LEVEL_TOLERANCE: f64 = 1e-12;

/// Why a matrix is not a state, or has no thermal state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StateDefect {
    /// A temperature that is negative or not a number.
    NegativeTemperature(f64),
    /// A matrix that is not Hermitian, with the largest entry of its difference from the adjoint.
    NotHermitian(Deviation),
    /// A Hermitian matrix whose trace, given here, is not 1.
    Trace(f64),
    /// A matrix whose lowest eigenvalue, given here, is negative.
    Negative(f64),
    /// An entry is infinite or not a number.
    NotFinite,
}

impl fmt::Display for StateDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeTemperature(t) => write!(f, "the temperature is {t}; it must be 0 or more"),
            Self::NotHermitian(Deviation { by, row, col }) => {
                write!(f, "not Hermitian: it differs from its adjoint by {by:.3e} at |{row}⟩⟨{col}|")
            }
            Self::Trace(trace) => write!(f, "the trace is {trace}, not 1"),
            Self::Negative(eigenvalue) => write!(f, "the lowest eigenvalue is {eigenvalue:.3e}, below zero"),
            Self::NotFinite => write!(f, "an entry is infinite or not a number"),
        }
    }
}

impl std::error::Error for StateDefect {}

/// |level⟩ in dimension `dim`; `None` if there is no such level.
#[must_use]
pub fn basis_ket(level: usize, dim: usize) -> Option<CVec> {
    (level < dim).then(|| CVec::from_fn(dim, |k, _| C64::from(f64::from(k == level))))
}

/// |+⟩ = (|0⟩ + |1⟩)/√2 in dimension `dim`; `None` if `dim` is below 2.
#[must_use]
pub fn plus_ket(dim: usize) -> Option<CVec> {
    superposition(C64::ONE, dim)
}

/// |−⟩ = (|0⟩ − |1⟩)/√2 in dimension `dim`; `None` if `dim` is below 2.
#[must_use]
pub fn minus_ket(dim: usize) -> Option<CVec> {
    superposition(-C64::ONE, dim)
}

/// |+i⟩ = (|0⟩ + i|1⟩)/√2 in dimension `dim`; `None` if `dim` is below 2.
#[must_use]
pub fn plus_i_ket(dim: usize) -> Option<CVec> {
    superposition(C64::I, dim)
}

/// |−i⟩ = (|0⟩ − i|1⟩)/√2 in dimension `dim`; `None` if `dim` is below 2.
#[must_use]
pub fn minus_i_ket(dim: usize) -> Option<CVec> {
    superposition(-C64::I, dim)
}

/// (|0⟩ + phase·|1⟩)/√2
fn superposition(phase: C64, dim: usize) -> Option<CVec> {
    let half = std::f64::consts::FRAC_1_SQRT_2;
    Some((basis_ket(0, dim)? + basis_ket(1, dim)? * phase) * C64::from(half))
}

/// The matrix |ψ⟩⟨ψ|, whose trace is ⟨ψ|ψ⟩.
#[must_use]
pub fn projector(ket: &CVec) -> CMat {
    CMat::from_fn(ket.len(), ket.len(), |row, col| ket[row] * ket[col].conj())
}

/// The maximally mixed state 1/d in dimension d.
#[must_use]
pub fn maximally_mixed(dim: usize) -> CMat {
    CMat::identity(dim, dim) * C64::from(1.0 / dim as f64)
}

/// The Gibbs state exp(−H/T)/Z of a Hermitian H, with T in the units of H (k_B = 1). T = 0 gives the equal mixture of
/// the ground states, T = ∞ the maximally mixed state.
///
/// # Errors
/// `NegativeTemperature` if T is negative or not a number, `NotFinite` or `NotHermitian` if H is.
pub fn thermal(h: &CMat, t: f64) -> Result<CMat, StateDefect> {
    if t.is_nan() || t < 0.0 {
        return Err(StateDefect::NegativeTemperature(t));
    }
    let t = t.abs(); // −0 is 0
    if !is_finite(h) {
        return Err(StateDefect::NotFinite);
    }
    let deviation = hermitian_deviation(h);
    if deviation.by > HERMITIAN_TOLERANCE * max_abs(h) {
        return Err(StateDefect::NotHermitian(deviation));
    }
    let (energies, vectors) = eigh(h);
    // Relative to the ground energy every exponent is ≤ 0, so that nothing overflows. It is −∞ at T = 0 and 0 at T = ∞.
    let ground = energies.first().copied().unwrap_or(0.0);
    let one_level = LEVEL_TOLERANCE * energies.iter().map(|e| e.abs()).fold(0.0, f64::max);
    let weight = |gap: f64| if gap <= one_level { 1.0 } else { (-gap / t).exp() };
    let weights: Vec<f64> = energies.iter().map(|e| weight(e - ground)).collect();
    let partition: f64 = weights.iter().sum();
    let mut weighted = vectors.clone();
    for (mut column, weight) in weighted.column_iter_mut().zip(weights) {
        column *= C64::from(weight / partition);
    }
    Ok(product(&weighted, &vectors.adjoint()))
}

/// Checks that a matrix is a density matrix: finite, Hermitian, of trace 1 and without negative eigenvalues, in this
/// order and each within its tolerance.
///
/// # Errors
/// The first defect found.
pub fn check_density(rho: &CMat) -> Result<(), StateDefect> {
    if !is_finite(rho) {
        return Err(StateDefect::NotFinite);
    }
    let deviation = hermitian_deviation(rho);
    if deviation.by > HERMITIAN_TOLERANCE {
        return Err(StateDefect::NotHermitian(deviation));
    }
    let trace = rho.trace().re;
    if (trace - 1.0).abs() > TRACE_TOLERANCE {
        return Err(StateDefect::Trace(trace));
    }
    match eigenvalues_hermitian(rho).first() {
        Some(&lowest) if lowest < -POSITIVITY_TOLERANCE => Err(StateDefect::Negative(lowest)),
        _ => Ok(()),
    }
}

/// Normalises a ket whose norm differs from 1 only by rounding.
///
/// # Errors
/// The norm, if it differs from 1 by more than [`NORM_TOLERANCE`] or is not a number.
pub fn normalise_ket(mut ket: CVec) -> Result<CVec, f64> {
    let norm = ket.norm();
    if norm.is_nan() || (norm - 1.0).abs() > NORM_TOLERANCE {
        return Err(norm);
    }
    ket.unscale_mut(norm);
    Ok(ket)
}

#[cfg(test)]
mod tests {
    use super::super::operators::{pauli_x, pauli_y, pauli_z};
    use super::super::testing::{Random, identity};
    use super::*;

    #[test]
    fn named_kets_are_eigenkets() {
        for (ket, pauli, sign) in [
            (plus_ket(2), pauli_x(), 1.0),
            (minus_ket(2), pauli_x(), -1.0),
            (plus_i_ket(2), pauli_y(), 1.0),
            (minus_i_ket(2), pauli_y(), -1.0),
            (basis_ket(0, 2), pauli_z(), 1.0),
            (basis_ket(1, 2), pauli_z(), -1.0),
        ] {
            let ket = ket.unwrap();
            assert!((pauli * &ket - &ket * C64::from(sign)).norm() < 1e-15);
            assert!((projector(&ket).trace() - C64::ONE).norm() < 1e-15);
        }
        assert!(basis_ket(3, 3).is_none() && plus_ket(1).is_none());
        assert_eq!(minus_ket(3).unwrap()[2], C64::ZERO);
    }

    #[test]
    fn the_thermal_polarisation_of_a_qubit_is_a_hyperbolic_tangent() {
        for t in [0.01, 0.3, 5.0, 1e9] {
            let omega = 1.3;
            let rho = thermal(&(pauli_z() * C64::from(-omega / 2.0)), t).unwrap();
            let z = (&rho * pauli_z()).trace().re;
            assert!((z - (omega / (2.0 * t)).tanh()).abs() < 1e-15, "T = {t}");
            check_density(&rho).unwrap();
        }
    }

    #[test]
    fn zero_and_infinite_temperature_are_limits() {
        let h = pauli_z() * C64::from(-0.5);
        assert_eq!(thermal(&h, 0.0).unwrap(), projector(&basis_ket(0, 2).unwrap()));
        assert_eq!(thermal(&h, -0.0), thermal(&h, 0.0));
        assert_eq!(thermal(&h, 1e-320).unwrap(), thermal(&h, 0.0).unwrap());
        assert_eq!(thermal(&h, f64::INFINITY).unwrap(), maximally_mixed(2));
        // H with the levels −1, −1, −1, 3: three ground states, recognised despite rounding.
        let exchange =
            pauli_x().kronecker(&pauli_x()) + pauli_y().kronecker(&pauli_y()) + pauli_z().kronecker(&pauli_z());
        let triplet = thermal(&(-&exchange), 0.0).unwrap();
        assert!(max_abs(&(triplet - (exchange + identity(4) * C64::from(3.0)) * C64::from(1.0 / 12.0))) < 1e-15);
        assert_eq!(thermal(&CMat::zeros(3, 3), 0.0).unwrap(), maximally_mixed(3));
    }

    #[test]
    fn thermal_states_of_huge_energies_do_not_overflow() {
        let mut random = Random::new(1);
        let h = random.hermitian(5);
        let rho = thermal(&(&h * C64::from(1e250)), 2e250).unwrap();
        assert!(max_abs(&(rho - thermal(&h, 2.0).unwrap())) < 1e-13);
    }

    #[test]
    fn invalid_temperatures_and_hamiltonians_are_rejected() {
        let h = pauli_z();
        assert_eq!(thermal(&h, -0.1), Err(StateDefect::NegativeTemperature(-0.1)));
        assert!(matches!(thermal(&h, f64::NAN), Err(StateDefect::NegativeTemperature(_))));
        assert_eq!(thermal(&(h * C64::from(f64::NAN)), 1.0), Err(StateDefect::NotFinite));
        let skew = CMat::from_row_slice(2, 2, &[C64::ZERO, C64::ONE, C64::ZERO, C64::ZERO]);
        assert!(matches!(thermal(&skew, 1.0), Err(StateDefect::NotHermitian(Deviation { by: 1.0, .. }))));
    }

    #[test]
    fn defects_of_a_density_matrix_are_distinguished() {
        let good = Random::new(2).density(4, 2);
        check_density(&good).unwrap();
        assert!(
            matches!(check_density(&(&good * C64::from(1.1))), Err(StateDefect::Trace(t)) if (t - 1.1).abs() < 1e-12)
        );
        let negative = (identity(2) + pauli_x() * C64::from(1.2)) * C64::from(0.5);
        assert!(matches!(check_density(&negative), Err(StateDefect::Negative(l)) if (l + 0.1).abs() < 1e-12));
        let mut skew = good.clone();
        skew[(2, 1)] += C64::from(1e-3);
        let Err(StateDefect::NotHermitian(deviation)) = check_density(&skew) else { panic!("not Hermitian") };
        assert!((deviation.by - 1e-3).abs() < 1e-12 && deviation.row + deviation.col == 3);
        skew[(0, 0)] = C64::from(f64::INFINITY);
        assert_eq!(check_density(&skew), Err(StateDefect::NotFinite));
        assert_eq!(StateDefect::Trace(1.1).to_string(), "the trace is 1.1, not 1");
    }

    #[test]
    fn only_the_rounding_of_a_norm_is_corrected() {
        let ket = plus_ket(2).unwrap() * C64::from(1.0 + 3e-13);
        assert!((normalise_ket(ket).unwrap().norm() - 1.0).abs() < 3e-16);
        assert_eq!(normalise_ket(basis_ket(0, 2).unwrap() * C64::from(2.0)), Err(2.0));
        assert!(normalise_ket(basis_ket(0, 2).unwrap() * C64::from(f64::NAN)).is_err());
    }
}
