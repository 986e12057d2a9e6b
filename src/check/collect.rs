//! Gathers the definitions of all loaded scripts by name.
//!
//! Contract: afterwards every name has exactly one definition, the last one if it was redefined. Definitions keep the
//! order in which their names first appeared. Bodies are not examined here.

use std::collections::HashMap;
use std::path::Path;

use super::arrays::{Array, SeriesArray};
use super::load::Unit;
use super::program::Named;
use super::suggest::nearest;
use crate::ast::{
    Assignment, Bounds, Declared, ExperimentDecl, FunctionDecl, FunctionRole, InputDecl, Item, ItemKind, Name,
    ObserveDecl, ParamDecl, Role, SequenceDecl, StartDecl, Stmt, SubsystemDecl,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A definition with its name; `value` borrows from the syntax tree.
pub(super) struct Def<'a, T> {
    pub(super) name: Named,
    pub(super) value: &'a T,
}

/// An observable, or an element of an array of them.
pub(super) struct Observed<'a> {
    pub(super) def: Def<'a, ObserveDecl>,
    /// The key and the value of the index, for an element.
    pub(super) index: Option<(String, i64)>,
}

/// All definitions of a program.
#[derive(Default)]
pub(super) struct Collected<'a> {
    pub(super) doc: Option<String>,
    pub(super) params: Vec<Def<'a, ParamDecl>>,
    /// The range of each parameter. A redefinition without a range keeps that of the definition it replaces.
    pub(super) bounds: Vec<Option<&'a Bounds>>,
    /// Each with the folder of the script that contains it.
    pub(super) inputs: Vec<(Def<'a, InputDecl>, Option<&'a Path>)>,
    pub(super) sets: Vec<&'a Assignment>,
    /// The last `start`, with its place.
    pub(super) start: Option<(&'a StartDecl, Span)>,
    pub(super) subsystems: Vec<(Def<'a, SubsystemDecl>, Span)>,
    pub(super) functions: Vec<Def<'a, FunctionDecl>>,
    pub(super) sequences: Vec<Def<'a, SequenceDecl>>,
    pub(super) step: Option<(Span, Option<String>, &'a [Stmt])>,
    pub(super) observables: Vec<Observed<'a>>,
    /// Arrays of subsystems; empty until arrays are replaced by their elements.
    pub(super) arrays: Vec<Array>,
    /// Arrays of series; empty until arrays are replaced by their elements.
    pub(super) series_arrays: Vec<SeriesArray>,
    pub(super) experiments: Vec<Def<'a, ExperimentDecl>>,
    pub(super) errors: Vec<Diagnostic>,
    index: HashMap<String, (Kind, usize)>,
}

/// The kind of definition that a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Param,
    Input,
    System,
    Environment,
    Function(FunctionRole),
    Rule,
    Sequence,
    Observe,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Param => "param",
            Self::Input => "input",
            Self::System => "system",
            Self::Environment => "environment",
            Self::Function(FunctionRole::Hamiltonian) => "hamiltonian",
            Self::Function(FunctionRole::Gate) => "gate",
            Self::Function(FunctionRole::Def) => "def",
            Self::Rule => "rule",
            Self::Sequence => "sequence",
            Self::Observe => "observe",
        }
    }
}

/// Gathers the definitions of all loaded scripts.
pub(super) fn collect(units: &[Unit]) -> Collected<'_> {
    let mut all = Collected::default();
    for unit in units {
        if unit.own {
            all.doc.clone_from(&unit.file.doc);
        }
        for item in &unit.file.items {
            all.item(item, unit);
        }
    }
    all
}

impl<'a> Collected<'a> {
    fn item(&mut self, item: &'a Item, unit: &'a Unit) {
        let own = unit.own;
        match &item.kind {
            ItemKind::Use { .. } => {}
            ItemKind::Set(assignment) => self.sets.push(assignment),
            ItemKind::Start(decl) => self.start(decl, item.span),
            ItemKind::Param(param) => {
                if let Some(slot) = self.place(Kind::Param, &param.name, item, own, self.params.len()) {
                    self.bounds.resize(self.params.len().max(slot.at + 1), None);
                    self.bounds[slot.at] = param.bounds.as_ref().or(self.bounds[slot.at]);
                    put(&mut self.params, slot, param);
                }
            }
            ItemKind::Observe(observe) => {
                if let Some(slot) = self.place(Kind::Observe, &observe.name, item, own, self.observables.len()) {
                    self.observe(slot, observe);
                }
            }
            ItemKind::Input(d) => self.input(d, item, unit),
            ItemKind::Function(f) => self.function(f, item, own),
            ItemKind::Sequence(s) => self.sequence(s, item, own),
            ItemKind::Subsystems(decl) => self.declaration(decl, item, own),
            ItemKind::Step { keyword, body } => self.step(item, *keyword, body),
            ItemKind::Experiment(e) => self.experiment(e, item, own),
        }
    }

