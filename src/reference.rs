//! The reference: a page for each gate, operator, channel, measure, function, statement and error code, made from the rows
//! that the checker reads.

use std::fmt::Write;

use crate::analysis::FUNCTIONS;
use crate::check::builtins::{self, CONSTANTS, FORMS};
use crate::check::suggest::nearest;
use crate::check::{Experiment, PlotEntry, Script, check};
use crate::diagnostic::Code;
use crate::quantum::{CHANNELS, GATES, MEASURES, NUMBERS, OPERATORS};
use crate::shipped::shipped;
use crate::source::SourceMap;
use crate::syntax::canonical;

/// One entry of the reference.
#[derive(Debug)]
pub struct Entry {
    /// Which chapter it belongs to.
    pub chapter: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// How it is called.
    pub signature: String,
    /// What it is.
    pub help: String,
    /// A piece of script, if there is one.
    pub example: &'static str,
}

/// All entries, chapter by chapter.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut out = Vec::new();
    let mut add = |chapter, name: &'static str, aliases, help: &str, example| {
        let signature = builtins::lookup(name).map_or_else(|| name.to_string(), |b| builtins::signature(&b));
        out.push(Entry { chapter, name, aliases, signature, help: help.to_string(), example });
    };
    OPERATORS
        .iter()
        .for_each(|r| add("Operators", r.name, r.aliases, &format!("{} Defined on {}.", r.help, r.on), r.example));
    GATES.iter().for_each(|r| add("Gates", r.name, r.aliases, r.help, r.example));
    CHANNELS.iter().for_each(|r| add("Channels", r.name, r.aliases, r.help, r.example));
    FORMS.iter().for_each(|r| add("States and forms", r.name, &[], r.help, r.example));
    MEASURES.iter().for_each(|r| add("Measures", r.name, r.aliases, r.help, r.example));
    FUNCTIONS.iter().for_each(|r| add("Series functions", r.name, r.aliases, r.help, r.example));
    // A name that is also a series function has one entry; that one speaks of both.
    let plain = NUMBERS.iter().filter(|r| FUNCTIONS.iter().all(|f| f.name != r.name));
    plain.for_each(|r| add("Number functions", r.name, r.aliases, r.help, r.example));
    CONSTANTS.iter().for_each(|r| add("Constants", r.name, &[], r.help, ""));
    for row in NUMBERS {
        if let Some(entry) = out.iter_mut().find(|e| e.chapter == "Series functions" && e.name == row.name) {
            let _ = write!(entry.help, " On numbers: {}", row.help);
        }
    }
    out
}

/// The entry of a built-in name, in any spelling.
#[must_use]
pub fn entry(word: &str) -> Option<Entry> {
    let key = canonical(word);
    let is = |name: &str| name == word || name == key;
    entries().into_iter().find(|e| is(e.name) || e.aliases.iter().any(|alias| is(alias)))
}

/// The page of a word: a built-in name or an error code.
///
/// # Errors
/// The nearest known word, if one is near.
pub fn page(word: &str) -> Result<String, Option<String>> {
    if let Some(code) = Code::ALL.iter().find(|c| c.row().id.eq_ignore_ascii_case(word)) {
        let row = code.row();
        return Ok(format!("{}  {}\n\n{}\n", row.id, row.title, row.explanation));
    }
    match entry(word) {
        Some(e) => Ok(entry_text(&e)),
        None => Err(nearest(word, entries().iter().map(|e| e.name)).map(ToString::to_string)),
    }
}

fn entry_text(e: &Entry) -> String {
    let mut out = format!("{}\n\n{}\n", e.signature, e.help);
    if !e.aliases.is_empty() {
        let _ = write!(out, "\nalso: {}\n", e.aliases.join(", "));
    }
    if !e.example.is_empty() {
        let _ = write!(out, "\nexample: {}\n", e.example);
    }
    out
}

