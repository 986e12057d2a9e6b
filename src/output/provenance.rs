//! The provenance of results: `run.json`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::csv::cell_text;
use crate::analysis::Cell;
use crate::storage::FileError;
use crate::storage::write_file;

/// The format of `run.json`. It increases when older versions of Carom cannot read the file any more.
pub const RUN_FORMAT: u64 = 2;

/// How results were computed: everything needed to reproduce them.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// The version of Carom.
    pub version: String,
    /// The command line.
    pub command: Vec<String>,
    /// The time at which the run started.
    pub started: SystemTime,
    /// The name of the machine; `None` if it is unknown.
    pub host: Option<String>,
    /// Name of the protocol.
    pub protocol: String,
    /// Name of the experiment.
    pub experiment: String,
    /// The script as given on the command line: a path, the name of a shipped protocol, or `-`.
    pub script: String,
    /// The arguments of `--set`, in order.
    pub set: Vec<String>,
    /// The arguments of `--sweep`, in order.
    pub sweep: Vec<String>,
    /// The other options that determine the numbers.
    pub options: RunOptions,
    /// Hash of the script and its parameters, computed by [`fingerprint`](crate::storage::fingerprint).
    pub sha256: String,
    /// Name and value of every parameter, in the notation of a script.
    pub parameters: Vec<(String, String)>,
    /// Name of each case of the experiment, with the parameters that it sets to other values.
    pub cases: Vec<(String, Vec<(String, String)>)>,
    /// Name, file and SHA-256 of the file of each input.
    pub inputs: Vec<(String, String, String)>,
    /// Name and values of each axis of a sweep.
    pub axes: Vec<(String, Vec<Cell>)>,
    /// Text of each claim, what was measured, and whether it holds.
    pub claims: Vec<(String, String, bool)>,
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
    /// The script and all that it uses or reads: the name of each file, relative to the folder of the script, and its
    /// text. The first is the script.
    pub texts: Vec<(String, String)>,
}

/// The options of a run that determine its numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunOptions {
    /// Number of collisions; `None` means the number in the script.
    pub collisions: Option<u64>,
    /// The requested backend.
    pub backend: String,
    /// The requested seed; `None` means the seed in the script.
    pub seed: Option<u64>,
    /// The format of the numbers: `csv` or `npz`.
    pub format: String,
}

/// The value of a parameter, written as in a script, as JSON: a number, a boolean or a text. Rules and numbers that JSON
/// cannot represent, such as `inf`, are texts.
#[must_use]
pub fn parameter_json(value: &str) -> Value {
    if let Ok(whole) = value.parse::<i64>()
        && value != "-0"
    {
        return json!(whole);
    }
    match value {
        "true" => json!(true),
        "false" => json!(false),
        quoted if quoted.starts_with('"') => serde_json::from_str(quoted).unwrap_or_else(|_| json!(quoted)),
        _ => match value.parse::<f64>() {
            Ok(number) if number.is_finite() => json!(number),
            _ => json!(value),
        },
    }
}

/// Names and values of parameters as a JSON object.
#[must_use]
pub fn parameters_json(parameters: &[(String, String)]) -> Map<String, Value> {
    parameters.iter().map(|(name, value)| (name.clone(), parameter_json(value))).collect()
}

