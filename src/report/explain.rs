//! The text of `carom explain`: the step as a gate sequence, before and after the passes.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use super::Page;
use crate::backend::{Backend, States, about};
use crate::chance::Trajectory;
use crate::check::{Experiment, Program};
use crate::diagnostic::Diagnostic;
use crate::experiment::{Choice, Control, Options, Sampled, bytes, choice, states};
use crate::ir::{Lifetime, OpKind, Origin, Representation, Slot, Step, cost_on, lifetimes, print};
use crate::lower::{CompiledStep, Model, Settled};
use crate::output::{Tone, tone};
use crate::source::SourceMap;

/// Describes the step at the parameters of an experiment, or at the defaults if none is given: the gate sequence as
/// written and as run, the lifetimes of the subsystems with their reasons, and the cost.
///
/// # Errors
/// All errors of the step at these parameters.
pub fn explain(
    program: &Program,
    experiment: Option<&Experiment>,
    options: &Options,
    (sources, control): (&SourceMap, &Control<'_>),
) -> Result<String, Vec<Diagnostic>> {
    let mut page = Page::default();
    let program = experiment.map_or(program, |e| program.of(e));
    let mut model = Model::new(program, experiment, &options.settings)?;
    if experiment.is_some_and(|e| e.trajectories.is_some()) {
        model.sample(Trajectory::first());
    }
    let Settled { steps, cycle } = model.settle()?;
    let states = states(&mut model, options.backend)?;
    let last = steps.last().expect("there is a first step");
    let shown = Shown { step: last, cycle, model: &model, sources };
    let mut section = |title: &str, why: &str, lines: &[String]| {
        let why = if why.is_empty() { String::new() } else { tone(Tone::Faint, &format!("  {why}")) };
        page.line(&(tone(Tone::Strong, title) + &why));
        lines.iter().for_each(|line| page.line(&format!("  {line}")));
        page.line("");
    };
    // Without a period, the last of the first steps stands for all.
    let of = match cycle {
        Some(2..) => format!("the step of collision {}, the last of the first period,", steps.len()),
        _ => "the step".into(),
    };
    let columns = "operation, operands, size or state, subsystems alive after it, statement";
    section(&format!("{of} as written"), columns, &shown.printed(&last.written));
    let passes = "units are attached as late and traced out as early as possible; gates on the same subsystems are \
                  merged; a unit that interacts with only one or two subsystems becomes a channel on them";
    section(&format!("{of} as run"), passes, &shown.printed(&last.step));
    let when = if cycle.is_some_and(|period| period > 1) {
        format!("in collision {}", steps.len())
    } else if steps.len() > 1 {
        format!("from collision {} on; earlier collisions have fewer units", steps.len())
    } else {
        String::new()
    };
    section("lifetimes", &when, &shown.lifetimes());
    let choice = choice(program, experiment, options, sources, control)?;
    section("how it runs", "", &shown.costs(&states, &choice));
    Ok(page.text())
}

/// A compiled step, with the model and the sources that name its parts.
struct Shown<'a> {
    step: &'a CompiledStep,
    /// As in [`Settled`].
    cycle: Option<usize>,
    model: &'a Model<'a>,
    sources: &'a SourceMap,
}

