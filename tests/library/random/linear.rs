//! Experiments that need a linear step: a two-time correlation, the map of a system, and the fixed point.

use super::choices::Tape;
use super::particles::{Particles, Site};
use super::terms;

/// The largest dimension of the live subsystems whose fixed point the second interpreter solves for.
const LARGEST_FIXED: usize = 6;

/// The largest dimension of the subsystems in a step for which the library always finds a map. It runs larger steps until
/// their numbers do not change, which takes long and need not succeed.
const LARGEST_MAPPED: usize = 32;

/// Some of these experiments for a model with this text, and their kinds. `live` are the subsystems that can be live after a
/// step.
pub(crate) fn experiments(
    model: &str,
    particles: &Particles,
    live: &[Site],
    tape: &mut Tape<'_>,
) -> (String, Vec<String>) {
    let (mut text, mut used) = (String::new(), Vec::new());
    if model.contains("uncorrelate") || model.contains("postselect") {
        return (text, used);
    }
    let systems = particles.systems();
    if tape.one_in(3) {
        let (late, early) = (operator(particles, &systems, tape), operator(particles, &systems, tape));
        let from = tape.below(3);
        text += &format!("experiment correlated {{ run 4; let C = correlation({late}, {early}, from = {from}) }}\n");
        used.push("correlation".to_string());
    }
    let alone = |s: &Site| particles.partners(*s).len() == 1 && particles.dim(&[*s]) <= 4;
    let alone: Vec<Site> = systems.iter().copied().filter(alone).collect();
    if !alone.is_empty() && !model.contains("start ") && tape.one_in(3) {
        let one = tape.pick(&alone);
        text += &format!("experiment mapped {{ run 2; observe J = choi({}) }}\n", particles.name(one));
        used.push("choi".to_string());
    }
    // An outcome is another factor of the state.
    let largest = if model.contains("measure ") { LARGEST_MAPPED / 2 } else { LARGEST_MAPPED };
    if !depends_on_collision(model) && particles.dim(live) <= LARGEST_FIXED && particles.peak() <= largest {
        text += "experiment fixed { steady }\n";
        used.push("steady".to_string());
    }
    (text, used)
}

/// An operator on one or two of the systems, which need not be Hermitian.
fn operator(particles: &Particles, systems: &[Site], tape: &mut Tape<'_>) -> String {
    let count = tape.pick(&[1, 1, 2]);
    let on = tape.several(count, systems);
    let factor = |site: &Site, tape: &mut Tape<'_>| match tape.below(3) {
        0 => terms::hermitian(particles, *site, tape),
        1 => format!("lower({})", particles.name(*site)),
        _ => format!("(raise({0}) + 2i*lower({0}))", particles.name(*site)),
    };
    on.iter().map(|site| factor(site, tape)).collect::<Vec<_>>().join("*")
}

/// Whether `n` occurs, also after a number, as in `0.1n`.
fn depends_on_collision(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let is_name = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let digits = |at: usize| {
        let before = letters[..at].iter().rposition(|c| !(c.is_ascii_digit() || *c == '.'));
        !before.is_some_and(|before| before + 1 < at && is_name(letters.get(before)))
    };
    let alone = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        !is_name(letters.get(at + 1)) && (!is_name(before) || before.is_some_and(char::is_ascii_digit) && digits(at))
    };
    (0..letters.len()).any(|at| letters[at] == 'n' && alone(at))
}

#[test]
fn the_number_of_the_collision_is_found() {
    for text in ["n", "0.1n", "sin(0.4*n)", "1/(n + 1)", "when n > 2", "2n"] {
        assert!(depends_on_collision(text), "{text}");
    }
    for text in ["number(s)", "sin(0.3)", "s1n", "lowern", "leaving", "n1", "a_n", "exchange(a, b)"] {
        assert!(!depends_on_collision(text), "{text}");
    }
}
