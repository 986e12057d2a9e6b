//! The Hermitian operator basis, and the representation of gates, channels and states in it.
//!
//! Contract: the d² basis elements B_i of a subsystem of dimension d are Hermitian with Tr B_i B_j = d δ_ij. The first
//! is the identity; then follow, for each pair of levels j < k, the symmetric and the antisymmetric element, and
//! finally d − 1 diagonal elements (the generalised Gell-Mann matrices; 1, X, Y, Z for a qubit). The basis of several
//! subsystems consists of the products, with the first subsystem as the most significant digit. A density matrix is the
//! real vector r_i = Tr B_i ρ, so r_0 is its trace, and a channel E is the real matrix R_ij = Tr B_i E(B_j) / D. The
//! elements are not normalised to 1, because √2 is not a double: its rounding error, 2e-15 per step, would enter every
//! gate of every collision.

use crate::backend::{Stopped, Watch};
use crate::quantum::{C64, CMat};

/// Entries of a transfer matrix or observable up to this size are rounding errors of numbers of order 1 and are set to
/// zero, because the exact zeros determine which basis elements couple.
pub(super) const SNAP: f64 = 2.0 * f64::EPSILON;

/// A sparse matrix as a list of its entries: row, column, value.
type Element = Vec<(usize, usize, C64)>;

/// The product basis of some subsystems.
#[derive(Debug)]
pub(super) struct Basis {
    dims: Vec<usize>,
    elements: Vec<Element>,
}

#[expect(clippy::cast_precision_loss, reason = "dimensions are small")]
impl Basis {
    pub(super) fn new(dims: &[usize]) -> Self {
        let one = vec![vec![(0, 0, C64::ONE)]];
        let elements = dims.iter().fold(one, |so_far, &d| products(&so_far, &gell_mann(d), d));
        Self { dims: dims.to_vec(), elements }
    }

    pub(super) fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The number of elements, D².
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// Tr B_i A
    pub(super) fn trace_with(&self, i: usize, a: &CMat) -> C64 {
        self.elements[i].iter().map(|&(row, column, value)| value * a[(column, row)]).sum()
    }

    /// The real vector of a Hermitian matrix.
    pub(super) fn vector(&self, a: &CMat) -> Vec<f64> {
        (0..self.len()).map(|i| self.trace_with(i, a).re).collect()
    }

    /// Σ r_i B_i / D
    pub(super) fn matrix(&self, r: &[f64]) -> CMat {
        let size = self.size();
        let mut out = CMat::zeros(size, size);
        for (element, &r) in self.elements.iter().zip(r).filter(|(_, r)| **r != 0.0) {
            for &(row, column, value) in element {
                out[(row, column)] += value * (r / size as f64);
            }
        }
        out
    }

    /// D
    pub(super) fn size(&self) -> usize {
        self.dims.iter().product()
    }

    /// The transfer matrix of ρ → Σ K ρ K†.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn transfer(&self, kraus: &[CMat], watch: &Watch<'_>) -> Result<Transfer, Stopped> {
        let size = self.size();
        if kraus.len() > size {
            return self.transfer_of_many(kraus, watch);
        }
        let mut dense = vec![0.0; self.len() * self.len()];
        let mut half = CMat::zeros(size, size);
        for k in kraus {
            let adjoint = k.adjoint();
            for (j, element) in self.elements.iter().enumerate() {
                watch.spend(4 * size * size * size)?;
                half.fill(C64::ZERO);
                for &(row, column, value) in element {
                    half.column_mut(column).axpy(value, &k.column(row), C64::ONE);
                }
                let image = &half * &adjoint;
                for i in 0..self.len() {
                    dense[i * self.len() + j] += self.trace_with(i, &image).re / size as f64;
                }
            }
        }
        Ok(Transfer::of(self.len(), &dense))
    }

    /// The transfer matrix of a channel with many Kraus operators, from its superoperator
    /// S\[ab, a'b'\] = Σ K\[a, a'\] K\[b, b'\]*: the time grows as D⁴ for each of them, instead of D⁵.
    ///
    /// # Errors
    /// [`Stopped`]
    fn transfer_of_many(&self, kraus: &[CMat], watch: &Watch<'_>) -> Result<Transfer, Stopped> {
        let size = self.size();
        let mut superoperator = CMat::zeros(size * size, size * size);
        for k in kraus {
            watch.spend(4 * size.pow(4))?;
            superoperator += k.kronecker(&k.conjugate());
        }
        let mut dense = vec![0.0; self.len() * self.len()];
        let mut image = CMat::zeros(size * size, 1);
        for (j, element) in self.elements.iter().enumerate() {
            watch.spend(4 * self.len() * element.len() * 2)?;
            image.fill(C64::ZERO);
            for &(row, column, value) in element {
                image.column_mut(0).axpy(value, &superoperator.column(row * size + column), C64::ONE);
            }
            for (i, read) in self.elements.iter().enumerate() {
                // Tr B_i E(B_j) with E(B_j) row by row
                let trace: C64 = read.iter().map(|&(row, column, value)| value * image[column * size + row]).sum();
                dense[i * self.len() + j] = trace.re / size as f64;
            }
        }
        Ok(Transfer::of(self.len(), &dense))
    }
}

/// A sparse real matrix R_ij on strings of basis elements: for each row i, the columns j with their entries.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) rows: Vec<Vec<(usize, f64)>>,
}

impl Transfer {
    fn of(size: usize, dense: &[f64]) -> Self {
        let row = |row: &[f64]| row.iter().copied().enumerate().filter(|(_, x)| x.abs() > SNAP).collect();
        Self { rows: dense.chunks_exact(size).map(row).collect() }
    }
}

