//! The series of a step with post-selection. The step is a linear map that does not preserve the trace: after each
//! collision, the state is divided by its trace, the probability of the selection in this collision.
//!
//! In a jump over many collisions, the trace may become smaller than any double. So each power of the map is divided by its
//! largest entry, and the logarithm of the factor is kept.

use super::powers::Flow;
use super::stretch::Norms;
use super::{StepMap, read_off};
use crate::backend::exec::OVERHEAD;
use crate::backend::{Fault, FaultKind, Halt, IMPOSSIBLE, Place, Watch};

impl StepMap {
    /// The same map, with the probability that every post-selection before it succeeded.
    pub(super) fn with_success(self, success: f64) -> Self {
        Self { success, ..self }
    }

    /// Like [`series`](Self::series).
    pub(super) fn conditional_series(
        mut self,
        norms: &Norms,
        count: u64,
        watch: &Watch<'_>,
        mut sink: impl FnMut(&[f64]) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let mut values = vec![0.0; self.observables + 1];
        let mut row = vec![0.0; self.readouts.len()];
        for _ in 0..count {
            watch.spend(OVERHEAD)?;
            values.fill(0.0);
            self.flows.iter_mut().try_for_each(|flow| flow.step(&mut values, watch))?;
            let trace = values[norms.end];
            if trace.is_nan() || trace <= IMPOSSIBLE {
                return Err(never_selected(norms));
            }
            self.success *= trace;
            for (group, norm) in &norms.groups {
                let norm = values[*norm];
                values[group.clone()].iter_mut().for_each(|value| *value /= norm);
            }
            values[norms.success] = self.success;
            read_off(&self.readouts, &values, &mut row)?;
            self.flows.iter_mut().for_each(|flow| flow.scale(1.0 / trace));
            sink(&row)?;
        }
        Ok(())
    }

    /// Normalises the state after a jump whose estimated error is `error`, and returns the error of the normalised state.
    ///
    /// # Errors
    /// A post-selection that has no probability left.
    pub(super) fn normalise(&mut self, error: f64) -> Result<f64, Halt> {
        let norms = self.norms.as_ref().expect("a map with post-selection");
        let Some((trace, logarithm, largest)) = self.flows.iter().find_map(Flow::trace) else {
            return Err(never_selected(norms));
        };
        if trace.is_nan() || trace <= IMPOSSIBLE * largest {
            return Err(never_selected(norms));
        }
        self.success *= logarithm.exp() * trace;
        self.flows.iter_mut().for_each(|flow| flow.normalise(trace, logarithm));
        Ok(error / trace)
    }
}

fn never_selected(norms: &Norms) -> Halt {
    Halt::Fault(Fault { place: norms.origin.map(Place::Statement), kind: FaultKind::NeverSelected })
}
