//! Figures: curves and heat maps as SVG, as PNG, and as a sketch for the terminal.
//!
//! Contract: a [`Figure`] describes the content of a picture, in the units of its data. It may contain any numbers:
//! missing, infinite, or none at all. Equal figures give equal bytes on every machine, because text is measured and
//! drawn with the fonts in `assets/fonts`, and PDF and PNG are made from the SVG. Libraries compute ticks, colour maps, XML,
//! PDF objects and pixels, and only this module uses them; this module computes the layout.

mod axis;
mod colors;
mod curves;
mod document;
mod frame;
mod heatmap;
mod legend;
mod markup;
mod panel;
mod pdf;
mod placement;
mod png;
mod ranges;
mod sketch;
#[cfg(test)]
mod tests;
mod text;
mod ticks;
mod typeset;

use std::path::Path;

use crate::analysis::{Index, Values};
use crate::storage::{FileError, write_file};

pub(crate) use colors::curve as palette;
pub use sketch::sketch;
pub use typeset::{short_numbers, typeset};

/// A figure: panels side by side. All its heat maps share one colour scale. Labels may contain mathematics between dollar signs: `$⟨σ_x⟩$`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// Title above the panels; none by default.
    pub title: Option<String>,
    /// The panels from left to right, and from top to bottom if the figure is too narrow for them.
    pub panels: Vec<Panel>,
    /// The size in print; by default a size for the screen.
    pub size: Option<Size>,
}

/// The size of a figure in print, in millimetres. All its text is 8 pt high, in an inset less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// The width.
    pub width: f64,
    /// The height; by default one that suits the panels.
    pub height: Option<f64>,
}

impl Size {
    /// The width of a column of a journal with two columns.
    pub const COLUMN: Self = Self { width: 86.0, height: None };
    /// The width of a page of that journal.
    pub const PAGE: Self = Self { width: 178.0, height: None };
}

/// A panel: a pair of axes and what is drawn in them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// Title above the axes; none by default.
    pub title: Option<String>,
    /// Label below the horizontal axis.
    pub x_label: Option<String>,
    /// Label of the left axis.
    pub y_label: Option<String>,
    /// Label of the right axis.
    pub y2_label: Option<String>,
    /// Range of the horizontal axis. Without two different finite numbers it is the range of the data.
    pub x_range: Option<(f64, f64)>,
    /// Range of the left axis, with the same default.
    pub y_range: Option<(f64, f64)>,
    /// Range of the right axis, with the same default. The right axis is drawn if a curve belongs to it.
    pub y2_range: Option<(f64, f64)>,
    /// Whether the horizontal axis is logarithmic; points that are not positive are left out.
    pub x_log: bool,
    /// Whether the left axis is logarithmic.
    pub y_log: bool,
    /// Whether the right axis is logarithmic.
    pub y2_log: bool,
    /// Words that label 0, 1, 2, … on the horizontal axis instead of numbers.
    pub x_words: Option<Vec<String>>,
    /// Words that label 0, 1, 2, … on the left axis instead of numbers.
    pub y_words: Option<Vec<String>>,
    /// The curves or cells in the axes.
    pub content: Content,
    /// A small panel inside this one, placed where it covers the curves least.
    pub inset: Option<Box<Panel>>,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Functions of one variable.
    Curves(Vec<Curve>),
    /// A function of two variables.
    Heatmap(Heatmap),
}

impl Default for Content {
    fn default() -> Self {
        Self::Curves(Vec::new())
    }
}

/// A line through points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Name in the legend; a curve with an empty name has no entry.
    pub label: String,
    /// Horizontal coordinates of the points. The longer of `x` and `y` is truncated.
    pub x: Coordinates,
    /// Values of the points. A value that is not finite is missing and leaves a gap.
    pub y: Values,
    /// Half the height of a band around the values, for each of them; `None` without a band.
    pub band: Option<Values>,
    /// Line style. If a panel has several solid curves, the later ones get dashes, which distinguish them in black and
    /// white.
    pub style: Stroke,
    /// `#rrggbb` or a CSS colour name. The default, and the replacement of an invalid name, is the next colour of the
    /// palette.
    pub color: Option<String>,
    /// Whether the values refer to the right axis.
    pub right_axis: bool,
}

/// The horizontal coordinates of a curve.
#[derive(Debug, Clone, PartialEq)]
pub enum Coordinates {
    /// Collision numbers, generated from start and stride.
    Collisions(Index),
    /// Stored numbers.
    Numbers(Values),
}

