//! The one place that chooses among the engines.
//!
//! A plan depends on the request alone, so that the plan that is explained, the one that is recorded and the one that runs
//! are the same value.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::exec::OVERHEAD;
use super::step_map::{self, Refusal, Size, WIDEST, Work};
use super::stepping::{self, Head};
use super::{Density, Engine, FaultKind, Halt};
use crate::ir::{Collision, Cost, Layout, Op, Scalar, Slot, Step, cost};

/// What runs the gate sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The cheapest that fits.
    #[default]
    Auto,
    /// In-place kernels on a density matrix.
    Density,
    /// The step as one matrix on the Hermitian basis, or as polynomials of marginals.
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
}

/// An engine of the table.
struct Row {
    /// How a user names it.
    backend: Backend,
    /// Makes it ready, or says why it does not run the request.
    prepare: fn(&mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused>,
}

/// The engines, in order of preference: the first that does not refuse a request runs it.
const ENGINES: [Row; 4] = [
    Row { backend: Backend::StepMap, prepare: step_map::linear },
    Row { backend: Backend::StepMap, prepare: step_map::marginal },
    Row { backend: Backend::Density, prepare: stepping::density },
    Row { backend: Backend::Reference, prepare: stepping::reference },
];

/// What is to run.
#[derive(Debug)]
pub struct Request {
    /// The state before the first collision.
    pub start: Start,
    /// The first collisions, until the slots alive repeat: the last one is that of all later collisions.
    pub steps: Vec<Arc<Collision>>,
    /// The [`peak`] of start and steps.
    pub states: Cost,
    /// Whether each collision has a sequence of its own, so that `steps` are only the first of them.
    pub changes: bool,
    /// The collisions whose numbers are read; later ones are not run.
    pub reads: RangeInclusive<u64>,
    /// What the user demands.
    pub backend: Backend,
    /// Bytes of the numbers that are kept.
    pub series: u128,
    /// Bytes that a run may use.
    pub limit: u128,
}

/// The state from which a run goes on.
#[derive(Debug, Default)]
pub struct Start {
    /// How many collisions lie before it.
    pub collisions: u64,
    /// What makes it.
    pub ops: Vec<Op>,
    /// The slots of `ops` and `observables`.
    pub layout: Layout,
    /// What is observed in it, if it is the initial state.
    pub observables: Vec<Scalar>,
    /// How many numbers a collision records; none of them has a value in the initial state.
    pub records: usize,
    /// The slots alive, in increasing order.
    pub alive: Vec<Slot>,
}

impl Request {
    /// The step of the collisions once the slots alive repeat.
    pub(super) fn settled(&self) -> &Arc<Collision> {
        self.steps.last().expect("there is a first step")
    }
}

/// The costliest of the start and the steps on a density matrix. Its bytes are the memory that every engine needs until the
/// slots alive repeat.
#[must_use]
pub fn peak(start: &Start, steps: &[Arc<Collision>]) -> Cost {
    let Start { ops, layout, alive, .. } = start;
    let start = Step { ops: ops.clone(), entry: Vec::new(), exit: alive.clone(), advance: Vec::new() };
    let steps = steps.iter().map(|c| cost(&c.step, &c.layout));
    steps.fold(cost(&start, layout), |worst, c| if c.peak_bytes > worst.peak_bytes { c } else { worst })
}

/// What runs a request, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The engine, by the name that a user gives it.
    pub engine: Backend,
    /// What it works on, if that is no density matrix.
    pub form: Option<Form>,
    /// Multiply-adds of the collisions that are not run already while it is planned; an estimate.
    pub cost: u128,
    /// Bytes in use at once, at most: states, maps and the numbers that are kept.
    pub memory: u128,
    /// Why this engine.
    pub why: Why,
}

/// What an engine needs, known before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// As in [`Plan`].
    pub form: Option<Form>,
    /// As in [`Plan`].
    pub cost: u128,
    /// Bytes in use at once, at most, without the numbers that are kept.
    pub memory: u128,
}

/// What a map works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A matrix on basis elements.
    Linear {
        /// How many, and in which blocks.
        size: Size,
        /// Collisions that are jumped over by powers.
        skipped: u64,
    },
    /// Polynomials of coefficients of marginals.
    Marginals {
        /// How many coefficients there are.
        coefficients: usize,
        /// How many monomials the polynomials share.
        monomials: usize,
    },
}

/// Why an engine runs a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The user demands it.
    Demanded,
    /// It comes first in the order of preference and does not refuse.
    Preferred {
        /// The collisions that the cost of the plan is for.
        collisions: u64,
        /// Multiply-adds of those on a density matrix, to compare with.
        density: u128,
    },
    /// Another one does not run it.
    Refused(Refused),
}

/// Why an engine does not run a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant names its fields")]
pub enum Refused {
    /// The collisions left once the slots alive repeat are fewer than a map is worth.
    Short { left: u64 },
    /// Each collision has a sequence of its own.
    Changing,
    /// The carried state has dimension `dim`; a map is made up to `largest`.
    Large { dim: usize, largest: usize },
    /// It needs more bytes than a run may use.
    Memory { needed: u128, limit: u128 },
    /// One of the first collisions has a fault.
    Faulty,
    /// The step has no map.
    NoMap(Refusal),
    /// The planning was stopped on request.
    Stopped,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::Stopped { Self::Stopped } else { Self::NoMap(refusal) }
    }
}

