//! The layout of a whole figure: panels in rows with their boxes aligned, followed by the colour bar.

use svg::Document;
use svg::node::element::{Group, Rectangle};

use super::colors::Scale;
use super::frame::{Margins, figure_title};
use super::panel::Laid;
use super::text::{FAMILIES, Letters, px};
use super::{Cells, Content, Figure, heatmap};

/// Space between panels, in pixels.
const GAP: f64 = 14.0;
/// Pixels per millimetre in print, where 12 pixels are 8 pt.
const PER_MM: f64 = 72.0 / 25.4 * 1.5;
/// The least width for a panel with its labels, in pixels; if the figure has less, panels are below one another.
const LEAST: f64 = 220.0;

/// The extent of a figure, in pixels.
struct Sheet {
    /// Margin around everything.
    edge: f64,
    letters: Letters,
    /// The given width and height.
    width: Option<f64>,
    height: Option<f64>,
    /// Number of panels in a row.
    columns: usize,
}

impl Sheet {
    fn of(figure: &Figure) -> Self {
        let count = figure.panels.len().max(1);
        let Some(size) = figure.size else {
            return Self { edge: 8.0, letters: Letters::SCREEN, width: None, height: None, columns: count };
        };
        let limited = |mm: f64| (mm * PER_MM).clamp(60.0, 30_000.0);
        let width = limited(size.width);
        let mut columns = 1;
        while columns < count && width / (columns as f64 + 1.0) >= LEAST {
            columns += 1;
        }
        // As many rows as needed, and as few columns as these leave.
        let columns = count.div_ceil(count.div_ceil(columns));
        Self { edge: 2.0, letters: Letters::PRINT, width: Some(width), height: size.height.map(limited), columns }
    }
}

/// Panels with their common box and the margins of rows and columns.
struct Grid<'a> {
    size: (f64, f64),
    panels: Vec<Laid<'a>>,
    /// Left and right margin of each column.
    columns: Vec<(f64, f64)>,
    /// Upper and lower margin of each row.
    rows: Vec<(f64, f64)>,
}

impl<'a> Grid<'a> {
    fn new(figure: &'a Figure, sheet: &Sheet, size: (f64, f64), scale: Option<&'a Scale>) -> Self {
        let letter = |i: usize| {
            let letter = u8::try_from(i).ok().filter(|i| *i < 26).map(|i| char::from(b'a' + i));
            letter.filter(|_| figure.panels.len() > 1).map(|letter| format!("({letter})"))
        };
        let laid = |(i, panel)| Laid::new(panel, size, scale, sheet.letters).lettered(letter(i));
        let panels: Vec<Laid<'_>> = figure.panels.iter().enumerate().map(laid).collect();
        let margins: Vec<Margins> = panels.iter().map(Laid::margins).collect();
        let (mut columns, mut rows) = (Vec::new(), Vec::new());
        for (i, m) in margins.iter().enumerate() {
            let larger = |sides: &mut Vec<(f64, f64)>, at: usize, (a, b): (f64, f64)| {
                sides.resize(sides.len().max(at + 1), (0.0, 0.0));
                sides[at] = (sides[at].0.max(a), sides[at].1.max(b));
            };
            larger(&mut columns, i % sheet.columns, (m.left, m.right));
            larger(&mut rows, i / sheet.columns, (m.top, m.bottom));
        }
        Self { size, panels, columns, rows }
    }

    /// The width and height between boxes and around them.
    fn between(&self) -> (f64, f64) {
        let sum = |sides: &[(f64, f64)]| sides.iter().map(|(a, b)| a + b + GAP).sum::<f64>() - GAP;
        (sum(&self.columns), sum(&self.rows))
    }

    /// Height of all rows from the top of the first box to the bottom of the last.
    fn height(&self) -> f64 {
        let first = self.rows.first().map_or(0.0, |row| row.0);
        let last = self.rows.last().map_or(0.0, |row| row.1);
        (self.between().1 + self.size.1 * self.rows.len() as f64 - first - last).max(self.size.1)
    }
}

