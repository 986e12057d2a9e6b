//! Carries out the operations that the checker chose for the types of the operands.

use super::value::{Operator, Value};
use super::{Eval, Evaluator, Scope, complex, fail, local_sites};
use super::{measure, series, states};
use crate::analysis::Operation as Arithmetic;
use crate::check::{Expr, Operation, Sign, UnaryOperation};
use crate::diagnostic::Code;
use crate::ir::Scalar;
use crate::quantum::{C64, CMat, as_real, product};
use crate::source::Span;

/// The places of an operator and its operands in the text, and the scope of their names.
#[derive(Clone, Copy)]
pub(super) struct Operands<'s> {
    span: Span,
    lhs: Span,
    rhs: Span,
    scope: Scope<'s>,
}

impl<'s> Operands<'s> {
    /// Operands that all come from one place.
    pub(super) fn within(span: Span, scope: Scope<'s>) -> Self {
        Self { span, lhs: span, rhs: span, scope }
    }
}

impl Evaluator<'_> {
    pub(super) fn binary(&self, operation: Operation, lhs: &Expr, rhs: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        let at = Operands { span, lhs: lhs.span, rhs: rhs.span, scope };
        match operation {
            Operation::And | Operation::Or => {
                let l = self.eval(lhs, scope)?.truth();
                // The value that decides, whatever the other side is.
                let decides = operation == Operation::Or;
                if l == Some(decides) {
                    return Ok(Value::Bool(l));
                }
                let r = self.eval(rhs, scope)?.truth();
                Ok(Value::Bool(if l.is_some() || r == Some(decides) { r } else { None }))
            }
            // In a tensor product, each factor covers its share of the subsystems.
            Operation::JoinKets | Operation::JoinDensities | Operation::JoinOperators => {
                let share = lhs.ty.extent().share().min(scope.places.len());
                let (left, right) = scope.places.split_at(share);
                let left = Scope { places: left, ..scope };
                let right = Scope { places: right, ..scope };
                let (l, r) = (self.eval(lhs, left)?, self.eval(rhs, right)?);
                match operation {
                    Operation::JoinKets => states::join_kets(self, l, r, span),
                    Operation::JoinOperators => states::join_operators(self, &l.operator(), &r.operator(), left, span),
                    _ => states::join_densities(self, (l, left), (r, right), span),
                }
            }
            Operation::Overlap => {
                let places = self.overlap_places(lhs, rhs, scope)?;
                let scope = Scope { places: &places, ..scope };
                self.combine(operation, self.eval(lhs, scope)?, self.eval(rhs, scope)?, at)
            }
            _ => self.combine(operation, self.eval(lhs, scope)?, self.eval(rhs, scope)?, at),
        }
    }

    pub(super) fn unary(&self, operation: UnaryOperation, operand: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        let value = self.eval(operand, scope)?;
        Ok(match operation {
            UnaryOperation::Negate(product) => {
                let at = Operands { span, lhs: span, rhs: operand.span, scope };
                return self.combine(product, Value::real(-1.0), value, at);
            }
            UnaryOperation::Root(applied) => return series::root(self, applied, value, span),
            UnaryOperation::NotBool => Value::Bool(value.truth().map(|holds| !holds)),
            UnaryOperation::NotCondition => Value::Series(crate::analysis::negate(&value.series())),
            UnaryOperation::Conjugate => Value::Number(value.number().conj()),
            UnaryOperation::AdjointOperator => Value::Operator(value.operator().adjoint()),
            UnaryOperation::AdjointKet => {
                let (dims, v) = value.vector();
                Value::Bra(dims, v)
            }
            UnaryOperation::AdjointBra => {
                let (dims, v) = value.vector();
                Value::Ket(dims, v)
            }
        })
    }

    /// Applies an operation to two values.
    pub(super) fn combine(&self, operation: Operation, l: Value, r: Value, at: Operands<'_>) -> Eval {
        use Operation as O;
        match operation {
            O::Numbers(a) => Ok(Value::Number(of_numbers(a)(&[l.number(), r.number()]))),
            O::Measured(a) => {
                let args = vec![measure::scalar(l), measure::scalar(r)];
                Ok(Value::Scalar(Scalar::Apply { name: a.symbol(), function: of_numbers(a), args }))
            }
            O::Series(a) => series::combine(self, a, &l, &r, at.span),
            O::AddOperators(sign) => Ok(Value::Operator(l.operator().plus(&signed(sign, r.operator())))),
            O::MultiplyOperators => Ok(Value::Operator(self.multiply(&l.operator(), &r.operator(), at.span)?)),
            O::DivideOperator => Ok(Value::Operator(l.operator().scaled(r.number().inv()))),
            O::PowerOfOperator => self.power(&l.operator(), r.number(), at.span, at.rhs),
            O::AddKets(sign) | O::AddBras(sign) => {
                let ((dims, a), (other, b)) = (l.vector(), r.vector());
                if dims != other {
                    return self.other_dimensions(&dims, &other, at.span);
                }
                let sum = if sign == Sign::Plus { a + b } else { a - b };
                Ok(if operation == O::AddKets(sign) { Value::Ket(dims, sum) } else { Value::Bra(dims, sum) })
            }
            O::AddDensities(sign) => {
                let ((dims, a), (other, b)) = (self.density(l, at.scope, at.lhs)?, self.density(r, at.scope, at.rhs)?);
                if dims != other {
                    return self.other_dimensions(&dims, &other, at.span);
                }
                Ok(Value::Density(dims, if sign == Sign::Plus { a + b } else { a - b }))
            }
            O::Scale => Ok(match (l, r) {
                (Value::Number(z), state) | (state, Value::Number(z)) => scaled(state, z),
                (other, _) => other.mistyped("a number"),
            }),
            O::DivideState => Ok(scaled(l, r.number().inv())),
            O::Outer => {
                let ((dims, a), (other, b)) = (l.vector(), r.vector());
                if dims != other {
                    return self.other_dimensions(&dims, &other, at.span);
                }
                Ok(Value::Operator(Operator::on(&local_sites(&dims), &(a * b.adjoint()))))
            }
            O::Overlap => {
                let ((dims, a), (other, b)) = (l.vector(), r.vector());
                if dims != other {
                    return self.other_dimensions(&dims, &other, at.span);
                }
                Ok(Value::Number(a.dotc(&b)))
            }
            O::Act => {
                let (dims, v) = r.vector();
                let operator = self.in_places(l.operator(), at.scope.places, at.lhs)?;
                let m = operator.dense(&local_sites(&dims)).or_else(|e| self.too_large(e, at.span))?;
                Ok(Value::Ket(dims, m * v))
            }
            O::CompareNumbers(c) => self.compare(c, l.number(), r.number(), at),
            O::CompareSeries(c) => series::compare(self, c, &l, &r, at.span),
            O::Same(equal) => Ok(Value::Bool(same(&l, &r).map(|same| same == equal))),
            O::LabelIs(equal) => Ok(Value::Series(match (l, r) {
                (Value::Labels(labels), one) | (one, Value::Labels(labels)) => {
                    condition(labels.iter().map(|label| same(label, &one) == Some(equal)))
                }
                (other, _) => other.mistyped("a column of labels"),
            })),
            O::ConditionIs(equal) => Ok(Value::Series(match (l, r) {
                (Value::Series(c), Value::Bool(b)) | (Value::Bool(b), Value::Series(c)) => match b {
                    Some(b) if b == equal => c,
                    Some(_) => crate::analysis::negate(&c),
                    None => missing(&c),
                },
                (other, _) => other.mistyped("a condition"),
            })),
            O::BothConditions => series::both(self, &l, &r, at.span),
            O::EitherCondition => series::either(self, &l, &r, at.span),
            O::And | O::Or | O::JoinKets | O::JoinDensities | O::JoinOperators => {
                unreachable!("`binary` handles these before it evaluates both sides")
            }
        }
    }

    fn compare(&self, comparison: crate::analysis::Comparison, l: C64, r: C64, at: Operands<'_>) -> Eval {
        use crate::analysis::Comparison as C;
        match comparison {
            _ if l.is_nan() || r.is_nan() => return Ok(Value::Bool(None)),
            C::Equal => return Ok(Value::Bool(Some(l == r))),
            C::NotEqual => return Ok(Value::Bool(Some(l != r))),
            _ => {}
        }
        let ordered = |z: C64, span: Span| match as_real(z) {
            Some(x) => Ok(x),
            None => fail(
                Code::NotReal,
                span,
                format!("complex numbers such as {} cannot be ordered", complex(z)),
                "a complex number",
                "take `re(…)`, `im(…)` or `abs(…)` of it",
            ),
        };
        Ok(Value::Bool(Some(comparison.holds(ordered(l, at.lhs)?, ordered(r, at.rhs)?))))
    }

    fn other_dimensions<T>(&self, l: &[usize], r: &[usize], span: Span) -> Eval<T> {
        fail(
            Code::Dimension,
            span,
            format!("the subsystems have dimensions {l:?} on the left side, but {r:?} on the right side"),
            "dimensions differ",
            "write states of the same subsystems on both sides",
        )
    }

    pub(crate) fn multiply(&self, a: &Operator, b: &Operator, span: Span) -> Eval<Operator> {
        let size = |o: &Operator| o.sites().iter().fold(1u64, |d, s| d.saturating_mul(s.dim as u64).min(1 << 20));
        let terms = (a.terms.len() * b.terms.len()) as u64;
        let dim = size(a).max(size(b));
        self.spend(terms.saturating_mul(dim.saturating_mul(dim)), span)?;
        a.times(b).or_else(|e| self.too_large(e, span))
    }

    fn power(&self, base: &Operator, exponent: C64, span: Span, rhs: Span) -> Eval {
        let k = exponent.re.round();
        if (exponent - k).norm() > 1e-12 || !(0.0..=1000.0).contains(&k) {
            return fail(
                Code::NotACount,
                rhs,
                format!(
                    "the power of an operator must be a whole number from 0 to 1000, but this is {}",
                    complex(exponent)
                ),
                "not such a number",
                "for the square root of a unitary `exp(-i*t*A)`, write `exp(-i*t/2*A)`",
            );
        }
        let sites = base.sites();
        let m = base.dense(&sites).or_else(|e| self.too_large(e, span))?;
        let dim = m.nrows();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of at most 1000")]
        let mut rest = k as u32;
        // Checked before the work is done: repeated squaring takes at most two products per binary digit.
        let products = u64::from(2 * (u32::BITS - rest.leading_zeros()));
        self.spend(products.saturating_mul((dim * dim * dim) as u64), span)?;
        let (mut out, mut square) = (CMat::identity(dim, dim), m);
        while rest > 0 {
            if rest & 1 == 1 {
                out = product(&out, &square);
            }
            rest >>= 1;
            if rest > 0 {
                square = product(&square, &square);
            }
        }
        Ok(Value::Operator(Operator::on(&sites, &out)))
    }
}

