//! The legend of a panel of curves.

use svg::node::element::Group;

use super::curves::{Look, Place, Trace, dot_data};
use super::placement::{Rect, emptiest};
use super::text::{self, Anchor, SMALL};

/// Length of the line sample next to a name, in pixels.
const SAMPLE: f64 = 30.0;
/// Space between a sample and its name, in pixels.
const GAP: f64 = 6.0;
/// Height of a row, in pixels.
const ROW: f64 = 17.0;

/// A legend that covers no data: it lies in an empty part of the axes if there is one, and above the axes otherwise.
#[derive(Debug, Clone)]
pub(super) struct Legend {
    /// The entries: position of the left end of the line sample, its look, and the name.
    entries: Vec<(Place, Look, String)>,
    /// Height that it needs above the axes, in pixels.
    pub(super) above: f64,
}

impl Legend {
    /// Places the legend of `traces` in axes of the given size, away from `data` and `taken`. A single curve needs no
    /// legend if the vertical axis has a label (`labelled`).
    pub(super) fn new(traces: &[Trace], size: (f64, f64), data: &[Place], taken: Option<Rect>, labelled: bool) -> Self {
        let named: Vec<&Trace> = traces.iter().filter(|trace| !trace.label.is_empty()).collect();
        if named.is_empty() || (traces.len() == 1 && labelled) {
            return Self { entries: Vec::new(), above: 0.0 };
        }
        let names: Vec<String> =
            named.iter().map(|t| text::fitted(&t.label, SMALL, (size.0 - SAMPLE - GAP).max(30.0))).collect();
        let widths: Vec<f64> = names.iter().map(|name| SAMPLE + GAP + text::width(name, SMALL)).collect();
        let widest = widths.iter().copied().fold(0.0, f64::max);
        let rows = names.iter().fold(0.0, |rows, _| rows + ROW);
        let inside = emptiest((widest, rows), size, data, taken).filter(|(_, covered)| *covered == 0);
        let (places, above) = match inside {
            Some((rect, _)) => (column(rect, names.len()), 0.0),
            None => rows_above(&widths, size.0),
        };
        let looks = named.iter().map(|trace| trace.look.clone());
        let entries = places.into_iter().zip(looks).zip(names).map(|((p, look), name)| (p, look, name)).collect();
        Self { entries, above }
    }

    pub(super) fn draw(&self) -> Group {
        let mut group = Group::new().set("class", "legend");
        for ((x, y), look, name) in &self.entries {
            let sample = if look.marks {
                look.dots([0.2, 0.5, 0.8].map(|share| dot_data((x + share * SAMPLE, *y))).concat())
            } else {
                let thicker = Look { width: look.width.max(1.4), ..look.clone() };
                thicker.line(format!("M{} {}h{SAMPLE}", text::px(*x), text::px(*y)))
            };
            group = group.add(sample);
            group = group.add(text::at(name, x + SAMPLE + GAP, y + 0.36 * SMALL, SMALL, Anchor::Start));
        }
        group
    }
}

fn column(rect: Rect, count: usize) -> Vec<Place> {
    let rows = std::iter::successors(Some(rect.y + ROW / 2.0), |y| Some(y + ROW));
    rows.take(count).map(|y| (rect.x, y)).collect()
}

/// Arranges entries of the given widths from left to right in rows above the axes; returns their positions and the
/// total height.
fn rows_above(widths: &[f64], room: f64) -> (Vec<Place>, f64) {
    const BETWEEN: f64 = 18.0;
    let (mut x, mut row) = (0.0, 0.0);
    let mut places = Vec::new();
    for width in widths {
        if x > 0.0 && x + width > room {
            (x, row) = (0.0, row + 1.0);
        }
        places.push((x, row * ROW));
        x += width + BETWEEN;
    }
    let height = (row + 1.0) * ROW + 4.0;
    (places.into_iter().map(|(x, y)| (x, y - height + ROW / 2.0)).collect(), height)
}
