//! Functions of a reduced density matrix. [`super::measure_rows`] holds the table of those that a script can name.
//!
//! Contract: `rho` is Hermitian with trace 1 within rounding, in the basis of `dims`. A function that needs the
//! spectrum rejects a matrix with an eigenvalue below −1e-10 or with an entry that is not finite. Eigenvalues between
//! −1e-10 and zero are attributed to rounding and count as zero.

use std::fmt;
use std::sync::Arc;

use super::embed::{partial_trace, partial_transpose};
use super::linalg::{C64, CMat, eigenvalues_hermitian, eigh, product, singular_values};
use super::maps::OfMap;
use super::measure_rows::{MeasureRow, Subsystems};
use super::states::POSITIVITY_TOLERANCE;

/// The result of a function of a state: a number, or the reason why the matrix is not a state.
type Computed = Result<f64, InvalidState>;

/// How a measure is computed from the reduced density matrix ρ of the subsystems that a script names. The variant also
/// determines which arguments the measure takes.
#[derive(Debug, Clone, Copy)]
pub enum Formula {
    /// A function of ρ.
    OfState(fn(&CMat) -> Computed),
    /// A function of ρ, its dimensions, and how many of the first subsystems form part A; the others form part B.
    OfParts(fn(&CMat, &[usize], usize) -> Computed),
    /// A function of two states: ρ and a given state σ of the same subsystems, or the states of two parts.
    WithState(fn(&CMat, &CMat) -> Computed),
    /// A function of ρ and a Hermitian operator on the same subsystems.
    WithOperator(fn(&CMat, &CMat) -> Computed),
    /// A linear function of ρ and a level.
    WithLevel(fn(&CMat, usize) -> f64),
    /// Linear functions of ρ, one per series, in the order of the row's suffixes.
    Components(&'static [fn(&CMat) -> f64]),
    /// The real and the imaginary part of every entry of ρ.
    Entries,
    /// A function of the map from the initial state of some systems to their present state, which ρ does not determine.
    OfMap(OfMap),
}

/// The value of the argument that a [`Formula`] takes besides ρ.
#[derive(Debug, Clone)]
pub enum Given {
    /// No argument.
    Nothing,
    /// How many of the first subsystems form part A.
    Split(usize),
    /// The state σ.
    State(Arc<CMat>),
    /// A Hermitian operator.
    Operator(Arc<CMat>),
    /// A level, counted from 0.
    Level(usize),
}

/// A real function of the reduced density matrix ρ of some subsystems: a measure together with its arguments.
#[derive(Debug, Clone)]
pub struct StateFunction {
    /// The name of the measure.
    pub measure: &'static str,
    /// The suffix of its series; empty unless the measure gives several series.
    pub suffix: String,
    function: Function,
}

#[derive(Debug, Clone)]
enum Function {
    OfState(fn(&CMat) -> Computed),
    OfParts(fn(&CMat, &[usize], usize) -> Computed, usize),
    WithMatrix(fn(&CMat, &CMat) -> Computed, Arc<CMat>),
    OfTwo(fn(&CMat, &CMat) -> Computed, usize),
    WithLevel(fn(&CMat, usize) -> f64, usize),
    Component(fn(&CMat) -> f64),
    EntryRe(usize, usize),
    EntryIm(usize, usize),
}

/// A matrix that is not a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InvalidState {
    /// The lowest eigenvalue, which is below zero by more than rounding; NaN if an entry of the matrix is not finite.
    Eigenvalue(f64),
    /// The value of an information measure, which is below zero by more than rounding, as it never is for a state.
    Information(f64),
}

impl fmt::Display for InvalidState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eigenvalue(x) if x.is_nan() => {
                write!(f, "the density matrix has an entry that is infinite or not a number")
            }
            Self::Eigenvalue(x) => write!(f, "the density matrix has the eigenvalue {x:.3e}, below zero"),
            Self::Information(x) => write!(f, "its value is {x:.3e}, below zero"),
        }
    }
}

