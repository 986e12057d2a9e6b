//! Bosons that are truncated too low: the largest population of each one's highest level in a run.

use super::remarks::Remark;
use crate::check::{ExprKind, KindExpr};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Layout, Op, OpKind};
use crate::lower::Model;
use crate::quantum::CMat;

/// The population of the highest level of a `boson(d)` above which a run warns. Populations beyond the truncation are then
/// of the same order, and observables are known to about this accuracy.
const MAX_TOP_POPULATION: f64 = 1e-6;

/// Relative difference of two populations that may be rounding: of equal ones, the first is named, by every engine.
const ROUNDING: f64 = 1e-10;

/// The largest population of the highest level of each watched boson, in the order of [`Model::watched`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Peaks(Vec<Peak>);

/// Where a population is largest.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Peak {
    population: f64,
    /// The collision in which it is reached; 0 for the initial state.
    collision: u64,
}

impl Peaks {
    /// The populations of the highest levels in the states that the operations attach.
    pub(super) fn initial(model: &Model<'_>, ops: &[Op], layout: &Layout) -> Self {
        let attached = ops.iter().filter_map(|op| match &op.kind {
            OpKind::Attach { slots, state } => Some((slots, state)),
            _ => None,
        });
        let mut peaks = vec![Peak::default(); model.watched().len()];
        for (slots, state) in attached {
            for (place, slot) in slots.iter().enumerate() {
                let Some(rank) = model.watched().iter().position(|id| *id == model.unit(*slot).0) else { continue };
                let population = top_population(state, &layout.dims(slots), place);
                peaks[rank].population = peaks[rank].population.max(population);
            }
        }
        Self(peaks)
    }

    /// Takes the populations after a collision into account; a missing one is NaN.
    pub(super) fn see(&mut self, collision: u64, populations: &[f64]) {
        self.0.resize(populations.len(), Peak::default());
        for (peak, &population) in self.0.iter_mut().zip(populations) {
            if population > peak.population * (1.0 + ROUNDING) {
                *peak = Peak { population, collision };
            }
        }
    }

    /// The warnings of a run.
    pub(super) fn remarks(&self, model: &Model<'_>) -> Vec<Remark> {
        let high = self.0.iter().enumerate().filter(|(_, peak)| peak.population > MAX_TOP_POPULATION);
        high.map(|(rank, peak)| Remark::graded(peak.warning(model, rank), peak.population)).collect()
    }
}

impl Peak {
    /// The warning about the boson of this rank.
    fn warning(&self, model: &Model<'_>, rank: usize) -> Diagnostic {
        let id = model.watched()[rank];
        let ev = model.evaluator();
        let (subsystem, dim) = (&ev.program.subsystems[id.0], ev.slots.borrow().kinds[id.0].dim());
        let name = &subsystem.name.text;
        let when = match self.collision {
            0 => "in the initial state".into(),
            n => format!("in collision {n}"),
        };
        let message =
            format!("the highest level of `{name}`, |{}⟩, has a population of {:.1e} {when}", dim - 1, self.population);
        let KindExpr::Boson(levels) = &subsystem.kind else { unreachable!("only bosons are watched") };
        let remedy = match &levels.kind {
            ExprKind::Param(id) => format!("`set {} = {}`", ev.program.params[id.0].name.text, 2 * dim),
            _ => format!("`boson({})`", 2 * dim),
        };
        Diagnostic::new(Code::TruncatedBoson, message, levels.span, format!("the levels of `{name}`"))
            .help(format!("raise the number of levels, for example with {remedy}, until the results no longer change"))
    }
}

/// Σ ⟨k|ρ|k⟩ over the basis states k in which the subsystem at this place is in its highest level; the first
/// dimension belongs to the most significant index of ρ.
fn top_population(state: &CMat, dims: &[usize], place: usize) -> f64 {
    let stride: usize = dims[place + 1..].iter().product();
    let is_top = |k: &usize| k / stride % dims[place] == dims[place] - 1;
    (0..state.nrows()).filter(is_top).map(|k| state[(k, k)].re).sum()
}
