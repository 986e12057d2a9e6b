//! Gates as real matrices that act on rows of real numbers, split into blocks.
//!
//! On real and imaginary parts, a complex d × d matrix is a real 2d × 2d matrix. Its exact zeros split it into blocks
//! that do not mix, and rows on which it is the identity drop out. An exchange exp(−iθ(XX + YY)/2) reduces to two
//! rotations of two rows each instead of an 8 × 8 matrix: (Re 01, Im 10) and (Im 01, Re 10).

use std::ops::Range;

use super::rounding::Factors;
use crate::quantum::C64;

/// The blocks of several gates, stored consecutively in shared buffers.
#[derive(Debug, Clone, Default)]
pub(in crate::backend) struct Gates {
    blocks: Vec<Block>,
    offsets: Vec<usize>,
    /// The entries of all blocks, unrounded; [`apply`](Self::apply) needs them rounded.
    pub(in crate::backend) factors: Factors,
    starts: Vec<usize>,
}

/// A matrix on n rows.
#[derive(Debug, Clone)]
struct Block {
    /// The n offsets at which the rows begin.
    offsets: Range<usize>,
    /// n × n entries, row-major.
    factors: Range<usize>,
}

/// A gate of [`Gates`]: its blocks, and the shifts at which they apply.
#[derive(Debug, Clone)]
pub(in crate::backend) struct Gate {
    blocks: Range<usize>,
    starts: Range<usize>,
}

/// The position of a gate's rows in a buffer of numbers.
pub(in crate::backend) struct Placement<'a, S> {
    /// The offset of the real parts of each basis state.
    pub(in crate::backend) offsets: &'a [usize],
    /// The distance from the real parts to the imaginary parts.
    pub(in crate::backend) plane: usize,
    /// The shifts at which the gate applies.
    pub(in crate::backend) starts: S,
}

impl Gates {
    /// Adds a gate. Each entry is a sum high + low of two numbers; `low` is the rounding error of `high`.
    pub(in crate::backend) fn add(
        &mut self,
        matrix: impl Fn(usize, usize) -> (C64, C64),
        place: Placement<'_, impl Iterator<Item = usize>>,
    ) -> Gate {
        let Placement { offsets, plane, starts } = place;
        let d = offsets.len();
        let entry = |to: usize, from: usize| {
            let (high, low) = matrix(to % d, from % d);
            match (to < d, from < d) {
                (true, true) | (false, false) => (high.re, low.re),
                (true, false) => (-high.im, -low.im),
                (false, true) => (high.im, low.im),
            }
        };
        let first = self.blocks.len();
        let mut seen = vec![false; 2 * d];
        for k in 0..2 * d {
            if !seen[k] {
                let rows = connected(k, &mut seen, &|to, from| entry(to, from).0);
                if rows.len() > 1 || entry(k, k).0 != 1.0 {
                    self.add_block(&rows, &entry, |row| offsets[row % d] + if row < d { 0 } else { plane });
                }
            }
        }
        let begin = self.starts.len();
        self.starts.extend(starts);
        Gate { blocks: first..self.blocks.len(), starts: begin..self.starts.len() }
    }

    fn add_block(
        &mut self,
        rows: &[usize],
        entry: &impl Fn(usize, usize) -> (f64, f64),
        place: impl Fn(usize) -> usize,
    ) {
        let (offsets, factors) = (self.offsets.len(), self.factors.len());
        self.offsets.extend(rows.iter().map(|&row| place(row)));
        for &to in rows {
            for &from in rows {
                let (high, low) = entry(to, from);
                self.factors.push(high, low);
            }
        }
        self.blocks.push(Block { offsets: offsets..self.offsets.len(), factors: factors..self.factors.len() });
    }

    /// Applies a gate to W numbers of each row, beginning `shift` numbers after the start of the row. `factors` are the
    /// rounded entries of all blocks.
    #[inline(always)]
    pub(in crate::backend) fn apply<const W: usize>(
        &self,
        gate: &Gate,
        factors: &[f64],
        numbers: &mut [f64],
        shift: usize,
    ) {
        let starts = &self.starts[gate.starts.clone()];
        for block in &self.blocks[gate.blocks.clone()] {
            let (offsets, factors) = (&self.offsets[block.offsets.clone()], &factors[block.factors.clone()]);
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

/// The rows that the matrix couples to row k, directly or through other rows, in increasing order, including k.
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

/// Multiplies N rows by an N × N matrix, with N a compile-time constant.
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

/// Multiplies any number of rows by a square matrix.
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
