//! Messages for series and outcomes of measurements where they have no value.

use super::program::ExprKind;
use super::resolve::{Place, Resolver};
use crate::ast::Name;
use crate::diagnostic::{Code, Diagnostic};

impl Resolver<'_> {
    /// Reports a series where only values known before the run can stand.
    pub(super) fn series_outside(&mut self, name: &Name) -> ExprKind {
        let outcome = self.place == Place::Step && self.globals.outcomes.contains(&name.key);
        self.errors.push(if outcome { outcome_outside(name) } else { series_outside(name) });
        ExprKind::Error
    }
}

fn series_outside(name: &Name) -> Diagnostic {
    let message = format!("`{}` is a series; it has values only after a run", name.text);
    Diagnostic::new(Code::SeriesOutside, message, name.span, "a series").help(format!(
        "a step cannot depend on observed values; use the series in an experiment, as in `expect last({}) < 0.5`",
        name.text
    ))
}

fn outcome_outside(name: &Name) -> Diagnostic {
    let message = format!("the outcome `{}` is not known here", name.text);
    Diagnostic::new(Code::OutcomeOutside, message, name.span, "before its measurement, or outside its block").help(
        format!(
            "use `{0}` after `measure … as {0}` in the same step or sequence; pass it to a definition as an argument",
            name.text
        ),
    )
}
