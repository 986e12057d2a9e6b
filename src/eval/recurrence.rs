//! After how many collisions a value occurs again, from the ways in which the collision number `n` is read.
//!
//! Only `mod` is known to be periodic: mod(p(n), m) occurs again after m collisions if m is a whole number and p a
//! polynomial with whole coefficients. Any other use of `n` counts as one without a period.

use super::{Eval, Evaluator, Scope, Value};
use crate::ast::{BinaryOp, UnaryOp};
use crate::check::{Argument, Expr, ExprKind};
use crate::ir::Recurrence;
use crate::quantum::as_real;

/// The largest number that counts as whole: products of `n` and a few of these are exact.
const LARGEST: f64 = 1e4;

impl Evaluator<'_> {
    /// Records that the values depend on `n` in this way.
    pub(super) fn depend(&self, recurrence: Recurrence) {
        self.recurrence.set(self.recurrence.get().and(recurrence));
    }

    pub(super) fn arguments(&self, args: &[Argument], scope: Scope<'_>) -> Eval<Vec<Value>> {
        args.iter().map(|a| self.eval(&a.value, scope)).collect()
    }

    /// The arguments of `mod`.
    pub(super) fn remainder_arguments(&self, args: &[Argument], scope: Scope<'_>) -> Eval<Vec<Value>> {
        let before = self.recurrence.replace(Recurrence::CONSTANT);
        let values = self.arguments(args, scope);
        let mut own = self.recurrence.replace(Recurrence::CONSTANT);
        if own == Recurrence::Never
            && let [number, modulus] = args
            && let Some(period) = self.constant(&modulus.value, scope)
            && self.is_polynomial(&number.value, scope)
        {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number up to 1e4")]
            let period = period.abs() as u64;
            own = Recurrence::every(period);
        }
        self.recurrence.set(before.and(own));
        values
    }

    /// The value of an expression without `n`, if it is a whole number.
    fn constant(&self, e: &Expr, scope: Scope<'_>) -> Option<f64> {
        let before = self.recurrence.replace(Recurrence::CONSTANT);
        let value = self.eval(e, scope);
        let own = self.recurrence.replace(before);
        let Ok(Value::Number(z)) = value else { return None };
        as_real(z).filter(|x| own == Recurrence::CONSTANT && x.fract() == 0.0 && x.abs() <= LARGEST)
    }

    /// Whether an expression is a polynomial in `n` with whole coefficients.
    fn is_polynomial(&self, e: &Expr, scope: Scope<'_>) -> bool {
        match &e.kind {
            ExprKind::Collision => true,
            ExprKind::Unary { op: UnaryOp::Neg, operand, .. } => self.is_polynomial(operand, scope),
            ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, lhs, rhs, .. } => {
                self.is_polynomial(lhs, scope) && self.is_polynomial(rhs, scope)
            }
            _ => self.constant(e, scope).is_some(),
        }
    }
}
