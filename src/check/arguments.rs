//! The arguments of calls: their number, names and groups.

use super::collect::plural;
use super::program::{Argument, Expr};
use super::resolve::Resolver;
use crate::ast::{self, Name};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Resolver<'_> {
    /// Reports a wrong number of arguments. `exact` is the number it takes, if there is only one.
    pub(super) fn wrong_count(&mut self, name: &Name, found: usize, signature: &str, exact: Option<usize>, span: Span) {
        let message = match exact {
            Some(expected) => takes(&name.text, expected, found),
            None => format!("`{}` does not take {found} argument{}", name.text, plural(found)),
        };
        self.errors.push(
            Diagnostic::new(Code::WrongArguments, message, span, format!("{found} argument{}", plural(found)))
                .help(match name.key.as_str() {
                    "sum" => "the sum of a series is `sum(x)`, that of operators `A + B` or `sum(k in 1..L, X(s[k]))`".into(),
                    "mean" => format!(
                        "call it as `{signature}`; for the mean over a window, write `record k = n` in the step and `mean(where(x, k > 50))`"
                    ),
                    _ => format!("call it as `{signature}`"),
                }),
        );
    }

    pub(super) fn one_group(&mut self, name: &Name, groups: &[Vec<ast::Argument>]) {
        if let [_, second, ..] = groups {
            let span = second.first().map_or(name.span, |a| a.value.span);
            self.errors.push(
                Diagnostic::new(
                    Code::WrongArguments,
                    format!("`{}` does not take groups separated by `|`", name.text),
                    span,
                    "second group",
                )
                .help("separate its arguments with commas"),
            );
        }
    }

    /// The arguments of a call that takes neither groups nor named arguments.
    pub(super) fn plain_arguments(
        &mut self,
        name: &Name,
        groups: &[Vec<ast::Argument>],
        signature: &str,
    ) -> Option<Vec<Expr>> {
        let before = self.errors.len();
        self.one_group(name, groups);
        let args = groups.iter().flatten().map(|a| self.unnamed(name, a, signature)).collect();
        (self.errors.len() == before).then_some(args)
    }

    pub(super) fn unnamed(&mut self, function: &Name, a: &ast::Argument, signature: &str) -> Expr {
        if let Some(name) = &a.name {
            self.no_such_argument(&function.text, &name.text, name.span, signature);
        }
        self.expr(&a.value)
    }

    pub(super) fn no_such_argument(&mut self, function: &str, argument: &str, span: Span, signature: &str) {
        let message = format!("`{function}` has no argument named `{argument}`");
        self.errors.push(
            Diagnostic::new(Code::NamedArgument, message, span, "not an argument of it")
                .help(format!("call it as `{signature}`, with the value and no name")),
        );
    }

    pub(super) fn argument(&mut self, a: &ast::Argument) -> Argument {
        Argument { name: a.name.as_ref().map(|n| (n.key.clone(), n.span)), value: self.expr(&a.value) }
    }
}

/// The message "`CNOT` takes 2 arguments, but 1 is given".
pub(super) fn takes(name: &str, expected: usize, found: usize) -> String {
    let is = if found == 1 { "is" } else { "are" };
    format!("`{name}` takes {expected} argument{}, but {found} {is} given", plural(expected))
}
