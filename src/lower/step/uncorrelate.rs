//! `uncorrelate`: the product of marginals.

use std::collections::BTreeMap;

use super::StepLowering;
use crate::check::Expr;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Eval, Leg, Scope, Value, fail};
use crate::ir::{OpKind, Slot};
use crate::source::Span;

impl StepLowering<'_, '_> {
    pub(super) fn uncorrelate(&mut self, groups: &[Vec<Expr>], span: Span, locals: &[Value]) -> Eval<()> {
        if self.ev.slots.borrow().has_references() {
            return fail(
                Code::MapNotLinear,
                span,
                "with `uncorrelate` the step is not linear, so no system has a map from its initial state to its present one",
                "not linear",
                "observe `choi` and `divisibility` of a step without `uncorrelate`, for example with another rule",
            );
        }
        let mut named: BTreeMap<Slot, Span> = BTreeMap::new();
        let mut out: Vec<Vec<Slot>> = Vec::new();
        for group in groups {
            let mut slots = Vec::new();
            for e in group {
                let site = self.ev.site(e, Scope::locals(locals))?;
                let Leg::Slot(slot) = site.leg else { unreachable!("a named subsystem is a slot") };
                self.not_discarded(slot, e.span)?;
                if let Some(first) = named.insert(slot, e.span) {
                    let label = self.ev.leg_label(site.leg);
                    let d =
                        Diagnostic::new(Code::SameSubsystem, format!("`{label}` is in two groups"), e.span, "again")
                            .label(first, "first")
                            .help("name each subsystem once");
                    return Err(Box::new(d));
                }
                if self.alive.contains(&slot) {
                    slots.push(slot);
                }
            }
            if !slots.is_empty() {
                out.push(slots);
            }
        }
        let left_out: Vec<Slot> = self.alive.iter().filter(|s| !named.contains_key(s)).copied().collect();
        if !left_out.is_empty() {
            return self.left_out(&left_out, &out, span);
        }
        self.forget_outcomes(span)?;
        self.push(span, OpKind::Uncorrelate { groups: out });
        Ok(())
    }

    /// The error for an `uncorrelate` whose groups leave out live subsystems; the help shows a complete statement.
    fn left_out(&self, left_out: &[Slot], groups: &[Vec<Slot>], span: Span) -> Eval<()> {
        let label = |slot: &Slot| self.ev.leg_label(Leg::Slot(*slot));
        let names = |slots: &[Slot], between: &str| slots.iter().map(label).collect::<Vec<_>>().join(between);
        let groups: Vec<String> = groups.iter().map(|g| names(g, ", ")).collect();
        let whole = format!("{} | {}", groups.join(" | "), names(left_out, " | "));
        let slots = self.ev.slots.borrow();
        let units: Vec<Slot> = left_out.iter().filter(|s| !slots.is_system(self.ev.program, **s)).copied().collect();
        let discard =
            if units.is_empty() { String::new() } else { format!(", or `discard {}` before it", names(&units, ", ")) };
        fail(
            Code::IncompleteUncorrelate,
            span,
            format!(
                "`uncorrelate` leaves out {}, which {} alive here",
                names(left_out, ", "),
                if left_out.len() == 1 { "is" } else { "are" }
            ),
            "every live subsystem must be in one group",
            format!("write `uncorrelate {whole}`{discard}"),
        )
    }
}
