//! Expressions, and `state`: the state at the end of the last run.

use super::run::present;
use super::state::State;
use super::values::{complex, matrix, shown};
use super::{Failure, Reply, refuse};
use crate::backend::{FaultKind, ReducedCache, StateBackend, Stopped, Watch, evaluate};
use crate::check::{Analysis, Expr, Extent, Type, expression as checked_expression};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Leg, Place, Scope, Site, Value};
use crate::experiment::{Checkpoint, Control};
use crate::ir::{Scalar, Slot};
use crate::lower::Model;
use crate::output::{Tone, tone};
use crate::quantum::{C64, Kind, StateFunction};
use crate::report::short;
use crate::source::SourceMap;

/// A checked expression with the series of the last run that it may refer to.
struct Typed {
    expr: Expr,
    series: Vec<Value>,
    sources: SourceMap,
}

/// Checks an expression against the script and the series of the last run.
fn typed(state: &State, text: &str) -> Result<Typed, Failure> {
    let known = state.last.as_ref().map(|run| run.seen()).unwrap_or_default();
    let names: Vec<(String, Type)> = known.iter().map(|seen| (seen.name.clone(), seen.ty)).collect();
    let mut sources = state.checked.sources.clone();
    match checked_expression("input", text, &state.checked.program, &names, &mut sources) {
        Ok(expr) => Ok(Typed { expr, series: known.into_iter().map(|seen| seen.value).collect(), sources }),
        Err(mut diagnostics) => {
            diagnostics.iter_mut().for_each(|d| in_a_session(d, state));
            Err(Failure { diagnostics, sources })
        }
    }
}

/// Replaces the help of a diagnostic by one that applies in a session.
fn in_a_session(d: &mut Diagnostic, state: &State) {
    let seen = state.last.as_ref().map(|run| run.seen()).unwrap_or_default();
    let named = d.message.split('`').nth(1).unwrap_or_default();
    let in_cases: Vec<String> =
        seen.iter().filter(|s| s.name.starts_with(&format!("{named} in "))).map(|s| format!("`{}`", s.name)).collect();
    if matches!(d.code, Code::SeriesOutside | Code::UnknownName) && !in_cases.is_empty() {
        d.help = vec![format!("the last run has cases: write {}", in_cases.join(" or "))];
    } else if d.code == Code::SeriesOutside {
        let first = state.checked.program.experiments.first();
        let run = first.map_or("run 500".to_string(), |e| format!("run {}", e.name.text));
        d.help = vec![format!("run the model first: `{run}`")];
    } else if let Some((name, experiment)) = computed_by(d, state) {
        d.help = vec![format!("the experiment `{experiment}` computes `{name}`; run it first: `run {experiment}`")];
    } else if d.code == Code::UnknownName {
        for help in &mut d.help {
            *help = help.replace("`carom reference` lists the built-in names", "`help` shows what there is");
        }
    }
}

/// The unknown name in a diagnostic, with the experiment that defines it by `let`.
fn computed_by(d: &Diagnostic, state: &State) -> Option<(String, String)> {
    if d.code != Code::UnknownName {
        return None;
    }
    let name = d.message.split('`').nth(1)?;
    let key = crate::syntax::canonical(name);
    let defines = |a: &Analysis| matches!(a, Analysis::Let { name, .. } if name.key == key);
    let experiment = state.checked.program.experiments.iter().find(|e| e.analysis.iter().any(defines))?;
    Some((name.to_string(), experiment.name.text.clone()))
}

/// Evaluates an expression and prints its value.
pub(super) fn expression(state: &State, text: &str, control: &Control<'_>) -> Result<Reply, Failure> {
    let typed = typed(state, text)?;
    let reads_state = matches!(typed.expr.ty, Type::Measured | Type::Several(_));
    let checkpoint = if reads_state { Some(present(state, control)?) } else { None };
    let model = state.checked.model()?;
    let alive = checkpoint.as_ref().map(|c| c.slots(&model)).unwrap_or_default();
    let (value, warnings) = value(&model, &typed, &alive)?;
    let mut reply = Reply { diagnostics: warnings, sources: typed.sources, ..Reply::default() };
    let label = |leg: Leg| model.evaluator().leg_label(leg);
    match (&value, &checkpoint) {
        (Value::Scalar(scalar), Some(c)) => {
            let number = read(scalar, &model, c)?;
            reply.line(&format!("{}{}", short(number), at(c.collisions)));
        }
        (Value::Several(parts), Some(c)) => {
            for (suffix, scalar) in parts {
                reply.line(&format!("{}  {}", suffix.trim_start_matches('_'), short(read(scalar, &model, c)?)));
            }
        }
        (Value::Rule(id), _) => {
            let name = &state.checked.program.sequences[id.0].name.text;
            reply.line(&state.checked.definition(name).map_or(name.clone(), |d| d.shown().to_string()));
        }
        (Value::Subsystem(id, offset), _) => {
            let subsystem = &state.checked.program.subsystems[id.0];
            let role = if matches!(subsystem.role, crate::ast::Role::System) {
                "a system"
            } else {
                "a unit of an environment"
            };
            let name = label(Leg::Slot(model.slot(*id, *offset)));
            reply.line(&format!("{name} is {role}; `state {name}` shows its state, `<Z({name})>` measures it"));
        }
        (value, _) => reply.line(&shown(value, &label)),
    }
    Ok(reply)
}

/// The suffix `   at n = 2000`, in the faint tone.
fn at(collisions: u64) -> String {
    tone(Tone::Faint, &format!("   at n = {collisions}"))
}

