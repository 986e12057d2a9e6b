//! PNG files: the SVG rasterised at twice its size.

use std::io;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::text::{FONT, drawable};

/// Pixels per unit of the SVG.
const SCALE: f32 = 2.0;
/// Largest number of pixels of a PNG: 1 GiB at 4 bytes per pixel, which viewers can still open.
const MOST: u64 = 1 << 28;

/// Rasterises an SVG made by [`document`](super::document) and returns the bytes of a PNG. Only the font embedded in
/// the program is used, never the fonts of the machine.
///
/// # Errors
/// The image would exceed the largest number of pixels, which takes hundreds of panels.
pub(super) fn rasterise(svg: &str) -> io::Result<Vec<u8>> {
    static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(FONT.to_vec());
        Arc::new(fonts)
    });
    // The renderer silently omits characters that the font lacks; draw a box instead.
    let svg: String = svg.chars().map(|c| if c.is_ascii() || drawable(c) { c } else { '□' }).collect();
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(&svg, &options).map_err(io::Error::other)?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let size = size.filter(|size| u64::from(size.width()) * u64::from(size.height()) <= MOST);
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "the figure is too large for a PNG");
    let mut pixels = size.and_then(|size| Pixmap::new(size.width(), size.height())).ok_or_else(too_large)?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    encode(&pixels).map_err(io::Error::other)
}

/// The PNG of a picture. Its background is opaque, so no transparency is stored.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let colors: Vec<u8> = pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    // A figure is mostly lines on white: slower settings make its file hardly smaller.
    encoder.set_filter(png::Filter::Up);
    encoder.set_deflate_compression(png::DeflateCompression::Level(4));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colors)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_colours_at_twice_the_size() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='1'>\
                   <rect width='1' height='1' fill='#102030'/><rect x='1' width='1' height='1' fill='white'/></svg>";
        let bytes = rasterise(svg).expect("a small picture");
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
        let info = reader.next_frame(&mut pixels).expect("one picture");
        assert_eq!((info.width, info.height, info.color_type), (4, 2, png::ColorType::Rgb));
        let line = [[16, 32, 48], [16, 32, 48], [255; 3], [255; 3]].concat();
        assert_eq!(pixels, [line.clone(), line].concat());
    }
}