impl Default for Coordinates {
    fn default() -> Self {
        Self::Numbers(Values::default())
    }
}

impl From<Index> for Coordinates {
    fn from(index: Index) -> Self {
        Self::Collisions(index)
    }
}

impl From<Values> for Coordinates {
    fn from(values: Values) -> Self {
        Self::Numbers(values)
    }
}

impl Coordinates {
    /// Number of coordinates.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Collisions(index) => index.len,
            Self::Numbers(values) => values.len(),
        }
    }

    /// The i-th coordinate, counted from 0.
    pub(crate) fn at(&self, i: usize) -> f64 {
        match self {
            Self::Collisions(index) => index.at(i) as f64,
            Self::Numbers(values) => values[i],
        }
    }
}

impl Curve {
    /// The points in order, including those whose value is missing.
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        (0..self.x.len().min(self.y.len())).map(|i| (self.x.at(i), self.y[i]))
    }

    /// The points on an edge of the band: those of the upper edge for a `side` of 1, of the lower edge for −1.
    fn edge(&self, side: f64) -> impl Iterator<Item = (f64, f64)> {
        let half = self.band.iter().flat_map(|band| band.iter());
        self.points().zip(half).map(move |((x, y), half)| (x, y + side * half))
    }
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// A line.
    #[default]
    Solid,
    /// A dashed line.
    Dashed,
    /// A dotted line.
    Dotted,
    /// A mark at each point, no line.
    Points,
}

/// A heat map: a grid of coloured cells, each extending halfway to its neighbours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heatmap {
    /// Horizontal coordinates of the columns, in any order.
    pub x: Vec<f64>,
    /// Vertical coordinates of the rows, in any order.
    pub y: Vec<f64>,
    /// Values of the cells: `values[iy * x.len() + ix]`. A value that is absent or not finite is missing and drawn
    /// hatched.
    pub values: Values,
    /// Label of the colour bar.
    pub label: String,
    /// Values at the ends of the colour bar; by default the range of the data. A range symmetric about 0 uses a
    /// diverging colour map centred at 0.
    pub color_range: Option<(f64, f64)>,
}

/// A kind of file that holds a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Vectors with the text as text, for the web.
    Svg,
    /// Vectors with the fonts embedded, for LaTeX.
    Pdf,
    /// Pixels: 192 per inch, and 600 in a figure with a size in print.
    Png,
}

impl Format {
    /// All formats, in the order in which a run writes them.
    pub const ALL: [Self; 3] = [Self::Svg, Self::Pdf, Self::Png];

    /// The file extension.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }

    /// The format with this file extension.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }
}

/// The figure as SVG text.
#[must_use]
pub fn svg(figure: &Figure) -> String {
    document::svg(figure, Cells::Few)
}

/// Writes the figure as a file of the given format.
///
/// # Errors
/// The image is too large, or the file cannot be written.
pub fn write_figure(figure: &Figure, format: Format, path: &Path) -> Result<(), FileError> {
    let bytes = match format {
        Format::Svg => Ok(svg(figure).into_bytes()),
        Format::Pdf => pdf::pages(&document::svg(figure, Cells::Image)),
        Format::Png => png::rasterise(&document::svg(figure, Cells::Paths), figure.dots_per_inch()),
    };
    let bytes = bytes.map_err(|e| FileError::new(path, e))?;
    write_file(path, |w| w.write_all(&bytes))
}

impl Figure {
    fn dots_per_inch(&self) -> u32 {
        if self.size.is_some() { 600 } else { 192 }
    }
}

/// How the cells of a large heat map are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cells {
    /// As an image if there are many, which makes a small file.
    Few,
    /// As an image if there are many or all have one size: viewers of PDF show gaps between paths.
    Image,
    /// As paths, which every renderer draws.
    Paths,
}

/// Whether `color` is `#rrggbb` or the name of a colour in CSS.
#[must_use]
pub fn is_color(color: &str) -> bool {
    colors::parse(color).is_some()
}

pub use colors::NAMES as COLOR_NAMES;

/// What is wrong with a label: characters that the font of PNG and PDF files lacks, and unknown commands.
#[must_use]
pub fn label_faults(label: &str) -> Vec<String> {
    let missing = label.chars().filter(|c| !c.is_control() && !text::drawable(*c));
    let mut out: Vec<String> = missing.map(|c| c.to_string()).chain(markup::unknown_commands(label)).collect();
    out.sort();
    out.dedup();
    out
}
