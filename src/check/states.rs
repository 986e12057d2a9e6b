//! How many subsystems a state expression describes: decided by its form, so that `system s1, s2 = |01>` is a joint state
//! and `system s1, s2 = |+>` one state for each.

use super::builtins::Form;
use super::program::{Expr, ExprKind, SubsystemId};
use crate::ast::BinaryOp;
use crate::diagnostic::{Code, Diagnostic};

/// How many subsystems a state describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    /// As many as it is asked for (`mixed`, numbers).
    Any,
    /// So many.
    Many(usize),
}

/// The arity of a state or operator expression. `declared` are the subsystems being declared: an operator that names one
/// of them makes the state a joint one.
pub(crate) fn arity(e: &Expr, declared: &[SubsystemId]) -> Arity {
    match &e.kind {
        ExprKind::Ket(label) | ExprKind::Bra(label) => Arity::Many(label.symbols.len()),
        ExprKind::KetBra { ket, on, .. } if on.is_empty() => Arity::Many(ket.symbols.len()),
        ExprKind::KetBra { on, .. } => named(on.iter(), declared),
        ExprKind::Operator { on: None, .. } => Arity::Many(1),
        ExprKind::Operator { on: Some(on), .. } => named(std::iter::once(&**on), declared),
        ExprKind::Gate { args, .. } => named(args.iter(), declared),
        ExprKind::Form { form: Form::Tensor, args } => {
            args.iter().map(|a| arity(a, declared)).reduce(sum).unwrap_or(Arity::Any)
        }
        ExprKind::Form { args, .. } => args.iter().map(|a| arity(a, declared)).fold(Arity::Any, larger),
        ExprKind::Call { args, .. } => named(args.iter(), declared),
        ExprKind::Unary { operand, .. } => arity(operand, declared),
        ExprKind::Binary { op, lhs, rhs } => {
            let (l, r) = (arity(lhs, declared), arity(rhs, declared));
            let kets = is_ket(lhs) && is_ket(rhs);
            if *op == BinaryOp::Tensor || (*op == BinaryOp::Mul && kets) { sum(l, r) } else { larger(l, r) }
        }
        _ => Arity::Any,
    }
}

/// Whether an expression is a ket, by its form.
pub(crate) fn is_ket(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Ket(_) => true,
        ExprKind::Unary { operand, .. } => is_ket(operand),
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Tensor, lhs, rhs } => {
            is_ket(lhs) && is_ket(rhs)
        }
        ExprKind::Binary { op: BinaryOp::Mul, lhs, rhs } => {
            (is_ket(lhs) || is_ket(rhs)) && !matches!(rhs.kind, ExprKind::Bra(_))
        }
        ExprKind::Binary { op: BinaryOp::Div, lhs, .. } => is_ket(lhs),
        ExprKind::Form { form: Form::Tensor, args } => args.iter().all(is_ket),
        _ => false,
    }
}

fn named<'a>(mut args: impl Iterator<Item = &'a Expr>, declared: &[SubsystemId]) -> Arity {
    let names_one = args.any(|a| matches!(&a.kind, ExprKind::Subsystem { id, .. } if declared.contains(id)));
    if names_one { Arity::Many(declared.len()) } else { Arity::Any }
}

fn larger(a: Arity, b: Arity) -> Arity {
    match (a, b) {
        (Arity::Any, x) | (x, Arity::Any) => x,
        (Arity::Many(a), Arity::Many(b)) => Arity::Many(a.max(b)),
    }
}

/// The arity of a product; a factor that fits any number stands for one.
fn sum(a: Arity, b: Arity) -> Arity {
    let count = |x| if let Arity::Many(k) = x { k } else { 1 };
    Arity::Many(count(a) + count(b))
}

/// The error for a state of `labels` subsystems where `names` are declared.
pub(super) fn wrong_arity(state: &Expr, labels: usize, names: usize) -> Diagnostic {
    Diagnostic::new(
        Code::StateArity,
        format!(
            "this state is one of {labels} subsystems, and {names} stand{} before the `=`",
            if names == 1 { "s" } else { "" }
        ),
        state.span,
        format!("{labels} subsystems"),
    )
    .help(format!(
        "write a ket of {names} labels for a joint state of {names}, or of one label to give each that state: `|{}>`, `|0>`",
        "0".repeat(names.min(9))
    ))
}
