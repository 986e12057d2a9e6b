//! Arithmetic between values: numbers, kets, density matrices, operators, what is read off the state, series.

use super::value::{Operator, Value};
use super::{Eval, Evaluator, complex, fail, local_sites};
use super::{forms, measure, series};
use crate::ast::BinaryOp;
use crate::diagnostic::Code;
use crate::quantum::{C64, CMat, product};
use crate::source::Span;

impl Evaluator<'_> {
    /// Arithmetic between two values. `rhs` is the place of the right one.
    pub(crate) fn combine(&self, op: BinaryOp, l: Value, r: Value, span: Span, rhs: Span) -> Eval {
        use BinaryOp as B;
        use Value as V;
        match (op, l, r) {
            (_, V::Number(a), V::Number(b)) => Ok(V::Number(arithmetic(op)(&[a, b]))),
            (B::Add | B::Sub, V::Ket(d, a), V::Ket(e, b)) if d == e => {
                Ok(V::Ket(d, if op == B::Add { a + b } else { a - b }))
            }
            (B::Mul, V::Number(z), V::Ket(d, a)) | (B::Mul, V::Ket(d, a), V::Number(z)) => Ok(V::Ket(d, a * z)),
            (B::Div, V::Ket(d, a), V::Number(z)) => Ok(V::Ket(d, a / z)),
            (B::Mul, V::Number(z), V::Bra(d, a)) | (B::Mul, V::Bra(d, a), V::Number(z)) => Ok(V::Bra(d, a * z.conj())),
            // A bra is held as its ket: sums are those of the kets, factors are conjugated.
            (B::Add | B::Sub, V::Bra(d, a), V::Bra(e, b)) if d == e => {
                Ok(V::Bra(d, if op == B::Add { a + b } else { a - b }))
            }
            (B::Div, V::Bra(d, a), V::Number(z)) => Ok(V::Bra(d, a / z.conj())),
            (B::Mul, V::Ket(d, a), V::Bra(e, b)) if d == e => {
                Ok(V::Operator(Operator::on(&local_sites(&d), &(a * b.adjoint()))))
            }
            (B::Mul, V::Bra(d, a), V::Ket(e, b)) if d == e => Ok(V::Number(a.dotc(&b))),
            (B::Mul, V::Operator(a), V::Ket(d, v)) => {
                let m = a.dense(&local_sites(&d)).or_else(|e| self.too_large(e, span))?;
                Ok(V::Ket(d, m * v))
            }
            (B::Mul, V::Number(z), V::Density(d, a)) | (B::Mul, V::Density(d, a), V::Number(z)) => {
                Ok(V::Density(d, a * z))
            }
            (B::Div, V::Density(d, a), V::Number(z)) => Ok(V::Density(d, a / z)),
            (B::Add | B::Sub, V::Density(d, a), V::Density(e, b)) if d == e => {
                Ok(V::Density(d, if op == B::Add { a + b } else { a - b }))
            }
            (B::Add | B::Sub, V::Density(d, a), V::Operator(b)) => {
                let b = b.dense(&local_sites(&d)).or_else(|e| self.too_large(e, span))?;
                Ok(V::Density(d, if op == B::Add { a + b } else { a - b }))
            }
            (B::Add | B::Sub, V::Operator(a), V::Density(d, b)) => {
                let a = a.dense(&local_sites(&d)).or_else(|e| self.too_large(e, span))?;
                Ok(V::Density(d, if op == B::Add { a + b } else { a - b }))
            }
            (op, l @ (V::Scalar(_) | V::Number(_)), r @ (V::Scalar(_) | V::Number(_))) => measure::arithmetic(op, l, r),
            (op, l @ (V::Series(_) | V::Number(_)), r @ (V::Series(_) | V::Number(_))) => {
                series::combine(self, op, &l, &r, span)
            }
            (op, l @ (V::Operator(_) | V::Number(_)), r @ (V::Operator(_) | V::Number(_))) => {
                self.combine_operators(op, l, r, span, rhs)
            }
            (B::Tensor, l, r) => forms::tensor(self, l, r, span),
            (op, _, _) => self.no_combination(op, span),
        }
    }

    fn combine_operators(&self, op: BinaryOp, l: Value, r: Value, span: Span, rhs: Span) -> Eval {
        use BinaryOp as B;
        if op == B::Pow {
            let (Value::Operator(base), Value::Number(z)) = (l, r) else { return self.no_combination(op, span) };
            return self.power(&base, z, span, rhs);
        }
        if op == B::Div {
            let (Value::Operator(a), Value::Number(z)) = (l, r) else { return self.no_combination(op, span) };
            return Ok(Value::Operator(a.scaled(z.inv())));
        }
        let (a, b) = (self.operator(l, span)?, self.operator(r, rhs)?);
        let out = match op {
            B::Add => a.plus(&b),
            B::Sub => a.plus(&b.scaled(C64::new(-1.0, 0.0))),
            _ => self.multiply(&a, &b, span)?,
        };
        Ok(Value::Operator(out))
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
                format!("the power of an operator is a whole number from 0 to 1000, and this is {}", complex(exponent)),
                "not such a number",
                "the square root of a unitary `exp(-i*t*A)` is `exp(-i*t/2*A)`",
            );
        }
        let sites = base.sites();
        let m = base.dense(&sites).or_else(|e| self.too_large(e, span))?;
        let dim = m.nrows();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of at most 1000")]
        let mut rest = k as u32;
        // Asked before the work is done: repeated squaring takes at most two products a binary digit.
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

/// The function of two numbers behind an infix operator.
pub(crate) fn arithmetic(op: BinaryOp) -> fn(&[C64]) -> C64 {
    use BinaryOp as B;
    match op {
        B::Add => |x| x[0] + x[1],
        B::Sub => |x| x[0] - x[1],
        B::Div => |x| x[0] / x[1],
        B::Pow => power_of_numbers,
        _ => |x| x[0] * x[1],
    }
}

/// x^y; real where both are and x ≥ 0, or y is whole, so that no rounding makes it complex.
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
