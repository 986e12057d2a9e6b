//! Resolves the names in experiments to ids.
//!
//! Contract: an experiment has a `run` or a plot of panels, and at most one `run`. Its series are numbered in this
//! order: those of the model, its own observables, then its `let`s and `collect`s. `set` and `sweep` name parameters.

use std::collections::HashMap;

use super::arrays::{SeriesArray, element, indices_of};
use super::collect::{Def, plural, reserved};
use super::compare::compares;
use super::maps;
use super::plots;
use super::program::{
    Analysis, Entity, Experiment, Expr, Named, Observable, ParamId, PlotEntry, RunSpec, Save, SeriesId, Shape,
};
use super::resolve::{Cases, ComplexNames, Globals, Place, Resolver};
use super::sized_cases::Part;
use super::statements::shape;
use super::suggest::nearest;
use super::ty::Type;
use crate::ast::{
    Assignment, ExperimentDecl, ExperimentItem, ExperimentItemKind, Name, ObserveDecl, Offset, SeriesName,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Resolves an assignment to a parameter, from `set`, `sweep`, `--set` or `--sweep`.
pub(super) fn assignment(globals: &Globals, a: &Assignment, errors: &mut Vec<Diagnostic>) -> Option<(ParamId, Expr)> {
    let id = parameter(globals, &a.name, errors)?;
    let mut resolver = Resolver::new(globals, Place::Param);
    let value = resolver.expr(&a.value);
    errors.append(&mut resolver.errors);
    Some((id, value))
}

/// The parameter with this name. If there is none, reports an error that suggests the nearest name.
pub(super) fn parameter(globals: &Globals, name: &Name, errors: &mut Vec<Diagnostic>) -> Option<ParamId> {
    match globals.names.get(&name.key) {
        Some(Entity::Param(id)) => Some(*id),
        other => {
            let message = if other.is_some() {
                format!("`{}` is not a parameter", name.text)
            } else {
                format!("there is no parameter `{}`", name.text)
            };
            let params =
                || globals.names.iter().filter(|(_, e)| matches!(e, Entity::Param(_))).map(|(k, _)| k.as_str());
            let written = |key: &str| globals.written.get(key).cloned().unwrap_or_else(|| key.to_string());
            let d = Diagnostic::new(Code::UnknownParameter, message, name.span, "not a parameter");
            errors.push(match nearest(&name.key, params()) {
                _ if other.is_some() => d.help(format!(
                    "only a `param` can be set; to replace another definition, write `redefine … {}` in a script that uses this protocol",
                    name.text
                )),
                Some(near) => d.did_you_mean(name.span, &written(near)),
                None => {
                    let all: Vec<String> = params().map(written).collect();
                    d.help(if all.is_empty() {
                        format!("this protocol has no parameters; to add one, write `param {} = …`", name.text)
                    } else {
                        format!("parameters: {}", all.join(", "))
                    })
                }
            });
            None
        }
    }
}

/// Ids of the series that an experiment can name, by key.
pub(super) type SeriesNames = HashMap<String, SeriesId>;

/// Resolves one experiment, or a part of it if its cases have arrays of different sizes.
pub(super) fn experiment<'a>(
    globals: &'a Globals,
    def: &Def<'_, ExperimentDecl>,
    (model_series, all_experiments): (&'a [String], &'a [String]),
    part: Option<Part<'a>>,
    errors: &mut Vec<Diagnostic>,
) -> Experiment {
    let mut builder = Builder {
        globals,
        errors,
        all_experiments,
        series: model_series.iter().enumerate().map(|(i, key)| (key.clone(), SeriesId(i))).collect(),
        count: model_series.len(),
        cases: Cases::default(),
        part,
        elsewhere: Vec::new(),
        complex: ComplexNames::new(),
        series_arrays: globals.series_arrays.clone(),
        index: None,
        observed: 0,
        draw_names: Vec::new(),
        later: def.value.items.iter().filter_map(let_key).collect(),
        out: Experiment::empty(def.name.clone(), body_span(def), def.value.title.clone()),
    };
    let items: Vec<&ExperimentItem> = def.value.items.iter().filter(|i| part.is_none_or(|p| p.contains(i))).collect();
    builder.define_cases(&def.value.items);
    // The settings determine the sizes of arrays, and thus which series there are.
    let (sets, items): (Vec<_>, Vec<_>) = items.into_iter().partition(|i| matches!(i.kind, ExperimentItemKind::Set(_)));
    sets.into_iter().for_each(|item| builder.item(item));
    builder.elsewhere = builder.cases_of_other_sizes();
    builder.define_trajectories(&def.value.items);
    // Observables are resolved first: the whole experiment can name them, wherever they are written.
    let (observes, others): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|i| matches!(i.kind, ExperimentItemKind::Observe(_)));
    // A comparison of cases is computed after them.
    let (comparing, single): (Vec<_>, Vec<_>) = observes.into_iter().partition(|i| compares(i));
    single.into_iter().for_each(|item| builder.item(item));
    builder.gap(&def.value.items);
    builder.series_of_cases();
    comparing.into_iter().for_each(|item| builder.item(item));
    let (correlating, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|i| builder.correlates(i));
    correlating.into_iter().for_each(|item| builder.correlate(item));
    builder.observed = builder.count;
    builder.series_of_trajectories();
    others.into_iter().for_each(|item| builder.item(item));
    builder.finish(def.name.span)
}

