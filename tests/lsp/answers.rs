//! The server's answers about a script: mistakes, hover, completion, signatures, outline, colours, formatting.

use serde_json::{Value, json};

use crate::MODEL;
use crate::client::Client;

fn opened() -> Client {
    let mut client = Client::new();
    assert_eq!(client.open("m.carom", MODEL), [] as [Value; 0]);
    client
}

#[track_caller]
fn hover(client: &mut Client, marked: &str) -> String {
    let answer = client.about("textDocument/hover", "m.carom", MODEL, marked, json!({}));
    answer["result"]["contents"]["value"].as_str().unwrap_or_default().to_string()
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn diagnostics_are_those_of_carom_check() {
    let mut client = opened();
    let broken = MODEL.replace("σz(s1)   ##", "σq(s1)   ##").replace("width = 20", "width = 300");
    let found = client.change("m.carom", &broken);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["code"], &found[0]["source"], &found[0]["severity"]),
        (&json!("E201"), &json!("carom"), &json!(1))
    );
    has(found[0]["message"].as_str().unwrap(), &["there is no definition of `σq`", "help: did you mean"]);
    // UTF-16: `hamiltonian Hs = -1/2 * ` is 24 units long.
    assert_eq!(
        found[0]["range"],
        json!({ "start": { "line": 8, "character": 24 }, "end": { "line": 8, "character": 26 } })
    );
    // Mistakes that only numbers show are reported too.
    let found = client.change("m.carom", &MODEL.replace("width = 20", "width = 300"));
    has(&format!("{found:?}"), &["300", "E"]);
    let found = client.change("m.carom", &MODEL.replace("gate pswap(a, b) = cos(γ)", "gate pswap(a, b) = 2*cos(γ)"));
    has(&format!("{found:?}"), &["unitary"]);
    assert_eq!(client.change("m.carom", MODEL), [] as [Value; 0]);
}

#[test]
fn an_inherited_experiment_that_no_longer_fits_is_a_warning_at_use() {
    let mut client = Client::new();
    let text = "# with another step\nuse karpat2019\nredefine step { evolve Hss for δt; discard e1, e2 }\n";
    let found = client.open("mine.carom", text);
    let aside: Vec<&Value> = found.iter().filter(|d| d["code"] == "W005").collect();
    assert_eq!(aside.len(), found.len(), "{found:?}");
    assert_eq!(aside.len(), 2, "{found:?}");
    assert_eq!((&aside[0]["severity"], &aside[0]["range"]["start"]["line"]), (&json!(2), &json!(1)));
    has(aside[0]["message"].as_str().unwrap(), &["`fig4a`", "`E`", "help: "]);
}

#[test]
fn a_broken_text_shows_all_its_mistakes_and_keeps_its_outline() {
    let mut client = opened();
    let broken = MODEL.replace("param J = 2*γ", "param J = 2*").replace("trace way", "trace");
    let found = client.change("m.carom", &broken);
    assert!(found.len() >= 2 && found.iter().all(|d| d["code"].as_str().unwrap().starts_with("E1")), "{found:?}");
    let uri = client.uri("m.carom");
    let outline = client.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    assert!(outline.as_array().unwrap().iter().any(|s| s["name"] == "pswap"));
    let answer = client.about("textDocument/hover", "m.carom", &broken, "evolve Hs¦ for", json!({}));
    has(answer.to_string().as_str(), &["free evolution"]);
    let answer = client.about("textDocument/definition", "m.carom", &broken, "apply psw¦ap", json!({}));
    assert_eq!(answer["result"][0]["range"]["start"]["line"], 10);
}

