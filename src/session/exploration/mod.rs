//! An exploration: an experiment of a script whose parameters are varied one by one, with undo and redo.
//!
//! Contract: the script itself never changes. A [`Point`] lists what differs from it, in the form that the command line
//! takes, so that `carom run` gives the same numbers and a mistake the same diagnostic. A rejected change leaves the
//! exploration as it was. Clones share the checked script, and drawing needs no exclusive access.

mod drawing;
mod keeping;
mod scales;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use drawing::{Picture, Verdict};
pub use scales::{Parameter, Range, Setter};

use super::state::Checked;
use super::{Failure, files};
use crate::check::{Experiment, PlotEntry, Program, setting};
use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::{MAX_COLLISIONS, Options};
use crate::source::SourceMap;
use crate::syntax;
use scales::Scales;

/// The largest number of points in the history.
const MAX_POINTS: usize = 1000;

/// What is explored: an experiment, and what differs from its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Name of the experiment.
    pub experiment: String,
    /// Names of parameters and their values, as typed; they take precedence over those of the script.
    pub settings: Vec<(String, String)>,
    /// Number of collisions, as typed; `None` means the number in the script.
    pub collisions: Option<String>,
}

/// A change of the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Gives a parameter a value, or with `None` that of the script.
    Set {
        /// Name of the parameter.
        name: String,
        /// The value as an expression of the language.
        value: Option<String>,
    },
    /// Sets the number of collisions, or with `None` that of the script.
    Collisions(Option<String>),
    /// Turns to another experiment of the script; the settings stay.
    Experiment(String),
    /// Returns to the values of the script.
    Reset,
}

/// An experiment whose parameters are varied.
#[derive(Debug, Clone)]
pub struct Exploration {
    /// The script as the command line names it.
    file: String,
    checked: Arc<Checked>,
    history: Vec<Point>,
    /// Index of the current point in `history`.
    at: usize,
    /// The ranges of the parameters, for each experiment visited.
    scales: BTreeMap<String, Arc<Scales>>,
}

/// A point ready to run: the program for its sizes of arrays, and its settings.
struct Ready {
    /// The program for the sizes of arrays that the settings give; `None` if they are those of the script.
    resized: Option<Program>,
    sources: SourceMap,
    options: Options,
}

impl Point {
    /// The point after a change.
    #[must_use]
    pub fn with(&self, change: &Change) -> Self {
        let mut point = self.clone();
        match change {
            Change::Set { name, value } => {
                let key = syntax::canonical(name);
                let at = point.settings.iter().position(|(n, _)| syntax::canonical(n) == key);
                match (at, value) {
                    (Some(at), Some(value)) => point.settings[at].1.clone_from(value),
                    (None, Some(value)) => point.settings.push((name.clone(), value.clone())),
                    (Some(at), None) => drop(point.settings.remove(at)),
                    (None, None) => {}
                }
            }
            Change::Collisions(collisions) => point.collisions.clone_from(collisions),
            Change::Experiment(name) => point.experiment.clone_from(name),
            Change::Reset => {
                point.settings.clear();
                point.collisions = None;
            }
        }
        point
    }
}

impl Exploration {
    /// Opens a script, or a shipped protocol given by name, at an experiment; by default at the first one.
    ///
    /// # Errors
    /// The script cannot be read or has mistakes, or there is no such experiment.
    pub fn open(file: &str, experiment: Option<&str>) -> Result<Self, Failure> {
        let checked = Arc::new(Checked::new(files::open(file)?)?);
        let chosen = match experiment {
            Some(name) => checked.program.select(name).map_err(|errors| checked.failure(errors))?,
            None => {
                let first = ordered(&checked).first().copied();
                first.ok_or_else(|| checked.failure(vec![checked.program.nothing_to_run()]))?
            }
        };
        let point = Point { experiment: chosen.name.text.clone(), settings: Vec::new(), collisions: None };
        let mut new = Self { file: file.to_string(), checked, history: vec![point], at: 0, scales: BTreeMap::new() };
        new.measure(&new.point().experiment.clone())?;
        Ok(new)
    }

