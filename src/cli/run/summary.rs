//! What `carom run` says of a result: for a reader, and as JSON.

use std::path::PathBuf;

use serde_json::{Map, Value as Json, json};

use super::{Finished, Result};
use crate::cli::console::Console;
use crate::diagnostic::{Diagnostic, is_deceptive};
use crate::experiment::sweep::Swept;
use crate::experiment::{Claim, Foretold, LetValue, Outcome, Prediction, SpectralView};
use crate::output::{Tone, tone};
use crate::report::{head, run_summary, sweep_summary};

/// Prints a result.
pub(super) fn print(protocol: &str, name: &str, finished: &Finished, console: &mut Console) {
    match &finished.result {
        Result::Run(outcome) => console.text(&run_summary(protocol, outcome)),
        Result::Sweep(swept) => console.text(&sweep_summary(protocol, swept)),
        Result::Arrangement(_) if !finished.errors.is_empty() => return,
        Result::Arrangement(title) => console.line(&head(protocol, name, title.as_deref())),
        Result::Nothing => return,
    }
    print_files(&finished.files, console);
}

fn print_files(files: &[PathBuf], console: &mut Console) {
    for file in files {
        console.line(&tone(Tone::Faint, &format!("  → {}", file.display())));
    }
}

/// JSON leaves some control characters as they are; here they are written as `\u009b`.
pub(super) fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut units = [0; 2];
        if is_deceptive(c) {
            out.extend(c.encode_utf16(&mut units).iter().map(|u| format!("\\u{u:04x}")));
        } else {
            out.push(c);
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
        "collisions": swept.collisions.end(),
        "interrupted": swept.interrupted,
        "backend": swept.ran.to_string(),
        "wall_seconds": swept.wall.as_secs_f64(),
        "parameters": parameters_json(&swept.parameters),
        "expectations": claims_json(&swept.claims),
    })
}

fn predictions_json(view: &SpectralView) -> Vec<Json> {
    let one = |p: &Prediction| {
        let foretold = match &p.foretold {
            Ok(Foretold { late, from }) => json!({"low": number(late.low), "high": number(late.high), "from": from}),
            Err(why) => json!({"why": why}),
        };
        let simulated = p.simulated.map(|(n, value, _)| json!({"n": n, "value": number(value)}));
        json!({"name": p.name, "predicted": foretold, "simulated": simulated})
    };
    view.predictions.iter().map(one).collect()
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
        "backend": outcome.ran.to_string(),
        "wall_seconds": outcome.wall.as_secs_f64(),
        "trace": number(outcome.trace),
        "parameters": parameters_json(&outcome.parameters),
        "last": last,
        "predictions": outcome.spectrum.as_ref().map(predictions_json),
        "expectations": claims_json(&outcome.claims),
        "warnings": messages(&outcome.warnings),
    })
}
