//! Builds figures from an experiment's `plot { … }` blocks and its tables.
//!
//! Contract: the expressions of a plot are evaluated over the tables of a run or sweep, just computed or read back from
//! files. The curves share the values of the tables.

mod lines;

use std::borrow::Cow;

use lines::{common, joined, places, point_labels, rows, words};

use super::analyse::{TableValues, over_points, series_values};
use super::branches::columns;
use super::outcome::runs;
use super::sweep::{Axis, Grid};
use super::tables::value_of;
use crate::analysis::{Cell, Series, Table, TableKind, Values};
use crate::check::{Analysis, Case, Experiment, Expr, ExprKind, Look, PlotEntry, Program, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluator, Scope, Value};
use crate::lower::{Column, Model};
use crate::output::figure::{Content, Coordinates, Curve, Figure, Heatmap, Panel, Size, Stroke, typeset};
use crate::source::SourceMap;
use crate::storage::fingerprint;

/// The tables of an experiment, or the reason why they are missing.
pub type Tables<'t> = Result<Cow<'t, [Table]>, Box<Diagnostic>>;

/// A figure and the stem of its files.
#[derive(Debug)]
pub struct Drawn {
    /// File stem: derived from the title of the plot, or `plot` if it has none.
    pub stem: String,
    /// What is drawn.
    pub figure: Figure,
}

