//! Text in a picture: how wide it is, and its elements.

use std::sync::LazyLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};
use svg::node::element::Text;

/// The letters that PNG is drawn with, and that all text is measured with.
pub(super) static FONT: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans-subset.ttf");

/// What an SVG asks its viewer for: fonts as wide as the measured one first, then narrower ones, which always fit.
pub(super) const FAMILIES: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// The size of tick labels and legends.
pub(super) const SMALL: f64 = 12.0;
/// The size of axis labels.
pub(super) const NORMAL: f64 = 13.5;
/// The size of titles.
pub(super) const LARGE: f64 = 15.0;

/// Which letters the font has, and their widths at size 1.
static METRICS: LazyLock<(Charmap<'static>, GlyphMetrics<'static>)> = LazyLock::new(|| {
    let font = FontRef::new(FONT).expect("the font in the program is a font");
    (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()))
});

/// Width of `text` at `size`, both in pixels. A letter that the font lacks counts as a wide one.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let (letters, metrics) = &*METRICS;
    let ems: f64 = text
        .chars()
        .map(|c| letters.map(c).and_then(|glyph| metrics.advance_width(glyph)).map_or(1.0, f64::from))
        .sum();
    ems * size
}

/// Whether the font has the letter.
pub(super) fn drawable(c: char) -> bool {
    METRICS.0.map(c).is_some()
}

/// Which end of a text its position is.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// `text` with its base line at (`x`, `y`).
pub(super) fn at(text: &str, x: f64, y: f64, size: f64, anchor: Anchor) -> Text {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    Text::new(plain(text)).set("x", px(x)).set("y", px(y)).set("font-size", size).set("text-anchor", anchor)
}

/// `text` centred at (`x`, `y`), read from below.
pub(super) fn upward(text: &str, x: f64, y: f64, size: f64) -> Text {
    at(text, x, y, size, Anchor::Middle).set("transform", format!("rotate(-90 {} {})", px(x), px(y)))
}

/// `text`, cut so that it is at most `room` wide at `size`.
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

/// Without what XML does not allow and a line of text does not have.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

/// A length in the file: hundredths of a pixel are enough.
pub(super) fn px(v: f64) -> f64 {
    (v * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_the_letters_of_physics() {
        let font = FontRef::new(FONT).unwrap();
        for c in "⟨σx⟩ αβγδεζηθλμνξπρτφχψω ΓΔΘΛΞΠΣΦΨΩ ħ∞≈≤≥±×·−†√∂∇∝∈⊗→↑↓₀₁₂₃²³⁻¹⁷| öéñİÅ".chars()
        {
            assert!(font.charmap().map(c).is_some(), "{c}");
        }
    }

    #[test]
    fn widths_are_those_of_the_letters() {
        assert!(width("iii", 12.0) < width("mmm", 12.0) / 2.0);
        assert!((width("⟨σ⟩", 24.0) - 2.0 * width("⟨σ⟩", 12.0)).abs() < 1e-6);
        assert!(width(&fitted("a very long title of a panel", 12.0, 60.0), 12.0) <= 60.0);
        assert_eq!(fitted("ok", 12.0, 60.0), "ok");
    }
}
