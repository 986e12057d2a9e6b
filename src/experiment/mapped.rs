//! A run by the step map: the first collisions by stepping, until the same slots are alive at the beginning and at the end of
//! a collision; then powers of one matrix.

use std::fmt;

use super::simulate::{Control, Plan, Simulation, Stop, observed_fault};
use super::{Backend, Ran};
use crate::backend::{Density, Fault, ProductMap, ReadFault, Refusal, StateBackend, StepMap, Stretch, Tables, WIDEST};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::cost;
use crate::lower::{ColumnKind, CompiledStep, Model};

/// States of a larger dimension are not looked at: their basis has its square of elements.
const LARGEST: usize = 256;

/// More elements are not taken: the powers of the matrix would need gigabytes.
const MOST_ELEMENTS: usize = 1024;

/// So many collisions pass between two questions whether to stop.
const WATCH: u64 = 256;

/// So many collisions of a nonlinear map pass unseen between two questions whether to stop.
const UNSEEN: u64 = 4096;

/// Below this many collisions stepping is over before a map is made.
const FEW: u64 = 16;

impl Simulation<'_, '_, '_, Density> {
    /// The whole run, by the step map where that is cheaper, or where it must be.
    pub(super) fn run_by_map(mut self, tables: &mut Tables) -> super::simulate::Done {
        let ended = self.try_map(tables);
        self.ended(ended)
    }

    fn try_map(&mut self, tables: &mut Tables) -> Result<(), Stop> {
        self.begin()?;
        let last = *self.plan.reads.end();
        let forced = self.plan.backend == Backend::StepMap;
        let steps = self.model.settle().map_err(|mut d| Stop::Fault(Box::new(d.swap_remove(0))))?;
        let settled = steps.last().expect("there is a first step").clone();
        self.collisions(last.min(steps.len() as u64 - 1))?;
        let left = last - self.done.collisions;
        match self.map(&settled, left, tables) {
            Ok(map) => self.by_map(map),
            Err(refused) if forced => Err(Stop::Fault(Box::new(cannot(&refused)))),
            Err(_) => {
                self.done.ran = Ran { backend: Backend::Density, how: None };
                self.collisions(last)
            }
        }
    }

    fn map(&self, settled: &CompiledStep, left: u64, tables: &mut Tables) -> Result<Map, Refused> {
        if self.model.depends_on_collision() {
            return Err(Refused::Changing);
        }
        let forced = self.plan.backend == Backend::StepMap;
        if left < FEW && !forced {
            return Err(Refused::Short { left });
        }
        let dim = settled.layout.dims(&settled.step.entry).iter().product();
        if dim > LARGEST {
            return Err(Refused::Large { dim });
        }
        let allowed = if forced { MOST_ELEMENTS } else { worthwhile(settled, left) };
        let stretch = Stretch { step: &settled.step, layout: &settled.layout, observables: &settled.observables };
        let start = self.state.reduced(&settled.step.entry);
        let map = match StepMap::compile(stretch, &start, allowed, tables) {
            Err(Refusal::Nonlinear) => ProductMap::compile(stretch, &self.state, tables).map(Map::Product),
            linear => linear.map(Map::Linear),
        };
        map.map_err(Refused::Map)
    }

    /// Goes to the first collision that is read, and reads from there on.
    fn by_map(&mut self, map: Map) -> Result<(), Stop> {
        let first = *self.plan.reads.start();
        match map {
            Map::Linear(mut map) => {
                let skipped = first.saturating_sub(1 + self.done.collisions);
                let (size, error) = (map.size(), map.jump(skipped));
                let mut how = size.to_string();
                if skipped > 0 {
                    how += &format!(
                        "; {skipped} collisions by powers, rounding below {:.0e}",
                        rounding(skipped).max(error)
                    );
                }
                self.done.ran = Ran { backend: Backend::StepMap, how: Some(how) };
                self.done.collisions += skipped;
                self.read(|count, sink| map.series(count, sink))
            }
            Map::Product(mut map) => {
                // It stands behind the first collision in which what is carried is a product of the settled groups.
                self.collisions((self.done.collisions + 1).min(*self.plan.reads.end()))?;
                self.done.ran = Ran { backend: Backend::StepMap, how: Some(map.to_string()) };
                while self.done.collisions + 1 < first {
                    self.watch()?;
                    let some = UNSEEN.min(first - 1 - self.done.collisions);
                    map.skip(some);
                    self.done.collisions += some;
                }
                self.read(|count, sink| map.series(count, sink))
            }
        }
    }

    /// The rest of the collisions, each of which is read.
    fn read(
        &mut self,
        series: impl FnOnce(u64, &mut dyn FnMut(&[f64]) -> bool) -> Result<(), ReadFault>,
    ) -> Result<(), Stop> {
        let mut stop = None;
        let left = *self.plan.reads.end() - self.done.collisions;
        let read = series(left, &mut |row| {
            let n = self.done.collisions + 1;
            self.push(row);
            self.done.collisions = n;
            let watched = if n.is_multiple_of(WATCH) { self.watch() } else { Ok(()) };
            stop = watched.and_then(|()| self.stops_at(n)).err();
            stop.is_none()
        });
        read.map_err(|fault| self.read_fault(fault))?;
        stop.map_or(Ok(()), Err)
    }

    /// Tells how far it is, and asks whether to stop.
    fn watch(&self) -> Result<(), Stop> {
        (self.control.progress)(self.done.collisions, self.plan.asked);
        if (self.control.interrupted)() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    fn read_fault(&self, ReadFault { readout, origin, kind }: ReadFault) -> Stop {
        let n = self.done.collisions + 1;
        match self.plan.columns.iter().filter(|c| c.kind == ColumnKind::Observed).nth(readout) {
            Some(column) => observed_fault(&kind, column, n),
            None => self.fault(&Fault { origin, kind }, n),
        }
    }
}

