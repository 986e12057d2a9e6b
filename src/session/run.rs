//! `run` and `step`: runs of experiments and of the model, and single steps from the current state.

use std::sync::{Arc, OnceLock};

use super::script::Edit;
use super::state::{Checked, State};
use super::{Failure, Reply, changes, refuse};
use crate::analysis::Series;
use crate::check::{Experiment, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::Value;
use crate::experiment::sweep::{Keeping, Sweep};
use crate::experiment::{self, Checkpoint, Control, Options, Outcome, Setup, go_on};
use crate::output::{Tone, tone};
use crate::report::{short, summary};
use crate::storage::temporary_folder;

/// A finished or interrupted run of an experiment.
#[derive(Debug)]
pub(super) struct Run {
    /// The session's script at the time of the run.
    pub(super) script: String,
    /// The program that was run: the session's, with an extra experiment if it was `run N`.
    pub(super) checked: Arc<Checked>,
    pub(super) experiment: Experiment,
    /// The arguments of `run N …`; `None` if the experiment is one of the script.
    pub(super) ad_hoc: Option<String>,
    pub(super) outcome: Outcome,
    /// The state at the end of a single run, computed when it is first needed.
    end: OnceLock<Arc<Checkpoint>>,
}

/// A run that has not started yet.
struct Job {
    checked: Arc<Checked>,
    experiment: Experiment,
    ad_hoc: Option<String>,
    collisions: Option<u64>,
}

impl Run {
    /// Whether this is a single run rather than a sweep.
    pub(super) fn is_single(&self) -> bool {
        self.outcome.coverage.is_none()
    }

    /// The number of values in its tables.
    pub(super) fn numbers(&self) -> usize {
        self.outcome.tables.iter().map(|t| t.rows().saturating_mul(t.columns.len())).sum()
    }

    /// The names that expressions can use: series, numbers and booleans of a single run; the collected columns of a sweep.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let Outcome { tables, .. } = &self.outcome;
        let seen = |name: &str, value: Value| {
            let ty = match value {
                Value::Series(_) => Type::Series,
                Value::Bool(_) => Type::Bool,
                _ => Type::Number,
            };
            Seen { name: name.to_string(), ty, value }
        };
        if let Some(points) = self.outcome.points() {
            let columns = points.data().filter_map(|c| Some((c, points.series_of(c)?)));
            return columns.map(|(c, series)| seen(&c.name, Value::Series(series))).collect();
        }
        if !self.is_single() {
            return Vec::new();
        }
        let named = self.outcome.named();
        named.filter_map(|c| Some(seen(&c.name, experiment::value_of(tables, &c.name)?))).collect()
    }
}

/// A named result that expressions can use.
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) value: Value,
}

/// `run [N] [EXPERIMENT…]`
pub(super) fn run(state: &State, arguments: &str, control: &Control<'_>) -> Result<Reply, Failure> {
    let mut reply = Reply::default();
    let mut state = state.clone();
    for job in jobs(&state, arguments)? {
        let run = Arc::new(job.run(&state, control)?);
        tell(&state, &run, &mut reply);
        state.remember(run);
        if reply.interrupted {
            break;
        }
    }
    reply.state = Some(state);
    Ok(reply)
}

/// `step [K]`
pub(super) fn step(state: &State, arguments: &str, control: &Control<'_>) -> Result<Reply, Failure> {
    let count: u64 = match arguments.trim() {
        "" => 1,
        text => text.replace('_', "").parse().ok().filter(|k| *k > 0).ok_or_else(|| {
            refuse(
                format!("`{text}` is not a number of collisions"),
                "write a positive whole number, as in `step 10`; a definition has a brace: `step { … }`",
            )
        })?,
    };
    let mut reply = Reply::default();
    let known = state.current().filter(|run| run.is_single()).cloned();
    let (job, from) = match &known {
        Some(run) => {
            let outcome = &run.outcome;
            let further = outcome.collisions.saturating_add(count);
            if !run.experiment.branches.is_empty() || run.experiment.trajectories.is_some() {
                let help = format!("run all of the collisions again: `run {further}`");
                return Err(refuse("an experiment that consists of several runs cannot be continued in steps", &help));
            }
            // A very long run keeps only the last part of its series, and cannot be continued.
            if outcome.series().any(|(_, s)| s.index.start > 0) {
                let help = format!("run all of the collisions again: `run {further}`");
                return Err(refuse("this run is too long to be continued in steps", &help));
            }
            if run.experiment.is_steady() {
                return Err(refuse("a steady state has no collisions to be continued", "run the model: `run 100`"));
            }
            let mut experiment = run.experiment.clone();
            // The stopping condition applied to the earlier run; explicit steps continue beyond it.
            if let Some(spec) = &mut experiment.run {
                spec.until = None;
            }
            let ad_hoc = run.ad_hoc.as_ref().map(|_| further.to_string());
            let job = Job { checked: run.checked.clone(), experiment, ad_hoc, collisions: Some(further) };
            (job, Some((present_of(run, control)?, run.clone())))
        }
        None => {
            if state.last.is_some() {
                reply.line(&tone(
                    Tone::Faint,
                    "the script has changed since the last run; starting from the initial state",
                ));
            }
            (ad_hoc(state, &count.to_string())?, None)
        }
    };
    let from = from.as_ref().map(|(c, run)| (c.as_ref(), &run.outcome));
    let begin = from.map_or(0, |(c, _)| c.collisions);
    let run = Arc::new(job.single(state, control, from)?);
    let outcome = &run.outcome;
    reply.interrupted = outcome.interrupted();
    reply.diagnostics.extend(outcome.fault().cloned());
    reply.sources = run.checked.sources.clone();
    reply.text += &rows(outcome, begin);
    let mut state = state.clone();
    state.remember(run);
    reply.state = Some(state);
    Ok(reply)
}

