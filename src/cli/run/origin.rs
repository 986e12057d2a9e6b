//! The contents of `run.json`, which record how results were computed and allow `carom plot` to draw them again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::Experiment;
use crate::cli::script::Opened;
use crate::diagnostic::Diagnostic;
use crate::experiment::{CaseSettings, Outcome, Sampled, SteadyRun};
use crate::lower::Model;
use crate::output::Provenance;
use crate::storage::{FileError, fingerprint};

/// Names and values of an experiment's parameters, in the notation of `run.json`.
pub(in crate::cli) fn parameters(
    opened: &Opened,
    experiment: &Experiment,
) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
    Model::new(opened.program.of(experiment), Some(experiment), &opened.settings).map(|model| model.parameters())
}

/// The part of `run.json` that describes the run.
pub(super) struct RunInfo<'r> {
    /// Name of the experiment.
    pub(super) name: &'r str,
    /// Names and values of the parameters, in the notation of a script.
    pub(super) parameters: &'r [(String, String)],
    /// The settings of its cases.
    pub(super) cases: &'r [CaseSettings],
    /// Number of collisions that ran.
    pub(super) collisions: u64,
    /// How a steady state was computed; `None` for a run.
    pub(super) steady: Option<SteadyRun>,
    /// The backend that ran them.
    pub(super) backend: String,
    /// Wall time of the run.
    pub(super) wall: Duration,
    /// Its trajectories; `None` for a single run.
    pub(super) sampled: Option<&'r Sampled>,
}

impl<'r> RunInfo<'r> {
    pub(super) fn of(outcome: &'r Outcome) -> Self {
        let Outcome { name, parameters, cases, collisions, steady, ran, wall, .. } = outcome;
        let (collisions, steady) = (*collisions, *steady);
        let sampled = outcome.sampled.as_ref();
        Self { name, parameters, cases, collisions, steady, backend: ran.to_string(), wall: *wall, sampled }
    }
}

/// The command line of a run.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Origin {
    /// The script as given: a path, the name of a shipped protocol, or `-`.
    pub(in crate::cli) script: String,
    /// The arguments of `--set`.
    pub(in crate::cli) set: Vec<String>,
    /// The arguments of `--sweep`.
    pub(in crate::cli) sweep: Vec<String>,
}

impl Origin {
    /// Writes `run.json` to the folder `dir` of an experiment; `files` are the other files written there.
    pub(super) fn write(
        &self,
        opened: &Opened,
        run: &RunInfo<'_>,
        files: &[PathBuf],
        dir: &Path,
    ) -> Result<(), FileError> {
        let text: String = opened.sources.files().filter(|f| !f.is_option()).map(|f| f.text.to_string()).collect();
        let names = files.iter().filter_map(|f| Some(f.file_name()?.to_string_lossy().into_owned())).collect();
        let inputs = &opened.program.inputs;
        let hashed: Vec<_> = run.parameters.iter().cloned().chain(opened.program.input_hashes()).collect();
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").into(),
            experiment: run.name.into(),
            script: self.script.clone(),
            set: self.set.clone(),
            sweep: self.sweep.clone(),
            sha256: fingerprint(&text, &hashed),
            parameters: run.parameters.to_vec(),
            cases: run.cases.iter().map(|c| (c.name.clone(), c.parameters.clone())).collect(),
            inputs: inputs.iter().map(|i| (i.name.text.clone(), i.file.clone(), i.sha256.clone())).collect(),
            trajectories: run.sampled.map(|s| s.trajectories),
            seed: run.sampled.map(|s| s.seed),
            sampled: run.sampled.map(|s| s.what.clone()).unwrap_or_default(),
            collisions: run.collisions,
            steady: run.steady.map(|s| (s.residual, s.collisions)),
            backend: run.backend.clone(),
            wall_seconds: run.wall.as_secs_f64(),
            files: names,
        };
        provenance.write(dir).map(drop)
    }
}
