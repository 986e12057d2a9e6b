//! The summary of `carom run`, as text and as JSON.

use std::path::PathBuf;

use serde_json::{Map, Value as Json, json};

use super::{Finished, Product};
use crate::analysis::TableColumn;
use crate::cli::console::Console;
use crate::diagnostic::Diagnostic;
use crate::experiment::{Claim, Coverage, LateValue, Outcome, Prediction, SpectralView};
use crate::output::{Tone, parameters_json, tone};
use crate::report::{head, summary};

/// Prints the summary of a result.
pub(super) fn print(protocol: &str, name: &str, finished: &Finished, console: &mut Console) {
    match &finished.product {
        Product::Outcome(outcome) => console.text(&summary(protocol, outcome)),
        Product::Arrangement(_) if !finished.errors.is_empty() => return,
        Product::Arrangement(title) => console.line(&head(protocol, name, title.as_deref())),
        Product::Nothing => return,
    }
    print_files(&finished.files, console);
}

fn print_files(files: &[PathBuf], console: &mut Console) {
    for file in files {
        console.line(&tone(Tone::Faint, &format!("  → {}", file.display())));
    }
}

/// Code and message of each diagnostic.
pub(in crate::cli) fn messages(diagnostics: &[Diagnostic]) -> Vec<Json> {
    diagnostics.iter().map(|d| json!({"code": d.code.row().id, "message": d.message})).collect()
}

/// The summary of an experiment as JSON: its result if it has one, its errors and its files.
pub(super) fn json(name: &str, finished: &Finished) -> Json {
    let mut out = match &finished.product {
        Product::Outcome(outcome) => match &outcome.coverage {
            None => run_json(outcome),
            Some(coverage) => sweep_json(outcome, coverage),
        },
        Product::Arrangement(title) => json!({"experiment": name, "title": title}),
        Product::Nothing => json!({"experiment": name}),
    };
    if let Product::Outcome(outcome) = &finished.product
        && !outcome.cases.is_empty()
    {
        let cases = outcome.cases.iter().map(|c| (c.name.clone(), Json::Object(parameters_json(&c.parameters))));
        out["cases"] = Json::Object(cases.collect());
    }
    if let Product::Outcome(outcome) = &finished.product
        && let Some(sampled) = &outcome.sampled
    {
        out["trajectories"] = json!(sampled.trajectories);
        out["trajectories_done"] = json!(sampled.done);
        out["seed"] = json!(sampled.seed);
        out["sampled"] = json!(sampled.what);
    }
    out["errors"] = json!(messages(&finished.errors));
    out["files"] = json!(finished.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>());
    out
}

fn number(x: f64) -> Json {
    if x.is_finite() { json!(x) } else { Json::Null }
}

/// The expectations of an experiment: each claim, what was measured, and whether it holds.
pub(in crate::cli) fn expectations(claims: &[Claim]) -> Vec<Json> {
    claims.iter().map(|c| json!({"claim": c.text, "measured": c.measured, "holds": c.holds})).collect()
}

fn sweep_json(outcome: &Outcome, coverage: &Coverage) -> Json {
    json!({
        "experiment": outcome.name,
        "title": outcome.title,
        "points": coverage.grid.len(),
        "done": coverage.done,
        "resumed": coverage.resumed,
        "missing": coverage.reasons.len(),
        "collisions": outcome.collisions,
        "interrupted": outcome.interrupted(),
        "backend": outcome.ran.to_string(),
        "wall_seconds": outcome.wall.as_secs_f64(),
        "parameters": parameters_json(&outcome.parameters),
        "expectations": expectations(&outcome.claims),
    })
}

fn predictions_json(view: &SpectralView) -> Vec<Json> {
    let one = |p: &Prediction| {
        let predicted = match &p.prediction {
            Ok(LateValue { late, from }) => json!({"low": number(late.low), "high": number(late.high), "from": from}),
            Err(why) => json!({"why": why}),
        };
        let simulated = p.simulated.map(|(n, value, _)| json!({"n": n, "value": number(value)}));
        json!({"name": p.name, "predicted": predicted, "simulated": simulated})
    };
    view.predictions.iter().map(one).collect()
}

fn run_json(outcome: &Outcome) -> Json {
    let value = |c: &TableColumn| match (c.boolean(), c.last()) {
        (Some(b), _) => json!(b),
        (None, Some(x)) => number(x),
        (None, None) => Json::Null,
    };
    let last: Map<String, Json> = outcome.named().map(|c| (c.name.to_string(), value(c))).collect();
    let steady = outcome.steady.map(|s| json!({"residual": number(s.residual), "collisions": s.collisions}));
    json!({
        "experiment": outcome.name,
        "title": outcome.title,
        "collisions": outcome.collisions,
        "steady": steady,
        "interrupted": outcome.interrupted(),
        "backend": outcome.ran.to_string(),
        "wall_seconds": outcome.wall.as_secs_f64(),
        "trace": number(outcome.trace),
        "parameters": parameters_json(&outcome.parameters),
        "last": last,
        "predictions": outcome.spectrum.as_ref().map(predictions_json),
        "expectations": expectations(&outcome.claims),
        "warnings": messages(&outcome.warnings),
    })
}
