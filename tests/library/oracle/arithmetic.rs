//! Operators of the language: prefix, postfix and infix.

use carom::ast::{BinaryOp, UnaryOp};
use num_complex::Complex64;

use super::joint::Operator;
use super::matrix::{Matrix, real};
use super::value::{Form, Value};

pub(crate) fn unary(op: UnaryOp, value: &Value) -> Value {
    match (op, value) {
        (UnaryOp::Not, Value::Bool(b)) => Value::Bool(b.map(|b| !b)),
        (UnaryOp::Not, Value::Condition(s)) => Value::Condition(s.map(|x| 1.0 - x)),
        (UnaryOp::Neg, _) => binary(BinaryOp::Mul, &Value::real(-1.0), value),
        (UnaryOp::Sqrt, Value::Number(z)) => Value::Number(z.sqrt()),
        (UnaryOp::Sqrt, Value::Series(s)) => Value::Series(s.map(f64::sqrt)),
        (UnaryOp::Dagger, Value::Form(form)) => Value::Form(form.adjoint()),
        (UnaryOp::Dagger, _) => Value::Operator(value.operator().map(Matrix::adjoint)),
        _ => panic!("{op:?} does not apply to this operand"),
    }
}

pub(crate) fn binary(op: BinaryOp, a: &Value, b: &Value) -> Value {
    use BinaryOp::{Add, And, Div, Mul, Or, Pow, Sub, Tensor};
    match (a, b) {
        (Value::Bool(x), Value::Bool(y)) if matches!(op, And | Or) => {
            // An expectation that compares a missing number does not hold, whatever the other side is.
            Value::Bool(x.and(*y).and(logical(op, *x, *y)))
        }
        (Value::Condition(x), _) | (_, Value::Condition(x)) if matches!(op, And | Or) => {
            let index = x;
            let side = |v: &Value| match v {
                Value::Bool(b) => index.map(|_| of_truth(*b)),
                other => other.series(),
            };
            let join = |p: f64, q: f64| of_truth(logical(op, truth(p), truth(q)));
            Value::Condition(side(a).zip(&side(b), join))
        }
        (Value::Series(index), _) | (_, Value::Series(index)) => {
            let side = |v: &Value| match v {
                Value::Number(z) => index.map(|_| z.re),
                other => other.series(),
            };
            let (x, y) = (side(a), side(b));
            match op {
                Add | Sub | Mul | Div | Pow => Value::Series(x.zip(&y, |p, q| numbers(op, real(p), real(q)).re)),
                _ => Value::Condition(x.zip(&y, |p, q| of_truth(compared(op, real(p), real(q))))),
            }
        }
        (Value::Number(x), Value::Number(y)) => match op {
            Add | Sub | Mul | Div | Pow | Tensor => Value::Number(numbers(op, *x, *y)),
            _ => Value::Bool(compared(op, *x, *y)),
        },
        (Value::Form(_), _) | (_, Value::Form(_)) => forms(op, a, b),
        _ => Value::Operator(operators(op, &a.operator(), b)),
    }
}

fn truth(x: f64) -> Option<bool> {
    (!x.is_nan()).then_some(x != 0.0)
}

fn of_truth(b: Option<bool>) -> f64 {
    b.map_or(f64::NAN, |b| if b { 1.0 } else { 0.0 })
}

/// The value of `and` or `or`, or `None` if a missing side leaves it undecided.
fn logical(op: BinaryOp, a: Option<bool>, b: Option<bool>) -> Option<bool> {
    let decisive = op == BinaryOp::Or;
    if a == Some(decisive) || b == Some(decisive) {
        return Some(decisive);
    }
    a.and(b).map(|_| !decisive)
}

