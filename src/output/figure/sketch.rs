//! A figure as text for terminals: curves as braille dots, heat maps as shaded blocks.

use std::iter::repeat_n;

use unicode_width::UnicodeWidthChar;

use super::axis::{Axis, number};
use super::colors::Scale;
use super::panel::Ranges;
use super::{Content, Curve, Figure, Heatmap, Panel, Stroke, curves, heatmap, text};

/// Shades from the lower to the upper end of the colour scale.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
/// The mark of a cell without a value.
const MISSING: char = '?';
/// Dash patterns of successive curves, as numbers of dots drawn and dots left out.
const DASHES: [(usize, usize); 4] = [(1, 0), (3, 2), (1, 2), (5, 4)];

/// Sketches the first panel of the figure in at most `width` columns and `height` lines.
///
/// The sketch shows the axes with their numbers, the cells or the curves of the left axis (those of the right axis if
/// there are no others), and a line with labels and legend. Lines are separated by `\n`; the last one has no newline.
#[must_use]
pub fn sketch(figure: &Figure, width: usize, height: usize) -> String {
    let Some(panel) = figure.panels.first() else { return String::new() };
    // No terminal is larger; the limits bound the memory.
    let (width, height) = (width.min(1000), height.min(500));
    let title = panel.title.as_ref().or(figure.title.as_ref());
    let around = 3 + usize::from(title.is_some());
    let rows = height.saturating_sub(around).max(1);
    let ranges = Ranges::of(panel, width / 12, 0.0);
    let (y_range, most) = (side(panel, &ranges), (rows / 3).clamp(2, 8));
    let y_axis = match &panel.y_words {
        Some(words) => Axis::of_words(y_range, &plain(words, width / 3), most),
        None => Axis::new(y_range, most),
    };
    let margin = y_axis.ticks.iter().map(|(_, label)| columns(label)).max().unwrap_or(0).min(width / 2) + 1;
    let canvas = width.saturating_sub(margin + 1).max(1);
    let most = (canvas / 10).clamp(2, 8);
    let x_axis = match &panel.x_words {
        Some(words) => {
            Axis::of_words(ranges.x, &plain(words, (canvas / words.len().clamp(1, most)).saturating_sub(1)), most)
        }
        None => Axis::new(ranges.x, most),
    };

    let (picture, legend) = match &panel.content {
        Content::Curves(all) => curve_rows(all, (&x_axis, &y_axis), (canvas, rows)),
        Content::Heatmap(map) => {
            let scale = Scale::of(figure);
            scale.map(|scale| map_rows(map, &scale, (&x_axis, &y_axis), (canvas, rows))).unwrap_or_default()
        }
    };
    let mut lines = Vec::new();
    lines.extend(title.map(|title| text::plain(title)));
    for (row, drawn) in picture.iter().enumerate() {
        let tick = y_axis.ticks.iter().find(|(place, _)| cell(1.0 - place, rows) == Some(row));
        let (label, line) = tick.map_or(("", '│'), |(_, label)| (label.as_str(), '┤'));
        let space: String = repeat_n(' ', (margin - 1).saturating_sub(columns(label))).collect();
        lines.push(format!("{space}{label} {line}{drawn}"));
    }
    lines.extend(x_lines(&x_axis, margin, canvas));
    let labels =
        [panel.x_label.clone(), x_axis.factor.map(|f| format!("x {f}")), y_axis.factor.map(|f| format!("y {f}"))];
    let notes = labels.into_iter().flatten().chain(legend).map(|note| text::plain(&note));
    lines.push(format!("{}{}", " ".repeat(margin + 1), notes.collect::<Vec<_>>().join("   ")));
    // If the terminal is too low, drop lines from the top: first the title, then rows of the picture.
    let surplus = lines.len().saturating_sub(height);
    lines.iter().skip(surplus).map(|line| cut(line, width)).collect::<Vec<_>>().join("\n")
}

