//! The tile: the part of ρ that a pass over memory holds in the cache.
//!
//! With the digits of all other subsystems fixed, to R in the row and C in the column, what is left of ρ is an m × m
//! matrix over the basis states of a few subsystems. Real and imaginary parts stand apart, each padded to whole
//! vectors, so that everything done to the rows is a loop over contiguous numbers.

use crate::quantum::C64;

/// Numbers that are worked on at once; rows are padded to a multiple of it.
pub(super) const LANES: usize = 8;

/// An m × m complex matrix in two planes of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Tile {
    /// m, padded.
    padded: usize,
    /// From a row to the next.
    stride: usize,
    /// From the real to the imaginary plane.
    plane: usize,
    /// The padding is zero, and linear maps leave it so.
    pub(super) numbers: Vec<f64>,
}

/// How a tile lies in the matrix: its basis states are runs of neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs<'a> {
    /// The first basis state of each run, as an offset into the basis of the whole.
    pub(super) starts: &'a [usize],
    /// The length of each; every start, and every offset of a tile, is a multiple of it.
    pub(super) length: usize,
}

/// Some rows of the triangle, each from its diagonal on: those of one value of the digits outside of the tile.
pub(super) type Rows<'r, 'm> = &'r mut [&'m mut [C64]];

impl Tile {
    /// A zero tile; its buffer is reused.
    pub(super) fn shape(&mut self, side: usize) {
        self.padded = side.next_multiple_of(LANES);
        // rows a power of two apart would share a few sets of the cache
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

    /// The tile of row digits R and column digits C ≠ R. An entry below the diagonal is the conjugate of its mirror image,
    /// which stands in a row of C.
    pub(super) fn gather(&mut self, runs: Runs<'_>, at: [usize; 2], row: Rows<'_, '_>, column: Rows<'_, '_>) {
        for_each_block(runs, at, |place, [r, c]| {
            let rows = if r < c { &*row } else { &*column };
            for x in 0..runs.length {
                let source = place.stretch(rows, [r, c], x, runs.length);
                if r < c {
                    self.put_row(place.i + x, place.j, source);
                } else {
                    self.put_column(place.i, place.j + x, source);
                }
            }
        });
    }

    /// What [`gather`](Self::gather) read, written back.
    pub(super) fn scatter<'m>(&self, runs: Runs<'_>, at: [usize; 2], row: Rows<'_, 'm>, column: Rows<'_, 'm>) {
        for_each_block(runs, at, |place, [r, c]| {
            let rows = if r < c { &mut *row } else { &mut *column };
            for x in 0..runs.length {
                let target = place.stretch_mut(rows, [r, c], x, runs.length);
                if r < c {
                    self.take_row(place.i + x, place.j, target);
                } else {
                    self.take_column(place.i, place.j + x, target);
                }
            }
        });
    }

    /// The tile of the same digits in row and column, which is Hermitian itself.
    pub(super) fn gather_diagonal(&mut self, runs: Runs<'_>, rows: Rows<'_, '_>) {
        for_each_block(runs, [0, 0], |place, [r, c]| {
            for x in 0..runs.length {
                let (i, skip) = (place.i + x, if r == c { x } else { 0 });
                if r <= c {
                    let source = &rows[i][c + skip - r - x..][..runs.length - skip];
                    self.put_row(i, place.j + skip, source);
                    self.put_column(place.j + skip, i, source);
                }
            }
        });
    }

    /// Its upper triangle, written back; the diagonal is real.
    pub(super) fn scatter_diagonal(&self, runs: Runs<'_>, rows: Rows<'_, '_>) {
        for_each_block(runs, [0, 0], |place, [r, c]| {
            for x in 0..runs.length {
                let (i, skip) = (place.i + x, if r == c { x } else { 0 });
                if r <= c {
                    self.take_row(i, place.j + skip, &mut rows[i][c + skip - r - x..][..runs.length - skip]);
                }
                if r == c {
                    rows[i][0].im = 0.0;
                }
            }
        });
    }

