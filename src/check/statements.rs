//! Resolves the names in the statements of steps, rules and sequences to ids.
//!
//! Contract: a rule contains only `discard`, `uncorrelate` and `reset`. Each `let` has its own local. Each `record`
//! that the step reaches has a unique name.

use super::arguments::takes;
use super::collect::{plural, reserved};
use super::program::{Conditional, Entity, Expr, ExprKind, Shape, Stmt, StmtKind};
use super::resolve::{Place, Resolver};
use super::unknown::Wanted;
use crate::ast;
use crate::ast::{Name, Reference};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Resolves the body of one step, rule or sequence.
pub(super) struct Body<'r, 'g> {
    pub(super) resolver: &'r mut Resolver<'g>,
    /// The name of the rule whose body this is; `None` in a step or sequence.
    pub(super) rule: Option<&'r str>,
    /// Number of locals defined so far.
    pub(super) locals: usize,
}

impl Body<'_, '_> {
    pub(super) fn statements(&mut self, body: &[ast::Stmt]) -> Vec<Stmt> {
        let scope = self.resolver.locals.clone();
        let out = body.iter().filter_map(|s| self.statement(s)).collect();
        self.resolver.locals = scope; // a `let` is in scope until the end of its block
        out
    }

    fn statement(&mut self, s: &ast::Stmt) -> Option<Stmt> {
        self.allowed_in_rule(s);
        let kind = match &s.kind {
            ast::StmtKind::Evolve { hamiltonian, time, jumps } => StmtKind::Evolve {
                hamiltonian: self.resolver.expr(hamiltonian),
                time: self.resolver.expr(time),
                jumps: jumps.iter().map(|k| self.resolver.expr(k)).collect(),
            },
            ast::StmtKind::Apply(e) => StmtKind::Apply(self.resolver.expr(e)),
            ast::StmtKind::Discard(list) => StmtKind::Discard(self.subsystems(list)),
            ast::StmtKind::Uncorrelate(groups) => {
                StmtKind::Uncorrelate(groups.iter().map(|g| self.subsystems(g)).collect())
            }
            ast::StmtKind::Reset { targets, state } => {
                StmtKind::Reset { targets: self.subsystems(targets), state: self.resolver.expr(state), joint: false }
            }
            ast::StmtKind::Trace(name) => StmtKind::Trace(self.rule(name, s.span)),
            ast::StmtKind::Record { name, value } => {
                let value = self.resolver.expr(value);
                StmtKind::Record { name: name.key.clone(), shape: shape(&value), value, local: self.new_local(name) }
            }
            ast::StmtKind::Let { name, value } => self.local(name, value),
            ast::StmtKind::Repeat { count, body } => {
                StmtKind::Repeat { count: self.resolver.expr(count), body: self.statements(body) }
            }
            ast::StmtKind::For { iteration, body } => self.for_each(iteration, body),
            ast::StmtKind::WithProbability { probability, then, otherwise } => StmtKind::Mix {
                probability: self.resolver.expr(probability),
                then: self.statements(then),
                otherwise: self.statements(otherwise),
            },
            ast::StmtKind::Measure { value, name } => self.measure(value, name),
            ast::StmtKind::When { branches, otherwise } => {
                let branch = |c: &ast::Conditional| Conditional {
                    condition: self.resolver.expr(&c.condition),
                    body: self.statements(&c.body),
                };
                StmtKind::When {
                    branches: branches.iter().map(branch).collect(),
                    otherwise: self.statements(otherwise),
                }
            }
            ast::StmtKind::Postselect(condition) => StmtKind::Postselect(self.resolver.expr(condition)),
            ast::StmtKind::Call { name, args } => self.call(name, args)?,
        };
        Some(Stmt { span: s.span, kind })
    }

    fn allowed_in_rule(&mut self, s: &ast::Stmt) {
        let Some(rule) = self.rule else { return };
        use ast::StmtKind as S;
        if matches!(s.kind, S::Discard(_) | S::Uncorrelate(_) | S::Reset { .. } | S::For { .. }) {
            return;
        }
        self.resolver.errors.push(
            Diagnostic::new(
                Code::NotInRule,
                format!("the rule `{rule}` may only discard, uncorrelate and reset"),
                s.span,
                "not allowed in a rule",
            )
            .help("move this statement into the step, or write `sequence` instead of `rule`"),
        );
    }

    fn subsystems(&mut self, list: &[Reference]) -> Vec<Expr> {
        self.resolver.wanted = Wanted::Subsystem;
        let list = list.iter().map(|r| Expr::untyped(r.span, self.resolver.reference(r))).collect();
        self.resolver.wanted = Wanted::Value;
        list
    }

    fn rule(&mut self, name: &Name, statement: Span) -> Expr {
        let kind = match self.resolver.globals.names.get(&name.key) {
            Some(Entity::Param(id)) => ExprKind::Param(*id),
            Some(Entity::Sequence(id)) if self.resolver.globals.sequences[id.0].0 => ExprKind::Rule(*id),
            Some(_) => {
                let message = format!("`{}` is not a rule", name.text);
                let d = Diagnostic::new(Code::WrongType, message, name.span, "expected a rule");
                self.resolver.errors.push(match self.resolver.globals.names.get(&name.key) {
                    Some(Entity::Sequence(_)) => d.help(format!("call a sequence by its name: `{}(…)`", name.text)),
                    Some(Entity::Subsystem(_)) => d
                        .help("a unit is traced out with `discard`; `trace` takes the name of a `rule`")
                        .fix(Span { end: name.span.start, ..statement }, "discard "),
                    _ => d.help("`trace` takes the name of a `rule`, or of a parameter that holds one"),
                });
                ExprKind::Error
            }
            None => self.resolver.unknown_of(Wanted::Rule, name, "rule ?? { … }"),
        };
        Expr::untyped(name.span, kind)
    }

