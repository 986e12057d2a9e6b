//! Sweeps: an experiment at every point of a grid, in parallel.
//!
//! Contract: the results stand in row-major order of the grid whatever the number of threads, and bit for bit the same: a
//! point is computed by one thread and knows nothing of the others. Every finished point goes to the journal before it
//! counts. A point that fails has missing values and a reason, and does not stop the rest.

mod grid;
mod journal;
mod table;

pub use grid::{Axis, Grid};
pub use journal::{Head, Journal, Record, Recovered, read};

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::analyse::{Analysed, Claim, analyse, series_values, table_claims};
use super::memory_budget::{Budget, HeldSeries};
use super::planning::{Choice, Finished};
use super::tables::Header;
use super::{Backend, Control, Ending, Execution, Options, Outcome, Plan, Prepared, Scratch, asked, lowered, prepare};
use table::{Contents, Gathered};

use crate::analysis::Series;
use crate::check::{Analysis, Experiment, Expr, ExprKind, Program, SeriesId, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Value;
use crate::lower::Model;
use crate::output::cell_text;
use crate::source::SourceMap;
use crate::storage::{FileError, fingerprint};
pub(super) use table::points_table;

/// How a sweep keeps and finds what was computed.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'k> {
    /// Where the journal is.
    pub journal: &'k Path,
    /// Whether to go on with the one that is there.
    pub resume: bool,
    /// Threads; 0 is one a core.
    pub threads: usize,
}

/// So many points may be handed to the journal together, if that does not hold any of them back for longer than this.
const TOGETHER: usize = 16;
const HELD: Duration = Duration::from_millis(2);

/// What has run the points of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct PointsRan {
    /// What the user demands.
    pub backend: Backend,
    /// The plan of the first point that can run; `None` if a map is demanded and it has none.
    pub plan: Option<Plan>,
    /// How many of the points that were computed now another engine has run.
    pub others: usize,
}

impl std::fmt::Display for PointsRan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.plan {
            Some(plan) => plan.fmt(f)?,
            None => f.write_str(self.backend.name())?,
        }
        match self.others {
            0 => Ok(()),
            1 => f.write_str("; 1 point by another engine"),
            others => write!(f, "; {others} points by another engine"),
        }
    }
}

/// A sweep that was checked and can run.
pub struct Sweep<'p> {
    points: Points<'p>,
    /// The model at the point around which it is swept.
    model: Model<'p>,
    /// The first point that can run.
    first: usize,
    /// Its collisions.
    collisions: u64,
    contents: Contents,
}

/// How many points of a sweep are tried, before it is refused for having none that can run.
const TRIED: usize = 64;

/// What every point needs; threads share it.
struct Points<'p> {
    program: &'p Program,
    experiment: &'p Experiment,
    options: &'p Options,
    sources: &'p SourceMap,
    grid: Grid,
    /// What an analysis of a point needs; without `collect` that is every series.
    wanted: Option<BTreeSet<SeriesId>>,
    /// Memory that a point may use.
    budget: Budget,
    seen: Mutex<Seen>,
}

/// What the points that ran have shown.
#[derive(Default)]
struct Seen {
    /// The plans of the points that can run, by the engine, and how many points it has run.
    engines: Vec<(Backend, usize)>,
    /// The plan of one point.
    plan: Option<(usize, Plan)>,
    /// The fewest and the most collisions.
    collisions: Option<(u64, u64)>,
}

impl Seen {
    fn collisions(&mut self, n: u64) {
        let (low, high) = self.collisions.unwrap_or((n, n));
        self.collisions = Some((low.min(n), high.max(n)));
    }

    fn plan(&mut self, point: usize, plan: Plan) {
        match self.engines.iter_mut().find(|(engine, _)| *engine == plan.engine) {
            Some((_, count)) => *count += 1,
            None => self.engines.push((plan.engine, 1)),
        }
        if self.plan.as_ref().is_none_or(|(known, _)| point < *known) {
            self.plan = Some((point, plan));
        }
    }
}

