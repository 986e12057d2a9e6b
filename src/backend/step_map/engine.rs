//! The engines that avoid the density matrix: the step map of a linear step, and the marginal map of a step with
//! `uncorrelate`.

use super::powers::jump_cost;
use super::stretch::{Refusal, Stretch, is_nonlinear, postselection};
use super::{MarginalMap, StepMap};
use crate::backend::exec::OVERHEAD;
use crate::backend::plan::{Estimate, Form, Preparing, Refused};
use crate::backend::stepping::Head;
use crate::backend::{Backend, Density, Engine, Fault, Halt, Host, Place, Request, StateBackend, Watch};
use crate::ir::{Period, Representation};

/// The largest dimension D of a carried state for which a map is tried; its basis has D² elements.
const LARGEST_STATE: usize = 256;

/// The most basis elements of a linear map, for any number of collisions: each power of the map is then a matrix of 8
/// MB.
const MOST_ELEMENTS: usize = 1024;

/// The fewest collisions for which a map is worthwhile: fewer take less time than compiling it.
const FEWEST: u64 = 16;

/// The number of unread collisions of a marginal map between two progress reports.
const UNREAD: u64 = 4096;

/// The engine of a linear step: powers of one matrix, the map of a period.
struct Linear {
    head: Head<Density>,
    /// The map; `None` once the engine runs.
    map: Option<StepMap>,
    rows: Rows,
    /// The number of periods to jump over.
    skipped: u64,
    /// The first and the last collision that are read.
    reads: (u64, u64),
    estimate: Estimate,
    rounding: Option<f64>,
}

/// The engine of a step with `uncorrelate`: polynomials in the coefficients of marginals.
struct Marginal {
    head: Head<Density>,
    /// The map; `None` once the engine runs.
    map: Option<MarginalMap>,
    first: u64,
    last: u64,
    estimate: Estimate,
}

