//! The points of a sweep: the product of its axes, in row-major order (the last axis varies fastest).

use std::sync::Arc;

use crate::analysis::{Cell, Key};
use crate::check::{Experiment, Expr, ExprKind, ParamId, Program, Setting, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Scope, Value, condition, in_bounds, range_depends_on};
use crate::experiment::analyse::over_points;
use crate::lower::Model;
use crate::output::cell_text;
use crate::quantum::C64;
use crate::source::Span;

/// The most points in one sweep.
const MAX_POINTS: u128 = 100_000_000;

/// One swept parameter.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Id of the parameter.
    pub param: ParamId,
    /// Name of the parameter.
    pub name: Arc<str>,
    /// Values of the parameter, in the order of the script.
    pub values: Vec<Cell>,
    settings: Vec<Setting>,
}

impl Axis {
    /// The values at these indices of the axis: a series for numbers, a condition for booleans, labels for words.
    fn column(&self, places: impl Iterator<Item = usize>) -> Value {
        let at = |place: usize| &self.settings[place].value.kind;
        match at(0) {
            ExprKind::Bool(_) => Value::Series(condition(places.map(|p| matches!(at(p), ExprKind::Bool(true))))),
            ExprKind::Number(_) => {
                let values: Vec<f64> = places.map(|p| self.values[p].number()).collect();
                Value::Series(over_points(values.into()))
            }
            _ => Value::Labels(
                places
                    .map(|p| match at(p) {
                        ExprKind::Rule(id) => Value::Rule(*id),
                        ExprKind::Text(text) => Value::Text(text.clone()),
                        other => unreachable!("an axis holds values of one kind, not {other:?}"),
                    })
                    .collect(),
            ),
        }
    }
}

/// All points of a sweep.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The swept parameters, slowest first.
    pub axes: Vec<Axis>,
}

impl Grid {
    /// Evaluates the axes at the experiment's parameter point. A parameter that is set from outside is not swept: its
    /// axis has that single value.
    ///
    /// # Errors
    /// An axis has no values, a value does not fit its parameter, or there are too many points.
    pub(in crate::experiment) fn new(
        program: &Program,
        experiment: &Experiment,
        model: &Model<'_>,
        settings: &[Setting],
    ) -> Result<Self, Vec<Diagnostic>> {
        let (mut axes, mut errors) = (Vec::new(), Vec::new());
        for (param, values) in &experiment.sweep {
            let values = settings.iter().rev().find(|s| s.param == *param).map_or(values, |s| &s.value);
            match axis(program, *param, values, model) {
                Ok(axis) => axes.push(axis),
                Err(d) => errors.push(*d),
            }
        }
        let swept: Vec<ParamId> = experiment.sweep.iter().map(|(id, _)| *id).collect();
        errors.extend(axes.iter().filter_map(|axis| outside_range(program, axis, &swept, model)));
        if !errors.is_empty() {
            return Err(errors);
        }
        let points = axes.iter().fold(1u128, |p, a| p.saturating_mul(a.values.len() as u128));
        if points > MAX_POINTS {
            let span = experiment.sweep[0].1.span;
            let d = Diagnostic::new(
                Code::BadRange,
                format!("this sweep has {points} points; the limit is {MAX_POINTS}"),
                span,
                "too many",
            );
            return Err(vec![d.help("use fewer values per axis")]);
        }
        Ok(Self { axes })
    }

    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.axes.iter().map(|a| a.values.len()).product()
    }

    /// Whether the grid has no points; never true for a grid made by `Grid::new`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The index of a point on each axis.
    #[must_use]
    pub fn place(&self, point: usize) -> Vec<usize> {
        let mut rest = point;
        let mut place: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|a| {
                let at = rest % a.values.len();
                rest /= a.values.len();
                at
            })
            .collect();
        place.reverse();
        place
    }

    /// The values at a point, in the order of the axes.
    #[must_use]
    pub fn values(&self, point: usize) -> Vec<&Cell> {
        self.place(point).into_iter().zip(&self.axes).map(|(i, a)| &a.values[i]).collect()
    }

    /// The swept parameters as columns over the first `points` points, as expressions over the table use them.
    pub(in crate::experiment) fn columns(&self, points: usize) -> Vec<Value> {
        self.axes.iter().enumerate().map(|(i, axis)| axis.column(self.positions(i).take(points))).collect()
    }

    /// The values at a point, with the names of their parameters.
    #[must_use]
    pub fn keys(&self, point: usize) -> Vec<Key> {
        let key = |(a, v): (&Axis, &Cell)| Key { name: a.name.clone(), value: v.clone() };
        self.axes.iter().zip(self.values(point)).map(key).collect()
    }

    /// The values of an axis at all points, in order.
    pub(super) fn cells(&self, axis: usize) -> impl Iterator<Item = &Cell> + Clone {
        let values = &self.axes[axis].values;
        self.positions(axis).map(|at| &values[at])
    }

    /// The position of each point on an axis.
    fn positions(&self, axis: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let inner: usize = self.axes[axis + 1..].iter().map(|a| a.values.len()).product();
        let count = self.axes[axis].values.len();
        (0..self.len()).map(move |point| point / inner % count)
    }

    /// The parameter settings of a point.
    pub(super) fn settings(&self, point: usize) -> Vec<Setting> {
        self.place(point).into_iter().zip(&self.axes).map(|(i, a)| a.settings[i].clone()).collect()
    }

    /// The axes of a grid of about `most` points that are all points of this one: axes of numbers keep their ends and
    /// evenly spaced values between them, axes of words all of their values. `None` if this grid is not larger.
    pub(in crate::experiment) fn thinned(&self, most: usize) -> Option<Vec<(ParamId, Expr)>> {
        let is_long = |a: &&Axis| a.values.len() > 2 && matches!(a.values[0], Cell::Number(_));
        let words: usize = self.axes.iter().filter(|a| !is_long(a)).map(|a| a.values.len()).product();
        let long = self.axes.iter().filter(is_long).count();
        if self.len() <= most || long == 0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let side = (most as f64 / words as f64).powf(1.0 / long as f64) + 1e-9;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `most`")]
        let side = (side as usize).max(2);
        let axis = |a: &Axis| {
            let last = a.values.len() - 1;
            let kept = if is_long(&a) { side.min(last + 1) } else { last + 1 };
            let places = (0..kept).map(|i| if kept > 1 { (i * last + (kept - 1) / 2) / (kept - 1) } else { 0 });
            let values: Vec<Expr> = places.map(|i| a.settings[i].value.clone()).collect();
            let span = values[0].span;
            (a.param, Expr { span, ty: Type::List, kind: ExprKind::List(values) })
        };
        Some(self.axes.iter().map(axis).collect())
    }

    /// The grid as text, for the journal's fingerprint.
    pub(super) fn describe(&self) -> String {
        let axis = |a: &Axis| format!("{} = {}", a.name, a.values.iter().map(cell_text).collect::<Vec<_>>().join(","));
        self.axes.iter().map(axis).collect::<Vec<_>>().join("\n")
    }
}

