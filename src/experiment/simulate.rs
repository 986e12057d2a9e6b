//! One run: the engine of its plan computes the collisions, and the simulation keeps the numbers.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::analyse::series_values;
use super::checkpoint::Checkpoint;
use super::planning::not_pure;
use super::steady;
use super::truncation::Peaks;
use crate::backend::{Engine, Fault, FaultKind, Halt, Host, Place, Watch};
use crate::check::{Expr, SUCCESS};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Scope, Value, complex};
use crate::ir::{Collision, Slot};
use crate::lower::{Column, ColumnKind, Model};
use crate::quantum::C64;
use crate::source::Span;

/// Callbacks from a run to its caller.
pub struct Control<'c> {
    /// Returns whether the run should stop.
    pub interrupted: &'c (dyn Fn() -> bool + Sync),
    /// Called from time to time with the number of collisions (or points of a sweep) done and the number requested.
    pub progress: &'c (dyn Fn(u64, u64) + Sync),
}

impl Control<'_> {
    /// A control that never interrupts and ignores progress.
    #[must_use]
    pub fn none() -> Self {
        Self { interrupted: &|| false, progress: &|_, _| {} }
    }
}

/// A run to simulate.
pub(super) struct Task<'a> {
    pub(super) columns: &'a [Column],
    pub(super) ends: Ends<'a>,
    /// Number of collisions of the whole run.
    pub(super) requested: u64,
    /// The collisions whose values are kept.
    pub(super) reads: RangeInclusive<u64>,
    /// The values of every column so far.
    pub(super) values: Vec<Vec<f64>>,
    /// The largest populations of the highest levels of bosons so far.
    pub(super) peaks: Peaks,
    /// Whether to return the final state.
    pub(super) keep: bool,
}

/// What ends a run before its last collision.
#[derive(Clone, Copy)]
pub(super) enum Ends<'a> {
    /// Nothing.
    Never,
    /// The condition of `until`.
    Condition(&'a Expr),
    /// No value moves any more; only the latest values are kept.
    Still,
}

/// The result of a simulation.
#[derive(Default)]
pub(super) struct Done {
    pub(super) values: Vec<Vec<f64>>,
    pub(super) peaks: Peaks,
    pub(super) collisions: u64,
    pub(super) stopped_early: bool,
    pub(super) interrupted: bool,
    pub(super) fault: Option<Diagnostic>,
    /// The post-selection that has no probability left; the values after it are missing.
    pub(super) unselected: Option<Unselected>,
    /// Re Tr ρ at the end.
    pub(super) trace: f64,
    /// Estimated rounding error of a jump by powers of the step map; `None` without a jump.
    pub(super) rounding: Option<f64>,
    /// The state after the last collision; `None` if it was not requested, or if a collision was left incomplete.
    pub(super) end: Option<Checkpoint>,
}

/// A post-selection that has no probability left.
pub(super) struct Unselected {
    /// The last collision before it that was read; 0 if there is none.
    pub(super) after: u64,
    /// The collision, as in `in collision 7`.
    when: String,
    place: Option<Span>,
}

impl Unselected {
    /// What happened, as a clause.
    fn what(&self) -> String {
        format!("the probability of the post-selection becomes zero {}", self.when)
    }

    /// The warning of a run, whose values are missing from there on.
    pub(super) fn warning(&self) -> Diagnostic {
        let d = Diagnostic::nowhere(Code::NeverSelected, format!("{}; the values after it are missing", self.what()));
        self.labelled(d).help(
            "the series `success` shows how the probability decreases; select outcomes that can occur, or shorten the run",
        )
    }

    /// The error of a steady state.
    pub(super) fn no_steady_state(&self, steady: Span) -> Diagnostic {
        let message = format!("there is no steady state: {}", self.what());
        self.labelled(Diagnostic::new(Code::NotSettled, message, steady, "does not exist"))
            .help("select outcomes that can occur, or replace `steady` by a `run` that ends before that collision")
    }

    fn labelled(&self, d: Diagnostic) -> Diagnostic {
        self.place.into_iter().fold(d, |d, place| d.label(place, "nothing is selected any more"))
    }
}

/// A run in progress: gives the engine its steps and keeps the numbers.
pub(super) struct Simulation<'m, 'p, 'c> {
    model: &'m mut Model<'p>,
    task: Task<'c>,
    control: &'c Control<'c>,
    /// The last complete collision (0 for the initial state); `None` before the initial state.
    reached: Option<u64>,
    /// The collision at which progress was last reported.
    reported: u64,
    /// Whether the engine has checked for an interrupt since then, which it does every few milliseconds.
    due: Arc<AtomicBool>,
    /// Why the host ended the run; `None` while it has not.
    stop: Option<Stop>,
}

