//! Observables and records: every measure, on any subsystems that it applies to.

use carom::quantum::Kind;

use super::choices::Tape;
use super::particles::{Particles, Site};
use super::terms;

/// A measure of a script.
pub(crate) struct Measure {
    pub(crate) text: String,
    /// The subsystems that it reads.
    pub(crate) on: Vec<Site>,
    /// The name of the measure, for the coverage statistics.
    pub(crate) kind: String,
}

impl Measure {
    /// Whether it gives a single series.
    pub(crate) fn is_number(&self) -> bool {
        !["bloch", "state"].contains(&self.kind.as_str())
    }
}

/// Draws a measure of some of the sites.
pub(crate) fn measure(particles: &Particles, sites: &[Site], tape: &mut Tape<'_>) -> Measure {
    let which = tape.below(15);
    let count = 1 + tape.below(3);
    let on = tape.several(count, sites);
    let qubits: Vec<Site> = sites.iter().copied().filter(|s| particles.kind(*s) == Kind::Qubit).collect();
    let pair = tape.several(2, &qubits);
    let of = |kind: &str, on: &[Site], text: String| Measure { text, on: on.to_vec(), kind: kind.into() };
    let names = particles.names(&on);
    match which {
        1 => {
            let text = on.iter().map(|s| terms::hermitian(particles, *s, tape)).collect::<Vec<_>>().join("*");
            of("expectation of a product", &on, format!("<{text}>"))
        }
        2 => arithmetic(particles, &on[..on.len().min(2)], tape),
        3 | 4 if pair.len() == 2 => of("concurrence", &pair, format!("concurrence({})", particles.names(&pair))),
        5 | 6 if on.len() > 1 => {
            let name = if which == 5 { "mutual_information" } else { "negativity" };
            let split = 1 + tape.below(on.len() - 1);
            let bar = if on.len() == 2 && tape.one_in(2) { "," } else { " |" };
            let (a, b) = (particles.names(&on[..split]), particles.names(&on[split..]));
            of(name, &on, format!("{name}({a}{bar} {b})"))
        }
        3 | 7 => of("entropy", &on, format!("entropy({names})")),
        4 | 8 => of("purity", &on, format!("purity({names})")),
        5 | 9 | 10 => {
            let name = if which == 9 { "fidelity" } else { "trace_distance" };
            if let [a, b, ..] = on[..]
                && particles.dim(&[a]) == particles.dim(&[b])
                && tape.one_in(3)
            {
                return of(&format!("{name} of two"), &[a, b], format!("{name}({})", particles.names(&[a, b])));
            }
            let (on, state) = match &on[..] {
                [a, b, ..] => (vec![*a, *b], terms::joint_state(tape)),
                _ => (on.clone(), terms::state(particles.kind(on[0]), tape)),
            };
            of(name, &on, format!("{name}({}, {state})", particles.names(&on)))
        }
        6 | 11 => of("coherence", &on, format!("coherence({names})")),
        12 => match pair.first() {
            Some(qubit) if tape.one_in(2) => of("bloch", &[*qubit], format!("bloch({})", particles.name(*qubit))),
            _ => {
                let level = tape.below(particles.kind(on[0]).dim());
                of("population", &on[..1], format!("population({}, {level})", particles.name(on[0])))
            }
        },
        13 => {
            let on = if particles.dim(&on) <= 9 { &on[..] } else { &on[..1] };
            of("state", on, format!("state({})", particles.names(on)))
        }
        14 => {
            let h = terms::hermitian(particles, on[0], tape);
            of("ergotropy", &on[..1], format!("ergotropy({}, {h})", particles.name(on[0])))
        }
        _ => of("expectation", &on[..1], format!("<{}>", terms::hermitian(particles, on[0], tape))),
    }
}

/// Arithmetic with expectation values.
fn arithmetic(particles: &Particles, on: &[Site], tape: &mut Tape<'_>) -> Measure {
    let a = particles.name(on[0]);
    let text = match on {
        [_, b] if tape.one_in(2) => {
            let [x, y] = [on[0], *b].map(|s| terms::hermitian(particles, s, tape));
            format!("<{x}*{y}> - <{x}>*<{y}>")
        }
        [_, b] => format!("abs(<lower({a})*raise({})>)", particles.name(*b)),
        _ => format!("re(<lower({a})>) + 2*im(<raise({a})>)"),
    };
    Measure { text, on: on.to_vec(), kind: "arithmetic".into() }
}
