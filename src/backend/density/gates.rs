//! Gates as real matrices on rows of numbers, in blocks.
//!
//! On real and imaginary parts a complex d × d matrix is a real 2d × 2d one. Exact zeros split it into blocks that do
//! not mix, and rows on which it is 1 drop out. An exchange exp(−iθ(XX + YY)/2) is left with two rotations of two rows
//! each instead of an 8 × 8 matrix: (Re 01, Im 10) and (Im 01, Re 10).

use std::ops::Range;

use crate::quantum::C64;

/// Blocks of gates, one behind another in buffers that are reused.
#[derive(Debug, Clone, Default)]
pub(super) struct Gates {
    blocks: Vec<Block>,
    offsets: Vec<usize>,
    factors: Vec<f64>,
    starts: Vec<usize>,
}

/// n rows that mix.
#[derive(Debug, Clone)]
struct Block {
    /// Where each row begins, n offsets.
    offsets: Range<usize>,
    /// n × n, row-major.
    factors: Range<usize>,
}

/// A gate of [`Gates`]: blocks, and all places to which they apply.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    blocks: Range<usize>,
    starts: Range<usize>,
}

impl Gates {
    /// Adds a gate: basis state k of the matrix is the row of numbers at `offsets[k]`, its imaginary parts `plane` further, and
    /// all of them are moved by each of `starts`.
    pub(super) fn add(
        &mut self,
        matrix: impl Fn(usize, usize) -> C64,
        offsets: &[usize],
        plane: usize,
        starts: impl Iterator<Item = usize>,
    ) -> Gate {
        let d = offsets.len();
        let entry = |to: usize, from: usize| {
            let z = matrix(to % d, from % d);
            match (to < d, from < d) {
                (true, true) | (false, false) => z.re,
                (true, false) => -z.im,
                (false, true) => z.im,
            }
        };
        let first = self.blocks.len();
        let mut seen = vec![false; 2 * d];
        for k in 0..2 * d {
            if !seen[k] {
                let rows = connected(k, &mut seen, &entry);
                if rows.len() > 1 || entry(k, k) != 1.0 {
                    self.add_block(&rows, &entry, |row| offsets[row % d] + if row < d { 0 } else { plane });
                }
            }
        }
        let begin = self.starts.len();
        self.starts.extend(starts);
        Gate { blocks: first..self.blocks.len(), starts: begin..self.starts.len() }
    }

    fn add_block(&mut self, rows: &[usize], entry: &impl Fn(usize, usize) -> f64, place: impl Fn(usize) -> usize) {
        let (offsets, factors) = (self.offsets.len(), self.factors.len());
        self.offsets.extend(rows.iter().map(|&row| place(row)));
        self.factors.extend(rows.iter().flat_map(|&to| rows.iter().map(move |&from| entry(to, from))));
        self.blocks.push(Block { offsets: offsets..self.offsets.len(), factors: factors..self.factors.len() });
    }

    /// Applies a gate to W numbers of each row, `shift` behind its beginning.
    #[inline(always)]
    pub(super) fn apply<const W: usize>(&self, gate: &Gate, numbers: &mut [f64], shift: usize) {
        let starts = &self.starts[gate.starts.clone()];
        for block in &self.blocks[gate.blocks.clone()] {
            let (offsets, factors) = (&self.offsets[block.offsets.clone()], &self.factors[block.factors.clone()]);
            match offsets.len() {
                1 => mix::<1, W>(numbers, offsets, factors, starts, shift),
                2 => mix::<2, W>(numbers, offsets, factors, starts, shift),
                4 => mix::<4, W>(numbers, offsets, factors, starts, shift),
                8 => mix::<8, W>(numbers, offsets, factors, starts, shift),
                _ => mix_many::<W>(numbers, offsets, factors, starts, shift),
            }
        }
    }
}

/// The rows that mix with row k, itself included, in increasing order.
fn connected(k: usize, seen: &mut [bool], entry: &impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut rows = vec![k];
    seen[k] = true;
    let mut at = 0;
    while at < rows.len() {
        let row = rows[at];
        for (other, seen) in seen.iter_mut().enumerate() {
            if !*seen && (entry(row, other) != 0.0 || entry(other, row) != 0.0) {
                *seen = true;
                rows.push(other);
            }
        }
        at += 1;
    }
    rows.sort_unstable();
    rows
}

/// N rows, N known to the compiler.
#[inline(always)]
fn mix<const N: usize, const W: usize>(
    numbers: &mut [f64],
    offsets: &[usize],
    factors: &[f64],
    starts: &[usize],
    shift: usize,
) {
    let (mut at, mut matrix) = ([0; N], [[0.0; N]; N]);
    for i in 0..N {
        at[i] = offsets[i] + shift;
        matrix[i].copy_from_slice(&factors[i * N..][..N]);
    }
    for start in starts {
        let mut rows = [[0.0; W]; N];
        for i in 0..N {
            rows[i].copy_from_slice(&numbers[start + at[i]..][..W]);
        }
        for i in 0..N {
            let target = &mut numbers[start + at[i]..][..W];
            for k in 0..W {
                let mut sum = matrix[i][0] * rows[0][k];
                for j in 1..N {
                    sum += matrix[i][j] * rows[j][k];
                }
                target[k] = sum;
            }
        }
    }
}

/// Any number of rows.
#[inline(always)]
fn mix_many<const W: usize>(numbers: &mut [f64], offsets: &[usize], factors: &[f64], starts: &[usize], shift: usize) {
    let mut rows = vec![[0.0; W]; offsets.len()];
    for start in starts {
        for (row, offset) in rows.iter_mut().zip(offsets) {
            row.copy_from_slice(&numbers[start + shift + offset..][..W]);
        }
        for (offset, factors) in offsets.iter().zip(factors.chunks_exact(offsets.len())) {
            let mut sum = [0.0; W];
            for (factor, row) in factors.iter().zip(&rows) {
                for k in 0..W {
                    sum[k] += factor * row[k];
                }
            }
            numbers[start + shift + offset..][..W].copy_from_slice(&sum);
        }
    }
}
