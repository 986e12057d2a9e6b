//! Sweeps: an experiment at every point of a grid, in parallel.
//!
//! Contract: the results are in row-major order of the grid and bit for bit the same for any number of threads, because
//! each point is computed by one thread, independently of the others. Every finished point is written to the journal
//! before it counts. A point that fails has missing values and a reason, and does not stop the others.

mod grid;
mod needed_series;
mod sized;
mod survey;
mod table;

pub use super::journal::{FORMAT, Head, Journal, Record, Recovered, read};
pub use super::parts::Keeping;
pub use grid::{Axis, Grid};

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::analyse::{Analysed, Claim, TableValues, analyse, rehearse_table, series_values, table_claims};
use super::branches;
use super::memory_budget::{Budget, HeldSeries};
use super::parts::{Parts, Work, cannot_write};
use super::planning::{Choice, Finished, Plans};
use super::remarks::{self, Remark};
use super::tables::{Header, Results};
use super::{
    Backend, Control, Ending, Execution, MAX_REHEARSAL, Options, Outcome, Plan, Ready, Sampled, Scratch, Setup,
    lowered, prepare, requested_collisions,
};
pub(super) use needed_series::needed;
use sized::{AtSize, Sizes};
use table::{Contents, Gathered};

use crate::check::{Experiment, Expr, ExprKind, Program, SeriesId};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::Model;
use crate::output::cell_text;
pub(super) use table::points_table;

/// The most points that are sent to the journal together.
const TOGETHER: usize = 16;

/// How the points of a sweep were run.
#[derive(Debug, Clone, PartialEq)]
pub struct PointsRan {
    /// The backend that was requested.
    pub backend: Backend,
    /// The plan of the first point that can run; `None` if a step map was requested and the point has none.
    pub plan: Option<Plan>,
    /// Number of points in this run that another engine computed.
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

/// A checked sweep, ready to run.
pub struct Sweep<'p> {
    points: Points<'p>,
    /// The model at the experiment's own parameter point.
    model: Model<'p>,
    first: First,
    contents: Contents,
}

/// The first point of a sweep that can run.
struct First {
    /// Its index.
    point: usize,
    /// Its number of collisions.
    collisions: u64,
    /// The warnings that need no run.
    foreseen: Vec<Remark>,
    /// The trajectories over which its values are averaged; `None` for a single run.
    sampled: Option<Sampled>,
}

/// The most points that are tried before a sweep is refused because none can run.
const TRIED: usize = 64;

/// What all points have in common; shared by the threads.
struct Points<'p> {
    setup: Setup<'p>,
    grid: Grid,
    sizes: Sizes,
    /// The series that the analysis of a point needs; `None` (all series) without `collect`.
    needed: Option<BTreeSet<SeriesId>>,
    /// Memory that one point may use.
    budget: Budget,
    seen: Mutex<Seen>,
}

/// Statistics of the points that have run.
#[derive(Default)]
struct Seen {
    /// The number of points run by each engine.
    engines: Vec<(Backend, usize)>,
    /// The first point that has run, and its plan.
    plan: Option<(usize, Plan)>,
    /// The smallest and the largest number of collisions.
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

impl Parts for Points<'_> {
    type Own<'s>
        = Scratch
    where
        Self: 's;

    fn own(&self) -> Scratch {
        Scratch::default()
    }

    fn compute(&self, part: usize, scratch: &mut Scratch, control: &Control<'_>) -> Option<Record> {
        let silent = Control { interrupted: control.interrupted, progress: &|_, _| {} };
        self.at(part).run(&silent, scratch)
    }
}

impl<'p> Points<'p> {
    fn at(&self, point: usize) -> Point<'_, 'p> {
        let mut options = self.setup.options.clone();
        options.settings.extend(self.grid.settings(point));
        let sized =
            self.sizes.at((self.setup.program, self.setup.experiment), &self.grid.place(point), &options.settings);
        Point { points: self, point, options, sized }
    }