    /// The place for a definition: a new one, or that of the definition it replaces. `None` if there was an error.
    fn place(&mut self, kind: Kind, name: &Name, item: &Item, own: bool, len: usize) -> Option<Place> {
        let named =
            Named { text: name.text.clone(), key: name.key.clone(), span: name.span, doc: item.doc.clone(), own };
        self.errors.extend(reserved(name));
        match (self.index.get(&name.key).copied(), item.redefine) {
            (None, None) => {
                self.index.insert(name.key.clone(), (kind, len));
                Some(Place { at: len, named })
            }
            (Some((old, at)), Some(_)) if old == kind => Some(Place { at, named }),
            (Some((old, at)), Some(_)) => {
                let d = Diagnostic::new(
                    Code::RedefineKind,
                    format!("`{}` is defined with `{}`, but redefined with `{}`", name.text, old.word(), kind.word()),
                    name.span,
                    "another kind of definition",
                )
                .label(self.span_of(old, at), "first defined here")
                .help(format!(
                    "write `redefine {} {} …`, or choose another name for the new `{}`",
                    old.word(),
                    name.text,
                    kind.word()
                ));
                self.errors.push(d);
                None
            }
            (Some((old, at)), None) => {
                let first = self.span_of(old, at);
                let mut d = Diagnostic::new(
                    Code::DuplicateName,
                    format!("`{}` is defined twice", name.text),
                    name.span,
                    "defined again",
                )
                .label(first, "first defined here");
                let written = self.written(old, at);
                if written != name.text {
                    d = d.help(format!(
                        "`{written}` and `{}` are the same name: a Greek letter and its English spelling are interchangeable",
                        name.text
                    ));
                }
                d = if old == kind && first.source != name.span.source {
                    d.help(format!("to replace the first definition, write `redefine {} {} …`", kind.word(), name.text))
                } else {
                    d.help("choose another name for one of them, or delete one")
                };
                self.errors.push(d);
                None
            }
            (None, Some(span)) => {
                self.nothing_to_redefine(kind, name, span);
                None
            }
        }
    }

    fn nothing_to_redefine(&mut self, kind: Kind, name: &Name, span: Span) {
        let d = Diagnostic::new(
            Code::NothingToRedefine,
            format!("there is no {} `{}` to redefine", kind.word(), name.text),
            span.to(name.span),
            "not defined before",
        );
        let near = nearest(&name.key, self.index.iter().filter(|(_, v)| v.0 == kind).map(|(k, _)| k.as_str()));
        self.errors.push(match near {
            Some(near) => d.help(format!("did you mean `{near}`? For a new definition, leave `redefine` out")),
            None => d.help("for a new definition, leave `redefine` out"),
        });
    }

    fn span_of(&self, kind: Kind, at: usize) -> Span {
        match kind {
            Kind::Param => self.params[at].name.span,
            Kind::Input => self.inputs[at].0.name.span,
            Kind::System | Kind::Environment => self.subsystems[at].0.name.span,
            Kind::Function(_) => self.functions[at].name.span,
            Kind::Rule | Kind::Sequence => self.sequences[at].name.span,
            Kind::Observe => self.observables[at].def.name.span,
        }
    }

    fn written(&self, kind: Kind, at: usize) -> String {
        match kind {
            Kind::Param => &self.params[at].name.text,
            Kind::Input => &self.inputs[at].0.name.text,
            Kind::System | Kind::Environment => &self.subsystems[at].0.name.text,
            Kind::Function(_) => &self.functions[at].name.text,
            Kind::Rule | Kind::Sequence => &self.sequences[at].name.text,
            Kind::Observe => &self.observables[at].def.name.text,
        }
        .clone()
    }

    fn same_arguments(&mut self, name: &Name, old: usize, new: usize, first: Span) -> bool {
        if old == new {
            return true;
        }
        let d = Diagnostic::new(
            Code::RedefineArguments,
            format!("`{}` takes {old} argument{}, but its redefinition takes {new}", name.text, plural(old)),
            name.span,
            "different number of arguments",
        )
        .label(first, "first defined here")
        .help("a redefinition must take the same number of arguments, so that every call remains valid");
        self.errors.push(d);
        false
    }

    fn observe(&mut self, slot: Place, observe: &'a ObserveDecl) {
        let mut def = Def { name: slot.named, value: observe };
        match self.observables.get_mut(slot.at) {
            Some(old) => {
                inherit_doc(&mut def.name, &old.def.name);
                *old = Observed { def, index: None };
            }
            None => self.observables.push(Observed { def, index: None }),
        }
    }

    fn function(&mut self, f: &'a FunctionDecl, item: &'a Item, own: bool) {
        let Some(slot) = self.place(Kind::Function(f.role), &f.name, item, own, self.functions.len()) else { return };
        if let Some(old) = self.functions.get(slot.at) {
            let (count, span) = (old.value.args.len(), old.name.span);
            if !self.same_arguments(&f.name, count, f.args.len(), span) {
                return;
            }
        }
        put(&mut self.functions, slot, f);
    }

