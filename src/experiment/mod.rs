//! Runs experiments: builds the model at the experiment's parameter point, simulates its collisions, analyses the
//! series, and checks the experiment's claims.
//!
//! Contract: the input is a checked [`Program`]. The [`Outcome`] holds everything that was computed, even if the run
//! was stopped or failed part-way. Nothing here writes files or prints.

mod analyse;
mod branches;
mod checkpoint;
mod coarse;
mod correlation;
mod ensemble;
pub mod figures;
pub mod files;
mod joined;
mod journal;
mod memory_budget;
mod moments;
mod needed_range;
mod outcome;
mod parts;
mod planning;
pub mod read_back;
mod remarks;
mod setup;
mod simulate;
mod spectral;
mod steady;
pub mod sweep;
mod tables;
mod truncation;
mod unravelling;

pub(crate) use memory_budget::bytes;

pub use crate::backend::{Backend, Plan};
pub use analyse::Claim;
pub use branches::CaseSettings;
pub use checkpoint::Checkpoint;
pub use coarse::coarse;
pub use ensemble::{Sampled, Trajectories};
pub use outcome::{Coverage, Ending, Execution, Outcome};
pub use planning::{Choice, choice, states};
pub use setup::Setup;
pub use simulate::Control;
pub use spectral::{LateValue, ObservedSeries, Prediction, SpectralView, VISIBLE, spectrum};
pub use steady::SteadyRun;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use crate::backend::{Request, States, Tables};
use crate::chance::Trajectory;
use crate::check::{Experiment, ParamId, Program, RunSpec, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Scope;
use crate::lower::{Column, GateCache, Model, no_step};
use crate::source::{SourceMap, Span};
use branches::Runs;
use ensemble::Ensemble;
use memory_budget::{Budget, HeldSeries};
use planning::{Finished, Kept, Plans, Simulated};
use remarks::Remark;
use sweep::Sweep;
use tables::{Header, Results};
use truncation::Peaks;

pub(crate) use tables::value_of;

/// How a gate sequence was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// The plan that was executed.
    pub plan: Plan,
    /// Estimated rounding error in the coefficients of the state after a jump by powers of the step map; `None` without
    /// a jump.
    pub rounding: Option<f64>,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.plan.form, self.rounding) {
            (Some(form), Some(error)) => write!(f, "{} ({form}, rounding below {error:.0e})", self.plan.engine.name()),
            _ => self.plan.fmt(f),
        }
    }
}

/// How an experiment is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Parameters set from outside; they take precedence over the values in the script.
    pub settings: Vec<Setting>,
    /// Number of collisions; `None` means the number in the script.
    pub collisions: Option<u64>,
    /// The backend that was requested.
    pub backend: Backend,
    /// The seed of the trajectories; `None` means the seed in the script.
    pub seed: Option<u64>,
    /// The single trajectory to run; `None` means all of them, and the mean without `trajectories`.
    pub trajectory: Option<Trajectory>,
}

/// Checks everything that can be checked before an experiment runs: parameters, states, the step, liveness,
/// observables, memory, and the arguments of its series functions. An experiment that only arranges the figures of
/// others has nothing to check. Returns the warnings that need no run.
///
/// # Errors
/// All independent mistakes found by the first stage that finds any.
pub fn check(setup: Setup<'_>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    if setup.experiment.run.is_none() {
        Ok(Vec::new())
    } else if setup.experiment.sweep.is_empty() {
        let ready = prepare(setup, None, &Control::none())?;
        Ok(remarks::warnings(ready.foreseen()))
    } else {
        Sweep::new(setup).map(|sweep| sweep.foreseen())
    }
}

/// Checks the model without an experiment, at the parameters' defaults.
///
/// # Errors
/// As [`check`].
pub fn check_model(program: &Program, settings: &[Setting]) -> Result<(), Vec<Diagnostic>> {
    let mut model = Model::new(program, None, settings)?;
    if program.step.is_some() {
        model.settle()?;
        model.initial_observables()?;
    }
    Ok(())
}

