//! A run of an experiment, and its analysis.

use std::collections::BTreeMap;

use carom::ast::{ExperimentDecl, ExperimentItemKind, Expr, Name};
use carom::source::SourceMap;

use super::scope::{Locals, Model, Scope, whole};
use super::series::Series;
use super::simulate::Simulation;
use super::value::Value;
use super::world::World;

/// The results of an experiment.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) collisions: usize,
    /// The series by name. A measure with several values has one series per value, each with a suffix.
    pub(crate) series: BTreeMap<String, Series>,
    pub(crate) lets: Vec<(String, Value)>,
    /// Whether each `expect` holds.
    pub(crate) claims: Vec<bool>,
}

/// Runs one experiment of a script that the checker has accepted.
pub(crate) fn run(name: &str, text: &str, experiment: &str) -> Outcome {
    let mut world = World::read(name, text, &mut SourceMap::new());
    let found = world.experiments.iter().find(|e| e.name.key == experiment).cloned();
    let experiment = found.expect("an experiment of that name");
    world.set(&experiment);
    let model = Model::new(world);
    let mut outcome = simulate(&model, &experiment);
    analyse(&model, &experiment, &mut outcome);
    outcome
}

/// The complete series under their canonical names.
fn by_key(series: &BTreeMap<String, Series>) -> Locals {
    series.iter().map(|(name, s)| (carom::syntax::canonical(name), Value::Series(s.clone()))).collect()
}

fn simulate(model: &Model, experiment: &ExperimentDecl) -> Outcome {
    let mut observed: Vec<(&Name, &Expr)> = model.world.observed.iter().map(|(n, e)| (n, e)).collect();
    let (mut limit, mut condition) = (0, None);
    for item in &experiment.items {
        match &item.kind {
            ExperimentItemKind::Observe { name, value } => observed.push((name, value)),
            ExperimentItemKind::Run { collisions, until } => {
                limit = whole(&Scope::constant(model).eval(collisions));
                condition = until.as_ref();
            }
            _ => {}
        }
    }
    let mut outcome = Outcome::default();
    let mut simulation = Simulation::new(model);
    let mut stopped = false;
    while !stopped {
        for (name, value) in &observed {
            note(&mut outcome.series, &name.text, 0, &simulation.observe(value));
        }
        for (name, value) in &simulation.records {
            note(&mut outcome.series, name, 1, value);
        }
        let present = |s: &Series| Value::real(*s.values.last().expect("a series has a value"));
        stopped = simulation.n == limit
            || simulation.n > 0
                && condition.is_some_and(|condition| {
                    let values = outcome.series.iter();
                    let locals = values.map(|(name, s)| (carom::syntax::canonical(name), present(s))).collect();
                    let scope = Scope { locals, n: Some(simulation.n), ..Scope::constant(model) };
                    matches!(scope.eval(condition), Value::Bool(Some(true)))
                });
        if !stopped {
            simulation.collide();
            outcome.collisions += 1;
        }
    }
    outcome
}

/// Appends the value or values of a measure to their series, which begin at collision `start`.
fn note(series: &mut BTreeMap<String, Series>, name: &str, start: usize, value: &Value) {
    let values = match value {
        Value::Columns(columns) => columns.clone(),
        other => vec![(String::new(), other.number().re)],
    };
    for (end, value) in values {
        let new = || Series { start, stride: 1, values: vec![] };
        series.entry(format!("{name}{end}")).or_insert_with(new).values.push(value);
    }
}

fn analyse(model: &Model, experiment: &ExperimentDecl, outcome: &mut Outcome) {
    let mut scope = Scope { locals: by_key(&outcome.series), ..Scope::constant(model) };
    for item in &experiment.items {
        match &item.kind {
            ExperimentItemKind::Let { name, value } => {
                let value = scope.eval(value);
                scope.locals.insert(name.key.clone(), value.clone());
                outcome.lets.push((name.text.clone(), value));
            }
            ExperimentItemKind::Expect(claim) => outcome.claims.push(match scope.eval(claim) {
                Value::Bool(holds) => holds == Some(true),
                _ => panic!("a claim is a condition"),
            }),
            _ => {}
        }
    }
}