impl std::error::Error for InvalidState {}

impl StateFunction {
    /// The measure of this name, which must depend on ρ only and give one series.
    ///
    /// # Panics
    /// If there is no such measure.
    #[must_use]
    pub fn named(measure: &str) -> Self {
        let row = MeasureRow::find(measure).expect("a measure of the table");
        row.functions(&[], Given::Nothing).pop().expect("it gives one series")
    }

    /// The real and the imaginary part of every entry of ρ, row by row, for subsystems of dimensions `dims`.
    ///
    /// # Panics
    /// Never: there is such a measure.
    #[must_use]
    pub fn entries(dims: &[usize]) -> Vec<Self> {
        let is_entries = |row: &&MeasureRow| matches!(row.formula, Formula::Entries);
        let row = super::measure_rows::MEASURES.iter().find(is_entries).expect("a measure of the table");
        row.functions(dims, Given::Nothing)
    }

    /// Its value for the density matrix `rho` of subsystems with dimensions `dims`. A subsystem, level or entry that
    /// does not exist is a bug in the caller.
    ///
    /// # Errors
    /// [`InvalidState`] if the value is computed from eigenvalues of ρ and the lowest of them is below −1e-10, or if an
    /// information measure is below −1e-10.
    pub fn evaluate(&self, rho: &CMat, dims: &[usize]) -> Result<f64, InvalidState> {
        match &self.function {
            Function::OfState(f) => f(rho),
            Function::OfParts(f, split) => f(rho, dims, *split),
            Function::WithMatrix(f, matrix) => f(rho, matrix),
            Function::OfTwo(f, split) => {
                let parts = [(0..*split), (*split..dims.len())].map(Iterator::collect::<Vec<_>>);
                let [a, b] = parts.map(|part| partial_trace(rho, dims, &part));
                f(&a, &b)
            }
            Function::WithLevel(f, level) => Ok(f(rho, *level)),
            Function::Component(f) => Ok(f(rho)),
            Function::EntryRe(row, col) => Ok(rho[(*row, *col)].re),
            Function::EntryIm(row, col) => Ok(rho[(*row, *col)].im),
        }
    }

    /// Whether its value is linear in ρ.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        match &self.function {
            Function::OfState(_) | Function::OfParts(..) | Function::WithMatrix(..) | Function::OfTwo(..) => false,
            Function::WithLevel(..) | Function::Component(_) | Function::EntryRe(..) | Function::EntryIm(..) => true,
        }
    }
}

impl MeasureRow {
    /// The functions that a call of this measure denotes, one per series, for subsystems of dimensions `dims`. A
    /// `given` that does not match the formula is a bug in the caller.
    #[must_use]
    pub fn functions(&self, dims: &[usize], given: Given) -> Vec<StateFunction> {
        let with = |suffix: &str, function| StateFunction { measure: self.name, suffix: suffix.to_string(), function };
        let one = |function| vec![with("", function)];
        match (self.formula, given) {
            (Formula::OfState(f), Given::Nothing) => one(Function::OfState(f)),
            (Formula::OfParts(f), Given::Split(split)) => one(Function::OfParts(f, split)),
            (Formula::WithState(f), Given::State(sigma)) => one(Function::WithMatrix(f, sigma)),
            (Formula::WithOperator(f), Given::Operator(a)) => one(Function::WithMatrix(f, a)),
            (Formula::WithState(f), Given::Split(split)) => one(Function::OfTwo(f, split)),
            (Formula::WithLevel(f), Given::Level(level)) => one(Function::WithLevel(f, level)),
            (Formula::Components(fs), Given::Nothing) => {
                self.suffixes.iter().zip(fs).map(|(suffix, f)| with(suffix, Function::Component(*f))).collect()
            }
            (Formula::Entries, Given::Nothing) => {
                let dim: usize = dims.iter().product();
                let both = |row: usize, col: usize| {
                    let entry = format!("_{}_{}", levels(row, dims), levels(col, dims));
                    let re = with(&format!("{entry}_re"), Function::EntryRe(row, col));
                    [re, with(&format!("{entry}_im"), Function::EntryIm(row, col))]
                };
                (0..dim * dim).flat_map(|entry| both(entry / dim, entry % dim)).collect()
            }
            (formula, given) => unreachable!("`{}` has the formula {formula:?} but was given {given:?}", self.name),
        }
    }

