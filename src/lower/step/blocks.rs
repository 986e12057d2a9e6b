//! The nested blocks of a step: `repeat` and `with probability`.

use std::collections::{BTreeMap, BTreeSet};

use super::StepLowering;
use crate::check::{Expr, Iteration, Stmt};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Eval, Scope, at_index, fail, index_value};
use crate::eval::{Leg, Value};
use crate::ir::{Op, OpKind, Slot};
use crate::source::Span;

/// A lowered nested block: its operations, and the live and discarded slots after it.
struct Block {
    ops: Vec<Op>,
    alive: BTreeSet<Slot>,
    discarded: BTreeMap<Slot, Span>,
}

impl StepLowering<'_, '_> {
    pub(super) fn repeat(&mut self, count: &Expr, body: &[Stmt], span: Span, locals: &mut [Value]) -> Eval<()> {
        let count = self.ev.count(count, Scope::locals(locals), "the count of `repeat`", 0..=1_000_000_000)?;
        let outside = self.budget.enter(count, span);
        let [body] = self.blocks("repeat", [body], locals);
        self.budget.leave(outside);
        if let Some(slot) = self.alive.difference(&body.alive).next()
            && count > 1
        {
            let label = self.ev.leg_label(Leg::Slot(*slot));
            let at = body.discarded.get(slot).copied().unwrap_or(span);
            // It counts as discarded, so that it is not reported again at the end of the step.
            self.alive = body.alive;
            self.discarded = body.discarded;
            return fail(
                Code::UseAfterDiscard,
                at,
                format!("`{label}` is discarded in the first of {count} repetitions, but the second would need it"),
                "discarded inside `repeat`",
                format!("write `discard {label}` after the `}}` of `repeat`"),
            );
        }
        if count == 0 {
            return Ok(());
        }
        self.alive = body.alive;
        self.discarded = body.discarded;
        if count == 1 {
            self.ops.extend(body.ops);
        } else {
            self.push(span, OpKind::Repeat { count, body: body.ops });
        }
        Ok(())
    }

    /// Lowers the body once for each index, as if the statements were written one after another.
    pub(super) fn for_each(&mut self, iteration: &Iteration, body: &[Stmt], locals: &[Value]) -> Eval<()> {
        let indices = self.ev.indices(&iteration.range, Scope::locals(locals))?;
        let (known, mut inside) = (self.errors.len(), locals.to_vec());
        inside.resize(inside.len().max(iteration.local + 1), Value::Bool(None));
        self.loops += 1;
        for k in indices {
            let before = self.errors.len();
            inside[iteration.local] = index_value(k);
            self.body(body, &mut inside.clone());
            let new: Vec<Diagnostic> = self.errors.drain(before..).collect();
            // After one index with mistakes, the others have the same ones.
            if before == known {
                self.errors.extend(new.into_iter().map(|d| *at_index(Box::new(d), iteration, k)));
            }
            if self.budget.is_exceeded() {
                break;
            }
        }
        self.loops -= 1;
        Ok(())
    }

    /// Lowers nested blocks that begin with the same live slots. If a block uses a new unit, the unit is attached
    /// before all of the blocks, and they are lowered again with the unit alive. It is then alive in the other block,
    /// and in every repetition.
    fn blocks<const N: usize>(&mut self, name: &'static str, bodies: [&[Stmt]; N], locals: &[Value]) -> [Block; N] {
        let mut outer = std::mem::take(&mut self.hoisted);
        if self.block.is_none() {
            self.discarded_before.clone_from(&self.discarded);
        }
        loop {
            let (errors, reported) = (self.errors.len(), self.reported.clone());
            let lowered = bodies.map(|body| self.block(name, body, locals));
            let newborn = std::mem::take(&mut self.hoisted);
            if newborn.is_empty() {
                self.hoisted = outer;
                return lowered;
            }
            self.errors.truncate(errors);
            self.reported = reported;
            for op in newborn {
                let OpKind::Attach { slots, .. } = &op.kind else { unreachable!("only attachments are hoisted") };
                if slots.iter().any(|s| self.alive.contains(s)) {
                    continue; // the other block uses it too
                }
                self.alive.extend(slots);
                if self.block.is_some() { outer.push(op) } else { self.ops.push(op) }
            }
        }
    }

    /// Lowers one block, and leaves the live and discarded slots of the enclosing block unchanged.
    fn block(&mut self, name: &'static str, body: &[Stmt], locals: &[Value]) -> Block {
        let ops = std::mem::take(&mut self.ops);
        let (alive, discarded) = (self.alive.clone(), self.discarded.clone());
        let outer = self.block.replace(name);
        self.body(body, &mut locals.to_vec());
        self.block = outer;
        Block {
            ops: std::mem::replace(&mut self.ops, ops),
            alive: std::mem::replace(&mut self.alive, alive),
            discarded: std::mem::replace(&mut self.discarded, discarded),
        }
    }

    pub(super) fn mix(
        &mut self,
        probability: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        span: Span,
        locals: &[Value],
    ) -> Eval<()> {
        let p = self.ev.finite(probability, Scope::locals(locals), "a probability")?;
        if !(0.0..=1.0).contains(&p) {
            return fail(
                Code::BadProbability,
                probability.span,
                format!("a probability must be between 0 and 1, but this is {p}"),
                "not a probability",
                "check the formula: for a rate Γ and a duration t it is `1 - exp(-Γ*t)`, which is below 1",
            );
        }
        let [then, otherwise] = self.blocks("with probability", [then, otherwise], locals);
        if let Some(slot) = then.alive.symmetric_difference(&otherwise.alive).next() {
            let label = self.ev.leg_label(Leg::Slot(*slot));
            let at = then.discarded.get(slot).or_else(|| otherwise.discarded.get(slot)).copied().unwrap_or(span);
            // It counts as discarded, so that it is not reported again at the end of the step.
            self.alive = then.alive.intersection(&otherwise.alive).copied().collect();
            self.discarded.extend(then.discarded);
            self.discarded.extend(otherwise.discarded);
            return fail(
                Code::BranchesDiffer,
                at,
                format!("`{label}` is discarded in one branch but not in the other"),
                "in this branch only",
                format!("write `discard {label}` in both branches, or after the block"),
            );
        }
        self.discarded.extend(then.discarded);
        self.discarded.extend(otherwise.discarded);
        self.alive = then.alive;
        self.push(span, OpKind::Mix { probability: p, then: then.ops, otherwise: otherwise.ops });
        Ok(())
    }
}
