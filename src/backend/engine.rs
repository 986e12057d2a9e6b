//! The trait that every engine implements, and the trait of the host that starts a run.

use std::sync::Arc;

use super::plan::Estimate;
use super::{Fault, Stopped, Watch};
use crate::ir::{Collision, Slot};
use crate::quantum::CMat;

/// Runs the collisions of one [`Request`](super::Request), once.
pub trait Engine {
    /// The size, cost and memory of the run, known before it starts.
    fn estimate(&self) -> &Estimate;

    /// Runs up to the last collision that is read.
    ///
    /// # Errors
    /// [`Halt`]; by then the host has received every row before it.
    fn run(&mut self, host: &mut dyn Host, watch: &Watch<'_>) -> Result<(), Halt>;

    /// Re Tr ρ of the last density matrix that the engine computed.
    fn trace(&self) -> f64;

    /// An estimate of the rounding error in the coefficients of the state after a jump by powers; `None` without a
    /// jump.
    fn rounding(&self) -> Option<f64> {
        None
    }

    /// The state after the last collision; `None` if that collision is incomplete or the engine computes no such state.
    fn state(&self) -> Option<State> {
        None
    }
}

/// Supplies the steps of a run and receives its numbers.
pub trait Host {
    /// Returns collision n, given the slots that are live before it.
    ///
    /// # Errors
    /// [`Halt::Host`]: there is no such step.
    fn collision(&mut self, n: u64, entry: &[Slot]) -> Result<Arc<Collision>, Halt>;

    /// Receives the numbers of collision n: observables, then records. The initial state is n = 0.
    ///
    /// # Errors
    /// [`Halt::Host`]: the host ends the run.
    fn row(&mut self, n: u64, numbers: &[f64]) -> Result<(), Halt>;

    /// Reports that collision n is complete.
    fn reached(&mut self, n: u64);
}

/// Why a run ends before its last collision.
#[derive(Debug, Clone, PartialEq)]
pub enum Halt {
    /// The host ended the run; it holds the reason.
    Host,
    /// The collision after the last complete one failed or was interrupted.
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

/// A density matrix and its slots.
#[derive(Debug)]
pub struct State {
    /// The slots; the first is the most significant digit of the index of `rho`.
    pub slots: Vec<Slot>,
    /// ρ
    pub rho: CMat,
}
