//! The eigenspaces of a real matrix S with their right and left vectors, and the eigenvalues that lack eigenvectors.
//!
//! Contract: the vectors of an [`Eigenspace`] pass a residual test and satisfy u·v = 1 within rounding. A matrix that
//! is not diagonalisable has [`Defect`]s. They are recognised by the condition κ = ‖u‖‖v‖/|u·v| of an eigenvalue: a
//! rounding error ε of the matrix moves the eigenvalue by κε. Rounding splits a Jordan block of size k into k
//! eigenvalues at distances of ε^(1/k), with κ ≈ ε^(1/k − 1), nearly parallel right vectors, and u·v ≈ 0. So
//! neighbouring ill-conditioned eigenvalues form a cluster. Rounding moves their mean λ̄ by ε only, so the null space
//! of S − λ̄ gives the number of eigenvectors. Eigenvalues that agree within rounding form a cluster too. A cluster
//! with as many eigenvectors as eigenvalues is one eigenspace.

use crate::backend::{Stopped, Watch};
use crate::quantum::{C64, CMat, RMat, eigen_real, inverse, null_spaces};

/// Eigenvalues at most this far apart count as equal.
const SAME: f64 = 1e-10;

/// Above this condition, an eigenvalue may belong to a Jordan block: rounding destroys about half of its projector's
/// digits.
const ILL_CONDITIONED: f64 = 1e6;

/// Up to this condition, the vectors computed for single eigenvalues are accepted as a basis of their eigenspace.
const WELL_CONDITIONED: f64 = 1e3;

/// Above this condition, too few digits of a projector are correct for it to be reported.
const UNUSABLE: f64 = 1e10;

/// Ill-conditioned eigenvalues farther apart than this do not belong to one Jordan block: ε^(1/k) for k = 8.
const LARGEST_SPLIT: f64 = 1e-2;

/// An eigenvalue of smaller modulus decays to nothing within ten collisions, whether it belongs to a Jordan block or
/// not. Streams of units produce such blocks at λ = 0, because a unit is discarded after a fixed number of collisions.
const FORGOTTEN: f64 = 0.05;

/// An eigenvalue and its whole eigenspace.
#[derive(Debug)]
pub(super) struct Eigenspace {
    /// λ, Im λ ≥ 0.
    pub(super) value: C64,
    /// m × k, right eigenvectors as columns.
    pub(super) right: CMat,
    /// k × m, left eigenvectors as rows, with left·right the identity.
    pub(super) left: CMat,
}

/// A cluster of eigenvalues with fewer eigenvectors than eigenvalues: a Jordan block, or a cluster that rounding makes
/// indistinguishable from one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Defect {
    /// The mean λ of the eigenvalues, Im λ ≥ 0.
    pub value: C64,
    /// The number of eigenvalues.
    pub count: usize,
    /// The number of eigenvectors.
    pub vectors: usize,
}

impl Defect {
    /// Whether its contribution vanishes within a few collisions.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.value.norm() < FORGOTTEN
    }
}

/// The eigenspaces and defects of a matrix; of each conjugate pair, the one with Im λ > 0.
#[derive(Debug, Default)]
pub(super) struct Separated {
    pub(super) spaces: Vec<Eigenspace>,
    pub(super) defects: Vec<Defect>,
}

/// An eigenvalue with one right and one left vector of norm 1; NaN where no vector was found.
struct Single {
    value: C64,
    right: CMat,
    left: CMat,
    /// u·v
    overlap: C64,
    /// κ; +∞ if a vector is missing.
    condition: f64,
}

/// The approximate multiply-adds of an eigenvalue or singular-value decomposition of an m × m matrix.
pub(super) fn decomposition(m: usize) -> u64 {
    25 * (m as u64).pow(3)
}

/// Separates the eigenspaces of a square matrix.
///
/// # Errors
/// [`Stopped`]
pub(super) fn separate(s: &RMat, watch: &Watch<'_>) -> Result<Separated, Stopped> {
    let singles = singles(s, watch)?;
    let mut out = Separated::default();
    for cluster in clusters(&singles) {
        let count = cluster.len();
        let mean = cluster.iter().map(|i| singles[*i].value).sum::<C64>() / count as f64;
        let spread = cluster.iter().map(|i| (singles[*i].value - mean).norm()).fold(0.0, f64::max);
        // A cluster on the real axis is its own conjugate.
        let value = if mean.im.abs() <= SAME { C64::from(mean.re) } else { mean };
        if value.im < 0.0 {
            continue;
        }
        let found = match cluster.as_slice() {
            [one] => single(&singles[*one], value),
            many => match several(&singles, many, value, watch)? {
                Some(space) => Ok(space),
                None => {
                    let s = s.clone();
                    watch.aside(decomposition(s.nrows()), move || null_space(&s, value, count, spread))?
                }
            },
        };
        match found {
            Ok(space) => out.spaces.push(space),
            Err(vectors) => out.defects.push(Defect { value, count, vectors }),
        }
    }
    Ok(out)
}

