//! Runs a gate sequence on a backend and reads numbers off the state.
//!
//! Contract: the sequence is checked, so that what can go wrong here is what only the numbers show: a state that is no
//! longer positive, a number that is not real, an overflow. A missing value (a measure of a unit that does not exist) is
//! not an error: it is NaN, and so is every number made from it.

use crate::ir::{Layout, Measure, Op, OpKind, Origin, Scalar, Slot};
use crate::quantum::{C64, CMat, InvalidState};

use super::{Action, StateBackend};

/// Why a run stopped, and at which statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The statement; `None` where no operation is to blame.
    pub origin: Option<Origin>,
    /// What happened.
    pub kind: FaultKind,
}

/// What only the numbers of a run can show.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// A measure met a matrix that is not a density matrix.
    InvalidState {
        /// What is wrong with it.
        why: InvalidState,
        /// The measure, by its name in the language.
        measure: &'static str,
    },
    /// A series holds real numbers, and this is none.
    ComplexValue {
        /// Its real part.
        re: f64,
        /// Its imaginary part.
        im: f64,
    },
    /// A number is infinite or undefined although everything that went into it is there.
    NotFinite,
    /// The run was asked to stop.
    Interrupted,
}

/// The dimension of a state from which one operation takes so long that each is preceded by a check for an interrupt.
const MIN_CHECKED_DIM: usize = 256;

/// Runs the operations in order; each `Record` writes its number to `records[index]`.
///
/// `interrupted` is asked before every pass of a `Repeat`, and in a large state before every operation, so that a long
/// collision can be stopped.
///
/// # Errors
/// The first [`Fault`]; the state is then somewhere in the middle of the sequence.
pub fn execute<B: StateBackend>(
    ops: &[Op],
    layout: &Layout,
    state: &mut B,
    records: &mut [f64],
    interrupted: &dyn Fn() -> bool,
) -> Result<(), Fault> {
    let mut run = Run { layout, records, interrupted, cache: ReducedCache::default() };
    run.sequence(ops, state)
}

struct Run<'a> {
    layout: &'a Layout,
    records: &'a mut [f64],
    interrupted: &'a dyn Fn() -> bool,
    cache: ReducedCache,
}

impl Run<'_> {
    fn sequence<B: StateBackend>(&mut self, ops: &[Op], state: &mut B) -> Result<(), Fault> {
        let mut ops = ops.iter();
        loop {
            // Between the gates of a small state nobody has to wait.
            let Some(next) = ops.as_slice().first() else { return Ok(()) };
            let size: usize = state.alive().iter().map(|slot| self.layout.dim(*slot)).product();
            if size >= MIN_CHECKED_DIM && (self.interrupted)() {
                return Err(Fault { origin: Some(next.origin), kind: FaultKind::Interrupted });
            }
            // a backend gets what it may do at once at once
            let actions: Vec<Action<'_>> = ops.as_slice().iter().map_while(action).collect();
            if !actions.is_empty() {
                self.cache.clear();
                state.act(&actions);
                ops = ops.as_slice()[actions.len()..].iter();
            }
            let Some(op) = ops.next() else { return Ok(()) };
            if let OpKind::Record { index, value, .. } = &op.kind {
                let number = evaluate(value, self.layout, state, &mut self.cache);
                self.records[*index] = number.map_err(|kind| Fault { origin: Some(op.origin), kind })?;
            } else {
                self.cache.clear();
                self.change(op, state)?;
            }
        }
    }

    fn change<B: StateBackend>(&mut self, op: &Op, state: &mut B) -> Result<(), Fault> {
        match &op.kind {
            OpKind::Attach { slots, state: unit } => state.attach(slots, &self.layout.dims(slots), unit),
            OpKind::Discard { slots } => state.discard(slots),
            OpKind::Uncorrelate { groups } => state.uncorrelate(groups),
            OpKind::Mix { probability, then, otherwise } => {
                let mut other = state.clone();
                self.sequence(then, state)?;
                self.sequence(otherwise, &mut other)?;
                state.mix(*probability, other);
            }
            OpKind::Repeat { count, body } => {
                for _ in 0..*count {
                    if (self.interrupted)() {
                        return Err(Fault { origin: Some(op.origin), kind: FaultKind::Interrupted });
                    }
                    self.sequence(body, state)?;
                }
            }
            OpKind::Record { .. } | OpKind::Unitary { .. } | OpKind::Channel { .. } => {
                unreachable!("`sequence` reads records and collects actions")
            }
        }
        Ok(())
    }
}

