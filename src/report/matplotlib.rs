//! The figures of an experiment as a Python script that draws them with matplotlib from the CSV files of the run.

use std::fmt::Write as _;

use crate::analysis::{Cells, Table, TableColumn, TableKind};
use crate::diagnostic::is_deceptive;
use crate::experiment::figures::Drawn;
use crate::output::figure::{Content, Coordinates, Curve, Figure, Heatmap, Panel, Stroke, palette};

/// The tables of a run, which its CSV files hold.
pub struct RunTables<'t> {
    /// The folder of the run, relative to that of the experiment that is drawn.
    pub folder: String,
    /// The tables, in the order of the files.
    pub tables: &'t [Table],
}

/// The beginning of each script: reading columns, heat maps.
const HEAD: &str = include_str!("matplotlib.py");

/// A script that draws the figures of an experiment. `dir` is the folder of the run, unless the script is given
/// another. Values that are no column of a file, because the plot computes them, are part of the script.
#[must_use]
pub fn matplotlib(experiment: &str, dir: &str, figures: &[Drawn], runs: &[RunTables<'_>]) -> String {
    let mut out = HEAD.replace("\"DIR\"", &quoted(dir));
    let data = Data { slices: slices(runs) };
    for Drawn { stem, figure } in figures {
        let name = if stem == "plot" { experiment.to_string() } else { format!("{experiment}-{stem}") };
        data.figure(figure, &name, &mut out);
    }
    out
}

/// A text as a Python literal. Characters that could deceive a reader are escaped.
fn quoted(text: &str) -> String {
    let one = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        c if is_deceptive(c) => format!("\\U{:08x}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(one).collect::<String>())
}

/// A table and its first row in a file.
struct Slice<'t> {
    file: String,
    table: &'t Table,
    first: usize,
}

/// The tables with their places in the files. Tables of the same name and kind share a file.
fn slices<'t>(runs: &[RunTables<'t>]) -> Vec<Slice<'t>> {
    let mut out: Vec<Slice<'t>> = Vec::new();
    for RunTables { folder, tables } in runs {
        for table in tables.iter().filter(|t| !matches!(t.kind, TableKind::Values | TableKind::Save)) {
            let name = format!("{}.csv", table.name);
            let file = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let before = out.iter().rfind(|s| s.file == file).map_or(0, |s| s.first + s.table.rows());
            out.push(Slice { file, table, first: before });
        }
    }
    out
}

/// The rows of a column that hold some values.
struct Found<'s> {
    slice: &'s Slice<'s>,
    column: &'s str,
    /// The first of the rows in the table.
    start: usize,
    len: usize,
    step: usize,
}

impl Found<'_> {
    fn python(&self) -> String {
        let first = self.slice.first + self.start;
        let (file, column) = (quoted(&self.slice.file), quoted(self.column));
        let stop = first + (self.len.max(1) - 1) * self.step + 1;
        let step = if self.step == 1 { String::new() } else { format!(", {}", self.step) };
        format!("column({file}, {column}, {first}, {stop}{step})")
    }
}

struct Data<'t> {
    slices: Vec<Slice<'t>>,
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// A number of a column of real numbers or collisions.
fn number(cells: &Cells, row: usize) -> Option<f64> {
    match cells {
        Cells::Real(values) => values.get(row).copied(),
        Cells::Collisions(index) => (row < index.len).then(|| index.at(row) as f64),
        _ => None,
    }
}

