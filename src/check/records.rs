//! The series that the step itself gives: its records and the outcomes of its measurements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::children;
use super::collect::{Collected, reserved};
use super::program::{Expr, ExprKind, Named, Program, SUCCESS, Shape, Stmt, StmtKind as CheckedKind};
use crate::ast::{self, Name, Part, StmtKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::MeasureRow;
use crate::source::Span;

/// The series of the step.
#[derive(Default)]
pub(super) struct Records {
    /// The records and outcomes in execution order.
    pub(super) all: Vec<(Named, Shape)>,
    /// The keys of the outcomes.
    pub(super) outcomes: BTreeSet<String>,
    /// Whether the step has a `postselect`, and so records [`SUCCESS`].
    postselects: bool,
}

/// The records that the step reaches, directly or through the sequences it calls.
pub(super) fn reachable_records(c: &Collected<'_>, errors: &mut Vec<Diagnostic>) -> Records {
    let mut walk = Walk { collected: c, visited: Vec::new(), out: Records::default(), errors };
    if let Some((_, _, step)) = &c.step {
        walk.body(step);
    }
    walk.out
}

struct Walk<'a, 'e> {
    collected: &'a Collected<'a>,
    visited: Vec<&'a str>,
    out: Records,
    errors: &'e mut Vec<Diagnostic>,
}

impl<'a> Walk<'a, '_> {
    fn body(&mut self, body: &'a [ast::Stmt]) {
        for s in body {
            match &s.kind {
                StmtKind::Record { name, value } => self.record(name, ast_shape(self.collected, value)),
                StmtKind::Measure { name, .. } => {
                    self.record(name, Shape::SINGLE);
                    self.out.outcomes.insert(name.key.clone());
                }
                StmtKind::Postselect(condition) => self.success(condition.span),
                StmtKind::Call { name, .. } if !self.visited.contains(&name.key.as_str()) => {
                    self.visited.push(&name.key);
                    if let Some(d) = self.collected.sequences.iter().find(|d| d.name.key == name.key) {
                        self.body(&d.value.body);
                    }
                }
                _ => s.parts().into_iter().for_each(|part| {
                    if let Part::Block(block) = part {
                        self.body(block);
                    }
                }),
            }
        }
    }

    /// The first post-selection makes the step record the probability of success.
    fn success(&mut self, span: Span) {
        let key = SUCCESS.to_string();
        if !std::mem::replace(&mut self.out.postselects, true) {
            self.out.all.push((Named { text: key.clone(), key, span, doc: None, own: true }, Shape::SINGLE));
        }
    }

    fn record(&mut self, name: &Name, shape: Shape) {
        if let Some(d) = reserved(name) {
            return self.errors.push(d);
        }
        if let Some((first, _)) = self.out.all.iter().find(|(r, _)| r.key == name.key) {
            self.errors.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("`{}` is recorded twice", name.text),
                    name.span,
                    "recorded again",
                )
                .label(first.span, "first recorded here")
                .help("give the second record another name"),
            );
            return;
        }
        let named = Named { text: name.text.clone(), key: name.key.clone(), span: name.span, doc: None, own: true };
        self.out.all.push((named, shape));
    }
}

/// Like [`shape`](super::statements::shape), before names are resolved: a definition in the script shadows a measure of the same
/// name.
pub(super) fn ast_shape(c: &Collected<'_>, value: &ast::Expr) -> Shape {
    let ast::ExprKind::Call { function, .. } = &value.kind else { return Shape::SINGLE };
    if c.functions.iter().any(|d| d.name.key == function.key) {
        return Shape::SINGLE;
    }
    MeasureRow::find(&function.key).map_or(Shape::SINGLE, |row| Shape(row.suffixes))
}

/// The keys of the records that each record uses.
pub(super) fn used(program: &Program) -> BTreeMap<String, BTreeSet<String>> {
    let step = program.step.iter().map(|step| &step.body);
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for body in step.chain(program.sequences.iter().map(|s| &*s.body)) {
        let record = |s: &Stmt| match &s.kind {
            CheckedKind::Record { name, local, .. } => Some((*local, name.clone())),
            _ => None,
        };
        let known: HashMap<usize, String> = body.iter().filter_map(record).collect();
        for s in body {
            let Some((_, name)) = record(s) else { continue };
            s.expressions(&mut |e| mentions(e, &known, out.entry(name.clone()).or_default()));
        }
    }
    out
}

fn mentions(e: &Expr, known: &HashMap<usize, String>, out: &mut BTreeSet<String>) {
    if let ExprKind::Local(local) = e.kind {
        out.extend(known.get(&local).cloned());
    }
    children(e, &mut |child| mentions(child, known, out));
}
