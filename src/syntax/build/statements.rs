//! Statements of a step, rule or sequence.

use pest::iterators::Pair;

use super::{Builder, Children};
use crate::ast::{Conditional, Expr, IndexRange, Iteration, Reference, Stmt, StmtKind};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `{ … }`
    pub(super) fn block(&self, pair: Pair<'_, Rule>) -> Vec<Stmt> {
        let mut children = Children::of(pair, Rule::block);
        let body = children.all(Rule::statement).into_iter().map(|statement| self.statement(statement)).collect();
        children.end();
        body
    }

    /// `evolve Hss for δt`
    pub(in crate::syntax) fn statement(&self, pair: Pair<'_, Rule>) -> Stmt {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::statement);
        let kind = self.statement_kind(children.any());
        children.end();
        Stmt { span, kind }
    }

    fn statement_kind(&self, pair: Pair<'_, Rule>) -> StmtKind {
        match pair.as_rule() {
            Rule::record => {
                let binding = self.only_binding(pair, Rule::record);
                StmtKind::Record { name: binding.name, value: binding.value }
            }
            Rule::let_item => {
                let binding = self.only_binding(pair, Rule::let_item);
                StmtKind::Let { name: binding.name, value: binding.value }
            }
            rule => {
                let mut children = Children::of(pair, rule);
                let kind = self.statement_of(rule, &mut children);
                children.end();
                kind
            }
        }
    }

    /// Builds the statement that matches `rule` from its children, in the order of the grammar.
    fn statement_of(&self, rule: Rule, children: &mut Children<'_>) -> StmtKind {
        match rule {
            Rule::evolve => StmtKind::Evolve {
                hamiltonian: self.next_expr(children),
                time: self.next_expr(children),
                jumps: self.exprs(children),
            },
            Rule::apply => StmtKind::Apply(self.next_expr(children)),
            Rule::discard => StmtKind::Discard(self.group(children.take(Rule::group))),
            Rule::uncorrelate => {
                StmtKind::Uncorrelate(children.all(Rule::group).into_iter().map(|group| self.group(group)).collect())
            }
            Rule::reset => {
                StmtKind::Reset { targets: self.group(children.take(Rule::group)), state: self.next_expr(children) }
            }
            Rule::trace => StmtKind::Trace(self.name(&children.take(Rule::name))),
            Rule::repeat => {
                StmtKind::Repeat { count: self.next_expr(children), body: self.block(children.take(Rule::block)) }
            }
            Rule::for_each => StmtKind::For {
                iteration: Box::new(self.iteration(children.take(Rule::iteration))),
                body: self.block(children.take(Rule::block)),
            },
            Rule::with_probability => StmtKind::WithProbability {
                probability: self.next_expr(children),
                then: self.block(children.take(Rule::block)),
                otherwise: children.maybe(Rule::block).map_or_else(Vec::new, |block| self.block(block)),
            },
            Rule::measure => {
                StmtKind::Measure { value: self.next_expr(children), name: self.name(&children.take(Rule::name)) }
            }
            Rule::when => self.when(children),
            Rule::postselect => StmtKind::Postselect(self.next_expr(children)),
            Rule::sequence_call => {
                StmtKind::Call { name: self.name(&children.take(Rule::name)), args: self.exprs(children) }
            }
            other => unreachable!("the grammar has no statement {other:?}"),
        }
    }

    fn when(&self, children: &mut Children<'_>) -> StmtKind {
        let mut branches = Vec::new();
        while let Some(condition) = children.maybe(Rule::expr) {
            let (condition, body) = (self.expr(condition), self.block(children.take(Rule::block)));
            branches.push(Conditional { condition, body });
        }
        let otherwise = children.maybe(Rule::otherwise).map_or_else(Vec::new, |otherwise| {
            let mut children = Children::of(otherwise, Rule::otherwise);
            let body = self.block(children.take(Rule::block));
            children.end();
            body
        });
        StmtKind::When { branches, otherwise }
    }

    /// `k in 1..L-1`
    pub(super) fn iteration(&self, pair: Pair<'_, Rule>) -> Iteration {
        let mut children = Children::of(pair, Rule::iteration);
        let index = self.name(&children.take(Rule::name));
        let range = self.range(children.take(Rule::range));
        children.end();
        Iteration { index, range }
    }

    /// `1..L-1`, `range(1, L-1, 2)`
    fn range(&self, pair: Pair<'_, Rule>) -> IndexRange {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::range);
        if let Some(stepped) = children.maybe(Rule::stepped_range) {
            children = Children::of(stepped, Rule::stepped_range);
        }
        let (first, last) = (self.next_expr(&mut children), self.next_expr(&mut children));
        let step = children.maybe(Rule::expr).map(|step| self.expr(step));
        children.end();
        IndexRange { span, first, last, step }
    }

    /// `e1', e2'`
    pub(super) fn group(&self, pair: Pair<'_, Rule>) -> Vec<Reference> {
        let mut children = Children::of(pair, Rule::group);
        let group = children.all(Rule::reference).into_iter().map(|reference| self.reference(reference)).collect();
        children.end();
        group
    }

    pub(super) fn next_expr(&self, children: &mut Children<'_>) -> Expr {
        self.expr(children.take(Rule::expr))
    }

    /// The next expressions.
    pub(super) fn exprs(&self, children: &mut Children<'_>) -> Vec<Expr> {
        children.all(Rule::expr).into_iter().map(|expr| self.expr(expr)).collect()
    }
}
