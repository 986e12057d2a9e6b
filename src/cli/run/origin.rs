//! Where results came from: what `run.json` says, and what `carom plot` needs to draw them again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::check::Experiment;
use crate::cli::script::Opened;
use crate::diagnostic::Diagnostic;
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

/// The command that a run came from.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Origin {
    pub(in crate::cli) script: String,
    pub(in crate::cli) set: Vec<String>,
    pub(in crate::cli) sweep: Vec<String>,
}

impl Origin {
    /// Writes `run.json` beside the files of an experiment: its name, parameters, collisions, backend and time are given.
    pub(super) fn write(
        &self,
        opened: &Opened,
        (name, parameters, collisions, backend, wall): (&str, &[(String, String)], u64, &str, Duration),
        files: &[PathBuf],
        dir: &Path,
    ) -> Result<(), FileError> {
        let text: String = opened.sources.files().filter(|f| !f.is_option()).map(|f| f.text.to_string()).collect();
        let names = files.iter().filter_map(|f| Some(f.file_name()?.to_string_lossy().into_owned())).collect();
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").into(),
            experiment: name.into(),
            script: self.script.clone(),
            set: self.set.clone(),
            sweep: self.sweep.clone(),
            sha256: fingerprint(&text, parameters),
            parameters: parameters.to_vec(),
            collisions,
            backend: backend.into(),
            wall_seconds: wall.as_secs_f64(),
            files: names,
        };
        provenance.write(dir).map(drop)
    }
}
