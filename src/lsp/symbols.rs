//! The outline of a document.

use lsp_types::{DocumentSymbol, SymbolInformation, SymbolKind, Uri};

use super::completion::word;
use super::names::{Definition, Kind};
use super::position::Lines;
use super::workspace::Workspace;
use super::workspace::files;
use crate::check::check_edited;
use crate::source::SourceMap;
use crate::syntax::canonical;

/// The definitions of the document, as of its last version without syntax errors. Definitions inside an experiment or
/// the step are its children.
pub(super) fn symbols(workspace: &Workspace, uri: &Uri) -> Option<Vec<DocumentSymbol>> {
    let file = workspace.document(uri)?.files.first()?;
    let lines = Lines::new(&file.text, workspace.encoding);
    let inner = |d: &Definition| matches!(d.kind, Kind::Let);
    let mut out: Vec<(usize, DocumentSymbol)> = Vec::new();
    for d in file.names.definitions.iter().filter(|d| !matches!(d.kind, Kind::Argument | Kind::Index)) {
        let symbol = symbol(d, &lines);
        match out.last_mut().filter(|(end, _)| inner(d) && d.whole.end <= *end) {
            Some((_, parent)) => parent.children.get_or_insert_default().push(symbol),
            None if inner(d) => {}
            None => out.push((d.whole.end, symbol)),
        }
    }
    Some(out.into_iter().map(|(_, symbol)| symbol).collect())
}

#[expect(deprecated, reason = "a field of the protocol's type")]
fn symbol(d: &Definition, lines: &Lines<'_>) -> DocumentSymbol {
    DocumentSymbol {
        name: d.name.clone(),
        detail: Some(word(d.kind).into()),
        kind: kind(d.kind),
        tags: None,
        deprecated: None,
        range: lines.range(d.whole.clone()),
        selection_range: lines.range(d.at.clone()),
        children: None,
    }
}

fn kind(kind: Kind) -> SymbolKind {
    match kind {
        Kind::Param => SymbolKind::CONSTANT,
        Kind::Function(_) | Kind::Input | Kind::Rule | Kind::Sequence => SymbolKind::FUNCTION,
        Kind::Experiment | Kind::Case => SymbolKind::EVENT,
        Kind::Subsystem(_) => SymbolKind::OBJECT,
        Kind::Observe | Kind::Record | Kind::Outcome | Kind::Let | Kind::Argument | Kind::Index => SymbolKind::VARIABLE,
    }
}

/// The definitions of the open documents, and of the scripts in their folders, whose names contain a word.
#[expect(deprecated, reason = "a field of the protocol's type")]
pub(super) fn of_workspace(workspace: &mut Workspace, word: &str) -> Vec<SymbolInformation> {
    let wanted = canonical(word).to_lowercase();
    let scripts: Vec<_> = workspace.documents().flat_map(|document| workspace.neighbours(document)).collect();
    let mut read: Vec<String> = Vec::new();
    let mut out = Vec::new();
    for script in scripts {
        if read.contains(&script.name) {
            continue;
        }
        read.push(script.name.clone());
        let mut sources = SourceMap::new();
        let edited = check_edited(&script, &|path| workspace.unsaved(path), &mut sources);
        let Some(file) = files(&sources, &edited).into_iter().next() else { continue };
        for d in file.names.definitions.iter().filter(|d| d.scope.is_none()) {
            if !canonical(&d.name).to_lowercase().contains(&wanted) {
                continue;
            }
            let Some(location) = workspace.location(&file.name, &file.text, d.at.clone()) else { continue };
            out.push(SymbolInformation {
                name: d.name.clone(),
                kind: kind(d.kind),
                tags: None,
                deprecated: None,
                location,
                container_name: None,
            });
        }
    }
    out
}
