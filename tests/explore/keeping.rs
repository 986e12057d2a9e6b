//! Saved scripts and figures give the same results as the page.

use serde_json::json;

use crate::client::Server;

/// The numbers that a run of a script writes for an experiment.
#[track_caller]
fn numbers(server: &Server, script: &str, experiment: &str, more: &[&str]) -> String {
    let protocol = script.trim_end_matches(".carom");
    let args = [&[script, experiment, "--no-plots", "--out", "again"], more].concat();
    let said = server.run("run", &args);
    assert!(said.status.code().is_some_and(|code| code < 2), "{protocol}: {}", String::from_utf8_lossy(&said.stderr));
    let table = if experiment == "map" { "map" } else { "series" };
    std::fs::read_to_string(server.path(&format!("again/{experiment}/{table}.csv"))).unwrap()
}

#[test]
fn a_saved_script_gives_the_same_numbers_as_the_command() {
    let server = Server::small();
    let mut tab = server.open();
    tab.change(&json!({ "set": "g", "value": "1/4" }));
    tab.change(&json!({ "set": "ω", "value": "0.7" }));
    tab.change(&json!({ "set": "out", "value": "erase" }));
    tab.change(&json!({ "collisions": "15" }));
    let path = server.post("save", &json!({ "tab": tab.number, "name": "mine" }))["path"].as_str().unwrap().to_string();
    let text = std::fs::read_to_string(server.path(&path)).unwrap();
    assert!(text.starts_with("use m\n"), "{text}");
    assert!(text.contains("set ω = 0.7") && text.contains("run 15") && !text.contains("run 20"), "{text}");
    let sets = ["--set", "g = 1/4", "--set", "ω = 0.7", "--set", "out = erase", "--collisions", "15"];
    let by_command = numbers(&server, "m.carom", "short", &sets);
    assert_eq!(numbers(&server, "mine.carom", "short", &[]), by_command);
    assert_ne!(numbers(&server, "m.carom", "short", &[]), by_command);
}

#[test]
fn a_saved_arrangement_runs_its_parts_with_the_values() {
    let server = Server::start(&["m.carom", "both"]);
    let mut tab = server.open();
    tab.change(&json!({ "set": "out", "value": "erase" }));
    server.post("save", &json!({ "tab": tab.number, "name": "mine" }));
    let text = std::fs::read_to_string(server.path("mine.carom")).unwrap();
    assert_eq!(text.matches("set out = erase").count(), 2, "{text}");
    let by_command = numbers(&server, "m.carom", "map", &["--set", "out = erase"]);
    assert_eq!(numbers(&server, "mine.carom", "map", &[]), by_command);
}

#[test]
fn a_shipped_protocol_is_used_by_name() {
    let server = Server::start(&["karpat2019", "fig2"]);
    let mut tab = server.open();
    tab.change(&json!({ "set": "γ", "value": "0.3" }));
    let path = server.post("save", &json!({ "tab": tab.number, "name": "" }))["path"].as_str().unwrap().to_string();
    assert!(path.ends_with("karpat2019-fig2.carom"), "{path}");
    let text = std::fs::read_to_string(server.path(&path)).unwrap();
    assert!(text.starts_with("use karpat2019\n") && text.contains("set γ = 0.3"), "{text}");
    let by_command = numbers(&server, "karpat2019", "fig2", &["--set", "γ = 0.3"]);
    assert_eq!(numbers(&server, "karpat2019-fig2.carom", "fig2", &[]), by_command);
}

#[test]
fn a_script_saved_far_from_its_file_contains_the_protocol() {
    let server = Server::start(&["m.carom", "short", "--folder", "far"]);
    let tab = server.open();
    server.post("save", &json!({ "tab": tab.number, "name": "mine" }));
    let text = std::fs::read_to_string(server.path("far/mine.carom")).unwrap();
    assert!(text.contains("hamiltonian H"), "{text}");
    assert_eq!(numbers(&server, "far/mine.carom", "short", &[]), numbers(&server, "m.carom", "short", &[]));
}

#[test]
fn saved_figures_are_those_of_the_page_in_full() {
    let server = Server::start(&["m.carom", "map"]);
    let mut tab = server.open();
    let shown = tab.draw(&json!([]), 9)["figures"][0].as_str().unwrap().to_string();
    let save = |format: &str| {
        server.post("figure", &json!({ "tab": tab.number, "format": format }))["paths"][0].as_str().unwrap().to_string()
    };
    assert_eq!(std::fs::read_to_string(server.path(&save("svg"))).unwrap(), shown);
    assert!(std::fs::read(server.path(&save("png"))).unwrap().starts_with(b"\x89PNG"));
    assert!(std::fs::read(server.path(&save("pdf"))).unwrap().starts_with(b"%PDF"));
    assert!(save("svg").ends_with("m-map-2.svg"), "nothing is overwritten");
    let bad = server.post_text("figure", &json!({ "tab": tab.number, "format": "../x" }).to_string());
    assert_eq!(server.raw(bad).status, 400);
}