/// Removes control characters and truncates each word to `width` columns.
fn plain(words: &[String], width: usize) -> Vec<String> {
    words.iter().map(|word| cut(&text::plain(word), width.max(1))).collect()
}

/// The range of the vertical axis whose curves are drawn.
fn side(panel: &Panel, ranges: &Ranges) -> (f64, f64) {
    match (&panel.content, ranges.y2) {
        (Content::Curves(all), Some(y2)) if all.iter().all(|c| c.right_axis) => y2,
        _ => ranges.y,
    }
}

/// Draws the curves as rows of braille characters, and makes a legend entry for each.
fn curve_rows(all: &[Curve], (x, y): (&Axis, &Axis), (width, height): (usize, usize)) -> (Vec<String>, Vec<String>) {
    let right = all.iter().all(|c| c.right_axis);
    let shown: Vec<&Curve> = all.iter().filter(|c| c.right_axis == right).collect();
    let mut dots = Dots::new(width, height);
    let mut legend = Vec::new();
    for (k, curve) in shown.iter().enumerate() {
        let dashes = match curve.style {
            Stroke::Solid => DASHES[k % DASHES.len()],
            Stroke::Dashed => (3, 3),
            Stroke::Dotted | Stroke::Points => (1, 3),
        };
        let (w, h) = (size(2 * width), size(4 * height));
        let at = |(a, b): (f64, f64)| {
            ((x.at(a) * (w - 1.0)).clamp(-w, 2.0 * w), ((1.0 - y.at(b)) * (h - 1.0)).clamp(-h, 2.0 * h))
        };
        let points = curve.points().map(|p| curves::is_finite(&p).then(|| at(p)));
        dots.draw(points, curve.style == Stroke::Points, dashes);
        let mut sample = Dots::new(4, 1);
        sample.draw([(0.0, 2.0), (7.0, 2.0)].into_iter().map(Some), false, dashes);
        legend.push(format!("{} {}", sample.rows().concat(), curve.label));
    }
    (dots.rows(), legend)
}

/// Draws the cells as rows of shades, and makes the legend of the shades.
fn map_rows(
    map: &Heatmap,
    scale: &Scale,
    (x, y): (&Axis, &Axis),
    (width, height): (usize, usize),
) -> (Vec<String>, Vec<String>) {
    let bar = Axis::new(scale.range, 2);
    let index = |values: &[f64], axis: &Axis, count: usize| -> Vec<Option<usize>> {
        let edges = heatmap::cells(values);
        let places = (0..count).map(|k| (size(k) + 0.5) / size(count));
        let found = |p: f64| edges.iter().find(|(_, a, b)| (axis.at(*a)..=axis.at(*b)).contains(&p)).map(|(i, ..)| *i);
        places.map(found).collect()
    };
    let (columns, rows) = (index(&map.x, x, width), index(&map.y, y, height));
    let shade = |ix: Option<usize>, iy: Option<usize>| {
        // A range wider than the data leaves empty margins.
        let (Some(ix), Some(iy)) = (ix, iy) else { return ' ' };
        match heatmap::value(map, ix, iy) {
            Some(v) => SHADES[cell(bar.at(v).clamp(0.0, 1.0), SHADES.len()).unwrap_or(0)],
            None => MISSING,
        }
    };
    let row = |iy: &Option<usize>| columns.iter().map(|ix| shade(*ix, *iy)).collect();
    let (low, high) = (number(scale.range.0, 2), number(scale.range.1, 2));
    let shades: String = SHADES.iter().collect();
    let mut legend = vec![format!("{}: {low} [{shades}] {high}", scale.label)];
    legend.extend(scale.missing.then(|| format!("{MISSING} missing")));
    (rows.iter().rev().map(row).collect(), legend)
}

