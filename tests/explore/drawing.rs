//! Pictures: the same as of `carom run`, first coarse and then finer, and stopped when they are superseded.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::client::{Answer, Server};
use crate::clock::of_process;

/// Draws level after level, as the page does, and returns the last picture and how many there were.
fn finest(tab: &mut crate::client::Tab<'_>, changes: &Json) -> (Json, u64) {
    let mut level = 0;
    loop {
        let drawn = tab.draw(changes, level);
        assert!(drawn["error"].is_null(), "{}", drawn["error"]);
        level += 1;
        if drawn["coarse"] == false {
            return (drawn, level);
        }
    }
}

#[test]
fn the_figure_and_the_claims_are_those_of_a_run() {
    let server = Server::small();
    let mut tab = server.open();
    for (experiment, levels) in [("short", 1), ("map", 2), ("both", 2)] {
        tab.change(&json!({ "experiment": experiment }));
        let changes = json!([{ "set": "out", "value": "erase" }]);
        let (drawn, count) = finest(&mut tab, &changes);
        assert_eq!(count, levels, "9 × 9 points are the second level");
        let names: &[&str] = if experiment == "both" { &["short", "map", "both"] } else { &[experiment] };
        let args = [&["m.carom"], names, &["--set", "out = erase", "--quiet"]].concat();
        server.run("run", &args);
        let written = std::fs::read_to_string(server.path(&format!("out/m/{experiment}/plot.svg"))).unwrap();
        assert!(drawn["figures"] == json!([written]), "{experiment}: another figure");
        let json = std::fs::read_to_string(server.path("out/m/short/run.json")).unwrap();
        assert!(json.contains("erase"));
    }
    let claims = tab.draw(&json!([{ "collisions": "1" }]), 9)["claims"].clone();
    let holds: Vec<(&str, bool)> = claims
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["text"].as_str().unwrap(), c["holds"].as_bool().unwrap()))
        .collect();
    assert_eq!(holds, [("last(z) > 0.5", false), ("max(x) <= 1", true), ("min(Z) > 0", true)]);
    assert_eq!(claims[0]["experiment"], "short", "of several experiments, each claim says whose it is");
}

#[test]
fn a_diagram_is_coarse_first() {
    let server = Server::start(&["m.carom", "map"]);
    let mut tab = server.open();
    let changes = json!([{ "set": "size", "value": "23" }]);
    let amounts: Vec<(Json, Json)> = (0..4)
        .map(|level| tab.draw(&changes, level))
        .map(|drawn| (drawn["amount"].clone(), drawn["coarse"].clone()))
        .collect();
    let expected = [("25", true), ("81", true), ("441", true), ("529", false)];
    assert_eq!(amounts, expected.map(|(n, coarse)| (json!(format!("{n} points × 10 collisions")), json!(coarse))));
}

#[test]
fn trajectories_are_few_first() {
    let server = Server::start(&["monitored"]);
    let mut tab = server.open();
    let experiments = tab.view["experiments"].as_array().unwrap().clone();
    let mut sampled = 0;
    for name in experiments.iter().map(|e| e["name"].as_str().unwrap()) {
        tab.change(&json!({ "experiment": name }));
        let drawn = tab.draw(&json!([]), 0);
        assert!(drawn["error"].is_null(), "{name}: {}", drawn["error"]);
        let amount = drawn["amount"].as_str().unwrap();
        if amount.contains("trajectories") && drawn["coarse"] == true {
            assert!(amount.starts_with("20 trajectories"), "{name}: {amount}");
            sampled += 1;
        }
    }
    assert!(sampled > 0, "no experiment samples trajectories");
}

#[test]
fn every_experiment_of_every_protocol_has_a_coarse_picture() {
    let server = Server::small();
    let protocols = server.open().view["protocols"].as_array().unwrap().clone();
    assert!(protocols.len() > 10);
    for protocol in &protocols {
        let view = server.post("open", &json!({ "protocol": protocol }));
        assert!(view["error"].is_null(), "{protocol}: {}", view["error"]);
        let mut tab = crate::client::Tab::of(&server, view);
        for experiment in tab.view["experiments"].as_array().unwrap().clone() {
            let moved = tab.change(&json!({ "experiment": experiment["name"] }));
            assert!(moved["error"].is_null(), "{protocol}: {}", moved["error"]);
            let drawn = tab.draw(&json!([{ "collisions": "40" }]), 0);
            let text = drawn["error"].as_str().unwrap_or_default();
            // A window of a series function may need more than 40 collisions; that is the only mistake.
            assert!(
                text.is_empty() || text.contains("window") || text.contains("collision"),
                "{protocol} {experiment}: {text}"
            );
            let latex = server.post("equations", &json!({ "tab": tab.number }));
            assert!(latex["latex"].as_str().is_some_and(|l| l.contains("align")), "{protocol} {experiment}: {latex}");
        }
    }
}

/// A change that makes the diagram take minutes.
fn endless() -> Json {
    json!([{ "set": "size", "value": "2000" }, { "collisions": "5000" }])
}

#[test]
fn a_newer_request_stops_an_older_one() {
    let server = Server::start(&["m.carom", "map"]);
    let mut tab = server.open();
    let (old, new) = (tab.picture(&endless(), 9).to_string(), tab.picture(&json!([]), 0).to_string());
    let mut stream = server.connect();
    stream.write_all(server.post_text("draw", &old).as_bytes()).unwrap();
    computes(&server);
    let answered = server.raw(server.post_text("draw", &new));
    assert!(answered.body.contains("\"figures\""), "{}", answered.body);
    let begin = Instant::now();
    let stopped = Answer::read(stream);
    assert!(stopped.body.contains("\"cancelled\":true"), "{}", &stopped.body[..200.min(stopped.body.len())]);
    // It stops within 100 ms on a quiet machine; the rest is for a busy one.
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    // A request that is already superseded when it arrives is not computed.
    let late = server.raw(server.post_text("draw", &old));
    assert!(late.body.contains("\"cancelled\":true"), "{}", late.body);
}

#[test]
fn a_closed_page_stops_its_run() {
    let server = Server::start(&["m.carom", "map"]);
    let mut tab = server.open();
    let body = tab.picture(&endless(), 9).to_string();
    let mut stream = server.connect();
    stream.write_all(server.post_text("draw", &body).as_bytes()).unwrap();
    computes(&server);
    drop(stream);
    let (begin, mut last) = (Instant::now(), of_process(server.id(), Instant::now()));
    loop {
        thread::sleep(Duration::from_millis(300));
        let now = of_process(server.id(), begin);
        if now - last < Duration::from_millis(50) {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "it still computes");
        last = now;
    }
}

/// Waits until the server computes: it has used some processor time since now.
fn computes(server: &Server) {
    let begin = Instant::now();
    let start = of_process(server.id(), begin);
    while of_process(server.id(), begin) < start + Duration::from_millis(100) {
        assert!(begin.elapsed() < Duration::from_secs(120), "it does not compute");
        thread::sleep(Duration::from_millis(10));
    }
}
