//! `let C = correlation(A, B, from = m)` of an experiment.

use super::branches::Correlation;
use super::experiments::Builder;
use super::program::{Expr, SeriesId};
use super::resolve::{Place, Resolver};
use crate::ast::{self, Argument, ExperimentItem, ExperimentItemKind};
use crate::builtins::{self, Builtin, Form};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The error for a correlation that is only a part of an expression, or outside an experiment.
pub(super) fn misplaced(groups: &[Vec<Argument>], span: Span) -> Diagnostic {
    let message =
        "`correlation` is computed from runs of its own, so it must be all that a `let` of an experiment defines";
    let d = Diagnostic::new(Code::CorrelationPlace, message, span, "a two-time correlation");
    d.help(pearson(groups).unwrap_or(
        "write `let C = correlation(A, B, from = m)` in the experiment, and use `re(C)`, `im(C)`, `abs(C)` or `spectrum(C)`",
    ))
}

/// The remedy for a call with the arguments of `pearson`.
fn pearson(groups: &[Vec<Argument>]) -> Option<&'static str> {
    let named = groups.iter().flatten().filter_map(|a| a.name.as_ref());
    named
        .into_iter()
        .any(|name| matches!(name.key.as_str(), "width" | "overlap"))
        .then_some("the correlation coefficient of two series in windows is `pearson(x, y, width = w, overlap = 0)`")
}

impl Builder<'_, '_> {
    /// Whether a statement defines a correlation.
    pub(super) fn correlates(&self, item: &ExperimentItem) -> bool {
        let ExperimentItemKind::Let { value, .. } = &item.kind else { return false };
        let ast::ExprKind::Call { function, .. } = &value.kind else { return false };
        let builtin = builtins::lookup(&function.key);
        matches!(builtin, Some(Builtin::Form(row)) if row.form == Form::Correlation)
            && !self.globals.names.contains_key(&function.key)
    }

    /// Defines a correlation: two series, the real and the imaginary part.
    pub(super) fn correlate(&mut self, item: &ExperimentItem) {
        let ExperimentItemKind::Let { name, value } = &item.kind else { return };
        let ast::ExprKind::Call { groups, .. } = &value.kind else { return };
        self.new_name(name);
        if let Some(case) = self.out.cases.first().map(|c| c.name.text.clone()) {
            let message = "an experiment with cases consists of several runs, so it has no single correlation";
            let help = "compute the correlation in an experiment that sets the parameters of one case itself";
            let d = Diagnostic::new(Code::CorrelationPlace, message, value.span, "in which case?");
            self.errors.push(d.help(format!("{help}, for example those of `{case}`")));
        }
        let re = SeriesId(self.count);
        self.count += 2;
        self.complex.insert(name.key.clone(), re);
        for (suffix, id) in [("_re", re), ("_im", SeriesId(re.0 + 1))] {
            self.series.insert(format!("{}{suffix}", name.key), id);
        }
        match arguments(groups, value.span) {
            Ok([late, early, from]) => {
                let measured = |e: &ast::Expr, place, errors: &mut Vec<Diagnostic>| -> Expr {
                    let mut resolver = Resolver::new(self.globals, place);
                    let out = resolver.expr(e);
                    errors.append(&mut resolver.errors);
                    out
                };
                let late = measured(late, Place::Measure, self.errors);
                let early = measured(early, Place::Measure, self.errors);
                let from = measured(from, Place::Param, self.errors);
                let correlation = Correlation { name: self.named(name), re, late, early, from, span: value.span };
                self.out.correlations.push(correlation);
            }
            Err(d) => self.errors.push(*d),
        }
    }
}

/// The operators A and B and the collision m of a call.
fn arguments(groups: &[Vec<Argument>], span: Span) -> Result<[&ast::Expr; 3], Box<Diagnostic>> {
    let wrong =
        |code, message: &str, span| {
            let d = Diagnostic::new(code, message, span, "not such a call");
            Box::new(d.help(pearson(groups).unwrap_or(
                "call it as `correlation(A, B, from = m)`, for example `correlation(X(s), X(s), from = 50)`",
            )))
        };
    let [all] = groups else {
        return Err(wrong(Code::WrongArguments, "`correlation` takes two operators and a collision", span));
    };
    let (named, plain): (Vec<_>, Vec<_>) = all.iter().partition(|a| a.name.is_some());
    if let Some(other) = named.iter().filter_map(|a| a.name.as_ref()).find(|name| name.key != "from") {
        let message = format!("`correlation` has no argument named `{}`", other.text);
        return Err(wrong(Code::NamedArgument, &message, other.span));
    }
    match (plain.as_slice(), named.as_slice()) {
        ([late, early], [from]) | ([late, early, from], []) => Ok([&late.value, &early.value, &from.value]),
        _ => Err(wrong(Code::WrongArguments, "`correlation` takes two operators and a collision", span)),
    }
}
