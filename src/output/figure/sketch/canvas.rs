//! The cells of a sketch: characters with colours, and braille dots.

use unicode_width::UnicodeWidthChar;

use crate::output::style::painted;

/// A character of a sketch. Without colours `plain` is shown in place of `glyph`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) glyph: char,
    pub(super) plain: char,
    /// The colours of the character and of its background, by their numbers among 256; `None` is that of the terminal.
    pub(super) ink: (Option<u8>, Option<u8>),
}

impl Cell {
    pub(super) const BLANK: Self = Self { glyph: ' ', plain: ' ', ink: (None, None) };

    pub(super) fn of(glyph: char) -> Self {
        Self { glyph, plain: glyph, ..Self::BLANK }
    }
}

/// A line of a sketch.
pub(super) type Line = Vec<Cell>;

/// A text without colours.
pub(super) fn line(text: &str) -> Line {
    text.chars().map(Cell::of).collect()
}

/// Number of columns that a line takes.
pub(super) fn columns(line: &[Cell]) -> usize {
    line.iter().map(|cell| cell.glyph.width().unwrap_or(0)).sum()
}

/// The part of a line that fits into `width` columns, without blanks at its end.
pub(super) fn cut(line: &[Cell], width: usize) -> Line {
    let mut used = 0;
    let fits = |cell: &&Cell| {
        used += cell.glyph.width().unwrap_or(0);
        used <= width
    };
    let mut kept: Line = line.iter().take_while(fits).copied().collect();
    while kept.last() == Some(&Cell::BLANK) {
        kept.pop();
    }
    kept
}

/// A line as marked text, which [`coloured`](crate::output::coloured) prints.
pub(super) fn marked(line: &[Cell]) -> String {
    line.iter().map(|cell| painted(cell.glyph, cell.plain, cell.ink)).collect()
}

/// The number among 256 of the colour nearest to one with these parts of red, green and blue.
pub(super) fn nearest([r, g, b]: [u8; 3]) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |v: u8| (0u8..6).min_by_key(|i| LEVELS[usize::from(*i)].abs_diff(v)).unwrap_or(0);
    let (i, j, k) = (level(r), level(g), level(b));
    let away =
        |other: [u8; 3]| -> u32 { [r, g, b].iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    let cube = [i, j, k].map(|i| LEVELS[usize::from(i)]);
    let gray = (0u8..24).min_by_key(|k| away([8 + 10 * k; 3])).unwrap_or(0);
    if away([8 + 10 * gray; 3]) < away(cube) { 232 + gray } else { 16 + 36 * i + 6 * j + k }
}

/// A canvas of braille characters, each with two columns and four rows of dots.
pub(super) struct Dots {
    width: usize,
    height: usize,
    /// The characters row by row, each as the bits of its Unicode braille pattern, and the colour of its last dot.
    letters: Vec<(u8, Option<u8>)>,
}

impl Dots {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, letters: vec![(0, None); width * height] }
    }

    fn set(&mut self, x: f64, y: f64, ink: Option<u8>) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let column = |v: f64, count: usize| place((v + 0.5) / size(count), count);
        if let (Some(x), Some(y)) = (column(x, 2 * self.width), column(y, 4 * self.height)) {
            let letter = &mut self.letters[y / 4 * self.width + x / 2];
            *letter = (letter.0 | BITS[y % 4][x % 2], ink);
        }
    }

    /// Draws lines through the points, interrupted at gaps (`None`), or only the points without a pen line.
    pub(super) fn draw(&mut self, points: impl Iterator<Item = Option<(f64, f64)>>, pen: Pen) {
        let (mut before, mut alone, mut drawn): (Option<(f64, f64)>, bool, usize) = (None, true, 0);
        for point in points.chain([None]) {
            match (before, point) {
                (Some(a), Some(b)) if pen.line => {
                    self.segment((a, b), &mut drawn, pen);
                    alone = false;
                }
                (_, Some((x, y))) => {
                    (alone, drawn) = (true, 0);
                    if !pen.line {
                        self.set(x, y, pen.ink);
                    }
                }
                (Some((x, y)), None) if alone => self.set(x, y, pen.ink),
                (Some((x, y)), None) if pen.dashes.1 == 0 => self.set(x.round(), y.round(), pen.ink),
                (_, None) => {}
            }
            before = point;
        }
    }

    /// Draws the segment from `a` to `b` without `b`; `drawn` counts the dots of the line so far.
    fn segment(&mut self, (a, b): ((f64, f64), (f64, f64)), drawn: &mut usize, pen: Pen) {
        let ((ax, ay), (bx, by), (on, off)) = (a, b, pen.dashes);
        let steps = (bx - ax).abs().max((by - ay).abs()).ceil().max(1.0);
        let mut k = 0.0;
        while k < steps {
            if *drawn % (on + off) < on {
                self.set((ax + (bx - ax) * k / steps).round(), (ay + (by - ay) * k / steps).round(), pen.ink);
            }
            // Points less than half a dot apart do not advance the dash pattern.
            *drawn += usize::from((bx - ax).hypot(by - ay) >= 0.5);
            k += 1.0;
        }
    }

    pub(super) fn rows(&self) -> Vec<Line> {
        let letter = |&(bits, ink): &(u8, Option<u8>)| match bits {
            0 => Cell::BLANK,
            bits => Cell { ink: (ink, None), ..Cell::of(char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' ')) },
        };
        self.letters.chunks(self.width.max(1)).map(|row| row.iter().map(letter).collect()).collect()
    }
}

/// How dots are drawn.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    /// Whether points are connected.
    pub(super) line: bool,
    /// Numbers of dots drawn and left out.
    pub(super) dashes: (usize, usize),
    pub(super) ink: Option<u8>,
}

/// Index of the cell that contains `place` when [0, 1] is divided into `count` equal cells; `None` outside [0, 1].
pub(super) fn place(place: f64, count: usize) -> Option<usize> {
    (0.0..=1.0).contains(&place).then(|| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and `count`")]
        let index = (place * size(count)) as usize;
        index.min(count.saturating_sub(1))
    })
}

pub(super) fn size(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_the_nearest_of_256() {
        for (rgb, number) in [([0, 0, 0], 16), ([255, 255, 255], 231), ([255, 0, 0], 196), ([118, 118, 118], 243)] {
            assert_eq!(nearest(rgb), number, "{rgb:?}");
        }
    }

    #[test]
    fn a_line_is_cut_by_its_columns() {
        assert_eq!(columns(&line("量a")), 3);
        assert_eq!(cut(&line("量量 "), 3), line("量"));
        assert_eq!(cut(&line("ab  "), 9), line("ab"));
    }
}
