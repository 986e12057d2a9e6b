//! The engines that avoid the density matrix: the step map of a linear step, and the marginal map of a step with
//! `uncorrelate`.

use super::powers::jump_cost;
use super::stretch::{Refusal, Stretch, is_nonlinear};
use super::{MarginalMap, StepMap};
use crate::backend::exec::OVERHEAD;
use crate::backend::plan::{Estimate, Form, Preparing, Refused, multiply_adds, multiply_adds_on};
use crate::backend::stepping::Head;
use crate::backend::{Backend, Density, Engine, Halt, Host, Request, StateBackend, Watch};
use crate::ir::{Collision, Representation};

/// The largest dimension D of a carried state for which a map is tried; its basis has D² elements.
const LARGEST_STATE: usize = 256;

/// The most basis elements of a linear map, for any number of collisions: each power of the map is then a matrix of 8
/// MB.
const MOST_ELEMENTS: usize = 1024;

/// The fewest collisions for which a map is worthwhile: fewer take less time than compiling it.
const FEWEST: u64 = 16;

/// The number of unread collisions of a marginal map between two progress reports.
const UNREAD: u64 = 4096;

/// The engine of a linear step: powers of one matrix.
struct Linear {
    head: Head<Density>,
    /// The map; `None` once the engine runs.
    map: Option<StepMap>,
    /// The number of collisions to jump over.
    skipped: u64,
    last: u64,
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
    let settled = preparing.request.settled().clone();
    if settled.step.ops.iter().any(is_nonlinear) {
        return Err(Refusal::Nonlinear.into());
    }
    stretch(&settled).check()?;
    let (first, last) = preparing.request.reads.clone().into_inner();
    let skipped = first.saturating_sub(1 + last - left);
    let forced = preparing.request.backend == Backend::StepMap;
    let allowed = if forced { MOST_ELEMENTS } else { worthwhile(&preparing.request, (left, skipped)) };
    let (head, work) = preparing.head()?;
    let start = head.stepping.state.reduced(&settled.step.entry, work.watch).map_err(Refusal::from)?;
    let map =
        StepMap::compile(stretch(&settled), &start, allowed, work)?.with_success(head.stepping.success(&settled.step));
    let (cost, memory) = (map.cost(skipped, left - skipped), map.memory(skipped, left - skipped));
    let form = Some(Form::Linear { size: map.size(), skipped });
    let estimate =
        preparing.fits(Estimate { form, cost, memory: preparing.request.states.matrix.peak_bytes + memory })?;
    Ok(Box::new(Linear { head: preparing.take_head(), map: Some(map), skipped, last, estimate, rounding: None }))
}

/// Prepares the marginal map, if each `uncorrelate` is at the top level of the step.
///
/// # Errors
/// [`Refused`]
pub(in crate::backend) fn marginal(preparing: &mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused> {
    let left = remaining_collisions(preparing)?;
    let settled = preparing.request.settled().clone();
    MarginalMap::check(stretch(&settled))?;
    let (head, work) = preparing.head()?;
    let map = MarginalMap::compile(stretch(&settled), &head.stepping.state, work)?;
    let (first, last) = preparing.request.reads.clone().into_inner();
    let form = Some(Form::Marginals { coefficients: map.coefficients(), monomials: map.monomials() });
    let cost = map.cost().saturating_mul(left.into());
    let memory = preparing.request.states.matrix.peak_bytes + map.memory();
    let estimate = preparing.fits(Estimate { form, cost, memory })?;
    Ok(Box::new(Marginal { head: preparing.take_head(), map: Some(map), first, last, estimate }))
}

fn stretch(settled: &Collision) -> Stretch<'_> {
    Stretch { step: &settled.step, layout: &settled.layout, observables: &settled.observables }
}

/// The number of collisions that remain for a map once the set of live slots repeats.
fn remaining_collisions(preparing: &Preparing<'_, '_>) -> Result<u64, Refused> {
    let request = &preparing.request;
    if request.changes {
        return Err(Refused::Changing);
    }
    if request.is_sampled() {
        return Err(Refused::Sampled);
    }
    let before = request.steps.len() as u64 - 1;
    let left = request.reads.end().saturating_sub(before);
    let settles = before <= *request.reads.end();
    if !settles || left < FEWEST && request.backend != Backend::StepMap {
        return Err(Refused::Short { left });
    }
    let settled = request.settled();
    let dim = settled.layout.dims(&settled.step.entry).iter().product();
    if dim > LARGEST_STATE { Err(Refused::Large { dim, largest: LARGEST_STATE }) } else { Ok(left) }
}

/// The most basis elements that a map may have so that compiling and using it costs no more than stepping through
/// `left` collisions, on a state vector if the state stays pure. The map jumps over `skipped` of them.
///
/// A row of the map costs about half a step on a density matrix, because a real vector of its size goes back through the
/// gates. The number of rows is limited so that they cost at most as much as half of the collisions. A collision that
/// is read costs m² multiply-adds for m elements; this and the jump may cost as much as the other half.
fn worthwhile(request: &Request, (left, skipped): (u64, u64)) -> usize {
    let by_matrix = multiply_adds(request.settled());
    let step = match request.states.vector {
        Some(_) => by_matrix.min(multiply_adds_on(Representation::Vector, request.settled())),
        None => by_matrix,
    };
    let half = step.saturating_mul(left.into()) / 2;
    let costs = |m: usize| jump_cost(m, skipped) + u128::from(left - skipped) * (m * m) as u128;
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
        let n = self.head.stepping.done() + self.skipped;
        if self.skipped > 0 {
            let error = map.jump(self.skipped, watch)?;
            self.rounding = Some(rounding(self.skipped).max(error));
            host.reached(n);
        }
        map.series(self.last - n, watch, numbered(n, host, watch))
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
