//! Runs scripts through the whole library, from text to series.

#![allow(dead_code, reason = "each test file uses only a part of this module")]

use carom::analysis::Values;
use carom::check::{Experiment, Program, Script, Setting, check, setting};
use carom::diagnostic::{Code, Diagnostic};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{self, Backend, Control, Coverage, Options, Outcome, Setup};
use carom::source::SourceMap;

/// A checked script and its texts.
pub(crate) struct Checked {
    program: Program,
    sources: SourceMap,
    settings: Vec<Setting>,
}

impl Checked {
    /// A script from text; `use` finds the shipped protocols.
    pub(crate) fn text(text: &str) -> Self {
        Self::new(&Script::from_text("test", text))
    }

    /// A shipped protocol.
    pub(crate) fn shipped(name: &str) -> Self {
        Self::new(&Script::shipped(name).expect("a shipped protocol"))
    }

    fn new(script: &Script) -> Self {
        let mut sources = SourceMap::new();
        let program = check(script, &mut sources).unwrap_or_else(|errors| refused(&errors));
        Self { program, sources, settings: Vec::new() }
    }

    /// Gives a parameter a value, as `--set` does.
    pub(crate) fn set(mut self, text: &str) -> Self {
        let setting = setting(text, &self.program, &mut self.sources).unwrap_or_else(|errors| refused(&errors));
        self.settings.push(setting);
        match self.program.with_settings(&self.settings) {
            Ok(resized) => self.program = resized.unwrap_or(self.program),
            Err(errors) => refused(&errors),
        }
        self
    }

    /// Whether the script has a parameter of that name.
    pub(crate) fn has(&self, param: &str) -> bool {
        self.program.params.iter().any(|p| p.name.text == param)
    }

    /// The checked program.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// The texts of the script.
    pub(crate) fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// An experiment of the script.
    pub(crate) fn experiment(&self, name: &str) -> &Experiment {
        self.program.experiment(name).expect("an experiment of the script")
    }

    /// Runs an experiment, which `control` may interrupt.
    pub(crate) fn run_controlled(&self, name: &str, options: &Options, control: &Control<'_>) -> Outcome {
        let outcome =
            experiment::run(Setup::new(&self.program, self.experiment(name), options, &self.sources), control);
        outcome.unwrap_or_else(|errors| refused(&errors))
    }

    /// The script's own experiments.
    pub(crate) fn experiments(&self) -> impl Iterator<Item = &Experiment> {
        self.program.experiments.iter().filter(|e| e.name.own)
    }

    /// Runs an experiment to its end.
    pub(crate) fn run(&self, name: &str) -> Outcome {
        self.run_with(name, &Options::default())
    }

    /// Runs an experiment for `collisions` collisions with the step map; `None` if there is no step map.
    pub(crate) fn run_mapped(&self, name: &str, collisions: u64) -> Option<Outcome> {
        let options = Options {
            backend: Backend::StepMap,
            collisions: Some(collisions),
            settings: self.settings.clone(),
            ..Options::default()
        };
        match self.try_outcome(name, &options) {
            Ok(outcome) => {
                assert!(outcome.fault().is_none(), "{:?}", outcome.fault());
                Some(outcome)
            }
            Err(errors) if errors.iter().all(|d| d.code == Code::NoStepMap) => None,
            Err(errors) => refused(&errors),
        }
    }

    /// Runs an experiment on a backend for `collisions` collisions in place of the script's number.
    pub(crate) fn run_on(&self, name: &str, backend: Backend, collisions: u64) -> Outcome {
        self.run_with(name, &Options { backend, collisions: Some(collisions), ..Options::default() })
    }

    pub(crate) fn run_with(&self, name: &str, options: &Options) -> Outcome {
        let options = Options { settings: self.settings.clone(), ..options.clone() };
        let outcome = self.outcome(name, &options);
        assert!(outcome.fault().is_none(), "{:?}", outcome.fault());
        outcome
    }

    fn outcome(&self, name: &str, options: &Options) -> Outcome {
        self.try_outcome(name, options).unwrap_or_else(|errors| refused(&errors))
    }

    fn try_outcome(&self, name: &str, options: &Options) -> Result<Outcome, Vec<Diagnostic>> {
        let experiment = self.program.experiment(name).expect("an experiment of the script");
        experiment::run(Setup::new(&self.program, experiment, options, &self.sources), &Control::none())
    }

    /// Runs an experiment on a backend, or returns the reasons why it is refused.
    pub(crate) fn try_run(&self, name: &str, backend: Backend) -> Result<Outcome, Vec<Diagnostic>> {
        self.try_outcome(name, &Options { backend, settings: self.settings.clone(), ..Options::default() })
    }

    /// Runs an experiment on a backend to its end.
    pub(crate) fn run_as_written(&self, name: &str, backend: Backend) -> Outcome {
        self.run_with(name, &Options { backend, ..Options::default() })
    }

