//! The density backend and the step map, with all passes, give the numbers of the reference backend, which runs every
//! step as it is written: for random valid scripts and for those of `tests/scripts/ok`.
//!
//! A failure prints its seed and the smallest script that still fails, ready to be saved. `PROPTEST_CASES` sets the number
//! of scripts, `PROPTEST_RNG_SEED` the seed.

mod compare;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::thread;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::random::choices::choices;
use crate::random::script::script;
use crate::seed;
use compare::{Agreement, agree};

const CASES: u32 = 1000;

/// Scripts are drawn by so many threads.
const THREADS: u32 = 2;

fn runner(cases: u32, seed: u64) -> TestRunner {
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
}

/// Draws scripts and runs them.
///
/// # Errors
/// The message of the smallest script that fails.
fn search(cases: u32, seed: u64) -> Result<Agreement, String> {
    let total = Cell::new(Agreement::default());
    let outcome = runner(cases, seed).run(&choices(), |choices| {
        let found = agree("random", &script(&choices).text).map_err(TestCaseError::fail)?;
        let before = total.get();
        total.set(Agreement {
            values: before.values + found.values,
            loose: before.loose + found.loose,
            mapped: before.mapped + found.mapped,
        });
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(total.get()),
        Err(TestError::Fail(reason, choices)) => {
            let text = script(&choices).text;
            Err(format!("PROPTEST_RNG_SEED={seed}\n{reason}\n\n{text}\n{choices:?}"))
        }
        Err(TestError::Abort(reason)) => Err(format!("PROPTEST_RNG_SEED={seed}: given up, {reason}")),
    }
}

#[test]
fn random_scripts_give_the_same_numbers() {
    let config = seed::config(CASES);
    let (cases, seed) = (config.cases, seed::of(&config));
    // A failure names the seed of its own thread.
    let threads = if std::env::var_os("PROPTEST_RNG_SEED").is_some() { 1 } else { THREADS };
    let share = cases.div_ceil(threads);
    let results: Vec<Result<Agreement, String>> = thread::scope(|scope| {
        let searches: Vec<_> =
            (0..threads).map(|at| scope.spawn(move || search(share, seed.wrapping_add(at.into())))).collect();
        searches.into_iter().map(|s| s.join().expect("a search reports its failures")).collect()
    });
    for result in results {
        let found = result.unwrap_or_else(|message| panic!("{message}"));
        // The wide bound is for the rare state whose rank rounding has raised.
        assert!(found.loose * 100 <= found.values, "too many values are only roughly equal: {found:?}, seed {seed}");
        // About half of the scripts have `n`, an `uncorrelate` in a block, or a gate on more than five qubits.
        assert!(found.mapped * 4 > share as usize, "the step map refuses nearly all of {share} scripts: {found:?}");
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
    let rare: Vec<_> = WANTED.iter().filter(|name| counts.get(**name).is_none_or(|count| *count < 5)).collect();
    assert!(rare.is_empty(), "hardly ever drawn: {rare:?}\nof {counts:#?}");
}

/// What some hundred random scripts must use a few times each.
static WANTED: &[&str] = &[
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
    "apply a gate of its own",
    "apply a channel",
    "evolve",
    "let",
    "repeat",
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
    "record",
    "observe",
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
            agree("example", &text).unwrap_or_else(|message| panic!("{}\n{message}", path.display()));
        }
    }
    assert!(count >= 12, "{count} scripts");
}
