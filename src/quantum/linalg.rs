//! Dense linear algebra: the only module that calls libraries for eigenvalues, singular values and exponentials.
//!
//! Contract: matrices are square unless a function says otherwise. If an entry of the input is NaN or infinite, or if
//! an iteration does not converge, the result is NaN (for a deviation, +∞); no function panics or loops forever.
//! Functions of Hermitian matrices read only the lower triangle and the real part of the diagonal.
//!
//! 2 × 2 Hermitian matrices, the most common case in collision models, use closed forms. Other square matrices of up to four
//! rows use Jacobi's method ([`super::jacobi`]) for eigenvalues of Hermitian matrices and singular values. Everything else,
//! and what Jacobi's method declines, goes to faer. nalgebra forms the products of small matrices.

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::Solve as _;
use faer::{Accum, MatMut, MatRef, Par, Side};

use super::jacobi;

/// A complex number.
pub type C64 = num_complex::Complex64;
/// A dense complex matrix.
pub type CMat = nalgebra::DMatrix<C64>;
/// A dense real matrix.
pub type RMat = nalgebra::DMatrix<f64>;
/// A dense complex vector.
pub type CVec = nalgebra::DVector<C64>;

const ZERO: C64 = C64::new(0.0, 0.0);
const ONE: C64 = C64::new(1.0, 0.0);
const NAN: C64 = C64::new(f64::NAN, f64::NAN);

/// The largest matrix dimension for which nalgebra forms products; faer forms those of larger matrices.
const SMALL: usize = 8;

/// Off-diagonal entries below this fraction of the largest entry are smaller than the rounding of any decomposition.
pub(super) const NEGLIGIBLE: f64 = 1e-18;

/// The largest entry of a difference that should be zero, and its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// Modulus of the entry; +∞ if any entry is not finite, so that every comparison with a tolerance fails.
    pub by: f64,
    /// Row index, from 0.
    pub row: usize,
    /// Column index, from 0.
    pub col: usize,
}

/// The Kronecker product A ⊗ B of matrices of any shape; the index of A is the more significant one.
#[must_use]
pub fn kron(a: &CMat, b: &CMat) -> CMat {
    a.kronecker(b)
}

/// Whether every entry of a matrix of any shape is finite.
#[must_use]
pub fn is_finite(a: &CMat) -> bool {
    a.iter().all(|z| z.is_finite())
}

/// The largest modulus of an entry of a matrix of any shape, which sets the scale of relative tolerances. It is 0 for
/// an empty matrix and NaN if an entry is NaN.
#[must_use]
pub fn max_abs(a: &CMat) -> f64 {
    a.iter().map(|z| z.norm()).fold(0.0, |most, x| if x > most || x.is_nan() { x } else { most })
}

/// The matrix product AB of matrices of compatible shapes.
#[must_use]
pub fn product(a: &CMat, b: &CMat) -> CMat {
    if a.nrows().max(a.ncols()).max(b.ncols()) <= SMALL {
        return a * b;
    }
    let mut c = CMat::zeros(a.nrows(), b.ncols());
    let (rows, cols) = c.shape();
    let target = MatMut::from_column_major_slice_mut(c.as_mut_slice(), rows, cols);
    matmul(target, Accum::Replace, view(a), view(b), ONE, Par::Seq);
    c
}

/// Eigenvalues of a Hermitian matrix in ascending order, and orthonormal eigenvectors as columns in the same order.
#[must_use]
pub fn eigh(h: &CMat) -> (Vec<f64>, CMat) {
    let n = h.nrows();
    let found = match n {
        _ if !is_finite(h) => None,
        0 => Some((Vec::new(), CMat::zeros(0, 0))),
        1 => Some((vec![h[(0, 0)].re], CMat::identity(1, 1))),
        2 => Some(eigh_2(h)),
        3 => jacobi::eigh::<3>(h).or_else(|| eigh_general(h)),
        4 => jacobi::eigh::<4>(h).or_else(|| eigh_general(h)),
        _ => eigh_general(h),
    };
    found.unwrap_or_else(|| (vec![f64::NAN; n], CMat::from_element(n, n, NAN)))
}

