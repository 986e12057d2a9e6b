//! What an experiment computes from its series, and what it expects of them.

use std::collections::BTreeSet;

use super::Outcome;
use super::sweep::Grid;
use super::tables::{Header, Let, run_tables};
use crate::analysis::{Index, Role, Series, Table, TableColumn, TableKind, Values};
use crate::ast::BinaryOp;
use crate::check::{Analysis, Experiment, Expr, ExprKind, Program, SeriesId, Type, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Evaluator, Scope, Value, complex};
use crate::lower::{Column, Model};
use crate::output::format_number;
use crate::quantum::{C64, as_real};
use crate::source::{SourceMap, Span};

/// An `expect` and what was measured.
#[derive(Debug, Clone)]
pub struct Claim {
    /// As the script says it.
    pub text: String,
    /// The numbers in it.
    pub measured: String,
    /// Whether it holds. A missing value makes it false.
    pub holds: bool,
    /// Where it stands.
    pub span: Span,
}

/// The values of the columns by the ids that expressions use.
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

/// What one run's analysis gives.
#[derive(Debug, Default)]
pub(super) struct Analysed {
    pub(super) lets: Vec<Let>,
    /// The values of `collect`, in order.
    pub(super) collected: Vec<f64>,
    pub(super) claims: Vec<Claim>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) errors: Vec<Diagnostic>,
    /// All values by id.
    pub(super) values: Vec<Value>,
    /// Ids of the values that could not be computed.
    failed: BTreeSet<usize>,
}

