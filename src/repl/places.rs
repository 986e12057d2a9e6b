//! The files that persist between sessions. Without a home folder there are none, and everything else still works.

use std::io;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::storage::{ensure_dir, write_file};

/// The file of the line history, in the state folder.
pub(super) fn history() -> Option<PathBuf> {
    state().map(|folder| folder.join("history"))
}

/// The file of lines that run before the first prompt.
pub(super) fn init_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("carom").join("init.carom"))
}

/// The folder for files that a program keeps between runs; it is created if it does not exist.
fn state() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("carom");
    ensure_dir(&folder).ok()?;
    Some(folder)
}

/// Saves a script under a name in the state folder, or in the temporary folder if there is none.
pub(super) fn keep(script: &str, name: &str) -> io::Result<PathBuf> {
    let mut last = io::Error::other("no folder can be written to");
    for folder in state().into_iter().chain([std::env::temp_dir()]) {
        let path = folder.join(name);
        match write_file(&path, |w| w.write_all(script.as_bytes())) {
            Ok(()) => return Ok(path),
            Err(e) => last = e.source,
        }
    }
    Err(last)
}
