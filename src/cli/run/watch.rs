//! `carom run --watch`: runs again whenever the script or a file that it uses changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Args, experiments};
use crate::cli::Exit;
use crate::cli::console::Console;
use crate::cli::interrupt::interrupted;
use crate::cli::script::open_from;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;

/// Time between two looks at the files.
const POLL: Duration = Duration::from_millis(200);

/// When each file was last changed, and its length; `None` while it does not exist.
type Stamps = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

/// Runs the experiments now and after each change, until Ctrl-C.
pub(super) fn run(args: &Args, console: &mut Console) -> Exit {
    if !Path::new(&args.file).is_file() {
        let message = format!("`--watch` needs a file, and `{}` is none", args.file);
        let d = Diagnostic::nowhere(Code::BadOption, message);
        let (errors, sources) = ([d.help("save the script to a file, and name the file")], SourceMap::new());
        console.report(&errors, &sources);
        return Exit::of(&errors, &sources);
    }
    loop {
        let seen = once(args, console);
        if interrupted() {
            return Exit::Interrupted;
        }
        console.note(&format!("watching {}; Ctrl-C ends", listed(&seen)));
        if !wait(&seen) {
            return Exit::Interrupted;
        }
        console.note(&format!("{} has changed", args.file));
    }
}

/// Runs the experiments once. Returns the files from which the script was read, as they were before the run.
fn once(args: &Args, console: &mut Console) -> Stamps {
    let mut sources = SourceMap::new();
    let opened = open_from(&mut sources, &args.file, &args.set);
    let mut files: Vec<PathBuf> = vec![PathBuf::from(&args.file)];
    files.extend(sources.files().map(|f| PathBuf::from(&f.name)).filter(|f| f.is_file()));
    if let Ok(opened) = &opened {
        let folders: Vec<PathBuf> = files.iter().filter_map(|f| f.parent().map(Path::to_path_buf)).collect();
        for input in &opened.program.inputs {
            files.extend(folders.iter().map(|f| f.join(&input.file)).filter(|f| f.is_file()));
        }
    }
    let seen = stamps(files.into_iter());
    match opened {
        Ok(opened) => drop(experiments(args, opened, console)),
        Err(errors) => console.report(&errors, &sources),
    }
    seen
}

fn stamps(files: impl Iterator<Item = PathBuf>) -> Stamps {
    let stamp = |file: &Path| {
        let found = file.metadata().ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    files.map(|file| (file.clone(), stamp(&file))).collect()
}

/// Waits until a file has changed and is no longer being written. Returns false after Ctrl-C.
fn wait(seen: &Stamps) -> bool {
    let mut last = seen.clone();
    loop {
        std::thread::sleep(POLL);
        if interrupted() {
            return false;
        }
        let now = stamps(seen.keys().cloned());
        // An editor may remove the file before it writes the new one.
        if now != *seen && now == last && now.values().all(Option::is_some) {
            return true;
        }
        last = now;
    }
}

fn listed(seen: &Stamps) -> String {
    match seen.keys().collect::<Vec<_>>().as_slice() {
        [one] => one.display().to_string(),
        several => format!("{} files", several.len()),
    }
}
