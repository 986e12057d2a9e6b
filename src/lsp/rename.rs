//! Renaming, everywhere at once.
//!
//! Contract: the edits are first tried on copies. A new name is refused, with the reason, if it is not a valid name, if the
//! definition is shipped or built in, if the scripts would get new errors, and if a name would change its meaning anywhere.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use lsp_types::{Position, TextEdit, Uri, WorkspaceEdit};

use super::definition::{Place, places};
use super::names::Target;
use super::position::Lines;
use super::workspace::{Document, Workspace, files};
use crate::check::check_edited;
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::syntax::{canonical, is_name};

/// The name at a position, if it can be renamed: its bytes, its meaning and all its occurrences.
///
/// # Errors
/// The reason why nothing can be renamed there.
pub(super) fn prepare(
    workspace: &Workspace,
    uri: &Uri,
    position: Position,
) -> Result<(Range<usize>, Target, Vec<Place>), String> {
    let document = workspace.document(uri).ok_or("this document is not open")?;
    if !document.is_whole() {
        return Err("a name can be changed only while the script has no syntax errors".into());
    }
    let (at, target) = document.target(workspace.byte(document, position)).ok_or("there is no name here")?;
    let written = &document.text[at.clone()];
    if matches!(target, Target::Protocol(_)) {
        return Err("the name of a script is its file name: rename the file instead".into());
    }
    if document.definitions(&target).next().is_none() {
        return Err(format!("`{written}` is not defined in a script, so it cannot be renamed"));
    }
    let places = places(workspace, document, &target);
    if let Some((name, ..)) = places.iter().find(|(name, ..)| name.starts_with('<')) {
        return Err(format!("`{written}` occurs in {name}, which is built into Carom"));
    }
    Ok((at, target, places))
}

/// The edits that rename the name at a position.
///
/// # Errors
/// The reason why the name cannot be changed.
#[expect(clippy::mutable_key_type, reason = "the protocol's map of edits is keyed by addresses")]
pub(super) fn rename(workspace: &Workspace, uri: &Uri, position: Position, new: &str) -> Result<WorkspaceEdit, String> {
    if !is_name(new) {
        return Err(format!(
            "`{new}` is not a name: a name consists of letters, digits and `_`, and does not begin with a digit"
        ));
    }
    let (_, target, places) = prepare(workspace, uri, position)?;
    let document = workspace.document(uri).expect("prepared");
    refuse_changed_meaning(workspace, document, &target, &places, new)?;
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (name, text, at) in places {
        let Some(uri) = workspace.uri(&name) else { continue };
        let range = Lines::new(&text, workspace.encoding).range(at);
        changes.entry(uri).or_default().push(TextEdit { range, new_text: new.into() });
    }
    Ok(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

/// Tries the new name on copies of all scripts that contain the old one.
fn refuse_changed_meaning(
    workspace: &Workspace,
    document: &Document,
    target: &Target,
    places: &[Place],
    new: &str,
) -> Result<(), String> {
    let mut copies: BTreeMap<&str, String> = BTreeMap::new();
    for (name, text, at) in places.iter().rev() {
        copies.entry(name).or_insert_with(|| text.to_string()).replace_range(at.clone(), new);
    }
    let edited = |path: &Path| {
        let name = path.display().to_string();
        copies.get(name.as_str()).cloned().or_else(|| workspace.unsaved(path))
    };
    for script in workspace.neighbours(document).into_iter().filter(|s| copies.contains_key(s.name.as_str())) {
        let mut sources = SourceMap::new();
        let before = check_edited(&script, &|path| workspace.unsaved(path), &mut sources);
        let mut copy = script.clone();
        copy.text.clone_from(&copies[script.name.as_str()]);
        let mut sources = SourceMap::new();
        let after = check_edited(&copy, &edited, &mut sources);
        if let (Ok(_), Err(errors)) = (&before.program, &after.program) {
            let reason = errors.first().map_or("", |d: &Diagnostic| d.message.as_str());
            return Err(format!("the name `{new}` would cause an error in {}: {reason}", script.name));
        }
        // The new name must occur exactly where the old one did.
        for file in files(&sources, &after) {
            let expected = places.iter().filter(|(name, ..)| *name == file.name).count();
            let renamed = |t: &Target| match (t, target) {
                (Target::Global(key), Target::Global(_)) | (Target::Experiment(key), Target::Experiment(_)) => {
                    *key == canonical(new)
                }
                (t, Target::Local(_)) => file.names.definitions.iter().any(|d| {
                    d.target == *t
                        && d.name == new
                        && places.first().is_some_and(|(name, _, at)| *name == file.name && d.at.start == at.start)
                }),
                _ => false,
            };
            let found = file.names.occurrences.iter().filter(|o| renamed(&o.target)).count();
            if found != expected {
                return Err(format!("`{new}` already means something else in {}", file.name));
            }
        }
    }
    Ok(())
}
