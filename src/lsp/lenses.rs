//! A lens above each experiment, with which an editor runs it.

use lsp_types::{CodeLens, Command, Uri};
use serde_json::json;

use super::names::Kind;
use super::position::Lines;
use super::workspace::Workspace;

/// The command of a lens; an editor runs `carom run PATH EXPERIMENT` for it.
pub(super) const RUN: &str = "carom.run";

/// The lenses of a document that is a file.
pub(super) fn lenses(workspace: &Workspace, uri: &Uri) -> Option<Vec<CodeLens>> {
    let document = workspace.document(uri)?;
    let (file, path) = (document.files.first()?, document.path()?);
    let lines = Lines::new(&file.text, workspace.encoding);
    let experiments = file.names.definitions.iter().filter(|d| d.kind == Kind::Experiment);
    let lens = |d: &super::names::Definition| CodeLens {
        range: lines.range(d.at.clone()),
        command: Some(Command {
            title: format!("run {}", d.name),
            command: RUN.into(),
            arguments: Some(vec![json!(path), json!(d.name)]),
        }),
        data: None,
    };
    Some(experiments.map(lens).collect())
}