/// The errors and warnings about the model at its defaults and about each of the script's own experiments, each once.
#[must_use]
pub fn check_all(program: &Program, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut found = check_model(program, &[]).err().unwrap_or_default();
    for e in program.experiments.iter().filter(|e| e.name.own) {
        for d in check(Setup::new(program, e, &Options::default(), sources)).unwrap_or_else(|errors| errors) {
            if !found.iter().any(|o| o.message == d.message && o.labels.first() == d.labels.first()) {
                found.push(d);
            }
        }
    }
    found
}

/// A lowered and checked experiment, ready to be planned and run.
struct Prepared<'p> {
    model: Model<'p>,
    columns: Vec<Column>,
    /// Number of collisions of the whole run.
    requested: u64,
    /// The range of collisions whose values are kept.
    reads: RangeInclusive<u64>,
    request: Request,
    /// The values of each column before the first collision of this run; empty for a new run.
    values: Vec<Vec<f64>>,
    /// The largest populations of the highest levels of bosons before this run; empty for a new run.
    peaks: Peaks,
    /// Whether to return the final state.
    keep: bool,
    spectrum: Option<SpectralView>,
    /// The place of `steady`; `None` for a run.
    steady: Option<Span>,
}

/// A lowered and checked experiment: one run, several, or an average over trajectories.
enum Ready<'p> {
    One(Box<Prepared<'p>>),
    Several(Box<Runs<'p>>),
    Ensemble(Box<Ensemble<'p>>),
}

impl<'p> Ready<'p> {
    /// The number of collisions of each run.
    fn requested(&self) -> u64 {
        match self {
            Self::One(prepared) => prepared.requested,
            Self::Several(runs) => runs.requested,
            Self::Ensemble(ensemble) => ensemble.requested,
        }
    }

    /// The model at the experiment's own parameter point, and the columns of the results.
    fn results(&self) -> (&Model<'p>, &[Column]) {
        match self {
            Self::One(prepared) => (&prepared.model, &prepared.columns),
            Self::Several(runs) => (&runs.model, &runs.columns),
            Self::Ensemble(ensemble) => (&ensemble.model, &ensemble.columns),
        }
    }

    /// The warnings that need no run.
    fn foreseen(&self) -> Vec<Remark> {
        match self {
            Self::One(prepared) => prepared.foreseen(),
            Self::Several(runs) => runs.foreseen(),
            Self::Ensemble(ensemble) => ensemble.foreseen.clone(),
        }
    }

    /// The trajectories over which the values will be averaged; `None` for a single run.
    fn trajectories(&self) -> Option<Sampled> {
        if let Self::Ensemble(ensemble) = self { Some(ensemble.requested_trajectories()) } else { None }
    }

    /// The range of collisions whose values are kept.
    fn reads(&self) -> RangeInclusive<u64> {
        match self {
            Self::One(prepared) => prepared.reads.clone(),
            Self::Several(runs) => runs.reads.clone(),
            Self::Ensemble(ensemble) => ensemble.reads.clone(),
        }
    }

    /// The plans of all runs.
    ///
    /// # Errors
    /// A step map was requested, and a run has none.
    fn plans(self, control: &Control<'_>) -> Result<Plans, Vec<Diagnostic>> {
        match self {
            Self::One(prepared) => Ok(Plans { first: prepared.plan(control)?, others: Vec::new(), sampled: None }),
            Self::Several(runs) => runs.plans(control),
            Self::Ensemble(ensemble) => ensemble.plans(control),
        }
    }

    /// Plans the runs and carries out the plans.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    fn run(
        self,
        experiment: &Experiment,
        control: &Control<'_>,
        scratch: &mut Scratch,
    ) -> Result<Finished<'p>, Vec<Diagnostic>> {
        match self {
            Self::One(prepared) => prepared.run(experiment, control, scratch),
            Self::Several(runs) => runs.run(control, scratch),
            Self::Ensemble(ensemble) => ensemble.run(None, control),
        }
    }
}

