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
    pixels.encode_png().map_err(io::Error::other)
}
