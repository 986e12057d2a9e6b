//! The tile: the part of ρ that a pass over memory holds in the cache.
//!
//! A tile is the m × m matrix over the basis states of a few subsystems that remains of ρ when the digits of all other
//! subsystems are fixed, to R in the row and to C in the column. Real and imaginary parts are stored separately, each
//! padded to whole vectors, so every operation on the rows is a loop over contiguous numbers.

use crate::backend::passes::LANES;
use crate::quantum::C64;

/// Mirrored entries are copied between tile and matrix in squares of this side, if the run length is a multiple of it.
const SQUARE: usize = 4;

/// An m × m complex matrix in two planes of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Tile {
    /// m
    side: usize,
    /// m, rounded up to a multiple of [`LANES`].
    padded: usize,
    /// The distance from one row to the next.
    stride: usize,
    /// The distance from the real plane to the imaginary plane.
    plane: usize,
    /// Both planes. The padding is zero, and linear maps leave it zero.
    pub(super) numbers: Vec<f64>,
}

/// The position of a tile in the matrix: its basis states form runs of neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs<'a> {
    /// The first basis state of each run, as an offset into the basis of all slots.
    pub(super) starts: &'a [usize],
    /// The length of each run. Every start, and every offset of a tile, is a multiple of it.
    pub(super) length: usize,
}

/// The rows of the triangle for one value of the digits outside the tile, each beginning with its diagonal entry.
pub(super) type Rows<'r, 'm> = &'r mut [&'m mut [C64]];

impl Tile {
    /// Gives the tile this side. A tile that already has it keeps its content.
    pub(super) fn shape(&mut self, side: usize) {
        if self.side == side {
            return;
        }
        self.side = side;
        self.padded = side.next_multiple_of(LANES);
        // Rows a power of two apart would compete for a few sets of the cache.
        self.stride = if self.padded < 64 { self.padded } else { self.padded + LANES };
        self.plane = self.padded * self.stride;
        self.numbers.clear();
        self.numbers.resize(2 * self.plane, 0.0);
    }