impl Data<'_> {
    /// The column that holds these values, in a whole table or in a row of its grid. A column with the name `label` is
    /// preferred.
    fn find(&self, label: &str, values: &[f64], step: usize) -> Option<Found<'_>> {
        let named = |c: &TableColumn| {
            *c.name == *label || label.strip_prefix(&*c.name).is_some_and(|rest| rest.starts_with(", "))
        };
        let all = || self.slices.iter().flat_map(|s| s.table.columns.iter().map(move |c| (s, c)));
        let (first, then) = (all().filter(|(_, c)| named(c)), all().filter(|(_, c)| !named(c)));
        first.chain(then).find_map(|(slice, c)| {
            let starts = match slice.table.kind {
                TableKind::Points if step == 1 => (0..slice.table.rows()).step_by(values.len().max(1)),
                _ => (0..1).step_by(1),
            };
            let fits = |start: &usize| holds(c, *start, step, values);
            let start = starts.into_iter().find(fits)?;
            let whole = slice.table.kind == TableKind::Points || slice.table.rows().div_ceil(step) == values.len();
            whole.then_some(Found { slice, column: &c.name, start, len: values.len(), step })
        })
    }

    /// The values as Python: a column of a file if there is one, otherwise a list.
    fn values(&self, label: &str, values: &[f64]) -> String {
        self.find(label, values, 1).map_or_else(|| list(values), |found| found.python())
    }

    fn figure(&self, figure: &Figure, name: &str, out: &mut String) {
        let count = figure.panels.len();
        let _ = writeln!(
            out,
            "\n\nfigure, panels = plt.subplots(1, {count}, squeeze=False, figsize=({}, 3.6), layout=\"constrained\")",
            5 * count.max(1)
        );
        out.push_str("maps = []\n");
        if let Some(title) = &figure.title {
            let _ = writeln!(out, "figure.suptitle({})", quoted(title));
        }
        for (i, panel) in figure.panels.iter().enumerate() {
            let _ = writeln!(out, "\naxes = panels[0][{i}]");
            self.panel(panel, out);
        }
        let range = figure.panels.iter().find_map(|p| map_of(p)?.color_range);
        let label = figure.panels.iter().find_map(|p| Some(map_of(p)?.label.as_str())).unwrap_or_default();
        let range = range.map_or_else(|| "None".into(), |(low, high)| format!("({low:?}, {high:?})"));
        let _ = writeln!(out, "\ncolor(figure, panels, maps, {}, {range})", quoted(label));
        let _ = writeln!(out, "save(figure, {})", quoted(name));
    }

    /// Draws a panel into the Python variable `axes`.
    fn panel(&self, panel: &Panel, out: &mut String) {
        match &panel.content {
            Content::Curves(curves) => self.curves(curves, panel, out),
            Content::Heatmap(map) => self.heatmap(map, out),
        }
        let texts = [("set_title", &panel.title), ("set_xlabel", &panel.x_label), ("set_ylabel", &panel.y_label)];
        for (method, text) in texts {
            if let Some(text) = text {
                let _ = writeln!(out, "axes.{method}({})", quoted(text));
            }
        }
        for (method, range) in [("set_xlim", panel.x_range), ("set_ylim", panel.y_range)] {
            if let Some((low, high)) = range {
                let _ = writeln!(out, "axes.{method}({low:?}, {high:?})");
            }
        }
        for (method, words) in [("set_xticks", &panel.x_words), ("set_yticks", &panel.y_words)] {
            if let Some(words) = words {
                let labels: Vec<String> = words.iter().map(|w| quoted(w)).collect();
                let _ = writeln!(out, "axes.{method}(range({}), [{}])", words.len(), labels.join(", "));
            }
        }
        if let Some(inset) = &panel.inset {
            out.push_str("axes = axes.inset_axes([0.55, 0.55, 0.4, 0.4])\n");
            self.panel(inset, out);
        }
    }

    fn curves(&self, curves: &[Curve], panel: &Panel, out: &mut String) {
        let right = curves.iter().any(|c| c.right_axis);
        if right {
            out.push_str("right = axes.twinx()\n");
            if let Some(label) = &panel.y2_label {
                let _ = writeln!(out, "right.set_ylabel({})", quoted(label));
            }
            if let Some((low, high)) = panel.y2_range {
                let _ = writeln!(out, "right.set_ylim({low:?}, {high:?})");
            }
        }
        for (k, c) in curves.iter().enumerate() {
            let axes = if c.right_axis { "right" } else { "axes" };
            let (x, y) = self.points(c);
            let color = quoted(c.color.as_deref().unwrap_or(palette(k)));
            let style = match c.style {
                Stroke::Solid => "linestyle=\"-\"",
                Stroke::Dashed => "linestyle=\"--\"",
                Stroke::Dotted => "linestyle=\":\"",
                Stroke::Points => "linestyle=\"none\", marker=\"o\", markersize=3",
            };
            let _ = writeln!(out, "x, y = {x}, {y}");
            let label = if c.label.is_empty() { String::new() } else { format!(", label={}", quoted(&c.label)) };
            let _ = writeln!(out, "{axes}.plot(x, y, color={color}, {style}{label})");
            if let Some(band) = &c.band {
                let half = self.values(&format!("stderr({})", c.label), band);
                let _ = writeln!(out, "band({axes}, x, y, {half}, {color})");
            }
        }
        if curves.iter().any(|c| !c.label.is_empty()) && curves.len() > 1 {
            let others = if right { ", right" } else { "" };
            let _ = writeln!(out, "legend(axes{others})");
        }
    }

    /// The points of a curve as two Python expressions.
    fn points(&self, c: &Curve) -> (String, String) {
        let x: Vec<f64> = (0..c.x.len().min(c.y.len())).map(|i| c.x.at(i)).collect();
        let y = &c.y[..x.len()];
        let Some(found) = self.find(&c.label, y, 1) else {
            let x = match &c.x {
                Coordinates::Collisions(i) => format!("list(range({}, {}, {}))", i.start, i.at(i.len), i.stride),
                Coordinates::Numbers(_) => list(&x),
            };
            return (x, list(y));
        };
        let beside = found.slice.table.columns.iter().find(|column| holds(column, found.start, 1, &x));
        let x = match beside {
            Some(column) => Found { column: &column.name, ..found }.python(),
            None => list(&x),
        };
        (x, self.values(&c.label, y))
    }

    fn heatmap(&self, map: &Heatmap, out: &mut String) {
        // A long run is drawn thinned.
        let every = self.slices.iter().map(|s| s.table.rows().div_ceil(1000)).max().unwrap_or(1).max(1);
        let whole = self.find(&map.label, &map.values, 1).map(|found| found.python());
        let values = whole.unwrap_or_else(|| {
            let row = |values: &[f64]| {
                let found = self.find("", values, 1).or_else(|| self.find("", values, every));
                found.map_or_else(|| list(values), |found| found.python())
            };
            let rows: Vec<String> = map.values.chunks(map.x.len().max(1)).map(row).collect();
            if rows.is_empty() { "[]".into() } else { rows.join(" \\\n    + ") }
        });
        let _ = writeln!(out, "values = {values}");
        let positions = |values: &[f64]| match self.find("", values, 1).or_else(|| self.find("", values, every)) {
            Some(found) => found.python(),
            None => list(values),
        };
        let _ = writeln!(out, "maps.append(heatmap(axes, {}, {}, values))", positions(&map.x), positions(&map.y));
    }
}

fn map_of(panel: &Panel) -> Option<&Heatmap> {
    if let Content::Heatmap(map) = &panel.content { Some(map) } else { None }
}

/// Whether the rows `start`, `start + step`, … of a column are these values.
fn holds(column: &TableColumn, start: usize, step: usize, values: &[f64]) -> bool {
    let fits = |(i, value): (usize, &f64)| number(&column.cells, start + i * step).is_some_and(|x| same(x, *value));
    !values.is_empty() && values.iter().enumerate().all(fits)
}

/// Numbers as a Python list.
fn list(values: &[f64]) -> String {
    let number = |x: &f64| match x {
        x if x.is_nan() => "nan".to_string(),
        x if x.is_infinite() => if *x > 0.0 { "inf" } else { "-inf" }.to_string(),
        x => format!("{x:?}"),
    };
    format!("[{}]", values.iter().map(number).collect::<Vec<_>>().join(", "))
}