impl<'p> Points<'p> {
    fn at(&self, point: usize) -> Point<'_, 'p> {
        let mut options = self.options.clone();
        options.settings.extend(self.grid.settings(point));
        Point { points: self, point, options }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first point that can run, and its collisions.
    ///
    /// # Errors
    /// Those of the first point, if none of those that are tried can.
    fn first_good(&self) -> Result<(usize, u64), Vec<Diagnostic>> {
        let last = self.grid.len() - 1;
        let check = |point: usize| self.at(point).check().map(|collisions| (point, collisions));
        check(0).or_else(|errors| {
            let others = std::iter::once(last).chain(1..last).take(TRIED);
            others.filter(|point| *point > 0).find_map(|point| check(point).ok()).ok_or(errors)
        })
    }
}

impl<'p> Sweep<'p> {
    /// Checks a sweep: its grid, that one of its points can run, and what it expects of its table.
    ///
    /// # Errors
    /// All independent mistakes; of the points, those of the first one, if none of the points that are tried can run: the
    /// first, the last, and then the others in order.
    pub fn new(
        program: &'p Program,
        experiment: &'p Experiment,
        options: &'p Options,
        sources: &'p SourceMap,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut model = Model::new(program, Some(experiment), &options.settings)?;
        let grid = Grid::new(program, experiment, &model, &options.settings)?;
        let wanted = experiment.has_table().then(|| needed(experiment));
        let points = Points {
            program,
            experiment,
            options,
            sources,
            grid,
            wanted,
            budget: Budget::now(),
            seen: Mutex::default(),
        };
        let last = points.grid.len() - 1;
        let (first, collisions) = points.first_good()?;
        let headers = Header::of(&model.columns()?);
        if !experiment.has_table() {
            let series = HeldSeries::new(experiment, headers.len());
            points.budget.check_points(&series, last + 1, collisions, experiment.sweep[0].1.span)?;
        }
        let sweep = Self { points, model, first, collisions, contents: Contents::of(experiment, headers) };
        if experiment.has_table() && last < 1_000_000 {
            let names: Vec<Arc<str>> = experiment.collect.iter().map(|(n, _)| n.text.as_str().into()).collect();
            let blank = vec![vec![f64::NAN; last + 1]; names.len()];
            let table = points_table(&experiment.name.text, sweep.grid(), &names, blank);
            table_claims(program, &sweep.model, experiment, (sweep.grid(), &table), sources)?;
        }
        Ok(sweep)
    }

    /// The plan of the first point that can run.
    ///
    /// # Errors
    /// The user demands a map, and there is none.
    pub(super) fn choice(&self, control: &Control<'_>) -> Result<Choice, Vec<Diagnostic>> {
        let grid = &self.points.grid;
        let axes = grid.axes.iter().zip(grid.values(self.first));
        let point = axes.map(|(axis, value)| format!("{} = {}", axis.name, cell_text(value))).collect::<Vec<_>>();
        let plan = self.points.at(self.first).plan(control)?;
        Ok(Choice { plan, point: Some(point.join(", ")) })
    }

    /// The points of the sweep.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.points.grid
    }

    /// The time that one point takes: its first.
    #[must_use]
    pub fn time_a_point(&self) -> Duration {
        let start = Instant::now();
        let never = || false;
        let control = Control { interrupted: &never, progress: &|_, _| {} };
        drop(self.points.at(self.first).run(&control, &mut Scratch::default()));
        start.elapsed()
    }

    /// What the journal belongs to.
    fn head(&self) -> Head {
        // What options say is in the parameters and the grid.
        let files = self.points.sources.files().filter(|f| !f.is_option());
        let text: String = files.map(|f| f.text.to_string()).collect();
        let rest = [
            ("collisions".to_string(), self.collisions.to_string()),
            ("backend".to_string(), self.points.options.backend.name().into()),
        ];
        let parameters: Vec<(String, String)> = self.model.parameters().into_iter().chain(rest).collect();
        Head {
            version: env!("CARGO_PKG_VERSION").into(),
            script: fingerprint(&text, &[("experiment".into(), self.points.experiment.name.text.clone())]),
            parameters: fingerprint("", &parameters),
            grid: fingerprint(&self.points.grid.describe(), &[]),
        }
    }

