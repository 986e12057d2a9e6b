//! All names in a script: where they occur, what they mean, where they are defined.
//!
//! Contract: takes a syntax tree. A name means an argument, a `let` or a series of the experiment if one of that name
//! is in scope, and otherwise a global: a definition of this script, a definition of a script that it uses, or a
//! built-in name.

use std::collections::HashMap;
use std::ops::Range;

use crate::ast::{
    Assignment, Declared, ExperimentDecl, ExperimentItem, ExperimentItemKind, Expr, ExprKind, File, FunctionRole, Item,
    ItemKind, Iteration, Name, ObserveDecl, ParamDecl, Part, PlotItem, PlotItemKind, Reference, Role, StartDecl, Stmt,
    StmtKind,
};
use crate::quantum::MeasureRow;
use crate::source::Span;

/// The meaning of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A definition of the program, or a built-in, by its key.
    Global(String),
    /// An experiment, by its key.
    Experiment(String),
    /// A definition with a scope inside one script, by the first byte of its name.
    Local(usize),
    /// A script that is used, by its path.
    Protocol(String),
}

/// One occurrence of a name.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) at: Range<usize>,
    pub(super) target: Target,
    /// The end of the word, which may be longer than the name: `v_x` is a component of the series `v`.
    word_end: usize,
}

/// Kinds of definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Param,
    Input,
    Subsystem(Role),
    Function(FunctionRole),
    Rule,
    Sequence,
    Observe,
    Record,
    Outcome,
    Experiment,
    Argument,
    Index,
    Let,
    Case,
}

/// A definition.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) target: Target,
    /// The name as it is spelled in the definition.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The bytes of its name.
    pub(super) at: Range<usize>,
    /// The bytes of the whole definition.
    pub(super) whole: Range<usize>,
    /// The bytes of its scope, if it is not the whole program.
    pub(super) scope: Option<Range<usize>>,
    /// Its documentation: the text of the `##` comment.
    pub(super) doc: Option<String>,
    /// The names of its arguments.
    pub(super) args: Vec<String>,
}

/// All names in a script.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In the order of the text.
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) definitions: Vec<Definition>,
}

impl Names {
    /// The names of a tree.
    pub(super) fn of(file: &File) -> Self {
        let mut walk =
            Walk { names: Self::default(), locals: Vec::new(), cases: Vec::new(), doc: None, series: HashMap::new() };
        file.items.iter().for_each(|item| walk.item(item));
        walk.components();
        walk.names.occurrences.sort_by_key(|o| o.at.start);
        walk.names
    }

    /// The name at a byte, or directly before it.
    pub(super) fn at(&self, byte: usize) -> Option<&Occurrence> {
        let covers = |o: &&Occurrence| o.at.start <= byte && byte <= o.word_end;
        self.occurrences.iter().rfind(covers)
    }
}

struct Walk {
    names: Names,
    /// The locals in scope: key, and first byte of the definition.
    locals: Vec<(String, usize)>,
    /// The cases of the current experiment: key, and first byte of the definition.
    cases: Vec<(String, usize)>,
    /// Documentation of the current item.
    doc: Option<String>,
    /// The series of measures that give several, with their suffixes.
    series: HashMap<String, &'static str>,
}

fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

impl Walk {
    fn mention(&mut self, at: Span, target: Target) {
        self.names.occurrences.push(Occurrence { at: bytes(at), target, word_end: at.end as usize });
    }

    fn global(&mut self, name: &Name) {
        self.mention(name.span, Target::Global(name.key.clone()));
    }

    /// A name of an expression.
    fn name(&mut self, name: &Name) {
        let local = self.locals.iter().rev().find(|(key, _)| *key == name.key);
        match local {
            Some((_, definition)) => self.mention(name.span, Target::Local(*definition)),
            None => self.global(name),
        }
    }

    fn define(&mut self, name: &Name, kind: Kind, whole: Span, args: &[Name]) {
        let target = match kind {
            Kind::Experiment => Target::Experiment(name.key.clone()),
            _ => Target::Global(name.key.clone()),
        };
        let args = args.iter().map(|a| a.text.clone()).collect();
        self.add(name, kind, whole, None, target, args);
    }

    fn local(&mut self, name: &Name, kind: Kind, whole: Span, scope: Span) {
        let target = Target::Local(name.span.start as usize);
        self.add(name, kind, whole, Some(bytes(scope)), target, Vec::new());
        self.locals.push((name.key.clone(), name.span.start as usize));
    }