/// Why the host ends a run before its last collision.
enum Stop {
    Condition,
    Fault(Box<Diagnostic>),
}

/// The most collisions between two reports of progress. Slow collisions are reported more often.
const REPORT: u64 = 256;

impl<'m, 'p, 'c> Simulation<'m, 'p, 'c> {
    pub(super) fn new(model: &'m mut Model<'p>, task: Task<'c>, control: &'c Control<'c>) -> Self {
        Self { model, task, control, reached: None, reported: 0, due: Arc::default(), stop: None }
    }

    /// Runs the engine to the last collision, or until it is stopped.
    pub(super) fn run(mut self, engine: &mut dyn Engine) -> Done {
        let (due, interrupted) = (self.due.clone(), self.control.interrupted);
        let stop = move || {
            due.store(true, Ordering::Relaxed);
            interrupted()
        };
        let watch = Watch::new(&stop);
        (self.control.progress)(self.reached.unwrap_or(0), self.task.requested);
        let halt = engine.run(&mut self, &watch).err();
        let mut done = Done {
            collisions: self.reached.unwrap_or(0),
            trace: engine.trace(),
            rounding: engine.rounding(),
            ..Done::default()
        };
        match halt {
            // Collisions after the last one that is read need not run, but count as done.
            None => done.collisions = self.task.requested,
            Some(Halt::Fault(fault)) if fault.kind == FaultKind::Interrupted => done.interrupted = true,
            Some(Halt::Fault(fault)) if fault.kind == FaultKind::NeverSelected => {
                done.unselected = Some(self.unselected(&fault));
                done.collisions = self.task.requested;
                self.fill_up();
            }
            Some(Halt::Fault(fault)) => done.fault = Some(self.described(&fault)),
            Some(Halt::Host) => match self.stop.take().expect("the host has set the reason for ending the run") {
                Stop::Condition => done.stopped_early = true,
                Stop::Fault(fault) => done.fault = Some(*fault),
            },
        }
        if self.task.keep {
            let state = engine.state();
            let peaks = self.task.peaks.clone();
            done.end = state.map(|state| Checkpoint::new(self.reached.unwrap_or(0), self.model, state, peaks));
        }
        done.values = self.task.values;
        done.peaks = self.task.peaks;
        done
    }

    /// Adds missing values up to the last collision that is kept; the probability of success is zero there.
    fn fill_up(&mut self) {
        for (column, values) in self.task.columns.iter().zip(&mut self.task.values) {
            let first = self.reached.map_or(0, |n| n + 1).max(*self.task.reads.start());
            let value = if is_success(column) { 0.0 } else { f64::NAN };
            values.extend((first..=*self.task.reads.end()).map(|_| value));
        }
    }

    fn unselected(&self, fault: &Fault) -> Unselected {
        let (n, first) = (self.reached.map_or(0, |n| n + 1), *self.task.reads.start());
        let when = if n < first { format!("before collision {first}") } else { format!("in collision {n}") };
        let after = self.reached.unwrap_or(0);
        let place = match fault.place {
            Some(Place::Statement(origin)) => Some(self.model.place(origin)),
            _ => None,
        };
        Unselected { after, when, place }
    }

    /// Sets the reason for ending the run, and returns the halt for the engine.
    fn end(&mut self, stop: Stop) -> Halt {
        self.stop = Some(stop);
        Halt::Host
    }

    /// Whether the run ends after collision n.
    fn has_ended(&mut self, n: u64) -> Result<bool, Box<Diagnostic>> {
        let Task { columns, ends, values, .. } = &mut self.task;
        match ends {
            Ends::Never => Ok(false),
            Ends::Condition(until) => holds(self.model, until, columns, values, n),
            Ends::Still => {
                for values in values.iter_mut() {
                    values.drain(..values.len().saturating_sub(steady::WINDOW + 1));
                }
                Ok(steady::is_still(columns, values))
            }
        }
    }

    /// The diagnostic of a fault in the collision after the last complete one.
    fn described(&self, fault: &Fault) -> Diagnostic {
        let n = self.reached.map_or(0, |n| n + 1) + self.model.collisions_before();
        described(fault, self.model, self.task.columns, &format!("at collision {n}"))
    }
}

/// The diagnostic of a fault; `at` says when it occurred, as in `at collision 3`.
pub(super) fn described(fault: &Fault, model: &Model<'_>, columns: &[Column], at: &str) -> Diagnostic {
    match fault.place {
        Some(Place::Observable(which)) => {
            let column = columns.iter().filter(|c| c.kind == ColumnKind::Observed).nth(which);
            let column = column.expect("every observable has a column");
            let d = describe(&fault.kind, &format!("`{}`", column.name), at);
            match column.place {
                Some(place) => d.label(place, "observed here"),
                None => d,
            }
        }
        Some(Place::Statement(origin)) => {
            describe(&fault.kind, "the recorded value", at).label(model.place(origin), "in this statement")
        }
        None => describe(&fault.kind, "the recorded value", at),
    }
}

