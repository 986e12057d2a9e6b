//! The frame of a panel: its box, ticks and labels, and the margins that these need.

use svg::node::element::{Group, Path, Rectangle};

use super::Panel;
use super::axis::Axis;
use super::text::{self, Anchor, LARGE, px};

/// Length of a tick, in pixels.
const TICK: f64 = 5.0;
/// Space between the box and a tick label if the ticks point inwards, in pixels.
const GAP: f64 = 6.0;

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
    /// Font size of tick labels, in pixels.
    pub(super) small: f64,
    /// Font size of axis labels, in pixels.
    pub(super) normal: f64,
    /// Whether ticks are outside the box, below and at the left. Otherwise they point inwards on every side, where the
    /// cells of a heat map would hide them.
    pub(super) outward: bool,
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
        let label = |label: &Option<String>| if label.is_some() { self.normal + 8.0 } else { 0.0 };
        let ticks = |axis: &Axis| self.gap() + axis.label_width(self.small);
        // The last label of the horizontal axis extends beyond the box by half its width.
        let overhang = self.x.label_width(self.small) / 2.0 + 2.0;
        let right = self.y2.as_ref().map_or(0.0, |y2| ticks(y2) + label(&self.panel.y2_label));
        let factor = self.y.factor.is_some() || self.y2.as_ref().is_some_and(|y2| y2.factor.is_some());
        Margins {
            left: (ticks(&self.y) + label(&self.panel.y_label)).max(overhang),
            right: right.max(overhang),
            top: if factor { self.small + 6.0 } else { self.small / 2.0 + 2.0 },
            bottom: self.gap()
                + self.small
                + label(&self.panel.x_label).max(self.x.factor.as_ref().map_or(0.0, |_| self.small + 4.0)),
        }
    }

    /// Space between the box and a tick label, in pixels.
    fn gap(&self) -> f64 {
        if self.outward { GAP + TICK - 1.0 } else { GAP }
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
            (&self.panel.y_label, -margins.left + self.normal * 0.85),
            (&self.panel.y2_label, size.0 + margins.right - self.normal * 0.3),
        ];
        for (label, x) in labels {
            if let Some(label) = label {
                let label = text::fitted(label, self.normal, size.1 + margins.bottom);
                group = group.add(text::upward(&label, x, size.1 / 2.0, self.normal));
            }
        }
        if let Some(label) = &self.panel.x_label {
            let label = text::fitted(label, self.normal, size.0 + margins.right);
            let y = size.1 + self.gap() + self.small + 4.0 + self.normal * 0.85;
            group = group.add(text::at(&label, size.0 / 2.0, y, self.normal, Anchor::Middle));
        }
        if let Some(title) = &self.panel.title {
            let title = text::fitted(title, self.normal, size.0 + margins.left);
            group = group.add(text::at(&title, size.0 / 2.0, -above, self.normal, Anchor::Middle));
        }
        group
    }

    fn ticks(&self, (width, height): (f64, f64)) -> String {
        let mut lines = String::new();
        for (place, _) in &self.x.ticks {
            let x = px(place * width);
            lines += &match self.outward {
                true => format!("M{x} {}v{TICK}", px(height)),
                false => format!("M{x} {}v-{TICK}M{x} 0v{TICK}", px(height)),
            };
        }
        let mut side = |axis: &Axis, x: f64, length: f64| {
            for (place, _) in &axis.ticks {
                lines += &format!("M{} {}h{length}", px(x), px(height - place * height));
            }
        };
        if self.outward {
            side(&self.y, 0.0, -TICK);
        } else {
            side(&self.y, 0.0, TICK);
            side(self.y2.as_ref().unwrap_or(&self.y), width, -TICK);
        }
        lines
    }

    fn tick_labels(&self, mut group: Group, (width, height): (f64, f64)) -> Group {
        let size = self.small;
        let below = height + self.gap() + 0.8 * size;
        for (place, label) in &self.x.ticks {
            group = group.add(text::at(label, place * width, below, size, Anchor::Middle));
        }
        if let Some(factor) = &self.x.factor {
            group = group.add(text::at(factor, width, below + size + 4.0, size, Anchor::End));
        }
        let sides = [
            (Some(&self.y), 0.0, -self.gap(), Anchor::End, Anchor::Start),
            (self.y2.as_ref(), width, self.gap(), Anchor::Start, Anchor::End),
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
pub(super) fn figure_title(title: &str, width: f64) -> svg::node::element::Text {
    text::at(&text::fitted(title, LARGE, width - 10.0), width / 2.0, 8.0 + LARGE, LARGE, Anchor::Middle)
}
