//! Functions of a reduced density matrix, and the table of measures that a script may name.
//!
//! Contract: `rho` is Hermitian of trace 1 within rounding, in the basis of `dims`. A function that needs its spectrum
//! refuses a state with an eigenvalue below −1e-10 (or with an entry that is not finite); eigenvalues between that and
//! zero are rounding and count as zero.

use std::fmt;
use std::sync::Arc;

use super::embed::{partial_trace, partial_transpose};
use super::linalg::{C64, CMat, eigenvalues_hermitian, eigh, product, singular_values};
use super::states::POSITIVITY_TOLERANCE;

/// A real function of the reduced density matrix ρ of some subsystems.
#[derive(Debug, Clone)]
pub enum StateFunction {
    /// Wootters's concurrence of two qubits.
    Concurrence,
    /// I(A:B) = S(A) + S(B) − S(AB) in nats.
    MutualInformation {
        /// How many of the first subsystems are A; the others are B.
        split: usize,
    },
    /// S = −Tr ρ ln ρ in nats.
    Entropy,
    /// Tr ρ²
    Purity,
    /// The sum of the moduli of the negative eigenvalues of the partial transpose.
    Negativity {
        /// How many of the first subsystems are A; the others are B.
        split: usize,
    },
    /// F = (Tr √(√ρ σ √ρ))² with the state σ: Uhlmann's fidelity, squared; ⟨ψ|ρ|ψ⟩ for σ = |ψ⟩⟨ψ|.
    Fidelity(Arc<CMat>),
    /// ½‖ρ − σ‖₁ with the state σ.
    TraceDistance(Arc<CMat>),
    /// The sum of the moduli of the entries off the diagonal, Σ_{j≠k} |ρ_jk|.
    Coherence,
    /// ρ_kk of the level k.
    Population(usize),
    /// The real part of an entry.
    EntryRe {
        /// Its row.
        row: usize,
        /// Its column.
        col: usize,
    },
    /// The imaginary part of an entry.
    EntryIm {
        /// Its row.
        row: usize,
        /// Its column.
        col: usize,
    },
    /// Tr ρX of a qubit.
    BlochX,
    /// Tr ρY of a qubit.
    BlochY,
    /// Tr ρZ of a qubit.
    BlochZ,
}

/// A matrix that is no state: its spectrum goes below zero by more than rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvalidState {
    /// The lowest eigenvalue; NaN where the matrix has an entry that is not finite.
    pub eigenvalue: f64,
}

impl fmt::Display for InvalidState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.eigenvalue.is_nan() {
            return write!(f, "the density matrix has an entry that is infinite or not a number");
        }
        write!(f, "the density matrix has the eigenvalue {:.3e}, below zero", self.eigenvalue)
    }
}

impl std::error::Error for InvalidState {}

impl StateFunction {
    /// Its value for the density matrix `rho` of subsystems with these dimensions. A subsystem, level or entry that is
    /// not there is a bug of the caller.
    ///
    /// # Errors
    /// [`InvalidState`] where the value is made of eigenvalues of ρ (concurrence, mutual information, entropy,
    /// negativity, fidelity) and the lowest of them is below −1e-10.
    pub fn evaluate(&self, rho: &CMat, dims: &[usize]) -> Result<f64, InvalidState> {
        Ok(match self {
            Self::Concurrence => concurrence(rho)?,
            Self::MutualInformation { split } => mutual_information(rho, dims, *split)?,
            Self::Entropy => entropy(rho)?,
            Self::Purity => rho.norm_squared(),
            Self::Negativity { split } => negativity(rho, dims, *split)?,
            Self::Fidelity(sigma) => fidelity(rho, sigma)?,
            Self::TraceDistance(sigma) => {
                0.5 * eigenvalues_hermitian(&(rho - &**sigma)).iter().map(|x| x.abs()).sum::<f64>()
            }
            Self::Coherence => coherence(rho),
            Self::Population(level) => rho[(*level, *level)].re,
            Self::EntryRe { row, col } => rho[(*row, *col)].re,
            Self::EntryIm { row, col } => rho[(*row, *col)].im,
            Self::BlochX => rho[(0, 1)].re + rho[(1, 0)].re,
            Self::BlochY => rho[(1, 0)].im - rho[(0, 1)].im,
            Self::BlochZ => rho[(0, 0)].re - rho[(1, 1)].re,
        })
    }

