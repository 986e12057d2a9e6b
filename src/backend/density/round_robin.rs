//! A pass over the tiles of a matrix, on all threads.
//!
//! The tile of row digits R and column digits C lies in the rows of R and, mirrored, of C, and no other tile of the upper
//! triangle touches these entries. So the rows are dealt out to players, and threads take pairs of players: everyone meets
//! everyone once, in rounds in which no player meets two. What is done to a tile depends on that tile alone, so the
//! result is the same, bit for bit, for any number of threads.

use rayon::prelude::*;

use super::packed::Packed;
use super::pass::{Bench, Pass};
use crate::quantum::C64;

/// The dimension of a state from which a pass is shared by threads: below it, it is over before another thread has woken.
const MIN_THREADED_DIM: usize = 256;

/// The rows of some neighbouring values of the digits outside of the tile.
#[derive(Debug, Default)]
struct Player<'r, 'm> {
    /// Those values.
    rests: &'r [usize],
    /// For each of them the rows of its tiles.
    rows: &'r mut [&'m mut [C64]],
}

/// Applies a pass to the whole matrix.
pub(super) fn play(pass: &Pass, rho: &mut Packed, benches: &mut Vec<Bench>) {
    let vectors = pulp::Arch::new(); // the widest that the machine has; sums keep their order, so also their bits
    let size = rho.size;
    let (rests, side) = (&pass.plan.rest, pass.plan.targets.len());
    if rests.len() == 1 {
        benches.resize_with(benches.len().max(1), Bench::default);
        let mut rows: Vec<&mut [C64]> = rho.rows_mut().collect();
        return vectors.dispatch(|| pass.diagonal(&mut rows, &mut benches[0]));
    }
    let threads = if size < MIN_THREADED_DIM { 1 } else { rayon::current_num_threads() };
    let mut rows = dealt(pass, rho);
    let each = rests.len().div_ceil(if threads == 1 { 1 } else { 2 * threads });
    let deal = rests.chunks(each).zip(rows.chunks_mut(each * side));
    let mut players: Vec<Player<'_, '_>> = deal.map(|(rests, rows)| Player { rests, rows }).collect();
    benches.resize_with(benches.len().max(players.len()), Bench::default);
    if let [player] = &mut players[..] {
        return vectors.dispatch(|| player.alone(pass, &mut benches[0]));
    }
    players
        .par_iter_mut()
        .zip(&mut *benches)
        .for_each(|(player, bench)| vectors.dispatch(|| player.alone(pass, bench)));
    if players.len() % 2 == 1 {
        players.push(Player::default()); // whoever meets it, rests
    }
    // the circle method: the first stays, the others go round the table
    for _ in 1..players.len() {
        let half = players.len() / 2;
        let (left, right) = players.split_at_mut(half);
        let pairs = left.par_iter_mut().zip(right.par_iter_mut().rev());
        pairs.zip(&mut *benches).for_each(|((one, other), bench)| vectors.dispatch(|| one.meet(other, pass, bench)));
        players[1..].rotate_right(1);
    }
}

/// The rows of the matrix by the digits outside of the tile, then by those of the tile.
fn dealt<'m>(pass: &Pass, rho: &'m mut Packed) -> Vec<&'m mut [C64]> {
    let mut seats = vec![0; rho.size];
    let states = pass.plan.rest.iter().flat_map(|rest| pass.plan.targets.iter().map(move |target| rest + target));
    states.enumerate().for_each(|(seat, state)| seats[state] = seat);
    let mut dealt = Vec::new();
    dealt.resize_with(rho.size, Default::default);
    rho.rows_mut().zip(seats).for_each(|(row, seat)| dealt[seat] = row);
    dealt
}

impl Player<'_, '_> {
    /// All tiles within its own rows.
    #[inline(always)]
    fn alone(&mut self, pass: &Pass, bench: &mut Bench) {
        let side = pass.plan.targets.len();
        for (at, rest) in self.rests.iter().enumerate() {
            let (before, own) = self.rows.split_at_mut(at * side);
            let own = &mut own[..side];
            pass.diagonal(own, bench);
            for (rows, earlier) in before.chunks_exact_mut(side).zip(self.rests) {
                pass.across([*earlier, *rest], rows, own, bench);
            }
        }
    }

    /// All tiles between the rows of two.
    #[inline(always)]
    fn meet(&mut self, other: &mut Self, pass: &Pass, bench: &mut Bench) {
        let side = pass.plan.targets.len();
        // the earlier digits are those of the row, whoever sits where
        let (first, second) = if self.rests < other.rests { (self, other) } else { (other, self) };
        for (r, row) in first.rests.iter().zip(first.rows.chunks_exact_mut(side)) {
            for (c, column) in second.rests.iter().zip(second.rows.chunks_exact_mut(side)) {
                pass.across([*r, *c], row, column, bench);
            }
        }
    }
}