    /// Runs every point that the journal does not hold.
    ///
    /// # Errors
    /// A journal of something else, or one that cannot be made.
    pub fn run(&self, keeping: Keeping<'_>, control: &Control<'_>) -> Result<Outcome, Vec<Diagnostic>> {
        let start = Instant::now();
        *self.points.seen() = Seen::default();
        let head = self.head();
        // What an earlier run of this sweep has seen is not of this one.
        *self.points.seen() = Seen::default();
        let mut gathered = Gathered::new(self.points.grid.clone(), self.contents.clone());
        let known = if keeping.resume { self.recover(keeping.journal, &head, &gathered)? } else { Vec::new() };
        let mut journal = Journal::create(keeping.journal, &head, &known).map_err(|e| vec![cannot_write(&e)])?;
        let mut finished = vec![false; self.points.grid.len()];
        gathered.coverage.resumed = known.len();
        for record in known {
            finished[record.point] = true;
            if let Some(collisions) = self.points.at(record.point).varying_collisions() {
                self.points.seen().collisions(collisions);
            }
            gathered.put(record);
        }
        let todo: Vec<usize> = (0..self.points.grid.len()).filter(|i| !finished[*i]).collect();
        let points = &self.points;
        let stop = AtomicBool::new(false);
        let interrupted = || stop.load(Ordering::Relaxed) || (control.interrupted)();
        let (sender, receiver) = sync_channel::<Vec<Record>>(64);
        let fault = std::thread::scope(|scope| {
            // The sender goes with the last point: then the receiver is at its end.
            let (todo, interrupted) = (&todo, &interrupted);
            // Quick points are handed over several at once; few ones are dealt out one by one.
            let together = (todo.len() / 1000).clamp(1, TOGETHER);
            scope.spawn(move || {
                let work = move || {
                    let own = || (sender.clone(), Scratch::default());
                    todo.par_chunks(together).for_each_init(own, |(sender, scratch), chunk| {
                        let control = Control { interrupted, progress: &|_, _| {} };
                        let (mut ready, mut since) = (Vec::new(), Instant::now());
                        // An interrupted sweep does not prepare what it will not run.
                        for &i in chunk.iter().take_while(|_| !interrupted()) {
                            ready.extend(points.at(i).run(&control, scratch).filter(|_| !interrupted()));
                            if since.elapsed() > HELD {
                                drop(sender.send(std::mem::take(&mut ready)));
                                since = Instant::now();
                            }
                        }
                        // The receiver goes when the journal cannot be written; nothing is to be done here then.
                        drop(sender.send(ready));
                    });
                };
                match rayon::ThreadPoolBuilder::new().num_threads(keeping.threads).build() {
                    Ok(pool) => pool.install(work),
                    Err(_) => work(),
                }
            });
            let fault = self.gather(&receiver, &mut journal, &mut gathered, control).err();
            if fault.is_some() {
                stop.store(true, Ordering::Relaxed);
                // Whoever waits with a result goes on, and finds that it is over.
                receiver.iter().for_each(drop);
            }
            fault
        });
        let ending = match fault {
            Some(e) => Ending::Fault(Box::new(cannot_write(&e))),
            None if !gathered.coverage.is_complete() => Ending::Interrupted,
            None => Ending::Complete,
        };
        let experiment = self.points.experiment;
        let at_points = gathered.point_claims(experiment, self.points.sources);
        let (low, high) = self.points.seen().collisions.unwrap_or((self.collisions, self.collisions));
        gathered.coverage.collisions = low..=high;
        let (tables, coverage) = gathered.finish(&experiment.name.text);
        let mut outcome = Outcome {
            name: experiment.name.text.clone(),
            title: experiment.title.clone(),
            parameters: self.model.parameters(),
            collisions: high,
            asked: high,
            ending,
            tables,
            lets: Vec::new(),
            claims: Vec::new(),
            spectrum: None,
            coverage: Some(coverage),
            warnings: Vec::new(),
            wall: Duration::ZERO,
            ran: Execution::Points(self.ran(control)),
            trace: f64::NAN,
        };
        if outcome.is_complete() {
            outcome.claims = if experiment.has_table() { self.table_claims(&outcome)? } else { at_points };
        }
        outcome.wall = start.elapsed();
        Ok(outcome)
    }

