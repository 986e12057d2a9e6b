//! Heat maps: their cells and the colour bar.

use std::collections::BTreeMap;
use std::fmt::Write;

use svg::node::element::{Definitions, Group, LinearGradient, Path, Pattern, Rectangle, Stop};

use super::axis::{Axis, padded, usable};
use super::colors::Scale;
use super::text::{self, Anchor, NORMAL, SMALL, px};
use super::{Heatmap, frame};

/// Width of the colour bar, in pixels.
const BAR: f64 = 15.0;
/// Space between the last panel and the colour bar, in pixels.
const GAP: f64 = 18.0;
/// The width and height below which adjacent cells are drawn as one, in pixels.
const SMALLEST: f64 = 1.0;
/// The fill of a cell without a value.
const MISSING: &str = "url(#missing)";

/// The cells along one axis, in ascending order: for each finite value its index in the data and the two edges of its
/// cell, halfway to its neighbours.
pub(super) fn cells(values: &[f64]) -> Vec<(usize, f64, f64)> {
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
pub(super) fn span(values: &[f64]) -> Option<(f64, f64)> {
    let cells = cells(values);
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
    for (index, low, high) in cells(values) {
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

/// Draws the cells of `map` in axes of the given size: one path per colour, with adjacent cells of a row merged. Cells
/// that are too small to be seen are averaged.
pub(super) fn draw(map: &Heatmap, scale: &Scale, (x, y): (&Axis, &Axis), size: (f64, f64)) -> Group {
    let bar = Axis::new(scale.range, 2);
    let columns = strips(&map.x, x, size.0);
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for row in strips(&map.y, y, size.1) {
        let (top, bottom) = (px(size.1 - row.edges.1), px(size.1 - row.edges.0));
        let color =
            |column: &Strip| mean(map, column, &row).map_or_else(|| MISSING.to_owned(), |v| scale.color(bar.at(v)));
        let cells: Vec<(String, (f64, f64))> = columns.iter().map(|column| (color(column), column.edges)).collect();
        for run in cells.chunk_by(|a, b| a.0 == b.0) {
            let (from, to) = (px(run[0].1.0), px(run[run.len() - 1].1.1));
            let path = paths.entry(run[0].0.clone()).or_default();
            let _ = write!(path, "M{from} {top}H{to}V{bottom}H{from}Z");
        }
    }
    // With antialiasing, the background would show through between the cells.
    let mut group = Group::new().set("class", "heatmap").set("shape-rendering", "crispEdges");
    for (color, data) in paths {
        group = group.add(Path::new().set("fill", color).set("d", data));
    }
    group
}

/// Width of the colour bar with its ticks, its label and the gap before it, in pixels.
pub(super) fn bar_width(scale: &Scale, height: f64) -> f64 {
    let ticks = bar_axis(scale, height).label_width(SMALL);
    let label = if scale.label.is_empty() { 0.0 } else { NORMAL + 8.0 };
    GAP + BAR + (6.0 + ticks + label).max(if scale.missing { text::width("missing", SMALL) } else { 0.0 }) + 4.0
}

fn bar_axis(scale: &Scale, height: f64) -> Axis {
    Axis::new(scale.range, frame::most_ticks(height, 45.0))
}

/// Draws the colour bar of a figure, with its upper left corner at ([`GAP`], 0).
pub(super) fn draw_bar(scale: &Scale, height: f64) -> Group {
    let axis = bar_axis(scale, height);
    let bar = |fill: &str| Rectangle::new().set("x", GAP).set("width", BAR).set("height", height).set("fill", fill);
    let mut group = Group::new().set("class", "colorbar");
    group = group.add(bar("url(#scale)").set("stroke", "black").set("stroke-width", 0.8));
    let right = GAP + BAR;
    for (place, label) in &axis.ticks {
        let y = height - place * height;
        let tick = format!("M{} {}h-4", px(right), px(y));
        group = group.add(Path::new().set("d", tick).set("stroke", "black").set("stroke-width", 0.8));
        group = group.add(text::at(label, right + 5.0, y + 0.36 * SMALL, SMALL, Anchor::Start));
    }
    if let Some(factor) = &axis.factor {
        group = group.add(text::at(factor, GAP, -6.0, SMALL, Anchor::Start));
    }
    if !scale.label.is_empty() {
        let x = right + 6.0 + axis.label_width(SMALL) + NORMAL;
        group = group.add(text::upward(&text::fitted(&scale.label, NORMAL, height), x, height / 2.0, NORMAL));
    }
    if scale.missing {
        let y = height + 10.0;
        let box_ = Rectangle::new().set("x", GAP).set("y", px(y)).set("width", BAR).set("height", 12);
        group = group.add(box_.set("fill", MISSING).set("stroke", "black").set("stroke-width", 0.8));
        group = group.add(text::at("missing", right + 5.0, y + 10.0, SMALL, Anchor::Start));
    }
    group
}

/// The gradient and the hatching that the fills refer to.
pub(super) fn definitions(scale: &Scale) -> Definitions {
    const STOPS: u32 = 32;
    let mut gradient = LinearGradient::new().set("id", "scale").set("x1", 0).set("y1", 1).set("x2", 0).set("y2", 0);
    for i in 0..=STOPS {
        let place = f64::from(i) / f64::from(STOPS);
        gradient = gradient.add(Stop::new().set("offset", place).set("stop-color", scale.color(place)));
    }
    let hatch = Pattern::new().set("id", "missing").set("width", 6).set("height", 6);
    let hatch = hatch
        .set("patternUnits", "userSpaceOnUse")
        .add(Rectangle::new().set("width", 6).set("height", 6).set("fill", "#e4e4e4"))
        .add(Path::new().set("d", "M-1 1l2-2M0 6l6-6M5 7l2-2").set("stroke", "#8c8c8c").set("stroke-width", 0.9));
    Definitions::new().add(gradient).add(hatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_extends_halfway_to_its_neighbours() {
        assert_eq!(cells(&[2.0, 0.0, f64::NAN, 1.0]), [(1, -0.5, 0.5), (3, 0.5, 1.5), (0, 1.5, 2.5)]);
        assert_eq!(cells(&[1.0, 10.0]), [(0, -3.5, 5.5), (1, 5.5, 14.5)]);
        assert_eq!(span(&[f64::NAN]), None);
        let (low, high) = span(&[3.0]).unwrap();
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
        let svg = draw(&map, &scale, (&axes.0, &axes.1), (300.0, 200.0)).to_string();
        // The first two cells of the lower row are merged; the last cell of the upper row has no value.
        assert!(svg.contains(r##"d="M0 100H200V200H0Z" fill="#440154""##), "{svg}");
        assert!(svg.contains(r#"d="M200 0H300V100H200Z" fill="url(#missing)""#), "{svg}");
        assert_eq!(svg.matches("<path").count(), 4, "{svg}");
    }
}
