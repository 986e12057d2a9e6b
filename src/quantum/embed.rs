//! Subsystems of a register: embedding, reordering, partial trace and partial transpose of dense matrices.
//!
//! Contract: `dims` lists the dimensions of the subsystems of a register in the order of its Kronecker product; the
//! first subsystem is the most significant index. Dimensions may differ. Positions are indices into `dims`, each used
//! at most once. A matrix whose size does not match the dimensions is a bug in the caller.
//!
//! All four functions use the same decomposition: the index of a basis state of the register is the sum of the
//! contributions of a group of subsystems and of all others. [`offsets`] lists the contributions of a group.

use super::linalg::CMat;

/// Embeds the operator `matrix`, which acts on the subsystems at `positions` in that order, in the whole register. It
/// acts as the identity on all other subsystems.
#[must_use]
pub fn embed(matrix: &CMat, positions: &[usize], dims: &[usize]) -> CMat {
    let (own, other) = (offsets(dims, positions), offsets(dims, &others(dims, positions)));
    assert_eq!(matrix.nrows(), own.len(), "the operator has the dimensions of its positions");
    let n = own.len() * other.len();
    let mut whole = CMat::zeros(n, n);
    for &rest in &other {
        for (col, &c) in own.iter().enumerate() {
            for (row, &r) in own.iter().enumerate() {
                whole[(rest + r, rest + c)] = matrix[(row, col)];
            }
        }
    }
    whole
}

/// Reorders the subsystems of an operator: subsystem k of the result is subsystem `order[k]` of `matrix`. `order`
/// contains every subsystem once.
#[must_use]
pub fn permute(matrix: &CMat, dims: &[usize], order: &[usize]) -> CMat {
    let old = offsets(dims, order);
    assert_eq!(matrix.nrows(), old.len(), "the order names every subsystem of the matrix");
    CMat::from_fn(old.len(), old.len(), |row, col| matrix[(old[row], old[col])])
}

/// The reduced matrix of the subsystems in `keep`, in that order: the trace over all other subsystems.
#[must_use]
pub fn partial_trace(rho: &CMat, dims: &[usize], keep: &[usize]) -> CMat {
    let (own, other) = (offsets(dims, keep), offsets(dims, &others(dims, keep)));
    assert_eq!(rho.nrows(), own.len() * other.len(), "the matrix has the dimensions of its register");
    CMat::from_fn(own.len(), own.len(), |row, col| {
        other.iter().map(|&rest| rho[(own[row] + rest, own[col] + rest)]).sum()
    })
}

/// Transposes a matrix in the indices of the subsystems in `which` only.
#[must_use]
pub fn partial_transpose(rho: &CMat, dims: &[usize], which: &[usize]) -> CMat {
    let (own, other) = (offsets(dims, which), offsets(dims, &others(dims, which)));
    let n = own.len() * other.len();
    assert_eq!(rho.nrows(), n, "the matrix has the dimensions of its register");
    let mut result = CMat::zeros(n, n);
    for &a in &own {
        for &b in &own {
            for &r in &other {
                for &s in &other {
                    result[(a + r, b + s)] = rho[(b + r, a + s)];
                }
            }
        }
    }
    result
}

/// For each joint basis state of the subsystems in `group` (the first is the most significant), its index in the
/// register when all other subsystems are in level 0.
fn offsets(dims: &[usize], group: &[usize]) -> Vec<usize> {
    let mut list = vec![0];
    for &position in group {
        let stride: usize = dims[position + 1..].iter().product();
        list = list.iter().flat_map(|&base| (0..dims[position]).map(move |level| base + level * stride)).collect();
    }
    list
}