/// The current state: that at the end of the last run, or the initial state if the script has changed since.
pub(super) fn present(state: &State, control: &Control<'_>) -> Result<Arc<Checkpoint>, Failure> {
    match state.current() {
        Some(run) if !run.is_single() => Err(refuse(
            "a sweep has no single final state",
            "run one of its points: `set` the parameters, then `run N`",
        )),
        Some(run) => present_of(run, control),
        None => {
            let mut model = state.checked.model()?;
            Ok(Arc::new(Checkpoint::initial(&mut model)))
        }
    }
}

/// The state at the end of a single run. The backend may not have kept a state, and an interrupted run may have stopped
/// inside a collision. The state is therefore computed by a second run of the same length, once.
fn present_of(run: &Run, control: &Control<'_>) -> Result<Arc<Checkpoint>, Failure> {
    if let Some(end) = run.end.get() {
        return Ok(end.clone());
    }
    let mut experiment = run.experiment.clone();
    if !experiment.cases.is_empty() {
        let help = "`set` the parameters of one case in the session, then `run N`";
        return Err(refuse("an experiment with cases has no single final state", help));
    }
    if experiment.is_steady() {
        let help = "run to it: `run 100000 until settled(1e-12, 100)`";
        return Err(refuse("the state of a `steady` is not kept, only its numbers", help));
    }
    if experiment.trajectories.is_some() {
        let help = "remove `trajectories` from the experiment to see the state of the mean";
        return Err(refuse("an experiment with trajectories has no single final state", help));
    }
    experiment.analysis.clear();
    experiment.saves.clear();
    experiment.branches.clear();
    let options = Options { collisions: Some(run.outcome.collisions), ..Options::default() };
    let again = go_on(Setup::new(&run.checked.program, &experiment, &options, &run.checked.sources), control, None);
    let (_, end) = again.map_err(|d| run.checked.failure(d))?;
    let end = Arc::new(end.ok_or_else(|| refuse("interrupted before the state was computed", "repeat the command"))?);
    // If another thread has set it meanwhile, that is the same state.
    Ok(run.end.get_or_init(|| end).clone())
}

/// The runs that the arguments of `run` request.
fn jobs(state: &State, arguments: &str) -> Result<Vec<Job>, Failure> {
    let program = &state.checked.program;
    let words: Vec<&str> = arguments.split([' ', '\t', ',']).filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        return again(state).map(|job| vec![job]);
    }
    let count = |w: &str| w.replace('_', "").parse::<u64>().ok();
    let (numbers, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|w| count(w).is_some());
    let known = names.iter().filter(|n| program.experiment(n).is_some()).count();
    if !names.is_empty() && known == names.len() && numbers.len() <= 1 {
        let collisions = numbers.first().and_then(|n| count(n));
        let job = |name: &&str| Job::of(state, program.experiment(name).expect("just found"), collisions);
        return Ok(names.iter().map(job).collect());
    }
    let plain = |w: &str| w.chars().all(|c| c.is_alphanumeric() || c == '_');
    let unknown = names.iter().find(|n| plain(n) && program.experiment(n).is_none());
    match unknown {
        Some(name) if known + 1 >= names.len() && !program.names.contains_key(&crate::syntax::canonical(name)) => {
            Err(unknown_experiment(state, name))
        }
        _ => ad_hoc(state, arguments.trim()).map(|job| vec![job]),
    }
}

