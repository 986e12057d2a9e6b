//! Which text goes to which stream, and which characters never do.

use crate::support::{Place, SMALL, has};

#[test]
fn results_go_to_standard_output() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "short"]).ends(0);
    for words in
        ["m short  Twenty collisions", "20 collisions", "✓ last(z) > 0.5", "→ out/m/short/series.csv", "low = "]
    {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    assert_eq!(said.err, "");
}

#[test]
fn warnings_go_to_standard_error() {
    let place = Place::new();
    let script = "system s = |0>\nstep { evolve Z(s) for 1 }\nobserve z = <Z(s)>\nobserve x = <X(s)>\nexperiment a { run 50; let C = pearson(x, z, width = 10) }\n";
    place.write("m.carom", script);
    let said = place.carom(&["run", "m.carom"]).ends(0);
    assert!(said.err.contains("W001") && !said.out.contains("W001"), "{}{}", said.out, said.err);
    assert!(said.out.contains("C = missing"), "{}", said.out);
    let json = place.carom(&["run", "m.carom", "--json"]).ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["warnings"][0]["code"], "W001");
    assert!(json[0]["last"]["C"].is_null());
}

#[test]
fn quiet_prints_only_errors() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "short", "--quiet"]).ends(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""));
    let said = place.carom(&["run", "m.carom", "wrong", "-q"]).ends(1);
    assert_eq!(said.out, "");
    assert!(place.path("out/m/wrong/series.csv").exists());
    place.carom(&["run", "m.carom", "shrot", "-q"]).refuses(2, &["E213"]);
    assert_eq!(place.carom(&["check", "m.carom", "-q"]).ends(0).out, "");
}

#[test]
fn json_contains_the_numbers() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "--json"]).ends(1);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let [short, wrong] = [&json[0], &json[1]];
    assert_eq!((&short["experiment"], &wrong["experiment"]), (&"short".into(), &"wrong".into()));
    assert_eq!(short["title"], "Twenty collisions");
    assert_eq!(short["collisions"], 20);
    assert_eq!(short["interrupted"], false);
    assert!((short["trace"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let table = place.read("out/m/short/series.csv");
    let last: Vec<&str> = table.lines().last().unwrap().split(',').collect();
    for (name, field) in ["x", "z", "P", "y"].iter().zip(&last[1..]) {
        // The text must agree to the last digit; a JSON parser may be less exact.
        assert!(said.out.contains(&format!("\"{name}\": {field}")), "{name} = {field} in\n{}", said.out);
    }
    assert_eq!(short["expectations"][0]["claim"], "last(z) > 0.5");
    assert_eq!(short["expectations"][0]["holds"], true);
    assert_eq!(wrong["expectations"][0]["holds"], false);
    assert_eq!(short["files"][0], "out/m/short/series.csv");
    assert_eq!(short["errors"], serde_json::json!([]));
}

#[test]
fn json_of_an_experiment_that_did_not_run_has_the_reason() {
    let place = Place::small();
    place.write("m.carom", SMALL.replace("run 20\n    expect", "set g = 1/0\n    run 20\n    expect"));
    let said = place.carom(&["run", "m.carom", "--json"]).ends(3);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json[0]["collisions"], 20);
    assert_eq!((&json[1]["experiment"], &json[1]["errors"][0]["code"]), (&"wrong".into(), &"E409".into()));
    assert!(place.path("out/m/short").exists() && !place.path("out/m/wrong").exists());
}

/// Whether a text is free of characters that control a terminal.
fn harmless(text: &str) -> bool {
    !text.chars().any(|c| {
        let separator = ('\u{2028}'..='\u{202e}').contains(&c) || c == '\u{61c}';
        c != '\n' && (c.is_control() || separator || ('\u{e0000}'..='\u{e007f}').contains(&c))
    })
}

#[test]
fn control_characters_in_a_script_reach_no_stream() {
    let place = Place::new();
    let evil = "\u{1b}[31m\u{7}\u{9b}2J\u{202e}\u{2028}\u{2029}\u{61c}\u{e0041}";
    let script = SMALL
        .replace("A spin", &format!("A {evil} spin"))
        .replace("coupling", &format!("coup{evil}ling"))
        .replace("Twenty", &format!("Twenty {evil}"));
    for commented in [true, false] {
        let script = if commented { script.replace(&format!("Twenty {evil}"), "Twenty") } else { script.clone() };
        place.write("m.carom", script);
        for args in [
            &["list", "m.carom"][..],
            &["run", "m.carom"],
            &["run", "m.carom", "--json"],
            &["explain", "m.carom"],
            &["explain", "m.carom", "--equations"],
            &["export", "m.carom", "short", "--to", "latex"],
            &["export", "m.carom", "short", "--to", "matplotlib"],
            &["rerun", "out/m/short", "--out", "again"],
            &["verify", "m.carom"],
            &["check", "m.carom"],
        ] {
            let said = place.carom(args);
            assert!(harmless(&said.out) && harmless(&said.err), "{args:?}:\n{:?}\n{:?}", said.out, said.err);
            assert!(!said.err.contains("panicked"), "{}", said.err);
        }
    }
}

#[test]
fn control_characters_in_arguments_reach_no_stream() {
    let place = Place::small();
    let evil = "\u{1b}[31m\u{9b}2J\u{202e}\u{2028}\u{61c}\u{e0041}";
    let set = format!("{evil}=1");
    let value = format!("g={evil}");
    for args in [
        &["run", evil][..],
        &["run", "m.carom", evil],
        &["run", "m.carom", "--set", evil],
        &["run", "m.carom", "--set", &set],
        &["run", "m.carom", "--set", &value],
        &["run", "m.carom", "--collisions", evil],
        &["run", "m.carom", "short", "--out", evil],
        &["run", "m.carom", "short", "--json", "--out", evil],
        &["check", evil],
        &["explain", "m.carom", evil],
        &["reference", evil],
        &["new", evil],
        &["completions", evil],
        &[evil],
    ] {
        let said = place.carom(args);
        assert!(harmless(&said.out) && harmless(&said.err), "{args:?}:\n{:?}\n{:?}", said.out, said.err);
    }
    let json = place.carom(&["run", "m.carom", "short", "--json", "--out", evil]).ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["files"][0], format!("{evil}/short/series.csv"), "JSON keeps the name");
}