/// The span from the first statement of an experiment to the last; empty if it has none.
fn body_span(def: &Def<'_, ExperimentDecl>) -> Span {
    match def.value.items.as_slice() {
        [] => Span { start: def.name.span.end, ..def.name.span },
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
    }
}

fn let_key(item: &ExperimentItem) -> Option<String> {
    if let ExperimentItemKind::Let { name, .. } = &item.kind { Some(name.key.clone()) } else { None }
}

pub(super) struct Builder<'a, 'e> {
    pub(super) globals: &'a Globals,
    pub(super) errors: &'e mut Vec<Diagnostic>,
    pub(super) all_experiments: &'a [String],
    pub(super) series: SeriesNames,
    pub(super) count: usize,
    pub(super) cases: Cases,
    /// What is resolved, if the cases have arrays of different sizes and this is known.
    pub(super) part: Option<Part<'a>>,
    /// The cases with other sizes of arrays. Their subsystems are resolved for those sizes.
    pub(super) elsewhere: Vec<usize>,
    /// Complex series by key, each with the id of its real part.
    pub(super) complex: ComplexNames,
    /// Arrays of series of the model and of the experiment.
    pub(super) series_arrays: Vec<SeriesArray>,
    /// The index of the element that is being observed: its key and its value.
    pub(super) index: Option<(String, i64)>,
    /// Number of series that have values during the run: those of the model and the observables.
    observed: usize,
    /// Keys of its `let`s, which have values only after the run.
    later: Vec<String>,
    /// The drawn parameters as written, in the order of the draws.
    pub(super) draw_names: Vec<Name>,
    pub(super) out: Experiment,
}

impl Builder<'_, '_> {
    fn item(&mut self, item: &ExperimentItem) {
        match &item.kind {
            ExperimentItemKind::Set(a) => {
                let pair = assignment(self.globals, a, self.errors);
                self.out.sets.extend(pair);
            }
            ExperimentItemKind::Run { collisions, until } => self.run(item.span, Some(collisions), until.as_ref()),
            ExperimentItemKind::Start(decl) => self.start(decl, item.span),
            ExperimentItemKind::Steady => self.run(item.span, None, None),
            ExperimentItemKind::Observe(observe) => self.observed(observe, compares(item)),
            ExperimentItemKind::Let { name, value } => self.define(name, value),
            ExperimentItemKind::Expect(condition) => {
                let condition = self.expr(condition, Place::Experiment);
                self.out.analysis.push(Analysis::Expect { span: item.span, condition });
            }
            ExperimentItemKind::Sweep(axes) => {
                for axis in axes {
                    let Some((id, value)) = assignment(self.globals, axis, self.errors) else { continue };
                    if self.out.sweep.iter().any(|(other, _)| *other == id) {
                        self.error(
                            Code::DuplicateName,
                            format!("`{}` is swept twice", axis.name.text),
                            axis.name.span,
                            "swept again",
                            "write all of its values in one list, or sweep another parameter here",
                        );
                    }
                    self.out.sweep.push((id, value));
                }
            }
            ExperimentItemKind::Collect(items) => {
                for (name, value) in items {
                    let value = self.expr(value, Place::Experiment);
                    self.new_name(name);
                    let id = self.new_id(name);
                    let named = self.named(name);
                    self.out.collect.push((named, id));
                    self.out.analysis.push(Analysis::Collect { id, value });
                }
            }
            ExperimentItemKind::Plot(items) => {
                let plot = plots::Plots { builder: self }.entries(items);
                self.out.plots.push(plot);
            }
            ExperimentItemKind::Save { file, file_span, series } => self.save(file, *file_span, series),
            ExperimentItemKind::Spectrum => self.out.spectrum = Some(item.span),
            ExperimentItemKind::Draw(a) => self.draw(a),
            // defined before everything else
            ExperimentItemKind::Case { .. } | ExperimentItemKind::Trajectories { .. } => {}
        }
    }

