//! Runs a gate sequence on a backend and reads numbers off the state.
//!
//! Contract: the sequence has been checked, so only numerical faults remain: a state that is no longer positive, a
//! number that is not real, an overflow. A missing value (a measure of a unit that does not exist) is not an error: it
//! is NaN, and so is every number computed from it.

use crate::chance::pick;
use crate::ir::{Event, Instrument, Layout, Measure, Op, OpKind, Origin, Scalar, Slot, Weight};
use crate::quantum::{C64, CMat, InvalidState};

use super::samples::{Chance, Samples, born};
use super::watch::BETWEEN;
use super::{Action, IMPOSSIBLE, Impurity, StateBackend, Stopped, Watch};

/// Why a collision could not be completed, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The statement or observable at fault; `None` for an interrupt.
    pub place: Option<Place>,
    /// The fault itself, with its numbers.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault of an operation.
    fn of(op: &Op, kind: FaultKind) -> Self {
        let place = (kind != FaultKind::Interrupted).then_some(Place::Statement(op.origin));
        Self { place, kind }
    }
}

/// The source of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A statement of the step.
    Statement(Origin),
    /// An observable, by its index from 0.
    Observable(usize),
}

impl From<Stopped> for Fault {
    fn from(Stopped: Stopped) -> Self {
        Self { place: None, kind: FaultKind::Interrupted }
    }
}

/// A fault that only the numbers of a run reveal.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// The argument of a measure is not a density matrix.
    InvalidState {
        /// The property that it violates.
        why: InvalidState,
        /// The measure, by its name in the language.
        measure: &'static str,
    },
    /// A number of a series is not real.
    ComplexValue {
        /// Its real part.
        re: f64,
        /// Its imaginary part.
        im: f64,
    },
    /// A number is infinite or undefined although none of its inputs is missing.
    NotFinite,
    /// The state is a vector and would become mixed.
    Impure(Impurity),
    /// A post-selection has no probability left, or the outcomes of a trajectory violate its condition.
    NeverSelected,
    /// The run was interrupted.
    Interrupted,
}

impl From<Stopped> for FaultKind {
    fn from(Stopped: Stopped) -> Self {
        Self::Interrupted
    }
}

/// The fixed cost of an operation on a small state, in multiply-adds.
pub(super) const OVERHEAD: usize = 200;

/// From this dimension on, a measure runs on a thread of its own: a decomposition takes longer than an interrupt may
/// wait.
const LARGE: usize = 128;

/// Runs the operations in order; each `Record` writes its number to `records[index]`. The run computes the mean.
///
/// # Errors
/// The first [`Fault`]; the state is then somewhere in the middle of the sequence.
pub fn execute<B: StateBackend>(
    ops: &[Op],
    layout: &Layout,
    state: &mut B,
    records: &mut [f64],
    watch: &Watch<'_>,
) -> Result<(), Fault> {
    perform(ops, layout, (state, records), None, watch)
}

/// Runs the operations in order, as [`execute`], but takes one case of what `chance` samples. Without it, the run computes
/// the mean.
///
/// # Errors
/// As [`execute`].
pub(super) fn perform<B: StateBackend>(
    ops: &[Op],
    layout: &Layout,
    (state, records): (&mut B, &mut [f64]),
    chance: Option<&mut Chance>,
    watch: &Watch<'_>,
) -> Result<(), Fault> {
    let mut run = Run { layout, records, watch, cache: ReducedCache::default(), chance };
    run.sequence(ops, state)
}

struct Run<'a> {
    layout: &'a Layout,
    records: &'a mut [f64],
    watch: &'a Watch<'a>,
    cache: ReducedCache,
    /// The random numbers that decide between cases; `None` for the mean over all of them.
    chance: Option<&'a mut Chance>,
}