/// A unitary or channel as what a backend may do together with its neighbours.
fn action(op: &Op) -> Option<Action<'_>> {
    match &op.kind {
        OpKind::Unitary { targets, matrix } => Some(Action { targets, kraus: std::slice::from_ref(matrix) }),
        OpKind::Channel { targets, kraus } => Some(Action { targets, kraus }),
        _ => None,
    }
}

/// The reduced density matrices that were asked for since the state last changed, so that several measures of one pair
/// trace the others out once. Whoever changes the state calls [`clear`](Self::clear).
#[derive(Debug, Clone, Default)]
pub struct ReducedCache {
    entries: Vec<(Vec<Slot>, CMat)>,
}

impl ReducedCache {
    /// Forgets everything: the state is another one now.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// # Errors
    /// `NotFinite`: a decomposition of such a matrix would not end.
    fn reduced<B: StateBackend>(&mut self, slots: &[Slot], state: &B) -> Result<&CMat, FaultKind> {
        let known = self.entries.iter().position(|(key, _)| key == slots);
        let at = known.unwrap_or(self.entries.len());
        if known.is_none() {
            let reduced = state.reduced(slots);
            if reduced.iter().any(|entry| !entry.is_finite()) {
                return Err(FaultKind::NotFinite);
            }
            self.entries.push((slots.to_vec(), reduced));
        }
        Ok(&self.entries[at].1)
    }
}

/// The number that a scalar is on this state; NaN if it is missing.
///
/// The cache belongs to the state: clear it when the state changes.
///
/// # Errors
/// `ComplexValue` if |Im z| > 1e-9·max(1, |Re z|); `NotFinite` if the value is infinite or undefined and nothing that went
/// into it is missing; `InvalidState` if a measure finds an eigenvalue below zero.
pub fn evaluate<B: StateBackend>(
    scalar: &Scalar,
    layout: &Layout,
    state: &B,
    cache: &mut ReducedCache,
) -> Result<f64, FaultKind> {
    value(scalar, layout, state, cache)?.map_or(Ok(f64::NAN), finite_real)
}

/// A number that is there, as a series holds it.
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

/// The value before it has to be real; `None` if it is missing.
fn value<B: StateBackend>(
    scalar: &Scalar,
    layout: &Layout,
    state: &B,
    cache: &mut ReducedCache,
) -> Result<Option<C64>, FaultKind> {
    match scalar {
        Scalar::Constant(z) => Ok(Some(*z).filter(|z| !z.is_nan())),
        Scalar::Measure(measure) => measured(measure, layout, state, cache),
        Scalar::Apply { function, args, .. } => {
            let args: Result<Vec<Option<C64>>, FaultKind> =
                args.iter().map(|arg| value(arg, layout, state, cache)).collect();
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
) -> Result<Option<C64>, FaultKind> {
    let missing = |slots: &[Slot]| slots.iter().any(|slot| !state.alive().contains(slot));
    match measure {
        Measure::Expectation { terms, .. } => {
            let mut sum = C64::ZERO;
            for (slots, matrix) in terms {
                if missing(slots) {
                    return Ok(None);
                }
                sum += trace_of_product(cache.reduced(slots, state)?, matrix);
            }
            Ok(Some(sum))
        }
        Measure::Reduced { slots, .. } if missing(slots) => Ok(None),
        Measure::Reduced { slots, function } => {
            let number = function.evaluate(cache.reduced(slots, state)?, &layout.dims(slots));
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