/// The eigenvalues of a Hermitian matrix in ascending order.
#[must_use]
pub fn eigenvalues_hermitian(h: &CMat) -> Vec<f64> {
    let n = h.nrows();
    if n <= 2 || !is_finite(h) {
        return eigh(h).0;
    }
    let small = match n {
        3 => jacobi::eigenvalues::<3>(h),
        4 => jacobi::eigenvalues::<4>(h),
        _ => None,
    };
    small.or_else(|| eigenvalues_general(h)).unwrap_or_else(|| vec![f64::NAN; n])
}

/// The eigenvalues of a Hermitian matrix in ascending order, by faer; `None` if the iteration does not converge.
pub(super) fn eigenvalues_general(h: &CMat) -> Option<Vec<f64>> {
    converged(h, |matrix| Some((matrix.self_adjoint_eigenvalues(Side::Lower).ok()?, ()))).map(|(values, ())| values)
}

/// The singular values of a matrix of any shape, in descending order.
#[must_use]
pub fn singular_values(a: &CMat) -> Vec<f64> {
    let n = a.nrows().min(a.ncols());
    if n == 0 || !is_finite(a) {
        return vec![f64::NAN; n];
    }
    let small = match a.shape() {
        (2, 2) => jacobi::singular_values::<2>(a),
        (3, 3) => jacobi::singular_values::<3>(a),
        (4, 4) => jacobi::singular_values::<4>(a),
        _ => None,
    };
    small.unwrap_or_else(|| singular_values_general(a))
}

/// The singular values of a matrix of any shape, in descending order, by faer.
pub(super) fn singular_values_general(a: &CMat) -> Vec<f64> {
    let (scaled, scale) = unit_scale(a);
    match view(&scaled).singular_values() {
        Ok(values) => values.into_iter().map(|x| x * scale).collect(),
        Err(_) => vec![f64::NAN; a.nrows().min(a.ncols())],
    }
}

/// Eigenvalues of a real square matrix and, as columns in the same order, right eigenvectors of norm 1. Each
/// eigenvector must pass a residual test: ‖Av − λv‖ is at most 1e-10 n times the largest entry of the n × n matrix A. A
/// column that fails the test is NaN. A matrix that is not diagonalisable has such columns, or several columns that are
/// almost parallel.
#[must_use]
pub fn eigen_real(a: &RMat) -> (Vec<C64>, CMat) {
    let n = a.nrows();
    let found = a.iter().all(|x| x.is_finite()).then(|| view_real(a).eigen().ok()).flatten();
    let Some(found) = found else { return (vec![NAN; n], CMat::from_element(n, n, NAN)) };
    let values: Vec<C64> = found.S().column_vector().iter().copied().collect();
    let mut vectors = CMat::from_fn(n, n, |row, col| found.U()[(row, col)]);
    vectors.column_iter_mut().for_each(|mut v| v.unscale_mut(v.norm()));
    let tolerance = 1e-10 * a.amax() * n as f64;
    let images = product(&a.map(C64::from), &vectors);
    for ((mut v, image), value) in vectors.column_iter_mut().zip(images.column_iter()).zip(&values) {
        let residual = (image - &v * *value).norm();
        if residual.is_nan() || residual > tolerance {
            v.fill(NAN);
        }
    }
    (values, vectors)
}

/// The eigenvalues of a real square matrix.
#[must_use]
pub fn eigenvalues_real(a: &RMat) -> Vec<C64> {
    let found = a.iter().all(|x| x.is_finite()).then(|| view_real(a).eigenvalues().ok()).flatten();
    found.unwrap_or_else(|| vec![NAN; a.nrows()])
}

/// The approximate null spaces of a square matrix: its singular values in descending order, and the left and the right
/// singular vectors of the `count` smallest, as columns.
#[must_use]
pub fn null_spaces(a: &CMat, count: usize) -> (Vec<f64>, CMat, CMat) {
    let n = a.nrows();
    match is_finite(a).then(|| view(a).svd().ok()).flatten() {
        Some(svd) => {
            let values = svd.S().column_vector().iter().map(|z| z.re).collect();
            let last = |m: MatRef<'_, C64>| CMat::from_fn(n, count, |row, col| m[(row, n - count + col)]);
            (values, last(svd.U()), last(svd.V()))
        }
        None => (vec![f64::NAN; n], CMat::from_element(n, count, NAN), CMat::from_element(n, count, NAN)),
    }
}

