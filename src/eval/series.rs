//! Evaluates number functions (on numbers, measures and series) and series functions.

use super::measure;
use super::value::{Operator, Value};
use super::{Eval, Evaluator, Scope, complex, fail};
use crate::analysis::{self, Comparison, FunctionRow, Index, Operation, Series};
use crate::check::builtins::Form;
use crate::check::{Applied, Argument, Expr};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Scalar;
use crate::quantum::{C64, NumberRow, as_real, expm};
use crate::source::Span;

/// √ of a value.
pub(super) fn root(ev: &Evaluator<'_>, applied: Applied, value: Value, span: Span) -> Eval {
    number_function(ev, NumberRow::find("sqrt").expect("a row of the table"), applied, vec![value], span)
}

/// A number function, applied as the checker determined from the types of its arguments.
pub(super) fn number_function(
    ev: &Evaluator<'_>,
    row: &'static NumberRow,
    applied: Applied,
    values: Vec<Value>,
    span: Span,
) -> Eval {
    match applied {
        Applied::Numbers => {
            let numbers: Vec<C64> = values.into_iter().map(Value::number).collect();
            if let Some(z) = numbers.iter().find(|z| row.real_only && as_real(**z).is_none()) {
                return fail(
                    Code::NotReal,
                    span,
                    format!("`{}` takes real numbers, but this is {}", row.name, complex(*z)),
                    "a complex number",
                    "take `re(…)`, `im(…)` or `abs(…)` of it",
                );
            }
            Ok(Value::Number((row.function)(&numbers)))
        }
        Applied::Measured => {
            let args = values.into_iter().map(measure::scalar).collect();
            Ok(Value::Scalar(Scalar::Apply { name: row.name, function: row.function, args }))
        }
        Applied::Each => {
            let x = only(values).series();
            let value = |v: f64| as_real((row.function)(&[C64::new(v, 0.0)])).unwrap_or(f64::NAN);
            Ok(finish(ev, analysis::map(&x, &format!("{}(x)", row.name), value), span))
        }
        Applied::Exponential => exponential(ev, &only(values).operator(), span),
        Applied::Series | Applied::Complex => unreachable!("a function of whole series"),
    }
}

/// Two parts of a complex series without the collisions before the first at which they have values.
pub(super) fn present([re, im]: [Series; 2]) -> [Series; 2] {
    let skipped = re.values.iter().zip(&im.values).take_while(|(a, b)| a.is_nan() && b.is_nan()).count();
    // Before a run, all values are missing.
    let skipped = if skipped == re.values.len() { 0 } else { skipped };
    [re, im].map(|part| {
        let Index { start, stride, len } = part.index;
        let index = Index { start: start + stride * skipped as u64, stride, len: len - skipped };
        Series { index, values: part.values[skipped..].to_vec().into(), scale: part.scale }
    })
}

/// A function of a complex series.
pub(super) fn of_complex(ev: &Evaluator<'_>, name: &str, values: Vec<Value>, span: Span) -> Eval {
    let Value::ComplexSeries(parts) = only(values) else { unreachable!("the checker has typed it") };
    let [re, im] = *parts;
    let outcome = match name {
        "re" => return Ok(Value::Series(re)),
        "im" => return Ok(Value::Series(im)),
        "abs" => {
            let values = re.values.iter().zip(&im.values).map(|(a, b)| a.hypot(*b)).collect();
            return Ok(Value::Series(Series { values, ..re }));
        }
        "spectrum" => analysis::complex_spectrum(&re, &im),
        other => unreachable!("`{other}` does not take a complex series"),
    };
    known(ev, outcome, span)
}

fn only(mut values: Vec<Value>) -> Value {
    values.pop().expect("a function of one argument")
}

/// exp(A) of an operator.
fn exponential(ev: &Evaluator<'_>, op: &Operator, span: Span) -> Eval {
    let sites = op.sites();
    let m = op.dense(&sites).or_else(|e| ev.too_large(e, span))?;
    let dim = m.nrows() as u64;
    ev.spend(dim.pow(3).saturating_mul(20), span)?;
    Ok(Value::Operator(Operator::on(&sites, &expm(&m))))
}

