//! The frame of a panel: its box, ticks and labels, and the margins that these need.

use svg::node::element::{Group, Path, Rectangle};

use super::Panel;
use super::axis::Axis;
use super::text::{self, Anchor, Letters, px};

/// Length of a tick, in pixels.
const TICK: f64 = 5.0;
/// Length of a tick without a label, in pixels.
const MINOR: f64 = 3.0;
/// Space between the box and a tick label, in pixels. Ticks point outwards, where they cover neither curves nor cells.
const GAP: f64 = 9.0;

/// Margins around the box, in pixels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Margins {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// The axes of a panel and their font sizes.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    pub(super) panel: &'a Panel,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) y2: Option<Axis>,
    pub(super) letters: Letters,
    /// The letter of the panel, such as `(a)`.
    pub(super) letter: Option<String>,
}

/// Largest number of ticks on an axis of the given length if each needs `each` pixels: from 2 to 12.
pub(super) fn most_ticks(length: f64, each: f64) -> usize {
    let mut count = 2;
    let mut used = 3.0 * each;
    while used <= length && count < 12 {
        used += each;
        count += 1;
    }
    count
}

impl Frame<'_> {
    pub(super) fn margins(&self) -> Margins {
        let label = |label: &Option<String>| if label.is_some() { self.letters.normal + 8.0 } else { 0.0 };
        let ticks = |axis: &Axis| GAP + axis.label_width(self.letters.small);
        // The last label of the horizontal axis extends beyond the box by half its width.
        let overhang = self.x.label_width(self.letters.small) / 2.0 + 2.0;
        let right = self.y2.as_ref().map_or(0.0, |y2| ticks(y2) + label(&self.panel.y2_label));
        let factor = self.y.factor.is_some() || self.y2.as_ref().is_some_and(|y2| y2.factor.is_some());
        Margins {
            left: (ticks(&self.y) + label(&self.panel.y_label)).max(overhang),
            right: right.max(overhang),
            top: if factor { self.letters.small + 6.0 } else { self.letters.small / 2.0 + 2.0 },
            bottom: GAP
                + self.letters.small
                + label(&self.panel.x_label).max(self.x.factor.as_ref().map_or(0.0, |_| self.letters.small + 4.0)),
        }
    }

    /// Draws the box from (0, 0) to `size`, its ticks and labels, and the title at the height `above` over the box.
    pub(super) fn draw(&self, size: (f64, f64), above: f64) -> Group {
        let mut group = Group::new().set("class", "axes");
        let outline = Rectangle::new().set("width", px(size.0)).set("height", px(size.1)).set("fill", "none");
        let lines = Path::new().set("d", self.ticks(size)).set("fill", "none");
        group = group.add(outline.set("stroke", "black")).add(lines.set("stroke", "black"));
        group = self.tick_labels(group, size);
        let margins = self.margins();
        let labels = [
            (&self.panel.y_label, -margins.left + self.letters.normal * 0.85),
            (&self.panel.y2_label, size.0 + margins.right - self.letters.normal * 0.3),
        ];
        for (label, x) in labels {
            if let Some(label) = label {
                let label = text::fitted(label, self.letters.normal, size.1 + margins.bottom);
                group = group.add(text::upward(&label, x, size.1 / 2.0, self.letters.normal));
            }
        }
        if let Some(label) = &self.panel.x_label {
            let label = text::fitted(label, self.letters.normal, size.0 + margins.right);
            let y = size.1 + GAP + self.letters.small + 4.0 + self.letters.normal * 0.85;
            group = group.add(text::at(&label, size.0 / 2.0, y, self.letters.normal, Anchor::Middle));
        }
        let normal = self.letters.normal;
        let mut left = 0.0;
        if let Some(letter) = &self.letter {
            group = group.add(text::at(letter, 0.0, -above, normal, Anchor::Start));
            left = text::width(letter, normal) + 6.0;
        }
        if let Some(title) = &self.panel.title {
            let room = size.0 + if left > 0.0 { margins.right - left } else { margins.left };
            let letters = if text::width(title, normal) > room { self.letters.small } else { normal };
            let title = text::fitted(title, letters, room);
            // A title that would meet the letter is moved to the right.
            let middle = (size.0 / 2.0).max(left + text::width(&title, letters) / 2.0);
            group = group.add(text::at(&title, middle, -above, letters, Anchor::Middle));
        }
        group
    }

    fn ticks(&self, (width, height): (f64, f64)) -> String {
        let mut lines = String::new();
        let mut along = |places: &mut dyn Iterator<Item = f64>, length: f64| {
            for x in places {
                lines += &format!("M{} {}v{length}", px(x * width), px(height));
            }
        };
        along(&mut self.x.ticks.iter().map(|(place, _)| *place), TICK);
        along(&mut self.x.minor.iter().copied(), MINOR);
        let mut side = |axis: &Axis, x: f64, sign: f64| {
            let labelled = axis.ticks.iter().map(|(place, _)| (*place, TICK));
            for (place, length) in labelled.chain(axis.minor.iter().map(|place| (*place, MINOR))) {
                lines += &format!("M{} {}h{}", px(x), px(height - place * height), sign * length);
            }
        };
        side(&self.y, 0.0, -1.0);
        if let Some(y2) = &self.y2 {
            side(y2, width, 1.0);
        }
        lines
    }

    fn tick_labels(&self, mut group: Group, (width, height): (f64, f64)) -> Group {
        let size = self.letters.small;
        let below = height + GAP + 0.8 * size;
        for (place, label) in &self.x.ticks {
            group = group.add(text::at(label, place * width, below, size, Anchor::Middle));
        }
        if let Some(factor) = &self.x.factor {
            group = group.add(text::at(factor, width, below + size + 4.0, size, Anchor::End));
        }
        let sides = [
            (Some(&self.y), 0.0, -GAP, Anchor::End, Anchor::Start),
            (self.y2.as_ref(), width, GAP, Anchor::Start, Anchor::End),
        ];
        for (axis, x, gap, anchor, factor_anchor) in sides {
            let Some(axis) = axis else { continue };
            for (place, label) in &axis.ticks {
                group = group.add(text::at(label, x + gap, height * (1.0 - place) + 0.36 * size, size, anchor));
            }
            if let Some(factor) = &axis.factor {
                group = group.add(text::at(factor, x, -5.0, size, factor_anchor));
            }
        }
        group
    }
}

/// The title of a whole figure, centred horizontally.
pub(super) fn figure_title(title: &str, width: f64, size: f64) -> svg::node::Blob {
    text::at(&text::fitted(title, size, width - 10.0), width / 2.0, 8.0 + size, size, Anchor::Middle)
}
