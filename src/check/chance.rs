//! Random numbers, and the statements `trajectories` and `draw` of an experiment.

use super::experiments::{Builder, parameter};
use super::program::{Expr, ExprKind, SeriesId, Single, Trajectories};
use super::resolve::{Place, Resolver};
use crate::ast::{self, Argument, Assignment, ExperimentItem, ExperimentItemKind, Offset, Reference};
use crate::builtins::{Form, FormRow};
use crate::chance::DistributionRow;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Resolver<'_> {
    /// `normal(μ, σ)`
    pub(super) fn random_number(&mut self, row: &'static DistributionRow, args: Vec<Expr>, span: Span) -> ExprKind {
        if self.random {
            return ExprKind::Random { row, args };
        }
        let message = "a random number is drawn in a `let` of a step or a `draw` of an experiment, and nowhere else";
        let d = Diagnostic::new(Code::RandomPlace, message, span, "drawn how often?");
        self.errors.push(d.help(format!(
            "write `let x = {}` in the step, and use x here; or, for a value that stays the same in each trajectory, `draw x = {0}` in the experiment, with `param x` above it",
            row.signature()
        )));
        ExprKind::Error
    }

    /// `stderr(x)` or `trajectory(x, k)`
    pub(super) fn of_trajectories(&mut self, row: &FormRow, groups: &[Vec<Argument>], span: Span) -> ExprKind {
        let refuse = |resolver: &mut Self, message: String, help: &str| {
            resolver.errors.push(Diagnostic::new(Code::OfTrajectories, message, span, "here").help(help));
            ExprKind::Error
        };
        let arguments: Vec<&Argument> = groups.iter().flatten().collect();
        let (series, number) = match (row.form, arguments.as_slice()) {
            (Form::Stderr, [series]) => (series, None),
            (Form::Trajectory, [series, number]) => (series, Some(&number.value)),
            _ => {
                let message = format!("`{}` does not take these arguments", row.name);
                self.errors.push(
                    Diagnostic::new(Code::WrongArguments, message, span, "here")
                        .help(format!("call it as `{}`", row.signature)),
                );
                return ExprKind::Error;
            }
        };
        let named = match &series.value.kind {
            ast::ExprKind::Reference(reference) => match self.by_element(reference) {
                Some(named) => Some(named).filter(|r| matches!(r.offset, Offset::None)),
                None => return ExprKind::Error,
            },
            _ => None,
        };
        let Some(reference) = &named else {
            let message = format!("`{}` takes the name of an observed or recorded series", row.name);
            return refuse(self, message, "observe the quantity first: `observe y = …`, then use the name `y`");
        };
        // In a session, the series of the last run have such names.
        if let (None, Some(id)) = (number, self.series.get(&format!("{}({})", row.name, reference.name.key))) {
            return ExprKind::Series(*id);
        }
        if self.trajectories.is_none() || self.place != Place::Experiment {
            let message = format!("`{}` is a series of an experiment with trajectories", row.name);
            return refuse(
                self,
                message,
                "add `trajectories 1000` to the experiment, and use it in a `let`, `expect`, `collect` or `plot`",
            );
        }
        let known = self.errors.len();
        let kind = self.reference(reference);
        if self.errors.len() > known {
            return ExprKind::Error;
        }
        let count = self.trajectories.as_ref().map_or(0, |t| t.series);
        let of = match kind {
            ExprKind::Series(id) if id.0 < count => id,
            _ => {
                let message = format!("`{}` is not an observed or recorded series", reference.name.text);
                return refuse(
                    self,
                    message,
                    "a `let` is computed from the means, after the run: observe the quantity instead",
                );
            }
        };
        match number {
            None => ExprKind::Series(SeriesId(count + of.0)),
            Some(number) => self.single(of, reference, number),
        }
    }

    /// `trajectory(x, k)`, each once.
    fn single(&mut self, of: SeriesId, reference: &Reference, number: &ast::Expr) -> ExprKind {
        let written = match &number.kind {
            ast::ExprKind::Number(x) => x.to_string(),
            ast::ExprKind::Reference(Reference { name, offset: Offset::None, case: None, .. }) => name.text.clone(),
            _ => {
                let message = "the number of a trajectory is a number or a parameter";
                let d = Diagnostic::new(Code::OfTrajectories, message, number.span, "computed");
                self.errors.push(d.help("write `trajectory(x, 1)`, or `param k = …` and `trajectory(x, k)`"));
                return ExprKind::Error;
            }
        };
        let case = reference.case.as_ref().map(|case| format!(" in {}", case.text)).unwrap_or_default();
        let name = format!("trajectory({}{case}, {written})", reference.name.text);
        let number = self.expr(number);
        let Some(trajectories) = &mut self.trajectories else { return ExprKind::Error };
        if let Some(known) = trajectories.singles.iter().find(|s| s.name == name) {
            return ExprKind::Series(known.id);
        }
        let id = SeriesId(self.ids);
        self.ids += 1;
        trajectories.singles.push(Single { id, of, number, name });
        ExprKind::Series(id)
    }
}

