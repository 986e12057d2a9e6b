//! Computes the trajectories, in parts.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::merged::Merged;
use super::{Sampled, selection};
use crate::analysis::{Cell, Index, Key, Role, Series, Table, TableColumn, TableKind};
use crate::chance::Trajectory;
use crate::check::{Experiment, Program, Save, SeriesId, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Scope;
use crate::experiment::journal::{Head, Record};
use crate::experiment::memory_budget::Budget;
use crate::experiment::moments::Moments;
use crate::experiment::parts::Parts;
use crate::experiment::planning::{Finished, Simulated};
use crate::experiment::remarks::Remark;
use crate::experiment::simulate::Done;
use crate::experiment::{Control, Options, Ready, Scratch, Setup, lowered, remarks};
use crate::lower::{Column, Model};
use crate::source::SourceMap;

/// The most parts into which trajectories are divided.
const PARTS: u64 = 256;

/// A single series: the number of the trajectory, and the column of a run.
pub(super) type Kept = (u64, usize);

/// What all trajectories have in common; shared by the threads.
pub(super) struct Samples<'p> {
    pub(super) program: &'p Program,
    pub(super) experiment: &'p Experiment,
    /// The options of the first trajectory, without drawn parameters.
    pub(super) options: Options,
    /// The series of a run that the analysis needs; `None` for all.
    pub(super) needed: Option<BTreeSet<SeriesId>>,
    pub(super) budget: Budget,
    pub(super) count: u64,
    pub(super) seed: u64,
    /// Number of columns of a run.
    pub(super) width: usize,
    /// Number of values in each column of a run.
    pub(super) rows: usize,
    /// The single series that are kept: the number of the trajectory and the column of a run, in increasing order.
    pub(super) kept: Vec<Kept>,
    /// The series of each `trajectory(x, k)`.
    pub(super) singles: Vec<Kept>,
    pub(super) what: Vec<String>,
    pub(super) done: AtomicU64,
    pub(super) seen: Mutex<Seen>,
}

/// What the trajectories have shown so far.
#[derive(Default)]
pub(super) struct Seen {
    /// The plan and the end of the first trajectory that was run.
    first: Option<(u64, Simulated)>,
    /// The fault of the trajectory with the smallest number, of those that failed.
    fault: Option<(u64, Diagnostic)>,
}

/// What a thread keeps from one trajectory to the next.
pub(super) struct Own<'s> {
    scratch: Scratch,
    /// The lowered experiment, if the trajectories differ only in what is sampled during the run.
    ready: Option<Ready<'s>>,
}

/// The parts of finished results that do not depend on the values.
pub(super) struct Frame<'p> {
    pub(super) model: Model<'p>,
    pub(super) columns: Vec<Column>,
    pub(super) requested: u64,
    pub(super) reads: RangeInclusive<u64>,
    pub(super) resumed: u64,
}

impl<'p> Samples<'p> {
    /// The number of trajectories in each part but the last.
    pub(super) fn together(&self) -> u64 {
        self.count.div_ceil(PARTS)
    }

    pub(super) fn parts(&self) -> usize {
        usize::try_from(self.count.div_ceil(self.together())).expect("few parts")
    }

    /// The numbers of the trajectories of a part.
    pub(super) fn of_part(&self, part: usize) -> RangeInclusive<u64> {
        let first = part as u64 * self.together() + 1;
        first..=(first + self.together() - 1).min(self.count)
    }

