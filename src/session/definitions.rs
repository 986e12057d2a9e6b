//! Changes to the script: definitions, single statements, `edit` and `reset`.

use std::sync::Arc;

use super::read::{How, Numbered, first_word, numbered};
use super::script::{self, Edit, item_name, items};
use super::state::State;
use super::{Failure, Next, Reply, refuse};
use crate::ast::{Item, ItemKind};
use crate::check::Script;
use crate::output::{Tone, tone};
use crate::report::short;
use crate::source::SourceMap;
use crate::syntax;

/// Adds or replaces the definitions in a typed text.
pub(super) fn define(state: &State, typed: &str) -> Result<Reply, Failure> {
    let mut sources = SourceMap::new();
    let source = sources.add("input", typed);
    let file = syntax::parse(source, typed).map_err(|diagnostics| Failure { diagnostics, sources })?;
    let elsewhere = state.checked.elsewhere();
    let mut edit = Edit::of(&state.checked.script.text);
    for item in &file.items {
        edit.put(typed, item, &elsewhere);
    }
    let mut reply = apply(state, &edit, typed)?;
    for item in &file.items {
        if let Some(line) = consequence(&reply, item) {
            reply.line(&tone(Tone::Faint, &line));
        }
    }
    Ok(reply)
}

/// The value of a parameter after a `set`: `γ = 1.570796`.
fn consequence(reply: &Reply, item: &Item) -> Option<String> {
    let ItemKind::Set(a) = &item.kind else { return None };
    let values = reply.state.as_ref()?.checked.parameters();
    let (name, value) = values.iter().find(|(name, _)| syntax::canonical(name) == a.name.key)?;
    Some(format!("{name} = {}", value.parse().map_or_else(|_| value.clone(), short)))
}

fn apply(state: &State, edit: &Edit, typed: &str) -> Result<Reply, Failure> {
    let checked = state.checked.edited(edit, typed)?;
    let mut reply = Reply::change(State { checked: Arc::new(checked), ..state.clone() });
    for message in &edit.messages {
        reply.line(&tone(Tone::Faint, message));
    }
    note_set_aside(state, &mut reply);
    Ok(reply)
}

/// Names the inherited experiments that a change has set aside.
fn note_set_aside(before: &State, reply: &mut Reply) {
    let Some(after) = &reply.state else { return };
    let known = |name: &str| before.checked.program.reasons_set_aside(name).is_some();
    let set_aside = after.checked.program.set_aside.iter().map(|s| s.name.text.as_str());
    let new: Vec<&str> = set_aside.filter(|name| !known(name)).collect();
    let Some(first) = new.first() else { return };
    let names = new.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let line = match new.len() {
        1 => format!("W005: {names} no longer fits and is set aside; `run {first}` gives the reason"),
        _ => format!("W005: {names} no longer fit and are set aside; `run {first}` gives the reason"),
    };
    reply.line(&line);
}

/// `NAME = VALUE`: the same as `set NAME = VALUE`.
pub(super) fn assign(state: &State, typed: &str) -> Result<Reply, Failure> {
    let (name, value) = first_word(typed);
    let known = state.checked.program.params.iter().any(|p| p.name.key == syntax::canonical(name));
    if known {
        return define(state, &format!("set {typed}"));
    }
    let value = value.trim_start().trim_start_matches('=').trim();
    let help = format!("`param {name} = {value}` declares a parameter, `def {name} = {value}` any other value");
    Err(refuse(format!("there is no parameter `{name}`"), &help))
}

/// `redefine step 3: …`. A statement that was typed alone is refused.
pub(super) fn statement(state: &State, typed: &str) -> Result<Reply, Failure> {
    let rest = typed.trim_start().strip_prefix("redefine");
    let Some(change) = rest.and_then(numbered) else { return Err(misplaced(state, typed)) };
    let name = change.name;
    let Some(definition) = state.checked.definition(name) else {
        return Err(refuse(format!("there is no `{name}` to change"), "`list` shows what the script defines"));
    };
    let places = script::statements(&definition.item);
    if change.number == 0 || change.number > places.len() {
        let help = format!("`show {name}` prints the statements with their numbers");
        let message = format!("`{name}` has {} statements; there is no number {}", places.len(), change.number);
        return Err(refuse(message, &help));
    }
    let begin = script::bytes(definition.item.span).start;
    let place = &places[change.number - 1];
    let text = changed(definition.source(), place.start - begin..place.end - begin, &change);
    // The whole definition is parsed again, so that a mistake in the new statement is reported at its position.
    define(state, &text)
}