fn signed(sign: Sign, operator: Operator) -> Operator {
    if sign == Sign::Plus { operator } else { operator.scaled(C64::new(-1.0, 0.0)) }
}

/// A ket, bra or density matrix times a number. A bra is stored as its ket, so the factor is conjugated.
fn scaled(state: Value, z: C64) -> Value {
    match state {
        Value::Ket(dims, v) => Value::Ket(dims, v * z),
        Value::Bra(dims, v) => Value::Bra(dims, v * z.conj()),
        Value::Density(dims, m) => Value::Density(dims, m * z),
        other => other.mistyped("a state"),
    }
}

/// Whether two booleans, texts or rules are equal; `None` if one is missing.
fn same(l: &Value, r: &Value) -> Option<bool> {
    match (l, r) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.as_ref()? == b.as_ref()?),
        (Value::Text(a), Value::Text(b)) => Some(a == b),
        (Value::Rule(a), Value::Rule(b)) => Some(a == b),
        (other, _) => other.mistyped("a boolean, a text or a rule"),
    }
}

/// A condition that is missing at each place of another one.
fn missing(c: &crate::analysis::Series) -> crate::analysis::Series {
    let values = vec![f64::NAN; c.values.len()];
    crate::analysis::Series { index: c.index.clone(), values: values.into(), scale: 1.0 }
}

