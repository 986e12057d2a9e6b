//! The state after a collision, from which a later run can continue.

use std::sync::Arc;

use super::truncation::Peaks;
use crate::backend::{Density, State, StateBackend, Watch, execute};
use crate::check::SubsystemId;
use crate::ir::{Op, OpKind, Origin, Slot};
use crate::lower::Model;
use crate::quantum::CMat;

/// A density matrix and its subsystems. Slot numbers differ between models, so each subsystem is identified by its
/// [`SubsystemId`] and its offset from the current unit.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Number of collisions before this state.
    pub collisions: u64,
    /// The live subsystems, each with its offset in units; the first is the most significant index of `rho`.
    units: Vec<(SubsystemId, i64)>,
    dims: Vec<usize>,
    rho: CMat,
    /// The largest populations of the highest levels of bosons in the collisions before it.
    pub(super) peaks: Peaks,
}

impl Checkpoint {
    pub(super) fn new(collisions: u64, model: &Model<'_>, State { slots, rho }: State, peaks: Peaks) -> Self {
        Self {
            collisions,
            units: slots.iter().map(|slot| model.unit(*slot)).collect(),
            dims: model.layout().dims(&slots),
            rho,
            peaks,
        }
    }

    /// The initial state of a model.
    ///
    /// # Panics
    /// Never: attaching an initial state cannot fail.
    pub(crate) fn initial(model: &mut Model<'_>) -> Self {
        let ops = model.initial();
        let mut state = Density::new();
        execute(&ops, &model.layout(), &mut state, &mut [], &Watch::never()).expect("attaching cannot fail");
        let slots = state.alive().to_vec();
        let rho = state.reduced(&slots, &Watch::never()).expect("this watch never interrupts");
        Self::new(0, model, State { slots, rho }, Peaks::default())
    }

    /// The operation that attaches this state to the slots of a model of the same program.
    pub(super) fn attach(&self, model: &Model<'_>) -> Op {
        // No statement corresponds to this operation. The origin is never used, because attaching cannot fail.
        Op { origin: Origin(0), kind: OpKind::Attach { slots: self.slots(model), state: Arc::new(self.rho.clone()) } }
    }

    /// This state in the slots of a model of the same program.
    ///
    /// # Panics
    /// Never: attaching cannot fail.
    pub(crate) fn restore(&self, model: &Model<'_>) -> Density {
        let mut state = Density::new();
        state.attach(&self.slots(model), &self.dims, &self.rho, &Watch::never()).expect("this watch never interrupts");
        state
    }

    /// The density matrix.
    pub(super) fn rho(&self) -> &CMat {
        &self.rho
    }

    /// The dimensions of the live subsystems, in the order of the density matrix.
    pub(super) fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The live slots, in the order of the density matrix.
    pub(crate) fn slots(&self, model: &Model<'_>) -> Vec<Slot> {
        self.units.iter().map(|(id, offset)| model.slot(*id, *offset)).collect()
    }
}
