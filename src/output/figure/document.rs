//! The layout of a whole figure: panels in a row with their boxes aligned, followed by the colour bar.

use svg::Document;
use svg::node::element::{Group, Rectangle};

use super::colors::Scale;
use super::frame::{Margins, figure_title};
use super::panel::Laid;
use super::text::{FAMILIES, LARGE, px};
use super::{Content, Figure, heatmap};

/// Margin around the figure, in pixels.
const EDGE: f64 = 8.0;
/// Space between panels, in pixels.
const GAP: f64 = 14.0;

/// Renders the figure as SVG text.
pub(super) fn svg(figure: &Figure) -> String {
    let scale = Scale::of(figure);
    let size = box_size(figure);
    let panels: Vec<Laid<'_>> = figure.panels.iter().map(|panel| Laid::new(panel, size, scale.as_ref())).collect();
    let margins: Vec<Margins> = panels.iter().map(Laid::margins).collect();
    let largest = |side: fn(&Margins) -> f64| margins.iter().map(side).fold(0.0, f64::max);
    let title = if figure.title.is_some() { LARGE + 7.0 } else { 0.0 };
    let top = EDGE + title + largest(|m| m.top);

    let mut body = Group::new();
    let mut x = EDGE;
    for (panel, m) in panels.iter().zip(&margins) {
        body = body.add(panel.draw().set("transform", format!("translate({} {})", px(x + m.left), px(top))));
        x += m.left + size.0 + m.right + GAP;
    }
    if let Some(scale) = &scale {
        x -= GAP + margins.last().map_or(0.0, |m| m.right);
        body = body.add(heatmap::draw_bar(scale, size.1).set("transform", format!("translate({} {})", px(x), px(top))));
        x += heatmap::bar_width(scale, size.1) + GAP;
    }
    let (width, height) = ((x - GAP + EDGE).max(120.0).ceil(), (top + size.1 + largest(|m| m.bottom) + EDGE).ceil());

    let mut document = Document::new()
        .set("width", width)
        .set("height", height)
        .set("viewBox", (0, 0, width, height))
        .set("font-family", FAMILIES)
        .add(Rectangle::new().set("width", width).set("height", height).set("fill", "white"));
    if let Some(scale) = &scale {
        document = document.add(heatmap::definitions(scale));
    }
    if let Some(title) = &figure.title {
        document = document.add(figure_title(title, width));
    }
    format!("{}\n", document.add(body))
}

/// Width and height of every panel's box, in pixels: wide for curves, nearly square for maps, smaller in a row of
/// panels.
fn box_size(figure: &Figure) -> (f64, f64) {
    let maps = figure.panels.iter().all(|panel| matches!(panel.content, Content::Heatmap(_)));
    match (figure.panels.len(), maps) {
        (0 | 1, true) => (340.0, 290.0),
        (0 | 1, false) => (480.0, 290.0),
        (_, true) => (240.0, 220.0),
        (_, false) => (320.0, 220.0),
    }
}