/// A condition over the points of a sweep.
pub(crate) fn condition(holds: impl Iterator<Item = bool>) -> crate::analysis::Series {
    let values: Vec<f64> = holds.map(|holds| f64::from(u8::from(holds))).collect();
    let index = crate::analysis::Index { start: 1, stride: 1, len: values.len() };
    crate::analysis::Series { index, values: values.into(), scale: 1.0 }
}

/// Arithmetic between two numbers.
fn of_numbers(a: Arithmetic) -> fn(&[C64]) -> C64 {
    match a {
        Arithmetic::Add => |x| x[0] + x[1],
        Arithmetic::Subtract => |x| x[0] - x[1],
        Arithmetic::Multiply => |x| product_of_numbers(x[0], x[1]),
        Arithmetic::Divide => |x| quotient_of_numbers(x[0], x[1]),
        Arithmetic::Power => power_of_numbers,
    }
}

/// a·b, with real factors as real numbers: a complex product of ∞ and 1 is not a number.
fn product_of_numbers(a: C64, b: C64) -> C64 {
    match (a.im == 0.0, b.im == 0.0) {
        (true, true) => C64::new(a.re * b.re, 0.0),
        (true, false) => b * a.re,
        (false, true) => a * b.re,
        (false, false) => a * b,
    }
}

/// a/b, with a real divisor as a real number: a complex quotient divides by |b|², which overflows or is zero too early.
/// A division by zero has no value.
fn quotient_of_numbers(a: C64, b: C64) -> C64 {
    match (a.im == 0.0, b.im == 0.0) {
        _ if b == C64::ZERO => C64::new(f64::NAN, f64::NAN),
        (true, true) => C64::new(a.re / b.re, 0.0),
        (false, true) => a / b.re,
        (_, false) => a / b,
    }
}

/// x^y. The result is exactly real if x and y are real and x ≥ 0 or y is an integer, so rounding cannot make it
/// complex.
fn power_of_numbers(x: &[C64]) -> C64 {
    let (base, exponent) = (x[0], x[1]);
    if exponent.im == 0.0 && exponent.re.fract() == 0.0 && exponent.re.abs() < 1e9 {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e9")]
        return if base.im == 0.0 {
            C64::new(base.re.powi(exponent.re as i32), 0.0)
        } else {
            base.powi(exponent.re as i32)
        };
    }
    if base.im == 0.0 && exponent.im == 0.0 && base.re >= 0.0 {
        return C64::new(base.re.powf(exponent.re), 0.0);
    }
    base.powc(exponent)
}
