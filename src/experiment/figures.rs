//! From an experiment's `plot { … }` and its CSV files to figures.
//!
//! Contract: figures are drawn from the files that a run has written, so that they can be drawn again without computing:
//! numbers in the files are exact. What a plot names is evaluated over the series or columns read back.

use std::path::Path;

use super::analyse::{analyse, column, series_values, table_values};
use super::sweep::{Axis, AxisValue, Grid};
use crate::analysis::{Index, Series};
use crate::check::{Experiment, Expr, Look, PlotEntry, Program, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluator, Scope, Value};
use crate::lower::{Column, Model};
use crate::output::figure::{Content, Curve, Figure, Heatmap, Panel, Stroke};
use crate::output::read_rows;
use crate::source::SourceMap;

/// A figure and the stem of its files.
#[derive(Debug)]
pub struct Drawn {
    /// `plot`, or what its title makes of it.
    pub stem: String,
    /// The figure.
    pub figure: Figure,
}

/// Draws the figures of an experiment from `folder/<experiment>/*.csv`.
///
/// # Errors
/// A file that is missing or is not what a run would have written; an expression that cannot be computed.
pub fn figures(
    program: &Program,
    experiment: &Experiment,
    settings: &[Setting],
    folder: &Path,
    sources: &SourceMap,
) -> Result<Vec<Drawn>, Vec<Diagnostic>> {
    let painter = Painter { program, settings, folder, sources };
    let one = |d: Box<Diagnostic>| vec![*d];
    let default = [painter.default_plot(experiment)];
    let plots: &[Vec<PlotEntry>] = if experiment.plots.is_empty() { &default } else { &experiment.plots };
    let mut out: Vec<Drawn> = Vec::new();
    for plot in plots.iter().filter(|p| !p.is_empty()) {
        let mut figure = Figure { title: text(plot, "title").or_else(|| experiment.title.clone()), panels: Vec::new() };
        let names = plot.iter().find_map(|e| if let PlotEntry::Panels(names) = e { Some(names) } else { None });
        match names {
            None => figure.panels.push(painter.panel(experiment, plot).map_err(one)?),
            Some(names) => {
                for name in names {
                    let other = program.experiment(name).expect("the checker knows the panels");
                    let entries = other.plots.first().cloned().unwrap_or_else(|| painter.default_plot(other));
                    let mut panel = painter.panel(other, &entries).map_err(one)?;
                    panel.title = panel.title.or_else(|| other.title.clone()).or_else(|| Some(other.name.text.clone()));
                    figure.panels.push(panel);
                }
            }
        }
        let stem = text(plot, "title").map_or_else(|| "plot".to_string(), |t| file_stem(&t));
        let used = out.iter().filter(|d| d.stem == stem || d.stem.starts_with(&format!("{stem}-"))).count();
        out.push(Drawn { stem: if used == 0 { stem } else { format!("{stem}-{}", used + 1) }, figure });
    }
    Ok(out)
}

/// A title as a file name: letters, digits, and `-` for everything else.
fn file_stem(title: &str) -> String {
    let plain: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|w| !w.is_empty()).collect();
    if words.is_empty() { "plot".into() } else { words.join("-") }
}

fn text(plot: &[PlotEntry], wanted: &str) -> Option<String> {
    plot.iter().find_map(|e| match e {
        PlotEntry::Text { which, text } if which == wanted => Some(text.clone()),
        _ => None,
    })
}

struct Painter<'a> {
    program: &'a Program,
    settings: &'a [Setting],
    folder: &'a Path,
    sources: &'a SourceMap,
}

/// What the expressions of a plot are evaluated over.
struct Data<'a> {
    model: Model<'a>,
    /// One set of values by id a point: one for a single run or a table, several for a sweep that keeps series.
    points: Vec<(String, Vec<Value>)>,
    /// Parameters, in a table with the swept ones as columns.
    params: Vec<Value>,
    grid: Option<Grid>,
}

impl<'a> Painter<'a> {
    /// Without a plot: every observed series, or what a sweep collects.
    fn default_plot(&self, experiment: &Experiment) -> Vec<PlotEntry> {
        let look = Look::default;
        let series = |ids: Vec<usize>| PlotEntry::Curves {
            values: ids.into_iter().map(|i| self.series_expr(experiment, i)).collect(),
            look: look(),
            points: false,
        };
        if experiment.has_table() {
            let collected: Vec<usize> = experiment.collect.iter().map(|(_, id)| id.0).collect();
            return match experiment.sweep.len() {
                2 => vec![PlotEntry::Heatmap { value: self.series_expr(experiment, collected[0]), look: look() }],
                1 => vec![series(collected)],
                _ => Vec::new(),
            };
        }
        let observed: usize = self.program.observables.iter().map(|o| o.shape.series()).sum();
        let shown = if experiment.sweep.is_empty() { observed.min(6) } else { observed.min(1) };
        if shown == 0 { Vec::new() } else { vec![series((0..shown).collect())] }
    }

