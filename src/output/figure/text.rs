//! Text in figures: its width, and the SVG elements that show it.

use std::fmt::Write;
use std::sync::LazyLock;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};
use svg::node::Blob;

use super::markup::{self, Run};

/// The fonts that draw text in PNG and PDF files and measure all text: upright, and slanted for variables.
pub(super) static FONTS: [&[u8]; 2] = [
    include_bytes!("../../../assets/fonts/DejaVuSans-subset.ttf"),
    include_bytes!("../../../assets/fonts/DejaVuSans-Oblique-subset.ttf"),
];

/// The font families of an SVG: first those as wide as the measured font, then narrower ones, whose text always fits.
pub(super) const FAMILIES: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// Size of a subscript or superscript relative to the text.
const RAISED: f64 = 0.72;

/// The font sizes of a figure, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    /// Tick labels and legends.
    pub(super) small: f64,
    /// Labels of axes.
    pub(super) normal: f64,
    /// The title of the figure.
    pub(super) large: f64,
}

impl Letters {
    /// A figure without a given size, for the screen.
    pub(super) const SCREEN: Self = Self { small: 12.0, normal: 13.5, large: 15.0 };
    /// A figure of a given size, where 12 pixels are 8 pt.
    pub(super) const PRINT: Self = Self { small: 12.0, normal: 12.0, large: 12.0 };

    /// The sizes in an inset.
    pub(super) fn inner(self) -> Self {
        let smaller = (self.small - 2.0).max(6.0);
        Self { small: smaller, normal: (self.normal - 2.5).max(smaller), large: self.large }
    }
}

/// The characters that each font has, and their widths at font size 1.
static METRICS: LazyLock<[(Charmap<'static>, GlyphMetrics<'static>); 2]> = LazyLock::new(|| {
    FONTS.map(|data| {
        let font = FontRef::new(data).expect("the embedded font is valid");
        (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()))
    })
});

/// Width of a label at font size `size`, both in pixels. A character that the font lacks counts as one em.
pub(super) fn width(label: &str, size: f64) -> f64 {
    markup::runs(label).iter().map(|run| run_width(run, size)).sum()
}

fn run_width(run: &Run, size: f64) -> f64 {
    let ems = |c: char| {
        // A mark above a letter takes no room.
        if ('\u{300}'..='\u{36f}').contains(&c) {
            return 0.0;
        }
        let of = |font: usize| METRICS[font].0.map(c).and_then(|glyph| METRICS[font].1.advance_width(glyph));
        of(usize::from(run.italic)).or_else(|| of(0)).map_or(1.0, f64::from)
    };
    run.text.chars().map(ems).sum::<f64>() * if run.shift == 0 { size } else { RAISED * size }
}

/// Whether the font has the character.
pub(super) fn drawable(c: char) -> bool {
    METRICS[0].0.map(c).is_some()
}

/// The part of a text that lies at its position.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A label with its baseline at (`x`, `y`).
pub(super) fn at(label: &str, x: f64, y: f64, size: f64, anchor: Anchor) -> Blob {
    Blob::new(element(label, (x, y), size, anchor, ""))
}

/// A label centred at (`x`, `y`) and rotated so that it reads upwards.
pub(super) fn upward(label: &str, x: f64, y: f64, size: f64) -> Blob {
    let turn = format!(" transform=\"rotate(-90 {} {})\"", px(x), px(y));
    Blob::new(element(label, (x, y), size, Anchor::Middle, &turn))
}

/// The `text` element of a label. Its pieces follow one another without positions of their own, so that another font
/// than the measured one leaves no gaps.
fn element(label: &str, (x, y): (f64, f64), size: f64, anchor: Anchor, more: &str) -> String {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let mut out = format!("<text x=\"{}\" y=\"{}\" font-size=\"{size}\" text-anchor=\"{anchor}\"{more}>", px(x), px(y));
    let mut raised = 0.0;
    for run in markup::runs(label) {
        let height = match run.shift {
            1 => 0.36 * size,
            -1 => -0.2 * size,
            _ => 0.0,
        };
        let text = escaped(&run.text);
        if height == raised && !run.italic && run.shift == 0 {
            out += &text;
            continue;
        }
        out += "<tspan";
        if height != raised {
            let _ = write!(out, " dy=\"{}\"", px(raised - height));
        }
        if run.shift != 0 {
            let _ = write!(out, " font-size=\"{}\"", px(RAISED * size));
        }
        if run.italic {
            out += " font-style=\"italic\"";
        }
        let _ = write!(out, ">{text}</tspan>");
        raised = height;
    }
    out + "</text>"
}

/// The text as XML.
fn escaped(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Truncates a label with `…` so that its width at font size `size` is at most `room` pixels.
pub(super) fn fitted(label: &str, size: f64, room: f64) -> String {
    if width(label, size) <= room {
        return label.to_owned();
    }
    let room = room - width("…", size);
    let mut used = 0.0;
    let fits = |c: &char| {
        used += width(c.encode_utf8(&mut [0; 4]), size);
        used <= room
    };
    markup::flat(label).chars().filter(|c| *c != '$').take_while(fits).chain(['…']).collect()
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
        let fonts = FONTS.map(|font| FontRef::new(font).unwrap().charmap());
        for c in "⟨σx⟩ αβγδεζηθλμνξπρτφχψω ΓΔΘΛΞΠΣΦΨΩ ħ∞≈≤≥±×·−†√∂∇∝∈⊗→↑↓₀₁₂₃²³⁻¹⁷| öéñİÅ".chars()
        {
            assert!(fonts.iter().all(|font| font.map(c).is_some()), "{c}");
        }
    }

    #[test]
    fn width_depends_on_the_characters() {
        assert!(width("iii", 12.0) < width("mmm", 12.0) / 2.0);
        assert!((width("⟨σ⟩", 24.0) - 2.0 * width("⟨σ⟩", 12.0)).abs() < 1e-6);
        assert!(width(&fitted("a very long title of a panel", 12.0, 60.0), 12.0) <= 60.0);
        assert_eq!(fitted("ok", 12.0, 60.0), "ok");
        assert!(width("$C_{12}$", 12.0) < width("C12", 12.0) - 3.0, "a subscript is smaller");
        assert!((width("$\\hat{x}$", 12.0) - width("$x$", 12.0)).abs() < 1e-9);
    }

    #[test]
    fn mathematics_becomes_styled_pieces() {
        let drawn = element("$C_{12}$ < 1", (1.0, 2.0), 10.0, Anchor::Start, "");
        let expected = "<text x=\"1\" y=\"2\" font-size=\"10\" text-anchor=\"start\">\
                        <tspan font-style=\"italic\">C</tspan><tspan dy=\"2\" font-size=\"7.2\">12</tspan>\
                        <tspan dy=\"-2\"> &lt; 1</tspan></text>";
        assert_eq!(drawn, expected);
    }
}
