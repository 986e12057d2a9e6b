//! The children of checked statements and expressions, listed in this one place. A walk over the tree handles the
//! variants that matter to it and visits the children of all others through these functions.

use super::program::{Expr, ExprKind, Stmt, StmtKind};

impl Stmt {
    /// Calls `f` on the expressions of this statement, but not on those of nested statements.
    pub(crate) fn expressions<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            StmtKind::Evolve { hamiltonian, time, jumps } => [hamiltonian, time].into_iter().chain(jumps).for_each(f),
            StmtKind::Apply(e) | StmtKind::Trace(e) | StmtKind::Postselect(e) => f(e),
            StmtKind::Record { value, .. } | StmtKind::Let { value, .. } | StmtKind::Measure { value, .. } => f(value),
            StmtKind::Discard(list) | StmtKind::Call { args: list, .. } => list.iter().for_each(f),
            StmtKind::Uncorrelate(groups) => groups.iter().flatten().for_each(f),
            StmtKind::Reset { targets, state, .. } => targets.iter().chain([state]).for_each(f),
            StmtKind::Repeat { count, .. } => f(count),
            StmtKind::For { iteration, .. } => iteration.range.parts().for_each(f),
            StmtKind::Mix { probability, .. } => f(probability),
            StmtKind::When { branches, .. } => branches.iter().for_each(|c| f(&c.condition)),
        }
    }

    /// The nested blocks of this statement.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &[Self]> {
        let (more, first, second) = match &self.kind {
            StmtKind::Repeat { body, .. } | StmtKind::For { body, .. } => (&[][..], Some(body), None),
            StmtKind::Mix { then, otherwise, .. } => (&[][..], Some(then), Some(otherwise)),
            StmtKind::When { branches, otherwise } => (&branches[..], None, Some(otherwise)),
            _ => (&[][..], None, None),
        };
        more.iter().map(|c| &c.body).chain(first).chain(second).map(Vec::as_slice)
    }

    /// Calls `f` on the expressions of this statement and of all nested statements.
    pub(crate) fn all_expressions<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        self.expressions(f);
        self.blocks().flatten().for_each(|s| s.all_expressions(f));
    }
}

/// Calls `f` on the direct children of an expression. The body of a definition that it calls is not among them.
pub(crate) fn children<'e>(e: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match &e.kind {
        ExprKind::Subsystem { offset: Some(o), .. } | ExprKind::LocalUnit { offset: o, .. } => f(o),
        ExprKind::Element { index, offset, .. } => {
            f(index);
            offset.iter().for_each(|o| f(o));
        }
        ExprKind::Reduction { iteration, body, .. } => {
            iteration.range.parts().for_each(&mut *f);
            f(body);
        }
        ExprKind::KetBra { on: list, .. }
        | ExprKind::Gate { args: list, .. }
        | ExprKind::Channel { args: list, .. }
        | ExprKind::Form { args: list, .. }
        | ExprKind::Random { args: list, .. }
        | ExprKind::Call { args: list, .. }
        | ExprKind::List(list) => list.iter().for_each(f),
        ExprKind::Input { at: a, .. }
        | ExprKind::Expectation(a)
        | ExprKind::Unary { operand: a, .. }
        | ExprKind::Operator { on: Some(a), .. } => f(a),
        ExprKind::Measure { groups, .. } => groups.iter().flatten().for_each(f),
        ExprKind::Function { args, .. } => args.iter().for_each(|a| f(&a.value)),
        ExprKind::Binary { lhs, rhs, .. } | ExprKind::Complex { re: lhs, im: rhs } => {
            f(lhs);
            f(rhs);
        }
        ExprKind::Approx { lhs, rhs, tolerance } => {
            f(lhs);
            f(rhs);
            tolerance.iter().for_each(|t| f(t));
        }
        _ => {}
    }
}
