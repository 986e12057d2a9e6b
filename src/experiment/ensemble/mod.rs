//! Experiments with `trajectories`: runs that differ in their random numbers, and the means over them.
//!
//! Contract: trajectory k takes all of its random numbers from stream k of the seed. The trajectories are divided into
//! parts by their number alone, and the parts are merged in order, so that the results are bit for bit the same for any
//! number of threads and after an interruption. The state of a trajectory is conditioned on what has been sampled;
//! everything else is averaged exactly. A trajectory whose outcomes violate the condition of a `postselect` has no values
//! from there on, except `success` = 0, and a mean is over the trajectories that have a value.

mod merged;
mod samples;
mod selection;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::journal::{Journal, Record};
use super::memory_budget::Budget;
use super::parts::{Keeping, Parts, QUEUE, Work, cannot_write};
use super::planning::{Finished, Plans};
use super::remarks::Remark;
use super::{Control, Options, Outcome, Ready, Scratch, Setup, prepare};
use crate::chance::Trajectory;
use crate::check::{Computes, Experiment, Program, SeriesId, Single};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Scope;
use crate::lower::{Column, Model};
use crate::source::SourceMap;
use merged::Merged;
use samples::{Frame, Kept, Samples, saved_columns};

/// The largest number of trajectories.
const MAX_TRAJECTORIES: u64 = 1_000_000_000;
/// The largest seed: every whole number up to this one is exact as a double.
const MAX_SEED: u64 = 1 << 53;
/// The trajectories of finished results.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The number of trajectories requested.
    pub trajectories: u64,
    /// The number of trajectories over which the values are averaged.
    pub done: u64,
    /// Those of them that were recovered from the journal of an earlier run.
    pub resumed: u64,
    /// The seed.
    pub seed: u64,
    /// What is sampled, each in a few words; everything else is averaged exactly.
    pub what: Vec<String>,
}

/// An experiment with trajectories, lowered and checked.
pub(super) struct Ensemble<'p> {
    /// The model at the experiment's own parameter point, at which its analysis is evaluated.
    pub(super) model: Model<'p>,
    /// The columns of a run, their standard errors, and single trajectories.
    pub(super) columns: Vec<Column>,
    pub(super) requested: u64,
    pub(super) reads: RangeInclusive<u64>,
    /// The warnings about the first trajectory that need no run.
    pub(super) foreseen: Vec<Remark>,
    samples: Samples<'p>,
}

/// The columns of an experiment whose runs have the columns `own`: for one with trajectories, also the standard errors
/// and the single trajectories.
pub(super) fn columns(experiment: &Experiment, own: Vec<Column>) -> Vec<Column> {
    let Some(trajectories) = &experiment.trajectories else { return own };
    let error = |c: &Column| Column {
        name: format!("stderr({})", c.name),
        id: c.id.map(|id| SeriesId(trajectories.series + id.0)),
        ..c.clone()
    };
    let single = |s: &Single| {
        let of = own.iter().find(|c| c.id == Some(s.of))?;
        Some(Column { name: s.name.clone(), id: Some(s.id), ..of.clone() })
    };
    let errors: Vec<Column> = own.iter().map(error).collect();
    let singles: Vec<Column> = trajectories.singles.iter().filter_map(single).collect();
    own.into_iter().chain(errors).chain(singles).collect()
}

/// The series of a run from which the series in `needed` are computed, and whether its post-selections succeeded.
fn of_runs(program: &Program, experiment: &Experiment, needed: &BTreeSet<SeriesId>) -> BTreeSet<SeriesId> {
    let Some(trajectories) = &experiment.trajectories else { return needed.clone() };
    let (series, singles) = (trajectories.series, &trajectories.singles);
    let of = |id: &SeriesId| match singles.iter().find(|s| s.id == *id) {
        Some(single) => single.of,
        None if (series..2 * series).contains(&id.0) => SeriesId(id.0 - series),
        None => *id,
    };
    needed.iter().map(of).chain(selection::success(program, experiment)).collect()
}