    fn put_row(&mut self, i: usize, j: usize, source: &[C64]) {
        let (re, im) = self.numbers.split_at_mut(self.plane);
        let at = i * self.stride + j;
        let (re, im) = (&mut re[at..at + source.len()], &mut im[at..at + source.len()]);
        for ((re, im), z) in re.iter_mut().zip(im).zip(source) {
            *re = z.re;
            *im = z.im;
        }
    }

    /// The conjugates.
    fn put_column(&mut self, i: usize, j: usize, source: &[C64]) {
        let (re, im) = self.numbers.split_at_mut(self.plane);
        let at = i * self.stride + j;
        let (re, im) = (re[at..].iter_mut().step_by(self.stride), im[at..].iter_mut().step_by(self.stride));
        for ((re, im), z) in re.zip(im).zip(source) {
            *re = z.re;
            *im = -z.im;
        }
    }

    fn take_row(&self, i: usize, j: usize, target: &mut [C64]) {
        let (re, im) = self.numbers.split_at(self.plane);
        let at = i * self.stride + j;
        let (re, im) = (&re[at..at + target.len()], &im[at..at + target.len()]);
        for ((re, im), z) in re.iter().zip(im).zip(target) {
            *z = C64::new(*re, *im);
        }
    }

    fn take_column(&self, i: usize, j: usize, target: &mut [C64]) {
        let (re, im) = self.numbers.split_at(self.plane);
        let at = i * self.stride + j;
        let (re, im) = (re[at..].iter().step_by(self.stride), im[at..].iter().step_by(self.stride));
        for ((re, im), z) in re.zip(im).zip(target) {
            *z = C64::new(*re, -*im);
        }
    }
}

/// Where a block of run × run stands in its tile.
struct Block {
    i: usize,
    j: usize,
}

impl Block {
    /// The part of a stored row that is line x of the block [r, c] or, below the diagonal, of its mirror image.
    fn stretch<'m>(&self, rows: &'m [&mut [C64]], [r, c]: [usize; 2], x: usize, length: usize) -> &'m [C64] {
        let (index, from, to) = if r < c { (self.i, r, c) } else { (self.j, c, r) };
        &rows[index + x][to - from - x..][..length]
    }

    fn stretch_mut<'m>(
        &self,
        rows: &'m mut [&mut [C64]],
        [r, c]: [usize; 2],
        x: usize,
        length: usize,
    ) -> &'m mut [C64] {
        let (index, from, to) = if r < c { (self.i, r, c) } else { (self.j, c, r) };
        &mut rows[index + x][to - from - x..][..length]
    }
}

/// Every pair of runs: where it stands in the tile, and in the matrix.
fn for_each_block(runs: Runs<'_>, [row, column]: [usize; 2], mut work: impl FnMut(&Block, [usize; 2])) {
    for (a, r) in runs.starts.iter().enumerate() {
        for (b, c) in runs.starts.iter().enumerate() {
            work(&Block { i: a * runs.length, j: b * runs.length }, [row + r, column + c]);
        }
    }
}

/// Puts the transpose of block (i, j) in the place of block (j, i) and the other way round.
fn transpose_blocks(plane: &mut [f64], stride: usize, i: usize, j: usize) {
    let [above, below] = [(i, j), (j, i)].map(|(i, j)| load(plane, stride, i * stride + j));
    store(plane, stride, j * stride + i, &above);
    store(plane, stride, i * stride + j, &below);
}

/// A block by columns.
fn load(plane: &[f64], stride: usize, at: usize) -> [[f64; LANES]; LANES] {
    let mut block = [[0.0; LANES]; LANES];
    for x in 0..LANES {
        let row = &plane[at + x * stride..][..LANES];
        for y in 0..LANES {
            block[y][x] = row[y];
        }
    }
    block
}

fn store(plane: &mut [f64], stride: usize, at: usize, block: &[[f64; LANES]; LANES]) {
    for (x, row) in block.iter().enumerate() {
        plane[at + x * stride..][..LANES].copy_from_slice(row);
    }
}
