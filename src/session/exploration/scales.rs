//! The controls of an exploration: each parameter with a range for a slider, or with its choices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Exploration, Failure, Point};
use crate::check::{Bounds, Experiment, ParamId, Program, Type};
use crate::eval::{Evaluator, Scope, Value};
use crate::experiment::{self, Options, Setup};
use crate::lower::Model;
use crate::source::SourceMap;
use crate::syntax;

/// A parameter of the script, as an experiment uses it.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its documentation; may be empty.
    pub doc: String,
    /// Its value at the point.
    pub value: String,
    /// Its value in the script.
    pub default: String,
    /// The expression that gives its default, if that is not the value itself.
    pub formula: Option<String>,
    /// Whether the point sets it.
    pub is_set: bool,
    /// How it can be set.
    pub setter: Setter,
}

/// How a parameter can be set.
#[derive(Debug, Clone, PartialEq)]
pub enum Setter {
    /// To a number.
    Slider(Range),
    /// To one of these words.
    Choice(Vec<String>),
    /// To a text.
    Text,
    /// Not at all, because the experiment varies it itself: what it does, in one or two words.
    Varied(&'static str),
}

/// The range of a slider.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lower end.
    pub least: f64,
    /// Upper end.
    pub most: f64,
    /// Whether only whole numbers make sense.
    pub whole: bool,
}

/// The ranges of all parameters, in the order of the script, and the values at which the script leaves them.
#[derive(Debug)]
pub(super) struct Scales {
    setters: Vec<Setter>,
    defaults: Vec<String>,
    /// The canonical names of the parameters that the experiment varies itself.
    varied: BTreeSet<String>,
    /// The script's number of collisions; `None` for a steady state.
    collisions: Option<u64>,
}

impl Scales {
    /// Whether the experiment varies this parameter itself.
    pub(super) fn varies(&self, name: &str) -> bool {
        self.varied.contains(&syntax::canonical(name))
    }
}

impl Exploration {
    /// Determines the ranges for an experiment, once.
    pub(super) fn measure(&mut self, name: &str) -> Result<(), Failure> {
        if !self.scales.contains_key(name) {
            let parts = self.parts(&self.checked.program, name);
            let scales = scales(&self.checked.program, &parts, &self.checked.sources);
            self.scales.insert(name.to_string(), Arc::new(scales.map_err(|d| self.checked.failure(d))?));
        }
        Ok(())
    }

    /// The parameters at a point, in the order of the script.
    ///
    /// # Errors
    /// A value has a mistake or does not fit its parameter.
    pub fn parameters(&self, point: &Point) -> Result<Vec<Parameter>, Failure> {
        let ready = self.ready(point)?;
        let program = self.program(&ready);
        let first = self.parts(program, &point.experiment).first().copied();
        let values = Model::new(first.map_or(program, |e| program.of(e)), first, &ready.options.settings)
            .map(|model| model.parameters())
            .map_err(|d| ready.failure(d))?;
        let Some(scales) = self.scales.get(&point.experiment) else { return Ok(Vec::new()) };
        let base = &self.checked.program;
        let own = first.and_then(|e| base.experiment(&e.name.text));
        let parameter = |(i, (name, value)): (usize, (String, String))| {
            let param = &base.params[i];
            let sets = own.into_iter().flat_map(|e| e.sets.iter().rev()).chain(base.sets.iter().rev());
            let written = sets.into_iter().find(|(id, _)| id.0 == i).map_or(param.value.span, |(_, e)| e.span);
            let formula = self.checked.sources.text(written).to_string();
            let default = scales.defaults[i].clone();
            let is_set = point.settings.iter().any(|(n, _)| syntax::canonical(n) == param.name.key);
            Parameter {
                is_set: is_set && !scales.varies(&name),
                name,
                doc: param.name.doc.clone().unwrap_or_default(),
                setter: widened(&scales.setters[i], &value),
                value,
                formula: (formula != default).then_some(formula),
                default,
            }
        };
        Ok(values.into_iter().enumerate().map(parameter).collect())
    }

    /// The number of collisions at a point and in the script; `None` for a steady state.
    #[must_use]
    pub fn collisions(&self, point: &Point) -> Option<(u64, u64)> {
        let default = self.scales.get(&point.experiment)?.collisions?;
        let typed = point.collisions.as_deref().and_then(|text| super::collisions(text).ok());
        Some((typed.unwrap_or(default), default))
    }
}

