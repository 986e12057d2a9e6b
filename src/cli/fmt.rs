//! `carom fmt`: formats scripts.

use std::path::Path;

use super::Exit;
use super::console::Console;
use super::folders::scripts;
use crate::check::Script;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::storage::write_file;
use crate::syntax::format;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts to rewrite in place, or folders that contain them; `-` formats standard input to standard output.
    #[arg(required = true)]
    files: Vec<String>,
    /// Write nothing, but list the scripts that would change, and exit with status 1 if there are any.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let files = match scripts(&args.files, console) {
        Ok(files) => files,
        Err(exit) => return exit,
    };
    let one = |file: &String| {
        let mut sources = SourceMap::new();
        match formatted(file, &mut sources).and_then(|(old, new)| finish(file, &old, &new, args.check, console)) {
            Ok(exit) => exit,
            Err(errors) => {
                console.report(&errors, &sources);
                Exit::of(&errors, &sources)
            }
        }
    };
    files.iter().map(one).max().unwrap_or_default()
}

/// The text of a script before and after formatting.
fn formatted(file: &str, sources: &mut SourceMap) -> Result<(String, String), Vec<Diagnostic>> {
    if file != "-" && !Path::new(file).exists() && Script::shipped(file).is_some() {
        let d =
            Diagnostic::nowhere(Code::CannotWrite, format!("`{file}` is a shipped protocol and cannot be rewritten"));
        return Err(vec![d.help("name a file, or pass the script on standard input: `carom fmt -`")]);
    }
    let script = Script::open(file).map_err(|d| vec![d])?;
    let source = sources.add(script.name, script.text.as_str());
    let new = format(source, &script.text)?;
    Ok((script.text, new))
}

fn finish(file: &str, old: &str, new: &str, check: bool, console: &mut Console) -> Result<Exit, Vec<Diagnostic>> {
    if check {
        if old == new {
            return Ok(Exit::Done);
        }
        console.line(&format!("{file}: `carom fmt` would change it"));
        return Ok(Exit::Expectation);
    }
    if file == "-" {
        console.exactly(new);
    } else if old != new {
        replace(Path::new(file), new).map_err(|d| vec![*d])?;
        console.line(&format!("{file}: formatted"));
    }
    Ok(Exit::Done)
}

/// Overwrites an existing script. Follows symbolic links and keeps the permissions.
fn replace(path: &Path, text: &str) -> Result<(), Box<Diagnostic>> {
    let fail = |message: String, help: &str| Box::new(Diagnostic::nowhere(Code::CannotWrite, message).help(help));
    let cannot =
        |e: std::io::Error| fail(format!("cannot write `{}`: {e}", path.display()), "check that the file still exists");
    let target = path.canonicalize().map_err(cannot)?;
    let permissions = target.metadata().map_err(cannot)?.permissions();
    if permissions.readonly() {
        let message = format!("cannot write `{}`: it is read-only", path.display());
        return Err(fail(message, "make it writable, or format a copy"));
    }
    write_file(&target, |w| w.write_all(text.as_bytes())).map_err(|e| fail(e.to_string(), e.remedy()))?;
    std::fs::set_permissions(&target, permissions).map_err(cannot)
}
