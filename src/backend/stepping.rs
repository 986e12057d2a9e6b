//! Collision by collision on a density matrix, the engine that can run every request, or on the vector of a pure state;
//! and the first collisions of the engines that need a settled state.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::plan::{Estimate, Preparing, Refused};
use super::{
    Backend, Chance, Density, Engine, Fault, FaultKind, Halt, Host, Place, Pure, ReducedCache, Reference, Request,
    Samples, Start, State, StateBackend, Watch, evaluate, exec::perform, pure,
};
use crate::ir::{Collision, Layout, OpKind, Representation, Scalar, Slot, Step};

/// A state and its progress through the collisions.
#[derive(Debug)]
pub(super) struct Stepping<B> {
    pub(super) state: B,
    start: Start,
    /// The collisions whose numbers are read.
    reads: RangeInclusive<u64>,
    /// The random numbers that decide during the run; `None` for the mean.
    chance: Option<Chance>,
    /// Selects the form of the step to run: optimised, or as written.
    sequence: fn(&Collision) -> &Step,
    cache: ReducedCache,
    records: Vec<f64>,
    row: Vec<f64>,
    alive: Vec<Slot>,
    /// The last complete collision; `None` before the initial state is prepared.
    done: Option<u64>,
    /// Whether the state is the one after a complete collision.
    whole: bool,
}

impl<B: StateBackend> Stepping<B> {
    fn new(start: Start, reads: RangeInclusive<u64>, samples: Samples, sequence: fn(&Collision) -> &Step) -> Self {
        let mut records = start.recorded.clone();
        records.resize(start.records, f64::NAN);
        let (cache, row, alive) = (ReducedCache::default(), Vec::new(), start.alive.clone());
        let chance = start.trajectory.map(|trajectory| Chance::of(trajectory, samples));
        let (state, done, whole) = (B::new(), None, false);
        Self { state, start, reads, chance, sequence, cache, records, row, alive, done, whole }
    }

    /// The probability that every post-selection so far succeeded.
    pub(super) fn success(&self, step: &Step) -> f64 {
        success_of(step).map(|index| self.records[index]).filter(|so_far| !so_far.is_nan()).unwrap_or(1.0)
    }

    /// The number of complete collisions.
    pub(super) fn done(&self) -> u64 {
        self.done.unwrap_or(self.start.collisions)
    }

