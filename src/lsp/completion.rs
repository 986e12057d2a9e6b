//! Completion.

use std::fs;

use lsp_types::{CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, Position, TextEdit, Uri};

use super::names::{Definition, Kind};
use super::position::Lines;
use super::workspace::{Document, File, Workspace};
use crate::ast::FunctionRole;
use crate::builtins::{self, Builtin};
use crate::reference::entry;
use crate::shipped::SHIPPED;
use crate::syntax::{self, Context, context, greek_letters, words_inside};

/// Everything that is valid at the position and begins with the word there.
pub(super) fn completions(workspace: &Workspace, uri: &Uri, position: Position) -> Option<Vec<CompletionItem>> {
    let document = workspace.document(uri)?;
    let byte = workspace.byte(document, position);
    let lines = Lines::new(&document.text, workspace.encoding);
    if let Some(start) = escape(&document.text[..byte]) {
        return Some(letters(lines.range(start..byte)));
    }
    let place = context(&document.text, byte);
    if place.quoted {
        return Some(Vec::new());
    }
    let mut items = offered(document, byte, &place);
    items.extend(elements(document, byte, &lines));
    items.sort_by(|a, b| a.label.cmp(&b.label));
    items.dedup_by(|a, b| a.label == b.label);
    Some(items)
}

fn offered(document: &Document, byte: usize, place: &Context<'_>) -> Vec<CompletionItem> {
    let definitions = |accepts: fn(Kind) -> bool| {
        let all = document.files.iter().flat_map(|f| f.names.definitions.iter().map(move |d| (f, d)));
        all.filter(move |(_, d)| accepts(d.kind)).map(|(f, d)| defined(f, d))
    };
    match place.head {
        None => {
            let calls = definitions(|k| k == Kind::Sequence).filter(|_| place.block.is_some_and(in_step));
            statements(place.block).iter().map(|word| keyword(word)).chain(calls).collect()
        }
        Some("use") => protocols(document),
        Some("redefine") => syntax::TOP_LEVEL.iter().map(|word| keyword(word)).collect(),
        Some("trace") => definitions(|k| matches!(k, Kind::Rule | Kind::Param)).collect(),
        Some("panels") => definitions(|k| k == Kind::Experiment).collect(),
        Some("set" | "draw" | "sweep") if !place.after_operand && !document.text[..byte].trim_end().ends_with('=') => {
            definitions(|k| k == Kind::Param).chain(expression(document, byte)).collect()
        }
        Some(_) if follows_in(document, byte, place) => {
            let here = |d: &Definition| d.scope.as_ref().is_some_and(|s| s.start <= byte && byte <= s.end);
            let own = document.files.first().into_iter().flat_map(|f| f.names.definitions.iter().map(move |d| (f, d)));
            own.filter(|(_, d)| d.kind == Kind::Case && here(d)).map(|(f, d)| defined(f, d)).collect()
        }
        Some(head) if place.after_operand => words_inside(head).iter().map(|word| keyword(word)).collect(),
        Some(_) => expression(document, byte),
    }
}

/// Whether the position follows the `in` of `x in up`, where only a case can stand.
fn follows_in(document: &Document, byte: usize, place: &Context<'_>) -> bool {
    let before = document.text[..byte].strip_suffix(place.prefix).unwrap_or_default().trim_end();
    let block = matches!(place.block, Some("experiment" | "plot" | "inset"));
    block && before.strip_suffix("in").is_some_and(|rest| rest.ends_with([' ', '\t']))
}

fn in_step(block: &str) -> bool {
    matches!(block, "step" | "rule" | "sequence" | "repeat" | "for" | "with" | "when" | "}")
}

/// The words that begin a statement in a block.
fn statements(block: Option<&str>) -> &'static [&'static str] {
    match block {
        None => syntax::TOP_LEVEL,
        Some("experiment") => syntax::EXPERIMENT,
        Some("case") => &["set"],
        Some("plot" | "inset") => syntax::PLOT,
        Some(_) => syntax::STEP,
    }
}

/// The names that an expression may use: arguments and `let`s in scope, definitions, built-ins.
fn expression(document: &Document, byte: usize) -> Vec<CompletionItem> {
    let files = document.files.iter();
    let own = files.enumerate().flat_map(|(i, f)| f.names.definitions.iter().map(move |d| (i, f, d)));
    let in_scope = |(i, _, d): &(usize, &File, &Definition)| match &d.scope {
        None => d.kind != Kind::Experiment,
        Some(_) if d.kind == Kind::Case => false,
        Some(scope) => *i == 0 && scope.start <= byte && byte <= scope.end,
    };
    let aliases = builtins::aliases().map(|(_, written)| written);
    let builtin = builtins::names().map(str::to_string).chain(aliases).map(|name| builtin(&name));
    own.filter(in_scope).map(|(_, f, d)| defined(f, d)).chain(builtin).collect()
}