impl Shown<'_> {
    fn printed(&self, step: &Step) -> Vec<String> {
        let describe = |origin: Origin| self.statement(origin);
        print(&step.ops, &step.entry, &self.step.layout, &describe).lines().map(ToString::to_string).collect()
    }

    /// The first line of the statement at `origin`, without its comment.
    fn statement(&self, origin: Origin) -> String {
        let text = self.sources.text(self.model.place(origin));
        let line = text.lines().next().unwrap_or("").trim();
        line.split(" #").next().unwrap_or(line).trim_end().to_string()
    }

    /// A line for each lifetime: where it begins and ends, and the statement that determines this.
    fn lifetimes(&self) -> Vec<String> {
        let all = lifetimes(&self.step.step);
        let label = |life: &Lifetime| self.step.layout.label(life.slot).to_string();
        let width = all.iter().map(|life| label(life).width()).max().unwrap_or(0);
        let line = |life: &Lifetime| {
            let label = label(life);
            let pad = " ".repeat(width - label.width());
            format!("{label}{pad}  {}; {}", self.birth(life), self.end(life))
        };
        all.iter().map(line).collect()
    }

    fn quoted(&self, op: Option<usize>) -> Option<String> {
        op.map(|i| format!("`{}`", self.statement(self.step.step.ops[i].origin)))
    }

    fn birth(&self, life: &Lifetime) -> String {
        let system = self.model.systems().contains(&life.slot);
        match (life.born, self.quoted(life.first_use)) {
            (None, _) if system => "a system".to_string(),
            (None, _) => "carried over from the previous collision, with its correlations".to_string(),
            (Some(at), _) if matches!(self.step.step.ops[at].kind, OpKind::Measure { .. }) => {
                format!("the outcome of `{}`", self.statement(self.step.step.ops[at].origin))
            }
            (Some(_), Some(first)) if system => format!("reset before {first}"),
            (Some(_), Some(first)) => format!("attached for {first}, its first use"),
            (Some(_), None) => "attached".to_string(),
        }
    }

    fn end(&self, life: &Lifetime) -> String {
        if life.dies.is_some() {
            return match self.quoted(life.last_use) {
                Some(last) => format!("traced out after {last}, its last use"),
                None => "traced out unused".to_string(),
            };
        }
        match self.step.step.advance.iter().find(|(old, new)| *old == life.slot && old != new) {
            Some((_, new)) => format!("not discarded: becomes {} of the next collision", self.step.layout.label(*new)),
            None => "lives for the whole run".to_string(),
        }
    }

    fn costs(&self, states: &States, Choice { plan, point, others, sampled }: &Choice) -> Vec<String> {
        let (representation, by) = match plan.engine {
            Backend::Pure => (Representation::Vector, Backend::Pure),
            _ => (Representation::Matrix, Backend::Density),
        };
        let own = cost_on(representation, &self.step.step, &self.step.layout);
        let worst = states.vector.filter(|_| representation == Representation::Vector).unwrap_or(states.matrix);
        let periodic;
        let map = if self.model.draws_numbers() {
            "depends on the collision: random numbers occur in it, so it is rebuilt in each collision"
        } else if let Some(period) = self.cycle.filter(|period| *period > 1) {
            periodic = format!("periodic: the same sequence every {period} collisions");
            &periodic
        } else if self.model.depends_on_collision() {
            "depends on the collision: `n` occurs in it, so it is rebuilt in each collision"
        } else if own.normalised && own.linear {
            "linear and then divided by the probability of the post-selection"
        } else if own.linear {
            "linear: the same map of the density matrix in every collision"
        } else {
            "nonlinear: `uncorrelate` replaces the state by the product of its marginals"
        };
        let alive = self.alive_at_peak(worst.peak_slots).map(|text| format!(", {text}")).unwrap_or_default();
        let at = point.iter().map(|point| format!("point     {point}, the first of the sweep that can run"));
        let samples = sampled.iter().map(|s| {
            let what = if s.what.is_empty() { "nothing".to_string() } else { s.what.join(", ") };
            let Sampled { trajectories, seed, .. } = s;
            // The state of a trajectory on a vector has nothing left to average over.
            let rest = if plan.engine == Backend::Pure { "" } else { "; the rest is averaged exactly in each" };
            format!("samples   {what}, in {trajectories} trajectories with seed {seed}{rest}")
        });
        let lines = [
            format!("the step  {map}"),
            format!("peak      {} live subsystems{alive}", worst.peak_slots),
            format!(
                "memory    {} for a state of dimension {}, {} in total",
                bytes(worst.peak_bytes),
                worst.peak_dim,
                bytes(plan.memory)
            ),
            format!("cost      about {} floating-point operations per collision by {}", about(own.flops), by.name()),
            format!("backend   {plan}"),
            format!("why       {}", plan.reason()),
        ];
        let (step, run) = lines.split_at(4);
        let others = others.iter().map(|(label, plan)| format!("also      {label}, {plan}"));
        step.iter().cloned().chain(at).chain(samples).chain(run.iter().cloned()).chain(others).collect()
    }

    /// The subsystems alive when `peak` of them are alive for the first time, and the statement there. `None` if the
    /// step never reaches this number, as when the peak is at the start of the run.
    fn alive_at_peak(&self, peak: usize) -> Option<String> {
        let mut alive: BTreeSet<Slot> = self.step.step.entry.iter().copied().collect();
        for (i, op) in self.step.step.ops.iter().enumerate() {
            op.update_alive(&mut alive);
            if alive.len() == peak {
                let labels: Vec<&str> = alive.iter().map(|slot| self.step.layout.label(*slot)).collect();
                // Subsystems are attached for the operation that follows, so skip the attachments.
                let ops = self.step.step.ops.iter().enumerate().skip(i);
                let at = ops.clone().find(|(_, op)| !matches!(op.kind, OpKind::Attach { .. })).map(|(k, _)| k);
                return Some(format!("{} at {}", labels.join(" "), self.quoted(at)?));
            }
        }
        None
    }
}
