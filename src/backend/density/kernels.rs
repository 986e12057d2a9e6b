//! Gates and channels on a few targets of a density matrix, in place.
//!
//! With the digits of all other subsystems fixed, to r in the row and c in the column, what is left of ρ is a d × d tile
//! over the basis states of the targets. A gate maps each tile to U·tile·U†, a channel to Σ K·tile·K†; tiles do not
//! mix. So a kernel gathers a tile, works on it where it is small and contiguous, and scatters it back: one pass over
//! memory. d = 2, 3, 4 have loops of fixed length, real and imaginary parts apart, which the compiler vectorises.

use crate::backend::axes::Plan;
use crate::quantum::{C64, CMat};

/// Buffers that the kernels reuse.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace {
    gates: Vec<C64>,
    tile: Vec<C64>,
    half: Vec<C64>,
    sum: Vec<C64>,
    /// One row of ρ, for whoever moves rows.
    pub(super) row: Vec<C64>,
}

/// ρ → UρU†
pub(super) fn unitary(rho: &mut [C64], size: usize, plan: &Plan, u: &CMat, work: &mut Workspace) {
    debug_assert_eq!(plan.targets.len(), u.nrows(), "a gate has the dimension of its targets");
    if is_diagonal(u) {
        return phases(rho, size, plan, u, work);
    }
    match u.nrows() {
        2 => sandwich::<2>(rho, size, plan, u),
        3 => sandwich::<3>(rho, size, plan, u),
        4 => sandwich::<4>(rho, size, plan, u),
        _ => operator_sum(rho, size, plan, std::slice::from_ref(u), work),
    }
}

/// ρ → Σ K ρ K†
///
/// An entry costs d² multiply-adds through the superoperator and 2d for each of the m operators: the cheaper one runs.
pub(super) fn channel(rho: &mut [C64], size: usize, plan: &Plan, kraus: &[CMat], work: &mut Workspace) {
    let d = plan.targets.len();
    debug_assert!(kraus.iter().all(|k| k.nrows() == d), "a channel has the dimension of its targets");
    match d {
        2 if kraus.len() > 1 => superoperator::<4>(rho, size, plan, kraus),
        3 if kraus.len() > 1 => superoperator::<9>(rho, size, plan, kraus),
        4 if kraus.len() > 2 => superoperator::<16>(rho, size, plan, kraus),
        _ => operator_sum(rho, size, plan, kraus, work),
    }
}

fn is_diagonal(u: &CMat) -> bool {
    (0..u.ncols()).all(|j| (0..u.nrows()).all(|i| i == j || u[(i, j)] == C64::ZERO))
}

/// A diagonal U: entry (r, c) is multiplied by u_r u_c*, u being the diagonal of U ⊗ 1 on the whole space.
fn phases(rho: &mut [C64], size: usize, plan: &Plan, u: &CMat, work: &mut Workspace) {
    let diagonal = &mut work.gates;
    diagonal.clear();
    diagonal.resize(size, C64::ZERO);
    for rest in &plan.rest {
        for (i, target) in plan.targets.iter().enumerate() {
            diagonal[rest + target] = u[(i, i)];
        }
    }
    for (row, left) in rho.chunks_exact_mut(size).zip(diagonal.iter()) {
        for (entry, right) in row.iter_mut().zip(diagonal.iter()) {
            *entry *= left * right.conj();
        }
    }
}

/// A D × D matrix with its real and imaginary parts apart, row-major.
#[derive(Clone, Copy)]
struct Tile<const D: usize> {
    re: [[f64; D]; D],
    im: [[f64; D]; D],
}

impl<const D: usize> Tile<D> {
    const ZERO: Self = Self { re: [[0.0; D]; D], im: [[0.0; D]; D] };

    #[inline(always)]
    fn from_fn(entry: impl Fn(usize, usize) -> C64) -> Self {
        let mut tile = Self::ZERO;
        for i in 0..D {
            for j in 0..D {
                let z = entry(i, j);
                tile.re[i][j] = z.re;
                tile.im[i][j] = z.im;
            }
        }
        tile
    }

    #[inline(always)]
    fn times(&self, right: &Self) -> Self {
        let mut product = Self::ZERO;
        for i in 0..D {
            for k in 0..D {
                let (re, im) = (self.re[i][k], self.im[i][k]);
                for j in 0..D {
                    product.re[i][j] += re * right.re[k][j] - im * right.im[k][j];
                    product.im[i][j] += re * right.im[k][j] + im * right.re[k][j];
                }
            }
        }
        product
    }
}