    /// The function of two states that the measure computes.
    ///
    /// # Panics
    /// If the measure is not one of two states.
    #[must_use]
    pub fn of_two_states(&self) -> fn(&CMat, &CMat) -> Result<f64, InvalidState> {
        match self.formula {
            Formula::WithState(f) => f,
            other => unreachable!("`{}` has the formula {other:?}, not one of two states", self.name),
        }
    }

    /// Whether another argument, a state, an operator or a level, can follow the subsystems.
    #[must_use]
    pub fn takes_more(&self) -> bool {
        matches!(self.formula, Formula::WithState(_) | Formula::WithOperator(_) | Formula::WithLevel(_))
    }

    /// The form of a call, such as `concurrence(a, b)`; `…` stands for further subsystems, and `|` separates two parts.
    #[must_use]
    pub fn signature(&self) -> String {
        let letters = ["a", "b", "c", "d"];
        let subsystems = match (self.formula, self.subsystems) {
            (Formula::OfParts(_), _) => "a, … | b, …".to_string(),
            (_, Subsystems::Exactly(k)) => letters[..k].join(", "),
            (_, Subsystems::Some | Subsystems::SomeOrAll) => "a, …".to_string(),
        };
        match self.formula {
            Formula::WithState(_) => format!("{}({subsystems}, STATE)", self.name),
            Formula::WithOperator(_) => format!("{}({subsystems}, H)", self.name),
            Formula::WithLevel(_) => format!("{}({subsystems}, k)", self.name),
            _ => format!("{}({subsystems})", self.name),
        }
    }
}

/// The level of each subsystem in basis state `index`: `01`, or `3.10` if a subsystem has more than ten levels.
fn levels(mut index: usize, dims: &[usize]) -> String {
    let mut digits: Vec<String> = Vec::new();
    for dim in dims.iter().rev() {
        digits.push((index % dim).to_string());
        index /= dim;
    }
    digits.reverse();
    digits.join(if dims.iter().any(|d| *d > 10) { "." } else { "" })
}

/// Rejects an ascending spectrum whose lowest eigenvalue is NaN or below zero by more than rounding.
fn valid(spectrum: &[f64]) -> Result<(), InvalidState> {
    match spectrum.first() {
        Some(&eigenvalue) if eigenvalue < -POSITIVITY_TOLERANCE || eigenvalue.is_nan() => {
            Err(InvalidState::Eigenvalue(eigenvalue))
        }
        _ => Ok(()),
    }
}

/// A matrix A with ρ = AA† within rounding.
fn factor(rho: &CMat) -> Result<CMat, InvalidState> {
    cholesky_factor(rho).map_or_else(|| spectral_factor(rho), Ok)
}

/// What is below this size in a state of dimension d is a zero with a rounding error. A factor must leave it out: its
/// root, about 1e-8, would otherwise enter concurrence and fidelity to first order whenever ρ does not have full rank.
fn rounding(rho: &CMat) -> f64 {
    rho.nrows() as f64 * f64::EPSILON
}

