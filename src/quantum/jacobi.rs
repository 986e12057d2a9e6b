//! Spectra of matrices of up to four rows by Jacobi's method, on the stack.
//!
//! Rotations in one plane after another make a Hermitian matrix diagonal, or the columns of a matrix orthogonal. The method
//! converges quadratically, and for positive definite matrices it is at least as accurate as a QR iteration (J. Demmel and
//! K. Veselić, SIAM J. Matrix Anal. Appl. 13, 1204 (1992)).

use super::linalg::{C64, CMat, NEGLIGIBLE};

/// An N × N matrix by columns.
type Square<const N: usize> = [[C64; N]; N];

/// The most sweeps over all planes; fewer than ten are needed.
const SWEEPS: usize = 40;

/// An off-diagonal entry whose square is below this fraction of the product of the two diagonal entries changes no digit.
const NO_DIGIT: f64 = 1e-34;

/// The overlap of two columns is a rounding error if its square is below this fraction of the product of their squared norms.
const ROUNDING: f64 = 1e-30;

/// A unitary in the plane of the columns x and y, which become c·x − s*·y and s·x + c·y.
#[derive(Clone, Copy)]
struct Rotation {
    c: f64,
    s: C64,
    /// The shift of the diagonal entries: the first loses it, the second gains it.
    moved: f64,
}

impl Rotation {
    /// The rotation by the smaller of the two angles that make [[a, b], [b*, d]] diagonal, where b is not zero. Its
    /// eigenvalues are then a − `moved` and d + `moved`. With δ = d − a, the tangent of the angle is
    /// ±2|b|/(|δ| + √(δ² + 4|b|²)).
    fn diagonalising(a: f64, d: f64, b: C64) -> Self {
        let (delta, square) = (d - a, b.norm_sqr());
        let slope = 2.0 / (delta.abs() + (delta * delta + 4.0 * square).sqrt()).copysign(delta);
        let c = 1.0 / (1.0 + slope * slope * square).sqrt();
        Self { c, s: b * (slope * c), moved: slope * square }
    }

    fn apply(self, x: C64, y: C64) -> (C64, C64) {
        (x * self.c - self.s.conj() * y, self.s * x + y * self.c)
    }

    /// Applies it to the rows from `first` on of two columns.
    fn apply_from_row<const N: usize>(self, columns: &mut Square<N>, (p, q): (usize, usize), first: usize) {
        let [x, y] = columns.get_disjoint_mut([p, q]).expect("two columns");
        for (x, y) in x[first..].iter_mut().zip(&mut y[first..]) {
            (*x, *y) = self.apply(*x, *y);
        }
    }
}

/// The planes (p, q) with p < q < N, in an order in which successive ones have no axis in common where possible, so that the
/// processor can compute their rotations at the same time.
fn planes<const N: usize>() -> impl Iterator<Item = (usize, usize)> {
    let of_round = |round: usize| (0..N).map(move |p| (p, p ^ round));
    (1..N.next_power_of_two()).flat_map(of_round).filter(|(p, q)| p < q && *q < N)
}