/// What rounding may have made of the state after so many collisions: the entries of the map are right to half a unit in the
/// last place, and where nothing damps, their errors add up.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn rounding(collisions: u64) -> f64 {
    2.0 * f64::EPSILON * collisions as f64
}

fn cannot(refused: &Refused) -> Diagnostic {
    Diagnostic::nowhere(Code::NoStepMap, format!("no step map can run this: {refused}"))
        .help("leave `--backend` out, and what fits is chosen")
}

/// What would run an experiment, and why.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is chosen.
    pub ran: Ran,
    /// With the numbers that decide it.
    pub why: String,
}

/// Chooses as a run does, without running more than the collisions until the live slots have settled.
pub(super) fn choose(model: &mut Model<'_>, plan: &Plan<'_>) -> Result<Choice, Vec<Diagnostic>> {
    let steps = model.settle()?;
    let settled = steps.last().expect("there is a first step").clone();
    let density = |why: String| Choice { ran: Ran { backend: Backend::Density, how: None }, why };
    let last = *plan.reads.end();
    let before = last.min(steps.len() as u64 - 1);
    let control = Control::none();
    let mut simulation = Simulation::<Density>::new(model, plan, &control);
    if steps.iter().any(|s| cost(&s.step, &s.layout).peak_dim > LARGEST as u128) {
        let dim = settled.layout.dims(&settled.step.entry).iter().product();
        return Ok(density(Refused::Large { dim }.to_string()));
    }
    if simulation.begin().and_then(|()| simulation.collisions(before)).is_err() {
        return Ok(density("the first collisions already fail".into()));
    }
    let left = last - simulation.done.collisions;
    let stepping = multiply_adds(&settled).saturating_mul(left.into());
    let skipped = plan.reads.start().saturating_sub(1 + simulation.done.collisions);
    Ok(match simulation.map(&settled, left, &mut Tables::default()) {
        Err(refused) => density(refused.to_string()),
        Ok(Map::Linear(map)) => {
            let cost = map.cost(skipped, left - skipped);
            let jumped = if skipped > 0 { format!(", {skipped} of them by powers") } else { String::new() };
            Choice {
                ran: Ran { backend: Backend::StepMap, how: Some(map.size().to_string()) },
                why: format!(
                    "{} multiply-adds for {left} collisions{jumped}, {} by density",
                    about(cost),
                    about(stepping)
                ),
            }
        }
        Ok(Map::Product(map)) => Choice {
            ran: Ran { backend: Backend::StepMap, how: Some(map.to_string()) },
            why: format!(
                "{} multiply-adds for {left} collisions, {} by density",
                about(map.cost().saturating_mul(left.into())),
                about(stepping)
            ),
        },
    })
}

/// Two digits: it is an estimate.
pub(crate) fn about(n: u128) -> String {
    if n < 1000 {
        return n.to_string();
    }
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let x = n as f64;
    format!("{x:.1e}")
}

/// What runs the settled collisions.
enum Map {
    Linear(StepMap),
    Product(ProductMap),
}

/// Why there is no map.
enum Refused {
    /// It would not pay.
    Short {
        left: u64,
    },
    /// Each collision is another.
    Changing,
    /// The carried state is too large.
    Large {
        dim: usize,
    },
    Map(Refusal),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { left } => write!(f, "{left} collisions are over before a map is made"),
            Self::Changing => f.write_str("`n` occurs in the step, so that it is another one in every collision"),
            Self::Large { dim } => {
                write!(f, "a state of dimension {dim} is carried, and maps are made up to {LARGEST}")
            }
            Self::Map(Refusal::Nonlinear) => f.write_str("`uncorrelate` stands inside a block of the step"),
            Self::Map(Refusal::Linear) => f.write_str("the step is linear"),
            Self::Map(Refusal::NotSettled) => f.write_str("the step ends with other subsystems than it begins with"),
            Self::Map(Refusal::TooWide { dimension }) => {
                write!(f, "a gate or measure in it is of dimension {dimension}, and at most {WIDEST} is taken")
            }
            Self::Map(Refusal::TooLarge { needed, allowed }) => {
                write!(f, "a map would have at least {needed} basis elements, and {allowed} would be worth it")
            }
        }
    }
}

/// How many basis elements a map may have so that making and using it costs no more than `left` collisions by stepping.
///
/// A row of the map costs about half a step (a real vector of the size of the density matrix goes back through the gates):
/// at most half of the collisions go into that. A collision costs m² multiply-adds for m elements, which must be no more
/// than half of a step's.
fn worthwhile(settled: &CompiledStep, left: u64) -> usize {
    let step = multiply_adds(settled);
    let rows = usize::try_from(left).unwrap_or(usize::MAX);
    let by_collision = usize::try_from((step / 2).isqrt()).unwrap_or(usize::MAX);
    rows.min(by_collision).min(MOST_ELEMENTS)
}

/// Complex multiply-adds of a collision by stepping. An operation on a small state takes as long as some two hundred before
/// it has done any.
fn multiply_adds(settled: &CompiledStep) -> u128 {
    cost(&settled.step, &settled.layout).flops / 8 + 200 * settled.step.ops.len() as u128
}
