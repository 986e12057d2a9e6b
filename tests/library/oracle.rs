//! A second, independent interpreter of the language, which goes straight from the syntax tree to dense matrices; it is
//! slow and obvious. It is written from the book and uses no table, evaluator, lowering or backend of the library, so
//! it can find errors that all backends share.

mod arithmetic;
mod calls;
mod compare;
pub(crate) mod experiment;
mod joint;
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

use crate::random::search::search;
use compare::{Compared, agree};
use world::World;

const CASES: u32 = 600;

#[test]
fn random_scripts_give_the_numbers_of_the_book() {
    for searched in search(CASES, |text, found: &mut Compared| agree("random", text, found)) {
        assert!(
            searched.found.values > 20 * searched.scripts as usize,
            "too few values are compared: {:?}",
            searched.found
        );
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
];

#[test]
fn directed_scripts_give_the_numbers_of_the_book() {
    let mut found = Compared::default();
    for text in DIRECTED {
        agree("directed", text, &mut found).unwrap_or_else(|message| panic!("{text}\n{message}"));
    }
    assert_eq!((found.stopped, found.claims), (2, 3), "{found:?}");
}