    /// What has run the points: the plan of the first one, also if the journal had it already.
    fn ran(&self, control: &Control<'_>) -> PointsRan {
        let mut seen = self.points.seen();
        let ran_here = seen.plan.take().filter(|(point, _)| *point == self.first).map(|(_, plan)| plan);
        let plan = ran_here.or_else(|| self.points.at(self.first).plan(control).ok());
        let others = seen.engines.iter().filter(|(engine, _)| plan.as_ref().is_none_or(|p| p.engine != *engine));
        PointsRan { backend: self.points.options.backend, others: others.map(|(_, count)| count).sum(), plan }
    }

    /// Takes results as they come: journal first, then the table.
    fn gather(
        &self,
        receiver: &Receiver<Vec<Record>>,
        journal: &mut Journal,
        gathered: &mut Gathered,
        control: &Control<'_>,
    ) -> Result<(), FileError> {
        let total = self.points.grid.len() as u64;
        for record in receiver.iter().flatten() {
            journal.append(&record)?;
            gathered.put(record);
            (control.progress)(gathered.coverage.done as u64, total);
        }
        journal.sync()
    }

    /// The points of this sweep that a journal on disk holds, each once. What its tables do not accept counts as damaged,
    /// although its checksum is right.
    fn recover(&self, path: &Path, head: &Head, gathered: &Gathered) -> Result<Vec<Record>, Vec<Diagnostic>> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let refuse = |why: String| {
            let d = Diagnostic::nowhere(Code::JournalRefused, format!("cannot go on with `{}`: {why}", path.display()));
            Err(vec![d.help("run without `--resume` to begin anew (the old journal is kept beside it), or with what it was begun with")])
        };
        let recovered = match read(path) {
            Ok(recovered) => recovered,
            Err(e) => return refuse(e.to_string()),
        };
        match recovered.head.map(|h| h.difference(head)) {
            None => return refuse("its head is damaged, so it is not known what it belongs to".into()),
            Some(Some(difference)) => return refuse(format!("it belongs to {difference}")),
            Some(None) => {}
        }
        let mut seen = BTreeSet::new();
        Ok(recovered.records.into_iter().filter(|r| gathered.accepts(r) && seen.insert(r.point)).collect())
    }

    /// Claims on the table of the points.
    fn table_claims(&self, outcome: &Outcome) -> Result<Vec<Claim>, Vec<Diagnostic>> {
        let Points { program, experiment, sources, .. } = self.points;
        let table = outcome.points().expect("a sweep that collects");
        table_claims(program, &self.model, experiment, (self.grid(), table), sources)
    }
}

fn cannot_write(e: &FileError) -> Diagnostic {
    Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())
}

/// One point of a sweep.
struct Point<'s, 'p> {
    points: &'s Points<'p>,
    point: usize,
    options: Options,
}

impl Point<'_, '_> {
    /// The number of collisions, if the point can run.
    fn check(&self) -> Result<u64, Vec<Diagnostic>> {
        let s = self.points;
        let how = (s.wanted.as_ref(), &Control::none());
        prepare(s.program, s.experiment, &self.options, s.sources, how).map(|p| p.asked)
    }