/// A function of whole series.
pub(super) fn series_function(
    ev: &Evaluator<'_>,
    row: &'static FunctionRow,
    args: &[Argument],
    values: &[Value],
    span: Span,
) -> Eval {
    let mut filled: Vec<Option<analysis::Argument<'_>>> =
        row.parameters.iter().map(|p| p.default.map(analysis::Argument::Number)).collect();
    for (i, (a, value)) in args.iter().zip(values).enumerate() {
        let at = match &a.name {
            Some((name, _)) => row.parameters.iter().position(|p| p.name == name),
            None => Some(i),
        };
        let at = at.expect("the checker has matched the arguments");
        filled[at] = Some(match value {
            Value::Series(s) => analysis::Argument::Series(s),
            other => {
                let z = other.clone().number();
                let Some(x) = as_real(z) else {
                    return fail(
                        Code::NotReal,
                        a.value.span,
                        format!("this must be real, but it is {}", complex(z)),
                        "a complex number",
                        "take `re(…)` of it",
                    );
                };
                analysis::Argument::Number(x)
            }
        });
    }
    let arguments: Vec<analysis::Argument<'_>> =
        filled.into_iter().map(|a| a.expect("the checker requires each argument without a default")).collect();
    known(ev, (row.apply)(&arguments), span)
}

/// The value of an analysis outcome. The notes of the outcome become warnings.
fn finish(ev: &Evaluator<'_>, outcome: analysis::Outcome, span: Span) -> Value {
    for note in outcome.notes {
        ev.warnings.borrow_mut().push(Diagnostic::new(Code::MissingValues, note, span, ""));
    }
    match outcome.value {
        analysis::Value::Series(s) => Value::Series(s),
        analysis::Value::Number(x) => Value::real(x),
    }
}

/// Elementwise arithmetic, with a series on one or both sides.
pub(super) fn combine(ev: &Evaluator<'_>, operation: Operation, l: &Value, r: &Value, span: Span) -> Eval {
    known(ev, analysis::combine(operation, argument(l, span)?, argument(r, span)?), span)
}

/// An elementwise comparison.
pub(super) fn compare(ev: &Evaluator<'_>, comparison: Comparison, l: &Value, r: &Value, span: Span) -> Eval {
    known(ev, analysis::compare(comparison, argument(l, span)?, argument(r, span)?), span)
}

/// `l ≈ r ± tolerance`, elementwise.
pub(super) fn approx(ev: &Evaluator<'_>, l: &Value, r: &Value, tolerance: f64, span: Span) -> Eval {
    known(ev, analysis::approx(argument(l, span)?, argument(r, span)?, tolerance), span)
}

/// Elementwise logical and.
pub(super) fn both(ev: &Evaluator<'_>, l: &Value, r: &Value, span: Span) -> Eval {
    known(ev, analysis::both(argument(l, span)?, argument(r, span)?), span)
}

/// Elementwise logical or.
pub(super) fn either(ev: &Evaluator<'_>, l: &Value, r: &Value, span: Span) -> Eval {
    known(ev, analysis::either(argument(l, span)?, argument(r, span)?), span)
}

fn known(ev: &Evaluator<'_>, outcome: Result<analysis::Outcome, analysis::AnalysisError>, span: Span) -> Eval {
    match outcome {
        Ok(outcome) => Ok(finish(ev, outcome, span)),
        Err(e) => fail(Code::BadAnalysis, span, e.to_string(), "cannot be computed", e.remedy()),
    }
}

/// A side of an operator between series.
fn argument(value: &Value, span: Span) -> Eval<analysis::Argument<'_>> {
    if let Value::Series(s) = value {
        return Ok(analysis::Argument::Series(s));
    }
    let z = value.clone().number();
    if let Some(x) = as_real(z) {
        return Ok(analysis::Argument::Number(x));
    }
    fail(
        Code::NotReal,
        span,
        format!("a series is real, but this number is {}", complex(z)),
        "a complex number",
        "take `re(…)` of it",
    )
}

/// `linspace(a, b, k)` and `logspace(a, b, k)`.
pub(crate) fn range(ev: &Evaluator<'_>, form: Form, args: &[Expr], scope: Scope<'_>) -> Eval {
    let (a, b) = (ev.finite(&args[0], scope, "an end")?, ev.finite(&args[1], scope, "an end")?);
    let k = ev.count(&args[2], scope, "the number of values", 1..=10_000_000)?;
    if form == Form::Logspace && (a <= 0.0 || b <= 0.0) {
        return fail(
            Code::BadRange,
            args[0].span.to(args[1].span),
            format!("the ends of `logspace` must be positive, but these are {a} and {b}"),
            "not positive",
            "write the first and last value, not their exponents: `logspace(0.1, 10, 21)`",
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 1e7")]
    let value = |i: u64| {
        let t = if k == 1 { 0.0 } else { i as f64 / (k - 1) as f64 };
        match form {
            // The last value is exactly b, without rounding.
            _ if i + 1 == k && k > 1 => b,
            Form::Linspace => a + (b - a) * t,
            _ => a * (b / a).powf(t),
        }
    };
    Ok(Value::List((0..k).map(|i| Value::real(value(i))).collect()))
}
