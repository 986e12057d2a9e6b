//! Draws scripts and shrinks the first that fails.
//!
//! A failure prints its seed and the smallest script that still fails, ready to be saved. `PROPTEST_CASES` sets the
//! number of scripts, `PROPTEST_RNG_SEED` the seed.

use std::cell::RefCell;
use std::thread;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use super::choices::choices;
use super::script::{Script, script};
use crate::seed;

/// Number of threads that draw scripts, unless the seed is given.
const THREADS: u32 = 2;

pub(crate) fn runner(cases: u32, seed: u64) -> TestRunner {
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
}

/// The results of the scripts of one thread.
pub(crate) struct Searched<T> {
    pub(crate) seed: u64,
    pub(crate) scripts: u32,
    pub(crate) found: T,
}

/// Draws `cases` scripts in all, or `PROPTEST_CASES` if it is set, and passes each to `check`, which records its
/// findings. Returns one result per thread.
///
/// # Panics
/// If `check` fails; the message has the seed, the reason, and the smallest script that fails.
pub(crate) fn search<T: Default + Send>(
    cases: u32,
    check: impl Fn(&Script, &mut T) -> Result<(), String> + Sync,
) -> Vec<Searched<T>> {
    let config = seed::config(cases);
    let (cases, seed) = (config.cases, seed::of(&config));
    // A failure reports the seed of its own thread.
    let threads = if std::env::var_os("PROPTEST_RNG_SEED").is_some() { 1 } else { THREADS };
    let scripts = cases.div_ceil(threads);
    let results: Vec<Result<Searched<T>, String>> = thread::scope(|scope| {
        let check = &check;
        let one = |at: u32| scope.spawn(move || search_from(scripts, seed.wrapping_add(at.into()), check));
        let searches: Vec<_> = (0..threads).map(one).collect();
        searches.into_iter().map(|s| s.join().expect("a search reports its failures")).collect()
    });
    results.into_iter().map(|result| result.unwrap_or_else(|message| panic!("{message}"))).collect()
}

fn search_from<T: Default>(
    scripts: u32,
    seed: u64,
    check: impl Fn(&Script, &mut T) -> Result<(), String>,
) -> Result<Searched<T>, String> {
    let found = RefCell::new(T::default());
    let outcome = runner(scripts, seed)
        .run(&choices(), |choices| check(&script(&choices), &mut found.borrow_mut()).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => Ok(Searched { seed, scripts, found: found.into_inner() }),
        Err(TestError::Fail(reason, choices)) => {
            let Script { text, linear, .. } = script(&choices);
            Err(format!("PROPTEST_RNG_SEED={seed}\n{reason}\n\n{text}{linear}\n{choices:?}"))
        }
        Err(TestError::Abort(reason)) => Err(format!("PROPTEST_RNG_SEED={seed}: gave up, {reason}")),
    }
}
