//! Outcomes of measurements and what depends on them.
//!
//! An outcome is the level of a register, which is alive from its measurement to the end of the step. In a statement, it
//! is a number for each level. A condition on outcomes is an event of their registers. Any other statement that uses
//! outcomes is lowered once for each of their joint values, as if it were written in a `when` for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::instruments::{Measurement, measurement};
use super::{RecordPlan, StepLowering};
use crate::check::{Conditional, Expr, ExprKind, SUCCESS, Shape, Stmt, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{ByOutcome, Eval, Scope, Value, fail};
use crate::ir::{Event, Measure, OpKind, Scalar, Slot, Weight};
use crate::quantum::C64;
use crate::source::Span;

/// The most joint values of the outcomes on which one statement depends.
const MOST_VALUES: usize = 4096;
/// The most conditions on outcomes inside one another.
const MOST_NESTED: usize = 64;

/// The outcomes of a step so far.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// The registers that are alive.
    registers: Vec<Slot>,
    /// The registers that an `uncorrelate` has ended, and its place.
    forgotten: BTreeMap<Slot, Span>,
    /// The events that occur in the open branches, from the outermost to the innermost.
    given: Vec<Event>,
}

/// The value of a condition.
enum Truth {
    Always(bool),
    If(Event),
}

/// The registers of the outcomes that the expressions of a statement use, without those of nested statements.
pub(super) fn registers_of(s: &Stmt, locals: &[Value]) -> Vec<Slot> {
    let mut out = BTreeSet::new();
    s.expressions(&mut |e| collect(e, locals, &mut out));
    out.into_iter().collect()
}

fn registers_in(e: &Expr, locals: &[Value]) -> Vec<Slot> {
    let mut out = BTreeSet::new();
    collect(e, locals, &mut out);
    out.into_iter().collect()
}

fn collect(e: &Expr, locals: &[Value], out: &mut BTreeSet<Slot>) {
    if let ExprKind::Local(local) = e.kind
        && let Some(Value::ByOutcome(known)) = locals.get(local)
    {
        out.extend(&known.registers);
    }
    children(e, &mut |child| collect(child, locals, out));
}

impl<'l, 'a> StepLowering<'l, 'a> {
    pub(super) fn measure(
        &mut self,
        value: &Expr,
        (name, local): (&str, usize),
        span: Span,
        locals: &mut Vec<Value>,
    ) -> Eval<()> {
        self.check_place(value, name, span, locals)?;
        let Measurement { sites, instrument, deviation } = measurement(self.ev, value, locals)?;
        let known = self.deviation.entry(span).or_default();
        *known = known.max(deviation);
        self.budget.matrices(instrument.unread().iter().map(|k| 16 * k.len() as u64).sum(), span);
        let targets = self.touch(&sites, &[value], locals)?;
        let text = self.ev.program.records.iter().find(|(r, _)| r.key == name).map_or(name, |(r, _)| &r.text);
        let register = self.ev.slots.borrow_mut().register(text, instrument.outcomes.len());
        let values = instrument.outcomes.iter().map(|outcome| Some(Value::real(outcome.value))).collect();
        locals.resize(local + 1, Value::Bool(None));
        locals[local] = Value::ByOutcome(Arc::new(ByOutcome { registers: vec![register], values }));
        self.outcomes.registers.push(register);
        let mean = Measure::Expectation {
            terms: vec![(vec![register], Arc::new(instrument.values()))],
            label: format!("⟨{text}⟩"),
        };
        self.push(span, OpKind::Measure { targets, register, instrument: Arc::new(instrument) });
        self.keep(name, Shape::SINGLE, vec![(String::new(), Scalar::Measure(mean))], span);
        Ok(())
    }

