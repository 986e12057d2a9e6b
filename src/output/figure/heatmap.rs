//! Heat maps: their cells and the colour bar.

use std::collections::BTreeMap;
use std::fmt::Write;

use svg::node::element::{Group, Image, Path, Rectangle};

use super::axis::{Axis, padded, usable};
use super::colors::Scale;
use super::text::{self, Anchor, Letters, px};
use super::{Cells, Heatmap, frame, png};

/// Width of the colour bar, in pixels.
const BAR: f64 = 15.0;
/// Space between the last panel and the colour bar, in pixels.
const GAP: f64 = 18.0;
/// The width and height below which adjacent cells are drawn as one, in pixels.
const SMALLEST: f64 = 1.0;
/// The largest number of cells that are drawn as paths in a file with an image of the cells.
const PATHS: usize = 4096;
/// Pixels of such an image per pixel of the figure.
const FINE: f64 = 2.0;
/// The largest difference between cells of equal width, as a fraction of the axis.
const EQUAL: f64 = 1e-6;
/// The background of a cell without a value.
const MISSING: &str = "#e4e4e4";

/// The cells along one axis, in ascending order: for each finite value its index in the data and the two edges of its
/// cell, halfway to its neighbours, on a logarithmic axis halfway between the logarithms.
pub(super) fn cells(values: &[f64], log: bool) -> Vec<(usize, f64, f64)> {
    if log {
        // Values that are not positive have no logarithm and no cell.
        let logarithms: Vec<f64> = values.iter().map(|v| v.log10()).collect();
        return cells(&logarithms, false).into_iter().map(|(i, a, b)| (i, 10f64.powf(a), 10f64.powf(b))).collect();
    }
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().filter(|(_, v)| v.is_finite()).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    if let [(index, v)] = order[..] {
        let (low, high) = usable(Some((v, v)));
        return vec![(index, low, high)];
    }
    let between = |a: f64, b: f64| a / 2.0 + b / 2.0;
    let end = |v: f64, next: f64| padded((v.min(next), v.max(next)), (0.5, 0.5));
    let edge = |i: usize| match i {
        0 => end(order[0].1, order[1].1).0,
        i if i == order.len() => end(order[i - 2].1, order[i - 1].1).1,
        i => between(order[i - 1].1, order[i].1),
    };
    order.iter().enumerate().map(|(i, (index, _))| (*index, edge(i), edge(i + 1))).collect()
}

/// The value of a cell, or `None` if it is missing.
pub(super) fn value(map: &Heatmap, ix: usize, iy: usize) -> Option<f64> {
    map.values.get(iy * map.x.len() + ix).copied().filter(|v| v.is_finite())
}

/// The range from the first to the last edge, or `None` if no value is finite.
pub(super) fn span(values: &[f64], log: bool) -> Option<(f64, f64)> {
    let cells = cells(values, log);
    Some((cells.first()?.1, cells.last()?.2))
}

/// Adjacent cells along one axis that are drawn as one.
struct Strip {
    /// The indices of the cells in the data.
    cells: Vec<usize>,
    /// The two edges, in pixels.
    edges: (f64, f64),
}

/// The cells along an axis of `size` pixels. Cells that fit together into [`SMALLEST`] are in one strip.
fn strips(values: &[f64], axis: &Axis, size: f64) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    for (index, low, high) in cells(values, axis.is_log()) {
        let (low, high) = (axis.at(low) * size, axis.at(high) * size);
        match strips.last_mut() {
            Some(last) if high - last.edges.0 < SMALLEST => {
                last.cells.push(index);
                last.edges.1 = high;
            }
            _ => strips.push(Strip { cells: vec![index], edges: (low, high) }),
        }
    }
    strips
}

/// The mean of the values that are not missing, or `None` if all are.
fn mean(map: &Heatmap, x: &Strip, y: &Strip) -> Option<f64> {
    let all = || y.cells.iter().flat_map(|iy| x.cells.iter().filter_map(|ix| value(map, *ix, *iy)));
    // The mean of two large numbers is finite, even if their sum is not.
    let count = all().count() as f64;
    (count > 0.0).then(|| all().map(|v| v / count).sum())
}

