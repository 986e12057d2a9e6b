//! Plans a lowered experiment and carries out the plan.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::ensemble::Sampled;
use super::memory_budget::{Budget, HeldSeries};
use super::remarks::Remark;
use super::simulate::{Done, Ends, Simulation, Task};
use super::steady::SteadyRun;
use super::sweep::{self, Sweep};
use super::{Checkpoint, Control, Options, Prepared, Ran, Scratch, Setup, SpectralView, lowered};
use crate::analysis::Table;
use crate::backend::{Backend, Impurity, Plan, Planned, Refused, Request, Start, States, Steps, Watch, Work, plan};
use crate::chance::Trajectory;
use crate::check::{Experiment, Program};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::{Column, ColumnKind, Model, Settled};
use crate::source::SourceMap;

/// Number of collisions assumed where there is no experiment; a typical number.
const TYPICAL: u64 = 2000;

/// The plan that would run an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The plan of the run.
    pub plan: Plan,
    /// The point of a sweep that the plan is for, as in `γ = 0.5`; `None` for a run.
    pub point: Option<String>,
    /// The other runs of an experiment with cases, maps or correlations, each with how it is computed.
    pub others: Vec<(String, String)>,
    /// The trajectories, each of which is run in this way.
    pub sampled: Option<Sampled>,
}

/// The plans of the runs of an experiment.
pub(super) struct Plans {
    /// The plan of the run, or of the first case.
    pub(super) first: Plan,
    /// The other runs, each with how it is computed.
    pub(super) others: Vec<(String, String)>,
    /// The trajectories of which these are the runs of the first.
    pub(super) sampled: Option<Sampled>,
}

impl Choice {
    pub(super) fn of(plans: Plans, point: Option<String>) -> Self {
        Self { plan: plans.first, point, others: plans.others, sampled: plans.sampled }
    }
}

/// The plan that would run an experiment, or a typical number of collisions at the parameters' defaults if there is no
/// experiment with a `run`. For a sweep, this is the plan of the first point that can run.
///
/// # Errors
/// Every mistake in the step at that point, or a step map was requested and there is none.
pub fn choice(
    program: &Program,
    experiment: Option<&Experiment>,
    options: &Options,
    sources: &SourceMap,
    control: &Control<'_>,
) -> Result<Choice, Vec<Diagnostic>> {
    let program = experiment.map_or(program, |e| program.of(e));
    let Some(experiment) = experiment.filter(|e| e.run.is_some()) else {
        let mut model = Model::new(program, experiment, &options.settings)?;
        let columns = model.columns()?;
        let (start, steps) = (start(&mut model, &columns)?, collisions(&mut model)?);
        let held = HeldSeries::of_columns(columns.len());
        let states = States::of(&start, &steps, options.backend);
        let kept = Kept { reads: 0..=TYPICAL, held, budget: Budget::now(), states };
        let request = kept.request(start, steps, options.backend);
        let plan = planned(request, &model, control, &mut Scratch::default())?.plan;
        return Ok(Choice { plan, point: None, others: Vec::new(), sampled: None });
    };
    if !experiment.sweep.is_empty() {
        return Sweep::new(Setup::new(program, experiment, options, sources))?.choice(control);
    }
    let needed = sweep::needed(program, experiment);
    let ready = lowered(program, experiment, options, needed.as_ref(), Budget::now(), &mut Scratch::default())?;
    Ok(Choice::of(ready.plans(control)?, None))
}

/// The costs of the most expensive of the initial state and the steps of a model, for the requested backend.
///
/// # Errors
/// As [`Model::settle`].
pub fn states(model: &mut Model<'_>, backend: Backend) -> Result<States, Vec<Diagnostic>> {
    let columns = model.columns()?;
    let (start, steps) = (start(model, &columns)?, collisions(model)?);
    Ok(States::of(&start, &steps, backend))
}

/// The results that a run keeps, and its memory.
pub(super) struct Kept {
    /// The range of collisions whose values are read.
    pub(super) reads: RangeInclusive<u64>,
    /// The number of series in memory at once.
    pub(super) held: HeldSeries,
    /// The memory that the run may use.
    pub(super) budget: Budget,
    /// The costliest of the start and the steps.
    pub(super) states: States,
}

impl Kept {
    /// The request to plan a run on the backend that the user requested.
    pub(super) fn request(self, start: Start, steps: Steps, backend: Backend) -> Request {
        let Self { reads, held, budget, states } = self;
        let series = held.bytes(reads.end() - reads.start() + 1);
        Request { states, start, steps, reads, backend, series, limit: budget.bytes() }
    }
}