/// The runs of a single trajectory.
impl Ready<'_> {
    /// Draws the random numbers of another trajectory in the next run.
    ///
    /// # Errors
    /// A step cannot be lowered with these random numbers.
    fn resample(&mut self, trajectory: Trajectory) -> Result<(), Vec<Diagnostic>> {
        match self {
            Self::One(prepared) => prepared.resample(trajectory),
            Self::Several(runs) => runs.resample(trajectory),
            Self::Ensemble(_) => unreachable!("a trajectory is one run or several"),
        }
    }

    /// Carries out the runs; they can be carried out again.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    fn simulate(
        &mut self,
        experiment: &Experiment,
        control: &Control<'_>,
        scratch: &mut Scratch,
    ) -> Result<Simulated, Vec<Diagnostic>> {
        match self {
            Self::One(prepared) => prepared.simulate(experiment, control, scratch),
            Self::Several(runs) => runs.simulate(control, scratch),
            Self::Ensemble(_) => unreachable!("a trajectory is one run or several"),
        }
    }

    /// Returns the cached gates of a run.
    fn return_gates(&mut self, scratch: &mut Scratch) {
        if let Self::One(prepared) = self {
            scratch.gates = std::mem::take(prepared.model.gates());
        }
    }
}

/// The analysis that reads the series of a run.
#[derive(Clone, Copy)]
struct Reading<'a> {
    /// The model at whose parameter point the analysis is evaluated.
    model: &'a Model<'a>,
    experiment: &'a Experiment,
    /// The series in memory at once.
    held: HeldSeries,
    /// Whether all collisions are needed.
    whole: bool,
}

/// A thread's cache for the points of one sweep: gates and transfer matrices that do not depend on a swept parameter
/// are built once per thread.
#[derive(Debug, Default)]
struct Scratch {
    /// The sizes of arrays for which the gates were built.
    sizes: Vec<(ParamId, f64)>,
    gates: GateCache,
    tables: Tables,
}

/// The largest number of collisions in a run. Collision numbers must be exact as doubles.
pub const MAX_COLLISIONS: u64 = 1_000_000_000_000;

/// The most collisions of a run, or points of a sweep, whose analysis is tried out on missing values before the run.
const MAX_REHEARSAL: u64 = 1_000_000;

/// Lowers an experiment and checks everything that can be checked before it runs. After an interrupt, the spectrum is
/// missing.
fn prepare<'p>(
    setup: Setup<'p>,
    needed: Option<&BTreeSet<SeriesId>>,
    control: &Control<'_>,
) -> Result<Ready<'p>, Vec<Diagnostic>> {
    let Setup { program, experiment, options, sources } = setup;
    let mut ready = lowered(program, experiment, options, needed, Budget::now(), &mut Scratch::default())?;
    let (model, columns) = ready.results();
    // The numbers of a steady state need no windows.
    if ready.requested() <= MAX_REHEARSAL && !experiment.is_steady() {
        analyse::rehearse(model, experiment, columns, ready.requested(), sources)?;
    }
    if let Some(place) = experiment.spectrum {
        let Prepared { model, columns, .. } = match &mut ready {
            Ready::One(prepared) => prepared,
            Ready::Several(runs) => runs.first(),
            Ready::Ensemble(_) => unreachable!("the checker refuses `spectrum` with trajectories"),
        };
        model.watch_top_levels(false);
        let spectrum = spectral::of_experiment(model, columns, experiment, place, (sources, control))?;
        model.watch_top_levels(true);
        match &mut ready {
            Ready::One(prepared) => prepared.spectrum = spectrum,
            Ready::Several(runs) => runs.spectrum = spectrum,
            Ready::Ensemble(_) => {}
        }
    }
    Ok(ready)
}

/// Lowers an experiment and checks that it fits into memory. If `needed` is given, only those series are computed.
fn lowered<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    options: &'p Options,
    needed: Option<&BTreeSet<SeriesId>>,
    budget: Budget,
    scratch: &mut Scratch,
) -> Result<Ready<'p>, Vec<Diagnostic>> {
    let mut model = Model::new(program, Some(experiment), &options.settings)?;
    match (&experiment.trajectories, options.trajectory) {
        (Some(_), None) if experiment.run.is_some() => {
            let ensemble = Ensemble::lowered(model, (program, experiment), options, needed, budget, scratch)?;
            return Ok(Ready::Ensemble(Box::new(ensemble)));
        }
        (_, Some(trajectory)) => model.sample(trajectory),
        _ => {}
    }
    if experiment.run.is_some() && !experiment.branches.is_empty() {
        let runs = Runs::lowered(model, (program, experiment), options, needed, budget, scratch)?;
        return Ok(Ready::Several(Box::new(runs)));
    }
    if let Some(needed) = needed {
        model.restrict(needed);
    }
    model.watch_top_levels(true);
    lower_model(model, experiment, options, None, budget, scratch).map(|p| Ready::One(Box::new(p)))
}

