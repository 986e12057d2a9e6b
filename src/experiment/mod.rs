//! Runs experiments: the model at the experiment's parameter point, its collisions, what is computed from the series, and
//! what is expected of them.
//!
//! Contract: takes a checked [`Program`]; an [`Outcome`] holds everything that was computed, also when the run was stopped
//! or failed half-way. Nothing here writes files or prints.

mod analyse;
mod checkpoint;
pub mod figures;
pub mod files;
mod mapped;
mod memory_budget;
mod needed_range;
mod simulate;
mod spectral;
pub mod sweep;

pub(crate) use mapped::about;
pub(crate) use memory_budget::{bytes, peak};

pub use analyse::{Claim, LetValue};
pub use checkpoint::Checkpoint;
pub use mapped::Choice;
pub use simulate::Control;
pub use spectral::{Foretold, Prediction, Seen, SpectralView, VISIBLE, spectrum};

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use crate::analysis::Series;
use crate::backend::{Density, Reference, Tables};
use crate::check::{Experiment, Program, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Scope;
use crate::ir::Step;
use crate::lower::{Column, ColumnKind, CompiledStep, GateCache, Model, no_step};
use crate::source::SourceMap;
use memory_budget::Budget;
use simulate::{Done, Plan, Simulation};
use sweep::Sweep;

/// What runs the gate sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The step map where it is cheaper, else the density matrix.
    #[default]
    Auto,
    /// In-place kernels on a density matrix.
    Density,
    /// The step as one matrix on the Hermitian basis.
    StepMap,
    /// Dense matrices over all subsystems, on the step as it is written: slow and obvious, for comparison.
    Reference,
}

impl Backend {
    /// Its name on the command line, in files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Density => "density",
            Self::StepMap => "step-map",
            Self::Reference => "reference",
        }
    }

    /// The sequence that it runs. The reference takes the step as it is written, so that comparing the two tests the
    /// passes as well as the kernels.
    fn sequence(self, step: &CompiledStep) -> &Step {
        match self {
            Self::Auto | Self::Density | Self::StepMap => &step.step,
            Self::Reference => &step.written,
        }
    }
}

/// What has run a gate sequence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ran {
    /// What was chosen.
    pub backend: Backend,
    /// Of a step map: how large it is, what was jumped over, and the error of that.
    pub how: Option<String>,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.backend.name())?;
        self.how.iter().try_for_each(|how| write!(f, " ({how})"))
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
    /// The spectrum of the step map, if the script asks for it.
    pub spectrum: Option<SpectralView>,
    /// Whether the script asks for plots.
    pub has_plots: bool,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
    /// How long it took.
    pub wall: Duration,
    /// What ran it.
    pub ran: Ran,
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

/// What is wrong with the model at its defaults and with each of the script's own experiments, each mistake once.
#[must_use]
pub fn check_all(program: &Program, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut errors = check_model(program, &[]).err().unwrap_or_default();
    for e in program.experiments.iter().filter(|e| e.name.own) {
        for d in check(program, e, &Options::default(), sources).err().unwrap_or_default() {
            if !errors.iter().any(|o| o.message == d.message && o.labels.first() == d.labels.first()) {
                errors.push(d);
            }
        }
    }
    errors
}

struct Prepared<'p> {
    model: Model<'p>,
    columns: Vec<Column>,
    asked: u64,
    /// The collisions whose numbers are kept.
    reads: RangeInclusive<u64>,
    spectrum: Option<SpectralView>,
}

/// What points of one sweep have in common: gates and transfer matrices that no swept parameter reaches are made once a thread.
#[derive(Debug, Default)]
struct Scratch {
    gates: GateCache,
    tables: Tables,
}

/// The longest run: its index must be exact as a double.
pub const MAX_COLLISIONS: u64 = 1_000_000_000_000;

/// Above this length the series functions are not tried out on placeholder series before the run.
const MAX_REHEARSAL: u64 = 1_000_000;

