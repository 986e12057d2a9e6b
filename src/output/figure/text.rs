//! Text in figures: its width, and the SVG elements that show it.

use std::sync::LazyLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};
use svg::node::element::Text;

/// The font that draws text in PNG files and measures all text.
pub(super) static FONT: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans-subset.ttf");

/// The font families of an SVG: first those as wide as the measured font, then narrower ones, whose text always fits.
pub(super) const FAMILIES: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// Font size of tick labels and legends, in pixels.
pub(super) const SMALL: f64 = 12.0;
/// Font size of axis labels, in pixels.
pub(super) const NORMAL: f64 = 13.5;
/// Font size of titles, in pixels.
pub(super) const LARGE: f64 = 15.0;

/// The characters that the font has, and their widths at font size 1.
static METRICS: LazyLock<(Charmap<'static>, GlyphMetrics<'static>)> = LazyLock::new(|| {
    let font = FontRef::new(FONT).expect("the embedded font is valid");
    (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()))
});

/// Width of `text` at font size `size`, both in pixels. A character that the font lacks counts as one em.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let (letters, metrics) = &*METRICS;
    let ems: f64 = text
        .chars()
        .map(|c| letters.map(c).and_then(|glyph| metrics.advance_width(glyph)).map_or(1.0, f64::from))
        .sum();
    ems * size
}

/// Whether the font has the character.
pub(super) fn drawable(c: char) -> bool {
    METRICS.0.map(c).is_some()
}

/// The part of a text that lies at its position.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// `text` with its baseline at (`x`, `y`).
pub(super) fn at(text: &str, x: f64, y: f64, size: f64, anchor: Anchor) -> Text {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    Text::new(plain(text)).set("x", px(x)).set("y", px(y)).set("font-size", size).set("text-anchor", anchor)
}

/// `text` centred at (`x`, `y`) and rotated so that it reads upwards.
pub(super) fn upward(text: &str, x: f64, y: f64, size: f64) -> Text {
    at(text, x, y, size, Anchor::Middle).set("transform", format!("rotate(-90 {} {})", px(x), px(y)))
}

/// Truncates `text` with `…` so that its width at font size `size` is at most `room` pixels.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let room = room - width("…", size);
    let mut used = 0.0;
    let fits = |c: &char| {
        used += width(c.encode_utf8(&mut [0; 4]), size);
        used <= room
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Replaces control characters by spaces and removes characters that XML does not allow.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

/// Rounds a length to hundredths of a pixel, the precision of the file.
pub(super) fn px(v: f64) -> f64 {
    (v * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_the_symbols_of_physics() {
        let font = FontRef::new(FONT).unwrap();
        for c in "⟨σx⟩ αβγδεζηθλμνξπρτφχψω ΓΔΘΛΞΠΣΦΨΩ ħ∞≈≤≥±×·−†√∂∇∝∈⊗→↑↓₀₁₂₃²³⁻¹⁷| öéñİÅ".chars()
        {
            assert!(font.charmap().map(c).is_some(), "{c}");
        }
    }

    #[test]
    fn width_depends_on_the_characters() {
        assert!(width("iii", 12.0) < width("mmm", 12.0) / 2.0);
        assert!((width("⟨σ⟩", 24.0) - 2.0 * width("⟨σ⟩", 12.0)).abs() < 1e-6);
        assert!(width(&fitted("a very long title of a panel", 12.0, 60.0), 12.0) <= 60.0);
        assert_eq!(fitted("ok", 12.0, 60.0), "ok");
    }
}
