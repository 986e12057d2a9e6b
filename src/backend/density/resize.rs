//! Attaching and tracing out, in place.
//!
//! Both rest on the order of the entries: an entry of the larger matrix never lies before the one of the smaller matrix
//! that belongs to it. Growing therefore runs from the back and shrinking from the front.

use crate::backend::axes::Plan;
use crate::quantum::{C64, CMat};

/// ρ → ρ ⊗ σ with σ as the least significant digits; `size` is the dimension of ρ.
///
/// (ρ ⊗ σ)\[ra, cb\] = ρ\[r, c\] σ\[a, b\]; with k the dimension of σ, row r becomes the rows rk … rk + k − 1 of length Dk,
/// which end where no earlier row begins. `scratch` holds the row while they are written.
pub(super) fn attach(rho: &mut Vec<C64>, size: usize, state: &CMat, scratch: &mut Vec<C64>) {
    let k = state.nrows();
    let width = size * k;
    let rows = state.transpose(); // its columns, which are contiguous, are the rows of σ
    rho.resize(width * width, C64::ZERO);
    for r in (0..size).rev() {
        scratch.clear();
        scratch.extend_from_slice(&rho[r * size..(r + 1) * size]);
        let to = &mut rho[r * k * width..(r + 1) * k * width];
        for (line, row) in to.chunks_exact_mut(width).zip(rows.as_slice().chunks_exact(k)) {
            match *row {
                [x, y] => {
                    for (pair, entry) in line.chunks_exact_mut(2).zip(scratch.iter()) {
                        pair[0] = entry * x;
                        pair[1] = entry * y;
                    }
                }
                _ => {
                    for (group, entry) in line.chunks_exact_mut(k).zip(scratch.iter()) {
                        group.iter_mut().zip(row).for_each(|(to, factor)| *to = entry * factor);
                    }
                }
            }
        }
    }
}

/// Partial trace over the plan's targets: ρ'\[r, c\] = Σ_t ρ\[rt, ct\]. The digits left keep their order.
pub(super) fn discard(rho: &mut Vec<C64>, size: usize, plan: &Plan) {
    let mut to = 0;
    for row in &plan.rest {
        for column in &plan.rest {
            let start = row * size + column;
            rho[to] = plan.targets.iter().map(|t| rho[start + t * (size + 1)]).sum();
            to += 1;
        }
    }
    rho.truncate(to);
}
