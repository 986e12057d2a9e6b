//! Inlay hints: values at the parameters' defaults, shown within the text.

use lsp_types::{InlayHint, InlayHintKind, InlayHintLabel, Range, Uri};

use super::names::Kind;
use super::position::Lines;
use super::workspace::{Document, Workspace};
use crate::check::Program;
use crate::diagnostic::Diagnostic;
use crate::experiment::{Backend, states};
use crate::lower::Model;
use crate::syntax::{TokenClass, canonical, classify};

/// The hints in a range: the value of each parameter that is written as a formula, and the dimension of the state at the
/// step. There are none while the document has mistakes.
pub(super) fn hints(workspace: &Workspace, uri: &Uri, range: Range) -> Option<Vec<InlayHint>> {
    let document = workspace.document(uri)?;
    let mistaken = document.diagnostics.0.iter().any(Diagnostic::is_error);
    let program = document.program.as_ref().filter(|_| document.is_whole() && !document.changed && !mistaken)?;
    let lines = Lines::new(&document.text, workspace.encoding);
    let mut model = Model::new(program, None, &[]).ok()?;
    let mut out = parameters(document, &model);
    out.extend(dimension(document, program, &mut model));
    let hint = |(at, label): (usize, String)| InlayHint {
        position: lines.position(at),
        label: InlayHintLabel::String(label),
        kind: Some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: None,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    };
    let inside = |hint: &InlayHint| range.start <= hint.position && hint.position <= range.end;
    Some(out.into_iter().map(hint).filter(inside).collect())
}

/// The value of each parameter of the document that is not written as a number, after its definition.
fn parameters(document: &Document, model: &Model<'_>) -> Vec<(usize, String)> {
    let values = model.parameters();
    let mut out = Vec::new();
    let own = document.files.first().into_iter().flat_map(|f| &f.names.definitions);
    for d in own.filter(|d| d.kind == Kind::Param) {
        let written = &document.text[d.at.end..d.whole.end];
        let written = written.trim_start().trim_start_matches('=');
        let written = written.split(" in ").next().unwrap_or_default().trim();
        let value = values.iter().find(|(name, _)| canonical(name) == canonical(&d.name)).map(|(_, value)| value);
        let number = value.and_then(|value| value.parse::<f64>().ok());
        if let Some(x) = number.filter(|x| written.parse::<f64>().ok() != Some(*x)) {
            out.push((d.whole.end, format!("= {}", crate::report::short(x))));
        }
    }
    out
}

/// The dimension of the state at its largest, after the word `step`.
fn dimension(document: &Document, program: &Program, model: &mut Model<'_>) -> Option<(usize, String)> {
    program.step.as_ref()?;
    let word = |(at, class): &(std::ops::Range<usize>, TokenClass)| {
        *class == TokenClass::Keyword && &document.text[at.clone()] == "step"
    };
    let (at, _) = classify(&document.text).into_iter().find(word)?;
    let dimension = states(model, Backend::Auto).ok()?.matrix.peak_dim;
    Some((at.end, format!("dimension {dimension}")))
}
