//! PNG files: the rasterised SVG, and images of the cells of heat maps.

use std::io;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::text::{FONTS, drawable};

/// Largest number of pixels of a PNG: 1 GiB at 4 bytes per pixel, which viewers can still open.
const MOST: u64 = 1 << 28;

/// Reads an SVG made by [`document`](super::document), with its text laid out in the fonts embedded in the program,
/// never those of the machine. A character that they lack is a question mark.
///
/// # Errors
/// The text is not an SVG.
pub(super) fn tree(svg: &str) -> io::Result<Tree> {
    static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut fonts = fontdb::Database::new();
        FONTS.iter().for_each(|font| fonts.load_font_data(font.to_vec()));
        Arc::new(fonts)
    });
    let svg: String = svg.chars().map(|c| if c.is_ascii() || drawable(c) { c } else { '?' }).collect();
    let options = Options { fontdb: Arc::clone(&DATABASE), ..Options::default() };
    Tree::from_str(&svg, &options).map_err(io::Error::other)
}

/// Rasterises an SVG made by [`document`](super::document) and returns the bytes of a PNG.
///
/// # Errors
/// The image would exceed the largest number of pixels, which takes hundreds of panels.
pub(super) fn rasterise(svg: &str, dots_per_inch: u32) -> io::Result<Vec<u8>> {
    let tree = tree(svg)?;
    // A unit of the tree is 1/96 inch.
    #[expect(clippy::cast_precision_loss, reason = "at most 600")]
    let scale = dots_per_inch as f32 / 96.0;
    let size = tree.size().to_int_size().scale_by(scale);
    let size = size.filter(|size| u64::from(size.width()) * u64::from(size.height()) <= MOST);
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "the figure is too large for a PNG");
    let mut pixels = size.and_then(|size| Pixmap::new(size.width(), size.height())).ok_or_else(too_large)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    encode(&pixels, dots_per_inch).map_err(io::Error::other)
}

/// The PNG of a picture. Its background is opaque, so no transparency is stored.
fn encode(pixels: &Pixmap, dots_per_inch: u32) -> Result<Vec<u8>, png::EncodingError> {
    let colors: Vec<u8> = pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    let per_metre = (dots_per_inch * 10_000 + 127) / 254;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    // A figure is mostly lines on white: slower settings make its file hardly smaller.
    encoder.set_filter(png::Filter::Up);
    encoder.set_deflate_compression(png::DeflateCompression::Level(4));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colors)?;
    writer.finish()?;
    Ok(file)
}

/// The PNG of an image of `width` × `height` pixels, each with red, green, blue and opacity. The opacity is stored only
/// if some pixel is transparent.
pub(super) fn encode_cells(pixels: &[u8], width: usize, height: usize) -> io::Result<Vec<u8>> {
    let side = |length: usize| u32::try_from(length).map_err(io::Error::other);
    let (pixels_of, _) = pixels.as_chunks::<4>();
    let opaque = pixels_of.iter().all(|p| p[3] == 255);
    let colors: Vec<u8> = pixels_of.iter().flat_map(|p| &p[..if opaque { 3 } else { 4 }]).copied().collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(width)?, side(height)?);
    encoder.set_color(if opaque { png::ColorType::Rgb } else { png::ColorType::Rgba });
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(&colors).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(file)
}

/// The pixels of a PNG with 8 bits per channel: width, height, colours, and opacities if it has any.
pub(super) fn decode(file: &[u8]) -> io::Result<Decoded> {
    let mut reader = png::Decoder::new(io::Cursor::new(file)).read_info().map_err(io::Error::other)?;
    let mut data = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let info = reader.next_frame(&mut data).map_err(io::Error::other)?;
    let (colors, opacities) = match info.color_type {
        png::ColorType::Rgba => {
            let (pixels, _) = data.as_chunks::<4>();
            (pixels.iter().flat_map(|p| [p[0], p[1], p[2]]).collect(), Some(pixels.iter().map(|p| p[3]).collect()))
        }
        png::ColorType::Rgb => (data, None),
        _ => return Err(io::Error::other("not an image of cells")),
    };
    Ok(Decoded { width: info.width, height: info.height, colors, opacities })
}

/// The pixels of an image.
pub(super) struct Decoded {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Red, green and blue of each pixel.
    pub(super) colors: Vec<u8>,
    pub(super) opacities: Option<Vec<u8>>,
}

/// The bytes in base 64, as in a `data:` address.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_colours_at_twice_the_size() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='1'>\
                   <rect width='1' height='1' fill='#102030'/><rect x='1' width='1' height='1' fill='white'/></svg>";
        let bytes = rasterise(svg, 192).expect("a small picture");
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
        let info = reader.next_frame(&mut pixels).expect("one picture");
        assert_eq!((info.width, info.height, info.color_type), (4, 2, png::ColorType::Rgb));
        let line = [[16, 32, 48], [16, 32, 48], [255; 3], [255; 3]].concat();
        assert_eq!(pixels, [line.clone(), line].concat());
        let dims = reader.info().pixel_dims.expect("the resolution is stored");
        assert_eq!((dims.xppu, dims.unit), (7559, png::Unit::Meter));
    }

    #[test]
    fn an_image_of_cells_keeps_its_pixels() {
        let pixels = [1, 2, 3, 255, 4, 5, 6, 255];
        let read = decode(&encode_cells(&pixels, 2, 1).expect("small")).expect("just written");
        assert_eq!((read.width, read.height, read.colors, read.opacities), (2, 1, vec![1, 2, 3, 4, 5, 6], None));
        let read = decode(&encode_cells(&[1, 2, 3, 255, 0, 0, 0, 0], 1, 2).expect("small")).expect("just written");
        assert_eq!((read.height, read.opacities), (2, Some(vec![255, 0])));
    }

    #[test]
    fn base64_has_the_test_vectors_of_its_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
