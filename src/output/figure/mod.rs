//! Figures: curves and heat maps as SVG, as PNG, and as a sketch for the terminal.
//!
//! Contract: a [`Figure`] says what is to be seen, in the units of its data; any numbers may stand in it (missing,
//! infinite, none at all). What comes out is the same bytes each time, on every machine: text is measured and drawn with
//! the letters in `assets/fonts`, PNG is the SVG rasterised. Ticks, colour maps, XML and pixels are libraries' work and
//! stay in this room; what is done here is where things stand.

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

pub use sketch::sketch;

/// A picture: panels side by side. All heat maps of a figure share one colour scale.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// Stands above the panels.
    pub title: Option<String>,
    /// From left to right.
    pub panels: Vec<Panel>,
}

/// Axes and what is drawn between them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// Stands above the axes.
    pub title: Option<String>,
    /// Below the horizontal axis.
    pub x_label: Option<String>,
    /// Beside the left axis.
    pub y_label: Option<String>,
    /// Beside the right axis.
    pub y2_label: Option<String>,
    /// The horizontal range; that of the data when not given, or when it is not two different finite numbers.
    pub x_range: Option<(f64, f64)>,
    /// The range of the left axis, likewise.
    pub y_range: Option<(f64, f64)>,
    /// The range of the right axis, likewise. There is one when a curve belongs to it.
    pub y2_range: Option<(f64, f64)>,
    /// What stands at 0, 1, 2, … on the horizontal axis, instead of numbers.
    pub x_words: Option<Vec<String>>,
    /// The same for the left axis.
    pub y_words: Option<Vec<String>>,
    /// What is drawn.
    pub content: Content,
    /// A small panel inside this one, where it covers the curves least.
    pub inset: Option<Box<Panel>>,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Numbers over a number.
    Curves(Vec<Curve>),
    /// Numbers over two.
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
    /// Its name in the legend.
    pub label: String,
    /// Where the points stand; the longer of `x` and `y` is cut.
    pub x: Coordinates,
    /// The values. One that is not finite is missing, and leaves a gap.
    pub y: Values,
    /// How it is drawn. Solid curves of one panel that could not be told apart in black and white get dashes.
    pub style: Stroke,
    /// `#rrggbb` or a CSS name; the next colour of the palette when not given or not a colour.
    pub color: Option<String>,
    /// Whether the values belong to the right axis.
    pub right_axis: bool,
}

/// Where the points of a curve stand.
#[derive(Debug, Clone, PartialEq)]
pub enum Coordinates {
    /// At collisions, which are counted and not stored.
    Collisions(Index),
    /// At these numbers.
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
    fn len(&self) -> usize {
        match self {
            Self::Collisions(index) => index.len,
            Self::Numbers(values) => values.len(),
        }
    }

    fn at(&self, i: usize) -> f64 {
        match self {
            Self::Collisions(index) => index.at(i) as f64,
            Self::Numbers(values) => values[i],
        }
    }
}

impl Curve {
    /// Its points in order, also those that are missing.
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        (0..self.x.len().min(self.y.len())).map(|i| (self.x.at(i), self.y[i]))
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

/// Cells of colour. Each cell reaches half way to its neighbours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heatmap {
    /// The columns' values, in any order.
    pub x: Vec<f64>,
    /// The rows' values, in any order.
    pub y: Vec<f64>,
    /// `values[iy * x.len() + ix]`. One that is not finite, or that is not there, is missing and drawn hatched.
    pub values: Values,
    /// Of the colour bar.
    pub label: String,
    /// What the ends of the colour bar mean; the range of the data when not given. A range symmetric about 0 is drawn
    /// with colours that part at 0.
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

/// Writes the figure as PNG, with twice as many pixels each way as the SVG has units.
///
/// # Errors
/// The file cannot be written.
pub fn write_png(figure: &Figure, path: &Path) -> Result<(), FileError> {
    let bytes = png::rasterise(&document::svg(figure)).map_err(|e| FileError::new(path, e))?;
    write_file(path, |w| w.write_all(&bytes))
}
