//! The text of `carom list`: the shipped protocols, or the definitions of a script.

use unicode_width::UnicodeWidthStr;

use super::Page;
use crate::check::{Bounds, Named, Program, Script, check};
use crate::output::{Tone, tone};
use crate::shipped::SHIPPED;
use crate::source::SourceMap;

/// The table of shipped protocols, each with its purpose.
#[must_use]
pub fn shipped_protocols() -> String {
    let rows: Vec<_> = SHIPPED.iter().map(|s| (s.name.to_string(), String::new(), purpose(s.name))).collect();
    table(&rows)
}

/// The first line of a shipped protocol's documentation.
fn purpose(name: &str) -> String {
    let script = Script::shipped(name).expect("the name of a shipped protocol");
    let program = check(&script, &mut SourceMap::new()).ok();
    first_line(program.and_then(|p| p.doc).as_ref())
}

fn first_line(doc: Option<&String>) -> String {
    doc.and_then(|d| d.lines().next()).unwrap_or("").to_string()
}

/// Lists the definitions of a program: parameters, series, rules and experiments, each with the first line of its
/// documentation, and the experiments that are set aside, each with its first error.
#[must_use]
pub fn contents(p: &Program, sources: &SourceMap) -> String {
    let mut page = Page::default();
    if let Some(doc) = &p.doc {
        page.line(doc);
        page.line("");
    }
    let named = |n: &Named, middle: String| (n.text.clone(), middle, first_line(n.doc.as_ref()));
    let range = |b: &Bounds| format!(" in {}..{}", sources.text(b.least.span), sources.text(b.most.span));
    let params = p.params.iter().map(|x| {
        let range = x.bounds.as_ref().map_or_else(String::new, range);
        named(&x.name, format!("= {}{range}", sources.text(x.value.span)))
    });
    section("parameters", &params.collect::<Vec<_>>(), &mut page);
    let inputs = p
        .inputs
        .iter()
        .map(|i| named(&i.name, format!("= {} values of \"{}\" in {}", i.values.len(), i.column, i.file)));
    section("inputs", &inputs.collect::<Vec<_>>(), &mut page);
    let series = p.observables.iter().filter_map(|x| {
        let row = named(&x.name, format!("= {}", sources.text(x.value.span)));
        let Some(array) = p.series_arrays.iter().find(|array| array.name.span == x.name.span) else { return Some(row) };
        // One row stands for all elements of an array.
        let element = |k: i64| format!("{}[{k}]", array.name.text);
        let (first, last) = (array.indices.first().copied()?, array.indices.last().copied()?);
        (x.name.text == element(first)).then(|| match first == last {
            true => row.clone(),
            false => (format!("{} … {}", element(first), element(last)), row.1.clone(), row.2.clone()),
        })
    });
    let records = p.records.iter().map(|(r, _)| (r.text.clone(), "recorded in the step".into(), String::new()));
    section("series", &series.chain(records).collect::<Vec<_>>(), &mut page);
    let rules = p.sequences.iter().map(|s| named(&s.name, if s.is_rule { "rule".into() } else { "sequence".into() }));
    section("rules and sequences", &rules.collect::<Vec<_>>(), &mut page);
    let experiments = p.experiments.iter().map(|e| {
        (e.name.text.clone(), String::new(), e.title.clone().unwrap_or_else(|| first_line(e.name.doc.as_ref())))
    });
    section("experiments", &experiments.collect::<Vec<_>>(), &mut page);
    let aside = p.set_aside.iter().map(|s| {
        (s.name.text.clone(), String::new(), s.reasons.first().map_or_else(String::new, |d| d.message.clone()))
    });
    section("experiments set aside", &aside.collect::<Vec<_>>(), &mut page);
    page.text()
}

fn section(title: &str, rows: &[(String, String, String)], page: &mut Page) {
    if rows.is_empty() {
        return;
    }
    page.line(&tone(Tone::Strong, title));
    page.text.push_str(&table(rows));
    page.line("");
}

/// Aligns rows in three columns; the third is faint.
#[must_use]
pub fn table(rows: &[(String, String, String)]) -> String {
    let mut page = Page::default();
    let width = |f: fn(&(String, String, String)) -> &str| rows.iter().map(|r| f(r).width()).max().unwrap_or(0).min(40);
    let (first, second) = (width(|r| &r.0), width(|r| &r.1));
    for (a, b, c) in rows {
        let pad = |text: &str, w: usize| format!("{text}{}", " ".repeat(w.saturating_sub(text.width())));
        let middle = if second == 0 { String::new() } else { format!("  {}", pad(b, second)) };
        let begin = format!("  {}{middle}", pad(a, first));
        let line =
            if c.is_empty() { begin.trim_end().to_string() } else { format!("{begin}  {}", tone(Tone::Faint, c)) };
        page.line(&line);
    }
    page.text()
}