/// Orthonormal vectors u, as rows, for which uA is nearly 0: the left singular vectors of the `count` smallest singular
/// values of a real square matrix.
#[must_use]
pub fn left_null_space(a: &RMat, count: usize) -> RMat {
    let n = a.nrows();
    match a.iter().all(|x| x.is_finite()).then(|| view_real(a).svd().ok()).flatten() {
        Some(svd) => RMat::from_fn(count, n, |row, col| svd.U()[(col, n - count + row)]),
        None => RMat::from_element(count, n, f64::NAN),
    }
}

/// The solution x of Ax = b for a real square matrix A, by an LU decomposition with complete pivoting and one step of
/// iterative refinement; NaN or infinite if A is singular.
#[must_use]
pub fn solve_real(a: &RMat, b: &nalgebra::DVector<f64>) -> nalgebra::DVector<f64> {
    if a.is_empty() || a.iter().any(|x| !x.is_finite()) {
        return b.map(|_| f64::NAN);
    }
    let lu = view_real(a).full_piv_lu();
    let solve = |b: &nalgebra::DVector<f64>| {
        let x = lu.solve(MatRef::from_column_major_slice(b.as_slice(), b.len(), 1));
        nalgebra::DVector::from_fn(b.len(), |k, _| x[(k, 0)])
    };
    let x = solve(b);
    let correction = solve(&(b - a * &x));
    x + correction
}

/// The inverse of a square matrix; NaN if the matrix is singular.
#[must_use]
pub fn inverse(a: &CMat) -> CMat {
    let n = a.nrows();
    a.clone().try_inverse().unwrap_or_else(|| CMat::from_element(n, n, NAN))
}

/// The propagator exp(−iHt) of a Hermitian H, with t in inverse units of H. It is unitary within rounding, and NaN if a
/// phase λt overflows.
#[must_use]
pub fn exp_i(h: &CMat, t: f64) -> CMat {
    if h.nrows() > 2 && is_finite(h) {
        let blocks = coupled(h);
        if blocks.len() > 1 {
            return exp_i_blocks(h, t, &blocks);
        }
    }
    exp_i_whole(h, t)
}

/// The groups of indices that a square matrix couples, directly or through other indices. The matrix is block-diagonal
/// in these groups.
pub(super) fn coupled(h: &CMat) -> Vec<Vec<usize>> {
    let n = h.nrows();
    let mut group: Vec<usize> = (0..n).collect();
    for col in 0..n {
        for row in col + 1..n {
            let (a, b) = (group[row], group[col]);
            if a != b && (h[(row, col)] != ZERO || h[(col, row)] != ZERO) {
                group.iter_mut().filter(|g| **g == a).for_each(|g| *g = b);
            }
        }
    }
    let members = |leader: usize| (0..n).filter(|k| group[*k] == leader).collect::<Vec<_>>();
    (0..n).map(members).filter(|block| !block.is_empty()).collect()
}

/// exp(−iHt) block by block. Levels that H does not couple remain exactly uncoupled, and the two-level blocks of an
/// exchange or Ising coupling use their closed form.
fn exp_i_blocks(h: &CMat, t: f64, blocks: &[Vec<usize>]) -> CMat {
    let mut out = CMat::zeros(h.nrows(), h.ncols());
    for block in blocks {
        let size = block.len();
        let part = exp_i_whole(&CMat::from_fn(size, size, |row, col| h[(block[row], block[col])]), t);
        for (col, &to_col) in block.iter().enumerate() {
            for (row, &to_row) in block.iter().enumerate() {
                out[(to_row, to_col)] = part[(row, col)];
            }
        }
    }
    out
}

fn exp_i_whole(h: &CMat, t: f64) -> CMat {
    match h.nrows() {
        1 => return CMat::from_element(1, 1, C64::cis(-h[(0, 0)].re * t)),
        2 => return exp_i_2(h, t),
        _ => {}
    }
    let (values, vectors) = eigh(h);
    let mut phased = vectors.clone();
    for (mut column, value) in phased.column_iter_mut().zip(values) {
        column *= C64::cis(-value * t);
    }
    product(&phased, &vectors.adjoint())
}

