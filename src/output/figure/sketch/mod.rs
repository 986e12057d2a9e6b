//! A figure as text for terminals: curves as braille dots, heat maps as coloured blocks.

mod canvas;

use super::axis::{Axis, number};
use super::colors::{self, Scale};
use super::markup::flat;
use super::ranges::{Ranges, Span};
use super::{Content, Curve, Figure, Heatmap, Panel, Stroke, curves, heatmap, text};
use canvas::{Cell, Dots, Line, Pen, columns, cut, line, marked, nearest, place, size};

/// Shades from the lower to the upper end of the colour scale, where there are no colours.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
/// The mark of a cell without a value.
const MISSING: char = '?';
/// Dash patterns of successive curves, as numbers of dots drawn and dots left out.
const DASHES: [(usize, usize); 4] = [(1, 0), (3, 2), (1, 2), (5, 4)];
/// The least number of columns for a panel beside others.
const BESIDE: usize = 38;
/// The least width and height of an inset, in characters.
const INSET: (usize, usize) = (18, 6);

/// Sketches the figure in at most `width` columns and `height` lines, as many panels as there is room for.
///
/// The sketch shows the axes with their numbers, the cells or the curves of the left axis (those of the right axis if
/// there are no others), insets, and a line with labels and legend. Lines are separated by `\n`; the last one has no
/// newline. Colours are marks, which [`coloured`](crate::output::coloured) prints or removes.
#[must_use]
pub fn sketch(figure: &Figure, width: usize, height: usize) -> String {
    // No terminal is larger; the limits bound the memory.
    let (width, height) = (width.min(1000), height.min(500));
    let scale = Scale::of(figure);
    let shown = (width / BESIDE).clamp(1, figure.panels.len().max(1));
    let panels = &figure.panels[..shown.min(figure.panels.len())];
    let mut lines: Vec<Line> = figure.title.iter().map(|title| label(title)).collect();
    let titled = panels.iter().any(|panel| panel.title.is_some());
    let more = figure.panels.len() - panels.len();
    let room = height.saturating_sub(lines.len() + usize::from(titled) + usize::from(more > 0));
    // One column separates panels.
    let each = if shown == 1 { width } else { (width + 1) / shown };
    let blocks: Vec<Vec<Line>> = panels
        .iter()
        .map(|panel| {
            let title = titled.then(|| label(panel.title.as_deref().unwrap_or_default()));
            title.into_iter().chain(block(panel, scale.as_ref(), (each - usize::from(shown > 1), room))).collect()
        })
        .collect();
    let rows = blocks.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        let mut whole = Line::new();
        for (k, block) in blocks.iter().enumerate() {
            whole.resize(whole.len() + (k * each).saturating_sub(columns(&whole)), Cell::BLANK);
            whole.extend(block.get(row).map(|line| cut(line, each)).unwrap_or_default());
        }
        lines.push(whole);
    }
    if more > 0 {
        lines.push(line(&format!("(+ {more} more)")));
    }
    // If the terminal is too low, drop lines from the top: first the title, then rows of the picture.
    let surplus = lines.len().saturating_sub(height);
    lines.iter().skip(surplus).map(|line| marked(&cut(line, width))).collect::<Vec<_>>().join("\n")
}

/// A label in one line.
fn label(text: &str) -> Line {
    line(&text::plain(&flat(text)))
}

