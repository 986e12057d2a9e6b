//! The documents that are open in an editor, and what is known about each.
//!
//! Contract: while a text has syntax errors, requests are answered from its last complete tree; numbers come from its last
//! program without errors. The text of an open document replaces that of its file.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{Location, Position, Uri};
use url::Url;

use super::names::{Definition, Names, Target};
use super::position::{Encoding, Lines};
use crate::check::{Edited, Program, Script, check_edited};
use crate::diagnostic::Diagnostic;
use crate::experiment::check_all;
use crate::shipped::shipped;
use crate::source::{SourceFile, SourceId, SourceMap};
use crate::storage::{temporary_folder, write_file};
use crate::syntax::{TokenClass, classify};

/// The largest number of scripts of a folder that are read when a name is changed.
const MAX_NEIGHBOURS: usize = 200;

/// A script of a program, with its names.
pub(super) struct File {
    /// Its name in messages: a path, or `<shipped>/NAME.carom`.
    pub(super) name: String,
    pub(super) text: Arc<str>,
    pub(super) names: Names,
}

/// An open document.
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) text: String,
    /// Its name in messages: its path, if it has one.
    name: String,
    /// Whether the text has changed since the last check.
    pub(super) changed: bool,
    /// Its diagnostics, and the texts to which they refer.
    pub(super) diagnostics: (Vec<Diagnostic>, SourceMap),
    /// The script, then those that it uses, as of the last version without syntax errors.
    pub(super) files: Vec<File>,
    /// The last program without errors.
    pub(super) program: Option<Program>,
}

impl Document {
    /// Its path, if it is a file.
    pub(super) fn path(&self) -> Option<PathBuf> {
        path_of(&self.uri)
    }

    /// Whether its names are those of the current text.
    pub(super) fn is_whole(&self) -> bool {
        self.files.first().is_some_and(|f| *f.text == *self.text)
    }

    /// The definitions of a name, the one in effect first: those of the script before those that it replaces, and
    /// within one script the last one first.
    pub(super) fn definitions<'d>(&'d self, target: &'d Target) -> impl Iterator<Item = (&'d File, &'d Definition)> {
        let local = matches!(target, Target::Local(_));
        let files = self.files.iter().take(if local { 1 } else { usize::MAX });
        let of = move |f: &'d File| {
            f.names.definitions.iter().rev().filter(move |d| d.target == *target).map(move |d| (f, d))
        };
        files.flat_map(of)
    }

    /// The word or sign at a byte of the current text, or directly before it.
    pub(super) fn token(&self, byte: usize) -> Option<(Range<usize>, TokenClass)> {
        let tokens = classify(&self.text);
        let covers = |(at, _): &&(Range<usize>, TokenClass)| at.start <= byte && byte <= at.end;
        let word = |(_, class): &&(Range<usize>, TokenClass)| {
            matches!(class, TokenClass::Name | TokenClass::Builtin | TokenClass::Keyword)
        };
        let words = tokens.iter().filter(covers).find(word);
        words.or_else(|| tokens.iter().rfind(covers)).cloned()
    }

    /// The name at a byte and its meaning. In a text with syntax errors every name counts as global.
    pub(super) fn target(&self, byte: usize) -> Option<(Range<usize>, Target)> {
        if self.is_whole() {
            let found = self.files[0].names.at(byte)?;
            return Some((found.at.clone(), found.target.clone()));
        }
        let (at, class) = self.token(byte)?;
        let key = crate::syntax::canonical(&self.text[at.clone()]);
        matches!(class, TokenClass::Name | TokenClass::Builtin).then_some((at, Target::Global(key)))
    }
}

/// All open documents.
pub(super) struct Workspace {
    pub(super) encoding: Encoding,
    documents: BTreeMap<String, Document>,
    /// The folder with shipped protocols as files, created when the first one is requested.
    shown: Option<Box<dyn AsRef<Path>>>,
}