impl Builder<'_, '_> {
    /// Defines the trajectories, so that the whole experiment can refer to them.
    pub(super) fn define_trajectories(&mut self, items: &[ExperimentItem]) {
        for item in items {
            let ExperimentItemKind::Trajectories { count, seed } = &item.kind else { continue };
            if let Some(first) = &self.out.trajectories {
                let message = "an experiment has one number of trajectories, but this is a second";
                let d = Diagnostic::new(Code::RunCount, message, item.span, "second `trajectories`");
                let d = d.label(first.span, "first `trajectories`");
                self.errors.push(d.help("move it to an experiment of its own"));
                continue;
            }
            let count = self.expr(count, Place::Param);
            let seed = seed.as_ref().map(|seed| self.expr(seed, Place::Param));
            self.out.trajectories = Some(Trajectories { span: item.span, count, seed, series: 0, singles: Vec::new() });
        }
    }

    /// Gives an id to the standard error of every series so far.
    pub(super) fn series_of_trajectories(&mut self) {
        if let Some(trajectories) = &mut self.out.trajectories {
            trajectories.series = self.count;
            self.count *= 2;
        }
    }

    /// `draw NAME = VALUE`
    pub(super) fn draw(&mut self, a: &Assignment) {
        let Assignment { name, value } = a;
        let Some(id) = parameter(self.globals, name, self.errors) else { return };
        let mut resolver = Resolver::new(self.globals, Place::Param);
        resolver.random = true;
        let value = resolver.expr(value);
        self.errors.append(&mut resolver.errors);
        if self.out.draws.iter().any(|(other, _)| *other == id) {
            let message = format!("`{}` is drawn twice", name.text);
            self.error(Code::DrawnTwice, message, name.span, "drawn again", "draw each parameter once");
        }
        self.draw_names.push(name.clone());
        self.out.draws.push((id, value));
    }

    /// Reports what an experiment with trajectories cannot contain.
    pub(super) fn check_trajectories(&mut self) {
        let Some(Trajectories { span, .. }) = self.out.trajectories else {
            if let Some(name) = self.draw_names.first().cloned() {
                let message = format!("`{}` is drawn for each trajectory, but there are no trajectories", name.text);
                let help = "add the number of trajectories, for example `trajectories 1000`";
                self.error(Code::DrawAlone, message, name.span, "drawn how often?", help);
            }
            return;
        };
        let mut refused: Vec<(Span, &str, &str)> = Vec::new();
        if let Some(until) = self.out.run.as_ref().and_then(|run| run.until.as_ref()) {
            refused.push((
                until.span,
                "`until` would end each trajectory at another collision, and series of different lengths have no mean",
                "give a number of collisions for all trajectories: `run 200`",
            ));
        }
        if let Some(steady) = self.out.run.as_ref().filter(|run| run.collisions.is_none()) {
            refused.push((
                steady.span,
                "`steady` is the fixed point of the mean evolution, and a trajectory has none",
                "write `run 200` for example, or remove `trajectories`: the fixed point of the mean is exact",
            ));
        }
        if let Some(spectrum) = self.out.spectrum {
            refused.push((
                spectrum,
                "a spectrum belongs to the step map of the mean, and each trajectory has its own sequence of maps",
                "move `spectrum` to an experiment without `trajectories`",
            ));
        }
        for c in &self.out.correlations {
            refused.push((
                c.span,
                "`correlation` is computed from the mean evolution, which no trajectory follows",
                "compute it in an experiment without `trajectories`",
            ));
        }
        for o in self.out.observables.iter().filter(|o| o.of_map().is_some()) {
            refused.push((
                o.value.span,
                "`choi` and `divisibility` describe the map of the mean evolution, which no trajectory follows",
                "observe it in an experiment without `trajectories`",
            ));
        }
        if self.out.run.is_none() {
            refused.push((
                span,
                "`trajectories` repeats a run, but the experiment has none",
                "add a `run`, for example `run 200`",
            ));
        }
        for (place, message, help) in refused {
            let d = Diagnostic::new(Code::TrajectoriesRefused, message, place, "not with `trajectories`");
            let d = if place == span { d } else { d.label(span, "trajectories") };
            self.errors.push(d.help(help));
        }
        self.check_draws();
    }

    /// Reports a parameter that is drawn and also swept or set in a case.
    fn check_draws(&mut self) {
        let names = std::mem::take(&mut self.draw_names);
        for ((id, _), name) in self.out.draws.iter().zip(&names) {
            let swept = self.out.sweep.iter().find(|(other, _)| other == id).map(|(_, e)| (e.span, "swept"));
            let cases = self.out.cases.iter().flat_map(|c| &c.sets);
            let set = cases.into_iter().find(|(other, _)| other == id).map(|(_, e)| (e.span, "set in a case"));
            if let Some((other, what)) = swept.or(set) {
                let message = format!("`{}` is drawn for each trajectory, and also {what}", name.text);
                let d = Diagnostic::new(Code::DrawnTwice, message, name.span, "drawn").label(other, what);
                self.errors.push(d.help(format!(
                    "sweep or set a parameter of the distribution instead: `draw {} = normal(μ, σ)` with `param μ = …`",
                    name.text
                )));
            }
        }
    }
}
