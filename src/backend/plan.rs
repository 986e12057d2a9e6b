//! The one place that chooses among the engines.
//!
//! A plan depends on the request alone, so the plan that is explained, the plan that is recorded and the plan that runs
//! are the same value.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::exec::OVERHEAD;
use super::step_map::{self, Refusal, Size, WIDEST, Work};
use super::stepping::{self, Head};
use super::{Density, Engine, FaultKind, Halt, Impurity, Samples, pure};
use crate::chance::Trajectory;
use crate::ir::{Collision, Cost, Layout, Op, Origin, Representation, Scalar, Slot, Step, cost_on};

/// The backend that runs the gate sequence, as a user chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The first in the order of preference that can run the request.
    #[default]
    Auto,
    /// In-place kernels on a density matrix.
    Density,
    /// The step as one matrix on the Hermitian basis, or as polynomials in the coefficients of marginals.
    StepMap,
    /// In-place kernels on a state vector, for states that stay pure.
    Pure,
    /// Dense matrices over all subsystems, on the step as written: slow and obvious, for comparison.
    Reference,
}

impl Backend {
    /// The name on the command line, in files and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Density => "density",
            Self::StepMap => "step-map",
            Self::Pure => "pure",
            Self::Reference => "reference",
        }
    }
}

/// A row of the table of engines.
struct Row {
    /// The backend to which the engine belongs.
    backend: Backend,
    /// Prepares the engine, or returns the reason why it cannot run the request.
    prepare: fn(&mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused>,
}

/// The engines, in order of preference: the first one that does not refuse the request runs it.
const ENGINES: [Row; 5] = [
    Row { backend: Backend::StepMap, prepare: step_map::linear },
    Row { backend: Backend::StepMap, prepare: step_map::marginal },
    Row { backend: Backend::Pure, prepare: stepping::pure },
    Row { backend: Backend::Density, prepare: stepping::density },
    Row { backend: Backend::Reference, prepare: stepping::reference },
];

/// A run to be planned.
#[derive(Debug, Clone)]
pub struct Request {
    /// The state before the first collision.
    pub start: Start,
    /// The gate sequences.
    pub steps: Steps,
    /// The peaks of the start and the steps.
    pub states: States,
    /// The collisions whose numbers are read. Later collisions are not run.
    pub reads: RangeInclusive<u64>,
    /// The backend that the user requested; default [`Backend::Auto`].
    pub backend: Backend,
    /// The size of the stored series, in bytes.
    pub series: u128,
    /// The most memory that a run may use, in bytes.
    pub limit: u128,
}

/// The gate sequences of a run.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Those of the first collisions, until the set of live slots repeats.
    pub first: Vec<Arc<Collision>>,
    /// How many of the last of them repeat from then on; `None` if each collision has its own sequence.
    pub cycle: Option<usize>,
}

impl Steps {
    /// The collisions before those that repeat, and those that repeat; without a cycle, the last one stands for all later
    /// collisions.
    #[must_use]
    pub fn split(&self) -> (&[Arc<Collision>], &[Arc<Collision>]) {
        self.first.split_at(self.first.len() - self.cycle.unwrap_or(1))
    }

    /// The complex multiply-adds of a collision on a representation of the state: the mean over those that repeat.
    pub(super) fn multiply_adds(&self, representation: Representation) -> u128 {
        let (_, cycle) = self.split();
        cycle.iter().map(|c| multiply_adds(representation, c)).sum::<u128>() / cycle.len() as u128
    }
}

/// The state from which a run starts: the initial state, or that of an earlier run to be continued.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The number of collisions before this state; 0 for the initial state.
    pub collisions: u64,
    /// The operations that prepare the state.
    pub ops: Vec<Op>,
    /// The slots of `ops` and `observables`.
    pub layout: Layout,
    /// The observables to evaluate in it, if it is the initial state.
    pub observables: Vec<Scalar>,
    /// The number of values that a collision records. In the initial state they are missing.
    pub records: usize,
    /// The values of the records in the collision before; empty if there is none.
    pub recorded: Vec<f64>,
    /// The live slots, in increasing order.
    pub alive: Vec<Slot>,
    /// The trajectory that decides between the branches of mixtures; `None` for the mean over all of them.
    pub trajectory: Option<Trajectory>,
}