/// The initial state of a model.
///
/// # Errors
/// Every mistake in the observables.
pub(super) fn start(model: &mut Model<'_>, columns: &[Column]) -> Result<Start, Vec<Diagnostic>> {
    let observables = model.initial_observables()?;
    let records = columns.iter().filter(|c| c.kind == ColumnKind::Recorded).count() + model.watched().len();
    let (ops, layout, alive) = (model.initial(), model.layout(), model.alive_at_start());
    Ok(Start { collisions: 0, ops, layout, observables, records, recorded: Vec::new(), alive, trajectory: None })
}

/// The gate sequences of a model.
///
/// # Errors
/// Every mistake in the steps and observables.
pub(super) fn collisions(model: &mut Model<'_>) -> Result<Steps, Vec<Diagnostic>> {
    let Settled { steps, cycle } = model.settle()?;
    Ok(Steps { first: steps.iter().map(|step| Arc::clone(&step.collision)).collect(), cycle })
}

/// The plan for a request, ready to run.
pub(super) fn planned(
    request: Request,
    model: &Model<'_>,
    control: &Control<'_>,
    scratch: &mut Scratch,
) -> Result<Planned, Vec<Diagnostic>> {
    let watch = Watch::new(control.interrupted);
    plan(request, &mut Work { tables: &mut scratch.tables, watch: &watch }).map_err(|refused| match refused {
        Refused::Impure { place, why } => vec![not_pure(why, None).label(model.place(place), "here")],
        refused => vec![no_step_map(&refused)],
    })
}

/// The error of a state that does not stay pure; `at` says when, as in `at collision 3`, if it is found during the run.
pub(super) fn not_pure(why: Impurity, at: Option<&str>) -> Diagnostic {
    let when = at.map(|at| format!("{at}, ")).unwrap_or_default();
    Diagnostic::nowhere(Code::NotPure, format!("{when}the state does not stay pure: {why}"))
        .help("leave out `--backend pure`: a density matrix holds mixed states")
}

pub(super) fn no_step_map(refused: &Refused) -> Diagnostic {
    Diagnostic::nowhere(Code::NoStepMap, format!("no step map can run this: {refused}"))
        .help("leave out `--backend` to let Carom choose the engine")
}

/// What one run has computed.
pub(super) struct Simulated {
    pub(super) ran: Ran,
    pub(super) done: Done,
    pub(super) remarks: Vec<Remark>,
    /// How the steady state was computed; `None` for a run.
    pub(super) steady: Option<SteadyRun>,
}

/// A finished run.
pub(super) struct Finished<'p> {
    pub(super) model: Model<'p>,
    pub(super) columns: Vec<Column>,
    /// Number of collisions of the whole run.
    pub(super) requested: u64,
    /// The range of collisions whose values are kept.
    pub(super) reads: RangeInclusive<u64>,
    pub(super) spectrum: Option<SpectralView>,
    pub(super) ran: Ran,
    pub(super) done: Done,
    pub(super) remarks: Vec<Remark>,
    /// How the steady state was computed; `None` for a run.
    pub(super) steady: Option<SteadyRun>,
    /// The trajectories over which the values are averaged; `None` for a single run.
    pub(super) sampled: Option<Sampled>,
    /// The tables of single trajectories.
    pub(super) saved: Vec<Table>,
}

impl<'p> Finished<'p> {
    /// What was simulated, with its columns, the number of collisions of the whole run, and those whose values are kept.
    pub(super) fn new(
        model: Model<'p>,
        columns: Vec<Column>,
        (requested, reads): (u64, RangeInclusive<u64>),
        spectrum: Option<SpectralView>,
        simulated: Simulated,
    ) -> Self {
        let Simulated { ran, done, remarks, steady } = simulated;
        let reads = if steady.is_some() { 0..=0 } else { reads };
        let (sampled, saved) = (None, Vec::new());
        Self { model, columns, requested, reads, spectrum, ran, done, remarks, steady, sampled, saved }
    }
}