    /// Advances up to collision `last`, and prepares the initial state first if necessary.
    ///
    /// # Errors
    /// [`Halt`]
    pub(super) fn advance(&mut self, last: u64, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt> {
        if self.done.is_none() {
            self.begin(host, watch)?;
        }
        for n in self.done() + 1..=last {
            watch.ask()?;
            let collision = host.collision(n, &self.alive)?;
            self.whole = false;
            let sequence = (self.sequence)(&collision);
            if self.chance.is_some() {
                self.forget_records(sequence);
            }
            let Self { state, records, chance, .. } = self;
            if let Err(fault) = perform(&sequence.ops, &collision.layout, (state, records), chance.as_mut(), watch) {
                self.end_trajectory(n, &fault, collision.observables.len(), host)?;
                return Err(fault.into());
            }
            self.state.relabel(&sequence.advance);
            if self.alive != collision.next {
                self.alive.clone_from(&collision.next);
            }
            self.finish(n, (&collision.observables, &collision.layout), host, watch)?;
        }
        Ok(())
    }

    fn begin(&mut self, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt> {
        let start = std::mem::take(&mut self.start);
        perform(&start.ops, &start.layout, (&mut self.state, &mut []), self.chance.as_mut(), watch)?;
        let n = start.collisions;
        if n > 0 {
            // The earlier run that ended with this state has read its numbers.
            (self.done, self.whole) = (Some(n), true);
            host.reached(n);
            return Ok(());
        }
        self.finish(n, (&start.observables, &start.layout), host, watch)
    }

    /// Clears the records of the previous collision, except the probability of success so far.
    fn forget_records(&mut self, step: &Step) {
        let so_far = success_of(step);
        self.records.iter_mut().enumerate().filter(|(i, _)| Some(*i) != so_far).for_each(|(_, x)| *x = f64::NAN);
    }

    /// If a post-selection ends a trajectory, reports the records that precede it in collision n.
    fn end_trajectory(&mut self, n: u64, fault: &Fault, observables: usize, host: &mut dyn Host) -> Result<(), Halt> {
        if self.chance.is_none() || fault.kind != FaultKind::NeverSelected || !self.reads.contains(&n) {
            return Ok(());
        }
        self.row.clear();
        self.row.resize(observables, f64::NAN);
        self.row.extend_from_slice(&self.records);
        host.row(n, &self.row)
    }

    /// Completes collision n: reads the numbers of its final state and reports them to the host.
    fn finish(
        &mut self,
        n: u64,
        (observables, layout): (&[Scalar], &Layout),
        host: &mut dyn Host,
        watch: &Watch<'_>,
    ) -> Result<(), Halt> {
        self.cache.clear();
        let read = self.reads.contains(&n);
        self.row.clear();
        for (which, scalar) in observables.iter().enumerate().filter(|_| read) {
            let value = evaluate(scalar, layout, &self.state, &mut self.cache, watch);
            self.row.push(value.map_err(|kind| Fault { place: Some(Place::Observable(which)), kind })?);
        }
        (self.done, self.whole) = (Some(n), true);
        if read {
            self.row.extend_from_slice(&self.records);
            host.row(n, &self.row)?;
        }
        host.reached(n);
        Ok(())
    }

    /// The state after the last collision; `None` if that collision is incomplete.
    pub(super) fn whole_state(&self) -> Option<State> {
        let slots = self.state.alive().to_vec();
        let rho = self.whole.then(|| self.state.reduced(&slots, &Watch::never()).ok()).flatten();
        rho.map(|rho| State { slots, rho })
    }
}

/// The index of the record of the probability of success; `None` if it is not requested.
fn success_of(step: &Step) -> Option<usize> {
    step.ops.iter().find_map(|op| if let OpKind::Postselect { success, .. } = op.kind { success } else { None })
}

/// The collisions until the set of live slots repeats, run during planning, before an engine is chosen for the others.
#[derive(Debug)]
pub(super) struct Head<B> {
    pub(super) stepping: Stepping<B>,
    rows: Vec<(u64, Vec<f64>)>,
    /// Why it ended early; `None` if it is complete.
    pub(super) halt: Option<Halt>,
}

/// A host that stores the rows until the run begins.
struct Recorder<'a> {
    steps: &'a [Arc<Collision>],
    rows: Vec<(u64, Vec<f64>)>,
}

impl Host for Recorder<'_> {
    fn collision(&mut self, n: u64, _: &[Slot]) -> Result<Arc<Collision>, Halt> {
        let at = usize::try_from(n - 1).expect("few steps");
        Ok(Arc::clone(&self.steps[at]))
    }

    fn row(&mut self, n: u64, numbers: &[f64]) -> Result<(), Halt> {
        self.rows.push((n, numbers.to_vec()));
        Ok(())
    }

    fn reached(&mut self, _: u64) {}
}

impl Head<Density> {
    /// Runs one collision per step, up to the last collision that is read.
    pub(super) fn run(start: Start, reads: RangeInclusive<u64>, steps: &[Arc<Collision>], watch: &Watch<'_>) -> Self {
        let last = (steps.len() as u64).min(*reads.end());
        let mut head = Self::new(Stepping::new(start, reads, Samples::Outcomes, |collision| &collision.step));
        let mut recorder = Recorder { steps, rows: Vec::new() };
        head.halt = head.stepping.advance(last, &mut recorder, watch).err();
        head.rows = recorder.rows;
        head
    }
}

impl<B: StateBackend> Head<B> {
    /// A head that has not run yet.
    fn new(stepping: Stepping<B>) -> Self {
        Self { stepping, rows: Vec::new(), halt: None }
    }

