//! Experiments that consist of several runs: one for each case, and one for each map that is observed.
//!
//! Contract: the runs are independent of each other. Afterwards, their columns are joined into those of one run: a
//! series x of the case up has the name `x in up`, a comparison of two cases is computed collision by collision from
//! the entries of the two reduced states, and the numbers of a map from the entries of its Choi matrix.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::memory_budget::{Budget, HeldSeries};
use super::planning::{Finished, Plans};
use super::simulate::{Done, describe};
use super::{Control, Options, Prepared, Reading, Scratch, SpectralView, lower_model, requested_collisions};
use crate::backend::FaultKind;
use super::correlation::Correlated;
use crate::check::{Branch, Comparison, Computes, Experiment, MapBranch, Program, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::different_dimensions;
use crate::lower::{Column, ColumnKind, Model, Readout};
use crate::quantum::{C64, CMat, OfMap, least_intermediate};

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

/// Where the values of a joined column come from.
enum Source {
    /// A column of a run, multiplied by a factor.
    Column { run: usize, column: usize, factor: f64 },
    /// A measure of the states of two runs.
    Comparison { function: OfTwo, name: String, measure: &'static str, states: [StateColumns; 2] },
    /// The least eigenvalue of an intermediate map; `dim` is the dimension of the systems.
    Divisibility { choi: StateColumns, dim: usize },
}

/// A function of two states.
type OfTwo = fn(&CMat, &CMat) -> Result<f64, crate::quantum::InvalidState>;

/// A state whose entries are columns of a run.
struct StateColumns {
    run: usize,
    /// The column of its first entry.
    first: usize,
    readout: Readout,
}

/// A model of one of the runs, with the states that are read in it.
struct Draft<'p> {
    branch: &'p Branch,
    model: Model<'p>,
    /// The states, in the order of their columns; each with the comparison and its side, or `None` for a map.
    states: Vec<(Option<(usize, usize)>, Readout)>,
}

impl<'p> Draft<'p> {
    fn new(
        program: &'p Program,
        experiment: &'p Experiment,
        branch: &'p Branch,
        settings: &'p [Setting],
        needed: Option<&BTreeSet<SeriesId>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut model = Model::new(program, Some(&branch.experiment), settings)?;
        let mut states = Vec::new();
        if let Computes::Map(map) = &branch.computes {
            model.restrict(&BTreeSet::new());
            states.push((None, model.entangle(&map.systems, map.span)?));
            return Ok(Self { branch, model, states });
        }
        if let Computes::Correlation(correlation) = &branch.computes {
            model.restrict(&BTreeSet::new());
            model.read_operator(&correlation.late)?;
            return Ok(Self { branch, model, states });
        }
        if let Some(needed) = needed {
            let from = first_id(program, experiment, branch);
            model.restrict(&needed.iter().filter_map(|id| id.0.checked_sub(from).map(SeriesId)).collect());
        }
        for (at, comparison) in experiment.comparisons.iter().enumerate().filter(|(_, c)| is_needed(c, needed)) {
            for (side, part) in comparison.parts.iter().enumerate().filter(|(_, p)| Some(p.case) == branch.case) {
                states.push((Some((at, side)), model.read_state(&part.subsystems, part.span)?));
            }
        }
        Ok(Self { branch, model, states })
    }
}

fn is_needed(comparison: &Comparison, needed: Option<&BTreeSet<SeriesId>>) -> bool {
    needed.is_none_or(|needed| needed.contains(&comparison.id))
}

/// The id of the first series of a run.
fn first_id(program: &Program, experiment: &Experiment, branch: &Branch) -> usize {
    branch.case.map_or(0, |k| k * experiment.series_of_a_run(program))
}

/// Whether any series that is computed from a map is needed. The entries of a Choi matrix have no ids: they are only
/// results, which a sweep that collects does not keep.
fn is_map_needed(map: &MapBranch, from: usize, needed: Option<&BTreeSet<SeriesId>>) -> bool {
    let wanted = |needed: &BTreeSet<SeriesId>| {
        map.observables.iter().any(|o| o.series > 0 && needed.contains(&SeriesId(from + o.first)))
    };
    needed.is_none_or(wanted)
}

/// The models of the runs of an experiment.
fn drafts<'p>(
    program: &'p Program,
    experiment: &'p Experiment,
    settings: &'p [Setting],
    needed: Option<&BTreeSet<SeriesId>>,
) -> Result<Vec<Draft<'p>>, Vec<Diagnostic>> {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    for branch in &experiment.branches {
        let from = first_id(program, experiment, branch);
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
        match Draft::new(program, experiment, branch, settings, needed) {
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
    settings: &'p [Setting],
    model: &mut Model<'p>,
) -> Result<Vec<Column>, Vec<Diagnostic>> {
    if experiment.branches.is_empty() {
        return model.columns();
    }
    let mut drafts = drafts(program, experiment, settings, None)?;
    let of_runs = drafts.iter_mut().map(|d| d.model.columns()).collect::<Result<Vec<_>, _>>()?;
    let drafts: Vec<_> = drafts.into_iter().map(|d| (d.branch, d.states)).collect();
    Ok(join(program, experiment, &drafts, &of_runs)?.0)
}

