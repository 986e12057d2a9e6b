//! Lowers the statements of a step to operations, for one set of slots alive at its beginning.
//!
//! Contract: the operations keep the order of the script. A unit is attached at the statement that first uses it, and
//! discarded where the script discards it; the passes move both. Use after discard, an `uncorrelate` that leaves out a
//! live subsystem, and branches that end with different subsystems are reported here.

mod blocks;
mod evolve;
mod instruments;
mod outcomes;
mod records;
mod top_levels;
mod uncorrelate;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::budget::Budget;
use super::gate_cache::{GateCache, GateKind, PlacedGate, indices_of_locals, named_locals};
use crate::check::{Expr, ExprKind, SequenceId, Shape, Stmt, StmtKind, SubsystemId, Type, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::checks;
use crate::eval::{Eval, Evaluator, Scope, fail};
use crate::eval::{Leg, Site, Value};
use crate::ir::{Op, OpKind, Origin, Scalar, Slot};
use crate::quantum::{CMat, nearest_channel, nearest_unitary, partial_trace};
use crate::source::Span;
use evolve::Evolve;
use outcomes::{Outcomes, registers_of};
use records::outcome_in_record;
use top_levels::LastSeen;

/// A record of the step and its columns.
#[derive(Debug, Clone)]
pub(crate) struct RecordPlan {
    /// Key of the record among those of the program.
    pub(crate) key: String,
    /// Shape of the value, which determines the number of series.
    pub(crate) shape: Shape,
    /// Name suffix and scalar of each column.
    pub(crate) columns: Vec<(String, Scalar)>,
}

/// Lowers one step.
pub(super) struct StepLowering<'l, 'a> {
    pub(super) ev: &'l Evaluator<'a>,
    /// Matrices from earlier steps, collisions and points.
    pub(super) gates: &'l mut GateCache,
    /// Initial states in the order of declaration: one per joint declaration, otherwise one per member.
    pub(super) states: &'l [Arc<CMat>],
    /// Keys of the records to compute, with the ids of their first series.
    pub(super) requested: &'l HashMap<&'a str, usize>,
    /// Place of each statement, by origin.
    pub(super) origins: &'l mut Vec<Span>,
    pub(super) errors: Vec<Diagnostic>,
    /// Largest entry of U†U − 1 or Σ K†K − 1 of the gates and channels as written, by statement.
    deviation: BTreeMap<Span, f64>,
    alive: BTreeSet<Slot>,
    /// Where each slot has been discarded so far in this step.
    discarded: BTreeMap<Slot, Span>,
    /// Units whose use after `discard` has been reported, so that it is reported only once.
    reported: BTreeSet<Slot>,
    /// The value of `discarded` at the beginning of the outermost open block, where the new units of the block are
    /// attached.
    discarded_before: BTreeMap<Slot, Span>,
    /// Where each unit was first used in this step.
    touched: BTreeMap<Slot, Span>,
    /// `Attach` operations of units first used inside a nested block; they are inserted before the block.
    hoisted: Vec<Op>,
    ops: Vec<Op>,
    records: Vec<RecordPlan>,
    /// The bosons whose highest level is read.
    watched: &'l [SubsystemId],
    last_seen: Vec<LastSeen>,
    /// What is reset in the outermost open block.
    reset_in_block: BTreeSet<Slot>,
    budget: Budget,
    outcomes: Outcomes,
    /// Keyword of the innermost block that contains the current statement (`repeat` or `with probability`); `None` at
    /// the top level.
    block: Option<&'static str>,
    /// The number of `for` loops that contain the current statement.
    loops: usize,
}

/// The result of lowering the statements of a step.
pub(super) struct Lowered {
    pub(super) ops: Vec<Op>,
    pub(super) alive: BTreeSet<Slot>,
    pub(super) touched: BTreeMap<Slot, Span>,
    pub(super) records: Vec<RecordPlan>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) deviation: BTreeMap<Span, f64>,
}