/// U·tile·U† for a U of a size known to the compiler.
fn sandwich<const D: usize>(rho: &mut [C64], size: usize, plan: &Plan, u: &CMat) {
    let (left, right) = (Tile::<D>::from_fn(|i, j| u[(i, j)]), Tile::<D>::from_fn(|i, j| u[(j, i)].conj()));
    let offsets: [usize; D] = plan.targets[..].try_into().expect("a gate has the dimension of its targets");
    for row in &plan.rest {
        let starts = offsets.map(|offset| (row + offset) * size);
        for column in &plan.rest {
            let tile = Tile::<D>::from_fn(|i, j| rho[starts[i] + column + offsets[j]]);
            let tile = left.times(&tile).times(&right);
            for i in 0..D {
                for j in 0..D {
                    rho[starts[i] + column + offsets[j]] = C64::new(tile.re[i][j], tile.im[i][j]);
                }
            }
        }
    }
}

/// The channel as a matrix on tiles, N = d²: S\[ab, a'b'\] = Σ K\[a, a'\] K\[b, b'\]*, here by columns.
fn superoperator<const N: usize>(rho: &mut [C64], size: usize, plan: &Plan, kraus: &[CMat]) {
    let d = plan.targets.len();
    let columns = Tile::<N>::from_fn(|from, to| {
        let term = |k: &CMat| k[(to / d, from / d)] * k[(to % d, from % d)].conj();
        kraus.iter().map(term).sum()
    });
    let offsets: [usize; N] = std::array::from_fn(|at| plan.targets[at / d] * size + plan.targets[at % d]);
    for row in &plan.rest {
        for column in &plan.rest {
            let start = row * size + column;
            let (mut re, mut im) = ([0.0; N], [0.0; N]);
            for from in 0..N {
                let z = rho[start + offsets[from]];
                for to in 0..N {
                    re[to] += columns.re[from][to] * z.re - columns.im[from][to] * z.im;
                    im[to] += columns.re[from][to] * z.im + columns.im[from][to] * z.re;
                }
            }
            for to in 0..N {
                rho[start + offsets[to]] = C64::new(re[to], im[to]);
            }
        }
    }
}

/// Σ K·tile·K† for any dimension and any number of operators; with one it is a gate.
fn operator_sum(rho: &mut [C64], size: usize, plan: &Plan, operators: &[CMat], work: &mut Workspace) {
    let d = plan.targets.len();
    let Workspace { gates, tile, half, sum, .. } = work;
    gates.clear();
    for k in operators {
        gates.extend((0..d * d).map(|at| k[(at / d, at % d)]));
        gates.extend((0..d * d).map(|at| k[(at % d, at / d)].conj()));
    }
    for_each_tile(rho, size, plan, tile, |tile| {
        sum.clear();
        sum.resize(d * d, C64::ZERO);
        for pair in gates.chunks_exact(2 * d * d) {
            half.clear();
            half.resize(d * d, C64::ZERO);
            add_product(d, &pair[..d * d], tile, half);
            add_product(d, half, &pair[d * d..], sum);
        }
        tile.copy_from_slice(sum);
    });
}

/// out += left·right, all d × d and row-major.
fn add_product(d: usize, left: &[C64], right: &[C64], out: &mut [C64]) {
    for (row, out) in left.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
        for (factor, right) in row.iter().zip(right.chunks_exact(d)) {
            for (out, entry) in out.iter_mut().zip(right) {
                *out += factor * entry;
            }
        }
    }
}

/// Gathers each tile, row-major, lets `work` change it, and puts it back.
fn for_each_tile(rho: &mut [C64], size: usize, plan: &Plan, tile: &mut Vec<C64>, mut work: impl FnMut(&mut [C64])) {
    let d = plan.targets.len();
    tile.clear();
    tile.resize(d * d, C64::ZERO);
    for row in &plan.rest {
        for column in &plan.rest {
            for (line, target) in tile.chunks_exact_mut(d).zip(&plan.targets) {
                let start = (row + target) * size + column;
                for (entry, offset) in line.iter_mut().zip(&plan.targets) {
                    *entry = rho[start + offset];
                }
            }
            work(tile);
            for (line, target) in tile.chunks_exact(d).zip(&plan.targets) {
                let start = (row + target) * size + column;
                for (entry, offset) in line.iter().zip(&plan.targets) {
                    rho[start + offset] = *entry;
                }
            }
        }
    }
}
