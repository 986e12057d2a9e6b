//! What turns a pure state into a mixed one.

use std::fmt;
use std::sync::Arc;

use super::factors::Factors;
use super::purity;
use crate::backend::{Refused, Samples, Start};
use crate::ir::{Collision, Op, OpKind};
use crate::quantum::{C64, CMat, TRACE_TOLERANCE, is_finite, max_abs};

/// Why an operation makes a pure state mixed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Impurity {
    /// It attaches subsystems in a mixed state.
    MixedState {
        /// Tr ρ² of this state.
        purity: f64,
    },
    /// It is a channel with several Kraus operators.
    Channel {
        /// Their number.
        operators: usize,
    },
    /// It is a mixture of two branches.
    Mixture,
    /// It is a measurement, or a condition on its outcomes.
    Measurement,
    /// It replaces the state by the product of its marginals.
    Uncorrelate,
    /// It traces out subsystems that are entangled with others.
    Entangled {
        /// Tr ρ² of the subsystems that it traces out, and of those that it leaves.
        purity: f64,
    },
    /// It traces out subsystems, which may be entangled with others.
    Discard,
}

/// The largest deviation of an entry of a pure state ρ from ψψ†: rounding.
const ROUNDING: f64 = 1e-13;

/// Why an operation, or one nested in it, makes a pure state mixed, in a run with these samples; `None` if it does not, or
/// if this depends on the state.
pub(super) fn of(op: &OpKind, samples: Samples) -> Option<Impurity> {
    let sampled = samples != Samples::Nothing;
    let nested = |ops: &[Op]| ops.iter().find_map(|op| of(&op.kind, samples));
    match op {
        OpKind::Uncorrelate { .. } => Some(Impurity::Uncorrelate),
        OpKind::Repeat { body, .. } => nested(body),
        OpKind::Mix { then, otherwise, .. } if sampled => nested(then).or_else(|| nested(otherwise)),
        OpKind::Mix { .. } => Some(Impurity::Mixture),
        OpKind::Measure { .. } | OpKind::Postselect { .. } if !sampled => Some(Impurity::Measurement),
        _ if samples == Samples::Everything => None,
        OpKind::Attach { state, .. } => mixed(state),
        OpKind::Channel { kraus, .. } => channel(kraus),
        OpKind::Measure { instrument, .. } => instrument.outcomes.iter().find_map(|outcome| channel(&outcome.kraus)),
        OpKind::Unitary { .. } | OpKind::Discard { .. } | OpKind::Record { .. } | OpKind::Postselect { .. } => None,
    }
}

fn channel(kraus: &[CMat]) -> Option<Impurity> {
    (kraus.len() > 1).then_some(Impurity::Channel { operators: kraus.len() })
}

/// Whether the state certainly stays pure in a start and in the first collisions, the last of which is repeated, if a run
/// has these samples.
///
/// # Errors
/// [`Refused::Impure`]
pub(in crate::backend) fn stays_pure(start: &Start, steps: &[Arc<Collision>], samples: Samples) -> Result<(), Refused> {
    may_stay_pure(start, steps, samples)?;
    let refused = |op: &Op| Refused::Impure { place: op.origin, why: Impurity::Discard };
    let mut factors = Factors::default();
    factors.follow(&start.ops).map_err(refused)?;
    for (k, Collision { step, .. }) in steps.iter().map(|collision| &**collision).enumerate() {
        if k + 1 == steps.len() {
            factors.repeat(&step.ops, &step.advance).map_err(refused)?;
        } else {
            factors.follow(&step.ops).map_err(refused)?;
            factors.relabel(&step.advance);
        }
    }
    Ok(())
}

/// Whether the state stays pure in a start and in the first collisions, as long as no discarded subsystem is entangled.
///
/// # Errors
/// [`Refused::Impure`]
pub(in crate::backend) fn may_stay_pure(
    start: &Start,
    steps: &[Arc<Collision>],
    samples: Samples,
) -> Result<(), Refused> {
    let mut ops = start.ops.iter().chain(steps.iter().flat_map(|collision| &collision.step.ops));
    let found = ops.find_map(|op| Some((op.origin, of(&op.kind, samples)?)));
    found.map_or(Ok(()), |(place, why)| Err(Refused::Impure { place, why }))
}

fn mixed(state: &CMat) -> Option<Impurity> {
    let ket = super::resize::ket(state);
    let pure = is_finite(&ket) && max_abs(&(state - &ket * ket.adjoint())) <= ROUNDING;
    let normalised = (state.trace() - C64::ONE).norm() <= TRACE_TOLERANCE;
    (!pure || !normalised).then(|| Impurity::MixedState { purity: purity(state) })
}

impl fmt::Display for Impurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MixedState { purity } => write!(f, "a subsystem is attached in a mixed state, of purity {purity:.6}"),
            Self::Channel { operators } => {
                write!(f, "a channel with {operators} Kraus operators makes the state mixed")
            }
            Self::Mixture => f.write_str("`with probability` makes the state mixed"),
            Self::Measurement => f.write_str("a measurement makes the state mixed"),
            Self::Uncorrelate => f.write_str("`uncorrelate` makes the state mixed"),
            Self::Entangled { purity } => {
                write!(f, "what is traced out is entangled with the rest, which is left with purity {purity:.6}")
            }
            Self::Discard => f.write_str("a subsystem is traced out, which makes the state mixed if it is entangled"),
        }
    }
}
