//! Quick fixes: the corrections of mistakes.

use std::collections::HashMap;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, Uri, WorkspaceEdit};

use super::diagnostics::{bytes, diagnostic};
use super::position::Lines;
use super::workspace::Workspace;

/// The corrections of the mistakes that touch a range. A correction that changes another script is left out.
pub(super) fn actions(workspace: &mut Workspace, uri: &Uri, range: Range) -> Option<Vec<CodeActionOrCommand>> {
    let (found, sources) = workspace.document(uri).filter(|d| !d.changed)?.diagnostics.clone();
    let own = sources.ids().next()?;
    let mut out = Vec::new();
    for d in found.iter().filter(|d| !d.fix.is_empty() && d.fix.iter().all(|(span, _)| span.source == own)) {
        let shown = diagnostic(workspace, uri, d, &sources)?;
        if shown.range.end < range.start || range.end < shown.range.start {
            continue;
        }
        let lines = Lines::new(&workspace.document(uri)?.text, workspace.encoding);
        let edit = |(span, text): &(_, String)| TextEdit { range: lines.range(bytes(span)), new_text: text.clone() };
        #[expect(clippy::mutable_key_type, reason = "the protocol's type; no key is changed")]
        let changes = HashMap::from([(uri.clone(), d.fix.iter().map(edit).collect())]);
        let line = d.corrected(&sources);
        out.push(CodeActionOrCommand::CodeAction(CodeAction {
            title: line.map_or_else(|| "correct it".into(), |line| format!("write `{line}`")),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![shown]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            is_preferred: Some(true),
            ..CodeAction::default()
        }));
    }
    Some(out)
}
