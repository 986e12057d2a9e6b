//! What an editor shows around a script: folds, hints, lenses, highlights and the symbols of a workspace.

use serde_json::{Value, json};

use crate::client::Client;

const SCRIPT: &str = "\
## One qubit.
## It meets units.
param γ = π/4 in 0..π/2
param g = 0.5
system      s = |0>
environment e = |1>

step {
    # first the swap
    apply partial_swap(s, e, γ)
    discard e
}

observe z = <Z(s)>

experiment short {
    set γ = 0.1
    run 10
}
";

fn opened() -> Client {
    let mut client = Client::new();
    client.write("m.carom", SCRIPT);
    assert_eq!(client.open("m.carom", SCRIPT), [] as [Value; 0]);
    client
}

fn asked(client: &mut Client, method: &str, more: Value) -> Value {
    let mut params = json!({ "textDocument": { "uri": client.uri("m.carom") } });
    for (key, value) in more.as_object().expect("an object") {
        params[key] = value.clone();
    }
    client.request(method, params)
}

#[test]
fn blocks_and_runs_of_comments_fold() {
    let folds = asked(&mut opened(), "textDocument/foldingRange", json!({}));
    let lines: Vec<_> =
        folds.as_array().unwrap().iter().map(|f| (f["startLine"].as_u64(), f["endLine"].as_u64())).collect();
    let line = |start, end| (Some(start), Some(end));
    assert_eq!(lines, [line(0, 1), line(7, 10), line(15, 17)]);
    assert_eq!(folds[0]["kind"], "comment");
}

#[test]
fn hints_show_values_of_formulas_and_the_dimension() {
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let mut client = opened();
    let hints = asked(&mut client, "textDocument/inlayHint", json!({ "range": whole }));
    let labels: Vec<_> =
        hints.as_array().unwrap().iter().map(|h| (h["position"]["line"].as_u64(), h["label"].as_str())).collect();
    assert_eq!(labels, [(Some(2), Some("= 0.7853982")), (Some(7), Some("dimension 2"))]);
    let lines = json!({ "start": { "line": 3, "character": 0 }, "end": { "line": 6, "character": 0 } });
    assert_eq!(asked(&mut client, "textDocument/inlayHint", json!({ "range": lines })), json!([]));
    client.change("m.carom", &SCRIPT.replace("partial_swap", "partial_swop"));
    assert_eq!(asked(&mut client, "textDocument/inlayHint", json!({ "range": lines })), Value::Null);
}

#[test]
fn a_lens_runs_an_experiment() {
    let mut client = opened();
    let lenses = asked(&mut client, "textDocument/codeLens", json!({}));
    let command = &lenses[0]["command"];
    assert_eq!((command["title"].as_str(), command["command"].as_str()), (Some("run short"), Some("carom.run")));
    assert_eq!(command["arguments"], json!([client.path("m.carom"), "short"]));
    assert_eq!(lenses[0]["range"]["start"]["line"], 15);
}

#[test]
fn every_occurrence_of_a_name_is_highlighted() {
    let mut client = opened();
    let found = client.about("textDocument/documentHighlight", "m.carom", SCRIPT, "set ¦γ", json!({}));
    let lines: Vec<_> = found["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| (h["range"]["start"]["line"].as_u64(), h["kind"].as_u64()))
        .collect();
    // 3 is a definition, 2 a use.
    assert_eq!(lines, [(Some(2), Some(3)), (Some(9), Some(2)), (Some(16), Some(2))]);
}

#[test]
fn symbols_are_found_in_the_scripts_of_the_folder() {
    let mut client = opened();
    client.write("other.carom", "param gamma_2 = 3\nparam x = 1\n");
    let names = |client: &mut Client, query: &str| -> Vec<String> {
        let found = client.request("workspace/symbol", json!({ "query": query }));
        found.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(names(&mut client, "gamma"), ["γ", "gamma_2"]);
    assert_eq!(names(&mut client, "shor"), ["short"]);
    assert_eq!(names(&mut client, "nothing"), [] as [&str; 0]);
    assert_eq!(names(&mut client, "").len(), 8);
}

#[test]
fn a_mistake_offers_its_correction() {
    let mut client = opened();
    let broken = SCRIPT.replace("partial_swap", "partial_swop");
    let mistake = client.change("m.carom", &broken)[0].clone();
    let context = json!({ "diagnostics": [mistake] });
    let asked_at = |client: &mut Client, range: &Value| {
        asked(client, "textDocument/codeAction", json!({ "range": range, "context": context }))
    };
    let offered = asked_at(&mut client, &mistake["range"]);
    assert_eq!(offered[0]["title"], "write `apply partial_swap(s, e, γ)`");
    let edit = &offered[0]["edit"]["changes"][client.uri("m.carom")][0];
    assert_eq!((edit["newText"].as_str(), &edit["range"]), (Some("partial_swap"), &mistake["range"]));
    let elsewhere = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    assert_eq!(asked_at(&mut client, &elsewhere), json!([]));
}