fn numbers(op: BinaryOp, x: Complex64, y: Complex64) -> Complex64 {
    match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul | BinaryOp::Tensor => x * y,
        BinaryOp::Div if y.im == 0.0 => x / y.re,
        BinaryOp::Div => x / y,
        BinaryOp::Pow if x.im == 0.0 && y.im == 0.0 && (x.re >= 0.0 || y.re.fract() == 0.0) => real(x.re.powf(y.re)),
        BinaryOp::Pow => x.powc(y),
        _ => panic!("{op:?} of numbers"),
    }
}

fn compared(op: BinaryOp, x: Complex64, y: Complex64) -> Option<bool> {
    if x.is_nan() || y.is_nan() {
        return None;
    }
    Some(match op {
        BinaryOp::Equal => x == y,
        BinaryOp::NotEqual => x != y,
        BinaryOp::Less => x.re < y.re,
        BinaryOp::LessEqual => x.re <= y.re,
        BinaryOp::Greater => x.re > y.re,
        BinaryOp::GreaterEqual => x.re >= y.re,
        _ => panic!("{op:?} of numbers"),
    })
}

/// `a ≈ b ± tolerance`
pub(crate) fn approximately(a: &Value, b: &Value, tolerance: f64) -> Value {
    let near = |x: Complex64, y: Complex64| {
        let distance = (x - y).norm();
        (!distance.is_nan()).then_some(distance <= tolerance)
    };
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => Value::Bool(near(*x, *y)),
        (Value::Series(x), Value::Number(y)) => Value::Condition(x.map(|x| of_truth(near(real(x), *y)))),
        (Value::Number(x), Value::Series(y)) => Value::Condition(y.map(|y| of_truth(near(*x, real(y))))),
        _ => Value::Condition(a.series().zip(&b.series(), |x, y| of_truth(near(real(x), real(y))))),
    }
}

fn forms(op: BinaryOp, a: &Value, b: &Value) -> Value {
    let sum = |sign: f64| {
        let arity = if let Value::Form(f) = a { f.arity } else { b.form().arity };
        let side = |v: &Value| if let Value::Number(z) = v { Form::number(*z, arity) } else { v.form() };
        Value::Form(side(a).plus(&side(b), sign))
    };
    match (op, a, b) {
        (BinaryOp::Mul | BinaryOp::Tensor, Value::Number(z), Value::Form(f))
        | (BinaryOp::Mul | BinaryOp::Tensor, Value::Form(f), Value::Number(z)) => {
            let z = *z;
            Value::Form(f.map(move |m| m * z))
        }
        (BinaryOp::Div, Value::Form(f), Value::Number(z)) => {
            let z = *z;
            Value::Form(f.map(move |m| m / z))
        }
        (BinaryOp::Mul, Value::Form(f), Value::Form(g)) => f.times(g),
        (BinaryOp::Tensor, Value::Form(f), Value::Form(g)) => Value::Form(f.tensor(g)),
        (BinaryOp::Add, ..) => sum(1.0),
        (BinaryOp::Sub, ..) => sum(-1.0),
        (BinaryOp::Pow, Value::Form(f), Value::Number(k)) => {
            let k = k.re;
            Value::Form(f.map(move |m| power(&m, k)))
        }
        _ => panic!("{op:?} of states"),
    }
}

fn power(matrix: &Matrix, k: f64) -> Matrix {
    let mut out = Matrix::identity(matrix.nrows(), matrix.ncols());
    let mut done = 0.0;
    while done < k {
        out = &out * matrix;
        done += 1.0;
    }
    out
}

fn operators(op: BinaryOp, a: &Operator, b: &Value) -> Operator {
    match op {
        BinaryOp::Pow => a.map(|m| power(m, b.number().re)),
        BinaryOp::Div => a.map(|m| m / b.number()),
        BinaryOp::Mul | BinaryOp::Tensor => a.with(&b.operator(), |x, y| x * y),
        BinaryOp::Add => a.with(&b.operator(), |x, y| x + y),
        BinaryOp::Sub => a.with(&b.operator(), |x, y| x - y),
        _ => panic!("{op:?} of operators"),
    }
}
