//! The conversation itself: its beginning, its end, and what is no message.

use serde_json::json;

use crate::MODEL;
use crate::client::{Client, position};

#[test]
fn a_conversation_begins_and_ends_in_order() {
    let mut client = Client::raw();
    assert_eq!(client.answer("textDocument/hover", json!({}))["error"]["code"], -32002);
    let offered = json!({ "capabilities": { "general": { "positionEncodings": ["utf-8", "utf-16"] } } });
    let result = client.ask("initialize", offered);
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(result["serverInfo"]["name"], "carom");
    client.tell("initialized", json!({}));
    client.open("m.carom", MODEL);
    // Bytes now: γ is two of them.
    let uri = client.uri("m.carom");
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 2, "character": 8 } });
    assert!(client.ask("textDocument/hover", at)["range"]["end"]["character"] == 8);
    client.ask("shutdown", json!(null));
    assert_eq!(client.answer("textDocument/hover", json!({}))["error"]["code"], -32600);
    client.tell("exit", json!(null));
    assert_eq!(client.end(), (0, String::new()));
}

#[test]
fn an_editor_that_leaves_is_not_waited_for() {
    let client = Client::new();
    assert_eq!(client.end().0, 4);
    let mut client = Client::new();
    client.tell("exit", json!(null));
    assert_eq!(client.end().0, 1, "the protocol asks for 1 without a shutdown");
    let mut client = Client::new();
    client.send(b"Content-Length: 1000\r\n\r\n{");
    let (code, said) = client.end();
    assert!(
        code == 4 && said.contains("connection to the editor failed") && !said.contains("panicked"),
        "{code} {said}"
    );
}

#[test]
fn what_is_no_message_is_passed_over() {
    let mut client = Client::new();
    let frame = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for bad in [
        frame("{"),
        frame("[]"),
        frame("\u{0}"),
        frame("{\"jsonrpc\":\"2.0\"}"),
        frame(&"[".repeat(100_000)),
        "Content-Length: 99999999999999999999\r\n\r\n".into(),
        "Content-Length: 18446744073709551615\r\n\r\n".into(),
        "Content-Length: -1\r\n\r\n".into(),
        "\r\n\r\n".into(),
        "nonsense\r\n".into(),
        format!("{}\n", "x".repeat(10_000)),
    ] {
        client.send(bad.as_bytes());
    }
    client.send(b"content-length:2\ncontent-type: x\n\n{}");
    assert_eq!(client.open("m.carom", MODEL), [] as [serde_json::Value; 0]);
    assert!(client.notes.iter().filter(|n| n["method"] == "window/logMessage").count() >= 10);
}

/// Rubbish without a line's end, and then a message directly behind it.
#[test]
fn messages_are_found_after_rubbish() {
    let mut client = Client::new();
    for length in [1, 4090, 65_536, 200_000] {
        client.send("x".repeat(length).as_bytes());
        assert_eq!(client.open("m.carom", MODEL), [] as [serde_json::Value; 0], "{length}");
    }
    // A body that is longer than its header says.
    client.send(b"Content-Length: 2\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"x\"}");
    assert_eq!(client.open("m.carom", MODEL), [] as [serde_json::Value; 0]);
}

#[test]
fn requests_in_any_order_and_of_any_shape_are_answered() {
    let mut client = Client::new();
    let uri = client.uri("none.carom");
    let methods = [
        "textDocument/hover",
        "textDocument/definition",
        "textDocument/references",
        "textDocument/prepareRename",
        "textDocument/rename",
        "textDocument/completion",
        "textDocument/signatureHelp",
        "textDocument/formatting",
        "textDocument/documentSymbol",
        "textDocument/semanticTokens/full",
    ];
    let params = |uri: &str, line: u64, character: u64| {
        json!({
            "textDocument": { "uri": uri }, "position": { "line": line, "character": character }, "newName": "x",
            "context": { "includeDeclaration": true }, "options": { "tabSize": 4, "insertSpaces": true },
        })
    };
    for method in methods {
        client.answer(method, params(&uri, 0, 0));
        assert_eq!(client.answer(method, json!([]))["error"]["code"], -32602, "{method}");
        assert_eq!(client.answer(method, params("::", 0, 0)).get("result"), None, "{method}");
    }
    assert_eq!(client.answer("carom/unknown", json!({}))["error"]["code"], -32601);
    client.tell("textDocument/didChange", json!({ "nothing": 1 }));
    client.edit("none.carom", json!([{ "text": "" }]));
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": "file:///never" } }));
    client.tell("$/cancelRequest", json!({ "id": 3 }));

    // Every request at every place of texts that are broken in every way.
    let texts =
        [MODEL.to_string(), MODEL[..700].to_string(), "(((γ\r\u{feff}𝛿|0>".into(), String::new(), "\u{0}}}}".into()];
    for text in texts {
        client.open("m.carom", &text);
        let uri = client.uri("m.carom");
        for method in methods {
            for (line, character) in [(0, 0), (2, 7), (7, 31), (12, 4), (4_000_000_000, 0), (0, 4_000_000_000_u64)] {
                client.answer(method, params(&uri, line, character));
            }
        }
    }
}

#[test]
fn edits_of_ranges_are_applied_in_order() {
    let mut client = Client::new();
    client.open("m.carom", "param γ = 1\nparam 𝛿 = γ\n");
    let range = |a: (u64, u64), b: (u64, u64), text: &str| {
        let at = |(line, character): (u64, u64)| json!({ "line": line, "character": character });
        json!({ "range": { "start": at(a), "end": at(b) }, "text": text })
    };
    // γ → κ in both lines, the second place counted in UTF-16; then ranges that are none.
    client.edit("m.carom", json!([range((0, 6), (0, 7), "κ"), range((1, 11), (1, 12), "κ")]));
    assert_eq!(client.diagnostics("m.carom").len(), 0);
    client.edit("m.carom", json!([range((1, 5), (0, 2), ""), range((90, 0), (91, 9), "# end\n")]));
    client.diagnostics("m.carom");
    let uri = client.uri("m.carom");
    let params = json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 4, "insertSpaces": true } });
    assert_eq!(client.ask("textDocument/formatting", params), json!([]));
}

#[test]
fn a_burst_of_changes_ends_with_the_last_text() {
    let mut client = Client::new();
    client.open("m.carom", MODEL);
    for n in 0..300 {
        client.edit("m.carom", json!([{ "text": format!("{MODEL}param p{n} = (\n") }]));
    }
    client.edit("m.carom", json!([{ "text": MODEL }]));
    let params = json!({ "textDocument": { "uri": client.uri("m.carom") }, "position": position(MODEL, "2*γ¦") });
    assert!(client.ask("textDocument/hover", params)["contents"]["value"].as_str().unwrap().contains("param γ"));
    let last = client.notes.iter().rfind(|n| n["method"] == "textDocument/publishDiagnostics").unwrap();
    assert_eq!(last["params"]["diagnostics"], json!([]));
}

#[test]
fn a_huge_document_does_not_hang() {
    let mut client = Client::new();
    let found = client.open("m.carom", &"param x = 1 + 2 # γ\n".repeat(60_000));
    assert_eq!(found[0]["code"], "E104");
    let found = client.change("m.carom", &(0..2_400).map(|i| format!("param x{i} = 1 + y\n")).collect::<String>());
    assert!(!found.is_empty());
    let uri = client.uri("m.carom");
    client.ask("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": uri } }));
}
