//! Folders as arguments: `carom check .` means all scripts in the folder and its subfolders.

use std::fs;
use std::io;
use std::path::Path;

use super::Exit;
use super::console::Console;
use crate::check::Script;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;

/// The arguments, with each folder replaced by the scripts in it. Reports a folder without scripts.
pub(super) fn scripts(arguments: &[String], console: &mut Console) -> Result<Vec<String>, Exit> {
    expanded(arguments).map_err(|d| {
        let (errors, sources) = ([*d], SourceMap::new());
        console.report(&errors, &sources);
        Exit::of(&errors, &sources)
    })
}

/// The arguments, with each folder replaced by the scripts in it, in alphabetic order. Hidden folders are left out. As
/// everywhere, the name of a shipped protocol means the protocol, even if there is a folder of that name.
///
/// # Errors
/// A folder that cannot be read or contains no script.
fn expanded(arguments: &[String]) -> Result<Vec<String>, Box<Diagnostic>> {
    let mut out = Vec::new();
    for argument in arguments {
        let path = Path::new(argument);
        if !path.is_dir() || Script::shipped(argument).is_some() {
            out.push(argument.clone());
            continue;
        }
        let before = out.len();
        below(path, &mut out).map_err(|e| {
            let message = format!("cannot read the folder `{argument}`: {e}");
            Diagnostic::nowhere(Code::CannotRead, message).help("name the scripts themselves")
        })?;
        if out.len() == before {
            let message = format!("there is no script in the folder `{argument}`");
            let d = Diagnostic::nowhere(Code::CannotRead, message);
            return Err(Box::new(d.help("scripts are files whose names end in .carom")));
        }
    }
    Ok(out)
}

fn below(folder: &Path, out: &mut Vec<String>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        // A link to a folder is not followed, because it may lead to a folder that contains it.
        if entry.file_type()?.is_dir() {
            if !name.to_string_lossy().starts_with('.') {
                below(&path, out)?;
            }
        } else if path.extension().is_some_and(|e| e == "carom") && path.is_file() {
            let path = path.strip_prefix(".").unwrap_or(&path);
            out.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
