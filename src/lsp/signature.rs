//! Signature help: the arguments of the function call around a position, and which of them is being written.

use lsp_types::{
    Documentation, ParameterInformation, ParameterLabel, Position, SignatureHelp, SignatureInformation, Uri,
};

use super::names::Target;
use super::position::narrow;
use super::workspace::Workspace;
use crate::reference::entry;
use crate::syntax::{canonical, context};

/// The signature of the innermost call.
pub(super) fn help(workspace: &Workspace, uri: &Uri, position: Position) -> Option<SignatureHelp> {
    let document = workspace.document(uri)?;
    let call = context(&document.text, workspace.byte(document, position)).call?;
    let key = canonical(call.name);
    let target = Target::Global(key.clone());
    let own = document
        .definitions(&target)
        .next()
        .map(|(_, d)| (format!("{}({})", d.name, d.args.join(", ")), d.doc.clone()));
    let (label, doc) = own.or_else(|| entry(&key).map(|page| (page.signature, Some(page.help))))?;
    let parameters: Vec<_> = arguments(&label)
        .into_iter()
        .map(|text| ParameterInformation { label: ParameterLabel::Simple(text), documentation: None })
        .collect();
    // `entropy(a, …)` takes any number.
    let last = parameters.len().saturating_sub(1);
    let active = Some(narrow(call.argument.min(last)));
    let signature = SignatureInformation {
        label,
        documentation: doc.map(Documentation::String),
        parameters: Some(parameters),
        active_parameter: active,
    };
    Some(SignatureHelp { signatures: vec![signature], active_signature: Some(0), active_parameter: active })
}

/// The arguments between the first bracket of a signature and its partner.
fn arguments(signature: &str) -> Vec<String> {
    let Some(open) = signature.find('(') else { return Vec::new() };
    let inner = &signature[open + 1..];
    let inner = &inner[..inner.find(')').unwrap_or(inner.len())];
    inner.split([',', '|']).map(|a| a.trim().to_string()).filter(|a| !a.is_empty()).collect()
}
