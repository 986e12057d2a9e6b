//! The loop over collisions.

use std::ops::RangeInclusive;

use super::analyse::series_values;
use super::checkpoint::Checkpoint;
use super::{Backend, Ran};
use crate::backend::{Fault, FaultKind, ReducedCache, StateBackend, evaluate, execute};
use crate::check::Expr;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Scope, Value, complex};
use crate::ir::{Layout, Scalar, Slot};
use crate::lower::{Column, ColumnKind, Model};
use crate::quantum::C64;

/// What a run asks its surroundings.
pub struct Control<'c> {
    /// Whether to stop.
    pub interrupted: &'c (dyn Fn() -> bool + Sync),
    /// Told the number of collisions done, now and then.
    pub progress: &'c (dyn Fn(u64, u64) + Sync),
}

impl Control<'_> {
    /// Nobody interrupts, nobody watches.
    #[must_use]
    pub fn none() -> Self {
        Self { interrupted: &|| false, progress: &|_, _| {} }
    }
}

/// What to simulate.
pub(super) struct Plan<'a> {
    pub(super) columns: &'a [Column],
    pub(super) until: Option<&'a Expr>,
    pub(super) asked: u64,
    pub(super) backend: Backend,
    /// Where it goes on, with the values of every column up to there; at the initial state, if nowhere.
    pub(super) from: Option<(&'a Checkpoint, Vec<Vec<f64>>)>,
    /// Whether the state at the end is wanted.
    pub(super) keep: bool,
    /// The collisions whose numbers are wanted; later ones are not run.
    pub(super) reads: RangeInclusive<u64>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Done {
    pub(super) values: Vec<Vec<f64>>,
    pub(super) collisions: u64,
    pub(super) stopped_early: bool,
    pub(super) interrupted: bool,
    pub(super) fault: Option<Diagnostic>,
    pub(super) trace: f64,
    /// What ran it.
    pub(super) ran: Ran,
    /// The state behind the last collision; none where a collision was left half-done.
    pub(super) end: Option<Checkpoint>,
}

/// One run on one backend.
pub(super) struct Simulation<'m, 'p, 'c, B> {
    pub(super) model: &'m mut Model<'p>,
    pub(super) plan: &'c Plan<'c>,
    pub(super) control: &'c Control<'c>,
    pub(super) state: B,
    cache: ReducedCache,
    records: Vec<f64>,
    pub(super) done: Done,
    /// The slots alive.
    alive: Vec<Slot>,
    /// Whether the state stands behind a whole collision.
    whole: bool,
}

/// Why the loop ends before its last collision.
pub(super) enum Stop {
    Condition,
    Interrupted,
    Fault(Box<Diagnostic>),
}

impl<'m, 'p, 'c, B: StateBackend> Simulation<'m, 'p, 'c, B> {
    pub(super) fn run(model: &'m mut Model<'p>, plan: &'c Plan<'c>, control: &'c Control<'c>) -> Done {
        let mut simulation = Self::new(model, plan, control);
        let last = *plan.reads.end();
        let ended = simulation.begin().and_then(|()| simulation.collisions(last));
        simulation.ended(ended)
    }

    pub(super) fn new(model: &'m mut Model<'p>, plan: &'c Plan<'c>, control: &'c Control<'c>) -> Self {
        let wanted = plan.reads.end().saturating_sub(*plan.reads.start());
        let capacity = usize::try_from(wanted.min(1 << 20)).expect("at most 2^20") + 1;
        let values = plan.columns.iter().map(|_| Vec::with_capacity(capacity)).collect();
        let records = vec![f64::NAN; plan.columns.iter().filter(|c| c.kind == ColumnKind::Recorded).count()];
        let ran = Ran { backend: plan.backend, how: None };
        Self {
            model,
            plan,
            control,
            state: B::new(),
            cache: ReducedCache::default(),
            records,
            done: Done { values, ran, ..Done::default() },
            alive: Vec::new(),
            whole: true,
        }
    }

    /// What came of it, however it ended.
    pub(super) fn ended(mut self, how: Result<(), Stop>) -> Done {
        let finished = how.is_ok();
        match how {
            Ok(()) => {}
            Err(Stop::Condition) => self.done.stopped_early = true,
            Err(Stop::Interrupted) => self.done.interrupted = true,
            Err(Stop::Fault(d)) => self.done.fault = Some(*d),
        }
        self.done.trace = self.state.trace();
        if self.plan.keep && self.whole {
            self.done.end = Some(Checkpoint::take(self.done.collisions, self.model, &self.state));
        }
        if finished {
            // What comes after the last collision that is read need not run.
            self.done.collisions = self.plan.asked;
        }
        self.done
    }

    /// The initial state and what is observed in it, or where an earlier run has ended.
    pub(super) fn begin(&mut self) -> Result<(), Stop> {
        if let Some((checkpoint, values)) = &self.plan.from {
            self.state = checkpoint.restore(self.model);
            self.done.values.clone_from(values);
            self.done.collisions = checkpoint.collisions;
            self.alive = checkpoint.slots(self.model);
            self.alive.sort_unstable();
            return Ok(());
        }
        let initial = self.model.initial();
        let layout = self.model.layout();
        execute(&initial, &layout, &mut self.state, &mut self.records, self.control.interrupted)
            .map_err(|f| self.fault(&f, 0))?;
        self.records.fill(f64::NAN);
        let observables = self.model.initial_observables().map_err(first)?;
        self.observe(&observables, &layout, 0)?;
        self.alive = self.model.systems();
        Ok(())
    }

