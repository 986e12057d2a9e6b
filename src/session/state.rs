//! The state of a session: a checked script and the results of its last runs.

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

/// A script without mistakes, with the program it defines and the texts that its diagnostics point into.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) script: Script,
    pub(super) program: Program,
    pub(super) sources: SourceMap,
}

/// The state of a session at one moment. It is immutable; each change produces a new one.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The script as it was loaded.
    pub(super) base: Arc<Script>,
    /// The current script.
    pub(super) checked: Arc<Checked>,
    /// The last run.
    pub(super) last: Option<Arc<Run>>,
    /// The previous run of the experiment that ran last.
    pub(super) before: Option<Arc<Run>>,
    /// The last run of each experiment, by the key of its name.
    pub(super) runs: BTreeMap<String, Arc<Run>>,
}

/// A definition and the text that contains it.
pub(super) struct Definition {
    pub(super) item: Item,
    /// The whole text of the script or protocol.
    pub(super) text: Arc<str>,
    /// Whether it is in the session's own script.
    pub(super) own: bool,
}

impl Definition {
    /// Its source text with its documentation.
    pub(super) fn shown(&self) -> &str {
        &self.text[extent(&self.text, &self.item)]
    }

    /// Its source text without documentation.
    pub(super) fn source(&self) -> &str {
        &self.text[super::script::bytes(self.item.span)]
    }
}

impl Checked {
    /// Checks the names and types of a script, and its model at the values of its parameters.
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

    /// Applies an edit and checks the result. Diagnostics point into the typed text where possible.
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

    /// The definition of a name that is in effect: the last one in the script, else in the protocols that it uses. If an
    /// experiment and another definition share the name, the other definition is returned.
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

    /// All names that `show` and `info` accept, as written in the scripts, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let named =
            |item: Item| (!matches!(Target::of(&item), Target::Use(_) | Target::Set(_))).then(|| item_name(&item));
        let all = self.sources.files().flat_map(|f| items(&f.text)).filter_map(named);
        let mut names: Vec<String> = all.flat_map(|n| n.split(", ").map(str::to_string).collect::<Vec<_>>()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The model at the values of the script's parameters.
    pub(super) fn model(&self) -> Result<Model<'_>, Failure> {
        Model::new(&self.program, None, &[]).map_err(|diagnostics| self.failure(diagnostics))
    }

    pub(super) fn failure(&self, diagnostics: Vec<crate::diagnostic::Diagnostic>) -> Failure {
        Failure { diagnostics, sources: self.sources.clone() }
    }

    /// The values of the parameters by name; empty if the model cannot be built.
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

    /// Records a run as the last one, and as the last of its experiment.
    pub(super) fn remember(&mut self, run: Arc<Run>) {
        let key = run.experiment.name.key.clone();
        self.before = self.runs.insert(key, run.clone());
        self.last = Some(run);
    }

    /// The last run, if the script has not changed since.
    pub(super) fn current(&self) -> Option<&Arc<Run>> {
        self.last.as_ref().filter(|run| run.script == self.checked.script.text)
    }
}