/// A factor by a Cholesky decomposition that eliminates the level with the largest remaining population first. `None`
/// if more than rounding remains at the end, because ρ has a negative eigenvalue.
fn cholesky_factor(rho: &CMat) -> Option<CMat> {
    let (mut rest, mut left) = (rho.clone(), (0..rho.nrows()).collect::<Vec<_>>());
    let mut factor = CMat::zeros(rho.nrows(), rho.ncols());
    while let Some((at, level, population)) =
        largest(&rest, &left).filter(|(.., population)| *population > rounding(rho))
    {
        left.swap_remove(at);
        let (column, root) = (rho.nrows() - 1 - left.len(), population.sqrt());
        factor[(level, column)] = C64::from(root);
        left.iter().for_each(|&row| factor[(row, column)] = rest[(row, level)] / root);
        for &col in &left {
            let conjugate = factor[(col, column)].conj();
            left.iter().for_each(|&row| rest[(row, col)] -= factor[(row, column)] * conjugate);
        }
    }
    let is_rounding = |(row, col): (usize, usize)| rest[(row, col)].norm() <= rounding(rho);
    let mut pairs = left.iter().flat_map(|&row| left.iter().map(move |&col| (row, col)));
    pairs.all(is_rounding).then_some(factor)
}

/// The largest population of some levels: the position of the level among them, the level, and its population.
fn largest(rho: &CMat, levels: &[usize]) -> Option<(usize, usize, f64)> {
    let populations = levels.iter().enumerate().map(|(at, &level)| (at, level, rho[(level, level)].re));
    populations.max_by(|a, b| a.2.total_cmp(&b.2))
}

/// A factor by the spectrum: the eigenvectors, each multiplied by the square root of its eigenvalue.
fn spectral_factor(rho: &CMat) -> Result<CMat, InvalidState> {
    let (spectrum, mut vectors) = eigh(rho);
    valid(&spectrum)?;
    for (mut column, eigenvalue) in vectors.column_iter_mut().zip(spectrum) {
        column *= C64::from(if eigenvalue > rounding(rho) { eigenvalue.sqrt() } else { 0.0 });
    }
    Ok(vectors)
}

/// C = max(0, s₁ − s₂ − s₃ − s₄) with the descending singular values s of τ = Aᵀ(σy⊗σy)A, where ρ = AA† (Wootters,
/// Phys. Rev. Lett. 80, 2245 (1998)). They equal the square roots of the eigenvalues of ρρ̃, but without the loss of
/// digits that taking those roots would cause.
pub(super) fn concurrence(rho: &CMat) -> Computed {
    factor(rho).map(|a| entanglement(&a))
}

/// The concurrence of AA†.
fn entanglement(a: &CMat) -> f64 {
    // σy⊗σy is −1, 1, 1, −1 on the antidiagonal.
    let tau = CMat::from_fn(4, 4, |j, k| {
        a[(1, j)] * a[(2, k)] + a[(2, j)] * a[(1, k)] - a[(0, j)] * a[(3, k)] - a[(3, j)] * a[(0, k)]
    });
    let s = singular_values(&tau);
    (s[0] - s[1] - s[2] - s[3]).max(0.0)
}

/// −Σ λ ln λ over the eigenvalues λ > 0.
pub(super) fn entropy(rho: &CMat) -> Computed {
    let spectrum = eigenvalues_hermitian(rho);
    valid(&spectrum)?;
    let sum: f64 = spectrum.iter().filter(|&&x| x > 0.0).map(|x| x * x.ln()).sum();
    // For a pure state, rounding can make the sum slightly positive; an entropy is never negative.
    Ok((-sum).max(0.0))
}

pub(super) fn mutual_information(rho: &CMat, dims: &[usize], split: usize) -> Computed {
    let [a, b] = [0..split, split..dims.len()].map(|part| partial_trace(rho, dims, &part.collect::<Vec<_>>()));
    information(entropy(&a)? + entropy(&b)? - entropy(rho)?)
}

pub(super) fn negativity(rho: &CMat, dims: &[usize], split: usize) -> Computed {
    valid(&eigenvalues_hermitian(rho))?;
    let transposed = partial_transpose(rho, dims, &(0..split).collect::<Vec<_>>());
    Ok(eigenvalues_hermitian(&transposed).iter().map(|x| (-x).max(0.0)).sum())
}

