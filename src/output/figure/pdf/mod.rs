//! PDF files: the SVG as vectors, with the glyphs that it uses embedded.
//!
//! Contract: it draws what [`document`](super::document) writes: groups with a clip, paths in plain colours, text in the
//! two fonts, and PNG images. Equal SVGs give equal bytes.

mod fonts;
mod page;

use std::io;

use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref};

use super::png;
use page::Page;

/// Points per unit of the tree.
const POINTS: f32 = 0.75;

/// The objects that exist once; fonts, images and graphics states follow.
const CATALOG: i32 = 1;
const PAGES: i32 = 2;
const PAGE: i32 = 3;
const CONTENT: i32 = 4;
const INFO: i32 = 5;
const OTHERS: i32 = 6;

/// Numbers of objects, in order.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0 - 1)
    }
}

/// Converts an SVG made by [`document`](super::document) to a PDF of one page.
///
/// # Errors
/// The text is not an SVG.
pub(super) fn pages(svg: &str) -> io::Result<Vec<u8>> {
    let tree = png::tree(svg)?;
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let page = Page::of(&tree, height)?;

    let mut pdf = Pdf::new();
    let mut numbers = Numbers(OTHERS);
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(PAGES));
    pdf.pages(Ref::new(PAGES)).kids([Ref::new(PAGE)]).count(1);
    pdf.document_info(Ref::new(INFO)).producer(pdf_writer::TextStr("Carom"));
    let content = deflated(&page.content);
    pdf.stream(Ref::new(CONTENT), &content).filter(Filter::FlateDecode);

    let fonts = page.fonts.write(&mut pdf, &mut numbers);
    let images: Vec<Ref> = page.images.iter().map(|image| write_image(&mut pdf, &mut numbers, image)).collect();
    let states: Vec<Ref> = page
        .opacities
        .iter()
        .map(|&(fill, stroke)| {
            let id = numbers.next();
            pdf.ext_graphics(id).non_stroking_alpha(fill.get()).stroking_alpha(stroke.get());
            id
        })
        .collect();

    let mut written = pdf.page(Ref::new(PAGE));
    written.parent(Ref::new(PAGES)).media_box(Rect::new(0.0, 0.0, width, height)).contents(Ref::new(CONTENT));
    let mut resources = written.resources();
    for (list, letter) in [(&fonts, 'F'), (&images, 'I'), (&states, 'G')] {
        if list.is_empty() {
            continue;
        }
        let mut entries = match letter {
            'F' => resources.fonts(),
            'I' => resources.x_objects(),
            _ => resources.ext_g_states(),
        };
        for (k, id) in list.iter().enumerate() {
            entries.pair(Name(format!("{letter}{k}").as_bytes()), *id);
        }
        entries.finish();
    }
    resources.finish();
    written.finish();
    Ok(pdf.finish())
}

fn deflated(data: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(data, 6)
}

fn write_image(pdf: &mut Pdf, numbers: &mut Numbers, image: &png::Decoded) -> Ref {
    let (id, mask) = (numbers.next(), image.opacities.as_ref().map(|alpha| (numbers.next(), deflated(alpha))));
    let side = |length: u32| i32::try_from(length).unwrap_or(i32::MAX);
    let colors = deflated(&image.colors);
    let mut object = pdf.image_xobject(id, &colors);
    object.filter(Filter::FlateDecode);
    object.width(side(image.width)).height(side(image.height)).bits_per_component(8);
    object.color_space().device_rgb();
    if let Some((mask, _)) = &mask {
        object.s_mask(*mask);
    }
    object.finish();
    if let Some((mask, data)) = &mask {
        let mut object = pdf.image_xobject(*mask, data);
        object.filter(Filter::FlateDecode);
        object.width(side(image.width)).height(side(image.height)).bits_per_component(8);
        object.color_space().device_gray();
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of the page.
    fn content(body: &str) -> String {
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'>{body}</svg>");
        let tree = png::tree(&svg).expect("an SVG");
        String::from_utf8(Page::of(&tree, 15.0).expect("a page").content).expect("ASCII")
    }

    #[test]
    fn a_path_keeps_its_place_and_look() {
        let drawn =
            content("<path d='M1 2L3 4' fill='none' stroke='#ff0000' stroke-width='1.5' stroke-dasharray='6 3'/>");
        for part in ["0.75 0 0 -0.75 0 15 cm", "1 2 m\n3 4 l", "1 0 0 RG", "1.5 w", "[6 3] 0 d", "\nS"] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        let drawn = content("<rect width='4' height='2' fill='#00ff00' fill-opacity='0.5'/>");
        for part in ["0 1 0 rg", "/G0 gs", "\nf"] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert!(
            content("<svg width='4' height='3' overflow='hidden'><path d='M0 0L9 9' stroke='red'/></svg>")
                .contains("W\nn")
        );
    }

    #[test]
    fn text_is_embedded_and_can_be_searched() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='99' height='20'>\
                   <text x='1' y='10' font-size='8' font-family='DejaVu Sans'>\
                   <tspan font-style='italic'>ω</tspan> ⟨A⟩</text></svg>";
        let file = pages(svg).expect("a PDF");
        assert_eq!(file, pages(svg).expect("the same"));
        let text = String::from_utf8_lossy(&file);
        assert!(text.starts_with("%PDF-1."), "{text}");
        for part in ["+DejaVuSans-Oblique", "/FontFile2", "/ToUnicode", "/Identity-H", "/MediaBox [0 0 74.25 15]"] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(text.matches("/FontFile2").count(), 2, "upright and slanted");
        assert!(file.len() < 20_000, "{}: only the glyphs that are used", file.len());
    }
}
