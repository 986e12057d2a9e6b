//! Numbers that determine the shape of a program: the sizes of arrays, and the indices of arrays of series.
//!
//! They are computed before names are resolved to ids, from numbers, parameters and definitions alone. The parameters
//! that were read are remembered with their values: a program is valid for these values.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::iteration::IndexRange;
use super::program::{Expr, ExprKind, ParamId};
use super::visit::children;
use crate::ast::{BinaryOp, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{C64, as_real};
use crate::source::Span;

/// Values of parameters, by id.
pub(super) type Given = BTreeMap<ParamId, f64>;

/// Parameters and their values from `set`; the last one applies.
pub(super) type Sets = [(ParamId, Expr)];

/// The most values of one range of indices.
const MOST_VALUES: i64 = 10_000;

/// The largest absolute value of an index or a size.
const LARGEST: f64 = 1e9;

/// The most nodes that one number is computed from, counting a definition each time it is used. This also ends the
/// evaluation of definitions that use themselves, which are reported elsewhere.
const MOST_NODES: usize = 10_000;

/// The deepest nesting of a number, counted through parameters and definitions.
const DEEPEST: usize = 600;

/// The parameters and definitions from which such numbers are computed.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    /// The value of each parameter: its default, or the last `set` of the script.
    pub(super) params: Vec<Expr>,
    /// The bodies of the definitions.
    pub(super) functions: Vec<Arc<Expr>>,
    /// Values that take precedence over all others.
    pub(super) given: Given,
    /// The parameters read so far, with their values.
    pub(super) read: RefCell<Given>,
}

/// A number that cannot be computed: the place of what is no number, or `None` if the mistake is reported elsewhere.
type Unknown = Option<Span>;

impl Numbers {
    /// The values of the parameters that were read, with the settings of an experiment in place of those of the script.
    pub(super) fn values_with(&self, sets: &Sets) -> Option<Given> {
        self.values(&Walk { record: false, ..Walk::new(self, sets) })
    }

    /// As [`values_with`](Self::values_with), but the parameters that are read for it count as read.
    pub(super) fn values_read_with(&self, sets: &Sets) -> Option<Given> {
        self.values(&Walk::new(self, sets))
    }

    fn values(&self, walk: &Walk<'_>) -> Option<Given> {
        let read: Vec<ParamId> = self.read.borrow().keys().copied().collect();
        read.into_iter().map(|id| Some((id, as_real(walk.param(id, 0).ok()?)?))).collect()
    }

    /// A whole number. `what` names it in messages.
    ///
    /// # Errors
    /// It is not known before the run, or not whole. `None` if the mistake is reported elsewhere.
    pub(super) fn whole(&self, e: &Expr, what: &str, sets: &Sets) -> Result<i64, Option<Diagnostic>> {
        let z = self.value(e, sets).map_err(|unknown| unknown.map(|at| not_known(what, at)))?;
        whole(z, what, e.span).map_err(Some)
    }

    /// The values of a range of indices.
    ///
    /// # Errors
    /// As [`whole`](Self::whole), and those of [`range_values`].
    pub(super) fn range(&self, range: &IndexRange, sets: &Sets) -> Result<Vec<i64>, Option<Diagnostic>> {
        let first = self.whole(&range.first, "the first index of a range", sets)?;
        let last = self.whole(&range.last, "the last index of a range", sets)?;
        let step = range.step.as_ref().map_or(Ok(1), |e| self.whole(e, "the step of a range", sets))?;
        range_values([first, last, step], range.span).map_err(|d| Some(*d))
    }

    /// The value of an expression.
    fn value(&self, e: &Expr, sets: &Sets) -> Result<C64, Unknown> {
        Walk::new(self, sets).value(e, &[], 0)
    }
}

/// The whole number that an expression of literal numbers denotes; `None` if it names anything, or is not whole.
pub(super) fn literal(e: &Expr) -> Option<i64> {
    fn is_literal(e: &Expr) -> bool {
        let named = matches!(e.kind, ExprKind::Param(_) | ExprKind::Local(_) | ExprKind::Call { .. });
        let mut literal = !named;
        children(e, &mut |child| literal = literal && is_literal(child));
        literal
    }
    let value = is_literal(e).then(|| Numbers::default().value(e, &[]).ok()).flatten()?;
    whole(value, "an index", e.span).ok()
}

/// The evaluation of one number.
struct Walk<'n> {
    numbers: &'n Numbers,
    sets: &'n Sets,
    nodes: Cell<usize>,
    /// Whether to remember the parameters that are read.
    record: bool,
}

impl<'n> Walk<'n> {
    fn new(numbers: &'n Numbers, sets: &'n Sets) -> Self {
        Self { numbers, sets, nodes: Cell::new(0), record: true }
    }

    /// Remembers the value that a parameter has without the settings of an experiment.
    fn remember(&self, id: ParamId, value: C64) {
        let base = if self.sets.is_empty() { Ok(value) } else { Walk::new(self.numbers, &[]).param(id, 0) };
        if let Some(x) = base.ok().and_then(as_real) {
            self.numbers.read.borrow_mut().entry(id).or_insert(x);
        }
    }

    fn param(&self, id: ParamId, depth: usize) -> Result<C64, Unknown> {
        let value = match self.numbers.given.get(&id) {
            Some(x) => C64::from(*x),
            None => {
                let set = self.sets.iter().rev().find(|(other, _)| *other == id).map(|(_, e)| e);
                self.value(set.unwrap_or(&self.numbers.params[id.0]), &[], depth + 1)?
            }
        };
        if self.record {
            self.remember(id, value);
        }
        Ok(value)
    }

