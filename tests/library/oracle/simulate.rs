//! Executes the statements of a step, one after another, on the joint state.

use std::cell::RefCell;
use std::collections::BTreeSet;

use carom::ast::{Conditional, Expr, Iteration, Name, Reference, Stmt, StmtKind};

use super::joint::{Joint, Label};
use super::matrix::{I, function, marginal};
use super::outcomes;
use super::scope::{Locals, Model, Scope, float, whole};
use super::value::{Shape, Value};

/// The state of a run.
#[derive(Clone)]
pub(crate) struct Simulation<'m> {
    model: &'m Model,
    pub(crate) joint: Joint,
    /// The number of collisions so far; inside a step, the number of the current one.
    pub(crate) n: i64,
    /// The subsystems that this step has discarded.
    gone: BTreeSet<Label>,
    /// The values that this step has recorded.
    pub(crate) records: Vec<(String, Value)>,
    /// The probability that every post-selection so far succeeded.
    pub(crate) success: f64,
}

impl<'m> Simulation<'m> {
    /// The subsystems of `start` in its state, and all other systems in their initial states.
    pub(crate) fn new(model: &'m Model) -> Self {
        let gone = BTreeSet::new();
        let mut out = Self { model, joint: Joint::empty(), n: 0, gone, records: vec![], success: 1.0 };
        if let Some(start) = &model.world.start {
            let scope = Scope { current: 1, ..Scope::constant(model) };
            let labels: Vec<Label> = start.targets.iter().map(|r| scope.label(r)).collect();
            let state = scope.eval(&start.state);
            out.attach(&labels, &state);
        }
        for subsystem in 0..model.world.subsystems.len() {
            if !model.world.is_stream(subsystem) {
                out.touch(&[Label { subsystem, unit: 0 }]);
            }
        }
        out
    }

    /// The value of an observable after the step, when the streams have advanced.
    pub(crate) fn observe(&self, value: &carom::ast::Expr, locals: &Locals) -> Value {
        Scope { current: self.n + 1, ..self.scope(locals) }.eval(value)
    }

    /// The same system, or the unit that follows it.
    pub(crate) fn advanced(&self, label: Label) -> Label {
        let by = i64::from(self.model.world.is_stream(label.subsystem));
        Label { unit: label.unit + by, ..label }
    }

