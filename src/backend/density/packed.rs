//! A Hermitian matrix as its upper triangle, in one buffer.
//!
//! ρ = ρ†, so half of the entries say everything: row r holds its columns r … D − 1, the rows one behind another. That is
//! 8·D(D + 1) bytes, half of a full matrix, and half of its traffic.

use crate::quantum::C64;

/// The upper triangle of a Hermitian D × D matrix, row-major.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// D
    pub(super) size: usize,
    /// D(D + 1)/2 of them; those of the diagonal are real.
    pub(super) entries: Vec<C64>,
}

/// Entries of the upper triangle of a D × D matrix.
pub(super) fn count(size: usize) -> usize {
    size * (size + 1) / 2
}

/// Where the entry in a row and a column not before it stands: Σ_{i<r} (D − i) + (c − r).
pub(super) fn place(size: usize, row: usize, column: usize) -> usize {
    row * (2 * size - row - 1) / 2 + column
}

impl Packed {
    /// The 1 × 1 matrix \[1\].
    pub(super) fn one() -> Self {
        Self { size: 1, entries: vec![C64::ONE] }
    }

    /// ⟨row|ρ|column⟩, on either side of the diagonal.
    pub(super) fn get(&self, row: usize, column: usize) -> C64 {
        if row <= column {
            self.entries[place(self.size, row, column)]
        } else {
            self.entries[place(self.size, column, row)].conj()
        }
    }

    /// The rows in order, each from its entry on the diagonal on.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [C64]> {
        let mut rest = &mut self.entries[..];
        (1..=self.size).rev().map(move |length| {
            let row;
            (row, rest) = std::mem::take(&mut rest).split_at_mut(length);
            row
        })
    }

    /// Re Tr ρ
    pub(super) fn trace(&self) -> f64 {
        (0..self.size).map(|r| self.entries[place(self.size, r, r)].re).sum()
    }
}