    fn value(&self, e: &Expr, locals: &[C64], depth: usize) -> Result<C64, Unknown> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MOST_NODES || depth > DEEPEST {
            return Err(Some(e.span));
        }
        let of = |e: &Expr| self.value(e, locals, depth + 1);
        match &e.kind {
            ExprKind::Number(z) => Ok(*z),
            ExprKind::Param(id) => self.param(*id, depth + 1),
            ExprKind::Local(i) => locals.get(*i).copied().ok_or(Some(e.span)),
            ExprKind::Unary { op: UnaryOp::Neg, operand, .. } => Ok(-of(operand)?),
            ExprKind::Unary { op: UnaryOp::Sqrt, operand, .. } => Ok(of(operand)?.sqrt()),
            ExprKind::Binary { op, lhs, rhs, .. } => {
                let (l, r) = (of(lhs)?, of(rhs)?);
                Ok(match op {
                    BinaryOp::Add => l + r,
                    BinaryOp::Sub => l - r,
                    BinaryOp::Mul => l * r,
                    BinaryOp::Div => l / r,
                    BinaryOp::Pow => l.powc(r),
                    _ => return Err(Some(e.span)),
                })
            }
            ExprKind::Function { number: Some(row), args, .. } => {
                let values = args.iter().map(|a| of(&a.value)).collect::<Result<Vec<_>, _>>()?;
                Ok((row.function)(&values))
            }
            ExprKind::Call { function, args, .. } => {
                let values = args.iter().map(of).collect::<Result<Vec<_>, _>>()?;
                self.value(&self.numbers.functions[function.0], &values, depth + 1)
            }
            ExprKind::Error => Err(None),
            _ => Err(Some(e.span)),
        }
    }
}

/// A number as a whole number; rounding errors are ignored.
///
/// # Errors
/// It is not whole, or too large.
pub(crate) fn whole(z: C64, what: &str, span: Span) -> Result<i64, Diagnostic> {
    let x = as_real(z).unwrap_or(f64::NAN);
    if (x - x.round()).abs() <= 1e-9 && x.abs() <= LARGEST {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 1e9")]
        return Ok(x.round() as i64);
    }
    let shown = if z.im == 0.0 { z.re.to_string() } else { z.to_string() };
    let message = format!("{what} must be a whole number, but this is {shown}");
    Err(Diagnostic::new(Code::BadIndex, message, span, "not a whole number")
        .help("write a whole number, or round the formula: `floor(…)`, `round(…)`"))
}

fn not_known(what: &str, at: Span) -> Diagnostic {
    let message = format!("{what} must be known before the run");
    Diagnostic::new(Code::SizeUnknown, message, at, "not computed from numbers and parameters")
        .help("compute it from numbers, parameters and definitions of numbers, as in `system s[2*L + 1] = |0>`")
}

/// The values of a range from its first value, its last value and its step.
///
/// # Errors
/// The range runs backwards, its step is zero, or it is too long.
pub(crate) fn range_values([first, last, step]: [i64; 3], span: Span) -> Result<Vec<i64>, Box<Diagnostic>> {
    let refuse = |code, message: String, label: &str, help: String| {
        Err(Box::new(Diagnostic::new(code, message, span, label).help(help)))
    };
    if step == 0 {
        let help = format!("write `range({first}, {last}, 2)` for every second index, or leave the step out");
        return refuse(Code::BackwardsRange, "the step of this range is 0".into(), "no step", help);
    }
    // The length minus one: −1 for an empty range, less if it runs backwards.
    let length = (last - first) * step.signum();
    if length < -1 {
        let message = format!("this range runs backwards: from {first} to {last} in steps of {step}");
        let down = if step > 0 { format!("; `range({first}, {last}, -1)` counts down") } else { String::new() };
        let help = format!("write `{last}..{first}`{down}; an empty range is written `{first}..{}`", first - 1);
        return refuse(Code::BackwardsRange, message, "no index", help);
    }
    let count = length.div_euclid(step.abs()) + 1;
    if count > MOST_VALUES {
        let message = format!("this range has {count} indices; the limit is {MOST_VALUES}");
        return refuse(Code::RangeTooLong, message, "too long", format!("write at most {MOST_VALUES} indices"));
    }
    Ok((0..count).map(|i| first + i * step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    #[test]
    fn values_of_ranges() {
        let source = SourceMap::new().add("", "");
        let span = Span { source, start: 0, end: 0 };
        let of = |ends| range_values(ends, span).map_err(|d| d.code);
        assert_eq!(of([1, 4, 1]), Ok(vec![1, 2, 3, 4]));
        assert_eq!(of([1, 6, 2]), Ok(vec![1, 3, 5]));
        assert_eq!(of([5, 1, -2]), Ok(vec![5, 3, 1]));
        assert_eq!(of([1, 0, 1]), Ok(vec![]));
        assert_eq!(of([1, 0, 2]), Ok(vec![]));
        assert_eq!(of([0, 1, -1]), Ok(vec![]));
        assert_eq!(of([3, 1, 1]), Err(Code::BackwardsRange));
        assert_eq!(of([1, 3, -1]), Err(Code::BackwardsRange));
        assert_eq!(of([1, 3, 0]), Err(Code::BackwardsRange));
        assert_eq!(of([1, 1 << 30, 1]), Err(Code::RangeTooLong));
    }
}
