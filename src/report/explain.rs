//! The step as a gate sequence, before and after the passes.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use super::Page;
use crate::backend::about;
use crate::check::{Experiment, Program, Setting};
use crate::diagnostic::Diagnostic;
use crate::experiment::{Choice, Control, Options, bytes, choice, states};
use crate::ir::{Cost, Lifetime, OpKind, Origin, Slot, Step, cost, lifetimes, print};
use crate::lower::{CompiledStep, Model};
use crate::output::{Tone, tone};
use crate::source::SourceMap;

/// The step as written and as run, who lives when and why, and what it costs, at the parameters of an experiment (the
/// defaults, when none is given).
///
/// # Errors
/// Everything that is wrong with the step at that point.
pub fn explain(
    program: &Program,
    experiment: Option<&Experiment>,
    options: &Options,
    (sources, control): (&SourceMap, &Control<'_>),
) -> Result<String, Vec<Diagnostic>> {
    let mut page = Page::default();
    let mut model = Model::new(program, experiment, &options.settings)?;
    let steps = model.settle()?;
    let worst = states(&mut model)?;
    let last = steps.last().expect("there is a first step");
    let shown = Shown { step: last, model: &model, sources };
    let mut section = |title: &str, why: &str, lines: &[String]| {
        let why = if why.is_empty() { String::new() } else { tone(Tone::Faint, &format!("  {why}")) };
        page.line(&(tone(Tone::Strong, title) + &why));
        lines.iter().for_each(|line| page.line(&format!("  {line}")));
        page.line("");
    };
    let columns = "operation, on whom, size, who is alive after it, where it comes from";
    section("the step as written", columns, &shown.printed(&last.written));
    let passes = "units come as late and leave as early as their use allows; gates on the same subsystems are one matrix; \
                  a unit that comes, meets one or two and goes is a channel on those";
    section("the step as run", passes, &shown.printed(&last.step));
    let when = if steps.len() > 1 {
        format!("from collision {} on; before it fewer units are there", steps.len())
    } else {
        String::new()
    };
    section("who lives when, and why", &when, &shown.lives());
    let choice = choice(program, experiment, options, sources, control)?;
    section("how it runs", "", &shown.costs(&worst, &choice));
    Ok(page.text())
}

/// A step with what is needed to name its parts.
struct Shown<'a> {
    step: &'a CompiledStep,
    model: &'a Model<'a>,
    sources: &'a SourceMap,
}

impl Shown<'_> {
    fn printed(&self, step: &Step) -> Vec<String> {
        let describe = |origin: Origin| self.statement(origin);
        print(&step.ops, &step.entry, &self.step.layout, &describe).lines().map(ToString::to_string).collect()
    }

    /// The first line of a statement.
    fn statement(&self, origin: Origin) -> String {
        let text = self.sources.text(self.model.place(origin));
        let line = text.lines().next().unwrap_or("").trim();
        line.split(" #").next().unwrap_or(line).trim_end().to_string()
    }

    /// A line for each life: where it begins, where it ends, and what decides that.
    fn lives(&self) -> Vec<String> {
        let lives = lifetimes(&self.step.step);
        let label = |life: &Lifetime| self.step.layout.label(life.slot).to_string();
        let width = lives.iter().map(|life| label(life).width()).max().unwrap_or(0);
        let line = |life: &Lifetime| {
            let label = label(life);
            let pad = " ".repeat(width - label.width());
            format!("{label}{pad}  {}; {}", self.birth(life), self.end(life))
        };
        lives.iter().map(line).collect()
    }

    fn quoted(&self, op: Option<usize>) -> Option<String> {
        op.map(|i| format!("`{}`", self.statement(self.step.step.ops[i].origin)))
    }

    fn birth(&self, life: &Lifetime) -> String {
        let system = self.model.systems().contains(&life.slot);
        match (life.born, self.quoted(life.first_use)) {
            (None, _) if system => "a system".to_string(),
            (None, _) => "there from the collision before, with its correlations".to_string(),
            (Some(_), Some(first)) if system => format!("made anew for {first}"),
            (Some(_), Some(first)) => format!("comes fresh for {first}, its first use"),
            (Some(_), None) => "comes fresh".to_string(),
        }
    }

    fn end(&self, life: &Lifetime) -> String {
        if life.dies.is_some() {
            return match self.quoted(life.last_use) {
                Some(last) => format!("leaves after {last}, its last use"),
                None => "leaves unused".to_string(),
            };
        }
        match self.step.step.advance.iter().find(|(old, new)| *old == life.slot && old != new) {
            Some((_, new)) => format!("not discarded, so it is {} of the next collision", self.step.layout.label(*new)),
            None => "stays for the whole run".to_string(),
        }
    }

    fn costs(&self, worst: &Cost, Choice { plan, point }: &Choice) -> Vec<String> {
        let own = cost(&self.step.step, &self.step.layout);
        let map = if self.model.depends_on_collision() {
            "depends on the collision: `n` occurs in it, so it is made anew each time"
        } else if own.linear {
            "linear: one and the same map of the density matrix at every collision"
        } else {
            "nonlinear: `uncorrelate` puts the product of marginals in the place of the state"
        };
        let who = self.crowd(worst.peak_slots).map(|text| format!(", {text}")).unwrap_or_default();
        let at = point.iter().map(|point| format!("point     {point}, the first of the sweep that can run"));
        let lines = [
            format!("the step  {map}"),
            format!("peak      {} live subsystems{who}", worst.peak_slots),
            format!(
                "memory    {} for a state of dimension {}, {} in all",
                bytes(worst.peak_bytes),
                worst.peak_dim,
                bytes(plan.memory)
            ),
            format!("cost      about {} floating-point operations a collision by density", about(own.flops)),
            format!("backend   {plan}"),
            format!("why       {}", plan.reason()),
        ];
        let (step, run) = lines.split_at(4);
        step.iter().cloned().chain(at).chain(run.iter().cloned()).collect()
    }

    /// Who is alive where as many are as at the peak, if the step itself has that peak.
    fn crowd(&self, peak: usize) -> Option<String> {
        let mut alive: BTreeSet<Slot> = self.step.step.entry.iter().copied().collect();
        for (i, op) in self.step.step.ops.iter().enumerate() {
            op.update_alive(&mut alive);
            if alive.len() == peak {
                let labels: Vec<&str> = alive.iter().map(|slot| self.step.layout.label(*slot)).collect();
                // Whoever is attached is attached for the operation behind.
                let ops = self.step.step.ops.iter().enumerate().skip(i);
                let at = ops.clone().find(|(_, op)| !matches!(op.kind, OpKind::Attach { .. })).map(|(k, _)| k);
                return Some(format!("{} at {}", labels.join(" "), self.quoted(at)?));
            }
        }
        None
    }
}

/// The definitions and the step in LaTeX.
///
/// # Errors
/// As [`explain`]: nothing is printed of a step that cannot run.
pub fn equations(
    program: &Program,
    experiment: Option<&Experiment>,
    settings: &[Setting],
) -> Result<String, Vec<Diagnostic>> {
    Model::new(program, experiment, settings)?.settle()?;
    let lines: Vec<String> = program.equations.iter().map(|e| format!("  & {e}")).collect();
    Ok(format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines.join(" \\\\\n")))
}