    pub(super) fn padded(&self) -> usize {
        self.padded
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn plane(&self) -> usize {
        self.plane
    }

    /// T → Tᵀ
    #[inline(always)]
    pub(super) fn transpose(&mut self) {
        for plane in self.numbers.chunks_exact_mut(self.plane) {
            for i in (0..self.padded).step_by(LANES) {
                transpose_blocks(plane, self.stride, i, i);
                for j in (i + LANES..self.padded).step_by(LANES) {
                    transpose_blocks(plane, self.stride, i, j);
                }
            }
        }
    }

    /// T → T*
    #[inline(always)]
    pub(super) fn conjugate(&mut self) {
        self.numbers[self.plane..].iter_mut().for_each(|im| *im = -*im);
    }

    /// Fills in the lower triangle of a Hermitian tile from its upper triangle.
    #[inline(always)]
    fn mirror(&mut self) {
        for (plane, sign) in self.numbers.chunks_exact_mut(self.plane).zip([1.0, -1.0]) {
            for i in (0..self.padded).step_by(LANES) {
                for x in 0..LANES {
                    for y in 0..x {
                        plane[(i + x) * self.stride + i + y] = sign * plane[(i + y) * self.stride + i + x];
                    }
                }
                for j in (i + LANES..self.padded).step_by(LANES) {
                    let mut block = [[0.0; LANES]; LANES];
                    for x in 0..LANES {
                        let row = &plane[(i + x) * self.stride + j..][..LANES];
                        for y in 0..LANES {
                            block[y][x] = sign * row[y];
                        }
                    }
                    for (x, row) in block.iter().enumerate() {
                        plane[(j + x) * self.stride + i..][..LANES].copy_from_slice(row);
                    }
                }
            }
        }
    }

    /// Reads the tile of row digits R and column digits C ≠ R. An entry below the diagonal is the conjugate of its
    /// mirror image, which is in a row of C.
    #[inline(always)]
    pub(super) fn gather(&mut self, runs: Runs<'_>, [r, c]: [usize; 2], row: Rows<'_, '_>, column: Rows<'_, '_>) {
        let length = runs.length;
        for (i, above) in (0..).step_by(length).zip(runs.starts) {
            for (j, left) in (0..).step_by(length).zip(runs.starts) {
                let (above, left) = (r + above, c + left);
                if above < left {
                    for x in 0..length {
                        self.read_row(i + x, j, &row[i + x][left - above - x..][..length]);
                    }
                } else if length.is_multiple_of(SQUARE) {
                    self.read_mirrored::<SQUARE>(length, [i, j], &column[j..], above - left);
                } else {
                    self.read_mirrored::<1>(length, [i, j], &column[j..], above - left);
                }
            }
        }
    }

    /// Writes back the tile that [`gather`](Self::gather) read.
    #[inline(always)]
    pub(super) fn scatter(&self, runs: Runs<'_>, [r, c]: [usize; 2], row: Rows<'_, '_>, column: Rows<'_, '_>) {
        let length = runs.length;
        for (i, above) in (0..).step_by(length).zip(runs.starts) {
            for (j, left) in (0..).step_by(length).zip(runs.starts) {
                let (above, left) = (r + above, c + left);
                if above < left {
                    for x in 0..length {
                        self.write_row(i + x, j, &mut row[i + x][left - above - x..][..length]);
                    }
                } else if length.is_multiple_of(SQUARE) {
                    self.write_mirrored::<SQUARE>(length, [i, j], &mut column[j..], above - left);
                } else {
                    self.write_mirrored::<1>(length, [i, j], &mut column[j..], above - left);
                }
            }
        }
    }

    /// Reads the tile with the same digits in row and column, which is Hermitian.
    #[inline(always)]
    pub(super) fn gather_diagonal(&mut self, runs: Runs<'_>, rows: Rows<'_, '_>) {
        let length = runs.length;
        for (a, above) in runs.starts.iter().enumerate() {
            for x in 0..length {
                let i = a * length + x;
                self.read_row(i, i, &rows[i][..length - x]);
                for (j, left) in (0..).step_by(length).zip(runs.starts).skip(a + 1) {
                    self.read_row(i, j, &rows[i][left - above - x..][..length]);
                }
            }
        }
        self.mirror();
    }

    /// Writes back the upper triangle of a Hermitian tile, with a real diagonal.
    #[inline(always)]
    pub(super) fn scatter_diagonal(&self, runs: Runs<'_>, rows: Rows<'_, '_>) {
        let length = runs.length;
        for (a, above) in runs.starts.iter().enumerate() {
            for x in 0..length {
                let i = a * length + x;
                self.write_row(i, i, &mut rows[i][..length - x]);
                rows[i][0].im = 0.0;
                for (j, left) in (0..).step_by(length).zip(runs.starts).skip(a + 1) {
                    self.write_row(i, j, &mut rows[i][left - above - x..][..length]);
                }
            }
        }
    }

    #[inline(always)]
    fn read_row(&mut self, i: usize, j: usize, source: &[C64]) {
        let (re, im) = self.numbers.split_at_mut(self.plane);
        let at = i * self.stride + j;
        let (re, im) = (&mut re[at..][..source.len()], &mut im[at..][..source.len()]);
        for ((re, im), z) in re.iter_mut().zip(im).zip(source) {
            *re = z.re;
            *im = z.im;
        }
    }

    #[inline(always)]
    fn write_row(&self, i: usize, j: usize, target: &mut [C64]) {
        let (re, im) = self.numbers.split_at(self.plane);
        let at = i * self.stride + j;
        let (re, im) = (&re[at..][..target.len()], &im[at..][..target.len()]);
        for ((re, im), z) in re.iter().zip(im).zip(target) {
            *z = C64::new(*re, *im);
        }
    }

    /// Reads a block of `length`² entries in squares of Q². The conjugate of its column x is in `rows[x]`, `ahead` − x
    /// entries after the diagonal.
    #[inline(always)]
    fn read_mirrored<const Q: usize>(&mut self, length: usize, [i, j]: [usize; 2], rows: &[&mut [C64]], ahead: usize) {
        let (re_plane, im_plane) = self.numbers.split_at_mut(self.plane);
        for x in (0..length).step_by(Q) {
            for y in (0..length).step_by(Q) {
                let (mut re, mut im) = ([[0.0; Q]; Q], [[0.0; Q]; Q]);
                for k in 0..Q {
                    let source = &rows[x + k][ahead - x - k + y..][..Q];
                    for l in 0..Q {
                        re[l][k] = source[l].re;
                        im[l][k] = -source[l].im;
                    }
                }
                for k in 0..Q {
                    let at = (i + y + k) * self.stride + j + x;
                    re_plane[at..][..Q].copy_from_slice(&re[k]);
                    im_plane[at..][..Q].copy_from_slice(&im[k]);
                }
            }
        }
    }

    /// The inverse of [`read_mirrored`](Self::read_mirrored).
    #[expect(clippy::needless_range_loop, reason = "k and l are the two indices of a matrix and of its transpose")]
    #[inline(always)]
    fn write_mirrored<const Q: usize>(&self, length: usize, [i, j]: [usize; 2], rows: &mut [&mut [C64]], ahead: usize) {
        let (re_plane, im_plane) = self.numbers.split_at(self.plane);
        for x in (0..length).step_by(Q) {
            for y in (0..length).step_by(Q) {
                let mut square = [[C64::ZERO; Q]; Q];
                for k in 0..Q {
                    let at = (i + y + k) * self.stride + j + x;
                    let (re, im) = (&re_plane[at..][..Q], &im_plane[at..][..Q]);
                    for l in 0..Q {
                        square[l][k] = C64::new(re[l], -im[l]);
                    }
                }
                for (k, line) in square.iter().enumerate() {
                    rows[x + k][ahead - x - k + y..][..Q].copy_from_slice(line);
                }
            }
        }
    }
}

/// Swaps the blocks (i, j) and (j, i) and transposes both.
#[inline(always)]
fn transpose_blocks(plane: &mut [f64], stride: usize, i: usize, j: usize) {
    let (above, below) = (i * stride + j, j * stride + i);
    let (mut from_above, mut from_below) = ([[0.0; LANES]; LANES], [[0.0; LANES]; LANES]);
    for x in 0..LANES {
        let (a, b) = (&plane[above + x * stride..][..LANES], &plane[below + x * stride..][..LANES]);
        for y in 0..LANES {
            from_above[y][x] = a[y];
            from_below[y][x] = b[y];
        }
    }
    for x in 0..LANES {
        plane[below + x * stride..][..LANES].copy_from_slice(&from_above[x]);
        plane[above + x * stride..][..LANES].copy_from_slice(&from_below[x]);
    }
}