impl Request {
    /// Whether the run takes one branch of a mixture at random.
    pub(super) fn is_sampled(&self) -> bool {
        self.start.trajectory.is_some() && self.steps.first.iter().any(|c| c.step.ops.iter().any(Op::is_random))
    }

    /// What the run samples. Everything is sampled only if the user requests a state vector that would otherwise become
    /// mixed.
    #[must_use]
    pub fn samples(&self) -> Samples {
        if self.start.trajectory.is_none() {
            return Samples::Nothing;
        }
        let mixed = || pure::stays_pure(&self.start, &self.steps.first, Samples::Outcomes).is_err();
        if self.backend == Backend::Pure && mixed() { Samples::Everything } else { Samples::Outcomes }
    }
}

/// The costs of the start or step with the largest peak memory. An engine needs this memory until the set of live slots
/// repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct States {
    /// On a density matrix.
    pub matrix: Cost,
    /// On a state vector, if it is certain that the state stays pure, or if the user requested it.
    pub vector: Option<Cost>,
}

impl States {
    /// The costs of a start and the steps, for the backend that the user requested.
    #[must_use]
    pub fn of(start: &Start, steps: &Steps, backend: Backend) -> Self {
        let sampled = start.trajectory.is_some();
        let samples = if sampled { Samples::Outcomes } else { Samples::Nothing };
        let fixed = sampled || steps.cycle.is_some();
        let certain = || backend == Backend::Auto && fixed && pure::stays_pure(start, &steps.first, samples).is_ok();
        let vector = backend == Backend::Pure || certain();
        let on = |representation| peak(representation, start, &steps.first);
        Self { matrix: on(Representation::Matrix), vector: vector.then(|| on(Representation::Vector)) }
    }

    /// The cost that decides whether a run fits into `limit` bytes: that on a vector, if the user requested one or if
    /// the matrix does not fit.
    #[must_use]
    pub fn decisive(&self, backend: Backend, limit: u128) -> Cost {
        let vector = self.vector.filter(|_| backend == Backend::Pure || self.matrix.peak_bytes > limit);
        vector.unwrap_or(self.matrix)
    }
}

fn peak(representation: Representation, start: &Start, steps: &[Arc<Collision>]) -> Cost {
    let Start { ops, layout, alive, .. } = start;
    let start = Step { ops: ops.clone(), entry: Vec::new(), exit: alive.clone(), advance: Vec::new() };
    let steps = steps.iter().map(|c| cost_on(representation, &c.step, &c.layout));
    let first = cost_on(representation, &start, layout);
    steps.fold(first, |worst, c| if c.peak_bytes > worst.peak_bytes { c } else { worst })
}

/// The engine that runs a request, with its cost and the reason for the choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The backend to which the engine belongs.
    pub engine: Backend,
    /// The form and size of the map; `None` for a density matrix.
    pub form: Option<Form>,
    /// The estimated multiply-adds of the collisions that were not already run during planning.
    pub cost: u128,
    /// The peak memory in bytes: states, maps and the stored series.
    pub memory: u128,
    /// The reason for choosing this engine.
    pub why: Why,
}

/// The form, cost and memory of an engine, known before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// As in [`Plan`].
    pub form: Option<Form>,
    /// As in [`Plan`].
    pub cost: u128,
    /// The peak memory in bytes, without the stored series.
    pub memory: u128,
}

/// The form and size of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A matrix on elements of the Hermitian basis.
    Linear {
        /// The number of elements and of blocks.
        size: Size,
        /// The number of collisions that the matrix covers: the period of the steps.
        period: usize,
        /// The number of collisions skipped by powers of the matrix.
        skipped: u64,
    },
    /// Polynomials in the coefficients of marginals.
    Marginals {
        /// The number of coefficients.
        coefficients: usize,
        /// The number of monomials that the polynomials share.
        monomials: usize,
    },
}

/// Why an engine runs a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// The user requested it.
    Requested,
    /// It is the first in the order of preference that can run the request.
    Preferred {
        /// The number of collisions that the cost of the plan covers.
        collisions: u64,
        /// The multiply-adds of these collisions on a density matrix, for comparison.
        density: u128,
    },
    /// An engine of higher preference cannot run the request.
    Refused(Refused),
    /// The fixed point of the step map is solved for.
    FixedPoint,
}