impl<'l, 'a> StepLowering<'l, 'a> {
    pub(super) fn new(
        ev: &'l Evaluator<'a>,
        gates: &'l mut GateCache,
        states: &'l [Arc<CMat>],
        requested: &'l HashMap<&'a str, usize>,
        origins: &'l mut Vec<Span>,
        entry: &[Slot],
    ) -> Self {
        Self {
            ev,
            gates,
            states,
            requested,
            origins,
            errors: Vec::new(),
            deviation: BTreeMap::new(),
            alive: entry.iter().copied().collect(),
            discarded: BTreeMap::new(),
            reported: BTreeSet::new(),
            discarded_before: BTreeMap::new(),
            touched: BTreeMap::new(),
            hoisted: Vec::new(),
            ops: Vec::new(),
            records: Vec::new(),
            watched: &[],
            last_seen: Vec::new(),
            reset_in_block: BTreeSet::new(),
            budget: Budget::new(),
            outcomes: Outcomes::default(),
            block: None,
            loops: 0,
        }
    }

    /// Lowers the statements; `watched` are the bosons whose highest level is read.
    pub(super) fn run(mut self, body: &[Stmt], watched: &'l [SubsystemId]) -> Lowered {
        self.watched = watched;
        self.body(body, &mut Vec::new());
        self.end_registers();
        let first = self.records.iter().map(|r| r.columns.len()).sum();
        self.read_top_levels(first);
        self.errors.extend(self.budget.into_error());
        Lowered {
            ops: self.ops,
            alive: self.alive,
            touched: self.touched,
            records: self.records,
            errors: self.errors,
            deviation: self.deviation,
        }
    }

    /// Lowers statements. Each one that fails gives one error, and the following ones are still lowered, except those that use
    /// a name to which the failed one gives no value.
    fn body(&mut self, body: &[Stmt], locals: &mut Vec<Value>) {
        let mut lost = BTreeSet::new();
        for s in body {
            if !self.budget.statement(s.span) {
                return;
            }
            let uses_lost = !lost.is_empty() && uses(s, &lost);
            let lowered = if uses_lost { Ok(()) } else { self.statement(s, locals) };
            let failed = uses_lost || lowered.is_err();
            lost.extend(named_by(s).filter(|_| failed));
            if let Err(d) = lowered {
                self.report(*d);
            }
        }
    }

    /// Adds an error, unless a sequence that is called twice has reported the same mistake.
    fn report(&mut self, d: Diagnostic) {
        if !self.errors.iter().any(|e| is_duplicate(e, &d)) {
            self.errors.push(d);
        }
    }

    fn origin(&mut self, span: Span) -> Origin {
        let at = self.origins.iter().position(|s| *s == span).unwrap_or_else(|| {
            self.origins.push(span);
            self.origins.len() - 1
        });
        Origin(u32::try_from(at).expect("fewer than 2^32 statements"))
    }

    fn push(&mut self, span: Span, kind: OpKind) {
        let origin = self.origin(span);
        self.ops.push(Op { origin, kind });
    }

    fn statement(&mut self, s: &Stmt, locals: &mut Vec<Value>) -> Eval<()> {
        match &s.kind {
            StmtKind::Measure { value, name, local } => self.measure(value, (name, *local), s.span, locals),
            StmtKind::When { branches, otherwise } => self.when(branches, otherwise, s.span, locals),
            StmtKind::Let { local, value } => self.define(*local, value, locals),
            StmtKind::Postselect(condition) => self.postselect(condition, s.span, locals),
            _ => {
                let registers = registers_of(s, locals);
                match &s.kind {
                    _ if registers.is_empty() => self.plain(s, locals),
                    StmtKind::Record { .. } => outcome_in_record(s.span),
                    _ => self.for_each_outcome(s, &registers, locals),
                }
            }
        }
    }

    /// Lowers a statement that depends on no outcome.
    fn plain(&mut self, s: &Stmt, locals: &mut Vec<Value>) -> Eval<()> {
        match &s.kind {
            StmtKind::Evolve { hamiltonian, time, jumps } => {
                self.evolve(&Evolve { hamiltonian, time, jumps, span: s.span }, locals)
            }
            StmtKind::Apply(e) => self.apply(e, s.span, locals),
            StmtKind::Discard(list) => self.discard(list, s.span, locals),
            StmtKind::Uncorrelate(groups) => self.uncorrelate(groups, s.span, locals),
            StmtKind::Reset { targets, state, joint } => self.reset(targets, state, *joint, s.span, locals),
            StmtKind::Trace(rule) => match self.ev.eval(rule, Scope::locals(locals))? {
                Value::Rule(id) => {
                    self.call(id, &self.ev.program.sequences[id.0].body, Vec::new(), s.span);
                    Ok(())
                }
                other => other.mistyped("a rule"),
            },
            StmtKind::Record { name, value, shape, local } => {
                self.record((name, *local), value, *shape, s.span, locals)
            }
            StmtKind::Repeat { count, body } => self.repeat(count, body, s.span, locals),
            StmtKind::For { iteration, body } => self.for_each(iteration, body, locals),
            StmtKind::Mix { probability, then, otherwise } => self.mix(probability, then, otherwise, s.span, locals),
            StmtKind::Call { sequence, args, body } => {
                let values = args.iter().map(|a| self.ev.eval(a, Scope::locals(locals))).collect::<Eval<Vec<_>>>()?;
                self.call(*sequence, body.as_ref().expect("the checker has set the body"), values, s.span);
                Ok(())
            }
            StmtKind::Measure { .. } | StmtKind::When { .. } | StmtKind::Let { .. } | StmtKind::Postselect(_) => {
                unreachable!("`statement` lowers them")
            }
        }
    }