/// `run` without arguments: the last run again, or the only experiment.
fn again(state: &State) -> Result<Job, Failure> {
    let program = &state.checked.program;
    let named = |experiment: &Experiment| Job::of(state, experiment, None);
    if let Some(last) = &state.last {
        match (&last.ad_hoc, program.experiment(&last.experiment.name.text)) {
            (Some(text), _) => return ad_hoc(state, text),
            (None, Some(experiment)) => return Ok(named(experiment)),
            (None, None) => {}
        }
    }
    match program.experiments.as_slice() {
        [only] => Ok(named(only)),
        [] => Err(refuse("there is no experiment to run", "give a number of collisions: `run 500`")),
        all => {
            let names: Vec<&str> = all.iter().map(|e| e.name.text.as_str()).collect();
            Err(refuse(
                "`run` needs the name of an experiment",
                &format!("write `run {}`; experiments: {}; `run 500` runs the model alone", names[0], names.join(", ")),
            ))
        }
    }
}

fn unknown_experiment(state: &State, name: &str) -> Failure {
    let program = &state.checked.program;
    if let Some(reasons) = program.reasons_set_aside(name) {
        return state.checked.failure(reasons.to_vec());
    }
    let d = Diagnostic::nowhere(Code::UnknownExperiment, format!("there is no experiment `{name}`"));
    let all: Vec<&str> = program.experiments.iter().map(|e| e.name.text.as_str()).collect();
    let d = match program.nearest_experiment(name) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None if all.is_empty() => d.help("the script has no experiments; `run 500` runs 500 collisions of the model"),
        None => d.help(format!("experiments: {}; `run 500` runs 500 collisions of the model", all.join(", "))),
    };
    Failure { diagnostics: vec![d], sources: crate::source::SourceMap::new() }
}

/// A run of the model alone, as an extra experiment with the statement `run …`.
fn ad_hoc(state: &State, run: &str) -> Result<Job, Failure> {
    let script = &state.checked.script;
    let name = free_name(state);
    let mut edit = Edit::of(&script.text);
    edit.append(&format!("\nexperiment {name} {{ run "), run, " }\n");
    let checked = Arc::new(state.checked.edited(&edit, run)?);
    let experiment = checked.program.experiment(&name).expect("it was just added").clone();
    Ok(Job { checked, experiment, ad_hoc: Some(run.to_string()), collisions: None })
}

/// The first of `model`, `model2`, `model3`, … that is not the name of an experiment.
pub(super) fn free_name(state: &State) -> String {
    let taken = |name: &str| state.checked.program.experiment(name).is_some();
    let numbered = (2..).map(|i| format!("model{i}"));
    std::iter::once("model".to_string()).chain(numbered).find(|n| !taken(n)).expect("the list of names is infinite")
}

impl Job {
    /// A run of an experiment of the script; `collisions` overrides its length.
    fn of(state: &State, experiment: &Experiment, collisions: Option<u64>) -> Self {
        Self { checked: state.checked.clone(), experiment: experiment.clone(), ad_hoc: None, collisions }
    }

    fn run(self, state: &State, control: &Control<'_>) -> Result<Run, Failure> {
        if self.experiment.sweep.is_empty() { self.single(state, control, None) } else { self.sweep(state, control) }
    }

    fn options(&self) -> Options {
        Options { collisions: self.collisions, ..Options::default() }
    }

    fn finished(self, state: &State, outcome: Outcome, end: Option<Checkpoint>) -> Run {
        let Self { checked, experiment, ad_hoc, .. } = self;
        let end = end.map_or_else(OnceLock::new, |end| OnceLock::from(Arc::new(end)));
        Run { script: state.checked.script.text.clone(), checked, experiment, ad_hoc, outcome, end }
    }

    fn single(
        self,
        state: &State,
        control: &Control<'_>,
        from: Option<(&Checkpoint, &Outcome)>,
    ) -> Result<Run, Failure> {
        let Checked { program, sources, .. } = &*self.checked;
        let options = self.options();
        let done = match from {
            // As on the command line, this uses the fastest backend. The final state is computed when it is needed.
            None => {
                experiment::run(Setup::new(program, &self.experiment, &options, sources), control).map(|o| (o, None))
            }
            from => go_on(Setup::new(program, &self.experiment, &options, sources), control, from),
        };
        let (outcome, end) = done.map_err(|d| self.checked.failure(d))?;
        Ok(self.finished(state, outcome, end))
    }

    fn sweep(self, state: &State, control: &Control<'_>) -> Result<Run, Failure> {
        let fail = |d| self.checked.failure(d);
        let Checked { program, sources, .. } = &*self.checked;
        let options = self.options();
        let sweep = Sweep::new(Setup::new(program, &self.experiment, &options, sources)).map_err(fail)?;
        // The journal is not needed after the run.
        let folder = temporary_folder().map_err(|e| super::files::cannot_keep(&e))?;
        let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 0 };
        let outcome = sweep.run(keeping, control).map_err(fail)?;
        if let Some(fault) = outcome.fault() {
            return Err(Failure::of(fault.clone()));
        }
        drop(sweep);
        Ok(self.finished(state, outcome, None))
    }
}