/// The positions that are not in `group`, in ascending order.
fn others(dims: &[usize], group: &[usize]) -> Vec<usize> {
    (0..dims.len()).filter(|position| !group.contains(position)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::linalg::{C64, kron, max_abs, product};
    use super::super::testing::{Random, identity};
    use super::*;

    /// Distinct positions of a register, in random order.
    fn shuffled(random: &mut Random, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for k in (1..n).rev() {
            order.swap(k, random.below(k + 1));
        }
        order
    }

    #[test]
    fn embedding_agrees_with_kronecker_product_and_reordering() {
        let mut random = Random::new(1);
        for _ in 0..40 {
            let dims: Vec<usize> = (0..4).map(|_| 1 + random.below(3)).collect();
            let order = shuffled(&mut random, 4);
            let count = 1 + random.below(3);
            let (own, rest) = order.split_at(count);
            let size = |group: &[usize]| group.iter().map(|&k| dims[k]).product::<usize>();
            let a = random.matrix(size(own), size(own));
            // The register in the order (own, rest), then restored: subsystem k is at position order⁻¹(k).
            let sorted_dims: Vec<usize> = order.iter().map(|&k| dims[k]).collect();
            let back: Vec<usize> = (0..4).map(|k| order.iter().position(|&o| o == k).unwrap()).collect();
            let slow = permute(&kron(&a, &identity(size(rest))), &sorted_dims, &back);
            assert_eq!(embed(&a, own, &dims), slow, "dims {dims:?}, positions {own:?}");
        }
    }

    #[test]
    fn expectation_values_of_embedded_operators_follow_from_the_reduced_state() {
        let mut random = Random::new(2);
        for _ in 0..20 {
            let dims: Vec<usize> = (0..3).map(|_| 1 + random.below(4)).collect();
            let n = dims.iter().product();
            let order = shuffled(&mut random, 3);
            let keep = &order[..2];
            let local = random.matrix(dims[keep[0]] * dims[keep[1]], dims[keep[0]] * dims[keep[1]]);
            let rho = random.matrix(n, n);
            // Tr(ρ (A ⊗ 1)) = Tr(ρ_keep A) defines the partial trace.
            let whole = product(&rho, &embed(&local, keep, &dims)).trace();
            let reduced = product(&partial_trace(&rho, &dims, keep), &local).trace();
            assert!((whole - reduced).norm() < 1e-12 * n as f64);
        }
    }

    #[test]
    fn permutation_of_a_product_permutes_its_factors() {
        let mut random = Random::new(3);
        let dims = [2, 3, 4];
        let factors: Vec<CMat> = dims.iter().map(|&d| random.matrix(d, d)).collect();
        let joint = |order: &[usize]| kron(&kron(&factors[order[0]], &factors[order[1]]), &factors[order[2]]);
        let permuted = permute(&joint(&[0, 1, 2]), &dims, &[2, 0, 1]);
        assert!(max_abs(&(permuted - joint(&[2, 0, 1]))) < 1e-14);
        assert!(
            max_abs(
                &(partial_trace(&joint(&[0, 1, 2]), &dims, &[2, 0])
                    - kron(&factors[2], &factors[0]) * factors[1].trace())
            ) < 1e-13
        );
    }

    #[test]
    fn partial_transpose_transposes_only_the_given_factors() {
        let mut random = Random::new(4);
        let dims = [3, 2, 2];
        let [a, b, c] = dims.map(|d| random.matrix(d, d));
        let joint = kron(&kron(&a, &b), &c);
        let expected = kron(&kron(&a.transpose(), &b), &c.transpose());
        assert!(max_abs(&(partial_transpose(&joint, &dims, &[0, 2]) - expected)) < 1e-14);
        assert_eq!(partial_transpose(&joint, &dims, &[0, 1, 2]), joint.transpose());
        assert_eq!(partial_transpose(&joint, &dims, &[]), joint);
    }

    #[test]
    fn keeping_no_subsystem_gives_the_trace() {
        let rho = Random::new(5).matrix(6, 6);
        let expected = CMat::from_element(1, 1, rho.trace());
        assert!((partial_trace(&rho, &[2, 3], &[]) - expected)[(0, 0)].norm() < 1e-14);
        assert_eq!(embed(&CMat::from_element(1, 1, C64::from(2.0)), &[], &[2]), identity(2) * C64::from(2.0));
    }
}