/// Why an engine cannot run a request.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum Refused {
    /// Once the set of live slots repeats, only `left` collisions remain: too few to be worth a map.
    Short { left: u64 },
    /// Each collision has its own gate sequence.
    Changing,
    /// Several collisions repeat together, and the map of a period is only built for linear steps that preserve the trace.
    Periodic,
    /// A trajectory takes one branch of each mixture, in each collision anew.
    Sampled,
    /// The carried state has dimension `dim`; the limit for a map is `largest`.
    Large { dim: usize, largest: usize },
    /// It needs `needed` bytes; a run may use at most `limit`.
    Memory { needed: u128, limit: u128 },
    /// An operation of this statement makes a pure state mixed, or may do so.
    Impure { place: Origin, why: Impurity },
    /// One of the first collisions fails.
    Faulty,
    /// The step has no map.
    NoMap(Refusal),
    /// Planning was interrupted.
    Stopped,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::Stopped { Self::Stopped } else { Self::NoMap(refusal) }
    }
}

/// A plan and the engine that carries it out.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The engine, ready to run.
    pub engine: Box<dyn Engine>,
}

/// A request during planning.
pub(super) struct Preparing<'w, 't> {
    pub(super) request: Request,
    /// The collisions until the set of live slots repeats; `None` until an engine needs the state after them.
    pub(super) head: Option<Head<Density>>,
    pub(super) work: &'w mut Work<'t>,
}

impl<'t> Preparing<'_, 't> {
    /// The run up to the first settled collision, and the tables and watch for compiling a map.
    ///
    /// # Errors
    /// [`Refused::Faulty`], [`Refused::Stopped`]
    pub(super) fn head(&mut self) -> Result<(&Head<Density>, &mut Work<'t>), Refused> {
        let Self { request: Request { start, reads, steps, .. }, work, head } = self;
        let (before, _) = steps.split();
        let run = || Head::run(start.clone(), reads.clone(), before, work.watch);
        let head = head.get_or_insert_with(run);
        match &head.halt {
            None => Ok((head, work)),
            Some(Halt::Fault(fault)) if fault.kind == FaultKind::Interrupted => Err(Refused::Stopped),
            Some(_) => Err(Refused::Faulty),
        }
    }

    pub(super) fn take_head(&mut self) -> Head<Density> {
        self.head.take().expect("the map was made from it")
    }

    /// Returns the estimate if its memory is within the limit.
    ///
    /// # Errors
    /// [`Refused::Memory`]
    pub(super) fn fits(&self, estimate: Estimate) -> Result<Estimate, Refused> {
        let needed = estimate.memory.saturating_add(self.request.series);
        let limit = self.request.limit;
        if needed > limit { Err(Refused::Memory { needed, limit }) } else { Ok(estimate) }
    }
}

/// Chooses an engine. If a map needs the state after the first collisions, until the set of live slots repeats, they
/// are run during planning. Their numbers reach the host when the engine runs.
///
/// # Errors
/// [`Refused`], if the user requested a map and there is none.
pub fn plan(request: Request, work: &mut Work<'_>) -> Result<Planned, Refused> {
    let (backend, series) = (request.backend, request.series);
    let last = *request.reads.end();
    let step = request.steps.multiply_adds(Representation::Matrix);
    let before = (request.steps.split().0.len() as u64).min(last);
    let mut preparing = Preparing { request, head: None, work };
    let mut refused = None;
    let requested = |row: &&Row| backend == Backend::Auto || backend == row.backend;
    for row in ENGINES.iter().filter(requested) {
        match (row.prepare)(&mut preparing) {
            Ok(engine) => {
                let why = match (backend, refused, row.backend) {
                    (Backend::Auto, Some(refused), Backend::Density) => Why::Refused(refused),
                    (Backend::Auto, ..) => {
                        let collisions = last - before;
                        Why::Preferred { collisions, density: step.saturating_mul(collisions.into()) }
                    }
                    _ => Why::Requested,
                };
                return Ok(planned(row.backend, engine, series, why));
            }
            Err(why) => refused = more_telling(refused, why),
        }
    }
    match refused.expect("an engine that refused has said why") {
        // Either the run itself reports the fault or the interrupt, or it ends before a map is worthwhile.
        why @ (Refused::Faulty | Refused::Stopped | Refused::Short { .. }) => {
            let engine = stepping::density(&mut preparing)?;
            Ok(planned(Backend::Density, engine, series, Why::Refused(why)))
        }
        why => Err(why),
    }
}

