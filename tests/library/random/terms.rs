//! The expressions of a script: numbers, operators, gates, channels and states, on any subsystems.

use carom::quantum::{CHANNELS, GATES, Kind};

use super::choices::Tape;
use super::particles::{Particles, Site};

/// An angle, a coupling or a duration; `locals` are the names of numbers in scope.
pub(crate) fn number(tape: &mut Tape<'_>, locals: &[String]) -> String {
    let known = ["0.3", "1.1", "-0.7", "0.25π", "θ", "2.5", "θ/3", "0.1n", "sin(0.4*mod(n, 3))"].map(String::from);
    tape.pick(&[&known[..], locals, locals].concat())
}

/// A number from 0 to 1.
pub(crate) fn probability(tape: &mut Tape<'_>) -> &'static str {
    tape.pick(&["0.25", "η", "0.5", "0.8", "1", "0", "1/(n + 1)", "1e-7"])
}

/// A Hermitian operator on one site.
pub(crate) fn hermitian(particles: &Particles, site: Site, tape: &mut Tape<'_>) -> String {
    let of_kind: &[&str] = match particles.kind(site) {
        Kind::Qubit => &["Z(@)", "X(@)", "Y(@)", "σx(@)", "(splus(@) + sminus(@))", "|1><1|(@)", "i*comm(X(@), Y(@))"],
        Kind::Spin { .. } => {
            &["Sz(@)", "Sx(@)", "Sy(@)", "Sz(@)^2", "i*(splus(@) - sminus(@))", "anticomm(Sx(@), Sy(@))"]
        }
        _ => {
            &["number(@)", "(lower(@) + raise(@))", "i*(lower(@) - lower(@)†)", "(|0><2|(@) + |2><0|(@))", "|1><1|(@)"]
        }
    };
    tape.pick(of_kind).replace('@', &particles.name(site))
}

/// A Hamiltonian that moves an excitation between two subsystems of any kinds.
pub(crate) fn hop(a: &str, b: &str) -> String {
    format!("lower({a})*dag(lower({b})) + dag(lower({a}))*lower({b})")
}

/// A Hamiltonian of up to three terms, each on one to three of the sites, and the sites that it mentions.
pub(crate) fn hamiltonian(
    particles: &Particles,
    sites: &[Site],
    locals: &[String],
    tape: &mut Tape<'_>,
) -> (String, Vec<Site>) {
    let (mut text, mut mentioned) = (String::new(), Vec::new());
    for at in 0..=tape.below(3) {
        let chosen = tape.pick(&[2, 1, 1, 3]);
        let on = tape.several(chosen, sites);
        let product = match &on[..] {
            [a, b] if tape.one_in(3) => format!("exchange({}, {})", particles.name(*a), particles.name(*b)),
            _ => on.iter().map(|s| hermitian(particles, *s, tape)).collect::<Vec<_>>().join("*"),
        };
        let sign = if at == 0 { "" } else { tape.pick(&[" + ", " - "]) };
        text += &format!("{sign}{}*{product}", number(tape, locals));
        mentioned.extend(on);
    }
    (text, mentioned)
}

/// A gate on some of the sites, and the sites that it acts on: a built-in gate if one fits, otherwise an exponential.
pub(crate) fn gate(
    particles: &Particles,
    sites: &[Site],
    locals: &[String],
    tape: &mut Tape<'_>,
) -> (String, Vec<Site>) {
    let count = 1 + tape.below(3);
    let on = tape.several(count, sites);
    let dims: Vec<usize> = on.iter().map(|s| particles.kind(*s).dim()).collect();
    let fits = |angles: usize, matrix: fn(&[usize], &[f64]) -> Option<_>| matrix(&dims, &vec![0.1; angles]).is_some();
    let rows: Vec<_> = GATES.iter().filter(|r| r.subsystems == on.len() && fits(r.angles.len(), r.matrix)).collect();
    if rows.is_empty() {
        let site = on[0];
        return (format!("exp(-0.4i*{})", hermitian(particles, site, tape)), vec![site]);
    }
    let row = tape.pick(&rows);
    let angles: Vec<String> = row.angles.iter().map(|_| format!(", {}", number(tape, locals))).collect();
    let adjoint = if tape.one_in(3) { "†" } else { "" };
    (format!("{}({}{}){adjoint}", row.name, particles.names(&on), angles.concat()), on)
}

/// Definitions that a script may call: name and text.
pub(crate) static DEFINITIONS: &[(&str, &str)] = &[
    ("exchange", "hamiltonian exchange(a, b) = 0.6*(lower(a)*dag(lower(b)) + dag(lower(a))*lower(b))"),
    ("pswap", "gate pswap(a, b) = cos(θ) + i*sin(θ)*SWAP(a, b)"),
    ("kick", "gate kick(a, x) = exp(-i*x*(lower(a) + raise(a)))"),
    ("push", "gate push(a, b) = exp(0.3i*number(a)*number(b))"),
    ("noise", "gate noise(a, q) = kraus(√(1 - q)*I(a), √q*exp(i*number(a)))"),
    ("meet", "sequence meet(a, b, t) { evolve exchange(a, b) for t; apply kick(b, t) }"),
    ("relay", "sequence relay(a, u, t) { evolve exchange(a, u) for t; evolve exchange(a, u') for 2t }"),
    ("leave", "sequence leave(u) { discard u }"),
];

/// A user-defined gate or channel on some of the sites.
pub(crate) fn own_gate(
    particles: &Particles,
    sites: &[Site],
    locals: &[String],
    tape: &mut Tape<'_>,
) -> (String, Vec<Site>) {
    let on = tape.several(2, sites);
    let names = particles.names(&on);
    let one = particles.name(on[0]);
    match (tape.below(5), &on[..]) {
        (1, [a, b]) if particles.kind(*a).dim() == particles.kind(*b).dim() => (format!("pswap({names})"), on),
        (2, [_, _]) => (format!("push({names})"), on),
        (3, _) => (format!("noise({one}, {})", probability(tape)), vec![on[0]]),
        (4, _) => (format!("dag(kick({one}, {}))", number(tape, locals)), vec![on[0]]),
        _ => (format!("kick({one}, {})", number(tape, locals)), vec![on[0]]),
    }
}

/// What a `measure` measures, with two outcomes, and the sites that it acts on.
pub(crate) fn measured(particles: &Particles, sites: &[Site], tape: &mut Tape<'_>) -> (String, Vec<Site>) {
    let on = tape.several(2, sites);
    let (s, qubit) = (particles.name(on[0]), particles.kind(on[0]) == Kind::Qubit);
    let text = match (tape.below(5), &on[..]) {
        (0 | 1, _) if qubit => hermitian(particles, on[0], tape),
        (2, _) if qubit => s,
        (3, [_, b]) if qubit && particles.kind(*b) == Kind::Qubit => {
            return (format!("Z({s})*X({})", particles.name(*b)), on);
        }
        (4, _) => format!(
            "kraus(√0.3*|0><0|({s}) + √0.8*(I({s}) - |0><0|({s})), √0.7*|0><0|({s}) + √0.2*(I({s}) - |0><0|({s})))"
        ),
        _ => format!("|1><1|({s})"),
    };
    (text, vec![on[0]])
}

/// A channel: a built-in channel on a qubit, or one given by its Kraus operators.
pub(crate) fn channel(particles: &Particles, sites: &[Site], tape: &mut Tape<'_>) -> (String, Vec<Site>) {
    let on = tape.several(2, sites);
    let kind = particles.kind(on[0]);
    let (s, p) = (particles.name(on[0]), probability(tape));
    if kind == Kind::Qubit && tape.below(3) < 2 {
        let row = tape.pick(&CHANNELS.iter().collect::<Vec<_>>());
        let parameters: Vec<String> = row.parameters.iter().map(|_| format!(", {}", probability(tape))).collect();
        return (format!("{}({s}{})", row.name, parameters.concat()), vec![on[0]]);
    }
    if let [a, b] = on[..]
        && particles.kind(a).dim() == particles.kind(b).dim()
        && tape.one_in(2)
    {
        let b = particles.name(b);
        return (format!("kraus(√(1 - {p})*I({s})*I({b}), √({p})*SWAP({s}, {b}))"), on);
    }
    let rest = (1..kind.dim()).map(|k| format!(" + √(1 - {p})*|{k}><{k}|({s})")).collect::<String>();
    let jumps = (1..kind.dim()).map(|k| format!(", √({p})*|{}><{k}|({s})", k - 1)).collect::<String>();
    (format!("kraus(|0><0|({s}){rest}{jumps})"), vec![on[0]])
}

/// One or two jump operators on one or two of the sites, and the sites that they mention.
pub(crate) fn jumps(particles: &Particles, sites: &[Site], tape: &mut Tape<'_>) -> (String, Vec<Site>) {
    let (mut texts, mut mentioned) = (Vec::new(), Vec::new());
    for _ in 0..=tape.below(2) {
        let count = tape.pick(&[1, 1, 2]);
        let on = tape.several(count, sites);
        let rate = tape.pick(&["√η", "0.3", "i/2", "0.1n", "1e-4"]);
        let jump = match &on[..] {
            [a, b] => format!("(lower({}) + 2*lower({}))", particles.name(*a), particles.name(*b)),
            _ => tape.pick(&["lower(@)", "dag(lower(@))", "|1><1|(@)"]).replace('@', &particles.name(on[0])),
        };
        texts.push(format!("{rate}*{jump}"));
        mentioned.extend(on);
    }
    (texts.join(", "), mentioned)
}

/// The state of one subsystem, as written in a declaration or `reset`.
pub(crate) fn state(kind: Kind, tape: &mut Tape<'_>) -> String {
    let common = [
        "|0>",
        "|1>",
        "|+>",
        "|-i>",
        "mixed",
        "(|0> + i*|1>)/√2",
        "0.7*|0><0| + 0.3*|1><1|",
        "0.5*|+><+| + 0.5*mixed",
        "thermal(number, 0.7)",
        "(1 - 1e-7)*|0><0| + 1e-7*|1><1|",
        "cos(0.4)*|0> - sin(0.4)*|1>",
    ];
    let of_kind: &[&str] = match kind {
        Kind::Qubit => &["thermal(-0.5*Z + 0.2*X, 1.5)", "thermal(-Z, 0)", "|->"],
        Kind::Spin { .. } => &["thermal(Sz + 0.3*Sx, 0.9)", "|2>"],
        _ => &["|2>", "thermal(number, inf)", "(|0> + |1> - i*|2>)/√3"],
    };
    tape.pick(&[&common, of_kind].concat()).to_string()
}

/// The joint state of two subsystems of any kinds.
pub(crate) fn joint_state(tape: &mut Tape<'_>) -> String {
    let states = [
        "|01>",
        "(|00> + |11>)/√2",
        "0.6*|01> - 0.8i*|10>",
        "0.5*|00><00| + 0.5*|11><11|",
        "|+> ⊗ |0>",
        "tensor(mixed, |+>)",
        "thermal(number ⊗ number, 0.8)",
        "0.3*mixed ⊗ |0><0| + 0.7*|++><++|",
    ];
    tape.pick(&states).to_string()
}