/// Tr B_i ρ for some strings i of the product basis of subsystems with these dimensions.
pub(super) fn coefficients(rho: &CMat, dims: &[usize], strings: &[usize]) -> Vec<f64> {
    let bases: Vec<Vec<Element>> = dims.iter().map(|&d| gell_mann(d)).collect();
    let mut digits = vec![0; dims.len()];
    strings
        .iter()
        .map(|&string| {
            let mut rest = string;
            for (digit, d) in digits.iter_mut().zip(dims).rev() {
                *digit = rest % (d * d);
                rest /= d * d;
            }
            trace_of_product(rho, dims, &bases, &digits, (0, 0), C64::ONE).re
        })
        .collect()
}

/// Tr (B ⊗ …) ρ for given row and column of the factors before the first of `dims`.
fn trace_of_product(
    rho: &CMat,
    dims: &[usize],
    bases: &[Vec<Element>],
    digits: &[usize],
    (row, column): (usize, usize),
    factor: C64,
) -> C64 {
    let Some((&d, dims)) = dims.split_first() else { return factor * rho[(column, row)] };
    let inner = |&(r, c, value): &(usize, usize, C64)| {
        trace_of_product(rho, dims, &bases[1..], &digits[1..], (row * d + r, column * d + c), factor * value)
    };
    bases[0][digits[0]].iter().map(inner).sum()
}

/// The basis of one subsystem of dimension d.
#[expect(clippy::cast_precision_loss, reason = "dimensions are small")]
fn gell_mann(d: usize) -> Vec<Element> {
    let real = |x: f64| C64::new(x, 0.0);
    let pair = (d as f64 / 2.0).sqrt();
    let mut out = vec![(0..d).map(|k| (k, k, C64::ONE)).collect::<Element>()];
    for j in 0..d {
        for k in j + 1..d {
            out.push(vec![(j, k, real(pair)), (k, j, real(pair))]);
            out.push(vec![(j, k, C64::new(0.0, -pair)), (k, j, C64::new(0.0, pair))]);
        }
    }
    for l in 1..d {
        let norm = (d as f64 / (l * (l + 1)) as f64).sqrt();
        let diagonal = (0..l).map(|k| (k, k, real(norm)));
        out.push(diagonal.chain([(l, l, real(-(l as f64) * norm))]).collect());
    }
    out
}

/// All products of two bases; the second has dimension d.
fn products(left: &[Element], right: &[Element], d: usize) -> Vec<Element> {
    let product = |a: &Element, b: &Element| {
        let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x, y)));
        pairs.map(|((i, j, x), (k, l, y))| (i * d + k, j * d + l, x * y)).collect()
    };
    left.iter().flat_map(|a| right.iter().map(move |b| product(a, b))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_is_hermitian_and_orthogonal() {
        for dims in [vec![2], vec![3], vec![5], vec![2, 3], vec![2, 2, 2]] {
            let basis = Basis::new(&dims);
            let unit = |i: usize| (0..basis.len()).map(|k| f64::from(u8::from(k == i))).collect::<Vec<_>>();
            for i in 0..basis.len() {
                let b = basis.matrix(&unit(i));
                assert!((&b - b.adjoint()).norm() == 0.0);
                for (j, overlap) in basis.vector(&b).into_iter().enumerate() {
                    assert!((overlap - f64::from(u8::from(i == j))).abs() < 1e-15, "{dims:?} {i} {j}: {overlap}");
                }
            }
        }
    }

    #[test]
    fn many_kraus_operators_give_the_transfer_matrix_of_their_sum() {
        let basis = Basis::new(&[2, 2]);
        let operator = |k: usize| CMat::from_fn(4, 4, |row, col| C64::new((k * 7 + row * 3 + col) as f64, 1.0).sin());
        let kraus: Vec<CMat> = (0..9).map(operator).collect();
        let dense = |transfer: Transfer| -> Vec<f64> {
            let row = |row: &Vec<(usize, f64)>| {
                (0..16).map(|j| row.iter().find(|(k, _)| *k == j).map_or(0.0, |(_, x)| *x)).collect::<Vec<_>>()
            };
            transfer.rows.iter().flat_map(row).collect()
        };
        let watch = Watch::never();
        let whole = dense(basis.transfer(&kraus, &watch).expect("nothing stops it"));
        let parts = kraus.iter().map(|k| dense(basis.transfer(std::slice::from_ref(k), &watch).expect("as before")));
        let sum = parts.reduce(|a, b| a.iter().zip(&b).map(|(x, y)| x + y).collect()).expect("nine operators");
        for (a, b) in whole.iter().zip(sum) {
            assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn a_qubit_has_the_pauli_basis() {
        let basis = Basis::new(&[2]);
        let zero = CMat::from_row_slice(2, 2, &[C64::ONE, C64::ZERO, C64::ZERO, C64::ZERO]);
        let plus_i = CMat::from_row_slice(2, 2, &[C64::ONE, -C64::i(), C64::i(), C64::ONE]) * C64::from(0.5);
        assert_eq!(basis.vector(&zero), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(basis.vector(&plus_i), [1.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn single_strings_are_entries_of_the_vector() {
        let dims = [2, 3];
        let basis = Basis::new(&dims);
        let r: Vec<f64> = (0..basis.len()).map(|k| (k as f64).sin()).collect();
        let all: Vec<usize> = (0..basis.len()).collect();
        for (a, b) in coefficients(&basis.matrix(&r), &dims, &all).into_iter().zip(r) {
            assert!((a - b).abs() < 1e-14);
        }
    }
}