impl<'p> Prepared<'p> {
    /// The plan of the run, without running it.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    pub(super) fn plan(self, control: &Control<'_>) -> Result<Plan, Vec<Diagnostic>> {
        if let Some(place) = self.steady {
            return self.steady_plan(place, control);
        }
        planned(self.request, &self.model, control, &mut Scratch::default()).map(|planned| planned.plan)
    }

    /// Starts the run from the end of an earlier one; `values` are the values of every column up to that point.
    pub(super) fn continue_from(&mut self, checkpoint: &Checkpoint, values: Vec<Vec<f64>>) {
        let mut alive = checkpoint.slots(&self.model);
        alive.sort_unstable();
        let ops = vec![checkpoint.attach(&self.model)];
        let (collisions, layout) = (checkpoint.collisions, self.model.layout());
        let (observables, records) = (Vec::new(), self.request.start.records);
        let of_record = |(column, _): &(&Column, &Vec<f64>)| column.kind == ColumnKind::Recorded;
        let recorded = self.columns.iter().zip(&values).filter(of_record);
        let recorded = recorded.filter_map(|(_, values)| values.last().copied()).collect();
        self.request.start = Start { collisions, ops, layout, observables, records, recorded, alive, trajectory: None };
        self.values = values;
        self.peaks = checkpoint.peaks.clone();
    }

    /// Keeps only the values from this collision on.
    pub(super) fn read_from(&mut self, first: u64) {
        self.reads = first..=*self.reads.end();
        self.request.reads = self.reads.clone();
    }

    /// Draws the random numbers of another trajectory in the next run.
    ///
    /// # Errors
    /// A step cannot be lowered with these random numbers.
    pub(super) fn resample(&mut self, trajectory: Trajectory) -> Result<(), Vec<Diagnostic>> {
        let changes = self.model.draws_numbers();
        self.model.sample(trajectory);
        self.request.start.trajectory = Some(trajectory);
        if changes {
            self.request.steps = collisions(&mut self.model)?;
        }
        Ok(())
    }

    /// Plans the run and carries out the plan. It can be run again from the beginning.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    pub(super) fn simulate(
        &mut self,
        experiment: &Experiment,
        control: &Control<'_>,
        scratch: &mut Scratch,
    ) -> Result<Simulated, Vec<Diagnostic>> {
        if let Some(place) = self.steady {
            return self.settle(place, control, scratch);
        }
        let Planned { plan, mut engine } = planned(self.request.clone(), &self.model, control, scratch)?;
        let length = self.reads.end() - self.reads.start();
        let capacity = usize::try_from(length.min(1 << 20)).expect("at most 2^20") + 1;
        let mut values = std::mem::take(&mut self.values);
        values.resize_with(self.columns.len(), || Vec::with_capacity(capacity));
        let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
        let ends = until.map_or(Ends::Never, Ends::Condition);
        let (requested, keep) = (self.requested, self.keep);
        let (reads, peaks) = (self.reads.clone(), self.peaks.clone());
        let task = Task { columns: &self.columns, ends, requested, reads, values, peaks, keep };
        let done = Simulation::new(&mut self.model, task, control).run(&mut *engine);
        if self.request.backend == Backend::Auto && done.fault.as_ref().is_some_and(|d| d.code == Code::NotPure) {
            // A later collision has operations that the first ones lack. On a density matrix, the outcomes are the same.
            self.request.backend = Backend::Density;
            let again = self.simulate(experiment, control, scratch);
            self.request.backend = Backend::Auto;
            return again;
        }
        let mut remarks = self.foreseen();
        remarks.extend(done.peaks.remarks(&self.model));
        remarks.extend(done.unselected.iter().map(|unselected| Remark::from(unselected.warning())));
        Ok(Simulated { ran: Ran { plan, rounding: done.rounding }, done, remarks, steady: None })
    }

    /// The warnings about the operations of the steps that have been lowered so far.
    pub(super) fn foreseen(&self) -> Vec<Remark> {
        // The error of a steady state is that of a single collision.
        let inexact = self.model.inexact(self.requested.max(1));
        let inexact = inexact.map(|(warning, total)| Remark::graded(warning, total));
        inexact.chain(self.model.warnings().iter().cloned().map(Remark::from)).collect()
    }

    /// Plans the run and carries out the plan.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    pub(super) fn run(
        mut self,
        experiment: &Experiment,
        control: &Control<'_>,
        scratch: &mut Scratch,
    ) -> Result<Finished<'p>, Vec<Diagnostic>> {
        let simulated = self.simulate(experiment, control, scratch);
        scratch.gates = std::mem::take(self.model.gates());
        let Self { model, columns, requested, reads, spectrum, .. } = self;
        Ok(Finished::new(model, columns, (requested, reads), spectrum, simulated?))
    }
}