    /// Whether its value is linear in ρ.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        match self {
            Self::Population(_) | Self::EntryRe { .. } | Self::EntryIm { .. } => true,
            Self::BlochX | Self::BlochY | Self::BlochZ => true,
            Self::Concurrence | Self::MutualInformation { .. } | Self::Entropy | Self::Purity => false,
            Self::Negativity { .. } | Self::Fidelity(_) | Self::TraceDistance(_) | Self::Coherence => false,
        }
    }

    /// What the printer of the gate sequence writes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Concurrence => "concurrence",
            Self::MutualInformation { .. } => "mutual_information",
            Self::Entropy => "entropy",
            Self::Purity => "purity",
            Self::Negativity { .. } => "negativity",
            Self::Fidelity(_) => "fidelity",
            Self::TraceDistance(_) => "trace_distance",
            Self::Coherence => "coherence",
            Self::Population(_) => "population",
            Self::EntryRe { .. } => "state_re",
            Self::EntryIm { .. } => "state_im",
            Self::BlochX => "bloch_x",
            Self::BlochY => "bloch_y",
            Self::BlochZ => "bloch_z",
        }
    }
}

/// Refuses a spectrum (ascending) that goes below zero, or is not a number.
fn valid(spectrum: &[f64]) -> Result<(), InvalidState> {
    match spectrum.first() {
        Some(&eigenvalue) if eigenvalue < -POSITIVITY_TOLERANCE || eigenvalue.is_nan() => {
            Err(InvalidState { eigenvalue })
        }
        _ => Ok(()),
    }
}

/// An A with ρ = AA†: the eigenvectors, each times the root of its eigenvalue.
///
/// An eigenvalue below d·ε is a zero that rounding has moved. It must count as zero: its root, about 1e-8, would enter
/// concurrence and fidelity to first order wherever ρ is not of full rank.
fn factor(rho: &CMat) -> Result<CMat, InvalidState> {
    let (spectrum, mut vectors) = eigh(rho);
    valid(&spectrum)?;
    let rounding = rho.nrows() as f64 * f64::EPSILON;
    for (mut column, eigenvalue) in vectors.column_iter_mut().zip(spectrum) {
        column *= C64::from(if eigenvalue > rounding { eigenvalue.sqrt() } else { 0.0 });
    }
    Ok(vectors)
}

/// C = max(0, s₁ − s₂ − s₃ − s₄) with the descending singular values s of τ = Aᵀ(σy⊗σy)A, where ρ = AA† (Wootters, Phys.
/// Rev. Lett. 80, 2245 (1998)). They are the roots of the eigenvalues of ρρ̃, without the digits that those roots lose.
fn concurrence(rho: &CMat) -> Result<f64, InvalidState> {
    let a = factor(rho)?;
    // σy⊗σy is −1, 1, 1, −1 on the antidiagonal.
    let tau = CMat::from_fn(4, 4, |j, k| {
        a[(1, j)] * a[(2, k)] + a[(2, j)] * a[(1, k)] - a[(0, j)] * a[(3, k)] - a[(3, j)] * a[(0, k)]
    });
    let s = singular_values(&tau);
    Ok((s[0] - s[1] - s[2] - s[3]).max(0.0))
}

/// −Σ λ ln λ over the eigenvalues λ > 0.
fn entropy(rho: &CMat) -> Result<f64, InvalidState> {
    let spectrum = eigenvalues_hermitian(rho);
    valid(&spectrum)?;
    let sum: f64 = spectrum.iter().filter(|&&x| x > 0.0).map(|x| x * x.ln()).sum();
    // A pure state's sum is 0 or a rounding above it; the entropy of a state is never negative.
    Ok((-sum).max(0.0))
}

fn mutual_information(rho: &CMat, dims: &[usize], split: usize) -> Result<f64, InvalidState> {
    let [a, b] = [0..split, split..dims.len()].map(|part| partial_trace(rho, dims, &part.collect::<Vec<_>>()));
    Ok(entropy(&a)? + entropy(&b)? - entropy(rho)?)
}

fn negativity(rho: &CMat, dims: &[usize], split: usize) -> Result<f64, InvalidState> {
    valid(&eigenvalues_hermitian(rho))?;
    let transposed = partial_transpose(rho, dims, &(0..split).collect::<Vec<_>>());
    Ok(eigenvalues_hermitian(&transposed).iter().map(|x| (-x).max(0.0)).sum())
}

/// With ρ = AA† and σ = BB† the square root of the fidelity, ‖√ρ√σ‖₁, is the sum of the singular values of A†B.
fn fidelity(rho: &CMat, sigma: &CMat) -> Result<f64, InvalidState> {
    let overlap = product(&factor(rho)?.adjoint(), &factor(sigma)?);
    Ok(singular_values(&overlap).iter().sum::<f64>().powi(2))
}

