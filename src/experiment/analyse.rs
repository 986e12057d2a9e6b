//! The analysis of an experiment: the values of its `let`s and `collect`s, and the claims of its `expect`s.

use std::collections::BTreeSet;

use super::Outcome;
use super::sweep::Grid;
use super::tables::{Header, Let, Results};
use crate::analysis::{Index, Role, Series, Table, TableColumn, TableKind, Values};
use crate::ast::BinaryOp;
use crate::check::{Analysis, Experiment, Expr, ExprKind, Program, SeriesId, Type, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluator, Scope, Value, complex};
use crate::lower::{Column, Model};
use crate::output::format_number;
use crate::quantum::{C64, as_real};
use crate::source::{SourceMap, Span};

/// The result of an `expect`.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The condition as written in the script.
    pub text: String,
    /// The values of the compared expressions, as in `last(x) = 0.5`.
    pub measured: String,
    /// Whether the condition holds. It is false if a value is missing.
    pub holds: bool,
    /// Place of the `expect` in the script.
    pub span: Span,
}

/// The values of the columns by series id; NaN for an id without a column.
pub(super) fn series_values(columns: &[Column], values: &[Value]) -> Vec<Value> {
    let count = columns.iter().filter_map(|c| c.id).map(|id| id.0 + 1).max().unwrap_or(0);
    let mut out = vec![Value::real(f64::NAN); count];
    for (column, value) in columns.iter().zip(values) {
        if let Some(id) = column.id {
            out[id.0] = value.clone();
        }
    }
    out
}

/// The analysis of one run.
#[derive(Debug, Default)]
pub(super) struct Analysed {
    pub(super) lets: Vec<Let>,
    /// The values of the `collect`s, in order.
    pub(super) collected: Vec<f64>,
    pub(super) claims: Vec<Claim>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) errors: Vec<Diagnostic>,
    /// The values of series, `let`s and `collect`s, by id.
    pub(super) values: Vec<Value>,
    /// Ids of the values that could not be computed.
    failed: BTreeSet<usize>,
}

/// Evaluates the `let`s, `collect`s and `expect`s of one run. An `expect` on the table of a sweep is evaluated by
/// [`table_claims`] instead.
pub(super) fn analyse(
    model: &Model<'_>,
    experiment: &Experiment,
    mut values: Vec<Value>,
    sources: &SourceMap,
) -> Analysed {
    let ids = experiment.analysis.iter().filter_map(own_id).map(|id| id.0 + 1);
    // A point of a sweep computes only the series that are needed.
    values.resize(ids.max().unwrap_or(0).max(values.len()), Value::real(f64::NAN));
    let mut out = Analysed { values, ..Analysed::default() };
    for a in &experiment.analysis {
        match a {
            Analysis::Let { name, value, id, .. } => {
                let span = value.span;
                let value = out.evaluate(model, value, *id);
                let failed = out.failed.contains(&id.0);
                let known = if failed { Value::real(f64::NAN) } else { out.let_value(&value, span) };
                out.lets.push(Let { name: name.text.as_str().into(), value: known });
                out.values[id.0] = value;
            }
            Analysis::Collect { value, id } => {
                let span = value.span;
                let value = out.evaluate(model, value, *id);
                let number = out.real(value.clone().number(), span);
                out.collected.push(number);
                out.values[id.0] = value;
            }
            Analysis::Expect { .. } if experiment.has_table() => {}
            Analysis::Expect { condition, .. } if out.depends_on_failed(condition) => {}
            Analysis::Expect { span, condition } => {
                let mut ev = model.evaluator();
                ev.series = &out.values;
                match claim(&ev, condition, *span, sources) {
                    Ok(claim) => out.claims.push(claim),
                    Err(d) => out.errors.push(*d),
                }
                warn(&mut out.warnings, ev.warnings.take());
            }
        }
    }
    out
}

/// The id that a `let` or `collect` defines.
pub(super) fn own_id(a: &Analysis) -> Option<SeriesId> {
    match a {
        Analysis::Let { id, .. } | Analysis::Collect { id, .. } => Some(*id),
        Analysis::Expect { .. } => None,
    }
}

/// Adds warnings without duplicates, which a `let` and an `expect` on the same series would cause.
fn warn(warnings: &mut Vec<Diagnostic>, new: Vec<Diagnostic>) {
    for w in new {
        if !warnings.iter().any(|o| o.message == w.message) {
            warnings.push(w);
        }
    }
}

impl Analysed {
    /// The value of an expression that defines the series `id`, or a missing value if it fails.
    fn evaluate(&mut self, model: &Model<'_>, e: &Expr, id: SeriesId) -> Value {
        if self.depends_on_failed(e) {
            self.failed.insert(id.0);
            return missing(e);
        }
        let mut ev = model.evaluator();
        ev.series = &self.values;
        let result = ev.eval(e, Scope::locals(&[]));
        warn(&mut self.warnings, ev.warnings.take());
        result.unwrap_or_else(|d| {
            self.failed.insert(id.0);
            self.errors.push(*d);
            missing(e)
        })
    }

