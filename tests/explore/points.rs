//! The controls, and changes of the point with their history.

use serde_json::json;

use crate::client::Server;

#[test]
fn the_controls_follow_the_declarations() {
    let server = Server::small();
    let mut tab = server.open();
    assert_eq!((tab.view["protocol"].as_str(), tab.view["experiment"].as_str()), (Some("m"), Some("short")));
    assert_eq!(tab.view["about"], "A spin that loses its excitation.");
    let g = tab.parameter("g");
    assert_eq!((g["kind"].as_str(), g["least"].as_f64(), g["most"].as_f64()), (Some("slider"), Some(0.0), Some(1.0)));
    assert_eq!(
        (g["value"].as_str(), g["doc"].as_str(), g["set"].as_bool()),
        (Some("0.3"), Some("coupling"), Some(false))
    );
    // The experiment sets it to 0.5; without a declared range, the range is around that value.
    let ω = tab.parameter("ω");
    assert_eq!((ω["value"].as_str(), ω["least"].as_f64(), ω["most"].as_f64()), (Some("0.5"), Some(0.0), Some(1.0)));
    assert_eq!(tab.parameter("twice")["formula"], "2*g");
    assert_eq!((tab.parameter("size")["whole"].as_bool(), g["whole"].as_bool()), (Some(true), Some(false)));
    assert_eq!(tab.parameter("out")["choices"], json!(["keep", "erase"]));
    assert_eq!(tab.view["collisions"], json!({ "value": 20, "default": 20 }));
    // A parameter that an experiment sweeps has no slider there.
    tab.change(&json!({ "experiment": "map" }));
    assert_eq!(
        (tab.parameter("g")["kind"].as_str(), tab.parameter("g")["how"].as_str()),
        (Some("varied"), Some("swept"))
    );
    assert_eq!(tab.parameter("size")["kind"], "slider");
    tab.change(&json!({ "experiment": "both" }));
    assert_eq!(tab.parameter("g")["kind"], "varied");
}

#[test]
fn changes_are_undone_and_redone() {
    let server = Server::small();
    let mut tab = server.open();
    assert_eq!((tab.view["undo"].as_bool(), tab.view["redo"].as_bool()), (Some(false), Some(false)));
    tab.change(&json!({ "set": "g", "value": "1/4" }));
    assert_eq!(tab.parameter("g")["value"], "0.25");
    assert_eq!(tab.parameter("twice")["value"], "0.5", "it follows");
    tab.change(&json!({ "set": "out", "value": "erase" }));
    tab.change(&json!({ "collisions": "1_0" }));
    assert_eq!(tab.view["command"], "carom run m.carom short --set 'g = 1/4' --set 'out = erase' --collisions 10");
    tab.post("undo");
    tab.post("undo");
    assert_eq!(tab.view["command"], "carom run m.carom short --set 'g = 1/4'");
    tab.post("redo");
    assert_eq!(tab.parameter("out")["value"], "erase");
    tab.change(&json!({ "set": "g", "value": null }));
    assert_eq!((tab.parameter("g")["value"].as_str(), tab.view["redo"].as_bool()), (Some("0.3"), Some(false)));
    tab.change(&json!({ "reset": true }));
    assert_eq!((tab.view["changed"].as_bool(), tab.parameter("out")["value"].as_str()), (Some(false), Some("keep")));
    tab.post("undo");
    assert_eq!(tab.parameter("out")["value"], "erase", "a reset can be undone");
    // Beyond the ends nothing happens.
    (0..9).for_each(|_| drop(tab.post("undo")));
    assert_eq!((tab.view["undo"].as_bool(), tab.view["changed"].as_bool()), (Some(false), Some(false)));
}