fn planned(backend: Backend, engine: Box<dyn Engine>, series: u128, why: Why) -> Planned {
    let Estimate { form, cost, memory } = engine.estimate().clone();
    Planned { plan: Plan { engine: backend, form, cost, memory: memory.saturating_add(series), why }, engine }
}

/// Keeps the more informative of two refusals. The marginal map refuses every linear step and the step map every
/// nonlinear one, so the reason that counts comes from the other map. That a state does not stay pure is the rule.
fn more_telling(before: Option<Refused>, now: Refused) -> Option<Refused> {
    match now {
        Refused::NoMap(Refusal::Linear) | Refused::Impure { .. } => before.or(Some(now)),
        _ => Some(now),
    }
}

/// The complex multiply-adds of a collision on a representation of the state.
fn multiply_adds(representation: Representation, collision: &Collision) -> u128 {
    let flops = cost_on(representation, &collision.step, &collision.layout).flops;
    flops / 8 + OVERHEAD as u128 * collision.step.ops.len() as u128
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.engine.name())?;
        self.form.iter().try_for_each(|form| write!(f, " ({form})"))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear { size, period, skipped } => {
                size.fmt(f)?;
                if *period > 1 {
                    write!(f, "; one map for {period} collisions")?;
                }
                if *skipped > 0 { write!(f, "; {skipped} collisions by powers") } else { Ok(()) }
            }
            Self::Marginals { coefficients, monomials } => {
                write!(f, "{coefficients} coefficients of marginals, {monomials} monomials")
            }
        }
    }
}

impl Plan {
    /// The reason for choosing this engine, with the numbers that decide it.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.why {
            Why::FixedPoint => format!("the fixed point is solved for, with {} multiply-adds", about(self.cost)),
            Why::Requested => format!("as requested; {} multiply-adds", about(self.cost)),
            Why::Refused(refused) => refused.to_string(),
            Why::Preferred { collisions, density } => {
                let jumped = match self.form {
                    Some(Form::Linear { skipped: skipped @ 1.., .. }) => format!(", {skipped} of them by powers"),
                    _ => String::new(),
                };
                let cost = about(self.cost);
                format!("{cost} multiply-adds for {collisions} collisions{jumped}, {} by density", about(*density))
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { left } => {
                write!(f, "once the live subsystems repeat, too few collisions remain to be worth a map: {left}")
            }
            Self::Changing => f.write_str("`n` occurs in the step, so every collision has its own gate sequence"),
            Self::Periodic => f.write_str(
                "the step is periodic in `n`, and contains `uncorrelate` or `postselect`, so a period has no map",
            ),
            Self::Sampled => f.write_str("each trajectory takes one branch of `with probability` in every collision"),
            Self::Large { dim, largest } => {
                write!(f, "the carried state has dimension {dim}, and the limit for a map is {largest}")
            }
            Self::Memory { needed, limit } => {
                write!(f, "a map would need {needed} bytes, and the limit is {limit}, half of the available memory")
            }
            Self::Impure { why, .. } => why.fmt(f),
            Self::Faulty => f.write_str("one of the first collisions already fails"),
            Self::Stopped => f.write_str("planning was interrupted"),
            Self::NoMap(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nonlinear => {
                f.write_str("`uncorrelate` is inside a block of the step, and a map needs it at the top level")
            }
            Self::Linear => f.write_str("the step is linear"),
            Self::Postselected => f.write_str("the step contains both `uncorrelate` and `postselect`"),
            Self::NotSettled => f.write_str("the subsystems at the end of the step differ from those at its beginning"),
            Self::TooWide { dimension } => {
                write!(f, "a gate or measure of the step has dimension {dimension}, and the limit is {WIDEST}")
            }
            Self::TooLarge { needed, allowed } => {
                write!(f, "a map would have at least {needed} basis elements, and the limit for this run is {allowed}")
            }
            Self::Stopped => f.write_str("compiling the map was interrupted"),
        }
    }
}

/// An estimated count as text: in full below 1000, otherwise with two significant digits.
#[must_use]
pub fn about(n: u128) -> String {
    if n < 1000 {
        return n.to_string();
    }
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let x = n as f64;
    format!("{x:.1e}")
}