impl Run<'_> {
    fn sequence<B: StateBackend>(&mut self, ops: &[Op], state: &mut B) -> Result<(), Fault> {
        let mut ops = ops.iter();
        let samples = self.chance.as_ref().map_or(Samples::Nothing, |chance| chance.samples);
        let together = |action: &Action<'_>| samples != Samples::Everything || action.kraus.len() == 1;
        loop {
            self.watch.spend(OVERHEAD)?;
            // Consecutive unitaries and channels go to the backend as one list.
            let accepted = ops.as_slice().iter().take_while(|op| state.refuses(&op.kind, samples).is_none());
            let actions: Vec<Action<'_>> = accepted.map_while(|op| action(op).filter(together)).collect();
            if !actions.is_empty() {
                self.cache.clear();
                state.act(&actions, self.watch)?;
                ops = ops.as_slice()[actions.len()..].iter();
            }
            let Some(op) = ops.next() else { return Ok(()) };
            if let Some(kind) = state.refuses(&op.kind, samples) {
                return Err(Fault::of(op, kind));
            }
            if let OpKind::Record { index, value, .. } = &op.kind {
                let number = recorded(value, (self.layout, &*self.records), state, &mut self.cache, self.watch);
                self.records[*index] = number.map_err(|kind| Fault::of(op, kind))?;
            } else {
                self.cache.clear();
                self.change(op, state)?;
            }
        }
    }

    fn change<B: StateBackend>(&mut self, op: &Op, state: &mut B) -> Result<(), Fault> {
        match &op.kind {
            OpKind::Attach { slots, state: unit } => {
                let dims = self.layout.dims(slots);
                // What the state refuses if only outcomes are sampled is itself sampled.
                let mixed = state.refuses(&op.kind, Samples::Outcomes).is_some();
                match self.everything().filter(|_| mixed) {
                    Some(chance) => state.attach(slots, &dims, &chance.eigenstate(unit), self.watch)?,
                    None => state.attach(slots, &dims, unit, self.watch)?,
                }
            }
            OpKind::Discard { slots } => {
                let gone = match self.everything() {
                    Some(chance) => state.forget(slots, chance.uniform(), self.watch),
                    None => state.discard(slots, self.watch),
                };
                gone.map_err(|kind| Fault::of(op, kind))?;
            }
            OpKind::Channel { targets, kraus } => {
                let single: Vec<&[CMat]> = kraus.chunks(1).collect();
                self.take_one(targets, &single, state)?;
            }
            OpKind::Uncorrelate { groups } => state.uncorrelate(groups, self.watch)?,
            OpKind::Measure { targets, register, instrument } => self.measure(targets, *register, instrument, state)?,
            OpKind::Postselect { event, success } => self.postselect(event, *success, op.origin, state)?,
            OpKind::Mix { weight, then, otherwise } => self.mixture(weight, then, otherwise, state)?,
            OpKind::Repeat { count, body } => {
                for _ in 0..*count {
                    self.watch.spend(OVERHEAD)?;
                    self.sequence(body, state)?;
                }
            }
            OpKind::Record { .. } | OpKind::Unitary { .. } => {
                unreachable!("`sequence` reads records and collects actions")
            }
        }
        Ok(())
    }

    /// The random numbers of a run that samples everything.
    fn everything(&mut self) -> Option<&mut Chance> {
        self.chance.as_deref_mut().filter(|chance| chance.samples == Samples::Everything)
    }
}