    /// The number of collisions, if points may differ in it and it can be computed here.
    fn varying_collisions(&self) -> Option<u64> {
        let Points { program, experiment, .. } = self.points;
        let run = experiment.run.as_ref()?;
        if self.options.collisions.is_some() || matches!(run.collisions.kind, ExprKind::Number(_)) {
            return None;
        }
        let model = Model::new(program, Some(experiment), &self.options.settings).ok()?;
        asked(&model, run, &self.options).ok()
    }

    /// What runs it.
    fn plan(&self, control: &Control<'_>) -> Result<Plan, Vec<Diagnostic>> {
        self.lowered(&mut Scratch::default())?.plan(control)
    }

    fn lowered(&self, scratch: &mut Scratch) -> Result<Prepared<'_>, Vec<Diagnostic>> {
        let s = self.points;
        lowered(s.program, s.experiment, &self.options, s.wanted.as_ref(), s.budget, scratch)
    }

    /// The point's record; none if it was interrupted.
    fn run(&self, control: &Control<'_>, scratch: &mut Scratch) -> Option<Record> {
        let s = self.points;
        let missing =
            |reason: String| Record { point: self.point, values: vec![f64::NAN; s.experiment.collect.len()], reason };
        let ended = self.lowered(scratch).and_then(|prepared| prepared.run(s.experiment, control, scratch));
        let Finished { model, columns, asked, reads, ran, done, .. } = match ended {
            Ok(finished) => finished,
            Err(errors) => return Some(missing(reason_of(&errors))),
        };
        let mut seen = s.seen();
        seen.collisions(asked);
        seen.plan(self.point, ran.plan);
        drop(seen);
        if done.interrupted {
            return None;
        }
        if let Some(fault) = done.fault {
            return Some(missing(reason_of(&[fault])));
        }
        let part = |values, scale| Series::part_of_run(*reads.start(), values, scale);
        let series: Vec<Series> = columns.iter().zip(done.values).map(|(c, v)| part(v, c.scale)).collect();
        let values: Vec<Value> = series.iter().cloned().map(Value::Series).collect();
        let analysed = analyse(&model, s.experiment, series_values(&columns, &values), s.sources);
        Some(if s.experiment.has_table() {
            self.collected(&analysed)
        } else {
            table::whole_run(self.point, &series, &analysed)
        })
    }

    fn collected(&self, analysed: &Analysed) -> Record {
        // A number that is infinite is as little a result as a missing one.
        let missing = analysed.collected.iter().any(|v| !v.is_finite());
        let told = analysed.errors.iter().chain(analysed.warnings.iter().filter(|_| missing));
        let mut reasons: Vec<String> = told.map(|d| d.message.clone()).collect();
        if missing && reasons.is_empty() {
            let names = self.points.experiment.collect.iter().zip(&analysed.collected).filter(|(_, v)| !v.is_finite());
            reasons.extend(names.map(|((name, _), v)| {
                let what = if v.is_nan() { "has no value" } else { "is infinite" };
                format!("`{}` {what}", name.text)
            }));
        }
        let values = analysed.collected.iter().map(|v| if v.is_finite() { *v } else { f64::NAN }).collect();
        Record { point: self.point, values, reason: reasons.join("; ") }
    }
}

fn reason_of(errors: &[Diagnostic]) -> String {
    errors.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; ")
}

/// The series that the analysis of a point mentions.
pub(super) fn needed(experiment: &Experiment) -> BTreeSet<SeriesId> {
    fn gather(e: &Expr, out: &mut BTreeSet<SeriesId>) {
        if let ExprKind::Series(id) = e.kind {
            out.insert(id);
        }
        children(e, &mut |c| gather(c, out));
    }
    let mut out = BTreeSet::new();
    for a in &experiment.analysis {
        match a {
            Analysis::Let { value, .. } | Analysis::Collect { value, .. } => gather(value, &mut out),
            Analysis::Expect { .. } => {}
        }
    }
    if let Some(until) = experiment.run.as_ref().and_then(|r| r.until.as_ref()) {
        gather(until, &mut out);
    }
    out
}
