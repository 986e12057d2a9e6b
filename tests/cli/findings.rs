//! `check` and `fmt` with folders, and the formats of `check` for other programs.

use serde_json::Value;

use crate::support::{Place, SMALL};

/// A script with mistakes in two places, in a folder with good ones.
fn place() -> Place {
    let place = Place::new();
    place.write("good.carom", SMALL);
    place.write("sub/bad one.carom", "param γ = 1 + b\nparam c = d\n");
    place.write(".hidden/worse.carom", "param");
    place.write("sub/notes.txt", "no script");
    place
}

#[test]
fn folders_stand_for_the_scripts_in_them() {
    let place = place();
    let said = place.carom(&["check", "."]).ends(3);
    assert!(said.out.contains("good.carom: no mistakes found; 2 experiments"), "{}", said.out);
    assert!(said.err.contains("sub/bad one.carom:1:") && !said.err.contains("hidden"), "{}", said.err);
    place.write("sub/bad one.carom", "param   g=1\n");
    place.carom(&["fmt", "sub", "--check"]).ends(1);
    place.carom(&["fmt", "sub"]).ends(0);
    assert_eq!(place.read("sub/bad one.carom"), "param g = 1\n");
    place.write("empty/notes.txt", "");
    place.carom(&["check", "empty"]).refuses(3, &["no script in the folder `empty`"]);
}

#[test]
fn short_findings_are_lines_of_a_compiler() {
    let said = place().carom(&["check", "good.carom", "sub", "--format", "short"]).ends(3);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", said.out);
    assert!(lines[0].starts_with("sub/bad one.carom:1:15: error[E201]: "), "{}", lines[0]);
    assert!(lines[1].starts_with("sub/bad one.carom:2:11: error[E201]: "), "{}", lines[1]);
    assert_eq!(said.err, "");
}

#[test]
fn json_findings_have_a_place_and_a_remedy() {
    let said = place().carom(&["check", ".", "missing.carom", "--format", "json"]).ends(3);
    let found: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    assert_eq!(found.len(), 3, "{}", said.out);
    let first = &found[0];
    assert_eq!(first["file"], "sub/bad one.carom");
    assert_eq!(["line", "column", "end_line", "end_column"].map(|k| first[k].as_u64().unwrap()), [1, 15, 1, 16]);
    assert_eq!((&first["code"], &first["severity"]), (&"E201".into(), &"error".into()));
    assert!(first["message"].as_str().unwrap().contains("`b`") && !first["help"].as_array().unwrap().is_empty());
    assert_eq!((&found[2]["file"], &found[2]["line"]), (&"missing.carom".into(), &Value::Null));
    assert_eq!(place().carom(&["check", "good.carom", "--format", "json"]).ends(0).out, "[]\n");
}

#[test]
fn sarif_has_the_required_properties() {
    let said = place().carom(&["check", ".", "--format", "sarif"]).ends(3);
    let log: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "carom");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        assert_eq!(result["level"], "error");
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "sub/bad%20one.carom");
        assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line >= 1));
    }
}

#[test]
fn verify_takes_experiments_and_prints_json() {
    let place = Place::small();
    let said = place.carom(&["verify", "m.carom", "short"]).ends(0);
    assert!(said.out.contains("1 of 1 expectations hold") && !said.out.contains("wrong"), "{}", said.out);
    place.carom(&["verify", "m.carom", "nothing"]).refuses(2, &["E213", "nothing"]);
    let said = place.carom(&["verify", "m.carom", "w*", "m.carom", "short", "--json"]).ends(1);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let holds = |i: usize| (json[i]["experiment"].clone(), json[i]["expectations"][0]["holds"].clone());
    assert_eq!(holds(0), ("wrong".into(), false.into()));
    assert_eq!(holds(1), ("short".into(), true.into()));
}
