//! A run of an experiment, and its analysis.

use std::collections::BTreeMap;

use carom::ast::{
    Argument, ExperimentDecl, ExperimentItem, ExperimentItemKind, Expr, ExprKind, Iteration, Name, ObserveDecl,
    Reference,
};
use carom::source::SourceMap;
use num_complex::Complex64;

use super::calls::{entries, two_states};
use super::joint::Label;
use super::maps;
use super::matrix::Matrix;
use super::scope::{Locals, Model, Scope, float, whole};
use super::series::Series;
use super::simulate::Simulation;
use super::value::Value;
use super::world::World;

/// From this collision on, the same subsystems are live after each collision of a random script.
const SETTLED: usize = 6;

/// The results of an experiment.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) collisions: usize,
    /// The series by name. A measure with several values has one series per value, each with a suffix.
    pub(crate) series: BTreeMap<String, Series>,
    pub(crate) lets: Vec<(String, Value)>,
    /// Whether each `expect` holds.
    pub(crate) claims: Vec<bool>,
    /// The number of fixed points of the step, and how clearly they differ from slow modes, if `steady` was asked for.
    pub(crate) fixed_points: Option<(usize, f64)>,
}

/// Runs one experiment of a script that the checker has accepted.
pub(crate) fn run(name: &str, text: &str, experiment: &str) -> Outcome {
    let mut world = World::read(name, text, &mut SourceMap::new());
    let found = world.experiments.iter().find(|e| e.name.key == experiment).cloned();
    let experiment = found.expect("an experiment of that name");
    world.set(&experiment);
    let model = Model::new(world);
    let cases: Vec<ExperimentDecl> = experiment.items.iter().filter_map(|item| case(&experiment, item)).collect();
    let mut outcome = if cases.is_empty() {
        simulate(&model, &experiment)
    } else {
        let runs = cases.iter().map(|case| {
            let mut world = World::read(name, text, &mut SourceMap::new());
            world.set(&experiment);
            world.set(case);
            (case.name.clone(), simulate(&Model::new(world), case))
        });
        compared(&experiment, runs.collect())
    };
    analyse(&model, &experiment, &mut outcome);
    outcome
}

/// The name of the hidden series that hold the state of one side of a comparison.
fn hidden(comparison: &Name, side: usize) -> String {
    format!("{} side {side}", comparison.text)
}

/// The two states that an observable compares: the subsystems of each, and its case.
fn sides(value: &Expr) -> Option<(String, [Vec<Expr>; 2], [String; 2])> {
    let ExprKind::Call { function, groups } = &value.kind else { return None };
    let groups: Vec<Vec<&Expr>> = match groups.as_slice() {
        [only] => only.iter().map(|a| vec![&a.value]).collect(),
        several => several.iter().map(|g| g.iter().map(|a| &a.value).collect()).collect(),
    };
    let case = |e: &Expr| match &e.kind {
        ExprKind::Reference(r) => r.case.as_ref().map(|case| case.key.clone()),
        _ => None,
    };
    let alone = |e: &Expr| match &e.kind {
        ExprKind::Reference(r) => {
            let kind = ExprKind::Reference(Reference { case: None, ..r.clone() });
            Expr { kind, ..e.clone() }
        }
        _ => e.clone(),
    };
    let [left, right] = groups.as_slice() else { return None };
    let cases = [case(left.first()?)?, case(right.first()?)?];
    let of = |group: &[&Expr]| group.iter().map(|e| alone(e)).collect();
    Some((function.key.clone(), [of(left), of(right)], cases))
}

