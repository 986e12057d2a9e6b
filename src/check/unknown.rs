//! Messages for unknown names.

use super::builtins::{self, Builtin};
use super::program::{Entity, ExprKind};
use super::resolve::{Globals, Place, Resolver};
use super::suggest::{distance, nearest};
use crate::ast::{self, Name};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::lookalike;

/// The kind of name that fits a place. Only such names are suggested for an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A value: not a name that is useless without brackets.
    Value,
    /// An argument of a gate, an operator or a definition: a subsystem or a number.
    Argument,
    /// A subsystem.
    Subsystem,
    /// Something that can be called.
    Callable,
    /// A rule.
    Rule,
    /// A sequence.
    Sequence,
}

impl Wanted {
    /// Whether a definition of the script fits.
    fn fits(self, entity: &Entity, globals: &Globals) -> bool {
        use Entity as E;
        match (self, entity) {
            (Self::Value, E::Function(id)) => globals.functions[id.0].1.is_empty(),
            (Self::Value, E::Sequence(id)) => globals.sequences[id.0].0,
            (Self::Value, _) => true,
            (Self::Callable, E::Function(_) | E::Input(_)) => true,
            (Self::Argument, E::Param(_)) => true,
            (Self::Argument | Self::Subsystem, E::Subsystem(_) | E::Array(_)) => true,
            (Self::Rule, E::Param(_)) => true,
            (Self::Rule, E::Sequence(id)) => globals.sequences[id.0].0,
            (Self::Sequence, E::Sequence(id)) => !globals.sequences[id.0].0,
            _ => false,
        }
    }

    /// Whether a built-in name fits.
    fn fits_builtin(self, key: &str) -> bool {
        use Builtin as B;
        let Some(builtin) = builtins::lookup(key) else { return false };
        match self {
            Self::Value => match builtin {
                B::Constant(_) | B::Operator(_) => true,
                B::Form(row) => row.arity.0 == 0,
                _ => false,
            },
            Self::Argument => matches!(builtin, B::Constant(_)),
            Self::Callable => !matches!(builtin, B::Constant(_)),
            Self::Subsystem | Self::Rule | Self::Sequence => false,
        }
    }
}

/// A name that differs from a known one only by letters that look the same.
fn look_alike(d: Diagnostic, name: &Name, near: &str) -> Diagnostic {
    let letters = |text: &str| text.chars().find(|c| !near.contains(*c)).unwrap_or(' ');
    let other = letters(&name.text);
    d.help(format!(
        "did you mean `{near}`? `{other}` is another letter that looks the same (U+{:04X})",
        u32::from(other)
    ))
    .fix(name.span, near)
}