    /// Goes on up to collision `last`.
    pub(super) fn collisions(&mut self, last: u64) -> Result<(), Stop> {
        for n in self.done.collisions + 1..=last {
            if (self.control.interrupted)() {
                return Err(Stop::Interrupted);
            }
            let step = self.model.step(n, &self.alive).map_err(|d| at_collision(d, n))?;
            let sequence = self.plan.backend.sequence(&step);
            self.whole = false;
            execute(&sequence.ops, &step.layout, &mut self.state, &mut self.records, self.control.interrupted)
                .map_err(|f| self.fault(&f, n))?;
            self.state.relabel(&sequence.advance);
            self.cache.clear();
            self.observe(&step.observables, &step.layout, n)?;
            if self.alive != step.next {
                self.alive.clone_from(&step.next);
            }
            self.done.collisions = n;
            self.whole = true;
            if n % 256 == 0 {
                (self.control.progress)(n, self.plan.asked);
            }
            self.stops_at(n)?;
        }
        Ok(())
    }

    /// Appends a value to every column: observables of the state behind the step, and what the step recorded.
    fn observe(&mut self, observables: &[Scalar], layout: &Layout, n: u64) -> Result<(), Stop> {
        if !self.plan.reads.contains(&n) {
            return Ok(());
        }
        let mut row = Vec::with_capacity(self.plan.columns.len());
        let mut records = self.records.iter();
        let mut observed = observables.iter();
        for column in self.plan.columns {
            row.push(match column.kind {
                ColumnKind::Recorded => *records.next().expect("one number a record"),
                ColumnKind::Observed => {
                    let scalar = observed.next().expect("one scalar an observable");
                    let value = evaluate(scalar, layout, &self.state, &mut self.cache);
                    value.map_err(|kind| observed_fault(&kind, column, n))?
                }
            });
        }
        self.push(&row);
        Ok(())
    }

    /// A row is whole or not there, so that the columns stay of one length.
    pub(super) fn push(&mut self, row: &[f64]) {
        for (values, x) in self.done.values.iter_mut().zip(row) {
            values.push(*x);
        }
    }

    /// Whether collision n is the last: `until` holds, and more were asked for.
    pub(super) fn stops_at(&self, n: u64) -> Result<(), Stop> {
        if n < self.plan.asked && self.condition(n)? { Err(Stop::Condition) } else { Ok(()) }
    }

    fn condition(&self, n: u64) -> Result<bool, Stop> {
        let Some(until) = self.plan.until else { return Ok(false) };
        let now: Vec<Value> =
            self.done.values.iter().map(|v| Value::real(*v.last().expect("a row was pushed"))).collect();
        let values = series_values(self.plan.columns, &now);
        let mut ev = self.model.evaluator();
        ev.collision = Some(n);
        ev.series = &values;
        match ev.eval(until, Scope::locals(&[])) {
            Ok(Value::Bool(b)) => Ok(b),
            Ok(_) => unreachable!("the checker asks for a boolean"),
            Err(d) => Err(Stop::Fault(d)),
        }
    }

    pub(super) fn fault(&self, fault: &Fault, n: u64) -> Stop {
        if fault.kind == FaultKind::Interrupted {
            return Stop::Interrupted;
        }
        let mut d = describe(&fault.kind, "what is recorded", n);
        if let Some(origin) = fault.origin {
            d = d.label(self.model.place(origin), "in this statement");
        }
        Stop::Fault(Box::new(d))
    }
}

/// What is wrong with the number of an observed column.
pub(super) fn observed_fault(kind: &FaultKind, column: &Column, n: u64) -> Stop {
    let d = describe(kind, &format!("`{}`", column.name), n);
    Stop::Fault(Box::new(match column.place {
        Some(place) => d.label(place, "observed here"),
        None => d,
    }))
}

fn first(mut diagnostics: Vec<Diagnostic>) -> Stop {
    Stop::Fault(Box::new(diagnostics.swap_remove(0)))
}

/// What is wrong with a step only at collision n.
fn at_collision(mut diagnostics: Vec<Diagnostic>, n: u64) -> Stop {
    let mut d = diagnostics.swap_remove(0);
    d.message = format!("at collision {n}: {}", d.message);
    Stop::Fault(Box::new(d))
}

fn describe(kind: &FaultKind, what: &str, n: u64) -> Diagnostic {
    match kind {
        FaultKind::InvalidState { why, measure } => Diagnostic::nowhere(
            Code::InvalidState,
            format!("at collision {n}, `{measure}` cannot be computed: {why}"),
        )
        .help("the state is no longer positive; the numbers up to here are kept"),
        FaultKind::ComplexValue { re, im } => {
            Diagnostic::nowhere(Code::RunComplex, format!("at collision {n}, {what} is complex: {}", complex(C64::new(*re, *im))))
                .help("take `re(…)`, `im(…)` or `abs(…)`; the root or logarithm of a negative number is complex")
        }
        FaultKind::NotFinite => {
            Diagnostic::nowhere(Code::RunNotFinite, format!("at collision {n}, {what} is infinite or undefined"))
                .help("look for a logarithm of zero, a division by zero or a `relative_entropy` to a state that is not of full rank in it; observe the parts, and see which one it is")
        }
        FaultKind::Interrupted => Diagnostic::nowhere(Code::RunNotFinite, format!("stopped at collision {n}")),
    }
}
