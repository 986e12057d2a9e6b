//! The states in which subsystems begin.

use std::sync::Arc;

use crate::check::SubsystemId;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluator, Leg, Site};
use crate::quantum::CMat;

/// The states of all declarations: one per joint declaration, otherwise one per member. Mistakes go to `errors`.
pub(super) fn initial_states(ev: &Evaluator<'_>, errors: &mut Vec<Diagnostic>) -> Vec<Arc<CMat>> {
    let mut out = Vec::new();
    for d in &ev.program.declarations {
        let groups: Vec<Vec<SubsystemId>> =
            if d.joint { vec![d.members.clone()] } else { d.members.iter().map(|m| vec![*m]).collect() };
        for group in groups {
            let mut slots = ev.slots.borrow_mut();
            let kinds: Vec<_> = group.iter().map(|id| slots.kinds[id.0]).collect();
            let sites: Vec<Site> = group
                .iter()
                .map(|id| Site { leg: Leg::Slot(slots.slot(ev.program, *id, 0)), dim: slots.kinds[id.0].dim() })
                .collect();
            drop(slots);
            match ev.state(&d.state, &[], &sites, &kinds) {
                Ok(rho) => out.push(Arc::new(rho)),
                Err(d) => {
                    if !errors
                        .iter()
                        .any(|e: &Diagnostic| e.message == d.message && e.labels.first() == d.labels.first())
                    {
                        errors.push(*d);
                    }
                }
            }
        }
    }
    out
}
