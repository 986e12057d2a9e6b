//! The cases of an experiment: their names, their series, and the observables that compare their states.

use super::branches::{Case, Comparison, ReducedState};
use super::experiments::{Builder, assignment};
use super::program::{PlotEntry, SeriesId};
use super::resolve::{Place, Resolver, key_in};
use super::sized_cases::{self, Part};
use crate::ast::{Argument, ExperimentItem, ExperimentItemKind, Expr, ExprKind, Name, Reference};
use crate::builtins::{self, Builtin};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{Formula, MeasureRow};
use crate::source::Span;

/// Whether a statement observes a measure of the states of cases.
pub(super) fn compares(item: &ExperimentItem) -> bool {
    matches!(&item.kind, ExperimentItemKind::Observe(observe) if names_case(&observe.value))
}

fn names_case(e: &Expr) -> bool {
    let mut found = matches!(&e.kind, ExprKind::Reference(Reference { case: Some(_), .. }));
    e.children(&mut |child| found |= names_case(child));
    found
}

impl Builder<'_, '_> {
    /// Defines the cases, so that the whole experiment can name them.
    pub(super) fn define_cases(&mut self, items: &[ExperimentItem]) {
        for item in items {
            let ExperimentItemKind::Case { name, items } = &item.kind else { continue };
            if let Some(first) = self.out.cases.iter().find(|c| c.name.key == name.key) {
                let d = Diagnostic::new(
                    Code::DuplicateCase,
                    format!("there are two cases named `{}`", name.text),
                    name.span,
                    "defined again",
                );
                let first = first.name.span;
                self.errors.push(d.label(first, "first defined here").help("give one of them another name"));
                continue;
            }
            let mut sets = Vec::new();
            for item in items {
                match &item.kind {
                    ExperimentItemKind::Set(a) => sets.extend(assignment(self.globals, a, self.errors)),
                    _ => self.error(
                        Code::CaseContents,
                        "a case contains only `set` statements",
                        item.span,
                        "not allowed in a case",
                        "write it in the experiment, outside the case: `run`, `observe` and `sweep` apply to all cases",
                    ),
                }
            }
            let case = Case { name: self.named(name), span: item.span, sets, first: 0 };
            self.cases.names.push((name.key.clone(), name.text.clone()));
            self.out.cases.push(case);
        }
    }

    /// The cases with other sizes of arrays than those for which the experiment is resolved.
    pub(super) fn cases_of_other_sizes(&self) -> Vec<usize> {
        match self.part {
            Some(Part::Case(case)) => (0..self.out.cases.len()).filter(|other| *other != case).collect(),
            Some(Part::Rest(programs)) => programs.iter().map(|(case, _)| *case).collect(),
            None => {
                let resized = sized_cases::resized(&self.out.sets, &self.out.cases, &self.globals.numbers);
                resized.into_iter().map(|(case, _)| case).collect()
            }
        }
    }

    /// Replaces the series of a run by those of each case, one case after another.
    pub(super) fn series_of_cases(&mut self) {
        if self.out.cases.is_empty() {
            return;
        }
        let programs = if let Some(Part::Rest(programs)) = self.part { programs } else { &[] };
        let of_run: Vec<_> = std::mem::take(&mut self.series).into_iter().collect();
        let per_run = (of_run, std::mem::take(&mut self.count));
        for (k, (case, _)) in self.cases.names.iter().enumerate() {
            let own = programs.iter().find(|(other, _)| *other == k).map(|(_, program)| sized_cases::series(program));
            let arrays = own.as_ref().map(|(series, _)| sized_cases::arrays(&self.series_arrays, series));
            let (series, count) = own.as_ref().unwrap_or(&per_run);
            let first = self.count;
            self.series.extend(series.iter().map(|(key, id)| (key_in(key, case), SeriesId(first + id.0))));
            self.cases.series.extend(series.iter().map(|(key, _)| key.clone()));
            self.cases.arrays.push(arrays.unwrap_or_else(|| self.series_arrays.clone()));
            self.out.cases[k].first = first;
            self.count += count;
        }
        self.cases.series.sort_unstable();
        self.cases.series.dedup();
    }

    /// The id of `x in up`. Reports a missing or unknown case and an unknown series.
    pub(super) fn series_in(&mut self, name: &Name, case: Option<&Name>) -> Option<SeriesId> {
        let problem = match case {
            None => self.cases.needs_case(name),
            Some(case) => match (self.series.get(&key_in(&name.key, &case.key)), self.cases.find(case)) {
                (Some(id), _) => return Some(*id),
                (None, Err(d)) => d,
                (None, Ok(_)) => self.cases.not_in_a_case(name, self.series.contains_key(&name.key)),
            },
        };
        self.errors.push(problem);
        None
    }

    /// `observe D = trace_distance(s in up, s in down)`
    pub(super) fn compare(&mut self, name: &Name, value: &Expr) {
        let comparison = measure_of_two(self.globals, value).and_then(|(row, [left, right])| {
            let parts = [self.part(&left, value.span)?, self.part(&right, value.span)?];
            Ok((row, parts))
        });
        let id = self.new_id(name);
        match comparison {
            Ok((row, parts)) => {
                let name = self.named(name);
                self.out.comparisons.push(Comparison { name, id, row, span: value.span, parts });
            }
            Err(d) => self.errors.push(*d),
        }
    }