/// Lowers an experiment and checks all that can be checked before it runs.
fn prepare<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    options: &'p Options,
    sources: &SourceMap,
    wanted: Option<&BTreeSet<SeriesId>>,
) -> Result<Prepared<'p>, Vec<Diagnostic>> {
    let mut prepared = lowered(program, experiment, options, wanted, Budget::now(), &mut Scratch::default())?;
    let Prepared { model, columns, asked, .. } = &prepared;
    if *asked <= MAX_REHEARSAL {
        analyse::rehearse(model, experiment, columns, *asked, sources)?;
    }
    if let Some(place) = experiment.spectrum {
        let Prepared { model, columns, .. } = &mut prepared;
        prepared.spectrum = Some(spectral::of_experiment(model, columns, experiment, place, sources)?);
    }
    Ok(prepared)
}

/// Lowers an experiment and checks that it fits into memory. With `wanted`, no other series is computed.
fn lowered<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    options: &'p Options,
    wanted: Option<&BTreeSet<SeriesId>>,
    budget: Budget,
    scratch: &mut Scratch,
) -> Result<Prepared<'p>, Vec<Diagnostic>> {
    let mut model = Model::new(program, Some(experiment), &options.settings)?;
    *model.gates() = std::mem::take(&mut scratch.gates);
    if let Some(wanted) = wanted {
        model.restrict(wanted);
    }
    let Some(run) = &experiment.run else { return Err(vec![only_panels(experiment)]) };
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
    budget.check_state(&mut model, &steps, run.span)?;
    // What is observed is a result, but of a run too long for that only what its analysis reads is kept.
    let kept = if experiment.has_table() || !budget.holds(columns.len(), asked) {
        needed_range::reads(&model, experiment, asked)
    } else {
        0..=asked
    };
    if !budget.holds(columns.len(), kept.end() - kept.start()) {
        return Err(budget.too_long(columns.len(), asked, run.span));
    }
    Ok(Prepared { model, columns, asked, reads: kept, spectrum: None })
}

fn only_panels(experiment: &Experiment) -> Diagnostic {
    let name = &experiment.name;
    Diagnostic::new(
        Code::OnlyPanels,
        format!("`{}` only arranges other experiments' figures", name.text),
        name.span,
        "no run",
    )
    .help("run those experiments")
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
    let start = Instant::now();
    let mut prepared = prepare(program, experiment, options, sources, None)?;
    let done = simulated(&mut prepared, experiment, options.backend, control, &mut Scratch::default());
    About { prepared, experiment }.outcome(done, start, sources)
}

/// Goes on, on the density backend, from where an earlier run of the same program, experiment and parameters has ended; from
/// the initial state, if from nowhere. Gives the state behind the last collision beside the outcome: none where a collision
/// was left half-done. The outcome is that of one run from the beginning, number for number.
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
    let mut prepared = prepare(program, experiment, options, sources, None)?;
    let Prepared { model, columns, asked, reads, .. } = &mut prepared;
    let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
    let values = |outcome: &Outcome| outcome.series.iter().map(|(_, s)| s.values.clone()).collect();
    let from = from.map(|(checkpoint, outcome)| (checkpoint, values(outcome)));
    let (asked, reads) = (*asked, reads.clone());
    let plan = Plan { columns, until, asked, backend: Backend::Density, from, keep: true, reads };
    let mut done = Simulation::<Density>::run(model, &plan, control);
    let end = done.end.take();
    Ok((About { prepared, experiment }.outcome(done, start, sources)?, end))
}

/// Collisions that are assumed where no experiment says how many.
const TYPICAL: u64 = 2000;

/// What would run an experiment, or a run of some thousand collisions at the parameters' defaults, and why.
///
/// # Errors
/// Everything that is wrong with the step at that point.
pub fn choice(
    program: &Program,
    experiment: Option<&Experiment>,
    options: &Options,
) -> Result<Choice, Vec<Diagnostic>> {
    if let Some(experiment) = experiment.filter(|e| e.run.is_some()) {
        let wanted = experiment.has_table().then(|| sweep::needed(experiment));
        let mut prepared =
            lowered(program, experiment, options, wanted.as_ref(), Budget::now(), &mut Scratch::default())?;
        let Prepared { model, columns, asked, reads, .. } = &mut prepared;
        let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
        let (asked, reads) = (*asked, reads.clone());
        let plan = Plan { columns, until, asked, backend: options.backend, from: None, keep: false, reads };
        return mapped::choose(model, &plan);
    }
    let mut model = Model::new(program, experiment, &options.settings)?;
    let columns = model.columns()?;
    let (asked, reads) = (TYPICAL, 0..=TYPICAL);
    let plan = Plan { columns: &columns, until: None, asked, backend: options.backend, from: None, keep: false, reads };
    mapped::choose(&mut model, &plan)
}

