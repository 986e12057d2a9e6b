//! Determines the types of the expressions in an experiment.
//!
//! In the `expect`s and plots of a sweep that collects, the swept parameters and the collected numbers are columns of
//! its table. Everywhere else, a series belongs to one run.

use std::mem;

use super::Types;
use crate::check::branches::Correlation;
use crate::check::program::{Analysis, Experiment, Expr, ExprKind, ParamId, PlotEntry, SeriesId, Single, Trajectories};
use crate::check::ty::{Extent, Type};
use crate::diagnostic::Code;
use crate::source::Span;

/// The columns of the table of a sweep.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) swept: Vec<ParamId>,
    collected: Vec<SeriesId>,
}

/// What the name of a series means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The series of the whole run.
    Whole,
    /// In `until`, its value at the current collision.
    Current,
    /// With `steady`, its value in the steady state.
    Steady,
}

impl Meaning {
    fn ty(self) -> Type {
        if self == Self::Whole { Type::Series } else { Type::Number }
    }

    /// The remedy for a name that is a number where a series is needed.
    pub(super) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Current => Some("in `until`, a series stands for its current value: write `x < 0.5`"),
            Self::Steady => {
                Some("with `steady`, a series is its one value in the steady state: write `x` for `last(x)`")
            }
        }
    }
}

impl Types<'_> {
    /// Types an experiment in place.
    pub(super) fn experiment(&mut self, e: &mut Experiment) {
        self.lets.clear();
        let columns = e.has_table().then(|| Columns {
            swept: e.sweep.iter().map(|(id, _)| *id).collect(),
            collected: e.collect.iter().map(|(_, id)| *id).collect(),
        });
        for (id, value) in &mut e.sets {
            self.setting(*id, value);
        }
        for (id, value) in e.cases.iter_mut().flat_map(|case| &mut case.sets) {
            self.setting(*id, value);
        }
        e.start.iter_mut().for_each(|start| self.start(start));
        for (id, value) in &mut e.draws {
            self.setting(*id, value);
        }
        if let Some(Trajectories { count, seed, singles, .. }) = &mut e.trajectories {
            self.want(count, &[], Type::Number, "the number of trajectories");
            if let Some(seed) = seed {
                self.want(seed, &[], Type::Number, "the seed");
            }
            for Single { number, .. } in singles {
                self.want(number, &[], Type::Number, "the number of a trajectory");
            }
        }
        for o in &mut e.observables {
            self.measure(&mut o.value, &[]);
        }
        for Correlation { late, early, from, .. } in &mut e.correlations {
            self.want(late, &[], Type::Operator(Extent::Any), "the first operator of `correlation`");
            self.want(early, &[], Type::Operator(Extent::Any), "the second operator of `correlation`");
            self.want(from, &[], Type::Number, "the collision `from`");
        }
        for comparison in &mut e.comparisons {
            let what = format!("`{}`", comparison.row.name);
            let subsystems = comparison.parts.iter_mut().flat_map(|part| &mut part.subsystems);
            subsystems.for_each(|s| self.subsystem(s, &[], &what));
        }
        if let Some(run) = &mut e.run {
            if let Some(count) = &mut run.collisions {
                self.want(count, &[], Type::Number, "the number of collisions");
            }
            if let Some(until) = &mut run.until {
                self.series = Meaning::Current;
                self.want(until, &[], Type::Bool, "the condition of `until`");
            }
        }
        self.series = if e.is_steady() { Meaning::Steady } else { Meaning::Whole };
        for a in &mut e.analysis {
            match a {
                Analysis::Let { id, ty, value, .. } => {
                    *ty = self.defined(value);
                    self.lets.insert(*id, *ty);
                }
                Analysis::Collect { id, value } => {
                    self.want(value, &[], Type::Number, "a collected value");
                    self.lets.insert(*id, Type::Number);
                }
                Analysis::Expect { condition, .. } => self.over(columns.as_ref(), |types| {
                    types.want(condition, &[], Type::Bool, "the condition of `expect`");
                }),
            }
        }
        for (id, values) in &mut e.sweep {
            self.axis(*id, values);
        }
        let plots = &mut e.plots;
        self.over(columns.as_ref(), |types| plots.iter_mut().for_each(|plot| types.plot(plot)));
        self.series = Meaning::Whole;
    }

    /// The type of a `let`.
    fn defined(&mut self, value: &mut Expr) -> Type {
        let ty = self.infer(value, &[]);
        if !matches!(ty, Type::Number | Type::Bool | Type::Series | Type::Any) {
            let message = format!(
                "a `let` of an experiment must be a number, a boolean or a series, but this is {}",
                ty.describe()
            );
            let help = "write a number or series computed from what is observed and recorded, such as `last(x)`";
            self.error(Code::WrongType, value.span, message, help);
        }
        ty
    }

    /// Types expressions about the table of a sweep, if there is one. The definitions that they use are typed
    /// separately, because a swept parameter has a different type there.
    fn over(&mut self, columns: Option<&Columns>, typing: impl FnOnce(&mut Self)) {
        if columns.is_none() {
            return typing(self);
        }
        let elsewhere = mem::take(&mut self.functions);
        self.table = columns.cloned();
        typing(self);
        self.table = None;
        self.functions = elsewhere;
    }

    /// Types the values of a swept parameter.
    pub(super) fn axis(&mut self, id: ParamId, values: &mut Expr) {
        if let ExprKind::List(items) = &mut values.kind {
            items.iter_mut().for_each(|v| self.setting(id, v));
            values.ty = Type::List;
        } else {
            self.want(values, &[], Type::List, "the values of a sweep");
        }
    }

    fn plot(&mut self, entries: &mut [PlotEntry]) {
        for entry in entries {
            match entry {
                PlotEntry::Curves { values, against, .. } => {
                    for v in values.iter_mut().chain(against) {
                        self.want(v, &[], Type::Series, "a plotted value");
                    }
                }
                PlotEntry::Heatmap { value, .. } => {
                    self.want(value, &[], Type::Series, "a plotted value");
                    if self.table.as_ref().is_none_or(|table| table.swept.len() != 2) {
                        self.error(
                            Code::WrongType,
                            value.span,
                            "a heat map shows a number collected over two swept parameters".into(),
                            "sweep two parameters and `collect` the number, or draw a `line`",
                        );
                    }
                }
                PlotEntry::SpaceTime { values, .. } => {
                    for v in values {
                        self.want(v, &[], Type::Series, "a plotted value");
                    }
                }
                PlotEntry::Inset(inner) => self.plot(inner),
                PlotEntry::Range { from, to, .. } => {
                    self.want(from, &[], Type::Number, "the end of a range");
                    self.want(to, &[], Type::Number, "the end of a range");
                }
                PlotEntry::Size(lengths) => {
                    for length in lengths {
                        self.want(length, &[], Type::Number, "a length in millimetres");
                    }
                }
                PlotEntry::Panels(_) | PlotEntry::Text { .. } | PlotEntry::NamedSize(_) | PlotEntry::Scale { .. } => {}
            }
        }
    }

    pub(super) fn series_type(&mut self, id: SeriesId, span: Span) -> Type {
        let Some(table) = &self.table else { return self.lets.get(&id).copied().unwrap_or(self.series.ty()) };
        if table.collected.contains(&id) {
            return Type::Series;
        }
        self.error(
            Code::WrongType,
            span,
            "this series belongs to a single point, but the expectations and plots of a sweep use its table".into(),
            "collect one number per point and use that column: `collect C = last(…)`, `expect fraction(C < -0.9) > 0.5`",
        );
        Type::Any
    }
}
