//! Compares every number of the library's default backend with the oracle's.

use std::collections::BTreeMap;

use carom::analysis::{Series, TableColumn};
use carom::check::{Script, check};
use carom::diagnostic::{Code, Diagnostic, Style, render_all};
use carom::experiment::{Control, Ending, Options, Setup, run};
use carom::source::SourceMap;

use super::experiment::{self, Outcome};
use super::series;
use super::value::Value;
use crate::precision::{ROOT, is_root_of, measure_of};

/// The oracle's exponentials and the library's are different algorithms, each accurate to rounding errors.
const ROUNDING: f64 = 1e-10;

/// A pivot of S − 1 below which a mode is too slow: the error of the fixed point is a rounding error divided by it.
const SLOW: f64 = 1e-4;

/// Counts of the compared numbers.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) values: usize,
    pub(crate) claims: usize,
    /// Experiments that an `until` ended.
    pub(crate) stopped: usize,
    /// How often random scripts compute something from their linear map.
    pub(crate) computed: BTreeMap<String, usize>,
    /// Steps with a single fixed point.
    pub(crate) unique: usize,
}

/// Runs every experiment of the script that is not a sweep and compares it with the oracle.
///
/// # Errors
/// The checker's messages if it rejects the script, or else the first number that differs and by how much.
pub(crate) fn agree(name: &str, text: &str, found: &mut Compared) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let shown = |errors: &[Diagnostic], sources: &SourceMap| render_all(errors, sources, Style::plain());
    let program = check(&Script::from_text(name, text), &mut sources).map_err(|e| shown(&e, &sources))?;
    for experiment in program.experiments.iter().filter(|e| e.name.own && e.run.is_some() && e.sweep.is_empty()) {
        let library = run(Setup::new(&program, experiment, &Options::default(), &sources), &Control::none());
        if experiment.is_steady() {
            steady(library, (name, text, &experiment.name.key), found)?;
            continue;
        }
        let library = library.map_err(|e| shown(&e, &sources))?;
        if let Some(fault) = library.fault() {
            return Err(shown(std::slice::from_ref(fault), &sources));
        }
        let oracle = experiment::run(name, text, &experiment.name.key);
        if library.collisions != oracle.collisions as u64 {
            return Err(format!(
                "the library runs {} collisions, the oracle {}",
                library.collisions, oracle.collisions
            ));
        }
        found.stopped += usize::from(matches!(library.ending, Ending::Condition));
        if library.series().count() != oracle.series.len() {
            let names: Vec<_> = library.series().map(|(name, _)| name).collect();
            return Err(format!("the library has the series {names:?}, the oracle {:?}", oracle.series.keys()));
        }
        for (name, series) in library.series() {
            found.values += series.values.len();
            let expected = oracle.series.get(name).ok_or_else(|| format!("the oracle has no `{name}`"))?;
            let measure = measure_of(text, name);
            let allowed = if is_root_of(text, name) { ROOT } else { ROUNDING };
            compare_series(name, &series, expected, allowed).map_err(|why| format!("{measure}: {why}"))?;
        }
        let root = library.series().any(|(name, _)| is_root_of(text, name));
        compare_lets(&library, &oracle, if root { ROOT } else { ROUNDING })?;
        found.claims += oracle.claims.len();
        for (claim, expected) in library.claims.iter().zip(&oracle.claims) {
            if claim.holds != *expected {
                return Err(format!(
                    "`{}` is {} in the library and {expected} in the oracle; {}",
                    claim.text, claim.holds, claim.measured
                ));
            }
        }
    }
    Ok(())
}

/// Compares the numbers of a fixed point. The oracle does not compute the gap.
fn steady(
    library: Result<carom::experiment::Outcome, Vec<Diagnostic>>,
    (name, text, experiment): (&str, &str, &str),
    found: &mut Compared,
) -> Result<(), String> {
    let oracle = experiment::run(name, text, experiment);
    let (count, least) = oracle.fixed_points.expect("a fixed point was asked for");
    if least < SLOW {
        return Ok(()); // it differs from a slow mode by a number that is not much larger than rounding errors
    }
    found.unique += usize::from(count == 1);
    let library = match library {
        Err(errors) if count > 1 && errors.iter().all(|d| d.code == Code::SeveralSteady) => return Ok(()),
        Err(errors) => return Err(format!("{count} fixed points, but the library refuses: {}", errors[0].message)),
        Ok(library) => library,
    };
    match library.fault() {
        // Without a map it is run, and a run need not become stationary.
        Some(fault) if fault.code == Code::NotSettled && library.ran.plan().is_some_and(|p| p.form.is_none()) => {
            return Ok(());
        }
        Some(fault) => return Err(format!("the library has a fault: {}", fault.message)),
        None => {}
    }
    let numbers: Vec<(&str, f64)> = library.last_numbers().filter(|(name, _)| *name != "gap").collect();
    if numbers.len() != oracle.series.len() {
        return Err(format!("the library has the numbers {numbers:?}, the oracle {:?}", oracle.series.keys()));
    }
    for (name, x) in numbers {
        found.values += 1;
        let expected = oracle.series.get(name).ok_or_else(|| format!("the oracle has no `{name}`"))?.values[0];
        let allowed = if is_root_of(text, name) { ROOT } else { ROUNDING };
        compare_numbers(x, expected, allowed / least.min(1.0))
            .map_err(|why| format!("{}: steady `{name}` {why}; {count} fixed points", measure_of(text, name)))?;
    }
    Ok(())
}

/// Compares two series at every collision. The library gives a recorded series a missing value at n = 0, which the
/// oracle leaves out.
fn compare_series(name: &str, found: &Series, expected: &series::Series, allowed: f64) -> Result<(), String> {
    let last = expected.values.len().checked_sub(1).map(|at| (expected.start + at * expected.stride) as u64);
    if found.index.stride != expected.stride as u64 || found.index.last() != last {
        return Err(format!("`{name}` has the index {:?}, but in the oracle it is {expected:?}", found.index));
    }
    for (at, x) in found.values.iter().enumerate() {
        let n = found.index.at(at);
        compare_numbers(*x, expected.at(n as f64), allowed)
            .map_err(|why| format!("`{name}` at collision {n} {why}"))?;
    }
    Ok(())
}

fn compare_numbers(x: f64, y: f64, allowed: f64) -> Result<(), String> {
    let by = (x - y).abs();
    if x.is_nan() == y.is_nan() && (x.is_nan() || by <= allowed) {
        return Ok(());
    }
    Err(format!("is {x}, but {y} in the oracle: they differ by {by:.1e}"))
}

fn compare_lets(library: &carom::experiment::Outcome, oracle: &Outcome, allowed: f64) -> Result<(), String> {
    for (name, (_, expected)) in library.lets.iter().zip(&oracle.lets) {
        let value = library.values().find(|c| c.name == *name);
        match (library.find_series(name), value.and_then(TableColumn::last), value.and_then(TableColumn::boolean)) {
            (Some(found), ..) => compare_series(name, &found, &expected.series(), allowed)?,
            (_, Some(x), _) => {
                let same = compare_numbers(x, expected.number().re, allowed);
                same.map_err(|why| format!("`{name}` {why}"))?;
            }
            (_, _, Some(x)) if matches!(expected, Value::Bool(y) if Some(x) == *y) => {}
            (_, _, x) => return Err(format!("`{name}` is {x:?}, which differs from the oracle")),
        }
    }
    Ok(())
}
