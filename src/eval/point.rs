//! Evaluates all parameters at one point. `set` overrides the defaults, and the command line overrides `set`.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::units::Units;
use super::value::Value;
use super::{Evaluator, Scope};
use crate::check::{Expr, ExprKind, ParamId, Program, children};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::C64;

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
    point.values
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
