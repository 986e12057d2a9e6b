//! `steady` in an experiment: the name `gap`, and the statements that need a run.

use super::collect::plural;
use super::experiments::Builder;
use super::program::SeriesId;
use crate::ast::{ExperimentItem, ExperimentItemKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The name of the spectral gap in an experiment with `steady`.
pub(crate) const GAP: &str = "gap";

impl Builder<'_, '_> {
    /// Adds the series `gap` after those of a run. A definition of the script with this name hides it.
    pub(super) fn gap(&mut self, items: &[ExperimentItem]) {
        if !items.iter().any(|item| matches!(item.kind, ExperimentItemKind::Steady)) {
            return;
        }
        if !self.globals.names.contains_key(GAP) {
            self.series.entry(GAP.into()).or_insert(SeriesId(self.count));
        }
        self.count += 1;
    }

    /// Reports the statements of an experiment with `steady` that need the series of a run.
    pub(super) fn check_steady(&mut self) {
        if !self.out.is_steady() {
            return;
        }
        let maps = self.out.observables.iter().filter(|o| o.of_map().is_some());
        let maps = maps.map(|o| (o.value.span, "the map from the initial state to that of a collision"));
        let correlations = self.out.correlations.iter().map(|c| (c.span, "a correlation between two collisions"));
        let saves = self.out.saves.iter().map(|s| (s.span, "a file of series; steady.csv holds the numbers"));
        let without_a_run: Vec<(Span, &str)> = maps.chain(correlations).chain(saves).collect();
        for (span, what) in without_a_run {
            self.error(
                Code::NeedsARun,
                format!("`steady` has no collisions, but this is {what}"),
                span,
                "needs a run",
                "move it to an experiment with a `run`, for example `run 1000 until settled(1e-12)`",
            );
        }
        if let (Some((_, values)), true) = (self.out.sweep.first(), self.out.collect.is_empty()) {
            let (count, span) = (self.out.sweep.len(), values.span);
            let message = format!(
                "with `steady`, each point of a sweep has single numbers, but nothing is collected over the {count} \
                 parameter{}",
                plural(count)
            );
            let d = Diagnostic::new(Code::NeedsARun, message, span, "a sweep without `collect`");
            self.errors.push(d.help("name the numbers that the table holds: `collect Δ = gap, J = j` for a series j"));
        }
    }
}