    /// Runs every point of an experiment's sweep.
    pub(crate) fn sweep(&self, name: &str) -> Outcome {
        self.sweep_with(name, &Options::default())
    }

    /// Runs every point of a sweep on a backend for `collisions` collisions in place of the script's number.
    pub(crate) fn sweep_on(&self, name: &str, backend: Backend, collisions: u64) -> Outcome {
        self.sweep_with(name, &Options { backend, collisions: Some(collisions), ..Options::default() })
    }

    /// Runs every point of a sweep on a backend.
    pub(crate) fn sweep_as_written(&self, name: &str, backend: Backend) -> Outcome {
        self.sweep_with(name, &Options { backend, ..Options::default() })
    }

    fn sweep_with(&self, name: &str, options: &Options) -> Outcome {
        let swept = self.swept(name, options);
        let reasons = &covered(&swept).reasons;
        assert!(reasons.is_empty(), "{name}: {reasons:?}");
        swept
    }

    /// Runs every point of an experiment's sweep; points may have missing values.
    pub(crate) fn sweep_with_reasons(&self, name: &str) -> Outcome {
        self.swept(name, &Options::default())
    }

    fn swept(&self, name: &str, options: &Options) -> Outcome {
        let experiment = self.program.experiment(name).expect("an experiment of the script");
        let options = Options { settings: self.settings.clone(), ..options.clone() };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 0 };
        let swept = Sweep::new(Setup::new(&self.program, experiment, &options, &self.sources))
            .and_then(|sweep| sweep.run(keeping, &Control::none()))
            .unwrap_or_else(|errors| refused(&errors));
        assert!(swept.fault().is_none(), "{:?}", swept.fault());
        swept
    }
}

/// The mistakes in a script, in its model and in its experiments.
pub(crate) fn refusals(text: &str) -> Vec<Diagnostic> {
    let mut sources = SourceMap::new();
    match check(&Script::from_text("test", text), &mut sources) {
        Ok(program) => experiment::check_all(&program, &sources),
        Err(errors) => errors,
    }
}

/// The grid of a sweep and the coverage of its points.
pub(crate) fn covered(swept: &Outcome) -> &Coverage {
    swept.coverage.as_ref().expect("a sweep")
}

fn refused(errors: &[Diagnostic]) -> ! {
    let messages: Vec<&str> = errors.iter().map(|d| d.message.as_str()).collect();
    panic!("the script was refused: {}", messages.join("; "))
}

/// Runs a model, a script without experiments, on every backend that supports it; the backends must agree. The values
/// of the series start at n = 0.
pub(crate) fn run(model: &str, collisions: u64) -> Outcome {
    let checked = Checked::text(&format!("{model}\nexperiment t {{ run {collisions} }}\n"));
    let slow = checked.run_on("t", Backend::Reference, collisions);
    let density = checked.run_on("t", Backend::Density, collisions);
    for outcome in [Some(&density), checked.run_mapped("t", collisions).as_ref()].into_iter().flatten() {
        for ((name, fast), (_, slow)) in outcome.series().zip(slow.series()) {
            assert_eq!(fast.values.len(), slow.values.len());
            for (n, (x, y)) in fast.values.iter().zip(&slow.values).enumerate() {
                let close = (x - y).abs() < 1e-12 * y.abs().max(1.0) || (x.is_nan() && y.is_nan());
                assert!(close, "{name} at {n} on {}: {x} {y}", outcome.ran);
            }
        }
    }
    density
}

/// The values of an observed or recorded series, from n = 0 on.
pub(crate) fn values(outcome: &Outcome, name: &str) -> Values {
    let found = outcome.series().find(|(n, _)| *n == name);
    found.unwrap_or_else(|| panic!("no series {name}")).1.values
}

/// The values of a `let`.
pub(crate) fn let_values(outcome: &Outcome, name: &str) -> Values {
    assert!(outcome.lets.iter().any(|n| **n == *name), "{name} is not a `let`");
    outcome.find_series(name).unwrap_or_else(|| panic!("{name} is not a series")).values
}

/// The number of a collision, as passed to a closed form, as an index.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
pub(crate) fn index(n: f64) -> usize {
    n as usize
}

/// Asserts that a series follows a closed form at every collision from `first` on.
pub(crate) fn follows(outcome: &Outcome, name: &str, first: usize, tolerance: f64, closed_form: impl Fn(f64) -> f64) {
    let all = values(outcome, name);
    assert!(all.len() > first);
    for (n, x) in all.iter().enumerate().skip(first) {
        #[expect(clippy::cast_precision_loss, reason = "short runs")]
        let exact = closed_form(n as f64);
        assert!((x - exact).abs() < tolerance, "{name} at n = {n} is {x}, not {exact}: off by {:e}", x - exact);
    }
}
