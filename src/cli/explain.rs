//! `carom explain`: the step as a gate sequence, before and after the passes.

use std::sync::Arc;

use super::Exit;
use super::console::{Console, Tone};
use super::script::{Opened, open};
use crate::check::Experiment;
use crate::diagnostic::Diagnostic;
use crate::experiment::{bytes, peak};
use crate::ir::lower::{CompiledStep, Model};
use crate::ir::{Origin, Step, cost, lifetimes, print};
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or the name of a shipped protocol.
    file: String,
    /// The experiment whose parameters are used (the defaults, when none is named).
    experiment: Option<String>,
    /// Give a parameter a value (also a rule). Repeatable.
    #[arg(long, value_name = "NAME=EXPR")]
    set: Vec<String>,
    /// Print the step's equations in LaTeX instead.
    #[arg(long)]
    equations: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let opened = match open(&args.file, &args.set, console) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let names: Vec<String> = args.experiment.iter().cloned().collect();
    let experiment = if names.is_empty() {
        None
    } else {
        match super::script::select(&opened, &names, console) {
            Ok(chosen) => chosen.first().copied(),
            Err(exit) => return exit,
        }
    };
    let shown =
        if args.equations { equations(&opened, experiment, console) } else { explain(&opened, experiment, console) };
    match shown {
        Ok(()) => Exit::Done,
        Err(errors) => {
            console.report(&errors, &opened.sources);
            Exit::Script
        }
    }
}

fn explain(opened: &Opened, experiment: Option<&Experiment>, console: &mut Console) -> Result<(), Vec<Diagnostic>> {
    let mut model = Model::new(&opened.program, experiment, &opened.settings)?;
    let steps = model.settle()?;
    let worst = peak(&mut model, &steps);
    let last = steps.last().expect("there is a first step");
    let heading = |console: &mut Console, text: &str| {
        let text = console.tone(Tone::Strong, text);
        console.line(&text);
    };
    heading(console, "as written");
    console.line(&printed(&last.written, last, &model, &opened.sources));
    heading(console, "as run");
    console.line(&printed(&last.step, last, &model, &opened.sources));
    heading(console, "who lives when, and why");
    lives(last, &model, &opened.sources, console);
    console.line("");
    let c = cost(&last.step, &last.layout);
    let linear = if model.depends_on_collision() {
        "changes from collision to collision: `n` occurs in it, so it is made anew each time"
    } else if c.linear {
        "linear: one and the same map of the density matrix at every collision"
    } else {
        "nonlinear: `uncorrelate` multiplies marginals"
    };
    console.line(&format!("the step is {linear}"));
    if steps.len() > 1 {
        console.line(&format!("shown is the step from collision {} on; before, fewer units are there", steps.len()));
    }
    console.line(&format!(
        "at the peak {} subsystems are alive, total dimension {}: {} with working copies",
        worst.peak_slots,
        worst.peak_dim,
        bytes(worst.peak_bytes)
    ));
    console.line(&format!("backend density: about {} floating-point operations a collision", c.flops));
    Ok(())
}

fn printed(step: &Step, compiled: &CompiledStep, model: &Model<'_>, sources: &SourceMap) -> String {
    let describe = |origin: Origin| statement(model, sources, origin);
    print(&step.ops, &step.entry, &compiled.layout, &describe)
}

/// The first line of a statement.
fn statement(model: &Model<'_>, sources: &SourceMap, origin: Origin) -> String {
    let text = sources.text(model.place(origin));
    let line = text.lines().next().unwrap_or("").trim();
    line.split(" #").next().unwrap_or(line).trim_end().to_string()
}

fn lives(step: &Arc<CompiledStep>, model: &Model<'_>, sources: &SourceMap, console: &mut Console) {
    let ops = &step.step.ops;
    let at = |i: Option<usize>| i.map(|i| statement(model, sources, ops[i].origin));
    let all = lifetimes(&step.step);
    let width = all.iter().map(|l| step.layout.label(l.slot).chars().count()).max().unwrap_or(0);
    for life in all {
        let label = step.layout.label(life.slot);
        let born = match (life.born, at(life.first_use)) {
            (None, _) => "carried in".to_string(),
            (Some(_), Some(first)) => format!("comes into being for `{first}`"),
            (Some(_), None) => "comes into being".to_string(),
        };
        let becomes = step.step.advance.iter().find(|(old, new)| *old == life.slot && old != new);
        let dies = match (life.dies, at(life.last_use)) {
            (Some(_), Some(last)) => format!("leaves after `{last}`"),
            (Some(_), None) => "leaves".to_string(),
            (None, _) => match becomes {
                Some((_, new)) => format!("stays as {}", step.layout.label(*new)),
                None => "stays".to_string(),
            },
        };
        let pad = " ".repeat(width - label.chars().count());
        console.line(&format!("  {label}{pad}  {born}; {dies}"));
    }
}

/// The definitions and the step in LaTeX.
fn equations(opened: &Opened, experiment: Option<&Experiment>, console: &mut Console) -> Result<(), Vec<Diagnostic>> {
    Model::new(&opened.program, experiment, &opened.settings)?.settle()?;
    console.line("\\begin{align*}");
    let lines: Vec<String> = opened.program.equations.iter().map(|e| format!("  & {e}")).collect();
    console.line(&lines.join(" \\\\\n"));
    console.line("\\end{align*}");
    Ok(())
}
