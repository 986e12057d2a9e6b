//! The state after a collision, from which a later run can go on.

use std::sync::Arc;

use crate::backend::{Density, State, StateBackend, Watch, execute};
use crate::check::SubsystemId;
use crate::ir::{Op, OpKind, Origin, Slot};
use crate::lower::Model;
use crate::quantum::CMat;

/// A density matrix with the names of its subsystems. Slots are numbered anew by every model, so each subsystem is named by
/// what it is: which declaration, and how many units ahead of the current one.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// How many collisions lie before it.
    pub collisions: u64,
    /// Who is alive; the first is the most significant index of `rho`.
    units: Vec<(SubsystemId, i64)>,
    dims: Vec<usize>,
    rho: CMat,
}

impl Checkpoint {
    pub(super) fn new(collisions: u64, model: &Model<'_>, State { slots, rho }: State) -> Self {
        Self {
            collisions,
            units: slots.iter().map(|slot| model.unit(*slot)).collect(),
            dims: model.layout().dims(&slots),
            rho,
        }
    }

    /// The initial state of a model.
    ///
    /// # Panics
    /// Never: an initial state is attached, and nothing else happens to it.
    pub(crate) fn initial(model: &mut Model<'_>) -> Self {
        let ops = model.initial();
        let mut state = Density::new();
        execute(&ops, &model.layout(), &mut state, &mut [], &Watch::never()).expect("attaching cannot fail");
        let slots = state.alive().to_vec();
        let rho = state.reduced(&slots, &Watch::never()).expect("nothing stops it");
        Self::new(0, model, State { slots, rho })
    }

    /// The operation that makes the same state in the slots of a model of the same program.
    pub(super) fn attach(&self, model: &Model<'_>) -> Op {
        // No statement of the script is to blame for it, and attaching has no fault.
        Op { origin: Origin(0), kind: OpKind::Attach { slots: self.slots(model), state: Arc::new(self.rho.clone()) } }
    }

    /// The same state, in the slots of a model of the same program.
    ///
    /// # Panics
    /// Never: attaching has no fault.
    pub(crate) fn restore(&self, model: &Model<'_>) -> Density {
        let mut state = Density::new();
        state.attach(&self.slots(model), &self.dims, &self.rho, &Watch::never()).expect("nothing stops it");
        state
    }

    /// The slots alive, in the order of the density matrix.
    pub(crate) fn slots(&self, model: &Model<'_>) -> Vec<Slot> {
        self.units.iter().map(|(id, offset)| model.slot(*id, *offset)).collect()
    }
}
