//! Curves: their points in pixels, reduced to those that are visible, and their colours and dashes.

use svg::node::element::{Group, Path};

use super::axis::Axis;
use super::text::px;
use super::{Curve, Stroke, colors};

/// A position in a panel, in pixels from the upper left corner of its axes.
pub(super) type Place = (f64, f64);

/// Limit on the coordinates of a point, in pixels. A line that leads this far is practically straight up or down, and
/// larger numbers would exceed the precision of files and rasterisers.
const FAR: f64 = 1e5;
/// Width of a column, in pixels. Successive points in the same column are thinned.
const COLUMN: f64 = 0.5;

/// Opacity of a band: the curve and a second band remain visible.
const BAND_OPACITY: f64 = 0.25;

/// How a curve is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    /// Colour as `#rrggbb`.
    pub(super) color: String,
    /// Whether points are drawn as marks.
    pub(super) marks: bool,
    /// Whether points are connected.
    pub(super) line: bool,
    /// The dash pattern as `stroke-dasharray`, or `None` for a solid line.
    pub(super) dashes: Option<&'static str>,
    /// Width of the line, in pixels.
    pub(super) width: f64,
}

/// A curve with at most this many points shows them as marks, because the line between them is not data.
const FEW: usize = 12;
/// If a curve of the panel has more points than this, solid curves have no dashes: it may oscillate within a few pixels,
/// where dashes are unreadable.
const DENSE: usize = 400;

/// A curve in pixels: its thinned pieces between gaps, its marks, its look and its name.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) pieces: Vec<Vec<Place>>,
    /// The points drawn as marks, all of them within the axes.
    marks: Vec<Place>,
    /// The thinned pieces of the upper and the lower edge of its band.
    band: Vec<(Vec<Place>, Vec<Place>)>,
    pub(super) look: Look,
    pub(super) label: String,
}

/// Whether both coordinates of a point are finite, so that it can be drawn.
pub(super) fn is_finite((x, y): &(f64, f64)) -> bool {
    x.is_finite() && y.is_finite()
}

/// The points of a curve and of the edges of its band that can be drawn.
pub(super) fn finite_points(curve: &Curve) -> impl Iterator<Item = (f64, f64)> {
    curve.points().chain(curve.edge(1.0)).chain(curve.edge(-1.0)).filter(is_finite)
}

impl Trace {
    /// Converts a curve to pixels. It reads the points one by one and keeps only those that are visible in the panel.
    pub(super) fn new(curve: &Curve, look: Look, (x, y): (&Axis, &Axis), (width, height): (f64, f64)) -> Self {
        let place = |v: f64, axis: &Axis, size: f64| (axis.at(v) * size).clamp(-FAR, FAR);
        let at = |p: (f64, f64)| {
            let placed = (place(p.0, x, width), height - place(p.1, y, height));
            (is_finite(&p) && is_finite(&placed)).then_some(placed)
        };
        let inside = |p: &Place| (-1e-6..=width + 1e-6).contains(&p.0) && (-1e-6..=height + 1e-6).contains(&p.1);
        let marks = match look.marks {
            true => distinct(curve.points().filter_map(at).filter(inside)),
            false => Vec::new(),
        };
        let pieces = if look.line { thinned(curve.points().map(at)) } else { Vec::new() };
        let edge = |side| thinned(curve.edge(side).map(at));
        let band = edge(1.0).into_iter().zip(edge(-1.0)).collect();
        Self { pieces, marks, band, look, label: curve.label.clone() }
    }

    /// Draws the band and the lines, and a dot for each single point between two gaps.
    pub(super) fn draw(&self) -> Group {
        let mut group = Group::new().set("class", "curve");
        let (mut lines, mut dots, mut band) = (String::new(), String::new(), String::new());
        for (upper, lower) in &self.band {
            let around: Vec<Place> = upper.iter().chain(lower.iter().rev()).copied().collect();
            band += &format!("{}Z", path_data(&around));
        }
        if !band.is_empty() {
            let path = Path::new().set("d", band).set("fill", self.look.color.as_str());
            group = group.add(path.set("fill-opacity", BAND_OPACITY).set("stroke", "none"));
        }
        for piece in &self.pieces {
            match piece[..] {
                [point] if !self.look.marks => dots += &dot_data(point),
                [_] => {}
                _ => lines += &path_data(piece),
            }
        }
        if !lines.is_empty() {
            group = group.add(self.look.line(lines));
        }
        if !dots.is_empty() {
            group = group.add(self.look.dots(dots));
        }
        group
    }

