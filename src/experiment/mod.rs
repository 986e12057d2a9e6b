//! Runs experiments: the model at the experiment's parameter point, its collisions, what is computed from the series, and
//! what is expected of them.
//!
//! Contract: takes a checked [`Program`]; an [`Outcome`] holds everything that was computed, also when the run was stopped
//! or failed half-way. Nothing here writes files or prints.

mod analyse;
mod checkpoint;
pub mod figures;
pub mod files;
mod memory;
mod simulate;
pub mod sweep;

pub(crate) use memory::{bytes, peak};

pub use analyse::{Claim, LetValue};
pub use checkpoint::Checkpoint;
pub use simulate::Control;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::analysis::Series;
use crate::backend::{Density, Reference};
use crate::check::{Experiment, Program, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Step;
use crate::ir::lower::{Column, ColumnKind, CompiledStep, Model, Scope, no_step};
use crate::source::SourceMap;
use simulate::{Done, Plan, Simulation};
use sweep::Sweep;

/// What runs the gate sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// In-place kernels on a density matrix.
    #[default]
    Density,
    /// Dense matrices over all subsystems, on the step as it is written: slow and obvious, for comparison.
    Reference,
}

impl Backend {
    /// Its name in files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Density => "density",
            Self::Reference => "reference",
        }
    }

    /// The sequence that it runs. The reference takes the step as it is written, so that comparing the two tests the
    /// passes as well as the kernels.
    fn sequence(self, step: &CompiledStep) -> &Step {
        match self {
            Self::Density => &step.step,
            Self::Reference => &step.written,
        }
    }
}

/// How an experiment is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Parameters set from outside; they outrank those of the script.
    pub settings: Vec<Setting>,
    /// Collisions, instead of what the script says.
    pub collisions: Option<u64>,
    /// What runs it.
    pub backend: Backend,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The experiment's name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Parameters and their values.
    pub parameters: Vec<(String, String)>,
    /// How many collisions were done.
    pub collisions: u64,
    /// How many were asked for.
    pub asked: u64,
    /// Whether an `until` ended it.
    pub stopped_early: bool,
    /// Whether somebody interrupted it.
    pub interrupted: bool,
    /// What went wrong half-way, if anything did.
    pub fault: Option<Diagnostic>,
    /// Observed and recorded series, as the files order them.
    pub series: Vec<(String, Series)>,
    /// Observed or recorded?
    pub kinds: Vec<ColumnKind>,
    /// `let`s in order.
    pub lets: Vec<(String, LetValue)>,
    /// `expect`s in order.
    pub claims: Vec<Claim>,
    /// `save`s: file name, and the names and series in it.
    pub saves: Vec<(String, Vec<(String, Series)>)>,
    /// Whether the script asks for plots.
    pub has_plots: bool,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
    /// How long it took.
    pub wall: Duration,
    /// What ran it.
    pub backend: Backend,
    /// Re Tr ρ at the end.
    pub trace: f64,
}

/// Everything about an experiment that can be checked before it runs: parameters, states, the step, liveness, what is
/// observed, memory, and the arguments of its series functions. One that only arranges others' figures has none of it.
///
/// # Errors
/// All independent mistakes of the first stage that finds any.
pub fn check(
    program: &Program,
    experiment: &Experiment,
    options: &Options,
    sources: &SourceMap,
) -> Result<(), Vec<Diagnostic>> {
    if experiment.run.is_none() {
        Ok(())
    } else if experiment.sweep.is_empty() {
        prepare(program, experiment, options, sources, None).map(|_| ())
    } else {
        Sweep::new(program, experiment, options, sources).map(|_| ())
    }
}

/// Checks the model with no experiment: at the parameters' defaults.
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

struct Prepared<'p> {
    model: Model<'p>,
    columns: Vec<Column>,
    asked: u64,
}

/// The longest run: its index must be exact as a double.
pub const MAX_COLLISIONS: u64 = 1_000_000_000_000;

/// Above this length the series functions are not tried out on placeholder series before the run.
const MAX_REHEARSAL: u64 = 1_000_000;

/// Lowers an experiment and checks all that can be checked before it runs. With `wanted`, nothing else is computed.
fn prepare<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    options: &'p Options,
    sources: &SourceMap,
    wanted: Option<&BTreeSet<SeriesId>>,
) -> Result<Prepared<'p>, Vec<Diagnostic>> {
    let mut model = Model::new(program, Some(experiment), &options.settings)?;
    if let Some(wanted) = wanted {
        model.restrict(wanted);
    }
    let Some(run) = &experiment.run else {
        let name = &experiment.name;
        return Err(vec![
            Diagnostic::new(
                Code::OnlyPanels,
                format!("`{}` only arranges other experiments' figures", name.text),
                name.span,
                "no run",
            )
            .help("run those experiments"),
        ]);
    };
    if program.step.is_none() {
        return Err(vec![no_step(Some(run.span))]);
    }
    let asked = {
        let ev = model.evaluator();
        let count = ev
            .count(&run.collisions, Scope::locals(&[]), "the number of collisions", 1..=MAX_COLLISIONS)
            .map_err(|d| vec![*d])?;
        options.collisions.unwrap_or(count)
    };
    let columns = model.columns()?;
    let steps = model.settle()?;
    model.initial_observables()?;
    memory::refuse_too_large(&mut model, &steps, columns.len(), asked, run.span)?;
    if asked <= MAX_REHEARSAL {
        analyse::rehearse(&model, experiment, &columns, asked, sources)?;
    }
    Ok(Prepared { model, columns, asked })
}

