//! Dense complex matrices over a tensor product of subsystems. The first subsystem is the most significant index.

use nalgebra::DMatrix;
use num_complex::Complex64;

pub(crate) type Matrix = DMatrix<Complex64>;

pub(crate) fn real(x: f64) -> Complex64 {
    Complex64::new(x, 0.0)
}

pub(crate) const I: Complex64 = Complex64::new(0.0, 1.0);

/// A matrix from its entries, row by row.
pub(crate) fn rows(dim: usize, entries: &[Complex64]) -> Matrix {
    Matrix::from_row_slice(dim, entries.len() / dim, entries)
}

/// |row⟩⟨column|
pub(crate) fn unit(dim: usize, row: usize, column: usize) -> Matrix {
    let mut out = Matrix::zeros(dim, dim);
    out[(row, column)] = real(1.0);
    out
}

/// The index of every basis state of the subsystems `on`, with all others in level 0. The first of `on` is the most
/// significant.
fn indices(dims: &[usize], on: &[usize]) -> Vec<usize> {
    let mut out = vec![0];
    for at in on {
        let stride: usize = dims[at + 1..].iter().product();
        out = out.iter().flat_map(|base| (0..dims[*at]).map(move |level| base + level * stride)).collect();
    }
    out
}

fn others(dims: &[usize], on: &[usize]) -> Vec<usize> {
    (0..dims.len()).filter(|at| !on.contains(at)).collect()
}

/// The product of an operator on the subsystems `on` and a matrix over all subsystems.
pub(crate) fn times(operator: &Matrix, on: &[usize], matrix: &Matrix, dims: &[usize]) -> Matrix {
    let here = indices(dims, on);
    let mut out = Matrix::zeros(matrix.nrows(), matrix.ncols());
    for base in indices(dims, &others(dims, on)) {
        for (row, to) in here.iter().enumerate() {
            for (column, from) in here.iter().enumerate() {
                let factor = operator[(row, column)];
                if factor != real(0.0) {
                    for c in 0..matrix.ncols() {
                        out[(base + to, c)] += factor * matrix[(base + from, c)];
                    }
                }
            }
        }
    }
    out
}

/// An operator on the subsystems `on`, as an operator on all subsystems.
pub(crate) fn embedded(operator: &Matrix, on: &[usize], dims: &[usize]) -> Matrix {
    let dim = dims.iter().product();
    times(operator, on, &Matrix::identity(dim, dim), dims)
}

/// K ρ K†
pub(crate) fn sandwiched(operator: &Matrix, on: &[usize], rho: &Matrix, dims: &[usize]) -> Matrix {
    let left = times(operator, on, rho, dims);
    times(operator, on, &left.adjoint(), dims).adjoint()
}

/// The partial trace over all subsystems except `kept`; the result has the order of `kept`.
pub(crate) fn marginal(rho: &Matrix, dims: &[usize], kept: &[usize]) -> Matrix {
    let here = indices(dims, kept);
    let traced = indices(dims, &others(dims, kept));
    Matrix::from_fn(here.len(), here.len(), |row, column| {
        traced.iter().map(|other| rho[(here[row] + other, here[column] + other)]).sum()
    })
}

/// exp(A) by scaling, a Taylor series, and squaring.
pub(crate) fn exponential(matrix: &Matrix) -> Matrix {
    let norm = matrix.iter().map(|z| z.norm()).sum::<f64>();
    let mut halvings = 0;
    let mut scale = 1.0;
    while norm * scale > 0.5 {
        halvings += 1;
        scale /= 2.0;
    }
    let small = matrix * real(scale);
    let mut out = Matrix::identity(matrix.nrows(), matrix.ncols());
    let mut term = out.clone();
    for k in 1..=20 {
        term = &term * &small / real(f64::from(k));
        out += &term;
    }
    for _ in 0..halvings {
        out = &out * &out;
    }
    out
}

/// f(A) for a Hermitian matrix A.
pub(crate) fn function(matrix: &Matrix, f: impl Fn(f64) -> Complex64) -> Matrix {
    let (values, vectors) = jacobi(matrix);
    let scaled = Matrix::from_fn(values.len(), values.len(), |row, at| vectors[(row, at)] * f(values[at]));
    scaled * vectors.adjoint()
}

/// The eigenvalues of a Hermitian matrix.
pub(crate) fn eigenvalues(matrix: &Matrix) -> Vec<f64> {
    jacobi(matrix).0
}

/// Largest number of sweeps. The rotations converge quadratically, in about eight.
const MAX_SWEEPS: usize = 50;

/// Eigenvalues and, as columns, eigenvectors of a Hermitian matrix, by Jacobi rotations. nalgebra's Hermitian solver
/// gives NaN for some block-diagonal matrices.
fn jacobi(matrix: &Matrix) -> (Vec<f64>, Matrix) {
    let dim = matrix.nrows();
    let mut a = (matrix + matrix.adjoint()) / real(2.0);
    let mut vectors = Matrix::identity(dim, dim);
    let small = a.iter().map(|z| z.norm()).fold(0.0, f64::max) * 1e-17;
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..dim {
            for q in p + 1..dim {
                let r = a[(p, q)].norm();
                if r > small {
                    rotated = true;
                    rotate(&mut a, &mut vectors, p, q);
                }
            }
        }
        if !rotated {
            break;
        }
    }
    (a.diagonal().iter().map(|z| z.re).collect(), vectors)
}

/// Rotates the entry (p, q) to zero.
fn rotate(a: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    let r = a[(p, q)].norm();
    let phase = a[(p, q)] / r;
    let tau = (a[(q, q)].re - a[(p, p)].re) / (2.0 * r);
    let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
    let c = 1.0 / (1.0 + t * t).sqrt();
    let s = phase * (t * c);
    for m in [&mut *a, vectors] {
        for row in 0..m.nrows() {
            let (x, y) = (m[(row, p)], m[(row, q)]);
            m[(row, p)] = x * c - y * s.conj();
            m[(row, q)] = x * s + y * c;
        }
    }
    for column in 0..a.ncols() {
        let (x, y) = (a[(p, column)], a[(q, column)]);
        a[(p, column)] = x * c - y * s;
        a[(q, column)] = x * s.conj() + y * c;
    }
    a[(p, q)] = real(0.0);
    a[(q, p)] = real(0.0);
}