/// The settings of the cases of an experiment; empty if a case has a mistake.
pub(super) fn case_settings(program: &Program, experiment: &Experiment, settings: &[Setting]) -> Vec<CaseSettings> {
    let at = |e: &Experiment| Model::new(program, Some(e), settings).ok().map(|model| model.parameters());
    let of_case = |branch: &Branch| Some((experiment.cases[branch.case?].name.text.clone(), at(&branch.experiment)?));
    let series = experiment.branches.iter().filter(|b| matches!(b.computes, Computes::Series));
    let all: Vec<_> = series.filter_map(of_case).collect();
    let own = at(experiment).unwrap_or_default();
    let differs = |p: &(String, String)| !own.contains(p);
    let changed: BTreeSet<&String> =
        all.iter().flat_map(|(_, values)| values.iter().filter(|p| differs(p)).map(|(name, _)| name)).collect();
    let of = |(name, values): &(String, Vec<(String, String)>)| CaseSettings {
        name: name.clone(),
        parameters: values.iter().filter(|(name, _)| changed.contains(name)).cloned().collect(),
    };
    all.iter().map(of).collect()
}

/// Joins the columns of the runs.
///
/// # Errors
/// A comparison of states of different dimensions.
fn join(
    program: &Program,
    experiment: &Experiment,
    drafts: &[(&Branch, Vec<(Option<(usize, usize)>, Readout)>)],
    of_runs: &[Vec<Column>],
) -> Result<(Vec<Column>, Vec<Source>), Vec<Diagnostic>> {
    let (mut columns, mut sources) = (Vec::new(), Vec::new());
    let mut compared: Vec<[Option<StateColumns>; 2]> = experiment.comparisons.iter().map(|_| [None, None]).collect();
    for (run, ((branch, states), own)) in drafts.iter().zip(of_runs).enumerate() {
        let case = branch.case.map_or_else(String::new, |k| format!(" in {}", experiment.cases[k].name.text));
        let from = first_id(program, experiment, branch);
        let mut next = own.iter().position(|c| c.hidden).unwrap_or(own.len());
        if let Computes::Correlation(c) = &branch.computes {
            for (column, suffix) in ["_re", "_im"].into_iter().enumerate() {
                let id = Some(SeriesId(c.re.0 + column));
                columns.push(Column { scale: own[next].scale, ..computed(&format!("{}{suffix}", c.name.text), id, c.span) });
                sources.push(Source::Column { run, column, factor: 1.0 });
            }
            continue;
        }
        if let (Computes::Map(map), [(_, readout)]) = (&branch.computes, states.as_slice()) {
            let first = next;
            let state = || StateColumns { run, first, readout: readout.clone() };
            of_map(map, &state, &own[first..], (&case, from), &mut columns, &mut sources);
            continue;
        }
        for (at, column) in own.iter().enumerate().filter(|(_, c)| !c.hidden) {
            let id = column.id.map(|id| SeriesId(from + id.0));
            columns.push(Column { name: format!("{}{case}", column.name), id, ..column.clone() });
            sources.push(Source::Column { run, column: at, factor: 1.0 });
        }
        for (place, readout) in states {
            if let Some((at, side)) = place {
                compared[*at][*side] = Some(StateColumns { run, first: next, readout: readout.clone() });
            }
            next += 2 * readout.dim().pow(2);
        }
    }
    for (comparison, states) in experiment.comparisons.iter().zip(compared) {
        let [Some(left), Some(right)] = states else { continue };
        if left.readout.dim() != right.readout.dim() {
            let described = |i: usize, state: &StateColumns| {
                let part = &comparison.parts[i];
                format!("the state in `{}` has dimension {}", experiment.cases[part.case].name.text, state.readout.dim())
            };
            let both = [described(0, &left), described(1, &right)];
            return Err(vec![different_dimensions(comparison.row.name, &both, comparison.span)]);
        }
        columns.push(computed(&comparison.name.text, Some(comparison.id), comparison.span));
        sources.push(Source::Comparison {
            function: comparison.row.of_two_states(),
            name: comparison.name.text.clone(),
            measure: comparison.row.name,
            states: [left, right],
        });
    }
    Ok((columns, sources))
}