    pub(super) fn error(&mut self, code: Code, message: impl Into<String>, span: Span, label: &str, help: &str) {
        self.errors.push(Diagnostic::new(code, message, span, label).help(help));
    }

    pub(super) fn named(&self, name: &Name) -> Named {
        Named { text: name.text.clone(), key: name.key.clone(), span: name.span, doc: None, own: self.out.name.own }
    }

    pub(super) fn expr(&mut self, e: &crate::ast::Expr, place: Place) -> Expr {
        let mut resolver = Resolver::new(self.globals, place);
        resolver.series.clone_from(&self.series);
        resolver.cases.clone_from(&self.cases);
        resolver.complex.clone_from(&self.complex);
        resolver.series_arrays.clone_from(&self.series_arrays);
        resolver.sets.clone_from(&self.out.sets);
        resolver.constants.extend(self.index.clone());
        resolver.trajectories = self.out.trajectories.take();
        resolver.ids = self.count;
        if place == Place::Until {
            resolver.later.clone_from(&self.later);
            // A `let` has no value until the run has ended.
            let observed = self.observed;
            resolver.series.retain(|_, id| id.0 < observed);
        }
        let out = resolver.expr(e);
        self.errors.append(&mut resolver.errors);
        (self.out.trajectories, self.count) = (resolver.trajectories.take(), resolver.ids);
        out
    }

    fn run(&mut self, span: Span, collisions: Option<&crate::ast::Expr>, until: Option<&crate::ast::Expr>) {
        if let Some(first) = &self.out.run {
            let message = match (collisions, first.collisions.is_none()) {
                (Some(_), false) => "an experiment runs once, but this is a second `run`",
                (None, true) => "an experiment has one steady state, but this is a second `steady`",
                _ => "an experiment has either a `run` or `steady`, but this has both",
            };
            let d = Diagnostic::new(Code::RunCount, message, span, "second run")
                .label(first.span, "first run")
                .help("move it to an experiment of its own");
            return self.errors.push(d);
        }
        let collisions = collisions.map(|count| self.expr(count, Place::Param));
        if let (Some(until), Some(_)) = (until, self.out.cases.first()) {
            let message = "with `until`, the cases would end at different collisions and could not be compared";
            let help = "give a number of collisions for all cases: `run 200`";
            self.error(Code::CasesAndUntil, message, until.span, "ends each case on its own", help);
        }
        let until = until.filter(|_| self.out.cases.is_empty()).map(|u| self.expr(u, Place::Until));
        self.out.run = Some(RunSpec { span, collisions, until });
    }

    pub(super) fn new_id(&mut self, name: &Name) -> SeriesId {
        let id = SeriesId(self.count);
        self.count += 1;
        self.series.insert(name.key.clone(), id);
        id
    }

    /// The key of the experiment's name.
    pub(super) fn own_key(&self) -> &str {
        &self.out.name.key
    }

    pub(super) fn new_name(&mut self, name: &Name) {
        if let Some(d) = reserved(name) {
            self.errors.push(d);
        } else if self.globals.names.contains_key(&name.key)
            || self.series.contains_key(&name.key)
            || self.cases.series.contains(&name.key)
            || self.complex.contains_key(&name.key)
            || self.series_arrays.iter().any(|a| a.name.key == name.key)
        {
            self.error(
                Code::DuplicateName,
                format!("`{}` is already defined", name.text),
                name.span,
                "defined again",
                "choose another name",
            );
        }
    }