    fn add(
        &mut self,
        name: &Name,
        kind: Kind,
        whole: Span,
        scope: Option<Range<usize>>,
        target: Target,
        args: Vec<String>,
    ) {
        self.mention(name.span, target.clone());
        let doc = if scope.is_none() { self.doc.clone() } else { None };
        let (name, at, whole) = (name.text.clone(), bytes(name.span), bytes(whole));
        self.names.definitions.push(Definition { target, name, kind, at, whole, scope, doc, args });
    }

    fn item(&mut self, item: &Item) {
        self.locals.clear();
        self.doc.clone_from(&item.doc);
        match &item.kind {
            ItemKind::Use { path, span } => self.mention(*span, Target::Protocol(path.clone())),
            ItemKind::Set(a) => self.assignment(a),
            ItemKind::Start(decl) => self.start(decl),
            ItemKind::Param(param) => {
                let ParamDecl { name, value, bounds } = &**param;
                self.define(name, Kind::Param, item.span, &[]);
                self.expr(value);
                bounds.iter().flat_map(|b| [&b.least, &b.most]).for_each(|e| self.expr(e));
            }
            ItemKind::Input(d) => self.define(&d.name, Kind::Input, item.span, &[]),
            ItemKind::Subsystems(d) => {
                for Declared { name, size } in &d.names {
                    self.define(name, Kind::Subsystem(d.role), item.span, &[]);
                    size.iter().for_each(|e| self.expr(e));
                }
                let argument = d.kind.as_ref().and_then(|(_, argument)| argument.as_ref());
                [argument, d.state.as_ref(), d.keep.as_ref()].into_iter().flatten().for_each(|e| self.expr(e));
            }
            ItemKind::Function(f) => {
                self.define(&f.name, Kind::Function(f.role), item.span, &f.args);
                f.args.iter().for_each(|a| self.local(a, Kind::Argument, a.span, item.span));
                self.expr(&f.body);
            }
            ItemKind::Sequence(s) => {
                let kind = if s.is_rule { Kind::Rule } else { Kind::Sequence };
                self.define(&s.name, kind, item.span, &s.args);
                s.args.iter().for_each(|a| self.local(a, Kind::Argument, a.span, item.span));
                self.statements(&s.body, item.span);
            }
            ItemKind::Step { body, .. } => self.statements(body, item.span),
            ItemKind::Observe(observe) => {
                let ObserveDecl { name, elements, value } = &**observe;
                self.over(elements.as_ref(), item.span, |walk| walk.observe(name, Kind::Observe, value, item.span));
            }
            ItemKind::Experiment(e) => self.experiment(e, item.span),
        }
    }

    /// A measured series, which is global.
    fn observe(&mut self, name: &Name, kind: Kind, value: &Expr, whole: Span) {
        self.define(name, kind, whole, &[]);
        if let ExprKind::Call { function, .. } = &value.kind
            && let Some(row) = MeasureRow::find(&function.key)
        {
            self.series.extend(row.suffixes.iter().map(|suffix| (format!("{}{suffix}", name.key), *suffix)));
        }
        self.expr(value);
    }

    /// `v_x` is a component of the series `v`, so the name is its first part.
    fn components(&mut self) {
        for o in &mut self.names.occurrences {
            let Target::Global(key) = &o.target else { continue };
            if let Some(suffix) = self.series.get(key) {
                o.at.end -= suffix.len();
                o.target = Target::Global(key[..key.len() - suffix.len()].to_string());
            }
        }
    }

    fn assignment(&mut self, a: &Assignment) {
        self.global(&a.name);
        self.expr(&a.value);
    }

    fn start(&mut self, decl: &StartDecl) {
        decl.targets.iter().for_each(|r| self.reference(r));
        self.expr(&decl.state);
    }

    /// Everything in the scope of an index. Its range is outside of that scope.
    fn over(&mut self, iteration: Option<&Iteration>, scope: Span, inside: impl FnOnce(&mut Self)) {
        let before = self.locals.len();
        if let Some(Iteration { index, range }) = iteration {
            range.parts().for_each(|e| self.expr(e));
            self.local(index, Kind::Index, index.span.to(range.span), scope);
        }
        inside(self);
        self.locals.truncate(before);
    }

    fn statements(&mut self, body: &[Stmt], scope: Span) {
        let before = self.locals.len();
        body.iter().for_each(|s| self.statement(s, scope));
        self.locals.truncate(before);
    }