    /// A number as a real result: a complex number becomes NaN, with a warning.
    fn real(&mut self, z: C64, span: Span) -> f64 {
        as_real(z).unwrap_or_else(|| {
            if !z.is_nan() {
                let message =
                    format!("the number {} is complex, so it is missing: results are real numbers", complex(z));
                let help = "write `re(…)`, `im(…)` or `abs(…)` around it";
                warn(&mut self.warnings, vec![Diagnostic::new(Code::MissingValues, message, span, "").help(help)]);
            }
            f64::NAN
        })
    }

    /// The value of a `let` as a result.
    fn let_value(&mut self, value: &Value, span: Span) -> Value {
        match value {
            Value::Number(z) => Value::real(self.real(*z, span)),
            Value::Series(_) | Value::Bool(_) => value.clone(),
            other => other.mistyped("a number, a boolean or a series"),
        }
    }

    /// Whether an expression depends on a `let` that failed. Its error would only repeat that of the `let`.
    fn depends_on_failed(&self, e: &Expr) -> bool {
        let mut found = matches!(&e.kind, ExprKind::Series(id) if self.failed.contains(&id.0));
        children(e, &mut |c| found |= self.depends_on_failed(c));
        found
    }
}

/// The placeholder for the value of an expression that failed: an empty series, `false`, or NaN.
fn missing(e: &Expr) -> Value {
    match e.ty {
        Type::Series => Value::Series(over_points(Values::default())),
        Type::Bool => Value::Bool(None),
        _ => Value::real(f64::NAN),
    }
}

/// Adds the analysis of the series, and the tables that `save` names, to the outcome of a finished run.
pub(super) fn finish(
    model: &Model<'_>,
    experiment: &Experiment,
    (columns, results): (&[Column], &Results),
    sources: &SourceMap,
    outcome: &mut Outcome,
) -> Result<(), Vec<Diagnostic>> {
    let mut done = analyse(model, experiment, series_values(columns, &results.values()), sources);
    outcome.tables = results.tables(&Header::of(columns), &done.lets);
    outcome.lets = done.lets.iter().map(|l| l.name.clone()).collect();
    outcome.claims = done.claims;
    outcome.warnings.append(&mut done.warnings);
    saves(experiment, outcome, columns, &mut done.errors);
    if done.errors.is_empty() { Ok(()) } else { Err(done.errors) }
}

/// Adds the tables that the `save`s name.
fn saves(experiment: &Experiment, outcome: &mut Outcome, columns: &[Column], errors: &mut Vec<Diagnostic>) {
    let name_of = |id: &SeriesId| {
        columns.iter().find(|c| c.id == Some(*id)).map(|c| c.name.as_str()).or_else(|| {
            experiment.analysis.iter().find_map(|a| match a {
                Analysis::Let { name, id: own, .. } if own == id => Some(name.text.as_str()),
                _ => None,
            })
        })
    };
    for save in experiment.saves.iter().filter(|save| !experiment.saves_trajectories(save)) {
        let names = save.series.iter().filter_map(name_of);
        let chosen: Vec<(&Table, &TableColumn)> = if save.series.is_empty() {
            outcome.columns().filter(|(_, c)| c.role != Role::Computed).collect()
        } else {
            names.filter_map(|name| outcome.columns().find(|(_, c)| *c.name == *name)).collect()
        };
        let Some((table, first)) = chosen.first() else { continue };
        let index = table.index();
        if let Some((other, t)) = chosen.iter().map(|(t, c)| (c, t.index())).find(|(_, t)| *t != index) {
            errors.push(
                Diagnostic::new(
                    Code::SaveIndex,
                    format!("`{}` has values at {index}, but `{}` at {t}", first.name, other.name),
                    save.span,
                    "series at different collisions in one file",
                )
                .help("save them to separate files"),
            );
            continue;
        }
        let stem = save.file.strip_suffix(".csv").unwrap_or(&save.file);
        let columns = chosen.into_iter().map(|(_, c)| c.clone()).collect();
        let table = Table::of_series(stem.into(), TableKind::Save, index, columns);
        outcome.tables.push(table);
    }
}

/// The number of collisions on which an analysis is tried out first: more than most windows have.
const FEW_COLLISIONS: usize = 600;

/// The number of points on which claims about the table of a sweep are tried out first.
const FEW_POINTS: usize = 16;

/// Tries out an analysis on `few` missing values. What fails there may need more values, so only then it is tried out
/// on all of them. An error that only more values cause is reported after the run.
fn try_out(
    few: usize,
    all: usize,
    analysis: impl Fn(usize) -> Result<(), Vec<Diagnostic>>,
) -> Result<(), Vec<Diagnostic>> {
    if few < all && analysis(few).is_ok() { Ok(()) } else { analysis(all) }
}