/// Draws the cells of `map` in axes of the given size.
pub(super) fn draw(map: &Heatmap, scale: &Scale, axes: (&Axis, &Axis), size: (f64, f64), cells: Cells) -> Group {
    let many = map.x.len().saturating_mul(map.y.len()) > PATHS;
    let equal = || {
        let even = |values: &[f64], axis: &Axis| {
            let at: Vec<f64> =
                self::cells(values, axis.is_log()).iter().map(|(_, a, b)| axis.at(*b) - axis.at(*a)).collect();
            at.iter().all(|width| (width - at[0]).abs() < EQUAL)
        };
        even(&map.x, axes.0) && even(&map.y, axes.1)
    };
    let as_image = match cells {
        Cells::Few => many,
        Cells::Image => many || equal(),
        Cells::Paths => false,
    };
    let image = if as_image { image(map, scale, axes, size) } else { None };
    image.unwrap_or_else(|| paths(map, scale, axes, size))
}

/// One path per colour, with adjacent cells of a row merged. Cells that are too small to be seen are averaged.
fn paths(map: &Heatmap, scale: &Scale, (x, y): (&Axis, &Axis), size: (f64, f64)) -> Group {
    let bar = Axis::new(scale.range, 2);
    let columns = strips(&map.x, x, size.0);
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    let mut missing: Vec<Box_> = Vec::new();
    for row in strips(&map.y, y, size.1) {
        let (top, bottom) = (px(size.1 - row.edges.1), px(size.1 - row.edges.0));
        let color = |column: &Strip| mean(map, column, &row).map(|v| scale.color(bar.at(v)));
        let cells: Vec<(Option<String>, (f64, f64))> =
            columns.iter().map(|column| (color(column), column.edges)).collect();
        for run in cells.chunk_by(|a, b| a.0 == b.0) {
            let (from, to) = (px(run[0].1.0), px(run[run.len() - 1].1.1));
            match &run[0].0 {
                None => missing.push((from, top, to, bottom)),
                Some(color) => {
                    let path = paths.entry(color.clone()).or_default();
                    let _ = write!(path, "M{from} {top}H{to}V{bottom}H{from}Z");
                }
            }
        }
    }
    // With antialiasing, the background would show through between the cells.
    let mut group = Group::new().set("class", "heatmap").set("shape-rendering", "crispEdges");
    for (color, data) in paths {
        group = group.add(Path::new().set("fill", color).set("d", data));
    }
    if missing.is_empty() { group } else { group.add(hatched(&missing, size)) }
}

/// An image of the cells, in which missing cells are transparent, above a hatched background.
fn image(map: &Heatmap, scale: &Scale, (x, y): (&Axis, &Axis), size: (f64, f64)) -> Option<Group> {
    let bar = Axis::new(scale.range, 2);
    let (columns, rows) = (lines(&map.x, x, size.0), lines(&map.y, y, size.1));
    let edges = |strips: &[Strip]| Some((strips.first()?.edges.0, strips.last()?.edges.1));
    let ((left, right), (low, high)) = (edges(&columns)?, edges(&rows)?);
    let opaque = |v: f64| scale.rgb(bar.at(v)).map_or([0; 4], |[r, g, b]| [r, g, b, 255]);
    let pixel = |(row, column): (&Strip, &Strip)| mean(map, column, row).map_or([0; 4], opaque);
    let pixels: Vec<u8> =
        rows.iter().rev().flat_map(|row| columns.iter().map(move |c| (row, c))).flat_map(pixel).collect();
    let file = png::encode_cells(&pixels, columns.len(), rows.len()).ok()?;
    let picture = Image::new().set("x", px(left)).set("y", px(size.1 - high));
    let picture = picture.set("width", px(right - left)).set("height", px(high - low));
    let picture = picture.set("preserveAspectRatio", "none").set("image-rendering", "optimizeSpeed");
    let picture = picture.set("style", "image-rendering:pixelated");
    let picture = picture.set("href", format!("data:image/png;base64,{}", png::base64(&file)));
    let group = Group::new().set("class", "heatmap");
    let behind = (px(left), px(size.1 - high), px(right), px(size.1 - low));
    let group = if scale.missing { group.add(hatched(&[behind], size)) } else { group };
    Some(group.add(picture))
}

