//! Experiments that consist of several runs: one for each case, and one for each map that is observed.
//!
//! Contract: the runs are independent of each other. Afterwards, their columns are joined into those of one run.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::correlation::Correlated;
use super::ensemble;
use super::joined::{Read, Side, Source, join};
use super::memory_budget::{Budget, HeldSeries};
use super::planning::{Finished, Plans, Simulated};
use super::remarks::{self, Remark};
use super::simulate::Done;
use super::steady::SteadyRun;
use super::unravelling;
use super::{Control, Options, Prepared, Reading, Scratch, SpectralView, lower_model, requested_collisions};
use crate::chance::Trajectory;
use crate::check::{Branch, Comparison, Computes, Experiment, MapBranch, Program, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::{Column, Model};

/// The settings of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseSettings {
    /// The name of the case.
    pub name: String,
    /// The parameters that some case sets to another value than the experiment, with their values as in a script.
    pub parameters: Vec<(String, String)>,
}

/// The runs of an experiment, lowered and checked.
pub(super) struct Runs<'p> {
    /// The model at the experiment's own parameter point, at which its analysis is evaluated.
    pub(super) model: Model<'p>,
    /// The joined columns.
    pub(super) columns: Vec<Column>,
    pub(super) requested: u64,
    pub(super) reads: RangeInclusive<u64>,
    pub(super) spectrum: Option<SpectralView>,
    runs: Vec<Run<'p>>,
    sources: Vec<Source>,
}

/// One of the runs.
struct Run<'p> {
    branch: &'p Branch,
    label: String,
    job: Job<'p>,
}

/// How the columns of a run are computed.
enum Job<'p> {
    /// By one run of the gate sequence.
    Once(Box<Prepared<'p>>),
    /// By the runs of a two-time correlation.
    Correlation(Box<Correlated<'p>>),
}

/// A model of one of the runs, with the states that are read in it.
struct Draft<'p> {
    branch: &'p Branch,
    model: Model<'p>,
    /// The states, in the order of their columns.
    states: Vec<Read>,
}

impl<'p> Draft<'p> {
    fn new(
        program: &'p Program,
        experiment: &'p Experiment,
        branch: &'p Branch,
        options: &Options,
        needed: Option<&BTreeSet<SeriesId>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut model = Model::new(branch.program(program), Some(&branch.experiment), &options.settings)?;
        options.trajectory.into_iter().for_each(|t| model.sample(t));
        let mut states = Vec::new();
        if let Computes::Map(map) = &branch.computes {
            model.restrict(&BTreeSet::new());
            states.push(Read { side: None, readout: model.entangle(&map.systems, map.span)? });
            return Ok(Self { branch, model, states });
        }
        if let Computes::Correlation(correlation) = &branch.computes {
            model.restrict(&BTreeSet::new());
            model.read_operator(&correlation.late)?;
            return Ok(Self { branch, model, states });
        }
        // In a map, the systems start maximally entangled, with a population in every level.
        model.watch_top_levels(true);
        if let Some(needed) = needed {
            let from = first_id(experiment, branch);
            model.restrict(&needed.iter().filter_map(|id| id.0.checked_sub(from).map(SeriesId)).collect());
        }
        for (comparison, c) in experiment.comparisons.iter().enumerate().filter(|(_, c)| is_needed(c, needed)) {
            for (part, state) in c.parts.iter().enumerate().filter(|(_, state)| Some(state.case) == branch.case) {
                let readout = model.read_state(&state.subsystems, state.span)?;
                states.push(Read { side: Some(Side { comparison, part }), readout });
            }
        }
        Ok(Self { branch, model, states })
    }
}

fn is_needed(comparison: &Comparison, needed: Option<&BTreeSet<SeriesId>>) -> bool {
    needed.is_none_or(|needed| needed.contains(&comparison.id))
}

/// The id of the first series of a run.
pub(super) fn first_id(experiment: &Experiment, branch: &Branch) -> usize {
    branch.case.map_or(0, |k| experiment.cases[k].first)
}

/// Whether any series that is computed from a map is needed. The entries of a Choi matrix have no ids: they are only
/// results, which a sweep that collects does not keep.
fn is_map_needed(map: &MapBranch, from: usize, needed: Option<&BTreeSet<SeriesId>>) -> bool {
    let is_read = |needed: &BTreeSet<SeriesId>| {
        map.observables.iter().any(|o| o.series > 0 && needed.contains(&SeriesId(from + o.first)))
    };
    needed.is_none_or(is_read)
}