/// A slider whose range includes the value.
fn widened(setter: &Setter, value: &str) -> Setter {
    match (setter, value.parse::<f64>()) {
        (Setter::Slider(r), Ok(x)) if x.is_finite() => {
            Setter::Slider(Range { least: r.least.min(x), most: r.most.max(x), ..*r })
        }
        _ => setter.clone(),
    }
}

fn scales(
    program: &Program,
    parts: &[&Experiment],
    sources: &SourceMap,
) -> Result<Scales, Vec<crate::diagnostic::Diagnostic>> {
    let first = parts.first().copied();
    let model = Model::new(first.map_or(program, |e| program.of(e)), first, &[])?;
    let varied = varied(parts);
    let evaluator = model.evaluator();
    let run = first.and_then(|e| e.run.as_ref()?.collisions.as_ref());
    let collisions = run.and_then(|n| evaluator.real(n, Scope::locals(&[]), "the number of collisions").ok());
    let setter = |i: usize| {
        let param = &program.params[i];
        if let Some(how) = varied.get(&i) {
            return Setter::Varied(how);
        }
        match (param.ty, &model.values()[i]) {
            (Type::Bool, _) => Setter::Choice(vec!["true".into(), "false".into()]),
            (Type::Rule, _) => {
                let rules = program.sequences.iter().filter(|s| s.is_rule);
                Setter::Choice(rules.map(|s| s.name.text.clone()).collect())
            }
            (_, Value::Number(z)) if z.im == 0.0 => {
                let (least, most) = range(&evaluator, param.bounds.as_ref(), z.re);
                let whole = z.re.fract() == 0.0 && is_whole(program, ParamId(i), z.re, first, sources);
                Setter::Slider(Range { least, most, whole })
            }
            _ => Setter::Text,
        }
    };
    Ok(Scales {
        setters: (0..program.params.len()).map(setter).collect(),
        defaults: model.parameters().into_iter().map(|(_, value)| value).collect(),
        varied: varied.keys().map(|i| program.params[*i].name.key.clone()).collect(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the run checks the number")]
        collisions: collisions.map(|n| n as u64),
    })
}

/// The parameters that the experiments vary themselves, by index, and how.
fn varied(parts: &[&Experiment]) -> BTreeMap<usize, &'static str> {
    let mut out = BTreeMap::new();
    for e in parts {
        let cases = e.cases.iter().flat_map(|case| &case.sets);
        out.extend(cases.map(|(id, _)| (id.0, "set by the cases")));
        out.extend(e.draws.iter().map(|(id, _)| (id.0, "random")));
        out.extend(e.sweep.iter().map(|(id, _)| (id.0, "swept")));
        // Panels usually differ in what they set.
        let panels = e.sets.iter().filter(|_| parts.len() > 1);
        out.extend(panels.map(|(id, _)| (id.0, "set by the panels")));
    }
    out
}

/// The declared range where it is finite, and otherwise a range around the value `x`: from 0 to twice the value, or one
/// unit around 0.
fn range(evaluator: &Evaluator<'_>, bounds: Option<&Bounds>, x: f64) -> (f64, f64) {
    let end = |e| evaluator.real(e, Scope::locals(&[]), "the end of a range").unwrap_or(f64::NAN);
    let (least, most) = bounds.map_or((f64::NAN, f64::NAN), |b| (end(&b.least), end(&b.most)));
    let (low, high) = if x == 0.0 { (-1.0, 1.0) } else { (x.min(0.0) + x.min(0.0), x.max(0.0) + x.max(0.0)) };
    let low = if least.is_finite() { least } else { low };
    let high = if most.is_finite() { most } else { high };
    if low < high { (low, high) } else { (low, low + 1.0) }
}

/// Whether a parameter takes only whole numbers: it determines the size of an array, its range begins at a positive whole
/// number, or a value halfway between two of them is refused.
fn is_whole(program: &Program, id: ParamId, x: f64, e: Option<&Experiment>, sources: &SourceMap) -> bool {
    let param = &program.params[id.0];
    let begins = param.bounds.as_ref().is_some_and(
        |b| matches!(b.least.kind, crate::check::ExprKind::Number(z) if z.re >= 1.0 && z.re.fract() == 0.0),
    );
    if begins || program.sizes.iter().any(|(size, _)| *size == id) {
        return true;
    }
    let Some(experiment) = e else { return false };
    let passes = |value: f64| {
        let settings = vec![crate::check::Setting::number(id, value, &param.value)];
        let options = Options { settings, ..Options::default() };
        experiment::check(Setup::new(program, experiment, &options, sources)).is_ok()
    };
    passes(x) && !passes(x + 0.5) && !passes(x - 0.5)
}
