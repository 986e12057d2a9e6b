//! Programs for the sizes of arrays at a parameter point.

use std::collections::BTreeMap;

use crate::check::{Experiment, Expr, ParamId, Program, Setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Value, parameters};
use crate::quantum::as_real;

impl Program {
    /// The program for the sizes of arrays with these settings, or `None` if they are the same.
    ///
    /// # Errors
    /// A parameter has no value, or the script has a mistake at these sizes.
    pub fn with_settings(&self, settings: &[Setting]) -> Result<Option<Self>, Vec<Diagnostic>> {
        self.at_settings(None, settings)
    }

    /// As [`with_settings`](Self::with_settings), at the parameters of an experiment and with no other experiment.
    pub(crate) fn at_settings(
        &self,
        experiment: Option<&Experiment>,
        settings: &[Setting],
    ) -> Result<Option<Self>, Vec<Diagnostic>> {
        if self.sizes.is_empty() {
            return Ok(None);
        }
        let (values, errors) = unchecked(self, experiment, settings);
        if !errors.is_empty() {
            return Err(errors);
        }
        let value = |id: ParamId| number(&values[id.0]);
        let given: BTreeMap<ParamId, f64> = settings.iter().filter_map(|s| Some((s.param, value(s.param)?))).collect();
        self.at_sizes(&given, value, experiment.map(|e| e.name.key.as_str()))
    }
}

fn number(value: &Value) -> Option<f64> {
    if let Value::Number(z) = value { as_real(*z) } else { None }
}

/// The values of the parameters: defaults, then the script's and the experiment's `set`, then `settings`.
pub(super) fn values(
    program: &Program,
    experiment: Option<&Experiment>,
    settings: &[Setting],
) -> (Vec<Value>, Vec<Diagnostic>) {
    let (params, mut errors) = unchecked(program, experiment, settings);
    if errors.is_empty() {
        errors.extend(other_size(program, experiment, &params));
    }
    (params, errors)
}

fn unchecked(
    program: &Program,
    experiment: Option<&Experiment>,
    settings: &[Setting],
) -> (Vec<Value>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let mut overrides: Vec<(ParamId, &Expr)> = program.sets.iter().map(|(id, e)| (*id, e)).collect();
    overrides.extend(experiment.iter().flat_map(|x| &x.sets).map(|(id, e)| (*id, e)));
    overrides.extend(settings.iter().map(|s| (s.param, &s.value)));
    (parameters(program, &overrides, &mut errors), errors)
}

/// The error for a parameter that determines the size of an array, and has another value than the program was checked
/// for.
fn other_size(program: &Program, experiment: Option<&Experiment>, params: &[Value]) -> Option<Diagnostic> {
    let (id, size) = program.sizes.iter().find(|(id, x)| number(&params[id.0]) != Some(*x))?;
    let name = &program.params[id.0].name;
    let message = format!("`{}` determines the sizes of arrays and is {size} here; it cannot change", name.text);
    let place = experiment.map_or(name.span, |e| e.name.span);
    let d = Diagnostic::new(Code::SizeFixed, message, place, "set to another value");
    Some(d.help(format!("set `{0}` for the whole experiment: `set {0} = …`, or with `--set`", name.text)))
}
