//! A Hermitian matrix as its upper triangle, in one buffer.
//!
//! ρ = ρ†, so half of the entries determine the matrix. Row r holds its columns r … D − 1, and the rows follow one
//! another. This takes 8·D(D + 1) bytes: half the size of a full matrix, and half its memory traffic.

use crate::backend::{Stopped, Watch};
use crate::quantum::C64;

/// At most this many entries, 16 MB, are copied between two checks for an interrupt. Filling fresh memory takes as long
/// as about four multiply-adds per entry.
const PIECE: usize = 1 << 20;

/// The upper triangle of a Hermitian D × D matrix, row-major.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// D
    pub(super) size: usize,
    /// The D(D + 1)/2 entries; those on the diagonal are real.
    pub(super) entries: Vec<C64>,
}

/// The number of entries in the upper triangle of a D × D matrix.
pub(super) fn count(size: usize) -> usize {
    size * (size + 1) / 2
}

/// The position of the entry in row r and column c ≥ r: Σ_{i<r} (D − i) + (c − r).
pub(super) fn place(size: usize, row: usize, column: usize) -> usize {
    row * (2 * size - row - 1) / 2 + column
}

impl Packed {
    /// The 1 × 1 matrix \[1\].
    pub(super) fn one() -> Self {
        Self { size: 1, entries: vec![C64::ONE] }
    }

    /// A copy of the matrix.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn copy(&self, watch: &Watch<'_>) -> Result<Self, Stopped> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for piece in self.entries.chunks(PIECE) {
            watch.spend(4 * piece.len())?;
            entries.extend_from_slice(piece);
        }
        Ok(Self { size: self.size, entries })
    }

    /// ⟨row|ρ|column⟩, on either side of the diagonal.
    pub(super) fn get(&self, row: usize, column: usize) -> C64 {
        if row <= column {
            self.entries[place(self.size, row, column)]
        } else {
            self.entries[place(self.size, column, row)].conj()
        }
    }

    /// The rows in order, each beginning with its diagonal entry.
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