impl Run<'_> {
    /// ρ → PρP / Tr PρP. Record `success` is the product of the probabilities so far; it is missing before the first. In a
    /// trajectory, every register is in the level of its outcome, so that the probability is 0 or 1.
    fn postselect<B: StateBackend>(
        &mut self,
        event: &Event,
        success: Option<usize>,
        origin: Origin,
        state: &mut B,
    ) -> Result<(), Fault> {
        let before = state.trace();
        let probability = if self.chance.is_some() {
            f64::from(u8::from(occurs(event, state, self.watch)?))
        } else {
            state.restrict(event, self.watch)?;
            state.trace() / before
        };
        if let Some(index) = success {
            let so_far = self.records[index];
            self.records[index] = if so_far.is_nan() { probability } else { so_far * probability };
        }
        if probability <= IMPOSSIBLE {
            return Err(Fault { place: Some(Place::Statement(origin)), kind: FaultKind::NeverSelected });
        }
        if self.chance.is_some() {
            return Ok(());
        }
        Ok(state.scale(1.0 / (before * probability), self.watch)?)
    }

    /// ρ → then(ρ₁) + otherwise(ρ₂); a trajectory takes one of the branches.
    fn mixture<B: StateBackend>(
        &mut self,
        weight: &Weight,
        then: &[Op],
        otherwise: &[Op],
        state: &mut B,
    ) -> Result<(), Fault> {
        if let Some(chance) = &mut self.chance {
            let first = match weight {
                Weight::Probability(p) => chance.happens(*p),
                Weight::Event(event) => occurs(event, state, self.watch)?,
            };
            return self.sequence(if first { then } else { otherwise }, state);
        }
        let mut other = state.copy(self.watch)?;
        if let Weight::Event(event) = weight {
            state.restrict(event, self.watch)?;
            other.restrict(&event.complement(), self.watch)?;
        }
        self.sequence(then, state)?;
        self.sequence(otherwise, &mut other)?;
        match weight {
            Weight::Probability(p) => state.mix(*p, other, self.watch)?,
            Weight::Event(_) => state.add(other, self.watch)?,
        }
        Ok(())
    }

    /// Takes one of several lists of operators, each with the probability Σ_j Tr M_j ρ M_j† / Tr ρ by Born's rule, and
    /// applies it: ρ → Σ_j M_j ρ M_j†, with the trace of ρ. Returns its index.
    fn take_one<B: StateBackend>(
        &mut self,
        targets: &[Slot],
        lists: &[&[CMat]],
        state: &mut B,
    ) -> Result<usize, Stopped> {
        let reduced = state.reduced(targets, self.watch)?;
        let mut shares = Vec::with_capacity(lists.len());
        for operators in lists {
            self.watch.spend(operators.iter().map(CMat::len).sum())?;
            shares.push(born(operators, &reduced));
        }
        let chosen = pick(self.chance.as_mut().map_or(0.0, |chance| chance.uniform()), &shares);
        state.act(&[Action { targets, kraus: lists[chosen] }], self.watch)?;
        state.scale(reduced.trace().re / state.trace(), self.watch)?;
        Ok(chosen)
    }

    /// A trajectory keeps one outcome, and only one of its operators if everything is sampled.
    fn keep_one<B: StateBackend>(
        &mut self,
        targets: &[Slot],
        register: Slot,
        instrument: &Instrument,
        state: &mut B,
    ) -> Result<(), Stopped> {
        let alone = self.everything().is_some();
        let lists = |kraus| if alone { <[CMat]>::chunks(kraus, 1) } else { kraus.chunks(kraus.len()) };
        let of_outcomes = || instrument.outcomes.iter().enumerate();
        let all: Vec<(usize, &[CMat])> =
            of_outcomes().flat_map(|(k, outcome)| lists(&outcome.kraus).map(move |list| (k, list))).collect();
        let operators: Vec<&[CMat]> = all.iter().map(|(_, list)| *list).collect();
        let outcome = all[self.take_one(targets, &operators, state)?].0;
        state.attach(&[register], &[instrument.outcomes.len()], &instrument.level(outcome), self.watch)
    }

    /// ρ → Σ_k Σ_j M_kj ρ M_kj† ⊗ |k⟩⟨k|
    fn measure<B: StateBackend>(
        &mut self,
        targets: &[Slot],
        register: Slot,
        instrument: &Instrument,
        state: &mut B,
    ) -> Result<(), Fault> {
        if self.chance.is_some() {
            return Ok(self.keep_one(targets, register, instrument, state)?);
        }
        let before = state.copy(self.watch)?;
        for (k, outcome) in instrument.outcomes.iter().enumerate() {
            let mut branch = before.copy(self.watch)?;
            branch.act(&[Action { targets, kraus: &outcome.kraus }], self.watch)?;
            branch.attach(&[register], &[instrument.outcomes.len()], &instrument.level(k), self.watch)?;
            if k == 0 {
                *state = branch;
            } else {
                state.add(branch, self.watch)?;
            }
        }
        Ok(())
    }
}

/// Whether an event occurs in a trajectory, where every register is in the level of its outcome.
fn occurs<B: StateBackend>(event: &Event, state: &B, watch: &Watch<'_>) -> Result<bool, Stopped> {
    let levels = state.reduced(&event.registers, watch)?;
    let inside: f64 =
        event.occurs.iter().enumerate().filter(|(_, occurs)| **occurs).map(|(k, _)| levels[(k, k)].re).sum();
    Ok(inside > levels.trace().re / 2.0)
}

/// A unitary or channel as an action, which a backend may combine with its neighbours; `None` for other operations.
fn action(op: &Op) -> Option<Action<'_>> {
    match &op.kind {
        OpKind::Unitary { targets, matrix } => Some(Action { targets, kraus: std::slice::from_ref(matrix) }),
        OpKind::Channel { targets, kraus } => Some(Action { targets, kraus }),
        _ => None,
    }
}

/// The reduced density matrices computed since the state last changed, so that several measures of the same pair share
/// one partial trace. Call [`clear`](Self::clear) after every change of the state.
#[derive(Debug, Clone, Default)]
pub struct ReducedCache {
    entries: Vec<(Vec<Slot>, CMat)>,
}

impl ReducedCache {
    /// Empties the cache, because the state has changed.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// # Errors
    /// `NotFinite`, because the decomposition of such a matrix would not terminate; `Interrupted`.
    fn reduced<B: StateBackend>(&mut self, slots: &[Slot], state: &B, watch: &Watch<'_>) -> Result<&CMat, FaultKind> {
        let known = self.entries.iter().position(|(key, _)| key == slots);
        let at = known.unwrap_or(self.entries.len());
        if known.is_none() {
            let reduced = state.reduced(slots, watch)?;
            if reduced.iter().any(|entry| !entry.is_finite()) {
                return Err(FaultKind::NotFinite);
            }
            self.entries.push((slots.to_vec(), reduced));
        }
        Ok(&self.entries[at].1)
    }
}