fn axis(program: &Program, param: ParamId, values: &Expr, model: &Model<'_>) -> Result<Axis, Box<Diagnostic>> {
    let list = match model.evaluator().eval(values, Scope::locals(&[]))? {
        Value::List(list) => list,
        one => vec![one],
    };
    let name: Arc<str> = program.params[param.0].name.text.as_str().into();
    if list.is_empty() {
        let d = Diagnostic::new(Code::BadRange, format!("the sweep of `{name}` has no values"), values.span, "empty");
        return Err(Box::new(d.help("write at least one value: `[1, 2, 3]`, `linspace(a, b, k)`")));
    }
    let mut axis = Axis { param, name, values: Vec::new(), settings: Vec::new() };
    for v in list {
        let (value, kind) = axis_value(program, param, v, values.span)?;
        axis.values.push(value);
        let value = Expr { span: values.span, ty: program.params[param.0].ty, kind };
        axis.settings.push(Setting { param, value });
    }
    Ok(axis)
}

/// The error for a value outside the range of the swept parameter. A range that depends on a swept parameter is checked
/// at each point.
fn outside_range(program: &Program, axis: &Axis, swept: &[ParamId], model: &Model<'_>) -> Option<Diagnostic> {
    if range_depends_on(&program.params[axis.param.0], swept) {
        return None;
    }
    axis.settings.iter().find_map(|setting| {
        let ExprKind::Number(z) = setting.value.kind else { return None };
        in_bounds(&model.evaluator(), axis.param, z, setting.value.span).err().map(|d| *d)
    })
}

fn axis_value(
    program: &Program,
    param: ParamId,
    value: Value,
    span: Span,
) -> Result<(Cell, ExprKind), Box<Diagnostic>> {
    Ok(match value {
        // Infinity is a valid temperature; where a finite number is needed, the check of the point reports it.
        Value::Number(z) if z.im == 0.0 && !z.re.is_nan() => {
            (Cell::Number(z.re), ExprKind::Number(C64::new(z.re, 0.0)))
        }
        Value::Bool(b) => {
            let b = b == Some(true);
            (Cell::Word(b.to_string().into()), ExprKind::Bool(b))
        }
        Value::Rule(id) => (Cell::Word(program.sequences[id.0].name.text.as_str().into()), ExprKind::Rule(id)),
        Value::Text(t) => (Cell::Word(t.as_str().into()), ExprKind::Text(t)),
        other => {
            let expected =
                if program.params[param.0].ty == Type::Number { "real numbers" } else { "values of its kind" };
            let message = format!(
                "`{}` must be swept over {expected}, but this is {}",
                program.params[param.0].name.text,
                other.describe()
            );
            return Err(Box::new(
                Diagnostic::new(Code::BadRange, message, span, "here").help("check the ends of the range"),
            ));
        }
    })
}
