//! The trait that every engine implements, and what an engine needs from its host, which started the run.

use std::sync::Arc;

use super::plan::Estimate;
use super::{Fault, Stopped, Watch};
use crate::ir::{Collision, Slot};
use crate::quantum::CMat;

/// Runs the collisions of one [`Request`](super::Request), once.
pub trait Engine {
    /// Size, cost and memory, known before it runs.
    fn estimate(&self) -> &Estimate;

    /// Runs up to the last collision that is read.
    ///
    /// # Errors
    /// [`Halt`]; the host has then every row up to there.
    fn run(&mut self, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt>;

    /// Re Tr ρ of the last density matrix that the engine has made.
    fn trace(&self) -> f64;

    /// What rounding may have done to the coefficients of the state in a jump by powers; `None` without a jump.
    fn rounding(&self) -> Option<f64> {
        None
    }

    /// The state after the last collision; `None` where a collision was left half-done, or where no such state was made.
    fn state(&self) -> Option<State> {
        None
    }
}

/// Where a run takes its steps from, and where its numbers go.
pub trait Host {
    /// Collision n for these slots alive.
    ///
    /// # Errors
    /// [`Halt::Host`]: there is no such step.
    fn collision(&mut self, n: u64, entry: &[Slot]) -> Result<Arc<Collision>, Halt>;

    /// Takes the numbers of collision n: observables, then records. The initial state is n = 0.
    ///
    /// # Errors
    /// [`Halt::Host`]: it wants no more.
    fn row(&mut self, n: u64, numbers: &[f64]) -> Result<(), Halt>;

    /// Collision n is complete.
    fn reached(&mut self, n: u64);
}

/// Why a run ends before its last collision.
#[derive(Debug, Clone, PartialEq)]
pub enum Halt {
    /// The host has ended it, and knows why.
    Host,
    /// The collision after the last one that was reached could not be completed, or the run was stopped in it.
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Stopped> for Halt {
    fn from(stopped: Stopped) -> Self {
        Self::Fault(stopped.into())
    }
}

/// A density matrix and the slots that it is of.
#[derive(Debug)]
pub struct State {
    /// The slots, the first the most significant index of `rho`.
    pub slots: Vec<Slot>,
    /// ρ
    pub rho: CMat,
}
