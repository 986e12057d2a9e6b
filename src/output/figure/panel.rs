//! The layout of a panel: its axes, curves or cells, legend and inset, which should not cover each other.

use svg::node::element::{Group, Rectangle, SVG};

use super::axis::Axis;
use super::colors::Scale;
use super::curves::{self, Look, Place, Trace};
use super::frame::{Frame, Margins, most_ticks};
use super::legend::Legend;
use super::placement::{Rect, emptiest};
use super::ranges::Ranges;
use super::text::{self, Letters, px};
use super::{Cells, Content, Curve, Panel, heatmap};

/// Width to allow for a tick label of a horizontal axis, in pixels.
const X_TICK: f64 = 48.0;
/// Height to allow for a tick label of a vertical axis, in pixels.
const Y_TICK: f64 = 36.0;
/// Sizes of an inset, as fractions of the width and height of its panel, largest first.
const INSETS: [f64; 4] = [0.56, 0.5, 0.44, 0.38];
/// Smallest useful width and height of axes, in pixels. This limit ends the nesting of insets.
const LEAST: f64 = 40.0;

/// A panel with its layout, in pixels from the upper left corner of its box.
pub(super) struct Laid<'a> {
    frame: Frame<'a>,
    size: (f64, f64),
    traces: Vec<Trace>,
    legend: Legend,
    /// The upper left corner of the inset's box, and the inset.
    inset: Option<(Place, Box<Laid<'a>>)>,
    scale: Option<&'a Scale>,
}

impl<'a> Laid<'a> {
    /// Lays out `panel` in a box of the given size; `scale` is the colour scale of the figure.
    pub(super) fn new(panel: &'a Panel, size: (f64, f64), scale: Option<&'a Scale>, letters: Letters) -> Self {
        let free = Self::without_inset(panel, size, scale, letters, 0.0);
        let Some(inset) = panel.inset.as_deref().filter(|_| size.0 >= 4.0 * LEAST && size.1 >= 4.0 * LEAST) else {
            return free.finished(None);
        };
        // If the inset would cover curves everywhere, extend the vertical range above them, unless the script fixes it.
        let data = free.samples();
        let (rect, covered) = inset_place(size, &data);
        let fixed = panel.y_range.is_some() || !matches!(panel.content, Content::Curves(_));
        let (laid, rect) = if covered == 0 || fixed {
            (free, rect)
        } else {
            let higher = Self::without_inset(panel, size, scale, letters, 0.9);
            let rect = inset_place(size, &higher.samples()).0;
            (higher, rect)
        };
        let inner = Self::within(inset, rect, scale, letters.inner());
        laid.finished(Some((rect, inner)))
    }

    /// The same with a letter above the box, such as `(a)`.
    pub(super) fn lettered(mut self, letter: Option<String>) -> Self {
        self.frame.letter = letter;
        self
    }

    /// Lays out a panel in a smaller font so that its box and labels fill `rect`.
    fn within(panel: &'a Panel, rect: Rect, scale: Option<&'a Scale>, letters: Letters) -> (Place, Self) {
        let inner =
            |m: Margins| ((rect.width - m.left - m.right).max(LEAST), (rect.height - m.top - m.bottom).max(LEAST));
        let first = Self::new(panel, (rect.width, rect.height), scale, letters);
        let second = Self::new(panel, inner(first.margins()), scale, letters);
        let margins = second.margins();
        let laid = Self::new(panel, inner(margins), scale, letters);
        ((rect.x + margins.left, rect.y + margins.top), laid)
    }

    /// Lays out axes and curves. The range of the vertical axes extends above the data by the fraction `headroom` of
    /// its height.
    fn without_inset(
        panel: &'a Panel,
        size: (f64, f64),
        scale: Option<&'a Scale>,
        letters: Letters,
        headroom: f64,
    ) -> Self {
        let small = letters.small;
        let most = (most_ticks(size.0, X_TICK * small / 12.0), most_ticks(size.1, Y_TICK * small / 12.0));
        let Ranges { x, y, y2 } = Ranges::of(panel, most.0, headroom);
        // Long numbers need more room, so their axis has fewer ticks.
        let fits = |axis: &Axis| axis.label_width(small) + 12.0 <= axis.spacing() * size.0;
        let numbers = |most| x.axis(most);
        let words = |words: &Vec<String>| {
            // Truncate each word to its share of the width.
            let room = size.0 / words.len().min(most.0).max(1) as f64 - 12.0;
            let words: Vec<String> = words.iter().map(|w| text::fitted(w, small, room.max(X_TICK / 2.0))).collect();
            Axis::of_words(x.range, &words, most.0)
        };
        let fitting = || (2..=most.0).rev().map(numbers).find(fits).unwrap_or_else(|| numbers(2));
        let x = panel.x_words.as_ref().map_or_else(fitting, words);
        let y = match &panel.y_words {
            Some(words) => {
                let words: Vec<String> = words.iter().map(|w| text::fitted(w, small, size.0 / 3.0)).collect();
                Axis::of_words(y.range, &words, most.1)
            }
            None => y.axis(most.1),
        };
        let y2 = y2.map(|span| span.axis(most.1));
        let frame = Frame { panel, x, y, y2, letters, letter: None };
        let traces = match &panel.content {
            Content::Curves(curves) => traces(curves, &frame, size),
            Content::Heatmap(_) => Vec::new(),
        };
        Self { frame, size, traces, legend: Legend::none(), inset: None, scale }
    }