/// The value of a scalar in this state; NaN if it is missing.
///
/// The cache belongs to the state: clear it when the state changes.
///
/// # Errors
/// `ComplexValue` if |Im z| > 1e-9·max(1, |Re z|); `NotFinite` if the value is infinite or undefined although none of
/// its inputs is missing; `InvalidState` if a measure finds a negative eigenvalue; `Interrupted`.
pub fn evaluate<B: StateBackend>(
    scalar: &Scalar,
    layout: &Layout,
    state: &B,
    cache: &mut ReducedCache,
    watch: &Watch<'_>,
) -> Result<f64, FaultKind> {
    recorded(scalar, (layout, &[]), state, cache, watch)
}

/// Like [`evaluate`], of a scalar that may depend on the earlier records of the step.
fn recorded<B: StateBackend>(
    scalar: &Scalar,
    known: Known<'_>,
    state: &B,
    cache: &mut ReducedCache,
    watch: &Watch<'_>,
) -> Result<f64, FaultKind> {
    value(scalar, known, state, cache, watch)?.map_or(Ok(f64::NAN), finite_real)
}

/// The layout, and the records of the step so far.
type Known<'a> = (&'a Layout, &'a [f64]);

/// Converts a number that is not missing to the real number that a series holds.
///
/// # Errors
/// As [`evaluate`].
pub(super) fn finite_real(C64 { re, im }: C64) -> Result<f64, FaultKind> {
    if !(re.is_finite() && im.is_finite()) {
        return Err(FaultKind::NotFinite);
    }
    if im.abs() > 1e-9 * re.abs().max(1.0) {
        return Err(FaultKind::ComplexValue { re, im });
    }
    Ok(re)
}

/// The complex value of a scalar; `None` if it is missing.
fn value<B: StateBackend>(
    scalar: &Scalar,
    known: Known<'_>,
    state: &B,
    cache: &mut ReducedCache,
    watch: &Watch<'_>,
) -> Result<Option<C64>, FaultKind> {
    match scalar {
        Scalar::Constant(z) => Ok(Some(*z).filter(|z| !z.is_nan())),
        Scalar::Recorded { index, .. } => Ok(Some(C64::from(known.1[*index])).filter(|z| !z.is_nan())),
        Scalar::Measure(measure) => measured(measure, known.0, state, cache, watch),
        Scalar::Apply { function, args, .. } => {
            let args: Result<Vec<Option<C64>>, FaultKind> =
                args.iter().map(|arg| value(arg, known, state, cache, watch)).collect();
            let present: Option<Vec<C64>> = args?.into_iter().collect();
            Ok(present.map(|args| function(&args)))
        }
    }
}

fn measured<B: StateBackend>(
    measure: &Measure,
    layout: &Layout,
    state: &B,
    cache: &mut ReducedCache,
    watch: &Watch<'_>,
) -> Result<Option<C64>, FaultKind> {
    let missing = |slots: &[Slot]| slots.iter().any(|slot| !state.alive().contains(slot));
    match measure {
        Measure::Expectation { terms, .. } => {
            let mut sum = C64::ZERO;
            for (slots, matrix) in terms {
                if missing(slots) {
                    return Ok(None);
                }
                sum += trace_of_product(cache.reduced(slots, state, watch)?, matrix);
            }
            Ok(Some(sum))
        }
        Measure::Reduced { slots, .. } if missing(slots) => Ok(None),
        Measure::Reduced { slots, function } => {
            let (reduced, dims) = (cache.reduced(slots, state, watch)?, layout.dims(slots));
            let number = if reduced.nrows() < LARGE {
                function.evaluate(reduced, &dims)
            } else {
                let (function, reduced) = (function.clone(), reduced.clone());
                watch.aside(BETWEEN, move || function.evaluate(&reduced, &dims))?
            };
            number
                .map(|number| Some(C64::from(number)))
                .map_err(|why| FaultKind::InvalidState { why, measure: function.measure })
        }
    }
}

/// Tr ρA = Σ ρ_ij A_ji
fn trace_of_product(rho: &CMat, a: &CMat) -> C64 {
    (0..rho.ncols()).flat_map(|j| (0..rho.nrows()).map(move |i| rho[(i, j)] * a[(j, i)])).sum()
}
