//! Where results came from: `run.json`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::storage::FileError;
use crate::storage::write_file;

/// What is needed to tell how results were made, and to make them again.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// The version of Carom.
    pub version: String,
    /// The experiment's name.
    pub experiment: String,
    /// The script as it was named on the command line.
    pub script: String,
    /// What `--set` gave.
    pub set: Vec<String>,
    /// What `--sweep` gave.
    pub sweep: Vec<String>,
    /// The script and its parameters, as [`fingerprint`](crate::storage::fingerprint) sees them.
    pub sha256: String,
    /// Every parameter and its value, as the script would write them.
    pub parameters: Vec<(String, String)>,
    /// How many collisions ran.
    pub collisions: u64,
    /// What ran them.
    pub backend: String,
    /// How long it took.
    pub wall_seconds: f64,
    /// The names of the files written beside it.
    pub files: Vec<String>,
}

impl Provenance {
    /// Writes `dir/run.json` and returns its path: one JSON object, its keys always in the same order. `seed` is null:
    /// no random number is drawn.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<PathBuf, FileError> {
        let path = dir.join("run.json");
        let text = format!("{:#}\n", self.to_json());
        write_file(&path, |w| w.write_all(text.as_bytes()))?;
        Ok(path)
    }

    fn to_json(&self) -> Value {
        let parameters: Map<String, Value> =
            self.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "version": self.version,
            "experiment": self.experiment,
            "script": self.script,
            "set": self.set,
            "sweep": self.sweep,
            "sha256": self.sha256,
            "parameters": parameters,
            "seed": null,
            "collisions": self.collisions,
            "backend": self.backend,
            "wall_seconds": self.wall_seconds,
            "files": self.files,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_json_keeps_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let provenance = Provenance {
            version: "0.1.0".to_owned(),
            experiment: "fig2".to_owned(),
            script: "karpat2019".to_owned(),
            set: vec!["γ = 0".to_owned()],
            sweep: Vec::new(),
            sha256: "ab".to_owned(),
            parameters: vec![("λ".to_owned(), "0.15".to_owned()), ("J".to_owned(), "0.25".to_owned())],
            collisions: 2000,
            backend: "step map".to_owned(),
            wall_seconds: 0.25,
            files: vec!["series.csv".to_owned()],
        };
        let text = std::fs::read_to_string(provenance.write(folder.path()).unwrap()).unwrap();
        let expected = r#"{
  "version": "0.1.0",
  "experiment": "fig2",
  "script": "karpat2019",
  "set": [
    "γ = 0"
  ],
  "sweep": [],
  "sha256": "ab",
  "parameters": {
    "λ": "0.15",
    "J": "0.25"
  },
  "seed": null,
  "collisions": 2000,
  "backend": "step map",
  "wall_seconds": 0.25,
  "files": [
    "series.csv"
  ]
}
"#;
        assert_eq!(text, expected);
    }
}
