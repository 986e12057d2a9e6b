//! Finds definitions that use themselves, parameters that depend on themselves, and definitions nested too deeply.
//!
//! Contract: afterwards, recursion through expressions and the definitions they use is at most [`MAX_DEPTH`] levels
//! deep.

use std::collections::HashMap;

use super::program::{Expr, ExprKind, Program, Stmt, StmtKind};
use super::visit::children;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The maximum nesting depth of an expression, counted through the definitions that it uses.
const MAX_DEPTH: usize = 512;

/// A node of the dependency graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Param(usize),
    Function(usize),
    Sequence(usize),
}

/// Reports each dependency cycle once.
pub(super) fn check(program: &Program, errors: &mut Vec<Diagnostic>) {
    let mut search = Search { program, state: HashMap::new(), depth: HashMap::new(), path: Vec::new(), errors };
    (0..program.params.len()).for_each(|i| search.visit(Node::Param(i)));
    (0..program.functions.len()).for_each(|i| search.visit(Node::Function(i)));
    (0..program.sequences.len()).for_each(|i| search.visit(Node::Sequence(i)));
}

struct Search<'a> {
    program: &'a Program,
    /// `false` while a node is on the path, `true` once it is finished.
    state: HashMap<Node, bool>,
    /// Depth of each finished node, including everything that it uses.
    depth: HashMap<Node, usize>,
    path: Vec<Node>,
    errors: &'a mut Vec<Diagnostic>,
}

impl Search<'_> {
    /// Depth-first search without recursion, because a script may chain thousands of definitions.
    fn visit(&mut self, root: Node) {
        if self.state.contains_key(&root) {
            return;
        }
        let mut stack = vec![(root, self.successors(root))];
        self.state.insert(root, false);
        self.path.push(root);
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            match next.pop() {
                None => {
                    self.state.insert(node, true);
                    self.finish(node);
                    self.path.pop();
                    stack.pop();
                }
                Some(child) => match self.state.get(&child) {
                    Some(true) => {}
                    Some(false) => self.report(child),
                    None => {
                        self.state.insert(child, false);
                        self.path.push(child);
                        let successors = self.successors(child);
                        stack.push((child, successors));
                    }
                },
            }
        }
    }

    fn finish(&mut self, node: Node) {
        let below = self.successors(node).iter().filter_map(|n| self.depth.get(n)).max().copied().unwrap_or(0);
        // Reported once: every definition that uses one that is too deep is itself too deep.
        if below > MAX_DEPTH {
            self.depth.insert(node, below);
            return;
        }
        let own = match node {
            Node::Param(i) => expr_depth(&self.program.params[i].value),
            Node::Function(i) => expr_depth(&self.program.functions[i].body),
            Node::Sequence(i) => body_depth(&self.program.sequences[i].body),
        };
        let depth = below + own;
        if depth > MAX_DEPTH {
            let (name, span) = self.name(node);
            let d = Diagnostic::new(
                Code::TooDeep,
                format!("`{name}` is {depth} levels deep, counting the definitions it uses; the limit is {MAX_DEPTH}"),
                span,
                "too deep",
            )
            .help("merge several of these definitions into one, so that the chain becomes shorter");
            self.errors.push(d);
        }
        self.depth.insert(node, depth);
    }

    fn report(&mut self, again: Node) {
        let start = self.path.iter().position(|n| *n == again).expect("it is on the path");
        let mut names: Vec<&str> = self.path[start..].iter().map(|n| self.name(*n).0).collect();
        let (first, span) = self.name(again);
        names.push(first);
        let (code, what, help) = match again {
            Node::Param(_) => (
                Code::ParamCycle,
                "depends on itself",
                "give one of these parameters a value that does not depend on the others",
            ),
            _ => (
                Code::CallCycle,
                "uses itself",
                "definitions cannot be recursive; to repeat statements, write `repeat k { … }`",
            ),
        };
        self.errors.push(
            Diagnostic::new(code, format!("`{first}` {what}: {}", names.join(" → ")), span, "part of the cycle")
                .help(help),
        );
    }

    fn name(&self, node: Node) -> (&str, Span) {
        let name = match node {
            Node::Param(i) => &self.program.params[i].name,
            Node::Function(i) => &self.program.functions[i].name,
            Node::Sequence(i) => &self.program.sequences[i].name,
        };
        (&name.text, name.span)
    }

    fn successors(&self, node: Node) -> Vec<Node> {
        let mut out = Vec::new();
        match node {
            Node::Param(i) => in_expr(&self.program.params[i].value, &mut out),
            Node::Function(i) => in_expr(&self.program.functions[i].body, &mut out),
            Node::Sequence(i) => in_body(&self.program.sequences[i].body, &mut out),
        }
        out
    }
}

fn expr_depth(e: &Expr) -> usize {
    let mut deepest = 0;
    children(e, &mut |c| deepest = deepest.max(expr_depth(c)));
    deepest + 1
}

fn body_depth(body: &[Stmt]) -> usize {
    body.iter()
        .map(|s| {
            let mut deepest = s.blocks().map(|block| body_depth(block) + 1).max().unwrap_or(0);
            s.expressions(&mut |e| deepest = deepest.max(expr_depth(e)));
            deepest
        })
        .max()
        .unwrap_or(0)
}

fn in_body(body: &[Stmt], out: &mut Vec<Node>) {
    for s in body {
        s.expressions(&mut |e| in_expr(e, out));
        if let StmtKind::Call { sequence, .. } = &s.kind {
            out.push(Node::Sequence(sequence.0));
        }
        s.blocks().for_each(|block| in_body(block, out));
    }
}

fn in_expr(e: &Expr, out: &mut Vec<Node>) {
    match &e.kind {
        ExprKind::Param(id) => out.push(Node::Param(id.0)),
        ExprKind::Call { function, .. } => out.push(Node::Function(function.0)),
        ExprKind::Rule(id) => out.push(Node::Sequence(id.0)),
        _ => {}
    }
    children(e, &mut |c| in_expr(c, out));
}