    /// The name of the protocol.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.checked.script.protocol
    }

    /// The first paragraph of the protocol's documentation, as one line; may be empty.
    #[must_use]
    pub fn about(&self) -> String {
        let texts = self.checked.sources.ids().zip(self.checked.sources.files());
        // A shipped protocol is used by a script of one line, which has none.
        let mut docs = texts.filter_map(|(id, file)| syntax::parse(id, &file.text).ok()?.doc);
        let doc = docs.next().unwrap_or_default();
        doc.split("\n\n").next().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The names and titles of the script's experiments, its own before those of the protocols that it uses.
    pub fn experiments(&self) -> impl Iterator<Item = (&str, &str)> {
        ordered(&self.checked).into_iter().map(|e| (e.name.text.as_str(), e.title.as_deref().unwrap_or("")))
    }

    /// The current point.
    #[must_use]
    pub fn point(&self) -> &Point {
        &self.history[self.at]
    }

    /// Whether there is something to undo, and something to redo.
    #[must_use]
    pub fn can(&self) -> (bool, bool) {
        (self.at > 0, self.at + 1 < self.history.len())
    }

    /// Makes a change. With `amend` it becomes part of the last change, if that was one of the same parameter.
    ///
    /// # Errors
    /// The value has a mistake, or does not fit its parameter, or there is no such experiment.
    pub fn change(&mut self, change: &Change, amend: bool) -> Result<(), Failure> {
        let mut point = self.point().with(change);
        if let Change::Experiment(name) = change {
            let chosen = self.checked.program.select(name).map_err(|errors| self.checked.failure(errors))?;
            point.experiment.clone_from(&chosen.name.text);
            self.measure(&point.experiment.clone())?;
        }
        // An experiment may sweep a parameter that is set for the others; the setting then waits.
        self.model_at(&point)?;
        if point == *self.point() {
            return Ok(());
        }
        let before = self.at.checked_sub(1).map(|i| &self.history[i]);
        let same = before.is_some_and(|before| before.with(change) == point);
        if amend && same && self.at + 1 == self.history.len() {
            self.history[self.at] = point;
            return Ok(());
        }
        self.history.truncate(self.at + 1);
        self.history.push(point);
        if self.history.len() > MAX_POINTS {
            self.history.remove(0);
        }
        self.at = self.history.len() - 1;
        Ok(())
    }

    /// Goes back by one change; nothing happens at the first point.
    pub fn undo(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// Repeats the change that `undo` took back, if there is one.
    pub fn redo(&mut self) {
        self.at = (self.at + 1).min(self.history.len() - 1);
    }

    /// Checks that the parameters of a point have values and can be lowered.
    fn model_at(&self, point: &Point) -> Result<(), Failure> {
        let ready = self.ready(point)?;
        let program = self.program(&ready);
        for experiment in self.parts(program, &point.experiment) {
            let model = crate::lower::Model::new(program.of(experiment), Some(experiment), &ready.options.settings);
            model.map_err(|diagnostics| ready.failure(diagnostics))?;
        }
        Ok(())
    }

    /// The parsed settings of a point, without those of parameters that its experiment varies itself.
    fn ready(&self, point: &Point) -> Result<Ready, Failure> {
        let mut sources = self.checked.sources.clone();
        let program = &self.checked.program;
        let scales = self.scales.get(&point.experiment);
        let (mut settings, mut errors) = (Vec::new(), Vec::new());
        for (name, value) in point.settings.iter().filter(|(name, _)| !scales.is_some_and(|s| s.varies(name))) {
            match setting(&format!("{name} = {value}"), program, &mut sources) {
                Ok(setting) => settings.push(setting),
                Err(found) => errors.extend(found),
            }
        }
        let collisions = point.collisions.as_deref().map(collisions).transpose();
        let collisions = collisions.unwrap_or_else(|d| {
            errors.push(*d);
            None
        });
        let resized = if errors.is_empty() { program.with_settings(&settings) } else { Err(errors) };
        let options = Options { settings, collisions, ..Options::default() };
        match resized {
            Ok(resized) => Ok(Ready { resized, sources, options }),
            Err(diagnostics) => Err(Failure { diagnostics, sources }),
        }
    }

    /// The program to which a ready point refers.
    fn program<'a>(&'a self, ready: &'a Ready) -> &'a Program {
        ready.resized.as_ref().unwrap_or(&self.checked.program)
    }

    /// The experiments that are run for the figure of an experiment: the experiment itself, or those whose panels it
    /// arranges.
    fn parts<'p>(&self, program: &'p Program, name: &str) -> Vec<&'p Experiment> {
        let Some(experiment) = program.experiment(name) else { return Vec::new() };
        if experiment.run.is_some() {
            return vec![experiment];
        }
        let panels = experiment.plots.iter().flatten();
        let names = panels.filter_map(|p| if let PlotEntry::Panels(names) = p { Some(names) } else { None }).flatten();
        let mut parts: Vec<&Experiment> = Vec::new();
        for part in names.filter_map(|name| program.experiment(name)) {
            if !parts.iter().any(|p| p.name.key == part.name.key) {
                parts.push(part);
            }
        }
        parts
    }
}

impl Ready {
    fn failure(&self, diagnostics: Vec<Diagnostic>) -> Failure {
        Failure { diagnostics, sources: self.sources.clone() }
    }
}

/// The experiments in the order of their texts: the script itself comes first.
fn ordered(checked: &Checked) -> Vec<&Experiment> {
    let place = |e: &&Experiment| checked.sources.ids().position(|id| id == e.name.span.source);
    let mut experiments: Vec<&Experiment> = checked.program.experiments.iter().collect();
    experiments.sort_by_key(place);
    experiments
}

/// A typed number of collisions.
fn collisions(text: &str) -> Result<u64, Box<Diagnostic>> {
    let number = text.trim().replace('_', "").parse().ok();
    number.filter(|n| (1..=MAX_COLLISIONS).contains(n)).ok_or_else(|| {
        let message = format!("`{}` is not a number of collisions", text.trim());
        let help = format!("write a whole number from 1 to {MAX_COLLISIONS}, such as 500");
        Box::new(Diagnostic::nowhere(Code::BadOption, message).help(help))
    })
}