/// Diagonalises a Hermitian matrix, reading only its lower triangle; every rotation is also applied to the columns of `vectors`.
/// Returns the eigenvalues, in no particular order, or `None` if the iteration does not converge. Off-diagonal entries whose
/// square is at most `tiny` count as zero.
fn diagonalise<const N: usize>(h: &mut Square<N>, mut vectors: Option<&mut Square<N>>, tiny: f64) -> Option<[f64; N]> {
    let mut values: [f64; N] = std::array::from_fn(|k| h[k][k].re);
    for _ in 0..SWEEPS {
        let mut is_diagonal = true;
        for (p, q) in planes::<N>() {
            // The entry in row p and column q.
            let b = h[p][q].conj();
            let square = b.norm_sqr();
            if square <= tiny.max(NO_DIGIT * (values[p] * values[q]).abs()) {
                continue;
            }
            is_diagonal = false;
            let rotation = Rotation::diagonalising(values[p], values[q], b);
            values[p] -= rotation.moved;
            values[q] += rotation.moved;
            h[p][q] = C64::ZERO;
            // The columns p and q, of which the upper part is in the lower triangle.
            let (before, between) = h.split_at_mut(p + 1);
            let (column, before) = before.split_last_mut().expect("column p");
            for other in before {
                let (x, y) = rotation.apply(other[p].conj(), other[q].conj());
                (other[p], other[q]) = (x.conj(), y.conj());
            }
            for (x, other) in column[p + 1..q].iter_mut().zip(between) {
                let (new, y) = rotation.apply(*x, other[q].conj());
                (*x, other[q]) = (new, y.conj());
            }
            rotation.apply_from_row(h, (p, q), q + 1);
            if let Some(vectors) = &mut vectors {
                rotation.apply_from_row(vectors, (p, q), 0);
            }
        }
        if is_diagonal {
            return Some(values);
        }
    }
    None
}

/// Makes the columns of a matrix orthogonal. Returns their norms, which are the singular values, in no particular order, or `None` if
/// the iteration does not converge.
fn orthogonalise<const N: usize>(a: &mut Square<N>) -> Option<[f64; N]> {
    let square = |column: &[C64; N]| column.iter().map(C64::norm_sqr).sum::<f64>();
    for _ in 0..SWEEPS {
        let mut is_orthogonal = true;
        for (p, q) in planes::<N>() {
            let (x, y) = (square(&a[p]), square(&a[q]));
            let overlap: C64 = a[p].iter().zip(&a[q]).map(|(x, y)| x.conj() * y).sum();
            // A rotation by so small an overlap would change the shorter column by less than the rounding of the longer one.
            let negligible = (NEGLIGIBLE * x.max(y)).powi(2);
            if overlap.norm_sqr() <= negligible.max(ROUNDING * x * y) {
                continue;
            }
            is_orthogonal = false;
            Rotation::diagonalising(x, y, overlap).apply_from_row(a, (p, q), 0);
        }
        if is_orthogonal {
            return Some(std::array::from_fn(|k| square(&a[k]).sqrt()));
        }
    }
    None
}

/// The columns of an N × N matrix, and the square of what is negligible beside its largest entry. `None` if that entry is so
/// large or so small that squares of entries could overflow or vanish.
fn columns<const N: usize>(a: &CMat) -> Option<(Square<N>, f64)> {
    let square: Square<N> = std::array::from_fn(|col| std::array::from_fn(|row| a[(row, col)]));
    let largest = square.as_flattened().iter().map(|z| z.re.abs().max(z.im.abs())).fold(0.0, f64::max);
    (1e-50..1e50).contains(&largest).then_some((square, (NEGLIGIBLE * largest).powi(2)))
}

/// The eigenvalues of a Hermitian N × N matrix in ascending order. `None` if its entries are extremely large or small, or if the
/// iteration does not converge.
pub(super) fn eigenvalues<const N: usize>(h: &CMat) -> Option<Vec<f64>> {
    let (mut h, tiny) = columns::<N>(h)?;
    let mut values = diagonalise(&mut h, None, tiny)?.to_vec();
    values.sort_by(f64::total_cmp);
    Some(values)
}

/// The eigenvalues of a Hermitian N × N matrix in ascending order, with orthonormal eigenvectors as columns; `None` as in
/// [`eigenvalues`].
pub(super) fn eigh<const N: usize>(h: &CMat) -> Option<(Vec<f64>, CMat)> {
    let (mut h, tiny) = columns::<N>(h)?;
    let mut vectors: Square<N> =
        std::array::from_fn(|col| std::array::from_fn(|row| C64::from(f64::from(u8::from(row == col)))));
    let values = diagonalise(&mut h, Some(&mut vectors), tiny)?;
    let mut order: [usize; N] = std::array::from_fn(|k| k);
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let sorted = order.map(|k| values[k]).to_vec();
    Some((sorted, CMat::from_fn(N, N, |row, col| vectors[order[col]][row])))
}

