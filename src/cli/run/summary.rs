//! What `carom run` says of a result: for a reader, and as JSON.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::{Finished, Result};
use crate::cli::console::{Console, Tone, tone};
use crate::diagnostic::{Diagnostic, escape_controls};
use crate::experiment::sweep::Swept;
use crate::experiment::{Claim, LetValue, Outcome};
use crate::output::format_number;

/// Prints a result.
pub(super) fn print(protocol: &str, name: &str, finished: &Finished, console: &mut Console) {
    match &finished.result {
        Result::Run(outcome) => print_run(protocol, outcome, console),
        Result::Sweep(swept) => print_sweep(protocol, swept, console),
        Result::Arrangement(title) => print_head(protocol, name, title.as_deref(), console),
        Result::Nothing => return,
    }
    print_files(&finished.files, console);
}

fn print_head(protocol: &str, name: &str, title: Option<&str>, console: &mut Console) {
    let head = tone(Tone::Strong, &format!("{protocol} {name}"));
    console.line(format!("{head}  {}", title.unwrap_or("")).trim_end());
}

fn print_claims(claims: &[Claim], console: &mut Console) {
    for claim in claims {
        console.line(&format!("  {}", claim_line(claim)));
    }
}

fn print_files(files: &[PathBuf], console: &mut Console) {
    for file in files {
        console.line(&tone(Tone::Faint, &format!("  → {}", file.display())));
    }
}

fn print_sweep(protocol: &str, swept: &Swept, console: &mut Console) {
    print_head(protocol, &swept.name, swept.title.as_deref(), console);
    let points = swept.table.grid.len();
    let axes: Vec<String> = swept.table.grid.axes.iter().map(|a| format!("{} {}", a.values.len(), a.name)).collect();
    let count =
        if swept.table.is_complete() { points.to_string() } else { format!("{} of {points}", swept.table.done()) };
    let resumed =
        if swept.resumed > 0 { format!(", {} of them from the journal", swept.resumed) } else { String::new() };
    let noun = if points == 1 { "point" } else { "points" };
    let line = format!(
        "  {count} {noun} ({}) of {} collisions{resumed}, {}, backend {}",
        axes.join(" × "),
        swept.collisions,
        seconds(swept.wall),
        swept.backend.name()
    );
    console.line(&tone(Tone::Faint, &line));
    for (c, name) in swept.table.collected.iter().enumerate() {
        let known: Vec<f64> = swept.table.column(c).into_iter().filter(|x| x.is_finite()).collect();
        let (low, high) = known.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
        if !known.is_empty() {
            console.line(&format!("  {name}: from {} to {}", short(low), short(high)));
        }
    }
    let failed = swept.table.reasons.len();
    if failed > 0 {
        let have = if failed == 1 { "point has" } else { "points have" };
        console.line(&format!("  {failed} {have} missing values; the reasons are in {}.reasons.csv", swept.name));
    }
    print_claims(&swept.claims, console);
}

/// A time that reads well.
fn seconds(wall: Duration) -> String {
    let s = wall.as_secs_f64();
    if s < 100.0 { format!("{s:.3} s") } else { format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0) }
}

fn print_run(protocol: &str, outcome: &Outcome, console: &mut Console) {
    print_head(protocol, &outcome.name, outcome.title.as_deref(), console);
    let early = if outcome.stopped_early {
        ", where the condition of `until` held"
    } else if outcome.interrupted {
        ", where it was interrupted"
    } else if outcome.collisions < outcome.asked {
        ", where it failed"
    } else {
        ""
    };
    let count = if early.is_empty() {
        outcome.collisions.to_string()
    } else {
        format!("{} of {}", outcome.collisions, outcome.asked)
    };
    let run = format!("  {count} collisions{early}, {}, backend {}", seconds(outcome.wall), outcome.backend.name());
    console.line(&tone(Tone::Faint, &run));
    let last = last_values(outcome);
    if !last.is_empty() {
        console.line(&format!("  last: {}", last.join(", ")));
    }
    print_claims(&outcome.claims, console);
}