/// With ρ = AA† and σ = BB†, the square root of the fidelity, ‖√ρ√σ‖₁, is the sum of the singular values of A†B.
pub(super) fn fidelity(rho: &CMat, sigma: &CMat) -> Computed {
    let overlap = product(&factor(rho)?.adjoint(), &factor(sigma)?);
    Ok(singular_values(&overlap).iter().sum::<f64>().powi(2))
}

pub(super) fn coherence(rho: &CMat) -> Computed {
    let n = rho.nrows();
    Ok((0..n).flat_map(|col| (0..n).filter(move |&row| row != col).map(move |row| rho[(row, col)].norm())).sum())
}

pub(super) fn purity(rho: &CMat) -> Computed {
    Ok(rho.norm_squared())
}

pub(super) fn trace_distance(rho: &CMat, sigma: &CMat) -> Computed {
    Ok(0.5 * eigenvalues_hermitian(&(rho - sigma)).iter().map(|x| x.abs()).sum::<f64>())
}

pub(super) fn population(rho: &CMat, level: usize) -> f64 {
    rho[(level, level)].re
}

/// Tr ρX, Tr ρY and Tr ρZ of a qubit.
pub(super) const BLOCH: [fn(&CMat) -> f64; 3] = [
    |rho| rho[(0, 1)].re + rho[(1, 0)].re,
    |rho| rho[(1, 0)].im - rho[(0, 1)].im,
    |rho| rho[(0, 0)].re - rho[(1, 1)].re,
];

/// D(ρ‖σ) = Tr ρ (ln ρ − ln σ) = Σ p ln p − Σ ⟨k|ρ|k⟩ ln q with the eigenvalues p of ρ and the eigenpairs (q, |k⟩) of
/// σ; infinite if ρ has a weight outside the support of σ.
///
/// An eigenvalue of σ below d·ε is a zero with a rounding error, and so is a weight of ρ on its eigenvector that is
/// below [`POSITIVITY_TOLERANCE`].
pub(super) fn relative_entropy(rho: &CMat, sigma: &CMat) -> Computed {
    let spectrum = eigenvalues_hermitian(rho);
    valid(&spectrum)?;
    let (weights, vectors) = eigh(sigma);
    let rounding = sigma.nrows() as f64 * f64::EPSILON;
    let mut cross = 0.0;
    for (k, q) in weights.into_iter().enumerate() {
        let vector = vectors.column(k);
        let weight = vector.dotc(&(rho * vector)).re;
        if q > rounding {
            cross += weight * q.ln();
        } else if weight > POSITIVITY_TOLERANCE {
            return Ok(f64::INFINITY);
        }
    }
    information(spectrum.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>() - cross)
}

/// W = Tr ρH − Σ r_k e_k with the eigenvalues r of ρ in descending and e of H in ascending order (Allahverdyan, Balian and
/// Nieuwenhuizen, Europhys. Lett. 67, 565 (2004)).
pub(super) fn ergotropy(rho: &CMat, h: &CMat) -> Computed {
    let (populations, energies) = (eigenvalues_hermitian(rho), eigenvalues_hermitian(h));
    valid(&populations)?;
    let passive: f64 = populations.iter().rev().zip(&energies).map(|(r, e)| r * e).sum();
    let energy: f64 = (0..h.ncols()).flat_map(|j| (0..h.nrows()).map(move |i| (rho[(i, j)] * h[(j, i)]).re)).sum();
    // Rounding can make the difference slightly negative; no unitary lowers the energy of a passive state.
    Ok((energy - passive).max(0.0))
}

/// Clamps an information measure, which is never negative for a state, at zero if rounding made it negative. A value
/// below −[`POSITIVITY_TOLERANCE`] is an error.
fn information(value: f64) -> Computed {
    if value < -POSITIVITY_TOLERANCE { Err(InvalidState::Information(value)) } else { Ok(value.max(0.0)) }
}

#[cfg(test)]
#[path = "measures_tests.rs"]
mod tests;
