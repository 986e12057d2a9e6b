//! Runs a script on every backend and compares every number with that of the reference backend.

use carom::check::{Program, Script, check};
use carom::diagnostic::{Code, Diagnostic, Style, render_all};
use carom::experiment::{Backend, Control, Options, Outcome, Setup, run};
use carom::source::SourceMap;

use crate::precision::{ROUNDING, accepted, measure_of};

/// Statistics of the agreement.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Agreement {
    /// Number of compared values of measures with square roots.
    pub(crate) values: usize,
    /// Number of those that differ by more than [`ROUNDING`].
    pub(crate) loose: usize,
    /// Number of experiments that the step map ran.
    pub(crate) mapped: usize,
    /// Number of experiments that a state vector ran.
    pub(crate) pure: usize,
}

/// Runs every experiment of the script on every backend; the step map and the state vector may refuse it.
///
/// Adds to `found` how well the measures with square roots agree, and how many experiments the step map ran.
///
/// # Errors
/// The checker's messages if it rejects the script, or else the first number that differs and by how much.
pub(crate) fn agree(name: &str, text: &str, found: &mut Agreement) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let shown = |errors: &[Diagnostic], sources: &SourceMap| render_all(errors, sources, Style::plain());
    let program = check(&Script::from_text(name, text), &mut sources).map_err(|e| shown(&e, &sources))?;
    let may_refuse = |backend, d: &Diagnostic| match backend {
        Backend::StepMap => d.code == Code::NoStepMap,
        Backend::Pure => d.code == Code::NotPure,
        _ => false,
    };
    for at in 0..program.experiments.len() {
        let run = |backend| outcome(&program, at, backend, &sources);
        let slow = run(Backend::Reference).map_err(|e| shown(&e, &sources))?;
        for backend in [Backend::Density, Backend::StepMap, Backend::Pure, Backend::Auto] {
            match run(backend) {
                Ok(fast) => {
                    compare(text, &fast, &slow, found).map_err(|why| format!("{}: {why}", backend.name()))?;
                    found.mapped += usize::from(backend == Backend::StepMap);
                    found.pure += usize::from(backend == Backend::Pure);
                }
                Err(errors) if errors.iter().all(|d| may_refuse(backend, d)) => {}
                Err(errors) => return Err(format!("{}: {}", backend.name(), shown(&errors, &sources))),
            }
        }
    }
    Ok(())
}

fn outcome(program: &Program, at: usize, backend: Backend, sources: &SourceMap) -> Result<Outcome, Vec<Diagnostic>> {
    let options = Options { backend, ..Options::default() };
    let outcome = run(Setup::new(program, &program.experiments[at], &options, sources), &Control::none())?;
    match outcome.fault() {
        Some(fault) => Err(vec![fault.clone()]),
        None => Ok(outcome),
    }
}

fn compare(text: &str, fast: &Outcome, slow: &Outcome, found: &mut Agreement) -> Result<(), String> {
    if fast.series().count() != slow.series().count() || fast.collisions != slow.collisions {
        return Err("the backends give different series or numbers of collisions".into());
    }
    for ((name, a), (other, b)) in fast.series().zip(slow.series()) {
        if name != other || a.values.len() != b.values.len() {
            return Err(format!("`{name}` is in the place of `{other}` or has a different length"));
        }
        let measure = measure_of(text, name);
        let (allowed, root) = accepted(text, name);
        for (n, (x, y)) in a.values.iter().zip(&b.values).enumerate() {
            let by = (x - y).abs();
            if x.is_nan() != y.is_nan() || by > allowed {
                return Err(format!(
                    "`{name}` = {measure} differs at collision {n} by {by:.1e}, more than {allowed:.0e}: {x} and {y}"
                ));
            }
            if root {
                found.values += 1;
                found.loose += usize::from(by > ROUNDING);
            }
        }
    }
    Ok(())
}