    /// The options of a trajectory: with the values of its drawn parameters, unless they are set from outside. A draw may
    /// depend on the draws above it.
    ///
    /// # Errors
    /// A value cannot be drawn.
    pub(super) fn drawn(&self, trajectory: Trajectory) -> Result<Options, Vec<Diagnostic>> {
        let Self { program, experiment, options, .. } = self;
        let mut settings: Vec<Setting> = Vec::new();
        for (index, (param, value)) in experiment.draws.iter().enumerate() {
            if options.settings.iter().any(|s| s.param == *param) {
                continue;
            }
            let all: Vec<Setting> = settings.iter().chain(&options.settings).cloned().collect();
            let model = Model::new(program, Some(experiment), &all)?;
            let ev = model.evaluator();
            ev.stream.replace(Some(trajectory.draw(index)));
            let value =
                ev.finite(value, Scope::locals(&[]), "a drawn value").map(|x| Setting::number(*param, x, value));
            settings.push(value.map_err(|d| vec![*d])?);
        }
        settings.extend(options.settings.iter().cloned());
        Ok(Options { settings, trajectory: Some(trajectory), ..options.clone() })
    }

    pub(super) fn lowered<'s>(
        &'s self,
        options: &'s Options,
        scratch: &mut Scratch,
    ) -> Result<Ready<'s>, Vec<Diagnostic>> {
        lowered(self.program, self.experiment, options, self.needed.as_ref(), self.budget, scratch)
    }

    /// What is sampled, in words, from the first trajectory.
    pub(super) fn sampled_by(&self, ready: &Ready<'_>) -> Vec<String> {
        let names = self.experiment.draws.iter().map(|(id, _)| self.program.params[id.0].name.text.clone());
        let during = ready.sampled();
        names.chain(during).collect()
    }

    /// Runs one trajectory.
    ///
    /// # Errors
    /// The run cannot start.
    pub(super) fn trajectory<'s>(
        &'s self,
        number: u64,
        own: &mut Own<'s>,
        control: &Control<'_>,
    ) -> Result<Simulated, Vec<Diagnostic>> {
        let trajectory = Trajectory { seed: self.seed, number };
        let Own { scratch, ready } = own;
        if !self.experiment.draws.is_empty() {
            let options = self.drawn(trajectory)?;
            let mut ready = self.lowered(&options, scratch)?;
            let simulated = ready.simulate(self.experiment, control, scratch);
            ready.return_gates(scratch);
            return simulated;
        }
        let mut known = match ready.take() {
            Some(known) => known,
            None => self.lowered(&self.options, scratch)?,
        };
        known.resample(trajectory)?;
        ready.insert(known).simulate(self.experiment, control, scratch)
    }

    /// Stores the fault of a trajectory, unless one with a smaller number has failed.
    pub(super) fn fail(&self, number: u64, mut fault: Diagnostic) {
        fault.message = format!("trajectory {number}: {}", fault.message);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.fault.as_ref().is_none_or(|(other, _)| number < *other) {
            seen.fault = Some((number, fault));
        }
    }

    /// Whether a trajectory with a smaller number has failed. Those before it are still run, so that the fault that is
    /// reported does not depend on the threads.
    pub(super) fn failed_before(&self, number: u64) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.fault.as_ref().is_some_and(|(failed, _)| *failed < number)
    }

    /// Returns the values of a trajectory, and keeps the rest if its number is the smallest so far.
    pub(super) fn see(&self, number: u64, mut simulated: Simulated) -> Vec<Vec<f64>> {
        let values = std::mem::take(&mut simulated.done.values);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.first.as_ref().is_none_or(|(other, _)| number < *other) {
            seen.first = Some((number, simulated));
        }
        values
    }

    /// The indices of the kept series of some trajectories.
    pub(super) fn kept_of(&self, numbers: RangeInclusive<u64>) -> Range<usize> {
        let below = |number: u64| self.kept.partition_point(|(k, _)| *k < number);
        below(*numbers.start())..below(numbers.end() + 1)
    }

    /// The number of values in the record of a part.
    fn numbers(&self, part: usize) -> usize {
        (3 * self.width + self.kept_of(self.of_part(part)).len()) * self.rows
    }

    /// The moments and the kept trajectories of a part, from its record; `None` for any other record.
    pub(super) fn decode(&self, record: &Record) -> Option<(Moments, Vec<Vec<f64>>)> {
        if record.point >= self.parts() || record.values.len() != self.numbers(record.point) {
            return None;
        }
        let (moments, kept) = record.values.split_at(3 * self.width * self.rows);
        let moments = Moments::from_numbers(self.width * self.rows, moments)?;
        Some((moments, kept.chunks(self.rows).map(<[f64]>::to_vec).collect()))
    }

    /// The warning about trajectories that are all the same.
    pub(super) fn nothing_random(&self) -> Option<Diagnostic> {
        if !self.what.is_empty() {
            return None;
        }
        let span = self.experiment.trajectories.as_ref().expect("the experiment has trajectories").span;
        let message = format!("nothing is random, so all {} trajectories are the same run", self.count);
        let d = Diagnostic::new(Code::NothingRandom, message, span, "nothing to sample");
        Some(d.help("remove `trajectories`: the single run is exact"))
    }

    /// The header that identifies these trajectories in a journal.
    pub(super) fn head(&self, model: &Model<'_>, requested: u64, sources: &SourceMap) -> Head {
        let Self { program, experiment, options, count, seed, .. } = self;
        let parameters = model.parameters().into_iter().chain([("collisions".to_string(), requested.to_string())]);
        let setup = Setup { program, experiment, options, sources };
        Head::of(setup, parameters, &format!("trajectories {count} seed {seed}"))
    }

    pub(super) fn outcome(&self, done: u64, resumed: u64) -> Sampled {
        let Self { count, seed, what, .. } = self;
        Sampled { trajectories: *count, done, resumed, seed: *seed, what: what.clone() }
    }

    /// The tables of each `save` that writes all trajectories: one table for each finished trajectory.
    fn saved(&self, columns: &[Column], first: u64, merged: &Merged) -> Vec<Table> {
        let index = Index { start: first, stride: 1, len: self.rows };
        let saves = self.experiment.saves.iter().filter(|save| self.experiment.saves_trajectories(save));
        let table = |stem: &str, chosen: &[usize], number: u64| {
            let series = chosen.iter().map(|column| {
                let values = merged.kept[self.kept.binary_search(&(number, *column)).ok()?].clone()?;
                let series = Series { index: index.clone(), values: values.into(), scale: columns[*column].scale };
                Some(TableColumn::of_series(columns[*column].name.as_str().into(), Role::Observed, &series))
            });
            let series = series.collect::<Option<Vec<_>>>()?;
            let mut table = Table::of_series(stem.into(), TableKind::Save, index.clone(), series);
            #[expect(clippy::cast_precision_loss, reason = "at most 10^9 trajectories")]
            let value = Cell::Number(number as f64);
            table.keys = vec![Key { name: "trajectory".into(), value }];
            Some(table)
        };
        let all = |save: &Save| {
            let stem = save.file.strip_suffix(".csv").unwrap_or(&save.file).to_string();
            let chosen = saved_columns(save, &columns[..self.width]);
            (1..=merged.done).filter_map(|number| table(&stem, &chosen, number)).collect::<Vec<_>>()
        };
        saves.flat_map(all).collect()
    }

    /// The means, standard errors and single trajectories as the columns of a finished run.
    pub(super) fn finish(
        self,
        merged: &Merged,
        frame: Frame<'p>,
        control: &Control<'_>,
    ) -> Result<Finished<'p>, Vec<Diagnostic>> {
        let Frame { model, columns, requested, reads, resumed } = frame;
        let sampled = Some(self.outcome(merged.done, resumed));
        let (rows, width) = (if merged.done == 0 { 0 } else { self.rows }, self.width);
        let column = |of: &dyn Fn(usize) -> f64, c: usize| (0..rows).map(|row| of(c * self.rows + row)).collect();
        let moments = &merged.moments;
        let means = (0..width).map(|c| column(&|i| moments.mean(i), c));
        let errors = (0..width).map(|c| column(&|i| moments.standard_error(i), c));
        let mut values: Vec<Vec<f64>> = means.chain(errors).collect();
        let kept = |single: &Kept| self.kept.binary_search(single).ok().and_then(|at| merged.kept[at].clone());
        values.extend(self.singles.iter().map(|single| kept(single).unwrap_or_else(|| vec![f64::NAN; rows])));
        let saved = self.saved(&columns, *reads.start(), merged);
        let lost = selection::all_lost(&self, merged, &columns[..width], *reads.start());
        let of_all = lost.into_iter().chain(self.nothing_random()).map(Remark::from);
        let remarks = merged.remarks.iter().cloned().chain(of_all).collect();
        let first = match self.seen.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Seen { first: Some((_, first)), fault } => Some((first, fault)),
            Seen { first: None, fault: Some((_, fault)), .. } => return Err(vec![fault]),
            Seen { .. } => None,
        };
        let (simulated, fault) = match first {
            Some(first) => first,
            // Every part came from the journal, or the run was interrupted at once: the first trajectory shows how it runs.
            None => {
                let options = Options { trajectory: self.options.trajectory, ..self.options.clone() };
                let mut ready = lowered(
                    self.program,
                    self.experiment,
                    &options,
                    self.needed.as_ref(),
                    self.budget,
                    &mut Scratch::default(),
                )?;
                (ready.simulate(self.experiment, control, &mut Scratch::default())?, None)
            }
        };
        let Simulated { ran, done, .. } = simulated;
        let interrupted = merged.done < self.count && fault.is_none();
        let fault = fault.map(|(_, fault)| fault);
        let done = Done { values, interrupted, fault, collisions: requested, unselected: None, ..done };
        let (spectrum, steady) = (None, None);
        Ok(Finished { model, columns, requested, reads, spectrum, ran, done, remarks, steady, sampled, saved })
    }
}

