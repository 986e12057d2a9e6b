//! Expressions: builds trees from the grammar's flat sequences of operands and operators.

use pest::iterators::Pair;

use super::{Builder, Children, number_out_of_range};
use crate::ast::{Argument, BinaryOp, Expr, ExprKind, KetLabel, KetSymbol, Name, Offset, Reducer, Reference, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::grammar::{PRECEDENCE, Rule};
use crate::syntax::limits::MAX_TREE_DEPTH;

/// A subtree, with the properties that its parent needs.
struct Node {
    expr: Expr,
    /// The number of levels of the tree; 1 for a leaf.
    depth: usize,
    /// Whether it is a comparison without brackets around it. Comparisons do not chain.
    comparison: bool,
}

impl Builder<'_> {
    /// `a + 2b ≈ c ± 0.1`
    pub(in crate::syntax) fn expr(&self, pair: Pair<'_, Rule>) -> Expr {
        self.node(pair).expr
    }

    /// Builds an `expr`, or the `arithmetic` of an expectation value.
    fn node(&self, pair: Pair<'_, Rule>) -> Node {
        assert!(matches!(pair.as_rule(), Rule::expr | Rule::arithmetic), "the caller looked at the rule");
        PRECEDENCE
            .map_primary(|pair| self.primary(pair))
            .map_prefix(|op, operand| self.unary(&op, operand))
            .map_postfix(|operand, op| self.unary(&op, operand))
            .map_infix(|lhs, op, rhs| self.binary(lhs, &op, rhs))
            .parse(pair.into_inner())
    }

    fn unary(&self, op: &Pair<'_, Rule>, operand: Node) -> Node {
        let span = self.span(op).to(operand.expr.span);
        let op = match op.as_rule() {
            Rule::negate => UnaryOp::Neg,
            Rule::root => UnaryOp::Sqrt,
            Rule::not => UnaryOp::Not,
            Rule::dagger => UnaryOp::Dagger,
            other => unreachable!("the grammar has no prefix or postfix operator {other:?}"),
        };
        self.parent(span, operand.depth, ExprKind::Unary { op, operand: Box::new(operand.expr) })
    }

    fn binary(&self, lhs: Node, op: &Pair<'_, Rule>, rhs: Node) -> Node {
        let span = lhs.expr.span.to(rhs.expr.span);
        let depth = lhs.depth.max(rhs.depth);
        let rule = op.as_rule();
        if rule == Rule::plus_minus {
            return self.tolerance(lhs, op, rhs);
        }
        let comparison = is_comparison(rule);
        if comparison && (lhs.comparison || rhs.comparison) {
            self.report(
                Diagnostic::new(
                    Code::UnexpectedText,
                    "comparisons cannot be chained",
                    self.span(op),
                    "second comparison",
                )
                .help("write two comparisons with `and`: `a < b and b < c`"),
            );
        }
        let (lhs, rhs) = (Box::new(lhs.expr), Box::new(rhs.expr));
        let kind = if rule == Rule::approx {
            ExprKind::Approx { lhs, rhs, tolerance: None }
        } else {
            ExprKind::Binary { op: binary_op(rule), lhs, rhs }
        };
        Node { comparison, ..self.parent(span, depth, kind) }
    }

    /// Attaches `± tol` to the `a ≈ b` before it.
    fn tolerance(&self, lhs: Node, op: &Pair<'_, Rule>, rhs: Node) -> Node {
        let span = lhs.expr.span.to(rhs.expr.span);
        let depth = lhs.depth.max(rhs.depth);
        match lhs.expr.kind {
            ExprKind::Approx { lhs: a, rhs: b, tolerance: None } if lhs.comparison => {
                let kind = ExprKind::Approx { lhs: a, rhs: b, tolerance: Some(Box::new(rhs.expr)) };
                Node { comparison: true, ..self.parent(span, depth, kind) }
            }
            _ => {
                let problem = Diagnostic::new(
                    Code::UnexpectedText,
                    format!("`{}` gives the tolerance of `≈`, but there is no `≈` before it", op.as_str()),
                    self.span(op),
                    "no `≈` before this",
                );
                self.report(problem.help("write `a ≈ b ± tol`; a sum with a negative number is `a + (-b)` or `a - b`"));
                Node { expr: rhs.expr, ..lhs }
            }
        }
    }

    /// A node above subtrees of depth `depth`. If the tree would be too deep, reports this once and returns a leaf
    /// instead.
    fn parent(&self, span: Span, depth: usize, kind: ExprKind) -> Node {
        if depth < MAX_TREE_DEPTH {
            return Node { expr: Expr { span, kind }, depth: depth + 1, comparison: false };
        }
        if self.problems.borrow().iter().all(|problem| problem.code != Code::TooLarge) {
            let message = format!("this expression has more than {MAX_TREE_DEPTH} operators in a row");
            let problem = Diagnostic::new(Code::TooLarge, message, span, "too long");
            self.report(
                problem.help("give a part of it a name with `def`, `hamiltonian` or `param`, and use the name"),
            );
        }
        leaf(span, ExprKind::Number(0.0))
    }

    fn primary(&self, pair: Pair<'_, Rule>) -> Node {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::number | Rule::coefficient => leaf(span, ExprKind::Number(self.number(&pair))),
            Rule::text => leaf(span, ExprKind::Text(Self::text(pair))),
            Rule::reference => {
                let reference = self.reference(pair);
                leaf(span, ExprKind::Reference(reference))
            }
            Rule::ket => leaf(span, ExprKind::Ket(self.label_of(pair, Rule::ket))),
            Rule::bra => leaf(span, ExprKind::Bra(self.label_of(pair, Rule::bra))),
            Rule::bra_ket => self.bra_ket(pair),
            Rule::ket_bra => self.ket_bra(pair),
            Rule::expectation => {
                let mut children = Children::of(pair, Rule::expectation);
                let inner = self.node(children.take(Rule::arithmetic));
                children.end();
                self.parent(span, inner.depth, ExprKind::Expectation(Box::new(inner.expr)))
            }
            Rule::list => {
                let mut children = Children::of(pair, Rule::list);
                let (values, depth) = self.nodes(&mut children);
                children.end();
                self.parent(span, depth, ExprKind::List(values))
            }
            Rule::parenthesis => {
                let mut children = Children::of(pair, Rule::parenthesis);
                let inner = self.node(children.take(Rule::expr));
                children.end();
                Node { expr: Expr { span, ..inner.expr }, depth: inner.depth, comparison: false }
            }
            Rule::reduction => self.reduction(pair),
            Rule::call => self.call(pair),
            other => unreachable!("the grammar has no operand {other:?}"),
        }
    }

    /// `1_000`, `1.5e−3`
    fn number(&self, pair: &Pair<'_, Rule>) -> f64 {
        let text = pair.as_str().replace('_', "").replace('−', "-");
        let value: f64 = text.parse().expect("the grammar's numbers are Rust's");
        if value.is_finite() {
            return value;
        }
        self.report(number_out_of_range(pair.as_str(), self.span(pair)));
        0.0
    }

    /// `sum(k in 1..L, Z(s[k]))`
    fn reduction(&self, pair: Pair<'_, Rule>) -> Node {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::reduction);
        let reducer = match children.take(Rule::reduction_word).as_str() {
            "sum" => Reducer::Sum,
            _ => Reducer::Product,
        };
        let iteration = Box::new(self.iteration(children.take(Rule::iteration)));
        let body = self.node(children.take(Rule::expr));
        children.end();
        self.parent(span, body.depth, ExprKind::Reduction { reducer, iteration, body: Box::new(body.expr) })
    }

    /// `e''`, `e[-1]`, `e[1]'`
    pub(super) fn reference(&self, pair: Pair<'_, Rule>) -> Reference {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::reference);
        let name = self.name(&children.take(Rule::name));
        let (offset, further) = (self.offset(&mut children), self.offset(&mut children));
        let case = children.maybe(Rule::in_case).map(|case| Box::new(self.case(case)));
        children.end();
        Reference { name, offset, further, case, span }
    }

    /// The primes or the brackets that come next, if there are any.
    fn offset(&self, children: &mut Children<'_>) -> Offset {
        if let Some(primes) = children.maybe(Rule::primes) {
            Offset::Primes(u32::try_from(primes.as_str().chars().count()).expect("a script has at most 2^20 bytes"))
        } else if let Some(index) = children.maybe(Rule::index) {
            Offset::Index(Box::new(self.index(index)))
        } else {
            Offset::None
        }
    }

    /// `[k]`
    pub(super) fn index(&self, pair: Pair<'_, Rule>) -> Expr {
        let mut children = Children::of(pair, Rule::index);
        let index = self.next_expr(&mut children);
        children.end();
        index
    }

    /// `in up`
    pub(super) fn case(&self, pair: Pair<'_, Rule>) -> Name {
        let mut children = Children::of(pair, Rule::in_case);
        let name = self.name(&children.take(Rule::name));
        children.end();
        name
    }

    /// `mutual_information(a | b, width = 3)`
    fn call(&self, pair: Pair<'_, Rule>) -> Node {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::call);
        let function = self.name(&children.take(Rule::name));
        let mut depth = 0;
        let groups = children.all(Rule::arguments).into_iter().map(|group| self.arguments(group, &mut depth)).collect();
        children.end();
        self.parent(span, depth, ExprKind::Call { function, groups })
    }

    /// `a, width = 140`. Raises `depth` to the depth of the deepest argument.
    fn arguments(&self, pair: Pair<'_, Rule>, depth: &mut usize) -> Vec<Argument> {
        let mut children = Children::of(pair, Rule::arguments);
        let arguments = children.all(Rule::argument).into_iter().map(|pair| {
            let mut children = Children::of(pair, Rule::argument);
            let name = children.maybe(Rule::name).map(|name| self.name(&name));
            let node = self.node(children.take(Rule::expr));
            children.end();
            *depth = node.depth.max(*depth);
            Argument { name, value: node.expr }
        });
        let arguments = arguments.collect();
        children.end();
        arguments
    }

    /// The next expressions, and the depth of the deepest one.
    fn nodes(&self, children: &mut Children<'_>) -> (Vec<Expr>, usize) {
        let nodes: Vec<Node> = children.all(Rule::expr).into_iter().map(|expr| self.node(expr)).collect();
        let depth = nodes.iter().map(|node| node.depth).max().unwrap_or(0);
        (nodes.into_iter().map(|node| node.expr).collect(), depth)
    }

    /// `|0><1|(s)`
    fn ket_bra(&self, pair: Pair<'_, Rule>) -> Node {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::ket_bra);
        let ket = self.label_of(children.take(Rule::ket), Rule::ket);
        let bra = self.label_of(children.take(Rule::bra), Rule::bra);
        let (on, depth) = self.nodes(&mut children);
        children.end();
        self.parent(span, depth, ExprKind::KetBra { ket, bra, on })
    }

    /// `<0|1>` is the product of a bra and a ket.
    fn bra_ket(&self, pair: Pair<'_, Rule>) -> Node {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::bra_ket);
        let (bra, ket) = (children.take(Rule::ket_label), children.take(Rule::ket_label));
        children.end();
        let (bra_span, ket_span) = (self.span(&bra), self.span(&ket));
        let lhs = Box::new(Expr { span: bra_span, kind: ExprKind::Bra(self.ket_label(bra)) });
        let rhs = Box::new(Expr { span: ket_span, kind: ExprKind::Ket(self.ket_label(ket)) });
        self.parent(span, 1, ExprKind::Binary { op: BinaryOp::Mul, lhs, rhs })
    }

    /// The label of a ket or bra.
    fn label_of(&self, pair: Pair<'_, Rule>, rule: Rule) -> KetLabel {
        let mut children = Children::of(pair, rule);
        let label = self.ket_label(children.take(Rule::ket_label));
        children.end();
        label
    }

    /// `01`, `+-`, or `10, 3`
    fn ket_label(&self, pair: Pair<'_, Rule>) -> KetLabel {
        let (mut symbols, mut commas) = (Vec::new(), false);
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::ket_comma => commas = true,
                _ => symbols.push(self.ket_symbol(&child)),
            }
        }
        KetLabel { symbols, commas }
    }

    fn ket_symbol(&self, pair: &Pair<'_, Rule>) -> KetSymbol {
        match pair.as_str() {
            "+" => KetSymbol::Plus,
            "-" | "−" => KetSymbol::Minus,
            "+i" => KetSymbol::PlusI,
            "-i" | "−i" => KetSymbol::MinusI,
            level => KetSymbol::Level(level.parse().unwrap_or_else(|_| {
                let message = format!("no subsystem has a level {level}");
                let problem = Diagnostic::new(Code::BadKet, message, self.span(pair), "too large");
                self.report(problem.help("levels run from 0 to at most 1023, because the largest dimension is 1024"));
                0
            })),
        }
    }
}