impl Host for Simulation<'_, '_, '_> {
    fn collision(&mut self, n: u64, entry: &[Slot]) -> Result<Arc<Collision>, Halt> {
        match self.model.step(n, entry) {
            Ok(step) => Ok(Arc::clone(&step.collision)),
            Err(diagnostics) => {
                Err(self.end(Stop::Fault(at_collision(diagnostics, n + self.model.collisions_before()))))
            }
        }
    }

    /// Appends a whole row, so that all columns have the same length.
    fn row(&mut self, n: u64, numbers: &[f64]) -> Result<(), Halt> {
        for (values, x) in self.task.values.iter_mut().zip(numbers) {
            values.push(*x);
        }
        self.task.peaks.see(n, &numbers[self.task.columns.len()..]);
        self.reached = Some(n);
        // `until` does not apply to the initial state, and at the last collision it makes no difference.
        if n == 0 || n >= self.task.requested {
            return Ok(());
        }
        match self.has_ended(n) {
            Ok(false) => Ok(()),
            Ok(true) => Err(self.end(Stop::Condition)),
            Err(fault) => Err(self.end(Stop::Fault(fault))),
        }
    }

    fn reached(&mut self, n: u64) {
        self.reached = Some(n);
        if n >= self.reported + REPORT || self.due.load(Ordering::Relaxed) {
            self.reported = n;
            self.due.store(false, Ordering::Relaxed);
            (self.control.progress)(n, self.task.requested);
        }
    }
}

/// Whether the condition of an `until` holds at collision n, after which the columns have these values. It does not hold
/// where it depends on a missing number.
fn holds(
    model: &Model<'_>,
    until: &Expr,
    columns: &[Column],
    values: &[Vec<f64>],
    n: u64,
) -> Result<bool, Box<Diagnostic>> {
    let last = |v: &Vec<f64>| Value::real(*v.last().expect("a row was pushed"));
    let now: Vec<Value> = values.iter().map(last).collect();
    let by_id = series_values(columns, &now);
    let mut ev = model.evaluator();
    ev.collision = Some(n);
    ev.series = &by_id;
    ev.past = values;
    Ok(ev.eval(until, Scope::locals(&[]))?.truth() == Some(true))
}

/// Tries out the condition of an `until` on missing values, so that a wrong argument is reported before the run.
pub(super) fn rehearse_until(model: &Model<'_>, until: &Expr, columns: &[Column]) -> Result<(), Vec<Diagnostic>> {
    let missing = vec![vec![f64::NAN]; columns.len()];
    holds(model, until, columns, &missing, 1).map(drop).map_err(|d| vec![*d])
}

/// Whether a column is the probability that every post-selection so far succeeded.
fn is_success(column: &Column) -> bool {
    column.kind == ColumnKind::Recorded && column.name == SUCCESS
}

/// The first error of a step that is wrong only at collision n.
pub(super) fn at_collision(mut diagnostics: Vec<Diagnostic>, n: u64) -> Box<Diagnostic> {
    let mut d = diagnostics.swap_remove(0);
    d.message = format!("at collision {n}: {}", d.message);
    Box::new(d)
}

/// The diagnostic of a fault in a number.
pub(super) fn describe(kind: &FaultKind, what: &str, at: &str) -> Diagnostic {
    match kind {
        FaultKind::InvalidState { why, measure } => Diagnostic::nowhere(
            Code::InvalidState,
            format!("{at}, `{measure}` cannot be computed: {why}"),
        )
        .help("the state is no longer positive; the values before this collision are kept"),
        FaultKind::ComplexValue { re, im } => {
            Diagnostic::nowhere(Code::RunComplex, format!("{at}, {what} is complex: {}", complex(C64::new(*re, *im))))
                .help("use `re(…)`, `im(…)` or `abs(…)`; the square root or logarithm of a negative number is complex")
        }
        FaultKind::NotFinite => {
            Diagnostic::nowhere(Code::RunNotFinite, format!("{at}, {what} is infinite or undefined"))
                .help("look for a logarithm of zero, a division by zero, or a `relative_entropy` to a state without full rank; observe the parts separately to find out which one it is")
        }
        FaultKind::Impure(why) => not_pure(*why, Some(at)),
        FaultKind::Interrupted | FaultKind::NeverSelected => unreachable!("it is not a fault of a run"),
    }
}
