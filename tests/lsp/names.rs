//! Definitions, references and renaming of names.

use serde_json::{Value, json};

use crate::MODEL;
use crate::client::{Client, position};

fn opened() -> Client {
    let mut client = Client::new();
    client.open("m.carom", MODEL);
    client
}

/// Line and first column of each place.
fn starts(places: &Value) -> Vec<(u64, u64)> {
    let start = |p: &Value| {
        let start = &p["range"]["start"];
        (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap())
    };
    places.as_array().unwrap_or_else(|| panic!("{places}")).iter().map(start).collect()
}

#[track_caller]
fn defined(client: &mut Client, marked: &str) -> Vec<(u64, u64)> {
    starts(&client.about("textDocument/definition", "m.carom", MODEL, marked, json!({}))["result"])
}

#[test]
fn definitions_are_found() {
    let mut client = opened();
    assert_eq!(defined(&mut client, "2*γ¦"), [(2, 6)]);
    assert_eq!(defined(&mut client, "set ga¦mma"), [(2, 6)]);
    assert_eq!(defined(&mut client, "evolve Hse(s1, ¦e)"), [(6, 12)]);
    assert_eq!(defined(&mut client, "σx(a¦)"), [(7, 16)]);
    assert_eq!(defined(&mut client, "trace wa¦y"), [(4, 6)]);
    assert_eq!(defined(&mut client, "panels fir¦st"), [(22, 11)]);
    assert_eq!(defined(&mut client, "expect last(C¦)"), [(25, 8)]);
    assert_eq!(defined(&mut client, "v_¦x"), [(20, 8)]);
    let nothing = client.about("textDocument/definition", "m.carom", MODEL, "SW¦AP", json!({}));
    assert_eq!(nothing["result"], json!([]));
}

#[test]
fn references_are_found_under_either_spelling() {
    let mut client = opened();
    let mut all = |marked: &str, with: bool| {
        let context = json!({ "context": { "includeDeclaration": with } });
        starts(&client.about("textDocument/references", "m.carom", MODEL, marked, context)["result"])
    };
    assert_eq!(all("2*γ¦", true), [(2, 6), (3, 12), (10, 23), (10, 34), (23, 8)]);
    assert_eq!(all("2*γ¦", false).len(), 4);
    // Arguments of the same name in different definitions are different names.
    assert_eq!(all("σx(a¦)", true), [(7, 16), (7, 34), (7, 48)]);
}

/// Returns the text after a renaming, or the reason for its refusal.
fn renamed(client: &mut Client, marked: &str, new: &str) -> Result<String, String> {
    renamed_in(client, MODEL, marked, new)
}

/// Like [`renamed`], for another text that is open as `m.carom`.
fn renamed_in(client: &mut Client, text: &str, marked: &str, new: &str) -> Result<String, String> {
    let answer = client.about("textDocument/rename", "m.carom", text, marked, json!({ "newName": new }));
    if let Some(error) = answer.get("error") {
        return Err(error["message"].as_str().unwrap().to_string());
    }
    let uri = client.uri("m.carom");
    Ok(applied(text, &answer["result"]["changes"][&uri]))
}