fn leaf(span: Span, kind: ExprKind) -> Node {
    Node { expr: Expr { span, kind }, depth: 1, comparison: false }
}

fn is_comparison(rule: Rule) -> bool {
    use Rule::{approx, equal, greater, greater_equal, less, less_equal, not_equal};
    matches!(rule, approx | equal | not_equal | less | less_equal | greater | greater_equal)
}

fn binary_op(rule: Rule) -> BinaryOp {
    match rule {
        Rule::add => BinaryOp::Add,
        Rule::subtract => BinaryOp::Sub,
        Rule::multiply | Rule::juxtaposition => BinaryOp::Mul,
        Rule::divide => BinaryOp::Div,
        Rule::power => BinaryOp::Pow,
        Rule::tensor => BinaryOp::Tensor,
        Rule::less => BinaryOp::Less,
        Rule::less_equal => BinaryOp::LessEqual,
        Rule::greater => BinaryOp::Greater,
        Rule::greater_equal => BinaryOp::GreaterEqual,
        Rule::equal => BinaryOp::Equal,
        Rule::not_equal => BinaryOp::NotEqual,
        Rule::and => BinaryOp::And,
        Rule::or => BinaryOp::Or,
        other => unreachable!("the grammar has no infix operator {other:?}"),
    }
}
