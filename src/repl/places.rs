//! Where a REPL keeps what outlives it. A user without a home folder has none of it, and loses nothing else.

use std::io;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::storage::{ensure_dir, write_file};

/// The history of lines, in the state folder.
pub(super) fn history() -> Option<PathBuf> {
    state().map(|folder| folder.join("history"))
}

/// Lines that are run before the first prompt.
pub(super) fn init_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("carom").join("init.carom"))
}

/// The folder for what a program leaves behind between two runs; made, if it is not there.
fn state() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("carom");
    ensure_dir(&folder).ok()?;
    Some(folder)
}

/// Keeps a script under a name in the state folder, or in the temporary folder where there is none.
pub(super) fn keep(script: &str, name: &str) -> io::Result<PathBuf> {
    let mut last = io::Error::other("there is no folder for it");
    for folder in state().into_iter().chain([std::env::temp_dir()]) {
        let path = folder.join(name);
        match write_file(&path, |w| w.write_all(script.as_bytes())) {
            Ok(()) => return Ok(path),
            Err(e) => last = e.source,
        }
    }
    Err(last)
}
