//! Functions of numbers, on numbers, measures and series alike; and the series functions.

use super::measure;
use super::value::{Operator, Value};
use super::{Eval, Evaluator, Scope, complex, fail};
use crate::analysis::{self, Comparison, FunctionRow, Operation};
use crate::ast::BinaryOp;
use crate::check::builtins::Form;
use crate::check::{Argument, Expr};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Scalar;
use crate::quantum::{C64, NumberRow, expm};
use crate::source::Span;

/// A call of a built-in function: of the series if one of its arguments is a series and there is such a function.
pub(crate) fn call(
    ev: &Evaluator<'_>,
    number: Option<&'static NumberRow>,
    series: Option<&'static FunctionRow>,
    args: &[Argument],
    span: Span,
    scope: Scope<'_>,
) -> Eval {
    let values: Vec<Value> = args.iter().map(|a| ev.eval(&a.value, scope)).collect::<Eval<_>>()?;
    let any_series = values.iter().any(|v| matches!(v, Value::Series(_)));
    match (number, series) {
        (None, Some(row)) => series_function(ev, row, args, &values, span),
        (Some(_), Some(row)) if any_series => series_function(ev, row, args, &values, span),
        (Some(row), _) => apply(ev, row, values, span),
        (None, None) => unreachable!("a function call has a row"),
    }
}

/// The function of numbers of that name.
pub(crate) fn number_function(ev: &Evaluator<'_>, name: &str, values: Vec<Value>, span: Span) -> Eval {
    apply(ev, NumberRow::find(name).expect("a row of the table"), values, span)
}

fn apply(ev: &Evaluator<'_>, row: &'static NumberRow, values: Vec<Value>, span: Span) -> Eval {
    if let [Value::Operator(op)] = values.as_slice() {
        return exponential(ev, op, span);
    }
    if values.iter().any(|v| matches!(v, Value::Scalar(_))) {
        let args = values.into_iter().map(measure::scalar).collect();
        return Ok(Value::Scalar(Scalar::Apply { name: row.name, function: row.function, args }));
    }
    if values.iter().any(|v| matches!(v, Value::Series(_))) {
        return elementwise(ev, row, &values, span);
    }
    let mut numbers = Vec::with_capacity(values.len());
    for value in &values {
        let Value::Number(z) = value else {
            return fail(
                Code::WrongType,
                span,
                format!("`{}` works on numbers, and this is {}", row.name, value.describe()),
                "here",
                row.help,
            );
        };
        if row.real_only && z.im.abs() > 1e-12 * z.re.abs().max(1.0) {
            return fail(
                Code::NotReal,
                span,
                format!("`{}` works on real numbers, and this is {}", row.name, complex(*z)),
                "a complex number",
                "take `re(…)`, `im(…)` or `abs(…)` of it",
            );
        }
        numbers.push(*z);
    }
    Ok(Value::Number((row.function)(&numbers)))
}

/// A function of numbers on each value of a series; other arguments are numbers.
fn elementwise(ev: &Evaluator<'_>, row: &'static NumberRow, values: &[Value], span: Span) -> Eval {
    let [Value::Series(x)] = values else {
        return fail(
            Code::WrongType,
            span,
            format!("`{}` of several arguments does not work on series", row.name),
            "a series among them",
            "apply it to one series alone",
        );
    };
    let value = |v: f64| {
        let z = (row.function)(&[C64::new(v, 0.0)]);
        if z.im.abs() <= 1e-12 * z.re.abs().max(1.0) { z.re } else { f64::NAN }
    };
    let outcome = analysis::map(x, &format!("{}(x)", row.name), value);
    Ok(finish(ev, outcome, span))
}

/// exp(A) of an operator.
fn exponential(ev: &Evaluator<'_>, op: &Operator, span: Span) -> Eval {
    let sites = op.sites();
    let m = op.dense(&sites).or_else(|e| ev.too_large(e, span))?;
    let dim = m.nrows() as u64;
    ev.spend(dim.pow(3).saturating_mul(20), span)?;
    Ok(Value::Operator(Operator::on(&sites, &expm(&m))))
}

fn series_function(
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
        let at = at.expect("the checker knows the arguments");
        filled[at] = Some(match value {
            Value::Series(s) => analysis::Argument::Series(s),
            Value::Number(z) if z.im.abs() <= 1e-12 * z.re.abs().max(1.0) => analysis::Argument::Number(z.re),
            Value::Number(z) => {
                return fail(
                    Code::NotReal,
                    a.value.span,
                    format!("this must be real, and it is {}", complex(*z)),
                    "a complex number",
                    "take `re(…)` of it",
                );
            }
            other => {
                return fail(
                    Code::WrongType,
                    a.value.span,
                    format!("this is {}", other.describe()),
                    "here",
                    row.signature,
                );
            }
        });
    }
    let arguments: Vec<analysis::Argument<'_>> =
        filled.into_iter().map(|a| a.expect("the checker asks for what has no default")).collect();
    for (p, a) in row.parameters.iter().zip(&arguments) {
        let is_series = matches!(a, analysis::Argument::Series(_));
        if is_series == (p.kind == analysis::ParamKind::Number) {
            return fail(
                Code::WrongType,
                span,
                format!("`{}` of `{}` is of another kind", p.name, row.name),
                "here",
                row.signature,
            );
        }
    }
    match (row.apply)(&arguments) {
        Ok(outcome) => Ok(finish(ev, outcome, span)),
        Err(e) => fail(Code::BadAnalysis, span, e.to_string(), "cannot be computed", e.remedy()),
    }
}