    /// Draws the marks, which extend over the frame if a point lies on it.
    pub(super) fn draw_marks(&self) -> Option<Path> {
        let dots: String = self.marks.iter().copied().map(dot_data).collect();
        (!dots.is_empty()).then(|| self.look.dots(dots))
    }

    /// Positions along the curve, a few pixels apart, which a legend should not cover.
    pub(super) fn samples(&self) -> Vec<Place> {
        const STEP: f64 = 4.0;
        let mut samples = self.marks.clone();
        let edges = self.band.iter().flat_map(|(upper, lower)| [upper, lower]);
        for piece in self.pieces.iter().chain(edges) {
            samples.extend(piece.first());
            for pair in piece.windows(2) {
                let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
                let steps = ((bx - ax).hypot(by - ay) / STEP).clamp(1.0, 500.0);
                let mut k = 1.0;
                while k < steps {
                    samples.push((ax + (bx - ax) * k / steps, ay + (by - ay) * k / steps));
                    k += 1.0;
                }
                samples.push((bx, by));
            }
        }
        samples
    }
}

impl Look {
    /// A path with the line that `data` describes.
    pub(super) fn line(&self, data: String) -> Path {
        let path = Path::new().set("d", data).set("fill", "none").set("stroke", self.color.as_str());
        let path = path.set("stroke-width", self.width).set("stroke-linejoin", "round");
        match self.dashes {
            Some(dashes) => path.set("stroke-dasharray", dashes),
            None => path,
        }
    }

    /// A path with the dots that [`dot_data`] describes: lines of almost no length with round ends. A single path keeps
    /// files with a million dots readable; one element per dot would not.
    pub(super) fn dots(&self, data: String) -> Path {
        let path = Path::new().set("d", data).set("fill", "none").set("stroke", self.color.as_str());
        path.set("stroke-width", if self.marks { 5.0 } else { 3.0 }).set("stroke-linecap", "round")
    }
}

/// Chooses a look for each curve from its place among the others, so that twin figures agree. Dashed and dotted curves
/// of the script keep their style. If several curves are solid, the later ones get other patterns (long dashes, or
/// dashes and dots), so that they differ in black and white, unless the curves of the panel are dense.
pub(super) fn looks(curves: &[Curve], oscillating: &[bool]) -> Vec<Look> {
    const SOLID: [Option<&str>; 4] = [None, Some("14 3"), Some("9 3 1.5 3"), Some("9 2.5 1.5 2.5 1.5 2.5")];
    const DASHED: [Option<&str>; 3] = [Some("6 3.5"), Some("3 2.5"), Some("11 5")];
    const DOTTED: [Option<&str>; 2] = [Some("1.5 2.5"), Some("1.5 5")];
    let dense = curves.iter().any(|curve| curve.x.len().min(curve.y.len()) > DENSE);
    let mut seen = [0usize; 3];
    let mut next = |kind: usize, patterns: &[Option<&'static str>]| {
        seen[kind] += 1;
        patterns[(seen[kind] - 1) % patterns.len()]
    };
    let mut palette = 0;
    let mut look = |(curve, &oscillating): (&Curve, &bool)| {
        let color = curve.color.as_deref().and_then(colors::parse).unwrap_or_else(|| {
            palette += 1;
            colors::curve(palette - 1).to_owned()
        });
        let dashes = match curve.style {
            Stroke::Solid if dense => None,
            Stroke::Solid => next(0, &SOLID),
            Stroke::Dashed => next(1, &DASHED),
            Stroke::Dotted => next(2, &DOTTED),
            Stroke::Points => None,
        };
        let line = curve.style != Stroke::Points;
        let marks = !line || curve.points().filter(is_finite).count() <= FEW;
        Look { color, marks, line, dashes, width: if oscillating { 1.0 } else { 1.6 } }
    };
    curves.iter().zip(oscillating).map(&mut look).collect()
}

/// Whether a curve oscillates so much that its line is over five times as long as the panel is wide.
pub(super) fn oscillates(trace: &Trace, width: f64) -> bool {
    let pairs = trace.pieces.iter().flat_map(|piece| piece.windows(2));
    pairs.map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1).min(4.0 * width)).sum::<f64>() > 5.0 * width
}

/// Thins the points to those that determine the picture, and splits them at gaps (`None`). Of successive points within
/// one column it keeps the first, the lowest, the highest and the last, in their order.
fn thinned(points: impl Iterator<Item = Option<Place>>) -> Vec<Vec<Place>> {
    let (mut pieces, mut piece, mut column): (Vec<Vec<Place>>, Vec<Place>, Option<Column>) = Default::default();
    for point in points {
        let next = point.map(Column::of);
        match (&mut column, next) {
            (Some(known), Some(next)) if known.number == next.number => known.take(next.first),
            (known, next) => {
                known.iter().for_each(|c| c.end(&mut piece));
                if next.is_none() && !piece.is_empty() {
                    pieces.push(std::mem::take(&mut piece));
                }
                *known = next;
            }
        }
    }
    column.iter().for_each(|c| c.end(&mut piece));
    pieces.extend((!piece.is_empty()).then_some(piece));
    pieces
}