    /// An expression that names a series, with the place of its name as its own.
    fn series_expr(&self, experiment: &Experiment, id: usize) -> Expr {
        let collected = experiment.collect.iter().find(|(_, i)| i.0 == id).map(|(n, _)| n.span);
        let mut next = 0;
        let observed = self.program.observables.iter().find(|o| {
            next += o.shape.series();
            id < next
        });
        let span = collected.or_else(|| observed.map(|o| o.name.span)).unwrap_or(experiment.name.span);
        Expr::series(span, crate::check::SeriesId(id))
    }

    fn panel(&self, experiment: &'a Experiment, entries: &[PlotEntry]) -> Result<Panel, Box<Diagnostic>> {
        let data = self.data(experiment)?;
        self.paint(experiment, &data, entries)
    }

    fn paint(&self, experiment: &Experiment, data: &Data<'_>, entries: &[PlotEntry]) -> Result<Panel, Box<Diagnostic>> {
        let axis = |i: usize| experiment.sweep.get(i).map(|(id, _)| self.program.params[id.0].name.text.clone());
        let heat = entries
            .iter()
            .find_map(|e| if let PlotEntry::Heatmap { value, look } = e { Some((value, look)) } else { None });
        let (content, x, y) = match heat {
            Some((value, look)) => (Content::Heatmap(self.heatmap(data, value, look, entries)?), axis(1), axis(0)),
            None => (Content::Curves(self.curves(data, experiment, entries)?), self.x_name(experiment), None),
        };
        let inset = entries.iter().find_map(|e| if let PlotEntry::Inset(inner) = e { Some(inner) } else { None });
        Ok(Panel {
            title: None,
            x_label: text(entries, "xlabel").or(x),
            y_label: text(entries, "ylabel").or(y),
            y2_label: text(entries, "y2label"),
            x_range: self.range(data, entries, "xrange")?,
            y_range: self.range(data, entries, "yrange")?,
            y2_range: self.range(data, entries, "y2range")?,
            content,
            inset: inset.map(|inner| self.paint(experiment, data, inner).map(Box::new)).transpose()?,
        })
    }

    /// What the horizontal axis of curves is: the collision, or the last swept parameter of a table.
    fn x_name(&self, experiment: &Experiment) -> Option<String> {
        match experiment.sweep.last() {
            Some((id, _)) if experiment.has_table() => Some(self.program.params[id.0].name.text.clone()),
            _ => Some("n".into()),
        }
    }

    fn range(
        &self,
        data: &Data<'_>,
        entries: &[PlotEntry],
        wanted: &str,
    ) -> Result<Option<(f64, f64)>, Box<Diagnostic>> {
        for e in entries {
            if let PlotEntry::Range { which, from, to } = e
                && which == wanted
            {
                let ev = data.model.evaluator();
                let scope = Scope::locals(&[]);
                return Ok(Some((
                    ev.finite(from, scope, "the end of a range")?,
                    ev.finite(to, scope, "the end of a range")?,
                )));
            }
        }
        Ok(None)
    }