    /// `observe x = MEASURE`, or `observe z[k in 1..L] = MEASURE` for each k.
    fn observed(&mut self, o: &ObserveDecl, compares: bool) {
        let each = |builder: &mut Self, name: &Name| {
            if compares { builder.compare(name, &o.value) } else { builder.observe(name, &o.value) }
        };
        self.new_name(&o.name);
        let Some(iteration) = &o.elements else { return each(self, &o.name) };
        let indices = indices_of(iteration, self.globals, &self.globals.numbers, &self.out.sets);
        let indices = indices.unwrap_or_else(|problems| {
            self.errors.extend(problems);
            Vec::new()
        });
        let array = SeriesArray { name: self.named(&o.name), index: iteration.index.text.clone(), indices };
        self.series_arrays.push(array.clone());
        let known = self.errors.len();
        for k in array.indices {
            let named = element(&array.name, k);
            self.index = Some((iteration.index.key.clone(), k));
            each(self, &Name { text: named.text, key: named.key, span: o.name.span });
            if self.errors.len() > known {
                break; // the other elements have the same mistakes
            }
        }
        self.index = None;
    }

    fn observe(&mut self, name: &Name, value: &crate::ast::Expr) {
        let value = self.expr(value, Place::Measure);
        let shape = shape(&value);
        maps::place(&value, self.errors);
        for key in series_keys(&name.key, shape) {
            self.series.insert(key, SeriesId(self.count));
            self.count += 1;
        }
        let name = self.named(name);
        self.out.observables.push(Observable { name, value, shape });
    }

    fn define(&mut self, name: &Name, value: &crate::ast::Expr) {
        let value = self.expr(value, Place::Experiment);
        self.new_name(name);
        if name.key.eq_ignore_ascii_case("series") {
            let message = format!("`{}.csv` already holds all series of the run", name.text);
            self.error(Code::BadFileName, message, name.span, "would replace it", "choose another name");
        }
        let id = self.new_id(name);
        let name = self.named(name);
        self.out.analysis.push(Analysis::Let { name, id, ty: Type::Any, value });
    }

    fn save(&mut self, file: &str, span: Span, names: &[SeriesName]) {
        let plain =
            !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', '\0']) && file.ends_with(".csv");
        if !plain || file.chars().any(char::is_control) {
            self.error(
                Code::BadFileName,
                format!("`{}` cannot be the name of a saved file", file.escape_default()),
                span,
                "not a plain .csv name",
                "write a plain file name that ends in .csv, such as `data.csv`; the file goes into the experiment's folder",
            );
        }
        let taken = file.eq_ignore_ascii_case("series.csv")
            || self.out.saves.iter().any(|other| other.file.eq_ignore_ascii_case(file));
        if taken {
            let message = format!("`{file}` is already written");
            let help = "series.csv holds all series even without a `save`; choose another name for this file";
            self.error(Code::BadFileName, message, span, "would replace it", help);
        }
        let mut series = Vec::new();
        for (name, case) in self.saved(names) {
            let (name, case) = (&name, case.as_ref());
            if case.is_some() || self.cases.series.contains(&name.key) {
                series.extend(self.series_in(name, case));
                continue;
            }
            if let Some(SeriesId(re)) = self.complex.get(&name.key) {
                series.extend([SeriesId(*re), SeriesId(re + 1)]);
                continue;
            }
            match self.series.get(&name.key) {
                Some(id) => series.push(*id),
                None => {
                    let near = nearest(&name.key, self.series.keys().map(String::as_str));
                    let help =
                        near.map_or_else(|| "observe or record it first".into(), |n| format!("did you mean `{n}`?"));
                    self.error(
                        Code::UnknownName,
                        format!("there is no series `{}`", name.text),
                        name.span,
                        "unknown",
                        &help,
                    );
                }
            }
        }
        self.out.saves.push(Save { file: file.to_string(), span, series });
    }

