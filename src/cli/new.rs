//! `carom new`: writes a commented starter protocol.

use std::path::Path;

use super::Exit;
use super::console::Console;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::storage::{ensure_dir, write_file};

/// The text of a new protocol, which runs without changes.
pub(crate) const STARTER: &str = include_str!("starter.carom");

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the protocol, which is written to NAME.carom; folders in the name are created.
    name: String,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let stem = args.name.strip_suffix(".carom").unwrap_or(&args.name);
    let path = Path::new(stem).with_extension("carom");
    match write(stem, &path) {
        Ok(()) => {
            let shown = path.display();
            console.line(&format!("{shown} written; run it with `carom run {shown}`"));
            Exit::Done
        }
        Err(d) => {
            let (errors, sources) = ([*d], SourceMap::new());
            console.report(&errors, &sources);
            Exit::of(&errors, &sources)
        }
    }
}

fn write(stem: &str, path: &Path) -> Result<(), Box<Diagnostic>> {
    let name = Path::new(stem).file_name().and_then(|n| n.to_str()).unwrap_or("");
    // Commands would parse a name that begins with `-` as an option.
    let plain =
        !name.is_empty() && !name.starts_with('-') && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if !plain || stem.ends_with(['/', '\\']) {
        let d = Diagnostic::nowhere(Code::BadOption, format!("`{stem}` cannot be the name of a protocol"));
        return Err(Box::new(d.help("use letters, digits, `_` and `-`, and do not begin with `-`")));
    }
    if path.exists() {
        let d = Diagnostic::nowhere(Code::CannotWrite, format!("`{}` already exists", path.display()));
        return Err(Box::new(d.help("choose another name, or delete it first")));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        ensure_dir(folder)
            .map_err(|e| Box::new(Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())))?;
    }
    write_file(path, |w| w.write_all(STARTER.as_bytes()))
        .map_err(|e| Box::new(Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())))
}
