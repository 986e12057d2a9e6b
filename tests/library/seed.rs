//! Seeds of random tests: read from the environment, and printed so that a failure can be repeated.
//!
//! The unit tests of the library include this file too.

use std::hash::{BuildHasher, RandomState};

use proptest::test_runner::{Config, RngSeed};

/// A configuration for `cases` cases, or `PROPTEST_CASES` if it is set, from the seed `PROPTEST_RNG_SEED` or a new one.
/// The seed is printed, so a failing test shows it.
#[allow(clippy::print_stderr, reason = "a failing test shows its output")]
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

/// The seed of a configuration from [`config`].
#[allow(dead_code, reason = "not every test that includes this file splits its cases among threads")]
pub(crate) fn of(config: &Config) -> u64 {
    match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => unreachable!("`config` fixes the seed"),
    }
}
