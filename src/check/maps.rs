//! The places at which measures of the map of a system may occur.

use super::program::{Expr, ExprKind};
use super::visit::children;
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{Formula, MeasureRow};
use crate::source::Span;

/// Reports each measure of a map that is only a part of an observed expression.
pub(super) fn place(value: &Expr, errors: &mut Vec<Diagnostic>) {
    children(value, &mut |child| {
        if let ExprKind::Measure { row, .. } = &child.kind
            && let MeasureRow { formula: Formula::OfMap(_), name, .. } = row
        {
            errors.push(misplaced(name, child.span));
        }
        place(child, errors);
    });
}

/// The error for a measure of a map at a place where it cannot stand.
pub(super) fn misplaced(measure: &str, span: Span) -> Diagnostic {
    let message = format!("`{measure}` is computed from runs of its own, so it must be all that an `observe` observes");
    Diagnostic::new(Code::MapPlace, message, span, "a measure of a map")
        .help(format!("write `observe d = {measure}(s)`, and compute with the series in a `let` of an experiment"))
}
