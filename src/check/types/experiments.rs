//! Types of what stands in an experiment.
//!
//! In the `expect`s and plots of a sweep that collects, the swept parameters and the collected numbers are columns of its
//! table; everywhere else a series is that of one run.

use std::collections::HashMap;

use super::Types;
use crate::check::program::{Analysis, Experiment, Expr, ExprKind, ParamId, PlotEntry, SeriesId, Type};
use crate::diagnostic::Code;
use crate::source::Span;

impl<'a> Types<'a> {
    pub(super) fn experiment(&mut self, e: &'a Experiment) -> HashMap<SeriesId, Type> {
        self.lets.clear();
        for (id, value) in &e.sets {
            self.setting(*id, value);
        }
        for o in &e.observables {
            self.measure(&o.value);
        }
        if let Some(run) = &e.run {
            self.want(&run.collisions, &[], Type::Number, "the number of collisions");
            if let Some(until) = &run.until {
                self.series = Type::Number;
                self.want(until, &[], Type::Bool, "the condition of `until`");
                self.series = Type::Series;
            }
        }
        for a in &e.analysis {
            match a {
                Analysis::Let { id, value, .. } => {
                    let ty = self.infer(value, &[]);
                    if !matches!(ty, Type::Number | Type::Bool | Type::Series | Type::Any) {
                        self.error(
                            Code::WrongType,
                            value.span,
                            format!(
                                "`let` of an experiment names a number, a boolean or a series, and this is {}",
                                ty.describe()
                            ),
                            "write a number or series computed from what is observed and recorded, such as `last(x)`",
                        );
                    }
                    self.lets.insert(*id, ty);
                }
                Analysis::Collect { id, value } => {
                    self.want(value, &[], Type::Number, "what `collect` gathers a point");
                    self.lets.insert(*id, Type::Number);
                }
                Analysis::Expect { condition, .. } => {
                    self.table = e.has_table().then_some(e);
                    self.want(condition, &[], Type::Bool, "what is expected");
                    self.table = None;
                }
            }
        }
        self.sweep(e);
        self.table = e.has_table().then_some(e);
        e.plots.iter().for_each(|plot| self.plot(plot));
        self.table = None;
        std::mem::take(&mut self.lets)
    }

    fn sweep(&mut self, e: &Experiment) {
        for (id, values) in &e.sweep {
            self.axis(*id, values);
        }
    }

    pub(super) fn axis(&mut self, id: ParamId, values: &Expr) {
        match &values.kind {
            ExprKind::List(items) => items.iter().for_each(|v| self.setting(id, v)),
            _ => {
                self.want(values, &[], Type::List, "the values of a sweep");
            }
        }
    }

    fn plot(&mut self, entries: &[PlotEntry]) {
        for entry in entries {
            match entry {
                PlotEntry::Curves { values, .. } => {
                    for v in values {
                        self.want(v, &[], Type::Series, "what is plotted");
                    }
                }
                PlotEntry::Heatmap { value, .. } => {
                    self.want(value, &[], Type::Series, "what is plotted");
                    if self.table.is_none_or(|e| e.sweep.len() != 2) {
                        self.error(
                            Code::WrongType,
                            value.span,
                            "a heat map shows a number collected over two swept parameters".into(),
                            "sweep two parameters and `collect` the number, or draw a `line`",
                        );
                    }
                }
                PlotEntry::Inset(inner) => self.plot(inner),
                PlotEntry::Range { from, to, .. } => {
                    self.want(from, &[], Type::Number, "the end of a range");
                    self.want(to, &[], Type::Number, "the end of a range");
                }
                PlotEntry::Panels(_) | PlotEntry::Text { .. } => {}
            }
        }
    }

    pub(super) fn series_type(&mut self, id: SeriesId, span: Span) -> Type {
        let Some(sweep) = self.table else { return self.lets.get(&id).copied().unwrap_or(self.series) };
        if sweep.collect.iter().any(|(_, collected)| *collected == id) {
            return Type::Series;
        }
        self.error(
            Code::WrongType,
            span,
            "this belongs to a single point; what a sweep expects is about its table".into(),
            "collect a number a point, and expect something of that column: `collect C = last(…)`, `expect fraction(C < -0.9) > 0.5`",
        );
        Type::Any
    }
}