fn applied(text: &str, edits: &Value) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let mut edits: Vec<&Value> = edits.as_array().unwrap().iter().collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e["range"]["start"]["character"].as_u64()));
    for edit in edits {
        let at = |end: &str| usize::try_from(edit["range"][end]["character"].as_u64().unwrap()).unwrap();
        let line = &mut lines[usize::try_from(edit["range"]["start"]["line"].as_u64().unwrap()).unwrap()];
        let units: Vec<u16> = line.encode_utf16().collect();
        let part = |range: std::ops::Range<usize>| String::from_utf16(&units[range]).unwrap();
        *line = part(0..at("start")) + edit["newText"].as_str().unwrap() + &part(at("end")..units.len());
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_name_changes_everywhere() {
    let mut client = opened();
    let text = renamed(&mut client, "2*γ¦", "θ").unwrap();
    assert_eq!(text, MODEL.replace('γ', "θ").replace("gamma", "θ"));
    assert_eq!(client.change("m.carom", &text), [] as [Value; 0]);
    client.change("m.carom", MODEL);
    // Another spelling of the same name.
    assert_eq!(renamed(&mut client, "2*γ¦", "gamma").unwrap(), MODEL.replace('γ', "gamma"));
    assert_eq!(
        renamed(&mut client, "observe v¦ =", "w").unwrap(),
        MODEL.replace("v = b", "w = b").replace("v_x", "w_x")
    );
    assert_eq!(renamed(&mut client, "trace wa¦y", "keeping").unwrap(), MODEL.replace("way", "keeping"));
    let local = renamed(&mut client, "σx(a¦)", "u").unwrap();
    assert!(local.contains("Hse(u, b) = J/2 * (σx(u)*σx(b) + σy(u)*σy(b))") && local.contains("pswap(a, b)"));
}

#[test]
fn a_case_changes_everywhere_in_its_experiment() {
    const CASES: &str = "param b = 0\nsystem s = |0>\nstep { apply RX(s, b) }\nobserve up = <Z(s)>\n\
        experiment one { case up { set b = 1 }; case down { set b = 2 }; run 3; expect last(up in up) < 1; plot { line up in up } }\n\
        experiment two { case up { set b = 1 }; run 3; expect last(up in up) < 1; save \"x.csv\" up in up }\n";
    let mut client = opened();
    client.change("m.carom", CASES);
    let one = renamed_in(&mut client, CASES, "case up¦ { set b = 1 }; case", "high").unwrap();
    let (first, second) = CASES.split_at(CASES.find("experiment two").unwrap());
    let of = |text: &str| text.replace("case up", "case high").replace("up in up", "up in high");
    assert_eq!(one, of(first) + second);
    let two = renamed_in(&mut client, CASES, "\"x.csv\" up in up¦", "high").unwrap();
    assert_eq!(two, first.to_string() + &of(second));
    assert_eq!(client.change("m.carom", &one), [] as [Value; 0]);
}

#[test]
fn a_name_that_does_not_fit_is_refused() {
    let mut client = opened();
    let mut refused = |marked: &str, new: &str, why: &str| {
        let reason = renamed(&mut client, marked, new).expect_err(new);
        assert!(reason.contains(why), "{new}: {reason}");
    };
    refused("2*γ¦", "2x", "not a name");
    refused("2*γ¦", "and", "not a name");
    refused("2*γ¦", "a b", "not a name");
    refused("2*γ¦", "", "not a name");
    refused("2*γ¦", "J", "defined twice");
    refused("2*γ¦", "x1", "defined twice");
    // The new name would capture the SWAP that the gate uses, or be captured by an argument.
    refused("2*γ¦", "SWAP", "");
    refused("2*γ¦", "a", "");
    refused("SW¦AP", "swap", "not defined in a script");
    refused("expect¦ last(C)", "wait", "no name here");
}

/// A parameter `t` and an argument `k` in one definition, a parameter used only as a tolerance, and a stream with
/// primes.
const SCOPES: &str = "\
param t = 0.1
param δ = 1e-3
system s = |+>
environment e = |0>
hamiltonian H(k) = t*k*Z(s)
step {
    evolve H(2) for 0.3
    apply SWAP(s, e)
    apply SWAP(e, e')
    discard e
}
observe z = <Z(s)>
experiment r {
    run 5
    let m = last(z)
    expect m ≈ 1 ± δ
    expect m + t < 9
}
";

#[test]
fn renaming_includes_primed_streams_and_tolerances() {
    let mut client = Client::new();
    assert_eq!(client.open("m.carom", SCOPES), [] as [Value; 0]);
    let mut renamed = |marked: &str, new: &str| renamed_in(&mut client, SCOPES, marked, new).unwrap();
    let streams = SCOPES.replace("environment e", "environment u").replace("discard e", "discard u");
    assert_eq!(renamed("environment e¦", "u"), streams.replace("SWAP(s, e)", "SWAP(s, u)").replace("e, e'", "u, u'"));
    assert_eq!(renamed("(e, e¦')", "u"), renamed("environment e¦", "u"));
    assert_eq!(renamed("param δ¦", "close"), SCOPES.replace('δ', "close"));
    assert_eq!(renamed("± δ¦", "close"), SCOPES.replace('δ', "close"));
}

/// After these renamings the script would still be valid, but with a different meaning.
#[test]
fn a_name_that_captures_or_is_captured_is_refused() {
    let mut client = Client::new();
    assert_eq!(client.open("m.carom", SCOPES), [] as [Value; 0]);
    for (marked, new) in [("param t¦", "k"), ("H(k¦)", "t")] {
        let reason = renamed_in(&mut client, SCOPES, marked, new).expect_err(marked);
        assert!(reason.contains("already means something else"), "{marked} as {new}: {reason}");
    }
    // The checker gives the reason for these.
    for (marked, new) in [("param t¦", "m"), ("let m¦", "t"), ("let m¦", "δ")] {
        let reason = renamed_in(&mut client, SCOPES, marked, new).expect_err(marked);
        assert!(reason.contains("already defined"), "{marked} as {new}: {reason}");
    }
    assert!(renamed_in(&mut client, SCOPES, "param t¦", "w").is_ok());
}

#[test]
fn names_are_followed_from_script_to_script() {
    let mut client = Client::new();
    let base = "param g = 1   ## base\nsystem s = |0>\nstep { evolve g*X(s) for 0.1 }\n";
    let user = "use base\nuse karpat2019\nparam k = 2g\n";
    client.write("base.carom", "param g = 7\n");
    client.write("other.carom", "use base\nparam h = 3g\n");
    client.write("apart.carom", "param g = 3\n");
    client.open("base.carom", base);
    let found = client.open("user.carom", user);
    // Both used protocols have a step, which is a mistake; its other place is in another script.
    assert_eq!(found[0]["code"], "E203", "{found:?}");
    let user = "use base\nparam k = 2g\n";
    assert_eq!(client.change("user.carom", user), [] as [Value; 0]);

    let answer = client.about("textDocument/definition", "user.carom", user, "2g¦", json!({}));
    assert_eq!(answer["result"][0]["uri"], json!(client.uri("base.carom")));
    let answer = client.about("textDocument/definition", "user.carom", user, "use ba¦se", json!({}));
    assert_eq!(answer["result"][0]["uri"], json!(client.uri("base.carom")));
    // The open text takes the place of the file.
    let answer = client.about("textDocument/hover", "user.carom", user, "2g¦", json!({}));
    assert!(answer.to_string().contains("param g = 1"), "{answer}");

    let answer = client.about("textDocument/rename", "user.carom", user, "2g¦", json!({ "newName": "κ" }));
    let changes = answer["result"]["changes"].as_object().unwrap_or_else(|| panic!("{answer}"));
    let mut files: Vec<&str> = changes.keys().map(|k| k.rsplit('/').next().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(files, ["base.carom", "other.carom", "user.carom"]);
    assert_eq!(changes[&client.uri("base.carom")].as_array().unwrap().len(), 2);

    // A mistake in the other script is shown at its `use`.
    client.edit("base.carom", json!([{ "text": "param g = (1\n" }]));
    let found = client.diagnostics("user.carom");
    assert_eq!(
        (found[0]["code"].as_str(), found[0]["range"]["start"]["line"].as_u64()),
        (Some("E102"), Some(0)),
        "{found:?}"
    );
    assert!(found[0]["relatedInformation"].to_string().contains("base.carom"));
}

#[test]
fn a_shipped_definition_can_be_read_but_not_renamed() {
    let mut client = Client::new();
    let text = "use karpat2019\nexperiment mine { set λ = 0.1; run 10 }\n";
    assert_eq!(client.open("m.carom", text), [] as [Value; 0]);
    let answer = client.about("textDocument/definition", "m.carom", text, "set λ¦", json!({}));
    let uri = answer["result"][0]["uri"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let shown = std::fs::read_to_string(uri.strip_prefix("file://").unwrap()).unwrap();
    assert!(uri.ends_with("karpat2019.carom") && shown.contains("param λ"));
    let params = json!({ "textDocument": { "uri": client.uri("m.carom") }, "position": position(text, "set λ¦") });
    let refused = client.answer("textDocument/prepareRename", params);
    assert!(refused["error"]["message"].as_str().unwrap().contains("built into Carom"), "{refused}");
}

/// The outcome of a measurement and the index of a loop are names of their blocks.
#[test]
fn outcomes_and_indices_are_renamed() {
    let text = "system s[2] = |0>\nenvironment e = |+>\nstep {\n  for k in 1..2 { apply CNOT(e, s[k]) }\n  \
                measure Z(e) as r\n  when r > 0 { apply X(s[1]) } else { apply RX(s[2], r) }\n  discard e\n}\n\
                observe z[k in 1..2] = <Z(s[k])>\nexperiment t { run 3; expect last(r) < 1 }\n";
    let mut client = Client::new();
    assert_eq!(client.open("m.carom", text), [] as [Value; 0]);
    let outcome = renamed_in(&mut client, text, "when r¦ > 0", "click").expect("it can be renamed");
    let wanted = text.replace("as r\n", "as click\n").replace("when r >", "when click >").replace(", r)", ", click)");
    assert_eq!(outcome.trim_end(), wanted.replace("last(r)", "last(click)").trim_end());
    let index = renamed_in(&mut client, text, "CNOT(e, s[k¦])", "j").expect("it can be renamed");
    assert_eq!(
        index.trim_end(),
        text.replace("for k in 1..2 { apply CNOT(e, s[k])", "for j in 1..2 { apply CNOT(e, s[j])").trim_end()
    );
}