fn value(model: &Model<'_>, typed: &Typed, alive: &[Slot]) -> Result<(Value, Vec<Diagnostic>), Failure> {
    let mut ev = model.evaluator();
    ev.series = &typed.series;
    ev.alive = alive;
    let places = places(&typed.expr);
    let scope = Scope { locals: &[], places: &places };
    let value = ev.eval(&typed.expr, scope);
    let warnings = ev.warnings.take();
    let value = value.map_err(|d| Failure { diagnostics: vec![*d], sources: typed.sources.clone() })?;
    Ok((value, warnings))
}

/// The sites of a state or an operator that names no subsystem: one qubit for each of its places.
fn places(e: &Expr) -> Vec<Place> {
    let count = match (e.ty, e.ty.extent()) {
        (Type::Ket(_) | Type::Bra(_) | Type::Density(_) | Type::Operator(_), Extent::Many(count)) => count,
        (Type::Density(_), Extent::Any) => 1,
        _ => 0,
    };
    let kind = Kind::Qubit;
    (0..count).map(|i| Place { site: Site { leg: Leg::Local(i), dim: kind.dim() }, kind }).collect()
}

/// The value of a functional of the state.
fn read(scalar: &Scalar, model: &Model<'_>, checkpoint: &Checkpoint) -> Result<f64, Failure> {
    let density = checkpoint.restore(model);
    evaluate(scalar, &model.layout(), &density, &mut ReducedCache::default(), &Watch::never()).map_err(
        |kind| match kind {
            FaultKind::ComplexValue { re, im } => {
                let value = complex(C64::new(re, im));
                refuse(
                    format!("the value is complex: {value}"),
                    "measures must be real; the expectation value of a Hermitian operator always is",
                )
            }
            FaultKind::InvalidState { why, measure } => Failure::of(
                Diagnostic::nowhere(Code::InvalidState, format!("`{measure}` cannot be computed: {why}"))
                    .help("the state is no longer positive; please report this together with the script"),
            ),
            FaultKind::NotFinite | FaultKind::NeverSelected | FaultKind::Interrupted | FaultKind::Impure(_) => refuse(
                "the value is infinite or undefined in the current state",
                "check the expression for a logarithm of zero or a division by zero",
            ),
        },
    )
}

/// `state [SUBSYSTEM…]`
pub(super) fn state(state: &State, arguments: &str, control: &Control<'_>) -> Result<Reply, Failure> {
    let checkpoint = present(state, control)?;
    let model = state.checked.model()?;
    let names: Vec<&str> = arguments.split([' ', ',', '\t']).filter(|w| !w.is_empty()).collect();
    let mut slots: Vec<Slot> = Vec::new();
    for name in &names {
        let typed = typed(state, name)?;
        match value(&model, &typed, &[])?.0 {
            Value::Subsystem(id, offset) => slots.push(model.slot(id, offset)),
            _ => {
                return Err(refuse(
                    format!("`{name}` is not a subsystem"),
                    "name systems or units, as in `state s1 e1'`",
                ));
            }
        }
    }
    if slots.is_empty() {
        slots = model.systems();
    }
    if slots.is_empty() {
        return Err(refuse("there are no systems", "declare one: `system s = |0>`"));
    }
    let alive = checkpoint.slots(&model);
    let layout = model.layout();
    for (i, slot) in slots.iter().enumerate() {
        if !alive.contains(slot) {
            let there: Vec<&str> = alive.iter().map(|s| layout.label(*s)).collect();
            let help = format!("subsystems that exist at this point: {}", there.join(", "));
            return Err(refuse(
                format!("`{}` does not exist at n = {}", layout.label(*slot), checkpoint.collisions),
                &help,
            ));
        }
        if slots[..i].contains(slot) {
            return Err(refuse(format!("`{}` is named twice", layout.label(*slot)), "name each subsystem once"));
        }
    }
    let density = checkpoint.restore(&model);
    let rho = density
        .reduced(&slots, &Watch::new(control.interrupted))
        .map_err(|Stopped| refuse("interrupted before the state was computed", "repeat the command"))?;
    let dims = layout.dims(&slots);
    let labels: Vec<&str> = slots.iter().map(|s| layout.label(*s)).collect();
    let mut reply = Reply::default();
    reply.line(&format!("{}{}", tone(Tone::Strong, &format!("ρ of {}", labels.join(", "))), at(checkpoint.collisions)));
    reply.line(&matrix(&dims, &rho));
    let number = |f: StateFunction| f.evaluate(&rho, &dims).map_or("invalid".to_string(), short);
    let mut line = format!(
        "purity {}, entropy {}",
        number(StateFunction::named("purity")),
        number(StateFunction::named("entropy"))
    );
    if dims == [2] {
        let bloch = [2.0 * rho[(0, 1)].re, -2.0 * rho[(0, 1)].im, (rho[(0, 0)] - rho[(1, 1)]).re].map(short);
        line += &format!(", Bloch vector ({})", bloch.join(", "));
    }
    if dims == [2, 2] {
        line += &format!(", concurrence {}", number(StateFunction::named("concurrence")));
    }
    reply.line(&tone(Tone::Faint, &line));
    Ok(reply)
}

/// Evaluates an expression that must be a series, for a plot.
pub(super) fn series(state: &State, text: &str) -> Result<crate::analysis::Series, Failure> {
    let typed = typed(state, text)?;
    let model = state.checked.model()?;
    match value(&model, &typed, &[])?.0 {
        Value::Series(s) => Ok(s),
        other => Err(refuse(
            format!("`{text}` is {}, not a series", other.describe()),
            "plot an observable or a series computed from observables; to print a number, type its expression alone",
        )),
    }
}