/// The elements of the array whose bracket is open at the position, as in `s[1¦`.
fn elements(document: &Document, byte: usize, lines: &Lines<'_>) -> Vec<CompletionItem> {
    let (Some(start), Some(program)) = (syntax::element(&document.text[..byte]), &document.program) else {
        return Vec::new();
    };
    let written = &document.text[start..byte];
    // Editors add the closing bracket by themselves.
    let end = byte + usize::from(document.text[byte..].starts_with(']'));
    let item = |name: &String| CompletionItem {
        label: name.clone(),
        kind: Some(CompletionItemKind::VARIABLE),
        filter_text: Some(name.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range: lines.range(start..end), new_text: name.clone() })),
        ..CompletionItem::default()
    };
    program.subsystems.iter().map(|s| &s.name.text).filter(|name| name.starts_with(written)).map(item).collect()
}

fn keyword(word: &str) -> CompletionItem {
    CompletionItem {
        label: word.into(),
        kind: Some(CompletionItemKind::KEYWORD),
        detail: syntax::keyword_example(word).map(str::to_string),
        ..CompletionItem::default()
    }
}

/// A definition of `file`. A parameter is shown as declared, with its default and its range.
fn defined(file: &File, d: &Definition) -> CompletionItem {
    let kind = match d.kind {
        Kind::Function(_) | Kind::Input | Kind::Sequence | Kind::Rule => CompletionItemKind::FUNCTION,
        Kind::Param => CompletionItemKind::CONSTANT,
        Kind::Experiment | Kind::Case => CompletionItemKind::EVENT,
        Kind::Subsystem(_)
        | Kind::Observe
        | Kind::Record
        | Kind::Outcome
        | Kind::Argument
        | Kind::Index
        | Kind::Let => CompletionItemKind::VARIABLE,
    };
    let args = if d.args.is_empty() { String::new() } else { format!("({})", d.args.join(", ")) };
    let declared = file.text[d.whole.clone()].lines().next().filter(|_| d.kind == Kind::Param);
    CompletionItem {
        label: d.name.clone(),
        kind: Some(kind),
        detail: Some(declared.map_or_else(|| format!("{} {}{args}", word(d.kind), d.name), str::to_string)),
        documentation: d.doc.clone().map(Documentation::String),
        ..CompletionItem::default()
    }
}

/// The word of the language that introduces a definition.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Param => "param",
        Kind::Input => "input",
        Kind::Subsystem(crate::ast::Role::System) => "system",
        Kind::Subsystem(crate::ast::Role::Environment) => "environment",
        Kind::Function(FunctionRole::Hamiltonian) => "hamiltonian",
        Kind::Function(FunctionRole::Gate) => "gate",
        Kind::Function(FunctionRole::Def) => "def",
        Kind::Rule => "rule",
        Kind::Sequence => "sequence",
        Kind::Observe => "observe",
        Kind::Record => "record",
        Kind::Outcome => "outcome",
        Kind::Experiment => "experiment",
        Kind::Argument => "argument",
        Kind::Index => "index",
        Kind::Let => "let",
        Kind::Case => "case",
    }
}

fn builtin(name: &str) -> CompletionItem {
    let key = syntax::canonical(name);
    let kind = match builtins::lookup(&key) {
        Some(Builtin::Constant(_)) => CompletionItemKind::CONSTANT,
        Some(Builtin::Operator(_)) => CompletionItemKind::OPERATOR,
        _ => CompletionItemKind::FUNCTION,
    };
    let page = entry(&key);
    CompletionItem {
        label: name.into(),
        kind: Some(kind),
        detail: page.as_ref().map(|p| p.signature.clone()),
        documentation: page.map(|p| Documentation::String(p.help)),
        ..CompletionItem::default()
    }
}

/// The scripts that `use` finds: the shipped ones, and those in the folder of the document.
fn protocols(document: &Document) -> Vec<CompletionItem> {
    let folder = document.path().and_then(|p| p.parent().map(std::path::Path::to_path_buf));
    let entries = folder.and_then(|f| fs::read_dir(f).ok()).into_iter().flatten().flatten();
    let neighbours = entries.filter_map(|e| Some(e.file_name().to_str()?.strip_suffix(".carom")?.to_string()));
    let item = |name: String| CompletionItem {
        label: name,
        kind: Some(CompletionItemKind::MODULE),
        ..CompletionItem::default()
    };
    SHIPPED.iter().map(|s| s.name.to_string()).chain(neighbours).map(item).collect()
}

/// The byte at which a Greek letter in the form `\gam` begins, if the text ends with one.
fn escape(before: &str) -> Option<usize> {
    let stem = before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    stem.ends_with('\\').then(|| stem.len() - 1)
}

/// The Greek letters that replace `\gamma` and the like.
fn letters(range: lsp_types::Range) -> Vec<CompletionItem> {
    let item = |(letter, english): (char, &str)| CompletionItem {
        label: format!("\\{english}"),
        kind: Some(CompletionItemKind::TEXT),
        detail: Some(letter.to_string()),
        filter_text: Some(format!("\\{english}")),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: letter.to_string() })),
        ..CompletionItem::default()
    };
    greek_letters().map(item).collect()
}