    /// The swept parameters at a point, as in `γ = 0.5`.
    fn name(&self, point: usize) -> String {
        let axes = self.grid.axes.iter().zip(self.grid.values(point));
        axes.map(|(axis, value)| format!("{} = {}", axis.name, cell_text(value))).collect::<Vec<_>>().join(", ")
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first point that can run.
    ///
    /// # Errors
    /// Those of the first point, if none of the points that are tried can run.
    fn first_good(&self) -> Result<First, Vec<Diagnostic>> {
        let last = self.grid.len() - 1;
        let check = |point: usize| self.at(point).check();
        check(0).or_else(|errors| {
            let others = std::iter::once(last).chain(1..last).take(TRIED);
            others.filter(|point| *point > 0).find_map(|point| check(point).ok()).ok_or(errors)
        })
    }
}

impl<'p> Sweep<'p> {
    /// Checks a sweep: its grid, the `expect`s on its table, and that at least one of its points can run.
    ///
    /// # Errors
    /// All independent mistakes. If no tried point can run, the mistakes of the first point. The points are tried in
    /// this order: the first, the last, then the others in order.
    pub fn new(setup: Setup<'p>) -> Result<Self, Vec<Diagnostic>> {
        let Setup { program, experiment, options, sources } = setup;
        let mut model = Model::new(program, Some(experiment), &options.settings)?;
        let grid = Grid::new(program, experiment, &model, &options.settings)?;
        let needed = needed(program, experiment);
        let sizes = Sizes::new(program, experiment, &grid)?;
        let points = Points { setup, grid, sizes, needed, budget: Budget::now(), seen: Mutex::default() };
        let last = points.grid.len() - 1;
        let first = points.first_good()?;
        let headers = Header::of(&branches::columns(program, experiment, &options.settings, &mut model)?);
        if !experiment.has_table() {
            let series = HeldSeries::new(experiment, headers.len());
            points.budget.check_points(&series, last + 1, first.collisions, experiment.sweep[0].1.span)?;
        }
        let sweep = Self { points, model, first, contents: Contents::of(experiment, headers) };
        if experiment.has_table() && sweep.grid().len() as u64 <= MAX_REHEARSAL {
            rehearse_table(program, &sweep.model, experiment, sweep.grid(), sources)?;
        }
        Ok(sweep)
    }

    /// The warnings that need no run, about the first point that can run.
    pub(super) fn foreseen(&self) -> Vec<Diagnostic> {
        remarks::warnings(self.first.foreseen.clone())
    }

    /// The plan of the first point that can run.
    ///
    /// # Errors
    /// A step map was requested, and there is none.
    pub(super) fn choice(&self, control: &Control<'_>) -> Result<Choice, Vec<Diagnostic>> {
        let plans = self.points.at(self.first.point).plans(control)?;
        Ok(Choice::of(plans, Some(self.points.name(self.first.point))))
    }

    /// The grid of the sweep's points.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.points.grid
    }

    /// Runs the first point and returns the time that it takes.
    #[must_use]
    pub fn time_a_point(&self) -> Duration {
        let start = Instant::now();
        let never = || false;
        let control = Control { interrupted: &never, progress: &|_, _| {} };
        drop(self.points.at(self.first.point).run(&control, &mut Scratch::default()));
        start.elapsed()
    }

    /// The header that identifies this sweep in a journal.
    fn head(&self) -> Head {
        let rest = [
            ("collisions".to_string(), self.first.collisions.to_string()),
            ("seed".to_string(), format!("{:?}", self.points.setup.options.seed)),
        ];
        Head::of(self.points.setup, self.model.parameters().into_iter().chain(rest), &self.points.grid.describe())
    }

    /// Runs every point that the journal does not hold.
    ///
    /// # Errors
    /// The journal belongs to another sweep, or cannot be written.
    pub fn run(&self, keeping: Keeping<'_>, control: &Control<'_>) -> Result<Outcome, Vec<Diagnostic>> {
        let head = self.head();
        let gathered = self.gathered();
        let known = keeping.recover(&head, self.points.setup.sources, &|record| gathered.accepts(record))?;
        let mut journal = Journal::create(keeping.journal, &head, &known).map_err(|e| vec![cannot_write(&e)])?;
        self.run_from(known, Some(&mut journal), keeping.threads, control)
    }

    /// Runs every point without a journal, on all cores.
    ///
    /// # Errors
    /// A claim on the table cannot be evaluated.
    pub fn run_unkept(&self, control: &Control<'_>) -> Result<Outcome, Vec<Diagnostic>> {
        self.run_from(Vec::new(), None, 0, control)
    }

    fn gathered(&self) -> Gathered {
        Gathered::new(self.points.grid.clone(), self.contents.clone())
    }

