//! The fonts of a page, restricted to the glyphs that it shows.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use resvg::usvg::{Tree, fontdb, layout::PositionedGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use subsetter::GlyphRemapper;

use super::{Numbers, deflated};
use crate::output::figure::text;

/// The names of the fonts in the order of [`text::FONTS`]; six letters mark a font without all of its glyphs.
const NAMES: [&str; 2] = ["CAROMA+DejaVuSans", "CAROMB+DejaVuSans-Oblique"];
const SYSTEM: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The fonts that the program has, and the glyphs of each that the page shows.
pub(super) struct Fonts {
    /// The fonts by their number in the tree.
    ids: Vec<fontdb::ID>,
    used: Vec<Used>,
}

#[derive(Default)]
struct Used {
    glyphs: GlyphRemapper,
    /// The characters of each glyph, by its number in the restricted font.
    characters: BTreeMap<u16, String>,
}

impl Fonts {
    pub(super) fn new(tree: &Tree) -> Self {
        let ids: Vec<fontdb::ID> = tree.fontdb().faces().map(|face| face.id).collect();
        Self { used: ids.iter().map(|_| Used::default()).collect(), ids }
    }

    /// The number of the font of a glyph, and the number of the glyph in it.
    pub(super) fn glyph(&mut self, glyph: &PositionedGlyph) -> Option<(usize, u16)> {
        let font = self.ids.iter().position(|id| *id == glyph.font)?;
        let used = &mut self.used[font];
        let code = used.glyphs.remap(u16::try_from(glyph.id.0).ok()?);
        used.characters.entry(code).or_insert_with(|| glyph.text.clone());
        Some((font, code))
    }

    /// Font units per em.
    pub(super) fn units(&self, font: usize) -> u16 {
        reference(font).map_or(1000, |font| font.metrics(Size::unscaled(), LocationRef::default()).units_per_em)
    }

    /// Writes the fonts and returns one reference for each, in the order of their numbers.
    pub(super) fn write(&self, pdf: &mut Pdf, numbers: &mut Numbers) -> Vec<Ref> {
        self.used.iter().enumerate().map(|(i, used)| used.write(i, pdf, numbers)).collect()
    }
}

fn reference(font: usize) -> Option<FontRef<'static>> {
    FontRef::new(text::FONTS.get(font)?).ok()
}

impl Used {
    fn write(&self, font: usize, pdf: &mut Pdf, numbers: &mut Numbers) -> Ref {
        let [id, cid, descriptor, cmap, file] = std::array::from_fn(|_| numbers.next());
        let name = Name(NAMES.get(font).copied().unwrap_or("CAROMC+Font").as_bytes());
        pdf.type0_font(id)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(cmap);

        let mut object = pdf.cid_font(cid);
        object.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(descriptor);
        object.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        // Widths and heights are in thousandths of an em.
        let font_ref = reference(font);
        let widths = font_ref.as_ref().map(|font| font.glyph_metrics(Size::new(1000.0), LocationRef::default()));
        let width = |glyph: u16| widths.as_ref().and_then(|w| w.advance_width(glyph.into())).unwrap_or(0.0);
        object.widths().consecutive(0, self.glyphs.remapped_gids().map(width));
        object.finish();

        let metrics = font_ref.map(|font| font.metrics(Size::new(1000.0), LocationRef::default()));
        let of = |value: fn(&skrifa::metrics::Metrics) -> f32, or: f32| metrics.as_ref().map_or(or, value);
        let mut object = pdf.font_descriptor(descriptor);
        object.name(name).flags(FontFlags::SYMBOLIC).italic_angle(if font == 1 { -11.0 } else { 0.0 });
        object.bbox(Rect::new(-1021.0, -463.0, 1793.0, 1232.0));
        object.ascent(of(|m| m.ascent, 928.0)).descent(of(|m| m.descent, -236.0));
        object.cap_height(of(|m| m.cap_height.unwrap_or(729.0), 729.0)).stem_v(80.0).font_file2(file);
        object.finish();

        let mut characters = UnicodeCmap::<u16>::new(Name(b"Custom"), SYSTEM);
        for (glyph, text) in self.characters.iter().filter(|(_, text)| !text.is_empty()) {
            characters.pair_with_multiple(*glyph, text.chars());
        }
        let data = deflated(&characters.finish().into_vec());
        pdf.cmap(cmap, &data).filter(Filter::FlateDecode);

        // A font that cannot be restricted is embedded as it is, with glyphs of other numbers: it must not happen.
        let data = text::FONTS.get(font).copied().unwrap_or_default();
        let restricted = subsetter::subset(data, 0, &self.glyphs).expect("the embedded fonts can be restricted");
        let compressed = deflated(&restricted);
        let mut stream = pdf.stream(file, &compressed);
        stream.filter(Filter::FlateDecode);
        stream.pair(Name(b"Length1"), i32::try_from(restricted.len()).unwrap_or(i32::MAX));
        stream.finish();
        id
    }
}
