//! Values of definitions at the parameters' defaults.

use super::matrix::{block, number};
use crate::ast::FunctionRole;
use crate::check::{Expr, ExprKind, FunctionId, Program, children};
use crate::eval::{Scope, Value};
use crate::lower::Model;
use crate::quantum::{eigenvalues_hermitian, hermitian_deviation};
use crate::syntax::canonical;

/// The default value of a parameter.
pub(super) fn parameter(program: &Program, name: &str) -> Option<String> {
    let model = Model::new(program, None, &[]).ok()?;
    let value = model.parameters().into_iter().find(|(other, _)| canonical(other) == canonical(name))?.1;
    Some(format!("{name} = {value}"))
}

/// The number and the range of the values of an input.
pub(super) fn input(program: &Program, name: &str) -> Option<String> {
    let input = program.inputs.iter().find(|i| i.name.key == canonical(name))?;
    let (low, high) = input.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
    Some(format!("{} values, from {} to {}", input.values.len(), number(low.into()), number(high.into())))
}

/// The value of a Hamiltonian, gate or `def`, for the arguments of its first call in the script.
pub(super) fn function(program: &Program, name: &str) -> Option<String> {
    let id = program.functions.iter().position(|f| f.name.key == canonical(name))?;
    let model = Model::new(program, None, &[]).ok()?;
    let ev = model.evaluator();
    let f = &program.functions[id];
    let value = if f.args.is_empty() {
        ev.eval(&f.body, Scope::locals(&[]))
    } else {
        ev.eval(first_call(program, FunctionId(id))?, Scope::locals(&[]))
    };
    match value.ok()? {
        Value::Number(z) => Some(format!("{name} = {}", number(z))),
        Value::Operator(operator) => {
            let sites = operator.sites();
            let on: Vec<String> = sites.iter().map(|s| format!("`{}`", ev.leg_label(s.leg))).collect();
            let matrix = operator.dense(&sites).ok()?;
            let mut out = format!("On {}, at the defaults:\n\n{}", on.join(", "), block(&matrix)?);
            if f.role == FunctionRole::Hamiltonian && hermitian_deviation(&matrix).by < 1e-9 {
                let energies: Vec<String> =
                    eigenvalues_hermitian(&matrix).iter().map(|e| number((*e).into())).collect();
                out += &format!("\n\nEnergies: {}", energies.join(", "));
            }
            Some(out)
        }
        _ => None,
    }
}

/// The first call that is not inside a definition with arguments.
fn first_call(program: &Program, id: FunctionId) -> Option<&Expr> {
    let step = program.step.as_ref().map_or(&[][..], |s| &s.body);
    let mut exprs: Vec<&Expr> = Vec::new();
    step.iter().for_each(|s| s.all_expressions(&mut |e| exprs.push(e)));
    exprs.extend(program.observables.iter().map(|o| &o.value));
    exprs.extend(program.functions.iter().filter(|f| f.args.is_empty()).map(|f| &*f.body));
    exprs.into_iter().find_map(|e| call(e, id))
}

/// The first call in an expression whose arguments do not depend on the context.
fn call(e: &Expr, id: FunctionId) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Call { function, args, .. } if *function == id && args.iter().all(is_free) => Some(e),
        _ => {
            let mut found = None;
            children(e, &mut |child| found = found.or_else(|| call(child, id)));
            found
        }
    }
}

/// Whether an expression has the same meaning everywhere in the program.
fn is_free(e: &Expr) -> bool {
    let bound =
        matches!(e.kind, ExprKind::Local(_) | ExprKind::LocalUnit { .. } | ExprKind::Collision | ExprKind::Series(_));
    let mut free = !bound;
    children(e, &mut |child| free = free && is_free(child));
    free
}
