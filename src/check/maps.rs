//! Measures of the map of a system, and the runs that an experiment consists of.

use super::branches::{Branch, Computes, MapBranch, MapObservable};
use super::program::{Experiment, Expr, ExprKind, Observable, Program};
use super::visit::children;
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{Formula, MeasureRow};
use crate::source::Span;

/// Reports each measure of a map that is only a part of an observed expression.
pub(super) fn place(value: &Expr, errors: &mut Vec<Diagnostic>) {
    children(value, &mut |child| {
        if let ExprKind::Measure { row, .. } = &child.kind
            && let MeasureRow { formula: Formula::OfMap(_), name, .. } = row
        {
            errors.push(misplaced(name, child.span));
        }
        place(child, errors);
    });
}

/// The error for a measure of a map at a place where it cannot stand.
pub(super) fn misplaced(measure: &str, span: Span) -> Diagnostic {
    let message = format!("`{measure}` is computed from runs of its own, so it must be all that an `observe` observes");
    Diagnostic::new(Code::MapPlace, message, span, "a measure of a map")
        .help(format!("write `observe d = {measure}(s)`, and compute with the series in a `let` of an experiment"))
}

/// Divides an experiment with cases or with measures of maps into runs.
pub(super) fn divide(program: &Program, experiment: &mut Experiment) {
    let maps = maps(program, experiment);
    if experiment.cases.is_empty() && maps.is_empty() && experiment.correlations.is_empty() {
        return;
    }
    let alone = Experiment {
        analysis: Vec::new(),
        sweep: Vec::new(),
        collect: Vec::new(),
        plots: Vec::new(),
        saves: Vec::new(),
        spectrum: None,
        cases: Vec::new(),
        comparisons: Vec::new(),
        correlations: Vec::new(),
        branches: Vec::new(),
        ..experiment.clone()
    };
    let cases: Vec<Option<usize>> =
        if experiment.cases.is_empty() { vec![None] } else { (0..experiment.cases.len()).map(Some).collect() };
    for case in cases {
        let mut run = alone.clone();
        run.sets.extend(case.into_iter().flat_map(|k| experiment.cases[k].sets.clone()));
        let branch = |computes: Computes, until: bool| {
            let mut experiment = run.clone();
            if let (Some(spec), false) = (&mut experiment.run, until) {
                spec.until = None;
            }
            Branch { case, computes, experiment }
        };
        experiment.branches.push(branch(Computes::Series, true));
        experiment.branches.extend(maps.iter().cloned().map(|map| branch(Computes::Map(map), false)));
        let correlations = experiment.correlations.iter().cloned().map(Box::new);
        let correlations: Vec<_> = correlations.map(|c| branch(Computes::Correlation(c), false)).collect();
        experiment.branches.extend(correlations);
    }
}

/// The maps that the observables of an experiment are computed from, each once.
fn maps(program: &Program, experiment: &Experiment) -> Vec<MapBranch> {
    let mut out: Vec<MapBranch> = Vec::new();
    let mut first = 0;
    let records: usize = program.records.iter().map(|(_, shape)| shape.series()).sum();
    let add = |o: &Observable, first: &mut usize, out: &mut Vec<MapBranch>| {
        if let Some((of, systems)) = o.of_map() {
            let own = MapObservable { name: o.name.text.clone(), of, first: *first, series: o.shape.series() };
            match out.iter_mut().find(|map| same(&map.systems, systems)) {
                Some(map) => map.observables.push(own),
                None => {
                    out.push(MapBranch { systems: systems.to_vec(), span: o.value.span, observables: vec![own] });
                }
            }
        }
        *first += o.shape.series();
    };
    program.observables.iter().for_each(|o| add(o, &mut first, &mut out));
    first += records;
    experiment.observables.iter().for_each(|o| add(o, &mut first, &mut out));
    out
}

/// Whether two lists name the same subsystems in the same order.
fn same(a: &[Expr], b: &[Expr]) -> bool {
    let id = |e: &Expr| match &e.kind {
        ExprKind::Subsystem { id, offset: None } => Some(*id),
        _ => None,
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| id(a).is_some() && id(a) == id(b))
}
