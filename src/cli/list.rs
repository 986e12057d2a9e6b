//! `carom list`: shipped protocols, or what a script defines.

use unicode_width::UnicodeWidthStr;

use super::Exit;
use super::console::{Console, Tone, tone};
use super::script::{Opened, open};
use crate::check::{Named, Script, check};
use crate::shipped::SHIPPED;
use crate::source::SourceMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A script or shipped protocol (the shipped protocols themselves, when none is named).
    file: Option<String>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Exit {
    let Some(file) = &args.file else {
        let rows: Vec<_> = SHIPPED.iter().map(|s| (s.name.to_string(), String::new(), purpose(s.name))).collect();
        table(&rows, console);
        return Exit::Done;
    };
    match open(file, &[], console) {
        Ok(opened) => {
            contents(&opened, console);
            Exit::Done
        }
        Err(exit) => exit,
    }
}

/// The first line of a shipped protocol's documentation.
fn purpose(name: &str) -> String {
    let script = Script::shipped(name).expect("a name of the table");
    let program = check(&script, &mut SourceMap::new()).ok();
    first_line(program.and_then(|p| p.doc).as_ref())
}

fn first_line(doc: Option<&String>) -> String {
    doc.and_then(|d| d.lines().next()).unwrap_or("").to_string()
}

fn contents(opened: &Opened, console: &mut Console) {
    let (p, sources) = (&opened.program, &opened.sources);
    if let Some(doc) = &p.doc {
        console.line(doc);
        console.line("");
    }
    let named = |n: &Named, middle: String| (n.text.clone(), middle, first_line(n.doc.as_ref()));
    let params = p.params.iter().map(|x| named(&x.name, format!("= {}", sources.text(x.value.span))));
    section("parameters", &params.collect::<Vec<_>>(), console);
    let series = p.observables.iter().map(|x| named(&x.name, format!("= {}", sources.text(x.value.span))));
    let records = p.records.iter().map(|(r, _)| (r.text.clone(), "recorded in the step".into(), String::new()));
    section("series", &series.chain(records).collect::<Vec<_>>(), console);
    let rules = p.sequences.iter().map(|s| named(&s.name, if s.is_rule { "rule".into() } else { "sequence".into() }));
    section("rules and sequences", &rules.collect::<Vec<_>>(), console);
    let experiments = p.experiments.iter().map(|e| {
        (e.name.text.clone(), String::new(), e.title.clone().unwrap_or_else(|| first_line(e.name.doc.as_ref())))
    });
    section("experiments", &experiments.collect::<Vec<_>>(), console);
}

fn section(title: &str, rows: &[(String, String, String)], console: &mut Console) {
    if rows.is_empty() {
        return;
    }
    console.line(&tone(Tone::Strong, title));
    table(rows, console);
    console.line("");
}

/// Three columns, the last of them faint.
fn table(rows: &[(String, String, String)], console: &mut Console) {
    let width = |f: fn(&(String, String, String)) -> &str| rows.iter().map(|r| f(r).width()).max().unwrap_or(0).min(40);
    let (first, second) = (width(|r| &r.0), width(|r| &r.1));
    for (a, b, c) in rows {
        let pad = |text: &str, w: usize| format!("{text}{}", " ".repeat(w.saturating_sub(text.width())));
        let middle = if second == 0 { String::new() } else { format!("  {}", pad(b, second)) };
        let begin = format!("  {}{middle}", pad(a, first));
        let line =
            if c.is_empty() { begin.trim_end().to_string() } else { format!("{begin}  {}", tone(Tone::Faint, c)) };
        console.line(&line);
    }
}
