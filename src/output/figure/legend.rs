//! The legend of a panel of curves.

use svg::node::element::Group;

use super::curves::{Look, Place, Trace, dot_data};
use super::placement::{Rect, emptiest};
use super::text::{self, Anchor};

/// Length of the line sample next to a name, in pixels.
const SAMPLE: f64 = 30.0;
/// Space between a sample and its name, in pixels.
const GAP: f64 = 6.0;
/// Height of a row, in pixels.
const ROW: f64 = 17.0;
/// Largest number of entries; a last one says how many curves have none.
const MOST: usize = 12;

/// A legend that covers no data: it lies in an empty part of the axes if there is one, and above the axes otherwise.
#[derive(Debug, Clone)]
pub(super) struct Legend {
    /// The entries: position of the left end of the line sample, its look, and the name.
    entries: Vec<(Place, Option<Look>, String)>,
    /// Font size, in pixels.
    letters: f64,
    /// Height that it needs above the axes, in pixels.
    pub(super) above: f64,
}

impl Legend {
    /// A legend without entries.
    pub(super) fn none() -> Self {
        Self { entries: Vec::new(), letters: 0.0, above: 0.0 }
    }

    /// Places the legend of `traces` in axes of the given size, away from `data` and `taken`, in letters of the given
    /// size.
    pub(super) fn new(traces: &[Trace], size: (f64, f64), data: &[Place], taken: Option<Rect>, letters: f64) -> Self {
        let named: Vec<&Trace> = traces.iter().filter(|trace| !trace.label.is_empty()).collect();
        if named.is_empty() {
            return Self::none();
        }
        let room = (size.0 - SAMPLE - GAP).max(30.0);
        let shown = if named.len() > MOST { MOST - 1 } else { named.len() };
        let mut entries: Vec<(Option<Look>, String)> = named[..shown]
            .iter()
            .map(|trace| (Some(trace.look.clone()), text::fitted(&trace.label, letters, room)))
            .collect();
        if shown < named.len() {
            entries.push((None, format!("… {} more", named.len() - shown)));
        }
        let widths: Vec<f64> = entries.iter().map(|(_, name)| SAMPLE + GAP + text::width(name, letters)).collect();
        let widest = widths.iter().copied().fold(0.0, f64::max);
        let rows = entries.iter().fold(0.0, |rows, _| rows + ROW);
        let inside = emptiest((widest, rows), size, data, taken).filter(|(_, covered)| *covered == 0);
        let (places, above) = match inside {
            Some((rect, _)) => (column(rect, entries.len()), 0.0),
            None => rows_above(&widths, size.0),
        };
        let entries = places.into_iter().zip(entries).map(|(place, (look, name))| (place, look, name)).collect();
        Self { entries, letters, above }
    }

    pub(super) fn draw(&self) -> Group {
        let mut group = Group::new().set("class", "legend");
        for ((x, y), look, name) in &self.entries {
            if let Some(look) = look {
                if look.line {
                    let thicker = Look { width: look.width.max(1.4), ..look.clone() };
                    group = group.add(thicker.line(format!("M{} {}h{SAMPLE}", text::px(*x), text::px(*y))));
                }
                let marks: &[f64] = match (look.marks, look.line) {
                    (true, true) => &[0.5],
                    (true, false) => &[0.2, 0.5, 0.8],
                    (false, _) => &[],
                };
                let dots: String = marks.iter().map(|share| dot_data((x + share * SAMPLE, *y))).collect();
                if !dots.is_empty() {
                    group = group.add(look.dots(dots));
                }
            }
            group = group.add(text::at(name, x + SAMPLE + GAP, y + 0.36 * self.letters, self.letters, Anchor::Start));
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