/// A run that `compare` made.
pub(super) struct Compared {
    pub(super) outcome: Outcome,
    pub(super) sources: crate::source::SourceMap,
}

/// Runs the last experiment, or the first one that is not a sweep, with a parameter at another value. The session does not
/// keep the run.
pub(super) fn compared(
    state: &State,
    parameter: &str,
    value: &str,
    control: &Control<'_>,
) -> Result<Compared, Failure> {
    let last = state.last.as_ref().filter(|run| run.is_single());
    let single = |e: &&Experiment| e.run.is_some() && e.sweep.is_empty();
    let job = match last {
        Some(run) => match (&run.ad_hoc, state.checked.program.experiment(&run.experiment.name.text)) {
            (Some(text), _) => ad_hoc(state, text)?,
            (None, Some(e)) => Job::of(state, e, Some(run.outcome.requested)),
            (None, None) => {
                return Err(refuse(
                    "the last experiment is no longer in the script",
                    "run another one first, for example `run 500`",
                ));
            }
        },
        None => match state.checked.program.experiments.iter().find(single) {
            Some(e) => Job::of(state, e, None),
            None => return Err(refuse("there is no run to compare", "run the model first: `run 500`")),
        },
    };
    let Checked { program, sources, .. } = &*job.checked;
    let mut sources = sources.clone();
    let text = format!("{parameter} = {value}");
    let setting = crate::check::setting(&text, program, &mut sources)
        .map_err(|diagnostics| Failure { diagnostics, sources: sources.clone() })?;
    let options = Options { settings: vec![setting], ..job.options() };
    let outcome = crate::experiment::run(Setup::new(program, &job.experiment, &options, &sources), control)
        .map_err(|diagnostics| Failure { diagnostics, sources: sources.clone() })?;
    Ok(Compared { outcome, sources })
}

/// Reports the results of a run, and their changes since the previous run of the same experiment.
fn tell(state: &State, run: &Run, reply: &mut Reply) {
    let protocol = &state.checked.script.protocol;
    let outcome = &run.outcome;
    reply.text += &summary(protocol, outcome);
    reply.interrupted = outcome.interrupted();
    reply.unexpected = outcome.claims.iter().any(|c| !c.holds);
    reply.diagnostics.extend(outcome.warnings.iter().chain(outcome.fault()).cloned());
    if let Some(reason) = outcome.coverage.iter().find_map(|c| c.reasons.values().next()) {
        reply.line(&tone(Tone::Faint, &format!("  first missing value: {reason}")));
    }
    reply.sources = run.checked.sources.clone();
    let moved = state.runs.get(&run.experiment.name.key).map(|before| changes::moved(before, run)).unwrap_or_default();
    if !moved.is_empty() {
        reply.line(&tone(Tone::Strong, "  changes since the previous run"));
        moved.iter().for_each(|line| reply.line(&format!("    {line}")));
    }
    // A `set` inside the experiment takes precedence over one in the session.
    let program = &run.checked.program;
    let hidden = run.experiment.sets.iter().filter(|(id, _)| {
        let own = program.sets.iter().filter(|(set, _)| set == id);
        own.count() > 0
    });
    for (id, _) in hidden {
        let name = &program.params[id.0].name.text;
        let experiment = &run.experiment.name.text;
        let line = format!("  `{experiment}` sets {name} itself, so `set {name}` in the session has no effect on it");
        reply.line(&tone(Tone::Faint, &line));
    }
}

/// A table of the last few collisions of a run, all of them later than collision `after`.
fn rows(outcome: &Outcome, after: u64) -> String {
    const SHOWN: u64 = 5;
    const COLUMNS: usize = 8;
    let first = (after + 1).max(outcome.collisions.saturating_sub(SHOWN - 1));
    let columns: Vec<(&str, Series)> = outcome.series().take(COLUMNS).collect();
    let names = columns.iter().map(|(n, _)| (*n).to_string());
    let mut lines = vec![std::iter::once("n".to_string()).chain(names).collect::<Vec<_>>()];
    for n in first..=outcome.collisions {
        let at = |s: &Series| s.index.position(n).map_or(f64::NAN, |i| s.values[i]);
        lines.push(std::iter::once(n.to_string()).chain(columns.iter().map(|(_, s)| short(at(s)))).collect());
    }
    super::aligned(&lines)
}