/// The text of a definition with one statement changed.
fn changed(text: &str, place: std::ops::Range<usize>, change: &Numbered<'_>) -> String {
    let line = text[..place.start].rfind('\n').map_or(0, |i| i + 1);
    let indent = &text[line..place.start];
    // A statement on its own line keeps its neighbours on their own lines.
    let gap = if indent.trim().is_empty() && line > 0 { format!("\n{indent}") } else { "; ".to_string() };
    let new = change.text;
    let mut out = text.to_string();
    match change.how {
        How::Replace => out.replace_range(place, new),
        How::Before => out.insert_str(place.start, &format!("{new}{gap}")),
        How::After => out.insert_str(place.end, &format!("{gap}{new}")),
        How::Without => {
            let after = text[place.end..].trim_start_matches([' ', '\t']);
            let end = if after.starts_with(';') { text.len() - after.len() + 1 } else { place.end };
            out.replace_range(place.start..end, "");
            let empty = out[line..].lines().next().is_some_and(|l| l.trim().is_empty());
            if empty && line > 0 {
                let length = out[line..].find('\n').map_or(out.len() - line, |i| i + 1);
                out.replace_range(line..line + length, "");
            }
        }
    }
    out
}

/// The refusal of a statement that belongs inside a step or an experiment.
fn misplaced(state: &State, typed: &str) -> Failure {
    let (word, _) = first_word(typed.trim_start());
    if word == "redefine" {
        let help = "write `redefine step 3: STATEMENT`; `help redefine` shows the other forms";
        return refuse("`redefine` needs a definition, or the number of a statement", help);
    }
    if script::is_statement(typed) {
        let count = state.checked.definition("step").map_or(0, |d| script::statements(&d.item).len());
        let help = format!("add it with `redefine step after {count}: {typed}`; `show step` numbers the statements");
        return refuse(format!("`{word}` is a statement and belongs in a step"), &help);
    }
    refuse(
        format!("`{word}` belongs inside an experiment"),
        "write `experiment NAME { run 500; … }`, then `run NAME`; an expression can be typed alone",
    )
}

/// `edit [NAME]`
pub(super) fn edit(state: &State, arguments: &str) -> Result<Reply, Failure> {
    let name = arguments.trim();
    if name.is_empty() || name == "script" {
        let text = state.checked.script.text.clone();
        return Ok(Reply { next: Next::Edit { what: None, text }, ..Reply::default() });
    }
    let text = match state.checked.definition(name) {
        Some(definition) => definition.shown().to_string(),
        None if name == "step" => "step {\n    \n}".to_string(),
        None => return Err(unknown(state, name)),
    };
    Ok(Reply { next: Next::Edit { what: Some(name.to_string()), text: text + "\n" }, ..Reply::default() })
}

/// Replaces the whole script.
pub(super) fn whole(state: &State, text: &str) -> Result<Reply, Failure> {
    if text == state.checked.script.text {
        return Ok(Reply::said(tone(Tone::Faint, "nothing changed")));
    }
    let script = Script { text: text.to_string(), ..state.checked.script.clone() };
    let checked = super::state::Checked::new(script)?;
    let mut reply = Reply::change(State { checked: Arc::new(checked), ..state.clone() });
    note_set_aside(state, &mut reply);
    Ok(reply)
}

/// `reset`
pub(super) fn reset(state: &State) -> Result<Reply, Failure> {
    let mut reply = Reply::change(State::new(state.base.as_ref().clone())?);
    reply
        .line(&tone(Tone::Faint, &format!("{} as it was loaded; `undo` brings the changes back", state.base.protocol)));
    Ok(reply)
}

/// The error for an unknown name; it suggests the nearest known one.
pub(super) fn unknown(state: &State, name: &str) -> Failure {
    let names = state.checked.names();
    let help = match crate::check::suggest::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`list` shows the definitions of the script, and `help` the commands".to_string(),
    };
    refuse(format!("nothing is called `{name}`"), &help)
}

/// The names of the definitions that differ between two scripts, sorted.
pub(super) fn changed_names(before: &str, after: &str) -> Vec<String> {
    let shown = |text: &str| -> Vec<(String, String)> {
        items(text).iter().map(|i| (item_name(i), text[script::extent(text, i)].to_string())).collect()
    };
    let (before, after) = (shown(before), shown(after));
    let new = after.iter().filter(|i| !before.contains(i));
    let gone = before.iter().filter(|i| !after.contains(i));
    let mut names: Vec<String> = new.chain(gone).map(|(name, _)| name.clone()).collect();
    names.dedup();
    names.sort();
    names.dedup();
    names
}