/// Computes right vectors from the matrix and left vectors from its transpose, matched by the nearest eigenvalue.
fn singles(s: &RMat, watch: &Watch<'_>) -> Result<Vec<Single>, Stopped> {
    let aside = |s: RMat| watch.aside(decomposition(s.nrows()), move || eigen_real(&s));
    let (values, right) = aside(s.clone())?;
    let (others, left) = aside(s.transpose())?;
    // Each left eigenvalue is used once, even if several are equal.
    let mut free: Vec<usize> = (0..others.len()).collect();
    let mut take_nearest = |z: C64| {
        let at = (0..free.len()).min_by(|a, b| (others[free[*a]] - z).norm().total_cmp(&(others[free[*b]] - z).norm()));
        free.swap_remove(at.expect("S and its transpose have equally many eigenvalues"))
    };
    let one = |(i, &value): (usize, &C64)| {
        let v = right.columns(i, 1).into_owned();
        let u = left.columns(take_nearest(value), 1).transpose();
        let overlap = (&u * &v)[(0, 0)];
        let condition = 1.0 / overlap.norm();
        let condition = if condition.is_nan() { f64::INFINITY } else { condition };
        Single { value, right: v, left: u, overlap, condition }
    };
    Ok(values.iter().enumerate().map(one).collect())
}

/// Clusters of eigenvalues that rounding makes indistinguishable, as lists of indices.
fn clusters(singles: &[Single]) -> Vec<Vec<usize>> {
    let distance = |a: usize, b: usize| (singles[a].value - singles[b].value).norm();
    let ill = |i: usize| singles[i].condition > ILL_CONDITIONED;
    let next_ill = |i: usize| {
        let others = (0..singles.len()).filter(|j| *j != i && ill(*j));
        others.map(|j| distance(i, j)).fold(f64::INFINITY, f64::min)
    };
    // The eigenvalues of a split Jordan block lie on a circle at about equal distances. An eigenvalue inside the
    // circle, well-conditioned or not, cannot be distinguished from them.
    let next: Vec<f64> = (0..singles.len()).map(|i| if ill(i) { next_ill(i) } else { 0.0 }).collect();
    let reach = |i: usize, factor: f64| if next[i] <= LARGEST_SPLIT { (factor * next[i]).max(SAME) } else { SAME };
    let linked = |a: usize, b: usize| {
        let reach = match (ill(a), ill(b)) {
            (true, true) => reach(a, 3.0).min(reach(b, 3.0)),
            _ => reach(a, 1.0).max(reach(b, 1.0)),
        };
        distance(a, b) <= reach
    };
    let mut left: Vec<usize> = (0..singles.len()).collect();
    let mut out = Vec::new();
    while let Some(first) = left.pop() {
        let mut cluster = vec![first];
        let mut at = 0;
        while at < cluster.len() {
            let member = cluster[at];
            let (joined, others) = left.into_iter().partition(|j| linked(member, *j));
            left = others;
            cluster.extend::<Vec<usize>>(joined);
            at += 1;
        }
        out.push(cluster);
    }
    out
}

/// The eigenspace of a single eigenvalue; an error with 0 vectors if its condition is too large.
fn single(one: &Single, value: C64) -> Result<Eigenspace, usize> {
    if one.condition <= UNUSABLE {
        Ok(Eigenspace { value, right: one.right.clone(), left: one.left.map(|z| z / one.overlap) })
    } else {
        Err(0)
    }
}

/// The eigenspace of a cluster of eigenvalues; `None` if the vectors computed for them do not span it accurately.
///
/// # Errors
/// [`Stopped`]
fn several(
    singles: &[Single],
    cluster: &[usize],
    value: C64,
    watch: &Watch<'_>,
) -> Result<Option<Eigenspace>, Stopped> {
    let right = CMat::from_columns(&cluster.iter().map(|i| singles[*i].right.column(0)).collect::<Vec<_>>());
    let left = CMat::from_rows(&cluster.iter().map(|i| singles[*i].left.row(0)).collect::<Vec<_>>());
    watch.aside(decomposition(cluster.len()), move || biorthogonal(value, right, &left, WELL_CONDITIONED))
}

/// Normalises the vectors so that left·right is the identity; `None` if the norm of (left·right)⁻¹ exceeds `most`.
fn biorthogonal(value: C64, right: CMat, left: &CMat, most: f64) -> Option<Eigenspace> {
    let back = inverse(&(left * &right));
    (back.norm() <= most).then(|| Eigenspace { value, right, left: back * left })
}