/// A panel: its picture, its axes, and a line with labels and legend.
fn block(panel: &Panel, scale: Option<&Scale>, (width, height): (usize, usize)) -> Vec<Line> {
    let rows = height.saturating_sub(3).max(1);
    let ranges = Ranges::of(panel, width / 12, 0.0);
    let most = (rows / 3).clamp(2, 8);
    let y_axis = match &panel.y_words {
        Some(words) => Axis::of_words(side(panel, &ranges).range, &plain(words, width / 3), most),
        None => side(panel, &ranges).axis(most),
    };
    let numbers: Vec<(f64, Line)> = y_axis.ticks.iter().map(|(place, text)| (*place, label(text))).collect();
    let margin = numbers.iter().map(|(_, label)| columns(label)).max().unwrap_or(0).min(width / 2) + 1;
    let canvas = width.saturating_sub(margin + 1).max(1);
    let most = (canvas / 10).clamp(2, 8);
    let x_axis = match &panel.x_words {
        Some(words) => {
            let words = plain(words, (canvas / words.len().clamp(1, most)).saturating_sub(1));
            Axis::of_words(ranges.x.range, &words, most)
        }
        None => ranges.x.axis(most),
    };
    let (mut picture, legend) = match (&panel.content, scale) {
        (Content::Curves(all), _) => curve_rows(all, (&x_axis, &y_axis), (canvas, rows)),
        (Content::Heatmap(map), Some(scale)) => map_rows(map, scale, (&x_axis, &y_axis), (canvas, rows)),
        (Content::Heatmap(_), None) => Default::default(),
    };
    if let Some(inset) = &panel.inset {
        add_inset(&mut picture, inset, scale, (canvas, rows));
    }
    let mut lines = Vec::new();
    for (row, drawn) in picture.iter().enumerate() {
        let tick = numbers.iter().find(|(at, _)| place(1.0 - at, rows) == Some(row));
        let (number, mark) = tick.map_or((&[][..], '│'), |(_, number)| (&number[..], '┤'));
        let mut whole = vec![Cell::BLANK; (margin - 1).saturating_sub(columns(number))];
        whole.extend(number);
        whole.extend([Cell::BLANK, Cell::of(mark)]);
        whole.extend(drawn);
        lines.push(whole);
    }
    lines.extend(x_lines(&x_axis, margin, canvas));
    let factor = |name: &str, factor: &Option<String>| factor.as_ref().map(|f| label(&format!("{name} {f}")));
    let labels = [panel.x_label.as_ref().map(|x| label(x)), factor("x", &x_axis.factor), factor("y", &y_axis.factor)];
    let mut notes = vec![Cell::BLANK; margin + 1];
    for (k, note) in labels.into_iter().flatten().chain(legend).enumerate() {
        notes.extend(line(if k == 0 { "" } else { "   " }));
        notes.extend(note);
    }
    lines.push(notes);
    lines
}

/// Lays an inset over the picture, in the corner where it covers least.
fn add_inset(picture: &mut [Line], inset: &Panel, scale: Option<&Scale>, (width, height): (usize, usize)) {
    let (wide, high) = (width * 45 / 100, height * 55 / 100);
    if wide < INSET.0 || high < INSET.1 {
        return;
    }
    let corners = [(width - wide, 0), (0, 0), (width - wide, height - high), (0, height - high)];
    let covered = |&(x, y): &(usize, usize)| {
        let cells = picture[y..y + high].iter().flat_map(|row| row.iter().skip(x).take(wide));
        cells.filter(|cell| **cell != Cell::BLANK).count()
    };
    let (x, y) = corners.into_iter().min_by_key(covered).unwrap_or_default();
    // A column of space on both sides separates it from the picture.
    let drawn = block(inset, scale, (wide - 2, high));
    for (row, inner) in picture[y..].iter_mut().zip(drawn) {
        let mut inner = cut(&inner, wide - 2);
        inner.insert(0, Cell::BLANK);
        inner.resize(inner.len() + wide.saturating_sub(columns(&inner)), Cell::BLANK);
        row.resize(width, Cell::BLANK);
        row.splice(x..x + wide, inner);
    }
}

/// Removes control characters and truncates each word to `width` columns.
fn plain(words: &[String], width: usize) -> Vec<String> {
    let text = |line: Line| line.iter().map(|cell| cell.glyph).collect();
    words.iter().map(|word| text(cut(&label(word), width.max(1)))).collect()
}

/// The range of the vertical axis whose curves are drawn.
fn side(panel: &Panel, ranges: &Ranges) -> Span {
    match (&panel.content, ranges.y2) {
        (Content::Curves(all), Some(y2)) if all.iter().all(|c| c.right_axis) => y2,
        _ => ranges.y,
    }
}

/// The colour of a curve on a terminal; black is that of the terminal, which may be dark.
fn ink(curve: &Curve, palette: &mut usize) -> Option<u8> {
    let color = curve.color.as_deref().and_then(colors::parse).unwrap_or_else(|| {
        *palette += 1;
        colors::curve(*palette - 1).to_owned()
    });
    let part = |at: usize| color.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let rgb = [part(1), part(3), part(5)];
    (rgb != [0; 3]).then(|| nearest(rgb))
}