/// A time in UTC as RFC 3339 writes it: `2026-12-01T09:30:00Z`. A time before 1970 counts as 1970.
#[must_use]
pub fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years from March on, so that the leap day is the last of its year; 146,097 days are 400 years.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + 400 * era + later;
    format!("{year:04}-{month:02}-{of_month:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

impl Provenance {
    /// Writes `dir/run.json` and returns its path. The file holds one JSON object whose keys are always in the same
    /// order, `texts` the last; only an experiment with cases has the key `cases`, only one with `steady` the key `steady`, and only a
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
        let RunOptions { collisions, backend, seed, format } = &self.options;
        let cell = |cell: &Cell| parameter_json(&cell_text(cell));
        let axis = |(name, values): &(String, Vec<Cell>)| json!({"name": name, "values": values.iter().map(cell).collect::<Vec<_>>()});
        let claim = |(claim, measured, holds): &(String, String, bool)| json!({"claim": claim, "measured": measured, "holds": holds});
        let text = |(file, text): &(String, String)| json!({"file": file, "text": text});
        let mut out = json!({
            "format": RUN_FORMAT,
            "version": self.version,
            "command": self.command,
            "started": utc(self.started),
            "host": self.host,
            "protocol": self.protocol,
            "experiment": self.experiment,
            "script": self.script,
            "set": self.set,
            "sweep": self.sweep,
            "options": {"collisions": collisions, "backend": backend, "seed": seed, "format": format},
            "sha256": self.sha256,
            "parameters": parameters_json(&self.parameters),
            "axes": self.axes.iter().map(axis).collect::<Vec<_>>(),
            "seed": self.seed,
            "collisions": self.collisions,
            "backend": self.backend,
            "wall_seconds": self.wall_seconds,
            "expectations": self.claims.iter().map(claim).collect::<Vec<_>>(),
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
                self.cases.iter().map(|(name, set)| (name.clone(), Value::Object(parameters_json(set)))).collect();
            out["cases"] = Value::Object(cases);
        }
        out["texts"] = Value::Array(self.texts.iter().map(text).collect());
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
            command: vec!["carom".to_owned(), "run".to_owned()],
            started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
            host: None,
            protocol: "karpat2019".to_owned(),
            experiment: "fig2".to_owned(),
            script: "karpat2019".to_owned(),
            set: vec!["γ = 0".to_owned()],
            sweep: Vec::new(),
            options: RunOptions { backend: "auto".to_owned(), format: "csv".to_owned(), ..RunOptions::default() },
            sha256: "ab".to_owned(),
            parameters: vec![("λ".to_owned(), "0.15".to_owned()), ("J".to_owned(), "keep".to_owned())],
            cases: Vec::new(),
            inputs: Vec::new(),
            axes: vec![("γ".to_owned(), vec![Cell::Number(1.0), Cell::Number(0.5)])],
            claims: vec![("last(x) > 0".to_owned(), "last(x) = 1".to_owned(), true)],
            trajectories: None,
            seed: None,
            sampled: Vec::new(),
            collisions: 2000,
            steady: None,
            backend: "step map".to_owned(),
            wall_seconds: 0.25,
            files: vec!["series.csv".to_owned()],
            texts: vec![("karpat2019.carom".to_owned(), "param λ = 1\n".to_owned())],
        };
        let text = std::fs::read_to_string(provenance.write(folder.path()).unwrap()).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        let keys: Vec<&str> = read.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = "format version command started host protocol experiment script set sweep options sha256 \
                        parameters axes seed collisions backend wall_seconds expectations files texts";
        assert_eq!(keys.join(" "), expected);
        assert_eq!(read["started"], "2001-09-09T01:46:40Z");
        assert_eq!(read["parameters"], json!({"λ": 0.15, "J": "keep"}));
        assert_eq!(read["axes"], json!([{"name": "γ", "values": [1, 0.5]}]));
    }

    #[test]
    fn values_are_json_values() {
        for (value, expected) in [
            ("0.1", json!(0.1)),
            ("-3", json!(-3)),
            ("1e300", json!(1e300)),
            ("true", json!(true)),
            ("keep", json!("keep")),
            ("\"a b\"", json!("a b")),
            ("inf", json!("inf")),
            ("1+2i", json!("1+2i")),
        ] {
            assert_eq!(parameter_json(value), expected, "{value}");
        }
        assert!(parameter_json("-0").as_f64().is_some_and(f64::is_sign_negative));
    }

    #[test]
    fn times_are_those_of_the_gregorian_calendar() {
        // The seconds are those of GNU `date -u -d … +%s`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