    /// Reports a measurement that would not have one outcome per collision.
    fn check_place(&self, value: &Expr, name: &str, span: Span, locals: &[Value]) -> Eval<()> {
        let refuse = |why: &str, help: &str| fail(Code::MeasurePlace, span, why, "measured here", help);
        if let Some(block) = self.block {
            return refuse(
                &format!("a `measure` inside `{block}` would not have one outcome per collision"),
                "move the `measure` out of the block; to choose what is measured, write `when r > 0 { apply H(e) }` before `measure Z(e) as q`",
            );
        }
        if !registers_in(value, locals).is_empty() {
            return refuse(
                "what is measured cannot depend on an outcome",
                "change the basis before the measurement: `when r > 0 { apply H(e) }`, then `measure Z(e) as q`",
            );
        }
        if self.records.iter().any(|r| r.key == name) {
            return refuse(
                &format!("`{name}` would be measured twice in one step"),
                "call the sequence that measures only once, or measure after each call under a different name",
            );
        }
        Ok(())
    }

    /// `let x = …`, a number for each value of the outcomes that it uses.
    pub(super) fn define(&mut self, local: usize, value: &Expr, locals: &mut Vec<Value>) -> Eval<()> {
        let registers = registers_in(value, locals);
        let made = if registers.is_empty() {
            self.ev.eval(value, Scope::locals(locals))?
        } else {
            let values = self.table(value, &registers, locals)?;
            Value::ByOutcome(Arc::new(ByOutcome { registers, values }))
        };
        locals.resize(local + 1, Value::Bool(None));
        locals[local] = made;
        Ok(())
    }

    pub(super) fn when(
        &mut self,
        branches: &[Conditional],
        otherwise: &[Stmt],
        span: Span,
        locals: &[Value],
    ) -> Eval<()> {
        let Some((Conditional { condition, body }, rest)) = branches.split_first() else {
            return self.chosen(otherwise, locals);
        };
        match self.truth(condition, locals)? {
            Truth::Always(true) => self.chosen(body, locals),
            Truth::Always(false) => self.when(rest, otherwise, span, locals),
            Truth::If(event) => {
                let then = |step: &mut Self| step.body(body, &mut locals.to_vec());
                let others = |step: &mut Self| step.attempt(|step| step.when(rest, otherwise, span, locals));
                self.if_occurs(event, [&then, &others], span)
            }
        }
    }

    pub(super) fn postselect(&mut self, condition: &Expr, span: Span, locals: &[Value]) -> Eval<()> {
        if let Some(block) = self.block {
            return fail(
                Code::PostselectPlace,
                span,
                format!("a `postselect` inside `{block}` would select in one branch only"),
                "selected here",
                "write it outside of the block, with the condition of the block in it: `postselect r < 0 or q > 0`",
            );
        }
        if self.ev.slots.borrow().has_references() {
            return fail(
                Code::MapNotLinear,
                span,
                "with `postselect` the state is divided by a probability, so no system has a linear map from its initial state",
                "not linear",
                "observe `choi` and `divisibility` of a step without `postselect`",
            );
        }
        let event = match self.truth(condition, locals)? {
            Truth::Always(certain) => Event { registers: Vec::new(), occurs: vec![certain] },
            Truth::If(event) => event,
        };
        let success = self.success();
        self.push(span, OpKind::Postselect { event, success });
        Ok(())
    }

    /// The index of the record of the probability that every post-selection so far succeeded, if it is requested.
    fn success(&mut self) -> Option<usize> {
        let at = self.records.iter().position(|r| r.key == SUCCESS);
        let columns = |records: &[RecordPlan]| records.iter().map(|r| r.columns.len()).sum();
        if let Some(at) = at {
            return Some(columns(&self.records[..at]));
        }
        let index = columns(&self.records);
        self.requested.contains_key(SUCCESS).then(|| {
            let columns = vec![(String::new(), Scalar::Constant(C64::ONE))];
            self.records.push(RecordPlan { key: SUCCESS.to_string(), shape: Shape::SINGLE, columns });
            index
        })
    }