    fn local(&mut self, name: &Name, value: &ast::Expr) -> StmtKind {
        self.resolver.random = true;
        let value = self.resolver.expr(value);
        self.resolver.random = false;
        if let Some(d) = reserved(name) {
            self.resolver.errors.push(d);
        } else if self.resolver.globals.names.contains_key(&name.key) || self.resolver.locals.contains_key(&name.key) {
            self.resolver.errors.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("`{}` is already defined", name.text),
                    name.span,
                    "defined again",
                )
                .help("choose another name for this `let`"),
            );
        }
        StmtKind::Let { local: self.new_local(name), value }
    }

    /// The outcome is a local from here on, as a record is. Both are also series of the experiments; their names are
    /// checked with the other global names.
    fn measure(&mut self, value: &ast::Expr, name: &Name) -> StmtKind {
        let value = self.resolver.expr(value);
        StmtKind::Measure { value, name: name.key.clone(), local: self.new_local(name) }
    }

    fn new_local(&mut self, name: &Name) -> usize {
        let local = self.locals;
        self.locals += 1;
        self.resolver.locals.insert(name.key.clone(), local);
        local
    }

    fn for_each(&mut self, iteration: &ast::Iteration, body: &[ast::Stmt]) -> StmtKind {
        let local = self.locals;
        self.locals += 1;
        let (rule, locals) = (self.rule, self.locals);
        let (iteration, (body, locals)) = self.resolver.over(iteration, local, |resolver| {
            let mut inside = Body { resolver, rule, locals };
            (inside.statements(body), inside.locals)
        });
        self.locals = locals;
        StmtKind::For { iteration: Box::new(iteration), body }
    }

    fn call(&mut self, name: &Name, args: &[ast::Expr]) -> Option<StmtKind> {
        let args: Vec<Expr> = args.iter().map(|a| self.resolver.expr(a)).collect();
        let Some(Entity::Sequence(id)) = self.resolver.globals.names.get(&name.key).copied() else {
            self.not_a_sequence(name);
            return None;
        };
        let (is_rule, parameters) = &self.resolver.globals.sequences[id.0];
        if *is_rule {
            self.resolver.errors.push(
                Diagnostic::new(
                    Code::NotCallable,
                    format!("`{}` is a rule, which is applied with `trace`", name.text),
                    name.span,
                    "a rule",
                )
                .help(format!("write `trace {}`", name.text)),
            );
            return None;
        }
        if parameters.len() != args.len() {
            let help = format!("call it as `{}({})`", name.text, parameters.join(", "));
            self.resolver.errors.push(
                Diagnostic::new(
                    Code::WrongArguments,
                    takes(&name.text, parameters.len(), args.len()),
                    name.span,
                    format!("{} argument{}", args.len(), plural(args.len())),
                )
                .help(help),
            );
            return None;
        }
        Some(StmtKind::Call { sequence: id, args, body: None })
    }

    fn not_a_sequence(&mut self, name: &Name) {
        let known = self.resolver.globals.names.contains_key(&name.key) || super::builtins::lookup(&name.key).is_some();
        if !known {
            self.resolver.unknown_of(Wanted::Sequence, name, "sequence ??(…) { … }");
            return;
        }
        self.resolver.errors.push(
            Diagnostic::new(
                Code::NotCallable,
                format!("`{}` is not a sequence, so it cannot be a statement", name.text),
                name.span,
                "not a statement",
            )
            .help(self.statement_with(name)),
        );
    }
}

impl Body<'_, '_> {
    /// Suggests a statement that uses a name which is not itself a statement.
    fn statement_with(&self, name: &Name) -> String {
        let name_ = &name.text;
        match self.resolver.globals.names.get(&name.key) {
            Some(Entity::Function(id)) => match self.resolver.globals.functions[id.0].0 {
                ast::FunctionRole::Hamiltonian => format!("write `evolve {name_}(…) for t`"),
                ast::FunctionRole::Gate => format!("write `apply {name_}(…)`"),
                ast::FunctionRole::Def => format!("use it in a statement: `let x = {name_}(…)`, `apply {name_}(…)` or `evolve {name_}(…) for t`"),
            },
            Some(_) => "a statement begins with evolve, apply, discard, uncorrelate, reset, trace, record, let, repeat, with, measure, when or postselect, or calls a sequence".into(),
            None => format!("write `apply {name_}(…)`, or `record NAME = {name_}(…)` for a measure"),
        }
    }
}

/// The series that a measured expression gives.
pub(super) fn shape(value: &Expr) -> Shape {
    match &value.kind {
        ExprKind::Measure { row, .. } => Shape(row.suffixes),
        _ => Shape::SINGLE,
    }
}

/// A resolver for the body of a definition or step with the given arguments.
pub(super) fn resolver<'g>(globals: &'g super::resolve::Globals, args: &[Name]) -> Resolver<'g> {
    let mut resolver = Resolver::new(globals, Place::Step);
    resolver.arguments(args);
    resolver
}