    fn scope(&self, locals: &Locals) -> Scope<'_> {
        Scope {
            model: self.model,
            locals: locals.clone(),
            n: Some(self.n),
            current: self.n,
            state: Some(&self.joint),
            past: None,
            measured: RefCell::default(),
        }
    }

    /// Runs one collision.
    pub(crate) fn collide(&mut self) {
        self.n += 1;
        self.gone.clear();
        self.records.clear();
        let model = self.model;
        let mut branches = vec![(self.clone(), Locals::new())];
        outcomes::run(&mut branches, &model.world.step);
        *self = outcomes::mean(&branches);
        let next = self.n + 1;
        let left = self.joint.labels.iter().copied().filter(|l| {
            let keep = model.world.declaration(l.subsystem).keep.as_ref();
            let keep = keep.map_or(0, |k| whole(&Scope::constant(model).eval(k)));
            model.world.is_stream(l.subsystem) && l.unit < next - keep
        });
        let left: Vec<Label> = left.collect();
        self.joint.discard(&left);
    }

    /// Attaches subsystems in their joint state, or each of them in a state.
    fn attach(&mut self, labels: &[Label], state: &Value) {
        let together = if is_joint(state, labels.len()) { labels.len() } else { 1 };
        for labels in labels.chunks(together) {
            self.joint.attach(labels, &self.model.dims(labels), &self.model.density(state, labels));
        }
    }

    /// Attaches the subsystems that are not yet live, together with those in the same joint state.
    pub(crate) fn touch(&mut self, labels: &[Label]) {
        let world = &self.model.world;
        for label in labels {
            if self.joint.holds(&[*label]) {
                continue;
            }
            let declared = world.subsystems[label.subsystem].declaration;
            let scope = Scope { current: label.unit, ..Scope::constant(self.model) };
            let state = scope.eval(world.declarations[declared].state.as_ref().expect("it has a state"));
            let members = (0..world.subsystems.len()).filter(|at| world.subsystems[*at].declaration == declared);
            let members: Vec<Label> = members.map(|subsystem| Label { subsystem, ..*label }).collect();
            let together = if is_joint(&state, members.len()) { members } else { vec![*label] };
            let rho = self.model.density(&state, &together);
            let fresh = |l: &Label| !self.gone.contains(l) && !self.joint.holds(&[*l]);
            let there: Vec<usize> = (0..together.len()).filter(|at| fresh(&together[*at])).collect();
            let rho = marginal(&rho, &self.model.dims(&together), &there);
            let there: Vec<Label> = there.into_iter().map(|at| together[at]).collect();
            self.joint.attach(&there, &self.model.dims(&there), &rho);
        }
    }

    fn labels(&self, references: &[Reference], locals: &Locals) -> Vec<Label> {
        let scope = self.scope(locals);
        references.iter().map(|r| scope.label(r)).collect()
    }

    /// Runs statements in a block with its own scope.
    fn block(&mut self, body: &[Stmt], locals: &Locals) {
        let mut locals = locals.clone();
        for statement in body {
            self.statement(&statement.kind, &mut locals);
        }
    }

    /// The block of a `when` whose condition holds.
    fn chosen<'b>(&self, branches: &'b [Conditional], otherwise: &'b [Stmt], locals: &Locals) -> &'b [Stmt] {
        let holds = |c: &&Conditional| holds(&self.value(&c.condition, locals));
        branches.iter().find(holds).map_or(otherwise, |c| &c.body)
    }

    /// Attaches the subsystems that a statement acts on.
    pub(crate) fn attach_for(&mut self, statement: &StmtKind, locals: &Locals) {
        let touched = self.touched(statement, locals);
        self.touch(&touched);
    }

    /// The value of an expression in the state.
    pub(crate) fn value(&self, value: &Expr, locals: &Locals) -> Value {
        self.scope(locals).eval(value)
    }

    /// The statements of a sequence or rule.
    pub(crate) fn body_of(&self, key: &str) -> &'m [Stmt] {
        &self.model.world.sequences[key].body
    }

    pub(crate) fn statement(&mut self, statement: &StmtKind, locals: &mut Locals) {
        self.attach_for(statement, locals);
        match statement {
            StmtKind::Evolve { hamiltonian, time, jumps } if !jumps.is_empty() => {
                let h = self.scope(locals).eval(hamiltonian).operator();
                let t = self.scope(locals).eval(time).number().re;
                let jumps: Vec<_> = jumps.iter().map(|k| self.scope(locals).eval(k).operator()).collect();
                self.joint.dissipate(&h, &jumps, t);
            }
            StmtKind::Evolve { hamiltonian, time, .. } => {
                let h = self.scope(locals).eval(hamiltonian).operator();
                let t = self.scope(locals).eval(time).number().re;
                self.joint.apply(&[h.map(|m| function(m, |energy| (-I * energy * t).exp()))]);
            }
            StmtKind::Apply(gate) => {
                let kraus = self.scope(locals).eval(gate).kraus();
                self.joint.apply(&kraus);
            }
            StmtKind::Discard(references) => {
                let labels = self.labels(references, locals);
                self.joint.discard(&labels);
                self.gone.extend(labels);
            }
            StmtKind::Uncorrelate(groups) => {
                let groups: Vec<_> = groups.iter().map(|g| self.labels(g, locals)).collect();
                self.joint.uncorrelate(&groups);
            }
            StmtKind::Reset { targets, state } => {
                let labels = self.labels(targets, locals);
                let state = self.scope(locals).eval(state);
                self.joint.discard(&labels);
                self.attach(&labels, &state);
            }
            StmtKind::Trace(name) => {
                let model = self.model;
                self.block(&model.world.sequences[&self.rule(name, locals)].body, &Locals::new());
            }
            StmtKind::Let { name, value } => {
                let value = self.scope(locals).eval(value);
                locals.insert(name.key.clone(), value);
            }
            StmtKind::Repeat { count, body } => {
                for _ in 0..whole(&self.scope(locals).eval(count)) {
                    self.block(body, locals);
                }
            }
            StmtKind::WithProbability { probability, then, otherwise } => {
                let p = self.scope(locals).eval(probability).number().re;
                let mut other = self.clone();
                self.block(then, locals);
                other.block(otherwise, locals);
                self.joint = self.joint.mixed_with(&other.joint, p);
                self.gone.extend(other.gone);
            }
            StmtKind::When { branches, otherwise } => {
                let body = self.chosen(branches, otherwise, locals);
                self.block(body, locals);
            }
            StmtKind::Record { .. } | StmtKind::Measure { .. } | StmtKind::Postselect(_) => {
                panic!("it is outside of blocks")
            }
            StmtKind::Call { name, args } => {
                let (model, inner) = (self.model, self.arguments(name, args, locals));
                self.block(&model.world.sequences[&name.key].body, &inner);
            }
            StmtKind::For { iteration, body } => {
                for inner in self.each(iteration, locals) {
                    self.block(body, &inner);
                }
            }
        }
    }

    /// The locals for each value of an index.
    fn each(&self, iteration: &Iteration, locals: &Locals) -> Vec<Locals> {
        let indices = self.scope(locals).indices(&iteration.range);
        let with = |k: i64| {
            let mut inner = locals.clone();
            inner.insert(iteration.index.key.clone(), Value::real(float(k)));
            inner
        };
        indices.into_iter().map(with).collect()
    }

    pub(crate) fn arguments(&self, name: &Name, args: &[carom::ast::Expr], locals: &Locals) -> Locals {
        let scope = self.scope(locals);
        let names = &self.model.world.sequences[&name.key].args;
        names.iter().map(|n| n.key.clone()).zip(args.iter().map(|a| scope.eval(a))).collect()
    }

    /// The rule of that name, or the one that a parameter or argument of that name refers to.
    pub(crate) fn rule(&self, name: &Name, locals: &Locals) -> String {
        let reference = Reference {
            name: name.clone(),
            offset: carom::ast::Offset::None,
            further: carom::ast::Offset::None,
            case: None,
            span: name.span,
        };
        let expr = carom::ast::Expr { span: name.span, kind: carom::ast::ExprKind::Reference(reference) };
        match self.scope(locals).eval(&expr) {
            Value::Rule(key) => key,
            _ => panic!("{} is a rule", name.text),
        }
    }

    /// The subsystems that a statement acts on, resets or records. A block includes those of its statements, because
    /// they are attached before the block.
    pub(crate) fn touched(&self, statement: &StmtKind, locals: &Locals) -> Vec<Label> {
        let scope = self.scope(locals);
        match statement {
            StmtKind::Evolve { hamiltonian, jumps, .. } => {
                [hamiltonian].into_iter().chain(jumps).flat_map(|e| scope.eval(e).operator().on).collect()
            }
            StmtKind::Apply(gate) => scope.eval(gate).kraus().into_iter().flat_map(|k| k.on).collect(),
            StmtKind::Reset { targets, .. } => self.labels(targets, locals),
            StmtKind::Record { value, .. } => {
                scope.eval(value);
                let past = |l: &Label| self.model.world.is_stream(l.subsystem) && l.unit < self.n;
                scope.measured.into_inner().into_iter().filter(|l| !past(l)).collect()
            }
            StmtKind::Measure { value, .. } => match scope.eval(value) {
                Value::Subsystem(label) => vec![label],
                value => value.kraus().into_iter().flat_map(|k| k.on).collect(),
            },
            StmtKind::When { branches, otherwise } => self.touched_in(self.chosen(branches, otherwise, locals), locals),
            StmtKind::Repeat { body, .. } => self.touched_in(body, locals),
            StmtKind::For { iteration, body } => {
                self.each(iteration, locals).iter().flat_map(|inner| self.touched_in(body, inner)).collect()
            }
            StmtKind::WithProbability { then, otherwise, .. } => {
                [self.touched_in(then, locals), self.touched_in(otherwise, locals)].concat()
            }
            StmtKind::Call { .. }
            | StmtKind::Trace(_)
            | StmtKind::Discard(_)
            | StmtKind::Postselect(_)
            | StmtKind::Uncorrelate(_)
            | StmtKind::Let { .. } => vec![],
        }
    }

    /// The subsystems that the statements of a block touch.
    fn touched_in(&self, body: &[Stmt], locals: &Locals) -> Vec<Label> {
        let mut locals = locals.clone();
        let mut out = Vec::new();
        for statement in body {
            match &statement.kind {
                StmtKind::Let { name, value } => {
                    let value = self.scope(&locals).eval(value);
                    locals.insert(name.key.clone(), value);
                }
                StmtKind::Call { name, args } => {
                    let inner = self.arguments(name, args, &locals);
                    out.extend(self.touched_in(&self.model.world.sequences[&name.key].body, &inner));
                }
                StmtKind::Trace(name) => {
                    let rule = self.rule(name, &locals);
                    out.extend(self.touched_in(&self.model.world.sequences[&rule].body, &Locals::new()));
                }
                other => out.extend(self.touched(other, &locals)),
            }
        }
        out
    }
}

fn holds(condition: &Value) -> bool {
    matches!(condition, Value::Bool(Some(true)))
}

/// Whether a state is a joint state of `count` subsystems; its form decides.
fn is_joint(state: &Value, count: usize) -> bool {
    match state {
        // `|12>` is also a level of one subsystem.
        Value::Form(form) => count > 1 && form.arity == count,
        Value::Operator(operator) => count > 1 && operator.on.len() > 1,
        _ => panic!("{:?}", Shape::Matrix),
    }
}
