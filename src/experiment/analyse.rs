//! What an experiment computes from its series, and what it expects of them.

use super::Outcome;
use crate::analysis::Series;
use crate::ast::BinaryOp;
use crate::check::{Analysis, Experiment, Expr, ExprKind, symbol};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::lower::{Column, Evaluator, Model, Scope, Value};
use crate::output::format_number;
use crate::source::SourceMap;

/// The value of a `let`.
#[derive(Debug, Clone)]
pub enum LetValue {
    /// A series.
    Series(Series),
    /// A real number; NaN is a missing one.
    Number(f64),
    /// A boolean.
    Bool(bool),
}

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
    pub span: crate::source::Span,
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

/// Evaluates `let`s and `expect`s, and gathers what `save` names.
pub(super) fn analyse(
    model: &Model<'_>,
    experiment: &Experiment,
    columns: &[Column],
    sources: &SourceMap,
    outcome: &mut Outcome,
) -> Result<(), Vec<Diagnostic>> {
    let series: Vec<Value> = outcome.series.iter().map(|(_, s)| Value::Series(s.clone())).collect();
    let mut values = series_values(columns, &series);
    let mut errors = Vec::new();
    for a in &experiment.analysis {
        let mut ev = model.evaluator();
        ev.series = &values;
        match a {
            Analysis::Let { name, value, .. } => {
                let result = ev.eval(value, Scope::locals(&[]));
                outcome.warnings.append(&mut ev.warnings.borrow_mut());
                let value = result.unwrap_or_else(|d| {
                    errors.push(*d);
                    Value::real(f64::NAN)
                });
                outcome.lets.push((name.text.clone(), let_value(&value)));
                values.push(value);
            }
            Analysis::Expect { span, condition } => {
                match claim(&ev, condition, sources) {
                    Ok((holds, measured)) => {
                        let text = sources.text(condition.span).split_whitespace().collect::<Vec<_>>().join(" ");
                        outcome.claims.push(Claim { text, measured, holds, span: *span });
                    }
                    Err(d) => errors.push(*d),
                }
                for w in ev.warnings.take() {
                    // A `let` and an `expect` on the same series say the same thing once.
                    if !outcome.warnings.iter().any(|o| o.message == w.message) {
                        outcome.warnings.push(w);
                    }
                }
            }
        }
    }
    saves(experiment, columns, &values, outcome, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn let_value(value: &Value) -> LetValue {
    match value {
        Value::Series(s) => LetValue::Series(s.clone()),
        Value::Bool(b) => LetValue::Bool(*b),
        Value::Number(z) => LetValue::Number(z.re),
        other => unreachable!("the checker lets only numbers, booleans and series come here, not {}", other.describe()),
    }
}

fn saves(
    experiment: &Experiment,
    columns: &[Column],
    values: &[Value],
    outcome: &mut Outcome,
    errors: &mut Vec<Diagnostic>,
) {
    for save in &experiment.saves {
        let mut chosen: Vec<(String, Series)> = Vec::new();
        if save.series.is_empty() {
            chosen.clone_from(&outcome.series);
        }
        for id in &save.series {
            let name = columns.iter().find(|c| c.id == Some(*id)).map(|c| c.name.clone()).or_else(|| {
                experiment.analysis.iter().find_map(|a| match a {
                    Analysis::Let { name, id: own, .. } if own == id => Some(name.text.clone()),
                    _ => None,
                })
            });
            if let (Some(name), Some(Value::Series(s))) = (name, values.get(id.0)) {
                chosen.push((name, s.clone()));
            }
        }
        let Some((first, s)) = chosen.first() else { continue };
        if let Some((other, t)) = chosen.iter().find(|(_, t)| t.index != s.index) {
            errors.push(
                Diagnostic::new(
                    Code::SaveIndex,
                    format!("`{first}` stands at {}, and `{other}` at {}", s.index, t.index),
                    save.span,
                    "one file, two indices",
                )
                .help("save them into two files"),
            );
            continue;
        }
        outcome.saves.push((save.file.clone(), chosen));
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
    let mut values = series_values(columns, &vec![blank; columns.len()]);
    let mut errors = Vec::new();
    for a in &experiment.analysis {
        let mut ev = model.evaluator();
        ev.series = &values;
        match a {
            Analysis::Let { value, .. } => match ev.eval(value, Scope::locals(&[])) {
                Ok(v) => values.push(v),
                Err(d) => {
                    errors.push(*d);
                    values.push(Value::real(f64::NAN));
                }
            },
            Analysis::Expect { condition, .. } => errors.extend(claim(&ev, condition, sources).err().map(|d| *d)),
        }
    }
    for (_, value) in &experiment.collect {
        let mut ev = model.evaluator();
        ev.series = &values;
        errors.extend(ev.eval(value, Scope::locals(&[])).err().map(|d| *d));
    }
    for (_, value) in &experiment.sweep {
        match model.evaluator().eval(value, Scope::locals(&[])) {
            Ok(Value::List(points)) if points.is_empty() => errors.push(
                Diagnostic::new(Code::BadRange, "a sweep over no values", value.span, "empty")
                    .help("write at least one value: `[1, 2, 3]`, `linspace(a, b, k)`"),
            ),
            Ok(_) => {}
            Err(d) => errors.push(*d),
        }
    }
    // One mistake in a `let` is not told again by what uses it.
    errors.dedup_by(|a, b| a.labels.first() == b.labels.first());
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Whether a condition holds, and the numbers that decide it.
fn claim(ev: &Evaluator<'_>, condition: &Expr, sources: &SourceMap) -> Result<(bool, String), Box<Diagnostic>> {
    let mut parts = Vec::new();
    gather(ev, condition, sources, &mut parts)?;
    let Value::Bool(holds) = ev.eval(condition, Scope::locals(&[]))? else {
        unreachable!("the checker asks for a boolean")
    };
    Ok((holds, parts.join(", ")))
}

/// The values of what is compared, except of plain numbers.
fn gather(ev: &Evaluator<'_>, e: &Expr, sources: &SourceMap, out: &mut Vec<String>) -> Result<(), Box<Diagnostic>> {
    match &e.kind {
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, lhs, rhs } => {
            gather(ev, lhs, sources, out)?;
            gather(ev, rhs, sources, out)
        }
        ExprKind::Unary { operand, .. } => gather(ev, operand, sources, out),
        ExprKind::Binary { lhs, rhs, op } => {
            debug_assert!(!symbol(*op).is_empty());
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

fn side(ev: &Evaluator<'_>, e: &Expr, sources: &SourceMap, out: &mut Vec<String>) -> Result<(), Box<Diagnostic>> {
    if is_constant(e) {
        return Ok(());
    }
    if let Value::Number(z) = ev.eval(e, Scope::locals(&[]))? {
        let shown = if z.re.is_nan() { "missing".to_string() } else { short(z.re) };
        let text = sources.text(e.span).split_whitespace().collect::<Vec<_>>().join(" ");
        out.push(format!("{text} = {shown}"));
    }
    Ok(())
}

fn is_constant(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Number(_) => true,
        ExprKind::Unary { operand, .. } => is_constant(operand),
        ExprKind::Binary { lhs, rhs, .. } => is_constant(lhs) && is_constant(rhs),
        _ => false,
    }
}

/// A measured number with as many digits as a reader compares.
fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.6e}").parse().expect("a printed number parses");
    format_number(rounded)
}