/// Builds the figures of an experiment. `tables` returns the tables of the experiment itself and of those whose panels
/// it arranges.
///
/// # Errors
/// Tables are missing, or an expression cannot be computed.
pub fn figures<'t>(
    program: &Program,
    experiment: &Experiment,
    settings: &[Setting],
    sources: &SourceMap,
    tables: &dyn Fn(&Experiment) -> Tables<'t>,
) -> Result<Vec<Drawn>, Vec<Diagnostic>> {
    let painter = Painter { program, settings, tables, sources };
    let one = |d: Box<Diagnostic>| vec![*d];
    let default = [painter.default_plot(experiment)];
    let plots: &[Vec<PlotEntry>] = if experiment.plots.is_empty() { &default } else { &experiment.plots };
    let mut out: Vec<Drawn> = Vec::new();
    for plot in plots.iter().filter(|p| !p.is_empty()) {
        let size = painter.size(experiment, plot).map_err(one)?;
        let mut figure = Figure { title: text(plot, "title"), panels: Vec::new(), size };
        let names = plot.iter().find_map(|e| if let PlotEntry::Panels(names) = e { Some(names) } else { None });
        match names {
            None => figure.panels.push(painter.panel(experiment, plot).map_err(one)?),
            Some(names) => {
                for name in names {
                    let other = program.experiment(name).expect("the checker has resolved the panels");
                    let entries = other.plots.first().cloned().unwrap_or_else(|| painter.default_plot(other));
                    let mut panel = painter.panel(other, &entries).map_err(one)?;
                    panel.title = panel.title.or_else(|| other.title.clone());
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

/// The most columns of a heat map of a run. A longer run shows every second collision, every third, …: a figure has
/// fewer pixels.
const MOST_COLUMNS: usize = 1000;

/// The longest stem, in bytes, that is used unchanged. File systems allow 255 bytes for a name; the extension, a
/// number, and the prefix and suffix of a temporary file need some of them.
const LONGEST_STEM: usize = 120;

/// A title as a file stem: letters and digits, with `-` for everything else. A long stem is cut and ends with part of
/// the SHA-256 of the title, so that long titles with the same beginning get different files.
fn file_stem(title: &str) -> String {
    let plain: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|w| !w.is_empty()).collect();
    let stem = words.join("-");
    if stem.is_empty() {
        return "plot".into();
    }
    if stem.len() <= LONGEST_STEM {
        return stem;
    }
    let tail = &fingerprint(title, &[])[..8];
    let end = (0..LONGEST_STEM - tail.len()).rev().find(|i| stem.is_char_boundary(*i)).unwrap_or(0);
    format!("{}-{tail}", stem[..end].trim_end_matches('-'))
}

fn text(plot: &[PlotEntry], key: &str) -> Option<String> {
    plot.iter().find_map(|e| match e {
        PlotEntry::Text { which, text } if which == key => Some(text.clone()),
        _ => None,
    })
}

struct Painter<'a, 't> {
    program: &'a Program,
    settings: &'a [Setting],
    tables: &'a dyn Fn(&Experiment) -> Tables<'t>,
    sources: &'a SourceMap,
}

/// The values over which the expressions of a plot are evaluated.
struct Data<'a> {
    model: Model<'a>,
    /// One set of values per point: one for a single run or a table, several for a sweep that keeps series.
    points: Vec<PointValues>,
    /// Parameters by id; for a table, the swept ones are columns.
    params: Vec<Value>,
    grid: Option<Grid>,
}

/// The values at one point.
struct PointValues {
    /// `λ = 0.5, γ = 1`; empty for a single run or a table.
    label: String,
    /// Series and `let`s by id.
    values: Vec<Value>,
}

impl<'a> Painter<'a, '_> {
    /// The plot of an experiment without a `plot` block: up to six observed series (one in a sweep), or what a sweep
    /// collects.
    fn default_plot(&self, experiment: &Experiment) -> Vec<PlotEntry> {
        let program = self.program.of(experiment);
        let look = Look::default;
        let series = |ids: Vec<usize>| PlotEntry::Curves {
            values: ids.into_iter().map(|i| self.series_expr(experiment, i)).collect(),
            against: None,
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
        if experiment.is_steady() {
            return Vec::new();
        }
        if !experiment.cases.is_empty() {
            return self.default_plot_of_cases(experiment);
        }
        let observed: usize = program.observables.iter().map(|o| o.shape.series()).sum();
        let shown = if experiment.sweep.is_empty() { observed.min(6) } else { observed.min(1) };
        if shown == 0 { Vec::new() } else { vec![series((0..shown).collect())] }
    }

    /// The plot of an experiment with cases: the comparisons, or else the first series of each case.
    fn default_plot_of_cases(&self, experiment: &Experiment) -> Vec<PlotEntry> {
        let curve = |id: SeriesId, label: String| PlotEntry::Curves {
            values: vec![Expr::series(experiment.name.span, id)],
            against: None,
            look: Look { label: Some(label), ..Look::default() },
            points: false,
        };
        if !experiment.comparisons.is_empty() {
            return experiment.comparisons.iter().map(|c| curve(c.id, c.name.text.clone())).collect();
        }
        let of_case = |(k, case): (usize, &Case)| {
            let (run, program) = experiment.run_of(k, self.program.of(experiment));
            let first = program.observables.iter().chain(&run.observables).find(|o| o.shape.series() > 0)?;
            let id = SeriesId(case.first + run.first_series(program, &first.name.key));
            Some(curve(id, format!("{} in {}", first.name.text, case.name.text)))
        };
        experiment.cases.iter().enumerate().filter_map(of_case).collect()
    }

    /// An expression that names a series; its span is that of the name.
    fn series_expr(&self, experiment: &Experiment, id: usize) -> Expr {
        let collected = experiment.collect.iter().find(|(_, i)| i.0 == id).map(|(n, _)| n.span);
        let mut next = 0;
        let observed = self.program.of(experiment).observables.iter().find(|o| {
            next += o.shape.series();
            id < next
        });
        let span = collected.or_else(|| observed.map(|o| o.name.span)).unwrap_or(experiment.name.span);
        Expr::series(span, SeriesId(id))
    }

    fn panel(&self, experiment: &'a Experiment, entries: &[PlotEntry]) -> Result<Panel, Box<Diagnostic>> {
        let data = self.data(experiment)?;
        self.paint(experiment, &data, entries)
    }

    fn paint(&self, experiment: &Experiment, data: &Data<'_>, entries: &[PlotEntry]) -> Result<Panel, Box<Diagnostic>> {
        let axis = |i: usize| experiment.sweep.get(i).map(|(id, _)| typeset(&self.program.params[id.0].name.text));
        let heat = entries.iter().find(|e| matches!(e, PlotEntry::Heatmap { .. } | PlotEntry::SpaceTime { .. }));
        let axes = data.grid.as_ref().filter(|_| experiment.has_table()).map(|g| g.axes.as_slice()).unwrap_or_default();
        let words_of = |a: Option<&Axis>| a.and_then(words);
        let x_words = words_of(axes.last());
        let (content, x, y) = match heat {
            Some(PlotEntry::Heatmap { value, look }) => {
                (Content::Heatmap(self.heatmap(data, value, look, entries)?), axis(1), axis(0))
            }
            Some(PlotEntry::SpaceTime { index, places, values, look }) => {
                let map = self.space_time(data, (places, values), look, entries)?;
                (Content::Heatmap(map), Some(typeset("n")), Some(typeset(index)))
            }
            _ => (Content::Curves(self.curves(data, experiment, entries)?), self.x_name(experiment, entries), None),
        };
        let y_words = words_of(axes.first()).filter(|_| heat.is_some());
        let inset = entries.iter().find_map(|e| if let PlotEntry::Inset(inner) = e { Some(inner) } else { None });
        Ok(Panel {
            title: None,
            x_label: text(entries, "xlabel").or(x),
            y_label: text(entries, "ylabel").or(y),
            y2_label: text(entries, "y2label"),
            x_range: self.range(data, entries, "xrange")?,
            y_range: self.range(data, entries, "yrange")?,
            y2_range: self.range(data, entries, "y2range")?,
            x_log: is_log(entries, "xscale"),
            y_log: is_log(entries, "yscale"),
            y2_log: is_log(entries, "y2scale"),
            x_words: x_words.filter(|_| against(entries).is_none()),
            y_words,
            content,
            inset: inset.map(|inner| self.paint(experiment, data, inner).map(Box::new)).transpose()?,
        })
    }

    /// The label of the horizontal axis of curves: what they are drawn against, or else `n` or the last swept parameter
    /// of a table.
    fn x_name(&self, experiment: &Experiment, entries: &[PlotEntry]) -> Option<String> {
        if let Some(e) = against(entries) {
            return Some(typeset(&self.source(e)));
        }
        match experiment.sweep.last() {
            Some((id, _)) if experiment.has_table() => Some(typeset(&self.program.params[id.0].name.text)),
            _ => Some(typeset("n")),
        }
    }

    /// The size in print that a plot states.
    fn size(&self, experiment: &'a Experiment, entries: &[PlotEntry]) -> Result<Option<Size>, Box<Diagnostic>> {
        for e in entries {
            let lengths = match e {
                PlotEntry::NamedSize(size) => return Ok(Some(*size)),
                PlotEntry::Size(lengths) => lengths,
                _ => continue,
            };
            let model = Model::new(self.program.of(experiment), Some(experiment), self.settings)
                .map_err(|mut e| Box::new(e.swap_remove(0)))?;
            let ev = model.evaluator();
            let mut all = Vec::new();
            for e in lengths {
                let length = ev.finite(e, Scope::locals(&[]), "a length in millimetres")?;
                if !(20.0..=2000.0).contains(&length) {
                    let message = format!("a figure of {} mm cannot be drawn", crate::output::format_number(length));
                    let d = Diagnostic::new(Code::BadRange, message, e.span, "from 20 to 2000");
                    return Err(Box::new(d.help("give width and height in millimetres: `size 86, 60`")));
                }
                all.push(length);
            }
            if let Some(width) = all.first() {
                return Ok(Some(Size { width: *width, height: all.get(1).copied() }));
            }
        }
        Ok(None)
    }

    fn range(&self, data: &Data<'_>, entries: &[PlotEntry], key: &str) -> Result<Option<(f64, f64)>, Box<Diagnostic>> {
        for e in entries {
            if let PlotEntry::Range { which, from, to } = e
                && which == key
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
        look.label.clone().unwrap_or_else(|| typeset(&self.source(e)))
    }

    /// An expression as it is written in the script, on one line.
    fn source(&self, e: &Expr) -> String {
        self.sources.text(e.span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The label of a curve: that of the script, or the expression.
    fn curve_label(&self, experiment: &Experiment, e: &Expr, look: &Look) -> String {
        look.label.clone().unwrap_or_else(|| typeset(&self.curve_name(experiment, e)))
    }

    /// The name of a curve. An element that is drawn because its array is named has the name of the element.
    fn curve_name(&self, experiment: &Experiment, e: &Expr) -> String {
        let label = self.source(e);
        let ExprKind::Series(id) = &e.kind else { return label };
        let (run, program, at) = experiment.locate(*id, self.program.of(experiment));
        let recorded = program.records.iter().map(|(name, shape)| (name, *shape));
        let model = program.observables.iter().map(|o| (&o.name, o.shape)).chain(recorded);
        let all = model.chain(run.observables.iter().map(|o| (&o.name, o.shape)));
        let mut names = all.flat_map(|(name, shape)| std::iter::repeat_n(&name.text, shape.series()));
        let array = label.split(" in ").next().unwrap_or_default();
        match names.nth(at).filter(|name| name.starts_with(&format!("{array}["))) {
            Some(element) => label.replacen(array, element, 1),
            None => label,
        }
    }

    fn series(&self, data: &Data<'_>, values: &[Value], e: &Expr) -> Result<Series, Box<Diagnostic>> {
        let slots = std::cell::RefCell::default();
        let mut ev = Evaluator::new(self.program, &data.params, &slots);
        ev.series = values;
        match ev.eval(e, Scope::locals(&[]))? {
            Value::Series(s) => Ok(s),
            _ => Ok(over_points(Values::default())),
        }
    }

    fn heatmap(
        &self,
        data: &Data<'_>,
        value: &Expr,
        look: &Look,
        entries: &[PlotEntry],
    ) -> Result<Heatmap, Box<Diagnostic>> {
        let grid = data.grid.as_ref().expect("the checker allows heat maps only for sweeps");
        let (rows, columns) = (&grid.axes[0], &grid.axes[1]);
        let values = self.series(data, &data.points[0].values, value)?.values;
        let label = text(entries, "colorbar").unwrap_or_else(|| self.label(value, look));
        Ok(Heatmap {
            x: places(columns),
            y: places(rows),
            values,
            label,
            color_range: self.range(data, entries, "colorrange")?,
        })
    }

    /// An array of series against n, with its elements from the bottom to the top.
    fn space_time(
        &self,
        data: &Data<'_>,
        (places, elements): (&[i64], &[Expr]),
        look: &Look,
        entries: &[PlotEntry],
    ) -> Result<Heatmap, Box<Diagnostic>> {
        let known = data.points.first().map_or(&[][..], |point| point.values.as_slice());
        let rows = elements.iter().map(|e| self.series(data, known, e)).collect::<Result<Vec<_>, _>>()?;
        let Some(index) = rows.first().map(|row| row.index.clone()) else {
            return Ok(Heatmap {
                x: Vec::new(),
                y: Vec::new(),
                values: Values::default(),
                label: String::new(),
                color_range: None,
            });
        };
        let every = index.len.div_ceil(MOST_COLUMNS).max(1);
        let thinned = |values: &[f64]| values.iter().step_by(every).copied().collect::<Vec<f64>>();
        let values: Vec<f64> = rows.iter().flat_map(|row| thinned(&row.values)).collect();
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let x = (0..index.len).step_by(every).map(|i| (index.start + index.stride * i as u64) as f64).collect();
        #[expect(clippy::cast_precision_loss, reason = "an index is at most 1e9")]
        let y = places.iter().map(|k| *k as f64).collect();
        let label = text(entries, "colorbar");
        let label = label.or_else(|| Some(self.label(elements.first()?, look))).unwrap_or_default();
        let color_range = self.range(data, entries, "colorrange")?;
        Ok(Heatmap { x, y, values: values.into(), label, color_range })
    }

    fn curves(
        &self,
        data: &Data<'_>,
        experiment: &Experiment,
        entries: &[PlotEntry],
    ) -> Result<Vec<Curve>, Box<Diagnostic>> {
        let mut out = Vec::new();
        for e in entries {
            let PlotEntry::Curves { values, against, look, points } = e else { continue };
            for value in values {
                for PointValues { label: point, values: known } in &data.points {
                    let series = self.series(data, known, value)?;
                    let against = against.as_ref().map(|e| self.series(data, known, e)).transpose()?;
                    let label = self.curve_label(experiment, value, look);
                    let curve = |label: String, x: Coordinates, y: Values| Curve {
                        label,
                        x,
                        y,
                        band: None,
                        style: stroke(look, *points),
                        color: look.color.clone(),
                        right_axis: look.right,
                    };
                    if experiment.has_table() {
                        let grid = data.grid.as_ref().expect("a sweep has a grid");
                        let mut places = against.as_ref().map(|x| rows(grid, x));
                        out.extend(rows(grid, &series).map(|row| {
                            let x = places.as_mut().and_then(Iterator::next).map_or(row.x, |x| x.y.into());
                            curve(joined(&label, &row.label), x, row.y)
                        }));
                    } else {
                        let band = standard_error(experiment, value, known);
                        let (x, y) = match against {
                            Some(x) => common(&x, &series),
                            None => (series.index.into(), series.values),
                        };
                        out.push(Curve { band, ..curve(joined(&label, point), x, y) });
                    }
                }
            }
        }
        Ok(out)
    }

    fn data(&self, experiment: &'a Experiment) -> Result<Data<'a>, Box<Diagnostic>> {
        let first = |mut e: Vec<Diagnostic>| Box::new(e.swap_remove(0));
        let program = self.program.of(experiment);
        let mut model = Model::new(program, Some(experiment), self.settings).map_err(first)?;
        let tables = (self.tables)(experiment)?;
        let params = model.values().to_vec();
        let grid = match experiment.sweep.is_empty() {
            true => None,
            false => Some(Grid::new(program, experiment, &model, self.settings).map_err(first)?),
        };
        if experiment.has_table() {
            let points = tables
                .iter()
                .find(|t| t.kind == TableKind::Points)
                .expect("a sweep with `collect` has a table of points");
            let axes = grid.as_ref().expect("a sweep has a grid");
            let TableValues { params, series } = TableValues::new(&model, experiment, axes, points);
            let points = vec![PointValues { label: String::new(), values: series }];
            return Ok(Data { model, points, params, grid });
        }
        let columns = columns(program, experiment, self.settings, &mut model).map_err(first)?;
        let keys = runs(&tables).map(|run| run.first().map(|t| &*t.keys).unwrap_or_default());
        let places: Vec<Vec<(&str, &Cell)>> =
            keys.map(|keys| keys.iter().map(|k| (&*k.name, &k.value)).collect()).collect();
        let labels = point_labels(&places);
        let point =
            |(run, label): (&[Table], String)| PointValues { label, values: values_by_id(experiment, &columns, run) };
        Ok(Data { points: runs(&tables).zip(labels).map(point).collect(), model, params, grid })
    }
}

/// The standard errors of an observed or recorded series of an experiment with trajectories.
fn standard_error(experiment: &Experiment, value: &Expr, known: &[Value]) -> Option<Values> {
    let ExprKind::Series(SeriesId(id)) = value.kind else { return None };
    let count = experiment.trajectories.as_ref()?.series;
    match known.get(count + id).filter(|_| id < count) {
        Some(Value::Series(errors)) => Some(errors.values.clone()),
        _ => None,
    }
}

/// Series and `let`s of one run by the ids that expressions use; NaN where the run has none.
fn values_by_id(experiment: &Experiment, columns: &[Column], run: &[Table]) -> Vec<Value> {
    let missing = || Value::real(f64::NAN);
    let read: Vec<Value> = columns.iter().map(|c| value_of(run, &c.name).unwrap_or_else(missing)).collect();
    let mut values = series_values(columns, &read);
    for a in &experiment.analysis {
        if let Analysis::Let { name, id, .. } = a {
            values.resize_with(values.len().max(id.0 + 1), missing);
            values[id.0] = value_of(run, &name.text).unwrap_or_else(missing);
        }
    }
    values
}

/// What the curves of a plot are drawn against, if it is not the index.
fn against(entries: &[PlotEntry]) -> Option<&Expr> {
    entries.iter().find_map(|e| if let PlotEntry::Curves { against, .. } = e { against.as_ref() } else { None })
}

fn is_log(entries: &[PlotEntry], key: &str) -> bool {
    entries.iter().any(|e| matches!(e, PlotEntry::Scale { which, log: true } if which == key))
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

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn long_titles_have_short_distinct_stems() {
        assert_eq!(file_stem("C12, keep & erase"), "C12-keep-erase");
        assert_eq!(file_stem("⟨⟩"), "plot");
        let long = |last: char| format!("{}{last}", "é".repeat(300));
        let (a, b) = (file_stem(&long('a')), file_stem(&long('b')));
        assert!(a.len() <= super::LONGEST_STEM && b.len() <= super::LONGEST_STEM && a != b, "{a} {b}");
        assert_eq!(a, file_stem(&long('a')));
    }
}
