//! Bosons that are truncated too low: the largest population of each one's highest level in a run.

use crate::check::{ExprKind, KindExpr};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::Model;

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
pub(super) struct Peak {
    population: f64,
    /// The collision after which it is reached.
    collision: u64,
    /// In a sweep, the point at which it is reached.
    pub(super) point: usize,
}

impl Peaks {
    /// Takes the populations after a collision into account; a missing one is NaN.
    pub(super) fn see(&mut self, collision: u64, populations: &[f64]) {
        self.0.resize(populations.len(), Peak::default());
        for (peak, &population) in self.0.iter_mut().zip(populations) {
            if population > peak.population * (1.0 + ROUNDING) {
                *peak = Peak { population, collision, point: 0 };
            }
        }
    }

    /// Takes the peaks of a point of a sweep into account. Of two equal ones, that of the earlier point stays, so that
    /// the order in which points finish does not matter.
    pub(super) fn merge(&mut self, point: usize, peaks: &Self) {
        self.0.resize(peaks.0.len(), Peak::default());
        for (known, peak) in self.0.iter_mut().zip(&peaks.0) {
            if peak.population > known.population || peak.population == known.population && point < known.point {
                *known = Peak { point, ..*peak };
            }
        }
    }

    /// The peaks that are high, each with its rank in [`Model::watched`].
    pub(super) fn high(&self) -> impl Iterator<Item = (usize, &Peak)> {
        self.0.iter().enumerate().filter(|(_, peak)| peak.population > MAX_TOP_POPULATION)
    }

    /// The warnings of a run.
    pub(super) fn warnings(&self, model: &Model<'_>) -> Vec<Diagnostic> {
        self.high().map(|(rank, peak)| peak.warning(model, rank, None)).collect()
    }
}

impl Peak {
    /// The warning about the boson of this rank, of a model at the parameters of the peak; `point` names these in a sweep.
    pub(super) fn warning(&self, model: &Model<'_>, rank: usize, point: Option<&str>) -> Diagnostic {
        let id = model.watched()[rank];
        let ev = model.evaluator();
        let (subsystem, dim) = (&ev.program.subsystems[id.0], ev.slots.borrow().kinds[id.0].dim());
        let at = point.map(|point| format!(" at {point}")).unwrap_or_default();
        let message = format!(
            "the highest level of `{}`, |{}⟩, has a population of {:.1e} in collision {}{at}",
            subsystem.name.text,
            dim - 1,
            self.population,
            self.collision
        );
        let KindExpr::Boson(levels) = &subsystem.kind else { unreachable!("only bosons are watched") };
        let remedy = match &levels.kind {
            ExprKind::Param(id) => format!("`set {} = {}`", ev.program.params[id.0].name.text, 2 * dim),
            _ => format!("`boson({})`", 2 * dim),
        };
        Diagnostic::new(Code::TruncatedBoson, message, levels.span, format!("truncated to {dim} levels"))
            .help(format!("raise the number of levels, for example with {remedy}, until the results no longer change"))
    }
}
