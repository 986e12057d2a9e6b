//! Figures: curves and heat maps as SVG, as PNG, and as a sketch for the terminal.
//!
//! Contract: a [`Figure`] describes the content of a picture, in the units of its data. It may contain any numbers:
//! missing, infinite, or none at all. Equal figures give equal bytes on every machine, because text is measured and
//! drawn with the font in `assets/fonts`, and the PNG is the rasterised SVG. Libraries compute ticks, colour maps, XML
//! and pixels, and only this module uses them; this module computes the layout.

mod axis;
mod colors;
mod curves;
mod document;
mod frame;
mod heatmap;
mod legend;
mod panel;
mod placement;
mod png;
mod sketch;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use crate::analysis::{Index, Values};
use crate::storage::{FileError, write_file};

pub(crate) use colors::curve as palette;
pub use sketch::sketch;

/// A figure: panels side by side. All its heat maps share one colour scale.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// Title above the panels; none by default.
    pub title: Option<String>,
    /// The panels from left to right.
    pub panels: Vec<Panel>,
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

/// Writes the figure as SVG.
///
/// # Errors
/// The file cannot be written.
pub fn write_svg(figure: &Figure, path: &Path) -> Result<(), FileError> {
    let text = document::svg(figure);
    write_file(path, |w| w.write_all(text.as_bytes()))
}

/// Writes the figure as PNG. The PNG has twice as many pixels in each direction as the SVG has units.
///
/// # Errors
/// The image is too large, or the file cannot be written.
pub fn write_png(figure: &Figure, path: &Path) -> Result<(), FileError> {
    let bytes = png::rasterise(&document::svg(figure)).map_err(|e| FileError::new(path, e))?;
    write_file(path, |w| w.write_all(&bytes))
}
