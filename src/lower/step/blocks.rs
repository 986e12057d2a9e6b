//! The nested blocks of a step: `repeat`, `with probability` and `when`.

use std::collections::{BTreeMap, BTreeSet};

use super::StepLowering;
use crate::check::{Expr, Iteration, Stmt};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Eval, Scope, at_index, fail, index_value};
use crate::eval::{Leg, Value};
use crate::ir::{Op, OpKind, Slot, Weight};
use crate::source::Span;

/// A lowered nested block: its operations, and the live and discarded slots after it.
pub(super) struct Block {
    pub(super) ops: Vec<Op>,
    pub(super) alive: BTreeSet<Slot>,
    pub(super) discarded: BTreeMap<Slot, Span>,
}

/// Lowers the statements of a block. It may be called several times.
pub(super) type Body<'b, 'l, 'a> = &'b dyn Fn(&mut StepLowering<'l, 'a>);

impl<'l, 'a> StepLowering<'l, 'a> {
    pub(super) fn repeat(&mut self, count: &Expr, body: &[Stmt], span: Span, locals: &[Value]) -> Eval<()> {
        let count = self.ev.count(count, Scope::locals(locals), "the count of `repeat`", 0..=1_000_000_000)?;
        let outside = self.budget.enter(count, span);
        let saw_random = self.ev.saw_random.replace(false);
        let [mut once] = self.blocks("repeat", [&|step: &mut Self| step.body(body, &mut locals.to_vec())]);
        let draws = self.ev.saw_random.get();
        for _ in 1..if draws { count } else { 0 } {
            // Each repetition has random numbers of its own.
            let [again] = self.blocks("repeat", [&|step: &mut Self| step.body(body, &mut locals.to_vec())]);
            once.ops.extend(again.ops);
            if self.budget.is_exceeded() {
                break;
            }
        }
        self.ev.saw_random.set(saw_random || draws);
        self.budget.leave(outside);
        let body = once;
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
        self.end_block(body.alive);
        self.discarded = body.discarded;
        if count == 1 || draws {
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
    pub(super) fn blocks<const N: usize>(&mut self, name: &'static str, bodies: [Body<'_, 'l, 'a>; N]) -> [Block; N] {
        let mut outer = std::mem::take(&mut self.hoisted);
        if self.block.is_none() {
            self.discarded_before.clone_from(&self.discarded);
        }
        loop {
            let (errors, reported) = (self.errors.len(), self.reported.clone());
            let lowered = bodies.map(|body| self.block(name, body));
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
    fn block(&mut self, name: &'static str, body: Body<'_, 'l, 'a>) -> Block {
        let ops = std::mem::take(&mut self.ops);
        let (alive, discarded) = (self.alive.clone(), self.discarded.clone());
        let outer = self.block.replace(name);
        body(self);
        self.block = outer;
        Block {
            ops: std::mem::replace(&mut self.ops, ops),
            alive: std::mem::replace(&mut self.alive, alive),
            discarded: std::mem::replace(&mut self.discarded, discarded),
        }
    }

    /// Sets the subsystems that are alive after a block whose operations are about to be added.
    pub(super) fn end_block(&mut self, alive: BTreeSet<Slot>) {
        self.block_ends(self.alive.difference(&alive).copied().collect());
        self.alive = alive;
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
        let bodies = [then, otherwise].map(|body| move |step: &mut Self| step.body(body, &mut locals.to_vec()));
        self.branch("with probability", Weight::Probability(p), [&bodies[0], &bodies[1]], span)
    }

    /// Lowers two branches, between which the weight divides the state.
    pub(super) fn branch(
        &mut self,
        name: &'static str,
        weight: Weight,
        bodies: [Body<'_, 'l, 'a>; 2],
        span: Span,
    ) -> Eval<()> {
        let [then, otherwise] = self.blocks(name, bodies);
        let different = then.alive.symmetric_difference(&otherwise.alive).next().copied();
        let at = different.and_then(|slot| then.discarded.get(&slot).or_else(|| otherwise.discarded.get(&slot)));
        let at = at.copied().unwrap_or(span);
        // What only one branch discards counts as discarded, so that it is not reported again at the end of the step.
        self.end_block(then.alive.intersection(&otherwise.alive).copied().collect());
        self.discarded.extend(then.discarded);
        self.discarded.extend(otherwise.discarded);
        let Some(slot) = different else {
            self.push(span, OpKind::Mix { weight, then: then.ops, otherwise: otherwise.ops });
            return Ok(());
        };
        let label = self.ev.leg_label(Leg::Slot(slot));
        fail(
            Code::BranchesDiffer,
            at,
            format!("`{label}` is discarded in one branch but not in the other"),
            "in this branch only",
            format!("write `discard {label}` in both branches, or after the block"),
        )
    }
}
