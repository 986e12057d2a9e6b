//! Measures of a density matrix, from their definitions.

use num_complex::Complex64;

use super::matrix::{Matrix, eigenvalues, function, marginal, real};
use super::tables::{Kind, operator};

/// S(ρ) = −Tr ρ ln ρ
pub(crate) fn entropy(rho: &Matrix) -> f64 {
    eigenvalues(rho).into_iter().filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
}

/// I(A:B) = S(A) + S(B) − S(AB), with the first `split` of the subsystems in A.
pub(crate) fn mutual_information(rho: &Matrix, dims: &[usize], split: usize) -> f64 {
    let part = |kept: std::ops::Range<usize>| entropy(&marginal(rho, dims, &kept.collect::<Vec<_>>()));
    part(0..split) + part(split..dims.len()) - entropy(rho)
}

/// The sum of the moduli of the negative eigenvalues of the partial transpose.
pub(crate) fn negativity(rho: &Matrix, dims: &[usize], split: usize) -> f64 {
    let b: usize = dims[split..].iter().product();
    let transposed = Matrix::from_fn(rho.nrows(), rho.ncols(), |row, column| {
        rho[(column / b * b + row % b, row / b * b + column % b)]
    });
    eigenvalues(&transposed).into_iter().filter(|x| *x < 0.0).map(f64::abs).sum()
}

fn root(rho: &Matrix) -> Matrix {
    function(rho, |p| real(p.max(0.0).sqrt()))
}

/// Wootters's formula, with the square roots of the eigenvalues of √ρ ρ̃ √ρ, which are those of ρ ρ̃.
pub(crate) fn concurrence(rho: &Matrix) -> f64 {
    let y = operator("Y", Kind::Qubit).expect("a Pauli matrix");
    let yy = y.kronecker(&y);
    let root_rho = root(rho);
    let flipped = &yy * rho.conjugate() * &yy;
    let mut s: Vec<f64> =
        eigenvalues(&(&root_rho * flipped * &root_rho)).into_iter().map(|x| x.max(0.0).sqrt()).collect();
    s.sort_by(f64::total_cmp);
    (s[3] - s[2] - s[1] - s[0]).max(0.0)
}

/// (Tr √(√ρ σ √ρ))²
pub(crate) fn fidelity(rho: &Matrix, sigma: &Matrix) -> f64 {
    let root_rho = root(rho);
    let roots = eigenvalues(&(&root_rho * sigma * &root_rho)).into_iter().map(|x| x.max(0.0).sqrt());
    roots.sum::<f64>().powi(2)
}

/// ½‖ρ − σ‖₁
pub(crate) fn trace_distance(rho: &Matrix, sigma: &Matrix) -> f64 {
    eigenvalues(&(rho - sigma)).into_iter().map(f64::abs).sum::<f64>() / 2.0
}

/// Tr ρ ln ρ − Tr ρ ln σ, for a σ of full rank
pub(crate) fn relative_entropy(rho: &Matrix, sigma: &Matrix) -> f64 {
    -entropy(rho) - (rho * function(sigma, |p| real(p.ln()))).trace().re
}

/// Tr ρ²
pub(crate) fn purity(rho: &Matrix) -> f64 {
    (rho * rho).trace().re
}

/// Tr ρH minus the least energy of a state with the eigenvalues of ρ, which has larger populations in lower levels.
pub(crate) fn ergotropy(rho: &Matrix, hamiltonian: &Matrix) -> f64 {
    let (mut populations, mut energies) = (eigenvalues(rho), eigenvalues(hamiltonian));
    populations.sort_by(|a, b| b.total_cmp(a));
    energies.sort_by(f64::total_cmp);
    (rho * hamiltonian).trace().re - populations.iter().zip(&energies).map(|(p, e)| p * e).sum::<f64>()
}

/// Σ_{j≠k} |ρ_jk|
pub(crate) fn coherence(rho: &Matrix) -> f64 {
    rho.iter().map(|z| z.norm()).sum::<f64>() - rho.diagonal().iter().map(|z| z.norm()).sum::<f64>()
}

/// exp(−H/T)/Z; at T = 0 the equal mixture of the ground states.
pub(crate) fn thermal(hamiltonian: &Matrix, temperature: f64) -> Matrix {
    let ground = eigenvalues(hamiltonian).into_iter().fold(f64::INFINITY, f64::min);
    let weight = |energy: f64| {
        let above = energy - ground;
        if temperature == 0.0 {
            return if above < 1e-9 { 1.0 } else { 0.0 };
        }
        (-above / temperature).exp()
    };
    let out = function(hamiltonian, |energy| Complex64::from(weight(energy)));
    let z = out.trace();
    out / z
}
