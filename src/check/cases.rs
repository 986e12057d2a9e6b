//! Resolves `x in up`, a series of a case, and reports the mistakes in it.

use super::arrays::SeriesArray;
use super::program::ExprKind;
use super::resolve::{Cases, Place, Resolver, key_in};
use super::suggest::nearest;
use crate::ast::{Name, Offset, Reference};
use crate::diagnostic::{Code, Diagnostic};

impl Cases {
    /// The index of a case.
    ///
    /// # Errors
    /// There are no cases here, or none with this name.
    pub(super) fn find(&self, case: &Name) -> Result<usize, Diagnostic> {
        if let Some(at) = self.names.iter().position(|(key, _)| *key == case.key) {
            return Ok(at);
        }
        let names: Vec<&str> = self.names.iter().map(|(_, text)| text.as_str()).collect();
        if names.is_empty() {
            let message = format!("there is no case `{}` here: `in` names a case of an experiment", case.text);
            let d = Diagnostic::new(Code::CaseOutside, message, case.span, "no cases here");
            return Err(d.help(format!(
                "leave `in {0}` out, or define the case in the experiment: `case {0} {{ set … }}`",
                case.text
            )));
        }
        let d = Diagnostic::new(
            Code::UnknownCase,
            format!("there is no case `{}` in this experiment", case.text),
            case.span,
            "unknown case",
        );
        let near = nearest(&case.key, self.names.iter().map(|(key, _)| key.as_str()));
        let near = near.and_then(|key| self.names.iter().find(|(k, _)| k == key));
        Err(match near {
            Some((_, text)) => d.did_you_mean(case.span, text),
            None => d.help(format!("cases: {}; or define it: `case {} {{ set … }}`", names.join(", "), case.text)),
        })
    }

    /// The arrays of series in a case; `None` if there is no such case, or no case is named.
    pub(super) fn arrays_in(&self, case: Option<&Name>) -> Option<&Vec<SeriesArray>> {
        let at = self.names.iter().position(|(key, _)| case.is_some_and(|case| *key == case.key))?;
        self.arrays.get(at)
    }

    /// The error for the name of a series that does not say which case it belongs to.
    pub(super) fn needs_case(&self, name: &Name) -> Diagnostic {
        let all: Vec<String> = self.names.iter().map(|(_, case)| format!("`{} in {case}`", name.text)).collect();
        let message = format!("`{}` is a series of each case, so it needs the name of one", name.text);
        Diagnostic::new(Code::NeedsCase, message, name.span, "in which case?")
            .help(format!("write {}", all.join(" or ")))
    }

    /// The error for `x in up`, where `x` is not a series that each case has.
    pub(super) fn not_in_a_case(&self, name: &Name, known: bool) -> Diagnostic {
        if known {
            let message = format!("`{}` belongs to the experiment, not to one of its cases", name.text);
            return Diagnostic::new(Code::CaseOutside, message, name.span, "not a series of a case")
                .help(format!("write `{}` without `in`", name.text));
        }
        let message = format!("the cases have no series `{}`", name.text);
        let d = Diagnostic::new(Code::UnknownName, message, name.span, "unknown");
        match nearest(&name.key, self.series.iter().map(String::as_str)) {
            Some(near) => d.did_you_mean(name.span, near),
            None => d.help(format!("observe it first: `observe {} = …`", name.text)),
        }
    }
}

impl Resolver<'_> {
    /// `x in up`
    pub(super) fn in_case(&mut self, r: &Reference, case: &Name) -> ExprKind {
        if matches!(r.offset, Offset::None)
            && let Some(&id) = self.series.get(&key_in(&r.name.key, &case.key))
        {
            return ExprKind::Series(id);
        }
        let problem = match self.cases.find(case) {
            Err(d) => d,
            Ok(_) if self.place == Place::Measure => {
                let message = "states of cases can only be compared with each other, by a measure of two states";
                Diagnostic::new(Code::ComparisonAlone, message, r.span, "the state of a case").help(
                    "write `observe D = trace_distance(s in up, s in down)`, and use D in a `let`; a series of one case is `x in up`",
                )
            }
            Ok(_) => {
                let known = self.series.contains_key(&r.name.key) || self.globals.names.contains_key(&r.name.key);
                self.cases.not_in_a_case(&r.name, known)
            }
        };
        self.errors.push(problem);
        ExprKind::Error
    }
}