    /// Lowers a block whose condition holds whatever the outcomes are.
    fn chosen(&mut self, body: &[Stmt], locals: &[Value]) -> Eval<()> {
        let [block] = self.blocks("when", [&|step: &mut Self| step.body(body, &mut locals.to_vec())]);
        self.end_block(block.alive);
        self.discarded = block.discarded;
        self.ops.extend(block.ops);
        Ok(())
    }

    /// Lowers two branches, the first for the runs in which the event occurs.
    fn if_occurs(&mut self, event: Event, bodies: [super::blocks::Body<'_, 'l, 'a>; 2], span: Span) -> Eval<()> {
        if self.outcomes.given.len() >= MOST_NESTED {
            return fail(
                Code::TooManyOutcomes,
                span,
                format!("more than {MOST_NESTED} conditions on outcomes are inside one another"),
                "too many conditions",
                "split the chain of `else when` into several `when`, or compute a number from the outcomes with `let` and use it",
            );
        }
        let given = [event.clone(), event.complement()];
        let [then, otherwise] = [0, 1].map(|which| {
            let (body, given) = (bodies[which], given[which].clone());
            move |step: &mut Self| {
                step.outcomes.given.push(given.clone());
                body(step);
                step.outcomes.given.pop();
            }
        });
        self.branch("when", Weight::Event(event), [&then, &otherwise], span)
    }

    /// Lowers a statement once for each joint value of the outcomes that it uses.
    pub(super) fn for_each_outcome(&mut self, s: &Stmt, registers: &[Slot], locals: &[Value]) -> Eval<()> {
        let levels = self.possible(registers, s.span)?;
        self.split(s, (registers, &levels), locals)
    }

    /// Lowers a statement for each of these joint levels of the registers. They are divided in halves, so that the
    /// branches are not deeply nested.
    fn split(&mut self, s: &Stmt, (registers, levels): (&[Slot], &[usize]), locals: &[Value]) -> Eval<()> {
        if let &[level] = levels {
            let mut fixed = self.fixed(registers, level, locals);
            return self.statement(s, &mut fixed);
        }
        let (first, second) = levels.split_at(levels.len() / 2);
        let occurs = (0..self.count(registers)).map(|level| first.contains(&level)).collect();
        let event = Event { registers: registers.to_vec(), occurs };
        let [then, otherwise] = [first, second]
            .map(|half| move |step: &mut Self| step.attempt(|step| step.split(s, (registers, half), locals)));
        self.if_occurs(event, [&then, &otherwise], s.span)
    }

    /// Lowers a part of a statement, and keeps its error unless it is known.
    fn attempt(&mut self, part: impl FnOnce(&mut Self) -> Eval<()>) {
        if let Err(d) = part(self) {
            self.report(*d);
        }
    }

    /// The truth of a condition, as an event of the outcomes that it uses.
    fn truth(&mut self, condition: &Expr, locals: &[Value]) -> Eval<Truth> {
        let registers = registers_in(condition, locals);
        let values = self.table(condition, &registers, locals)?;
        let known = |value: Option<Value>| match value.map(Value::truth) {
            Some(None) => fail(
                Code::NotFinite,
                condition.span,
                "this condition compares an undefined number, so it is neither true nor false",
                "undefined",
                "look for a division by zero, or ∞ − ∞",
            ),
            Some(Some(holds)) => Ok(Some(holds)),
            None => Ok(None),
        };
        let values: Vec<Option<bool>> = values.into_iter().map(known).collect::<Eval<_>>()?;
        let holds = |which: bool| values.iter().flatten().all(|value| *value == which);
        Ok(match (holds(true), holds(false)) {
            (true, _) => Truth::Always(true),
            (_, true) => Truth::Always(false),
            _ => Truth::If(Event { registers, occurs: values.into_iter().map(|v| v == Some(true)).collect() }),
        })
    }

    /// The value of an expression at each joint level of the registers; `None` where the level is impossible.
    fn table(&mut self, e: &Expr, registers: &[Slot], locals: &[Value]) -> Eval<Vec<Option<Value>>> {
        let mut values = vec![None; self.count(registers)];
        for level in self.possible(registers, e.span)? {
            let fixed = self.fixed(registers, level, locals);
            values[level] = Some(self.ev.eval(e, Scope::locals(&fixed))?);
        }
        Ok(values)
    }

    /// The locals with the values of outcomes at a joint level of the registers; those of other registers are unchanged.
    fn fixed(&self, registers: &[Slot], level: usize, locals: &[Value]) -> Vec<Value> {
        let fix = |value: &Value| match value {
            Value::ByOutcome(known) if known.registers.iter().all(|r| registers.contains(r)) => {
                let at = self.level_of(&known.registers, registers, level);
                known.values[at].clone().unwrap_or(Value::Bool(None))
            }
            other => other.clone(),
        };
        locals.iter().map(fix).collect()
    }

    /// The joint levels of the registers that can occur in the open branches.
    fn possible(&self, registers: &[Slot], span: Span) -> Eval<Vec<usize>> {
        if let Some((_, at)) = registers.iter().find_map(|r| self.outcomes.forgotten.get_key_value(r)) {
            let message = "an outcome is used after `uncorrelate`, which removes all correlations with it";
            let d =
                Diagnostic::new(Code::OutcomeForgotten, message, span, "used here").label(*at, "not known after this");
            return Err(Box::new(d.help("move the statement before the `uncorrelate`")));
        }
        let dims = self.ev.slots.borrow().layout.dims(registers);
        let count = dims.iter().fold(1usize, |count, dim| count.saturating_mul(*dim));
        if count > MOST_VALUES {
            return fail(
                Code::TooManyOutcomes,
                span,
                format!("this depends on outcomes with {count} joint values; the limit is {MOST_VALUES}"),
                "too many outcomes",
                "use fewer outcomes in one condition or statement, or measure observables with fewer eigenvalues",
            );
        }
        let allows = |event: &Event, level: usize| {
            !event.registers.iter().all(|r| registers.contains(r))
                || event.occurs[self.level_of(&event.registers, registers, level)]
        };
        Ok((0..count).filter(|&level| self.outcomes.given.iter().all(|event| allows(event, level))).collect())
    }

    /// The number of joint levels of the registers.
    fn count(&self, registers: &[Slot]) -> usize {
        self.ev.slots.borrow().layout.dims(registers).iter().product()
    }

    /// The joint level of some of the registers at a joint level of all of them.
    fn level_of(&self, some: &[Slot], all: &[Slot], mut level: usize) -> usize {
        let slots = self.ev.slots.borrow();
        let mut digits = BTreeMap::new();
        for &register in all.iter().rev() {
            let dim = slots.layout.dim(register);
            digits.insert(register, level % dim);
            level /= dim;
        }
        some.iter().fold(0, |joint, &register| joint * slots.layout.dim(register) + digits[&register])
    }

    /// Ends all registers before an `uncorrelate`, which acts on the mean over the outcomes.
    pub(super) fn forget_outcomes(&mut self, span: Span) -> Eval<()> {
        if let Some(block) = self.block.filter(|_| !self.outcomes.registers.is_empty()) {
            return fail(
                Code::OutcomeForgotten,
                span,
                format!(
                    "`uncorrelate` inside `{block}` after a measurement is not defined: the mean over the outcomes is not linear in the state"
                ),
                "after a measurement",
                "write `uncorrelate` outside of blocks, or before the measurement",
            );
        }
        for register in std::mem::take(&mut self.outcomes.registers) {
            self.push(span, OpKind::Discard { slots: vec![register] });
            self.outcomes.forgotten.insert(register, span);
        }
        Ok(())
    }

    /// Ends all registers at the end of the step.
    pub(super) fn end_registers(&mut self) {
        let origin = self.ops.last().map(|op| op.origin);
        for register in std::mem::take(&mut self.outcomes.registers) {
            let kind = OpKind::Discard { slots: vec![register] };
            self.ops.extend(origin.map(|origin| crate::ir::Op { origin, kind }));
        }
    }
}
