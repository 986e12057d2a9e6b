//! Reduced density matrices of a state vector.

use rayon::prelude::*;

use super::blocks::{Blocks, Group};
use crate::backend::axes::{Axes, Plan};
use crate::backend::passes::LANES;
use crate::backend::passes::question::Question;
use crate::backend::{Stopped, Watch};
use crate::ir::Slot;
use crate::quantum::{C64, CMat};

/// The number of partial sums. It does not depend on the number of threads, so that neither does the result.
const PARTIAL_SUMS: usize = 64;

/// The most numbers in all partial sums.
const MOST_NUMBERS: usize = 1 << 18;

/// From this dimension on, an interrupt is checked for in every row of the reduced matrix.
const WIDE: usize = 64;

/// The reduced density matrix of the slots, the first the most significant: ρ_ij = Σ_r ψ_ir ψ_jr*.
///
/// # Errors
/// [`Stopped`]
pub(super) fn reduced(axes: &Axes, entries: &[C64], slots: &[Slot], watch: &Watch<'_>) -> Result<CMat, Stopped> {
    watch.ask()?;
    let blocks = Blocks::new(axes, slots);
    let side = blocks.side();
    let question = Question::new(watch);
    let wanted = (MOST_NUMBERS / side.saturating_mul(side)).clamp(1, PARTIAL_SUMS);
    let sums: Vec<Vec<C64>> = blocks
        .groups(entries, wanted)
        .into_par_iter()
        .map_init(Vec::new, |tile, group| sum(&blocks, group, tile, &question))
        .collect();
    question.answer()?;
    let mut plan = Plan::default();
    axes.only(slots).split(slots, &mut plan); // the positions in a tile, which has its slots in the order of the axes
    Ok(CMat::from_fn(side, side, |i, j| {
        let (row, column) = (plan.targets[i], plan.targets[j]);
        let entry = |row: usize, column: usize| sums.iter().map(|sum| sum[row * side + column]).sum::<C64>();
        if row <= column { entry(row, column) } else { entry(column, row).conj() }
    }))
}

/// The contribution of a group: the upper triangle of the sum over its tiles, row-major.
fn sum(blocks: &Blocks, group: Group<&[C64]>, tile: &mut Vec<f64>, question: &Question<'_>) -> Vec<C64> {
    let side = blocks.side();
    let mut sum = vec![C64::ZERO; side * side];
    let vectors = pulp::Arch::new();
    blocks.each(group, &mut |parts| {
        vectors.dispatch(|| {
            for tiles in blocks.lanes() {
                if question.ends() {
                    return;
                }
                blocks.gather(parts, tiles, tile);
                add(tile, &mut sum, side, question);
            }
        });
    });
    sum
}

/// Adds Σ_l ψ_il ψ_jl* over the lanes l to each entry with i ≤ j.
#[inline(always)]
fn add(tile: &[f64], sum: &mut [C64], side: usize, question: &Question<'_>) {
    let (re, im) = tile.split_at(side * LANES);
    for i in 0..side {
        if side >= WIDE && question.ends() {
            return;
        }
        let (a, b) = (&re[i * LANES..][..LANES], &im[i * LANES..][..LANES]);
        for j in i..side {
            let (c, d) = (&re[j * LANES..][..LANES], &im[j * LANES..][..LANES]);
            let (mut real, mut imaginary) = ([0.0; LANES], [0.0; LANES]);
            for l in 0..LANES {
                real[l] = a[l] * c[l] + b[l] * d[l];
                imaginary[l] = b[l] * c[l] - a[l] * d[l];
            }
            sum[i * side + j] += C64::new(real.iter().sum(), imaginary.iter().sum());
        }
    }
}