/// What an outcome says beside the numbers.
struct About<'a, 'p> {
    prepared: Prepared<'p>,
    experiment: &'a Experiment,
}

impl About<'_, '_> {
    fn outcome(self, done: Done, start: Instant, sources: &SourceMap) -> Result<Outcome, Vec<Diagnostic>> {
        let Self { prepared: Prepared { model, columns, asked, reads, spectrum }, experiment } = self;
        let part = |values, scale| Series::part_of_run(*reads.start(), values, scale);
        let mut warnings = model.inexact(asked);
        warnings.extend_from_slice(model.warnings());
        warnings.extend((*reads.start() > 0).then(|| only_a_part(experiment, &reads)));
        let series = columns.iter().zip(done.values).map(|(c, v)| (c.name.clone(), part(v, c.scale)));
        let mut outcome = Outcome {
            name: experiment.name.text.clone(),
            title: experiment.title.clone(),
            parameters: model.parameters(),
            collisions: done.collisions,
            asked,
            stopped_early: done.stopped_early,
            interrupted: done.interrupted,
            fault: done.fault,
            series: series.collect(),
            kinds: columns.iter().map(|c| c.kind).collect(),
            lets: Vec::new(),
            claims: Vec::new(),
            saves: Vec::new(),
            spectrum,
            has_plots: !experiment.plots.is_empty(),
            warnings,
            wall: Duration::ZERO,
            ran: done.ran,
            trace: done.trace,
        };
        if outcome.fault.is_none() && !outcome.interrupted {
            analyse::finish(&model, experiment, &columns, sources, &mut outcome)?;
        }
        if let Some(view) = &mut outcome.spectrum {
            view.compare(&outcome.series);
        }
        outcome.wall = start.elapsed();
        Ok(outcome)
    }
}

/// Of a run that is too long to be kept.
fn only_a_part(experiment: &Experiment, reads: &RangeInclusive<u64>) -> Diagnostic {
    let run = experiment.run.as_ref().expect("what has run says how far").span;
    let message = format!(
        "the series of this run are too long to be kept: they hold n = {} … {}, which is what the experiment reads",
        reads.start(),
        reads.end()
    );
    Diagnostic::new(Code::PartOfSeries, message, run, "a long run").help("run fewer collisions to keep all of them")
}

/// Runs the collisions on the backend that was asked for.
fn simulated(
    Prepared { model, columns, asked, reads, .. }: &mut Prepared<'_>,
    experiment: &Experiment,
    backend: Backend,
    control: &Control<'_>,
    scratch: &mut Scratch,
) -> Done {
    let until = experiment.run.as_ref().and_then(|r| r.until.as_ref());
    let plan = Plan { columns, until, asked: *asked, backend, from: None, keep: false, reads: reads.clone() };
    let done = match backend {
        Backend::Auto | Backend::StepMap => {
            Simulation::<Density>::new(model, &plan, control).run_by_map(&mut scratch.tables)
        }
        Backend::Density => Simulation::<Density>::run(model, &plan, control),
        Backend::Reference => Simulation::<Reference>::run(model, &plan, control),
    };
    scratch.gates = std::mem::take(model.gates());
    done
}

/// The names of an experiment's observed and recorded series, in the order of a run's columns; none if it cannot be lowered.
#[must_use]
pub fn column_names(program: &Program, experiment: &Experiment, settings: &[Setting]) -> Vec<String> {
    let columns = Model::new(program, Some(experiment), settings).and_then(|mut m| m.columns());
    columns.map(|c| c.into_iter().map(|c| c.name).collect()).unwrap_or_default()
}
