//! Where a name is defined, and where it occurs.

use lsp_types::{DocumentHighlight, DocumentHighlightKind, Location, Position, Uri};

use super::names::Target;
use super::position::Lines;
use super::workspace::{Document, Workspace};
use crate::check::check_edited;
use crate::source::SourceMap;

/// The definitions of the name at a position. A definition at the position itself is listed only if it is the only one.
pub(super) fn definitions(workspace: &mut Workspace, uri: &Uri, position: Position) -> Option<Vec<Location>> {
    let document = workspace.document(uri)?;
    let (at, target) = document.target(workspace.byte(document, position))?;
    let mut places: Vec<_> = match &target {
        // The path after `use`.
        Target::Protocol(path) => {
            let end = format!("{path}.carom");
            let files = document.files.iter().skip(1).filter(|f| f.name.replace('\\', "/").ends_with(&end));
            files.take(1).map(|f| (f.name.clone(), f.text.clone(), 0..0)).collect()
        }
        _ => document.definitions(&target).map(|(f, d)| (f.name.clone(), f.text.clone(), d.at.clone())).collect(),
    };
    let own = document.files.first().map(|f| f.name.clone());
    if places.len() > 1 {
        places.retain(|(name, _, place)| !(Some(name) == own.as_ref() && *place == at));
    }
    Some(places.into_iter().filter_map(|(name, text, at)| workspace.location(&name, &text, at)).collect())
}

/// An occurrence of a name: the name and text of the script, and the bytes of the occurrence in it.
pub(super) type Place = (String, std::sync::Arc<str>, std::ops::Range<usize>);

/// Every occurrence of a name: in the document, in the scripts that it uses, and in those that use the script with the definition.
pub(super) fn places(workspace: &Workspace, document: &Document, target: &Target) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::new();
    let mut add = |files: &[super::workspace::File]| {
        for f in files {
            let here = f.names.occurrences.iter().filter(|o| o.target == *target);
            out.extend(here.map(|o| (f.name.clone(), f.text.clone(), o.at.clone())));
        }
    };
    if matches!(target, Target::Local(_)) {
        add(&document.files[..document.files.len().min(1)]);
    } else {
        add(&document.files);
        let defined: Vec<&str> = document.definitions(target).map(|(f, _)| f.name.as_str()).collect();
        for script in workspace.neighbours(document) {
            let mut sources = SourceMap::new();
            // The names of a neighbour are read even if it has errors.
            let edited = check_edited(&script, &|path| workspace.unsaved(path), &mut sources);
            let files = super::workspace::files(&sources, &edited);
            if files.iter().any(|f| defined.contains(&f.name.as_str())) {
                add(&files);
            }
        }
    }
    out.sort_by(|a, b| (&a.0, a.2.start).cmp(&(&b.0, b.2.start)));
    out.dedup_by(|a, b| a.0 == b.0 && a.2 == b.2);
    out
}

/// Every occurrence of the name at a position, with its definitions if `with_definitions` is set.
pub(super) fn references(
    workspace: &mut Workspace,
    uri: &Uri,
    position: Position,
    with_definitions: bool,
) -> Option<Vec<Location>> {
    let document = workspace.document(uri)?;
    let (_, target) = document.target(workspace.byte(document, position))?;
    let mut found = places(workspace, document, &target);
    if !with_definitions {
        let defined: Vec<_> = document.definitions(&target).map(|(f, d)| (f.name.clone(), d.at.clone())).collect();
        found.retain(|(name, _, at)| !defined.contains(&(name.clone(), at.clone())));
    }
    Some(found.into_iter().filter_map(|(name, text, at)| workspace.location(&name, &text, at)).collect())
}

/// Every occurrence in the document of the name at a position: as written where it is defined, as read elsewhere.
pub(super) fn highlights(workspace: &Workspace, uri: &Uri, position: Position) -> Option<Vec<DocumentHighlight>> {
    let document = workspace.document(uri)?;
    let (_, target) = document.target(workspace.byte(document, position))?;
    let names = &document.files.first().filter(|_| document.is_whole())?.names;
    let lines = Lines::new(&document.text, workspace.encoding);
    let defined = |at: &std::ops::Range<usize>| names.definitions.iter().any(|d| d.at == *at);
    let here = names.occurrences.iter().filter(|o| o.target == target).map(|o| o.at.clone());
    let highlight = |at: std::ops::Range<usize>| {
        let kind = if defined(&at) { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ };
        DocumentHighlight { range: lines.range(at), kind: Some(kind) }
    };
    Some(here.map(highlight).collect())
}