/// Evaluates `let`s, `collect`s and `expect`s of one run. An `expect` on the table of a sweep is not of one run.
pub(super) fn analyse(
    model: &Model<'_>,
    experiment: &Experiment,
    mut values: Vec<Value>,
    sources: &SourceMap,
) -> Analysed {
    // The point of a sweep computes only the series that are asked for; a `let` has its id behind all of them.
    if let Some(first) = experiment.analysis.iter().find_map(own_id) {
        values.resize(first.0, Value::real(f64::NAN));
    }
    let mut out = Analysed { values, ..Analysed::default() };
    for a in &experiment.analysis {
        match a {
            Analysis::Let { name, value, .. } => {
                let span = value.span;
                let value = out.evaluate(model, value);
                let failed = out.failed.contains(&out.values.len());
                let known = if failed { Value::real(f64::NAN) } else { out.let_value(&value, span) };
                out.lets.push(Let { name: name.text.as_str().into(), value: known });
                out.values.push(value);
            }
            Analysis::Collect { value, .. } => {
                let span = value.span;
                let value = out.evaluate(model, value);
                let number = out.real(value.clone().number(), span);
                out.collected.push(number);
                out.values.push(value);
            }
            Analysis::Expect { .. } if experiment.has_table() => {}
            Analysis::Expect { condition, .. } if out.on_a_failed_one(condition) => {}
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

/// The id of what a `let` or `collect` defines.
pub(super) fn own_id(a: &Analysis) -> Option<SeriesId> {
    match a {
        Analysis::Let { id, .. } | Analysis::Collect { id, .. } => Some(*id),
        Analysis::Expect { .. } => None,
    }
}

/// Adds warnings: a `let` and an `expect` on the same series say the same thing once.
fn warn(warnings: &mut Vec<Diagnostic>, new: Vec<Diagnostic>) {
    for w in new {
        if !warnings.iter().any(|o| o.message == w.message) {
            warnings.push(w);
        }
    }
}

impl Analysed {
    /// The value of an expression; a missing number where it fails.
    fn evaluate(&mut self, model: &Model<'_>, e: &Expr) -> Value {
        if self.on_a_failed_one(e) {
            self.failed.insert(self.values.len());
            return missing(e);
        }
        let mut ev = model.evaluator();
        ev.series = &self.values;
        let result = ev.eval(e, Scope::locals(&[]));
        warn(&mut self.warnings, ev.warnings.take());
        result.unwrap_or_else(|d| {
            self.failed.insert(self.values.len());
            self.errors.push(*d);
            missing(e)
        })
    }

    /// A number as results hold it: a complex one is missing, with a warning.
    fn real(&mut self, z: C64, span: Span) -> f64 {
        as_real(z).unwrap_or_else(|| {
            if !z.is_nan() {
                let message =
                    format!("the number {} is complex, so it is missing: results hold real numbers", complex(z));
                let help = "take `re(…)`, `im(…)` or `abs(…)` of it";
                warn(&mut self.warnings, vec![Diagnostic::new(Code::MissingValues, message, span, "").help(help)]);
            }
            f64::NAN
        })
    }

    /// The value of a `let` as results hold it.
    fn let_value(&mut self, value: &Value, span: Span) -> Value {
        match value {
            Value::Number(z) => Value::real(self.real(*z, span)),
            Value::Series(_) | Value::Bool(_) => value.clone(),
            other => other.mistyped("a number, a boolean or a series"),
        }
    }

    /// Whether an expression uses a `let` that failed: one mistake is not told again by what uses it.
    fn on_a_failed_one(&self, e: &Expr) -> bool {
        let mut found = matches!(&e.kind, ExprKind::Series(id) if self.failed.contains(&id.0));
        children(e, &mut |c| found |= self.on_a_failed_one(c));
        found
    }
}

/// What stands for the value of an expression that failed: a series without values, or a missing number.
fn missing(e: &Expr) -> Value {
    match e.ty {
        Type::Series => Value::Series(over_points(Values::default())),
        Type::Bool => Value::Bool(false),
        _ => Value::real(f64::NAN),
    }
}

/// Adds to the outcome of a finished run what its experiment makes of the series.
pub(super) fn finish(
    model: &Model<'_>,
    experiment: &Experiment,
    columns: &[Column],
    sources: &SourceMap,
    outcome: &mut Outcome,
) -> Result<(), Vec<Diagnostic>> {
    let series: Vec<Series> = outcome.series().map(|(_, s)| s).collect();
    let values: Vec<Value> = series.iter().cloned().map(Value::Series).collect();
    let mut done = analyse(model, experiment, series_values(columns, &values), sources);
    outcome.tables = run_tables(&Header::of(columns), &series, &done.lets);
    outcome.lets = done.lets.iter().map(|l| l.name.clone()).collect();
    outcome.claims = done.claims;
    outcome.warnings.append(&mut done.warnings);
    saves(experiment, outcome, columns, &mut done.errors);
    if done.errors.is_empty() { Ok(()) } else { Err(done.errors) }
}

/// The tables that `save` chooses.
fn saves(experiment: &Experiment, outcome: &mut Outcome, columns: &[Column], errors: &mut Vec<Diagnostic>) {
    let name_of = |id: &SeriesId| {
        columns.iter().find(|c| c.id == Some(*id)).map(|c| c.name.as_str()).or_else(|| {
            experiment.analysis.iter().find_map(|a| match a {
                Analysis::Let { name, id: own, .. } if own == id => Some(name.text.as_str()),
                _ => None,
            })
        })
    };
    for save in &experiment.saves {
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
                    format!("`{}` stands at {index}, and `{}` at {t}", first.name, other.name),
                    save.span,
                    "one file, two indices",
                )
                .help("save them into two files"),
            );
            continue;
        }
        let stem = save.file.strip_suffix(".csv").unwrap_or(&save.file);
        let columns = chosen.into_iter().map(|(_, c)| c.clone()).collect();
        let table = Table::of_series(stem.into(), TableKind::Save, index, columns);
        outcome.tables.push(table);
    }
}

/// Tries the analysis out on series of missing values, so that a width above N is told before the run, not after it.
pub(super) fn rehearse(
    model: &Model<'_>,
    experiment: &Experiment,
    columns: &[Column],
    asked: u64,
    sources: &SourceMap,
) -> Result<(), Vec<Diagnostic>> {
    let len = usize::try_from(asked).expect("at most a million") + 1;
    let blank = Value::Series(Series::of_run(vec![f64::NAN; len], 1.0));
    let done = analyse(model, experiment, series_values(columns, &vec![blank; columns.len()]), sources);
    if done.errors.is_empty() { Ok(()) } else { Err(done.errors) }
}