/// The exponential exp(A) of a square matrix. If A is exactly Hermitian or anti-Hermitian, it is computed from the
/// eigenvectors, otherwise by Padé approximants with scaling and squaring (Al-Mohy and Higham 2009). Entries that
/// overflow are infinite or NaN.
#[must_use]
pub fn expm(a: &CMat) -> CMat {
    let n = a.nrows();
    if !is_finite(a) {
        return CMat::from_element(n, n, NAN);
    }
    if is_self_adjoint(a, 1.0) {
        let (values, vectors) = eigh(a);
        let mut scaled = vectors.clone();
        for (mut column, value) in scaled.column_iter_mut().zip(values) {
            column *= C64::from(value.exp());
        }
        return product(&scaled, &vectors.adjoint());
    }
    if is_self_adjoint(a, -1.0) {
        return exp_i(&(a * C64::i()), 1.0);
    }
    expm_general(a)
}

/// The largest entry of H − H†.
#[must_use]
pub fn hermitian_deviation(h: &CMat) -> Deviation {
    largest(h.nrows(), h.ncols(), |row, col| h[(row, col)] - h[(col, row)].conj())
}

/// The largest entry of U†U − 1.
#[must_use]
pub fn unitary_deviation(u: &CMat) -> Deviation {
    trace_preserving_deviation(std::slice::from_ref(u))
}

/// The largest entry of Σ K†K − 1 over Kraus operators of equal shape (d′ × d); zero if there are no operators.
#[must_use]
pub fn trace_preserving_deviation(kraus: &[CMat]) -> Deviation {
    let n = kraus.first().map_or(0, CMat::ncols);
    let mut sum = CMat::zeros(n, n);
    for k in kraus {
        sum += product(&k.adjoint(), k);
    }
    largest(n, n, |row, col| sum[(row, col)] - if row == col { ONE } else { ZERO })
}

/// The entry of largest modulus of a difference; of several equal ones, the first in column order.
fn largest(rows: usize, cols: usize, entry: impl Fn(usize, usize) -> C64) -> Deviation {
    let mut worst = Deviation { by: 0.0, row: 0, col: 0 };
    for col in 0..cols {
        for row in 0..rows {
            let by = entry(row, col).norm();
            let by = if by.is_nan() { f64::INFINITY } else { by };
            if by > worst.by {
                worst = Deviation { by, row, col };
            }
        }
    }
    worst
}

/// Whether A† = sign·A exactly, so that an eigendecomposition gives exp(A).
fn is_self_adjoint(a: &CMat, sign: f64) -> bool {
    (0..a.ncols()).all(|col| (col..a.nrows()).all(|row| a[(row, col)] == a[(col, row)].conj() * sign))
}

/// A view of the matrix for faer, without a copy.
fn view(a: &CMat) -> MatRef<'_, C64> {
    MatRef::from_column_major_slice(a.as_slice(), a.nrows(), a.ncols())
}

/// A view of a real matrix for faer, without a copy.
fn view_real(a: &RMat) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(a.as_slice(), a.nrows(), a.ncols())
}

/// Divides A by the size of its largest entry, sets negligible off-diagonal entries to zero, and returns the result
/// with that size.
///
/// faer's eigenvectors are not scale-invariant above n = 128, and its iteration does not converge for some matrices
/// with entries near both 1e-110 and 1, such as a cold thermal state. The entries set to zero are below the rounding
/// of the decomposition itself.
fn unit_scale(a: &CMat) -> (CMat, f64) {
    // The larger of |Re z| and |Im z| is within a factor √2 of |z| and needs no square root.
    let larger = |z: &C64| z.re.abs().max(z.im.abs());
    let scale = a.iter().map(larger).fold(0.0, f64::max);
    if scale == 0.0 {
        return (a.clone(), 1.0);
    }
    let scaled = CMat::from_fn(a.nrows(), a.ncols(), |row, col| {
        let z = a[(row, col)];
        let z = C64::new(z.re / scale, z.im / scale);
        if row != col && larger(&z) < NEGLIGIBLE { ZERO } else { z }
    });
    (scaled, scale)
}