#[test]
fn hover_shows_documentation_equations_and_numbers() {
    let mut client = opened();
    has(&hover(&mut client, "2*¦γ"), &["param γ = 0.95π/2", "how far the units swap", "γ = 1.49"]);
    has(&hover(&mut client, "trace wa¦y"), &["param way = keep", "way = keep"]);
    has(
        &hover(&mut client, "evolve H¦s for"),
        &["-1/2 * σz(s1)", "free evolution", "On `s1`", "−0.5    0\n   0  0.5", "Energies: −0.5, 0.5"],
    );
    // J = 2γ = 2.9845: the exchange of one excitation.
    has(
        &hover(&mut client, "evolve H¦se"),
        &["J/2 * (σx(a)*σx(b)", "On `s1`, `e`", "2.9845", "Energies: −2.9845, 0, 0, 2.9845"],
    );
    has(&hover(&mut client, "apply psw¦ap"), &["What carries the memory", "On `e`, `e'`", "0.0785+0.9969i"]);
    has(&hover(&mut client, "SW¦AP"), &["SWAP(a, b)", "On qubits", "0  1  0  0"]);
    has(&hover(&mut client, "<¦σx(s1)"), &["Pauli", "0  1\n1  0"]);
    has(&hover(&mut client, "pear¦son"), &["pearson(x, y, width = w, overlap = 0)"]);
    has(&hover(&mut client, "expect last(C¦)"), &["let C = pearson"]);
    has(&hover(&mut client, "¦evolve Hs for"), &["`evolve`"]);
    assert_eq!(hover(&mut client, "wid¦th = 20"), "");
    assert_eq!(hover(&mut client, "## Two qub¦its"), "");
}

#[test]
fn hover_on_a_mistake_explains_its_code() {
    let mut client = opened();
    let broken = MODEL.replace("gate pswap(a, b) = cos(γ)", "gate pswap(a, b) = 2*cos(γ)");
    client.change("m.carom", &broken);
    let answer = client.about("textDocument/hover", "m.carom", &broken, "apply psw¦ap", json!({}));
    let text = answer["result"]["contents"]["value"].as_str().unwrap();
    has(text, &["E402: gate not unitary", "U†U = 1", "Right:", "What carries the memory"]);
    client.change("m.carom", MODEL);
    assert!(!hover(&mut client, "apply psw¦ap").contains("E402"));
}

#[test]
fn hover_shows_the_effective_definition() {
    let mut client = Client::new();
    let text = "use karpat2019\nredefine param J = 0.5   ## stronger\nexperiment x { set J = J/2; run 1 }\n";
    client.open("m.carom", text);
    let answer = client.about("textDocument/hover", "m.carom", text, "= J¦/2", json!({}));
    has(answer["result"]["contents"]["value"].as_str().unwrap(), &["redefine param J = 0.5", "stronger", "J = 0.5"]);
    let answer = client.about("textDocument/definition", "m.carom", text, "= J¦/2", json!({}));
    assert_eq!(answer["result"].as_array().unwrap().len(), 2, "{answer}");
}

#[track_caller]
fn labels(client: &mut Client, text: &str, marked: &str) -> Vec<String> {
    client.change("m.carom", text);
    let answer = client.about("textDocument/completion", "m.carom", text, marked, json!({}));
    let items = answer["result"].as_array().unwrap_or_else(|| panic!("{answer}"));
    items.iter().map(|item| item["label"].as_str().unwrap().to_string()).collect()
}

#[track_caller]
fn offers(client: &mut Client, line: &str, marked: &str, expected: &[&str], unexpected: &[&str]) {
    let text = MODEL.replace("    trace way", line);
    let found = labels(client, &text, marked);
    for name in expected {
        assert!(found.iter().any(|f| f == name), "{name} is not among {found:?}");
    }
    for name in unexpected {
        assert!(!found.iter().any(|f| f == name), "{name} is among {found:?}");
    }
}

#[test]
fn after_in_only_the_cases_of_the_experiment_are_offered() {
    const CASES: &str = "param b = 0\nsystem s = |0>\nstep { apply RX(s, b) }\nobserve z = <Z(s)>\n\
        experiment one { case up { set b = 1 }; case down { set b = 2 }; run 3; expect last(z in up) < 1 }\n\
        experiment two { case left { set b = 1 }; run 3 }\n";
    let mut client = opened();
    client.change("m.carom", CASES);
    let mut found = labels(&mut client, CASES, "last(z in up¦");
    found.sort();
    assert_eq!(found, ["down", "up"]);
    let statements = labels(&mut client, &CASES.replace("case left { set b = 1 }", "case left {  }"), "case left { ¦");
    assert_eq!(statements, ["set"]);
}

