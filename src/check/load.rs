//! Finds and parses a script and everything that it uses.
//!
//! Contract: the units come out in the order in which their definitions apply (what is used before what uses it), each
//! once. `use` cannot leave the folder of the script that says it, and a cycle is an error that shows the cycle.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::ast::{File, Item, ItemKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::shipped::{SHIPPED, shipped};
use crate::source::{SourceId, SourceMap, Span};
use crate::syntax::{self, MAX_BYTES};

use super::suggest::nearest;

/// How long a chain of `use` may be.
const MAX_USES: usize = 64;

/// A script's text and where it came from.
#[derive(Debug, Clone)]
pub struct Script {
    /// How messages name the file.
    pub name: String,
    /// The protocol's name: the file's stem.
    pub protocol: String,
    /// The text of the script.
    pub text: String,
    /// The folder in which `use` looks first; none for shipped protocols and standard input.
    pub folder: Option<PathBuf>,
}

impl Script {
    /// A script from text alone; `use` finds the shipped protocols.
    #[must_use]
    pub fn from_text(protocol: &str, text: &str) -> Self {
        Self { name: format!("{protocol}.carom"), protocol: protocol.into(), text: text.into(), folder: None }
    }

    /// The shipped protocol of that name.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        shipped(name).map(|s| Self {
            name: format!("<shipped>/{name}.carom"),
            protocol: name.into(),
            text: s.text.into(),
            folder: None,
        })
    }

    /// What a user names on the command line: a path, a shipped protocol, or `-` for standard input.
    ///
    /// # Errors
    /// E601 when it cannot be read, E106 when it is not UTF-8, E104 when it is too large.
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
        // A folder of results may be called like the protocol that made them.
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
            .help("name one of the .carom files in it"));
    }
    // Opening a pipe waits for a writer, who may never come.
    if !kind.is_file() {
        return Err(Diagnostic::nowhere(Code::CannotRead, format!("`{shown}` is a device or a pipe, not a script"))
            .help("give a script that another program writes on standard input, with `-` for its name"));
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

/// Reads at most the allowed size, so that a device or a huge file cannot eat the memory.
fn read_limited(reader: &mut impl Read, shown: &str) -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| cannot_read(shown, &e))?;
    syntax::decode(shown, bytes)
}

/// The text of a file that somebody is editing, instead of the one on the disk.
pub type Unsaved<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// One parsed script of a program.
pub(super) struct Unit {
    pub(super) file: File,
    /// Whether it is the script that was asked for.
    pub(super) own: bool,
}

/// Parses a script and all that it uses.
pub(super) fn load(
    script: &Script,
    unsaved: Unsaved<'_>,
    sources: &mut SourceMap,
) -> Result<Vec<Unit>, Vec<Diagnostic>> {
    let mut loader =
        Loader { sources, unsaved, done: Vec::new(), stack: Vec::new(), units: Vec::new(), errors: Vec::new() };
    loader.add(script, true);
    if loader.errors.is_empty() { Ok(loader.units) } else { Err(loader.errors) }
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
        self.units.push(Unit { file, own });
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
                format!("these protocols use each other: {cycle}"),
                span,
                "closes the cycle",
            );
            return self.errors.push(d.help("move what both need into a protocol that uses neither"));
        }
        if self.stack.len() >= MAX_USES {
            let d = Diagnostic::new(
                Code::TooDeep,
                format!("more than {MAX_USES} protocols use each other in a chain"),
                span,
                "too deep",
            );
            return self.errors.push(d.help("let one protocol use several others"));
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

/// A link may not lead out of the folder either.
fn inside(folder: &Path, candidate: &Path, path: &str, span: Span) -> Result<(), Box<Diagnostic>> {
    let resolved = folder.canonicalize().and_then(|f| Ok((f, candidate.canonicalize()?)));
    match resolved {
        Ok((folder, file)) if file.starts_with(&folder) => Ok(()),
        _ => Err(Box::new(
            Diagnostic::new(
                Code::UseOutside,
                format!("`{path}` lies outside the folder of the script that uses it"),
                span,
                "a link that leads out of the folder",
            )
            .help("copy the protocol into the script's folder"),
        )),
    }
}

fn unknown_protocol(from: &Script, path: &str, span: Span) -> Diagnostic {
    let mut near: Vec<String> = SHIPPED.iter().map(|s| s.name.to_string()).collect();
    let beside = from.folder.as_deref().and_then(|f| fs::read_dir(f).ok()).into_iter().flatten().flatten();
    near.extend(beside.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".carom")?.to_string())));
    let d = Diagnostic::new(
        Code::UnknownProtocol,
        format!("there is no protocol `{path}` beside the script or among the shipped ones"),
        span,
        "not found",
    );
    match nearest(path, near.iter().map(String::as_str)) {
        Some(name) => d.help(format!("did you mean `{name}`?")),
        None => d.help("`carom list` shows the shipped protocols"),
    }
}

/// Adds a text given on the command line as a source of its own and parses it as an expression.
///
/// # Errors
/// The syntax errors in it.
pub(super) fn parse_option(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
) -> Result<crate::ast::Expr, Vec<Diagnostic>> {
    let source: SourceId = sources.add(name, text);
    syntax::parse_expression(source, text)
}
