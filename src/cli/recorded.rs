//! Reading `run.json`, for `carom plot` and `carom rerun`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::run::Origin;
use crate::check::Script;
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{RUN_FORMAT, RunOptions};
use crate::shipped::shipped;
use crate::storage::{FileError, ensure_dir, write_file};

/// The contents of a `run.json`.
pub(super) struct Recorded {
    /// The file.
    pub(super) path: PathBuf,
    /// The version of Carom that wrote it.
    pub(super) version: String,
    pub(super) protocol: String,
    pub(super) experiment: String,
    pub(super) origin: Origin,
    /// The values of the parameters by name.
    pub(super) parameters: Value,
    /// The seed of the trajectories; `None` if nothing was drawn at random.
    pub(super) seed: Option<u64>,
    /// The hash of the script and its parameters.
    pub(super) sha256: String,
    /// The names of the files with numbers.
    pub(super) files: Vec<String>,
    /// The script and all that it uses or reads, by name.
    texts: Vec<(String, String)>,
}

impl Recorded {
    /// Reads the `run.json` of a folder.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or has another format.
    pub(super) fn read(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let text = fs::read_to_string(path).map_err(|e| {
            let d = Diagnostic::nowhere(Code::CannotRead, format!("cannot read `{}`: {e}", path.display()));
            Box::new(d.help("name the folder of an experiment, which contains its `run.json`"))
        })?;
        let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        match json.get("format").and_then(Value::as_u64) {
            Some(RUN_FORMAT) => parsed(&json, path).ok_or_else(|| damaged(path)),
            Some(other) if other > RUN_FORMAT => {
                let message = format!("`{}` was written by a newer version of Carom (format {other})", path.display());
                let help = format!("install that version; this one reads format {RUN_FORMAT}");
                Err(Box::new(Diagnostic::nowhere(Code::CannotRead, message).help(help)))
            }
            None if json.get("version").is_none_or(|v| !v.is_string()) => Err(damaged(path)),
            _ => {
                let message = format!(
                    "`{}` was written by an older version of Carom and does not contain the script",
                    path.display()
                );
                Err(Box::new(Diagnostic::nowhere(Code::CannotRead, message).help("run the experiment again")))
            }
        }
    }

    /// Writes the script, and all that it uses or reads, into an empty folder. Shipped protocols that are the same in
    /// this version are not needed there.
    ///
    /// # Errors
    /// A file cannot be written, or has a name that leads out of the folder.
    pub(super) fn unpack(&self, folder: &Path) -> Result<Script, Box<Diagnostic>> {
        let cannot = |e: FileError| Box::new(Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy()));
        let write = |name: &Path, text: &str| {
            let path = folder.join(name);
            path.parent().map_or(Ok(()), ensure_dir).and_then(|()| write_file(&path, |w| w.write_all(text.as_bytes())))
        };
        let mut folders = vec![PathBuf::new()];
        for (name, text) in self.texts.iter().filter(|(name, _)| from_shipped(name).is_none()) {
            let name = Path::new(name);
            if !name.components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(damaged(&self.path));
            }
            write(name, text).map_err(cannot)?;
            folders.extend(name.parent().map(Path::to_path_buf));
        }
        // A protocol that this version ships with another text is used as it was, from the folder of its user.
        for (name, text) in &self.texts {
            let Some(protocol) = from_shipped(name).filter(|p| shipped(p).is_none_or(|s| s.text != text)) else {
                continue;
            };
            let file = format!("{protocol}.carom");
            for name in folders.iter().map(|f| f.join(&file)).filter(|name| !folder.join(name).exists()) {
                write(&name, text).map_err(cannot)?;
            }
        }
        let (name, text) = self.texts.first().ok_or_else(|| damaged(&self.path))?;
        let same = from_shipped(name).filter(|p| shipped(p).is_some_and(|s| s.text == text));
        Ok(same.and_then(Script::shipped).unwrap_or_else(|| Script {
            name: if self.origin.script == "-" { "<stdin>".into() } else { self.origin.script.clone() },
            protocol: self.protocol.clone(),
            text: text.clone(),
            folder: Some(folder.to_path_buf()),
        }))
    }
}

/// The name of a shipped protocol in the name of its text.
fn from_shipped(name: &str) -> Option<&str> {
    name.strip_prefix("<shipped>/")?.strip_suffix(".carom")
}

/// The error for a file that is not a `run.json`.
pub(super) fn damaged(path: &Path) -> Box<Diagnostic> {
    let message = format!("`{}` was not written by a run, or is damaged", path.display());
    Box::new(Diagnostic::nowhere(Code::CannotRead, message).help("run the experiment again"))
}

fn parsed(json: &Value, path: &Path) -> Option<Recorded> {
    let word = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_string());
    let list = |key: &str| {
        json.get(key)?.as_array()?.iter().map(|v| Some(v.as_str()?.to_string())).collect::<Option<Vec<_>>>()
    };
    let number = |value: &Value, key: &str| match value.get(key)? {
        Value::Null => Some(None),
        number => number.as_u64().map(Some),
    };
    let options = json.get("options")?;
    let options = RunOptions {
        collisions: number(options, "collisions")?,
        backend: word(options, "backend")?,
        seed: number(options, "seed")?,
        format: word(options, "format")?,
    };
    let text = |v: &Value| Some((word(v, "file")?, word(v, "text")?));
    Some(Recorded {
        path: path.to_path_buf(),
        version: word(json, "version")?,
        protocol: word(json, "protocol")?,
        experiment: word(json, "experiment")?,
        origin: Origin { script: word(json, "script")?, set: list("set")?, sweep: list("sweep")?, options },
        parameters: json.get("parameters").filter(|p| p.is_object())?.clone(),
        seed: number(json, "seed")?,
        sha256: word(json, "sha256")?,
        files: list("files")?,
        texts: json.get("texts")?.as_array()?.iter().map(text).collect::<Option<_>>()?,
    })
}