/// The columns or rows of an image: one for each cell if the cells are equally wide and not too small, and otherwise
/// equal parts, each with the cells in it.
fn lines(values: &[f64], axis: &Axis, size: f64) -> Vec<Strip> {
    let edges: Vec<(usize, f64, f64)> =
        cells(values, axis.is_log()).iter().map(|(i, a, b)| (*i, axis.at(*a) * size, axis.at(*b) * size)).collect();
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return Vec::new() };
    let (from, to) = (first.1, last.2);
    let each = (to - from) / edges.len() as f64;
    if each >= 1.0 / FINE && edges.iter().all(|(_, a, b)| (b - a - each).abs() < EQUAL * size) {
        return edges.into_iter().map(|(i, a, b)| Strip { cells: vec![i], edges: (a, b) }).collect();
    }
    let (from, to) = (from.max(0.0), to.min(size));
    let count = (1..).take_while(|k| f64::from(*k) <= (to - from) * FINE).last().unwrap_or(1);
    let width = (to - from) / f64::from(count);
    let mut next = 0;
    (0..count)
        .map(|k| {
            let (low, high) = (from + f64::from(k) * width, from + f64::from(k + 1) * width);
            while edges.get(next).is_some_and(|(_, _, end)| *end <= low + 1e-9 * size) {
                next += 1;
            }
            let within =
                edges[next.min(edges.len() - 1)..].iter().take_while(|(_, start, _)| *start < high - 1e-9 * size);
            let middles = |(_, a, b): &&(usize, f64, f64)| (low..high).contains(&((a + b) / 2.0));
            let mut chosen: Vec<usize> = within.clone().filter(middles).map(|(i, ..)| *i).collect();
            if chosen.is_empty() {
                // A cell wider than a part: the one in the middle of the part.
                let middle = (low + high) / 2.0;
                chosen.extend(
                    within.clone().find(|(_, _, end)| *end > middle).or(within.clone().last()).map(|(i, ..)| *i),
                );
            }
            Strip { cells: chosen, edges: (low, high) }
        })
        .collect()
}

/// A rectangle: left, top, right, bottom.
type Box_ = (f64, f64, f64, f64);

/// Hatched rectangles. The lines are computed instead of a pattern, so that they join across rectangles, and every
/// renderer draws them.
fn hatched(boxes: &[Box_], size: (f64, f64)) -> Group {
    const APART: f64 = 6.0;
    let (mut area, mut hatch) = (String::new(), String::new());
    for &(left, top, right, bottom) in boxes {
        let _ = write!(area, "M{left} {top}H{right}V{bottom}H{left}Z");
        // Lines x + y = c.
        let end = (right + bottom).min(2.0 * (size.0 + size.1));
        let mut c = ((left + top).max(0.0) / APART).ceil() * APART;
        while c < end {
            let (from, to) = (left.max(c - bottom), right.min(c - top));
            if to > from {
                let _ = write!(hatch, "M{} {}L{} {}", px(from), px(c - from), px(to), px(c - to));
            }
            c += APART;
        }
    }
    let area = Path::new().set("d", area).set("fill", MISSING);
    let hatch = Path::new().set("d", hatch).set("stroke", "#8c8c8c").set("stroke-width", 0.9).set("fill", "none");
    Group::new().set("class", "missing").add(area).add(hatch)
}

/// Width of the colour bar with its ticks, its label and the gap before it, in pixels.
pub(super) fn bar_width(scale: &Scale, height: f64, letters: Letters) -> f64 {
    let ticks = bar_axis(scale, height).label_width(letters.small);
    let label = if scale.label.is_empty() { 0.0 } else { letters.normal + 8.0 };
    let missing = if scale.missing { text::width("missing", letters.small) } else { 0.0 };
    GAP + BAR + (6.0 + ticks + label).max(missing) + 4.0
}