/// The two lines below the picture: the axis with its ticks, and their labels.
fn x_lines(axis: &Axis, margin: usize, width: usize) -> [String; 2] {
    let mut line = vec!['─'; width];
    let mut numbers = String::new();
    for (place, label) in &axis.ticks {
        let Some(column) = cell(*place, width) else { continue };
        line[column] = '┬';
        // Centre the label below its tick, within the picture.
        let end = margin + 1 + width;
        let start = (margin + 1 + column).saturating_sub(columns(label) / 2).min(end.saturating_sub(columns(label)));
        let used = columns(&numbers);
        // Omit a label that would touch the previous one.
        if start > used || used == 0 {
            numbers.extend(repeat_n(' ', start - used));
            numbers += label;
        }
    }
    let space = " ".repeat(margin);
    [format!("{space}└{}", line.into_iter().collect::<String>()), numbers]
}

/// A canvas of braille characters, each with two columns and four rows of dots.
struct Dots {
    width: usize,
    height: usize,
    /// The characters row by row, each as the bits of its Unicode braille pattern.
    letters: Vec<u8>,
}

impl Dots {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, letters: vec![0; width * height] }
    }

    fn set(&mut self, x: f64, y: f64) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let column = |v: f64, count: usize| cell((v + 0.5) / size(count), count);
        if let (Some(x), Some(y)) = (column(x, 2 * self.width), column(y, 4 * self.height)) {
            self.letters[y / 4 * self.width + x / 2] |= BITS[y % 4][x % 2];
        }
    }

    /// Draws lines through the points, interrupted at gaps (`None`), or only the points if `marks` is true.
    fn draw(&mut self, points: impl Iterator<Item = Option<(f64, f64)>>, marks: bool, dashes: (usize, usize)) {
        let (mut before, mut alone, mut drawn): (Option<(f64, f64)>, bool, usize) = (None, true, 0);
        for point in points.chain([None]) {
            match (before, point) {
                (Some(a), Some(b)) if !marks => {
                    self.segment((a, b), &mut drawn, dashes);
                    alone = false;
                }
                (_, Some((x, y))) => {
                    (alone, drawn) = (true, 0);
                    if marks {
                        self.set(x, y);
                    }
                }
                (Some((x, y)), None) if alone => self.set(x, y),
                (Some((x, y)), None) if dashes.1 == 0 => self.set(x.round(), y.round()),
                (_, None) => {}
            }
            before = point;
        }
    }

    /// Draws the segment from `a` to `b` without `b`; `drawn` counts the dots of the line so far.
    fn segment(&mut self, (a, b): ((f64, f64), (f64, f64)), drawn: &mut usize, (on, off): (usize, usize)) {
        let ((ax, ay), (bx, by)) = (a, b);
        let steps = (bx - ax).abs().max((by - ay).abs()).ceil().max(1.0);
        let mut k = 0.0;
        while k < steps {
            if *drawn % (on + off) < on {
                self.set((ax + (bx - ax) * k / steps).round(), (ay + (by - ay) * k / steps).round());
            }
            // Points less than half a dot apart do not advance the dash pattern.
            *drawn += usize::from((bx - ax).hypot(by - ay) >= 0.5);
            k += 1.0;
        }
    }

    fn rows(&self) -> Vec<String> {
        let letter = |bits: &u8| char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
        let row = |row: &[u8]| row.iter().map(|b| if *b == 0 { ' ' } else { letter(b) }).collect();
        self.letters.chunks(self.width).map(row).collect()
    }
}

/// Index of the cell that contains `place` when [0, 1] is divided into `count` equal cells; `None` outside [0, 1].
fn cell(place: f64, count: usize) -> Option<usize> {
    (0.0..=1.0).contains(&place).then(|| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and `count`")]
        let index = (place * size(count)) as usize;
        index.min(count.saturating_sub(1))
    })
}

fn size(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Removes trailing space from a line and truncates it to `width` columns.
fn cut(line: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    line.trim_end().chars().take_while(fits).collect()
}
