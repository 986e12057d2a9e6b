//! The children of statements and expressions, in source order. This is the only place that lists them for every
//! variant: a tree walk matches the variants that it cares about and gets the children of the others from here.

use super::{Conditional, Expr, ExprKind, IndexRange, Name, Offset, Reference, Stmt, StmtKind};

/// A direct child of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// An expression.
    Expr(&'a Expr),
    /// A subsystem that the statement names.
    Subsystem(&'a Reference),
    /// A rule or sequence that the statement uses.
    Uses(&'a Name),
    /// A nested block.
    Block(&'a [Stmt]),
}

impl Stmt {
    /// The direct children of this statement, in source order.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        match &self.kind {
            StmtKind::Evolve { hamiltonian, time, jumps } => {
                [hamiltonian, time].into_iter().chain(jumps).map(Part::Expr).collect()
            }
            StmtKind::Apply(value)
            | StmtKind::Record { value, .. }
            | StmtKind::Let { value, .. }
            | StmtKind::Postselect(value)
            | StmtKind::Measure { value, .. } => vec![Part::Expr(value)],
            StmtKind::Discard(units) => units.iter().map(Part::Subsystem).collect(),
            StmtKind::Uncorrelate(groups) => groups.iter().flatten().map(Part::Subsystem).collect(),
            StmtKind::Reset { targets, state } => {
                targets.iter().map(Part::Subsystem).chain([Part::Expr(state)]).collect()
            }
            StmtKind::Trace(rule) => vec![Part::Uses(rule)],
            StmtKind::Repeat { count, body } => vec![Part::Expr(count), Part::Block(body)],
            StmtKind::For { iteration, body } => {
                iteration.range.parts().map(Part::Expr).chain([Part::Block(body)]).collect()
            }
            StmtKind::WithProbability { probability, then, otherwise } => {
                vec![Part::Expr(probability), Part::Block(then), Part::Block(otherwise)]
            }
            StmtKind::When { branches, otherwise } => {
                branches.iter().flat_map(Conditional::parts).chain([Part::Block(otherwise)]).collect()
            }
            StmtKind::Call { name, args } => {
                std::iter::once(Part::Uses(name)).chain(args.iter().map(Part::Expr)).collect()
            }
        }
    }
}

impl Conditional {
    fn parts(&self) -> [Part<'_>; 2] {
        [Part::Expr(&self.condition), Part::Block(&self.body)]
    }
}

impl Expr {
    /// Calls `f` on each direct child, in source order.
    pub fn children<'a>(&'a self, f: &mut dyn FnMut(&'a Self)) {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Ket(_) | ExprKind::Bra(_) => {}
            ExprKind::Reference(r) => r.brackets().for_each(f),
            ExprKind::Reduction { iteration, body, .. } => iteration.range.parts().chain([&**body]).for_each(f),
            ExprKind::KetBra { on: list, .. } | ExprKind::List(list) => list.iter().for_each(f),
            ExprKind::Expectation(a) | ExprKind::Unary { operand: a, .. } => f(a),
            ExprKind::Call { groups, .. } => groups.iter().flatten().for_each(|a| f(&a.value)),
            ExprKind::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(|e| f(e)),
            ExprKind::Approx { lhs, rhs, tolerance } => {
                [Some(lhs), Some(rhs), tolerance.as_ref()].into_iter().flatten().for_each(|e| f(e));
            }
        }
    }
}

impl IndexRange {
    /// The expressions of the range, in source order.
    pub fn parts(&self) -> impl Iterator<Item = &Expr> {
        [&self.first, &self.last].into_iter().chain(&self.step)
    }
}

impl Reference {
    /// The expressions in its square brackets, in source order.
    pub fn brackets(&self) -> impl Iterator<Item = &Expr> {
        [&self.offset, &self.further].into_iter().filter_map(Offset::index)
    }
}

impl Offset {
    /// The expression between the square brackets, or `None` for the other offsets.
    #[must_use]
    pub fn index(&self) -> Option<&Expr> {
        if let Self::Index(e) = self { Some(e) } else { None }
    }
}
