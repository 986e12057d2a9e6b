//! The state behind a collision: what a run leaves for somebody who goes on from there.

use crate::backend::{Density, StateBackend, execute};
use crate::check::SubsystemId;
use crate::ir::Slot;
use crate::lower::Model;
use crate::quantum::CMat;

/// A density matrix with the names of its subsystems. Slots are numbered anew by every model, so each subsystem is named by
/// what it is: which declaration, and how many units ahead of the current one.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// How many collisions are behind it.
    pub collisions: u64,
    /// Who is alive; the first is the most significant index of `rho`.
    units: Vec<(SubsystemId, i64)>,
    dims: Vec<usize>,
    rho: CMat,
}

impl Checkpoint {
    pub(super) fn take<B: StateBackend>(collisions: u64, model: &Model<'_>, state: &B) -> Self {
        let alive = state.alive();
        Self {
            collisions,
            units: alive.iter().map(|slot| model.unit(*slot)).collect(),
            dims: model.layout().dims(alive),
            rho: state.reduced(alive),
        }
    }

    /// The initial state of a model.
    ///
    /// # Panics
    /// Never: an initial state is attached, and nothing else happens to it.
    pub(crate) fn initial(model: &mut Model<'_>) -> Self {
        let ops = model.initial();
        let mut state = Density::new();
        execute(&ops, &model.layout(), &mut state, &mut [], &|| false).expect("attaching cannot fail");
        Self::take(0, model, &state)
    }

    /// The same state on a backend, in the slots of a model of the same program.
    pub(crate) fn restore<B: StateBackend>(&self, model: &Model<'_>) -> B {
        let mut state = B::new();
        state.attach(&self.slots(model), &self.dims, &self.rho);
        state
    }

    /// The slots alive, in the order of the density matrix.
    pub(crate) fn slots(&self, model: &Model<'_>) -> Vec<Slot> {
        self.units.iter().map(|(id, offset)| model.slot(*id, *offset)).collect()
    }
}