    /// Runs every point that is not among the `known` ones.
    fn run_from(
        &self,
        known: Vec<Record>,
        journal: Option<&mut Journal>,
        threads: usize,
        control: &Control<'_>,
    ) -> Result<Outcome, Vec<Diagnostic>> {
        let start = Instant::now();
        // Discard the statistics of an earlier run of this sweep.
        *self.points.seen() = Seen::default();
        let mut gathered = self.gathered();
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
        // In a large sweep several points are sent at once; in a small one, each point by itself.
        let together = (todo.len() / 1000).clamp(1, TOGETHER);
        let total = self.points.grid.len() as u64;
        (control.progress)(gathered.coverage.done as u64, total);
        let put = &mut |record| {
            gathered.put(record);
            (control.progress)(gathered.coverage.done as u64, total);
        };
        let work = Work { parts: &self.points, todo: &todo, together, threads };
        let fault = work.run(journal, put, control).err();
        let ending = match fault {
            Some(e) => Ending::Fault(Box::new(cannot_write(&e))),
            None if !gathered.coverage.is_complete() => Ending::Interrupted,
            None => Ending::Complete,
        };
        let Setup { program, experiment, options, sources } = self.points.setup;
        let at_points = gathered.point_claims(experiment, sources);
        let (low, high) = self.points.seen().collisions.unwrap_or((self.first.collisions, self.first.collisions));
        gathered.coverage.collisions = low..=high;
        let warnings = std::mem::take(&mut gathered.survey).warnings(|point| self.points.name(point));
        let (tables, coverage) = gathered.finish(&experiment.name.text);
        let mut outcome = Outcome {
            name: experiment.name.text.clone(),
            title: experiment.title.clone(),
            parameters: self.model.parameters(),
            cases: branches::case_settings(program, experiment, &options.settings),
            collisions: high,
            requested: high,
            ending,
            tables,
            lets: Vec::new(),
            claims: Vec::new(),
            spectrum: None,
            coverage: Some(coverage),
            sampled: self.first.sampled.clone(),
            warnings,
            wall: Duration::ZERO,
            ran: Execution::Points(self.ran(control)),
            trace: f64::NAN,
            steady: None,
        };
        if outcome.is_complete() {
            outcome.claims = if experiment.has_table() { self.table_claims(&outcome)? } else { at_points };
        }
        outcome.wall = start.elapsed();
        Ok(outcome)
    }

    /// How the points were run: the plan of the first one, even if it came from the journal.
    fn ran(&self, control: &Control<'_>) -> PointsRan {
        let mut seen = self.points.seen();
        let ran_here = seen.plan.take().filter(|(point, _)| *point == self.first.point).map(|(_, plan)| plan);
        let plan = ran_here.or_else(|| self.points.at(self.first.point).plans(control).ok().map(|plans| plans.first));
        let others = seen.engines.iter().filter(|(engine, _)| plan.as_ref().is_none_or(|p| p.engine != *engine));
        PointsRan { backend: self.points.setup.options.backend, others: others.map(|(_, count)| count).sum(), plan }
    }

    /// Evaluates the claims on the table of the points.
    fn table_claims(&self, outcome: &Outcome) -> Result<Vec<Claim>, Vec<Diagnostic>> {
        let Setup { program, experiment, sources, .. } = self.points.setup;
        let table = outcome.points().expect("a sweep with `collect` has a table of points");
        let values = TableValues::new(&self.model, experiment, self.grid(), table);
        table_claims(program, experiment, values, sources)
    }
}

/// One point of a sweep.
struct Point<'s, 'p> {
    points: &'s Points<'p>,
    point: usize,
    options: Options,
    /// The program of the point, if the sweep changes the sizes of arrays.
    sized: Result<Option<Arc<AtSize>>, Vec<Diagnostic>>,
}

impl Point<'_, '_> {
    /// The program and the experiment at this point.
    fn subject(&self) -> Result<(&Program, &Experiment), Vec<Diagnostic>> {
        match &self.sized {
            Ok(None) => Ok((self.points.setup.program, self.points.setup.experiment)),
            Ok(Some(sized)) => Ok((sized.program(), sized.experiment())),
            Err(errors) => Err(errors.clone()),
        }
    }

