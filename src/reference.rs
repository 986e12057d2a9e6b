//! The reference: a page for each gate, operator, channel, measure, function, constant and error code, generated from
//! the tables that the checker reads.

mod gallery;

use std::fmt::Write;

use crate::analysis::FUNCTIONS;
use crate::chance::DISTRIBUTIONS;
use crate::check::builtins::{self, CONSTANTS, FORMS};
use crate::check::suggest::nearest;
use crate::diagnostic::Code;
use crate::quantum::{CHANNELS, GATES, MEASURES, NUMBERS, OPERATORS};
use crate::syntax::{EXPERIMENT, PLOT, STEP, TOP_LEVEL, canonical, keyword_example};

pub use gallery::{book_gallery, book_protocol, figures};

/// The entry of one built-in name.
#[derive(Debug)]
pub struct Entry {
    /// Title of its chapter.
    pub chapter: &'static str,
    /// Canonical name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Call syntax.
    pub signature: String,
    /// Description in one or more sentences.
    pub help: String,
    /// Example: a line of a script; may be empty.
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
    // A number function that is also a series function has a single entry, which describes both.
    let plain = NUMBERS.iter().filter(|r| FUNCTIONS.iter().all(|f| f.name != r.name));
    plain.for_each(|r| add("Number functions", r.name, r.aliases, r.help, r.example));
    DISTRIBUTIONS.iter().for_each(|r| add("Random numbers", r.name, &[], r.help, r.example));
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

/// The page of a built-in name or an error code.
///
/// # Errors
/// If the word is unknown, returns the most similar built-in name, if there is one.
pub fn page(word: &str) -> Result<String, Option<String>> {
    if let Some(code) = Code::from_id(word) {
        let row = code.row();
        return Ok(format!("{}  {}\n\n{}\n\n{}", row.id, row.title, row.explanation, plain(row.example)));
    }
    match entry(word) {
        Some(e) => Ok(entry_text(&e)),
        None if let Some(example) = keyword_example(word) => Ok(keyword_text(word, example)),
        None => Err(nearest(word, entries().iter().map(|e| e.name)).map(ToString::to_string)),
    }
}

/// The page of a word of the language.
fn keyword_text(word: &str, example: &str) -> String {
    let places = [
        (TOP_LEVEL, "at the top level of a script"),
        (STEP, "in a step, rule or sequence"),
        (EXPERIMENT, "in an experiment"),
        (PLOT, "in a plot"),
    ];
    let places: Vec<&str> = places.iter().filter(|(words, _)| words.contains(&word)).map(|(_, place)| *place).collect();
    format!(
        "{word}\n\nA word of the language. It begins a statement {}.\n\nExample: {example}\n\nThe chapter \"The language\" of the book describes it.\n",
        places.join(" and ")
    )
}

/// Markdown for a terminal: the lines of a fenced block are indented instead.
fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced && !line.is_empty() {
            let _ = writeln!(out, "    {line}");
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    out
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

/// The chapters with their names, in order.
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

/// The book's chapter on built-in names, as Markdown.
#[must_use]
pub fn book_functions() -> String {
    let mut out = String::from(
        "# Built-in names\n\nGenerated by `carom reference --book functions` from the tables that the checker reads.\n",
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

/// The book's chapter on error codes, as Markdown.
#[must_use]
pub fn book_errors() -> String {
    let mut out = String::from(
        "# Error codes\n\nGenerated by `carom reference --book errors` from the table of codes. `carom reference E301` explains \
         one code, and so does\n`help E301` in the REPL.\n",
    );
    for code in Code::ALL {
        let _ = write!(out, "\n{}", code_page(*code));
    }
    out
}

/// The page of a code, as Markdown.
#[must_use]
pub fn code_page(code: Code) -> String {
    let row = code.row();
    format!("## {}: {}\n\n{}\n\n{}", row.id, row.title, row.explanation, row.example)
}

/// The experiments of the standard protocol whose figures make up the gallery.
pub const GALLERY: &[&str] = &["fig2", "fig3abc", "fig3def", "fig4a", "fig4b", "fig5", "fig6", "fig8a", "fig8b"];
