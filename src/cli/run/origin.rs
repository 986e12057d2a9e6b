//! The contents of `run.json`, which record how results were computed and allow `carom plot` to draw them again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::check::Experiment;
use crate::cli::script::Opened;
use crate::diagnostic::Diagnostic;
use crate::experiment::sweep::Axis;
use crate::experiment::{CaseSettings, Claim, Outcome, Sampled, SteadyRun};
use crate::lower::Model;
use crate::output::{Provenance, RunOptions};
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
    /// The axes of a sweep.
    pub(super) axes: &'r [Axis],
    /// Its expectations.
    pub(super) claims: &'r [Claim],
}

impl<'r> RunInfo<'r> {
    pub(super) fn of(outcome: &'r Outcome) -> Self {
        let Outcome { name, parameters, cases, collisions, steady, ran, wall, claims, .. } = outcome;
        let (collisions, steady) = (*collisions, *steady);
        let sampled = outcome.sampled.as_ref();
        let axes = outcome.coverage.as_ref().map_or(&[][..], |c| &c.grid.axes);
        let backend = ran.to_string();
        Self { name, parameters, cases, collisions, steady, backend, wall: *wall, sampled, axes, claims }
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
    /// The other options that determine the numbers.
    pub(in crate::cli) options: RunOptions,
}

/// The hash of a script and the values of its parameters.
pub(in crate::cli) fn fingerprint_of_run(opened: &Opened, parameters: &[(String, String)]) -> String {
    let text: String = opened.sources.files().filter(|f| !f.is_option()).map(|f| f.text.to_string()).collect();
    let hashed: Vec<_> = parameters.iter().cloned().chain(opened.program.input_hashes()).collect();
    fingerprint(&text, &hashed)
}

/// The script and all that it uses or reads, as [`Provenance::texts`].
fn texts(opened: &Opened) -> Vec<(String, String)> {
    let relative = |name: &str| {
        let path = Path::new(name);
        let inside = opened.folder.as_deref().and_then(|folder| path.strip_prefix(folder).ok());
        // The script itself may have been named by another path to the same folder.
        let path = inside.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
        path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    let name = |name: &str| match name {
        "<stdin>" => "stdin.carom".to_string(),
        shipped if shipped.starts_with("<shipped>/") => shipped.to_string(),
        path => relative(path),
    };
    let files = opened.sources.files().filter(|f| !f.is_option());
    let mut out: Vec<(String, String)> = files.map(|f| (name(&f.name), f.text.to_string())).collect();
    let folders: BTreeSet<PathBuf> =
        out.iter().filter_map(|(name, _)| Some(Path::new(name).parent()?.to_path_buf())).collect();
    for input in &opened.program.inputs {
        for folder in &folders {
            let (name, root) = (folder.join(&input.file), opened.folder.as_deref());
            let name = name.to_string_lossy().into_owned();
            let text = root.and_then(|root| std::fs::read_to_string(root.join(&name)).ok());
            if let Some(text) = text.filter(|_| out.iter().all(|(other, _)| *other != name)) {
                out.push((name, text));
            }
        }
    }
    out
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
        let names = files.iter().filter_map(|f| Some(f.file_name()?.to_string_lossy().into_owned())).collect();
        let inputs = &opened.program.inputs;
        let now = SystemTime::now();
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").into(),
            command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
            started: now.checked_sub(run.wall).unwrap_or(now),
            host: sysinfo::System::host_name().ok(),
            protocol: opened.protocol.clone(),
            experiment: run.name.into(),
            script: self.script.clone(),
            set: self.set.clone(),
            sweep: self.sweep.clone(),
            options: self.options.clone(),
            sha256: fingerprint_of_run(opened, run.parameters),
            parameters: run.parameters.to_vec(),
            cases: run.cases.iter().map(|c| (c.name.clone(), c.parameters.clone())).collect(),
            inputs: inputs.iter().map(|i| (i.name.text.clone(), i.file.clone(), i.sha256.clone())).collect(),
            axes: run.axes.iter().map(|a| (a.name.to_string(), a.values.clone())).collect(),
            claims: run.claims.iter().map(|c| (c.text.clone(), c.measured.clone(), c.holds)).collect(),
            trajectories: run.sampled.map(|s| s.trajectories),
            seed: run.sampled.map(|s| s.seed),
            sampled: run.sampled.map(|s| s.what.clone()).unwrap_or_default(),
            collisions: run.collisions,
            steady: run.steady.map(|s| (s.residual, s.collisions)),
            backend: run.backend.clone(),
            wall_seconds: run.wall.as_secs_f64(),
            files: names,
            texts: texts(opened),
        };
        provenance.write(dir).map(drop)
    }
}
