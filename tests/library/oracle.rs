//! A second, independent interpreter of the language, which goes straight from the syntax tree to dense matrices; it is
//! slow and obvious. It is written from the book and uses no table, evaluator, lowering or backend of the library, so
//! it can find errors that all backends share.

mod arithmetic;
mod calls;
mod compare;
pub(crate) mod experiment;
mod joint;
mod maps;
mod matrix;
mod measures;
mod outcomes;
mod scope;
mod series;
mod simulate;
mod tables;
mod value;
mod world;

use std::fs;

use carom::ast::{ExperimentDecl, ExperimentItemKind};
use carom::shipped::SHIPPED;
use carom::source::SourceMap;

use crate::random::script::Script;
use crate::random::search::search;
use compare::{Compared, agree};
use world::World;

const CASES: u32 = 600;

#[test]
fn random_scripts_give_the_numbers_of_the_book() {
    let check = |script: &Script, found: &mut Compared| {
        agree("random", &format!("{}{}", script.text, script.linear), found)?;
        script.computes.iter().for_each(|what| *found.computed.entry(what.clone()).or_default() += 1);
        Ok(())
    };
    for searched in search(CASES, check) {
        let (found, scripts) = (&searched.found, searched.scripts as usize);
        assert!(found.values > 20 * scripts, "too few values are compared: {found:?}");
        // About half of the scripts are linear, a quarter of these are the same in each collision, and a quarter of those
        // forget their initial state.
        let rare = |what: &str| found.computed.get(what).is_none_or(|count| count * 20 < scripts);
        let rare: Vec<_> = ["correlation", "choi", "steady"].into_iter().filter(|what| rare(what)).collect();
        assert!(scripts < 100 || rare.is_empty(), "hardly ever computed: {rare:?} in {scripts} scripts: {found:?}");
        assert!(scripts < 300 || found.unique > 0, "no fixed point is unique: {found:?}");
    }
}

#[test]
fn example_scripts_give_the_numbers_of_the_book() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/ok");
    let mut found = Compared::default();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_some_and(|e| e == "carom") {
            let text = fs::read_to_string(&path).expect("a script is text");
            agree("example", &text, &mut found).unwrap_or_else(|message| panic!("{}\n{message}", path.display()));
        }
    }
    assert!(found.values > 300, "{found:?}");
}

/// The settings, cases and observables of an experiment of a shipped protocol, with only a few collisions. Measures of maps
/// have tests of their own.
fn short(protocol: &str, experiment: &ExperimentDecl, sources: &SourceMap) -> String {
    let relevant =
        |kind: &ExperimentItemKind| matches!(kind, ExperimentItemKind::Set(_) | ExperimentItemKind::Observe(_));
    let items = experiment.items.iter().filter(|item| relevant(&item.kind));
    let cases = experiment.items.iter().filter(|item| matches!(item.kind, ExperimentItemKind::Case { .. }));
    let texts = items.chain(cases).map(|item| sources.text(item.span));
    let items: Vec<&str> = texts.filter(|text| !text.contains("divisibility")).collect();
    format!("use {protocol}\nexperiment short {{ {}\n run 6 }}\n", items.join("\n"))
}

#[test]
fn shipped_protocols_give_the_numbers_of_the_book() {
    let mut found = Compared::default();
    for protocol in SHIPPED {
        let mut sources = SourceMap::new();
        let world = World::read(protocol.name, protocol.text, &mut sources);
        for experiment in &world.experiments {
            let text = short(protocol.name, experiment, &sources);
            agree("short", &text, &mut found).unwrap_or_else(|message| panic!("{text}\n{message}"));
        }
    }
    assert!(found.values > 500, "{found:?}");
}

