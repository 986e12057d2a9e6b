//! The picture of a point: its figure, its claims and its equations.

use std::borrow::Cow;

use super::{Exploration, Failure, Point, Ready};
use crate::analysis::Table;
use crate::check::{Experiment, Program};
use crate::diagnostic::Diagnostic;
use crate::experiment::figures::{Drawn, Tables, figures};
use crate::experiment::sweep::Sweep;
use crate::experiment::{self, Control, Outcome, Setup, coarse};
use crate::report::equations;
use crate::source::SourceMap;

/// The results of the experiment at a point.
#[derive(Debug)]
pub struct Picture {
    /// Its figures.
    pub figures: Vec<Drawn>,
    /// Its claims; those of a coarse picture are preliminary.
    pub claims: Vec<Verdict>,
    /// Whether a finer picture exists.
    pub is_coarse: bool,
    /// What was computed: `2000 collisions`, `25 points`.
    pub amount: String,
    /// Warnings of its runs.
    pub warnings: Vec<Diagnostic>,
    /// The texts that the warnings point into.
    pub sources: SourceMap,
}

/// A claim and whether it holds.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The experiment that makes the claim, if the figure shows several.
    pub experiment: Option<String>,
    /// The condition as written in the script.
    pub text: String,
    /// The values of the compared expressions.
    pub measured: String,
    /// Whether it holds.
    pub holds: bool,
}

impl Exploration {
    /// Runs the experiment at a point and draws its figures. Level 0 is the coarsest picture, see
    /// [`coarse`](crate::experiment::coarse()). `None` after an interrupt.
    ///
    /// # Errors
    /// The mistakes that `carom run` would report.
    pub fn draw(&self, point: &Point, level: usize, control: &Control<'_>) -> Result<Option<Picture>, Failure> {
        let ready = self.ready(point)?;
        self.drawn(&ready, &point.experiment, level, control).map_err(|diagnostics| ready.failure(diagnostics))
    }

    /// The definitions and the step at a point, as LaTeX equations.
    ///
    /// # Errors
    /// The mistakes of the step.
    pub fn equations(&self, point: &Point) -> Result<String, Failure> {
        let ready = self.ready(point)?;
        let program = self.program(&ready);
        let first = self.parts(program, &point.experiment).first().copied();
        equations(program, first, &ready.options.settings).map_err(|diagnostics| ready.failure(diagnostics))
    }

    fn drawn(
        &self,
        ready: &Ready,
        name: &str,
        level: usize,
        control: &Control<'_>,
    ) -> Result<Option<Picture>, Vec<Diagnostic>> {
        let Ready { sources, options, .. } = ready;
        let (program, is_coarse) = self.at_level(ready, name, level)?;
        let (program, mut outcomes) = (&*program, Vec::new());
        for part in self.parts(program, name) {
            let setup = Setup::new(program, part, options, sources);
            let outcome = match part.sweep.is_empty() {
                true => experiment::run(setup, control)?,
                false => Sweep::new(setup)?.run_unkept(control)?,
            };
            if outcome.interrupted() {
                return Ok(None);
            }
            if let Some(fault) = outcome.fault() {
                return Err(vec![fault.clone()]);
            }
            outcomes.push((part, outcome));
        }
        let experiment = program.select(name)?;
        let tables = |other: &Experiment| of_run(&outcomes, other);
        Ok(Some(Picture {
            figures: figures(program, experiment, &options.settings, sources, &tables)?,
            claims: outcomes.iter().flat_map(|(_, outcome)| verdicts(outcome, outcomes.len() > 1)).collect(),
            is_coarse,
            amount: amount(&outcomes),
            warnings: outcomes.iter_mut().flat_map(|(_, outcome)| std::mem::take(&mut outcome.warnings)).collect(),
            sources: sources.clone(),
        }))
    }

    /// The program in which the experiments of a figure are as coarse as the level requires, and whether any is coarser
    /// than in the script.
    fn at_level<'a>(
        &'a self,
        ready: &'a Ready,
        name: &str,
        level: usize,
    ) -> Result<(Cow<'a, Program>, bool), Vec<Diagnostic>> {
        let program = self.program(ready);
        let mut out = Cow::Borrowed(program);
        let mut is_coarse = false;
        for part in self.parts(program, name) {
            let setup = Setup::new(program, part, &ready.options, &ready.sources);
            if let Some(coarse) = coarse(setup, level)? {
                let all = &mut out.to_mut().experiments;
                if let Some(place) = all.iter_mut().find(|e| e.name.key == coarse.name.key) {
                    *place = coarse;
                    is_coarse = true;
                }
            }
        }
        Ok((out, is_coarse))
    }
}

/// The tables of one of the runs.
fn of_run<'t>(outcomes: &'t [(&Experiment, Outcome)], other: &Experiment) -> Tables<'t> {
    let found = outcomes.iter().find(|(e, _)| e.name.key == other.name.key);
    let tables: &[Table] = found.map(|(_, outcome)| &*outcome.tables).unwrap_or_default();
    Ok(Cow::Borrowed(tables))
}

fn verdicts(outcome: &Outcome, several: bool) -> impl Iterator<Item = Verdict> {
    let experiment = several.then(|| outcome.name.clone());
    outcome.claims.iter().map(move |claim| Verdict {
        experiment: experiment.clone(),
        text: claim.text.clone(),
        measured: claim.measured.clone(),
        holds: claim.holds,
    })
}

/// What the runs of a figure computed, in words.
fn amount(outcomes: &[(&Experiment, Outcome)]) -> String {
    let points = outcomes.iter().filter_map(|(_, o)| o.coverage.as_ref()).map(|c| c.grid.len()).sum::<usize>();
    let collisions = outcomes.iter().map(|(_, o)| o.collisions).max().unwrap_or(0);
    let mut words = Vec::new();
    if points > 0 {
        words.push(format!("{points} points"));
    }
    if let Some(sampled) = outcomes.iter().find_map(|(_, o)| o.sampled.as_ref()) {
        words.push(format!("{} trajectories", sampled.done));
    }
    if outcomes.iter().all(|(e, _)| !e.is_steady()) {
        words.push(format!("{collisions} collisions"));
    }
    if words.is_empty() { "steady state".into() } else { words.join(" × ") }
}
