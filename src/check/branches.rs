//! The runs that an experiment consists of: its cases, and the runs for comparisons, maps and correlations.
//!
//! Contract: an experiment that is one run has no branches. Otherwise its branches are all of its runs, in the order in
//! which their series appear in the results.

use std::sync::Arc;

use super::program::{Experiment, Expr, ExprKind, Named, Observable, ParamId, Program, SeriesId};
use crate::quantum::{Formula, MeasureRow, OfMap};
use crate::source::Span;

/// `case NAME { set … }`
#[derive(Debug, Clone)]
pub struct Case {
    /// The name after `in`.
    pub name: Named,
    /// The place of the whole statement.
    pub span: Span,
    /// Parameters and their values; they override those of the experiment.
    pub sets: Vec<(ParamId, Expr)>,
    /// The id of the first series of its run.
    pub first: usize,
}

/// `observe NAME = MEASURE(a in CASE, b in CASE)`, with a measure of two states.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The name of the series.
    pub name: Named,
    /// The id of the series.
    pub id: SeriesId,
    /// The measure; its formula is one of two states.
    pub row: &'static MeasureRow,
    /// The place of the measure.
    pub span: Span,
    /// The two states.
    pub parts: [ReducedState; 2],
}

/// The reduced state of some subsystems in a case.
#[derive(Debug, Clone)]
pub struct ReducedState {
    /// Index of the case in [`Experiment::cases`].
    pub case: usize,
    /// The subsystems; the first is the most significant index of the state.
    pub subsystems: Vec<Expr>,
    /// Their place in the script.
    pub span: Span,
}

/// One of the runs of an experiment that consists of several.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The case that it runs; `None` without cases.
    pub case: Option<usize>,
    /// What it computes.
    pub computes: Computes,
    /// The experiment with the settings of the case, and without analysis, sweep and figures.
    pub experiment: Experiment,
    /// The program for the sizes of arrays in the case, if they are not those of the experiment; the ids of the branch
    /// refer to it.
    pub within: Option<Arc<Program>>,
}

/// What one of the runs of an experiment computes.
#[derive(Debug, Clone)]
pub enum Computes {
    /// The observed and recorded series.
    Series,
    /// The map of some systems.
    Map(MapBranch),
    /// A two-time correlation.
    Correlation(Box<Correlation>),
}

/// `let NAME = correlation(A, B, from = m)`, the series ⟨A(n) B(m)⟩ for n ≥ m.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// The name; the two series have the suffixes `_re` and `_im`.
    pub name: Named,
    /// The id of the real part. That of the imaginary part follows it.
    pub re: SeriesId,
    /// The operator A at collision n.
    pub late: Expr,
    /// The operator B at collision m.
    pub early: Expr,
    /// The collision m.
    pub from: Expr,
    /// The place of the call.
    pub span: Span,
}

/// A run that computes the map of some systems.
#[derive(Debug, Clone)]
pub struct MapBranch {
    /// The systems; each starts maximally entangled with a reference system of its own.
    pub systems: Vec<Expr>,
    /// The place of the measure.
    pub span: Span,
    /// The observables that are computed from the map.
    pub observables: Vec<MapObservable>,
}

/// An observable that is computed from the map of some systems.
#[derive(Debug, Clone)]
pub struct MapObservable {
    /// The name of the series, or the common prefix of their names.
    pub name: String,
    /// What is computed.
    pub of: OfMap,
    /// The first of its series among those of one run.
    pub first: usize,
    /// The number of its series that a script can name.
    pub series: usize,
}

impl Observable {
    /// What the observable computes from the map of which systems; `None` if it is read off the state.
    #[must_use]
    pub fn of_map(&self) -> Option<(OfMap, &[Expr])> {
        match &self.value.kind {
            ExprKind::Measure { row: MeasureRow { formula: Formula::OfMap(of), .. }, groups } => {
                Some((*of, &groups[0]))
            }
            _ => None,
        }
    }
}

impl Experiment {
    /// The number of series of one of its runs that a script can name.
    #[must_use]
    pub fn series_of_a_run(&self, program: &Program) -> usize {
        self.observed_series(program) + usize::from(self.is_steady())
    }

    /// The number of observed and recorded series that a script can name.
    fn observed_series(&self, program: &Program) -> usize {
        let observed = program.observables.iter().chain(&self.observables).map(|o| o.shape.series());
        observed.chain(program.records.iter().map(|(_, shape)| shape.series())).sum()
    }

    /// The id of `gap`, which follows the series of a run; `None` without `steady`.
    #[must_use]
    pub fn gap(&self, program: &Program) -> Option<SeriesId> {
        self.is_steady().then(|| SeriesId(self.observed_series(program)))
    }

    /// The first series of an observable among those of one run; `key` is its key.
    #[must_use]
    pub fn first_series(&self, program: &Program, key: &str) -> usize {
        let recorded = program.records.iter().map(|(name, shape)| (name, *shape));
        let model = program.observables.iter().map(|o| (&o.name, o.shape)).chain(recorded);
        let all = model.chain(self.observables.iter().map(|o| (&o.name, o.shape)));
        all.take_while(|(name, _)| name.key != key).map(|(_, shape)| shape.series()).sum()
    }
}

/// Divides an experiment with cases or with measures of maps into runs.
pub(super) fn divide(program: &Program, experiment: &mut Experiment) {
    let maps = maps(program, experiment);
    if experiment.cases.is_empty() && maps.is_empty() && experiment.correlations.is_empty() {
        return;
    }
    let alone = Experiment {
        sets: experiment.sets.clone(),
        draws: experiment.draws.clone(),
        trajectories: experiment.trajectories.clone(),
        run: experiment.run.clone(),
        observables: experiment.observables.clone(),
        start: experiment.start.clone(),
        ..Experiment::empty(experiment.name.clone(), experiment.body, experiment.title.clone())
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
            Branch { case, computes, experiment, within: None }
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