/// The columns of a run that a `save` names; all of them if it names none.
pub(super) fn saved_columns(save: &Save, own: &[Column]) -> Vec<usize> {
    if save.series.is_empty() {
        return (0..own.len()).collect();
    }
    save.series.iter().filter_map(|id| own.iter().position(|c| c.id == Some(*id))).collect()
}

impl Parts for Samples<'_> {
    type Own<'s>
        = Own<'s>
    where
        Self: 's;

    fn own(&self) -> Own<'_> {
        Own { scratch: Scratch::default(), ready: None }
    }

    fn compute<'s>(&'s self, part: usize, own: &mut Own<'s>, control: &Control<'_>) -> Option<Record> {
        let mut moments = Moments::new(self.width * self.rows);
        let mut kept: Vec<f64> = Vec::new();
        let mut remarks = Vec::new();
        let silent = Control { interrupted: control.interrupted, progress: &|_, _| {} };
        for number in self.of_part(part) {
            if (control.interrupted)() || self.failed_before(number) {
                return None;
            }
            let mut simulated = match self.trajectory(number, own, &silent) {
                Ok(simulated) if simulated.done.interrupted => return None,
                Ok(simulated) => simulated,
                Err(mut errors) => {
                    self.fail(number, errors.swap_remove(0));
                    return None;
                }
            };
            if let Some(fault) = simulated.done.fault.take() {
                self.fail(number, fault);
                return None;
            }
            // A trajectory that a post-selection ends is expected; only the loss of all of them deserves a warning.
            simulated.remarks.retain(|remark| remark.warning.code != Code::NeverSelected);
            remarks::merge(&mut remarks, std::mem::take(&mut simulated.remarks));
            let values = self.see(number, simulated);
            let padded = |column: &Vec<f64>| {
                column.iter().copied().chain(std::iter::repeat(f64::NAN)).take(self.rows).collect::<Vec<_>>()
            };
            moments.add(values.iter().flat_map(padded));
            let own = &self.kept[self.kept_of(number..=number)];
            kept.extend(own.iter().flat_map(|(_, column)| padded(&values[*column])));
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            (control.progress)(done, self.count);
        }
        let values = moments.to_numbers().chain(kept).collect();
        Some(Record { point: part, values, remarks, reason: String::new() })
    }
}
