//! Values of inputs, the columns of files that a script reads.

use super::{Eval, Evaluator, Scope, Value, fail};
use crate::check::{Expr, InputId};
use crate::diagnostic::Code;

/// The largest distance of an index from a whole number that counts as rounding.
const ROUNDING: f64 = 1e-9;

impl Evaluator<'_> {
    /// `u(n)`: value n of an input, counted from 1.
    ///
    /// # Errors
    /// The index is not a whole number, or the input has no such value.
    pub(super) fn input(&self, id: InputId, at: &Expr, scope: Scope<'_>) -> Eval {
        let input = &self.program.inputs[id.0];
        let (name, count) = (&input.name.text, input.values.len());
        let x = self.finite(at, scope, &format!("the index of `{name}`"))?;
        let k = x.round();
        if (x - k).abs() > ROUNDING {
            return fail(
                Code::NotACount,
                at.span,
                format!("the index of `{name}` must be a whole number, but this is {x}"),
                "not a whole number",
                format!("write `{name}(n)` for the value of this collision, or `floor(…)` of the index"),
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "a file has at most 10^7 values")]
        let inside = k >= 1.0 && k <= count as f64;
        if !inside {
            return fail(
                Code::InputRange,
                at.span,
                format!("`{name}` has {count} value{}, but this is {name}({k})", super::s(count)),
                &format!("outside 1 … {count}"),
                format!(
                    "run at most as many collisions as `{}` has values, or repeat them: `{name}(1 + mod(n - 1, {count}))`",
                    input.file
                ),
            );
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to the number of values")]
        let index = k as usize - 1;
        Ok(Value::real(input.values[index]))
    }
}