fn bar_axis(scale: &Scale, height: f64) -> Axis {
    Axis::new(scale.range, frame::most_ticks(height, 45.0))
}

/// Draws the colour bar of a figure, with its upper left corner at ([`GAP`], 0).
pub(super) fn draw_bar(scale: &Scale, height: f64, letters: Letters) -> Group {
    const STEPS: u32 = 128;
    let axis = bar_axis(scale, height);
    let bar = || Rectangle::new().set("x", GAP).set("width", BAR);
    let mut group = Group::new().set("class", "colorbar");
    // Each colour extends to the top below the next one, so that no gaps appear between them.
    for i in 0..STEPS {
        let place = (f64::from(i) + 0.5) / f64::from(STEPS);
        let rest = px(height * (1.0 - f64::from(i) / f64::from(STEPS)));
        group = group.add(bar().set("y", 0).set("height", rest).set("fill", scale.color(place)));
    }
    let outline = bar().set("height", px(height)).set("fill", "none");
    group = group.add(outline.set("stroke", "black").set("stroke-width", 0.8));
    let (right, small) = (GAP + BAR, letters.small);
    for (place, label) in &axis.ticks {
        let y = height - place * height;
        let tick = format!("M{} {}h4", px(right), px(y));
        group = group.add(Path::new().set("d", tick).set("stroke", "black").set("stroke-width", 0.8));
        group = group.add(text::at(label, right + 7.0, y + 0.36 * small, small, Anchor::Start));
    }
    if let Some(factor) = &axis.factor {
        group = group.add(text::at(factor, GAP, -6.0, small, Anchor::Start));
    }
    if !scale.label.is_empty() {
        let normal = letters.normal;
        let x = right + 6.0 + axis.label_width(small) + normal;
        group = group.add(text::upward(&text::fitted(&scale.label, normal, height), x, height / 2.0, normal));
    }
    if scale.missing {
        let y = px(height + 10.0);
        group = group.add(hatched(&[(GAP, y, right, y + 12.0)], (right, height)));
        let outline = bar().set("y", y).set("height", 12).set("fill", "none");
        group = group.add(outline.set("stroke", "black").set("stroke-width", 0.8));
        group = group.add(text::at("missing", right + 5.0, y + 10.0, small, Anchor::Start));
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_extends_halfway_to_its_neighbours() {
        assert_eq!(cells(&[2.0, 0.0, f64::NAN, 1.0], false), [(1, -0.5, 0.5), (3, 0.5, 1.5), (0, 1.5, 2.5)]);
        assert_eq!(cells(&[1.0, 10.0], false), [(0, -3.5, 5.5), (1, 5.5, 14.5)]);
        let log = cells(&[1.0, 0.0, 100.0], true);
        assert!(log.len() == 2 && (log[0].2 - 10.0).abs() < 1e-9 && (log[1].2 - 1000.0).abs() < 1e-6, "{log:?}");
        assert_eq!(span(&[f64::NAN], false), None);
        let (low, high) = span(&[3.0], false).unwrap();
        assert!(low < 3.0 && 3.0 < high);
    }

    /// 2000 × 1500 light and dark cells in 300 × 200 pixels: about one rectangle a pixel, with the mean of its cells.
    #[test]
    fn cells_that_cannot_be_seen_are_averaged() {
        let (width, height) = (2000, 1500);
        let at = |n: u32| (0..n).map(f64::from).collect::<Vec<_>>();
        let values: Vec<f64> = (0..width * height).map(|i| f64::from((i % width + i / width) % 2)).collect();
        let map = Heatmap { x: at(width), y: at(height), values: values.into(), ..Heatmap::default() };
        let axes = (Axis::new((-0.5, 1999.5), 5), Axis::new((-0.5, 1499.5), 5));
        let (columns, rows) = (strips(&map.x, &axes.0, 300.0), strips(&map.y, &axes.1, 200.0));
        assert_eq!((columns.len(), rows.len()), (334, 215));
        assert!(columns.windows(2).all(|pair| pair[0].edges.1 == pair[1].edges.0));
        // Seven rows of six cells, or the rest: half of them are light.
        let all = || rows.iter().flat_map(|y| columns.iter().filter_map(|x| mean(&map, x, y)));
        assert_eq!(all().count(), 334 * 215);
        assert!(all().all(|v| (v - 0.5).abs() < 1e-12));
    }

    #[test]
    fn an_average_leaves_out_what_is_missing() {
        let map = Heatmap { x: vec![0.0, 1.0], y: vec![0.0], values: vec![f64::NAN, 3.0].into(), ..Heatmap::default() };
        let strip = |cells: &[usize]| Strip { cells: cells.to_vec(), edges: (0.0, 0.1) };
        assert_eq!(mean(&map, &strip(&[0, 1]), &strip(&[0])), Some(3.0));
        assert_eq!(mean(&map, &strip(&[0]), &strip(&[0])), None);
        let map = Heatmap { values: vec![f64::MAX, f64::MAX].into(), ..map };
        assert_eq!(mean(&map, &strip(&[0, 1]), &strip(&[0])), Some(f64::MAX));
    }

    #[test]
    fn cells_are_drawn_at_their_coordinates() {
        let map = Heatmap {
            x: vec![0.0, 1.0, 2.0],
            y: vec![0.0, 1.0],
            values: vec![0.0, 0.0, 1.0, 1.0, 0.5].into(),
            ..Heatmap::default()
        };
        let scale = Scale { range: (0.0, 1.0), label: String::new(), missing: true };
        let axes = (Axis::new((-0.5, 2.5), 5), Axis::new((-0.5, 1.5), 5));
        let svg = draw(&map, &scale, (&axes.0, &axes.1), (300.0, 200.0), Cells::Few).to_string();
        // The first two cells of the lower row are merged; the last cell of the upper row has no value.
        assert!(svg.contains(r##"d="M0 100H200V200H0Z" fill="#440154""##), "{svg}");
        assert!(svg.contains(r##"d="M200 0H300V100H200Z" fill="#e4e4e4""##), "{svg}");
        assert_eq!(svg.matches("<path").count(), 5, "three colours, the missing cell and its hatching: {svg}");
    }

    #[test]
    fn a_line_of_an_image_has_its_cells() {
        let at = |n: u32| (0..n).map(f64::from).collect::<Vec<_>>();
        let axis = Axis::new((-0.5, 99.5), 5);
        let one = lines(&at(100), &axis, 300.0);
        assert_eq!(one.len(), 100);
        assert!(one.iter().enumerate().all(|(i, strip)| strip.cells == [i]));
        // Four cells a pixel: two in each line of the image.
        let axis = Axis::new((-0.5, 1199.5), 5);
        let fine = lines(&at(1200), &axis, 300.0);
        assert_eq!(fine.len(), 600);
        assert!(fine.iter().enumerate().all(|(i, strip)| strip.cells == [2 * i, 2 * i + 1]), "{:?}", fine[0].cells);
        // Cells of different widths: each line has the cell in its middle.
        let axis = Axis::new((-0.5, 15.0), 5);
        let uneven = lines(&[0.0, 1.0, 10.0], &axis, 310.0);
        assert!(uneven.len() == 600 || uneven.len() == 620, "{}", uneven.len());
        assert!(uneven.iter().all(|strip| strip.cells.len() == 1));
        assert_eq!((&uneven[0].cells[..], &uneven[uneven.len() - 1].cells[..]), (&[0][..], &[2][..]));
    }

    #[test]
    fn hatching_stays_in_its_rectangle() {
        let svg = hatched(&[(10.0, 20.0, 20.0, 25.0)], (100.0, 100.0)).to_string();
        assert!(svg.contains("M11 25L16 20M17 25L20 22"), "{svg}");
    }
}