#[test]
fn completion_offers_only_names_that_fit() {
    let mut client = opened();
    offers(&mut client, "    ev", "    ev¦\n", &["evolve", "discard"], &["expect", "param", "σx"]);
    offers(
        &mut client,
        "    evolve Hs + ",
        "    evolve Hs + ¦\n",
        &["Hse", "Hs", "σx", "J", "s1"],
        &["a", "second", "C"],
    );
    offers(&mut client, "    evolve Hs ", "    evolve Hs ¦\n", &["for"], &["Hse"]);
    offers(&mut client, "    trace ", "    trace ¦\n", &["keep", "way"], &["Hs", "evolve"]);
    offers(&mut client, "    apply X(s1) # ev", "X(s1) # ev¦", &[], &["evolve"]);
    offers(&mut client, "    apply \\ga", "apply \\ga¦", &["\\gamma", "\\omega"], &["evolve"]);
    offers(&mut client, "}\nu", "}\nu¦\n", &["use", "param"], &["evolve"]);
    offers(&mut client, "}\nuse ", "}\nuse ¦\n", &["karpat2019"], &["param"]);
    offers(&mut client, "}\ngate G(zz) = ", "gate G(zz) = ¦", &["pswap", "CNOT"], &[]);
    let greek = client.about("textDocument/completion", "m.carom", MODEL, "¦## Two", json!({}));
    assert!(greek["result"].is_array());
}

const ARRAY: &str = "\
param L = 3
param g = 0.5
system s[L] = |0>
environment e = |1>
step {
    for k in 1..L-1 { apply partial_swap(s[k], s[k+1], 0.3) }
    apply partial_swap(s[1], e, g)
    measure Z(e) as click
    when click < 0 { apply X(s[L]) }
    discard e
}
observe z[k in 1..L] = <Z(s[k])>
experiment flow { steady; expect z[1] < 1 }
experiment noisy { draw g = normal(0.5, 0.1); run 5; trajectories 10; let T = trajectory(z[2], 3) }
";

#[test]
fn elements_of_arrays_are_offered_with_their_brackets() {
    let mut client = Client::new();
    assert_eq!(client.open("m.carom", ARRAY), [] as [Value; 0]);
    let text = ARRAY.replace("X(s[L])", "X(s[])");
    client.change("m.carom", &text);
    let answer = client.about("textDocument/completion", "m.carom", &text, "X(s[¦])", json!({}));
    let items = answer["result"].as_array().unwrap();
    let elements: Vec<&Value> = items.iter().filter(|i| i["label"].as_str().unwrap().starts_with("s[")).collect();
    assert_eq!(elements.len(), 3, "{answer}");
    let edit = &elements[1]["textEdit"];
    assert_eq!(edit["newText"], "s[2]");
    // `s[]`, with the bracket that the editor has added.
    let columns = ["start", "end"].map(|end| edit["range"][end]["character"].as_u64().unwrap());
    assert_eq!(columns[1] - columns[0], 3, "{edit}");
    assert!(items.iter().any(|i| i["label"] == "L"), "an index may be any expression");
}

#[test]
fn statements_of_measurement_and_trajectories_are_explained() {
    let mut client = Client::new();
    assert_eq!(client.open("m.carom", ARRAY), [] as [Value; 0]);
    let mut at = |marked: &str| {
        let answer = client.about("textDocument/hover", "m.carom", ARRAY, marked, json!({}));
        answer["result"]["contents"]["value"].as_str().unwrap_or_default().to_string()
    };
    for word in ["mea¦sure", "wh¦en", "ste¦ady", "dra¦w", "traject¦ories 10", "fo¦r k"] {
        assert!(
            at(word).contains(&format!("`{}", word.split(' ').next().unwrap().replace('¦', ""))),
            "{word}: {}",
            at(word)
        );
    }
    has(&at("when cl¦ick"), &["measure Z(e) as click"]);
    has(&at("nor¦mal(0.5"), &["normal(μ, σ)"]);
    has(&at("partial_swap(s[1¦], e, g"), &[]);
    has(&at("trajec¦tory(z"), &["trajectory(x, k)"]);
}

