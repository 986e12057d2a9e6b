//! Colours that remain distinguishable for colour-blind readers and in print.

use std::str::FromStr;

use colorous::{Color, RED_BLUE, VIRIDIS};

use super::axis::{extent, usable};
use super::{Content, Figure, Heatmap, Panel};

/// The palette of curves: the colours of Okabe and Ito (Color Universal Design, 2008), ordered so that neighbours also
/// differ in lightness, and without yellow, which is too light for a line on white.
const CURVES: [&str; 7] = ["#0072B2", "#E69F00", "#000000", "#009E73", "#D55E00", "#56B4E9", "#CC79A7"];

/// The `k`-th colour of the palette of curves, counted from 0 and repeated cyclically.
pub(crate) fn curve(k: usize) -> &'static str {
    CURVES[k % CURVES.len()]
}

/// Converts a CSS colour to `#rrggbb`, or returns `None` if it is not a colour.
pub(super) fn parse(color: &str) -> Option<String> {
    let c = svgtypes::Color::from_str(color.trim()).ok()?;
    Some(format!("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue))
}

/// Common names of colours, for messages. All names of CSS are colours.
pub const NAMES: &[&str] = &[
    "black",
    "gray",
    "silver",
    "white",
    "red",
    "darkred",
    "firebrick",
    "crimson",
    "tomato",
    "orange",
    "darkorange",
    "gold",
    "yellow",
    "olive",
    "green",
    "darkgreen",
    "limegreen",
    "lime",
    "teal",
    "turquoise",
    "cyan",
    "skyblue",
    "steelblue",
    "blue",
    "darkblue",
    "navy",
    "royalblue",
    "indigo",
    "violet",
    "purple",
    "magenta",
    "orchid",
    "pink",
    "brown",
    "chocolate",
    "salmon",
    "coral",
    "tan",
];

/// The colour scale of a figure.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    /// Values at the ends of the colour bar.
    pub(super) range: (f64, f64),
    /// Label of the colour bar; may be empty.
    pub(super) label: String,
    /// Whether some cell of the figure has no value.
    pub(super) missing: bool,
}

impl Scale {
    /// The common scale of all heat maps of the figure, including insets, or `None` if it has no heat map.
    pub(super) fn of(figure: &Figure) -> Option<Self> {
        let maps: Vec<&Heatmap> = figure.panels.iter().flat_map(with_insets).filter_map(heatmap).collect();
        let label = maps.iter().map(|m| m.label.as_str()).find(|l| !l.is_empty());
        let given = extent(maps.iter().filter_map(|m| m.color_range).flat_map(|(a, b)| [a, b]));
        let range = match given {
            Some(_) => usable(given),
            None => balanced(usable(extent(maps.iter().flat_map(|m| m.values.iter().copied())))),
        };
        let missing = maps.iter().any(|m| {
            let cells = m.x.len().saturating_mul(m.y.len());
            m.values.len() < cells || m.values.iter().take(cells).any(|v| !v.is_finite())
        });
        (!maps.is_empty()).then(|| Self { range, label: label.unwrap_or_default().to_owned(), missing })
    }

    /// The colour at a relative position in [0, 1], as `#rrggbb`. A range symmetric about zero is blue below and red
    /// above zero. Other ranges use viridis, whose lightness varies uniformly, also in print.
    pub(super) fn color(&self, place: f64) -> String {
        format!("#{:x}", self.at(place))
    }

    /// The same as red, green and blue; `None` if the position is not a number.
    pub(super) fn rgb(&self, place: f64) -> Option<[u8; 3]> {
        let c = self.at(place);
        place.is_finite().then_some([c.r, c.g, c.b])
    }

    fn at(&self, place: f64) -> Color {
        let place = place.clamp(0.0, 1.0);
        let (low, high) = self.range;
        let is_symmetric = low < 0.0 && (low + high).abs() <= 1e-9 * high;
        if is_symmetric { RED_BLUE.eval_continuous(1.0 - place) } else { VIRIDIS.eval_continuous(place) }
    }
}

/// Makes the range of data of both signs symmetric about zero, unless one side is at most a quarter of the other.
fn balanced((low, high): (f64, f64)) -> (f64, f64) {
    let (small, large) = ((-low).min(high), (-low).max(high));
    if small > 0.25 * large { (-large, large) } else { (low, high) }
}

fn heatmap(panel: &Panel) -> Option<&Heatmap> {
    match &panel.content {
        Content::Heatmap(map) => Some(map),
        Content::Curves(_) => None,
    }
}

/// The panel, its inset, the inset of that, and so on.
fn with_insets(panel: &Panel) -> impl Iterator<Item = &Panel> {
    std::iter::successors(Some(panel), |p| p.inset.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(range: (f64, f64)) -> Scale {
        Scale { range, label: String::new(), missing: false }
    }

    #[test]
    fn data_of_both_signs_is_centred_at_zero() {
        let both = scale((-1.0, 1.0));
        assert_eq!(both.color(0.0), "#042f60");
        assert_eq!(both.color(1.0), "#67001f");
        assert_eq!(scale((0.0, 1.0)).color(0.0), "#440154");
        assert_eq!(balanced((-0.9, 0.4)), (-0.9, 0.9));
        assert_eq!(balanced((-0.9, 0.1)), (-0.9, 0.1));
        assert_eq!(balanced((0.2, 0.4)), (0.2, 0.4));
    }

    #[test]
    fn only_colours_are_parsed() {
        assert!(NAMES.iter().all(|name| parse(name).is_some()));
        assert_eq!(parse("steelblue").as_deref(), Some("#4682b4"));
        assert_eq!(parse("#f00").as_deref(), Some("#ff0000"));
        assert_eq!(parse("\"/><script>"), None);
    }
}