/// The models of the runs of an experiment.
fn drafts<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    options: &Options,
    needed: Option<&BTreeSet<SeriesId>>,
) -> Result<Vec<Draft<'p>>, Vec<Diagnostic>> {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    for branch in &experiment.branches {
        let from = first_id(experiment, branch);
        let idle = match &branch.computes {
            Computes::Series => false,
            Computes::Map(map) => !is_map_needed(map, from, needed),
            Computes::Correlation(c) => {
                needed.is_some_and(|needed| !needed.contains(&c.re) && !needed.contains(&SeriesId(c.re.0 + 1)))
            }
        };
        if idle {
            continue;
        }
        match Draft::new(program, experiment, branch, options, needed) {
            Ok(draft) => out.push(draft),
            Err(new) => add(&mut errors, new),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

/// Adds diagnostics without those that are known already: most mistakes occur in every case.
fn add(known: &mut Vec<Diagnostic>, new: Vec<Diagnostic>) {
    for d in new {
        if !known.iter().any(|k| k.message == d.message && k.labels.first() == d.labels.first()) {
            known.push(d);
        }
    }
}

/// The columns of an experiment; `model` is the model at its own parameter point.
///
/// # Errors
/// Every mistake in the model or in a case.
pub(super) fn columns<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    settings: &[Setting],
    model: &mut Model<'p>,
) -> Result<Vec<Column>, Vec<Diagnostic>> {
    let own = if experiment.branches.is_empty() {
        model.columns()?
    } else {
        let options = Options { settings: settings.to_vec(), ..Options::default() };
        let mut drafts = drafts(program, experiment, &options, None)?;
        let of_runs = drafts.iter_mut().map(|d| d.model.columns()).collect::<Result<Vec<_>, _>>()?;
        let drafts: Vec<_> = drafts.into_iter().map(|d| (d.branch, d.states)).collect();
        join(experiment, &drafts, &of_runs)?.0
    };
    Ok(ensemble::columns(experiment, own))
}

/// The settings of the cases of an experiment; empty if a case has a mistake.
pub(super) fn case_settings(program: &Program, experiment: &Experiment, settings: &[Setting]) -> Vec<CaseSettings> {
    let at =
        |program: &Program, e: &Experiment| Model::new(program, Some(e), settings).ok().map(|model| model.parameters());
    let of_case = |branch: &Branch| {
        let name = experiment.cases[branch.case?].name.text.clone();
        Some((name, at(branch.program(program), &branch.experiment)?))
    };
    let series = experiment.branches.iter().filter(|b| matches!(b.computes, Computes::Series));
    let all: Vec<_> = series.filter_map(of_case).collect();
    let own = at(program, experiment).unwrap_or_default();
    let differs = |p: &(String, String)| !own.contains(p);
    let changed: BTreeSet<&String> =
        all.iter().flat_map(|(_, values)| values.iter().filter(|p| differs(p)).map(|(name, _)| name)).collect();
    let of = |(name, values): &(String, Vec<(String, String)>)| CaseSettings {
        name: name.clone(),
        parameters: values.iter().filter(|(name, _)| changed.contains(name)).cloned().collect(),
    };
    all.iter().map(of).collect()
}