/// Keeps an outcome's notes as warnings.
fn finish(ev: &Evaluator<'_>, outcome: analysis::Outcome, span: Span) -> Value {
    for note in outcome.notes {
        ev.warnings.borrow_mut().push(Diagnostic::new(Code::MissingValues, note, span, ""));
    }
    match outcome.value {
        analysis::Value::Series(s) => Value::Series(s),
        analysis::Value::Number(x) => Value::real(x),
    }
}

/// Arithmetic where one side or both are series.
pub(crate) fn combine(ev: &Evaluator<'_>, op: BinaryOp, l: &Value, r: &Value, span: Span) -> Eval {
    let operation = match op {
        BinaryOp::Add => Operation::Add,
        BinaryOp::Sub => Operation::Subtract,
        BinaryOp::Mul => Operation::Multiply,
        BinaryOp::Div => Operation::Divide,
        BinaryOp::Pow => Operation::Power,
        other => return ev.no_combination(other, span),
    };
    match analysis::combine(operation, argument(l, span)?, argument(r, span)?) {
        Ok(outcome) => Ok(finish(ev, outcome, span)),
        Err(e) => fail(Code::BadAnalysis, span, e.to_string(), "cannot be computed", e.remedy()),
    }
}

/// Comparisons of series, and conditions joined by `and` and `or`: value by value.
pub(crate) fn conditions(ev: &Evaluator<'_>, op: BinaryOp, l: &Value, r: &Value, span: Span) -> Eval {
    let comparison = match op {
        BinaryOp::Less => Comparison::Less,
        BinaryOp::LessEqual => Comparison::LessEqual,
        BinaryOp::Greater => Comparison::Greater,
        BinaryOp::GreaterEqual => Comparison::GreaterEqual,
        BinaryOp::Equal => Comparison::Equal,
        _ => Comparison::NotEqual,
    };
    let (x, y) = (argument(l, span)?, argument(r, span)?);
    let outcome = match op {
        BinaryOp::And => analysis::both(x, y),
        BinaryOp::Or => analysis::either(x, y),
        _ => analysis::compare(comparison, x, y),
    };
    match outcome {
        Ok(outcome) => Ok(finish(ev, outcome, span)),
        Err(e) => fail(Code::BadAnalysis, span, e.to_string(), "cannot be computed", e.remedy()),
    }
}

fn argument(value: &Value, span: Span) -> Eval<analysis::Argument<'_>> {
    match value {
        Value::Series(s) => Ok(analysis::Argument::Series(s)),
        Value::Number(z) if z.im == 0.0 => Ok(analysis::Argument::Number(z.re)),
        Value::Number(z) => fail(
            Code::NotReal,
            span,
            format!("a series is real, and this number is {}", complex(*z)),
            "a complex number",
            "take `re(…)` of it",
        ),
        other => fail(
            Code::WrongType,
            span,
            format!("this is {}", other.describe()),
            "here",
            "series combine with numbers and series",
        ),
    }
}

/// `linspace(a, b, k)` and `logspace(a, b, k)`.
pub(crate) fn range(ev: &Evaluator<'_>, form: Form, args: &[Expr], scope: Scope<'_>) -> Eval {
    let (a, b) = (ev.finite(&args[0], scope, "an end")?, ev.finite(&args[1], scope, "an end")?);
    let k = ev.count(&args[2], scope, "the number of values", 1..=10_000_000)?;
    if form == Form::Logspace && (a <= 0.0 || b <= 0.0) {
        return fail(
            Code::BadRange,
            args[0].span.to(args[1].span),
            format!("the ends of `logspace` are positive, and these are {a} and {b}"),
            "not positive",
            "write the values themselves: `logspace(0.1, 10, 21)`",
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 1e7")]
    let value = |i: u64| {
        let t = if k == 1 { 0.0 } else { i as f64 / (k - 1) as f64 };
        match form {
            // The last value is b itself, not b within rounding.
            _ if i + 1 == k && k > 1 => b,
            Form::Linspace => a + (b - a) * t,
            _ => a * (b / a).powf(t),
        }
    };
    Ok(Value::List((0..k).map(|i| Value::real(value(i))).collect()))
}