    fn label(&self, e: &Expr, look: &Look) -> String {
        look.label.clone().unwrap_or_else(|| self.sources.text(e.span).split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn series(&self, data: &Data<'_>, values: &[Value], e: &Expr) -> Result<Series, Box<Diagnostic>> {
        let slots = std::cell::RefCell::default();
        let mut ev = Evaluator::new(self.program, &data.params, &slots);
        ev.series = values;
        match ev.eval(e, Scope::locals(&[]))? {
            Value::Series(s) => Ok(s),
            _ => Ok(column(&[])),
        }
    }

    fn heatmap(
        &self,
        data: &Data<'_>,
        value: &Expr,
        look: &Look,
        entries: &[PlotEntry],
    ) -> Result<Heatmap, Box<Diagnostic>> {
        let grid = data.grid.as_ref().expect("the checker lets heat maps be of sweeps");
        let numbers = |a: &Axis| -> Vec<f64> {
            let words = a.values.iter().any(|v| matches!(v, AxisValue::Word(_)));
            if words {
                (0..a.values.len()).map(|i| i as f64).collect()
            } else {
                a.values.iter().map(AxisValue::number).collect()
            }
        };
        let (rows, columns) = (&grid.axes[0], &grid.axes[1]);
        let values = self.series(data, &data.points[0].1, value)?.values;
        let label = text(entries, "colorbar").unwrap_or_else(|| self.label(value, look));
        Ok(Heatmap {
            x: numbers(columns),
            y: numbers(rows),
            values,
            label,
            color_range: self.range(data, entries, "colorrange")?,
        })
    }

    fn curves(
        &self,
        data: &Data<'_>,
        experiment: &Experiment,
        entries: &[PlotEntry],
    ) -> Result<Vec<Curve>, Box<Diagnostic>> {
        let mut out = Vec::new();
        for e in entries {
            let PlotEntry::Curves { values, look, points } = e else { continue };
            for value in values {
                for (point, known) in &data.points {
                    let series = self.series(data, known, value)?;
                    let label = self.label(value, look);
                    let curve = |label: String, x: Vec<f64>, y: Vec<f64>| Curve {
                        label,
                        x,
                        y,
                        style: stroke(look, *points),
                        color: look.color.clone(),
                        right_axis: look.right,
                    };
                    if experiment.has_table() {
                        let grid = data.grid.as_ref().expect("a sweep has a grid");
                        out.extend(
                            rows(grid, &series).into_iter().map(|(row, x, y)| curve(joined(&label, &row), x, y)),
                        );
                    } else {
                        let x = (0..series.values.len()).map(|i| series.index.at(i) as f64).collect();
                        out.push(curve(joined(&label, point), x, series.values));
                    }
                }
            }
        }
        Ok(out)
    }

    fn data(&self, experiment: &'a Experiment) -> Result<Data<'a>, Box<Diagnostic>> {
        let first = |mut e: Vec<Diagnostic>| Box::new(e.swap_remove(0));
        let mut model = Model::new(self.program, Some(experiment), self.settings).map_err(first)?;
        let dir = self.folder.join(&experiment.name.text);
        let params = model.values().to_vec();
        if experiment.sweep.is_empty() {
            let columns = model.columns().map_err(first)?;
            let rows = read(&dir.join("series.csv"))?;
            if rows.header.first().is_none_or(|h| h != "n") {
                return Err(stale(&dir));
            }
            let series = run_series(&rows, 0, &columns, &dir)?;
            let values = series_values(&columns, &series);
            let points = vec![(String::new(), analyse(&model, experiment, values, self.sources).values)];
            return Ok(Data { model, points, params, grid: None });
        }
        let grid = Grid::new(self.program, experiment, &model, self.settings).map_err(first)?;
        if experiment.has_table() {
            let rows = read(&dir.join(format!("{}.csv", experiment.name.text)))?;
            if !rows.is_table_of(&grid, experiment) {
                return Err(stale(&dir));
            }
            let columns: Vec<Series> = (0..rows.header.len()).map(|i| column(&rows.column(i))).collect();
            let collected = &columns[grid.axes.len().min(columns.len())..];
            let (params, values) = table_values(&model, experiment, (&grid.columns(), collected));
            return Ok(Data { model, points: vec![(String::new(), values)], params, grid: Some(grid) });
        }
        let columns = model.columns().map_err(first)?;
        let rows = read(&dir.join("series.csv"))?;
        let mut points = Vec::new();
        for (place, part) in rows.points(&grid).ok_or_else(|| stale(&dir))? {
            let series = run_series(&part, grid.axes.len(), &columns, &dir)?;
            let label: Vec<String> = grid.axes.iter().zip(place).map(|(a, v)| format!("{} = {v}", a.name)).collect();
            let values = series_values(&columns, &series);
            points.push((label.join(", "), analyse(&model, experiment, values, self.sources).values));
        }
        Ok(Data { model, points, params, grid: Some(grid) })
    }
}

fn joined(label: &str, point: &str) -> String {
    if point.is_empty() { label.to_string() } else { format!("{label}, {point}") }
}

fn stroke(look: &Look, points: bool) -> Stroke {
    match look.stroke.as_deref() {
        Some("dashed") => Stroke::Dashed,
        Some("dotted") => Stroke::Dotted,
        Some("points") => Stroke::Points,
        _ if points => Stroke::Points,
        _ => Stroke::Solid,
    }
}

/// A column of a table as curves over the last axis: one for each place on the others.
fn rows(grid: &Grid, series: &Series) -> Vec<(String, Vec<f64>, Vec<f64>)> {
    let last = grid.axes.last().expect("a sweep has an axis");
    let words = last.values.iter().any(|v| matches!(v, AxisValue::Word(_)));
    let x: Vec<f64> = last.values.iter().enumerate().map(|(i, v)| if words { i as f64 } else { v.number() }).collect();
    let others = &grid.axes[..grid.axes.len() - 1];
    let label = |first_point: usize| {
        let values = grid.values(first_point);
        others.iter().zip(values).map(|(a, v)| format!("{} = {}", a.name, v.text())).collect::<Vec<_>>().join(", ")
    };
    series.values.chunks(x.len()).enumerate().map(|(i, y)| (label(i * x.len()), x.clone(), y.to_vec())).collect()
}

/// A CSV file that was read back.
struct Rows {
    header: Vec<String>,
    body: Vec<Vec<String>>,
}

impl Rows {
    /// A column of numbers; an empty field is missing, and so is a word.
    fn column(&self, i: usize) -> Vec<f64> {
        self.body.iter().map(|row| row.get(i).and_then(|t| t.parse().ok()).unwrap_or(f64::NAN)).collect()
    }

    /// Whether the first columns are the axes of a grid, by name.
    fn has_axes(&self, grid: &Grid) -> bool {
        self.header.len() >= grid.axes.len() && grid.axes.iter().zip(&self.header).all(|(a, h)| a.name == *h)
    }

    /// Whether these are the points of this grid, with what the experiment collects.
    fn is_table_of(&self, grid: &Grid, experiment: &Experiment) -> bool {
        let collected = experiment.collect.iter().map(|(name, _)| name.text.as_str());
        self.has_axes(grid)
            && self.body.len() == grid.len()
            && self.header[grid.axes.len()..].iter().map(String::as_str).eq(collected)
            && self.body.iter().enumerate().all(|(p, row)| stands_at(row, grid, p))
    }

    /// The rows of each point of a sweep that keeps series, with the values of its axes; nothing if they are not of this
    /// grid. A point that failed has no rows.
    fn points(&self, grid: &Grid) -> Option<Vec<(Vec<String>, Rows)>> {
        let axes = grid.axes.len();
        let n = self.header.get(axes).filter(|h| *h == "n" && self.has_axes(grid)).map(|_| axes)?;
        let mut out: Vec<(Vec<String>, Rows)> = Vec::new();
        let mut next = 0;
        for row in &self.body {
            // A run begins with the initial state.
            if row.get(n).is_some_and(|n| n == "0") {
                let point = (next..grid.len()).find(|p| stands_at(row, grid, *p))?;
                next = point + 1;
                out.push((row[..axes].to_vec(), Rows { header: self.header.clone(), body: Vec::new() }));
            }
            out.last_mut()?.1.body.push(row.clone());
        }
        Some(out)
    }
}

/// Whether a row begins with the values of a point.
fn stands_at(row: &[String], grid: &Grid, point: usize) -> bool {
    grid.values(point).iter().zip(row).all(|(value, field)| value.text() == *field)
}

fn read(path: &Path) -> Result<Rows, Box<Diagnostic>> {
    match read_rows(path) {
        Ok((header, body)) => Ok(Rows { header, body }),
        Err(e) => {
            let d = Diagnostic::nowhere(Code::CannotRead, format!("cannot read `{}`: {}", path.display(), e.source));
            Err(Box::new(d.help("run the experiment first: its figures are drawn from its CSV files")))
        }
    }
}

fn stale(dir: &Path) -> Box<Diagnostic> {
    let d = Diagnostic::nowhere(
        Code::CannotRead,
        format!("the files in `{}` are not of this experiment as it is now", dir.display()),
    );
    Box::new(d.help("run it again"))
}

/// The series of a run from its rows: column `n` stands behind `skip` others.
fn run_series(rows: &Rows, skip: usize, columns: &[Column], dir: &Path) -> Result<Vec<Value>, Box<Diagnostic>> {
    let n = rows.column(skip);
    let start = n.first().copied().unwrap_or(0.0);
    let stride = n.get(1).map_or(1.0, |b| b - start);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "collision numbers, written as whole numbers"
    )]
    let index = Index { start: start as u64, stride: (stride as u64).max(1), len: n.len() };
    columns
        .iter()
        .map(|c| {
            let at = rows.header.iter().position(|h| *h == c.name).ok_or_else(|| stale(dir))?;
            Ok(Value::Series(Series { index: index.clone(), values: rows.column(at), scale: c.scale }))
        })
        .collect()
}