impl<'p> Ensemble<'p> {
    /// Lowers the first trajectory.
    ///
    /// # Errors
    /// Every mistake in the model, in a `draw`, or in the number of trajectories.
    pub(super) fn lowered(
        model: Model<'p>,
        (program, experiment): (&'p Program, &'p Experiment),
        options: &Options,
        needed: Option<&BTreeSet<SeriesId>>,
        budget: Budget,
        scratch: &mut Scratch,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (count, seed) = size(&model, experiment, options)?;
        refuse_maps(experiment)?;
        let first = Trajectory { seed, number: 1 };
        let mut samples = Samples {
            program,
            experiment,
            options: Options { trajectory: Some(first), ..options.clone() },
            needed: needed.map(|needed| of_runs(program, experiment, needed)),
            budget,
            count,
            seed,
            width: 0,
            rows: 0,
            kept: Vec::new(),
            singles: Vec::new(),
            what: Vec::new(),
            done: AtomicU64::new(0),
            seen: Mutex::default(),
        };
        let options = samples.drawn(first)?;
        let ready = samples.lowered(&options, scratch)?;
        let (own, requested, reads) = (ready.results().1.to_vec(), ready.requested(), ready.reads());
        let (what, mut foreseen) = (samples.sampled_by(&ready), ready.foreseen());
        drop(ready);
        (samples.width, samples.what) = (own.len(), what);
        samples.rows = usize::try_from(reads.end() - reads.start() + 1).expect("the series fit into memory");
        samples.singles = singles(&model, experiment, &own, count)?;
        let saves = experiment.saves.iter().filter(|save| experiment.saves_trajectories(save));
        let saved: BTreeSet<usize> = saves.flat_map(|save| saved_columns(save, &own)).collect();
        let columns = columns(experiment, own);
        // Kept series are in the parts and in the tables at once.
        let kept = 2 * (u128::from(count) * saved.len() as u128 + samples.singles.len() as u128);
        let merged = 3 * samples.width * (QUEUE + rayon::current_num_threads()) + columns.len();
        let trajectories = experiment.trajectories.as_ref().expect("the experiment has trajectories");
        budget.check_trajectories(count, (merged as u128 + kept, samples.rows), trajectories.span)?;
        samples.kept = (1..=if saved.is_empty() { 0 } else { count })
            .flat_map(|number| saved.iter().map(move |column| (number, *column)))
            .chain(samples.singles.iter().copied())
            .collect();
        samples.kept.sort_unstable();
        samples.kept.dedup();
        foreseen.extend(samples.nothing_random().map(Remark::from));
        Ok(Self { model, columns, requested, reads, foreseen, samples })
    }

    /// The trajectories as they are requested, counted as if all had run.
    pub(super) fn requested_trajectories(&self) -> Sampled {
        self.samples.outcome(self.samples.count, 0)
    }

    /// The plans of the first trajectory.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    pub(super) fn plans(self, control: &Control<'_>) -> Result<Plans, Vec<Diagnostic>> {
        let samples = self.samples;
        let options = samples.drawn(Trajectory { seed: samples.seed, number: 1 })?;
        let mut plans = samples.lowered(&options, &mut Scratch::default())?.plans(control)?;
        plans.sampled = Some(samples.outcome(0, 0));
        Ok(plans)
    }

    /// Runs all trajectories that the journal does not hold.
    ///
    /// # Errors
    /// The journal belongs to other work or cannot be written; a step map was requested, and there is none.
    pub(super) fn run(
        self,
        keeping: Option<(Keeping<'_>, &SourceMap)>,
        control: &Control<'_>,
    ) -> Result<Finished<'p>, Vec<Diagnostic>> {
        let Self { model, columns, requested, reads, samples, .. } = self;
        let mut merged = Merged::new(&samples);
        let (known, mut journal) = match keeping {
            Some((keeping, sources)) => {
                let head = samples.head(&model, requested, sources);
                let known = keeping.recover(&head, sources, &|record| samples.decode(record).is_some())?;
                let journal = Journal::create(keeping.journal, &head, &known).map_err(|e| vec![cannot_write(&e)])?;
                (known, Some(journal))
            }
            None => (Vec::new(), None),
        };
        let finished: BTreeSet<usize> = known.iter().map(|record| record.point).collect();
        known.into_iter().for_each(|record| merged.put(&samples, record));
        let resumed = merged.done;
        samples.done.store(resumed, Ordering::Relaxed);
        (control.progress)(resumed, samples.count);
        let todo: Vec<usize> = (0..samples.parts()).filter(|part| !finished.contains(part)).collect();
        let put = &mut |record: Record| merged.put(&samples, record);
        if keeping.is_none() && rayon::current_thread_index().is_some() {
            // The points of a sweep, or several experiments, are computed in parallel already.
            let mut own = samples.own();
            todo.iter().map_while(|part| samples.compute(*part, &mut own, control)).for_each(put);
        } else {
            let threads = keeping.map_or(0, |(keeping, _)| keeping.threads);
            let work = Work { parts: &samples, todo: &todo, together: 1, threads };
            work.run(journal.as_mut(), put, control).map_err(|e| vec![cannot_write(&e)])?;
        }
        samples.finish(&merged, Frame { model, columns, requested, reads, resumed }, control)
    }
}

