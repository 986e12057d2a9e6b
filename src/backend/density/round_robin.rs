//! A pass over the tiles of a matrix, on all threads.
//!
//! The tile with row digits R and column digits C lies in the rows of R and, mirrored, in those of C, and no other tile
//! of the upper triangle touches these entries. So the rows are divided into groups, and each thread takes a pair of
//! groups: every group meets every other group once, in rounds in which no group is in two pairs (a round-robin
//! tournament). The work on a tile depends on that tile alone, so the result is the same, bit for bit, for any number
//! of threads.

use rayon::prelude::*;

use super::packed::Packed;
use super::pass::{Application, Buffers, Pass};
use crate::backend::passes::question::Question;
use crate::backend::{Stopped, Watch};
use crate::quantum::C64;

/// The rows of some consecutive values of the digits outside the tile.
#[derive(Debug, Default)]
struct RowGroup<'r, 'm> {
    /// These values, as offsets into the basis of all slots.
    rests: &'r [usize],
    /// The rows of their tiles, value by value.
    rows: &'r mut [&'m mut [C64]],
}

/// Applies a pass with rounded `factors` to the whole matrix.
///
/// # Errors
/// [`Stopped`]; checked before every tile.
pub(super) fn apply(
    pass: &Pass,
    factors: &[f64],
    rho: &mut Packed,
    buffers: &mut Vec<Buffers>,
    watch: &Watch<'_>,
) -> Result<(), Stopped> {
    let question = Question::new(watch);
    to_all_tiles(pass.with(factors, &question), rho, buffers);
    question.answer()
}

fn to_all_tiles(work: Application<'_>, rho: &mut Packed, buffers: &mut Vec<Buffers>) {
    let vectors = pulp::Arch::new(); // the widest vectors available; sums keep their order, and so their bits
    let (rests, side) = (&work.pass.plan.rest, work.pass.plan.targets.len());
    if rests.len() == 1 {
        buffers.resize_with(buffers.len().max(1), Buffers::default);
        let mut rows: Vec<&mut [C64]> = rho.rows_mut().collect();
        return vectors.dispatch(|| work.diagonal(&mut rows, &mut buffers[0]));
    }
    let threads = rayon::current_num_threads();
    let mut rows = by_tile(work, rho);
    let each = rests.len().div_ceil(if threads == 1 { 1 } else { 2 * threads });
    let groups = rests.chunks(each).zip(rows.chunks_mut(each * side));
    let mut groups: Vec<RowGroup<'_, '_>> = groups.map(|(rests, rows)| RowGroup { rests, rows }).collect();
    buffers.resize_with(buffers.len().max(groups.len()), Buffers::default);
    if let [group] = &mut groups[..] {
        return vectors.dispatch(|| group.within(work, &mut buffers[0]));
    }
    groups
        .par_iter_mut()
        .zip(&mut *buffers)
        .for_each(|(group, buffers)| vectors.dispatch(|| group.within(work, buffers)));
    if groups.len() % 2 == 1 {
        groups.push(RowGroup::default()); // an empty group; its partner is idle in that round
    }
    // The circle method: the first group keeps its place, and the others move on by one place each round.
    for _ in 1..groups.len() {
        let half = groups.len() / 2;
        let (left, right) = groups.split_at_mut(half);
        let pairs = left.par_iter_mut().zip(right.par_iter_mut().rev());
        pairs
            .zip(&mut *buffers)
            .for_each(|((one, other), buffers)| vectors.dispatch(|| one.between(other, work, buffers)));
        groups[1..].rotate_right(1);
    }
}

/// The rows of the matrix, ordered by the digits outside the tile, then by those of the tile.
fn by_tile<'m>(work: Application<'_>, rho: &'m mut Packed) -> Vec<&'m mut [C64]> {
    let plan = &work.pass.plan;
    let mut positions = vec![0; rho.size];
    let states = plan.rest.iter().flat_map(|rest| plan.targets.iter().map(move |target| rest + target));
    states.enumerate().for_each(|(position, state)| positions[state] = position);
    let mut ordered = Vec::new();
    ordered.resize_with(rho.size, Default::default);
    rho.rows_mut().zip(positions).for_each(|(row, position)| ordered[position] = row);
    ordered
}

impl RowGroup<'_, '_> {
    /// All tiles whose rows and columns belong to this group.
    #[inline(always)]
    fn within(&mut self, work: Application<'_>, buffers: &mut Buffers) {
        let side = work.pass.plan.targets.len();
        for (at, rest) in self.rests.iter().enumerate() {
            let (before, own) = self.rows.split_at_mut(at * side);
            let own = &mut own[..side];
            work.diagonal(own, buffers);
            for (rows, earlier) in before.chunks_exact_mut(side).zip(self.rests) {
                if work.question.ends() {
                    return;
                }
                work.across([*earlier, *rest], rows, own, buffers);
            }
        }
    }

    /// All tiles between the rows of this group and those of another.
    #[inline(always)]
    fn between(&mut self, other: &mut Self, work: Application<'_>, buffers: &mut Buffers) {
        let side = work.pass.plan.targets.len();
        // In the upper triangle, the row has the smaller digits.
        let (first, second) = if self.rests < other.rests { (self, other) } else { (other, self) };
        for (r, row) in first.rests.iter().zip(first.rows.chunks_exact_mut(side)) {
            for (c, column) in second.rests.iter().zip(second.rows.chunks_exact_mut(side)) {
                if work.question.ends() {
                    return;
                }
                work.across([*r, *c], row, column, buffers);
            }
        }
    }
}
