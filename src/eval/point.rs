//! Evaluates all parameters at one point. `set` overrides the defaults, and the command line overrides `set`.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::units::Units;
use super::value::Value;
use super::{Eval, Evaluator, Scope, fail};
use crate::check::{Bounds, Expr, ExprKind, Param, ParamId, Program, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::C64;
use crate::source::Span;

/// Evaluates every parameter. Later overrides replace earlier ones. A parameter is evaluated after those it depends on.
pub(crate) fn parameters(
    program: &Program,
    overrides: &[(ParamId, &Expr)],
    errors: &mut Vec<Diagnostic>,
) -> Vec<Value> {
    let mut expressions: Vec<&Expr> = program.params.iter().map(|p| &p.value).collect();
    for (id, e) in overrides {
        expressions[id.0] = e;
    }
    let mut point = Point {
        program,
        expressions,
        values: vec![Value::Number(C64::new(0.0, 0.0)); program.params.len()],
        state: vec![State::Waiting; program.params.len()],
        path: Vec::new(),
        errors,
    };
    (0..program.params.len()).for_each(|i| point.visit(i));
    (0..program.params.len()).for_each(|i| point.check_bounds(i));
    point.values
}

/// Checks that a value of a parameter lies in its range. `at` is the place of the value.
///
/// # Errors
/// The value is not real or lies outside, or the ends of the range are not real or in the wrong order.
pub(crate) fn in_bounds(ev: &Evaluator<'_>, id: ParamId, value: C64, at: Span) -> Eval<()> {
    let Param { name, bounds, .. } = &ev.program.params[id.0];
    let Some(bounds) = bounds else { return Ok(()) };
    let scope = Scope::locals(&[]);
    let least = ev.real(&bounds.least, scope, "the end of a range")?;
    let most = ev.real(&bounds.most, scope, "the end of a range")?;
    if least > most {
        return fail(
            Code::BackwardsRange,
            bounds.span(),
            format!("the range of `{}` has no values: it runs from {least} to {most}", name.text),
            "the lower end comes first",
            format!("write `in {most}..{least}`"),
        );
    }
    let x = ev.real_value(value, at, &format!("the parameter `{}`", name.text))?;
    if (least..=most).contains(&x) {
        return Ok(());
    }
    let message = format!("`{}` is {x}, outside its range from {least} to {most}", name.text);
    let (nearest, side) = if x < least { (least, "or more") } else { (most, "or less") };
    let d = Diagnostic::new(Code::OutsideRange, message, at, "outside the range")
        .label(bounds.span(), "the range")
        .help(format!("give `{}` the value {nearest} {side}, or change the range where it is declared", name.text));
    Err(Box::new(d))
}

/// Whether the range of a parameter depends on one of the given parameters.
pub(crate) fn range_depends_on(p: &Param, others: &[ParamId]) -> bool {
    let mut needs = Vec::new();
    p.bounds.iter().for_each(|b| bounds_dependencies(b, &mut needs));
    needs.iter().any(|id| others.contains(id))
}

fn bounds_dependencies(bounds: &Bounds, out: &mut Vec<ParamId>) {
    [&bounds.least, &bounds.most].into_iter().for_each(|end| dependencies(end, out, &mut HashSet::new()));
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Visiting,
    Done,
    Failed,
}

struct Point<'a, 'e> {
    program: &'a Program,
    expressions: Vec<&'a Expr>,
    values: Vec<Value>,
    state: Vec<State>,
    /// The parameters being visited, each because of the one before.
    path: Vec<usize>,
    errors: &'e mut Vec<Diagnostic>,
}

impl Point<'_, '_> {
    fn visit(&mut self, i: usize) {
        match self.state[i] {
            State::Done | State::Failed => return,
            State::Visiting => return self.cycle(i),
            State::Waiting => {}
        }
        self.state[i] = State::Visiting;
        self.path.push(i);
        let mut needs = Vec::new();
        dependencies(self.expressions[i], &mut needs, &mut HashSet::new());
        needs.iter().for_each(|id| self.visit(id.0));
        // A parameter that depends on a failed one fails too; the error is reported for the first one only.
        if needs.iter().any(|id| self.state[id.0] != State::Done) {
            self.path.pop();
            self.state[i] = State::Failed;
            return;
        }
        let slots = RefCell::new(Units::default());
        let value = Evaluator::new(self.program, &self.values, &slots).eval(self.expressions[i], Scope::locals(&[]));
        self.path.pop();
        self.state[i] = State::Failed;
        match value {
            Ok(Value::Number(z)) if z.is_nan() => self.errors.push(
                Diagnostic::new(
                    Code::NotFinite,
                    format!("the parameter `{}` is not a number", self.program.params[i].name.text),
                    self.expressions[i].span,
                    "not a number",
                )
                .help("look for a division by zero or ∞ − ∞ in its value"),
            ),
            Ok(value) => {
                self.values[i] = value;
                self.state[i] = State::Done;
            }
            Err(d) => self.errors.push(*d),
        }
    }

    /// Checks the range of a parameter, unless one of the values that it needs has failed or is outside its own range.
    fn check_bounds(&mut self, i: usize) {
        let mut needs = vec![ParamId(i)];
        self.program.params[i].bounds.iter().for_each(|b| bounds_dependencies(b, &mut needs));
        dependencies(self.expressions[i], &mut needs, &mut HashSet::new());
        if needs.iter().any(|id| self.state[id.0] != State::Done) {
            self.state[i] = State::Failed;
            return;
        }
        let Value::Number(value) = self.values[i] else { return };
        let slots = RefCell::new(Units::default());
        let ev = Evaluator::new(self.program, &self.values, &slots);
        if let Err(d) = in_bounds(&ev, ParamId(i), value, self.expressions[i].span) {
            self.errors.push(*d);
            self.state[i] = State::Failed;
        }
    }

    fn cycle(&mut self, i: usize) {
        let name = |i: usize| self.program.params[i].name.text.as_str();
        let start = self.path.iter().position(|p| *p == i).expect("it is being visited");
        let mut names: Vec<&str> = self.path[start..].iter().map(|p| name(*p)).collect();
        names.push(name(i));
        self.errors.push(
            Diagnostic::new(
                Code::ParamCycle,
                format!("with this value, `{}` depends on itself: {}", name(i), names.join(" → ")),
                self.expressions[i].span,
                "part of the cycle",
            )
            .help("give one of these parameters a value that does not depend on the others"),
        );
    }
}

/// The parameters that an expression depends on, directly or through the definitions that it uses.
fn dependencies(e: &Expr, out: &mut Vec<ParamId>, seen: &mut HashSet<*const Expr>) {
    match &e.kind {
        ExprKind::Param(id) => out.push(*id),
        ExprKind::Call { body: Some(body), .. } if seen.insert(Arc::as_ptr(body)) => dependencies(body, out, seen),
        _ => {}
    }
    children(e, &mut |c| dependencies(c, out, seen));
}