fn computed(name: &str, id: Option<SeriesId>, place: crate::source::Span) -> Column {
    Column { name: name.into(), kind: ColumnKind::Observed, id, scale: 1.0, place: Some(place), hidden: false }
}

/// The columns that are computed from a map. `case` is the suffix of their names and the id of the first series of the
/// run.
fn of_map(
    map: &MapBranch,
    state: &dyn Fn() -> StateColumns,
    entries: &[Column],
    (case, from): (&str, usize),
    columns: &mut Vec<Column>,
    sources: &mut Vec<Source>,
) {
    let StateColumns { run, first, readout } = state();
    let dim = readout.dim().isqrt();
    for o in &map.observables {
        match o.of {
            OfMap::Choi => {
                // The state has trace 1, and the Choi matrix trace d.
                for (at, entry) in entries.iter().enumerate().take(2 * readout.dim().pow(2)) {
                    let suffix = entry.name.trim_start_matches("state");
                    columns.push(computed(&format!("{}{suffix}{case}", o.name), None, map.span));
                    sources.push(Source::Column { run, column: first + at, factor: dim as f64 });
                }
            }
            OfMap::Divisibility => {
                columns.push(computed(&format!("{}{case}", o.name), Some(SeriesId(from + o.first)), map.span));
                sources.push(Source::Divisibility { choi: state(), dim });
            }
        }
    }
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
        let mut drafts = drafts(program, experiment, &options.settings, needed)?;
        let requested = same_length(&drafts, experiment, options)?;
        let of_runs = drafts.iter_mut().map(|d| d.model.columns()).collect::<Result<Vec<_>, _>>()?;
        let total: usize = of_runs.iter().map(Vec::len).sum();
        let (branches, models): (Vec<_>, Vec<_>) = drafts.into_iter().map(|d| ((d.branch, d.states), d.model)).unzip();
        let (columns, sources) = join(program, experiment, &branches, &of_runs)?;
        // An intermediate map needs the map of the collision before it.
        let whole = sources.iter().any(|s| matches!(s, Source::Divisibility { .. }))
            || branches.iter().any(|(b, _)| matches!(b.computes, Computes::Correlation(_)));
        let held = HeldSeries::new(experiment, total + columns.len());
        let reading = Reading { model: &model, experiment, held, whole };
        let (mut runs, mut errors) = (Vec::new(), Vec::new());
        for ((branch, _), own) in branches.iter().zip(models) {
            let job = match &branch.computes {
                Computes::Correlation(c) => Correlated::new(program, (*branch, &**c), options, requested, budget)
                    .map(|correlated| Job::Correlation(Box::new(correlated))),
                _ => lower_model(own, &branch.experiment, options, Some(&reading), budget, scratch)
                    .map(|prepared| Job::Once(Box::new(prepared))),
            };
            match job {
                Ok(job) => runs.push(Run { branch: *branch, label: label(experiment, branch), job }),
                Err(new) => add(&mut errors, new),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
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
        Ok(Plans { first: first.expect("an experiment has a run"), others: others.split_off(1) })
    }

    /// Runs everything and joins the results.
    ///
    /// # Errors
    /// A step map was requested, and a run has none.
    pub(super) fn run(self, control: &Control<'_>, scratch: &mut Scratch) -> Result<Finished<'p>, Vec<Diagnostic>> {
        let Self { model, columns, requested, reads, spectrum, runs, sources } = self;
        let count = runs.len() as u64;
        let (mut ran, mut warnings, mut done) = (None, Vec::new(), Done::default());
        let mut of_runs: Vec<Vec<Vec<f64>>> = Vec::new();
        for (i, run) in (0u64..).zip(runs) {
            let progress = |n: u64, _: u64| (control.progress)(i * requested + n, count * requested);
            let part = Control { interrupted: control.interrupted, progress: &progress };
            let prepared = match run.job {
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
            let finished = prepared.run(&run.branch.experiment, &part, scratch)?;
            add(&mut warnings, finished.warnings);
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
        let rows = of_runs.first().and_then(|run| run.first()).map_or(0, Vec::len);
        let first = *reads.start();
        for (source, column) in sources.iter().zip(&columns) {
            let (values, fault) = source.values(&of_runs, rows, first);
            done.values.push(values);
            if let (Some(fault), None) = (fault, &done.fault) {
                done.fault = Some(match column.place {
                    Some(place) => fault.label(place, "observed here"),
                    None => fault,
                });
            }
        }
        let ran = ran.expect("an experiment has a run");
        Ok(Finished { model, columns, requested, reads, spectrum, ran, done, warnings })
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
    let d = Diagnostic::new(Code::CasesDiffer, message, run.collisions.span, "depends on the case");
    Err(vec![d.help(format!("write the same number for all cases, for example `run {}`", first.max(*other)))])
}

impl StateColumns {
    /// The state at a row; `None` if an entry is missing.
    fn at(&self, of_runs: &[Vec<Vec<f64>>], row: usize) -> Option<CMat> {
        let size = 2 * self.readout.dim().pow(2);
        let columns = of_runs.get(self.run)?.get(self.first..self.first + size)?;
        let entries: Vec<f64> = columns.iter().map(|c| c.get(row).copied()).collect::<Option<_>>()?;
        entries.iter().all(|x| !x.is_nan()).then(|| self.readout.matrix(&entries))
    }
}

impl Source {
    /// The values of the column, of the same number as those of the first run, and the first fault. Values that a run
    /// did not reach are missing.
    fn values(&self, of_runs: &[Vec<Vec<f64>>], rows: usize, first: u64) -> (Vec<f64>, Option<Diagnostic>) {
        match self {
            Self::Column { run, column, factor } => {
                let values = of_runs.get(*run).and_then(|run| run.get(*column));
                let mut values: Vec<f64> = values.into_iter().flatten().map(|x| factor * x).collect();
                values.resize(rows, f64::NAN);
                (values, None)
            }
            Self::Comparison { function, name, measure, states: [left, right] } => {
                let mut fault = None;
                let mut value = |row: usize| {
                    let (a, b) = (left.at(of_runs, row)?, right.at(of_runs, row)?);
                    let kind = match function(&a, &b) {
                        Ok(x) if x.is_finite() => return Some(x),
                        Ok(_) => FaultKind::NotFinite,
                        Err(why) => FaultKind::InvalidState { why, measure },
                    };
                    fault.get_or_insert_with(|| describe(&kind, &format!("`{name}`"), first + row as u64));
                    None
                };
                let values = (0..rows).map(|row| value(row).unwrap_or(f64::NAN)).collect();
                (values, fault)
            }
            Self::Divisibility { choi, dim } => {
                let mut before: Option<CMat> = None;
                let mut value = |row: usize| {
                    let now = choi.at(of_runs, row).map(|state| state * C64::from(*dim as f64));
                    let least = before.as_ref().zip(now.as_ref()).map(|(a, b)| least_intermediate(a, b, *dim));
                    before = now;
                    least.unwrap_or(f64::NAN)
                };
                ((0..rows).map(&mut value).collect(), None)
            }
        }
    }
}

/// The error for a request that needs the single final state of an experiment with several runs.
pub(super) fn no_single_state(experiment: &Experiment) -> Diagnostic {
    let name = &experiment.name.text;
    let message = format!("`{name}` consists of several runs, so it cannot be continued step by step");
    Diagnostic::nowhere(Code::BadCommand, message)
        .help("`set` the parameters of one case in the session, then `run N` or `step`")
}
