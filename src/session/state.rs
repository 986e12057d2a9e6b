//! What a session is at one moment: a checked script, and what its last runs gave.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Failure;
use super::run::Run;
use super::script::{Edit, Target, extent, item_name, items};
use crate::ast::Item;
use crate::check::{Program, Script, check};
use crate::experiment;
use crate::lower::Model;
use crate::source::SourceMap;
use crate::syntax;

/// A script that has no mistake, with its texts.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) script: Script,
    pub(super) program: Program,
    pub(super) sources: SourceMap,
}

/// A moment of a session. It never changes; what is done makes another.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// What was loaded.
    pub(super) base: Arc<Script>,
    /// What it has become.
    pub(super) checked: Arc<Checked>,
    /// The last run, and the one before it of the same experiment.
    pub(super) last: Option<Arc<Run>>,
    pub(super) before: Option<Arc<Run>>,
    /// The last run of every experiment, by its key.
    pub(super) runs: BTreeMap<String, Arc<Run>>,
}

/// A definition's text and where it stands.
pub(super) struct Definition {
    pub(super) item: Item,
    /// The text in which it stands.
    pub(super) text: Arc<str>,
    /// Whether the session's own script has it.
    pub(super) own: bool,
}

impl Definition {
    /// Its text, with its documentation.
    pub(super) fn shown(&self) -> &str {
        &self.text[extent(&self.text, &self.item)]
    }

    /// Its text alone.
    pub(super) fn source(&self) -> &str {
        &self.text[super::script::bytes(self.item.span)]
    }
}

impl Checked {
    /// Checks a script: its names and types, and the model at its parameters.
    pub(super) fn new(script: Script) -> Result<Self, Failure> {
        let mut sources = SourceMap::new();
        let program = match check(&script, &mut sources) {
            Ok(program) => program,
            Err(diagnostics) => return Err(Failure { diagnostics, sources }),
        };
        match experiment::check_model(&program, &[]) {
            Ok(()) => Ok(Self { script, program, sources }),
            Err(diagnostics) => Err(Failure { diagnostics, sources }),
        }
    }

    /// The script after an edit by a typed text.
    pub(super) fn edited(&self, edit: &Edit, typed: &str) -> Result<Self, Failure> {
        Self::new(Script { text: edit.text.clone(), ..self.script.clone() }).map_err(|mut failure| {
            edit.localise(&mut failure.diagnostics, typed, &mut failure.sources);
            failure
        })
    }

    /// The definitions of the protocols that the script uses.
    pub(super) fn elsewhere(&self) -> Vec<Target> {
        self.sources.files().skip(1).flat_map(|f| items(&f.text)).map(|i| Target::of(&i)).collect()
    }

    /// The definition of a name that counts: the last one, the script's own before those that it uses. Definitions go
    /// before experiments, which have names of their own.
    pub(super) fn definition(&self, name: &str) -> Option<Definition> {
        let key = syntax::canonical(name);
        let mut found: Option<Definition> = None;
        for (i, file) in self.sources.files().enumerate() {
            for item in items(&file.text).into_iter().rev() {
                let target = Target::of(&item);
                let better = found.as_ref().is_none_or(|f| {
                    matches!(Target::of(&f.item), Target::Experiment(_)) && !matches!(target, Target::Experiment(_))
                });
                if target.has_name(&key) && better {
                    found = Some(Definition { item, text: file.text.clone(), own: i == 0 });
                }
            }
        }
        found
    }

    /// Every name that `show` and `info` know, as written.
    pub(super) fn names(&self) -> Vec<String> {
        let named =
            |item: Item| (!matches!(Target::of(&item), Target::Use(_) | Target::Set(_))).then(|| item_name(&item));
        let all = self.sources.files().flat_map(|f| items(&f.text)).filter_map(named);
        let mut names: Vec<String> = all.flat_map(|n| n.split(", ").map(str::to_string).collect::<Vec<_>>()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The model at the script's parameters.
    pub(super) fn model(&self) -> Result<Model<'_>, Failure> {
        Model::new(&self.program, None, &[]).map_err(|diagnostics| self.failure(diagnostics))
    }

    pub(super) fn failure(&self, diagnostics: Vec<crate::diagnostic::Diagnostic>) -> Failure {
        Failure { diagnostics, sources: self.sources.clone() }
    }

    /// The values of the parameters by name.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        Model::new(&self.program, None, &[]).map(|m| m.parameters().into_iter().collect()).unwrap_or_default()
    }
}

impl State {
    pub(super) fn new(script: Script) -> Result<Self, Failure> {
        let base = Arc::new(script.clone());
        let checked = Arc::new(Checked::new(script)?);
        Ok(Self { base, checked, last: None, before: None, runs: BTreeMap::new() })
    }

    /// Takes a run in.
    pub(super) fn remember(&mut self, run: Arc<Run>) {
        let key = run.experiment.name.key.clone();
        self.before = self.runs.insert(key, run.clone());
        self.last = Some(run);
    }

    /// The last run, if the script is still the one that was run.
    pub(super) fn current(&self) -> Option<&Arc<Run>> {
        self.last.as_ref().filter(|run| run.script == self.checked.script.text)
    }
}
