//! A run by the step map: the first collisions by stepping, until the same slots are alive at the beginning and at the end of
//! a collision; then powers of one matrix.

use super::simulate::{Simulation, Stop, observed_fault};
use super::{Backend, Ran};
use crate::backend::{Density, Fault, ProductMap, ReadFault, Refusal, StateBackend, StepMap, Stretch, Tables};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::cost;
use crate::ir::lower::{ColumnKind, CompiledStep};

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
        let map = if left < FEW && !forced { Err(Refused::Short) } else { self.map(&settled, left, tables) };
        match map {
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
                    how += &format!("; {skipped} collisions by powers, error about {error:.0e}");
                }
                self.done.ran = Ran { backend: Backend::StepMap, how: Some(how) };
                self.done.collisions += skipped;
                self.read(|count, sink| map.series(count, sink))
            }
            Map::Product(mut map) => {
                // It stands behind the first collision in which what is carried is a product of the settled groups.
                self.collisions(self.done.collisions + 1)?;
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

fn cannot(refused: &Refused) -> Diagnostic {
    let why = match refused {
        Refused::Short => unreachable!("a map that is asked for is made for any length"),
        Refused::Changing => "`n` occurs in the step, so that it is another one in every collision".to_string(),
        Refused::Map(Refusal::Nonlinear) => "`uncorrelate` stands inside a block of the step".to_string(),
        Refused::Map(Refusal::Linear) => unreachable!("a linear step is not asked for marginals"),
        Refused::Map(Refusal::NotSettled) => "the step ends with other subsystems than it begins with".to_string(),
        Refused::Map(Refusal::TooWide { dimension }) => {
            format!("a gate or measure in it is of dimension {dimension}, and at most 32 is taken")
        }
        Refused::Map(Refusal::TooLarge { needed, allowed }) => {
            format!("it would have at least {needed} basis elements, and at most {allowed} are taken")
        }
    };
    Diagnostic::nowhere(Code::NoStepMap, format!("no step map can run this: {why}"))
        .help("leave `--backend` out, and what fits is chosen")
}

/// What runs the settled collisions.
enum Map {
    Linear(StepMap),
    Product(ProductMap),
}

/// Why there is no map.
enum Refused {
    /// It would not pay.
    Short,
    /// Each collision is another.
    Changing,
    Map(Refusal),
}

/// How many basis elements a map may have so that making and using it costs no more than `left` collisions by stepping.
///
/// A row of the map costs about half a step (a real vector of the size of the density matrix goes back through the gates):
/// at most half of the collisions go into that. A collision costs m² multiply-adds for m elements, which must be no more
/// than half of a step's.
fn worthwhile(settled: &CompiledStep, left: u64) -> usize {
    let step = cost(&settled.step, &settled.layout).flops / 8; // a complex multiply-add
    let rows = usize::try_from(left).unwrap_or(usize::MAX);
    let by_collision = usize::try_from((step / 2).isqrt()).unwrap_or(usize::MAX);
    rows.min(by_collision).min(MOST_ELEMENTS)
}
