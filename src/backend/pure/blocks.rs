//! The division of a state vector into tiles.
//!
//! A tile holds the amplitudes of all basis states of a few subsystems, for one value of the digits of the others. The
//! digits are taken from the most significant one on. A digit of the tile divides every part of the vector into parts
//! that belong together; any other digit divides them into groups that are independent, so that threads can work on
//! them. What remains is a block: a few parts, each with the least significant digits, in which tiles are neighbours.

use crate::backend::axes::{Axes, Plan};
use crate::backend::passes::LANES;
use crate::ir::Slot;
use crate::quantum::C64;

/// The least number of amplitudes in a block, if there are so many: its work must outweigh its division.
const SMALLEST: usize = 1 << 13;

/// Largest number of groups by which a digit may exceed the number of groups requested.
const EXCESS: usize = 16;

/// The tiles of a state vector.
#[derive(Debug)]
pub(super) struct Blocks {
    /// The digits above a block, the most significant first.
    upper: Vec<Digit>,
    /// The number of basis states of a tile.
    side: usize,
    /// The first basis state of each run of neighbours in a tile, as an offset into a part of a block.
    starts: Vec<usize>,
    /// The length of the runs.
    run: usize,
    /// The tiles of a block, as offsets into its parts.
    tiles: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Digit {
    dim: usize,
    in_tile: bool,
}

/// A part of a state vector, for reading or for writing.
pub(super) trait Part: Sized + Send {
    /// Divides it into this number of equal parts.
    fn parts(self, count: usize) -> impl Iterator<Item = Self>;
}

impl Part for &[C64] {
    fn parts(self, count: usize) -> impl Iterator<Item = Self> {
        self.chunks_exact(self.len() / count)
    }
}

impl Part for &mut [C64] {
    fn parts(self, count: usize) -> impl Iterator<Item = Self> {
        let length = self.len() / count;
        self.chunks_exact_mut(length)
    }
}

/// Parts that belong together, and the number of digits by which they were divided.
pub(super) struct Group<P> {
    parts: Vec<P>,
    level: usize,
}

impl Blocks {
    /// The tiles over some of the slots. In a tile, these keep the order that they have in `axes`.
    pub(super) fn new(axes: &Axes, tile: &[Slot]) -> Self {
        let slots = axes.slots();
        let side = tile.iter().map(|&slot| axes.dim(slot)).product();
        let (mut level, mut tiles) = (slots.len(), 1);
        while level > 0 && (tiles < LANES || tiles * side < SMALLEST) {
            level -= 1;
            tiles *= if tile.contains(&slots[level]) { 1 } else { axes.dim(slots[level]) };
        }
        let digit = |slot: &Slot| Digit { dim: axes.dim(*slot), in_tile: tile.contains(slot) };
        let lower = axes.only(&slots[level..]);
        let within: Vec<Slot> = slots[level..].iter().copied().filter(|slot| tile.contains(slot)).collect();
        let mut plan = Plan::default();
        lower.split(&within, &mut plan);
        let run = plan.targets.iter().enumerate().take_while(|(i, offset)| i == *offset).count();
        let starts = plan.targets.iter().copied().step_by(run).collect();
        Self { upper: slots[..level].iter().map(digit).collect(), side, starts, run, tiles: plan.rest }
    }

    /// The number of basis states of a tile.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// Divides a state vector into about this number of independent groups, fewer if it is small.
    pub(super) fn groups<P: Part>(&self, entries: P, wanted: usize) -> Vec<Group<P>> {
        let mut groups = vec![Group { parts: vec![entries], level: 0 }];
        while groups.len() < wanted {
            let next = groups[0].level;
            match self.upper.get(next) {
                Some(digit) if digit.in_tile || groups.len() * digit.dim <= EXCESS * wanted => {
                    groups = groups.into_iter().flat_map(|group| self.divided(group)).collect();
                }
                _ => break,
            }
        }
        groups
    }

    /// Calls a function with the parts of each block of a group.
    pub(super) fn each<P: Part>(&self, group: Group<P>, work: &mut impl FnMut(&mut [P])) {
        if group.level == self.upper.len() {
            let mut parts = group.parts;
            return work(&mut parts);
        }
        for group in self.divided(group) {
            self.each(group, work);
        }
    }

    fn divided<P: Part>(&self, Group { parts, level }: Group<P>) -> Vec<Group<P>> {
        let Digit { dim, in_tile } = self.upper[level];
        let level = level + 1;
        if in_tile {
            return vec![Group { parts: parts.into_iter().flat_map(|part| part.parts(dim)).collect(), level }];
        }
        let mut groups: Vec<Group<P>> =
            (0..dim).map(|_| Group { parts: Vec::with_capacity(parts.len()), level }).collect();
        for part in parts {
            groups.iter_mut().zip(part.parts(dim)).for_each(|(group, part)| group.parts.push(part));
        }
        groups
    }

    /// The tiles of a block, in groups that fill the lanes of a vector; the last one may be incomplete.
    pub(super) fn lanes(&self) -> impl Iterator<Item = &[usize]> {
        self.tiles.chunks(LANES)
    }