    fn call(&mut self, id: SequenceId, body: &[Stmt], mut locals: Vec<Value>, span: Span) {
        let sequence = &self.ev.program.sequences[id.0];
        let known = self.errors.len();
        self.body(body, &mut locals);
        for d in &mut self.errors[known..] {
            if d.labels.len() < 4 && d.labels.iter().all(|(s, _)| *s != span) {
                d.labels.push((span, format!("`{}` is used here", sequence.name.text)));
            }
        }
    }

    /// Makes sure that the sites, which the expressions mention, are alive. Units that are used for the first time are
    /// attached.
    fn touch(&mut self, sites: &[Site], named: &[&Expr], locals: &[Value]) -> Eval<Vec<Slot>> {
        let slots = slots_of(sites);
        for &slot in &slots {
            let mention = |e: &&Expr| Some(self.mention(e, slot, locals)).filter(|at| *at != e.span);
            self.touch_one(slot, named.iter().find_map(mention).unwrap_or(named[0].span))?;
        }
        Ok(slots)
    }

    /// The smallest subexpression that names a slot, or the whole expression if none does.
    fn mention(&self, e: &Expr, slot: Slot, locals: &[Value]) -> Span {
        // The terms of a sum depend on its index, which has no value here.
        if matches!(e.kind, ExprKind::Reduction { .. }) {
            return e.span;
        }
        let mut place = None;
        children(e, &mut |c| {
            let span = self.mention(c, slot, locals);
            if place.is_none() && span != c.span {
                place = Some(span);
            } else if place.is_none()
                && c.ty == Type::Subsystem
                && self.ev.site(c, Scope::locals(locals)).is_ok_and(|s| s.leg == Leg::Slot(slot))
            {
                place = Some(c.span);
            }
        });
        place.unwrap_or(e.span)
    }

    fn touch_one(&mut self, slot: Slot, span: Span) -> Eval<()> {
        self.not_discarded(slot, span)?;
        self.touched.entry(slot).or_insert(span);
        if self.alive.contains(&slot) {
            return Ok(());
        }
        let (SubsystemId(id), offset) = self.ev.slots.borrow().unit_of(slot);
        let (slots, state) = self.newborn(SubsystemId(id), offset);
        for &s in &slots {
            self.alive.insert(s);
            self.touched.entry(s).or_insert(span);
        }
        let origin = self.origin(span);
        let op = Op { origin, kind: OpKind::Attach { slots, state } };
        if self.block.is_some() {
            self.hoisted.push(op);
        } else {
            self.ops.push(op);
        }
        Ok(())
    }

    /// The slots to attach when a unit is first used, and their state: the unit alone, or all members of its joint
    /// declaration. Members that are already alive or were discarded earlier in the step are not attached; the state is
    /// traced over them.
    fn newborn(&self, id: SubsystemId, offset: i64) -> (Vec<Slot>, Arc<CMat>) {
        let at = self.ev.program.subsystems[id.0].declaration;
        let declaration = &self.ev.program.declarations[at];
        let state = self.initial_state(id.0, at);
        let slot = |member: SubsystemId| self.ev.slots.borrow_mut().slot(self.ev.program, member, offset);
        if !declaration.joint {
            return (vec![slot(id)], state);
        }
        let slots: Vec<Slot> = declaration.members.iter().map(|m| slot(*m)).collect();
        let discarded = if self.block.is_some() { &self.discarded_before } else { &self.discarded };
        let is_new = |s: &Slot| !self.alive.contains(s) && !discarded.contains_key(s);
        let new: Vec<usize> = (0..slots.len()).filter(|i| is_new(&slots[*i])).collect();
        if new.len() == slots.len() {
            return (slots, state);
        }
        let dims = self.ev.slots.borrow().layout.dims(&slots);
        (new.iter().map(|i| slots[*i]).collect(), Arc::new(partial_trace(&state, &dims, &new)))
    }