    fn finished(mut self, inset: Option<(Rect, (Place, Self))>) -> Self {
        let labelled = self.frame.panel.y_label.is_some();
        let taken = inset.as_ref().map(|(rect, _)| *rect);
        // A single curve needs no legend if the vertical axis has a label.
        if self.traces.len() != 1 || !labelled {
            let letters = self.frame.letters.small;
            self.legend = Legend::new(&self.traces, self.size, &self.samples(), taken, letters);
        }
        self.inset = inset.map(|(_, (place, laid))| (place, Box::new(laid)));
        self
    }

    fn samples(&self) -> Vec<Place> {
        self.traces.iter().flat_map(Trace::samples).collect()
    }

    /// The margins around the box, in pixels.
    pub(super) fn margins(&self) -> Margins {
        let margins = self.frame.margins();
        let titled = self.frame.panel.title.is_some() || self.frame.letter.is_some();
        let title = if titled { self.frame.letters.normal + 6.0 } else { 0.0 };
        Margins { top: margins.top + self.legend.above + title, ..margins }
    }

    pub(super) fn draw(&self, cells: Cells) -> Group {
        let (width, height) = self.size;
        let mut group = Group::new().set("class", "panel");
        // A nested SVG element clips what lies outside the range without a named clip path.
        let mut inside = SVG::new().set("width", px(width)).set("height", px(height)).set("overflow", "hidden");
        if let (Content::Heatmap(map), Some(scale)) = (&self.frame.panel.content, self.scale) {
            inside = inside.add(heatmap::draw(map, scale, (&self.frame.x, &self.frame.y), self.size, cells));
        }
        for trace in &self.traces {
            inside = inside.add(trace.draw());
        }
        group = group.add(inside);
        for marks in self.traces.iter().filter_map(Trace::draw_marks) {
            group = group.add(marks);
        }
        group = group.add(self.legend.draw());
        if let Some(((x, y), inset)) = &self.inset {
            let m = inset.margins();
            let paper = Rectangle::new().set("x", px(-m.left)).set("y", px(-m.top)).set("fill", "white");
            let paper = paper.set("width", px(inset.size.0 + m.left + m.right));
            let paper = paper.set("height", px(inset.size.1 + m.top + m.bottom)).set("fill-opacity", 0.85);
            let moved =
                Group::new().set("class", "inset").set("transform", format!("translate({} {})", px(*x), px(*y)));
            group = group.add(moved.add(paper).add(inset.draw(cells)));
        }
        group.add(self.frame.draw(self.size, self.frame.margins().top + self.legend.above))
    }
}

/// Finds the largest inset that covers no point of `data`, or else the one that covers the fewest. Returns its
/// rectangle and the number of points covered.
fn inset_place(size: (f64, f64), data: &[Place]) -> (Rect, usize) {
    let places = INSETS.iter().filter_map(|share| emptiest((size.0 * share, size.1 * share), size, data, None));
    places.reduce(|best, other| if other.1 < best.1 { other } else { best }).unwrap_or_default()
}

fn traces(curves: &[Curve], frame: &Frame<'_>, size: (f64, f64)) -> Vec<Trace> {
    let trace = |curve: &Curve, look: &Look| {
        let y = frame.y2.as_ref().filter(|_| curve.right_axis).unwrap_or(&frame.y);
        let mut trace = Trace::new(curve, look.clone(), (&frame.x, y), size);
        if curve.right_axis && !trace.label.is_empty() {
            trace.label += " →";
        }
        trace
    };
    let plain = curves::looks(curves, &vec![false; curves.len()]);
    let first: Vec<Trace> = curves.iter().zip(&plain).map(|(c, look)| trace(c, look)).collect();
    let oscillating: Vec<bool> = first.iter().map(|t| curves::oscillates(t, size.0)).collect();
    curves.iter().zip(&curves::looks(curves, &oscillating)).map(|(c, look)| trace(c, look)).collect()
}