    /// One of the two states: subsystems that all belong to one case.
    fn part(&mut self, arguments: &[&Argument], whole: Span) -> Result<ReducedState, Box<Diagnostic>> {
        let (mut case, mut subsystems) = (None, Vec::new());
        for a in arguments {
            let ExprKind::Reference(r) = &a.value.kind else { return Err(not_a_comparison(a.value.span)) };
            let Some(named) = &r.case else {
                let all = self.cases.names.iter().map(|(_, case)| format!("`{} in {case}`", r.name.text));
                let message = format!("`{}` needs the name of a case", r.name.text);
                let d = Diagnostic::new(Code::NeedsCase, message, r.span, "in which case?");
                return Err(Box::new(d.help(format!("write {}", all.collect::<Vec<_>>().join(" or ")))));
            };
            let at = self.cases.find(named).map_err(Box::new)?;
            if case.is_some_and(|other| other != at) {
                let message = "the subsystems of one state belong to two cases";
                let d = Diagnostic::new(Code::ComparisonAlone, message, r.span, "another case");
                return Err(Box::new(d.help(
                    "name the subsystems of the first state before `|`, those of the second after it: `trace_distance(a in up, b in up | a in down, b in down)`",
                )));
            }
            case = Some(at);
            if self.elsewhere.contains(&at) {
                continue;
            }
            let mut resolver = Resolver::new(self.globals, Place::Measure);
            resolver.constants.extend(self.index.clone());
            let kind = resolver.reference(&Reference { case: None, ..r.clone() });
            self.errors.append(&mut resolver.errors);
            subsystems.push(super::program::Expr::untyped(r.span, kind));
        }
        let span = match arguments {
            [first, .., last] => first.value.span.to(last.value.span),
            [only] => only.value.span,
            [] => whole,
        };
        let case = case.ok_or_else(|| not_a_comparison(whole))?;
        Ok(ReducedState { case, subsystems, span })
    }

    /// Reports what an experiment with cases cannot contain.
    pub(super) fn check_cases(&mut self) {
        let Some(first) = self.out.cases.first().map(|c| c.span) else { return };
        if self.out.plots.iter().flatten().any(|p| matches!(p, PlotEntry::Panels(_))) && self.out.run.is_none() {
            let message = "an experiment that only arranges the figures of others has no run, so it has no cases";
            let help = "move the case to one of the experiments that `panels` names";
            self.error(Code::CaseContents, message, first, "a case without a run", help);
        }
        if let Some(span) = self.out.spectrum {
            let message = "each case has its own step map, so this experiment has no single spectrum";
            let help = "move `spectrum` to an experiment without cases, or run `carom explain --spectrum` with `--set`";
            self.error(Code::NoSpectrum, message, span, "several step maps", help);
        }
        let swept: Vec<_> = self.out.sweep.iter().map(|(id, value)| (*id, value.span)).collect();
        let sets: Vec<_> = self
            .out
            .cases
            .iter()
            .flat_map(|c| c.sets.iter().map(|(id, e)| (*id, e.span, c.name.text.clone())))
            .collect();
        for (id, span, case) in sets {
            if let Some((_, axis)) = swept.iter().find(|(other, _)| *other == id) {
                let message = format!("the case `{case}` sets a parameter that is swept");
                let d = Diagnostic::new(Code::SweptInCase, message, span, "set in a case");
                let help = "leave the `set` out of the case, or sweep another parameter";
                self.errors.push(d.label(*axis, "swept here").help(help));
            }
        }
    }
}

/// A measure of two states, and the arguments that name each of them.
type OfTwo<'e> = (&'static MeasureRow, [Vec<&'e Argument>; 2]);

/// The measure of two states that is the whole expression.
fn measure_of_two<'e>(globals: &super::resolve::Globals, value: &'e Expr) -> Result<OfTwo<'e>, Box<Diagnostic>> {
    let ExprKind::Call { function, groups } = &value.kind else { return Err(not_a_comparison(value.span)) };
    let row = match builtins::lookup(&function.key) {
        Some(Builtin::Measure(row)) if !globals.names.contains_key(&function.key) => row,
        _ => return Err(not_a_comparison(value.span)),
    };
    if !matches!(row.formula, Formula::WithState(_)) {
        return Err(not_a_comparison(value.span));
    }
    match groups.as_slice() {
        [only] if only.len() == 2 => Ok((row, [vec![&only[0]], vec![&only[1]]])),
        [left, right] if !left.is_empty() && !right.is_empty() => {
            Ok((row, [left.iter().collect(), right.iter().collect()]))
        }
        _ => Err(not_a_comparison(value.span)),
    }
}

fn not_a_comparison(span: Span) -> Box<Diagnostic> {
    let message = "an observable that names cases is one measure of two states, each of one case";
    Box::new(Diagnostic::new(Code::ComparisonAlone, message, span, "not such a measure").help(
        "write `observe D = trace_distance(s in up, s in down)`, `fidelity(…)` or `relative_entropy(…)`, and compute with D in a `let`",
    ))
}