impl<'p> Runs<'p> {
    /// Lowers all runs of an experiment.
    ///
    /// # Errors
    /// Every mistake in the model or in a case, and runs of different lengths.
    pub(super) fn lowered(
        model: Model<'p>,
        (program, experiment): (&'p Program, &'p Experiment),
        options: &'p Options,
        needed: Option<&BTreeSet<SeriesId>>,
        budget: Budget,
        scratch: &mut Scratch,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut drafts = drafts(program, experiment, options, needed)?;
        let requested = same_length(&drafts, experiment, options)?;
        let of_runs = drafts.iter_mut().map(|d| d.model.columns()).collect::<Result<Vec<_>, _>>()?;
        let total: usize = of_runs.iter().map(Vec::len).sum();
        let (branches, models): (Vec<_>, Vec<_>) = drafts.into_iter().map(|d| ((d.branch, d.states), d.model)).unzip();
        let (columns, sources) = join(experiment, &branches, &of_runs)?;
        // An intermediate map needs the map of the collision before it.
        let whole = sources.iter().any(|s| matches!(s, Source::Divisibility { .. }))
            || branches.iter().any(|(b, _)| matches!(b.computes, Computes::Correlation(_)));
        let held = HeldSeries::new(experiment, total + columns.len());
        let reading = Reading { model: &model, experiment, held, whole };
        let (mut runs, mut errors) = (Vec::new(), Vec::new());
        for ((branch, _), own) in branches.iter().zip(models) {
            let job = match &branch.computes {
                Computes::Correlation(c) => {
                    Correlated::new(branch.program(program), (*branch, &**c), options, requested, budget)
                        .map(|correlated| Job::Correlation(Box::new(correlated)))
                }
                _ => lower_model(own, &branch.experiment, options, Some(&reading), budget, scratch)
                    .map(|prepared| Job::Once(Box::new(prepared))),
            };
            match job {
                Ok(job) => runs.push(Run { branch, label: label(experiment, branch), job }),
                Err(new) => add(&mut errors, new),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        unravelling::refuse_comparisons(&columns, &sources, runs.iter().filter_map(Run::once))?;
        // The states of the runs leave different amounts of memory for the series, but all runs keep the same collisions.
        let prepared = || runs.iter().filter_map(|run: &Run<'_>| run.once());
        let first = prepared().map(|p| *p.reads.start()).max().unwrap_or(0);
        let last = prepared().map(|p| *p.reads.end()).min().unwrap_or(requested);
        for run in &mut runs {
            if let Job::Once(prepared) = &mut run.job {
                prepared.read_from(first);
            }
        }
        Ok(Self { model, columns, requested, reads: first..=last, spectrum: None, runs, sources })
    }

    /// The run of the experiment itself, or of its first case.
    pub(super) fn first(&mut self) -> &mut Prepared<'p> {
        match &mut self.runs[0].job {
            Job::Once(prepared) => prepared,
            Job::Correlation(_) => unreachable!("the first run is that of the experiment or of its first case"),
        }
    }

    /// The runs of the gate sequence.
    pub(super) fn all(&self) -> impl Iterator<Item = &Prepared<'p>> {
        self.runs.iter().filter_map(Run::once)
    }

    /// The warnings that need no run.
    pub(super) fn foreseen(&self) -> Vec<Remark> {
        let mut all = Vec::new();
        self.all().for_each(|prepared| remarks::merge(&mut all, prepared.foreseen()));
        all
    }

    /// The plan of each run.
    ///
    /// # Errors
    /// A step map was requested, and a run has none.
    pub(super) fn plans(self, control: &Control<'_>) -> Result<Plans, Vec<Diagnostic>> {
        let (mut first, mut others) = (None, Vec::new());
        for Run { label, job, .. } in self.runs {
            let how = match job {
                Job::Once(prepared) => {
                    let plan = prepared.plan(control)?;
                    let text = format!("by {plan}");
                    first.get_or_insert(plan);
                    text
                }
                Job::Correlation(correlated) => correlated.describe(),
            };
            others.push((label, how));
        }
        Ok(Plans { first: first.expect("an experiment has a run"), others: others.split_off(1), sampled: None })
    }

    /// Returns the cached gates of the first run.
    fn return_gates(&mut self, scratch: &mut Scratch) {
        let first = self.runs.iter_mut().find_map(|run| match &mut run.job {
            Job::Once(prepared) => Some(prepared),
            Job::Correlation(_) => None,
        });
        if let Some(first) = first {
            scratch.gates = std::mem::take(first.model.gates());
        }
    }

    /// Draws the random numbers of another trajectory in the next runs.
    ///
    /// # Errors
    /// A step cannot be lowered with these random numbers.
    pub(super) fn resample(&mut self, trajectory: Trajectory) -> Result<(), Vec<Diagnostic>> {
        self.runs.iter_mut().try_for_each(|run| match &mut run.job {
            Job::Once(prepared) => prepared.resample(trajectory),
            Job::Correlation(_) => unreachable!("the checker refuses correlations with trajectories"),
        })
    }

    /// Runs everything and joins the results. It can be run again from the beginning.
    ///
    /// # Errors
    /// A step map was requested, and a run has none.
    pub(super) fn simulate(
        &mut self,
        control: &Control<'_>,
        scratch: &mut Scratch,
    ) -> Result<Simulated, Vec<Diagnostic>> {
        let (count, requested) = (self.runs.len() as u64, self.requested);
        let (mut ran, mut remarks, mut done) = (None, Vec::new(), Done::default());
        let mut steady: Option<SteadyRun> = None;
        let mut of_runs: Vec<Vec<Vec<f64>>> = Vec::new();
        for (i, run) in (0u64..).zip(&mut self.runs) {
            let progress = |n: u64, _: u64| (control.progress)(i * requested + n, (count * requested).max(n));
            let part = Control { interrupted: control.interrupted, progress: &progress };
            let prepared = match &mut run.job {
                Job::Once(prepared) => prepared,
                Job::Correlation(correlated) => {
                    let computed = correlated.run(&part, scratch)?;
                    of_runs.push(computed.parts.to_vec());
                    done.interrupted = computed.interrupted;
                    done.fault = computed.fault.map(|d| in_run(d, &run.label));
                    if done.interrupted || done.fault.is_some() {
                        break;
                    }
                    continue;
                }
            };
            let finished = prepared.simulate(&run.branch.experiment, &part, scratch)?;
            remarks::merge(&mut remarks, finished.remarks);
            steady = steady.into_iter().chain(finished.steady).reduce(SteadyRun::worse);
            of_runs.push(finished.done.values);
            if i == 0 {
                (done.collisions, done.trace) = (finished.done.collisions, finished.done.trace);
                (done.stopped_early, done.rounding) = (finished.done.stopped_early, finished.done.rounding);
                ran = Some(finished.ran);
            } else {
                done.rounding = done.rounding.into_iter().chain(finished.done.rounding).reduce(f64::max);
            }
            if finished.done.interrupted || finished.done.fault.is_some() {
                done.interrupted = finished.done.interrupted;
                done.fault = finished.done.fault.map(|d| in_run(d, &run.label));
                done.collisions = done.collisions.min(finished.done.collisions);
                break;
            }
        }
        let reads = if steady.is_some() { 0..=0 } else { self.reads.clone() };
        join_values(&self.sources, &self.columns, &of_runs, &reads, &mut done);
        Ok(Simulated { ran: ran.expect("an experiment has a run"), done, remarks, steady })
    }

    /// Runs everything and joins the results.
    ///
    /// # Errors
    /// A step map was requested, and a run has none.
    pub(super) fn run(mut self, control: &Control<'_>, scratch: &mut Scratch) -> Result<Finished<'p>, Vec<Diagnostic>> {
        let simulated = self.simulate(control, scratch);
        self.return_gates(scratch);
        let Self { model, columns, requested, reads, spectrum, .. } = self;
        Ok(Finished::new(model, columns, (requested, reads), spectrum, simulated?))
    }
}

/// Computes the values of the joined columns from those of the runs, and adds the first fault in them.
fn join_values(
    sources: &[Source],
    columns: &[Column],
    of_runs: &[Vec<Vec<f64>>],
    reads: &RangeInclusive<u64>,
    done: &mut Done,
) {
    // A run without series of its own has no column to count.
    let counted = of_runs.first().and_then(|run| run.first()).map(Vec::len);
    let reached = || (done.collisions.min(*reads.end()) + 1).saturating_sub(*reads.start());
    let rows = counted.unwrap_or_else(|| usize::try_from(reached()).expect("the series fit into memory"));
    let first = *reads.start();
    for (source, column) in sources.iter().zip(columns) {
        let (values, fault) = source.values(of_runs, rows, first);
        done.values.push(values);
        if let (Some(fault), None) = (fault, &done.fault) {
            done.fault = Some(match column.place {
                Some(place) => fault.label(place, "observed here"),
                None => fault,
            });
        }
    }
}

impl<'p> Run<'p> {
    fn once(&self) -> Option<&Prepared<'p>> {
        if let Job::Once(prepared) = &self.job { Some(prepared) } else { None }
    }
}

/// A description of a run: case `up`, map `J`.
fn label(experiment: &Experiment, branch: &Branch) -> String {
    let case = branch.case.map(|k| format!("case `{}`", experiment.cases[k].name.text));
    let own = match &branch.computes {
        Computes::Series => None,
        Computes::Map(map) => Some(format!("map `{}`", map.observables[0].name)),
        Computes::Correlation(c) => Some(format!("correlation `{}`", c.name.text)),
    };
    let parts: Vec<String> = case.into_iter().chain(own).collect();
    if parts.is_empty() { "run".into() } else { parts.join(", ") }
}

fn in_run(mut d: Diagnostic, label: &str) -> Diagnostic {
    d.message = format!("{label}: {}", d.message);
    d
}

/// The number of collisions, which must be the same in all runs.
fn same_length(drafts: &[Draft<'_>], experiment: &Experiment, options: &Options) -> Result<u64, Vec<Diagnostic>> {
    let run = experiment.run.as_ref().expect("only an experiment with a `run` has runs");
    let lengths = drafts.iter().map(|d| requested_collisions(&d.model, run, options)).collect::<Result<Vec<_>, _>>()?;
    let first = *lengths.first().unwrap_or(&0);
    let Some((other, draft)) = lengths.iter().zip(drafts).find(|(n, _)| **n != first) else { return Ok(first) };
    let (a, b) = (label(experiment, drafts[0].branch), label(experiment, draft.branch));
    let message = format!("the cases differ in length: {a} has {first} collisions, but {b} has {other}");
    let d = Diagnostic::new(Code::CasesDiffer, message, run.span, "depends on the case");
    Err(vec![d.help(format!("write the same number for all cases, for example `run {}`", first.max(*other)))])
}

/// The error for a request that needs the single final state of an experiment with several runs.
pub(super) fn no_single_state(experiment: &Experiment) -> Diagnostic {
    let name = &experiment.name.text;
    let message = format!("`{name}` consists of several runs, so it cannot be continued step by step");
    Diagnostic::nowhere(Code::BadCommand, message)
        .help("`set` the parameters of one case in the session, then `run N` or `step`")
}