    /// The initial state of a member. `states` has one state per joint declaration, and otherwise one per member.
    fn initial_state(&self, id: usize, declaration: usize) -> Arc<CMat> {
        let declarations = &self.ev.program.declarations;
        let before: usize = declarations[..declaration].iter().map(|d| if d.joint { 1 } else { d.members.len() }).sum();
        let d = &declarations[declaration];
        let member = d.members.iter().position(|m| m.0 == id).expect("a member of its declaration");
        self.states[before + if d.joint { 0 } else { member }].clone()
    }

    fn not_discarded(&mut self, slot: Slot, span: Span) -> Eval<()> {
        let Some(at) = self.discarded.get(&slot) else { return Ok(()) };
        self.reported.insert(slot);
        let label = self.ev.leg_label(Leg::Slot(slot));
        let d = Diagnostic::new(
            Code::UseAfterDiscard,
            format!("`{label}` is used after it was discarded"),
            span,
            "used here",
        );
        // In a sequence that is called twice, the use and the discard can be at the same place.
        let d = if *at == span { d } else { d.label(*at, "discarded here") };
        let next = self.ev.slots.borrow().next_label(self.ev.program, slot);
        Err(Box::new(
            d.help(format!("write `discard {label}` after the last use of `{label}`, or use the next unit, `{next}`")),
        ))
    }

    fn evolve(&mut self, evolve: &Evolve<'_>, locals: &[Value]) -> Eval<()> {
        let ev = self.ev;
        let named = [evolve.hamiltonian].into_iter().chain(evolve.jumps).collect::<Vec<_>>();
        let values = named_locals(named.iter().copied().chain([evolve.time]), locals);
        let made = self.gates.get(ev, evolve.span, &values, || evolve.operations(ev, locals))?;
        self.put(made, &named, evolve.span, locals)
    }

    fn apply(&mut self, e: &Expr, span: Span, locals: &[Value]) -> Eval<()> {
        let ev = self.ev;
        let made = self.gates.get(ev, span, &named_locals([e], locals), || application(ev, e, locals))?;
        self.put(made, &[e], span, locals)
    }

    /// Adds the operations of a statement, after attaching the subsystems that they need, which `named` mention.
    fn put(&mut self, made: Vec<PlacedGate>, named: &[&Expr], span: Span, locals: &[Value]) -> Eval<()> {
        self.budget.matrices(made.iter().map(PlacedGate::bytes).sum(), span);
        for PlacedGate { sites, kind, deviation } in made {
            let known = self.deviation.entry(span).or_default();
            *known = known.max(deviation);
            let targets = self.touch(&sites, named, locals)?;
            self.push(
                span,
                match kind {
                    GateKind::Unitary(matrix) => OpKind::Unitary { targets, matrix },
                    GateKind::Channel(kraus) => OpKind::Channel { targets, kraus },
                },
            );
        }
        Ok(())
    }

    /// Discards every subsystem in the list that can be discarded. Only the first error is reported.
    fn discard(&mut self, list: &[Expr], span: Span, locals: &[Value]) -> Eval<()> {
        let mut outcome = Ok(());
        for e in list {
            outcome = outcome.and(self.discard_one(e, span, locals));
        }
        outcome
    }

    fn discard_one(&mut self, e: &Expr, span: Span, locals: &[Value]) -> Eval<()> {
        let site = self.ev.site(e, Scope::locals(locals))?;
        let Leg::Slot(slot) = site.leg else { unreachable!("a named subsystem is a slot") };
        let label = self.ev.leg_label(site.leg);
        if let Some(first) = self.discarded.get(&slot) {
            if !self.reported.insert(slot) {
                return Ok(());
            }
            let d = Diagnostic::new(Code::UseAfterDiscard, format!("`{label}` is discarded twice"), e.span, "again");
            let d = if *first == e.span { d } else { d.label(*first, "discarded here") };
            return Err(Box::new(d.help("discard it once per step, after its last use")));
        }
        if self.ev.slots.borrow().is_system(self.ev.program, slot) {
            return fail(
                Code::DiscardSystem,
                e.span,
                format!("`{label}` is a system, which exists for the whole run"),
                "cannot be discarded",
                format!(
                    "to prepare it again, write `reset {label} = |0>`; to trace it out, leave it out of the measure"
                ),
            );
        }
        if self.alive.remove(&slot) {
            self.leaves(slot);
            self.push(span, OpKind::Discard { slots: vec![slot] });
        }
        self.discarded.insert(slot, e.span);
        Ok(())
    }