/// Runs an experiment once, at its parameter point; a sweep is run by [`sweep::Sweep`].
///
/// # Errors
/// What is wrong with it before its first collision. Later faults are in the [`Outcome`], beside what was computed.
pub fn run(
    program: &Program,
    experiment: &Experiment,
    options: &Options,
    sources: &SourceMap,
    control: &Control<'_>,
) -> Result<Outcome, Vec<Diagnostic>> {
    begin(program, experiment, options, sources, control, false).map(|(outcome, _)| outcome)
}

/// Runs an experiment as [`run`] does, and gives the state behind the last collision beside the outcome: none where a
/// collision was left half-done.
///
/// # Errors
/// As [`run`].
pub fn run_keeping(
    program: &Program,
    experiment: &Experiment,
    options: &Options,
    sources: &SourceMap,
    control: &Control<'_>,
) -> Result<(Outcome, Option<Checkpoint>), Vec<Diagnostic>> {
    begin(program, experiment, options, sources, control, true)
}

fn begin(
    program: &Program,
    experiment: &Experiment,
    options: &Options,
    sources: &SourceMap,
    control: &Control<'_>,
    keep: bool,
) -> Result<(Outcome, Option<Checkpoint>), Vec<Diagnostic>> {
    let start = Instant::now();
    let Prepared { mut model, columns, asked } = prepare(program, experiment, options, sources, None)?;
    let mut done = simulated(&mut model, experiment, &columns, (asked, keep), options.backend, control);
    let end = done.end.take();
    let about = About { model: &model, experiment, columns: &columns, asked, backend: options.backend };
    Ok((about.outcome(done, start, sources)?, end))
}

/// Goes on, on the density backend, from where an earlier run of the same program, experiment and parameters has ended; from
/// the initial state, if from nowhere. The outcome is that of one run from the beginning, number for number.
///
/// # Errors
/// As [`run`].
pub fn go_on(
    program: &Program,
    experiment: &Experiment,
    options: &Options,
    sources: &SourceMap,
    control: &Control<'_>,
    from: Option<(&Checkpoint, &Outcome)>,
) -> Result<(Outcome, Option<Checkpoint>), Vec<Diagnostic>> {
    let start = Instant::now();
    let Prepared { mut model, columns, asked } = prepare(program, experiment, options, sources, None)?;
    let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
    let values = |outcome: &Outcome| outcome.series.iter().map(|(_, s)| s.values.clone()).collect();
    let from = from.map(|(checkpoint, outcome)| (checkpoint, values(outcome)));
    let plan = Plan { columns: &columns, until, asked, backend: Backend::Density, from, keep: true };
    let mut done = Simulation::<Density>::run(&mut model, &plan, control);
    let end = done.end.take();
    let about = About { model: &model, experiment, columns: &columns, asked, backend: Backend::Density };
    Ok((about.outcome(done, start, sources)?, end))
}

/// What an outcome says beside the numbers.
struct About<'a, 'p> {
    model: &'a Model<'p>,
    experiment: &'a Experiment,
    columns: &'a [Column],
    asked: u64,
    backend: Backend,
}

impl About<'_, '_> {
    fn outcome(self, done: Done, start: Instant, sources: &SourceMap) -> Result<Outcome, Vec<Diagnostic>> {
        let (experiment, columns) = (self.experiment, self.columns);
        let series = columns.iter().zip(done.values).map(|(c, v)| (c.name.clone(), Series::of_run(v, c.scale)));
        let mut outcome = Outcome {
            name: experiment.name.text.clone(),
            title: experiment.title.clone(),
            parameters: self.model.parameters(),
            collisions: done.collisions,
            asked: self.asked,
            stopped_early: done.stopped_early,
            interrupted: done.interrupted,
            fault: done.fault,
            series: series.collect(),
            kinds: columns.iter().map(|c| c.kind).collect(),
            lets: Vec::new(),
            claims: Vec::new(),
            saves: Vec::new(),
            has_plots: !experiment.plots.is_empty(),
            warnings: Vec::new(),
            wall: Duration::ZERO,
            backend: self.backend,
            trace: done.trace,
        };
        if outcome.fault.is_none() && !outcome.interrupted {
            analyse::finish(self.model, experiment, columns, sources, &mut outcome)?;
        }
        outcome.wall = start.elapsed();
        Ok(outcome)
    }
}

/// Runs the collisions on the backend that was asked for.
fn simulated(
    model: &mut Model<'_>,
    experiment: &Experiment,
    columns: &[Column],
    (asked, keep): (u64, bool),
    backend: Backend,
    control: &Control<'_>,
) -> Done {
    let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
    let plan = Plan { columns, until, asked, backend, from: None, keep };
    match backend {
        Backend::Density => Simulation::<Density>::run(model, &plan, control),
        Backend::Reference => Simulation::<Reference>::run(model, &plan, control),
    }
}

/// The names of an experiment's observed and recorded series, in the order of a run's columns; none if it cannot be lowered.
#[must_use]
pub fn column_names(program: &Program, experiment: &Experiment, settings: &[Setting]) -> Vec<String> {
    let columns = Model::new(program, Some(experiment), settings).and_then(|mut m| m.columns());
    columns.map(|c| c.into_iter().map(|c| c.name).collect()).unwrap_or_default()
}