/// Successive points within one column of pixels.
struct Column {
    number: f64,
    /// Number of points.
    count: usize,
    first: Place,
    /// The points of least and greatest `y`, with their indices in the column.
    low: (usize, Place),
    high: (usize, Place),
    last: Place,
}

impl Column {
    fn of(p: Place) -> Self {
        Self { number: (p.0 / COLUMN).floor(), count: 1, first: p, low: (0, p), high: (0, p), last: p }
    }

    fn take(&mut self, p: Place) {
        if p.1 < self.low.1.1 {
            self.low = (self.count, p);
        }
        if p.1 >= self.high.1.1 {
            self.high = (self.count, p);
        }
        self.last = p;
        self.count += 1;
    }

    /// Appends the points to keep to `piece`.
    fn end(&self, piece: &mut Vec<Place>) {
        let (one, other) = if self.low.0 < self.high.0 { (self.low, self.high) } else { (self.high, self.low) };
        let mut kept = vec![(0, self.first), one, other, (self.count - 1, self.last)];
        kept.dedup_by_key(|(i, _)| *i);
        piece.extend(kept.into_iter().map(|(_, p)| p));
    }
}

/// Removes marks that coincide with an earlier one to within a column.
fn distinct(marks: impl Iterator<Item = Place>) -> Vec<Place> {
    let mut seen = std::collections::HashSet::new();
    marks.filter(|p| seen.insert(((p.0 / COLUMN).round().to_bits(), (p.1 / COLUMN).round().to_bits()))).collect()
}

/// Path data of a dot. Its length is not zero, because some programs do not draw lines of zero length.
pub(super) fn dot_data((x, y): Place) -> String {
    format!("M{} {}h.01", px(x), px(y))
}

fn path_data(piece: &[Place]) -> String {
    use std::fmt::Write;
    let mut data = String::with_capacity(piece.len() * 14);
    for (i, &(x, y)) in piece.iter().enumerate() {
        let letter = if i == 0 { "M" } else { " " };
        let _ = write!(data, "{letter}{} {}", px(x), px(y));
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Values;

    #[test]
    fn thinning_keeps_extrema() {
        let wave = |i: u32| (f64::from(i) * 0.001, (f64::from(i) * 0.37).sin() * 100.0);
        let mut points: Vec<Place> = (0..100_000).map(wave).collect();
        points[54_321].1 = 1000.0;
        let thinned = |points: &[Place]| super::thinned(points.iter().copied().map(Some)).concat();
        let kept = thinned(&points);
        assert!(kept.len() <= 4 * 201, "{}", kept.len());
        assert!(kept.contains(&points[54_321]));
        assert_eq!((kept[0], kept[kept.len() - 1]), (points[0], points[99_999]));
        assert!(kept.windows(2).all(|w| w[0].0 <= w[1].0));
        let sparse: Vec<Place> = (0..50).map(|i| wave(i * 1000)).collect();
        assert_eq!(thinned(&sparse), sparse);
    }

    #[test]
    fn solid_curves_differ_in_black_and_white() {
        let curve = |style| Curve { style, ..Curve::default() };
        let curves = [Stroke::Solid, Stroke::Solid, Stroke::Dashed, Stroke::Solid, Stroke::Points].map(curve);
        let looks = looks(&curves, &[false; 5]);
        let dashes: Vec<_> = looks.iter().map(|look| look.dashes).collect();
        assert_eq!(dashes[0], None);
        assert!((1..4).all(|i| dashes[i].is_some() && !dashes[..i].contains(&dashes[i])));
        assert!(looks[4].marks && !looks[4].line && looks[0].line);
        let colors: std::collections::HashSet<_> = looks.iter().map(|look| &look.color).collect();
        assert_eq!(colors.len(), 5);
        let long = |style| Curve { x: Values::from(vec![0.0; 500]).into(), y: vec![0.0; 500].into(), ..curve(style) };
        let looks = super::looks(&[Stroke::Solid, Stroke::Solid, Stroke::Dashed].map(long), &[false, true, false]);
        assert_eq!(looks.iter().map(|look| look.dashes.is_some()).collect::<Vec<_>>(), [false, false, true]);
        assert!(looks.iter().all(|look| !look.marks));
    }
}
