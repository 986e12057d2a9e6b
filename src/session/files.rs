//! `load` and `save`: the script of a session in a file.
//!
//! Contract: a saved file gives the same results as the session, wherever it is saved. Before writing, `save` resolves the
//! `use` items of the script from the new location. If they lead to other texts than the session uses, the protocols are
//! written out in the file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::state::{Checked, State};
use super::{Failure, Next, Reply, refuse};
use crate::ast::ItemKind;
use crate::check::{Script, check};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::{Tone, tone};
use crate::source::SourceMap;
use crate::storage::{FileError, ensure_dir, write_file};

/// Opens a file, or a shipped protocol by name. The script for a shipped protocol is a single `use`.
pub(super) fn open(argument: &str) -> Result<Script, Failure> {
    // `save mine` writes mine.carom, so `load mine` reads that file.
    let with_ending = format!("{argument}.carom");
    let bare = !Path::new(argument).exists() && Path::new(&with_ending).is_file();
    let script = Script::open(if bare { &with_ending } else { argument }).map_err(Failure::of)?;
    if script.name.starts_with("<shipped>") {
        let text = format!("use {}\n", script.protocol);
        return Ok(Script { name: format!("{}.carom", script.protocol), text, ..script });
    }
    Ok(script)
}

/// `load FILE`
pub(super) fn load(arguments: &str) -> Result<Reply, Failure> {
    let name = plain(arguments);
    if name.is_empty() {
        return Err(refuse(
            "`load` needs the name of a script",
            "name a file or a shipped protocol, as in `load karpat2019`",
        ));
    }
    let path = expanded(name);
    let state = State::new(open(&path.to_string_lossy())?)?;
    let mut reply = Reply::change(state.clone());
    let program = &state.checked.program;
    let experiments: Vec<&str> = program.experiments.iter().map(|e| e.name.text.as_str()).collect();
    let what = if experiments.is_empty() { String::new() } else { format!(": {}", experiments.join(", ")) };
    reply.line(&tone(Tone::Faint, &format!("{}{what}", state.checked.script.protocol)));
    Ok(reply)
}

/// `save FILE`
pub(super) fn ask_to_save(state: &State, arguments: &str) -> Result<Reply, Failure> {
    let name = plain(arguments);
    if name.is_empty() {
        return Err(refuse("`save` needs the name of a file", "write for example `save mine.carom`"));
    }
    let mut path = path(name)?;
    if path.extension().is_none() {
        path.set_extension("carom");
    }
    if path.is_dir() {
        return Err(refuse(format!("`{}` is a folder", path.display()), "name a file in it"));
    }
    if path.symlink_metadata().is_ok() {
        return Ok(Reply { next: Next::Overwrite(path), ..Reply::default() });
    }
    save(state, &path)
}

/// Writes the script to a file, and prints the command that runs it.
pub(super) fn save(state: &State, path: &Path) -> Result<Reply, Failure> {
    let text = portable(state, path)?;
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        ensure_dir(folder).map_err(|e| cannot_write(&e))?;
    }
    write_file(path, |w| w.write_all(text.as_bytes())).map_err(|e| cannot_write(&e))?;
    let mut reply = Reply::said(tone(Tone::Faint, &format!("→ {}", path.display())));
    let last = state.last.as_ref().map(|run| format!(" {}", run.experiment.name.text)).unwrap_or_default();
    reply.line(&tone(Tone::Faint, &format!("  carom run {}{last}", path.display())));
    Ok(reply)
}

/// The text to save at `path`: the script itself, or the script with its protocols written out if they would not be found.
fn portable(state: &State, path: &Path) -> Result<String, Failure> {
    let text = with_ad_hoc(state);
    let parent = path.parent().map_or(Path::new("."), |p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
    let there = Script {
        name: path.display().to_string(),
        text: text.clone(),
        folder: Some(parent.to_path_buf()),
        ..state.checked.script.clone()
    };
    if texts(&there).as_ref().is_some_and(|t| *t == used(&state.checked)) {
        return Ok(text);
    }
    let whole = Script { text: expanded_text(&state.checked, &text), ..there };
    let mut sources = SourceMap::new();
    match check(&whole, &mut sources) {
        Ok(_) => Ok(whole.text),
        Err(diagnostics) => Err(Failure { diagnostics, sources }),
    }
}

/// The script; if the last run was `run N`, with that run as an experiment at the end.
fn with_ad_hoc(state: &State) -> String {
    let text = &state.checked.script.text;
    let Some(run) = state.current() else { return text.clone() };
    match &run.ad_hoc {
        Some(spec) => format!("{}\nexperiment {} {{ run {spec} }}\n", text.trim_end(), run.experiment.name.text),
        None => text.clone(),
    }
}

/// The texts of the protocols that a script uses, resolved from its own folder; `None` if it does not check.
fn texts(script: &Script) -> Option<Vec<String>> {
    let mut sources = SourceMap::new();
    check(script, &mut sources).ok()?;
    Some(sources.files().skip(1).map(|f| f.text.to_string()).collect())
}

/// The texts of the protocols that the session uses.
fn used(checked: &Checked) -> Vec<String> {
    checked.sources.files().skip(1).map(|f| f.text.to_string()).collect()
}

/// The script with its protocols written out in the order in which they apply.
fn expanded_text(checked: &Checked, text: &str) -> String {
    let mut parts: Vec<String> =
        checked.sources.files().skip(1).map(|f| format!("# From {}\n\n{}", f.name, without_use(&f.text))).collect();
    parts.reverse();
    parts.push(without_use(text));
    parts.join("\n")
}

/// A text without its `use` items.
fn without_use(text: &str) -> String {
    let mut out = text.to_string();
    for item in super::script::items(text).iter().rev().filter(|i| matches!(i.kind, ItemKind::Use { .. })) {
        out.replace_range(super::script::bytes(item.span), "");
    }
    out
}

/// The path for a file name typed by the user; a leading `~/` stands for the home folder.
pub(super) fn path(name: &str) -> Result<PathBuf, Failure> {
    if name.chars().any(char::is_control) {
        return Err(refuse(
            "the file name contains a control character",
            "use a name without tabs and other control characters",
        ));
    }
    Ok(expanded(name))
}

fn expanded(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(name),
    }
}

/// A file name without the optional quotes around it.
fn plain(arguments: &str) -> &str {
    let name = arguments.trim();
    name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name)
}

pub(super) fn cannot_write(e: &FileError) -> Failure {
    Failure::of(Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy()))
}

/// The error for a temporary folder that cannot be created; a sweep keeps its journal there.
pub(super) fn cannot_keep(e: &io::Error) -> Failure {
    let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot create a temporary folder: {e}"));
    Failure::of(d.help("set TMPDIR to a folder that you can write to"))
}

/// The scripts and folders whose paths begin with `prefix`, for completion. A folder ends with `/`.
pub(super) fn complete(prefix: &str) -> Vec<String> {
    let (folder, begin) = prefix.rsplit_once('/').map_or(("", prefix), |(f, b)| (&prefix[..=f.len()], b));
    let place = if folder.is_empty() { PathBuf::from(".") } else { expanded(folder) };
    let entries = fs::read_dir(place).into_iter().flatten().flatten().take(10_000);
    let name = |e: fs::DirEntry| {
        let name = e.file_name().into_string().ok()?;
        let shown = name.starts_with(begin) && (begin.starts_with('.') || !name.starts_with('.'));
        let folder_mark = if e.path().is_dir() { "/" } else { "" };
        (shown && (!folder_mark.is_empty() || name.ends_with(".carom"))).then(|| format!("{folder}{name}{folder_mark}"))
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names
}