/// The number of trajectories and the seed.
fn size(model: &Model<'_>, experiment: &Experiment, options: &Options) -> Result<(u64, u64), Vec<Diagnostic>> {
    let trajectories = experiment.trajectories.as_ref().expect("the experiment has trajectories");
    let (ev, scope) = (model.evaluator(), Scope::locals(&[]));
    let count = ev.count(&trajectories.count, scope, "the number of trajectories", 1..=MAX_TRAJECTORIES);
    let written = trajectories.seed.as_ref().map(|seed| ev.count(seed, scope, "the seed", 0..=MAX_SEED));
    let written = written.unwrap_or(Ok(Trajectory::SEED)).map_err(|d| vec![*d])?;
    Ok((count.map_err(|d| vec![*d])?, options.seed.unwrap_or(written)))
}

/// Refuses measures of maps that the model observes in every experiment.
fn refuse_maps(experiment: &Experiment) -> Result<(), Vec<Diagnostic>> {
    let map = experiment.branches.iter().find_map(|b| match &b.computes {
        Computes::Map(map) => Some(map.span),
        _ => None,
    });
    map.map_or(Ok(()), |span| {
        let message = "`choi` and `divisibility` describe the map of the mean evolution, which no trajectory follows";
        let d = Diagnostic::new(Code::TrajectoriesRefused, message, span, "not with `trajectories`");
        Err(vec![d.help("observe it in an experiment without `trajectories`")])
    })
}

/// The series of each `trajectory(x, k)`.
fn singles(
    model: &Model<'_>,
    experiment: &Experiment,
    own: &[Column],
    count: u64,
) -> Result<Vec<Kept>, Vec<Diagnostic>> {
    let singles = experiment.trajectories.iter().flat_map(|t| &t.singles);
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    for Single { of, number, .. } in singles {
        let Some(column) = own.iter().position(|c| c.id == Some(*of)) else { continue };
        match model.evaluator().count(number, Scope::locals(&[]), "the number of a trajectory", 1..=MAX_TRAJECTORIES) {
            Ok(k) if k <= count => out.push((k, column)),
            Ok(k) => errors.push(
                Diagnostic::new(
                    Code::TrajectoryNumber,
                    format!("there are {count} trajectories, but this is trajectory {k}"),
                    number.span,
                    "no such trajectory",
                )
                .help(format!("write a number from 1 to {count}")),
            ),
            Err(d) => errors.push(*d),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

/// A checked experiment with trajectories, ready to run.
pub struct Trajectories<'p> {
    setup: Setup<'p>,
    count: u64,
}

impl<'p> Trajectories<'p> {
    /// Checks everything that can be checked before the run, with the random numbers of the first trajectory.
    ///
    /// # Errors
    /// As [`check`](super::check).
    ///
    /// # Panics
    /// If the experiment has no trajectories, or is a sweep.
    pub fn new(setup: Setup<'p>) -> Result<Self, Vec<Diagnostic>> {
        let trajectories = Self { setup, count: 0 };
        let count = trajectories.ensemble()?.samples.count;
        Ok(Self { count, ..trajectories })
    }

    fn ensemble(&self) -> Result<Ensemble<'p>, Vec<Diagnostic>> {
        match prepare(self.setup, None, &Control::none())? {
            Ready::Ensemble(ensemble) => Ok(*ensemble),
            Ready::One(_) | Ready::Several(_) => panic!("an experiment with trajectories is needed"),
        }
    }

    /// The number of trajectories.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Runs the first trajectory and returns the time that it takes.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn time_one(&self) -> Result<Duration, Vec<Diagnostic>> {
        let samples = self.ensemble()?.samples;
        let mut own = samples.own();
        let start = Instant::now();
        samples.trajectory(1, &mut own, &Control::none())?;
        Ok(start.elapsed())
    }

    /// Runs all trajectories that the journal does not hold.
    ///
    /// # Errors
    /// The journal belongs to another run or cannot be written. A later fault is part of the [`Outcome`].
    pub fn run(&self, keeping: Keeping<'_>, control: &Control<'_>) -> Result<Outcome, Vec<Diagnostic>> {
        let start = Instant::now();
        let Setup { program, experiment, options, sources } = self.setup;
        let finished = self.ensemble()?.run(Some((keeping, sources)), control)?;
        let mut outcome = finished.outcome(experiment, start, sources)?;
        outcome.cases = super::branches::case_settings(program, experiment, &options.settings);
        Ok(outcome)
    }
}