    fn statement(&mut self, s: &Stmt, scope: Span) {
        match &s.kind {
            StmtKind::Record { name, value } => self.observe(name, Kind::Record, value, s.span),
            StmtKind::Measure { value, name } => {
                self.expr(value);
                self.define(name, Kind::Outcome, s.span, &[]);
            }
            StmtKind::Let { name, value } => {
                self.expr(value);
                self.local(name, Kind::Let, s.span, scope);
            }
            StmtKind::For { iteration, body } => {
                self.over(Some(&**iteration), s.span, |walk| walk.statements(body, s.span));
            }
            _ => s.parts().into_iter().for_each(|part| match part {
                Part::Expr(e) => self.expr(e),
                Part::Subsystem(r) => self.reference(r),
                Part::Uses(name) => self.global(name),
                Part::Block(block) => self.statements(block, s.span),
            }),
        }
    }

    fn experiment(&mut self, e: &ExperimentDecl, whole: Span) {
        self.define(&e.name, Kind::Experiment, whole, &[]);
        // A case may be named above its definition. Its name hides nothing, because it only follows `in`.
        self.cases.clear();
        for item in &e.items {
            if let ExperimentItemKind::Case { name, .. } = &item.kind {
                let target = Target::Local(name.span.start as usize);
                self.add(name, Kind::Case, item.span, Some(bytes(whole)), target, Vec::new());
                self.cases.push((name.key.clone(), name.span.start as usize));
            }
        }
        e.items.iter().for_each(|item| self.experiment_item(item, whole));
    }

    fn experiment_item(&mut self, item: &ExperimentItem, whole: Span) {
        use ExperimentItemKind as E;
        match &item.kind {
            E::Set(a) => self.assignment(a),
            E::Start(decl) => self.start(decl),
            E::Run { collisions, until } => std::iter::once(collisions).chain(until).for_each(|e| self.expr(e)),
            E::Let { name, value } => self.experiment_local(name, value, item.span, whole),
            E::Observe(observe) => {
                let ObserveDecl { name, elements, value } = &**observe;
                self.over(elements.as_ref(), item.span, |walk| walk.expr(value));
                self.local(name, Kind::Let, item.span, whole);
            }
            E::Trajectories { count, seed } => std::iter::once(count).chain(seed).for_each(|e| self.expr(e)),
            E::Draw(a) => self.assignment(a),
            E::Expect(e) => self.expr(e),
            E::Sweep(axes) => axes.iter().for_each(|a| self.assignment(a)),
            E::Collect(all) => {
                all.iter().for_each(|(name, value)| self.experiment_local(name, value, item.span, whole));
            }
            E::Plot(lines) => lines.iter().for_each(|line| self.plot(line)),
            E::Save { series, .. } => series.iter().for_each(|s| {
                self.name(&s.name);
                s.index.iter().for_each(|e| self.expr(e));
                self.case(s.case.as_ref());
            }),
            E::Case { items, .. } => items.iter().for_each(|item| self.experiment_item(item, whole)),
            E::Steady | E::Spectrum => {}
        }
    }

    fn experiment_local(&mut self, name: &Name, value: &Expr, whole: Span, scope: Span) {
        self.expr(value);
        self.local(name, Kind::Let, whole, scope);
    }

    fn plot(&mut self, line: &PlotItem) {
        match &line.kind {
            PlotItemKind::Line { values, against, .. } | PlotItemKind::Scatter { values, against, .. } => {
                values.iter().chain(against).for_each(|e| self.expr(e));
            }
            PlotItemKind::Heatmap { value, .. } => self.expr(value),
            PlotItemKind::Inset(lines) => lines.iter().for_each(|l| self.plot(l)),
            PlotItemKind::Panels(names) => {
                names.iter().for_each(|n| self.mention(n.span, Target::Experiment(n.key.clone())));
            }
            PlotItemKind::Text { .. } | PlotItemKind::NamedSize(_) | PlotItemKind::Scale { .. } => {}
            PlotItemKind::Size(lengths) => lengths.iter().for_each(|e| self.expr(e)),
            PlotItemKind::Range { from, to, .. } => [from, to].into_iter().for_each(|e| self.expr(e)),
        }
    }

    /// The case that a name belongs to.
    fn case(&mut self, case: Option<&Name>) {
        let Some(case) = case else { return };
        if let Some((_, definition)) = self.cases.iter().find(|(key, _)| *key == case.key) {
            self.mention(case.span, Target::Local(*definition));
        }
    }

    fn reference(&mut self, r: &Reference) {
        self.name(&r.name);
        self.case(r.case.as_deref());
        r.brackets().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Reference(r) => {
                self.name(&r.name);
                self.case(r.case.as_deref());
            }
            ExprKind::Call { function, .. } => self.name(function),
            ExprKind::Reduction { iteration, body, .. } => {
                return self.over(Some(&**iteration), e.span, |walk| walk.expr(body));
            }
            _ => {}
        }
        e.children(&mut |child| self.expr(child));
    }
}