#[test]
fn a_parameter_is_shown_with_its_range() {
    let mut client = Client::new();
    let text = "param g = 0.3 in 0..1   ## coupling\nsystem s = |0>\nstep { apply RX(s, g) }\n";
    assert_eq!(client.open("m.carom", text), [] as [Value; 0]);
    let answer = client.about("textDocument/hover", "m.carom", text, "RX(s, g¦)", json!({}));
    has(answer["result"]["contents"]["value"].as_str().unwrap(), &["param g = 0.3 in 0..1", "coupling"]);
    let answer = client.about("textDocument/completion", "m.carom", text, "RX(s, ¦g)", json!({}));
    let items = answer["result"].as_array().unwrap();
    assert!(items.iter().any(|i| i["label"] == "g" && i["detail"] == "param g = 0.3 in 0..1"), "{answer}");
}

#[test]
fn signatures_follow_the_arguments() {
    let mut client = opened();
    let mut at = |marked: &str| {
        let answer = client.about("textDocument/signatureHelp", "m.carom", MODEL, marked, json!({}));
        let help = &answer["result"];
        (help["signatures"][0]["label"].as_str().unwrap_or_default().to_string(), help["activeParameter"].clone())
    };
    assert_eq!(at("pearson(x1,¦ v_x"), ("pearson(x, y, width = w, overlap = 0)".into(), json!(1)));
    assert_eq!(at("SWAP(a, ¦b)"), ("SWAP(a, b)".into(), json!(1)));
    assert_eq!(at("evolve Hse(¦s1"), ("Hse(a, b)".into(), json!(0)));
    assert_eq!(at("evolve Hs¦ for"), (String::new(), Value::Null));
}

#[test]
fn the_outline_has_definitions_and_the_series_of_experiments() {
    let mut client = opened();
    let uri = client.uri("m.carom");
    let outline = client.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    let names: Vec<&str> = outline.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["γ", "J", "way", "s1", "s2", "e", "Hse", "Hs", "pswap", "keep", "P", "x1", "v", "first", "second"]
    );
    let first = outline.as_array().unwrap().iter().find(|s| s["name"] == "first").unwrap();
    assert_eq!((first["children"][0]["name"].as_str(), first["detail"].as_str()), (Some("C"), Some("experiment")));
}

#[test]
fn formatting_is_that_of_carom_fmt() {
    let mut client = opened();
    let uri = client.uri("m.carom");
    let params = json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 8, "insertSpaces": false } });
    client.change("m.carom", "param  γ=1 # 𝛿\nparam xx=2");
    let edits = client.request("textDocument/formatting", params.clone());
    assert_eq!(edits[0]["newText"], "param γ  = 1   # 𝛿\nparam xx = 2\n");
    assert_eq!(edits[0]["range"]["end"], json!({ "line": 1, "character": 10 }));
    client.change("m.carom", "param γ  = 1   # 𝛿\nparam xx = 2\n");
    assert_eq!(client.request("textDocument/formatting", params.clone()), json!([]));
    client.change("m.carom", "param γ = (1\n");
    assert_eq!(client.request("textDocument/formatting", params), Value::Null);
}

#[test]
fn colours_are_the_token_classes() {
    let mut client = Client::new();
    client.open("m.carom", "param γ𝛿 = 2 # c\n");
    let uri = client.uri("m.carom");
    let data = client.request("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": uri } }));
    // Line, start, length, type: `param`, `γ𝛿` (three UTF-16 units), `=`, `2`, `# c`.
    assert_eq!(data["data"], json!([0, 0, 5, 0, 0, 0, 6, 3, 2, 0, 0, 4, 1, 8, 0, 0, 2, 1, 3, 0, 0, 2, 3, 5, 0]));
}
