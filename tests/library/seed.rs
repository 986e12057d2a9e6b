//! Seeds of random tests: printed, so that a failure can be repeated, and taken from the environment.
//!
//! The unit tests of the library include this file too.

use std::hash::{BuildHasher, RandomState};

use proptest::test_runner::{Config, RngSeed};

/// Runs `cases` cases, or as many as `PROPTEST_CASES` says, from the seed `PROPTEST_RNG_SEED`, or from a new one. The seed is
/// printed: a test that fails shows it.
#[allow(clippy::print_stderr, reason = "a test that fails shows what it printed")]
pub(crate) fn config(cases: u32) -> Config {
    let given = Config { failure_persistence: None, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { given.cases } else { cases };
    let seed = match given.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(cases),
    };
    eprintln!("PROPTEST_RNG_SEED={seed} repeats these {cases} cases");
    Config { cases, rng_seed: RngSeed::Fixed(seed), ..given }
}

/// The seed of a configuration that [`config`] made.
#[allow(dead_code, reason = "not every test that includes this file divides its cases among threads")]
pub(crate) fn of(config: &Config) -> u64 {
    match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => unreachable!("`config` fixes the seed"),
    }
}
