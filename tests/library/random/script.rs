//! Turns choices into scripts. Any choices give a valid script.

use super::analysis::experiment;
use super::choices::{Choices, Tape};
use super::measures;
use super::particles::Particles;
use super::step::StepWriter;
use super::terms::DEFINITIONS;

/// A script and the features that it uses.
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) used: Vec<String>,
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
    let text = format!("{}{particles}{body}{experiment}", definitions(&body));
    Script { text, used }
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