/// The eigenspace of a cluster from the null space of S − λ.
///
/// # Errors
/// The number of eigenvectors, if it is smaller than `count`.
fn null_space(s: &RMat, value: C64, count: usize, spread: f64) -> Result<Eigenspace, usize> {
    let mut shifted = s.map(C64::from);
    (0..s.nrows()).for_each(|k| shifted[(k, k)] -= value);
    let (values, left, right) = null_spaces(&shifted, count);
    let tolerance = (10.0 * spread).max(SAME);
    let vectors = values.iter().filter(|x| **x <= tolerance).count();
    if vectors < count {
        return Err(vectors);
    }
    biorthogonal(value, right, &left.adjoint(), ILL_CONDITIONED).ok_or(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The block-diagonal matrix of these blocks, transformed by a well-conditioned change of basis.
    fn similar(blocks: &[RMat]) -> RMat {
        let n = blocks.iter().map(RMat::nrows).sum();
        let mut out = RMat::zeros(n, n);
        let mut at = 0;
        for b in blocks {
            out.view_mut((at, at), b.shape()).copy_from(b);
            at += b.nrows();
        }
        let basis = RMat::identity(n, n) + RMat::from_fn(n, n, |i, j| 0.4 * ((3 * i + 7 * j + i * j) as f64).sin());
        let back = basis.clone().try_inverse().expect("well-conditioned");
        basis * out * back
    }

    fn jordan(value: f64, size: usize) -> RMat {
        RMat::from_fn(size, size, |i, j| if i == j { value } else { f64::from(u8::from(j == i + 1)) * 0.3 })
    }

    fn diagonal(values: &[f64]) -> RMat {
        RMat::from_diagonal(&nalgebra::DVector::from_column_slice(values))
    }

    /// S^7 from the eigenspaces: Σ λ^7 v u, with twice the real part for a conjugate pair.
    fn seventh_power(separated: &Separated, n: usize) -> RMat {
        let part = |s: &Eigenspace| {
            let m = (&s.right * &s.left * s.value.powu(7)).map(|z| z.re);
            if s.value.im > 0.0 { m * 2.0 } else { m }
        };
        separated.spaces.iter().map(part).fold(RMat::zeros(n, n), |a, b| a + b)
    }

    #[test]
    fn eigenspaces_reproduce_a_power_of_the_matrix() {
        let turn = RMat::from_row_slice(2, 2, &[0.6, -0.5, 0.5, 0.6]);
        for blocks in [
            vec![diagonal(&[0.9, 0.5, -0.3])],
            vec![turn.clone(), diagonal(&[0.9])],
            vec![diagonal(&[0.9, 0.9, 0.9, 0.2])],
            vec![turn.clone(), turn.clone(), diagonal(&[1.0, 1.0])],
            vec![diagonal(&[0.9, 0.9 - 1e-6, 0.9 - 1e-3])],
        ] {
            let s = similar(&blocks);
            let separated = separate(&s, &Watch::never()).expect("it runs to its end");
            assert_eq!(separated.defects, []);
            let error = (seventh_power(&separated, s.nrows()) - s.pow(7)).amax();
            assert!(error < 1e-9, "{error}");
        }
    }

    #[test]
    fn jordan_blocks_are_recognised_among_other_eigenvalues() {
        for size in 2..=4 {
            for exact in [true, false] {
                let blocks = [jordan(0.8, size), diagonal(&[0.8, 0.79, 0.3])];
                let s = if exact {
                    let mut s = RMat::zeros(size + 1, size + 1);
                    s.view_mut((0, 0), (size, size)).copy_from(&blocks[0]);
                    s[(size, size)] = 0.79;
                    s
                } else {
                    similar(&blocks)
                };
                let Separated { spaces, defects } = separate(&s, &Watch::never()).expect("it runs to its end");
                let [defect] = defects[..] else { panic!("{size} {exact}: {defects:?}") };
                let (count, vectors) = if exact { (size, 1) } else { (size + 1, 2) };
                assert!((defect.value - C64::from(0.8)).norm() < 1e-9, "{size} {exact}: {defect:?}");
                assert_eq!((defect.count, defect.vectors), (count, vectors), "{size} {exact}: {defect:?}");
                assert_eq!(spaces.len(), if exact { 1 } else { 2 });
            }
        }
    }

    #[test]
    fn a_conjugate_pair_of_jordan_blocks_is_one_defect() {
        let mut s = RMat::zeros(4, 4);
        let turn = RMat::from_row_slice(2, 2, &[0.6, -0.5, 0.5, 0.6]);
        s.view_mut((0, 0), (2, 2)).copy_from(&turn);
        s.view_mut((2, 2), (2, 2)).copy_from(&turn);
        s.view_mut((0, 2), (2, 2)).copy_from(&RMat::identity(2, 2));
        let Separated { spaces, defects } =
            separate(&similar(&[s, diagonal(&[0.1])]), &Watch::never()).expect("it runs to its end");
        assert_eq!((spaces.len(), defects.len()), (1, 1), "{defects:?}");
        assert!((defects[0].value - C64::new(0.6, 0.5)).norm() < 1e-9);
        assert_eq!((defects[0].count, defects[0].vectors), (2, 1));
    }

    #[test]
    fn a_jordan_block_at_zero_is_a_forgotten_defect() {
        let Separated { defects, .. } =
            separate(&similar(&[jordan(0.0, 3), diagonal(&[0.7])]), &Watch::never()).expect("it runs to its end");
        assert!(defects.iter().all(Defect::is_forgotten) && !defects.is_empty(), "{defects:?}");
    }
}
