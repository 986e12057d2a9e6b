//! Measurements, one branch for each outcome. A branch has the state with the probability of its outcomes as its trace,
//! and its own numbers.

use std::collections::BTreeSet;

use carom::ast::{Expr, Name, Stmt, StmtKind};

use super::joint::{Joint, Label, Operator};
use super::matrix::{Matrix, eigenvalues, function, real, unit};
use super::scope::Locals;
use super::simulate::Simulation;
use super::value::Value;

/// The branches of a step.
pub(crate) type Branches<'m> = Vec<(Simulation<'m>, Locals)>;

/// Runs the statements of a step, or of a sequence that it calls, in every branch.
pub(crate) fn run(branches: &mut Branches<'_>, body: &[Stmt]) {
    for statement in body {
        match &statement.kind {
            StmtKind::Measure { value, name } => measure(branches, value, name),
            StmtKind::Record { name, value } => {
                for (simulation, locals) in branches.iter_mut() {
                    simulation.attach_for(&statement.kind, locals);
                }
                let value = mean(branches).value(value, &branches[0].1);
                branches.iter_mut().for_each(|(_, locals)| drop(locals.insert(name.key.clone(), value.clone())));
                branches[0].0.records.push((name.text.clone(), value));
            }
            StmtKind::Postselect(condition) => postselect(branches, condition),
            StmtKind::Uncorrelate(_) => {
                let (mut whole, mut locals) = (mean(branches), branches[0].1.clone());
                whole.statement(&statement.kind, &mut locals);
                *branches = vec![(whole, locals)];
            }
            StmtKind::Call { name, args } => {
                let body = branches[0].0.body_of(&name.key);
                call(branches, body, |simulation, locals| simulation.arguments(name, args, locals));
            }
            StmtKind::Trace(name) => {
                let rule = branches[0].0.rule(name, &branches[0].1);
                let body = branches[0].0.body_of(&rule);
                call(branches, body, |_, _| Locals::new());
            }
            StmtKind::When { .. } => {
                // What one branch attaches, all attach.
                let touched: Vec<Label> =
                    branches.iter().flat_map(|(s, locals)| s.touched(&statement.kind, locals)).collect();
                for (simulation, locals) in branches.iter_mut() {
                    simulation.touch(&touched);
                    simulation.statement(&statement.kind, locals);
                }
            }
            other => branches.iter_mut().for_each(|(simulation, locals)| simulation.statement(other, locals)),
        }
    }
}

/// Runs the body of a sequence or rule in every branch, with locals of its own.
fn call<'m>(branches: &mut Branches<'m>, body: &[Stmt], inner: impl Fn(&Simulation<'m>, &Locals) -> Locals) {
    let outer: Vec<Locals> = branches.iter().map(|(_, locals)| locals.clone()).collect();
    let count = branches.len();
    for (simulation, locals) in branches.iter_mut() {
        *locals = inner(simulation, locals);
    }
    run(branches, body);
    // A sequence that measures divides every branch into the same number of branches; `uncorrelate` leaves one.
    let each = (branches.len() / count).max(1);
    let restored = outer.into_iter().flat_map(|locals| std::iter::repeat_n(locals, each));
    branches.iter_mut().zip(restored).for_each(|((_, locals), outer)| *locals = outer);
}

/// The mean over the branches.
pub(crate) fn mean<'m>(branches: &Branches<'m>) -> Simulation<'m> {
    let mut out = branches[0].0.clone();
    out.joint = Joint::sum(branches.iter().map(|(simulation, _)| &simulation.joint));
    out
}

/// Splits every branch into one for each outcome.
fn measure(branches: &mut Branches<'_>, value: &Expr, name: &Name) {
    let mut total = 0.0;
    let mut records = Vec::new();
    for (mut simulation, locals) in std::mem::take(branches) {
        let kind = StmtKind::Measure { value: value.clone(), name: name.clone() };
        simulation.attach_for(&kind, &locals);
        records.append(&mut simulation.records);
        for (outcome, operator) in instrument(&simulation.value(value, &locals), &simulation) {
            let (mut branch, mut locals) = (simulation.clone(), locals.clone());
            branch.joint.apply(&[operator]);
            total += outcome * branch.joint.trace();
            locals.insert(name.key.clone(), Value::real(outcome));
            branches.push((branch, locals));
        }
    }
    records.push((name.text.clone(), Value::real(total)));
    branches[0].0.records = records;
}

/// Keeps the branches in which the condition holds.
fn postselect(branches: &mut Branches<'_>, condition: &Expr) {
    let total = |branches: &Branches<'_>| branches.iter().map(|(simulation, _)| simulation.joint.trace()).sum::<f64>();
    let (before, success) = (total(branches), branches[0].0.success);
    let records = std::mem::take(&mut branches[0].0.records);
    branches.retain(|(simulation, locals)| matches!(simulation.value(condition, locals), Value::Bool(Some(true))));
    let probability = total(branches) / before;
    branches.iter_mut().for_each(|(simulation, _)| simulation.joint.scale(1.0 / (before * probability)));
    let first = &mut branches[0].0;
    first.records = records;
    first.records.retain(|(name, _)| name != "success");
    first.success = success * probability;
    first.records.push(("success".to_string(), Value::real(first.success)));
    let success = first.success;
    branches.iter_mut().for_each(|(simulation, _)| simulation.success = success);
}

/// The outcomes with their operators.
fn instrument(measured: &Value, simulation: &Simulation<'_>) -> Vec<(f64, Operator)> {
    let numbered = |operators: Vec<Operator>| (0u32..).map(f64::from).zip(operators).collect();
    match measured {
        Value::Subsystem(label) => {
            let dim = simulation.joint.dims(&[*label])[0];
            let projector = |level| Operator { on: vec![*label], dims: vec![dim], matrix: unit(dim, level, level) };
            numbered((0..dim).map(projector).collect())
        }
        Value::Channel(kraus) => numbered(kraus.clone()),
        _ => {
            let observable = measured.operator();
            let values = eigenvalues(&observable.matrix);
            let distinct: BTreeSet<i64> = values.iter().map(|v| key(*v)).collect();
            let projector = |of: i64| {
                let matrix: Matrix = function(&observable.matrix, |v| real(f64::from(u8::from(key(v) == of))));
                Operator { matrix, ..observable.clone() }
            };
            distinct.into_iter().map(|of| (value_of(of), projector(of))).collect()
        }
    }
}

/// Eigenvalues of the observables in the scripts are multiples of 1/2⁸ or differ by more than 1e-6.
#[allow(clippy::cast_possible_truncation, reason = "eigenvalues are of order 1")]
fn key(value: f64) -> i64 {
    (value * 1e9).round() as i64
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn value_of(key: i64) -> f64 {
    key as f64 / 1e9
}
