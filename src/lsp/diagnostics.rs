//! Diagnostics of a document, with the messages and codes of `carom check`.

use std::ops::Range;

use lsp_types::{DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, PublishDiagnosticsParams};

use super::names::Target;
use super::position::Lines;
use super::workspace::{Document, Workspace};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceMap, Span};

/// The diagnostics of a document, in the form of the protocol.
pub(super) fn publish(workspace: &mut Workspace, uri: &lsp_types::Uri) -> Option<PublishDiagnosticsParams> {
    let (found, sources) = workspace.document(uri)?.diagnostics.clone();
    let diagnostics = found.iter().map(|d| diagnostic(workspace, uri, d, &sources)).collect::<Option<Vec<_>>>()?;
    Some(PublishDiagnosticsParams { uri: uri.clone(), diagnostics, version: None })
}

pub(super) fn diagnostic(
    workspace: &mut Workspace,
    uri: &lsp_types::Uri,
    d: &Diagnostic,
    sources: &SourceMap,
) -> Option<lsp_types::Diagnostic> {
    let document = workspace.document(uri)?;
    let main = place(d, sources);
    let at = main.map_or_else(|| first_use(document), bytes);
    let range = Lines::new(&document.text, workspace.encoding).range(at);
    let mut message = d.message.clone();
    d.remedies(sources).iter().for_each(|help| message += &format!("\nhelp: {help}"));
    let others = d.labels.iter().filter(|(span, _)| main != Some(span));
    let related = others.filter_map(|(span, text)| {
        let file = sources.file(span.source);
        let location: Location = workspace.location(&file.name, &file.text, bytes(span))?;
        Some(DiagnosticRelatedInformation { location, message: text.clone() })
    });
    let related: Vec<_> = related.collect();
    Some(lsp_types::Diagnostic {
        range,
        severity: Some(if d.is_error() { DiagnosticSeverity::ERROR } else { DiagnosticSeverity::WARNING }),
        code: Some(NumberOrString::String(d.code.row().id.into())),
        source: Some("carom".into()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..lsp_types::Diagnostic::default()
    })
}

/// The first place of a diagnostic in the document itself, which is the first text in the source map.
fn place<'d>(d: &'d Diagnostic, sources: &SourceMap) -> Option<&'d Span> {
    let own = |span: &&Span| sources.files().next().is_some_and(|f| std::ptr::eq(f, sources.file(span.source)));
    d.labels.iter().map(|(span, _)| span).find(own)
}

pub(super) fn bytes(span: &Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// The mistake that is shown at a byte of the document, and its place.
pub(super) fn mistake(document: &Document, byte: usize) -> Option<(Code, Range<usize>)> {
    let (found, sources) = &document.diagnostics;
    let places = found.iter().filter_map(|d| place(d, sources).map(|span| (d.code, bytes(span))));
    places.filter(|_| !document.changed).find(|(_, at)| at.start <= byte && byte <= at.end)
}

/// Where a mistake in another script is shown: at the first `use`, or else at the beginning of the document.
fn first_use(document: &Document) -> Range<usize> {
    let names = document.files.first().filter(|_| document.is_whole()).map(|f| &f.names);
    let uses = names.and_then(|n| n.occurrences.iter().find(|o| matches!(o.target, Target::Protocol(_))));
    uses.map_or(0..0, |o| o.at.clone())
}
