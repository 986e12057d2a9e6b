//! Commands that print the script or explain it: `show`, `explain`, `params`, `list`, `info`, `help`.

use super::commands::{overview, page};
use super::definitions::unknown;
use super::run::Seen;
use super::script::statements;
use super::state::{Definition, State};
use super::{Failure, Reply};
use crate::ast::ItemKind;
use crate::check::Entity;
use crate::eval::Value;
use crate::experiment::{Control, Options};
use crate::output::{Tone, tone};
use crate::report::{contents, equations, explain as explained, short, table};
use crate::{reference, syntax};

/// `show [NAME]`
pub(super) fn show(state: &State, arguments: &str) -> Result<Reply, Failure> {
    let name = arguments.trim();
    if name.is_empty() || name == "script" {
        let text = state.script_text();
        return Ok(Reply::said(if text.trim().is_empty() {
            tone(Tone::Faint, "the script is empty")
        } else {
            text.to_string()
        }));
    }
    let definition = state.checked.definition(name).ok_or_else(|| unknown(state, name))?;
    Ok(Reply::said(numbered(&definition)))
}

/// The source of a definition. The statements of a step, rule or sequence are numbered in the margin.
fn numbered(definition: &Definition) -> String {
    let text = definition.source();
    let begin = definition.item.span.start as usize;
    let starts: Vec<usize> = statements(&definition.item).iter().map(|r| r.start - begin).collect();
    if starts.is_empty() {
        return definition.shown().to_string();
    }
    let mut at = 0;
    let mut out = Vec::new();
    for line in text.split('\n') {
        let here = at..at + line.len();
        let numbers: Vec<String> =
            starts.iter().enumerate().filter(|(_, s)| here.contains(s)).map(|(i, _)| (i + 1).to_string()).collect();
        let margin = match numbers.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first, .., last] => format!("{first}–{last}"),
        };
        out.push(format!("{}  {line}", tone(Tone::Faint, &format!("{margin:>3}"))));
        at = here.end + 1;
    }
    out.join("\n")
}

/// `explain [EXPERIMENT | equations]`
pub(super) fn explain(state: &State, arguments: &str, control: &Control<'_>) -> Result<Reply, Failure> {
    let checked = &state.checked;
    let fail = |d| checked.failure(d);
    let name = arguments.trim();
    if name == "equations" {
        return equations(&checked.program, None, &[]).map(Reply::said).map_err(fail);
    }
    let experiment = match name {
        "" | "step" => None,
        name => Some(checked.program.experiment(name).ok_or_else(|| unknown(state, name))?),
    };
    let options = Options::default();
    explained(&checked.program, experiment, &options, (&checked.sources, control)).map(Reply::said).map_err(fail)
}

/// `params`
pub(super) fn params(state: &State) -> Result<Reply, Failure> {
    let checked = &state.checked;
    let values = checked.model()?.parameters();
    if values.is_empty() {
        return Ok(Reply::said(tone(Tone::Faint, "no parameters; `param J = 0.25` declares one")));
    }
    let rows = checked.program.params.iter().enumerate().map(|(i, p)| {
        let (name, value) = &values[i];
        let set = checked.program.sets.iter().rev().find(|(id, _)| id.0 == i).map(|(_, e)| e);
        let written = checked.sources.text(set.map_or(p.value.span, |e| e.span));
        let value = value.parse().map_or_else(|_| value.clone(), short);
        let mut note = p.name.doc.as_deref().and_then(|d| d.lines().next()).unwrap_or("").to_string();
        let default = checked.sources.text(p.value.span);
        if set.is_some() {
            note = format!("set here, {default} in the protocol{}{note}", if note.is_empty() { "" } else { "; " });
        }
        let origin = if written == value { String::new() } else { format!(" = {written}") };
        (name.clone(), format!("= {value}{origin}"), note)
    });
    Ok(Reply::said(table(&rows.collect::<Vec<_>>())))
}

/// `list`
pub(super) fn list(state: &State) -> Reply {
    let text = contents(&state.checked.program, &state.checked.sources);
    if text.trim().is_empty() {
        return Reply::said(tone(Tone::Faint, "no definitions yet; begin with `system s = |0>` or `load karpat2019`"));
    }
    Reply::said(text)
}

/// `info NAME`
pub(super) fn info(state: &State, arguments: &str) -> Result<Reply, Failure> {
    let name = arguments.trim();
    if name.is_empty() {
        return Err(super::refuse(
            "`info` needs a name",
            "give a definition or a built-in name, as in `info concurrence`",
        ));
    }
    let Some(definition) = state.checked.definition(name) else {
        let text = reference::page(name).ok().or_else(|| page(name));
        return text.map(Reply::said).ok_or_else(|| unknown(state, name));
    };
    let mut reply = Reply::default();
    let origin =
        if definition.own { "of this script".to_string() } else { format!("of {}", origin(state, &definition)) };
    reply.line(&tone(Tone::Faint, &format!("{} {origin}", kind(&definition.item.kind))));
    reply.line(definition.shown());
    let key = syntax::canonical(name);
    if let Some(Entity::Param(id)) = state.checked.program.names.get(&key) {
        let value = &state.checked.model()?.parameters()[id.0].1;
        reply.line(&format!("now {}", value.parse().map_or_else(|_| value.clone(), short)));
    }
    let mut seen = state.last.iter().flat_map(|run| run.seen());
    if let Some(Seen { value: Value::Series(s), .. }) = seen.find(|seen| syntax::canonical(&seen.name) == key) {
        reply.line(&super::values::series(&s));
    }
    Ok(reply)
}

/// The name of the file or protocol that contains a definition.
fn origin(state: &State, definition: &Definition) -> String {
    let file = state.checked.sources.files().find(|f| f.text == definition.text);
    file.map_or_else(|| "a protocol".into(), |f| f.name.clone())
}

fn kind(kind: &ItemKind) -> &'static str {
    match kind {
        ItemKind::Use { .. } => "use",
        ItemKind::Param { .. } => "parameter",
        ItemKind::Input(_) => "input",
        ItemKind::Set(_) => "setting",
        ItemKind::Start(_) => "initial state",
        ItemKind::Subsystems(_) => "subsystems",
        ItemKind::Function(_) => "definition",
        ItemKind::Sequence(_) => "statements",
        ItemKind::Step { .. } => "step",
        ItemKind::Observe { .. } => "observable",
        ItemKind::Experiment(_) => "experiment",
    }
}

/// `help [WORD]`
pub(super) fn help(state: &State, arguments: &str) -> Result<Reply, Failure> {
    let word = arguments.trim();
    if word.is_empty() {
        return Ok(Reply::said(overview()));
    }
    if let Some(text) = page(word) {
        return Ok(Reply::said(text));
    }
    if let Ok(text) = reference::page(word) {
        return Ok(Reply::said(text));
    }
    if state.checked.definition(word).is_some() {
        return info(state, word);
    }
    let near = reference::page(word).err().flatten();
    let help =
        near.map_or_else(|| "`help` without a word lists the commands".to_string(), |n| format!("did you mean `{n}`?"));
    Err(super::refuse(format!("nothing is called `{word}`"), &help))
}

impl State {
    fn script_text(&self) -> &str {
        &self.checked.script.text
    }
}