    /// The series that a `save` names, each with its case; the name of an array stands for all of its elements.
    fn saved(&mut self, names: &[SeriesName]) -> Vec<(Name, Option<Name>)> {
        let mut out = Vec::new();
        for SeriesName { name, index, case } in names {
            let arrays = self.cases.arrays_in(case.as_ref()).unwrap_or(&self.series_arrays);
            let array = arrays.iter().find(|a| a.name.key == name.key).cloned();
            match (array, index) {
                (Some(array), None) => out.extend(elements(&array, name).into_iter().map(|n| (n, case.clone()))),
                (Some(array), Some(index)) => {
                    let offset = Offset::Index(Box::new(index.clone()));
                    let mut resolver = Resolver::new(self.globals, Place::Experiment);
                    resolver.series_arrays.clone_from(&self.series_arrays);
                    resolver.sets.clone_from(&self.out.sets);
                    out.extend(resolver.series_element_name(&array, name, &offset).map(|n| (n, case.clone())));
                    self.errors.append(&mut resolver.errors);
                }
                (None, Some(index)) => self.error(
                    Code::NotAnArray,
                    format!("`{}` is not an array of series", name.text),
                    name.span.to(index.span),
                    "an index",
                    &format!("write `{}` alone", name.text),
                ),
                (None, None) => out.push((name.clone(), case.clone())),
            }
        }
        out
    }

    /// Checks that there is a run to compute the spectrum of, and that no other file is named spectrum.csv.
    fn spectrum(&mut self, span: Span) {
        if self.out.run.is_none() {
            let message = "`spectrum` needs a `run`, but the experiment has none";
            self.error(Code::NoSpectrum, message, span, "no run", "add a `run`, for example `run 2000`");
        }
        let lets = self.out.analysis.iter().filter_map(|a| match a {
            Analysis::Let { name, .. } if name.key.eq_ignore_ascii_case("spectrum") => Some(name.span),
            _ => None,
        });
        let saves = self.out.saves.iter().filter(|s| s.file.eq_ignore_ascii_case("spectrum.csv")).map(|s| s.span);
        if let Some(taken) = lets.chain(saves).next() {
            let message = "spectrum.csv holds the spectrum of the step map";
            self.error(Code::BadFileName, message, taken, "would replace it", "choose another name");
        }
    }

    fn finish(mut self, name: Span) -> Experiment {
        self.check_cases();
        self.check_steady();
        self.check_trajectories();
        if let Some(span) = self.out.spectrum {
            self.spectrum(span);
        }
        let panels = self.out.plots.iter().flatten().any(|p| matches!(p, PlotEntry::Panels(_)));
        if self.out.run.is_none() && !panels {
            self.errors.push(
                Diagnostic::new(
                    Code::RunCount,
                    format!("the experiment `{}` has nothing to run", self.out.name.text),
                    name,
                    "no `run`",
                )
                .help("give the number of collisions, for example `run 2000`, or write `steady`"),
            );
        }
        let space_time = self.out.plots.iter().flatten().find_map(|p| match p {
            PlotEntry::SpaceTime { values, .. } => values.first().map(|v| v.span),
            _ => None,
        });
        if let Some(span) = space_time.filter(|_| !self.out.sweep.is_empty()) {
            let message = "a heat map of an array shows one run, but this experiment is a sweep";
            let help = "move it to an experiment without a sweep, or draw collected numbers";
            self.error(Code::WrongType, message, span, "many runs", help);
        }
        if self.out.sweep.is_empty() && !self.out.collect.is_empty() {
            let span = self.out.collect[0].0.span;
            let count = self.out.collect.len();
            self.errors.push(
                Diagnostic::new(
                    Code::CollectWithoutSweep,
                    format!("`collect` gathers {count} number{} per point, but there is no `sweep`", plural(count)),
                    span,
                    "nothing to collect over",
                )
                .help("write `sweep p = linspace(a, b, k)`, or use `let` for a number from a single run"),
            );
        }
        self.out
    }
}

/// The names of the elements of an array of series.
fn elements(array: &SeriesArray, name: &Name) -> Vec<Name> {
    let named = array.indices.iter().map(|k| element(&array.name, *k));
    named.map(|n| Name { text: n.text, key: n.key, span: name.span }).collect()
}

/// The keys of the series that one observable or record gives.
pub(super) fn series_keys(key: &str, shape: Shape) -> impl Iterator<Item = String> {
    shape.0.iter().map(move |suffix| format!("{key}{suffix}"))
}
