//! Hover texts: documentation from the tables and from `##` comments, definitions as written, values at the parameters'
//! defaults, and the explanation of a mistake.

mod matrix;
mod values;

use std::fmt::Write;
use std::ops::Range;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position, Uri};

use super::diagnostics::mistake;
use super::names::{Definition, Kind, Target};
use super::position::Lines;
use super::workspace::{Document, File, Workspace};
use crate::reference::{code_page, entry};
use crate::syntax::{TokenClass, canonical, keyword_example};

/// The largest number of lines of a definition that are shown.
const SHOWN_LINES: usize = 12;

/// The hover text at a position.
pub(super) fn hover(workspace: &Workspace, uri: &Uri, position: Position) -> Option<Hover> {
    let document = workspace.document(uri)?;
    let byte = workspace.byte(document, position);
    let mistake = mistake(document, byte).map(|(code, at)| (code_page(code), at));
    let (text, at) = match (mistake, word(document, byte)) {
        (Some((page, at)), Some((text, _))) => (format!("{page}\n---\n\n{text}"), at),
        (mistake, word) => mistake.or(word)?,
    };
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text });
    Some(Hover { contents, range: Some(Lines::new(&document.text, workspace.encoding).range(at)) })
}

/// The explanation of the word at a byte, and its place.
fn word(document: &Document, byte: usize) -> Option<(String, Range<usize>)> {
    let (at, class) = document.token(byte)?;
    let word = &document.text[at.clone()];
    let text = match class {
        TokenClass::Keyword => keyword(word)?,
        TokenClass::Name | TokenClass::Builtin => match document.target(byte) {
            Some((_, target)) => defined(document, &target).or_else(|| builtin(word))?,
            None => builtin(word)?,
        },
        _ => return None,
    };
    Some((text, at))
}

fn keyword(word: &str) -> Option<String> {
    keyword_example(word).map(|example| format!("`{word}`, as in\n\n```carom\n{example}\n```"))
}

/// A definition of the program: the one in effect, as written, with its documentation and its value.
fn defined(document: &Document, target: &Target) -> Option<String> {
    if let Target::Protocol(path) = target {
        return Some(format!("the protocol `{path}`"));
    }
    let (file, definition) = document.definitions(target).next()?;
    let mut out = format!("```carom\n{}\n```\n", source(file, definition));
    if let Some(doc) = &definition.doc {
        let _ = write!(out, "\n{doc}\n");
    }
    if file.name != document.files[0].name {
        let _ = write!(out, "\nfrom `{}`\n", file.name);
    }
    let value = document.program.as_ref().and_then(|program| match definition.kind {
        Kind::Param => values::parameter(program, &definition.name),
        Kind::Input => values::input(program, &definition.name),
        Kind::Function(_) => values::function(program, &definition.name),
        _ => None,
    });
    if let Some(value) = value {
        let _ = write!(out, "\n{value}\n");
    }
    Some(out)
}

/// A definition as written; only the first lines if it is long.
fn source(file: &File, definition: &Definition) -> String {
    let text = &file.text[definition.whole.clone()];
    let lines: Vec<&str> = text.lines().collect();
    if definition.kind == Kind::Argument {
        return format!("{}   # an argument", definition.name);
    }
    match lines.get(..SHOWN_LINES) {
        Some(first) if lines.len() > SHOWN_LINES => format!("{}\n…", first.join("\n")),
        _ => text.to_string(),
    }
}

/// The page of a built-in name, and its matrix if it has one.
fn builtin(word: &str) -> Option<String> {
    let page = entry(&canonical(word))?;
    let mut out = format!("```carom\n{}\n```\n\n{}\n", page.signature, page.help);
    if !page.example.is_empty() {
        let _ = write!(out, "\nExample: `{}`\n", page.example);
    }
    if let Some(matrix) = matrix::of_builtin(&canonical(word)) {
        let _ = write!(out, "\n{matrix}\n");
    }
    Some(out)
}
