//! Sums and products over an index, and elements of arrays.

use super::arithmetic::Operands;
use super::{Eval, Evaluator, Failure, Scope, Value, fail, typed};
use crate::ast::Reducer;
use crate::check::{ArrayId, Expr, IndexRange, Iteration, Operation, Type, out_of_range, range_values, whole};
use crate::diagnostic::Code;
use crate::source::Span;

/// The most terms of a sum or product of numbers that are read off the state. In a run it is evaluated recursively.
const MOST_MEASURED: usize = 256;

/// The work that each term of a sum or product counts as, so that nested sums have at most a few hundred thousand terms.
const WORK_OF_A_TERM: u64 = 100_000;

impl Evaluator<'_> {
    /// The values of a range of indices.
    pub(crate) fn indices(&self, range: &IndexRange, scope: Scope<'_>) -> Eval<Vec<i64>> {
        let first = self.whole(&range.first, scope, "the first index of a range")?;
        let last = self.whole(&range.last, scope, "the last index of a range")?;
        let step = range.step.as_ref().map_or(Ok(1), |e| self.whole(e, scope, "the step of a range"))?;
        range_values([first, last, step], range.span)
    }

    fn whole(&self, e: &Expr, scope: Scope<'_>, what: &str) -> Eval<i64> {
        whole(self.eval(e, scope)?.number(), what, e.span).map_err(Box::new)
    }

    /// An element of an array, or a unit of it.
    pub(super) fn element(
        &self,
        array: ArrayId,
        index: &Expr,
        offset: Option<&Expr>,
        span: Span,
        scope: Scope<'_>,
    ) -> Eval {
        let k = self.whole(index, scope, "the index of an element")?;
        let array = &self.program.arrays[array.0];
        let member = usize::try_from(k - 1).ok().and_then(|k| array.members.get(k));
        let Some(&id) = member else { return Err(Box::new(out_of_range(array, k, span))) };
        let ahead = offset.map_or(Ok(0), |o| self.unit_offset(o, scope))?;
        Ok(Value::Subsystem(id, self.slots.borrow().check_offset(self.program, id, ahead, span)?))
    }

    /// A sum or product over an index, from the first term to the last.
    pub(super) fn reduction(
        &self,
        (reducer, operation): (Reducer, Option<Operation>),
        iteration: &Iteration,
        body: &Expr,
        whole: &Expr,
        scope: Scope<'_>,
    ) -> Eval {
        let indices = self.indices(&iteration.range, scope)?;
        if whole.ty == Type::Measured && indices.len() > MOST_MEASURED {
            return fail(
                Code::RangeTooLong,
                iteration.range.span,
                format!("this sum reads {} numbers off the state; the limit is {MOST_MEASURED}", indices.len()),
                "too many terms",
                "sum operators instead, inside one expectation value: `<sum(k in 1..L, Z(s[k]))>`",
            );
        }
        let mut locals = scope.locals.to_vec();
        locals.resize(locals.len().max(iteration.local + 1), Value::Bool(None));
        let mut total: Option<Value> = None;
        for k in indices {
            self.spend(WORK_OF_A_TERM, body.span)?;
            locals[iteration.local] = index_value(k);
            let inside = Scope { locals: &locals, ..scope };
            let term = self.eval(body, inside).map_err(|d| at_index(d, iteration, k))?;
            total = Some(match total {
                None => term,
                Some(sum) => {
                    let at = Operands::within(body.span, inside);
                    self.combine(typed(operation), sum, term, at).map_err(|d| at_index(d, iteration, k))?
                }
            });
        }
        match total {
            Some(total) => Ok(total),
            None if matches!(whole.ty, Type::Number | Type::Operator(_) | Type::Measured) => {
                Ok(Value::real(if reducer == Reducer::Sum { 0.0 } else { 1.0 }))
            }
            None => fail(
                Code::BackwardsRange,
                iteration.range.span,
                format!("a sum of terms that are {} needs at least one term", whole.ty.describe()),
                "no index",
                "write a range with at least one index",
            ),
        }
    }
}

/// The value of an index.
pub(crate) fn index_value(k: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "an index is at most 1e9")]
    Value::real(k as f64)
}

/// Adds to a failure inside a loop or sum for which index it happens.
pub(crate) fn at_index(mut d: Failure, iteration: &Iteration, k: i64) -> Failure {
    let span = iteration.range.span;
    if d.labels.len() < 4 && d.labels.iter().all(|(s, _)| *s != span) {
        d.labels.push((span, format!("for {} = {k}", iteration.name)));
    }
    d
}