/// The experiment of one case: its settings, the observables of a run, and the states that are compared in it.
fn case(experiment: &ExperimentDecl, item: &ExperimentItem) -> Option<ExperimentDecl> {
    let ExperimentItemKind::Case { name, items: settings } = &item.kind else { return None };
    let mut items = settings.clone();
    for item in &experiment.items {
        let observed = |name: Name, value: Expr| ExperimentItem {
            span: item.span,
            kind: ExperimentItemKind::Observe(Box::new(ObserveDecl { name, elements: None, value })),
        };
        match &item.kind {
            ExperimentItemKind::Observe(observe) => match sides(&observe.value) {
                None => items.push(item.clone()),
                Some((_, subsystems, cases)) => {
                    for (side, on) in subsystems.into_iter().enumerate().filter(|(side, _)| cases[*side] == name.key) {
                        let arguments = on.into_iter().map(|value| Argument { name: None, value }).collect();
                        let state = Name { text: "state".into(), key: "state".into(), span: observe.value.span };
                        let kind = ExprKind::Call { function: state, groups: vec![arguments] };
                        let text = hidden(&observe.name, side);
                        let hidden = Name { key: text.clone(), text, span: observe.name.span };
                        items.push(observed(hidden, Expr { span: observe.value.span, kind }));
                    }
                }
            },
            ExperimentItemKind::Run { .. } => items.push(item.clone()),
            _ => {}
        }
    }
    Some(ExperimentDecl { name: name.clone(), title: None, items })
}

/// The series of all cases under names such as `x in up`, and the comparisons.
fn compared(experiment: &ExperimentDecl, mut runs: Vec<(Name, Outcome)>) -> Outcome {
    let mut out = Outcome { collisions: runs[0].1.collisions, ..Outcome::default() };
    for item in &experiment.items {
        let ExperimentItemKind::Observe(observe) = &item.kind else { continue };
        let ObserveDecl { name, value, .. } = &**observe;
        let Some((measure, _, cases)) = sides(value) else { continue };
        let states = [0, 1].map(|side| {
            let (_, run) = runs.iter_mut().find(|(case, _)| case.key == cases[side]).expect("a case of that name");
            states(&mut run.series, &hidden(name, side))
        });
        let values = states[0]
            .iter()
            .zip(&states[1])
            .map(|(a, b)| if a.iter().chain(b).any(|z| z.re.is_nan()) { f64::NAN } else { two_states(&measure, a, b) });
        out.series.insert(name.text.clone(), Series { start: 0, stride: 1, values: values.collect() });
    }
    for (case, run) in runs {
        out.series.extend(run.series.into_iter().map(|(name, s)| (format!("{name} in {}", case.text), s)));
    }
    out
}

/// The states whose entries are the series that begin with this name, which are removed. In the order of their names,
/// the imaginary part of an entry precedes its real part.
fn states(series: &mut BTreeMap<String, Series>, name: &str) -> Vec<Matrix> {
    let names: Vec<String> = series.keys().filter(|key| key.starts_with(&format!("{name}_"))).cloned().collect();
    let parts: Vec<Series> = names.iter().map(|name| series.remove(name).expect("a key")).collect();
    let dim = (parts.len() / 2).isqrt();
    let entry = |n: usize, at: usize| Complex64::new(parts[2 * at + 1].values[n], parts[2 * at].values[n]);
    let state = |n: usize| Matrix::from_fn(dim, dim, |row, column| entry(n, row * dim + column));
    (0..parts[0].values.len()).map(state).collect()
}

/// The complete series under their canonical names.
fn by_key(series: &BTreeMap<String, Series>) -> Locals {
    series.iter().map(|(name, s)| (carom::syntax::canonical(name), Value::Series(s.clone()))).collect()
}

/// An observable, or an element of an array of them, with its index as a local.
struct Observed<'e> {
    name: String,
    value: &'e Expr,
    locals: Locals,
}

/// The observables that an `observe` stands for.
fn elements<'e>(model: &Model, observe: &'e ObserveDecl) -> Vec<Observed<'e>> {
    let (name, value) = (&observe.name.text, &observe.value);
    let Some(Iteration { index, range }) = &observe.elements else {
        return vec![Observed { name: name.clone(), value, locals: Locals::new() }];
    };
    let element = |k: i64| {
        let locals = Locals::from([(index.key.clone(), Value::real(float(k)))]);
        Observed { name: format!("{name}[{k}]"), value, locals }
    };
    Scope::constant(model).indices(range).into_iter().map(element).collect()
}