    /// Reads up to [`LANES`] tiles of a block: the number of lane l in row i is amplitude i of tile l. Real parts come
    /// first, then imaginary parts.
    #[inline(always)]
    pub(super) fn gather<P: std::ops::Deref<Target = [C64]>>(
        &self,
        parts: &[P],
        tiles: &[usize],
        numbers: &mut Vec<f64>,
    ) {
        let plane = self.side * LANES;
        if numbers.len() != 2 * plane || tiles.len() < LANES {
            numbers.clear();
            numbers.resize(2 * plane, 0.0);
        }
        let (re, im) = numbers.split_at_mut(plane);
        let rows = |at: usize, count: usize| at * LANES..(at + count) * LANES;
        let mut at = 0;
        for part in parts {
            for start in &self.starts {
                let (re, im) = (&mut re[rows(at, self.run)], &mut im[rows(at, self.run)]);
                match <&[usize; LANES]>::try_from(tiles) {
                    Ok(tiles) if self.run.is_multiple_of(SQUARE) => read_squares(part, tiles, *start, re, im),
                    Ok(tiles) if self.run == 1 && neighbours(tiles) => read_row(&part[tiles[0] + start..], re, im),
                    _ => read_any(part, tiles, *start, (re, im)),
                }
                at += self.run;
            }
        }
    }

    /// Writes back the tiles that [`gather`](Self::gather) read.
    #[inline(always)]
    pub(super) fn scatter(&self, parts: &mut [&mut [C64]], tiles: &[usize], numbers: &[f64]) {
        let plane = self.side * LANES;
        let (re, im) = numbers.split_at(plane);
        let rows = |at: usize| at * LANES..(at + self.run) * LANES;
        let mut at = 0;
        for part in parts {
            for start in &self.starts {
                let (re, im) = (&re[rows(at)], &im[rows(at)]);
                match <&[usize; LANES]>::try_from(tiles) {
                    Ok(tiles) if self.run.is_multiple_of(SQUARE) => write_squares(part, tiles, *start, re, im),
                    Ok(tiles) if self.run == 1 && neighbours(tiles) => write_row(&mut part[tiles[0] + start..], re, im),
                    _ => write_any(part, tiles, *start, (re, im)),
                }
                at += self.run;
            }
        }
    }
}

/// Runs are copied in pieces of this length if they are a multiple of it.
const SQUARE: usize = 4;

/// Whether the tiles are neighbours in memory.
#[inline(always)]
fn neighbours(tiles: &[usize; LANES]) -> bool {
    tiles[LANES - 1] == tiles[0] + LANES - 1
}

#[inline(always)]
fn read_squares(part: &[C64], tiles: &[usize; LANES], start: usize, re: &mut [f64], im: &mut [f64]) {
    let rows = re.chunks_exact_mut(SQUARE * LANES).zip(im.chunks_exact_mut(SQUARE * LANES));
    for (x, (re, im)) in rows.enumerate() {
        let (mut re_square, mut im_square) = ([[0.0; LANES]; SQUARE], [[0.0; LANES]; SQUARE]);
        for (lane, tile) in tiles.iter().enumerate() {
            let source = &part[tile + start + x * SQUARE..][..SQUARE];
            for (k, z) in source.iter().enumerate() {
                re_square[k][lane] = z.re;
                im_square[k][lane] = z.im;
            }
        }
        re.copy_from_slice(re_square.as_flattened());
        im.copy_from_slice(im_square.as_flattened());
    }
}

#[inline(always)]
fn write_squares(part: &mut [C64], tiles: &[usize; LANES], start: usize, re: &[f64], im: &[f64]) {
    let rows = re.chunks_exact(SQUARE * LANES).zip(im.chunks_exact(SQUARE * LANES));
    for (x, (re, im)) in rows.enumerate() {
        for (lane, tile) in tiles.iter().enumerate() {
            let target = &mut part[tile + start + x * SQUARE..][..SQUARE];
            for (k, z) in target.iter_mut().enumerate() {
                *z = C64::new(re[k * LANES + lane], im[k * LANES + lane]);
            }
        }
    }
}

#[inline(always)]
fn read_row(part: &[C64], re: &mut [f64], im: &mut [f64]) {
    for ((re, im), z) in re.iter_mut().zip(im).zip(part) {
        *re = z.re;
        *im = z.im;
    }
}

#[inline(always)]
fn write_row(part: &mut [C64], re: &[f64], im: &[f64]) {
    for ((re, im), z) in re.iter().zip(im).zip(part) {
        *z = C64::new(*re, *im);
    }
}

#[inline(always)]
fn read_any(part: &[C64], tiles: &[usize], start: usize, (re, im): (&mut [f64], &mut [f64])) {
    for (x, (re, im)) in re.chunks_exact_mut(LANES).zip(im.chunks_exact_mut(LANES)).enumerate() {
        for ((re, im), tile) in re.iter_mut().zip(im).zip(tiles) {
            let z = part[tile + start + x];
            *re = z.re;
            *im = z.im;
        }
    }
}

#[inline(always)]
fn write_any(part: &mut [C64], tiles: &[usize], start: usize, (re, im): (&[f64], &[f64])) {
    for (x, (re, im)) in re.chunks_exact(LANES).zip(im.chunks_exact(LANES)).enumerate() {
        for ((re, im), tile) in re.iter().zip(im).zip(tiles) {
            part[tile + start + x] = C64::new(*re, *im);
        }
    }
}
