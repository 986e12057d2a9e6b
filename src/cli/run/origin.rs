//! Where results came from: what `run.json` says, and what `carom plot` needs to draw them again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::Experiment;
use crate::cli::script::Opened;
use crate::diagnostic::Diagnostic;
use crate::experiment::Outcome;
use crate::lower::Model;
use crate::output::Provenance;
use crate::storage::{FileError, fingerprint};

/// The parameters of an experiment with their values, as `run.json` has them.
pub(in crate::cli) fn parameters(
    opened: &Opened,
    experiment: &Experiment,
) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
    Model::new(&opened.program, Some(experiment), &opened.settings).map(|model| model.parameters())
}

/// What `run.json` says of a run itself.
pub(super) struct RunInfo<'r> {
    /// The experiment's name.
    pub(super) name: &'r str,
    /// Its parameters with their values as a script writes them.
    pub(super) parameters: &'r [(String, String)],
    /// How many collisions were done.
    pub(super) collisions: u64,
    /// What ran them.
    pub(super) backend: String,
    /// How long that took.
    pub(super) wall: Duration,
}

impl<'r> RunInfo<'r> {
    pub(super) fn of(outcome: &'r Outcome) -> Self {
        let Outcome { name, parameters, collisions, ran, wall, .. } = outcome;
        Self { name, parameters, collisions: *collisions, backend: ran.to_string(), wall: *wall }
    }
}

/// The command that a run came from.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Origin {
    pub(in crate::cli) script: String,
    pub(in crate::cli) set: Vec<String>,
    pub(in crate::cli) sweep: Vec<String>,
}

impl Origin {
    /// Writes `run.json` beside the files of an experiment.
    pub(super) fn write(
        &self,
        opened: &Opened,
        run: &RunInfo<'_>,
        files: &[PathBuf],
        dir: &Path,
    ) -> Result<(), FileError> {
        let text: String = opened.sources.files().filter(|f| !f.is_option()).map(|f| f.text.to_string()).collect();
        let names = files.iter().filter_map(|f| Some(f.file_name()?.to_string_lossy().into_owned())).collect();
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").into(),
            experiment: run.name.into(),
            script: self.script.clone(),
            set: self.set.clone(),
            sweep: self.sweep.clone(),
            sha256: fingerprint(&text, run.parameters),
            parameters: run.parameters.to_vec(),
            collisions: run.collisions,
            backend: run.backend.clone(),
            wall_seconds: run.wall.as_secs_f64(),
            files: names,
        };
        provenance.write(dir).map(drop)
    }
}
