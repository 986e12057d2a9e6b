//! The provenance of results: `run.json`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::storage::FileError;
use crate::storage::write_file;

/// How results were computed: everything needed to reproduce them.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// The version of Carom.
    pub version: String,
    /// Name of the experiment.
    pub experiment: String,
    /// The script as given on the command line: a path, the name of a shipped protocol, or `-`.
    pub script: String,
    /// The arguments of `--set`, in order.
    pub set: Vec<String>,
    /// The arguments of `--sweep`, in order.
    pub sweep: Vec<String>,
    /// Hash of the script and its parameters, computed by [`fingerprint`](crate::storage::fingerprint).
    pub sha256: String,
    /// Name and value of every parameter, in the notation of a script.
    pub parameters: Vec<(String, String)>,
    /// Name of each case of the experiment, with the parameters that it sets to other values.
    pub cases: Vec<(String, Vec<(String, String)>)>,
    /// Name, file and SHA-256 of the file of each input.
    pub inputs: Vec<(String, String, String)>,
    /// Number of trajectories; `None` for a single run.
    pub trajectories: Option<u64>,
    /// The seed of the trajectories.
    pub seed: Option<u64>,
    /// What the trajectories sample, each in a few words; empty for a single run.
    pub sampled: Vec<String>,
    /// Number of collisions that ran.
    pub collisions: u64,
    /// For a steady state, its residual and the number of collisions of a run to it; `None` for a run.
    pub steady: Option<(f64, Option<u64>)>,
    /// The backend that ran them.
    pub backend: String,
    /// Wall time, in seconds.
    pub wall_seconds: f64,
    /// Names of the files written to the same folder.
    pub files: Vec<String>,
}

impl Provenance {
    /// Writes `dir/run.json` and returns its path. The file holds one JSON object whose keys are always in the same
    /// order; only an experiment with cases has the key `cases`, only one with `steady` the key `steady`, and only a
    /// script with inputs the key `inputs`. `seed` is null in a single run, which draws no random numbers, and
    /// `trajectories` and `sampled` are left out.
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
        let object = |pairs: &[(String, String)]| -> Map<String, Value> {
            pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
        };
        let parameters = object(&self.parameters);
        let mut out = json!({
            "version": self.version,
            "experiment": self.experiment,
            "script": self.script,
            "set": self.set,
            "sweep": self.sweep,
            "sha256": self.sha256,
            "parameters": parameters,
            "seed": self.seed,
            "collisions": self.collisions,
            "backend": self.backend,
            "wall_seconds": self.wall_seconds,
            "files": self.files,
        });
        if let Some((residual, collisions)) = self.steady {
            out["steady"] = json!({"residual": residual, "collisions": collisions});
        }
        if let Some(count) = self.trajectories {
            out["trajectories"] = json!(count);
            out["sampled"] = json!(self.sampled);
        }
        if !self.inputs.is_empty() {
            let input = |(name, file, sha256): &(String, String, String)| {
                (name.clone(), json!({"file": file, "sha256": sha256}))
            };
            out["inputs"] = Value::Object(self.inputs.iter().map(input).collect());
        }
        if !self.cases.is_empty() {
            let cases: Map<String, Value> =
                self.cases.iter().map(|(name, set)| (name.clone(), Value::Object(object(set)))).collect();
            out["cases"] = Value::Object(cases);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_run_json_keep_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let provenance = Provenance {
            version: "0.1.0".to_owned(),
            experiment: "fig2".to_owned(),
            script: "karpat2019".to_owned(),
            set: vec!["γ = 0".to_owned()],
            sweep: Vec::new(),
            sha256: "ab".to_owned(),
            parameters: vec![("λ".to_owned(), "0.15".to_owned()), ("J".to_owned(), "0.25".to_owned())],
            cases: Vec::new(),
            inputs: Vec::new(),
            trajectories: None,
            seed: None,
            sampled: Vec::new(),
            collisions: 2000,
            steady: None,
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