impl Workspace {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, documents: BTreeMap::new(), shown: None }
    }

    pub(super) fn open(&mut self, uri: &Uri, text: String) {
        let name = path_of(uri).map_or_else(|| uri.as_str().to_string(), |p| p.display().to_string());
        let document = Document {
            name,
            text,
            changed: true,
            diagnostics: (Vec::new(), SourceMap::new()),
            files: Vec::new(),
            program: None,
            uri: uri.clone(),
        };
        self.documents.insert(uri.as_str().to_string(), document);
        self.touch_users();
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        self.documents.remove(uri.as_str());
        self.touch_users();
    }

    /// Replaces a range of a document, or all of it, by `text`.
    pub(super) fn change(&mut self, uri: &Uri, range: Option<lsp_types::Range>, text: &str) {
        let encoding = self.encoding;
        let Some(document) = self.documents.get_mut(uri.as_str()) else { return };
        match range {
            None => text.clone_into(&mut document.text),
            Some(range) => {
                let lines = Lines::new(&document.text, encoding);
                let (start, end) = (lines.byte(range.start), lines.byte(range.end));
                document.text.replace_range(start..end.max(start), text);
            }
        }
        document.changed = true;
        self.touch_users();
    }

    /// Marks every document that uses scripts or has errors as changed, since a change of another document may affect
    /// it.
    fn touch_users(&mut self) {
        self.documents
            .values_mut()
            .filter(|d| d.files.len() > 1 || !d.diagnostics.0.is_empty())
            .for_each(|d| d.changed = true);
    }

    pub(super) fn document(&self, uri: &Uri) -> Option<&Document> {
        self.documents.get(uri.as_str())
    }

    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    /// Checks a document if it has changed since the last check, and returns whether it had.
    pub(super) fn look(&mut self, uri: &Uri) -> bool {
        let Some(document) = self.documents.get(uri.as_str()).filter(|d| d.changed) else { return false };
        let script = self.script(&document.name, &document.text);
        let mut sources = SourceMap::new();
        let edited = check_edited(&script, &|path| self.unsaved(path), &mut sources);
        let whole = sources.first().is_some_and(|script| edited.tree(script).is_some());
        let files = if whole { files(&sources, &edited) } else { Vec::new() };
        let (program, diagnostics) = match edited.program {
            Ok(program) => (Some(program), Vec::new()),
            Err(errors) => (None, errors),
        };
        let document = self.documents.get_mut(uri.as_str()).expect("just found");
        let diagnostics = match &program {
            Some(program) => check_all(program, &sources).into_iter().chain(program.notes()).collect(),
            None => diagnostics,
        };
        document.diagnostics = (diagnostics, sources);
        document.changed = false;
        if whole {
            document.files = files;
        }
        if program.is_some() {
            document.program = program;
        }
        true
    }

    /// A text as a script, with the folder in which `use` looks.
    pub(super) fn script(&self, name: &str, text: &str) -> Script {
        let path = Path::new(name);
        let stem = path.file_stem().map_or_else(|| "script".into(), |s| s.to_string_lossy().into_owned());
        let folder = path.is_absolute().then(|| path.parent().map(Path::to_path_buf)).flatten();
        Script { name: name.into(), protocol: stem, text: text.into(), folder }
    }

    /// The text of an open document that has this path.
    pub(super) fn unsaved(&self, path: &Path) -> Option<String> {
        let name = path.display().to_string();
        let same = |d: &&Document| d.name == name;
        self.documents.values().find(same).map(|d| d.text.clone())
    }

    /// The scripts that may use names of a document: the open ones, and those in its folder.
    pub(super) fn neighbours(&self, document: &Document) -> Vec<Script> {
        let mut names: Vec<String> = self.documents.values().map(|d| d.name.clone()).collect();
        if let Some(folder) = document.path().and_then(|p| p.parent().map(Path::to_path_buf)) {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
            let scripts = entries.filter(|p| p.extension().is_some_and(|e| e == "carom"));
            names.extend(scripts.take(MAX_NEIGHBOURS).map(|p| p.display().to_string()));
        }
        names.sort();
        names.dedup();
        let open = |name: &String| {
            let path = Path::new(name);
            match self.documents.values().find(|d| d.name == *name) {
                Some(d) => Some(self.script(name, &d.text)),
                None if path.is_file() => Script::open(name).ok(),
                None => None,
            }
        };
        names.iter().filter_map(open).collect()
    }

    /// Bytes of a script as a location for the editor. A shipped protocol is written to a file that can be opened.
    pub(super) fn location(&mut self, name: &str, text: &str, at: Range<usize>) -> Option<Location> {
        let uri = match name.strip_prefix("<shipped>/") {
            Some(file) => uri_of(&self.shown(file)?)?,
            None => self.uri(name)?,
        };
        Some(Location { uri, range: Lines::new(text, self.encoding).range(at) })
    }

    /// The address of a script that is a file or an open document.
    pub(super) fn uri(&self, name: &str) -> Option<Uri> {
        let open = self.documents.values().find(|d| d.name == name).map(|d| d.uri.clone());
        open.or_else(|| uri_of(Path::new(name)))
    }

    /// A shipped protocol as a file in a folder that is removed with the server.
    fn shown(&mut self, file: &str) -> Option<PathBuf> {
        if self.shown.is_none() {
            self.shown = Some(Box::new(temporary_folder().ok()?));
        }
        let path = self.shown.as_ref()?.as_ref().as_ref().join(file);
        if !path.exists() {
            let protocol = shipped(file.strip_suffix(".carom")?)?;
            write_file(&path, |w| w.write_all(protocol.text.as_bytes())).ok()?;
        }
        Some(path)
    }

    /// The byte of a position in a document.
    pub(super) fn byte(&self, document: &Document, position: Position) -> usize {
        Lines::new(&document.text, self.encoding).byte(position)
    }
}

/// The scripts of a program that have a tree, with their names; each once, in the order in which they were read.
pub(super) fn files(sources: &SourceMap, edited: &Edited) -> Vec<File> {
    let named = |source: SourceId| {
        let SourceFile { name, text } = sources.file(source).clone();
        edited.tree(source).map(|tree| File { name, text, names: Names::of(tree) })
    };
    sources.ids().filter_map(named).collect()
}

/// The path of a `file:` address.
fn path_of(uri: &Uri) -> Option<PathBuf> {
    Url::parse(uri.as_str()).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

fn uri_of(path: &Path) -> Option<Uri> {
    Url::from_file_path(path).ok()?.as_str().parse().ok()
}