fn simulate(model: &Model, experiment: &ExperimentDecl) -> Outcome {
    let mut observed: Vec<Observed<'_>> = model.world.observed.iter().flat_map(|o| elements(model, o)).collect();
    let mut steady = false;
    let (mut limit, mut condition) = (0, None);
    for item in &experiment.items {
        match &item.kind {
            ExperimentItemKind::Observe(observe) => observed.extend(elements(model, observe)),
            ExperimentItemKind::Run { collisions, until } => {
                limit = whole(&Scope::constant(model).eval(collisions));
                condition = until.as_ref();
            }
            ExperimentItemKind::Steady => steady = true,
            _ => {}
        }
    }
    if steady {
        return fixed(model, &observed);
    }
    let (maps, observed): (Vec<_>, Vec<_>) = observed.into_iter().partition(|o| call(o.value, "choi").is_some());
    let mut outcome = Outcome::default();
    let mut simulation = Simulation::new(model);
    let mut stopped = false;
    while !stopped {
        for Observed { name, value, locals } in &observed {
            note(&mut outcome.series, name, 0, &simulation.observe(value, locals));
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
                    let past = Some(&outcome.series);
                    let scope = Scope { locals, n: Some(simulation.n), past, ..Scope::constant(model) };
                    matches!(scope.eval(condition), Value::Bool(Some(true)))
                });
        if !stopped {
            simulation.collide();
            outcome.collisions += 1;
        }
    }
    add_maps(model, &maps, &mut outcome);
    add_correlations(model, experiment, &mut outcome);
    outcome
}

/// The arguments of a call of this function.
fn call<'e>(value: &'e Expr, name: &str) -> Option<&'e [Vec<Argument>]> {
    match &value.kind {
        ExprKind::Call { function, groups } if function.key == name => Some(groups),
        _ => None,
    }
}

/// `observe J = choi(s)`
fn add_maps(model: &Model, maps: &[Observed<'_>], outcome: &mut Outcome) {
    for Observed { name, value, .. } in maps {
        let systems = call(value, "choi").into_iter().flatten().flatten();
        let on: Vec<Label> = systems.map(|s| Scope::constant(model).eval(&s.value).subsystem()).collect();
        // The reference systems come first.
        let dims = [model.dims(&on), model.dims(&on)].concat();
        for matrix in maps::choi(model, &on, outcome.collisions) {
            note(&mut outcome.series, name, 0, &Value::Columns(entries(&dims, Some(&matrix))));
        }
    }
}

/// `let C = correlation(A, B, from = m)`
fn add_correlations(model: &Model, experiment: &ExperimentDecl, outcome: &mut Outcome) {
    for item in &experiment.items {
        let ExperimentItemKind::Let { name, value } = &item.kind else { continue };
        let Some(groups) = call(value, "correlation") else { continue };
        let parts = maps::correlation(model, groups, outcome.collisions);
        for (suffix, part) in ["_re", "_im"].into_iter().zip(parts) {
            outcome.series.insert(format!("{}{suffix}", name.text), part);
        }
    }
}

/// The numbers in the fixed point of the step, as series of one value.
fn fixed(model: &Model, observed: &[Observed<'_>]) -> Outcome {
    let maps::Fixed { mut run, count, least } = maps::fixed_point(model, SETTLED);
    let mut outcome = Outcome { fixed_points: Some((count, least)), ..Outcome::default() };
    for Observed { name, value, locals } in observed {
        note(&mut outcome.series, name, 0, &run.observe(value, locals));
    }
    run.collide();
    for (name, value) in &run.records {
        note(&mut outcome.series, name, 0, value);
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
            ExperimentItemKind::Let { value, .. } if call(value, "correlation").is_some() => {}
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