/// Tries out the analysis on series of missing values, so that a window wider than the run is reported before the run.
pub(super) fn rehearse(
    model: &Model<'_>,
    experiment: &Experiment,
    columns: &[Column],
    requested: u64,
    sources: &SourceMap,
) -> Result<(), Vec<Diagnostic>> {
    let len = usize::try_from(requested).expect("at most a million") + 1;
    try_out(FEW_COLLISIONS, len, |len| {
        let blank = Value::Series(Series::of_run(vec![f64::NAN; len], 1.0));
        let done = analyse(model, experiment, series_values(columns, &vec![blank; columns.len()]), sources);
        if done.errors.is_empty() { Ok(()) } else { Err(done.errors) }
    })
}

/// Tries out the claims about the table of a sweep on missing values.
///
/// # Errors
/// As [`table_claims`].
pub(super) fn rehearse_table(
    program: &Program,
    model: &Model<'_>,
    experiment: &Experiment,
    grid: &Grid,
    sources: &SourceMap,
) -> Result<(), Vec<Diagnostic>> {
    try_out(FEW_POINTS, grid.len(), |points| {
        let blank = Value::Series(over_points(vec![f64::NAN; points].into()));
        let collected = experiment.collect.iter().map(|_| blank.clone());
        let values = TableValues::of(model, experiment, grid.columns(points), collected);
        table_claims(program, experiment, values, sources).map(drop)
    })
}

/// A column of a sweep as a series over its points, numbered from 1.
pub(super) fn over_points(values: Values) -> Series {
    Series { index: Index { start: 1, stride: 1, len: values.len() }, values, scale: 1.0 }
}

/// The values that expressions over the table of a sweep use.
pub(super) struct TableValues {
    /// Parameters by id; the swept ones as columns.
    pub(super) params: Vec<Value>,
    /// Collected columns by id.
    pub(super) series: Vec<Value>,
}

impl TableValues {
    /// `table` must have a column for each `collect`, in order.
    pub(super) fn new(model: &Model<'_>, experiment: &Experiment, grid: &Grid, table: &Table) -> Self {
        let collected = table.data().filter_map(|c| table.series_of(c)).map(Value::Series);
        Self::of(model, experiment, grid.columns(grid.len()), collected)
    }

    /// The swept parameters and the `collect`s as columns, each in order.
    fn of(
        model: &Model<'_>,
        experiment: &Experiment,
        swept: Vec<Value>,
        collected: impl Iterator<Item = Value>,
    ) -> Self {
        let mut params = model.values().to_vec();
        for ((id, _), column) in experiment.sweep.iter().zip(swept) {
            params[id.0] = column;
        }
        let last = experiment.collect.iter().map(|(_, id)| id.0 + 1).max().unwrap_or(0);
        let mut series = vec![Value::real(f64::NAN); last];
        for ((_, id), column) in experiment.collect.iter().zip(collected) {
            series[id.0] = column;
        }
        Self { params, series }
    }
}

/// The claims on the table of a sweep.
///
/// # Errors
/// Every expression that cannot be computed from the columns of the table.
pub(super) fn table_claims(
    program: &Program,
    experiment: &Experiment,
    values: TableValues,
    sources: &SourceMap,
) -> Result<Vec<Claim>, Vec<Diagnostic>> {
    let TableValues { params, series } = values;
    let slots = std::cell::RefCell::default();
    let mut ev = Evaluator::new(program, &params, &slots);
    ev.series = &series;
    let (mut claims, mut errors) = (Vec::new(), Vec::new());
    for a in &experiment.analysis {
        if let Analysis::Expect { span, condition } = a {
            match claim(&ev, condition, *span, sources) {
                Ok(claim) => claims.push(claim),
                Err(d) => errors.push(*d),
            }
        }
    }
    if errors.is_empty() { Ok(claims) } else { Err(errors) }
}

/// Evaluates a condition and the numbers that it compares.
fn claim(ev: &Evaluator<'_>, condition: &Expr, span: Span, sources: &SourceMap) -> Result<Claim, Box<Diagnostic>> {
    let mut parts = Vec::new();
    gather(ev, condition, sources, &mut parts)?;
    // A missing value cannot support a claim, even if another part of the condition decides it.
    let missing = parts.iter().any(|part| part.value.is_nan());
    let holds = ev.eval(condition, Scope::locals(&[]))?.truth() == Some(true) && !missing;
    let digits = if holds { COMPARED } else { distinguishing(&parts) };
    let shown = |z: C64| match as_real(z) {
        _ if z.is_nan() => "missing".to_string(),
        Some(x) => rounded(x, digits),
        None => complex(z),
    };
    let computed = parts.iter().filter(|part| !part.is_constant);
    let measured: Vec<String> = computed.map(|part| format!("{} = {}", part.text, shown(part.value))).collect();
    let text = sources.text(condition.span).split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Claim { text, measured: measured.join(", "), holds, span })
}