/// `✓ last(C12) < -0.98   last(C12) = -0.9907`
pub(in crate::cli) fn claim_line(claim: &Claim) -> String {
    let mark = if claim.holds { tone(Tone::Good, "✓") } else { tone(Tone::Bad, "✗") };
    let measured =
        if claim.measured.is_empty() { String::new() } else { tone(Tone::Faint, &format!("   {}", claim.measured)) };
    format!("{mark} {}{measured}", claim.text)
}

fn last_values(outcome: &Outcome) -> Vec<String> {
    let series = outcome.series.iter().map(|(n, s)| (n, s.values.last().copied()));
    let lets = outcome.lets.iter().map(|(n, v)| match v {
        LetValue::Series(s) => (n, s.values.last().copied()),
        LetValue::Number(x) => (n, Some(*x)),
        LetValue::Bool(_) => (n, None),
    });
    let all: Vec<String> = series.chain(lets).filter_map(|(n, x)| Some(format!("{n} = {}", short(x?)))).collect();
    // The entries of a `state(…)` would fill the screen; they are in the file.
    if all.len() > 12 { all.into_iter().take(12).chain(std::iter::once("…".to_string())).collect() } else { all }
}

fn short(x: f64) -> String {
    if x.is_nan() {
        return "missing".into();
    }
    format_number(format!("{x:.6e}").parse().expect("a printed number parses"))
}

/// JSON leaves some control characters as they are; here they are written as `\u009b`.
pub(super) fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut units = [0; 2];
        if c == '\n' || escape_controls(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut units).iter().map(|u| format!("\\u{u:04x}")));
        }
    }
    out
}

/// Code and message of each.
fn messages(diagnostics: &[Diagnostic]) -> Vec<Json> {
    diagnostics.iter().map(|d| json!({"code": d.code.row().id, "message": d.message})).collect()
}

/// The summary of a result; of an experiment without one, its errors.
pub(super) fn json(name: &str, finished: &Finished) -> Json {
    let mut out = match &finished.result {
        Result::Run(outcome) => run_json(outcome),
        Result::Sweep(swept) => sweep_json(swept),
        Result::Arrangement(title) => json!({"experiment": name, "title": title}),
        Result::Nothing => json!({"experiment": name}),
    };
    out["errors"] = json!(messages(&finished.errors));
    out["files"] = json!(finished.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>());
    out
}

fn number(x: f64) -> Json {
    if x.is_finite() { json!(x) } else { Json::Null }
}

fn claims_json(claims: &[Claim]) -> Vec<Json> {
    claims.iter().map(|c| json!({"claim": c.text, "measured": c.measured, "holds": c.holds})).collect()
}

fn parameters_json(parameters: &[(String, String)]) -> Map<String, Json> {
    parameters.iter().map(|(n, v)| (n.clone(), json!(v))).collect()
}

fn sweep_json(swept: &Swept) -> Json {
    json!({
        "experiment": swept.name,
        "title": swept.title,
        "points": swept.table.grid.len(),
        "done": swept.table.done(),
        "resumed": swept.resumed,
        "missing": swept.table.reasons.len(),
        "collisions": swept.collisions,
        "interrupted": swept.interrupted,
        "backend": swept.backend.name(),
        "wall_seconds": swept.wall.as_secs_f64(),
        "parameters": parameters_json(&swept.parameters),
        "expectations": claims_json(&swept.claims),
    })
}

fn run_json(outcome: &Outcome) -> Json {
    let mut last = Map::new();
    for (name, s) in &outcome.series {
        last.insert(name.clone(), s.values.last().map_or(Json::Null, |x| number(*x)));
    }
    for (name, value) in &outcome.lets {
        let value = match value {
            LetValue::Series(s) => s.values.last().map_or(Json::Null, |x| number(*x)),
            LetValue::Number(x) => number(*x),
            LetValue::Bool(b) => json!(b),
        };
        last.insert(name.clone(), value);
    }
    json!({
        "experiment": outcome.name,
        "title": outcome.title,
        "collisions": outcome.collisions,
        "interrupted": outcome.interrupted,
        "backend": outcome.backend.name(),
        "wall_seconds": outcome.wall.as_secs_f64(),
        "trace": number(outcome.trace),
        "parameters": parameters_json(&outcome.parameters),
        "last": last,
        "expectations": claims_json(&outcome.claims),
        "warnings": messages(&outcome.warnings),
    })
}
