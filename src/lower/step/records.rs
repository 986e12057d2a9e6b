//! The records of a step.

use super::{RecordPlan, StepLowering};
use crate::check::{Expr, Shape};
use crate::diagnostic::Code;
use crate::eval::{Eval, Value, fail, scale};
use crate::ir::{OpKind, Scalar, Slot};
use crate::source::Span;

impl StepLowering<'_, '_> {
    pub(super) fn record(
        &mut self,
        (name, local): (&str, usize),
        value: &Expr,
        shape: Shape,
        span: Span,
        locals: &mut Vec<Value>,
    ) -> Eval<()> {
        let refuse = |why: String, help: &str| fail(Code::RecordPlace, span, why, "recorded here", help);
        if let Some(block) = self.block {
            let why = if block == "repeat" { "several values per collision" } else { "a value in one branch only" };
            return refuse(
                format!("a `record` inside `{block}` would have {why}"),
                "move the `record` after the `}` of the block",
            );
        }
        if self.loops > 0 {
            return refuse(
                "a `record` inside `for` would have several values per collision".into(),
                "record one number, such as `record m = sum(k in 1..L, <Z(s[k])>)`, after the `}` of the block",
            );
        }
        if self.records.iter().any(|r| r.key == name) {
            return refuse(
                format!("`{name}` would be recorded twice in one step"),
                "call the sequence that records it only once, or record after each call under a different name",
            );
        }
        let alive: Vec<Slot> = self.alive.iter().copied().collect();
        let columns = self.ev.scalars(value, locals, &alive)?;
        let mentioned: Vec<Slot> = columns.iter().flat_map(|(_, s)| s.mentioned()).collect();
        for slot in mentioned {
            // A past unit that does not exist yet gives a missing value; a fresh unit is attached.
            let (_, offset) = self.ev.slots.borrow().unit_of(slot);
            if offset >= 0 || self.discarded.contains_key(&slot) {
                self.touch_one(slot, self.mention(value, slot, locals))?;
            }
        }
        let scale = columns.first().map_or(1.0, |(_, scalar)| scale(scalar));
        let index = self.keep(name, shape, columns, span);
        locals.resize(local + 1, Value::Bool(None));
        // A record that is not kept is used only by such records, which are checked here but never read.
        let index = index.unwrap_or(0);
        locals[local] = Value::Scalar(Scalar::Recorded { index, label: name.to_string(), scale });
        Ok(())
    }

    /// Adds a record of the step, if it is requested, and returns its first index.
    pub(super) fn keep(
        &mut self,
        name: &str,
        shape: Shape,
        columns: Vec<(String, Scalar)>,
        span: Span,
    ) -> Option<usize> {
        if !self.requested.contains_key(name) {
            return None;
        }
        let first: usize = self.records.iter().map(|r| r.columns.len()).sum();
        for (i, (suffix, scalar)) in columns.iter().enumerate() {
            let label = format!("{name}{suffix}");
            self.push(span, OpKind::Record { index: first + i, label, value: scalar.clone() });
        }
        self.records.push(RecordPlan { key: name.to_string(), shape, columns });
        Some(first)
    }
}

/// The error for a `record` that uses an outcome.
pub(super) fn outcome_in_record(span: Span) -> Eval<()> {
    fail(
        Code::OutcomeInRecord,
        span,
        "a `record` reads the state, and cannot use an outcome",
        "recorded here",
        "the outcome is a series of its own: leave it out, and combine the two series in the experiment",
    )
}