/// The grid whose boxes fill the sheet.
fn fitted<'a>(figure: &'a Figure, sheet: &Sheet, scale: Option<&'a Scale>, title: f64) -> Grid<'a> {
    let mut grid = Grid::new(figure, sheet, box_size(figure), scale);
    let Some(width) = sheet.width else { return grid };
    let rows = figure.panels.len().max(1).div_ceil(sheet.columns) as f64;
    // The margins depend on the boxes, but little.
    for _ in 0..3 {
        let (across, down) = grid.between();
        let bar = scale.map_or(0.0, |scale| heatmap::bar_width(scale, grid.height(), sheet.letters));
        let right = if scale.is_some() { grid.columns.last().map_or(0.0, |column| column.1) } else { 0.0 };
        let box_width = (width - 2.0 * sheet.edge - across + right - bar) / sheet.columns as f64;
        let box_height = match sheet.height {
            Some(height) => (height - 2.0 * sheet.edge - title - down) / rows,
            None => box_width * proportion(figure),
        };
        grid = Grid::new(figure, sheet, (box_width.max(20.0), box_height.max(20.0)), scale);
    }
    grid
}

/// Renders the figure as SVG text.
pub(super) fn svg(figure: &Figure, cells: Cells) -> String {
    let scale = Scale::of(figure);
    let sheet = Sheet::of(figure);
    let large = sheet.letters.large;
    let title = if figure.title.is_some() { large + 7.0 } else { 0.0 };
    let grid = fitted(figure, &sheet, scale.as_ref(), title);
    let size = grid.size;

    let mut body = Group::new();
    let (mut x, mut y) = (sheet.edge, sheet.edge + title);
    let mut right = x;
    let top = y + grid.rows.first().map_or(0.0, |row| row.0);
    for (i, panel) in grid.panels.iter().enumerate() {
        let (column, row) = (i % sheet.columns, i / sheet.columns);
        if column == 0 && row > 0 {
            y += grid.rows[row - 1].0 + size.1 + grid.rows[row - 1].1 + GAP;
            x = sheet.edge;
        }
        let place = (x + grid.columns[column].0, y + grid.rows[row].0);
        body = body.add(panel.draw(cells).set("transform", translate(place)));
        x += grid.columns[column].0 + size.0 + grid.columns[column].1 + GAP;
        right = f64::max(right, x);
    }
    y += grid.rows.last().map_or(0.0, |row| row.0 + row.1) + size.1;
    if let Some(scale) = &scale {
        right -= GAP + grid.columns.last().map_or(0.0, |column| column.1);
        let height = grid.height();
        body = body.add(heatmap::draw_bar(scale, height, sheet.letters).set("transform", translate((right, top))));
        right += heatmap::bar_width(scale, height, sheet.letters) + GAP;
    }
    let natural = ((right - GAP + sheet.edge).max(120.0), y + sheet.edge);
    let (width, height) = match sheet.width {
        Some(width) => (width, sheet.height.unwrap_or(natural.1)),
        None => (natural.0.ceil(), natural.1.ceil()),
    };
    let mut document = Document::new().set("viewBox", (0, 0, px(width), px(height))).set("font-family", FAMILIES);
    document = match figure.size {
        Some(_) => document.set("width", millimetres(width)).set("height", millimetres(height)),
        None => document.set("width", width).set("height", height),
    };
    document = document.add(Rectangle::new().set("width", px(width)).set("height", px(height)).set("fill", "white"));
    if let Some(title) = &figure.title {
        document = document.add(figure_title(title, width, large));
    }
    format!("{}\n", document.add(body))
}

fn translate((x, y): (f64, f64)) -> String {
    format!("translate({} {})", px(x), px(y))
}

fn millimetres(length: f64) -> String {
    format!("{}mm", px(length / PER_MM))
}

fn is_map(figure: &Figure) -> bool {
    figure.panels.iter().all(|panel| matches!(panel.content, Content::Heatmap(_)))
}

/// Width and height of every panel's box, in pixels: wide for curves, nearly square for maps, smaller in a row of
/// panels.
fn box_size(figure: &Figure) -> (f64, f64) {
    match (figure.panels.len(), is_map(figure)) {
        (0 | 1, true) => (340.0, 290.0),
        (0 | 1, false) => (480.0, 290.0),
        (_, true) => (240.0, 220.0),
        (_, false) => (320.0, 220.0),
    }
}

/// Height of a box relative to its width.
fn proportion(figure: &Figure) -> f64 {
    if is_map(figure) { 0.85 } else { 0.66 }
}
