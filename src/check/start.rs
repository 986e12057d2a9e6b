//! `start s, e = STATE`, of a protocol or an experiment.

use super::experiments::Builder;
use super::program::{Expr, Start};
use super::resolve::{Globals, Place, Resolver};
use crate::ast::StartDecl;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Resolves the names in a `start`.
pub(super) fn start(globals: &Globals, decl: &StartDecl, span: Span, errors: &mut Vec<Diagnostic>) -> Start {
    let mut resolver = Resolver::new(globals, Place::State);
    let targets = decl.targets.iter().map(|r| Expr::untyped(r.span, resolver.reference(r))).collect();
    let state = resolver.expr(&decl.state);
    errors.append(&mut resolver.errors);
    Start { targets, state, joint: false, span }
}

impl Builder<'_, '_> {
    pub(super) fn start(&mut self, decl: &StartDecl, span: Span) {
        if let Some(first) = &self.out.start {
            let message = "an experiment has one beginning, but this is a second `start`";
            let d = Diagnostic::new(Code::DuplicateStart, message, span, "second").label(first.span, "first");
            self.errors.push(d.help("name all subsystems in one `start`, with their joint state"));
        }
        self.out.start = Some(start(self.globals, decl, span, self.errors));
    }
}