/// The singular values of an N × N matrix in descending order; `None` as in [`eigenvalues`].
pub(super) fn singular_values<const N: usize>(a: &CMat) -> Option<Vec<f64>> {
    let (mut a, _) = columns::<N>(a)?;
    let mut values = orthogonalise(&mut a)?.to_vec();
    values.sort_by(|x, y| y.total_cmp(x));
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::linalg::{eigenvalues_general, max_abs, product, singular_values_general};
    use super::super::testing::{Random, identity};
    use super::*;

    /// Random matrices: full, sparse, with entries of very different sizes, of half the rank, and with only three values.
    fn matrices(n: usize) -> Vec<CMat> {
        let mut random = Random::new(n as u64);
        let mut all = Vec::new();
        for case in 0..4000 {
            let mut a = random.matrix(n, n);
            for k in 0..n * n {
                let (row, col, x) = (k % n, k / n, random.real());
                match case % 5 {
                    1 if x < 0.2 => a[(row, col)] = C64::ZERO,
                    2 => a[(row, col)] *= 10_f64.powf(-20.0 * x.abs()),
                    3 if 2 * col >= n => a[(row, col)] = C64::ZERO,
                    4 => a[(row, col)] = C64::from((1.5 * x).round()),
                    _ => {}
                }
            }
            all.push(a);
        }
        all.retain(|a| max_abs(a) > 0.0);
        all
    }

    /// The largest entry of a difference, as a fraction of that of a matrix.
    fn off(a: &CMat, b: &CMat, size: f64) -> f64 {
        max_abs(&(a - b)) / size
    }

    /// The eigenvalues and singular values agree with those of the general solver, and the eigenvectors solve their equation.
    fn agrees<const N: usize>() {
        for a in matrices(N) {
            for h in [&a + a.adjoint(), product(&a, &a.adjoint())].into_iter().filter(|h| max_abs(h) > 1e-40) {
                let size = max_abs(&h);
                let (values, vectors) = eigh::<N>(&h).expect("it converges");
                let (alone, general) = (eigenvalues::<N>(&h), eigenvalues_general(&h).expect("it converges"));
                for others in [alone.expect("it converges"), general] {
                    assert!(values.iter().zip(others).all(|(x, y)| (x - y).abs() < 1e-14 * size), "{h}");
                }
                let scaled = CMat::from_fn(N, N, |row, col| vectors[(row, col)] * values[col]);
                assert!(off(&product(&h, &vectors), &scaled, size) < 1e-14, "{h}");
                assert!(off(&product(&vectors.adjoint(), &vectors), &identity(N), 1.0) < 1e-14, "{h}");
            }
        }
    }

    fn singular_values_agree<const N: usize>() {
        for a in matrices(N) {
            let (found, general) = (singular_values::<N>(&a).expect("it converges"), singular_values_general(&a));
            for (x, y) in found.iter().zip(general) {
                assert!((x - y).abs() < 1e-14 * max_abs(&a), "{x} {y}: {a}");
            }
        }
    }

    #[test]
    fn spectra_agree_with_the_general_solver() {
        agrees::<3>();
        agrees::<4>();
        singular_values_agree::<2>();
        singular_values_agree::<3>();
        singular_values_agree::<4>();
    }

    /// The general solver takes over, with the same contract.
    #[test]
    fn entries_of_unusual_size_are_declined() {
        for scale in [0.0, 1e-60, 1e60] {
            let h = identity(4) * C64::from(scale);
            assert!(eigenvalues::<4>(&h).is_none() && eigh::<4>(&h).is_none() && singular_values::<4>(&h).is_none());
        }
    }
}