/// A plan and the engine that carries it out.
pub struct Planned {
    /// What was chosen.
    pub plan: Plan,
    /// Ready to run.
    pub engine: Box<dyn Engine>,
}

/// A request while the engines look at it.
pub(super) struct Preparing<'w, 't> {
    pub(super) request: Request,
    /// The collisions until the slots alive repeat, once an engine has needed the state after them.
    pub(super) head: Option<Head<Density>>,
    pub(super) work: &'w mut Work<'t>,
}

impl<'t> Preparing<'_, 't> {
    /// The state before the first settled collision, and what a map is compiled with.
    ///
    /// # Errors
    /// [`Refused::Faulty`], [`Refused::Stopped`]
    pub(super) fn head(&mut self) -> Result<(&Head<Density>, &mut Work<'t>), Refused> {
        let Self { request: Request { start, reads, steps, .. }, work, head } = self;
        let before = &steps[..steps.len() - 1];
        let run = || Head::run(std::mem::take(start), reads.clone(), before, work.watch);
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

    /// The estimate, if its memory is within the limit.
    ///
    /// # Errors
    /// [`Refused::Memory`]
    pub(super) fn fits(&self, estimate: Estimate) -> Result<Estimate, Refused> {
        let needed = estimate.memory.saturating_add(self.request.series);
        let limit = self.request.limit;
        if needed > limit { Err(Refused::Memory { needed, limit }) } else { Ok(estimate) }
    }
}

/// Chooses an engine. The first collisions, until the slots alive repeat, are run on the way where a map needs the state
/// after them; their numbers reach the host when the engine runs.
///
/// # Errors
/// [`Refused`], of a map that the user demands.
pub fn plan(request: Request, work: &mut Work<'_>) -> Result<Planned, Refused> {
    let (backend, series) = (request.backend, request.series);
    let last = *request.reads.end();
    let step = multiply_adds(request.settled());
    let before = (request.steps.len() as u64 - 1).min(last);
    let mut preparing = Preparing { request, head: None, work };
    let mut refused = None;
    let asked = |row: &&Row| backend == Backend::Auto || backend == row.backend;
    for row in ENGINES.iter().filter(asked) {
        match (row.prepare)(&mut preparing) {
            Ok(engine) => {
                let why = match (backend, refused, &engine.estimate().form) {
                    (Backend::Auto, Some(refused), None) => Why::Refused(refused),
                    (Backend::Auto, ..) => {
                        let collisions = last - before;
                        Why::Preferred { collisions, density: step.saturating_mul(collisions.into()) }
                    }
                    _ => Why::Demanded,
                };
                return Ok(planned(row.backend, engine, series, why));
            }
            Err(why) => refused = more_telling(refused, why),
        }
    }
    match refused.expect("an engine that refused has said why") {
        // The run shows the fault, or that it was stopped; or it is over before the slots alive repeat.
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

/// A linear step is refused by the marginal map for being linear, and a nonlinear one by the step map for not being it:
/// what the other of the two says is the reason.
fn more_telling(before: Option<Refused>, now: Refused) -> Option<Refused> {
    if now == Refused::NoMap(Refusal::Linear) { before.or(Some(now)) } else { Some(now) }
}

/// Complex multiply-adds of a collision on a density matrix.
pub(super) fn multiply_adds(settled: &Collision) -> u128 {
    cost(&settled.step, &settled.layout).flops / 8 + OVERHEAD as u128 * settled.step.ops.len() as u128
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
            Self::Linear { size, skipped: 0 } => size.fmt(f),
            Self::Linear { size, skipped } => write!(f, "{size}; {skipped} collisions by powers"),
            Self::Marginals { coefficients, monomials } => {
                write!(f, "{coefficients} coefficients of marginals, {monomials} monomials")
            }
        }
    }
}

impl Plan {
    /// Why this engine, with the numbers that decide it.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.why {
            Why::Demanded => format!("demanded; {} multiply-adds", about(self.cost)),
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
            Self::Short { left } => write!(f, "{left} collisions are over before a map is made"),
            Self::Changing => f.write_str("`n` occurs in the step, so that it is another one in every collision"),
            Self::Large { dim, largest } => {
                write!(f, "a state of dimension {dim} is carried, and maps are made up to {largest}")
            }
            Self::Memory { needed, limit } => {
                write!(f, "a map would need {needed} bytes, and {limit} are half of the available memory")
            }
            Self::Faulty => f.write_str("the first collisions already fail"),
            Self::Stopped => f.write_str("the planning was interrupted"),
            Self::NoMap(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nonlinear => f.write_str("`uncorrelate` stands inside a block of the step"),
            Self::Linear => f.write_str("the step is linear"),
            Self::NotSettled => f.write_str("the step ends with other subsystems than it begins with"),
            Self::TooWide { dimension } => {
                write!(f, "a gate or measure in it is of dimension {dimension}, and at most {WIDEST} is taken")
            }
            Self::TooLarge { needed, allowed } => {
                write!(f, "a map would have at least {needed} basis elements, and {allowed} would be worth it")
            }
            Self::Stopped => f.write_str("it was interrupted"),
        }
    }
}

/// A count with two digits: it is an estimate.
#[must_use]
pub fn about(n: u128) -> String {
    if n < 1000 {
        return n.to_string();
    }
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let x = n as f64;
    format!("{x:.1e}")
}