#[test]
fn amended_changes_are_one_step_of_the_history() {
    let server = Server::small();
    let mut tab = server.open();
    tab.change(&json!({ "set": "ω", "value": "2" }));
    for value in ["0.31", "0.32", "0.33"] {
        let body = json!({ "tab": tab.number, "amend": true, "change": { "set": "g", "value": value } });
        tab.view = server.post("change", &body);
    }
    assert_eq!(tab.parameter("g")["value"], "0.33");
    tab.post("undo");
    assert_eq!((tab.parameter("g")["value"].as_str(), tab.parameter("ω")["value"].as_str()), (Some("0.3"), Some("2")));
    tab.post("undo");
    assert_eq!(tab.parameter("ω")["value"], "0.5");
}

#[test]
fn a_mistake_gives_the_message_of_the_command_line_and_changes_nothing() {
    let server = Server::small();
    let mut tab = server.open();
    tab.change(&json!({ "set": "g", "value": "0.4" }));
    for (name, value) in [
        ("g", "7"),
        ("g", "abc"),
        ("g", "1 +"),
        ("g", ""),
        ("nothing", "1"),
        ("out", "0.5"),
        ("g", "<img src=x onerror=alert(1)>"),
        ("g", "0.1\nset ω = 3"),
    ] {
        let error = tab.change(&json!({ "set": name, "value": value }))["error"].as_str().unwrap().to_string();
        let said = server.run("run", &["m.carom", "short", "--set", &format!("{name} = {value}")]);
        let said = String::from_utf8(said.stderr).unwrap();
        // The page is narrower than the command line, so messages wrap elsewhere; the first words are the same.
        let code = |text: &str| text.split_whitespace().next().unwrap().to_string();
        assert_eq!(code(&error), code(&said), "{name} = {value}\n{error}\n{said}");
        assert_eq!(tab.parameter("g")["value"], "0.4");
    }
    let drawn = tab.draw(&json!([{ "set": "g", "value": "-1" }]), 0);
    assert!(drawn["error"].as_str().unwrap().contains("outside its range"), "{drawn}");
    for collisions in ["0", "-3", "many", "1e3", "9999999999999999"] {
        let error = tab.change(&json!({ "collisions": collisions }))["error"].as_str().unwrap().to_string();
        assert!(error.contains("E604") && error.contains("collisions"), "{error}");
    }
    let error = tab.change(&json!({ "experiment": "shirt" }))["error"].as_str().unwrap().to_string();
    assert!(error.contains("there is no experiment `shirt`") && error.contains("did you mean `short`?"), "{error}");
}

#[test]
fn two_tabs_are_independent() {
    let server = Server::small();
    let (mut one, mut two) = (server.open(), server.open());
    one.change(&json!({ "set": "g", "value": "0.1" }));
    two.change(&json!({ "set": "g", "value": "0.2" }));
    assert_ne!(one.draw(&json!([]), 9)["figures"], two.draw(&json!([]), 9)["figures"]);
    two.post("undo");
    one.change(&json!({ "collisions": "5" }));
    assert_eq!(
        (one.parameter("g")["value"].as_str(), two.parameter("g")["value"].as_str()),
        (Some("0.1"), Some("0.3"))
    );
    // Another protocol is another tab.
    let view = server.post("open", &json!({ "protocol": "exchange" }));
    assert_eq!(view["protocol"], "exchange");
    // It uses karpat2019; its own experiments come first.
    assert_eq!(view["experiment"], "exchange");
    assert!(view["about"].as_str().unwrap().len() > 20, "{}", view["about"]);
    assert_eq!(one.draw(&json!([]), 9)["view"]["protocol"], "m");
}

#[test]
fn a_wrong_command_line_ends_with_its_message() {
    let server = Server::small();
    for (args, code, words) in [
        (&["missing.carom"][..], 3, "there is no file `missing.carom`"),
        (&["m.carom", "shirt"], 2, "did you mean `short`?"),
        (&["m.carom", "short", "more"], 2, "unexpected argument"),
    ] {
        let said = server.run("explore", args);
        let text = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(code), "{text}");
        assert!(text.contains(words) && said.stdout.is_empty(), "{text}");
    }
}