    /// Reports the stored rows to the host.
    ///
    /// # Errors
    /// The [`Halt`] that ended the head early, or one from the host.
    pub(super) fn replay(&mut self, host: &mut dyn Host) -> Result<(), Halt> {
        for (n, row) in self.rows.drain(..) {
            host.row(n, &row)?;
            host.reached(n);
        }
        if let Some(n) = self.stepping.done {
            host.reached(n);
        }
        self.halt.take().map_or(Ok(()), Err)
    }
}

/// The engine that runs every collision on a state.
struct Stepped<B> {
    head: Head<B>,
    last: u64,
    estimate: Estimate,
}

impl<B: StateBackend + 'static> Stepped<B> {
    fn boxed(preparing: &Preparing<'_, '_>, head: Head<B>, representation: Representation) -> Box<dyn Engine> {
        let request = &preparing.request;
        let last = *request.reads.end();
        let left = last - head.stepping.done();
        let cost = request.steps.multiply_adds(representation).saturating_mul(left.into());
        let states = match representation {
            Representation::Matrix => request.states.matrix,
            Representation::Vector => request.states.vector.expect("a vector was planned"),
        };
        Box::new(Self { head, last, estimate: Estimate { form: None, cost, memory: states.peak_bytes } })
    }
}

/// In-place kernels on the vector of a pure state, on the optimised step.
///
/// # Errors
/// [`Refused::Impure`], if the state does not stay pure. [`Refused::Changing`], if a later collision may have operations
/// that the first ones lack, the run computes a mean, and the user has not requested this engine.
pub(super) fn pure(preparing: &mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused> {
    let Request { start, steps, reads, backend, states, .. } = &preparing.request;
    let (requested, samples) = (*backend == Backend::Pure, preparing.request.samples());
    if steps.cycle.is_none() && !requested && samples == Samples::Nothing {
        return Err(Refused::Changing);
    }
    let check = if requested { pure::may_stay_pure } else { pure::stays_pure };
    check(start, &steps.first, samples)?;
    // The random numbers of another trajectory may have given a step without a vector.
    if states.vector.is_none() {
        return Err(Refused::Changing);
    }
    // A head that ran on a density matrix is not used.
    let stepping = Stepping::new(start.clone(), reads.clone(), samples, |collision| &collision.step);
    Ok(Stepped::<Pure>::boxed(preparing, Head::new(stepping), Representation::Vector))
}

/// In-place kernels on the optimised step. This engine can run every request.
///
/// # Errors
/// Never.
pub(super) fn density(preparing: &mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused> {
    let head = preparing.head.take().unwrap_or_else(|| {
        let start = std::mem::take(&mut preparing.request.start);
        let reads = preparing.request.reads.clone();
        Head::new(Stepping::new(start, reads, Samples::Outcomes, |collision| &collision.step))
    });
    Ok(Stepped::<Density>::boxed(preparing, head, Representation::Matrix))
}

/// Dense matrices over all subsystems on the step as written: a comparison with it tests the optimisation passes as
/// well as the kernels. This engine can run every request.
///
/// # Errors
/// Never.
pub(super) fn reference(preparing: &mut Preparing<'_, '_>) -> Result<Box<dyn Engine>, Refused> {
    let start = std::mem::take(&mut preparing.request.start);
    let reads = preparing.request.reads.clone();
    let stepping = Stepping::new(start, reads, Samples::Outcomes, |collision| &collision.written);
    Ok(Stepped::<Reference>::boxed(preparing, Head::new(stepping), Representation::Matrix))
}

impl<B: StateBackend> Engine for Stepped<B> {
    fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    fn run(&mut self, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt> {
        self.head.replay(host)?;
        self.head.stepping.advance(self.last, host, watch)
    }

    fn trace(&self) -> f64 {
        self.head.stepping.state.trace()
    }

    fn state(&self) -> Option<State> {
        self.head.stepping.whole_state()
    }
}