    /// The series that the analysis of the point needs; `None` (all series) without `collect`.
    fn needed(&self) -> Option<Cow<'_, BTreeSet<SeriesId>>> {
        match &self.sized {
            Ok(Some(sized)) => needed(sized.program(), sized.experiment()).map(Cow::Owned),
            _ => self.points.needed.as_ref().map(Cow::Borrowed),
        }
    }

    /// What is known of the point before it runs, if it can run.
    fn check(&self) -> Result<First, Vec<Diagnostic>> {
        let (program, experiment) = self.subject()?;
        let needed = self.needed();
        let setup = Setup::new(program, experiment, &self.options, self.points.setup.sources);
        let ready = prepare(setup, needed.as_deref(), &Control::none())?;
        Ok(First {
            point: self.point,
            collisions: ready.requested(),
            foreseen: ready.foreseen(),
            sampled: ready.trajectories(),
        })
    }

    /// The number of collisions, if it can differ between points and can be computed here.
    fn varying_collisions(&self) -> Option<u64> {
        let (program, experiment) = self.subject().ok()?;
        let run = experiment.run.as_ref()?;
        let fixed = |count: &Expr| matches!(count.kind, ExprKind::Number(_));
        if self.options.collisions.is_some() || run.collisions.as_ref().is_none_or(fixed) {
            return None;
        }
        let model = Model::new(program, Some(experiment), &self.options.settings).ok()?;
        requested_collisions(&model, run, &self.options).ok()
    }

    /// The plans of the runs of this point.
    fn plans(&self, control: &Control<'_>) -> Result<Plans, Vec<Diagnostic>> {
        self.lowered(&mut Scratch::default())?.plans(control)
    }

    fn lowered(&self, scratch: &mut Scratch) -> Result<Ready<'_>, Vec<Diagnostic>> {
        let (program, experiment) = self.subject()?;
        // Ids of subsystems differ between sizes, and cached gates refer to them.
        if scratch.sizes != program.sizes {
            *scratch = Scratch { sizes: program.sizes.clone(), ..Scratch::default() };
        }
        lowered(program, experiment, &self.options, self.needed().as_deref(), self.points.budget, scratch)
    }

    /// Runs the point and returns its record, or `None` if it was interrupted.
    fn run(&self, control: &Control<'_>, scratch: &mut Scratch) -> Option<Record> {
        let s = self.points;
        let missing = |errors: &[Diagnostic], remarks: Vec<Remark>| {
            let values = vec![f64::NAN; s.setup.experiment.collect.len()];
            Some(Record { point: self.point, values, remarks, reason: reason_of(errors) })
        };
        let ended = self.subject().and_then(|(_, experiment)| {
            let run = self.lowered(scratch)?.run(experiment, control, scratch)?;
            Ok((run, experiment))
        });
        let (Finished { model, columns, requested, reads, ran, done, steady, remarks, .. }, experiment) = match ended {
            Ok(finished) => finished,
            Err(errors) => return missing(&errors, Vec::new()),
        };
        let mut seen = s.seen();
        seen.collisions(requested);
        seen.plan(self.point, ran.plan);
        drop(seen);
        if done.interrupted {
            return None;
        }
        if let Some(fault) = done.fault {
            return missing(&[fault], remarks);
        }
        let results = Results::new(&columns, done.values, *reads.start(), steady.is_some());
        let analysed = analyse(&model, experiment, series_values(&columns, &results.values()), s.setup.sources);
        let (values, reason) = match &results {
            Results::Run(series) if !s.setup.experiment.has_table() => table::whole_run(series, &analysed),
            _ => self.collected(&analysed, &remarks),
        };
        Some(Record { point: self.point, values, remarks, reason })
    }

    /// The collected numbers, and why some are missing.
    fn collected(&self, analysed: &Analysed, remarks: &[Remark]) -> (Vec<f64>, String) {
        // An infinite number counts as missing.
        let missing = analysed.collected.iter().any(|v| !v.is_finite());
        let unselected = remarks.iter().map(|r| &r.warning).filter(|warning| warning.code == Code::NeverSelected);
        let warnings = analysed.warnings.iter().chain(unselected).filter(|_| missing);
        let relevant = analysed.errors.iter().chain(warnings);
        let mut reasons: Vec<String> = relevant.map(|d| d.message.clone()).collect();
        if missing && reasons.is_empty() {
            let names =
                self.points.setup.experiment.collect.iter().zip(&analysed.collected).filter(|(_, v)| !v.is_finite());
            reasons.extend(names.map(|((name, _), v)| {
                let what = if v.is_nan() { "has no value" } else { "is infinite" };
                format!("`{}` {what}", name.text)
            }));
        }
        let values = analysed.collected.iter().map(|v| if v.is_finite() { *v } else { f64::NAN }).collect();
        (values, reasons.join("; "))
    }
}

fn reason_of(errors: &[Diagnostic]) -> String {
    errors.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; ")
}