#[test]
fn a_closed_pipe_causes_no_panic() {
    let place = Place::small();
    for command in ["list", "list karpat2019", "reference", "explain karpat2019", "completions bash", "--help"] {
        let said = place.shell(&format!("carom {command} | head -n 0; exit ${{PIPESTATUS[0]}}")).ends(0);
        assert_eq!(said.err, "", "{command}");
    }
    let said = place.shell("carom run m.carom short | true; exit ${PIPESTATUS[0]}").ends(0);
    assert_eq!(said.err, "");
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_printed_are_an_error() {
    let place = Place::small();
    for command in ["list", "reference pearson", "run m.carom short", "run m.carom short --json", "--help"] {
        place.shell(&format!("carom {command} > /dev/full")).refuses(4, &["E602", "standard output"]);
    }
    // The error cannot be printed here, but the status is the same.
    place.shell("carom run nothing 2> /dev/full").ends(3);
}

/// The output of a command on the pseudo-terminal that `script` creates.
fn on_a_terminal(place: &Place, line: &str) -> String {
    place.shell(&format!("TERM=xterm script -qec '{line}' /dev/null")).out
}

#[test]
fn colours_are_for_terminals() {
    let place = Place::small();
    for args in
        [&["run", "m.carom"][..], &["list", "m.carom"], &["explain", "m.carom"], &["verify", "m.carom"], &["run", "x"]]
    {
        let said = place.carom(args);
        assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{args:?}");
    }
    if !has("script") {
        return;
    }
    let shown = on_a_terminal(&place, "\"$CAROM\" run m.carom");
    assert!(shown.contains("\u{1b}[32m✓") && shown.contains("\u{1b}[31m✗"), "{shown:?}");
    for setting in ["NO_COLOR=1", "TERM=dumb"] {
        let shown = on_a_terminal(&place, &format!("{setting} \"$CAROM\" run m.carom; \"$CAROM\" run x"));
        let first = shown.split("E601").next().unwrap();
        assert!(shown.contains('✓') && !first.contains("\u{1b}[32m"), "{setting}: {shown:?}");
    }
}