impl Resolver<'_> {
    /// Reports an unknown name where the resolver is. `definition` shows how to define it, with `??` in place of the name.
    pub(super) fn unknown(&mut self, name: &Name, definition: &str) -> ExprKind {
        self.unknown_of(self.wanted, name, definition)
    }

    /// Reports an unknown name of a kind.
    pub(super) fn unknown_of(&mut self, wanted: Wanted, name: &Name, definition: &str) -> ExprKind {
        let d = match name.key.as_str() {
            "n" => Diagnostic::new(
                Code::NoCollision,
                "`n`, the collision number, is known only inside a step",
                name.span,
                "no collision here",
            )
            .help("move the expression with `n` into the step, for example `let t = 0.1*n`"),
            key if self.later.iter().any(|l| l == key) => Diagnostic::new(
                Code::SeriesOutside,
                format!("`{}` is computed after the run, but `until` is evaluated during the run", name.text),
                name.span,
                "not known yet",
            )
            .help(
                "write a condition on observed or recorded series; each stands for its value at the current collision",
            ),
            key => {
                let message = format!("there is no definition of `{}`", name.text);
                let d = Diagnostic::new(Code::UnknownName, message, name.span, "unknown name");
                match self.nearest_name(key, wanted) {
                    _ if let Some(near) = self.same_look(&name.text, wanted) => look_alike(d, name, &near),
                    Some(near) => d.did_you_mean(name.span, &near),
                    None if key == "e" => {
                        d.help("for Euler's number write `exp(1)`, for its powers `exp(x)`; `e` is not predefined")
                    }
                    None => d.help(format!(
                        "define it, for example `{}`; `carom reference` lists the built-in names",
                        definition.replace("??", &name.text)
                    )),
                }
            }
        };
        self.errors.push(d);
        ExprKind::Error
    }

    /// The nearest known name of a kind, as its author wrote it. Of two equally near names, the one defined in the script
    /// is preferred.
    fn nearest_name(&self, key: &str, wanted: Wanted) -> Option<String> {
        let own = self.own_names(wanted);
        let aliases: Vec<(&str, String)> = builtins::aliases().collect();
        let built_in = builtins::names().map(|name| -> &str { name }).chain(aliases.iter().map(|(key, _)| *key));
        let built_in = built_in.filter(|name| wanted.fits_builtin(name));
        let (own, built_in) = (nearest(key, own.into_iter()), nearest(key, built_in));
        let near = match (own, built_in) {
            (Some(own), Some(built_in)) if distance(key, built_in) < distance(key, own) => built_in,
            (Some(own), _) => own,
            (None, built_in) => built_in?,
        };
        let written =
            || aliases.iter().find(|(key, _)| *key == near).map_or_else(|| near.to_string(), |(_, w)| w.clone());
        Some(self.globals.written.get(near).cloned().unwrap_or_else(written))
    }

    /// The names of the script that fit.
    fn own_names(&self, wanted: Wanted) -> Vec<&str> {
        let globals = self.globals.names.iter().filter(|(_, entity)| wanted.fits(entity, self.globals));
        let globals = globals.map(|(key, _)| key.as_str());
        let here = !matches!(wanted, Wanted::Rule | Wanted::Sequence | Wanted::Callable);
        let locals = self.locals.keys().map(String::as_str).filter(|_| here);
        let series = self.series.keys().map(String::as_str).filter(|_| wanted == Wanted::Value);
        globals.chain(locals).chain(series).collect()
    }

    /// The name of the script, or the operator, that looks the same as an unknown one.
    fn same_look(&self, text: &str, wanted: Wanted) -> Option<String> {
        let (look, _) = lookalike(text);
        let own = self.own_names(wanted).into_iter();
        let own = own.map(|key| self.globals.written.get(key).map_or(key, String::as_str));
        let built_in = builtins::names().map(|name| -> &str { name }).filter(|name| wanted.fits_builtin(name));
        own.chain(built_in).find(|name| *name != text && lookalike(name).0 == look).map(ToOwned::to_owned)
    }

    /// The error for a unit of something that is not a stream. In an experiment, `p[10]` is meant as a value of a series.
    pub(super) fn not_a_stream(&self, r: &ast::Reference) -> Diagnostic {
        let name = &r.name;
        let d = Diagnostic::new(
            Code::NotAStream,
            format!("`{}` is not an environment, so it has no other units", name.text),
            r.span,
            "not a stream of units",
        );
        if let (Some(Builtin::Operator(_)), ast::Offset::Index(index)) = (builtins::lookup(&name.key), &r.offset) {
            let d = d.help(format!("operators name their subsystem in round brackets: `{}(s)`", name.text));
            let before = Span { end: index.span.start, ..name.span };
            return d.fix(before, format!("{}(", name.text)).fix(Span { start: index.span.end, ..r.span }, ")");
        }
        let series = self.place == Place::Experiment && self.series.contains_key(&name.key);
        match &r.offset {
            ast::Offset::Index(index) if series => {
                let d = d.help(format!("one value of a series is `at({0}, n)`, the final one `last({0})`", name.text));
                if matches!(index.kind, ast::ExprKind::Unary { op: ast::UnaryOp::Neg, .. }) {
                    return d.fix(r.span, format!("last({})", name.text));
                }
                let before = Span { end: index.span.start, ..name.span };
                d.fix(before, format!("at({}, ", name.text)).fix(Span { start: index.span.end, ..r.span }, ")")
            }
            _ => d.help(format!("only an `environment` has units e, e', e[k]; here write `{}` alone", name.text)),
        }
    }

    /// The edits that make a product, or a value of a series, of something that is called. `first` is its first argument.
    pub(super) fn instead_of_a_call(&self, entity: &Entity, name: &Name, first: Option<Span>) -> Vec<(Span, String)> {
        let Some(first) = first else { return Vec::new() };
        let series = matches!(entity, Entity::Series(_)) || self.series.contains_key(&name.key);
        if series && self.place == Place::Experiment {
            return vec![(Span { end: first.start, ..name.span }, format!("at({}, ", name.text))];
        }
        match entity {
            Entity::Param(_) => vec![(Span { end: first.start, ..name.span }, format!("{}*(", name.text))],
            _ => Vec::new(),
        }
    }
}
