//! The definitions of a script and of the protocols that it uses, as syntax trees by name.

use std::collections::BTreeMap;

use carom::ast::{
    Declared, ExperimentDecl, ExperimentItemKind, Expr, File, FunctionDecl, Item, ItemKind, ObserveDecl, ParamDecl,
    Role, SequenceDecl, StartDecl, Stmt, SubsystemDecl,
};
use carom::shipped::shipped;
use carom::source::SourceMap;
use carom::syntax::parse;

/// One system or stream.
#[derive(Debug, Clone)]
pub(crate) struct Subsystem {
    pub(crate) key: String,
    /// Index of its declaration in [`World::declarations`].
    pub(crate) declaration: usize,
}

/// All definitions.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) parameters: BTreeMap<String, Expr>,
    /// The values of each input.
    pub(crate) inputs: BTreeMap<String, Vec<f64>>,
    pub(crate) declarations: Vec<SubsystemDecl>,
    pub(crate) subsystems: Vec<Subsystem>,
    pub(crate) functions: BTreeMap<String, FunctionDecl>,
    pub(crate) sequences: BTreeMap<String, SequenceDecl>,
    /// The last `start`.
    pub(crate) start: Option<StartDecl>,
    pub(crate) step: Vec<Stmt>,
    pub(crate) observed: Vec<ObserveDecl>,
    pub(crate) experiments: Vec<ExperimentDecl>,
}

impl World {
    /// Reads a script that the checker has accepted; its texts are added to `sources`.
    pub(crate) fn read(name: &str, text: &str, sources: &mut SourceMap) -> Self {
        let mut world = Self::default();
        let mut settings = Vec::new();
        world.add(name, text, sources, &mut settings);
        // The script's settings are applied after those of the protocols that it uses.
        for (key, value) in settings {
            world.parameters.insert(key, value);
        }
        world
    }

    fn add(&mut self, name: &str, text: &str, sources: &mut SourceMap, settings: &mut Vec<(String, Expr)>) {
        let source = sources.add(name, text);
        let File { items, .. } = parse(source, text).expect("the checker has accepted it");
        for item in &items {
            if let ItemKind::Use { path, .. } = &item.kind {
                let used = shipped(path).unwrap_or_else(|| panic!("{path} is not shipped"));
                self.add(path, used.text, sources, settings);
            }
        }
        for item in items {
            self.define(item, settings);
        }
    }

    fn define(&mut self, item: Item, settings: &mut Vec<(String, Expr)>) {
        match item.kind {
            ItemKind::Use { .. } => {}
            ItemKind::Input(input) => {
                self.inputs.insert(input.name.key.clone(), column(&input.file, &input.column));
            }
            ItemKind::Param(param) => {
                let ParamDecl { name, value, .. } = *param;
                self.parameters.insert(name.key, value);
            }
            ItemKind::Set(assignment) => settings.push((assignment.name.key, assignment.value)),
            ItemKind::Subsystems(declared) => {
                for Declared { name, .. } in &declared.names {
                    let new = Subsystem { key: name.key.clone(), declaration: self.declarations.len() };
                    match self.subsystems.iter_mut().find(|s| s.key == name.key) {
                        Some(old) => *old = new,
                        None => self.subsystems.push(new),
                    }
                }
                self.declarations.push(*declared);
            }
            ItemKind::Function(function) => {
                self.functions.insert(function.name.key.clone(), function);
            }
            ItemKind::Sequence(sequence) => {
                self.sequences.insert(sequence.name.key.clone(), sequence);
            }
            ItemKind::Step { body, .. } => self.step = body,
            ItemKind::Start(start) => self.start = Some(start),
            ItemKind::Observe(observe) => {
                self.observed.retain(|old| old.name.key != observe.name.key);
                self.observed.push(*observe);
            }
            ItemKind::Experiment(experiment) => {
                self.experiments.retain(|old| old.name.key != experiment.name.key);
                self.experiments.push(experiment);
            }
        }
    }

    /// Applies the settings and the beginning of an experiment.
    pub(crate) fn set(&mut self, experiment: &ExperimentDecl) {
        for item in &experiment.items {
            match &item.kind {
                ExperimentItemKind::Set(assignment) => {
                    self.parameters.insert(assignment.name.key.clone(), assignment.value.clone());
                }
                ExperimentItemKind::Start(start) => self.start = Some(start.clone()),
                _ => {}
            }
        }
    }

    /// The size of an array in its declaration; `None` for a single subsystem.
    pub(crate) fn size(&self, subsystem: &Subsystem) -> Option<&Expr> {
        let names = &self.declarations[subsystem.declaration].names;
        names.iter().find(|d| d.name.key == subsystem.key)?.size.as_ref()
    }

    pub(crate) fn subsystem(&self, key: &str) -> Option<usize> {
        self.subsystems.iter().position(|s| s.key == key)
    }

    pub(crate) fn declaration(&self, subsystem: usize) -> &SubsystemDecl {
        &self.declarations[self.subsystems[subsystem].declaration]
    }

    pub(crate) fn is_stream(&self, subsystem: usize) -> bool {
        self.declaration(subsystem).role == Role::Environment
    }
}

/// The numbers in a column of a file of `protocols/data`.
fn column(file: &str, head: &str) -> Vec<f64> {
    let path = format!("{}/protocols/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
    let heads = lines.next().expect("a header line");
    let at = heads.iter().position(|h| *h == head).expect("a column of that name");
    lines.map(|fields| fields[at].parse().expect("a number")).collect()
}