/// Scripts for cases that random scripts hardly ever contain.
static DIRECTED: &[&str] = &[
    // `until` is checked after the first collision too.
    "system s = |1>\nstep { apply RX(s, 0.3) }\nobserve z = <Z(s)>\nexperiment first { run 5 until z < 0 }",
    // A missing number is neither above nor not above another.
    "system s = |0>\nenvironment e = |1> keep 2\nstep { apply CNOT(s, e) }\nobserve z = <Z(e[-2])>\n\
     experiment late { run 5 until not (z > 0) and not (z == 5) }",
    // The tolerance of `≈` is 1e-9 unless `±` gives another.
    "system s = |0>\nstep { apply RX(s, 0.3) }\nobserve z = <Z(s)>
experiment near { run 2; expect at(z, 0) ≈ 1 + 5e-9; expect at(z, 0) ≈ 1 + 5e-10; expect at(z, 0) ≈ 1.05 ± 0.02 }",
    // Small weights in the state of a fresh unit reach the system.
    "system s = |0>\nenvironment e = (1 - 1e-7)*|0><0| + 1e-7*|1><1|
step { apply partial_swap(s, e, 1.2); discard e }\nobserve p = population(s, 1)\nexperiment warm { run 6 }",
    // The factors of a joint state follow the order of the declaration.
    "system s = |0>\nenvironment a, b = 0.8*|01><01| + 0.2*|10><10|
step { apply CNOT(a, s); discard a; apply CRX(b, s, 0.4); discard b }\nobserve z = <Z(s)>\nexperiment pair { run 3 }",
    // A phase gate and its adjoint differ.
    "system s = |+>\nstep { apply S(s)†; apply T(s)†; apply SX(s)† }\nobserve r = bloch(s)\nexperiment phases { run 3 }",
    // A rule is redefined, and a parameter refers to the new one.
    "system s, r = (|00> + |11>)/√2\nenvironment e = |0>\nrule end { discard e }\nparam ending = end
redefine rule end { discard e; uncorrelate s | r }\nstep { apply CZ(s, e); trace ending }
observe I = mutual_information(s, r)\nexperiment redefined { run 2 }",
    // The fixed point of a qutrit and a kept unit; a record reads the state of its place.
    "system s : qudit(3) = |0>\nenvironment e = thermal(-Z/2, 0.7) keep 1\nstep {
    record E = <Z(e)>; evolve 0.3*(lower(s)*raise(e) + raise(s)*lower(e)) for 1; evolve 0.2*X(e) for 1; record H = <Z(e)> - E }
observe p = population(s, 2)\nobserve c = <X(e[-1])*number(s)>\nobserve S = entropy(s, e[-1])\nexperiment fixed { steady }",
    // The fixed point of a step with feedback, a mixture and a power; the outcome is its mean.
    "system s, q = |+>\nenvironment e = |0>\nstep {
    evolve X(s)*X(q) + 0.3*Z(q) for 0.4; apply RY(s, 0.6); apply CRX(s, e, 1.1); measure Z(e) as r
    when r > 0 { apply RX(q, 0.5) } else { reset s = |1> }; repeat 3 { apply damping(q, 0.1) }
    with probability 0.3 { apply CNOT(q, s) }; discard e }
observe x = <X(s)*Y(q)>\nobserve C = negativity(s, q)\nobserve F = fidelity(s, |+i>)\nexperiment fixed { steady }",
    // A conserved quantity that no observable sees.
    "system s, q = |+>\nenvironment e = |0>\nstep { apply partial_swap(s, e, 0.7); apply CZ(s, q); discard e }
observe z = <Z(s)>\nexperiment fixed { steady }",
    // The joint map of two qubits, and one with a kept unit and dissipation.
    "system s, q = |0>\nsystem r = |+>\nenvironment e = |+> keep 1\nstep {
    evolve X(s)*X(e) + Z(q)*Y(e[-1]) for 0.4; evolve 0.5*X(r)*Y(q) for 1 with 0.4*lower(q), 0.3*Z(r)*X(s) }
observe x = <X(q)>\nexperiment mapped { run 3; observe J = choi(s, q); observe K = choi(r) }",
    // B acts on the joint state, with the unit that is kept; A need not be Hermitian.
    "system s : boson(3) = (|0> + |2>)/√2\nenvironment e = |1> keep 1\nstep {
    evolve 0.4*(lower(s)*raise(e) + raise(s)*lower(e)) for 1; evolve 0.3*(lower(s) + raise(s)) for 0.5 with 0.2*lower(s)
    evolve X(e)*X(e[-1]) for 0.2 }
observe m = <number(s)>\nexperiment late { run 5; let C = correlation(lower(s)^2, raise(s)*lower(s), from = 2)
    let D = correlation(Y(e[-1])*lower(s), X(e[-1]) + 2i, from = 1) }",
];

#[test]
fn directed_scripts_give_the_numbers_of_the_book() {
    let mut found = Compared::default();
    for text in DIRECTED {
        agree("directed", text, &mut found).unwrap_or_else(|message| panic!("{text}\n{message}"));
    }
    assert_eq!((found.stopped, found.claims), (2, 3), "{found:?}");
}
