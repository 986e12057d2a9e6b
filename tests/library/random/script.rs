//! Turns choices into scripts. Any choices give a valid script.

use super::analysis::experiment;
use super::choices::{Choices, Tape};
use super::particles::Particles;
use super::step::StepWriter;
use super::terms::{self, DEFINITIONS};
use super::{linear, measures};

/// A script and the features that it uses.
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) used: Vec<String>,
    /// Further experiments on the same model, for the tests that can run them, and what they compute.
    pub(crate) linear: String,
    pub(crate) computes: Vec<String>,
}

/// The script that the choices describe.
pub(crate) fn script(choices: &Choices) -> Script {
    let mut tape = Tape::new(&choices.particles);
    let collisions = 3 + tape.below(4);
    let particles = Particles::new(&mut tape);
    let mut writer = StepWriter::new(&particles);
    let step = writer.step(&choices.statements, &choices.ending);
    let mut used = particles.used();
    used.append(&mut writer.used);
    let live = particles.observable(&writer.touched, &writer.discarded);
    let mut body = writer.definitions.concat() + &step;
    let mut numbers_observed = Vec::new();
    for (at, numbers) in choices.measures.iter().enumerate() {
        let measure = measures::measure(&particles, &live, &mut Tape::new(numbers));
        used.push("observe".into());
        let name = format!("o{}", at + 1);
        body += &format!("observe {name} = {}\n", measure.text);
        if measure.is_number() {
            numbers_observed.push(name);
        }
        used.push(measure.kind);
    }
    let (experiment, also_used) = experiment(collisions, &numbers_observed, &mut Tape::new(&choices.analysis));
    used.extend(also_used);
    let definitions = definitions(&body);
    let cases = cases(&definitions, &particles, collisions, &mut Tape::new(&choices.ending));
    if !cases.is_empty() {
        used.push("case".into());
    }
    let start = start(&particles, &mut Tape::new(&choices.analysis));
    if !start.is_empty() {
        used.push("start".into());
    }
    let model = format!("{definitions}{particles}{start}{body}");
    let numbers: Vec<u8> = choices.particles.iter().chain(&choices.analysis).rev().copied().collect();
    let (linear, computes) = linear::experiments(&model, &particles, &live, &mut Tape::new(&numbers));
    Script { text: format!("{model}{experiment}{cases}"), used, linear, computes }
}

/// A joint state of a system and of the first unit of a stream, or of two systems; empty for some scripts.
fn start(particles: &Particles, tape: &mut Tape<'_>) -> String {
    let first = particles.sites().into_iter().filter(|site| site.unit == 0).collect::<Vec<_>>();
    let on = tape.several(2, &first);
    if on.len() < 2 || !tape.one_in(4) {
        return String::new();
    }
    format!("start {} = {}\n", particles.names(&on), terms::joint_state(tape))
}

/// An experiment that compares two cases, which differ in the parameters of the script; empty for some scripts.
fn cases(definitions: &str, particles: &Particles, collisions: usize, tape: &mut Tape<'_>) -> String {
    let systems = particles.systems();
    let Some(system) = systems.get(tape.below(systems.len().max(1))).filter(|_| tape.one_in(3)) else {
        return String::new();
    };
    let set = |name: &str, value: &str| {
        if definitions.contains(&format!("param {name} ")) { format!("set {name} = {value}") } else { String::new() }
    };
    let (measure, name) = (tape.pick(&["trace_distance", "fidelity"]), particles.name(*system));
    format!(
        "experiment compared {{\n    case one {{ {} }}\n    case two {{ {} }}\n    run {collisions}\n    \
         observe D = {measure}({name} in one, {name} in two)\n    observe q = purity({name})\n    \
         let gap = last(q in one) - mean(q in two)\n    expect last(D) <= at(D, 0) + 1e-6\n}}\n",
        set("θ", "1.1"),
        set("η", "0.8")
    )
}

/// The definitions that a script calls, each after the definitions that it uses itself.
fn definitions(body: &str) -> String {
    let mut needed: Vec<&str> = Vec::new();
    for (name, definition) in DEFINITIONS.iter().rev() {
        let called = format!("{name}(");
        if body.contains(&called) || needed.iter().any(|d| d.contains(&called)) {
            needed.push(definition);
        }
    }
    let functions: String = needed.iter().rev().map(|d| format!("{d}\n")).collect();
    let uses = |name: &str| body.contains(name) || functions.contains(name);
    let parameter =
        |name: &str, value: &str| if uses(name) { format!("param {name} = {value}\n") } else { String::new() };
    parameter("θ", "0.4") + &parameter("η", "0.35") + &functions
}