/// Prepares the step map, if the step is linear and the map costs no more than stepping.
///
/// # Errors
/// [`Refused`]
pub(in crate::backend) fn linear(preparing: &mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused> {
    let left = remaining_collisions(preparing)?;
    let cycle = preparing.request.steps.split().1;
    let mut ops = cycle.iter().flat_map(|c| &c.step.ops);
    if ops.any(is_nonlinear) {
        return Err(if cycle.len() > 1 { Refused::Periodic } else { Refusal::Nonlinear.into() });
    }
    if cycle.len() > 1 && cycle.iter().any(|c| postselection(&c.step.ops).is_some()) {
        return Err(Refused::Periodic);
    }
    let rows = Rows { period: cycle.len(), observables: cycle[0].observables.len(), records: cycle[0].records };
    let period = Period::of(cycle);
    Stretch::from(&period).check()?;
    let step = &period.collision.step;
    let (first, last) = preparing.request.reads.clone().into_inner();
    let count = rows.period as u64;
    let skipped = first.saturating_sub(1 + last - left) / count;
    let read = left.div_ceil(count) - skipped;
    let forced = preparing.request.backend == Backend::StepMap;
    let allowed = if forced { MOST_ELEMENTS } else { worthwhile(&preparing.request, (skipped, read), count) };
    let (head, work) = preparing.head()?;
    let start = head.stepping.state.reduced(&step.entry, work.watch).map_err(Refusal::from)?;
    let map = StepMap::compile((&period).into(), &start, allowed, work)?.with_success(head.stepping.success(step));
    let (cost, memory) = (map.cost(skipped, read), map.memory(skipped, read));
    let form = Some(Form::Linear { size: map.size(), period: rows.period, skipped: skipped * count });
    let estimate =
        preparing.fits(Estimate { form, cost, memory: preparing.request.states.matrix.peak_bytes + memory })?;
    let (head, map, reads) = (preparing.take_head(), Some(map), (first, last));
    Ok(Box::new(Linear { head, map, rows, skipped, reads, estimate, rounding: None }))
}

/// Prepares the marginal map, if each `uncorrelate` is at the top level of the step.
///
/// # Errors
/// [`Refused`]
pub(in crate::backend) fn marginal(preparing: &mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused> {
    let left = remaining_collisions(preparing)?;
    let [settled] = preparing.request.steps.split().1 else { return Err(Refused::Periodic) };
    let settled = settled.clone();
    MarginalMap::check((&*settled).into())?;
    let (head, work) = preparing.head()?;
    let map = MarginalMap::compile((&*settled).into(), &head.stepping.state, work)?;
    let (first, last) = preparing.request.reads.clone().into_inner();
    let form = Some(Form::Marginals { coefficients: map.coefficients(), monomials: map.monomials() });
    let cost = map.cost().saturating_mul(left.into());
    let memory = preparing.request.states.matrix.peak_bytes + map.memory();
    let estimate = preparing.fits(Estimate { form, cost, memory })?;
    Ok(Box::new(Marginal { head: preparing.take_head(), map: Some(map), first, last, estimate }))
}

/// The number of collisions that remain for a map once the set of live slots repeats.
fn remaining_collisions(preparing: &Preparing<'_, '_>) -> Result<u64, Refused> {
    let request = &preparing.request;
    let Some(period) = request.steps.cycle else { return Err(Refused::Changing) };
    if request.is_sampled() {
        return Err(Refused::Sampled);
    }
    let (before, cycle) = request.steps.split();
    let before = before.len() as u64;
    let left = request.reads.end().saturating_sub(before);
    let settles = before <= *request.reads.end();
    if !settles || left < FEWEST * period as u64 && request.backend != Backend::StepMap {
        return Err(Refused::Short { left });
    }
    let settled = &cycle[0];
    let dim = settled.layout.dims(&settled.step.entry).iter().product();
    if dim > LARGEST_STATE { Err(Refused::Large { dim, largest: LARGEST_STATE }) } else { Ok(left) }
}

/// The most basis elements that the map of a `period` may have so that compiling and using it costs no more than stepping
/// through the collisions, on a state vector if the state stays pure. The map jumps over `skipped` periods and then
/// computes `read` periods.
///
/// A row of the map costs about half a period on a density matrix, because a real vector of its size goes back through the
/// gates. The number of rows is limited so that they cost at most as much as half of the collisions. A period that is
/// read costs m² multiply-adds for m elements; this and the jump may cost as much as the other half.
fn worthwhile(request: &Request, (skipped, read): (u64, u64), period: u64) -> usize {
    let on = |representation| request.steps.multiply_adds(representation).saturating_mul(period.into());
    let by_matrix = on(Representation::Matrix);
    let step = match request.states.vector {
        Some(_) => by_matrix.min(on(Representation::Vector)),
        None => by_matrix,
    };
    let half = step.saturating_mul((skipped + read).into()) / 2;
    let costs = |m: usize| jump_cost(m, skipped) + u128::from(read) * (m * m) as u128;
    let affordable = |m: &usize| (*m as u128).saturating_mul(by_matrix / 2) <= half && costs(*m) <= half;
    let sizes: Vec<usize> = (1..=MOST_ELEMENTS).collect();
    sizes.partition_point(affordable)
}

/// An estimate of the rounding error of a state after a jump: the entries of the map are correct to half a unit in the
/// last place, and without damping the error grows linearly with the number of collisions.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn rounding(collisions: u64) -> f64 {
    2.0 * f64::EPSILON * collisions as f64
}

/// The rows of the collisions of a period in the numbers of its map: the observables after each collision, then the
/// records of each.
#[derive(Clone, Copy)]
struct Rows {
    /// The number of collisions.
    period: usize,
    /// The number of observables of a collision.
    observables: usize,
    /// The number of records of a collision.
    records: usize,
}

impl Rows {
    /// The row of one of the collisions, counted from 0: its observables, then its records.
    fn of(self, numbers: &[f64], which: usize, row: &mut Vec<f64>) {
        let (observables, records) = numbers.split_at(self.period * self.observables);
        row.clear();
        row.extend_from_slice(&observables[which * self.observables..][..self.observables]);
        row.extend_from_slice(&records[which * self.records..][..self.records]);
    }

    /// The place of a fault within its collision.
    fn place(self, mut fault: Fault) -> Fault {
        if let Some(Place::Observable(which)) = &mut fault.place {
            *which %= self.observables;
        }
        fault
    }
}

/// Takes the numbers of the periods after collision n, and hands the rows of the collisions that are read to the host.
fn by_period(
    rows: Rows,
    mut n: u64,
    (first, last): (u64, u64),
    host: &mut dyn Host,
    watch: &Watch<'_>,
) -> impl FnMut(&[f64]) -> Result<(), Halt> {
    let mut row = Vec::new();
    move |numbers| {
        for which in 0..rows.period {
            n += 1;
            if (first..=last).contains(&n) {
                rows.of(numbers, which, &mut row);
                host.row(n, &row)?;
            }
            if n <= last {
                host.reached(n);
            }
        }
        Ok(watch.spend(OVERHEAD * rows.period)?)
    }
}

/// Takes the numbers of the collisions after n, one row after the other, and hands them to the host.
fn numbered(mut n: u64, host: &mut dyn Host, watch: &Watch<'_>) -> impl FnMut(&[f64]) -> Result<(), Halt> {
    move |row| {
        n += 1;
        host.row(n, row)?;
        host.reached(n);
        Ok(watch.spend(OVERHEAD)?)
    }
}

impl Engine for Linear {
    fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    fn run(&mut self, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt> {
        self.head.replay(host)?;
        let mut map = self.map.take().expect("an engine runs once");
        let period = self.rows.period as u64;
        let n = self.head.stepping.done() + self.skipped * period;
        if self.skipped > 0 {
            let error = map.jump(self.skipped, watch)?;
            self.rounding = Some(rounding(self.skipped * period).max(error));
            host.reached(n);
        }
        let count = (self.reads.1 - n).div_ceil(period);
        let sink = by_period(self.rows, n, self.reads, host, watch);
        map.series(count, watch, sink).map_err(|halt| match halt {
            Halt::Fault(fault) => Halt::Fault(self.rows.place(fault)),
            Halt::Host => Halt::Host,
        })
    }

    fn trace(&self) -> f64 {
        self.head.stepping.state.trace()
    }

    fn rounding(&self) -> Option<f64> {
        self.rounding
    }
}

impl Engine for Marginal {
    fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    fn run(&mut self, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt> {
        self.head.replay(host)?;
        let mut map = self.map.take().expect("an engine runs once");
        // The map continues from the end of the first settled collision, whose `uncorrelate` makes a product of the
        // groups.
        let stepping = &mut self.head.stepping;
        stepping.advance((stepping.done() + 1).min(self.last), host, watch)?;
        let mut n = stepping.done();
        while n + 1 < self.first {
            let count = UNREAD.min(self.first - 1 - n);
            map.skip(count, watch)?;
            n += count;
            host.reached(n);
        }
        map.series(self.last - n, watch, numbered(n, host, watch))
    }

    fn trace(&self) -> f64 {
        self.head.stepping.state.trace()
    }
}