/// The names of each chapter.
#[must_use]
pub fn contents() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut out: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for e in entries() {
        match out.last_mut() {
            Some((chapter, names)) if *chapter == e.chapter => names.push(e.name),
            _ => out.push((e.chapter, vec![e.name])),
        }
    }
    out
}

/// The chapter of the book on built-in names, as Markdown.
#[must_use]
pub fn book_functions() -> String {
    let mut out = String::from(
        "# Built-in names\n\nMade by `carom reference --book functions` from the tables that the checker reads.\n",
    );
    let mut chapter = "";
    for e in entries() {
        if e.chapter != chapter {
            chapter = e.chapter;
            let _ = write!(out, "\n## {chapter}\n");
        }
        let _ = write!(out, "\n### `{}`\n\n{}\n", e.signature, e.help);
        if !e.aliases.is_empty() {
            let _ = write!(out, "\nAlso `{}`.\n", e.aliases.join("`, `"));
        }
        if !e.example.is_empty() {
            let _ = write!(out, "\nExample: `{}`\n", e.example);
        }
    }
    out
}

/// The chapter of the book on error codes, as Markdown.
#[must_use]
pub fn book_errors() -> String {
    let mut out = String::from("# Error codes\n\nMade by `carom reference --book errors` from the list of codes.\n");
    for code in Code::ALL {
        let row = code.row();
        let _ = write!(out, "\n## {}: {}\n\n{}\n", row.id, row.title, row.explanation);
    }
    out
}

/// The figures of the gallery: experiments of the standard protocol.
pub const GALLERY: &[&str] = &["fig2", "fig3abc", "fig3def", "fig4a", "fig4b", "fig5", "fig6", "fig8a", "fig8b"];

/// The chapter of the book that shows the paper's figures, as Markdown: each with what it shows, its lines of script, the
/// command that makes it, and the picture.
///
/// # Panics
/// If the standard protocol has lost one of the figures.
#[must_use]
pub fn book_gallery() -> String {
    let shipped = shipped("karpat2019").expect("the standard protocol is shipped");
    let script = Script::shipped(shipped.name).expect("the standard protocol is shipped");
    let program = check(&script, &mut SourceMap::new()).expect("shipped protocols have no mistakes");
    let mut out = String::from(
        "# Gallery\n\nThe figures of Karpat, Yalçınkaya, Çakmak, Phys. Rev. A 100, 012133 (2019), from the shipped protocol \
         `karpat2019`.\nMade by `book/gallery.sh`, which runs the experiments and writes this page.\n",
    );
    for name in GALLERY {
        let experiment = program.experiment(name).expect("a figure of the gallery is an experiment");
        let title = experiment.title.as_deref().unwrap_or(name);
        let _ = write!(out, "\n## {name}: {title}\n\n![{title}](gallery/{name}.svg)\n");
        if let Some(doc) = &experiment.name.doc {
            let _ = write!(out, "\n{doc}\n");
        }
        let parts = panels(experiment);
        for part in parts.iter().copied().chain([*name]) {
            let _ = write!(out, "\n```text\n{}\n```\n", lines(shipped.text, part));
        }
        let all: Vec<&str> = parts.iter().copied().chain([*name]).collect();
        let _ = write!(out, "\nCommand: `carom run karpat2019 {}`\n", all.join(" "));
    }
    out
}

/// The experiments whose figures an experiment arranges.
fn panels(experiment: &Experiment) -> Vec<&str> {
    let entries = experiment.plots.iter().flatten();
    entries
        .flat_map(
            |e| if let PlotEntry::Panels(names) = e { names.iter().map(String::as_str).collect() } else { vec![] },
        )
        .collect()
}

/// An experiment's lines of a protocol's text.
fn lines<'t>(text: &'t str, name: &str) -> &'t str {
    let start = text.find(&format!("\nexperiment {name} ")).map_or(0, |at| at + 1);
    let end = text[start..].find("\n}").map_or(text.len(), |at| start + at + 2);
    &text[start..end]
}