/// The 2 × 2 case: H = m + δZ + (b|1⟩⟨0| + h.c.) has the eigenvalues m ± r with r² = δ² + |b|². The eigenvectors belong
/// to a Bloch vector with the polar angle tan θ = |b|/δ. Of cos θ/2 and sin θ/2, the larger is computed as a square
/// root and the smaller as a quotient, so that neither loses digits.
fn eigh_2(h: &CMat) -> (Vec<f64>, CMat) {
    let (top, bottom, b) = (h[(0, 0)].re, h[(1, 1)].re, h[(1, 0)]);
    let (mean, delta, coupling) = (0.5 * top + 0.5 * bottom, 0.5 * top - 0.5 * bottom, b.norm());
    let r = delta.hypot(coupling);
    if r == 0.0 {
        return (vec![mean, mean], CMat::identity(2, 2));
    }
    let phase = if coupling == 0.0 { ONE } else { C64::new(b.re / coupling, b.im / coupling) };
    let large = (0.5 * (1.0 + delta.abs() / r)).sqrt();
    let small = 0.5 * (coupling / r) / large;
    let (large, small) = (C64::from(large), C64::from(small));
    let vectors = if delta >= 0.0 {
        CMat::from_column_slice(2, 2, &[-small * phase.conj(), large, large, small * phase])
    } else {
        CMat::from_column_slice(2, 2, &[large, -small * phase, small * phase.conj(), large])
    };
    (vec![mean - r, mean + r], vectors)
}

/// faer's tridiagonal QR iteration; `None` if it does not converge.
fn eigh_general(h: &CMat) -> Option<(Vec<f64>, CMat)> {
    let n = h.nrows();
    converged(h, |matrix| {
        let eigen = matrix.self_adjoint_eigen(Side::Lower).ok()?;
        let values = eigen.S().column_vector();
        Some(((0..n).map(|k| values[k].re).collect(), CMat::from_fn(n, n, |row, col| eigen.U()[(row, col)])))
    })
}

/// Runs an eigenvalue iteration on the scaled matrix and scales the spectrum back. For a few sparse matrices with small
/// diagonal entries the iteration does not converge (2 of 1.4 million random ones). A second attempt adds the identity,
/// with which none of 4.6 million failed. This costs digits of eigenvalues near zero, so the first attempt omits it.
fn converged<V>(h: &CMat, solve: impl Fn(MatRef<'_, C64>) -> Option<(Vec<f64>, V)>) -> Option<(Vec<f64>, V)> {
    let (mut lifted, scale) = unit_scale(h);
    for shift in [0.0, 1.0] {
        (0..h.nrows()).for_each(|k| lifted[(k, k)] += shift);
        if let Some((mut values, vectors)) = solve(view(&lifted))
            && values.iter().all(|x| x.is_finite())
        {
            values.iter_mut().for_each(|x| *x = (*x - shift) * scale);
            return Some((values, vectors));
        }
    }
    None
}

/// The 2 × 2 case: with H = m + a·σ and |a| = r, exp(−iHt) = e^(−imt) (cos rt − i sin(rt)/r a·σ).
fn exp_i_2(h: &CMat, t: f64) -> CMat {
    let (top, bottom, b) = (h[(0, 0)].re, h[(1, 1)].re, h[(1, 0)]);
    let (mean, delta) = (0.5 * top + 0.5 * bottom, 0.5 * top - 0.5 * bottom);
    let r = delta.hypot(b.norm());
    let global = C64::cis(-mean * t);
    let cosine = (r * t).cos();
    let sine = if r == 0.0 { t } else { (r * t).sin() / r };
    let diagonal = |sign: f64| global * C64::new(cosine, -sign * delta * sine);
    let flip = |b: C64| global * C64::new(b.im * sine, -b.re * sine);
    CMat::from_column_slice(2, 2, &[diagonal(1.0), flip(b), flip(b.conj()), diagonal(-1.0)])
}

/// nalgebra's Padé exponential. For a matrix of large norm, its powers of A overflow and its scaling loop then does not
/// end. A matrix of norm above 2¹⁰ is therefore halved until it is below, and the result is squared as many times.
fn expm_general(a: &CMat) -> CMat {
    let (largest, size) = (max_abs(a), a.nrows() as f64);
    let mut halvings = 0;
    let mut factor = 1.0;
    while largest * factor * size > 1024.0 {
        factor *= 0.5;
        halvings += 1;
    }
    let mut result = (a * C64::from(factor)).exp();
    for _ in 0..halvings {
        result = product(&result, &result);
    }
    result
}
