//! Finds and parses a script and everything that it uses.
//!
//! Contract: the result lists each script once, after all scripts that it uses; this is the order in which definitions
//! apply. `use` cannot leave the folder of the script that contains it. A cycle is an error that shows the cycle.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::ast::{File, Item, ItemKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::shipped::{SHIPPED, shipped};
use crate::source::{SourceId, SourceMap, Span};
use crate::syntax::{self, MAX_BYTES};

use super::suggest::nearest;

/// The maximum length of a chain of `use`, in scripts.
const MAX_USES: usize = 64;

/// A script's text and where it came from.
#[derive(Debug, Clone)]
pub struct Script {
    /// The name of the file in messages.
    pub name: String,
    /// The protocol's name: the file's stem.
    pub protocol: String,
    /// The source text.
    pub text: String,
    /// The folder that `use` searches first; `None` for shipped protocols and standard input.
    pub folder: Option<PathBuf>,
}

impl Script {
    /// A script from text alone. Its `use` finds only shipped protocols.
    #[must_use]
    pub fn from_text(protocol: &str, text: &str) -> Self {
        Self { name: format!("{protocol}.carom"), protocol: protocol.into(), text: text.into(), folder: None }
    }

    /// The shipped protocol with this name.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        shipped(name).map(|s| Self {
            name: format!("<shipped>/{name}.carom"),
            protocol: name.into(),
            text: s.text.into(),
            folder: None,
        })
    }

    /// Opens a script named on the command line: a path, a shipped protocol, or `-` for standard input.
    ///
    /// # Errors
    /// E601 if it cannot be read, E106 if it is not UTF-8, E104 if it is too large.
    pub fn open(argument: &str) -> Result<Self, Diagnostic> {
        if argument == "-" {
            let text = read_limited(&mut io::stdin().lock(), "standard input")?;
            return Ok(Self { name: "<stdin>".into(), protocol: "stdin".into(), text, folder: None });
        }
        let path = Path::new(argument);
        let kind = match fs::metadata(path) {
            Ok(found) => found.file_type(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Self::shipped(argument).ok_or_else(|| not_found(argument));
            }
            Err(e) => return Err(cannot_read(argument, &e)),
        };
        // A folder of results may have the same name as the shipped protocol that produced them.
        if kind.is_dir()
            && let Some(script) = Self::shipped(argument)
        {
            return Ok(script);
        }
        let text = read_file(path, kind)?;
        let stem = path.file_stem().map_or_else(|| "script".into(), |s| s.to_string_lossy().into_owned());
        let folder = path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
        Ok(Self { name: argument.into(), protocol: stem, text, folder: folder.map(Path::to_path_buf) })
    }
}

fn not_found(argument: &str) -> Diagnostic {
    let d = Diagnostic::nowhere(
        Code::CannotRead,
        format!("there is no file `{argument}`, and no shipped protocol of that name"),
    );
    let stem = argument.strip_suffix(".carom").unwrap_or(argument);
    match nearest(stem, SHIPPED.iter().map(|s| s.name)) {
        Some(name) => d.help(format!("the nearest shipped protocol is `{name}`")),
        None => d.help(format!("shipped protocols: {}", SHIPPED.iter().map(|s| s.name).collect::<Vec<_>>().join(", "))),
    }
}

fn read_file(path: &Path, kind: fs::FileType) -> Result<String, Diagnostic> {
    let shown = path.display().to_string();
    if kind.is_dir() {
        return Err(Diagnostic::nowhere(Code::CannotRead, format!("`{shown}` is a folder, not a script"))
            .help("give one of the .carom files in it"));
    }
    // Opening a pipe blocks until another process opens it for writing, which may never happen.
    if !kind.is_file() {
        return Err(Diagnostic::nowhere(Code::CannotRead, format!("`{shown}` is a device or a pipe, not a script"))
            .help("to read a script from another program, pipe it to standard input and give `-` as the script"));
    }
    let mut file = fs::File::open(path).map_err(|e| cannot_read(&shown, &e))?;
    read_limited(&mut file, &shown)
}

fn cannot_read(shown: &str, e: &io::Error) -> Diagnostic {
    let d = Diagnostic::nowhere(Code::CannotRead, format!("cannot read `{shown}`: {e}"));
    match e.kind() {
        io::ErrorKind::PermissionDenied => d.help("ask its owner for permission to read it"),
        _ => d,
    }
}

/// Reads at most [`MAX_BYTES`] + 1 bytes, so that a device or a huge file cannot exhaust the memory.
fn read_limited(reader: &mut impl Read, shown: &str) -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| cannot_read(shown, &e))?;
    syntax::decode(shown, bytes)
}

/// Returns the unsaved text of a file that is open in an editor; it replaces the text on disk.
pub type Unsaved<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// One parsed script of a program.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) source: SourceId,
    pub(super) file: File,
    /// Whether it is the requested script, not one that it uses.
    pub(super) own: bool,
    /// The folder of the script; `None` for shipped protocols and standard input.
    pub(super) folder: Option<PathBuf>,
}

/// Parses a script and every script that it uses. Returns those without syntax errors, and all errors.
pub(super) fn load(script: &Script, unsaved: Unsaved<'_>, sources: &mut SourceMap) -> (Vec<Unit>, Vec<Diagnostic>) {
    let mut loader =
        Loader { sources, unsaved, done: Vec::new(), stack: Vec::new(), units: Vec::new(), errors: Vec::new() };
    loader.add(script, true);
    (loader.units, loader.errors)
}