/// One side of a comparison.
struct Side {
    text: String,
    value: C64,
    /// Whether the text is a literal number, which need not be shown again.
    is_constant: bool,
}

/// Significant digits shown for a claim that holds, and at least shown for one that fails.
const COMPARED: usize = 7;

/// Significant digits that distinguish any two doubles.
const ALL: usize = 17;

/// The smallest number of digits with which different numbers of a claim are shown differently.
fn distinguishing(parts: &[Side]) -> usize {
    let differ = |digits: usize| {
        let mut all: Vec<f64> = parts.iter().filter_map(|p| as_real(p.value)).filter(|x| !x.is_nan()).collect();
        all.sort_by(f64::total_cmp);
        all.windows(2).all(|w| w[0] == w[1] || rounded(w[0], digits) != rounded(w[1], digits))
    };
    (COMPARED..ALL).find(|digits| differ(*digits)).unwrap_or(ALL)
}

fn gather(ev: &Evaluator<'_>, e: &Expr, sources: &SourceMap, out: &mut Vec<Side>) -> Result<(), Box<Diagnostic>> {
    match &e.kind {
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, lhs, rhs, .. } => {
            gather(ev, lhs, sources, out)?;
            gather(ev, rhs, sources, out)
        }
        ExprKind::Unary { operand, .. } => gather(ev, operand, sources, out),
        ExprKind::Binary { lhs, rhs, .. } => {
            side(ev, lhs, sources, out)?;
            side(ev, rhs, sources, out)
        }
        ExprKind::Approx { lhs, rhs, .. } => {
            side(ev, lhs, sources, out)?;
            side(ev, rhs, sources, out)
        }
        _ => Ok(()),
    }
}

fn side(ev: &Evaluator<'_>, e: &Expr, sources: &SourceMap, out: &mut Vec<Side>) -> Result<(), Box<Diagnostic>> {
    if let Value::Number(z) = ev.eval(e, Scope::locals(&[]))? {
        let text = sources.text(e.span).split_whitespace().collect::<Vec<_>>().join(" ");
        out.push(Side { text, value: z, is_constant: is_constant(e) });
    }
    Ok(())
}

fn is_constant(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Number(_) => true,
        ExprKind::Unary { operand, .. } => is_constant(operand),
        _ => false,
    }
}

/// A number rounded to `digits` significant digits.
fn rounded(x: f64, digits: usize) -> String {
    let rounded: f64 = format!("{x:.*e}", digits - 1).parse().expect("a printed number parses");
    format_number(rounded)
}

#[cfg(test)]
mod tests {
    use crate::check::{Script, check};
    use crate::experiment::{Control, Options, Setup, run};
    use crate::source::SourceMap;

    fn claims(text: &str) -> Vec<super::Claim> {
        let mut sources = SourceMap::new();
        let program = check(&Script::from_text("t", text), &mut sources).expect("a correct script");
        let outcome =
            run(Setup::new(&program, &program.experiments[0], &Options::default(), &sources), &Control::none());
        outcome.expect("it runs").claims
    }

    #[test]
    fn a_missing_value_supports_no_claim() {
        let text = "system s = |0>\nenvironment e = |0>\nstep { apply SWAP(s, e); discard e }\nobserve z = <Z(s)>\n
            experiment t {
                run 3
                let q = log(z - 2)
                expect last(q) < 0
                expect last(q) != 0
                expect not (last(q) < 0)
                expect last(z) != 0 and last(q) != 0
                expect last(z) != 0
                expect last(q)/2 ≈ 0 ± 1
                expect last(z)/2 ≈ 0.5
            }";
        let claims = claims(text);
        assert_eq!(claims.iter().map(|c| c.holds).collect::<Vec<_>>(), [false, false, false, false, true, false, true]);
        assert_eq!(claims[1].measured, "last(q) = missing");
    }

    #[test]
    fn a_failed_claim_shows_the_digits_that_make_it_fail() {
        let text = "system s = 0.75*|0><0| + 0.25*|1><1|\nstep { apply RZ(s, 0.1) }\nobserve p = population(s, 1)\n
            experiment t {
                run 1
                expect last(p) ≈ 1/4 + 1e-9 ± 1e-12
                expect last(p) < 0.25
                expect last(p) < 0.2500001
            }";
        let claims = claims(text);
        assert_eq!(claims[0].measured, "last(p) = 0.25, 1/4 + 1e-9 = 0.250000001");
        assert_eq!(claims[1].measured, "last(p) = 0.25");
        assert!(claims[2].holds);
    }
}