/// Lowers the experiment of one run. `reading` is the analysis of its series, if it is not that of the experiment.
fn lower_model<'p>(
    mut model: Model<'p>,
    experiment: &'p Experiment,
    options: &Options,
    reading: Option<&Reading<'_>>,
    budget: Budget,
    scratch: &mut Scratch,
) -> Result<Prepared<'p>, Vec<Diagnostic>> {
    let program = model.program();
    *model.gates() = std::mem::take(&mut scratch.gates);
    let Some(run) = &experiment.run else { return Err(vec![only_panels(experiment)]) };
    if program.step.is_none() {
        return Err(vec![no_step(Some(run.span))]);
    }
    let requested = requested_collisions(&model, run, options)?;
    let steady = run.collisions.is_none().then_some(run.span);
    let columns = model.columns()?;
    run.until.iter().try_for_each(|until| simulate::rehearse_until(&model, until, &columns))?;
    if run.until.is_none() && steady.is_none() {
        last_inputs(&mut model, requested)?;
    }
    let (mut start, steps) = (planning::start(&mut model, &columns)?, planning::collisions(&mut model)?);
    start.trajectory = options.trajectory;
    let peaks = Peaks::initial(&model, &start.ops, &start.layout);
    if steady.is_some() && model.depends_on_collision() {
        return Err(vec![steady::depends_on_collision(run.span)]);
    }
    let states = States::of(&start, &steps, options.backend);
    let decisive = states.decisive(options.backend, budget.bytes());
    let series = budget.beside_states(&decisive, run.span).map_err(|d| vec![unravelling::or_sample(*d, options)])?;
    // All observed series are results. A run that is too long to keep them keeps only what its analysis reads.
    let own = Reading { model: &model, experiment, held: HeldSeries::new(experiment, columns.len()), whole: false };
    let Reading { model: at, experiment: analysis, held, whole } = *reading.unwrap_or(&own);
    let reads = if steady.is_some() {
        0..=steady::MOST_COLLISIONS
    } else if (analysis.has_table() || !series.holds(&held, requested)) && !whole {
        needed_range::reads(at, analysis, requested)
    } else {
        0..=requested
    };
    if !series.holds(&held, steady.map_or(reads.end() - reads.start(), |_| steady::WINDOW as u64)) {
        return Err(series.too_long(&held, requested, run.span));
    }
    let kept = Kept { reads: reads.clone(), held, budget, states };
    let request = kept.request(start, steps, options.backend);
    unravelling::refuse_nonlinear(&model, &columns, &request)?;
    Ok(Prepared {
        model,
        columns,
        requested,
        reads,
        request,
        values: Vec::new(),
        peaks,
        keep: false,
        spectrum: None,
        steady,
    })
}

/// Lowers the last collision if the step reads inputs, so that data that end too early are reported before the run.
fn last_inputs(model: &mut Model<'_>, last: u64) -> Result<(), Vec<Diagnostic>> {
    let entry = model.settle()?.steps.last().map(|step| step.next.clone()).unwrap_or_default();
    if model.program().inputs.is_empty() || !model.depends_on_collision() {
        return Ok(());
    }
    model.step(last, &entry).map(drop).map_err(|errors| vec![*simulate::at_collision(errors, last)])
}

/// The number of collisions requested at the model's parameter point; 0 for a steady state.
fn requested_collisions(model: &Model<'_>, run: &RunSpec, options: &Options) -> Result<u64, Vec<Diagnostic>> {
    let Some(count) = &run.collisions else { return Ok(0) };
    let ev = model.evaluator();
    let count = ev.count(count, Scope::locals(&[]), "the number of collisions", 1..=MAX_COLLISIONS);
    let count = count.map_err(|d| vec![*d])?;
    Ok(options.collisions.unwrap_or(count))
}

fn only_panels(experiment: &Experiment) -> Diagnostic {
    let name = &experiment.name;
    Diagnostic::new(
        Code::OnlyPanels,
        format!("`{}` only arranges other experiments' figures", name.text),
        name.span,
        "this experiment has no `run`",
    )
    .help("run the experiments that its `panels` line names")
}

