//! The forms that may occur only at certain places.

use super::builtins::{Builtin, Form};
use super::correlations;
use super::resolve::Place;
use crate::ast::Argument;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The error for a call of a form at a place where it has no meaning; `None` if it may occur there.
pub(super) fn form(builtin: Builtin, place: Place, groups: &[Vec<Argument>], span: Span) -> Option<Diagnostic> {
    let Builtin::Form(row) = builtin else { return None };
    match row.form {
        Form::Correlation => Some(correlations::misplaced(groups, span)),
        Form::Settled if place != Place::Until => Some(
            Diagnostic::new(
                Code::SettledOutside,
                "`settled` compares the values of successive collisions during a run",
                span,
                "only in `until`",
            )
            .help(
                "write `run 10000 until settled(1e-9)`; for a change within a series use `last(abs(diff(x))) < 1e-9`",
            ),
        ),
        _ => None,
    }
}