    fn sequence(&mut self, s: &'a SequenceDecl, item: &'a Item, own: bool) {
        let kind = if s.is_rule { Kind::Rule } else { Kind::Sequence };
        let Some(slot) = self.place(kind, &s.name, item, own, self.sequences.len()) else { return };
        if let Some(old) = self.sequences.get(slot.at) {
            let (count, span) = (old.value.args.len(), old.name.span);
            if !self.same_arguments(&s.name, count, s.args.len(), span) {
                return;
            }
        }
        put(&mut self.sequences, slot, s);
    }

    fn input(&mut self, decl: &'a InputDecl, item: &'a Item, unit: &'a Unit) {
        let Some(slot) = self.place(Kind::Input, &decl.name, item, unit.own, self.inputs.len()) else { return };
        let input = (Def { name: slot.named, value: decl }, unit.folder.as_deref());
        if slot.at < self.inputs.len() {
            self.inputs[slot.at] = input;
        } else {
            self.inputs.push(input);
        }
    }

    fn declaration(&mut self, decl: &'a SubsystemDecl, item: &'a Item, own: bool) {
        let kind = if decl.role == Role::System { Kind::System } else { Kind::Environment };
        for Declared { name, .. } in &decl.names {
            let Some(slot) = self.place(kind, name, item, own, self.subsystems.len()) else { continue };
            let def = (Def { name: slot.named, value: decl }, item.span);
            if slot.at < self.subsystems.len() {
                self.subsystems[slot.at] = def;
            } else {
                self.subsystems.push(def);
            }
        }
    }

    /// A `start` replaces that of a protocol that the script uses.
    fn start(&mut self, decl: &'a StartDecl, span: Span) {
        if let Some((_, first)) = self.start.filter(|(_, first)| first.source == span.source) {
            let d = Diagnostic::new(
                Code::DuplicateStart,
                "a run has one beginning, but this is a second `start`",
                span,
                "second",
            );
            self.errors.push(d.label(first, "first").help(
                "name all subsystems in one `start`, with their joint state: `start a, b, e = (|00> + |11>)/√2 ⊗ |0>`",
            ));
        }
        self.start = Some((decl, span));
    }

    fn step(&mut self, item: &'a Item, keyword: Span, body: &'a [Stmt]) {
        match (&self.step, item.redefine) {
            (Some((first, ..)), None) => {
                let d = Diagnostic::new(Code::DuplicateStep, "a protocol has one step, but this is a second", keyword, "second step")
                    .label(*first, "first step")
                    .help("to replace the first, write `redefine step { … }`; to name statements for reuse, write a `sequence`");
                self.errors.push(d);
            }
            (None, Some(span)) => self.errors.push(
                Diagnostic::new(
                    Code::NothingToRedefine,
                    "there is no step to redefine",
                    span.to(keyword),
                    "no step yet",
                )
                .help("leave `redefine` out"),
            ),
            _ => self.step = Some((keyword, item.doc.clone(), body)),
        }
    }

    /// Experiments have their own namespace: an experiment may have the same name as a rule.
    fn experiment(&mut self, e: &'a ExperimentDecl, item: &'a Item, own: bool) {
        let named =
            Named { text: e.name.text.clone(), key: e.name.key.clone(), span: e.name.span, doc: item.doc.clone(), own };
        let old = self.experiments.iter().position(|x| x.name.key == e.name.key);
        match (old, item.redefine) {
            (None, None) => self.experiments.push(Def { name: named, value: e }),
            (Some(at), Some(_)) => self.experiments[at] = Def { name: named, value: e },
            (Some(at), None) => {
                let d = Diagnostic::new(
                    Code::DuplicateName,
                    format!("the experiment `{}` is defined twice", e.name.text),
                    e.name.span,
                    "defined again",
                )
                .label(self.experiments[at].name.span, "first defined here")
                .help(format!("to replace the first, write `redefine experiment {} …`", e.name.text));
                self.errors.push(d);
            }
            (None, Some(span)) => self.errors.push(
                Diagnostic::new(
                    Code::NothingToRedefine,
                    format!("there is no experiment `{}` to redefine", e.name.text),
                    span.to(e.name.span),
                    "not defined before",
                )
                .help("for a new experiment, leave `redefine` out"),
            ),
        }
    }
}

/// The error for a definition named `n`, which would shadow the collision number.
pub(super) fn reserved(name: &Name) -> Option<Diagnostic> {
    (name.key == "n").then(|| {
        Diagnostic::new(
            Code::ReservedName,
            "`n` is reserved for the collision number, the index of every series",
            name.span,
            "reserved name",
        )
        .help("choose another name, for example `n1`")
    })
}

struct Place {
    at: usize,
    named: Named,
}

fn put<'a, T>(list: &mut Vec<Def<'a, T>>, place: Place, value: &'a T) {
    let mut def = Def { name: place.named, value };
    if place.at < list.len() {
        inherit_doc(&mut def.name, &list[place.at].name);
        list[place.at] = def;
    } else {
        list.push(def);
    }
}

/// A redefinition without documentation of its own keeps that of the definition it replaces.
fn inherit_doc(new: &mut Named, old: &Named) {
    if new.doc.is_none() {
        new.doc.clone_from(&old.doc);
    }
}

pub(super) fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