/// Runs an experiment once, at its parameter point; a sweep is run by [`sweep::Sweep`].
///
/// # Errors
/// Every mistake found before the first collision. A later fault is part of the [`Outcome`], together with the results
/// up to that point.
pub fn run(setup: Setup<'_>, control: &Control<'_>) -> Result<Outcome, Vec<Diagnostic>> {
    let start = Instant::now();
    let Setup { program, experiment, options, sources } = setup;
    let finished = prepare(setup, None, control)?.run(experiment, control, &mut Scratch::default())?;
    let mut outcome = finished.outcome(experiment, start, sources)?;
    outcome.cases = branches::case_settings(program, experiment, &options.settings);
    Ok(outcome)
}

/// Continues a run on the density backend from the end of an earlier run of the same program, experiment and
/// parameters, or from the initial state if `from` is `None`. Also returns the state after the last collision, or
/// `None` if a collision was left incomplete. The outcome is bit for bit that of a single run from the beginning.
///
/// # Errors
/// As [`run`].
pub fn go_on(
    setup: Setup<'_>,
    control: &Control<'_>,
    from: Option<(&Checkpoint, &Outcome)>,
) -> Result<(Outcome, Option<Checkpoint>), Vec<Diagnostic>> {
    let start = Instant::now();
    let Setup { experiment, sources, .. } = setup;
    let options = Options { backend: Backend::Density, ..setup.options.clone() };
    let Ready::One(mut prepared) = prepare(Setup { options: &options, ..setup }, None, control)? else {
        return Err(vec![branches::no_single_state(experiment)]);
    };
    if let Some(place) = prepared.steady {
        return Err(vec![steady::not_a_run(place)]);
    }
    prepared.keep = true;
    if let Some((checkpoint, outcome)) = from {
        prepared.continue_from(checkpoint, outcome.series().map(|(_, s)| s.values.to_vec()).collect());
    }
    let mut finished = prepared.run(experiment, control, &mut Scratch::default())?;
    let end = finished.done.end.take();
    Ok((finished.outcome(experiment, start, sources)?, end))
}

impl Finished<'_> {
    /// The outcome of a finished run, with the analysis of its series.
    fn outcome(self, experiment: &Experiment, start: Instant, sources: &SourceMap) -> Result<Outcome, Vec<Diagnostic>> {
        let Self { model, columns, requested, reads, spectrum, ran, done, remarks, steady, sampled, saved } = self;
        let mut warnings = remarks::warnings(remarks);
        warnings.extend((*reads.start() > 0).then(|| only_a_part(experiment, &reads)));
        let results = Results::new(&columns, done.values, *reads.start(), steady.is_some());
        let ending = match done.fault {
            Some(fault) => Ending::Fault(Box::new(fault)),
            None if done.interrupted => Ending::Interrupted,
            None if done.stopped_early => Ending::Condition,
            None => Ending::Complete,
        };
        let mut outcome = Outcome {
            name: experiment.name.text.clone(),
            title: experiment.title.clone(),
            parameters: model.parameters(),
            cases: Vec::new(),
            collisions: done.collisions,
            requested,
            ending,
            tables: results.tables(&Header::of(&columns), &[]),
            lets: Vec::new(),
            claims: Vec::new(),
            spectrum,
            coverage: None,
            sampled,
            warnings,
            wall: Duration::ZERO,
            ran: Execution::Run(ran),
            trace: done.trace,
            steady,
        };
        if outcome.is_complete() {
            analyse::finish(&model, experiment, (&columns[..], &results), sources, &mut outcome)?;
        }
        outcome.tables.extend(saved);
        if let (Some(view), Results::Run(series)) = (&mut outcome.spectrum, &results) {
            view.compare(series);
        }
        outcome.wall = start.elapsed();
        Ok(outcome)
    }
}

/// The warning about a run whose full series are too long to be kept.
fn only_a_part(experiment: &Experiment, reads: &RangeInclusive<u64>) -> Diagnostic {
    let run = experiment.run.as_ref().expect("an experiment that has run has a `run`").span;
    let message = format!(
        "the full series of this run are too long to be kept: they hold only n = {} … {}, which the experiment reads",
        reads.start(),
        reads.end()
    );
    Diagnostic::new(Code::PartOfSeries, message, run, "a long run").help("run fewer collisions to keep the full series")
}
