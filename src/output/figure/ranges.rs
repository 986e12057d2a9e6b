//! The ranges of the axes of a panel.

use super::axis::{Axis, Kind, extent, padded, padded_log, rounded, usable, usable_log};
use super::curves::finite_points;
use super::ticks::suggests_pi;
use super::{Content, Curve, Panel, heatmap};

/// The range of an axis and the kind of its ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) range: (f64, f64),
    pub(super) kind: Kind,
}

impl Span {
    /// The axis with at most `most` ticks.
    pub(super) fn axis(self, most: usize) -> Axis {
        Axis::of(self.range, self.kind, most)
    }
}

/// The ranges of the axes.
pub(super) struct Ranges {
    pub(super) x: Span,
    pub(super) y: Span,
    pub(super) y2: Option<Span>,
}

impl Ranges {
    /// The ranges given by the script, or else those of the data. The vertical ranges extend above the data by the
    /// fraction `headroom` of their height.
    pub(super) fn of(panel: &Panel, most_x: usize, headroom: f64) -> Self {
        match &panel.content {
            Content::Heatmap(map) => {
                let of = |values: &[f64], given: Option<(f64, f64)>, log: bool| {
                    let edges = Given { range: heatmap::span(values, log), log, shares: (0.0, 0.0), round: None };
                    edges.span(given, extent(values.iter().copied()))
                };
                Self { x: of(&map.x, panel.x_range, panel.x_log), y: of(&map.y, panel.y_range, panel.y_log), y2: None }
            }
            Content::Curves(curves) => Self::of_curves(panel, curves, most_x, headroom),
        }
    }

    fn of_curves(panel: &Panel, curves: &[Curve], most_x: usize, headroom: f64) -> Self {
        let valid = |(x, y): &(f64, f64), right: bool| {
            let y_log = if right { panel.y2_log } else { panel.y_log };
            (!panel.x_log || *x > 0.0) && (!y_log || *y > 0.0)
        };
        let points = |c: &Curve| finite_points(c).filter(|p| valid(p, c.right_axis)).collect::<Vec<_>>();
        let xs = extent(curves.iter().flat_map(points).map(|p| p.0));
        let x = match &panel.x_words {
            Some(words) => Given::plain((-0.5, words.len() as f64 - 0.5)).span(panel.x_range, None),
            None => {
                Given { range: xs, log: panel.x_log, shares: (0.0, 0.0), round: Some(most_x) }.span(panel.x_range, xs)
            }
        };
        // Points that a range of the horizontal axis leaves out do not count for the vertical one.
        let (from, to) = x.range;
        let side = |right: bool| {
            let (given, log) = if right { (panel.y2_range, panel.y2_log) } else { (panel.y_range, panel.y_log) };
            let chosen = curves.iter().filter(|c| c.right_axis == right).flat_map(points);
            let ys = extent(chosen.filter(|p| (from..=to).contains(&p.0)).map(|p| p.1));
            Given { range: ys, log, shares: (0.05, 0.05 + headroom), round: None }.span(given, None)
        };
        let right = curves.iter().any(|c| c.right_axis);
        Self { x, y: side(false), y2: right.then(|| side(true)) }
    }
}

/// How a range follows from the data.
struct Given {
    /// The data.
    range: Option<(f64, f64)>,
    log: bool,
    /// What to add below and above, as fractions.
    shares: (f64, f64),
    /// The number of ticks if the range extends to round numbers.
    round: Option<usize>,
}

impl Given {
    fn plain(range: (f64, f64)) -> Self {
        Self { range: Some(range), log: false, shares: (0.0, 0.0), round: None }
    }

    /// The range of the script if it has two different finite ends, or else that of the data. `values` are the ends
    /// that may be multiples of π.
    fn span(&self, script: Option<(f64, f64)>, values: Option<(f64, f64)>) -> Span {
        let possible = |(a, b): &(f64, f64)| a.is_finite() && b.is_finite() && a != b && (!self.log || a.min(*b) > 0.0);
        let script = script.filter(possible);
        if self.log {
            let range = script.map_or_else(|| padded_log(usable_log(self.range), self.shares), |r| usable_log(Some(r)));
            return Span { range, kind: Kind::Log };
        }
        let data = || {
            let range = padded(usable(self.range), self.shares);
            self.round.map_or(range, |most| rounded(range, most))
        };
        let kind = match script.or(values) {
            Some(ends) if suggests_pi((ends.0.min(ends.1), ends.0.max(ends.1))) => Kind::Pi,
            _ => Kind::Linear,
        };
        let range = match (script, kind) {
            (Some(range), _) => usable(Some(range)),
            // Rounding to decimal numbers would leave a margin.
            (None, Kind::Pi) => padded(usable(self.range), self.shares),
            (None, _) => data(),
        };
        Span { range, kind }
    }
}