fn coherence(rho: &CMat) -> f64 {
    let n = rho.nrows();
    (0..n).flat_map(|col| (0..n).filter(move |&row| row != col).map(move |row| rho[(row, col)].norm())).sum()
}

/// A measure that a script may observe or record.
#[derive(Debug)]
pub struct MeasureRow {
    /// Its name, as looked up.
    pub name: &'static str,
    /// Other names of the same measure.
    pub aliases: &'static [&'static str],
    /// How it is called: `concurrence(a, b)`; `…` for more of the same, `|` between two groups.
    pub signature: &'static str,
    /// What it is, with its formula, and its range.
    pub help: &'static str,
    /// A call; `a`, `b`, `c` are qubits.
    pub example: &'static str,
}

/// All measures with a name. ⟨A⟩ is written `<A>`.
pub static MEASURES: &[MeasureRow] = &[
    MeasureRow {
        name: "concurrence",
        aliases: &[],
        signature: "concurrence(a, b)",
        help: "Wootters's concurrence of two qubits, max(0, s₁ − s₂ − s₃ − s₄) with the descending roots s of the eigenvalues of ρ (σy⊗σy) ρ* (σy⊗σy): 0 where they are not entangled, 1 in a Bell state.",
        example: "concurrence(a, b)",
    },
    MeasureRow {
        name: "mutual_information",
        aliases: &[],
        signature: "mutual_information(a, … | b, …)",
        help: "I(A:B) = S(A) + S(B) − S(AB) in nats: all correlations of A and B, 0 in a product state, 2 ln 2 in a Bell state. Between two subsystems a comma will do: mutual_information(a, b).",
        example: "mutual_information(a | b, c)",
    },
    MeasureRow {
        name: "entropy",
        aliases: &[],
        signature: "entropy(a, …)",
        help: "Von Neumann entropy S = −Tr ρ ln ρ in nats (natural logarithm): 0 in a pure state, ln d in the maximally mixed one.",
        example: "entropy(a, b)",
    },
    MeasureRow {
        name: "purity",
        aliases: &[],
        signature: "purity(a, …)",
        help: "Tr ρ²: 1 in a pure state, 1/d in the maximally mixed one.",
        example: "purity(a)",
    },
    MeasureRow {
        name: "negativity",
        aliases: &[],
        signature: "negativity(a, … | b, …)",
        help: "The sum of the moduli of the negative eigenvalues of the partial transpose (‖ρ^T_A‖₁ − 1)/2: 1/2 in a Bell state; where it is positive, A and B are entangled.",
        example: "negativity(a | b)",
    },
    MeasureRow {
        name: "fidelity",
        aliases: &[],
        signature: "fidelity(a, …, STATE)",
        help: "Fidelity with a given state σ, F = (Tr √(√ρ σ √ρ))² (Uhlmann's, squared): ⟨ψ|ρ|ψ⟩ for a ket, 1 where the states are equal, 0 where they are orthogonal.",
        example: "fidelity(a, |+>)",
    },
    MeasureRow {
        name: "trace_distance",
        aliases: &[],
        signature: "trace_distance(a, …, STATE)",
        help: "Trace distance ½‖ρ − σ‖₁ from a given state σ: 0 where they are equal, 1 where they are orthogonal.",
        example: "trace_distance(a, |0>)",
    },
    MeasureRow {
        name: "coherence",
        aliases: &[],
        signature: "coherence(a, …)",
        help: "The l1 norm of coherence Σ_{j≠k} |ρ_jk| in the computational basis: 0 in a diagonal state, 1 in |+⟩.",
        example: "coherence(a)",
    },
    MeasureRow {
        name: "population",
        aliases: &[],
        signature: "population(a, k)",
        help: "The probability ⟨k|ρ|k⟩ of the level k.",
        example: "population(a, 1)",
    },
    MeasureRow {
        name: "bloch",
        aliases: &[],
        signature: "bloch(a)",
        help: "The Bloch vector of a qubit, three series ⟨X⟩, ⟨Y⟩, ⟨Z⟩.",
        example: "bloch(a)",
    },
    MeasureRow {
        name: "state",
        aliases: &[],
        signature: "state(a, …)",
        help: "Every entry of the reduced density matrix, a series for its real and one for its imaginary part; the first subsystem is the most significant index.",
        example: "state(a)",
    },
];

#[cfg(test)]
#[path = "measures_tests.rs"]
mod tests;