/// A column of a sweep as a series over its points, which are counted from 1.
pub(super) fn over_points(values: Values) -> Series {
    Series { index: Index { start: 1, stride: 1, len: values.len() }, values, scale: 1.0 }
}

/// What expressions over the table of a sweep see.
pub(super) struct TableValues {
    /// Parameters; the swept ones as columns.
    pub(super) params: Vec<Value>,
    /// Collected columns by id.
    pub(super) series: Vec<Value>,
}

impl TableValues {
    /// `table` has a column for each `collect`, in their order.
    pub(super) fn new(model: &Model<'_>, experiment: &Experiment, grid: &Grid, table: &Table) -> Self {
        let mut params = model.values().to_vec();
        for ((id, _), column) in experiment.sweep.iter().zip(grid.columns()) {
            params[id.0] = column;
        }
        let columns = table.data().filter_map(|c| table.series_of(c)).map(Value::Series);
        let last = experiment.collect.iter().map(|(_, id)| id.0 + 1).max().unwrap_or(0);
        let mut series = vec![Value::real(f64::NAN); last];
        for ((_, id), column) in experiment.collect.iter().zip(columns) {
            series[id.0] = column;
        }
        Self { params, series }
    }
}

/// The claims on the table of a sweep.
///
/// # Errors
/// Expressions that cannot be computed from its columns.
pub(super) fn table_claims(
    program: &Program,
    model: &Model<'_>,
    experiment: &Experiment,
    (grid, table): (&Grid, &Table),
    sources: &SourceMap,
) -> Result<Vec<Claim>, Vec<Diagnostic>> {
    let TableValues { params, series } = TableValues::new(model, experiment, grid, table);
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

/// Whether a condition holds, and the numbers that decide it.
fn claim(ev: &Evaluator<'_>, condition: &Expr, span: Span, sources: &SourceMap) -> Result<Claim, Box<Diagnostic>> {
    let mut parts = Vec::new();
    gather(ev, condition, sources, &mut parts)?;
    let Value::Bool(holds) = ev.eval(condition, Scope::locals(&[]))? else {
        unreachable!("the checker asks for a boolean")
    };
    // `≠` and `not` would make a missing value pass; what was not measured is no support for a claim.
    let missing = parts.iter().any(|part| part.value.is_nan());
    let holds = holds && !missing;
    let digits = if holds { COMPARED } else { telling(&parts) };
    let shown = |z: C64| match as_real(z) {
        _ if z.is_nan() => "missing".to_string(),
        Some(x) => rounded(x, digits),
        None => complex(z),
    };
    let told = parts.iter().filter(|part| !part.is_constant);
    let measured: Vec<String> = told.map(|part| format!("{} = {}", part.text, shown(part.value))).collect();
    let text = sources.text(condition.span).split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Claim { text, measured: measured.join(", "), holds, span })
}

/// One side of a comparison.
struct Side {
    text: String,
    value: C64,
    /// Whether the text is its value already.
    is_constant: bool,
}

/// Digits that a reader compares.
const COMPARED: usize = 7;

/// Digits that tell any two doubles apart.
const ALL: usize = 17;

/// As many digits as tell the different numbers of a claim apart.
fn telling(parts: &[Side]) -> usize {
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

/// A number rounded to this many significant digits.
fn rounded(x: f64, digits: usize) -> String {
    let rounded: f64 = format!("{x:.*e}", digits - 1).parse().expect("a printed number parses");
    format_number(rounded)
}

#[cfg(test)]
mod tests {
    use crate::check::{Script, check};
    use crate::experiment::{Control, Options, run};
    use crate::source::SourceMap;

    fn claims(text: &str) -> Vec<super::Claim> {
        let mut sources = SourceMap::new();
        let program = check(&Script::from_text("t", text), &mut sources).expect("a correct script");
        let outcome = run(&program, &program.experiments[0], &Options::default(), &sources, &Control::none());
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
            }";
        let claims = claims(text);
        assert_eq!(claims.iter().map(|c| c.holds).collect::<Vec<_>>(), [false, false, false, false, true]);
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