    fn reset(&mut self, targets: &[Expr], state: &Expr, joint: bool, span: Span, locals: &[Value]) -> Eval<()> {
        let sites = self.ev.sites(targets, Scope::locals(locals))?;
        let kinds: Vec<_> = sites.iter().map(|s| crate::eval::kind_of(self.ev, *s)).collect();
        let slots = slots_of(&sites);
        for (&slot, target) in slots.iter().zip(targets) {
            self.touch_one(slot, target.span)?;
        }
        let groups: Vec<std::ops::Range<usize>> = if joint {
            std::iter::once(0..sites.len()).collect()
        } else {
            (0..sites.len()).map(|i| i..i + 1).collect()
        };
        for range in groups {
            let rho = self.ev.state(state, locals, &sites[range.clone()], &kinds[range.clone()])?;
            slots[range.clone()].iter().for_each(|slot| self.starts_anew(*slot));
            self.push(span, OpKind::Discard { slots: slots[range.clone()].to_vec() });
            self.push(span, OpKind::Attach { slots: slots[range].to_vec(), state: Arc::new(rho) });
        }
        Ok(())
    }
}

/// Whether two errors have the same cause: the same place in a sequence that is called twice, or a unit that was
/// discarded too early, which is reported only at its first use.
fn is_duplicate(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.code == b.code
        && a.message == b.message
        && (a.code == Code::UseAfterDiscard || a.labels.first() == b.labels.first())
}

/// The unitary or channel of an `apply`, replaced by the nearest one that is exactly unitary or trace-preserving.
fn application(ev: &Evaluator<'_>, e: &Expr, locals: &[Value]) -> Eval<Vec<PlacedGate>> {
    let (sites, kind, deviation) = match ev.eval(e, Scope::locals(locals))? {
        Value::Channel(channel) => {
            placed(&channel.sites, e.span)?;
            let off = checks::trace_preserving(ev, &channel.kraus, &channel.sites, e.span)?;
            (channel.sites, GateKind::Channel(Arc::new(nearest_channel(&channel.kraus))), off)
        }
        value => {
            let operator = value.operator();
            let sites = operator.sites();
            placed(&sites, e.span)?;
            let u = operator.dense(&sites).or_else(|x| ev.too_large(x, e.span))?;
            let off = checks::unitary(ev, &u, &sites, e, locals)?;
            (sites, GateKind::Unitary(Arc::new(nearest_unitary(&u))), off)
        }
    };
    Ok(if sites.is_empty() { Vec::new() } else { vec![PlacedGate { sites, kind, deviation }] })
}

/// Checks that an operator acts on named subsystems, as it must in a step.
fn placed(sites: &[Site], span: Span) -> Eval<()> {
    if sites.iter().all(|s| matches!(s.leg, Leg::Slot(_))) {
        return Ok(());
    }
    fail(
        Code::NoPlace,
        span,
        "this operator does not name the subsystem it acts on",
        "no subsystem",
        "name the subsystem, as in `X(s)` or `|0><1|(s)`",
    )
}

/// The slots of sites, all of which must name subsystems.
fn slots_of(sites: &[Site]) -> Vec<Slot> {
    sites
        .iter()
        .map(|s| match s.leg {
            Leg::Slot(slot) => slot,
            Leg::Local(_) => unreachable!("`placed` has checked that operators of a step name their subsystems"),
        })
        .collect()
}

/// The local variable that a statement gives a value.
fn named_by(s: &Stmt) -> Option<usize> {
    match &s.kind {
        StmtKind::Let { local, .. } | StmtKind::Measure { local, .. } | StmtKind::Record { local, .. } => Some(*local),
        _ => None,
    }
}

/// Whether a statement, or one nested in it, uses one of these local variables.
fn uses(s: &Stmt, locals: &BTreeSet<usize>) -> bool {
    let mut found = false;
    s.all_expressions(&mut |e| found |= !indices_of_locals([e]).is_disjoint(locals));
    found
}
