//! The content of the page: the operators that draw a tree.

use std::io;

use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Name, Str};
use resvg::tiny_skia::{self, PathSegment, Transform};
use resvg::usvg::{self, ImageKind, LineCap, LineJoin, Node, NormalizedF32, Opacity, Paint, Tree};

use super::POINTS;
use super::fonts::Fonts;
use crate::output::figure::png::{self, Decoded};

/// What the page draws, and what it refers to by number.
pub(super) struct Page {
    /// The operators.
    pub(super) content: Vec<u8>,
    pub(super) fonts: Fonts,
    pub(super) images: Vec<Decoded>,
    /// Pairs of the opacities of areas and lines.
    pub(super) opacities: Vec<(NormalizedF32, NormalizedF32)>,
}

impl Page {
    /// The page of a tree, `height` points high.
    pub(super) fn of(tree: &Tree, height: f32) -> io::Result<Self> {
        let mut painter =
            Painter { content: Content::new(), fonts: Fonts::new(tree), images: Vec::new(), opacities: Vec::new() };
        painter.content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
        painter.group(tree.root())?;
        let Painter { content, fonts, images, opacities } = painter;
        Ok(Self { content: content.finish().into_vec(), fonts, images, opacities })
    }
}

struct Painter {
    content: Content,
    fonts: Fonts,
    images: Vec<Decoded>,
    opacities: Vec<(NormalizedF32, NormalizedF32)>,
}

fn matrix(t: Transform) -> [f32; 6] {
    [t.sx, t.ky, t.kx, t.sy, t.tx, t.ty]
}

impl Painter {
    fn group(&mut self, group: &usvg::Group) -> io::Result<()> {
        let nested = !group.transform().is_identity() || group.clip_path().is_some();
        if nested {
            self.content.save_state();
            if !group.transform().is_identity() {
                self.content.transform(matrix(group.transform()));
            }
            if let Some(clip) = group.clip_path() {
                self.clip(clip.root(), clip.transform());
                self.content.clip_nonzero().end_path();
            }
        }
        for node in group.children() {
            match node {
                Node::Group(inner) => self.group(inner)?,
                Node::Path(path) => self.path(path),
                Node::Image(image) => self.image(image)?,
                Node::Text(text) => self.text(text),
            }
        }
        if nested {
            self.content.restore_state();
        }
        Ok(())
    }

    /// The outlines of the paths of a clip.
    fn clip(&mut self, group: &usvg::Group, outer: Transform) {
        for node in group.children() {
            match node {
                Node::Group(inner) => self.clip(inner, outer.pre_concat(inner.transform())),
                Node::Path(path) => {
                    if let Some(moved) = path.data().clone().transform(outer) {
                        self.outline(&moved);
                    }
                }
                Node::Image(_) | Node::Text(_) => {}
            }
        }
    }

    fn outline(&mut self, path: &tiny_skia::Path) {
        let mut at = tiny_skia::Point::zero();
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(p) => _ = self.content.move_to(p.x, p.y),
                PathSegment::LineTo(p) => _ = self.content.line_to(p.x, p.y),
                PathSegment::QuadTo(c, p) => {
                    // The cubic curve of the same shape.
                    let toward =
                        |end: tiny_skia::Point| (end.x + (c.x - end.x) * 2.0 / 3.0, end.y + (c.y - end.y) * 2.0 / 3.0);
                    let (one, two) = (toward(at), toward(p));
                    self.content.cubic_to(one.0, one.1, two.0, two.1, p.x, p.y);
                }
                PathSegment::CubicTo(a, b, p) => _ = self.content.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
                PathSegment::Close => _ = self.content.close_path(),
            }
            if let PathSegment::MoveTo(p)
            | PathSegment::LineTo(p)
            | PathSegment::QuadTo(_, p)
            | PathSegment::CubicTo(_, _, p) = segment
            {
                at = p;
            }
        }
    }

    fn path(&mut self, path: &usvg::Path) {
        if !path.is_visible() {
            return;
        }
        self.content.save_state();
        let opacity = |o: Option<Opacity>| o.unwrap_or(Opacity::ONE);
        self.opacity(opacity(path.fill().map(usvg::Fill::opacity)), opacity(path.stroke().map(usvg::Stroke::opacity)));
        if let Some(fill) = path.fill() {
            let [r, g, b] = rgb(fill.paint());
            self.content.set_fill_rgb(r, g, b);
        }
        if let Some(stroke) = path.stroke() {
            self.stroke(stroke);
        }
        self.outline(path.data());
        let even_odd = path.fill().is_some_and(|fill| fill.rule() == usvg::FillRule::EvenOdd);
        match (path.fill().is_some(), path.stroke().is_some()) {
            (true, true) if even_odd => self.content.fill_even_odd_and_stroke(),
            (true, true) => self.content.fill_nonzero_and_stroke(),
            (true, false) if even_odd => self.content.fill_even_odd(),
            (true, false) => self.content.fill_nonzero(),
            (false, true) => self.content.stroke(),
            (false, false) => self.content.end_path(),
        };
        self.content.restore_state();
    }

    fn stroke(&mut self, stroke: &usvg::Stroke) {
        let [r, g, b] = rgb(stroke.paint());
        self.content.set_stroke_rgb(r, g, b).set_line_width(stroke.width().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
        });
        if let Some(dashes) = stroke.dasharray() {
            self.content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
        }
    }

    /// Sets the opacities of areas and lines.
    fn opacity(&mut self, fill: NormalizedF32, stroke: NormalizedF32) {
        if (fill, stroke) == (NormalizedF32::ONE, NormalizedF32::ONE) {
            return;
        }
        let known = self.opacities.iter().position(|o| *o == (fill, stroke));
        let number = known.unwrap_or_else(|| {
            self.opacities.push((fill, stroke));
            self.opacities.len() - 1
        });
        self.content.set_parameters(Name(format!("G{number}").as_bytes()));
    }

    /// An image fills a square of side 1, which the groups around it move and scale; its first row is at the top.
    fn image(&mut self, image: &usvg::Image) -> io::Result<()> {
        let ImageKind::PNG(data) = image.kind() else { return Ok(()) };
        self.images.push(png::decode(data)?);
        let name = format!("I{}", self.images.len() - 1);
        let size = image.size();
        self.content.save_state().transform([size.width(), 0.0, 0.0, -size.height(), 0.0, size.height()]);
        self.content.x_object(Name(name.as_bytes())).restore_state();
        Ok(())
    }

    fn text(&mut self, text: &usvg::Text) {
        for span in text.layouted().iter().filter(|span| span.visible) {
            let [r, g, b] = span.fill.as_ref().map_or([0.0; 3], |fill| rgb(fill.paint()));
            self.content.set_fill_rgb(r, g, b).begin_text();
            for glyph in &span.positioned_glyphs {
                let Some((font, code)) = self.fonts.glyph(glyph) else { continue };
                let size = glyph.font_size();
                // The transform takes font units to the page; here those of a font of the given size.
                let scale = f32::from(self.fonts.units(font)) / size;
                let place = glyph.outline_transform().pre_concat(Transform::from_scale(scale, scale));
                self.content.set_font(Name(format!("F{font}").as_bytes()), size).set_text_matrix(matrix(place));
                self.content.show(Str(&code.to_be_bytes()));
            }
            self.content.end_text();
        }
    }
}

fn rgb(paint: &Paint) -> [f32; 3] {
    match paint {
        Paint::Color(c) => [c.red, c.green, c.blue].map(|v| f32::from(v) / 255.0),
        _ => [0.5; 3],
    }
}