struct Loader<'a> {
    sources: &'a mut SourceMap,
    unsaved: Unsaved<'a>,
    /// Identities of finished scripts.
    done: Vec<String>,
    /// Identities and names of the scripts being loaded, outermost first.
    stack: Vec<(String, String)>,
    units: Vec<Unit>,
    errors: Vec<Diagnostic>,
}

impl Loader<'_> {
    fn add(&mut self, script: &Script, own: bool) {
        let source = self.sources.add(script.name.clone(), script.text.as_str());
        let file = match syntax::parse(source, &script.text) {
            Ok(file) => file,
            Err(errors) => return self.errors.extend(errors),
        };
        self.stack.push((identity(script), script.protocol.clone()));
        for Item { kind, .. } in &file.items {
            if let ItemKind::Use { path, span } = kind {
                self.follow(script, path, *span);
            }
        }
        self.stack.pop();
        self.done.push(identity(script));
        self.units.push(Unit { source, file, own, folder: script.folder.clone() });
    }

    fn follow(&mut self, from: &Script, path: &str, span: Span) {
        let script = match find(from, path, span, self.unsaved) {
            Ok(script) => script,
            Err(d) => return self.errors.push(*d),
        };
        let id = identity(&script);
        if let Some(start) = self.stack.iter().position(|(i, _)| *i == id) {
            let mut names: Vec<_> = self.stack[start..].iter().map(|(_, n)| n.as_str()).collect();
            names.push(&script.protocol);
            let cycle = names.join(" → ");
            let d = Diagnostic::new(
                Code::UseCycle,
                format!("these protocols use each other in a cycle: {cycle}"),
                span,
                "closes the cycle",
            );
            return self.errors.push(d.help("move the definitions that both need into a protocol that uses neither"));
        }
        if self.stack.len() >= MAX_USES {
            let d = Diagnostic::new(
                Code::TooDeep,
                format!("this chain of `use` has more than {MAX_USES} protocols"),
                span,
                "too deep",
            );
            return self.errors.push(d.help("shorten the chain: let one protocol use several others directly"));
        }
        if !self.done.contains(&id) {
            self.add(&script, false);
        }
    }
}

fn identity(script: &Script) -> String {
    let path = Path::new(&script.name);
    path.canonicalize().map_or_else(|_| script.name.clone(), |p| p.display().to_string())
}

fn find(from: &Script, path: &str, span: Span, unsaved: Unsaved<'_>) -> Result<Script, Box<Diagnostic>> {
    if let Some(folder) = &from.folder {
        let candidate = folder.join(format!("{path}.carom"));
        if candidate.is_file() {
            inside(folder, &candidate, path, span)?;
            let name = candidate.display().to_string();
            if let Some(text) = unsaved(&candidate) {
                let protocol = candidate.file_stem().map_or_else(|| path.into(), |s| s.to_string_lossy().into_owned());
                let folder = candidate.parent().map(Path::to_path_buf);
                return Ok(Script { name, protocol, text, folder });
            }
            return Script::open(&name).map_err(|mut d| {
                d.labels.push((span, "used here".into()));
                Box::new(d)
            });
        }
    }
    Script::shipped(path).ok_or_else(|| Box::new(unknown_protocol(from, path, span)))
}

/// Whether a file is in a folder even after symbolic links are followed.
pub(super) fn is_inside(folder: &Path, file: &Path) -> bool {
    let resolved = folder.canonicalize().and_then(|folder| Ok((folder, file.canonicalize()?)));
    resolved.is_ok_and(|(folder, file)| file.starts_with(&folder))
}

/// Checks that the file is in the folder even after symbolic links are followed.
fn inside(folder: &Path, candidate: &Path, path: &str, span: Span) -> Result<(), Box<Diagnostic>> {
    if is_inside(folder, candidate) {
        return Ok(());
    }
    let message = format!("`{path}` lies outside the folder of the script that uses it");
    let d = Diagnostic::new(Code::UseOutside, message, span, "a link that leads out of the folder");
    Err(Box::new(d.help("copy the protocol into the script's folder")))
}

fn unknown_protocol(from: &Script, path: &str, span: Span) -> Diagnostic {
    let mut near: Vec<String> = SHIPPED.iter().map(|s| s.name.to_string()).collect();
    let beside = from.folder.as_deref().and_then(|f| fs::read_dir(f).ok()).into_iter().flatten().flatten();
    near.extend(beside.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".carom")?.to_string())));
    let d = Diagnostic::new(
        Code::UnknownProtocol,
        format!("there is no protocol `{path}` in the script's folder or among the shipped protocols"),
        span,
        "not found",
    );
    let begins = near.iter().find(|name| name.starts_with(path)).map(String::as_str);
    match begins.or_else(|| nearest(path, near.iter().map(String::as_str))) {
        Some(name) => d.help(format!("did you mean `{name}`?")),
        None => d.help("run `carom list` to see the shipped protocols"),
    }
}

/// Parses text from the command line as an expression. The text is added to `sources` under `name`.
///
/// # Errors
/// Syntax errors in the text.
pub(super) fn parse_option(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
) -> Result<crate::ast::Expr, Vec<Diagnostic>> {
    let source: SourceId = sources.add(name, text);
    syntax::parse_expression(source, text)
}
