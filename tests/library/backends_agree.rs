//! Checks that the density backend and the step map, with all passes, give the numbers of the reference backend, which
//! runs every step as written: for random valid scripts and for those of `tests/scripts/ok`.
//!
//! A failure prints its seed and the smallest script that still fails; `random/search.rs` explains how to set the seed.

mod compare;

use std::collections::BTreeMap;
use std::fs;

use proptest::strategy::{Strategy, ValueTree};

use crate::random::choices::choices;
use crate::random::script::script;
use crate::random::search::{runner, search};
use compare::{Agreement, agree};

const CASES: u32 = 400;

#[test]
fn random_scripts_give_the_same_numbers() {
    for searched in search(CASES, |script, found: &mut Agreement| agree("random", &script.text, found)) {
        let (found, seed, scripts) = (searched.found, searched.seed, searched.scripts);
        // The wide bound is for rare states whose rank is raised by rounding.
        assert!(found.loose * 100 <= found.values, "too many values are only roughly equal: {found:?}, seed {seed}");
        // About half of the scripts have `n`, an `uncorrelate` in a block, or a gate on more than five qubits.
        assert!(found.mapped * 4 > scripts as usize, "the step map refuses too many of {scripts} scripts: {found:?}");
    }
}

#[test]
fn the_generator_covers_the_language() {
    let mut runner = runner(1, 1);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..600 {
        let choices = choices().new_tree(&mut runner).expect("choices are always found").current();
        for used in script(&choices).used {
            *counts.entry(used).or_default() += 1;
        }
    }
    let rare: Vec<_> = FEATURES.iter().filter(|name| counts.get(**name).is_none_or(|count| *count < 5)).collect();
    assert!(rare.is_empty(), "hardly ever drawn: {rare:?}\nof {counts:#?}");
}

/// Features that some hundred random scripts must use at least a few times each.
static FEATURES: &[&str] = &[
    "qubit",
    "qudit(3)",
    "spin(1)",
    "boson(3)",
    "system",
    "system, joint",
    "stream",
    "stream, joint",
    "state ket",
    "state mixed",
    "state mixture",
    "state thermal",
    "state ⊗",
    "state tensor",
    "ahead 0",
    "ahead 1",
    "ahead 2",
    "keep 1",
    "keep 2",
    "apply",
    "apply an adjoint",
    "apply a gate of its own",
    "apply a channel",
    "evolve",
    "let",
    "repeat",
    "for",
    "sum over an index",
    "array of 1",
    "array of 2",
    "with probability",
    "reset",
    "reset of each",
    "reset, joint",
    "uncorrelate",
    "discard",
    "discard in a block",
    "discard in both branches",
    "sequence",
    "sequence that discards",
    "trace a rule",
    "trace a parameter",
    "trace a redefined rule",
    "record",
    "observe",
    "until",
    "let of a series",
    "expect",
    "expectation",
    "expectation of a product",
    "arithmetic",
    "concurrence",
    "mutual_information",
    "entropy",
    "purity",
    "negativity",
    "fidelity",
    "trace_distance",
    "coherence",
    "ergotropy",
    "population",
    "bloch",
    "state",
];

#[test]
fn example_scripts_give_the_same_numbers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/ok");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_some_and(|e| e == "carom") {
            count += 1;
            let text = fs::read_to_string(&path).expect("a script is text");
            agree("example", &text, &mut Agreement::default())
                .unwrap_or_else(|message| panic!("{}\n{message}", path.display()));
        }
    }
    assert!(count >= 12, "{count} scripts");
}
