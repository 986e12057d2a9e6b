//! Scripts of a session in files: `load` and `save`.
//!
//! Contract: what `save` writes gives the same results wherever it lies: the file is read back in its place in thought, and
//! if that would find other protocols than the session uses, their texts are written into it.

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

/// A file, or a shipped protocol by its name: a session on one of these begins with `use`.
pub(super) fn open(argument: &str) -> Result<Script, Failure> {
    // `save mine` writes mine.carom, and so `load mine` reads it.
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
        return Err(refuse("`load` what?", "name a script or a shipped protocol, as in `load karpat2019`"));
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
        return Err(refuse("`save` where?", "name a file, as in `save mine.carom`"));
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

/// Writes the script.
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

/// The script as a text that means the same in that place.
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

/// The script with the last run as an experiment, if that was `run N`.
fn with_ad_hoc(state: &State) -> String {
    let text = &state.checked.script.text;
    let Some(run) = state.current() else { return text.clone() };
    match &run.ad_hoc {
        Some(spec) => format!("{}\nexperiment {} {{ run {spec} }}\n", text.trim_end(), run.experiment.name.text),
        None => text.clone(),
    }
}

/// The texts of what a script uses, where it lies.
fn texts(script: &Script) -> Option<Vec<String>> {
    let mut sources = SourceMap::new();
    check(script, &mut sources).ok()?;
    Some(sources.files().skip(1).map(|f| f.text.to_string()).collect())
}

/// The texts of what the session uses.
fn used(checked: &Checked) -> Vec<String> {
    checked.sources.files().skip(1).map(|f| f.text.to_string()).collect()
}

/// The script with what it uses written out, in the order in which it applies.
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

/// A file that a line names; `~` is the home folder.
pub(super) fn path(name: &str) -> Result<PathBuf, Failure> {
    if name.chars().any(char::is_control) {
        return Err(refuse("a file name has no control characters", "write a plain name"));
    }
    Ok(expanded(name))
}

fn expanded(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(name),
    }
}

/// A name, perhaps in quotes.
fn plain(arguments: &str) -> &str {
    let name = arguments.trim();
    name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name)
}

pub(super) fn cannot_write(e: &FileError) -> Failure {
    Failure::of(Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy()))
}

/// No temporary folder for what a run leaves on its way.
pub(super) fn cannot_keep(e: &io::Error) -> Failure {
    let d = Diagnostic::nowhere(Code::CannotWrite, format!("cannot make a temporary folder: {e}"));
    Failure::of(d.help("TMPDIR says where it is made"))
}

/// The names in a folder that go on as a path does, folders with `/`; for completion.
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