/// Draws the curves as rows of braille characters, and makes a legend entry for each.
fn curve_rows(all: &[Curve], (x, y): (&Axis, &Axis), (width, height): (usize, usize)) -> (Vec<Line>, Vec<Line>) {
    let right = all.iter().all(|c| c.right_axis);
    let mut dots = Dots::new(width, height);
    let (mut legend, mut palette) = (Vec::new(), 0);
    let inks: Vec<Option<u8>> = all.iter().map(|curve| ink(curve, &mut palette)).collect();
    let shown = all.iter().zip(inks).filter(|(curve, _)| curve.right_axis == right);
    for (k, (curve, ink)) in shown.enumerate() {
        let dashes = match curve.style {
            Stroke::Solid => DASHES[k % DASHES.len()],
            Stroke::Dashed => (3, 3),
            Stroke::Dotted | Stroke::Points => (1, 3),
        };
        let (w, h) = (size(2 * width), size(4 * height));
        let at = |(a, b): (f64, f64)| {
            let p = ((x.at(a) * (w - 1.0)).clamp(-w, 2.0 * w), ((1.0 - y.at(b)) * (h - 1.0)).clamp(-h, 2.0 * h));
            curves::is_finite(&p).then_some(p)
        };
        let points = curve.points().map(|p| if curves::is_finite(&p) { at(p) } else { None });
        let pen = Pen { line: curve.style != Stroke::Points, dashes, ink };
        dots.draw(points, pen);
        let mut sample = Dots::new(4, 1);
        sample.draw([(0.0, 2.0), (7.0, 2.0)].into_iter().map(Some), Pen { line: true, ..pen });
        let mut entry: Line = sample.rows().concat();
        entry.push(Cell::BLANK);
        entry.extend(label(&curve.label));
        legend.push(entry);
    }
    (dots.rows(), legend)
}

/// Draws the cells as rows of blocks, two in each character, and makes the legend of the colours. Without colours they
/// are shades, one in each character.
fn map_rows(
    map: &Heatmap,
    scale: &Scale,
    (x, y): (&Axis, &Axis),
    (width, height): (usize, usize),
) -> (Vec<Line>, Vec<Line>) {
    let bar = Axis::new(scale.range, 2);
    let index = |values: &[f64], axis: &Axis, count: usize| -> Vec<Option<usize>> {
        let edges = heatmap::cells(values, axis.is_log());
        let places = (0..count).map(|k| (size(k) + 0.5) / size(count));
        let found = |p: f64| edges.iter().find(|(_, a, b)| (axis.at(*a)..=axis.at(*b)).contains(&p)).map(|(i, ..)| *i);
        places.map(found).collect()
    };
    let (columns, halves, rows) = (index(&map.x, x, width), index(&map.y, y, 2 * height), index(&map.y, y, height));
    let value = |ix: Option<usize>, iy: Option<usize>| heatmap::value(map, ix?, iy?);
    let shade = |at: f64| SHADES[place(at.clamp(0.0, 1.0), SHADES.len()).unwrap_or(0)];
    let color = |at: f64| scale.rgb(at).map(nearest);
    let cell = |ix: Option<usize>, row: usize| {
        // A range wider than the data leaves empty margins.
        if ix.is_none() || rows[row].is_none() {
            return Cell::BLANK;
        }
        let plain = value(ix, rows[row]).map_or(MISSING, |v| shade(bar.at(v)));
        let half = |k: usize| value(ix, halves[k]).and_then(|v| color(bar.at(v)));
        // The upper half of the character is its own colour, the lower half its background.
        match (half(2 * row + 1), half(2 * row)) {
            (None, None) => Cell::of(MISSING),
            (None, lower) => Cell { glyph: '▄', plain, ink: (lower, None) },
            (upper, lower) => Cell { glyph: '▀', plain, ink: (upper, lower) },
        }
    };
    let row = |row: usize| columns.iter().map(|ix| cell(*ix, row)).collect();
    let steps = (width / 8).clamp(SHADES.len(), 2 * SHADES.len());
    let bar_cell = |k: usize| {
        let at = (size(k) + 0.5) / size(steps);
        Cell { glyph: '█', plain: shade(at), ink: (color(at), None) }
    };
    let mut entry = label(&format!("{}: {} [", scale.label, number(scale.range.0, 2)));
    entry.extend((0..steps).map(bar_cell));
    entry.extend(label(&format!("] {}", number(scale.range.1, 2))));
    let missing = scale.missing.then(|| line(&format!("{MISSING} missing")));
    ((0..height).rev().map(row).collect(), [Some(entry), missing].into_iter().flatten().collect())
}

/// The two lines below the picture: the axis with its ticks, and their labels.
fn x_lines(axis: &Axis, margin: usize, width: usize) -> [Line; 2] {
    let mut rule = vec![Cell::of('─'); width];
    let mut numbers = Line::new();
    for (at, text) in &axis.ticks {
        let Some(column) = place(*at, width) else { continue };
        rule[column] = Cell::of('┬');
        // Centre the label below its tick, within the picture.
        let number = label(text);
        let end = margin + 1 + width;
        let start = (margin + 1 + column).saturating_sub(columns(&number) / 2);
        let start = start.min(end.saturating_sub(columns(&number)));
        let used = columns(&numbers);
        // Omit a label that would touch the previous one.
        if start > used || used == 0 {
            numbers.resize(numbers.len() + (start - used), Cell::BLANK);
            numbers.extend(number);
        }
    }
    let mut whole = vec![Cell::BLANK; margin];
    whole.push(Cell::of('└'));
    whole.extend(rule);
    [whole, numbers]
}
